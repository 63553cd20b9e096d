package daily

import (
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// cellText is how many characters a cell of a workbook takes.
const cellText = 32_000

// WriteXLSX writes the tables as a workbook, one sheet each. Every cell is a text, but
// for plain numbers: nothing is a formula.
func (r *Report) WriteXLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer f.Close()
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	if err != nil {
		return err
	}
	head, err := f.NewStyle(&excelize.Style{NumFmt: 49, Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	if err != nil {
		return err
	}
	if err := f.SetDocProps(&excelize.DocProperties{Creator: "truce", LastModifiedBy: "truce", Title: r.Title, Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z"}); err != nil {
		return err
	}
	first := &Table{ID: "summary", Columns: []string{r.Title}}
	for _, s := range append(append([]Sentence{}, r.Head...), r.Summary...) {
		first.Rows = append(first.Rows, []Sentence{s})
	}
	for i, t := range append([]*Table{first}, r.Tables()...) {
		name := t.ID
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err != nil {
			return err
		}
		if err := writeSheet(f, name, t, text, head, i == 0); err != nil {
			return err
		}
	}
	_, err = f.WriteTo(w)
	return err
}

func writeSheet(f *excelize.File, name string, t *Table, text, head int, wide bool) error {
	s, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	columns := t.Columns
	if len(t.IDs) > 0 {
		columns = append([]string{"id"}, columns...)
	}
	width := 22.0
	if wide {
		width = 120
	}
	if err := s.SetColWidth(1, max(1, len(columns)), width); err != nil {
		return err
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	put := func(row int, cells []string, style int) error {
		out := make([]any, len(cells))
		for k, c := range cells {
			out[k] = excelize.Cell{StyleID: style, Value: cellOf(c)}
		}
		at, err := excelize.CoordinatesToCellName(1, row)
		if err != nil {
			return err
		}
		return s.SetRow(at, out)
	}
	if err := put(1, columns, head); err != nil {
		return err
	}
	for i, row := range t.Rows {
		var cells []string
		if len(t.IDs) > 0 {
			cells = append(cells, t.IDs[i])
		}
		for _, c := range row {
			cells = append(cells, c.String())
		}
		if err := put(i+2, cells, text); err != nil {
			return err
		}
	}
	return s.Flush()
}

// cellOf is a plain number as a number, and everything else as a text.
func cellOf(text string) any {
	if n, err := strconv.Atoi(text); err == nil && strconv.Itoa(n) == text {
		return n
	}
	if utf8.RuneCountInString(text) > cellText {
		return string([]rune(text)[:cellText-1]) + "…"
	}
	return text
}
