package regimes_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/truce-project/truce/cases"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// TestShelf lints every regime that comes with truce, and runs its examples.
func TestShelf(t *testing.T) {
	if len(regimes.Names()) < 10 {
		t.Errorf("only %d regimes", len(regimes.Names()))
	}
	for _, id := range regimes.Names() {
		t.Run(id, func(t *testing.T) {
			tm, problems := terms.Parse(regimes.FS(), id+".truce.md")
			for _, p := range problems {
				t.Error(p)
			}
			if tm == nil {
				return
			}
			if tm.ID != id {
				t.Errorf("file %s holds terms %s", id, tm.ID)
			}
			for _, p := range judge.RunExamples(tm) {
				t.Error(p)
			}
			if len(tm.Examples) < 6 {
				t.Errorf("%d examples, want six at least", len(tm.Examples))
			}
			bothSides(t, tm)
		})
	}
}

// bothSides wants, for each reading, an example that is a breach or turns on
// an open question, and one that is not a breach.
func bothSides(t *testing.T, tm *terms.Terms) {
	for _, r := range tm.ReadingIDs() {
		positive, negative := false, false
		for _, x := range tm.Examples {
			v := x.Expect.Verdict
			if w, ok := x.Expect.Readings[r]; ok {
				v = w
			}
			switch v {
			case "breach", "permitted", "undetermined":
				positive = true
			case "not-covered", "not-in-force":
				negative = true
			}
		}
		if !positive || !negative {
			t.Errorf("reading %s needs an example that it reaches and one that it does not", r)
		}
	}
}

var blockOf = regexp.MustCompile("(?s)```truce\n(.*?)```\n")

// TestEveryClauseMatters deletes each clause in turn, with its sentence, and
// wants an example or a case to notice.
func TestEveryClauseMatters(t *testing.T) {
	all, errs := cases.All()
	if errs != nil {
		t.Fatal(errs)
	}
	for _, id := range regimes.Names() {
		src, err := fs.ReadFile(regimes.FS(), id+".truce.md")
		if err != nil {
			t.Fatal(err)
		}
		tm, problems := terms.Parse(regimes.FS(), id+".truce.md")
		if tm == nil {
			t.Errorf("%v", problems)
			continue
		}
		for _, c := range tm.Clauses {
			if later(c) {
				continue // run by later work: no finding changes without it
			}
			mutant := without(t, string(src), c)
			if !noticed(id, mutant, all) {
				t.Errorf("%s: clause %s (line %d) can be deleted and no example or case notices", id, c.ID, c.Pos.Line)
			}
		}
	}
}

func later(c *terms.Clause) bool {
	switch c.Kind {
	case terms.Oblige, terms.Power, terms.Procedure, terms.NotExecutable:
		return c.Assume == ""
	}
	return false
}

// without returns the text less the block of a clause and its sentence.
func without(t *testing.T, src string, c *terms.Clause) string {
	t.Helper()
	number := regexp.MustCompile(`(?m)^clause: "?` + regexp.QuoteMeta(string(c.ID)) + `"?$`)
	line := 0
	for _, m := range blockOf.FindAllStringIndex(src, -1) {
		b := src[m[0]:m[1]]
		line = 2 + strings.Count(src[:m[0]], "\n")
		if !number.MatchString(b) || line > c.Pos.Line || c.Pos.Line > line+strings.Count(b, "\n") {
			continue
		}
		head := src[:m[0]]
		if at := strings.LastIndex(head, "\n> "+string(c.ID)+" "); at >= 0 && !strings.Contains(head[at:], "```") {
			head = head[:at+1]
		}
		return head + src[m[1]:]
	}
	t.Fatalf("block of clause %s not found", c.ID)
	return ""
}

func noticed(id, mutant string, all []cases.Case) bool {
	tm, _ := terms.ParseBytes(regimes.FS(), id+".truce.md", []byte(mutant))
	if tm == nil || len(judge.RunExamples(tm)) > 0 {
		return true
	}
	open := func(name string) (*terms.Terms, error) {
		if name == id {
			return tm, nil
		}
		return nil, fmt.Errorf("not this one")
	}
	for i := range all {
		c := all[i]
		var under []cases.Under
		for _, u := range c.Expect {
			if u.Terms == id {
				under = append(under, u)
			}
		}
		if c.Expect = under; len(under) > 0 && len(cases.Run(&c, open)) > 0 {
			return true
		}
	}
	return false
}
