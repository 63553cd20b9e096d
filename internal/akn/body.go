package akn

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/truce-project/truce/terms"
)

var (
	heading  = regexp.MustCompile(`^(#+)\s*(.*?)\s*#*$`)
	numbered = regexp.MustCompile(`^(\p{L}+)\s+([0-9]+(?:\.[0-9]+)*|[IVXLC]+|[A-Z])[.:]?\s*(.*)$`)
	notID    = regexp.MustCompile(`[^A-Za-z0-9]+`)
)

// id is a number or a name as a part of an eId.
func id(s string) string { return strings.Trim(notID.ReplaceAllString(s, "-"), "-") }

// eID is an eId below another one, made different from all before.
func (d *document) eID(under, kind, number string) string {
	out := kind + "_" + number
	if number == "" {
		d.ids[under+kind]++
		out = fmt.Sprintf("%s_%d", kind, d.ids[under+kind])
	}
	if under != "" {
		out = under + "__" + out
	}
	if d.ids["="+out]++; d.ids["="+out] > 1 {
		out = fmt.Sprintf("%s-%d", out, d.ids["="+out])
	}
	return out
}

// body is the text: an article for each heading, a paragraph for each numbered
// sentence, and what stands between them as remarks, in the order of the file.
func (d *document) body() element {
	body := el("body", nil)
	var article *element
	under, first := "", true
	put := func(e element) {
		if article != nil {
			article.In = append(article.In, e)
			return
		}
		body.In = append(body.In, e)
	}
	end := func() {
		if article == nil {
			return
		}
		if !hasText(article) && article.XMLName.Local == "section" { // of blocks alone
			return
		}
		if !hasText(article) { // the schema wants something in it
			article.In = append(article.In, el("content", at("eId", under+"__content"), el("p", nil)))
		}
		body.In = append(body.In, *article)
	}
	for _, p := range d.t.Passages() {
		switch p.Kind {
		case terms.Heading:
			title := first
			first = false
			if m := heading.FindStringSubmatch(strings.TrimSpace(p.Text)); m != nil {
				if title && len(m[1]) == 1 && !numbered.MatchString(m[2]) { // it stands in the preface
					continue
				}
				end()
				a := d.article(m[2])
				article, under = &a, a.Attrs[0].Value
			}
		case terms.Prose:
			put(d.remark(under, p.Text))
		case terms.Numbered:
			put(d.sentence(under, &p))
		}
	}
	end()
	if len(body.In) == 0 {
		body.In = append(body.In, d.remark("", ""))
	}
	return body
}

func hasText(article *element) bool {
	for _, e := range article.In {
		if e.XMLName.Local == "paragraph" || e.XMLName.Local == "hcontainer" {
			return true
		}
	}
	return false
}

// article begins an article, or a section where the heading has no number.
func (d *document) article(title string) element {
	m := numbered.FindStringSubmatch(title)
	if m == nil {
		return el("section", at("eId", d.eID("", "sec", "")), text("heading", title))
	}
	a := el("article", at("eId", d.eID("", "art", id(m[2]))), text("num", m[1]+" "+m[2]))
	if m[3] != "" {
		a.In = append(a.In, text("heading", m[3]))
	}
	return a
}

// remark is what is no numbered sentence: not of the legal text.
func (d *document) remark(under, says string) element {
	e := d.eID(under, "hcontainer", "")
	return el("hcontainer", at("eId", e, "name", "remark"), el("content", at("eId", e+"__content"), text("p", oneLine(says))))
}

var quoteMark = regexp.MustCompile(`(?m)^\s*>\s?`)

func oneLine(s string) string {
	return strings.Join(strings.Fields(quoteMark.ReplaceAllString(s, "")), " ")
}

// sentence is a numbered sentence in the language of the document. Where it has no
// words in it, the paragraph says so by its status.
func (d *document) sentence(under string, p *terms.Passage) element {
	e := d.eID(under, "para", id(string(p.Clause)))
	says, missing, lang := "", true, ""
	for _, v := range p.Texts {
		if orUnd(v.Language) == d.lang {
			says, missing = v.Text, false
		}
	}
	if missing && len(p.Texts) == 1 && p.Texts[0].Language == "" { // it tells no languages apart
		says, missing, lang = p.Texts[0].Text, false, "und"
		if d.lang == "und" { // as the whole document
			lang = ""
		}
	}
	status := ""
	if missing {
		status = "undefined"
	}
	d.clause(e, p.Clause)
	return el("paragraph", at("eId", e, "status", status), text("num", string(p.Clause)), el("content", at("eId", e+"__content"), text("p", oneLine(says), "xml:lang", lang)))
}

// clause notes what truce makes of a sentence.
func (d *document) clause(eID string, number terms.ClauseID) {
	for _, c := range d.t.Clauses {
		if c.ID == number {
			d.clauses = append(d.clauses, el("truce:clause", at("href", "#"+eID, "kind", string(c.Kind), "readings", strings.Join(c.Readings, " "))))
		}
	}
}
