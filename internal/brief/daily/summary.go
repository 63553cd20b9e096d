package daily

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
)

// most is how many regions the summary names; the table has all.
const most = 6

// summary is the list at the top, in the order of the Mission of the OSCE. It makes no
// number: all are figures of the sections.
func (b *builder) summary() {
	c := b.c
	add := func(s Sentence) { b.r.Summary = append(b.r.Summary, s) }
	style := b.style()
	total := b.r.Figure("violations.total")
	add(c.say("summary.total."+style, "n", total, "before", total.beforeText))
	type regional struct {
		f    *Figure
		name string
	}
	var regions []regional
	for _, a := range b.areas {
		if f := b.r.Figure("violations.region." + a.code); f != nil && f.Low > 0 {
			regions = append(regions, regional{f, b.areaTitle(a)})
		}
	}
	sort.SliceStable(regions, func(i, k int) bool { return regions[i].f.Low > regions[k].f.Low })
	for i, r := range regions {
		if i == most {
			add(c.say("summary.more-regions", "n", len(regions)-most))
			break
		}
		add(c.say("summary.region."+style, "region", r.name, "n", r.f, "before", r.f.beforeText))
	}
	if style == "smm" {
		add(c.say("summary.explosions", "n", b.r.Figure("violations.kind.explosion"), "before", b.r.Figure("violations.kind.explosion").beforeText))
	}
	killed, injured, rk, ri := b.r.Figure("casualties.killed"), b.r.Figure("casualties.injured"), b.r.Figure("casualties.killed.reported"), b.r.Figure("casualties.injured.reported")
	if killed.none() && injured.none() && rk.none() && ri.none() { // no record speaks of any: that is no zero
		add(c.say("summary.casualties.none"))
	} else {
		add(c.say("summary.casualties", "killed", killed, "injured", injured, "rk", rk, "ri", ri))
	}
	b.orNone("weapons.seen", "summary.weapons")
	windows := 0
	for _, s := range b.r.Sections {
		if s.ID == "windows" {
			windows = len(s.Tables[0].Rows)
		}
	}
	if windows > 0 {
		add(c.say("summary.windows", "n", windows))
	}
	b.orNone("restrictions.total", "summary.restrictions")
	add(b.known(total))
	if changed := b.revised(); len(changed) > 0 {
		s := c.say("summary.revised", "n", len(changed))
		for i, f := range changed[:min(len(changed), most)] {
			if i > 0 {
				s = append(s, Piece{Text: "; "})
			}
			s = append(s, c.say("summary.revised.one", "name", f.Name, "was", b.issued(f), "now", f.beforeText)...)
		}
		add(s)
	} else if b.Last != nil && total.Issued != "" {
		add(c.say("summary.unrevised", "title", b.Last.Title))
	} else {
		add(c.say("summary.first"))
	}
}

// orNone says a number, or where it is nothing that nothing is on record, which says
// less than a zero.
func (b *builder) orNone(figure, key string) {
	f := b.r.Figure(figure)
	s := b.c.say(key, "n", f, "before", f.beforeText)
	if f.none() {
		s = b.c.say(key+".none", "before", f.beforeText)
	}
	b.r.Summary = append(b.r.Summary, s)
}

// known is what share is open, and what could have been seen.
func (b *builder) known(total *Figure) Sentence {
	share := b.c.text("coverage.none")
	if total.Coverage != nil {
		share = percent(*total.Coverage)
	}
	return b.c.say("summary.known", "open", percent(total.UnknownPart), "coverage", share)
}

func (b *builder) revised() []*Figure {
	var out []*Figure
	for _, f := range b.r.Figures {
		if f.Revised {
			out = append(out, f)
		}
	}
	return out
}

// issued is the number that the last issue gave, in the language of the report.
func (b *builder) issued(f *Figure) string { return b.issuedText(f.Issued) }

// issuedText is a number as an issued report keeps it, in the language of the report.
func (b *builder) issuedText(text string) string {
	n, err := evidence.ParseNumber(text)
	if err != nil || !n.Known {
		return visible(text)
	}
	return b.persons(n)
}

// method is how one number came about.
type method struct {
	Figure  *Figure
	Says    []Sentence
	Records Sentence
}

// Methods is how each number came about, in their order; numbers that are nothing
// now and were nothing before are left out.
func (r *Report) Methods() []method { return r.methods }

// explain says of each figure by what rule, from which sources and records, what is
// open, what was left out and what has changed.
func (b *builder) explain() {
	byID := map[string]*Record{}
	for _, r := range slices.Concat(b.now, b.limits[0], b.undated) {
		byID[r.ID] = r
	}
	for _, f := range b.r.Figures {
		if f.none() && f.Before.High == 0 && !f.Before.Unbounded && f.ID != "violations.total" {
			continue
		}
		m := method{Figure: f, Says: []Sentence{b.basis(f)}}
		if len(f.LeftOut) > 0 && f.ID == "violations.total" {
			var left []string
			for _, l := range f.LeftOut {
				left = append(left, fmt.Sprintf("%d: %s", len(l.Records), b.c.reason(l.Because)))
			}
			m.Says = append(m.Says, b.c.say("method.left", "list", strings.Join(left, "; ")))
		}
		if f.Issued != "" {
			m.Says = append(m.Says, b.c.say("method.issued", "was", b.issued(f), "now", f.beforeText))
		}
		if f.ID == "violations.total" && !f.Unbounded && !f.Before.Unbounded {
			days := float64(b.Days)
			if r := count.Ratio(f.Low, days, f.Before.Low, days); !math.IsNaN(r.Value) && !math.IsInf(r.High, 1) {
				m.Says = append(m.Says, b.c.say("method.ratio", "value", fmt.Sprintf("%.2f", r.Value), "low", fmt.Sprintf("%.2f", r.Low), "high", fmt.Sprintf("%.2f", r.High)))
			}
		}
		var rs []*Record
		for _, id := range slices.Concat(f.Counted, f.Open) {
			if r := byID[id]; r != nil {
				rs = append(rs, r)
			}
		}
		most := 12
		if f.ID == "violations.total" {
			most = 60
		}
		m.Records = b.links(rs, most)
		b.r.methods = append(b.r.methods, m)
	}
}

func (b *builder) basis(f *Figure) Sentence {
	share := b.c.text("coverage.none")
	if f.Coverage != nil {
		share = percent(*f.Coverage)
	}
	sources := make([]string, 0, len(f.Sources))
	for _, s := range f.Sources {
		sources = append(sources, sourceName(s, 40))
	}
	if len(sources) > 4 {
		sources = append(sources[:4], b.c.text("links.more", "n", len(f.Sources)-4))
	}
	from := strings.Join(sources, "; ")
	if from == "" {
		from = b.c.text("not-said")
	}
	out := b.c.say("method.basis", "rule", f.Rule, "counted", len(f.Counted), "open", len(f.Open), "share", percent(f.UnknownPart), "coverage", share, "before", f.beforeText, "sources", quoted(from))
	if f.Low != f.High || f.Unbounded {
		out = append(out, b.c.say("method.range")...)
	}
	return out
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// sourceName is a source as a table has room for: of an address, whose it is and where
// it begins. The whole stands in the annex of records.
func sourceName(s string, n int) string {
	s = visible(s)
	if site, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"), "/"); ok && len(s) > 30 && !strings.ContainsAny(s, " ;") {
		part, more, deeper := strings.Cut(rest, "/")
		if s = site + "/" + part; deeper && more != "" {
			s += "/…"
		}
	}
	return short(s, n)
}

// reason is why a rule leaves records out, in the language of the report where it is
// one that is known here.
func (c *catalogue) reason(because string) string {
	for key, says := range map[string]string{
		"left.kind": "not of a kind that the rule counts", "left.time": "outside the time asked for", "left.seen": "no observation: this rule counts what observers saw, heard or recorded",
		"left.once": "observed from several positions, and counted once",
	} {
		if says == because {
			return c.text(key)
		}
	}
	return because
}
