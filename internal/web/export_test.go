package web

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// TestWorkbooksAgree: a list as a workbook holds the cells of the list as CSV, but
// that nothing needs an apostrophe there.
func TestWorkbooksAgree(t *testing.T) {
	w := newWorld(t, nil)
	body := `{"id":"01JPV9Z8M0000000000000000A","row":{"time_start":"2025-03-20T20:20Z","lat":"51.11","lon":"35.18","precision_m":"6000","act":"attack.strike.artillery","text":"=cmd|' /C calc'!A0"}}`
	if r, text := w.do("POST", "/api/reports", "anna", "application/json", []byte(body), nil); r.StatusCode != 201 {
		t.Fatal(text)
	}
	w.follow()
	for _, list := range []string{"incidents", "findings", "reports", "entries"} {
		_, plain := w.do("GET", "/api/"+list+".csv", "reader", "", nil, nil)
		want, err := csv.NewReader(strings.NewReader(plain)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		r, text := w.do("GET", "/api/"+list+".xlsx", "reader", "", nil, nil)
		if !strings.Contains(r.Header.Get("Content-Type"), "spreadsheetml") || !strings.Contains(r.Header.Get("Content-Disposition"), ".xlsx") {
			t.Errorf("%s: %v", list, r.Header)
		}
		f, err := excelize.OpenReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(list, err)
		}
		got, err := f.GetRows(list, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d rows, expected %d", list, len(got), len(want))
		}
		for i := range want {
			for k, c := range want[i] {
				have := ""
				if k < len(got[i]) {
					have = got[i][k]
				}
				if have != strings.TrimPrefix(c, "'") {
					t.Errorf("%s, row %d, %s: %q, expected %q", list, i, want[0][k], have, c)
				}
			}
		}
		about, err := f.GetRows("About")
		if err != nil || len(about) < 3 || !strings.Contains(about[0][1], "example.org/north=") {
			t.Errorf("%s: about %v %v", list, about, err)
		}
		f.Close()
	}
}
