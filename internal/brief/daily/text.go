package daily

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
)

// Fault is something wrong with a text of one's own, with its place.
type Fault struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Says string `json:"says"`
	Hard bool   `json:"hard"` // it cannot be done; else it can, and should not
}

func (f Fault) Error() string { return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Col, f.Says) }

// ownText is Markdown, in which what stood in braces is replaced by marks.
type ownText struct {
	markdown string
	parts    []ownPart
}

// ownPart is what a mark stands for.
type ownPart struct {
	says    Sentence
	table   *Table
	graphic *Graphic
	list    []Sentence
}

var (
	braces = regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	stray  = regexp.MustCompile(`\{\{+|\}\}+`)
)

// ownText reads a text of one's own: its numbers become figures like all others.
func (b *builder) ownText() {
	if b.Text == nil {
		return
	}
	src := string(b.Text)
	x := &ownText{}
	at := func(offset int) (line, col int) {
		before := src[:offset]
		return strings.Count(before, "\n") + 1, len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	}
	fault := func(offset int, hard bool, format string, args ...any) {
		line, col := at(offset)
		b.r.Faults = append(b.r.Faults, Fault{b.TextName, line, col, fmt.Sprintf(format, args...), hard})
	}
	var out strings.Builder
	last := 0
	text := func(to int) { // what is not in braces
		for _, m := range stray.FindAllStringIndex(src[last:to], -1) {
			fault(last+m[0], true, "%s: it has no other half: expected such as {{figure violations.total}}, in one piece", src[last+m[0]:last+m[1]])
		}
		out.WriteString(plainMarks.Replace(src[last:to]))
	}
	for _, m := range braces.FindAllStringSubmatchIndex(src, -1) {
		text(m[0])
		last = m[1]
		part, err := b.part0(strings.Fields(src[m[2]:m[3]]))
		if err != nil {
			fault(m[0], true, "%s: %v", src[m[0]:m[1]], err)
			part = ownPart{says: plain(src[m[0]:m[1]])}
		}
		fmt.Fprintf(&out, "\ue000%d\ue001", len(x.parts))
		x.parts = append(x.parts, part)
	}
	text(len(src))
	x.markdown = out.String()
	for _, f := range Neutral(b.Lang, braces.ReplaceAllStringFunc(src, func(s string) string { return strings.Repeat(" ", len(s)) }), b.parties()) {
		fault(f.Offset, false, "%s", f.Says)
	}
	slices.SortStableFunc(b.r.Faults, func(x, y Fault) int { return (x.Line-y.Line)*10000 + x.Col - y.Col })
	b.r.text = x
}

// plainMarks keeps a text from holding the marks itself.
var plainMarks = strings.NewReplacer("\ue000", "\ufffd", "\ue001", "\ufffd")

// part0 makes what stands in braces.
func (b *builder) part0(words []string) (ownPart, error) {
	const known = "expected figure ID, before ID, count rule=R region=CODE act=NODE level=L, table ID, map, chart, summary, title or period"
	if len(words) == 0 {
		return ownPart{}, fmt.Errorf("empty: %s", known)
	}
	arg := strings.Join(words[1:], " ")
	switch words[0] {
	case "figure", "before":
		f := b.r.Figure(arg)
		if f == nil {
			return ownPart{}, fmt.Errorf("there is no figure %q: figures.csv has their ids, such as violations.total", arg)
		}
		if words[0] == "before" {
			return ownPart{says: plain(f.beforeText)}, nil
		}
		return ownPart{says: b.c.say("number.only", "n", f)}, nil
	case "count":
		f, err := b.countOf(words[1:])
		if err != nil {
			return ownPart{}, err
		}
		return ownPart{says: b.c.say("number.only", "n", f)}, nil
	case "table":
		t := b.r.Table(arg)
		if t == nil {
			return ownPart{}, fmt.Errorf("there is no table %q: expected such as regions, kinds, violations or casualties", arg)
		}
		return ownPart{table: t}, nil
	case "map", "chart":
		for _, s := range b.r.Sections {
			for i := range s.Graphics {
				if s.Graphics[i].ID == words[0] {
					return ownPart{graphic: &s.Graphics[i]}, nil
				}
			}
		}
	case "summary":
		return ownPart{list: b.r.Summary}, nil
	case "title":
		return ownPart{says: plain(b.r.Title)}, nil
	case "period":
		return ownPart{says: b.r.Head[1]}, nil
	}
	return ownPart{}, fmt.Errorf("%q is not known: %s", words[0], known)
}

// countOf counts anew: the rule of the headline, or another, over records of a region,
// an act, or a level.
func (b *builder) countOf(words []string) (*Figure, error) {
	rule, pick := b.Rule, b.counted()
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "rule":
			x, err := count.RuleNamed(value)
			if err != nil {
				return nil, err
			}
			if x.Name != b.Rule.Name {
				pick = both(anyRecord, pick)
			}
			rule = x
		case "region":
			if !slices.ContainsFunc(b.areas, func(a areaInfo) bool { return a.code == value }) {
				return nil, fmt.Errorf("region=%s: no record of either period may lie there; expected a code such as UA-14", value)
			}
			pick = both(pick, inArea(value))
		case "act":
			pick = both(pick, byAct(value))
		case "level":
			l, err := evidence.ParseLevel(value)
			if err != nil {
				return nil, err
			}
			pick = both(pick, func(r *Record) truth {
				if r.Level >= l {
					return yes
				}
				return no
			})
		default:
			return nil, fmt.Errorf("%q: expected rule=, region=, act= or level=", w)
		}
	}
	id := "text." + strings.Join(append([]string{rule.Name}, words...), ".")
	if f := b.r.Figure(id); f != nil {
		return f, nil
	}
	return b.figure(id, strings.TrimSpace(rule.Name+" "+strings.Join(words, " ")), rule, pick, -1), nil
}

var mark = regexp.MustCompile("(?:<p>)?\ue000([0-9]+)\ue001(?:</p>)?")

// own renders a text of one's own; "" where the report has none.
func (r *Report) own(table func(*Table) pageTable) (template.HTML, error) {
	if r.text == nil {
		return "", nil
	}
	var b bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(r.text.markdown), &b); err != nil {
		return "", err
	}
	var failed error
	page := mark.ReplaceAllStringFunc(b.String(), func(s string) string {
		var n int
		fmt.Sscan(mark.FindStringSubmatch(s)[1], &n)
		p := r.text.parts[n]
		switch {
		case p.table != nil:
			var out bytes.Buffer
			if err := pageTemplate.ExecuteTemplate(&out, "table", table(p.table)); err != nil {
				failed = err
			}
			return out.String()
		case p.graphic != nil:
			says := ""
			for _, x := range p.graphic.Says { // what is not drawn is said wherever the map stands
				says += " " + string(htmlOf(x))
			}
			return `<figure id="` + p.graphic.ID + `">` + p.graphic.SVG + `<figcaption><strong>` + template.HTMLEscapeString(p.graphic.Title) + `.</strong>` + says + `</figcaption></figure>`
		case p.list != nil:
			out := "<ul>"
			for _, x := range p.list {
				out += "<li>" + string(htmlOf(x)) + "</li>"
			}
			return out + "</ul>"
		}
		open, end := "", ""
		if strings.HasPrefix(s, "<p>") {
			open = "<p>"
		}
		if strings.HasSuffix(s, "</p>") {
			end = "</p>"
		}
		return open + string(htmlOf(p.says)) + end
	})
	// Links to rows lead somewhere only where the annex is on the page.
	return template.HTML(`<section class="own">` + page + `</section>`), failed
}
