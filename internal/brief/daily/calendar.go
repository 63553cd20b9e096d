package daily

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/calendar"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// calendar gathers what a report knows to be due or to begin and end: from when to when
// texts bind under each reading, works and windows of silence, and deadlines of cases.
func (b *builder) calendar() {
	for _, j := range b.Judges {
		b.bindings(j.Regime())
	}
	for _, n := range b.Notices {
		if !n.Span.Start.Bounded() || !n.Span.End.Bounded() || n.Span.Start >= n.Span.End {
			continue
		}
		b.date(n.ID, n.Span.Start, n.Span.End, b.c.text("calendar.notice", "from", visible(n.From)), visible(n.Says))
	}
	for _, d := range b.Deadlines {
		title := visible(d.What)
		if d.Of != "" {
			title += ": " + visible(d.Of)
		}
		b.date(d.ID, when.At(d.At), when.At(d.At), title, visible(d.State))
	}
	slices.SortStableFunc(b.r.dates, func(x, y calendar.Event) int {
		return cmp.Or(x.At.Compare(y.At), strings.Compare(x.ID, y.ID))
	})
}

// bindings are the moments at which a text begins to bind a party under a reading, or
// ends to. Where that hangs on an open question it says so.
func (b *builder) bindings(r *terms.Regime) {
	type moment struct {
		at    when.Instant
		party terms.PartyID
		key   string
	}
	clauses, open := map[moment][]string{}, map[moment]bool{}
	var order []moment
	for _, c := range r.Clauses {
		for _, w := range c.Windows {
			for _, m := range []moment{{w.Span.Start, w.Party, "calendar.begins"}, {w.Span.End, w.Party, "calendar.ends"}} {
				if !m.at.Bounded() {
					continue
				}
				if clauses[m] == nil {
					order = append(order, m)
				}
				if id := string(c.ID); !slices.Contains(clauses[m], id) {
					clauses[m] = append(clauses[m], id)
				}
				open[m] = open[m] || len(w.Answers) > 0
			}
		}
	}
	name := r.Terms.ID + "@" + r.ReadingID
	for _, m := range order {
		says := b.c.text("calendar.clauses", "list", strings.Join(clauses[m], ", "))
		if open[m] {
			says += " " + b.c.text("calendar.open")
		}
		b.date(strings.Join([]string{r.Terms.ID, r.ReadingID, string(m.party), m.key, m.at.RFC3339()}, "-"), m.at, m.at, b.c.text(m.key, "text", name)+": "+string(m.party), says)
	}
}

func (b *builder) date(id string, from, until when.Instant, title, says string) {
	e := calendar.Event{ID: id, At: from.Time(), Title: title, Says: says}
	if until > from {
		e.Until = until.Time()
	}
	b.r.dates = append(b.r.dates, e)
}

// Calendar is what is due, and what begins and ends, as a calendar of RFC 5545.
func (r *Report) Calendar() []byte {
	c := calendar.Calendar{Name: r.Title, Of: orText(r.Of, "report"), Product: "report", Made: r.Period.To.UTC().Truncate(time.Second), Events: r.dates}
	return c.Bytes()
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
