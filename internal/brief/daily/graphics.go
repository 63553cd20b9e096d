package daily

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/where"
)

// chartDays is how many days the chart shows, up to the cut-off.
const chartDays = 14

// day is a bar of the chart.
type day struct {
	to   time.Time
	n    *count.Number
	none bool // the record holds nothing before this day, so that nothing is known
}

// graphics are the map and the chart of the headline.
func (b *builder) graphics(total *Figure) []Graphic {
	return []Graphic{b.drawMap(), b.chart()}
}

// drawMap shows where: filled what surely counts, hatched what may, and in outline
// the places that somebody watched.
func (b *builder) drawMap() Graphic {
	c := b.c
	var marks []brief.SketchMark
	if b.ledger != nil {
		for i, p := range b.ledger.Posts {
			share := b.watched(func(k int) bool { return k == i })
			marks = append(marks, brief.SketchMark{Region: p.Place, Says: c.text("map.watched", "post", visible(p.ID), "share", percent(share)), Class: "watched"})
		}
	}
	total := b.r.Figure("violations.total")
	lost, shown := 0, 0
	for _, r := range b.now {
		counts := b.counts(total.Number, r.ID)
		if counts == "" {
			continue
		}
		class := "sure"
		if counts == c.text("counts.may") || len(r.Scenarios) > 1 {
			class = "may"
		}
		place := r.Scenarios[0].Place
		if len(r.Scenarios) > 1 {
			var all []where.Region
			for i := range r.Scenarios {
				if !r.Scenarios[i].Place.IsUnknown() {
					all = append(all, r.Scenarios[i].Place)
				}
			}
			if len(all) == 0 {
				lost++
				continue
			}
			place = where.UnionRegion(all...)
		}
		if place.IsUnknown() {
			lost++
			continue
		}
		shown++
		marks = append(marks, brief.SketchMark{Region: place, Says: visible(r.name()) + ": " + b.when(r), Href: "#" + r.anchor, Class: class})
	}
	svg, left := brief.Sketch(c.text("map.title"), marks, b.Base, func(a where.AreaInfo) string { return b.areaName(a) })
	wide := 0
	for _, m := range left {
		if m.Class != "watched" {
			wide++
		}
	}
	says := []Sentence{c.say("map.key", "n", shown-wide), c.say("map.lost", "lost", lost, "wide", wide)}
	return Graphic{ID: "map", Title: c.text("map.title"), SVG: svg, Says: says}
}

// days counts each of the last days by the rule of the headline.
func (b *builder) days() []day {
	out := make([]day, chartDays)
	first := time.Time{}
	for _, r := range b.Records {
		if dated(r) {
			if t := start(r).Time(); first.IsZero() || t.Before(first) {
				first = t
			}
		}
	}
	if b.Rest != nil {
		first = b.Rest.First
	}
	for i := range out {
		from, to := b.cutoff(chartDays-i), b.cutoff(chartDays-1-i)
		q := &count.Question{Rule: b.Rule, From: from, To: to, Zone: b.Zone, Coverage: -1}
		var of []*Record
		p := Period{from, to}
		for _, r := range b.Records {
			if dated(r) && touches(r, p) {
				of = append(of, r)
			}
		}
		out[i] = day{to: to.In(b.Zone), n: tally(q, of, b.counted()), none: first.IsZero() || !to.After(first)}
	}
	return out
}

// chart is a bar for each day: dark what surely counts, hatched what may, a broken
// line above what has no bound. A day before the first record has no bar and is
// marked: nothing is known of it.
func (b *builder) chart() Graphic {
	c := b.c
	days := b.days()
	top := 1
	for _, d := range days {
		top = max(top, d.n.High, d.n.Low)
	}
	top = niceTop(top)
	const w, h, left, bottom, up = 920.0, 260.0, 46.0, 44.0, 14.0
	var s strings.Builder
	title := c.text("chart.title", "days", fmt.Sprint(chartDays), "rule", b.Rule.ID())
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s" font-family="Noto Sans, DejaVu Sans, Liberation Sans, sans-serif" font-size="11" fill="#22262b">`, w, h, html.EscapeString(title))
	fmt.Fprintf(&s, `<title>%s</title><defs><pattern id="ch-may" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="6" height="6" fill="#fff"/><rect width="2" height="6" fill="#3d4450" fill-opacity=".7"/></pattern></defs>`, html.EscapeString(title))
	y := func(n int) float64 { return h - bottom - float64(n)/float64(top)*(h-bottom-up) }
	for k := 0; k <= 4; k++ {
		n := top * k / 4
		if k > 0 && n == top*(k-1)/4 {
			continue
		}
		fmt.Fprintf(&s, `<path d="M%.0f %.1fH%.0f" stroke="#c9c5bb" stroke-width=".7"/><text x="%.0f" y="%.1f" text-anchor="end">%d</text>`, left, y(n), w-6, left-6, y(n)+4, n)
	}
	step := (w - left - 10) / float64(len(days))
	for i, d := range days {
		x := left + float64(i)*step + step*.18
		bw := step * .64
		label := fmt.Sprintf("%d-%s", d.to.Day(), c.text(fmt.Sprintf("month.short.%d", int(d.to.Month()))))
		says := label + ": " + c.count(d.n.Low, d.n.High, d.n.Unbounded, d.n.About)
		if d.none {
			fmt.Fprintf(&s, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#5b626b">?</text>`, x+bw/2, h-bottom-5)
			says = label + ": " + c.text("not-known")
		}
		fmt.Fprintf(&s, `<g><title>%s</title>`, html.EscapeString(says))
		if d.n.Low > 0 {
			fmt.Fprintf(&s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#3d4450"/>`, x, y(d.n.Low), bw, y(0)-y(d.n.Low))
		}
		if high := max(d.n.High, d.n.Low); high > d.n.Low {
			fmt.Fprintf(&s, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#ch-may)" stroke="#3d4450" stroke-width=".7"/>`, x, y(high), bw, y(d.n.Low)-y(high))
		}
		if d.n.Unbounded {
			fmt.Fprintf(&s, `<path d="M%.1f %.1fV%.1f" stroke="#3d4450" stroke-dasharray="3 3" fill="none"/>`, x+bw/2, y(max(d.n.High, d.n.Low)), up)
		}
		weight := ""
		if i >= len(days)-b.Days {
			weight = ` font-weight="700"`
		}
		fmt.Fprintf(&s, `<text x="%.1f" y="%.1f" text-anchor="middle"%s>%s</text></g>`, x+bw/2, h-bottom+16, weight, html.EscapeString(label))
	}
	fmt.Fprintf(&s, `<path d="M%.0f %.1fH%.0f" stroke="#22262b"/>`, left, y(0), w-6)
	if b.ledger != nil {
		share := b.watched(func(int) bool { return true })
		fmt.Fprintf(&s, `<text x="%.0f" y="%.0f" fill="#0d6a74">%s</text>`, left, h-8, html.EscapeString(c.text("chart.coverage", "share", percent(share))))
	} else {
		fmt.Fprintf(&s, `<text x="%.0f" y="%.0f" fill="#5b626b">%s</text>`, left, h-8, html.EscapeString(c.text("chart.no-coverage")))
	}
	s.WriteString("</svg>")
	return Graphic{ID: "chart", Title: title, SVG: s.String(), Says: []Sentence{c.say("chart.key")}}
}

// niceTop is the next round number for the top of a scale.
func niceTop(n int) int {
	for f := 1; ; f *= 10 {
		for _, k := range []int{4, 8, 12, 20, 40} {
			if n <= k*f {
				return k * f
			}
		}
	}
}
