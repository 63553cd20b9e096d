package terms

import (
	"os"
	"testing"
)

// TestParts: every block of the page about the language is there, flattened to
// entries, with what it is.
func TestParts(t *testing.T) {
	tm, problems := Parse(os.DirFS("../docs"), "terms.md")
	if tm == nil {
		t.Fatal(problems)
	}
	parts := tm.Parts()
	if len(parts) != len(tm.doc.blocks) || !parts[0].Front {
		t.Fatalf("%d parts of %d blocks", len(parts), len(tm.doc.blocks))
	}
	clauses := map[ClauseID]bool{}
	for i, p := range parts {
		if len(p.Entries) == 0 {
			t.Errorf("part %d has no entry", i)
		}
		for _, e := range p.Entries {
			if e.Path == "" {
				t.Errorf("part %d: %q has no path", i, e.Value)
			}
		}
		clauses[p.Clause] = true
	}
	for _, c := range tm.Clauses {
		if !clauses[c.ID] {
			t.Errorf("clause %s is in no part", c.ID)
		}
	}
}

// TestEntries: a list whose elements have ids goes by them, so that one taken
// out leaves the others as they were.
func TestEntries(t *testing.T) {
	src := "---\ntruce: 1\nid: x\ntime: {zone: UTC, start: \"2030-01-01T00:00Z\"}\nparties: {A: {}, B: {}}\n---\n" +
		"```truce\nclause: \"1\"\nforbid:\n  - {act: attack.strike, unclear: [{id: q, question: \"Q?\", act: attack.mine}]}\n  - {act: [overflight, deploy]}\n```\n"
	tm, problems := ParseBytes(nil, "x.truce.md", []byte(src))
	if tm == nil {
		t.Fatal(problems)
	}
	got := map[string]string{}
	for _, e := range tm.Parts()[1].Entries {
		got[e.Path] = e.Value
	}
	for path, want := range map[string]string{"clause": "1", "forbid.1.act": "attack.strike", "forbid.1.unclear.q.question": "Q?", "forbid.2.act": "[overflight, deploy]"} {
		if got[path] != want {
			t.Errorf("%s: %q, want %q; have %v", path, got[path], want, got)
		}
	}
}
