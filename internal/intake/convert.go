package intake

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// Converted says what became of a table.
type Converted struct {
	Rows    int      // of the source, the header left out
	Faults  []*Fault // the first maxFaults, in order of the rows
	Faulty  int      // rows with a fault that keeps them from being read
	Unknown []Word   // words that the mapping does not know and lets through
	Unused  []string // columns that are not mapped

	file, sheet string
	lines       []int             // line of the source, by line of what was written
	refused     map[int]bool      // by line of the source
	column      map[string]string // name of the source's column, by field
	number      map[string]int
}

// Word is a word of the source that is not known.
type Word struct {
	Field string `json:"field"`
	Word  string `json:"word"`
	Rows  int    `json:"rows"`
}

func (w Word) String() string { return fmt.Sprintf("%s: %s (%d)", w.Field, w.Word, w.Rows) }

const maxFaults = 1000

// maxWords bounds the different words that are counted.
const maxWords = 10_000

// ErrMapping means that a mapping does not fit a table.
var ErrMapping = errors.New("the mapping does not fit the table")

// converter carries out a mapping.
type converter struct {
	*Converted
	m       *Mapping
	header  []string
	loc     *time.Location
	at      map[string]int // index of a column of the source, by name
	words   map[Word]int
	keys    map[string]int            // line of a key that was seen
	meaning map[int]map[string]string // by number of the column, folded
	out     *csv.Writer
	columns []string // of what is written
	limit   int      // rows to convert; 0: all
}

// refusedLevel begins the level of a row that was refused. No reader takes it for
// a level, so that the row counts as refused and not as withdrawn.
const refusedLevel = "refused: "

// Convert writes a table as an incidents file, by a mapping. Every row is written,
// also one that was refused: what reads the file refuses it again.
func Convert(f *File, m *Mapping, w io.Writer) (*Converted, error) { return convert(f, m, w, 0) }

func convert(f *File, m *Mapping, w io.Writer, limit int) (*Converted, error) {
	s, err := f.sheet(m.Sheet)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMapping, err)
	}
	h, err := s.header(m.Header)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrMapping, f.Name, err)
	}
	header := names(s.Rows[h].Cells)
	if faults := m.check(header); len(faults) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrMapping, errors.Join(faults...))
	}
	c := &converter{m: m, header: header, at: map[string]int{}, words: map[Word]int{}, keys: map[string]int{}, out: csv.NewWriter(w), limit: limit,
		meaning: map[int]map[string]string{}, Converted: &Converted{file: f.Name, sheet: s.Name, refused: map[int]bool{}, column: map[string]string{}, number: map[string]int{}}}
	for i, n := range header {
		c.at[n] = i
	}
	if m.Zone != "" {
		if c.loc, err = when.Zone(m.Zone); err != nil {
			return nil, err
		}
	}
	c.prepare()
	if err := c.out.Write(c.columns); err != nil {
		return nil, err
	}
	c.lines = []int{0, s.Rows[h].Line}
	for i := h + 1; i < len(s.Rows) && (limit == 0 || c.Rows < limit); i++ {
		if err := c.row(&s.Rows[i]); err != nil {
			return nil, err
		}
	}
	c.out.Flush()
	for _, w := range slices.SortedFunc(maps.Keys(c.words), func(a, b Word) int {
		return strings.Compare(a.Field+"\x00"+a.Word, b.Field+"\x00"+b.Word)
	}) {
		c.Unknown = append(c.Unknown, Word{w.Field, w.Word, c.words[w]})
	}
	return c.Converted, c.out.Error()
}

// prepare finds which columns are written: those that the mapping fills, in their
// own order, so that the same mapping always writes the same file.
func (c *converter) prepare() {
	used, filled := map[string]bool{}, map[string]bool{"id": true, "time_start": true, "act": true, "target": true, "level": true}
	for f := range c.m.Constants {
		filled[f] = true
	}
	for _, k := range c.m.Key {
		used[k] = true
		if c.column["id"] == "" {
			c.column["id"], c.number["id"] = k, c.at[k]
		}
	}
	for i, col := range c.m.Columns {
		used[col.From] = true
		to := []string{col.To}
		switch col.To {
		case toDate, toClock:
			to = []string{"time_start", "time_end"}
		case toPosition:
			to = []string{"lat", "lon"}
		case "time_start", "launch_start":
			to = append(to, strings.Replace(col.To, "start", "end", 1))
		}
		for _, f := range to {
			filled[f] = true
			if c.column[f] == "" {
				c.column[f], c.number[f] = col.From, c.at[col.From]
			}
		}
		folded := map[string]string{}
		for w, v := range col.Values {
			folded[fold(w)] = v
		}
		c.meaning[i] = folded
	}
	for _, f := range fields {
		if filled[f] {
			c.columns = append(c.columns, f)
		}
	}
	for _, n := range c.header {
		if !used[n] {
			c.Unused = append(c.Unused, n)
		}
	}
}

// reading is one row on its way.
type reading struct {
	*converter
	r      *Row
	out    map[string]string
	faults []*Fault
	date   *civilTime
	dateAt string
}

func (c *converter) row(r *Row) error {
	c.Rows++
	x := &reading{converter: c, r: r, out: map[string]string{}}
	if r.Fault != nil {
		x.faults = append(x.faults, r.Fault)
	} else {
		x.read()
		if !slices.ContainsFunc(x.faults, func(f *Fault) bool { return f.Fatal }) && !x.says() {
			x.fault("", "", "", true, "none of the columns that the mapping takes has a value here that is known: fill one, map another column or its words, or leave the row out")
		}
	}
	fatal := ""
	for _, f := range x.faults {
		if f.Fatal && fatal == "" {
			fatal = f.Msg
			if f.Column != "" {
				fatal = "column " + f.Column + ": " + fatal
			}
		}
		if len(c.Faults) < maxFaults {
			c.Faults = append(c.Faults, f)
		}
	}
	if fatal != "" {
		c.Faulty++
		c.refused[r.Line] = true
		x.out["level"] = fmt.Sprintf("%srow %d: %s", refusedLevel, r.Line, fatal) // what else is known stays, so that the row of an earlier edition is found
	}
	cells, breaks := make([]string, len(c.columns)), 0
	for i, f := range c.columns {
		cells[i] = strings.ReplaceAll(strings.ReplaceAll(x.out[f], "\r\n", "\n"), "\r", "\n")
		breaks += strings.Count(cells[i], "\n")
	}
	for range breaks + 1 {
		c.lines = append(c.lines, r.Line)
	}
	return c.out.Write(cells)
}

// says reports whether the row says anything beside what the mapping says of all rows.
func (x *reading) says() bool {
	return slices.ContainsFunc(x.columns, func(f string) bool { return strings.TrimSpace(x.out[f]) != "" && x.out[f] != x.m.Constants[f] })
}

// fault notes what is wrong with a cell.
func (x *reading) fault(column, field, value string, fatal bool, format string, args ...any) {
	f := &Fault{File: x.file, Sheet: x.sheet, Row: x.r.Line, Column: column, Field: field, Value: clip(value), Msg: fmt.Sprintf(format, args...), Fatal: fatal}
	if i, ok := x.at[column]; ok {
		f.Cell = cellName(i, x.r.Line)
	}
	x.faults = append(x.faults, f)
}

// cell returns a cell by the name of its column.
func (x *reading) cell(name string) Cell {
	if i := x.at[name]; i < len(x.r.Cells) {
		return x.r.Cells[i]
	}
	return Cell{}
}

func (x *reading) read() {
	if n := len(x.r.Cells); n != len(x.header) && x.sheet == "" {
		for n > len(x.header) && x.r.Cells[n-1].Text == "" {
			n--
		}
		if n != len(x.header) {
			x.fault("", "", "", true, "%d columns where the header has %d: put text with separators or quotes into quotes", n, len(x.header))
			return
		}
	}
	maps.Copy(x.out, x.m.Constants)
	for i := range x.m.Columns {
		col := &x.m.Columns[i]
		c := x.cell(col.From)
		switch {
		case c.Kind == Missing:
			x.fault(col.From, col.To, c.Text, true, "the cell holds a formula (%s) whose value was not saved: open the workbook in a spreadsheet and save it, or paste the values", clip(c.Text))
		case c.Kind == Broken:
			x.fault(col.From, col.To, c.Text, true, "the cell holds the error %s of a spreadsheet: mend the formula, or empty the cell", clip(c.Text))
		case c.Text != "":
			x.take(i, col, c)
		}
	}
	x.when()
	x.key()
}

// take reads a cell into its field.
func (x *reading) take(i int, col *Column, c Cell) {
	refuse := func(err error) { x.fault(col.From, col.To, c.Text, true, "%v", err) }
	if v, ok := x.meaning[i][fold(c.Text)]; ok {
		x.put(col.To, v)
		return
	}
	switch col.To {
	case "time_start", "time_end", "launch_start", "launch_end":
		x.time(col, c, refuse)
	case toDate:
		d, err := parseCivil(c.Text, x.m.Dates)
		if err != nil && offset.MatchString(c.Text) {
			x.time(&Column{From: col.From, To: "time_start"}, c, refuse)
			return
		}
		if err != nil {
			refuse(err)
			return
		}
		x.date, x.dateAt = &d, col.From
	case toClock: // with the date
	case "lat", "lon":
		v, err := parseDegrees(c.Text, col.To == "lat")
		if err != nil {
			refuse(err)
			return
		}
		x.out[col.To] = decimal(v)
	case toPosition:
		lat, lon, err := parsePosition(c.Text)
		if err != nil {
			refuse(err)
			return
		}
		x.out["lat"], x.out["lon"] = decimal(lat), decimal(lon)
	case "precision_m":
		v, err := parseMetres(c.Text)
		if err != nil {
			refuse(err)
			return
		}
		x.out[col.To] = decimal(v)
	case "killed", "injured":
		if _, err := evidence.ParseNumber(c.Text); err != nil {
			refuse(err)
			return
		}
		x.out[col.To] = c.Text
	default:
		if col.closed() {
			x.word(i, col, c.Text, refuse)
			return
		}
		x.put(col.To, c.Text)
	}
}

func (x *reading) put(to, v string) {
	if by, ok := joined[to]; ok && x.out[to] != "" && v != "" {
		v = x.out[to] + by + v
	}
	x.out[to] = v
}

// word reads a word of a closed vocabulary: whole, or its parts by "|".
func (x *reading) word(i int, col *Column, text string, refuse func(error)) {
	var out []string
	open := false
	for _, part := range strings.Split(text, "|") {
		part = strings.TrimSpace(part)
		v, ok := x.meaning[i][fold(part)]
		if !ok {
			v, ok = x.node(col.To, part)
		}
		if !ok {
			policy := x.m.Unknown
			if col.Unknown != "" {
				policy = col.Unknown
			}
			if policy != Allow {
				refuse(x.unknownWord(col, part))
				return
			}
			w := Word{Field: col.To, Word: clip(part)}
			if _, seen := x.words[w]; seen || len(x.words) < maxWords {
				x.words[w]++
			}
			x.fault(col.From, col.To, part, false, "%q is not known: the fact is left open, and the word is counted (unknown: allow)", clip(part))
			open = true
			continue
		}
		open = open || v == ""
		for _, n := range strings.Split(v, "|") {
			if n != "" && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	if !open { // one of several that is not known leaves the whole open
		x.out[col.To] = strings.Join(out, "|")
	}
}

// node reports whether a word is a value as it stands.
func (x *reading) node(field, word string) (string, bool) {
	w := strings.ToLower(word)
	if t := treeOf(field); t != nil {
		_, ok := t.Node(w)
		return w, ok && w != "*" && w != "any"
	}
	if field == "level" {
		_, err := evidence.ParseLevel(w)
		return w, err == nil
	}
	return "", false
}

func (x *reading) unknownWord(col *Column, word string) error {
	known := slices.Sorted(maps.Keys(col.Values))
	kind := "the words of the mapping"
	if t := treeOf(col.To); t != nil {
		known, kind = append(known, t.Nodes()...), "the tree of "+t.Name()
	}
	near := vocab.Nearest(word, known)
	if near != "" {
		near = ", the nearest is " + near
	}
	return fmt.Errorf("%q is not among %s%s: say what it means under `values` (empty leaves it open), or let such words through with `unknown: allow`", clip(word), kind, near)
}

// time reads a time into a start or an end.
func (x *reading) time(col *Column, c Cell, refuse func(error)) {
	t, err := parseMoment(c.Text, x.m.Dates, x.loc)
	if err != nil {
		refuse(err)
		x.out[col.To] = clip(c.Text)
		return
	}
	if strings.HasSuffix(col.To, "_end") {
		x.out[col.To] = t.to.RFC3339()
		return
	}
	x.out[col.To] = t.from.RFC3339()
	if end := strings.Replace(col.To, "start", "end", 1); !t.exact && x.out[end] == "" {
		x.out[end] = t.to.RFC3339()
	}
}

// when puts a date and a clock in columns of their own together.
func (x *reading) when() {
	clock := -1
	for i, c := range x.m.Columns {
		if c.To == toClock {
			clock = i
		}
	}
	if x.date == nil {
		if clock >= 0 && x.cell(x.m.Columns[clock].From).Text != "" && len(x.faults) == 0 {
			x.fault(x.m.Columns[clock].From, "time_start", x.cell(x.m.Columns[clock].From).Text, true, "a time of day without a date: expected both, or neither")
		}
		return
	}
	at := x.dateAt
	if clock >= 0 {
		name := x.m.Columns[clock].From
		if c := x.cell(name); c.Text != "" && c.Kind != Missing && c.Kind != Broken {
			text := c.Text
			if i := strings.LastIndexAny(text, " T"); c.Kind == Date && i > 0 { // a clock that the sheet shows with some day
				text = text[i+1:]
			}
			if err := x.date.setClock(text); err != nil {
				x.fault(name, "time_start", c.Text, true, "%v", err)
				return
			}
			at = name
		}
	}
	t, err := x.date.in(x.loc)
	if err != nil {
		x.fault(at, "time_start", x.cell(at).Text, true, "%v", err)
		return
	}
	x.out["time_start"] = t.from.RFC3339()
	if !t.exact {
		x.out["time_end"] = t.to.RFC3339()
	}
}

// key makes the id of the columns that name the row.
func (x *reading) key() {
	if len(x.m.Key) > 0 {
		var parts []string
		for _, k := range x.m.Key {
			c := x.cell(k)
			if c.Text == "" {
				x.fault(k, "id", "", true, "the key is empty: expected what names the row again in a later edition; choose another key")
				return
			}
			parts = append(parts, c.Text)
		}
		x.out["id"] = strings.Join(parts, "/")
	}
	id := x.out["id"]
	if id == "" {
		return
	}
	id += "\x00" + x.out["scenario"]
	if first, twice := x.keys[id]; twice {
		x.fault(x.column["id"], "id", x.out["id"], true, "%q stands in row %d too: expected one row for each; add a column to the key, or map one to scenario where rows are alternatives", clip(x.out["id"]), first)
		return
	}
	x.keys[id] = x.r.Line
}

// header finds the header: the line that is named, or among the first the one with
// the most names that are known, the topmost of equals.
func (s *Sheet) header(line int) (int, error) {
	if line != 0 {
		i := sort.Search(len(s.Rows), func(i int) bool { return s.Rows[i].Line >= line })
		if i == len(s.Rows) || s.Rows[i].Line != line {
			return 0, fmt.Errorf("header: there is no line %d, or it is empty", line)
		}
		return i, nil
	}
	best, score := -1, 0
	for i := range min(len(s.Rows), 20) {
		n, cells := 0, 0
		for _, c := range s.Rows[i].Cells {
			if c.Kind == Text && c.Text != "" {
				cells++
				if len(headerWords(c.Text)) > 0 {
					n += 10
				}
			}
		}
		if n += min(cells, 9); cells >= 2 && n > score {
			best, score = i, n
		}
	}
	if best < 0 {
		return 0, errors.New("no line looks like a header: expected names of columns in one of the first 20 lines; name it with `header:`")
	}
	return best, nil
}
