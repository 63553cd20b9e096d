package truce_test

import (
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// TestTermsPageIsTerms: docs/terms.md is itself a text that runs.
func TestTermsPageIsTerms(t *testing.T) {
	tm, problems := terms.Parse(os.DirFS("docs"), "terms.md")
	for _, p := range problems {
		t.Error(p)
	}
	if tm == nil {
		return
	}
	for _, p := range judge.RunExamples(tm) {
		t.Error(p)
	}
	kinds := map[terms.Kind]bool{}
	for _, c := range tm.Clauses {
		kinds[c.Kind] = true
	}
	for _, k := range []terms.Kind{terms.Forbid, terms.Permit, terms.Reinstate, terms.Reserve, terms.Oblige, terms.Power, terms.Procedure, terms.Define, terms.NotExecutable} {
		if !kinds[k] {
			t.Errorf("docs/terms.md shows no clause of kind %s", k)
		}
	}
}

// TestLinksInDocs: every file that a page names exists.
func TestLinksInDocs(t *testing.T) {
	pages := []string{"README.md"}
	entries, err := os.ReadDir("docs")
	if err != nil {
		t.Fatal(err)
	}
	design, err := os.ReadDir("docs/design")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range design {
		pages = append(pages, "docs/design/"+e.Name())
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".md") {
			pages = append(pages, "docs/"+e.Name())
		}
	}
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range strings.Split(string(b), "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			link, _, _ = strings.Cut(link, "#")
			if link == "" || strings.Contains(link, "://") {
				continue
			}
			dir := ""
			if i := strings.LastIndexByte(page, '/'); i >= 0 {
				dir = page[:i+1]
			}
			if _, err := os.Stat(dir + link); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, link)
			}
		}
	}
}
