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

// passage is a short text with the drafts that are expected of it.
type passage struct {
	name, text string
	want       []expectation
	may        []expectation
}

func passages(t testing.TB, file string) (out []passage) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(b), "\n=== ")[1:] {
		name, rest, _ := strings.Cut(part, "\n")
		text, rows, ok := strings.Cut(rest, "\n---\n")
		if !ok {
			t.Fatalf("%s: %s has no line ---", file, name)
		}
		p := passage{name: name, text: text}
		for _, line := range strings.Split(rows, "\n") {
			r := strings.Split(line, "\t")
			if len(r) != 3 {
				continue
			}
			e := expectation{file: name, words: r[1], fields: map[string]string{}}
			kind, may := strings.CutPrefix(r[0], "~")
			kind, e.not = strings.CutPrefix(kind, "!")
			e.kind = talks.Kind(kind)
			for _, f := range strings.Fields(r[2]) {
				k, v, _ := strings.Cut(f, "=")
				e.fields[k] = strings.ReplaceAll(v, "_", " ")
			}
			if may {
				p.may = append(p.may, e)
			} else {
				p.want = append(p.want, e)
			}
		}
		out = append(out, p)
	}
	return out
}

// readPassages counts what is expected and found, made and right, by kind.
func readPassages(t *testing.T, file string) (map[talks.Kind]*score, int) {
	out := map[talks.Kind]*score{}
	wrong := 0
	for _, k := range talks.Kinds() {
		out[k] = &score{}
	}
	for _, p := range passages(t, file) {
		a := Read(p.text, Options{})
		for _, e := range p.want {
			found := slices.ContainsFunc(a.Drafts, func(d talks.Draft) bool { return e.meets(p.text, &d) })
			if found == e.not {
				wrong++
				if os.Getenv("TRUCE_LABELS") != "" {
					fmt.Printf("%s %q: %s %v: expected %t\n", p.name, e.words, e.kind, e.fields, !e.not)
				}
			}
			if !e.not {
				out[e.kind].expected++
				if found {
					out[e.kind].found++
				}
			}
		}
		for i := range a.Drafts {
			d := &a.Drafts[i]
			is := func(e expectation) bool { return !e.not && e.meets(p.text, d) }
			switch {
			case slices.ContainsFunc(p.want, is):
				out[d.Kind].made++
				out[d.Kind].right++
			case !slices.ContainsFunc(p.may, is):
				out[d.Kind].made++
				if os.Getenv("TRUCE_LABELS") != "" {
					fmt.Printf("%s: WRONG %s %s %s%s%s %s %v %q\n", p.name, d.Kind, d.Party, d.Stance, d.State, d.Mode, d.Accused, d.Parties, d.Words[0].Text)
				}
			}
		}
	}
	return out, wrong
}

// TestPassages: the passages that rules were made on are read as expected.
func TestPassages(t *testing.T) {
	m, wrong := readPassages(t, "testdata/passages.txt")
	report(t, "passages", m)
	if wrong > 0 {
		t.Errorf("%d expectations do not hold; TRUCE_LABELS=1 lists them", wrong)
	}
}

// TestCheckPassages measures the passages that no rule was made on.
func TestCheckPassages(t *testing.T) {
	m, _ := readPassages(t, "testdata/passages_check.txt")
	report(t, "check", m)
	all := score{}
	for _, s := range m {
		all.right, all.made, all.found, all.expected = all.right+s.right, all.made+s.made, all.found+s.found, all.expected+s.expected
	}
	p, r := count.Share(all.right, all.made), count.Share(all.found, all.expected)
	t.Logf("check all: precision %d/%d %.2f (%.2f..%.2f), recall %d/%d %.2f (%.2f..%.2f)", all.right, all.made, p.Value, p.Low, p.High, all.found, all.expected, r.Value, r.Low, r.High)
}
