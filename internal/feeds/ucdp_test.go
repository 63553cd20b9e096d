package feeds

import (
	"strconv"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

func FuzzUcdp(f *testing.F) { fuzz(f, "ucdp", "ucdp.csv", "ucdp_candidate.csv", "ucdp_2018.csv") }

func TestUcdp(t *testing.T) {
	list, sum := readPath(t, "testdata/ucdp.csv", Options{})
	wantCounts(t, sum, 12, 8, 4, 1, 0) // the row of HXL tags is none
	wantReports(t, sum, 0)
	wantText(t, "problems", problems(sum), "column where_prec: ", "column date_end: it ends", "column best: ", "column date_prec: ", `"8" is not in`)

	one := byID(t, list, "UCDP-1")
	s := one.Scenarios[0]
	wantSpan(t, "a day", s.Time, "2031-03-25T21:00Z", "2031-03-26T22:00Z")
	wantSet(t, "act", s.Act, "attack")
	if r, _ := s.Place.Radius(); r != 5_000 || one.Level != evidence.Reported || one.Killed.Min != 2 || one.Killed.Max != 4 || one.Source != "Synthetic Wire" {
		t.Errorf("UCDP-1: %+v", one)
	}
	two := byID(t, list, "UCDP-2")
	wantSpan(t, "four days, the last included", two.Scenarios[0].Time, "2031-03-25T21:00Z", "2031-03-29T22:00Z")
	wantPlace(t, "where_prec 4", two.Scenarios[0].Place, "UA-14")
	if two.Killed.Min != 3 || two.Killed.Max != 5 {
		t.Errorf("killed: %v", two.Killed)
	}
	wantText(t, "notes", strings.Join(two.Notes, "\n"), "low, best and high are out of order", "date_prec 2", "side_a is not the attacker")

	s = byID(t, list, "UCDP-3").Scenarios[0]
	wantSpan(t, "anywhere on earth", s.Time, "2031-03-25T10:00Z", "2031-03-27T12:00Z")
	if r, _ := s.Place.Radius(); r != 150_000 {
		t.Errorf("an area that is not ours: %v", s.Place)
	}
	four := byID(t, list, "UCDP-4")
	wantPlace(t, "the country", four.Scenarios[0].Place, "UA")
	if four.Count.Min != 1 || four.Count.Max >= 0 {
		t.Errorf("event_clarity 2: %v", four.Count)
	}
	if s := byID(t, list, "UCDP-5").Scenarios[0]; !s.Place.IsUnknown() {
		t.Errorf("where_prec 7: %v", s.Place)
	}
	if s := byID(t, list, "UCDP-6").Scenarios[0]; s.Act != nil {
		t.Errorf("a type that is not known: %v", s.Act)
	}
	wantSpan(t, "one day that is not known", byID(t, list, "UCDP-8").Scenarios[0].Time, "2031-03-19T21:00Z", "2031-04-01T21:00Z")
	wantText(t, "notes", strings.Join(byID(t, list, "UCDP-11").Notes, "\n"), "Check deletion")
}

func TestUcdpLayouts(t *testing.T) {
	for file, rows := range map[string]int{"ucdp_candidate.csv": 3, "ucdp_2018.csv": 2} {
		list, sum := readPath(t, "testdata/"+file, Options{})
		wantCounts(t, sum, rows, rows, 0, 0, 0)
		if list[0].ID != "UCDP-1" || list[0].From.Line == 0 || len(sum.Columns) != 0 {
			t.Errorf("%s: %+v %v", file, list[0], sum.Columns)
		}
	}
	list, _ := readPath(t, "testdata/ucdp_candidate.csv", Options{})
	if list[0].From.Line != 1 {
		t.Errorf("the first line of a file without header is line %d", list[0].From.Line)
	}
}

func TestRealUcdp(t *testing.T) {
	for file, want := range map[string]int{"events/ucdp_ged_ukr_hdx_2014_2018.csv": 993, "formats/hxl_ucdp_bangladesh.csv": 601} {
		path := shared(t, file)
		list, sum := readPath(t, path, Options{})
		wantCounts(t, sum, want, want, 0, 0, 0)
		rows := realRows(t, path, ',', 0)
		column := row{fields: rows[0]}.columns()
		rows = rows[2:]
		if len(rows) != want || sum.As != "ucdp" {
			t.Errorf("%s: %d rows, read as %s", file, len(rows), sum.As)
		}
		for n, r := range rows {
			i := list[n]
			low, _ := strconv.Atoi(r[column["low"]])
			best, _ := strconv.Atoi(r[column["best"]])
			high, _ := strconv.Atoi(r[column["high"]])
			if i.ID != "UCDP-"+r[column["id"]] || i.Killed.Min != min(low, best, high) || i.Killed.Max != max(low, best, high) {
				t.Errorf("%s: %v against %d, %d, %d", i.ID, i.Killed, low, best, high)
			}
			coarse := r[column["where_prec"]] >= "6"
			if s := i.Scenarios[0]; s.Time.Unknown() || s.Actor != nil || len(s.Act) != 1 || s.Place.IsUnknown() && !coarse {
				t.Errorf("%s: %+v", i.ID, s)
			}
		}
	}
}
