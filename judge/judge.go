package judge

import (
	"slices"
	"sort"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Judge is a regime made ready to judge many incidents. It may be used by
// several goroutines at once.
type Judge struct {
	r        *terms.Regime
	boxes    []terms.Box    // of all clauses
	windows  []terms.Window // of all clauses; bits follow those of the boxes
	boxesOf  [][2]int       // clause -> range of boxes
	winOf    [][2]int       // clause -> range of windows
	excepted [][]int        // exception -> what it excepts
	boxDim   []dim          // whether the time of impact or launch counts for a box
	words    int
	leaf     [treeDims][]mask // tree dimension, leaf -> what it matches
	breaks   [2][]when.Instant

	windowDim  []dim
	answer     [][2]mask // question -> what each answer leaves
	hoursUsed  [2]bool
	launchUsed bool
	zoneUsed   [2][]bool
	placeUsed  [2]bool
	sitesUsed  bool
	objects    map[string]int
	siteZones  []*where.Zone

	nothingOnce sync.Once
	nothing     Verdict // about an incident of which nothing is known

	anywhere     sync.Once
	everywhere   []where.ZoneSet // where an unknown place may lie
	everywhereOK bool

	mu   sync.Mutex
	memo map[string]*settled // by what the facts leave possible
}

// siteTolerance is how far the place of an act may lie from the coordinates
// of a listed object that it hit.
const siteTolerance where.Metres = 500

// New makes a regime ready.
func New(r *terms.Regime) *Judge {
	j := &Judge{r: r, objects: map[string]int{}, memo: map[string]*settled{}}
	for _, c := range r.Clauses {
		d := dTime
		if c.Launch {
			d, j.launchUsed = dLaunch, true
		}
		b, w := len(j.boxes), len(j.windows)
		j.boxes = append(j.boxes, c.Boxes...)
		j.windows = append(j.windows, c.Windows...)
		j.boxesOf = append(j.boxesOf, [2]int{b, len(j.boxes)})
		j.winOf = append(j.winOf, [2]int{w, len(j.windows)})
		for range c.Boxes {
			j.boxDim = append(j.boxDim, d)
		}
		for range c.Windows {
			j.windowDim = append(j.windowDim, d)
		}
	}
	j.excepted = make([][]int, len(r.Clauses))
	for f, c := range r.Clauses {
		for _, e := range c.ExceptedBy {
			j.excepted[e.Permit] = append(j.excepted[e.Permit], f)
		}
	}
	j.words = (len(j.boxes) + len(j.windows) + 63) / 64
	j.index()
	j.sites()
	return j
}

// index precomputes what each leaf matches, and the breakpoints of time.
func (j *Judge) index() {
	for d := dim(0); int(d) < treeDims; d++ {
		tree := j.tree(d)
		j.leaf[d] = make([]mask, tree.Len())
		for leaf := range j.leaf[d] {
			m := j.full()
			for b := range j.boxes {
				if s := boxSet(&j.boxes[b], d); s != nil && !s.Has(leaf) {
					m.clear(b)
				}
			}
			if d == dActor {
				for w := range j.windows {
					if !j.windows[w].Actors.Has(leaf) {
						m.clear(len(j.boxes) + w)
					}
				}
			}
			j.leaf[d][leaf] = m
		}
	}
	for w, win := range j.windows {
		k := j.windowDim[w] - dLaunch
		for _, p := range []when.Instant{win.Span.Start, win.Span.End} {
			if p.Bounded() {
				j.breaks[k] = append(j.breaks[k], p)
			}
		}
	}
	for k := range j.breaks {
		sort.Slice(j.breaks[k], func(a, b int) bool { return j.breaks[k][a] < j.breaks[k][b] })
	}
	for q := range j.r.Questions {
		j.answer = append(j.answer, [2]mask{j.answerMask(q, 0), j.answerMask(q, 1)})
	}
	j.zoneUsed = [2][]bool{make([]bool, len(j.r.Zones)), make([]bool, len(j.r.Zones))}
	for b := range j.boxes {
		if j.boxes[b].Hours != nil {
			j.hoursUsed[j.boxDim[b]-dLaunch] = true
		}
		for _, z := range j.boxes[b].Zones {
			j.zoneUsed[0][z], j.placeUsed[0] = true, true
		}
		for _, z := range j.boxes[b].Origins {
			j.zoneUsed[1][z], j.placeUsed[1] = true, true
		}
		j.sitesUsed = j.sitesUsed || j.boxes[b].Sites != nil
	}
}

func (j *Judge) sites() {
	j.siteZones = make([]*where.Zone, len(j.r.Objects))
	for i, o := range j.r.Objects {
		j.objects[o.ID] = i
		if o.HasPoint {
			j.siteZones[i] = where.NearSites(o.ID, []where.Point{o.Point}, siteTolerance)
		}
	}
}

func boxSet(b *terms.Box, d dim) *vocab.Set {
	switch d {
	case dActor:
		return b.Actor
	case dAct:
		return b.Act
	case dOutcome:
		return b.Outcome
	case dMeans:
		return b.Means
	case dTarget:
		return b.Target
	case dIntended:
		return b.Intends
	case dOwner:
		return b.Owner
	case dController:
		return b.Controller
	}
	return nil
}

// full returns a new mask of everything.
func (j *Judge) full() mask {
	m := make(mask, j.words)
	for i := range m {
		m[i] = ^uint64(0)
	}
	return m
}

// Regime returns the regime that is judged by.
func (j *Judge) Regime() *terms.Regime { return j.r }

// verdictOf is the verdict alone.
func (j *Judge) verdictOf(in *evidence.Incident) Verdict {
	return j.space(in.Scenarios, func(string) {}).collect(nil).all.one()
}

// ofNothing is the verdict about an incident of which nothing is known.
func (j *Judge) ofNothing() Verdict {
	j.nothingOnce.Do(func() {
		j.nothing = j.verdictOf(&evidence.Incident{Scenarios: []evidence.Scenario{evidence.Unknown()}})
	})
	return j.nothing
}

// Incident judges an incident by its facts of the given level and above; with
// level nil all facts are used. Every clause is weighed, also after a breach
// is found: the trace must show what else was considered.
func (j *Judge) Incident(in *evidence.Incident, level *evidence.Level) Finding {
	f, s, ss := j.begin(in, level)
	done := s.settle()
	j.fill(&f, s, done.o)
	f.Deciding, f.Answers = done.deciding, done.answers
	for i := range f.Clauses {
		f.Clauses[i].Share = j.share(f.Clauses[i].Clause, ss)
	}
	f.Trace = s.trace(done.o)
	f.Profile = j.profile(in, f.Verdict, level)
	return f
}

// Weigh is Incident without what is said for people: there is no trace, no
// deciding fact, no share and no profile. Verdicts, authors and parties are the
// same, and where much is open it takes a small part of the time.
func (j *Judge) Weigh(in *evidence.Incident, level *evidence.Level) Finding {
	f, s, _ := j.begin(in, level)
	j.fill(&f, s, s.collect(nil))
	return f
}

// begin lays out what the facts of an incident leave possible.
func (j *Judge) begin(in *evidence.Incident, level *evidence.Level) (Finding, *space, []evidence.Scenario) {
	f := Finding{Incident: in, Regime: j.r, Level: in.Level}
	ss := in.Scenarios
	if level != nil {
		f.Level = *level
		ss = Accepted(in, *level)
	}
	s := j.space(ss, func(n string) { f.note(n) })
	return f, s, ss
}

func (f *Finding) note(n string) {
	if !slices.Contains(f.Notes, n) {
		f.Notes = append(f.Notes, n)
	}
}

// fill writes down what the possible acts say.
func (j *Judge) fill(f *Finding, s *space, o *outcome) {
	if s.over {
		f.note("too much is open to weigh every possible act: left undetermined")
	}
	f.Verdict = o.all.one()
	var authors vocab.Set
	for i := range s.ks {
		authors = authors.Union(s.ks[i].sets[dActor])
	}
	f.Author = j.r.Terms.ActorNames(authors)
	for k, c := range s.live {
		if o.clauses[k] == 0 {
			continue
		}
		rc := j.r.Clauses[c]
		if rc.Kind == terms.Reserve {
			f.Reserved = append(f.Reserved, rc)
			continue
		}
		cf := ClauseFinding{Clause: rc, Verdict: o.verdict(k), Party: j.boundAmong(rc, authors)}
		f.Clauses = append(f.Clauses, cf)
		for _, p := range cf.Party {
			f.Party = addParty(f.Party, p)
		}
	}
}

func addParty(ps []terms.PartyID, p terms.PartyID) []terms.PartyID {
	for _, q := range ps {
		if q == p {
			return ps
		}
	}
	return append(ps, p)
}

// boundAmong returns the parties whom the clause binds and who may be the
// author.
func (j *Judge) boundAmong(c *terms.RegimeClause, authors vocab.Set) []terms.PartyID {
	var out []terms.PartyID
	for _, p := range j.r.Terms.PartiesOf(authors) {
		for _, w := range c.Windows {
			if w.Party == p {
				out = addParty(out, p)
			}
		}
	}
	return out
}

// share is the largest part of the place, over the scenarios, that lies in a
// zone of the clause.
func (j *Judge) share(c *terms.RegimeClause, ss []evidence.Scenario) float64 {
	zones := map[int]bool{}
	for _, b := range c.Boxes {
		if len(b.Zones) == 0 {
			return 1
		}
		for _, z := range b.Zones {
			zones[z] = true
		}
	}
	best := 0.0
	for i := range ss {
		for z := range zones {
			best = max(best, j.r.Zones[z].Share(ss[i].Place, j.r.Terms.Geometry))
		}
	}
	return best
}

// Accepted returns the scenarios with every fact below the level made
// unknown.
func Accepted(in *evidence.Incident, level evidence.Level) []evidence.Scenario {
	out := make([]evidence.Scenario, len(in.Scenarios))
	for i, s := range in.Scenarios {
		keep := func(fact string) bool {
			l, ok := s.Levels[fact]
			if !ok {
				l = in.Level
			}
			return l >= level
		}
		n := evidence.Unknown()
		n.Name = s.Name
		if keep("time_start") {
			n.Time, n.Lasting = s.Time, s.Lasting
		}
		if keep("launch_start") {
			n.Launch = s.Launch
		}
		if keep("place") {
			n.Place, n.PlaceName = s.Place, s.PlaceName
		}
		if keep("origin") {
			n.Origin, n.OriginName = s.Origin, s.OriginName
		}
		for _, f := range []struct {
			name     string
			from, to *[]string
		}{
			{"actor", &s.Actor, &n.Actor}, {"act", &s.Act, &n.Act}, {"outcome", &s.Outcome, &n.Outcome},
			{"means", &s.Means, &n.Means}, {"target", &s.Target, &n.Target}, {"intended_target", &s.Intended, &n.Intended},
			{"owner", &s.Owner, &n.Owner}, {"controller", &s.Controller, &n.Controller}, {"site", &s.Site, &n.Site},
		} {
			if keep(f.name) {
				*f.to = *f.from
			}
		}
		out[i] = n
	}
	return out
}

// profile is the verdict at every evidence level.
func (j *Judge) profile(in *evidence.Incident, v Verdict, level *evidence.Level) [5]Verdict {
	var out [5]Verdict
	lowest, highest, mixed := in.Level, in.Level, false
	for _, s := range in.Scenarios {
		for _, l := range s.Levels {
			lowest, highest, mixed = min(lowest, l), max(highest, l), true
		}
	}
	for _, l := range evidence.Levels() {
		switch {
		case l <= lowest && level == nil:
			out[l] = v
		case !mixed && l > highest:
			out[l] = j.ofNothing()
		default:
			out[l] = j.verdictOf(&evidence.Incident{Scenarios: Accepted(in, l)})
		}
	}
	return out
}
