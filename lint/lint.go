package lint

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
)

// Hit is one finding of lint.
type Hit struct {
	Rule
	Pos       terms.Pos
	Clause    terms.ClauseID // where it is about one
	Readings  []string       // under which it was found; empty: it is about the text as a whole
	Says      string         // what is missing here
	Witnesses []Witness      // acts that show it; several in a row are one course of events
	Justified string         // why the text accepts it
}

// Witness is an act and what the engine says of it.
type Witness struct {
	Sentence string
	Incident *evidence.Incident
	Says     []Saying
}

// Saying is one verdict on a witness.
type Saying struct {
	As       string // how the text is taken, in words; empty: as it stands
	Regime   *terms.Regime
	Level    *evidence.Level // only facts of this level count; nil: all
	Verdict  judge.Verdict
	Turns    string         // the open question of the text that it turns on
	Reserved terms.ClauseID // the right that may be invoked
}

// Result is what was found in one text, the gravest first.
type Result struct {
	Hits  []Hit
	Notes []string // what could not be examined
}

// Open returns the hits that the text does not justify.
func (r Result) Open() []Hit {
	var out []Hit
	for _, h := range r.Hits {
		if h.Justified == "" {
			out = append(out, h)
		}
	}
	return out
}

// linter examines one text.
type linter struct {
	t     *terms.Terms
	views []*view
	judge map[*terms.Regime]*judge.Judge
	// authors counts of how many acts a party was made the author.
	authors map[string]int
	out     Result
}

// maxWork is how many clauses, counted once for each reading, are examined one
// by one.
const maxWork = 600

// Check examines a text that has no errors.
func Check(t *terms.Terms) Result {
	l := &linter{t: t, judge: map[*terms.Regime]*judge.Judge{}, authors: map[string]int{}}
	if n := len(t.Clauses) * len(t.ReadingIDs()); n > maxWork {
		l.out.Notes = append(l.out.Notes, fmt.Sprintf("%d clauses under %d readings are more than lint examines (%d together)", len(t.Clauses), len(t.ReadingIDs()), maxWork))
		return l.out
	}
	for _, id := range t.ReadingIDs() {
		if v := l.view(id); v != nil {
			l.views = append(l.views, v)
		}
	}
	for _, v := range l.views {
		l.times(v)
		l.binding(v)
		l.scopes(v)
		l.silence(v)
		l.places(v)
		l.rights(v)
		l.gaps(v)
	}
	l.duties()
	l.procedures()
	l.text()
	l.effects()
	l.readings()
	l.justify()
	sort.SliceStable(l.out.Hits, func(i, k int) bool {
		a, b := l.out.Hits[i], l.out.Hits[k]
		if a.Severity != b.Severity {
			return a.Severity < b.Severity
		}
		if a.Code != b.Code {
			return a.Code < b.Code // faults of the build first
		}
		return a.Pos.Line < b.Pos.Line
	})
	return l.out
}

// add notes a hit; one that was found under another reading is joined to it.
func (l *linter) add(h Hit, v *view) {
	h.Rule, _ = RuleOf(h.Code)
	reading := ""
	if v != nil && len(l.t.Readings) > 0 {
		reading = v.id
	}
	for i := range l.out.Hits {
		o := &l.out.Hits[i]
		if o.Code != h.Code || o.Clause != h.Clause || o.Pos != h.Pos || o.Says != h.Says {
			continue
		}
		if reading != "" && !slices.Contains(o.Readings, reading) {
			o.Readings = append(o.Readings, reading)
		}
		if len(o.Witnesses) == 0 {
			o.Witnesses = h.Witnesses
		}
		return
	}
	if reading != "" {
		h.Readings = []string{reading}
	}
	l.out.Hits = append(l.out.Hits, h)
}

// hit starts a hit of a code.
func hit(code string, pos terms.Pos, says string, w ...Witness) Hit {
	return Hit{Rule: Rule{Code: code}, Pos: pos, Says: says, Witnesses: w}
}

// key is the place of a key of the front matter, or of the id where that key is
// missing.
func (l *linter) key(name string) terms.Pos {
	for _, k := range []string{name, "id"} {
		if p, ok := l.t.Stated.Keys[k]; ok {
			return p
		}
	}
	return terms.Pos{File: l.t.File, Line: 1, Col: 1}
}

// justify marks what the text accepts, and reports reasons that nothing needs.
func (l *linter) justify() {
	for _, j := range l.t.Justifications {
		if _, known := RuleOf(j.Code); !known {
			var codes []string
			for _, r := range rules {
				codes = append(codes, r.Code)
			}
			more := ""
			if n := vocab.Nearest(j.Code, codes); n != "" {
				more = fmt.Sprintf("; did you mean %s?", n)
			}
			l.add(hit("D10", j.Pos, fmt.Sprintf("%q is no code of lint%s", j.Code, more)), nil)
			continue
		}
		used := false
		for i := range l.out.Hits {
			h := &l.out.Hits[i]
			if h.Code == j.Code && (j.Clause == "" || j.Clause == h.Clause) {
				used = true
				if h.Justified == "" || j.Clause != "" {
					h.Justified = j.Reason
				}
			}
		}
		if !used {
			where := "the text"
			if j.Clause != "" {
				where = "clause " + string(j.Clause)
			}
			l.add(hit("D10", j.Pos, fmt.Sprintf("%s is justified, and %s has no such finding", j.Code, where)), nil)
		}
	}
}

// both joins words as "a, b and c".
func both(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}
