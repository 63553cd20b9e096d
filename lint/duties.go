package lint

import (
	"maps"
	"slices"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/terms"
)

// duties: L18 and D07.
func (l *linter) duties() {
	watched := len(l.courses("monitoring")) > 0
	for _, c := range l.t.Clauses {
		d := c.Duty
		if d == nil {
			continue
		}
		if d.Due == "" || d.Evidence == "" {
			h := hit("L18", c.Pos, "a duty ("+clip(d.Do)+"); "+missing(map[string]string{"by when (within:, by: or every:)": d.Due, "what shows that it was done (evidence:)": d.Evidence}))
			h.Clause = c.ID
			l.add(h, nil)
		}
		if d.Verifier == "" && !watched {
			h := hit("D07", c.Pos, "a duty ("+clip(d.Do)+") that nobody is named to verify")
			h.Clause = c.ID
			l.add(h, nil)
		}
	}
}

// courses are the procedures of something. A procedure that does not say of
// what it is one is taken to be for incidents.
func (l *linter) courses(of string) []*terms.Clause {
	var out []*terms.Clause
	for _, c := range l.t.Clauses {
		if c.Course != nil && (c.Course.Of == of || c.Course.Of == "" && of == "incidents") {
			out = append(out, c)
		}
	}
	return out
}

// course reports a procedure that is missing, or what is missing in it.
func (l *linter) course(code, of, none string, fields map[string]string) {
	all := l.courses(of)
	if len(all) == 0 {
		l.add(hit(code, l.key("id"), none), nil)
		return
	}
	got := map[string]string{}
	for name, key := range fields {
		got[name] = ""
		for _, c := range all {
			if c.Course.Has(key) {
				got[name] = "said"
			}
		}
	}
	if slices.Contains(slices.Collect(maps.Values(got)), "") {
		h := hit(code, all[0].Pos, missing(got))
		h.Clause = all[0].ID
		l.add(h, nil)
	}
}

// procedures: L21 to L26, L30 to L32.
func (l *linter) procedures() {
	l.course("L21", "counting", "in what unit breaches are counted is not said", map[string]string{"the unit (unit:)": "unit", "the classes (classes:)": "classes"})
	l.course("L22", "monitoring", "nobody is named who monitors", map[string]string{"who (who:)": "who", "with what access (access:)": "access", "what is published (publication:)": "publication"})
	l.course("L23", "liaison", "no channel between the sides is named", map[string]string{"who (who:)": "who", "at what hours (hours:)": "hours", "in what languages (languages:)": "languages", "how soon it is acknowledged (acknowledge:)": "acknowledge"})
	l.course("L26", "incidents", "what follows from a breach is not said", map[string]string{"what follows (consequences:)": "consequences"})
	l.course("L31", "messaging", "nothing is said on public statements about breaches", map[string]string{"the rule (rule:)": "rule"})
	l.course("L32", "amendment", "nobody is named who amends or interprets the text", map[string]string{"who (who:)": "who"})
	l.incidents()
	l.standard()
}

// incidents: L24.
func (l *linter) incidents() {
	all := l.courses("incidents")
	if len(all) == 0 {
		l.add(hit("L24", l.key("id"), "no procedure for incidents"), nil)
		return
	}
	clocks, silence := "said", ""
	n := 0
	for _, c := range all {
		for i, s := range c.Course.Steps {
			n++
			if i > 0 && !s.Clock {
				clocks = ""
			}
		}
		if c.Course.Has("silence") {
			silence = "said"
		}
	}
	if n < 2 {
		clocks = ""
	}
	if clocks == "" || silence == "" {
		h := hit("L24", all[0].Pos, missing(map[string]string{"within what time each step follows (within: on each)": clocks, "what silence means (silence:)": silence}))
		h.Clause = all[0].ID
		l.add(h, nil)
	}
}

// standard: L25, shown by one act under two standards.
func (l *linter) standard() {
	std, dissent := "", ""
	pos, id := l.key("id"), terms.ClauseID("")
	for _, c := range l.courses("incidents") {
		pos, id = c.Pos, c.ID
		if c.Course.Has("standard") {
			std = "said"
		}
		if c.Course.Has("dissent") {
			dissent = "said"
		}
	}
	if std != "" && dissent != "" {
		return
	}
	h := hit("L25", pos, missing(map[string]string{"the standard of evidence (standard:)": std, "how dissent is recorded (dissent:)": dissent}))
	h.Clause = id
	for _, v := range l.views {
		if std != "" || len(v.seeds) == 0 || h.Witnesses != nil {
			continue
		}
		s := l.fair(v.seeds[0])
		claimed, verified := evidence.Claimed, evidence.Verified
		a, b := saying("if a claim is enough", l.weighed(s.regime, s.sc, &claimed)), saying("if it must be verified", l.weighed(s.regime, s.sc, &verified))
		if a.Verdict == b.Verdict {
			continue // nothing has to be known to judge it
		}
		a.Level, b.Level, a.Turns, b.Turns = &claimed, &verified, "", ""
		in := incident(s.sc)
		in.Level = evidence.Claimed
		h.Witnesses = []Witness{{Sentence: l.sentence(v, s.sc) + ", which one side claims", Incident: in, Says: []Saying{a, b}}}
	}
	l.add(h, nil)
}

// text: L08 and L28, about the text as a whole.
func (l *linter) text() {
	authentic, prevails := 0, 0
	for _, g := range l.t.Languages {
		if g.Authentic {
			authentic++
		}
		if g.Prevails {
			prevails++
		}
	}
	switch {
	case authentic == 0:
		l.add(hit("L08", l.key("languages"), "which language is authentic is not said"), nil)
	case authentic > 1 && prevails != 1:
		l.add(hit("L08", l.key("languages"), "several languages are authentic, and none prevails"), nil)
	}
	if len(l.t.Relations) == 0 {
		l.add(hit("L28", l.key("id"), "how this stands to other texts that hold at the same time is not said"), nil)
	}
}
