package commission

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
)

// Exercise is what stands over a record that is one.
type Exercise struct {
	Name    string   `json:"name"`
	Banner  string   `json:"banner"`
	Injects []Inject `json:"injects"`
}

// Inject is what was played in, and how soon it was answered.
type Inject struct {
	Number  int    `json:"number"`
	Name    string `json:"name"`
	Says    string `json:"says"`
	At      Time   `json:"at"`
	Expects string `json:"expects,omitempty"`
	Of      string `json:"of,omitempty"`
	Due     Time   `json:"due,omitempty"`
	State   string `json:"state" enum:"played,waiting,met,late,missed"`
	Entry   string `json:"entry,omitempty" doc:"that answered it"`
	Took    string `json:"took,omitempty" doc:"from the inject to the answer"`
	Entered string `json:"inject"`
}

// ExerciseBanner stands over an exercise that names no other.
const ExerciseBanner = "EXERCISE EXERCISE EXERCISE: nothing here is evidence of anything"

// IsExercise reports whether the record of an origin is an exercise: the last part
// of its name begins with exercise-. The name can never be changed, so that no record
// becomes real later.
func IsExercise(origin string) bool {
	return strings.HasPrefix(origin[strings.LastIndex(origin, "/")+1:], "exercise-")
}

// Join makes one input of the records of several offices. An exercise is never
// mixed with what is real.
func Join(all ...*Input) (*Input, error) {
	out := &Input{}
	for i, in := range all {
		if i > 0 && IsExercise(in.Origin) != IsExercise(out.Origin) {
			return nil, fmt.Errorf("%s and %s: one is an exercise and the other is not: they are never read together", out.Origin, in.Origin)
		}
		if i == 0 {
			out.Origin = in.Origin
		}
		out.Entries = append(out.Entries, in.Entries...)
		out.Texts = append(out.Texts, in.Texts...)
		out.Events = append(out.Events, in.Events...)
	}
	if len(all) == 0 {
		return nil, errors.New("no record")
	}
	slices.SortStableFunc(out.Entries, func(a, b Entry) int { return int(a.Made - b.Made) })
	for i := range out.Entries { // order between logs is by clocks: they have no other
		out.Entries[i].Index = int64(i)
	}
	return out, nil
}

// exercise takes what an exercise is made of.
func (s *State) exercise(seen []dated) {
	is := IsExercise(s.in.Origin)
	if is {
		s.Exercise = &Exercise{Banner: ExerciseBanner, Injects: []Inject{}}
	}
	for i, x := range seen {
		if x.Kind != record.KindExercise && x.Kind != record.KindInject {
			continue
		}
		if !is {
			s.problem(x.Entry, "it is of an exercise, and this record (%s) is none: it counts for nothing", s.in.Origin)
			continue
		}
		if x.Kind == record.KindExercise {
			if p, ok := read[record.ExerciseEntry](s, x.Entry); ok {
				s.Exercise.Name = p.Name
				if p.Banner != "" {
					s.Exercise.Banner = p.Banner
				}
			}
			continue
		}
		s.inject(x, seen[i+1:])
	}
}

// inject takes an inject, and looks for what answers it.
func (s *State) inject(x dated, later []dated) {
	p, ok := read[record.InjectEntry](s, x.Entry)
	if !ok {
		return
	}
	k := Inject{Number: len(s.Exercise.Injects) + 1, Name: p.Name, Says: p.Says, At: Time(x.Made), Expects: p.Expects, Of: p.Of, State: "played", Entered: x.ID}
	if p.Within != "" {
		d, err := when.ParseDuration(p.Within)
		if err != nil {
			s.problem(x.Entry, "within: %v", err)
		} else {
			k.Due = Time(d.After(x.Made, when.Hours24, nil))
		}
	}
	if p.Expects != "" {
		k.answer(x, later, when.Instant(s.Now))
	}
	s.Exercise.Injects = append(s.Exercise.Injects, k)
}

// answer finds the first entry that the inject waits for.
func (k *Inject) answer(x dated, later []dated, now when.Instant) {
	k.State = "waiting"
	for _, y := range later {
		if y.Kind != k.Expects || k.Of != "" && y.Party != k.Of || y.Made < x.Made {
			continue
		}
		k.Entry, k.Took, k.State = y.ID, lasts(between(x.Made, y.Made)), "met"
		if k.Due != 0 && Time(y.Made) > k.Due {
			k.State = "late"
		}
		return
	}
	if k.Due != 0 && Time(now) > k.Due {
		k.State = "missed"
	}
}
