package brief

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// Row is one incident with the findings of all readings.
type Row struct {
	Incident *evidence.Incident
	Findings []judge.Finding // in the order of readings; may span several terms
}

// Page is what the self-contained page shows.
type Page struct {
	Title          string
	Terms          []*terms.Terms
	Rows           []Row
	Engine, TZData string
	Counterfactual bool // all of it is judged as if in force
	Notes          []string
	Command        string // that reproduces it
	// Base is what the map is drawn on; nil draws first-level areas alone.
	Base *basemap.Map
}

// WritePage writes one HTML file that needs nothing else: no request leaves
// it, it can be read without scripts, and no text of an incident can run in
// it. A Content-Security-Policy admits the page's own script and style by
// their digests and nothing besides.
func WritePage(w io.Writer, p Page) error {
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	return t.Execute(w, newPageView(p))
}

var pageTemplate = sync.OnceValues(func() (*template.Template, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"verdict": verdictView}).Parse(pageHTML)
	if err != nil {
		return nil, err
	}
	_, err = t.New("compare").Parse(compareHTML)
	return t, err
})

// pageView is the page as the template has it.
type pageView struct {
	Page
	CSP       string
	Style     template.CSS
	Script    template.JS
	Data      pageData
	Groups    []pageGroup // the columns by terms
	Columns   []pageColumn
	Cards     []pageCard
	Contested int
	Legend    []pageVerdict
	Map       pageMap
	Time      pageTime
	Levels    []evidence.Level
}

// pageData is what the page carries for programs, and for its own filter.
type pageData struct {
	Engine    string         `json:"engine"`
	TZData    string         `json:"tzdata"`
	Terms     []pageTerms    `json:"terms"`
	Incidents []pageIncident `json:"incidents"`
}

type pageTerms struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

type pageIncident struct {
	Key       string            `json:"key"`
	ID        string            `json:"id"`
	Title     string            `json:"title"`
	Start     string            `json:"time_start"`
	End       string            `json:"time_end"`
	Level     string            `json:"level"`
	Contested bool              `json:"contested"`
	Verdicts  map[string]string `json:"verdicts"` // "terms/reading" -> verdict
	Deciding  map[string]string `json:"deciding,omitempty"`
}

// pageColumn is one reading of one text.
type pageColumn struct {
	Key, Label, Terms string
	Title, Status     string
	Held              []string
	Source, Note      string
	Counterfactual    bool
	regime            *terms.Regime
}

// pageGroup is the columns of one text.
type pageGroup struct {
	Terms   *terms.Terms
	Columns []pageColumn
}

// pageVerdict is a verdict with how it is shown.
type pageVerdict struct{ Word, Text, Means string }

var verdictMeanings = map[judge.Verdict]string{
	judge.Breach:       "would breach a clause if the facts hold",
	judge.Permitted:    "a clause speaks of it and allows it",
	judge.NotCovered:   "no clause speaks of such an act",
	judge.NotInForce:   "a clause speaks of it, and bound nobody who may have done it at that time",
	judge.Undetermined: "turns on a fact that is not known, or on what the text leaves open",
}

func verdictView(v judge.Verdict) pageVerdict {
	return pageVerdict{v.String(), strings.ReplaceAll(v.String(), "-", " "), verdictMeanings[v]}
}

func newPageView(p Page) pageView {
	v := pageView{Page: p, CSP: pagePolicy(pageCSS, pageJS), Style: template.CSS(pageCSS), Script: template.JS(pageJS), Levels: evidence.Levels()}
	v.Columns = pageColumns(p.Rows)
	v.Groups = pageGroups(v.Columns)
	for _, k := range verdictOrder {
		v.Legend = append(v.Legend, verdictView(k))
	}
	for i := range p.Rows {
		c := newPageCard(i, &p.Rows[i], v.Columns)
		if c.Contested {
			v.Contested++
		}
		v.Cards = append(v.Cards, c)
	}
	v.Map = newPageMap(v.Cards, p.Base)
	v.Time = newPageTime(v.Columns, v.Cards)
	v.Data = newPageData(p, v.Cards, v.Columns)
	return v
}

// pagePolicy admits exactly one style and one script, or no script at all.
func pagePolicy(style, script string) string {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	scripts := "'none'"
	if script != "" {
		scripts = digest(script)
	}
	return "default-src 'none'; style-src " + digest(style) + "; script-src " + scripts + "; img-src data:; base-uri 'none'; form-action 'none'"
}

func newPageData(p Page, cards []pageCard, cols []pageColumn) pageData {
	d := pageData{Engine: p.Engine, TZData: p.TZData, Terms: []pageTerms{}, Incidents: []pageIncident{}}
	for _, t := range p.Terms {
		d.Terms = append(d.Terms, pageTerms{t.ID, t.Version, t.Digest})
	}
	for _, c := range cards {
		in := pageIncident{Key: c.Key, ID: c.ID, Title: c.Title, Start: c.span.Start.RFC3339(), End: c.span.End.RFC3339(),
			Level: c.Level, Contested: c.Contested, Verdicts: map[string]string{}, Deciding: map[string]string{}}
		for k, f := range c.Findings {
			if f.f == nil {
				continue
			}
			in.Verdicts[cols[k].Key] = f.Verdict.String()
			if s := f.f.DecidingText(); s != "" {
				in.Deciding[cols[k].Key] = s
			}
		}
		d.Incidents = append(d.Incidents, in)
	}
	return d
}

// pageColumns lists the readings in the order in which they first appear.
func pageColumns(rows []Row) []pageColumn {
	var out []pageColumn
	seen := map[string]bool{}
	for _, r := range rows {
		for i := range r.Findings {
			if c := newPageColumn(r.Findings[i].Regime); !seen[c.Key] {
				seen[c.Key] = true
				out = append(out, c)
			}
		}
	}
	return out
}

func columnKey(r *terms.Regime) string {
	k := r.Terms.ID + "/" + r.ReadingID
	if r.Counterfactual {
		k += "/as-if"
	}
	return k
}

func newPageColumn(r *terms.Regime) pageColumn {
	c := pageColumn{Key: columnKey(r), Label: r.ReadingID, Terms: r.Terms.ID, Counterfactual: r.Counterfactual, regime: r}
	if r.Reading == nil {
		c.Label, c.Title = r.Terms.ID, r.Terms.TitleText()
		return c
	}
	c.Title, c.Status, c.Source, c.Note = r.Reading.Title, r.Reading.Status, r.Reading.Source, r.Reading.Note
	for _, h := range r.Reading.HeldBy {
		c.Held = append(c.Held, partyName(r.Terms, string(h)))
	}
	return c
}

func pageGroups(cols []pageColumn) []pageGroup {
	var out []pageGroup
	for _, c := range cols {
		if n := len(out); n == 0 || out[n-1].Terms != c.regime.Terms {
			out = append(out, pageGroup{Terms: c.regime.Terms})
		}
		g := &out[len(out)-1]
		g.Columns = append(g.Columns, c)
	}
	return out
}

// partyName is the name of a party, or the id of anybody else.
func partyName(t *terms.Terms, id string) string {
	if p := t.Party(terms.PartyID(id)); p != nil && p.Name != "" {
		return p.Name
	}
	return id
}

func partyNames(t *terms.Terms, ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = partyName(t, id)
	}
	return strings.Join(out, " or ")
}
