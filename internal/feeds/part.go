package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/evidence"
)

// MaxRow is how many bytes a row may have.
const MaxRow = maxRow

// TableHead is the header of a table of incidents that can be read in parts.
type TableHead struct {
	Cells     []string
	Separator byte
	Line      int   // in which it begins, from 1
	Body      int64 // how many bytes stand before the line after it
	BodyLine  int   // the number of that line
}

// HeadOf reads the header of a plain incidents file, from its first bytes. It
// is false for every other file: packed, of another kind, with a second header
// of hashtags, with lines that end in a carriage return alone; those have to be
// read from their start.
func HeadOf(head []byte, opt Options) (TableHead, bool) {
	var sum Summary
	r, err := newRun("", opt, &sum, nil)
	if err != nil || magic(head) != "" {
		return TableHead{}, false
	}
	bom := 0
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		bom = 3
	}
	text := head[bom:]
	if r.checkText(bufio.NewReaderSize(bytes.NewReader(head), window)) != nil {
		return TableHead{}, false
	}
	start := bytes.TrimLeft(text, " \t\r\n\x1e")
	if len(start) == 0 {
		return TableHead{}, false
	}
	if read, err := r.document(start); read != nil || err != nil {
		return TableHead{}, false
	}
	if _, names := r.kindWithoutHeader(text); names != nil {
		return TableHead{}, false
	}
	h := TableHead{Separator: delimiter(text)}
	first, took := RowAt(text, 1, 0, h.Separator)
	second, _ := RowAt(text[took.Bytes:], 1+took.Lines, 0, h.Separator)
	if first.Fault != "" || took.End || hashtags(second.Cells) {
		return TableHead{}, false
	}
	w := make([]string, len(first.Cells))
	copy(w, first.Cells)
	k, err := r.chooseKind((&row{fields: w}).columns(), "")
	if err != nil || k.name != "truce" {
		return TableHead{}, false
	}
	h.Cells, h.Line = w, first.Line
	h.Body, h.BodyLine = int64(bom+took.Bytes), 1+took.Lines
	return h, true
}

// Took is how much of a text a row takes.
type Took struct {
	Bytes, Lines int
	// Looked is how many lines were looked at to tell: more than Lines where a
	// quote is not closed.
	Looked int
	End    bool // there was no row any more
}

// RowAt splits the row at the start of a text, as the table that it is part of
// would be split, blank lines before it included. line is the number of the
// first line, want how many cells a row has (0: any). Lines end in a line feed,
// with or without a carriage return before it.
func RowAt(text []byte, line, want int, separator byte) (TableRow, Took) {
	w, took := rowAt(text, line, want, separator)
	out := TableRow{Line: w.line, Cells: w.fields}
	if w.fault != nil {
		out.Fault, out.Column = w.fault.msg, w.fault.col
	}
	return out, took
}

func rowAt(text []byte, line, want int, separator byte) (row, Took) {
	t := &table{br: bufio.NewReaderSize(bytes.NewReader(text), 4096), delim: separator, want: want, line: line}
	w, err := t.next()
	if err != nil {
		return w, Took{Bytes: len(text), Lines: bytes.Count(text, []byte{'\n'}), End: true}
	}
	took := Took{Looked: t.line - line}
	took.Lines = took.Looked - len(t.again)
	for range took.Lines {
		k := bytes.IndexByte(text[took.Bytes:], '\n')
		if k < 0 {
			took.Bytes = len(text)
			break
		}
		took.Bytes += k + 1
	}
	return w, took
}

// ClosedLine reports whether a row that begins with a line ends with it. The
// line stands without its end.
func ClosedLine(line []byte, separator byte) bool {
	for i := 0; ; {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		if i < len(line) && line[i] == '"' {
			for i++; ; i += 2 {
				k := bytes.IndexByte(line[i:], '"')
				if k < 0 {
					return false
				}
				if i += k; i+1 >= len(line) || line[i+1] != '"' {
					break
				}
			}
			for i++; i < len(line) && line[i] == ' '; i++ {
			}
			if i == len(line) || line[i] != separator {
				return true
			}
			i++
			continue
		}
		k := bytes.IndexByte(line[i:], separator)
		if k < 0 {
			return true
		}
		i += k + 1
	}
}

// Positions are the first positions of a file: by where they lie a later one
// that looks exchanged is told (swapped.go). Whoever reads a part of a file
// needs them.
type Positions struct {
	Lines []int  `json:"lines,omitempty"`
	Known string `json:"known,omitempty"` // for each line 1 if it lies where this program knows areas, else 0
}

func (p *Positions) add(line int, known bool) {
	p.Lines = append(p.Lines, line)
	p.Known += map[bool]string{true: "1", false: "0"}[known]
}

// before is how many positions stand before a line, and how many of them lie
// where areas are known.
func (p *Positions) before(line int) (read, known int) {
	read, _ = slices.BinarySearch(p.Lines, line)
	return read, strings.Count(p.Known[:read], "1")
}

// Full reports whether more positions would say nothing more.
func (p *Positions) Full() bool { return len(p.Lines) >= swapFirst }

// Part reads rows of an incidents file that are handed to it under the numbers
// of their lines, as Read would read them in the file.
type Part struct {
	run     *run
	feed    *truceFeed
	sum     *Summary
	columns map[string]int
	cells   int
	sep     byte
	alone   bool
	// Apart, if set, says of which ids rows are handed to Aside instead: those
	// that stand in several rows. Aside is told whether a row with which the incident
	// before it ends stood since the last that was set aside.
	Apart func(id string) bool
	Aside func(line int, text string, ended bool)
	ended bool
}

// NewPart makes ready to read rows under a header. With alone, each row is an
// incident by itself, handed over at once: no other row has its id. Without,
// incidents with several rows are put together, and End hands over what is
// left. positions are those of the file; with none they are gathered.
func NewPart(name string, h TableHead, opt Options, positions *Positions, alone bool, yield func(*evidence.Incident) error) (*Part, error) {
	sum := &Summary{File: name, As: "truce"}
	opt.As = "truce"
	r, err := newRun(name, opt, sum, yield)
	if err != nil {
		return nil, err
	}
	w := row{fields: h.Cells}
	p := &Part{run: r, sum: sum, columns: w.columns(), cells: len(h.Cells), sep: h.Separator, alone: alone}
	p.feed = &truceFeed{run: r}
	p.feed.swaps.of = positions
	if positions == nil {
		p.feed.swaps.gather = &Positions{}
	}
	return p, nil
}

// Header says what is to be said of the header, which a Part leaves out: its
// columns that are ignored, and those that are misspelt.
func Header(name string, h TableHead, opt Options) (Summary, error) {
	sum := Summary{File: name, As: "truce"}
	opt.As = "truce"
	r, err := newRun(name, opt, &sum, nil)
	if err != nil {
		return sum, err
	}
	k := truceKind()
	err = r.checkHeader(k, h.Cells)
	r.misspelt(k, h.Line, h.Cells)
	return sum, err
}

// Unended is the remark on a file whose last line has no end.
func Unended(name string, line int) Problem {
	return Problem{Pos: evidence.Position{File: name, Line: line}, Msg: unended}
}

// Empty is the remark on a file without rows.
func Empty(name string) Problem {
	return Problem{Pos: evidence.Position{File: name}, Msg: noRows}
}

// Positions are those that were gathered.
func (p *Part) Positions() *Positions { return p.feed.swaps.gather }

// Text reads whole rows of a table of text, which begin in a line.
func (p *Part) Text(line int, text []byte) error {
	t := &table{br: bufio.NewReaderSize(bytes.NewReader(text), window), delim: p.sep, want: p.cells, line: line}
	for {
		w, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = p.row(w)
		}
		if err != nil {
			return err
		}
	}
}

// One reads the row at the start of a text, as Text would, and says how much
// of the text it takes.
func (p *Part) One(line int, text []byte) (Took, error) {
	w, took := rowAt(text, line, p.cells, p.sep)
	if took.End {
		return took, nil
	}
	return took, p.row(w)
}

// Cells reads a row of cells. One of which all are empty is none, as in a table of
// text.
func (p *Part) Cells(line int, cells []string) error {
	if !slices.ContainsFunc(cells, func(c string) bool { return strings.Trim(c, " \t") != "" }) {
		return nil
	}
	var raw []byte
	for i, c := range cells {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = strconv.AppendQuote(raw, c)
	}
	w := row{line: line, fields: cells, raw: strings.Join(cells, "\x1f")}
	w.fault = decodable(w)
	w.raw = string(raw)
	return p.row(w)
}

// Joined reads a row of cells that Cells has set aside, by the text that it gave.
func (p *Part) Joined(line int, text string) error {
	var cells []string
	for rest := text; rest != ""; rest = strings.TrimPrefix(rest, ",") {
		q, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return fmt.Errorf("%s:%d: cells that cannot be told apart: %w", p.run.file, line, err)
		}
		c, err := strconv.Unquote(q)
		if err != nil {
			return fmt.Errorf("%s:%d: cells that cannot be told apart: %w", p.run.file, line, err)
		}
		cells, rest = append(cells, c), rest[len(q):]
	}
	return p.Cells(line, cells)
}

// IncidentHead reports whether columns are those of an incidents file.
func IncidentHead(names []string) bool { return truceKind().match(row{fields: names}.columns()) }

func (p *Part) row(w row) error {
	rec := &record{line: w.line, columns: p.columns, fields: w.fields, raw: w.raw}
	if id := rec.get("id"); id != "" && p.Apart != nil && p.Apart(id) {
		p.SetAside(w.line, w.raw)
		return nil
	}
	p.sum.Rows++
	p.ended = p.ended || w.fault == nil && (rec.get("id") != "" || rec.get("scenario") == "")
	var err error
	if w.fault != nil {
		err = p.feed.broken(rec, w.fault)
	} else {
		err = p.feed.record(rec)
	}
	if err == nil && p.alone {
		err = p.feed.flush()
		p.feed.lost = ""
		clear(p.run.seen)
	}
	return err
}

// SetAside sets a row aside that was found elsewhere to have a repeated id.
func (p *Part) SetAside(line int, text string) {
	p.Aside(line, text, p.ended)
	p.ended = false
}

// Passed says that a row was read elsewhere, with an id of its own.
func (p *Part) Passed() { p.ended = true }

// Ended reports whether an incident that was set aside last has ended since.
func (p *Part) Ended() bool { return p.ended }

// Leave ends the incident at hand, as a row with another id does.
func (p *Part) Leave() error { return p.feed.leave() }

// End hands over what is held, and says what became of the rows.
func (p *Part) End() (Summary, error) {
	err := p.feed.end()
	return *p.sum, err
}
