package daily

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestOwnText: numbers of a text of one's own are figures like all others; what cannot
// be done is named with its place, and the rest is done.
func TestOwnText(t *testing.T) {
	in := input(t, "en", week(t))
	in.TextName = "own.md"
	in.Text = []byte("# {{title}}\n\nIn all {{figure violations.total}}, before {{before violations.total}}, of which {{count region=UA-14}} in one region.\n\n{{map}}\n\n{{table regions}}\n\n{{nothing}} and {{figure no.such}}\n\n<script>alert(1)</script>\n\nRU shelled a town; terrorists in Kiev. “The enemy attacked”, it was said.\n")
	for _, r := range in.Records {
		r.Scenarios[0].Actor = []string{"RU"}
	}
	r := made(t, in)
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"Daily report 216/2020</h1>", `data-figure="violations.total"`, ">44 to 48<", "before at least 15,", `data-figure="text.smm-2016+.region=UA-14"`, ">about 36<", `class="sketch"`, "<td data-label=\"Region\">Donetsk Oblast</td>", "{{nothing}}"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("raw HTML of the text got through")
	}
	var says []string
	for _, f := range r.Faults {
		says = append(says, f.Error())
	}
	all := strings.Join(says, "\n")
	for _, want := range []string{`own.md:9:1: {{nothing}}: "nothing" is not known: expected figure ID`, `own.md:9:17: {{figure no.such}}: there is no figure "no.such"`, `own.md:13:1: "RU" is the subject of an act`, `own.md:13:20: "terrorists" takes sides`, `own.md:13:34: "Kiev": by the list of names it is Kyiv`} {
		if !strings.Contains(all, want) {
			t.Errorf("the faults do not hold %s:\n%s", want, all)
		}
	}
	if len(r.Faults) != 5 {
		t.Errorf("%d faults: words in quotation marks are left alone\n%s", len(r.Faults), all)
	}
}

// TestStrayBraces: braces that have no other half are named with their place, and all
// else is done.
func TestStrayBraces(t *testing.T) {
	in := input(t, "en", week(t))
	in.TextName = "own.md"
	in.Text = []byte("{{figure violations.total} and {{title}}\n\nso }} {{{ {{title}}\n")
	var says []string
	for _, f := range made(t, in).Faults {
		if says = append(says, f.Error()); !f.Hard {
			t.Errorf("%v can be done?", f)
		}
	}
	if len(says) != 3 || !strings.HasPrefix(says[0], "own.md:1:1: {{: it has no other half") || !strings.HasPrefix(says[1], "own.md:3:4: }}: ") || !strings.HasPrefix(says[2], "own.md:3:7: {{{: ") {
		t.Errorf("%q", says)
	}
}

// TestOwnWordsAreNeutral: the messages pass the check that texts of users pass, and the
// check can fail.
func TestOwnWordsAreNeutral(t *testing.T) {
	for _, lang := range Languages {
		c, err := openCatalogue(lang)
		if err != nil {
			t.Fatal(err)
		}
		for key, all := range c.texts {
			for _, text := range all {
				text = strings.ReplaceAll(text, "режиму припинення", "")
				for _, f := range Neutral(lang, text, []string{"ALFA"}) {
					t.Errorf("%s: %s: %s", lang, key, f.Says)
				}
			}
		}
		for _, r := range neutralRules() {
			if r.lang == lang && r.kind != "act" && r.kind != "party" && len(Neutral(lang, "x "+r.word+" y", nil)) != 1 {
				t.Errorf("%s: %q is not found", lang, r.word)
			}
			if r.lang == lang && r.kind == "act" && len(Neutral(lang, fmt.Sprintf("ALFA %s", r.word), []string{"ALFA"})) != 1 {
				t.Errorf("%s: a party that %s is not found", lang, r.word)
			}
		}
	}
}
