package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fused is an incident that is proposed: reports that are taken to be of one
// event, with whose word they are, what they agree and conflict on, and what
// else they may belong with. It is a proposal: what it was made from is whole,
// and each match can be taken back.
type Fused struct {
	Incident    *Incident // scenarios as reported, none blended; ID is that of the first report
	Reports     []*Report
	Groups      []Group
	Independent int // Corroboration(Groups)
	LevelWhy    []string
	Conflicts   []Conflict
	Attribution Attribution
	Supports    []Support
	Denials     []string // ids of reports that deny
	Joined      []Match  // matches by which the reports are one incident
	Candidates  []Match  // matches with reports of other incidents that people should look at
	Dropped     int      // candidates beyond the twenty likeliest
	Apart       []Held   // pairs of which one is a report of it, that people hold to be of different events
	Taken       []Taken  // sets of reports of it that people took as one
	Open        []Open
}

// Open is a fact that would have to be settled, and why.
type Open struct {
	Fact string `json:"fact"`
	Why  string `json:"why"`
}

// fused makes the incident of a part.
func (f *Fuser) fused(by *Comparer, p part) *Fused {
	out := &Fused{Taken: f.takenIn(p)}
	for _, e := range p.edges {
		out.Joined = append(out.Joined, by.told(e.v, e.a.Prepared, e.b.Prepared))
	}
	rs := make([]*Prepared, len(p.nodes))
	inside := map[*Prepared]bool{}
	for i, n := range p.nodes {
		rs[i] = n.Prepared
		out.Reports = append(out.Reports, n.Report)
		inside[n.Prepared] = true
	}
	for _, n := range p.nodes {
		n.trim()
		out.Dropped += n.dropped
		for _, m := range n.candidates {
			if !inside[m.with] {
				out.Candidates = append(out.Candidates, by.told(m.verdict, n.Prepared, m.with))
			}
		}
		out.Supports = append(out.Supports, n.supports...)
		out.Apart = append(out.Apart, f.opt.Apart.with(n.ID())...)
		if n.Denies {
			out.Denials = append(out.Denials, n.ID())
		}
	}
	slices.SortFunc(out.Apart, heldOrder)
	slices.SortFunc(out.Candidates, likelier)
	slices.SortFunc(out.Joined, likelier)
	out.Supports = bestSupports(out.Supports)
	out.Groups = groups(rs, f.opt.Sources)
	rate(out.Groups, rs)
	out.Independent = Corroboration(out.Groups)
	out.Conflicts = conflicts(rs, out.Groups)
	out.Attribution = attribution(rs, out.Groups, f.opt.Holders)
	out.Incident = assemble(rs, out.Groups)
	rules := DefaultLevels()
	if f.opt.Levels != nil {
		rules = *f.opt.Levels
	}
	supports := 0
	for _, s := range out.Supports {
		if s.Supports {
			supports++
		}
	}
	out.Incident.Level, out.LevelWhy = levelOf(rs, out.Groups, supports, rules)
	weigh(out, rs)
	out.open()
	return out
}

// weigh lowers the level of single facts that only parties state: that an event
// is reported makes no accusation more than a claim.
func weigh(x *Fused, rs []*Prepared) {
	if x.Incident.Level == Claimed || x.Incident.Level >= Verified {
		return
	}
	for i := range x.Incident.Scenarios {
		s := &x.Incident.Scenarios[i]
		levels := map[string]Level{}
		for _, f := range []struct {
			name   string
			values []string
			of     func(*Scenario) []string
		}{
			{"actor", s.Actor, func(s *Scenario) []string { return s.Actor }},
			{"act", s.Act, func(s *Scenario) []string { return s.Act }},
			{"means", s.Means, func(s *Scenario) []string { return s.Means }},
			{"intended_target", s.Intended, func(s *Scenario) []string { return s.Intended }},
		} {
			if len(f.values) > 0 && !backed(rs, f.values, f.of) {
				levels[f.name] = Claimed
			}
		}
		if len(levels) > 0 {
			s.Levels = levels
		}
	}
}

// backed reports whether somebody who speaks for no party, passes on no party's
// word, and states more than a claim, states a value that meets others.
func backed(rs []*Prepared, values []string, of func(*Scenario) []string) bool {
	for _, r := range rs {
		if r.Party != "" || !states(r) || r.Relay.Relays() || r.Incident.Level == Claimed {
			continue
		}
		for i := range r.Incident.Scenarios {
			if meet(of(&r.Incident.Scenarios[i]), values) {
				return true
			}
		}
	}
	return false
}

// WeakestLevel is the lowest level of the incident and its facts, for forms that
// have one level for all. Where all reports state no more than a claim it is a
// claim, though both parties may say that something happened.
func (x *Fused) WeakestLevel() Level {
	l := x.Incident.Level
	if !slices.ContainsFunc(x.Reports, func(r *Report) bool {
		return !r.Denies && r.Detection == nil && !r.Alert && r.Incident.Level > Claimed
	}) {
		return Claimed
	}
	for i := range x.Incident.Scenarios {
		for _, v := range x.Incident.Scenarios[i].Levels {
			l = min(l, v)
		}
	}
	return l
}

// named are all actors that the reports name, sorted.
func (x *Fused) named() []string {
	var out []string
	for _, r := range x.Reports {
		if r.Denies {
			continue
		}
		for _, v := range namedBy(r.Incident) {
			out = appendNew(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func hoursList(hs []int) string {
	var out []string
	for _, h := range hs[:min(3, len(hs))] {
		out = append(out, fmt.Sprintf("%+d h", h))
	}
	return strings.Join(out, " or ")
}

// bestSupports keeps what each detection says once: the best for the incident,
// since it may be near to several of its reports, with the fewest reasons against.
func bestSupports(list []Support) []Support {
	slices.SortStableFunc(list, func(a, b Support) int {
		return cmp.Or(strings.Compare(a.Report, b.Report), cmp.Compare(boolInt(b.Supports), boolInt(a.Supports)), cmp.Compare(a.against, b.against), strings.Compare(strings.Join(a.Why, ""), strings.Join(b.Why, "")))
	})
	return slices.CompactFunc(list, func(a, b Support) bool { return a.Report == b.Report })
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// open lists what would have to be settled.
func (x *Fused) open() {
	add := func(fact, format string, args ...any) {
		x.Open = append(x.Open, Open{fact, fmt.Sprintf(format, args...)})
	}
	for _, c := range x.Conflicts {
		if c.Fact == "actor" {
			continue
		}
		var says []string
		for _, v := range c.Values {
			says = append(says, v.Says)
		}
		add(c.Fact, "%s: these cannot all be so", strings.Join(says, "; "))
	}
	if a := x.Attribution; a.Open() {
		var names []string
		for _, y := range a.Actors {
			names = append(names, y.Actor)
		}
		if to := a.leans(); to != "" {
			add("actor", "%s, or somebody else: what counts points to %s alone, and is less than half", strings.Join(names, "|"), to)
		} else if named := x.named(); len(named) > 1 {
			add("actor", "sources name different actors, %s; it may be somebody else: nothing that counts points to one alone", strings.Join(named, "|"))
		} else if len(names) > 0 {
			add("actor", "%s, or somebody else: nothing that counts points to one alone", strings.Join(names, "|"))
		} else {
			add("actor", "nobody says who did it")
		}
	}
	for _, s := range x.Supports {
		if len(s.Shifts) > 0 {
			add("acq_time of "+s.Report, "its time is in no window of its satellite; moved by %s it would be: which clock is it?", hoursList(s.Shifts))
		}
	}
	for _, m := range x.Joined {
		if m.ShiftHours != 0 {
			add("time zone of "+m.A+" or "+m.B, "the times would meet if one clock were moved by %+d h", m.ShiftHours)
		}
	}
}
