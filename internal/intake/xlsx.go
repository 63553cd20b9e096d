package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// Limits of a workbook: how much may come out of it.
const (
	maxUnzipped = 512 << 20
	maxRatio    = 200
	ratioFree   = 32 << 20 // that much may come out whatever went in
	maxParts    = 10_000
	maxMerges   = 100_000
)

// bomb refuses archives that unpack to more than a table has.
func bomb(b []byte) error {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return fmt.Errorf("the archive is damaged (%v)", err)
	}
	total, workbook := uint64(0), false
	for _, f := range z.File {
		if total += f.UncompressedSize64; f.UncompressedSize64 > maxUnzipped {
			total = math.MaxUint64 / 2
		}
		workbook = workbook || strings.HasPrefix(f.Name, "xl/")
	}
	switch {
	case len(z.File) > maxParts || total > maxUnzipped || total > ratioFree && total > uint64(len(b))*maxRatio:
		return fmt.Errorf("it unpacks to %d bytes in %d parts, far more than went in: expected at most %d MiB: save the one sheet as CSV", total, len(z.File), maxUnzipped>>20)
	case !workbook:
		return fmt.Errorf("it is an archive and no .xlsx workbook: unpack it first (.ods: save as .xlsx)")
	}
	return nil
}

// readXLSX reads all sheets of a workbook.
func readXLSX(name string, b []byte) (out *File, err error) {
	defer func() {
		if p := recover(); p != nil { // the library was not made for files that mean harm
			out, err = nil, fmt.Errorf("%s: %w: the workbook is damaged (%v): open it in a spreadsheet and save it anew", name, ErrUnread, p)
		}
	}()
	if err := bomb(b); err != nil {
		return nil, fmt.Errorf("%s: %w: %v", name, ErrUnread, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %v: open it in a spreadsheet and save it anew", name, ErrUnread, err)
	}
	defer f.Close()
	w := &workbook{f: f, file: name, styles: map[int]bool{}}
	if p, err := f.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		w.since1904 = *p.Date1904
	}
	out = &File{Name: name, Kind: "xlsx"}
	for _, s := range f.GetSheetList() {
		sheet, err := w.sheet(s)
		if err != nil {
			return nil, fmt.Errorf("%s [%s]: %w: %v", name, s, ErrUnread, err)
		}
		out.Sheets = append(out.Sheets, sheet)
	}
	return out, nil
}

type workbook struct {
	f         *excelize.File
	file      string
	since1904 bool
	styles    map[int]bool // whether a style shows dates
	cells     int
}

// told counts what a reader should know of a sheet.
type told struct{ formulas, missing, blank, dates, hidden, filled, wide int }

func (w *workbook) sheet(name string) (*Sheet, error) {
	s := &Sheet{Name: name}
	shown, err := w.f.GetSheetVisible(name)
	if err != nil {
		return nil, err
	}
	s.Hidden = !shown
	rows, err := w.f.Rows(name)
	if err != nil { // a chart, say: no cells
		s.Notes = append(s.Notes, "it holds no table")
		return s, nil
	}
	defer rows.Close()
	var t told
	for line := 1; rows.Next(); line++ {
		if line > maxRows {
			return nil, fmt.Errorf("more than %d rows: split it", maxRows)
		}
		hidden := rows.GetRowOpts().Hidden
		values, err := rows.Columns()
		if err != nil {
			return nil, fmt.Errorf("row %d: %v", line, err)
		}
		if w.cells += len(values); w.cells > maxCells {
			return nil, fmt.Errorf("more than %d cells: split it", maxCells)
		}
		r := Row{Line: line}
		if len(values) > maxColumns {
			values = values[:maxColumns]
			r.Fault = &Fault{File: w.file, Sheet: name, Row: line, Msg: fmt.Sprintf("the row reaches over more than %d columns: expected one event a row", maxColumns), Fatal: true}
		}
		some := r.Fault != nil
		for i, v := range values {
			c, err := w.cell(name, cellName(i, line), v, &t)
			if err != nil {
				return nil, err
			}
			some = some || c.Text != "" || c.Kind != Text
			r.Cells = append(r.Cells, c)
		}
		if some {
			t.hidden += one(hidden)
			s.Rows = append(s.Rows, r)
		}
	}
	if err := w.merged(name, s, &t); err != nil {
		return nil, err
	}
	s.Count = len(s.Rows)
	s.Notes = append(s.Notes, t.notes(w.since1904)...)
	return s, rows.Error()
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *told) notes(since1904 bool) (out []string) {
	say := func(n int, format string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(format, n))
		}
	}
	say(t.formulas, "%d cells are formulas: the values that were saved with them were taken")
	say(t.missing, "%d formulas have no saved value: open the workbook in a spreadsheet and save it")
	say(t.blank, "%d formulas gave an empty text, and were taken as empty")
	say(t.hidden, "%d hidden rows were read like others")
	say(t.filled, "%d cells are part of cells merged down, and took the value of the topmost")
	say(t.wide, "%d cells are merged sideways: only the leftmost has the value")
	if t.dates > 0 && since1904 {
		out = append(out, "dates count from 1904, as the workbook says")
	}
	return out
}

// cell reads one cell: its raw value by its type and style.
func (w *workbook) cell(sheet, at, raw string, t *told) (Cell, error) {
	formula, err := w.f.GetCellFormula(sheet, at)
	if err != nil {
		return Cell{}, err
	}
	if formula != "" {
		t.formulas++
	}
	if raw == "" && formula == "" {
		return Cell{}, nil
	}
	kind, err := w.f.GetCellType(sheet, at)
	if err != nil {
		return Cell{}, err
	}
	switch kind {
	case excelize.CellTypeError:
		return Cell{raw, Broken}, nil
	case excelize.CellTypeBool:
		return Cell{Text: map[string]string{"1": "yes", "0": "no", "TRUE": "yes", "FALSE": "no"}[strings.ToUpper(raw)]}, nil
	case excelize.CellTypeUnset, excelize.CellTypeNumber:
		if raw == "" && formula != "" {
			t.missing++
			t.formulas--
			return Cell{"=" + formula, Missing}, nil
		}
		return w.number(sheet, at, raw, t)
	}
	if raw == "" { // a formula of which a text came out that is empty
		t.blank++
	}
	return Cell{Text: strings.TrimSpace(raw)}, nil
}

// number reads a number, which is a date where its style shows one.
func (w *workbook) number(sheet, at, raw string, t *told) (Cell, error) {
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return Cell{Text: strings.TrimSpace(raw)}, nil
	}
	style, err := w.f.GetCellStyle(sheet, at)
	if err != nil {
		return Cell{}, err
	}
	if !w.date(style) || v < 0 || v > 2_958_466 { // the end of 9999
		return Cell{strconv.FormatFloat(v, 'f', -1, 64), Number}, nil
	}
	t.dates++
	if v < 1 {
		return Cell{time.Unix(int64(math.Round(v*86400)), 0).UTC().Format("15:04:05"), Clock}, nil
	}
	return Cell{dayOf(v, w.since1904), Date}, nil
}

// dayOf writes the date that a serial number stands for. In the count from 1900
// there is a 29 February 1900, which never was: days before it are one later.
func dayOf(v float64, since1904 bool) string {
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if since1904 {
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if v < 60 {
		base = base.AddDate(0, 0, 1)
	}
	days := math.Floor(v)
	seconds := math.Round((v - days) * 86400) // a day in a serial is exact to some 10 µs
	t := base.AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return t.Format("2006-01-02")
	}
	return t.Format("2006-01-02 15:04:05")
}

// date reports whether a style shows dates or times.
func (w *workbook) date(id int) bool {
	if d, ok := w.styles[id]; ok {
		return d
	}
	d := false
	if s, err := w.f.GetStyle(id); err == nil && s != nil {
		n := s.NumFmt
		d = n >= 14 && n <= 22 || n >= 27 && n <= 36 || n >= 45 && n <= 47 || n >= 50 && n <= 58
		if s.CustomNumFmt != nil {
			d = showsDate(*s.CustomNumFmt)
		}
	}
	w.styles[id] = d
	return d
}

// showsDate reports whether a number format has letters of dates outside quotes,
// brackets and escapes.
func showsDate(format string) bool {
	if strings.EqualFold(format, "general") {
		return false
	}
	quoted, bracket := false, false
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
			if strings.ContainsRune("hHmMsS", rune(c)) && i+1 < len(format) && strings.ContainsRune("]hHmMsS", rune(format[i+1])) {
				return true // elapsed time such as [h]:mm
			}
		case strings.ContainsRune("yYdDhHsS", rune(c)):
			return true
		}
	}
	return false
}

// merged gives the value of cells merged down to each of their rows: people merge
// a date over the rows that it belongs to.
func (w *workbook) merged(name string, s *Sheet, t *told) error {
	ms, err := w.f.GetMergeCells(name, true)
	if err != nil {
		return err
	}
	if len(ms) > maxMerges {
		return fmt.Errorf("more than %d merged cells: undo the merges", maxMerges)
	}
	byLine := map[int]int{}
	for i := range s.Rows {
		byLine[s.Rows[i].Line] = i
	}
	for _, m := range ms {
		c1, r1, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		c2, r2, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err1 != nil || err2 != nil {
			continue
		}
		if c2 > c1 {
			t.wide++
		}
		top, ok := byLine[r1]
		if !ok || c1 > len(s.Rows[top].Cells) {
			continue
		}
		value := s.Rows[top].Cells[c1-1]
		for i := top + 1; i < len(s.Rows) && s.Rows[i].Line <= r2; i++ {
			r := &s.Rows[i]
			for len(r.Cells) < c1 {
				r.Cells = append(r.Cells, Cell{})
			}
			if r.Cells[c1-1].Text == "" {
				r.Cells[c1-1] = value
				t.filled++
			}
		}
	}
	return nil
}
