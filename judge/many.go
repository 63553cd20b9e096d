package judge

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Many is a list of regimes made ready to judge many events at once, for the
// verdict alone. What it says is what Judge.Incident says of the same facts;
// what only Judge.Incident can tell it leaves open, and Settle asks that.
//
// All clauses of all regimes are bits of one row of words. Each fact of an
// event has a row that says which of them it leaves, a place has one by the
// cell of a grid, an instant by the span between two dates of any text; the
// rows are joined by AND, and only where a bit is left is a regime looked at.
//
// A Many may be used by several goroutines at once.
type Many struct {
	regimes []*terms.Regime
	judges  []*Judge
	groups  []*group // regimes of one geometry
	joined  bool

	groupOf []*group // by regime
	asked   asked

	idle  sync.Pool // of workers
	mu    sync.RWMutex
	facts [treeDims]dictionary
}

// Options says what Many need not tell apart.
type Options struct {
	// Joined leaves "not in force" and "not covered" together, as
	// NotCovered: whether a clause that did not bind would have matched is
	// then not looked at, which saves a third of the work or more.
	Joined bool
}

// maxClauses is how many clauses of a regime an Outcome can number.
const maxClauses = 2000

// NewMany makes regimes ready. The error names one that has more than 2000
// clauses.
func NewMany(regimes []*terms.Regime, o Options) (*Many, error) {
	m := &Many{regimes: regimes, judges: make([]*Judge, len(regimes)), joined: o.Joined, groupOf: make([]*group, len(regimes)), asked: asked{by: map[alikeKey]*placed{}, sampled: map[sampledKey]Outcome{}}}
	for _, r := range regimes {
		if len(r.Clauses) > maxClauses {
			return nil, fmt.Errorf("%s has %d clauses: at most %d are judged in bulk", r.Terms.ID, len(r.Clauses), maxClauses)
		}
	}
	inParallel(len(regimes), 1, func(_, i, _ int) { m.judges[i] = New(regimes[i]) })
	byModel := map[where.Model]*group{}
	for i, r := range regimes {
		g := byModel[r.Terms.Geometry]
		if g == nil {
			g = &group{m: m, model: r.Terms.Geometry}
			byModel[r.Terms.Geometry] = g
			m.groups = append(m.groups, g)
		}
		g.regimes = append(g.regimes, i)
		m.groupOf[i] = g
	}
	for _, g := range m.groups {
		g.compile()
	}
	for d := range m.facts {
		m.facts[d].ids = map[string]Value{}
		m.Value(dimNames[d]) // 0 is unknown
	}
	return m, nil
}

// Regimes returns the regimes in the order in which outcomes stand.
func (m *Many) Regimes() []*terms.Regime { return m.regimes }

// Value is a fact about an event in one of the dimensions that are trees, by
// a number from Many.Value. 0 is unknown.
type Value uint16

// Unknown is the value of a fact that is not known, in every dimension.
const Unknown Value = 0

// dictionary numbers the facts of one dimension: lists of names, as a scenario
// holds them.
type dictionary struct {
	ids   map[string]Value
	names [][]string
}

// Value returns the number of a fact in a dimension ("actor", "act",
// "outcome", "means", "target", "intended_target", "owner", "controller"): one
// name of a list of names, any of which may be the true one; none for unknown.
// Names mean what they mean in a scenario. It panics on another dimension, and
// after 65,535 different facts.
func (m *Many) Value(dimension string, names ...string) Value {
	d := 0
	for ; d < treeDims && dimNames[d] != dimension; d++ {
	}
	if d == treeDims {
		panic("judge: " + dimension + " is not a dimension of facts")
	}
	key := strings.Join(names, "|")
	m.mu.RLock()
	v, ok := m.facts[d].ids[key]
	m.mu.RUnlock()
	if ok {
		return v
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &m.facts[d]
	if v, ok = f.ids[key]; ok {
		return v
	}
	if len(f.names) > math.MaxUint16 {
		panic("judge: more than 65,535 different facts in one dimension")
	}
	v = Value(len(f.names))
	f.ids[key] = v
	f.names = append(f.names, append([]string(nil), names...))
	for _, g := range m.groups {
		g.tables = nil // made anew when next judged
	}
	return v
}

// Room reports whether Value can still number facts of a dimension that it has
// not met; there is room for some thousands less than there are numbers, so that
// goroutines which ask beside each other find it.
func (m *Many) Room(dimension string) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for d := range treeDims {
		if dimNames[d] == dimension {
			return len(m.facts[d].names) < math.MaxUint16-4096
		}
	}
	return false
}

// Events are facts about many acts, by columns of equal length. A nil column
// is unknown for all; launch, origin and site are unknown always.
type Events struct {
	Time     []when.Instant // of the act; when.Past if unknown
	Until    []when.Instant // if not nil: it was at some instant from Time to before Until; equal: at Time
	Lat, Lon []where.E7     // where.NoE7 if unknown
	Radius   []float32      // metres round Lat, Lon; nil or 0: the very place

	Actor, Act, Outcome, Means, Target, Intended, Owner, Controller []Value
}

// Len is the number of events.
func (e *Events) Len() int { return max(len(e.Time), len(e.Lat), len(e.Act), len(e.Actor)) }

// Slice returns the events from i up to k.
func (e *Events) Slice(i, k int) *Events {
	out := &Events{Time: part(e.Time, i, k), Until: part(e.Until, i, k), Lat: part(e.Lat, i, k), Lon: part(e.Lon, i, k), Radius: part(e.Radius, i, k)}
	for d := range treeDims {
		*out.column(dim(d)) = part(*e.column(dim(d)), i, k)
	}
	return out
}

func part[T any](s []T, i, k int) []T {
	if s == nil {
		return nil
	}
	return s[i:k]
}

func (e *Events) column(d dim) *[]Value {
	return [...]*[]Value{&e.Actor, &e.Act, &e.Outcome, &e.Means, &e.Target, &e.Intended, &e.Owner, &e.Controller}[d]
}

// Outcome is what a regime says of an event. The zero Outcome is NotCovered.
type Outcome uint16

const (
	outcomeSet  = 1<<4 - 1 // the verdicts that possible acts have, with NotCovered inverted
	outcomeOpen = 1 << 4
	clauseShift = 5
)

func outcomeOf(set verdicts, clause int) Outcome {
	return Outcome(set)&outcomeSet ^ 1 | Outcome(clause+1)<<clauseShift
}

func (o Outcome) set() verdicts { return verdicts(o&outcomeSet ^ 1) }

// Verdict is the verdict: one that every possible act has, or Undetermined.
func (o Outcome) Verdict() Verdict { return o.set().one() }

// May reports whether some possible act may have a verdict. It can say yes
// where that was not looked into, if the verdict is Undetermined.
func (o Outcome) May(v Verdict) bool { return v <= Breach && o.set()&(1<<v) != 0 }

// Settled reports whether Judge.Incident says the same verdict for certain. An
// outcome that is not settled is Undetermined so far: see Settle.
func (o Outcome) Settled() bool { return o&outcomeOpen == 0 }

// Clause is the index in Regime.Clauses of the first clause that has the
// verdict; of an Undetermined one, and where no clause has it in every possible
// act, of the first that may speak. It is -1 for
// NotCovered, and where none stands out. Where the facts leave several
// possible acts, a clause before it may have the same verdict.
func (o Outcome) Clause() int { return int(o>>clauseShift) - 1 }

// Judge judges events: out[i*len(Regimes())+k] is what regime k says of event
// i. It panics unless out has a place for each. It runs on as many goroutines
// as there are processors, and allocates nothing for an event whose facts are
// settled.
func (m *Many) Judge(ev *Events, out []Outcome) {
	n := ev.Len()
	if len(out) != n*len(m.regimes) {
		panic("judge: out must have a place for every event and regime")
	}
	tables := m.ready()
	const chunk = 4096
	inParallel(n, chunk, func(worker, from, to int) {
		w := m.worker(tables)
		w.run(ev, from, to, out)
		m.release(w)
	})
}

// Settle asks Judge.Incident about every outcome that is not settled, and
// returns how many there were. It takes microseconds for each, and
// milliseconds where the place straddles several zones.
func (m *Many) Settle(ev *Events, out []Outcome) int {
	r := len(m.regimes)
	var mu sync.Mutex
	total := 0
	inParallel(ev.Len(), 64, func(_, from, to int) {
		n := 0
		for i := from; i < to; i++ {
			for k := range r {
				if o := &out[i*r+k]; !o.Settled() {
					*o = m.ask(ev, i, k)
					n++
				}
			}
		}
		mu.Lock()
		total += n
		mu.Unlock()
	})
	return total
}

// Ask judges an incident under one regime the long way: what Judge.Incident
// says, as an outcome.
func (m *Many) Ask(in *evidence.Incident, regime int) Outcome { return m.askIn(in, regime, nil) }

// askIn is Ask where it is known in which zones the place may lie, if sets is not
// nil.
func (m *Many) askIn(in *evidence.Incident, regime int, sets []where.ZoneSet) Outcome {
	j := m.judges[regime]
	s := j.spaceIn(in.Scenarios, sets, func(string) {})
	o := s.collect(nil)
	set := m.told(o.all)
	v := set.one()
	if v == NotCovered {
		return outcomeOf(set, -1)
	}
	first := -1
	for k, c := range s.live {
		if o.clauses[k] == 0 || j.r.Clauses[c].Kind == terms.Reserve {
			continue
		}
		if o.verdict(k) == v {
			return outcomeOf(set, c)
		}
		if first < 0 {
			first = c
		}
	}
	return outcomeOf(set, first)
}

// told is a set of verdicts as it is told.
func (m *Many) told(set verdicts) verdicts {
	if m.joined && set&(1<<NotInForce) != 0 {
		return set&^(1<<NotInForce) | 1<<NotCovered
	}
	return set
}

// Incident returns an event as an incident, for Judge.Incident and its trace.
func (m *Many) Incident(ev *Events, i int) *evidence.Incident {
	s := evidence.Unknown()
	if ev.Time != nil && ev.Time[i] != when.Past {
		s.Time = when.Moment(ev.Time[i])
		if ev.Until != nil {
			s.Time.End = max(ev.Until[i], ev.Time[i])
		}
	}
	if ev.Lat != nil && ev.Lat[i] != where.NoE7 {
		s.Place = m.place(ev, i)
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	for d, to := range []*[]string{&s.Actor, &s.Act, &s.Outcome, &s.Means, &s.Target, &s.Intended, &s.Owner, &s.Controller} {
		if c := *ev.column(dim(d)); c != nil {
			*to = m.facts[d].names[c[i]]
		}
	}
	return &evidence.Incident{Scenarios: []evidence.Scenario{s}}
}

// place is where an event was, whose place is known.
func (m *Many) place(ev *Events, i int) where.Region {
	r := where.Metres(0)
	if ev.Radius != nil {
		r = where.Metres(ev.Radius[i])
	}
	return where.Disc(where.Point{Lat: ev.Lat[i].Degrees(), Lon: ev.Lon[i].Degrees()}, r)
}

// inParallel calls f with pieces of 0..n on as many goroutines as there are
// processors.
func inParallel(n, chunk int, f func(worker, from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	if workers <= 1 {
		for i := 0; i < n; i += chunk {
			f(0, i, min(i+chunk, n))
		}
		return
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for w := range workers {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next += chunk
				mu.Unlock()
				if i >= n {
					return
				}
				f(w, i, min(i+chunk, n))
			}
		})
	}
	wg.Wait()
}

// Names are those that stand for a value in a dimension; none: unknown.
func (m *Many) Names(dimension string, v Value) []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for d := range treeDims {
		if dimNames[d] == dimension {
			return m.facts[d].names[v]
		}
	}
	return nil
}

// Unnamed says which actors, owners and controllers the texts do not name, and
// how they are taken, in a fixed order.
func Unnamed(regimes []*terms.Regime, actors, owners, controllers []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range regimes {
		j := &Judge{r: r}
		for i, names := range [][]string{actors, owners, controllers} {
			d := []dim{dActor, dOwner, dController}[i]
			for _, n := range names {
				j.actors(dimNames[d], []string{n}, r.Terms.AllParties(), func(n string) {
					if !seen[n] {
						seen[n] = true
						out = append(out, n)
					}
				})
			}
		}
	}
	return out
}
