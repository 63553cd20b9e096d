package publish

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
)

var (
	inPage = regexp.MustCompile(`\bt "((?:[^"\\]|\\.)*)"`)
	inCode = regexp.MustCompile(`\.say\("((?:[^"\\]|\\.)*)"`)
)

// TestTongues: whatever a page says in English it says in each language; numbers and
// names that are put into a sentence are in all of them.
func TestTongues(t *testing.T) {
	need := map[string]bool{}
	from := func(text string, re *regexp.Regexp) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			need[m[1]] = true
		}
	}
	err := fs.WalkDir(page, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := page.ReadFile(name)
		switch filepath.Ext(name) {
		case ".html":
			from(string(b), inPage)
		case ".js":
			from(string(b), spoken)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("*.go")
	for _, f := range files {
		if b, err := os.ReadFile(f); err != nil {
			t.Fatal(err)
		} else if !strings.HasSuffix(f, "_test.go") {
			from(string(b), inCode)
		}
	}
	for _, l := range evidence.Levels() {
		need[l.String()] = true
	}
	for _, v := range append([]string{"contested", "not told", "not shown"}, verdictWords...) {
		need[v] = true
	}
	for _, k := range kinds {
		need[k] = true
	}
	for _, f := range (&item{}).facts(tongues[0]) {
		need[f[0]] = true
	}
	for _, d := range dataList {
		need[d[1]] = true
	}
	if len(need) < 200 {
		t.Fatalf("only %d sentences were found", len(need))
	}
	for _, tongue := range tongues[1:] {
		for text := range need {
			if tongue.words[text] == "" {
				t.Errorf("%s has no words for %q", tongue.lang, text)
			}
		}
		for _, code := range vocab.Core().Target.Nodes() {
			if tongue.words[code] == "" {
				t.Errorf("%s has no words for the target %s", tongue.lang, code)
			}
		}
		if got := tongue.node("target", "energy.gas.pipeline|none"); !strings.Contains(got, "(energy.gas.pipeline)") || strings.Contains(got, " or ") {
			t.Error(got)
		}
		if got := tongue.node("act", "attack.strike.drone"); got == "attack.strike.drone" {
			t.Error(got)
		}
	}
	if _, err := parseWords("a %s = b"); err == nil {
		t.Error("a value that is lost in translation was not seen")
	}
	if got := tongues[1].say("%s km", "100 %s"); !strings.HasSuffix(got, " км") {
		t.Error(got)
	}
}
