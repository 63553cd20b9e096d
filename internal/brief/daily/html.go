package daily

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"sort"
	"strings"

	"github.com/truce-project/truce/count"
)

//go:embed report.html
var pageSource string

//go:embed report.css
var pageStyle string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"say": func(s Sentence) template.HTML { return htmlOf(s) },
}).Parse(pageSource))

// htmlOf writes a sentence: each figure is a link to how it came about, and carries
// its id and bounds, so that a program can hold them against the annexes.
func htmlOf(s Sentence) template.HTML {
	var b strings.Builder
	esc := template.HTMLEscapeString
	for _, p := range s {
		switch {
		case p.Figure != nil:
			f := p.Figure
			high := fmt.Sprint(f.High)
			if f.Unbounded {
				high = ""
			}
			fmt.Fprintf(&b, `<a class="fig" href="#f-%s" data-figure="%s" data-low="%d" data-high="%s" title="%s">%s</a>`, esc(dom(f.ID)), esc(f.ID), f.Low, high, esc(f.Name+", "+f.Rule), esc(p.Text))
		case p.Href != "":
			fmt.Fprintf(&b, `<a href="%s">%s</a>`, esc(safeLink(p.Href)), esc(p.Text))
		case p.Quoted:
			fmt.Fprintf(&b, `<q class="rec" dir="auto">%s</q>`, esc(p.Text))
		default:
			b.WriteString(esc(p.Text))
		}
	}
	return template.HTML(b.String())
}

// safeLink lets through addresses on the page and of the web alone.
func safeLink(href string) string {
	if strings.HasPrefix(href, "#") || strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") {
		return href
	}
	return "#"
}

var notDOM = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// dom makes an id for the page of the id of a figure.
func dom(id string) string { return notDOM.ReplaceAllString(id, "-") }

type pageRow struct {
	ID    string
	Cells []pageCell
}

type pageCell struct {
	Label string
	Says  Sentence
}

type pageTable struct {
	*Table
	Rows []pageRow
}

type pageSection struct {
	*Section
	Tables []pageTable
	SVG    []pageGraphic
}

type pageGraphic struct {
	Graphic
	Image template.HTML
}

type pageMethod struct {
	method
	DOM string
	Now Sentence
}

// WriteHTML writes the report as one page that needs nothing else: no script, no
// fonts, no addresses.
func (r *Report) WriteHTML(w io.Writer) error {
	c := r.words
	style := strings.TrimSpace(pageStyle)
	sum := sha256.Sum256([]byte(style))
	anchors := map[string]bool{}
	table := func(t *Table) pageTable {
		out := pageTable{Table: t}
		for _, row := range t.Rows {
			x := pageRow{}
			for k, s := range row {
				// The first row that shows a record is where links to it lead.
				if len(s) > 0 && k == 0 && strings.HasPrefix(s[0].Href, "#r-") && !anchors[s[0].Href] {
					anchors[s[0].Href] = true
					x.ID = s[0].Href[1:]
				}
				label := ""
				if k < len(t.Columns) {
					label = t.Columns[k]
				}
				x.Cells = append(x.Cells, pageCell{label, s})
			}
			out.Rows = append(out.Rows, x)
		}
		return out
	}
	var annexes []pageTable
	for _, t := range r.Annexes { // their rows come first as places of links
		annexes = append(annexes, table(t))
	}
	var sections []pageSection
	for _, s := range r.Sections {
		x := pageSection{Section: s}
		for _, t := range s.Tables {
			x.Tables = append(x.Tables, table(t))
		}
		for _, g := range s.Graphics {
			x.SVG = append(x.SVG, pageGraphic{g, template.HTML(g.SVG)})
		}
		sections = append(sections, x)
	}
	var methods []pageMethod
	has := map[string]bool{}
	for _, m := range r.methods {
		has[m.Figure.ID] = true
		methods = append(methods, pageMethod{m, dom(m.Figure.ID), Sentence{{Text: c.number(m.Figure)}}})
	}
	var rest []pageMethod // numbers that are nothing, so that links to them lead somewhere
	for _, f := range r.Figures {
		if !has[f.ID] {
			rest = append(rest, pageMethod{method{Figure: f}, dom(f.ID), Sentence{{Text: c.number(f)}}})
		}
	}
	own, err := r.own(table)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = pageTemplate.Execute(&b, map[string]any{
		"R": r, "CSP": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'",
		"Style": template.CSS(style), "Sections": sections, "Annexes": annexes, "Methods": methods, "Rest": rest, "Rules": r.rules(),
		"Own": own,
		"T":   func(key string) string { return c.text(key) },
	})
	if err != nil {
		return err
	}
	page := b.Bytes()
	if own != "" {
		page = withoutDeadLinks(page)
	}
	_, err = w.Write(page)
	return err
}

var rowLink = regexp.MustCompile(`<a href="#(r-[0-9]+)">([^<]*)</a>`)

// withoutDeadLinks takes away links to rows that a text of one's own does not show.
func withoutDeadLinks(page []byte) []byte {
	return rowLink.ReplaceAllFunc(page, func(link []byte) []byte {
		m := rowLink.FindSubmatch(link)
		if bytes.Contains(page, []byte(`id="`+string(m[1])+`"`)) {
			return link
		}
		return m[2]
	})
}

// rules are the rules that the report counts by, in the words of package count.
func (r *Report) rules() []*count.Rule {
	seen := map[string]*count.Rule{}
	for _, f := range r.Figures {
		if rule, err := count.RuleNamed(f.Rule); err == nil {
			seen[f.Rule] = rule
		}
	}
	out := make([]*count.Rule, 0, len(seen))
	for _, rule := range seen {
		out = append(out, rule)
	}
	sort.Slice(out, func(i, k int) bool { return out[i].Name < out[k].Name })
	return out
}
