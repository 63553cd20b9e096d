package daily

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Languages are those in which a report can be written. They are matched by name
// alone: a near language is another language.
var Languages = []string{"en", "uk", "ru"}

//go:embed messages/*.txt
var messageFiles embed.FS

// catalogue is the words of one language: by key, then by form; "" where a message
// has no number in it.
type catalogue struct {
	lang  string
	tag   language.Tag
	texts map[string]map[string]string
}

// forms are those that a message with a number needs: those of the language for whole
// numbers, and one for a number that is a range, or about so many.
var forms = map[string][]string{"en": {"one", "other"}, "uk": {"one", "few", "many", "range"}, "ru": {"one", "few", "many", "range"}}

func openCatalogue(lang string) (*catalogue, error) {
	if !slices.Contains(Languages, lang) {
		return nil, fmt.Errorf("language %q: expected one of %s", lang, strings.Join(Languages, ", "))
	}
	b, err := messageFiles.ReadFile("messages/" + lang + ".txt")
	if err != nil {
		return nil, err
	}
	return parseCatalogue(lang, string(b))
}

// parseCatalogue reads lines KEY = TEXT or KEY[FORM] = TEXT; # begins a comment.
func parseCatalogue(lang, text string) (*catalogue, error) {
	c := &catalogue{lang: lang, tag: language.Make(lang), texts: map[string]map[string]string{}}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		key, says, ok := strings.Cut(line, " = ")
		if !ok {
			return nil, fmt.Errorf("messages/%s.txt:%d: expected KEY = TEXT", lang, i+1)
		}
		key, form, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(key), "]"), "[")
		if c.texts[key] == nil {
			c.texts[key] = map[string]string{}
		}
		if _, twice := c.texts[key][form]; twice {
			return nil, fmt.Errorf("messages/%s.txt:%d: %s stands twice", lang, i+1, key)
		}
		c.texts[key][form] = says // blanks at its ends are of the message
	}
	return c, nil
}

// Piece is a part of a sentence: words of the report, words of a record, which are
// quoted and not the report's own, or a figure.
type Piece struct {
	Text   string  `json:"text"`
	Figure *Figure `json:"-"`
	Of     string  `json:"figure,omitempty"` // id of the figure
	Href   string  `json:"href,omitempty"`
	Quoted bool    `json:"quoted,omitempty"`
}

// Sentence is what a report says.
type Sentence []Piece

// String is the sentence as plain text.
func (s Sentence) String() string {
	var b strings.Builder
	for _, p := range s {
		b.WriteString(p.Text)
	}
	return b.String()
}

func plain(text string) Sentence { return Sentence{{Text: text}} }

func quoted(text string) Sentence { return Sentence{{Text: text, Quoted: true}} }

// say makes a sentence of a message. args are names and values in turn: a *Figure, a
// whole number, a text, or a Sentence. The form is chosen by the value named n.
func (c *catalogue) say(key string, args ...any) Sentence {
	of := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		of[args[i].(string)] = args[i+1]
	}
	text := c.form(key, of["n"])
	var out Sentence
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			out = append(out, Piece{Text: before})
		}
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		out = append(out, c.value(of[name])...)
		text = after
	}
	return out
}

// text is a message as plain text.
func (c *catalogue) text(key string, args ...any) string { return c.say(key, args...).String() }

func (c *catalogue) value(v any) Sentence {
	switch x := v.(type) {
	case *Figure:
		return Sentence{{Text: c.number(x), Figure: x, Of: x.ID}}
	case Sentence:
		return x
	case string:
		return plain(x)
	case int:
		return plain(fmt.Sprint(x))
	}
	return plain("?")
}

// form picks the text of a message for a number.
func (c *catalogue) form(key string, n any) string {
	all := c.texts[key]
	if text, ok := all[""]; ok {
		return text
	}
	form := "other"
	switch x := n.(type) {
	case int:
		form = c.category(x)
	case *Figure:
		form = "range"
		if x.exact() {
			form = c.category(x.Low)
		}
	}
	for _, f := range []string{form, "range", "many", "other"} {
		if text, ok := all[f]; ok {
			return text
		}
	}
	return "⟨" + key + "⟩" // a test wants none of these
}

// category is the plural category of a whole number, by the rules of Unicode CLDR.
func (c *catalogue) category(n int) string {
	switch plural.Cardinal.MatchPlural(c.tag, n, 0, 0, 0, 0) {
	case plural.One:
		return "one"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}

// number prints a figure as it is: exact, a range, about, or without a bound above.
func (c *catalogue) number(f *Figure) string {
	return c.count(f.Low, f.High, f.Unbounded, f.About)
}

func (c *catalogue) count(low, high int, unbounded, about bool) string {
	key := "number.range"
	switch {
	case unbounded:
		key = "number.least"
	case low == high && about:
		key = "number.about"
	case low == high:
		return fmt.Sprint(low)
	}
	return c.text(key, "low", low, "high", high)
}

// word names a node of a tree, or the nearest above it that has a name.
func (c *catalogue) word(tree, node string) string {
	for at := node; at != ""; {
		if text, ok := c.texts[tree+"."+at][""]; ok {
			return text
		}
		i := strings.LastIndexByte(at, '.')
		if i < 0 {
			break
		}
		at = at[:i]
	}
	return c.text("not-said")
}
