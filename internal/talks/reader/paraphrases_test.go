package reader

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/internal/talks"
)

// paraphrase is one sentence with the drafts that must, or must not, come of it.
type paraphrase struct {
	text string
	want []expectation
	held bool // no rule is made on it
}

// paraphrases reads testdata/paraphrases.tsv, every second sentence of which is kept
// apart, and testdata/paraphrases_more.tsv, that rules were made on.
func paraphrases(t testing.TB) []paraphrase {
	out := paraphrasesIn(t, "testdata/paraphrases.tsv")
	for i := range out {
		out[i].held = i%2 == 1
	}
	return append(out, paraphrasesIn(t, "testdata/paraphrases_more.tsv")...)
}

func paraphrasesIn(t testing.TB, file string) (out []paraphrase) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(line, "\t")
		p := paraphrase{text: cols[0]}
		for _, c := range cols[1:] {
			words := strings.Fields(c)
			if strings.HasPrefix(words[0], "~") {
				continue
			}
			kind, not := strings.CutPrefix(words[0], "!")
			e := expectation{kind: talks.Kind(kind), not: not, fields: map[string]string{}}
			for _, f := range words[1:] {
				k, v, _ := strings.Cut(f, "=")
				e.fields[k] = strings.ReplaceAll(v, "_", " ")
			}
			p.want = append(p.want, e)
		}
		out = append(out, p)
	}
	return out
}

// TestParaphrases measures what comes out of many wordings of the same. Of those kept
// apart only the figure is told.
func TestParaphrases(t *testing.T) {
	found, all := [2]map[talks.Kind]int{{}, {}}, [2]map[talks.Kind]int{{}, {}}
	for _, p := range paraphrases(t) {
		a := Read("RIYADH, March 23, 2025 (Agency) - "+p.text, Options{})
		part := 0
		if p.held {
			part = 1
		}
		for _, e := range p.want {
			ok := e.not != slices.ContainsFunc(a.Drafts, func(d talks.Draft) bool { return e.meets(p.text, &d) })
			all[part][e.kind]++
			if ok {
				found[part][e.kind]++
			} else if !p.held && os.Getenv("TRUCE_LABELS") != "" {
				fmt.Printf("%s: %s %v\n", p.text, e.kind, e.fields)
				for _, d := range a.Drafts {
					fmt.Printf("      %s %s %v %s%s%s %s %d %s %v\n", d.Kind, d.Party, d.Parties, d.Stance, d.State, d.Mode, d.Scope, d.Days, d.Accused, d.Head)
				}
			}
		}
	}
	for part, name := range []string{"made on", "apart"} {
		f, n := 0, 0
		for _, k := range talks.Kinds() {
			if all[part][k] > 0 {
				t.Logf("%s: %-10s %d/%d", name, k, found[part][k], all[part][k])
			}
			f, n = f+found[part][k], n+all[part][k]
		}
		s := count.Share(f, n)
		t.Logf("%s: %d/%d = %.2f (%.2f to %.2f)", name, f, n, s.Value, s.Low, s.High)
	}
}

// TestStory: articles of our own that tell the story in an agency's manner, by which
// rules were mended.
func TestStory(t *testing.T) {
	for _, f := range []string{"story", "story_third", "story_fourth", "story_fifth"} {
		m, wrong := readPassages(t, "testdata/"+f+".txt")
		report(t, f, m)
		if wrong > 0 {
			t.Errorf("%s: %d expectations do not hold; TRUCE_LABELS=1 lists them", f, wrong)
		}
	}
}

// TestStoryApart measures others, in three languages, on which no rule was made.
func TestStoryApart(t *testing.T) {
	t.Setenv("TRUCE_LABELS", os.Getenv("TRUCE_LABELS_APART"))
	m, _ := readPassages(t, "testdata/story_apart.txt")
	report(t, "story apart", m)
	all := score{}
	for _, s := range m {
		all.right, all.made, all.found, all.expected = all.right+s.right, all.made+s.made, all.found+s.found, all.expected+s.expected
	}
	p, r := count.Share(all.right, all.made), count.Share(all.found, all.expected)
	t.Logf("story apart, all: precision %d/%d %.2f (%.2f..%.2f), recall %d/%d %.2f (%.2f..%.2f)", all.right, all.made, p.Value, p.Low, p.High, all.found, all.expected, r.Value, r.Low, r.High)
}
