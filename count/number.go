package count

import (
	"maps"
	"slices"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

// Record is what a rule is applied to: an incident, with what became of inquiries
// about it.
type Record struct {
	*evidence.Incident
	Inquiry Inquiry
}

// Inquiry is what became of looking into an allegation.
type Inquiry int

// None was made or is known of, it is under way, it found the allegation to be
// so, or not to be so.
const (
	NoInquiry Inquiry = iota
	InquiryOpen
	Substantiated
	NotSubstantiated
)

// Question says what is to be counted.
type Question struct {
	Rule     *Rule
	From, To time.Time // half-open; zero: without bound
	// Sources are those that are counted; nil: all.
	Sources []string
	// Zone is the clock by which days are told; nil: UTC.
	Zone *time.Location
	// Coverage is the part of what the rule looks for that somebody could have
	// seen, 0 to 1; negative: not known. It is stated, nothing is scaled by it.
	Coverage float64
}

// Number is an answer. A number stands for nothing without the rest.
type Number struct {
	Rule        string     `json:"rule"` // name@version
	Unit        string     `json:"unit"`
	From        *time.Time `json:"from,omitempty"`
	To          *time.Time `json:"to,omitempty"` // the cut-off
	Sources     []string   `json:"sources"`      // of what was counted, or may count
	Low         int        `json:"low"`          // sure under the rule, by what the records say
	High        int        `json:"high"`         // may be; meaningless with Unbounded
	Unbounded   bool       `json:"unbounded"`    // some record says "at least", or "uncountable"
	About       bool       `json:"about"`        // some number is "about" so many
	Parts       []Part     `json:"parts,omitempty"`
	Counted     []string   `json:"counted"`       // ids of records that count for sure
	Open        []string   `json:"open"`          // ids of records that may count
	LeftOut     []Left     `json:"left_out"`      // why others do not
	UnknownPart float64    `json:"unknown_share"` // records that may count, of those that do or may
	Coverage    *float64   `json:"coverage"`      // null: not known
	Blind       []string   `json:"blind,omitempty"`
	Notes       []string   `json:"notes,omitempty"`
}

// Part is a class of what was counted. Parts of records whose class is open stand
// in each class that they may be of, so that highs need not add up.
type Part struct {
	Name      string `json:"name"`
	Low       int    `json:"low"`
	High      int    `json:"high"`
	Unbounded bool   `json:"unbounded,omitempty"`
	Listed    bool   `json:"listed,omitempty"` // shown, not in the total
}

// Left is how many records were left out for one reason.
type Left struct {
	Because string   `json:"because"`
	Records []string `json:"records"`
}

// Count applies a rule. Records are neither changed nor put in another order; the
// order makes no difference.
func Count(q *Question, records []Record) *Number {
	n := &Number{Rule: q.Rule.ID(), Unit: q.Rule.Unit, Sources: []string{}, Counted: []string{}, Open: []string{}, Blind: q.Rule.Blind}
	if !q.From.IsZero() {
		n.From = &q.From
	}
	if !q.To.IsZero() {
		n.To = &q.To
	}
	if q.Coverage >= 0 {
		n.Coverage = &q.Coverage
	}
	t := &tally{Question: q, n: n, parts: map[string]*Part{}, left: map[string][]string{}, zone: q.Zone}
	if t.zone == nil {
		t.zone = time.UTC
	}
	for i := range records {
		t.take(&records[i])
	}
	slices.SortFunc(t.in, func(a, b member) int { return compareMembers(&a, &b) })
	q.Rule.count(t)
	t.finish()
	return n
}

// member is a record that the question asks for, or may.
type member struct {
	*Record
	in    truth // yes or open
	first when.Instant
	last  when.Instant
	dated bool
}

// tally is the state of one count.
type tally struct {
	*Question
	n     *Number
	in    []member
	parts map[string]*Part
	order []string
	left  map[string][]string
	zone  *time.Location
}

// take keeps a record that the question may ask for.
func (t *tally) take(r *Record) {
	if len(t.Sources) > 0 && !slices.Contains(t.Sources, r.Source) {
		t.leave("another source", r)
		return
	}
	m := member{Record: r, in: yes, dated: true}
	for i := range r.Scenarios {
		span := r.Scenarios[i].Time
		if i == 0 {
			m.first, m.last = span.Start, span.End
		}
		m.first, m.last = min(m.first, span.Start), max(m.last, span.End)
	}
	if m.first == when.Always.Start || m.last == when.Always.End {
		m.dated = false
	}
	switch {
	case t.From.IsZero() && t.To.IsZero():
	case !m.dated:
		m.in = open
	default:
		m.in = t.within(&m)
	}
	if m.in == no {
		t.leave("outside the time asked for", r)
		return
	}
	t.in = append(t.in, m)
}

func (t *tally) within(m *member) truth {
	whole, touches := true, true
	if !t.From.IsZero() {
		from := when.At(t.From)
		whole, touches = whole && m.first >= from, touches && (m.last > from || m.first >= from)
	}
	if !t.To.IsZero() {
		to := when.At(t.To)
		whole = whole && m.last <= to && m.first < to
		touches = touches && m.first < to
	}
	switch {
	case whole:
		return yes
	case touches:
		return open
	}
	return no
}

func (t *tally) leave(because string, r *Record) {
	t.left[because] = append(t.left[because], r.ID)
}

// part is the part of a name; parts stand in the order in which they were asked
// for.
func (t *tally) part(name string) *Part {
	p := t.parts[name]
	if p == nil {
		p = &Part{Name: name, Listed: slices.Contains(t.Rule.Listed, name)}
		t.parts[name], t.order = p, append(t.order, name)
	}
	return p
}

// amount is how many a record speaks of.
type amount struct {
	low, high int
	open      bool // no upper bound
	about     bool // the source rounds
}

// single is one, however many events a record speaks of.
var single = amount{low: 1, high: 1}

func amountOf(r *Record) amount {
	c := r.Count
	if !c.Known {
		return single
	}
	a := amount{c.Min, c.Max, c.Max < 0, c.About}
	if a.open {
		a.high = a.low
	}
	return a
}

// add puts an amount into parts and, where it is not only listed, into the total.
// certain says which of the parts it is of for sure.
func (t *tally) add(m *member, in truth, a amount, parts map[string]truth) {
	in = and(in, m.in)
	if in == no {
		return
	}
	listed := len(parts) > 0
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		is, p := parts[name], t.part(name)
		listed = listed && (p.Listed || is == no)
		p.put(and(is, in), a)
	}
	if listed {
		return
	}
	total := Part{Low: t.n.Low, High: t.n.High, Unbounded: t.n.Unbounded}
	total.put(in, a)
	t.n.Low, t.n.High, t.n.Unbounded = total.Low, total.High, total.Unbounded
	t.n.About = t.n.About || a.about
	t.uses(m, in)
}

// uses notes that a record counts, or may.
func (t *tally) uses(m *member, in truth) {
	if in == yes {
		t.n.Counted = append(t.n.Counted, m.ID)
	} else {
		t.n.Open = append(t.n.Open, m.ID)
	}
	if m.Source != "" && !slices.Contains(t.n.Sources, m.Source) {
		t.n.Sources = append(t.n.Sources, m.Source)
	}
}

func (p *Part) put(in truth, a amount) {
	if in == no {
		return
	}
	if in == yes {
		p.Low += a.low
	}
	p.High += a.high
	p.Unbounded = p.Unbounded || a.open
}

func (t *tally) finish() {
	for _, name := range t.order {
		t.n.Parts = append(t.n.Parts, *t.parts[name])
	}
	for because, ids := range t.left {
		slices.Sort(ids)
		t.n.LeftOut = append(t.n.LeftOut, Left{because, ids})
	}
	slices.SortFunc(t.n.LeftOut, func(a, b Left) int { return compareStrings(a.Because, b.Because) })
	slices.Sort(t.n.Sources)
	slices.Sort(t.n.Counted)
	slices.Sort(t.n.Open)
	if all := len(t.n.Counted) + len(t.n.Open); all > 0 {
		t.n.UnknownPart = float64(len(t.n.Open)) / float64(all)
	}
}
