package formats

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// Limits of a sheet of a workbook.
const (
	sheetRows = 1_048_576
	cellText  = 32_767 // characters of a cell, in units of UTF-16
)

// Sheet writes a table as a workbook. Every cell is a text, but for plain numbers in
// the columns that hold numbers: nothing is a formula, also not after somebody has
// edited a cell. Where rows are more than a sheet takes, another follows.
type Sheet struct {
	out     io.Writer
	file    *excelize.File
	stream  *excelize.StreamWriter
	name    string
	columns []string
	numbers []bool
	about   [][2]string
	text    int // styles
	head    int
	row, n  int
	max     int // rows of a sheet
}

// NewSheet begins a workbook with a table. about is told on a sheet of its own.
func NewSheet(out io.Writer, name string, columns, numbers []string, about [][2]string) (*Sheet, error) {
	s := &Sheet{out: out, file: excelize.NewFile(), name: name, columns: columns, about: about, max: sheetRows}
	for _, c := range columns {
		s.numbers = append(s.numbers, slices.Contains(numbers, c))
	}
	var err error
	if s.text, err = s.file.NewStyle(&excelize.Style{NumFmt: 49}); err != nil { // "@": text
		return nil, err
	}
	if s.head, err = s.file.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}}); err != nil {
		return nil, err
	}
	if err := s.file.SetDocProps(&excelize.DocProperties{Creator: "truce", LastModifiedBy: "truce", Title: name}); err != nil {
		return nil, err
	}
	return s, s.next()
}

// next begins a further sheet.
func (s *Sheet) next() (err error) {
	if s.stream != nil {
		if err := s.stream.Flush(); err != nil {
			return err
		}
	}
	s.n++
	name := s.name
	if s.n == 1 {
		err = s.file.SetSheetName("Sheet1", name)
	} else {
		name = fmt.Sprintf("%s %d", s.name, s.n)
		_, err = s.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	if s.stream, err = s.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := s.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(s.columns))
	for i, c := range s.columns {
		head[i] = excelize.Cell{StyleID: s.head, Value: c}
	}
	s.row = 1
	return s.stream.SetRow("A1", head)
}

// plainNumber is what a spreadsheet and a person take for the same number.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})(\.\d{1,12})?$`)

// Row writes a row of the columns.
func (s *Sheet) Row(cells []string) error {
	if s.row == s.max {
		if err := s.next(); err != nil {
			return err
		}
	}
	s.row++
	out := make([]any, len(cells))
	for i, c := range cells {
		if s.numbers[i] && plainNumber.MatchString(c) {
			f, err := strconv.ParseFloat(c, 64)
			if err != nil {
				return err
			}
			out[i] = f
			continue
		}
		out[i] = excelize.Cell{StyleID: s.text, Value: fitting(Visible(c))}
	}
	at, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	return s.stream.SetRow(at, out)
}

// fitting cuts a text that a cell cannot hold, and says so.
func fitting(s string) string {
	const note = " [cut: a cell holds no more; the whole is in the JSON]"
	if len(s) <= cellText { // units are no more than bytes
		return s
	}
	n := 0
	for i, r := range s {
		n++
		if r > 0xffff {
			n++
		}
		if n > cellText-len(note) {
			return s[:i] + note
		}
	}
	return s
}

// Close writes the workbook.
func (s *Sheet) Close() error {
	defer s.file.Close()
	if err := s.stream.Flush(); err != nil {
		return err
	}
	if len(s.about) > 0 {
		if _, err := s.file.NewSheet("About"); err != nil {
			return err
		}
		for i, a := range s.about {
			for k, v := range a {
				at := string(rune('A'+k)) + strconv.Itoa(i+1)
				if err := s.file.SetCellStr("About", at, fitting(Visible(v))); err != nil {
					return err
				}
				if err := s.file.SetCellStyle("About", at, at, s.text); err != nil {
					return err
				}
			}
		}
	}
	return s.file.Write(s.out)
}
