package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/truce-project/truce/vocab"
)

// record is one row of a table, or the properties of one feature.
type record struct {
	line    int
	columns map[string]int // index by name, lower case
	fields  []string
	raw     string      // as read, to recognise it again
	shape   *shape      // the geometry of a feature, nil in tables
	counted bool        // among the unmapped
	row     *EditionRow // of the edition that is being read; nil if none is
}

// get returns a field without blanks around it; "" if there is no such column.
func (rec *record) get(column string) string {
	if i, ok := rec.columns[column]; ok && i < len(rec.fields) {
		return strings.TrimSpace(rec.fields[i])
	}
	return ""
}

// first returns the first of the columns that is not empty.
func (rec *record) first(columns ...string) string {
	for _, c := range columns {
		if v := rec.get(c); v != "" {
			return v
		}
	}
	return ""
}

// number is the number of a column, from 1; 0 if there is none.
func (rec *record) number(column string) int {
	if i, ok := rec.columns[column]; ok {
		return i + 1
	}
	return 0
}

// table reads a file of rows, under a header or without one.
func (r *run) table(br *bufio.Reader, head []byte) error {
	t := &table{br: br, delim: delimiter(head), line: 1}
	if k, names := r.kindWithoutHeader(head); names != nil {
		t.bare = k.unquoted
		if t.bare {
			t.delim = '\t'
		}
		return r.tableOf(t, k, row{fields: names}.columns(), len(names))
	}
	header, err := t.next()
	if errors.Is(err, io.EOF) {
		return r.empty()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	if header.fault != nil {
		return r.refuse("the header in line %d cannot be read: %s", header.line, header.fault.msg)
	}
	t.want = len(header.fields)
	columns := header.columns()
	if err := t.tags(columns); err != nil {
		return fmt.Errorf("%s:%d: %w", r.file, t.line, err)
	}
	k, err := r.chooseKind(columns, header.raw)
	if err == nil && !k.tagged {
		err = r.checkHeader(k, header.fields)
		r.misspelt(k, header.line, header.fields)
	}
	if err != nil {
		return err
	}
	return r.tableOf(t, k, columns, len(header.fields))
}

func (r *run) tableOf(t *table, k kind, columns map[string]int, want int) error {
	h, err := k.start(r, columns)
	if err != nil {
		return err
	}
	r.readAs(k.name)
	t.want = want
	return r.rows(t, columns, h)
}

// unended says that a file may have been cut short.
const unended = "this last line has no end, as those before it have: if the file was cut short, rows are missing, and the last column of this one may be cut"

// tags reads the row of HXL hashtags that may stand under the header, which is
// no data, and files the columns under them as well. Tags may be the header.
func (t *table) tags(columns map[string]int) error {
	second, err := t.next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	if !hashtags(second.fields) {
		t.held = append(t.held, second)
		return nil
	}
	for name, i := range second.columns() {
		if _, seen := columns[name]; !seen {
			columns[name] = i
		}
	}
	return nil
}

func (r *run) rows(t *table, columns map[string]int, h handler) error {
	before := r.sum.Rows
	for {
		row, err := t.next()
		if errors.Is(err, io.EOF) {
			if r.sum.Rows == before {
				return r.empty()
			}
			if t.unended && r.sum.Rows > before+1 {
				r.note(Problem{Pos: r.pos(t.last), Msg: unended})
			}
			return h.end()
		}
		if err != nil {
			err = fmt.Errorf("%s:%d: %w", r.file, t.line, err)
			if c, ok := h.(interface{ cut(error) error }); ok {
				err = c.cut(err)
			}
			return err
		}
		r.sum.Rows++
		rec := &record{line: row.line, columns: columns, fields: row.fields, raw: row.raw}
		r.watch(rec, func() []field { return tableFields(rec, r.sum.As == "hxl") })
		if row.fault != nil {
			err = h.broken(rec, row.fault)
		} else {
			err = h.record(rec)
		}
		if err != nil {
			return err
		}
	}
}

// checkHeader refuses a column that stands twice and says which are ignored.
func (r *run) checkHeader(k kind, fields []string) error {
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		name := columnName(f)
		switch {
		case !slices.Contains(k.known, name): // a table would cost more than it saves: one is asked for each report
			r.ignore(strings.TrimSpace(f))
		case seen[name]:
			return r.refuse("column %s stands twice in the header: rename or drop one", name)
		}
		seen[name] = true
	}
	return nil
}

// misspelt names columns of the incidents file that are read by nothing and look like
// one that is missing: a time under "time_strat" would be lost without a word.
func (r *run) misspelt(k kind, line int, fields []string) {
	if k.name != "truce" {
		return
	}
	here := map[string]bool{}
	for _, f := range fields {
		here[columnName(f)] = true
	}
	for i, f := range fields {
		name := columnName(f)
		if near := vocab.Nearest(name, k.known); near != "" && !here[near] && name != "scenarios" && !slices.Contains(k.known, name) { // scenarios: a number in our own lists
			r.note(Problem{Pos: r.pos(line), Column: strings.TrimSpace(f), Col: i + 1, Msg: fmt.Sprintf("it is no column of the incidents file and is read by nothing: did you mean %s?", near)})
		}
	}
}

// columnName folds the name of a column. In hashtags of HXL blanks say nothing.
func columnName(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.HasPrefix(s, "#") {
		s = strings.ReplaceAll(s, " ", "")
	}
	return s
}

// delimiter is the sign that separates the columns of the first line.
func delimiter(head []byte) byte {
	if i := bytes.IndexAny(head, "\r\n"); i >= 0 {
		head = head[:i]
	}
	best := byte(',')
	for _, d := range []byte{';', '\t'} {
		if bytes.Count(head, []byte{d}) > bytes.Count(head, []byte{best}) {
			best = d
		}
	}
	return best
}

// line is one line of the file, without its end.
type line struct {
	text string
	no   int
	long bool // it is longer than maxRow; text is its start
}

// row is one logical row, which may span lines inside quotes.
type row struct {
	line   int
	fields []string
	raw    string
	fault  *fault
}

func (w row) columns() map[string]int {
	out := map[string]int{}
	for i, f := range w.fields {
		name := columnName(f)
		if _, seen := out[name]; name != "" && !seen {
			out[name] = i
		}
	}
	return out
}

// table splits a file into rows. Unlike encoding/csv it survives a quote that
// is never closed: lines that such a quote has swallowed are read again as rows
// of their own.
type table struct {
	br    *bufio.Reader
	delim byte
	want  int // fields a row must have; 0 not known yet
	line  int // number of the next line of br
	again []line
	held  []row // read ahead
	bare  bool  // quotes are letters like others

	unended bool // the file ends without the end of a line
	last    int  // number of the last line
}

func (t *table) next() (row, error) {
	if len(t.held) > 0 {
		w := t.held[0]
		t.held = t.held[1:]
		return w, nil
	}
	for {
		l, err := t.take()
		if err != nil {
			return row{}, err
		}
		if !l.long && strings.Trim(l.text, " \t"+string(t.delim)) == "" {
			continue
		}
		return t.assemble(l)
	}
}

// take returns the next line.
func (t *table) take() (line, error) {
	if len(t.again) > 0 {
		l := t.again[0]
		t.again = t.again[1:]
		return l, nil
	}
	l, err := t.read()
	t.line++
	return l, err
}

func (t *table) read() (line, error) {
	l := line{no: t.line}
	var text []byte
	some := false
	for {
		if _, err := t.br.Peek(1); err != nil {
			if !some || !errors.Is(err, io.EOF) {
				return l, err
			}
			l.text = string(text)
			t.unended, t.last = true, l.no
			return l, nil
		}
		some = true
		buf, _ := t.br.Peek(t.br.Buffered())
		i := bytes.IndexAny(buf, "\r\n")
		end := i
		if i < 0 {
			end = len(buf)
		}
		if room := maxRow - len(text); end > room {
			l.long = true
			text = append(text, buf[:room]...)
		} else {
			text = append(text, buf[:end]...)
		}
		if i < 0 {
			t.br.Discard(len(buf))
			continue
		}
		cr := buf[i] == '\r'
		t.br.Discard(i + 1)
		if next, _ := t.br.Peek(1); cr && len(next) == 1 && next[0] == '\n' {
			t.br.Discard(1)
		}
		l.text = string(text)
		return l, nil
	}
}

// assemble makes a row of a line and of those that its quotes reach over.
func (t *table) assemble(first line) (row, error) {
	s := splitter{delim: t.delim, bare: t.bare}
	if first.long {
		s.feed(first.text)
		return row{line: first.no, fields: s.fields, fault: &fault{msg: fmt.Sprintf("the row is larger than %d bytes: expected one event a row", maxRow)}}, nil
	}
	w := row{line: first.no, raw: first.text}
	s.feed(first.text)
	var more []line
	size := len(first.text)
	for s.open && s.fault == nil {
		l, err := t.take()
		if err != nil && !errors.Is(err, io.EOF) {
			return w, err
		}
		if err == nil {
			more = append(more, l)
			size += len(l.text) + 1
		}
		if err != nil || l.long || size > maxRow {
			s.fault = &fault{msg: "no end"}
			break
		}
		s.feed("\n" + l.text)
	}
	w.fields = s.fields
	w.fault = s.fault
	if w.fault == nil {
		w.fault = t.count(&w)
	}
	if s.open || w.fault != nil && len(more) > 0 {
		t.again = append(more, t.again...)
		w.fields = s.fields[:min(s.lastQuote, len(s.fields))]
		w.fault = &fault{col: s.lastQuote + 1, msg: fmt.Sprintf("the quote that opens in line %d is not closed where the row ends: this line was left out, reading goes on at the next; close the quote, or double quotes inside the text", first.no)}
		return w, nil
	}
	w.raw = joined(first, more)
	if w.fault == nil {
		w.fault = decodable(w)
	}
	return w, nil
}

func joined(first line, more []line) string {
	if len(more) == 0 {
		return first.text
	}
	var b strings.Builder
	b.WriteString(first.text)
	for _, l := range more {
		b.WriteString("\n" + l.text)
	}
	return b.String()
}

// count checks the number of fields. Empty ones too many are a spreadsheet's.
func (t *table) count(w *row) *fault {
	if len(w.fields) > maxColumns {
		return &fault{msg: fmt.Sprintf("%d columns: expected at most %d", len(w.fields), maxColumns)}
	}
	for t.want > 0 && len(w.fields) > t.want && strings.TrimSpace(w.fields[len(w.fields)-1]) == "" {
		w.fields = w.fields[:len(w.fields)-1]
	}
	if t.bare && len(w.fields) != t.want {
		return &fault{msg: fmt.Sprintf("%d columns where %d are expected: the row is cut, or a TAB stands in its text", len(w.fields), t.want)}
	}
	if t.want > 0 && len(w.fields) != t.want {
		return &fault{msg: fmt.Sprintf("%d columns where the header has %d: put text with separators or quotes into quotes", len(w.fields), t.want)}
	}
	return nil
}

// decodable refuses NUL bytes and what is not UTF-8.
func decodable(w row) *fault {
	if i := strings.IndexByte(w.raw, 0); i >= 0 {
		return &fault{col: columnOf(w, "\x00"), msg: fmt.Sprintf("byte %d of the row is NUL: the file is damaged here", i+1)}
	}
	if utf8.ValidString(w.raw) {
		return nil
	}
	at := 0
	for at < len(w.raw) {
		c, n := utf8.DecodeRuneInString(w.raw[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	col := 0
	for i, f := range w.fields {
		if !utf8.ValidString(f) {
			col = i + 1
			break
		}
	}
	return &fault{col: col, msg: fmt.Sprintf("byte %d of the row (0x%02x) is not UTF-8 (Windows-1252 or 1251, perhaps): convert to UTF-8", at+1, w.raw[at])}
}

func columnOf(w row, part string) int {
	for i, f := range w.fields {
		if strings.Contains(f, part) {
			return i + 1
		}
	}
	return 0
}

// splitter splits a row into fields, line by line.
type splitter struct {
	delim     byte
	bare      bool // quotes are letters like others
	fields    []string
	buf       []byte
	open      bool // inside quotes
	lastQuote int  // index of the field whose quote opened last
	fault     *fault
}

func (s *splitter) feed(text string) {
	i := 0
	if s.open {
		i = s.quoted(text, 0)
	}
	for i >= 0 && s.fault == nil {
		start := i
		for start < len(text) && text[start] == ' ' {
			start++
		}
		if !s.bare && start < len(text) && text[start] == '"' {
			s.open, s.buf, s.lastQuote = true, s.buf[:0], len(s.fields)
			i = s.quoted(text, start+1)
			continue
		}
		k := strings.IndexByte(text[i:], s.delim)
		if k < 0 {
			s.fields = append(s.fields, text[i:])
			return
		}
		s.fields = append(s.fields, text[i:i+k])
		i += k + 1
	}
}

// quoted reads inside quotes and returns where the next field starts, -1 at
// the end of the text.
func (s *splitter) quoted(text string, i int) int {
	for {
		k := strings.IndexByte(text[i:], '"')
		if k < 0 {
			s.buf = append(s.buf, text[i:]...)
			return -1
		}
		s.buf = append(s.buf, text[i:i+k]...)
		i += k + 1
		if i < len(text) && text[i] == '"' {
			s.buf = append(s.buf, '"')
			i++
			continue
		}
		return s.closeQuote(text, i)
	}
}

func (s *splitter) closeQuote(text string, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	if i < len(text) && text[i] != s.delim {
		s.open = false
		s.fault = &fault{col: len(s.fields) + 1, msg: "text after a closing quote: double quotes inside the text"}
		return -1
	}
	s.open = false
	s.fields = append(s.fields, string(s.buf))
	if i == len(text) {
		return -1
	}
	return i + 1
}
