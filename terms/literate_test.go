package terms_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/terms"
)

// Nothing of a text is lost when it is cut into passages, nothing is there twice,
// and each sentence and each clause has its passage.
func TestPassages(t *testing.T) {
	files, _ := filepath.Glob("../regimes/*.truce.md")
	more, _ := filepath.Glob("../docs/*.truce.md")
	if len(files) == 0 || len(more) == 0 {
		t.Fatal("there are no texts")
	}
	for _, name := range append(files, more...) {
		x, problems := terms.Parse(os.DirFS(filepath.Dir(name)), filepath.Base(name))
		if x == nil {
			t.Fatal(problems)
		}
		passages(t, x)
	}
}

func passages(t *testing.T, x *terms.Terms) {
	t.Helper()
	lines := strings.Split(x.Source(), "\n")
	in := map[int]bool{}
	sentences, blocks := map[terms.ClauseID]int{}, map[terms.ClauseID]int{}
	last := 0
	for _, p := range x.Passages() {
		if p.Line <= last || p.Last < p.Line {
			t.Errorf("%s: lines %d to %d stand after line %d", x.File, p.Line, p.Last, last)
		}
		last = p.Last
		if want := strings.TrimRight(strings.Join(lines[p.Line-1:p.Last], "\n"), "\n"); p.Text != want {
			t.Errorf("%s:%d: the passage is %q, the file has %q", x.File, p.Line, p.Text, want)
		}
		for n := p.Line; n <= p.Last; n++ {
			in[n] = true
		}
		switch p.Kind {
		case terms.Numbered:
			sentences[p.Clause]++
		case terms.Block:
			blocks[p.Clause]++
		}
	}
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if fence := strings.HasPrefix(line, "```") || line == "---"; line != "" && !fence && !in[i+1] {
			t.Errorf("%s:%d is in no passage: %q", x.File, i+1, line)
		}
	}
	for _, s := range x.Sentences {
		if sentences[s.ID] == 0 {
			t.Errorf("%s: sentence %s has no passage", x.File, s.ID)
		}
	}
	for _, c := range x.Clauses {
		if blocks[c.ID] == 0 {
			t.Errorf("%s: the block of clause %s has no passage", x.File, c.ID)
		}
	}
}
