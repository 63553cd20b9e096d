package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// LevelRule is what a level needs. The zero value needs nothing.
type LevelRule struct {
	Groups      int      // independent groups
	BothParties bool     // or instead: two parties that accuse each other both say that it happened
	Reliability string   // only groups of this reliability and better count; "" any
	Sensors     bool     // a supporting detection counts as a group
	By          []string // only on the word of one of these
}

// LevelRules say what each level above claimed needs.
type LevelRules struct{ Reported, Corroborated, Verified, Determined LevelRule }

// DefaultLevels are the rules where a text has none: one independent group, or
// both parties, for reported; two independent groups for corroborated, of which
// a supporting sensor may be one. Verified and determined come only from a
// report that says so of itself, in the name of those whose task that is.
func DefaultLevels() LevelRules {
	return LevelRules{Reported: LevelRule{Groups: 1, BothParties: true}, Corroborated: LevelRule{Groups: 2, Sensors: true}}
}

// levelOf is the level that reports and their groups reach, and why.
func levelOf(rs []*Prepared, gs []Group, supports int, rules LevelRules) (Level, []string) {
	var why []string
	level := Claimed
	for _, l := range []Level{Determined, Verified} {
		rule := rules.Verified
		if l == Determined {
			rule = rules.Determined
		}
		for _, r := range rs {
			if !r.Denies && r.Incident.Level >= l && (len(rule.By) == 0 && r.Party == "" || slices.Contains(rule.By, r.Outlet) || slices.Contains(rule.By, r.Incident.Source)) {
				return l, []string{fmt.Sprintf("%s: report %s of %s says so of itself", l, r.ID(), nameOf(r))}
			}
		}
	}
	for _, step := range []struct {
		level Level
		rule  LevelRule
	}{{Reported, rules.Reported}, {Corroborated, rules.Corroborated}} {
		met, says := step.rule.met(gs, supports)
		if !met {
			why = append(why, fmt.Sprintf("not %s: %s", step.level, says))
			break
		}
		level = step.level
		why = append(why, fmt.Sprintf("%s: %s", step.level, says))
	}
	return level, why
}

func nameOf(r *Prepared) string {
	if r.Incident.Source != "" {
		return r.Incident.Source
	}
	return "a source that is not named"
}

func (l LevelRule) met(gs []Group, supports int) (bool, string) {
	n, parties, claims := 0, 0, 0
	for _, g := range gs {
		switch {
		case g.Party != "":
			parties++
		case strings.HasPrefix(g.Origin, sensorPrefix), l.Reliability != "" && g.Reliability > l.Reliability:
		case g.Claim: // fusing makes no more of a claim, whoever states it
			claims++
		case g.Independent():
			n++
		}
	}
	if n == 0 && l.Reliability == "" && slices.ContainsFunc(gs, func(g Group) bool { return g.Origin == unnamedOrigin && !g.Claim }) {
		n = 1
	}
	sensor := ""
	if l.Sensors && supports > 0 && n > 0 {
		n, sensor = n+1, ", one of them a sensor"
	}
	of := ""
	if l.Reliability != "" {
		of = " of reliability " + l.Reliability + " and better"
	}
	switch {
	case n >= l.Groups:
		return true, fmt.Sprintf("%d independent%s%s, %d needed", n, of, sensor, l.Groups)
	case l.BothParties && parties >= 2:
		return true, "both parties say that it happened"
	case l.BothParties:
		return false, fmt.Sprintf("%d independent%s of %d needed, and not both parties say that it happened%s", n, of, l.Groups, claimsWords(claims))
	}
	return false, fmt.Sprintf("%d independent%s of %d needed%s", n, of, l.Groups, claimsWords(claims))
}

func claimsWords(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; 1 more states it as a claim only"
	}
	return fmt.Sprintf("; %d more state it as a claim only", n)
}

// Value is what some groups say of a fact.
type Value struct {
	Says    string   `json:"says"`
	Groups  []string `json:"groups,omitempty"`
	Reports []string `json:"reports,omitempty"`
}

// Conflict is a fact of which groups say what cannot all be so. All values are
// kept.
type Conflict struct {
	Fact   string  `json:"fact"`
	Values []Value `json:"values,omitempty"`
}

// fact is how a fact of a report is read and compared.
type fact struct {
	name string
	says func(*Prepared) string
	meet func(a, b *Prepared) bool
}

var facts = []fact{
	{"time", func(s *Prepared) string { return spanWords(s) }, func(a, b *Prepared) bool {
		return !a.timed || !b.timed || a.assumed || b.assumed || gapOf(a.at, b.at) <= 0
	}},
	{"place", func(s *Prepared) string {
		if !s.placed {
			return ""
		}
		return placeWords(s)
	}, func(a, b *Prepared) bool { return !a.placed || !b.placed || apart(a, b) <= 0 }},
	{"act", func(s *Prepared) string { return strings.Join(s.act, "|") }, func(a, b *Prepared) bool { return meetOrOpen(a.act, b.act) }},
	{"target", func(s *Prepared) string { return strings.Join(s.target, "|") }, func(a, b *Prepared) bool { return meetOrOpen(a.target, b.target) }},
	{"outcome", func(s *Prepared) string { return strings.Join(s.outcome, "|") }, func(a, b *Prepared) bool { return meetOrOpen(a.outcome, b.outcome) }},
	{"actor", func(s *Prepared) string { return strings.Join(actorsOf(s), "|") }, func(a, b *Prepared) bool { return meetOrOpen(actorsOf(a), actorsOf(b)) }},
	{"killed", func(s *Prepared) string { return s.Incident.Killed.String() }, func(a, b *Prepared) bool { return a.Incident.Killed.agrees(b.Incident.Killed) }},
	{"injured", func(s *Prepared) string { return s.Incident.Injured.String() }, func(a, b *Prepared) bool { return a.Incident.Injured.agrees(b.Incident.Injured) }},
}

func meetOrOpen(a, b []string) bool { return len(a) == 0 || len(b) == 0 || meet(a, b) }

func actorsOf(s *Prepared) []string {
	var out []string
	for i := range s.Incident.Scenarios {
		if len(s.Incident.Scenarios[i].Actor) == 0 {
			return nil
		}
		for _, a := range s.Incident.Scenarios[i].Actor {
			out = appendNew(out, a)
		}
	}
	slices.Sort(out)
	return out
}

func spanWords(s *Prepared) string {
	if !s.timed || s.assumed {
		return ""
	}
	if s.at.IsMoment() {
		return s.at.Start.RFC3339()
	}
	return s.at.Start.RFC3339() + ".." + s.at.End.RFC3339()
}

func placeWords(s *Prepared) string {
	var out []string
	for _, p := range s.places {
		out = appendNew(out, p.String())
	}
	return strings.Join(out, " | ")
}

// agrees reports whether two counts can be one number.
func (n Number) agrees(m Number) bool {
	if !n.Known || !m.Known {
		return true
	}
	return (m.Max < 0 || n.Min <= m.Max) && (n.Max < 0 || m.Min <= n.Max)
}

// conflicts lists the facts on which reports cannot all be right, with all that
// is said of them.
func conflicts(rs []*Prepared, gs []Group) []Conflict {
	var out []Conflict
	for _, f := range facts {
		clash := false
		for i, a := range rs {
			for _, b := range rs[i+1:] {
				clash = clash || states(a) && states(b) && !f.meet(a, b)
			}
		}
		if !clash {
			continue
		}
		c := Conflict{Fact: f.name}
		for _, r := range rs {
			if says := f.says(r); says != "" && states(r) {
				c.add(says, r, gs)
			}
		}
		slices.SortFunc(c.Values, func(a, b Value) int { return strings.Compare(a.Says, b.Says) })
		out = append(out, c)
	}
	return out
}

// states reports whether a report states facts: one that denies, and a sensor,
// do not.
func states(r *Prepared) bool { return !r.Denies && r.Detection == nil && !r.Alert }

func (c *Conflict) add(says string, r *Prepared, gs []Group) {
	i := slices.IndexFunc(c.Values, func(v Value) bool { return v.Says == says })
	if i < 0 {
		c.Values = append(c.Values, Value{Says: says})
		i = len(c.Values) - 1
	}
	v := &c.Values[i]
	v.Reports = appendNew(v.Reports, r.ID())
	for _, g := range gs {
		if slices.Contains(g.Reports, r.ID()) {
			v.Groups = appendNew(v.Groups, g.Origin)
		}
	}
	slices.Sort(v.Reports)
	slices.Sort(v.Groups)
}

// rate sets the credibility of what each group says, on the Admiralty scale, from
// how it stands to what other groups say; the reliability of the source is
// another axis and is not mixed in, except that of a source that cannot be
// judged, whom nobody confirms or contradicts, the truth cannot be judged:
// 1 two other independent groups agree; 2 one agrees; 3 none agrees or
// contradicts, and the source is A to C; 4 one contradicts; 5 two contradict and
// none agrees; 6 it cannot be judged. A party's word neither confirms nor
// contradicts anybody but another party.
func rate(gs []Group, rs []*Prepared) {
	byID := map[string]*Prepared{}
	for _, r := range rs {
		byID[r.ID()] = r
	}
	for i := range gs {
		g := &gs[i]
		agree, against := 0, 0
		for k := range gs {
			h := &gs[k]
			if k == i || !h.Independent() && g.Party == "" || strings.HasPrefix(h.Origin, sensorPrefix) {
				continue
			}
			if clash(g, h, byID) {
				against++
			} else if h.Independent() {
				agree++
			}
		}
		switch {
		case agree >= 2 && against == 0:
			g.Credibility = 1
		case agree >= 1 && against == 0:
			g.Credibility = 2
		case against >= 2 && agree == 0:
			g.Credibility = 5
		case against >= 1:
			g.Credibility = 4
		case g.Reliability <= "C":
			g.Credibility = 3
		default:
			g.Credibility = 6
		}
	}
}

// clash reports whether what two groups say cannot both be so.
func clash(g, h *Group, byID map[string]*Prepared) bool {
	for _, x := range g.Reports {
		for _, y := range h.Reports {
			a, b := byID[x], byID[y]
			if a == nil || b == nil || a == b || !states(a) || !states(b) {
				continue
			}
			for _, f := range facts {
				if !f.meet(a, b) {
					return true
				}
			}
		}
	}
	return false
}
