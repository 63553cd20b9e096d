package daily

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/calendar"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/when"
)

// Report is a report, ready to be printed in any format.
type Report struct {
	Lang     string           `json:"lang"`
	Title    string           `json:"title"`
	Mission  string           `json:"mission,omitempty"`
	Head     []Sentence       `json:"head"` // cut-off, zone, what it was made from
	Period   Period           `json:"period"`
	Previous Period           `json:"previous"`
	Rule     string           `json:"rule"`
	Of       string           `json:"of"`
	Vector   map[string]int64 `json:"vector,omitempty"`
	Summary  []Sentence       `json:"summary"`
	Sections []*Section       `json:"sections"`
	Annexes  []*Table         `json:"annexes"`
	Figures  []*Figure        `json:"figures"`

	// Faults are what a text of one's own says that cannot be done, or is not neutral.
	Faults []Fault `json:"faults,omitempty"`

	words   *catalogue
	methods []method
	exports []exported
	dates   []calendar.Event
	// audience is whom the report may be shown to, as Input.For.
	audience string
	records  []string // ids of those that it tells of, in any number
	text     *ownText // a text of one's own with numbers in it, instead of the sections
}

// Section is a chapter of the report.
type Section struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Says     []Sentence `json:"says,omitempty"`
	Tables   []*Table   `json:"tables,omitempty"`
	Graphics []Graphic  `json:"-"`
	After    []Sentence `json:"after,omitempty"`
}

// Table is a table, on the page and as an annex file.
type Table struct {
	ID      string       `json:"id"`
	Title   string       `json:"title"`
	Columns []string     `json:"columns"`
	Rows    [][]Sentence `json:"rows"`
	IDs     []string     `json:"ids,omitempty"` // of the record of each row
	Notes   []Sentence   `json:"notes,omitempty"`
	Empty   string       `json:"empty,omitempty"` // what is said where there are no rows
	Wide    bool         `json:"-"`
}

// Graphic is a map or chart, as SVG.
type Graphic struct {
	ID, Title, SVG string
	Says           []Sentence
}

// Graphic finds a map or chart by its id; nil: there is none.
func (r *Report) Graphic(id string) *Graphic {
	for _, s := range r.Sections {
		for i := range s.Graphics {
			if s.Graphics[i].ID == id {
				return &s.Graphics[i]
			}
		}
	}
	return nil
}

// GraphicIDs are the ids of the maps and charts.
func (r *Report) GraphicIDs() []string {
	var out []string
	for _, s := range r.Sections {
		for _, g := range s.Graphics {
			out = append(out, g.ID)
		}
	}
	return out
}

// Records are the ids of the records that it tells of, by name or in a number.
func (r *Report) Records() []string { return r.records }

// Figure finds a figure by its id; nil: there is none.
func (r *Report) Figure(id string) *Figure {
	for _, f := range r.Figures {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// builder makes a report.
type builder struct {
	*Input
	c         *catalogue
	r         *Report
	now, then []*Record    // of the period, and of the one before
	limits    [2][]*Record // restrictions of movement, likewise
	undated   []*Record
	ledger    *watch.Ledger
	areas     []areaInfo
	rules     map[string]*count.Rule
}

// New makes a report.
func New(in *Input) (*Report, error) {
	if err := in.fits(); err != nil {
		return nil, err
	}
	c, err := openCatalogue(in.Lang)
	if err != nil {
		return nil, err
	}
	b := &builder{Input: in, c: c, rules: map[string]*count.Rule{}}
	b.r = &Report{Lang: in.Lang, Mission: in.Mission, Period: in.period(0), Previous: in.period(1), Rule: in.Rule.ID(), Of: in.Of, Vector: in.Vector, words: c, audience: in.For}
	sorted := slices.Clone(in.Records)
	slices.SortStableFunc(sorted, func(x, y *Record) int {
		return cmp.Or(cmp.Compare(start(x), start(y)), cmp.Compare(x.ID, y.ID))
	})
	for _, r := range sorted {
		switch {
		case !dated(r):
			b.undated = append(b.undated, r)
		default:
			if touches(r, b.r.Period) {
				b.now = append(b.now, r)
			}
			if touches(r, b.r.Previous) {
				b.then = append(b.then, r)
			}
		}
	}
	for _, name := range []string{"incident", "smm-killed", "smm-injured", "smm-weapons"} {
		if b.rules[name], err = count.RuleNamed(name); err != nil {
			return nil, err
		}
	}
	for _, rs := range [][]*Record{b.now, b.then, b.undated} {
		for _, r := range rs {
			b.r.records = append(b.r.records, r.ID)
		}
	}
	slices.Sort(b.r.records)
	b.r.records = slices.Compact(b.r.records)
	if in.Spot != "" {
		r, err := in.spotRecord()
		if err != nil {
			return nil, err
		}
		b.now, b.then, b.undated = []*Record{r}, nil, nil
		b.locate()
		b.anchor()
		b.head()
		b.spot(r)
		b.calendar()
		b.export()
		return b.r, nil
	}
	if err := b.cover(); err != nil {
		return nil, err
	}
	b.limit()
	b.locate()
	b.anchor()
	b.head()
	b.violations()
	b.casualties()
	b.weapons()
	b.windows()
	b.findings()
	b.coverage()
	b.restrictions()
	b.annexes()
	b.summary()
	b.corrections()
	b.ownText()
	b.explain()
	b.export()
	b.calendar()
	return b.r, nil
}

// cover makes the ledger of who could have seen, for the places to be watched.
func (b *builder) cover() error {
	if b.Outlook == nil || b.Outlook.House == nil || len(b.Outlook.House.Means) == 0 {
		return nil
	}
	posts := b.Outlook.House.Watch
	if len(posts) == 0 {
		var ins []*Record
		ins = append(ins, b.now...)
		posts = watch.PostsOf(incidentsOf(ins))
	}
	const most = 24
	posts = posts[:min(len(posts), most)]
	if len(posts) == 0 {
		return nil
	}
	var err error
	b.ledger, err = b.Outlook.Cover("attack.strike", b.r.Period.span(), posts)
	return err
}

// watched is the mean chance, over the hours of some posts, that an act there would
// have been noticed; below 0 where there is no such post.
func (b *builder) watched(of func(post int) bool) float64 {
	if b.ledger == nil {
		return -1
	}
	sum, n := 0.0, 0
	for _, h := range b.ledger.Hours {
		if of(h.Post) {
			sum, n = sum+h.Chance, n+1
		}
	}
	if n == 0 {
		return -1
	}
	return sum / float64(n)
}

// figure makes a number of the report and keeps it.
func (b *builder) figure(id string, name string, rule *count.Rule, pick picker, coverage float64) *Figure {
	return b.figureOf(id, name, rule, [2][]*Record{b.now, b.then}, pick, coverage)
}

// figureOf is figure over other records: of the period, and of the one before.
func (b *builder) figureOf(id, name string, rule *count.Rule, of [2][]*Record, pick picker, coverage float64) *Figure {
	q := &count.Question{Rule: rule, From: b.r.Period.From, To: b.r.Period.To, Zone: b.Zone, Coverage: coverage}
	before := *q
	before.From, before.To, before.Coverage = b.r.Previous.From, b.r.Previous.To, -1
	f := &Figure{ID: id, Name: name, Number: tally(q, of[0], pick), Before: tally(&before, of[1], pick)}
	b.keep(f)
	return f
}

// keep takes a figure into the report, with what the last issue said of it.
func (b *builder) keep(f *Figure) {
	f.beforeText = b.c.count(f.Before.Low, f.Before.High, f.Before.Unbounded, f.Before.About)
	if f.ID != "undated" && b.Last != nil && b.Last.To.Equal(b.r.Previous.To) && b.Last.From.Equal(b.r.Previous.From) {
		f.Issued = b.Last.Figures[f.ID]
		f.Revised = f.Issued != "" && f.Issued != numberText(f.Before)
	}
	b.r.Figures = append(b.r.Figures, f)
}

// numberText is a number as an issued report keeps it, the same in every language.
func numberText(n *count.Number) string {
	switch {
	case n.Unbounded:
		return fmt.Sprintf("at least %d", n.Low)
	case n.Low == n.High:
		return fmt.Sprint(n.Low)
	}
	return fmt.Sprintf("%d..%d", n.Low, n.High)
}

// NumberText is the number of a figure as an issued report keeps it.
func (f *Figure) NumberText() string { return numberText(f.Number) }

// NumberOf is a figure in the words of the report's language.
func (r *Report) NumberOf(f *Figure) string { return r.words.number(f) }

func (b *builder) head() {
	to, from := b.r.Period.To.In(b.Zone), b.r.Period.From.In(b.Zone)
	key, number, year := "title.daily", to.YearDay(), to.Year()
	switch {
	case b.Days == 7:
		key = "title.weekly"
		year, number = to.AddDate(0, 0, -3).ISOWeek() // the week in which most of it lies
	case b.Days != 1:
		key = "title.period"
	}
	if b.Number != 0 {
		number = b.Number
	}
	b.r.Title = b.c.text(key, "number", fmt.Sprint(number), "year", fmt.Sprint(year))
	b.r.Head = append(b.r.Head,
		b.c.say("head.cutoff", "time", to.Format("15:04"), "date", b.c.date(to), "zone", b.Zone.String(), "offset", offset(to)),
		b.c.say("head.period", "from", b.c.moment(from), "to", b.c.moment(to), "hours", fmt.Sprintf("%g", b.r.Period.To.Sub(b.r.Period.From).Hours())),
		b.c.say("head.rule", "rule", b.Rule.ID()))
	switch {
	case b.Of == "":
	case b.Vector != nil:
		b.r.Head = append(b.r.Head, b.c.say("head.vector", "of", quoted(visible(b.Of)), "size", fmt.Sprint(b.Vector[b.Of])), b.c.say("head.for", "for", b.c.text("for."+b.For), "withheld", b.Withheld))
		if b.For == "public" {
			b.r.Head = append(b.r.Head, b.c.say("head.coarse"))
		}
	default:
		b.r.Head = append(b.r.Head, b.c.say("head.made-from", "of", quoted(visible(b.Of))))
	}
	if b.Corrects != nil {
		b.r.Title = b.c.text("title.corrigendum", "title", b.r.Title)
		b.r.Head = append(b.r.Head, b.c.say("head.corrects", "id", b.Corrects.ID, "reason", quoted(visible(b.Reason))))
	}
}

// offset is how far a clock is from UTC, such as UTC+3.
func offset(t time.Time) string {
	_, s := t.Zone()
	if s%3600 == 0 {
		return fmt.Sprintf("UTC%+d", s/3600)
	}
	return fmt.Sprintf("UTC%+d:%02d", s/3600, max(s, -s)%3600/60)
}

// date is a day in words, moment an instant, short one as the annex tables have it.
func (c *catalogue) date(t time.Time) string {
	return c.text("date", "day", fmt.Sprint(t.Day()), "month", c.text(fmt.Sprintf("month.%d", int(t.Month()))), "year", fmt.Sprint(t.Year()))
}

func (c *catalogue) moment(t time.Time) string {
	return c.text("moment", "date", c.date(t), "time", t.Format("15:04"))
}

func (c *catalogue) short(t time.Time) string {
	return fmt.Sprintf("%d-%s, %s", t.Day(), c.text(fmt.Sprintf("month.short.%d", int(t.Month()))), t.Format("15:04"))
}

// span is a time as the annex tables have it, by the clock of the report.
func (b *builder) span(s when.Span) string {
	if !s.Start.Bounded() || !s.End.Bounded() {
		return b.c.text("not-known")
	}
	from, to := s.Start.Time().In(b.Zone), s.End.Time().In(b.Zone)
	switch {
	case to.Sub(from) <= time.Minute:
		return b.c.short(from)
	case from.YearDay() == to.YearDay() && from.Year() == to.Year():
		return b.c.short(from) + "–" + to.Format("15:04")
	}
	return b.c.short(from) + " – " + b.c.short(to)
}

// record is a link to the row of a record in the annex.
func record(r *Record) Sentence { return Sentence{{Text: visible(r.name()), Href: "#" + r.anchor}} }

// visible takes out of a text of a record what would steer whoever shows it.
func visible(text string) string { return brief.Visible(text) }
