package akn

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// node is an element as it was read back.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	In      []node     `xml:",any"`
}

func (n *node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (n *node) walk(f func(*node)) {
	f(n)
	for i := range n.In {
		n.In[i].walk(f)
	}
}

func (n *node) names() []string {
	var out []string
	for _, c := range n.In {
		out = append(out, c.XMLName.Local)
	}
	return out
}

func opened(t *testing.T, name string) *terms.Terms {
	t.Helper()
	x, err := regimes.Open(name)
	if err != nil || x == nil {
		t.Fatal(name, err)
	}
	return x
}

func read(t *testing.T, x *terms.Terms, lang string) *node {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, x, lang); err != nil {
		t.Fatal(err)
	}
	var n node
	if err := xml.NewDecoder(&b).Decode(&n); err != nil {
		t.Fatal(err)
	}
	return &n
}

// order are elements of the identification, in the order of the schema.
var order = map[string]string{
	"FRBRWork":          "FRBRthis FRBRuri FRBRalias FRBRdate FRBRauthor FRBRcountry FRBRname",
	"FRBRExpression":    "FRBRthis FRBRuri FRBRdate FRBRauthor FRBRversionNumber FRBRlanguage FRBRtranslation",
	"FRBRManifestation": "FRBRthis FRBRuri FRBRdate FRBRauthor FRBRformat",
	"meta":              "identification lifecycle references proprietary",
	"act":               "meta preface body",
}

// TestAll: every text that comes with truce, in each of its languages: sound XML, the
// elements in the order of the schema, eIds that stand once, references that lead
// somewhere, and each numbered sentence once, in the words of the language.
func TestAll(t *testing.T) {
	documents := 0
	for _, name := range regimes.Names() {
		x := opened(t, name)
		for _, lang := range Languages(x) {
			documents++
			root := read(t, x, lang)
			if root.XMLName.Space != namespace || root.XMLName.Local != "akomaNtoso" {
				t.Errorf("%s: the root is %v", name, root.XMLName)
			}
			ids, hrefs := map[string]bool{}, []string{}
			numbers := map[string]string{}
			root.walk(func(n *node) {
				if want, ok := order[n.XMLName.Local]; ok {
					at := -1
					for _, c := range n.names() {
						if i := slices.Index(strings.Fields(want), c); i <= at {
							t.Errorf("%s %s: in %s stand %v, want the order %s", name, lang, n.XMLName.Local, n.names(), want)
							break
						} else {
							at = i
						}
					}
				}
				if e := n.attr("eId"); e != "" {
					if ids[e] || e != strings.TrimSpace(e) || strings.ContainsAny(e, " .:") {
						t.Errorf("%s %s: the eId %q", name, lang, e)
					}
					ids[e] = true
				}
				for _, a := range []string{"href", "source", "as", "by"} {
					if h := n.attr(a); strings.HasPrefix(h, "#") {
						hrefs = append(hrefs, h[1:])
					}
				}
				if l := n.XMLName.Local; (l == "article" || l == "section" || l == "paragraph") && !slices.ContainsFunc(n.In, func(c node) bool {
					return slices.Contains([]string{"content", "paragraph", "hcontainer"}, c.XMLName.Local)
				}) {
					t.Errorf("%s %s: %s %s has nothing in it", name, lang, l, n.attr("eId"))
				}
				if n.XMLName.Local == "paragraph" {
					if _, twice := numbers[n.In[0].Text]; twice {
						t.Errorf("%s %s: %s stands twice", name, lang, n.In[0].Text)
					}
					numbers[n.In[0].Text] = n.In[1].In[0].Text
				}
			})
			for _, h := range hrefs {
				if !ids[h] {
					t.Errorf("%s %s: #%s leads nowhere", name, lang, h)
				}
			}
			for _, s := range x.Sentences {
				want := ""
				for _, v := range s.Texts {
					if orUnd(v.Language) == lang || len(s.Texts) == 1 && v.Language == "" {
						want = oneLine(v.Text)
					}
				}
				if got, ok := numbers[string(s.ID)]; !ok || got != want {
					t.Errorf("%s %s: %s says %q, want %q", name, lang, s.ID, got, want)
				}
			}
			if len(numbers) != len(x.Sentences) || len(numbers) == 0 {
				t.Errorf("%s %s: %d sentences of %d", name, lang, len(numbers), len(x.Sentences))
			}
		}
	}
	if documents <= len(regimes.Names()) {
		t.Errorf("only %d documents", documents)
	}
}

// TestTranslation: a translation names the text that it is of; an authentic one does
// not; a language that the text has not is refused.
func TestTranslation(t *testing.T) {
	x := opened(t, "energy-2025")
	if got := Languages(x); len(got) < 2 || got[0] != "ru" {
		t.Fatal(got)
	}
	from := func(lang string) (out string) {
		read(t, x, lang).walk(func(n *node) {
			if n.XMLName.Local == "FRBRtranslation" {
				out = n.attr("fromLanguage")
			}
		})
		return out
	}
	if from("en") != "rus" || from("ru") != "" {
		t.Errorf("the English is of %q, the Russian of %q", from("en"), from("ru"))
	}
	if err := Write(io.Discard, x, "fr"); err == nil || !strings.Contains(err.Error(), "expected one of ru") {
		t.Error(err)
	}
}
