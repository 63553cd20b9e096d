package truce_test

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

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

// TestLinksInDocs: every file that a page names exists, and has the heading that is named.
func TestLinksInDocs(t *testing.T) {
	for page, text := range pages(t) {
		for _, part := range strings.Split(text, "](")[1:] {
			link, _, _ := strings.Cut(part, ")")
			link, heading, _ := strings.Cut(link, "#")
			if strings.Contains(link, "://") {
				continue
			}
			file := page
			if link != "" {
				file = path.Join(path.Dir(page), link)
			}
			b, err := os.ReadFile(file)
			if info, _ := os.Stat(file); err != nil && (info == nil || !info.IsDir()) {
				t.Errorf("%s links to %s, which does not exist", page, link)
				continue
			}
			if heading != "" && strings.HasSuffix(file, ".md") && !slices.Contains(headings(string(b)), heading) {
				t.Errorf("%s links to %s#%s: there is no such heading", page, file, heading)
			}
		}
	}
}

// TestTablesInDocs: a line of a table that follows an empty line without a head of its own
// is shown as plain text.
func TestTablesInDocs(t *testing.T) {
	for page, text := range pages(t) {
		lines := strings.Split(text, "\n")
		for k, line := range lines {
			first := strings.HasPrefix(line, "|") && (k == 0 || !strings.HasPrefix(lines[k-1], "|"))
			if first && (k+1 == len(lines) || !strings.HasPrefix(strings.TrimLeft(lines[k+1], "| "), "---")) {
				t.Errorf("%s:%d: a table begins without a head: %.60s", page, k+1, line)
			}
		}
	}
}

// pages gives README.md and the pages of docs by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/design/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.ToSlash(f)] = string(b)
		}
	}
	return texts
}

// headings gives the names by which headings of a page are linked to.
func headings(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		name := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return r
			}
			return -1
		}, name))
	}
	return names
}
