package lint_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// FuzzCheck: no text makes lint fail, and what it says of every witness is what
// the engine says.
func FuzzCheck(f *testing.F) {
	good, err := os.ReadFile("testdata/good.truce.md")
	if err != nil {
		f.Fatal(err)
	}
	sites, err := os.ReadFile("testdata/good-sites.csv")
	if err != nil {
		f.Fatal(err)
	}
	src := strings.Replace(string(good), line, square, 1)
	f.Add(src)
	f.Add(strings.NewReplacer("attack", "movement", "listed(sites)", "energy").Replace(src))
	f.Fuzz(func(t *testing.T, src string) {
		fsys := fstest.MapFS{"x.truce.md": {Data: []byte(src)}, "good-sites.csv": {Data: sites}}
		tm, _ := terms.Parse(fsys, "x.truce.md")
		if tm == nil {
			return
		}
		for _, h := range lint.Check(tm).Hits {
			verify(t, h)
		}
	})
}

// BenchmarkCheck lints the text with the most readings.
func BenchmarkCheck(b *testing.B) {
	tm, err := regimes.Open("energy-2025")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		lint.Check(tm)
	}
}
