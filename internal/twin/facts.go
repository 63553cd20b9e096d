package twin

import (
	"sort"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Facts is a scenario as sets.
type Facts struct {
	Acts, Outcomes, Targets, Aimed, Actors, Owners []string // node names; nil: unknown
	Points                                         []int
	From, Until                                    int // hours; equal: a moment; -1: unknown
	LaunchFrom, LaunchUntil                        int
	Lasting                                        bool
}

// LeavesOf returns the leaves of some nodes, or of others where there are none.
func LeavesOf(tree map[string][]string, names, unknown []string) []string {
	if names == nil {
		names = unknown
	}
	set := map[string]bool{}
	for _, n := range names {
		for _, l := range tree[n] {
			set[l] = true
		}
	}
	var out []string
	for l := range set {
		out = append(out, l)
	}
	sort.Strings(out)
	return out
}

// instants are those that stand for all of a span: one in every piece between
// whole hours.
func instants(from, until, horizon int) []when.Instant {
	switch {
	case from < 0:
		from, until = -2, horizon
	case from == until:
		return []when.Instant{hour(from)}
	}
	var out []when.Instant
	for h := from; h < until; h++ {
		out = append(out, hour(h), hour(h)+1)
	}
	return out
}

// Verdicts are all that possible acts have.
func (b *Text) Verdicts(ss []Facts, horizon int) map[string]bool {
	worlds := b.worlds()
	all := map[string]bool{}
	for _, s := range ss {
		launches := instants(s.LaunchFrom, s.LaunchUntil, horizon)
		ats := instants(s.From, s.Until, horizon)
		for _, act := range LeavesOf(Acts, s.Acts, []string{"a", "b"}) {
			for _, outcome := range LeavesOf(Outcomes, s.Outcomes, []string{"hit", "shot"}) {
				for _, target := range LeavesOf(Targets, s.Targets, []string{"t", "w"}) {
					for _, aimed := range LeavesOf(Targets, s.Aimed, []string{"t", "w"}) {
						for _, actor := range LeavesOf(Actors, s.Actors, []string{"P", "Q"}) {
							for _, owner := range LeavesOf(Actors, s.Owners, []string{"P", "Q"}) {
								for _, p := range s.Points {
									for _, l := range launches {
										b.one(all, worlds, s.Lasting, ats, Act{act, outcome, target, aimed, actor, owner, Points[p], 0, l})
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return all
}

var rank = map[string]int{"not-covered": 0, "not-in-force": 1, "permitted": 2, "breach": 3}

func (b *Text) one(all map[string]bool, worlds []world, lasting bool, ats []when.Instant, a Act) {
	add := func(vs map[string]bool) {
		if len(vs) == 2 && vs["not-covered"] && vs["not-in-force"] {
			vs = map[string]bool{"not-in-force": true}
		}
		for v := range vs {
			all[v] = true
		}
	}
	if !lasting {
		for _, at := range ats {
			vs := map[string]bool{}
			for _, w := range worlds {
				a.At = at
				vs[b.judge(a, w)] = true
			}
			add(vs)
		}
		return
	}
	vs := map[string]bool{}
	for _, w := range worlds {
		top := "not-covered"
		for _, at := range ats {
			a.At = at
			if v := b.judge(a, w); rank[v] > rank[top] {
				top = v
			}
		}
		vs[top] = true
	}
	add(vs)
}

// Scenario turns the facts into those of an incident.
func (s Facts) Scenario() evidence.Scenario {
	out := evidence.Unknown()
	out.Act, out.Outcome, out.Target, out.Intended, out.Actor, out.Owner = s.Acts, s.Outcomes, s.Targets, s.Aimed, s.Actors, s.Owners
	var rs []where.Region
	for _, p := range s.Points {
		rs = append(rs, where.Disc(Points[p], 0))
	}
	out.Place = where.UnionRegion(rs...)
	if s.From >= 0 {
		out.Time = when.Span{Start: hour(s.From), End: hour(s.Until)}
	}
	if s.LaunchFrom >= 0 {
		out.Launch = when.Span{Start: hour(s.LaunchFrom), End: hour(s.LaunchUntil)}
	}
	out.Lasting = s.Lasting
	return out
}

// Leaves are all leaves of a tree of this package.
func Leaves(tree map[string][]string) []string {
	all := make([]string, 0, len(tree))
	for n := range tree {
		all = append(all, n)
	}
	return LeavesOf(tree, all, nil)
}
