package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Report is what one source said or sensed, as received, with what fusing needs
// to know of it. It is never changed.
type Report struct {
	Incident *Incident // its facts, claims, source, text; Incident.ID is the id of the report

	// Published is when it was said; when.Always if unknown.
	Published when.Span
	// Denies is set if it says that what others report did not happen, or was
	// not done: it is matched with them, and confirms nothing.
	Denies bool
	// Names are keys of the places that the text names, whatever the language;
	// Concepts are nodes of the vocabulary that its words may mean.
	Names, Concepts []string
	// Proper are stems of other names in the text, whatever they name.
	Proper []string
	// Within are areas in which the places lie that the text names.
	Within []string
	// Relay says whose word it passes on.
	Relay Relay
	// Party is the party that the source speaks for, if for one.
	Party string
	// Outlet is the id of the source where it is known, else its name.
	Outlet string
	// Pictures are perceptual hashes of what was published with it.
	Pictures []Picture
	// List names the list that the report is one item of; items of a list are
	// told apart by who made it. Empty if it stands alone.
	List string
	// Detection is set for what a satellite saw as hot.
	Detection *Detection
	// Alert is set for an air-raid alert.
	Alert bool
}

// ID returns the id of the report.
func (r *Report) ID() string { return r.Incident.ID }

// publishedLag is how long before it was published an event may lie of which
// news gives no time.
const publishedLag = 72 * time.Hour

// Prepared is a report as it is compared with others.
type Prepared struct {
	*Report
	at          when.Span // holds the times of all its scenarios
	timed       bool
	assumed     bool // the time is taken from when it was published
	places      []where.Region
	centre      where.Point
	on          vector  // centre
	radius      float64 // metres; of a cap that holds all its places
	placed      bool
	areas       []string // codes, if the place is first-level areas and nothing else
	act         []string
	anyAct      bool     // it is not known, or so many may be meant that meeting says nothing
	sites       []string // ids of objects of an annex
	target      []string
	outcome     []string
	sketch      Sketch
	numbers     []uint64
	settlements []string // of Names
	nameKeys    []uint64 // hashes of Names, sorted
	settled     []uint64 // of settlements
	summary     bool     // it speaks of several events
	order       int      // the place in the order of the fuser
	worded      bool     // its words were read
}

// Prepare reads the facts of a report for comparing. It does not change it.
func Prepare(r *Report) *Prepared {
	in := r.Incident
	s := &Prepared{Report: r}
	s.summary = in.Count.Known && (in.Count.Min > 1 || in.Count.Max != 1 && in.Count.Max > in.Count.Min)
	s.time(in)
	s.place(in)
	for i := range in.Scenarios {
		sc := &in.Scenarios[i]
		s.act = append(s.act, sc.Act...)
		s.target = append(append(s.target, sc.Target...), sc.Intended...)
		s.outcome = append(s.outcome, sc.Outcome...)
		for _, x := range sc.Site {
			if x != "none-of-these" {
				s.sites = append(s.sites, x)
			}
		}
	}
	for _, l := range []*[]string{&s.act, &s.target, &s.outcome} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	s.target = slices.DeleteFunc(s.target, func(t string) bool { return t == "none" })
	s.anyAct = len(s.act) == 0 || vague(s.act)
	return s
}

// words reads the text, once.
func (s *Prepared) words() *Prepared {
	if !s.worded {
		s.worded = true
		s.settlements = settlements(s.Names)
		s.nameKeys, s.settled = hashed(append(slices.Clone(s.Within), s.Names...)), hashed(s.settlements)
		s.sketch, s.numbers = NewSketch(s.Incident.Text), numbersIn(s.Incident.Text)
	}
	return s
}

// hashed are the hashes of strings, sorted.
func hashed(list []string) []uint64 {
	out := make([]uint64, len(list))
	for i, x := range list {
		out[i] = mix(hashInto(14695981039346656037, x))
	}
	slices.Sort(out)
	return out
}

// Before reports whether a Fuser takes a report before another: by time, and
// where that is the same by what they say, never by the order in which they came.
func (s *Prepared) Before(t *Prepared) bool { return before(s, t) < 0 }

func (s *Prepared) time(in *Incident) {
	s.at, s.timed = when.Span{Start: when.Future, End: when.Past}, true
	for i := range in.Scenarios {
		t := in.Scenarios[i].Time
		if !t.Start.Bounded() || !t.End.Bounded() {
			s.timed = false
			break
		}
		s.at.Start, s.at.End = min(s.at.Start, t.Start), max(s.at.End, t.End)
	}
	if s.timed {
		return
	}
	s.at = when.Always
	if p := s.Published; p.Start.Bounded() && p.End.Bounded() {
		s.at = when.Span{Start: p.Start.Add(-publishedLag), End: max(p.End, p.Start)}
		s.timed, s.assumed = true, true
	}
}

func (s *Prepared) place(in *Incident) {
	for i := range in.Scenarios {
		p := in.Scenarios[i].Place
		if p.IsUnknown() {
			s.places, s.placed = nil, false
			return
		}
		s.places = append(s.places, p)
	}
	u := where.UnionRegion(s.places...)
	c, ok := u.Centre()
	r, _ := u.Radius()
	if !ok {
		return
	}
	s.centre, s.on, s.radius, s.placed = c, vectorOf(c), float64(r), true
	for _, p := range s.places {
		codes, ok := strings.CutPrefix(p.String(), "area ")
		if !ok {
			s.areas = nil
			return
		}
		s.areas = append(s.areas, strings.Split(codes, "|")...)
	}
	slices.Sort(s.areas)
	s.areas = slices.Compact(s.areas)
}

func before(a, b *Prepared) int {
	x, y := a.Incident, b.Incident
	return cmp.Or(cmp.Compare(a.at.Start, b.at.Start), cmp.Compare(a.at.End, b.at.End), strings.Compare(x.ID, y.ID), strings.Compare(x.Source, y.Source),
		strings.Compare(x.From.File, y.From.File), cmp.Compare(x.From.Line, y.From.Line), strings.Compare(x.Text, y.Text))
}

// covers reports whether node b of a tree is a or lies under it.
func covers(a, b string) bool {
	return a == b || len(b) > len(a) && b[len(a)] == '.' && strings.HasPrefix(b, a)
}

// meet reports whether two sets of nodes have a value in common.
func meet(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if covers(x, y) || covers(y, x) {
				return true
			}
		}
	}
	return false
}

// kin reports whether two sets have nodes side by side under one parent that is
// no root: a metering and a compressor station, both under energy.gas.
func kin(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			p, q := parent(x), parent(y)
			if strings.Contains(p, ".") && (p == q || covers(p, y) || covers(q, x)) {
				return true
			}
		}
	}
	return false
}

func parent(s string) string {
	i := strings.LastIndexByte(s, '.')
	return s[:max(i, 0)]
}
