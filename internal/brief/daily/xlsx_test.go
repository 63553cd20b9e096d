package daily

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestXLSX: the workbook says what the tables say, and no cell is a formula.
func TestXLSX(t *testing.T) {
	records := week(t)
	for _, r := range records {
		r.Text, r.Source = "=1+1", "=cmd|' /C calc'!A0"
	}
	r := made(t, input(t, "ru", records))
	var b bytes.Buffer
	if err := r.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range r.Tables() {
		rows, err := f.GetRows(table.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(table.Rows)+1 {
			t.Errorf("%s has %d rows, want %d", table.ID, len(rows)-1, len(table.Rows))
			continue
		}
		for i, row := range table.Rows {
			off := min(len(table.IDs), 1)
			for k, want := range row {
				have := ""
				if k+off < len(rows[i+1]) {
					have = rows[i+1][k+off]
				}
				if have != want.String() {
					t.Errorf("%s row %d: %q, want %q", table.ID, i, have, want)
				}
				at, _ := excelize.CoordinatesToCellName(k+off+1, i+2)
				if formula, _ := f.GetCellFormula(table.ID, at); formula != "" {
					t.Errorf("%s %s is a formula: %s", table.ID, at, formula)
				}
			}
		}
	}
}
