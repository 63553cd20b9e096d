package publish

import (
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"github.com/truce-project/truce/internal/brief/daily"
)

// Languages are those in which a site is written; the first is at its root, the others
// in folders of their own.
var Languages = []string{"en", "uk", "ru"}

var languageNames = map[string]string{"en": "English", "uk": "Українська", "ru": "Русский"}

// tongue is a language of the site: words by their English ones, and the pages.
type tongue struct {
	lang  string
	words map[string]string
	pages map[string]*template.Template
}

var tongues = func() []*tongue {
	var out []*tongue
	for _, lang := range Languages {
		t := &tongue{lang: lang, words: map[string]string{}, pages: map[string]*template.Template{}}
		if lang != Languages[0] {
			b, err := page.ReadFile("page/messages/" + lang + ".txt")
			if err != nil {
				panic("publish: " + err.Error())
			}
			if t.words, err = parseWords(string(b)); err != nil {
				panic("publish: " + lang + ".txt: " + err.Error())
			}
		}
		for _, n := range []string{"index", "day", "incident", "terms", "text", "corrections", "method", "data", "verify", "reports"} {
			x := template.New(n).Funcs(template.FuncMap{
				"join": func(s []string) string { return strings.Join(s, "; ") },
				"t":    t.say, "number": t.number, "said": t.said,
				"lang": func() string { return t.lang }, "dir": func() string { return "" },
			})
			t.pages[n] = template.Must(x.ParseFS(page, "page/layout.html", "page/"+n+".html"))
		}
		out = append(out, t)
	}
	return out
}()

// parseWords reads lines ENGLISH = WORDS; # begins a comment.
func parseWords(text string) (map[string]string, error) {
	out := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		en, says, ok := strings.Cut(line, " = ")
		if _, twice := out[en]; !ok || twice || strings.Count(en, "%s") != strings.Count(says, "%s") {
			return nil, fmt.Errorf("line %d: expected ENGLISH = WORDS, each English once, with as many %%s on both sides", i+1)
		}
		out[en] = says
	}
	return out, nil
}

// dir is the folder of the pages in this language: "" or such as uk/.
func (t *tongue) dir() string {
	if t.lang == Languages[0] {
		return ""
	}
	return t.lang + "/"
}

// say is an English text in this language, with values for each %s. What has no
// translation stays in English: a test sees to it that only words of records do.
func (t *tongue) say(text string, values ...any) string {
	if w, ok := t.words[text]; ok {
		text = w
	}
	for _, v := range values {
		text = strings.Replace(text, "%s", strings.ReplaceAll(fmt.Sprint(v), "%s", "%\u200bs"), 1)
	}
	return text
}

// number is bounds as one number where they are one.
func (t *tongue) number(v any) string {
	var b bounds
	switch x := v.(type) {
	case bounds:
		b = x
	case counted:
		b = x.bounds
	}
	if b.Low == b.High {
		return fmt.Sprint(b.Low)
	}
	return t.say("%s to %s", b.Low, b.High)
}

// node names a node of a tree, with its code; in English the code says it.
func (t *tongue) node(tree, cell string) string {
	if cell == "" {
		return t.say("not known, or not shown")
	}
	var out []string
	for _, code := range strings.Split(cell, "|") {
		w := code
		if t.lang != Languages[0] {
			if w = t.words[code]; w == "" {
				w = daily.Word(t.lang, tree, code)
			}
			if w == "" {
				w = code
			} else {
				w += " (" + code + ")"
			}
		}
		out = append(out, w)
	}
	return strings.Join(out, t.say(" or "))
}

// said is the file with the words of check.js; "" in English.
func (t *tongue) said() string {
	if t.lang == Languages[0] {
		return ""
	}
	return t.dir() + "words.js"
}

var spoken = regexp.MustCompile(`\bt\("((?:[^"\\]|\\.)*)"`)

// script is that file.
func (t *tongue) script() ([]byte, error) {
	js, err := page.ReadFile("page/check.js")
	if err != nil {
		return nil, err
	}
	words := map[string]string{}
	for _, m := range spoken.FindAllStringSubmatch(string(js), -1) {
		if w, ok := t.words[m[1]]; ok {
			words[m[1]] = w
		}
	}
	b, err := json.Marshal(words)
	return []byte("window.truceWords = " + string(b) + ";\n"), err
}

// link is another language of a page.
type link struct{ Lang, Name, Href string }

// others are the same page in the other languages; up leads to the root of the site.
func (t *tongue) others(name, up string) []link {
	var out []link
	for _, o := range tongues {
		if o.lang != t.lang {
			out = append(out, link{o.lang, languageNames[o.lang], up + o.dir() + name})
		}
	}
	return out
}
