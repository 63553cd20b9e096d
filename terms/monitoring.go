package terms

import (
	"strconv"
	"strings"
)

// Monitoring is what a text says of how well something must be established.
type Monitoring struct {
	Levels []LevelNeed // those that it states, in its order
	Pos    Pos
}

// LevelNeed is what an evidence level needs.
type LevelNeed struct {
	Level       string // reported, corroborated, verified or determined
	Groups      int    // sources that do not have it from each other
	BothParties bool   // or that both parties say so
	Reliability string // only sources of this reliability and better count: A to F; "" any
	Sensors     bool   // a sensor may be one of them
	By          []string
	Pos         Pos
}

var levelsWithNeeds = []string{"reported", "corroborated", "verified", "determined"}

// monitoring reads `monitoring: {corroborated: {groups: 2}, verified: {by: MM}}`.
func (p *reader) monitoring(v *value) {
	if v == nil || !p.keys(v, "monitoring", levelsWithNeeds...) {
		return
	}
	m := &Monitoring{Pos: v.pos}
	for _, k := range v.keys {
		n := LevelNeed{Level: k.name, Pos: k.pos}
		counted := k.name == "reported" || k.name == "corroborated"
		known := []string{"by"}
		if counted {
			known = []string{"groups", "both_parties", "reliability", "sensors"}
		}
		if !p.keys(k.val, "monitoring: "+k.name, known...) {
			continue
		}
		if counted {
			p.counted(k.val, &n)
		} else if n.By = p.texts(k.val.get("by"), "by"); len(n.By) == 0 {
			p.errorf(k.val.pos, "monitoring: %s: expected by: who, of the parties and others, says that it is so", k.name)
		}
		for _, by := range n.By {
			if !p.named(by) {
				p.errorf(k.val.get("by").pos, "monitoring: %s: %q is named neither under parties nor under others%s", k.name, by, didYouMean(by, p.allNames()))
			}
		}
		m.Levels = append(m.Levels, n)
	}
	p.t.Monitoring = m
}

func (p *reader) counted(v *value, n *LevelNeed) {
	g, err := strconv.Atoi(p.text(v.get("groups"), "groups"))
	if err != nil || g < 1 || g > 100 {
		pos := v.pos
		if f := v.get("groups"); f != nil {
			pos = f.pos
		}
		p.errorf(pos, "monitoring: %s: expected groups: how many sources that do not have it from each other, from 1 to 100", n.Level)
	}
	n.Groups = g
	n.BothParties, n.Sensors = p.flag(v.get("both_parties"), "both_parties"), p.flag(v.get("sensors"), "sensors")
	if r := v.get("reliability"); r != nil {
		if n.Reliability = strings.ToUpper(p.text(r, "reliability")); len(n.Reliability) != 1 || n.Reliability < "A" || n.Reliability > "F" {
			p.errorf(r.pos, "monitoring: %s: reliability: expected one of A, B, C, D, E, F, the least that counts", n.Level)
		}
	}
}

func (p *reader) flag(v *value, what string) bool {
	switch strings.ToLower(p.text(v, what)) {
	case "", "no", "false":
		return false
	case "yes", "true":
		return true
	}
	p.errorf(v.pos, "%s: expected yes or no", what)
	return false
}

func (p *reader) allNames() []string {
	var out []string
	for _, x := range p.t.Parties {
		out = append(out, string(x.ID))
	}
	for _, x := range p.t.Others {
		out = append(out, string(x.ID))
	}
	return out
}

func (p *reader) named(id string) bool { return contains(p.allNames(), id) }
