package brief

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math/big"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/when"
)

//go:embed compare.html
var compareHTML string

//go:embed compare.css
var compareCSS string

// ComparePage is what the page of a comparison shows.
type ComparePage struct {
	Names          []string
	Sides          []compare.Side
	Comparison     *Comparison        // of two sides; nil where there are more
	Amendment      *compare.Amendment // of an amendment: the redline stands for the two texts
	History        *compare.Backtest  // over real events, or nil
	Rows           []compare.Row      // events that change verdict
	Notes          []string
	Engine, TZData string
	Command        string // that makes it
	// Base is what the map is drawn on; nil draws first-level areas alone.
	Base *basemap.Map
}

// WriteComparePage writes one HTML file like WritePage's, without any script:
// it is made to be printed.
func WriteComparePage(w io.Writer, p ComparePage) error {
	t, err := pageTemplate()
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, "compare", newComparePage(&p))
}

// compareView is the page as its template has it.
type compareView struct {
	*ComparePage
	CSP            string
	Style          template.CSS
	Title          string
	Labels         []string // what the sides are called
	Heads          []compareHead
	Counterfactual bool
	Strip          []compareShare
	Cases          string
	CaseNotes      []string
	Sections       []compareSection
	SameWords      string // where there are none
	Texts          *compareTexts
	Redline        *compareRedline
	Tally          *compareHistory
	Time           pageTime
	Map            *compareMap
	Legend         []pageVerdict
}

// compareHead says which text a side is.
type compareHead struct {
	Letter, ID, Title, Version, Digest string
	Readings                           []pageColumn
	Stamp                              string
}

// sideLetter names a side on the page and on a terminal.
func sideLetter(i int) string { return string(rune('A' + i)) }

func newComparePage(p *ComparePage) compareView {
	style := pageCSS + compareCSS
	v := compareView{ComparePage: p, CSP: pagePolicy(style, ""), Style: template.CSS(style)}
	for i, s := range p.Sides {
		h := newCompareHead(i, s)
		v.Counterfactual = v.Counterfactual || h.Stamp != ""
		v.Heads = append(v.Heads, h)
	}
	v.Title = compareTitle(p)
	for _, n := range p.Names {
		v.Labels = append(v.Labels, plainName(n))
	}
	for _, k := range append([]judge.Verdict{judge.Contested}, verdictOrder...) {
		v.Legend = append(v.Legend, verdictView(k))
	}
	var acts []*compareAct
	if c := p.Comparison; c != nil {
		v.Cases, v.CaseNotes = Big(c.Result.Cases), c.Result.Notes
		v.Sections, acts = compareSections(c, p.Amendment != nil)
		v.SameWords = sameWords(c.Result)
		v.Strip = compareStrip(c.Result, v.Sections)
		if p.Amendment != nil {
			v.Redline = newCompareRedline(p.Amendment)
			v.Redline.Note = SeveralReadings(c.Result)
		} else {
			v.Texts = newCompareTexts(c.Result.Sides, acts)
		}
	}
	if p.History != nil {
		v.Tally = newCompareHistory(p)
	}
	v.Time = compareTime(p.Sides, acts)
	v.Map = newCompareMap(p.Sides, acts, v.Tally, p.Base)
	return v
}

func compareTitle(p *ComparePage) string {
	switch {
	case p.Amendment != nil:
		return "What the amendment changes: " + plainName(p.Names[0]) + " to " + plainName(p.Names[1])
	case len(p.Sides) == 2:
		return plainName(p.Names[0]) + " beside " + plainName(p.Names[1])
	}
	return fmt.Sprintf("%d texts over the same events", len(p.Sides))
}

// plainName is the name of a text without its folder and ending.
func plainName(s string) string {
	return strings.Replace(s[strings.LastIndexByte(s, '/')+1:], ".truce.md", "", 1)
}

func newCompareHead(i int, s compare.Side) compareHead {
	t := s.Regimes[0].Terms
	h := compareHead{Letter: sideLetter(i), ID: t.ID, Title: t.TitleText(), Version: t.Version, Digest: t.Digest}
	asIf := 0
	for _, r := range s.Regimes {
		h.Readings = append(h.Readings, newPageColumn(r))
		if r.Counterfactual {
			asIf++
		}
	}
	switch {
	case asIf == len(s.Regimes):
		h.Stamp = "as if in force at all times"
	case asIf > 0:
		h.Stamp = fmt.Sprintf("%d of the readings, which were never in force, as if in force at all times", asIf)
	}
	return h
}

// compareShare is one line of the summary: a kind of difference, the number
// of cases and a bar.
type compareShare struct {
	N, Href, Words, Cases, Percent string
	W                              float64 // of the bar, 0 to 100
}

// compareStrip sums up how many cases are the same and how many each section
// holds.
func compareStrip(r *compare.Result, sections []compareSection) []compareShare {
	out := []compareShare{newCompareShare("Both say the same, or both leave it open", r.Same, r.Cases)}
	for _, s := range sections {
		x := newCompareShare(s.Head, s.sum, r.Cases)
		x.N, x.Href = s.N, "#"+s.DOM
		out = append(out, x)
	}
	return out
}

func newCompareShare(words string, part, whole *big.Int) compareShare {
	s := compareShare{Words: words, Cases: Big(part), Percent: percent(part, whole)}
	if whole.Sign() > 0 {
		f, _ := new(big.Rat).SetFrac(part, whole).Float64()
		s.W = 100 * f
	}
	if part.Sign() > 0 && s.Percent == "0.00 %" {
		s.Percent = "under 0.01 %"
	}
	return s
}

// openHead heads what one side leaves open.
func openHead(here int, contested bool) string {
	a, b := sideLetter(here), sideLetter(1-here)
	if contested {
		return "the readings of " + a + " disagree, " + b + " is settled"
	}
	return "left open by " + a + ", settled by " + b
}

// compareTime lays out the life of every reading of every side, and the
// instants of the examples.
func compareTime(sides []compare.Side, acts []*compareAct) pageTime {
	var cols []pageColumn
	for i, s := range sides {
		for _, r := range s.Regimes {
			c := newPageColumn(r)
			c.Label = sideLetter(i) + " " + c.Label
			cols = append(cols, c)
		}
	}
	return newPageTime(cols, momentCards(acts))
}

// maxNamed is how many examples of one instant a mark names.
const maxNamed = 4

// momentCards gathers the examples by instant, so that each instant is one
// mark.
func momentCards(acts []*compareAct) []pageCard {
	var out []pageCard
	at := map[when.Instant]int{}
	more := map[when.Instant]int{}
	for _, a := range acts {
		i, ok := at[a.At]
		if !ok {
			at[a.At] = len(out)
			more[a.At] = 1
			span := when.Moment(a.At)
			out = append(out, pageCard{Key: a.DOM, DOM: a.DOM, ID: a.Label, Title: a.Sentence, Time: newPageSpan(span), span: span, in: &evidence.Incident{}})
			continue
		}
		if more[a.At]++; more[a.At] <= maxNamed {
			out[i].ID += ", " + a.Label
		}
	}
	for t, n := range more {
		if n > maxNamed {
			out[at[t]].ID += fmt.Sprintf(" and %d more", n-maxNamed)
		}
	}
	return out
}
