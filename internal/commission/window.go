package commission

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Window is a local truce: a place, some hours, a purpose.
type Window struct {
	ID         string   `json:"id"`
	Number     int      `json:"number"`
	By         string   `json:"by,omitempty" doc:"who asks for it; absent: the mission"`
	Purpose    string   `json:"purpose"`
	Lat        float64  `json:"lat"`
	Lon        float64  `json:"lon"`
	Within     int64    `json:"within_m"`
	From       Time     `json:"from"`
	Until      Time     `json:"until"`
	Of         []string `json:"of" doc:"parties whose guarantees it needs"`
	Guaranteed []string `json:"guaranteed,omitempty"`
	State      string   `json:"state" enum:"asked,guaranteed,go,open,aborted,completed,lapsed,refused,unfinished" doc:"lapsed: its hours came without a go; unfinished: they ended without completion"`
	Missing    []string `json:"missing,omitempty" doc:"what keeps it from being open"`
	Gates      []Gate   `json:"gates,omitempty" doc:"the same, for programs"`
	Steps      []Taken  `json:"steps,omitempty"`
	Says       string   `json:"says"`

	asked when.Instant
}

// window takes a window that is asked for.
func (s *State) window(x dated) {
	p, ok := read[record.WindowEntry](s, x.Entry)
	if !ok {
		return
	}
	if _, ok := s.speaks(x.Entry, p.Party); !ok {
		return
	}
	lat, lon, err := place(p.Lat, p.Lon)
	if err == nil && (p.Within <= 0 || p.Within > 100_000) {
		err = fmt.Errorf("within_m %d: expected 1 to 100000 metres", p.Within)
	}
	var hours when.Span
	if err == nil {
		hours, err = span(p.From, p.Until)
	}
	if err == nil && between(hours.Start, hours.End).Hours() > 31*24 {
		err = fmt.Errorf("it lasts more than 31 days: write a text")
	}
	if err == nil && len(p.Of) == 0 {
		err = fmt.Errorf("nobody is asked to guarantee it")
	}
	if err != nil {
		s.problem(x.Entry, "%v", err)
		return
	}
	w := &Window{ID: x.ID, Number: len(s.Windows) + 1, By: p.Party, Purpose: p.Purpose, Lat: lat, Lon: lon, Within: p.Within,
		From: Time(hours.Start), Until: Time(hours.End), Of: p.Of, Says: p.Says, asked: x.Made}
	s.windows[x.ID] = w
	s.Windows = append(s.Windows, w)
}

// place reads a point.
func place(lat, lon string) (float64, float64, error) {
	var p where.Point
	var err error
	if p.Lat, err = strconv.ParseFloat(lat, 64); err == nil {
		p.Lon, err = strconv.ParseFloat(lon, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%q, %q: expected degrees such as 50.46 and 35.41", lat, lon)
	}
	return p.Lat, p.Lon, p.Valid()
}

// windowStep takes a step of a window.
func (s *State) windowStep(x dated) {
	p, ok := read[record.WindowStepEntry](s, x.Entry)
	if !ok {
		return
	}
	down, ok := s.speaks(x.Entry, p.Party)
	if !ok {
		return
	}
	w := about(x.Entry, s.windows)
	if w == nil {
		s.problem(x.Entry, "it is about no window")
		return
	}
	if why := w.refuse(&p, x.Made); why != "" {
		s.problem(x.Entry, "%s", why)
		return
	}
	w.Steps = append(w.Steps, Taken{Step: p.Step, Party: p.Party, Says: p.Says, At: Time(x.Made), Entry: x.ID, TakenDown: down})
	switch p.Step {
	case "guarantee":
		if !slices.Contains(w.Guaranteed, p.Party) {
			w.Guaranteed = append(w.Guaranteed, p.Party)
		}
	case "withhold":
		w.Guaranteed = slices.DeleteFunc(w.Guaranteed, func(g string) bool { return g == p.Party })
	case "extend":
		until, err := when.ParseRFC3339(p.Until)
		if err != nil || Time(until) <= w.Until {
			s.problem(x.Entry, "until %q: expected a time after %s", p.Until, w.Until)
			return
		}
		w.Until = Time(until)
		w.Guaranteed = nil // each side guarantees what it was asked for
	}
}

// refuse says why a step does not count.
func (w *Window) refuse(p *record.WindowStepEntry, at when.Instant) string {
	if over := w.over(); over != "" {
		return "the window is " + over
	}
	switch p.Step {
	case "guarantee", "withhold":
		if !slices.Contains(w.Of, p.Party) {
			return fmt.Sprintf("the window needs the guarantees of %s, and this is of %s", list(w.Of), orCommission(p.Party))
		}
	case "go", "no-go":
		if p.Party != "" {
			return "go and no-go are the mission's"
		}
		if m := w.ungranted(); p.Step == "go" && len(m) > 0 {
			return "no go without the guarantee of " + list(m)
		}
		if p.Step == "go" && at >= when.Instant(w.Until) {
			return "its hours are over"
		}
	case "abort", "complete", "extend": // anybody may stop it at any time
	default:
		return fmt.Sprintf("%q: expected guarantee, withhold, go, no-go, abort, complete or extend", p.Step)
	}
	return ""
}

// over is how it ended by a step; "" where it did not.
func (w *Window) over() string {
	for _, k := range w.Steps {
		switch k.Step {
		case "abort":
			return "aborted"
		case "complete":
			return "completed"
		}
	}
	return ""
}

// ungranted are the parties whose guarantee is missing.
func (w *Window) ungranted() []string {
	var out []string
	for _, p := range w.Of {
		if !slices.Contains(w.Guaranteed, p) {
			out = append(out, p)
		}
	}
	return out
}

// gone reports whether the last word of the mission is go, and nobody has withheld or
// extended since.
func (w *Window) gone() bool {
	is := false
	for _, k := range w.Steps {
		switch k.Step {
		case "go":
			is = true
		case "no-go", "withhold", "extend":
			is = false
		}
	}
	return is
}

// settle works out the state.
func (w *Window) settle(now when.Instant) {
	missing := w.ungranted()
	switch over := w.over(); {
	case over != "":
		w.State = over
		return
	case Time(now) >= w.Until && w.gone():
		w.State = "unfinished"
		w.lack(Gate{Code: "unfinished", Says: "neither completion nor abort is recorded, and its hours are over"})
		return
	case Time(now) >= w.Until:
		w.State = "lapsed"
		return
	case w.refused():
		w.State = "refused"
	case len(missing) > 0:
		w.State = "asked"
	case w.gone() && Time(now) >= w.From:
		w.State = "open"
		return
	case w.gone():
		w.State = "go"
		w.lack(Gate{Code: "opens", At: w.From, Says: "opens in " + lasts(between(now, when.Instant(w.From)))})
		return
	default:
		w.State = "guaranteed"
	}
	for _, p := range missing {
		w.lack(Gate{Code: "guarantee", Of: []string{p}, Says: "guarantee of " + p})
	}
	w.lack(Gate{Code: "go", Says: "go of the mission"})
}

// refused reports whether somebody withheld and has not guaranteed since.
func (w *Window) refused() bool { return len(w.withheld()) > 0 }

// withheld are those whose last word is that they do not guarantee it.
func (w *Window) withheld() (out []string) {
	last := map[string]string{}
	for _, k := range w.Steps {
		if k.Step == "guarantee" || k.Step == "withhold" {
			last[k.Party] = k.Step
		}
	}
	for _, p := range w.Of {
		if last[p] == "withhold" {
			out = append(out, p)
		}
	}
	return out
}
