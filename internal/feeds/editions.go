package feeds

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The kinds of EditionChange.
const (
	ChangeNew       = "new"
	ChangeUpdated   = "updated"
	ChangeWithdrawn = "withdrawn"
	ChangeOutside   = "outside-period" // not in the later edition, which does not cover its day
	ChangeLost      = "unreadable"     // in the later edition, but it cannot be read there
)

// EditionChange is one row that the two editions do not share as it stands.
type EditionChange struct {
	Change string `json:"change"`
	ID     string `json:"id"`  // the source's id, or what names the row
	Day    string `json:"day"` // "" unknown
	// OldLine and NewLine are where the row stands; 0 where it does not.
	OldLine int           `json:"old_line,omitempty"`
	NewLine int           `json:"new_line,omitempty"`
	Fields  []FieldChange `json:"fields,omitempty"`
	// PairedBy names the columns by which rows without a common id were held for
	// one; "" if they share an id.
	PairedBy string `json:"paired_by,omitempty"`
	// Late is true of a new row for a day that the earlier edition had covered:
	// the source learnt of it later, or revised its list.
	Late bool `json:"late,omitempty"`
	// Counts is true of an update that changes numbers: the source revises what
	// it said of that day. It is no further event.
	Counts bool   `json:"counts_revised,omitempty"`
	Note   string `json:"note,omitempty"`

	// OldRow and NewRow are the rows; nil where there is none.
	OldRow, NewRow *EditionRow `json:"-"`
}

// FieldChange is one value that differs.
type FieldChange struct {
	Column string `json:"column"`
	Old    string `json:"old"`
	New    string `json:"new"`
}

// EditionSide says what one of the editions holds.
type EditionSide struct {
	File     string `json:"file"`
	Rows     int    `json:"rows"` // that could be read and do not repeat another
	Rejected int    `json:"rejected"`
	Repeated int    `json:"repeated"`
	From     string `json:"from"`
	To       string `json:"to"`
}

// EditionDiff is what a later edition adds, changes and withdraws. Every sound
// row of the earlier one is Updated, Unchanged, Withdrawn, Outside or Lost;
// every sound row of the later one New, Updated or Unchanged.
type EditionDiff struct {
	Kind      string      `json:"kind"`
	Old       EditionSide `json:"earlier"`
	Later     EditionSide `json:"later"`
	New       int         `json:"new"`
	Updated   int         `json:"updated"`
	Unchanged int         `json:"unchanged"`
	Withdrawn int         `json:"withdrawn"`
	Rejected  int         `json:"rejected"` // rows of the later edition that could not be read
	Outside   int         `json:"outside_period"`
	Lost      int         `json:"unreadable"`
	// Restamped of the unchanged rows differ only in when they were written.
	Restamped int `json:"restamped"`
	Late      int `json:"late"`           // of New
	Counts    int `json:"counts_revised"` // of Updated
	// ColumnsAdded and ColumnsDropped stand in one edition only. They are named
	// here and make no row an update.
	ColumnsAdded   []string        `json:"columns_added"`
	ColumnsDropped []string        `json:"columns_dropped"`
	Warnings       []string        `json:"warnings"`
	Changes        []EditionChange `json:"changes"`
}

// Covers is the period that the later edition is known to hold, as its first
// and last day. The zero value takes it from the rows.
type Covers struct{ From, To string }

// CompareEditions lists what the later edition adds, changes and withdraws. It
// is an error if the two are of different kinds.
func CompareEditions(old, later *Edition, covers Covers) (*EditionDiff, error) {
	if old.Kind != later.Kind {
		return nil, fmt.Errorf("%s is %s and %s is %s: editions of one source are compared", old.File, old.Kind, later.File, later.Kind)
	}
	c := newComparison(old, later, covers)
	c.columns()
	for _, p := range pairRows(old, later, c.skip) {
		c.pair(p)
	}
	c.rest()
	c.warn()
	return &c.out, nil
}

// comparison is the state of comparing two editions.
type comparison struct {
	old, later *Edition
	out        EditionDiff
	skip       map[string]bool // columns that only one edition has
	stamps     map[string]bool
	paired     map[*EditionRow]bool
	covers     Covers
	shrunk     [2]bool // the later edition begins later, ends earlier
}

func newComparison(old, later *Edition, covers Covers) *comparison {
	c := &comparison{
		old: old, later: later, skip: map[string]bool{}, stamps: map[string]bool{}, paired: map[*EditionRow]bool{}, covers: covers,
		out: EditionDiff{Kind: old.Kind, Old: side(old), Later: side(later), Rejected: len(later.Rejected)},
	}
	for _, s := range old.identity.stamps {
		c.stamps[s] = true
	}
	if covers == (Covers{}) {
		c.covers = Covers{later.From, later.To}
		c.shrunk = [2]bool{old.From != "" && later.From > old.From, old.To != "" && later.To < old.To}
	}
	return c
}

func side(e *Edition) EditionSide {
	return EditionSide{File: e.File, Rows: len(e.Rows), Rejected: len(e.Rejected), Repeated: e.Repeated, From: e.From, To: e.To}
}

// columns finds those that only one edition has. In documents, whose parts may
// be absent, those are parts that no row of one edition has and every row of
// the other.
func (c *comparison) columns() {
	c.out.ColumnsAdded = c.onlyIn(c.later, c.old)
	c.out.ColumnsDropped = c.onlyIn(c.old, c.later)
	for _, name := range slices.Concat(c.out.ColumnsAdded, c.out.ColumnsDropped) {
		c.skip[name] = true
	}
}

func (c *comparison) onlyIn(a, b *Edition) []string {
	out := []string{}
	for _, name := range a.columns {
		if _, both := b.index[name]; both {
			continue
		}
		if a.table || len(a.Rows) > 1 && !slices.ContainsFunc(a.Rows, func(w *EditionRow) bool { return a.get(w, name) == "" }) {
			out = append(out, name)
		}
	}
	return out
}

// pair counts a row that both editions have.
func (c *comparison) pair(p rowPair) {
	c.paired[p.old], c.paired[p.later] = true, true
	changes := c.fields(p)
	only := func(in []string) bool {
		return !slices.ContainsFunc(changes, func(f FieldChange) bool { return !slices.Contains(in, f.Column) })
	}
	if len(changes) == 0 || only(c.old.identity.stamps) {
		c.out.Unchanged++
		if len(changes) > 0 {
			c.out.Restamped++
		}
		return
	}
	e := EditionChange{
		Change: ChangeUpdated, ID: c.later.named(p.later), Day: c.later.dayOf(p.later, p.old), OldLine: p.old.Line, NewLine: p.later.Line,
		OldRow: p.old, NewRow: p.later,
		Fields: changes, PairedBy: strings.Join(p.by, ", "),
		Counts: slices.ContainsFunc(changes, func(f FieldChange) bool { return slices.Contains(c.old.identity.counts, f.Column) }),
	}
	if e.Counts {
		e.Note = "revision of an earlier count, not a new event"
		c.out.Counts++
	}
	if p.replaces {
		e.Note = joinText(e.Note, "it says that it replaces "+c.old.named(p.old))
	}
	if c.later.get(p.later, "msgtype") == "Cancel" {
		e.Note = joinText(e.Note, "it cancels it")
	}
	c.out.Updated++
	c.out.Changes = append(c.out.Changes, e)
}

func (e *Edition) dayOf(w, other *EditionRow) string {
	if w.Day != "" {
		return w.Day
	}
	return other.Day
}

// fields lists the values that differ, in the order of the columns.
func (c *comparison) fields(p rowPair) []FieldChange {
	var out []FieldChange
	differs := func(name string) {
		if a, b := c.old.get(p.old, name), c.later.get(p.later, name); a != b && !c.skip[name] {
			out = append(out, FieldChange{name, a, b})
		}
	}
	for _, name := range c.later.columns {
		differs(name)
	}
	for _, name := range c.old.columns {
		if _, both := c.later.index[name]; !both {
			differs(name)
		}
	}
	return out
}

// rest counts the rows that only one edition has.
func (c *comparison) rest() {
	lost, mended := unreadable(c.later), unreadable(c.old)
	for _, w := range c.later.Rows {
		if !c.paired[w] {
			c.added(w, mended)
		}
	}
	for _, w := range c.old.Rows {
		if c.paired[w] {
			continue
		}
		e := EditionChange{Change: ChangeWithdrawn, ID: c.old.named(w), Day: w.Day, OldLine: w.Line, OldRow: w}
		line, there := lost.find(c.old, w)
		switch {
		case there:
			e.Change, e.NewLine = ChangeLost, line
			e.Note = "the later edition has it, in a row that could not be read"
			c.out.Lost++
		case !c.covered(w.Day):
			e.Change = ChangeOutside
			c.out.Outside++
		default:
			c.out.Withdrawn++
		}
		c.out.Changes = append(c.out.Changes, e)
	}
	c.out.Late = 0
	for _, e := range c.out.Changes {
		if e.Late {
			c.out.Late++
		}
	}
}

// spoiltRows are lines of rows that could not be read, by what names them. Each
// is found once.
type spoiltRows map[string][]int

func unreadable(e *Edition) spoiltRows {
	out := spoiltRows{}
	for _, w := range e.Rejected {
		for _, k := range e.keys(w) {
			out[k] = append(out[k], w.Line)
		}
	}
	return out
}

// find looks for the row that w, a row of another edition, would be.
func (s spoiltRows) find(e *Edition, w *EditionRow) (int, bool) {
	for _, k := range e.keys(w) {
		if lines := s[k]; len(lines) > 0 {
			s[k] = lines[1:]
			return lines[0], true
		}
	}
	return 0, false
}

func (c *comparison) added(w *EditionRow, mended spoiltRows) {
	e := EditionChange{Change: ChangeNew, ID: c.later.named(w), Day: w.Day, NewLine: w.Line, NewRow: w}
	e.Late = w.Day != "" && c.old.From != "" && w.Day >= c.old.From && w.Day < c.old.To
	if e.Late {
		e.Note = "added later for a day that the earlier edition covered"
	}
	if _, there := mended.find(c.later, w); there {
		e.Note, e.Late = "the earlier edition had it, in a row that could not be read", false
	}
	c.out.New++
	c.out.Changes = append(c.out.Changes, e)
}

// covered reports whether the later edition would hold a row of that day. The
// first and the last day of an edition that was cut may be cut themselves, and
// the day beside them too, since lists are not strictly in order of time.
func (c *comparison) covered(day string) bool {
	switch {
	case day == "":
		return !c.shrunk[0] && !c.shrunk[1]
	case day < c.covers.From || c.covers.To != "" && day > c.covers.To:
		return false
	}
	return !(c.shrunk[0] && day <= beside(c.covers.From, 1)) && !(c.shrunk[1] && day >= beside(c.covers.To, -1))
}

// beside is a day so many days later.
func beside(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// manyGone is the share of the rows in its period beyond which an edition is
// suspected to be incomplete.
const (
	manyGone  = 0.2
	fewerThan = 10
)

// warn says what may make the counts mean something else.
func (c *comparison) warn() {
	say := func(format string, args ...any) {
		c.out.Warnings = append(c.out.Warnings, fmt.Sprintf(format, args...))
	}
	c.out.Warnings = []string{}
	o := &c.out
	if c.shrunk[0] || c.shrunk[1] {
		say("the later edition covers a smaller period (%s to %s, the earlier %s to %s): %d rows outside it, or beside its ends, are not counted as withdrawn; if it is known to be whole there, say so with --covers FROM..TO", c.later.From, c.later.To, c.old.From, c.old.To, o.Outside)
	}
	inside := o.Updated + o.Unchanged + o.Withdrawn
	if o.Withdrawn >= fewerThan && float64(o.Withdrawn) > manyGone*float64(inside) {
		say("%d of %d rows of the period are gone: is the later edition whole, or filtered, one page of several, a download cut short?", o.Withdrawn, inside)
	}
	if n := c.renumbered(); n > 0 {
		say("%d rows that are gone stand in the later edition word for word under another id: the source may have given new ids", n)
	}
	if nameless := len(c.later.Rejected) - o.Lost; nameless > 0 && o.Withdrawn > 0 {
		say("%d rows of the later edition could not be read and cannot be told: some of those counted as withdrawn may be among them", nameless)
	}
	if c.older() {
		say("the later edition has the older stamps (%s): are the two files the wrong way round?", strings.Join(c.old.identity.stamps[:1], ""))
	}
}

// renumbered counts rows that only one edition has and that differ from one of
// the other in nothing but the id.
func (c *comparison) renumbered() int {
	without := map[string]bool{}
	for _, name := range slices.Concat(c.old.identity.ids, c.old.identity.stamps) {
		without[name] = true
	}
	if len(c.old.identity.ids) == 0 || c.out.New == 0 || c.out.Withdrawn+c.out.Outside == 0 {
		return 0
	}
	for name := range c.skip {
		without[name] = true
	}
	fresh := map[string]int{}
	for _, w := range c.later.Rows {
		if !c.paired[w] {
			fresh[c.later.byName(w, without)]++
		}
	}
	n := 0
	for _, w := range c.old.Rows {
		if c.paired[w] {
			continue
		}
		if k := c.old.byName(w, without); fresh[k] > 0 {
			fresh[k]--
			n++
		}
	}
	return n
}

// older reports whether more rows of the later edition carry an earlier stamp
// than a later one: only stamps that are plain numbers are compared.
func (c *comparison) older() bool {
	if c.old.Kind != "acled" {
		return false
	}
	before, after := 0, 0
	byID := map[string]string{}
	for _, w := range c.old.Rows {
		byID[c.old.id(w)] = c.old.get(w, "timestamp")
	}
	for _, w := range c.later.Rows {
		a, b := byID[c.later.id(w)], c.later.get(w, "timestamp")
		if !digits.MatchString(a) || !digits.MatchString(b) || len(a) != len(b) {
			continue
		}
		if b < a {
			before++
		} else if b > a {
			after++
		}
	}
	return before > after
}
