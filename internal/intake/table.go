package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/truce-project/truce/internal/feeds"
)

// Limits of what is held in memory.
const (
	MaxFile    = 256 << 20 // bytes of a file
	maxRows    = 1_000_000
	maxCells   = 4_000_000
	maxColumns = 1000
)

// Kind says what a cell of a spreadsheet holds; cells of text files are Text.
type Kind string

// The kinds of cell.
const (
	Text    Kind = ""
	Number  Kind = "number"
	Date    Kind = "date"    // a day, or a day and a time
	Clock   Kind = "clock"   // a time of day
	Missing Kind = "missing" // a formula whose value was not saved
	Broken  Kind = "error"   // such as #REF!
)

// Cell is what stands in a cell, as a person would type it: dates as 2025-03-20,
// numbers with a point.
type Cell struct {
	Text string
	Kind Kind
}

// Row is a row of a table.
type Row struct {
	Line  int // line of the file, or row of the sheet, from 1
	Cells []Cell
	Fault *Fault // why it could not be read
}

// Sheet is a table: a sheet of a workbook, or the whole of a text file.
type Sheet struct {
	Name   string `json:"name,omitempty"`
	Hidden bool   `json:"hidden,omitempty"`
	Rows   []Row  `json:"-"`
	Count  int    `json:"rows" doc:"rows that are not empty, that of the header too"`
	// Notes are what a reader should know of how the cells were read.
	Notes []string `json:"notes,omitempty"`
}

// File is what was read of a file.
type File struct {
	Name      string   `json:"name"`
	Kind      string   `json:"kind" doc:"csv or xlsx"`
	Separator string   `json:"separator,omitempty"`
	Sheets    []*Sheet `json:"sheets"`
}

// Fault is something of a row that could not be read, with a way out.
type Fault struct {
	File   string `json:"file"`
	Sheet  string `json:"sheet,omitempty"`
	Row    int    `json:"row" doc:"line of the file, or row of the sheet"`
	Column string `json:"column,omitempty" doc:"as the header names it"`
	Cell   string `json:"cell,omitempty" doc:"such as B7"`
	Field  string `json:"field,omitempty" doc:"column of the incidents file"`
	Value  string `json:"value,omitempty"`
	Msg    string `json:"message" doc:"what was expected, and a way out"`
	Fatal  bool   `json:"fatal" doc:"the row was refused; otherwise it is a remark"`
}

// Error prints where it is and what is wrong.
func (f *Fault) Error() string {
	s := f.File
	if f.Sheet != "" {
		s += " [" + f.Sheet + "]"
	}
	if f.Row > 0 {
		s += fmt.Sprintf(":%d", f.Row)
	}
	if f.Column != "" {
		s += ": column " + f.Column
		if f.Cell != "" {
			s += " (" + f.Cell + ")"
		}
	}
	return s + ": " + f.Msg
}

// ErrUnread means that a file is no table that can be read here.
var ErrUnread = errors.New("this cannot be read as a table")

// Read reads a file: a workbook, or a table of text.
func Read(name string, in io.Reader) (*File, error) {
	b, err := io.ReadAll(io.LimitReader(in, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(b) > MaxFile {
		return nil, fmt.Errorf("%s: %w: it is larger than %d MiB: split it", name, ErrUnread, MaxFile>>20)
	}
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return readXLSX(name, b)
	case bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0")):
		return nil, fmt.Errorf("%s: %w: it is an old .xls, or a workbook with a password: save it as .xlsx without one, or as CSV in UTF-8", name, ErrUnread)
	}
	return readText(name, b)
}

func readText(name string, b []byte) (*File, error) {
	s := &Sheet{}
	cells := 0
	sep, err := feeds.ReadTable(name, bytes.NewReader(b), func(w feeds.TableRow) error {
		r := Row{Line: w.Line, Cells: make([]Cell, len(w.Cells))}
		for i, c := range w.Cells {
			r.Cells[i].Text = strings.TrimSpace(c)
		}
		if w.Fault != "" {
			r.Fault = &Fault{File: name, Row: w.Line, Msg: w.Fault, Fatal: true}
			if w.Column > 0 {
				r.Fault.Cell = cellName(w.Column-1, w.Line)
			}
		}
		s.Rows = append(s.Rows, r)
		if cells += len(w.Cells); cells > maxCells || len(s.Rows) > maxRows {
			return fmt.Errorf("%s: %w: more than %d rows or %d cells: split it", name, ErrUnread, maxRows, maxCells)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if s.Count = len(s.Rows); s.Count == 0 {
		return nil, fmt.Errorf("%s: %w: no rows: that says nothing about events", name, ErrUnread)
	}
	return &File{Name: name, Kind: "csv", Separator: string(sep), Sheets: []*Sheet{s}}, nil
}

// cellName is a name such as B7; columns count from 0, rows from 1.
func cellName(col, row int) string { return columnLetters(col) + fmt.Sprint(row) }

func columnLetters(col int) string {
	s := ""
	for col++; col > 0; col = (col - 1) / 26 {
		s = string(rune('A'+(col-1)%26)) + s
	}
	return s
}

// sheet returns a sheet by name; "" is the first that is shown.
func (f *File) sheet(name string) (*Sheet, error) {
	var names []string
	for _, s := range f.Sheets {
		if s.Name == name && (name != "" || f.Kind == "csv") || name == "" && !s.Hidden && s.Count > 1 {
			return s, nil
		}
		names = append(names, fmt.Sprintf("%q", s.Name))
	}
	if name == "" {
		return nil, fmt.Errorf("%s: no sheet that is shown has rows; name one of %s under `sheet`", f.Name, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("%s: there is no sheet %q: expected one of %s", f.Name, name, strings.Join(names, ", "))
}

// names are the columns of a header, made different: one without a name has that
// of its letter, one that stands twice gets a number.
func names(header []Cell) []string {
	out, seen := make([]string, len(header)), map[string]int{}
	for i, c := range header {
		n := strings.Join(strings.Fields(c.Text), " ")
		if n == "" {
			n = "column " + columnLetters(i)
		}
		if seen[n]++; seen[n] > 1 {
			n = fmt.Sprintf("%s (%d)", n, seen[n])
		}
		out[i] = n
	}
	return out
}
