// Package akn writes a text as Akoma Ntoso 1.0 (OASIS LegalDocumentML, namespace
// akn/3.0), for archives and libraries of law. One document is one language of one
// version: the work, the expression in a language, and the file.
//
// It promises that each numbered sentence is there under its number, in the words of
// the language that was asked for and of no other language that the text tells apart,
// and that a translation names the authentic text that it is of. A sentence whose
// language the text does not tell stands in each document, marked und.
package akn

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/truce-project/truce/terms"
)

const (
	namespace = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
	own       = "https://truce.example/ns/akn" // of what only truce says of a clause
)

// Languages are those that a text can be written in: of its sentences, the authentic
// ones first. A text that names none has "und", not determined.
func Languages(t *terms.Terms) []string {
	var out []string
	add := func(authentic bool) {
		for _, s := range t.Sentences {
			for _, v := range s.Texts {
				if v.Language != "" && v.Authentic == authentic && !slices.Contains(out, v.Language) {
					out = append(out, v.Language)
				}
			}
		}
	}
	add(true)
	add(false)
	if len(out) == 0 {
		out = []string{"und"}
	}
	return out
}

func orUnd(code string) string {
	if code == "" {
		return "und"
	}
	return code
}

// Write writes a text in a language; "" is the first of Languages.
func Write(w io.Writer, t *terms.Terms, lang string) error {
	all := Languages(t)
	if lang == "" {
		lang = all[0]
	}
	if !slices.Contains(all, lang) {
		return fmt.Errorf("%s has no text in %q: expected one of %s", t.ID, lang, strings.Join(all, ", "))
	}
	d := document{t: t, lang: lang, lang3: iso3(lang), date: dateOf(t)}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(d.root()); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// iso3 is a language by three letters, as the addresses of Akoma Ntoso have it.
func iso3(code string) string {
	b, err := language.ParseBase(code)
	if err != nil {
		return "und"
	}
	return b.ISO3()
}

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)

// dateOf is the date of a version: what it calls itself, where that is one, else when
// it begins to hold; "" is not known.
func dateOf(t *terms.Terms) string {
	if d := day.FindString(t.Version); d != "" {
		if _, err := time.Parse(time.DateOnly, d); err == nil {
			return d
		}
	}
	if t.Start != nil && t.Start.Range.Earliest.Bounded() {
		return t.Start.Range.Earliest.Time().Format(time.DateOnly)
	}
	return ""
}

// element is an element with what stands in it: elements and text.
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	In      []element
}

// el makes an element; attributes are names and values in turn, an empty value leaves
// its attribute out.
func el(name string, attrs []string, in ...element) element {
	e := element{XMLName: xml.Name{Local: name}, In: in}
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: attrs[i]}, Value: attrs[i+1]})
		}
	}
	return e
}

func text(name, s string, attrs ...string) element {
	e := el(name, attrs)
	e.Text = s
	return e
}

func at(attrs ...string) []string { return attrs }

func value(name, v string) element { return el(name, at("value", v)) }

type document struct {
	t                 *terms.Terms
	lang, lang3, date string
	ids               map[string]int
	clauses           []element // what truce says of each
}

// root is the whole document.
func (d *document) root() element {
	d.ids = map[string]int{}
	body := d.body()
	title := d.title()
	return el("akomaNtoso", at("xmlns", namespace),
		el("act", at("name", "agreement", "contains", "singleVersion"),
			d.meta(),
			el("preface", nil, el("p", nil, text("docTitle", title))),
			body))
}

// title is the title in the language or, where there is none, the one of the text.
func (d *document) title() string {
	if s, ok := d.t.Title[d.lang]; ok {
		return s
	}
	return d.t.TitleText()
}

// work, expression and file are the addresses of what the document is.
func (d *document) work() string { return "/akn/zz/act/" + orDash(d.date) + "/" + d.t.ID }

func (d *document) expression() string { return d.work() + "/" + d.lang3 + "@" + d.date }

func orDash(date string) string {
	if date == "" {
		return "undated"
	}
	return date
}

// dated is the date element of one level; a date that is not known says so.
func (d *document) dated(name string) element {
	if d.date == "" {
		return el("FRBRdate", at("date", "0001-01-01", "name", "unknown"))
	}
	return el("FRBRdate", at("date", d.date, "name", name))
}

// meta says what the document is, in the order that the schema wants.
func (d *document) meta() element {
	author := el("FRBRauthor", at("href", "#unstated", "as", "#author"))
	editor := el("FRBRauthor", at("href", "#truce", "as", "#editor"))
	work := el("FRBRWork", nil, value("FRBRthis", d.work()+"/!main"), value("FRBRuri", d.work()),
		el("FRBRalias", at("value", d.t.ID, "name", "truce")), d.dated("Generation"), author,
		value("FRBRcountry", "zz"), value("FRBRname", "ceasefire"))
	expression := []element{value("FRBRthis", d.expression()+"/!main"), value("FRBRuri", d.expression()),
		d.dated("Generation"), author, value("FRBRversionNumber", d.t.Version), el("FRBRlanguage", at("language", d.lang3))}
	if d.t.Version == "" {
		expression = slices.Delete(expression, 4, 5)
	}
	if from := d.original(); from != "" {
		expression = append(expression, el("FRBRtranslation", at("href", d.work()+"/"+iso3(from)+"@"+d.date+"/!main", "by", "#truce", "fromLanguage", iso3(from), "authoritative", "false")))
	}
	file := el("FRBRManifestation", nil, value("FRBRthis", d.expression()+"/!main.xml"), value("FRBRuri", d.expression()+".akn"),
		d.dated("Generation"), editor, value("FRBRformat", "application/akn+xml"))
	refs := []element{el("original", at("eId", "ro1", "href", d.expression()+"/!main", "showAs", d.title()))}
	for _, p := range d.t.Parties {
		refs = append(refs, el("TLCOrganization", at("eId", id(string(p.ID)), "href", "/ontology/organization/"+id(string(p.ID)), "showAs", orText(p.Name, string(p.ID)))))
	}
	refs = append(refs,
		el("TLCOrganization", at("eId", "unstated", "href", "/ontology/organization/unstated", "showAs", "whoever wrote the text: see its remarks")),
		el("TLCObject", at("eId", "truce", "href", "/ontology/object/truce", "showAs", "truce")),
		el("TLCRole", at("eId", "author", "href", "/ontology/role/author", "showAs", "Author")),
		el("TLCRole", at("eId", "editor", "href", "/ontology/role/editor", "showAs", "Editor")))
	out := []element{el("identification", at("source", "#truce"), work, el("FRBRExpression", nil, expression...), file)}
	if d.date != "" {
		out = append(out, el("lifecycle", at("source", "#truce"), el("eventRef", at("eId", "e1", "date", d.date, "source", "#ro1", "type", "generation"))))
	}
	text := el("truce:text", at("digest", d.t.Digest, "vocabulary", d.t.Vocabulary.Version, "version", d.t.Version), d.clauses...)
	return el("meta", nil, append(out, el("references", at("source", "#truce"), refs...), el("proprietary", at("source", "#truce", "xmlns:truce", own), text))...)
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// authentic reports whether all sentences are authentic in the language; a text that
// tells no languages apart is.
func (d *document) authentic() bool {
	for _, s := range d.t.Sentences {
		for _, v := range s.Texts {
			if v.Language != "" && orUnd(v.Language) == d.lang && !v.Authentic {
				return false
			}
		}
	}
	return true
}

// original is the authentic language that a translation is of; "" where this one is.
func (d *document) original() string {
	if d.authentic() {
		return ""
	}
	for _, s := range d.t.Sentences {
		for _, v := range s.Texts {
			if v.Authentic && v.Language != "" {
				return v.Language
			}
		}
	}
	return ""
}
