package judge

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func hour(h int) when.Instant { return when.Instant(int64(h) * 3600_000) }

// drawSome draws no name, for unknown, or one or two.
func drawSome(t *rapid.T, label string, names ...string) []string {
	n := rapid.IntRange(0, 2).Draw(t, label+" n")
	out := []string{}
	for range n {
		out = append(out, rapid.SampledFrom(names).Draw(t, label))
	}
	return out
}

// bulk is events being drawn.
type bulk struct {
	Events
	m *Many
}

func (b *bulk) add(t *rapid.T) {
	value := func(dimension string, names []string) Value { return b.m.Value(dimension, names...) }
	at := rapid.IntRange(2, twin.Horizon).Draw(t, "time")
	if rapid.IntRange(0, 9).Draw(t, "odd time") == 0 {
		at = rapid.IntRange(-1, 2).Draw(t, "time")
	}
	until := at
	if rapid.IntRange(0, 4).Draw(t, "span") == 0 {
		until = rapid.IntRange(at, twin.Horizon+2).Draw(t, "until")
	}
	b.Time, b.Until = append(b.Time, hour(at)), append(b.Until, hour(until))
	if at < 0 {
		b.Time[len(b.Time)-1] = when.Past
	}
	p := where.Point{Lat: 50, Lon: 35}
	if rapid.Bool().Draw(t, "a corner") {
		p = rapid.SampledFrom([]where.Point{{Lat: 50, Lon: 30}, {Lat: 51, Lon: 35}, {Lat: 48, Lon: 20}, {Lat: 52, Lon: 40}}).Draw(t, "corner")
	}
	size := rapid.SampledFrom([]float64{0, 1e-6, 0.1, 2, 6}).Draw(t, "off")
	lat, lon := p.Lat+size*rapid.Float64Range(-1, 1).Draw(t, "dy"), p.Lon+size*rapid.Float64Range(-1, 1).Draw(t, "dx")
	b.Lat, b.Lon = append(b.Lat, where.E7(lat*1e7)), append(b.Lon, where.E7(lon*1e7))
	if rapid.IntRange(0, 9).Draw(t, "no place") == 0 {
		b.Lat[len(b.Lat)-1] = rapid.SampledFrom([]where.E7{where.NoE7, 950_000_000, 1_000_000_001}).Draw(t, "which")
	}
	r := float32(0)
	if rapid.IntRange(0, 5).Draw(t, "disc") == 0 {
		r = rapid.SampledFrom([]float32{100, 5000, 40000, 150000}).Draw(t, "radius")
	}
	b.Radius = append(b.Radius, r)
	one := func(label string, leaves ...string) []string {
		if rapid.IntRange(0, 7).Draw(t, label+" one") > 0 {
			return []string{rapid.SampledFrom(leaves).Draw(t, label)}
		}
		return drawSome(t, label, append(leaves, "elsewhere")...)
	}
	b.Act = append(b.Act, value("act", one("act", "a.x", "a.y", "b", "a")))
	b.Outcome = append(b.Outcome, value("outcome", one("outcome", "hit", "shot")))
	b.Target = append(b.Target, value("target", one("target", "t.u", "t.v", "w", "t")))
	b.Intended = append(b.Intended, value("intended_target", one("aimed", "t.u", "t.v", "w")))
	b.Actor = append(b.Actor, value("actor", one("actor", "P", "Q.1", "Q.2", "Z", "Q")))
	b.Owner = append(b.Owner, value("owner", one("owner", "P", "Q.2", "Z")))
}

// TestManyIsJudge: on random regimes and events, all at once, what is settled
// is what Judge.Incident says, and what is not becomes so.
func TestManyIsJudge(t *testing.T) {
	settled, open, by := 0, 0, map[Verdict]int{}
	rapid.Check(t, func(t *rapid.T) {
		var rs []*terms.Regime
		for i := rapid.IntRange(1, 4).Draw(t, "regimes"); i > 0; i-- {
			rs = append(rs, parseTiny(t, twin.DrawText(t)).r)
		}
		joined := rapid.Bool().Draw(t, "joined")
		m, err := NewMany(rs, Options{Joined: joined})
		if err != nil {
			t.Fatal(err)
		}
		b := &bulk{m: m}
		for range 12 {
			b.add(t)
		}
		out := make([]Outcome, b.Len()*len(rs))
		m.Judge(&b.Events, out)
		was := append([]Outcome(nil), out...)
		m.Settle(&b.Events, out)
		for i := range b.Len() {
			in := m.Incident(&b.Events, i)
			for k, j := range m.judges {
				set := j.space(in.Scenarios, func(string) {}).collect(nil).all
				if joined && set&(1<<NotInForce) != 0 {
					set = set&^(1<<NotInForce) | 1<<NotCovered
				}
				want := set.one()
				o := was[i*len(rs)+k]
				if o.Settled() {
					settled++
					by[want]++
				} else {
					open++
				}
				if o.Settled() && o.Verdict() != want || !out[i*len(rs)+k].Settled() || out[i*len(rs)+k].Verdict() != want {
					t.Fatalf("event %d regime %d (joined %v): many says %s (settled %v), then %s; judge %s\n%+v", i, k, joined, o.Verdict(), o.Settled(), out[i*len(rs)+k].Verdict(), want, in.Scenarios[0])
				}
				if o.Clause() >= 0 && (want == Breach || i == 0) {
					f := j.Incident(in, nil)
					checkClause(t, o, &f)
				}
			}
		}
	})
	t.Logf("%d settled at once, %d by the judge; %v", settled, open, by)
	for v := NotCovered; v <= Undetermined; v++ {
		if by[v] == 0 && v != Undetermined {
			t.Errorf("%s was never settled at once", v)
		}
	}
}

// checkClause: the clause that an outcome names has its verdict.
func checkClause(t *rapid.T, o Outcome, f *Finding) {
	if o.Verdict() != f.Verdict || o.Clause() < 0 || o.Verdict() == Undetermined {
		return
	}
	for _, c := range f.Clauses {
		if c.Clause == f.Regime.Clauses[o.Clause()] {
			if c.Verdict != o.Verdict() {
				t.Fatalf("clause %s is named for %s: it is %s", c.Clause.ID, o.Verdict(), c.Verdict)
			}
			return
		}
	}
	t.Fatalf("clause %s is named and does not speak", f.Regime.Clauses[o.Clause()].ID)
}

// TestManyNamesTheFirstClause: of an event of which all is known it is the first
// clause of the finding with the verdict, if there is one.
func TestManyNamesTheFirstClause(t *testing.T) {
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		j := parseTiny(t, twin.DrawText(t))
		m, err := NewMany([]*terms.Regime{j.r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ev := Events{}
		for range 30 {
			p := rapid.SampledFrom(twin.Points).Draw(t, "place")
			ev.Time = append(ev.Time, hour(rapid.IntRange(0, twin.Horizon).Draw(t, "time")))
			ev.Lat, ev.Lon = append(ev.Lat, where.E7(math.Round(p.Lat*1e7))), append(ev.Lon, where.E7(math.Round(p.Lon*1e7)))
			for _, x := range []struct {
				name  string
				to    *[]Value
				words []string
			}{{"act", &ev.Act, []string{"a.x", "b"}}, {"outcome", &ev.Outcome, []string{"hit", "shot"}}, {"target", &ev.Target, []string{"t.u", "w"}},
				{"intended_target", &ev.Intended, []string{"t.u", "w"}}, {"actor", &ev.Actor, []string{"P", "Q.1"}}, {"owner", &ev.Owner, []string{"P", "Q.2"}}} {
				*x.to = append(*x.to, m.Value(x.name, rapid.SampledFrom(x.words).Draw(t, x.name)))
			}
		}
		out := make([]Outcome, ev.Len())
		m.Judge(&ev, out)
		for i, o := range out {
			f := j.Incident(m.Incident(&ev, i), nil)
			want := -1
			for _, c := range f.Clauses {
				if c.Verdict == f.Verdict && want < 0 {
					for k := range j.r.Clauses {
						if j.r.Clauses[k] == c.Clause {
							want = k
						}
					}
				}
			}
			if want < 0 && o.Clause() >= 0 {
				continue // several acts are possible, and no clause has the verdict in all of them
			}
			if o.Settled() && o.Verdict() != Undetermined && o.Clause() != want {
				t.Fatalf("%s: clause %d, the finding's first is %d", o.Verdict(), o.Clause(), want)
			}
			if want >= 0 {
				n++
			}
		}
	})
	if n == 0 {
		t.Error("no clause ever spoke")
	}
}

// TestManyOfNothing: no regimes, no events, and a regime that says nothing.
func TestManyOfNothing(t *testing.T) {
	m, err := NewMany(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.Judge(&Events{}, nil)
	if got := m.Settle(&Events{}, nil); got != 0 {
		t.Errorf("settled %d", got)
	}
	in := m.Incident(&Events{Time: []when.Instant{0}}, 0)
	if want := when.Moment(0); in.Scenarios[0].Time != want || in.Level != evidence.Claimed {
		t.Errorf("%+v", in.Scenarios[0])
	}
}
