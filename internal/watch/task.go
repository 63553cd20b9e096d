package watch

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Task is one thing to find out: a fact at a place and time, or what the text
// means. One task may settle findings on many incidents under many readings.
type Task struct {
	ID        string
	Fact      string
	Question  string   // what to find out, in words
	Answers   []string // the possible ones
	Incidents []string
	Where     where.Region // unknown for questions of the text
	PlaceName string
	When      when.Span // of what happened
	Findings  []Settling
	Worth     float64 // findings that it is expected to settle, if the fact is found out
	Expected  float64 // the same times the chance of the best means
	By        when.Instant
	ByWhy     string
	Best      *Can  // nil: no means can
	Means     []Can // all, best first; those that cannot with their reason
	Access    []string
	scene     Scene
}

// Settling is one finding that a task bears on.
type Settling struct {
	Incident, Terms, Reading string
	Worth                    float64
}

// together is how near incidents have to lie for one visit to serve both, where
// their places are known as well as that.
const together where.Metres = 2000

// cluster is a group of incidents that are looked into at one place and time.
type cluster struct {
	incidents []*evidence.Incident
	scene     Scene
	name      string
}

// Tasks turns open findings into tasks, ranked by how many findings each is
// expected to settle. The same findings in any order give the same tasks.
func (o *Outlook) Tasks(findings []*judge.Finding) []*Task {
	var opens []*Open
	incidents := map[string]*evidence.Incident{}
	for _, f := range findings {
		if x := NewOpen(f); x != nil {
			opens = append(opens, x)
			incidents[f.Incident.ID] = f.Incident
		}
	}
	sort.SliceStable(opens, func(i, k int) bool { return openKey(opens[i]) < openKey(opens[k]) })
	clusters := group(incidents)
	tasks := map[string]*Task{}
	for _, x := range opens {
		for fact, worth := range x.worth() {
			key, t := o.task(x, fact, clusters)
			if tasks[key] == nil {
				tasks[key] = t
			}
			tasks[key].add(x, fact, worth)
		}
	}
	out := make([]*Task, 0, len(tasks))
	asked := map[string]int{}
	for key := range tasks {
		id, _, _ := strings.Cut(key, "\x00")
		asked[id]++
	}
	for key, t := range tasks {
		t.ID, _, _ = strings.Cut(key, "\x00")
		if asked[t.ID] > 1 {
			f := t.Findings[0]
			t.ID = f.Terms + "@" + f.Reading + "/" + t.Fact
		}
		o.finish(t)
		out = append(out, t)
	}
	sort.Slice(out, func(i, k int) bool { return before(out[i], out[k]) })
	return out
}

func openKey(o *Open) string {
	return o.Finding.Incident.ID + "\x00" + o.Finding.Regime.Terms.ID + "\x00" + o.Finding.Regime.ReadingID
}

// before is the order of tasks: what settles most comes first; of the same worth,
// what is sooner too late.
func before(a, b *Task) bool {
	switch {
	case a.Expected != b.Expected:
		return a.Expected > b.Expected
	case a.Worth != b.Worth:
		return a.Worth > b.Worth
	case a.By != b.By:
		return a.By < b.By
	}
	return a.ID < b.ID
}

// task makes the task that a fact of a finding belongs to.
func (o *Outlook) task(x *Open, fact string, clusters map[string]*cluster) (string, *Task) {
	t := &Task{Fact: fact, Where: where.Unknown(), When: when.Always, By: when.Future}
	if id, isText := strings.CutPrefix(fact, "text."); isText {
		r := x.Finding.Regime
		t.Question = "What does the text mean: " + id + "?"
		for _, q := range r.Questions {
			if q.ID == id && q.Text != "" {
				t.Question = q.Text
			}
		}
		t.scene.Aside = true
		// Readings may have a question of one name with different words: of the start,
		// each asks about its own.
		return r.Terms.ID + "/" + fact + "\x00" + t.Question, t
	}
	c := clusters[x.Finding.Incident.ID]
	t.scene, t.Where, t.When, t.PlaceName = c.scene, c.scene.Place, c.scene.Time, c.name
	t.Question = "Find out " + factWords(fact)
	return c.incidents[0].ID + "/" + fact, t
}

func (t *Task) add(x *Open, fact string, worth float64) {
	f := x.Finding
	t.Worth += worth
	t.Findings = append(t.Findings, Settling{f.Incident.ID, f.Regime.Terms.ID, f.Regime.ReadingID, worth})
	if !contains(t.Incidents, f.Incident.ID) {
		t.Incidents = append(t.Incidents, f.Incident.ID)
	}
	for _, a := range f.Answers {
		for _, v := range a.Facts {
			if val, ok := strings.CutPrefix(v, fact+"="); ok && !contains(t.Answers, val) {
				t.Answers = append(t.Answers, val)
			}
		}
	}
	for i := range f.Regime.Terms.Clauses {
		t.due(f.Regime.Terms.Clauses[i], f.Incident)
	}
}

// due takes the time in which the text wants an incident looked into: the first
// step of a procedure about incidents that runs from the incident itself.
func (t *Task) due(c *terms.Clause, in *evidence.Incident) {
	if c.Course == nil {
		return
	}
	for _, s := range c.Course.Steps {
		if s.Within == nil || !contains([]string{"incident", "event", "act"}, s.Within.After) {
			continue
		}
		end := in.Scenarios[0].Time.End
		if !end.Bounded() {
			continue
		}
		if by := s.Within.For.After(end, when.Hours24, time.UTC); by < t.By {
			t.By, t.ByWhy = by, fmt.Sprintf("clause %s: %s within %s of the %s", c.ID, s.ID, s.Within.For, s.Within.After)
		}
	}
}

// finish weighs the means and sets what a task needs.
func (o *Outlook) finish(t *Task) {
	sort.Strings(t.Answers)
	sort.Strings(t.Incidents)
	for _, m := range o.House.Means {
		if m.Option || t.scene.Aside != (m.Kind == Consultation) {
			continue // what a word means is asked of those who signed it, and of nobody else
		}
		t.Means = append(t.Means, o.can(m, t.Fact, &t.scene))
	}
	sort.SliceStable(t.Means, func(i, k int) bool {
		a, b := t.Means[i], t.Means[k]
		if x, y := o.counts(a), o.counts(b); x != y {
			return x > y
		}
		if a.Chance != b.Chance {
			return a.Chance > b.Chance
		}
		if a.Means.Cost != b.Means.Cost {
			return a.Means.Cost < b.Means.Cost
		}
		return a.Means.ID < b.Means.ID
	})
	if len(t.Means) > 0 && o.counts(t.Means[0]) > 0 {
		t.Best = &t.Means[0]
		t.Expected = t.Worth * t.Best.Chance
		t.Access = t.Best.Means.Needs
	}
	if t.Best != nil && t.Best.By < t.By {
		t.By, t.ByWhy = t.Best.By, t.Best.Means.ID+": "+t.Best.ByWhy
	}
}

// counts is the chance with which a means settles, given how well a fact has to be
// established.
func (o *Outlook) counts(c Can) float64 {
	if c.Level < o.Accept {
		return 0
	}
	return c.Chance
}

// group puts incidents together that one visit serves: whose places are known and
// lie close, and that may have been within an hour of each other. They stay
// incidents of their own.
func group(ins map[string]*evidence.Incident) map[string]*cluster {
	ids := make([]string, 0, len(ins))
	for id := range ins {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	out := map[string]*cluster{}
	byCell := map[[2]int][]*cluster{}
	for _, id := range ids {
		s := sceneOf(ins[id])
		centre, ok := s.Place.Centre()
		var home *cluster
		if ok {
			beside(centre, func(cell [2]int) {
				for _, c := range byCell[cell] {
					if home == nil && joins(c, &s) {
						home = c
					}
				}
			})
		}
		if home == nil {
			home = &cluster{scene: s, name: ins[id].Scenarios[0].PlaceName}
			if ok {
				byCell[cellOf(centre)] = append(byCell[cellOf(centre)], home)
			}
		}
		home.incidents = append(home.incidents, ins[id])
		home.scene.Time = when.Span{Start: min(home.scene.Time.Start, s.Time.Start), End: max(home.scene.Time.End, s.Time.End)}
		home.scene.Hurt = home.scene.Hurt || s.Hurt
		out[id] = home
	}
	return out
}

// joins reports whether a scene may be looked into with a group: against the
// incident that the group began with, so that groups do not creep.
func joins(c *cluster, s *Scene) bool {
	a, _ := c.scene.Place.Centre()
	b, _ := s.Place.Centre()
	ra, _ := c.scene.Place.Radius()
	rb, _ := s.Place.Radius()
	if where.Distance(a, b, model) > together || ra > 10*together || rb > 10*together || math.Abs(float64(ra-rb)) > float64(together) {
		return false
	}
	x, y := c.scene.Time, s.Time
	if x.Unknown() || y.Unknown() || !x.End.Bounded() || !y.Start.Bounded() || !x.Start.Bounded() || !y.End.Bounded() {
		return false
	}
	return y.Start.Time().Sub(x.End.Time()) < time.Hour && x.Start.Time().Sub(y.End.Time()) < time.Hour
}

// sceneOf is where and when an incident may have been.
func sceneOf(in *evidence.Incident) Scene {
	s := Scene{Time: in.Scenarios[0].Time}
	var places []where.Region
	for i := range in.Scenarios {
		x := &in.Scenarios[i]
		s.Time.Start, s.Time.End = min(s.Time.Start, x.Time.Start), max(s.Time.End, x.Time.End)
		if i == 0 || x.Place.String() != in.Scenarios[i-1].Place.String() {
			places = append(places, x.Place)
		}
	}
	s.Place = where.UnionRegion(places...)
	s.Hurt = in.Killed.Known && in.Killed.Max != 0 || in.Injured.Known && in.Injured.Max != 0
	return s
}

// cellSize is the size of a cell of the grid on which what lies together is looked
// for, in degrees: some 5 km from south to north.
const cellSize = 0.05

func cellOf(p where.Point) [2]int {
	return [2]int{int(math.Floor(p.Lat / cellSize)), int(math.Floor(p.Lon / cellSize))}
}

// beside goes through the cells that may hold what lies together with a place;
// nearer to the poles more cells are as wide as one.
func beside(p where.Point, each func([2]int)) {
	c := cellOf(p)
	across := int(math.Ceil(float64(together) / (111_000 * cellSize * math.Max(0.02, math.Cos(p.Lat*math.Pi/180)))))
	for dy := -1; dy <= 1; dy++ {
		for dx := -across; dx <= across; dx++ {
			each([2]int{c[0] + dy, c[1] + dx})
		}
	}
}
