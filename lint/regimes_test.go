package lint_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/twin"
	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// shelf is what lint finds in the regimes that come with truce.
var shelf = sync.OnceValue(func() map[string]lint.Result {
	out := map[string]lint.Result{}
	for _, id := range regimes.Names() {
		tm, problems := terms.Parse(regimes.FS(), id+".truce.md")
		if tm == nil {
			panic(problems)
		}
		out[id] = lint.Check(tm)
	}
	return out
})

// TestShelf: every finding in the regimes is accepted in the text, with a
// reason; every witness shows what its code claims; and the findings are those
// of the golden file. UPDATE=1 writes it.
func TestShelf(t *testing.T) {
	var b strings.Builder
	for _, id := range regimes.Names() {
		r := shelf()[id]
		for _, h := range r.Hits {
			verify(t, h)
			if h.Justified == "" {
				t.Errorf("%s: %s is not accepted: %s", h.Pos, h.Code, h.Says)
			}
			fmt.Fprintf(&b, "%s %s %s %s: %s\n", id, h.Code, h.Clause, strings.Join(h.Readings, ","), h.Says)
			for _, w := range h.Witnesses {
				fmt.Fprintf(&b, "    %s: %s\n", w.Sentence, brief.LintSays(w))
			}
		}
		for _, n := range r.Notes {
			t.Errorf("%s: %s", id, n)
		}
	}
	const file = "testdata/regimes.golden"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		if i >= len(got) || i >= len(old) || got[i] != old[i] {
			t.Fatalf("%s:%d: the findings differ (UPDATE=1 writes them): now %q", file, i+1, strings.Join(got[min(i, len(got)):min(i+1, len(got))], ""))
		}
	}
}

// TestKnownFailures: what is on record to have gone wrong in 2025 and 2020 is
// found, under the codes that stand for it.
func TestKnownFailures(t *testing.T) {
	for _, x := range []struct{ id, code, clause, words string }{
		{"energy-2025", "L06", "1.1", "A demolition by UA on"},             // Sudzha
		{"energy-2025", "L07", "1.3", "on a gas metering station"},         // Sudzha
		{"energy-2025", "L03", "", "17 Apr 2025"},                          // thirty days
		{"energy-2025", "L09", "1.1", "shot down on its way"},              // attempts
		{"energy-2025", "L10", "1.8", "freed it: not-in-force"},            // the last sentence of the list
		{"energy-2025", "L11", "1.1", "aimed at a military base"},          // Kherson
		{"black-sea-2025", "L05", "", "if the condition is met"},           // sanctions relief
		{"measures-2020-07-22", "D09", "", "fortifications"},               // trenches
		{"may-2026-c", "L01", "", "turns on text.start"},                   // no hour
		{"blanket-30d", "D08", "1.1", "as if in force: breach"},            // never in force
		{"easter-2025", "L17", "3.2", "3.2 may be invoked"},                // symmetrical answers
		{"energy-2026-01", "L27", "", "if it was extended: breach; if it"}, // another end each day
	} {
		found := false
		for _, h := range shelf()[x.id].Hits {
			for _, w := range h.Witnesses {
				found = found || h.Code == x.code && string(h.Clause) == x.clause && strings.Contains(w.Sentence+": "+brief.LintSays(w), x.words)
			}
		}
		if !found {
			t.Errorf("%s: no finding %s of %q shows %q", x.id, x.code, x.clause, x.words)
		}
	}
}

// TestRandomTexts: on random texts the engine says of every witness what lint
// says, and what shows a code shows it.
func TestRandomTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := twin.DrawText(t)
		r, err := text.Regime()
		if err != nil {
			t.Fatalf("%v", err)
		}
		res := lint.Check(r.Terms)
		for _, h := range res.Hits {
			verify(t, h)
		}
		for _, n := range res.Notes {
			t.Errorf("note: %s", n)
		}
	})
}

// TestPageListsEveryCode: docs/lint.md has a row for every code, in the words of
// the catalogue.
func TestPageListsEveryCode(t *testing.T) {
	b, err := os.ReadFile("../docs/lint.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range lint.Rules() {
		why := r.Why
		if r.Source != "" {
			why += " [" + r.Source + "]"
		}
		if row := fmt.Sprintf("| %s | %s | %s | %s |", r.Code, r.Title, why, r.Mend); !strings.Contains(string(b), row) {
			t.Errorf("docs/lint.md has no row %s", row)
		}
	}
}
