package reader

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/talks"
)

// expectation is a row of testdata/articles/expected.tsv.
type expectation struct {
	file, words string
	kind        talks.Kind
	not         bool
	fields      map[string]string
}

func expectations(t testing.TB) (out []expectation) {
	t.Helper()
	b, err := os.ReadFile("testdata/articles/expected.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		r := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(r) != 4 {
			continue
		}
		kind, not := strings.CutPrefix(r[2], "!")
		e := expectation{r[0], r[1], talks.Kind(kind), not, map[string]string{}}
		for _, f := range strings.Fields(r[3]) {
			k, v, _ := strings.Cut(f, "=")
			e.fields[k] = strings.ReplaceAll(v, "_", " ")
		}
		out = append(out, e)
	}
	return out
}

// ownArticles are the articles written for this test, by name.
func ownArticles(t testing.TB) map[string]string {
	t.Helper()
	files, _ := filepath.Glob("testdata/articles/*.txt")
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".txt")] = string(b)
	}
	return out
}

// meets reports whether a draft is as expected; words is "" for "anywhere".
func (e expectation) meets(text string, d *talks.Draft) bool {
	if d.Kind != e.kind {
		return false
	}
	if e.words != "" {
		at := -1
		for _, w := range strings.Split(e.words, "|") {
			if i := strings.Index(text, w); i >= 0 && at < 0 {
				at = i
			}
		}
		b, end := sentenceRound(text, at)
		if at < 0 || !slices.ContainsFunc(d.Words, func(w talks.Words) bool { return w.Start < end && w.End > b }) {
			return false
		}
	}
	for k, v := range e.fields {
		if !fieldIs(d, k, v) {
			return false
		}
	}
	return true
}

func fieldIs(d *talks.Draft, k, v string) bool {
	has := func(list []talks.Words) bool {
		return slices.ContainsFunc(list, func(w talks.Words) bool { return strings.Contains(w.Text, v) })
	}
	switch k {
	case "parties":
		return strings.Join(d.Parties, ",") == v
	case "first":
		return strings.Join(d.First, ",") == v
	case "then":
		return strings.Join(d.Then, ",") == v
	case "rel":
		return d.Date != nil && d.Date.Relative == v
	case "place":
		return d.Place == v
	case "medium":
		return d.Medium == v
	case "scope":
		return d.Scope == v
	case "head":
		return d.Head == v
	case "state":
		return slices.Contains(strings.Split(v, "|"), d.State)
	case "members":
		return strings.Join(d.Members, ", ") == v
	case "norm":
		return d.Norm == v
	case "cond":
		return has(d.Conditions)
	case "q":
		return has(d.Questions)
	case "what":
		return d.What != nil && strings.Contains(d.What.Text, v)
	case "mandate":
		return slices.ContainsFunc(d.Mandate, func(m talks.Said) bool { return strings.Contains(m.Text, v) })
	case "relay":
		return slices.Contains(d.Relay, v)
	case "target":
		return slices.Contains(d.Target, v)
	}
	l := label{kind: d.Kind, fields: map[string]string{k: v}}
	w := *d
	w.Words = []talks.Words{{Start: 0, End: 1}}
	return agrees("x", l, &w)
}

// TestOwnArticles: what articles of our own must be read as, in three languages.
func TestOwnArticles(t *testing.T) {
	texts, read := ownArticles(t), map[string]talks.Article{}
	for _, e := range expectations(t) {
		text, ok := texts[e.file]
		if !ok {
			t.Fatalf("no article %s", e.file)
		}
		a, done := read[e.file]
		if !done {
			a = Read(text, Options{})
			read[e.file] = a
		}
		found := slices.ContainsFunc(a.Drafts, func(d talks.Draft) bool { return e.meets(text, &d) })
		if found == e.not {
			t.Errorf("%s %q: %s %v: expected %t", e.file, e.words, e.kind, e.fields, !e.not)
		}
	}
}

// TestWordsStandThere: every piece of words is the bytes of the text at its place.
func TestWordsStandThere(t *testing.T) {
	for name, text := range ownArticles(t) {
		checkWords(t, name, text, Read(text, Options{}))
	}
}

func checkWords(t *testing.T, name, text string, a talks.Article) {
	t.Helper()
	check := func(w talks.Words) {
		if w.Start < 0 || w.End > len(text) || w.Start > w.End || text[w.Start:w.End] != w.Text {
			t.Errorf("%s: %d..%d is not %q", name, w.Start, w.End, w.Text)
		}
	}
	for i := range a.Drafts {
		d := &a.Drafts[i]
		if len(d.Words) == 0 {
			t.Errorf("%s: a draft without words: %+v", name, d)
		}
		for _, list := range [][]talks.Words{d.Words, d.Conditions, d.Questions} {
			for _, w := range list {
				check(w)
			}
		}
		for _, m := range d.Mandate {
			check(m.Words)
		}
		for _, w := range []*talks.Words{d.What, d.Period} {
			if w != nil {
				check(*w)
			}
		}
		if d.Speaker != nil {
			check(d.Speaker.Words)
		}
		if d.Date != nil {
			check(d.Date.Words)
		}
	}
}
