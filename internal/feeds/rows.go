package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// TableRow is a row of a table of any kind, known here or not.
type TableRow struct {
	Line   int // where it begins, from 1
	Cells  []string
	Fault  string // why it could not be split or decoded; "" if it could
	Column int    // where the fault is, from 1; 0 unknown
}

// ReadTable splits a table of text into rows, by the separator that its first
// lines have (comma, semicolon, TAB or bar), and says which it is. It survives
// quotes that are never closed; such rows have a Fault. The error is about the
// file as a whole.
func ReadTable(name string, in io.Reader, yield func(TableRow) error) (separator byte, err error) {
	br := bufio.NewReaderSize(in, window)
	r := &run{file: name}
	if err := r.checkText(br); err != nil {
		return 0, err
	}
	head, _ := br.Peek(window)
	t := &table{br: br, delim: separatorOf(head), line: 1}
	for {
		w, err := t.next()
		if errors.Is(err, io.EOF) {
			return t.delim, nil
		}
		if err != nil {
			return t.delim, fmt.Errorf("%s:%d: %w", name, t.line, err)
		}
		if w.line == 1 && len(w.raw) == 5 && strings.HasPrefix(strings.ToLower(w.raw), "sep=") { // a spreadsheet's own line
			t.delim = w.raw[4]
			continue
		}
		out := TableRow{Line: w.line, Cells: w.fields}
		if w.fault != nil {
			out.Fault, out.Column = w.fault.msg, w.fault.col
		}
		if err := yield(out); err != nil {
			return t.delim, err
		}
	}
}

// separatorOf is the sign that parts the most lines of a head into the same
// number of columns.
func separatorOf(head []byte) byte {
	lines := bytes.Split(bytes.ReplaceAll(head, []byte("\r"), []byte("\n")), []byte("\n"))
	best, score := byte(','), 0
	for _, d := range []byte{',', ';', '\t', '|'} {
		with := map[int]int{}
		for _, l := range lines[:min(len(lines), 50)] {
			if n := bytes.Count(l, []byte{d}); n > 0 {
				with[n]++
			}
		}
		for n, lines := range with {
			if s := lines * lines * (n + 1); s > score {
				best, score = d, s
			}
		}
	}
	return best
}
