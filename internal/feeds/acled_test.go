package feeds

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

func FuzzAcled(f *testing.F) { fuzz(f, "acled", "acled_2020.csv", "acled_2025.csv") }

func wantReports(t *testing.T, sum Summary, reports int) {
	t.Helper()
	if sum.Reports != reports {
		t.Errorf("%d reports, want %d: %v", sum.Reports, reports, sum)
	}
	if got := sum.Incidents + sum.Reports + sum.Rejected + sum.Duplicates; got != sum.Rows {
		t.Errorf("%d of %d rows are told of: %v", got, sum.Rows, sum)
	}
	if sum.Reports > 0 {
		wantText(t, "summary", sum.String(), "reports that are no incidents")
	}
}

// realRows counts the rows of a real file by other means: encoding/csv.
func realRows(t *testing.T, path string, comma rune, skip int) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = comma, comma == '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[skip:]
}

// TestNoTableNamesAnAttacker: none of these sources says who attacked.
func TestNoTableNamesAnAttacker(t *testing.T) {
	for _, file := range []string{"acled_2020.csv", "acled_2025.csv", "ucdp.csv", "gdelt.export.CSV", "geoconfirmed.csv", "hxl.csv"} {
		list, _ := readPath(t, "testdata/"+file, Options{})
		for _, i := range list {
			if s := i.Scenarios[0]; s.Actor != nil || s.Owner != nil || s.Controller != nil || s.Intended != nil || len(i.Claims) > 0 {
				t.Errorf("%s: %s: %+v", file, i.ID, s)
			}
		}
	}
}

func TestAcled(t *testing.T) {
	list, sum := readPath(t, "testdata/acled_2025.csv", Options{})
	wantCounts(t, sum, 11, 6, 2, 1, 1)
	wantReports(t, sum, 2) // an agreement, a protest
	wantText(t, "problems", problems(sum), `"Weather control" is not in`, "column geo_precision: ", "column latitude: ")
	if len(sum.Columns) != 0 {
		t.Errorf("ignored: %v", sum.Columns)
	}

	one := byID(t, list, "UKR1")
	s := one.Scenarios[0]
	wantSpan(t, "a day of Kyiv or Moscow", s.Time, "2031-03-25T21:00Z", "2031-03-26T22:00Z")
	wantSet(t, "act", s.Act, "attack.strike.air|attack.strike.drone|attack.strike.missile|attack.strike.naval")
	wantSet(t, "outcome", s.Outcome, "")
	wantSet(t, "target by the tags", s.Target, "energy")
	if r, _ := s.Place.Radius(); r != 30_000 || one.Level != evidence.Reported || one.Killed.Known || !strings.Contains(one.Text, "\"quoted\"\nand") {
		t.Errorf("UKR1: %+v", one)
	}
	wantText(t, "notes", strings.Join(one.Notes, "\n"), "Military Forces of Redland", "timestamp 1943000000", "fatalities 0")

	s = byID(t, list, "UKR2").Scenarios[0]
	wantSpan(t, "any week with the date", s.Time, "2031-03-19T21:00Z", "2031-04-01T21:00Z")
	wantSet(t, "shot down", s.Outcome, "intercepted")

	three := byID(t, list, "UKR3")
	wantSpan(t, "the month", three.Scenarios[0].Time, "2031-02-28T21:00Z", "2031-03-31T21:00Z")
	wantPlace(t, "the oblast", three.Scenarios[0].Place, "UA-63")
	if three.Killed.Min != 12 || three.Killed.Max != 12 {
		t.Errorf("killed: %v", three.Killed)
	}
	if s := byID(t, list, "UKR6").Scenarios[0]; s.Act != nil {
		t.Errorf("a kind that is not known: %v", s.Act)
	}
	wantSpan(t, "western Russia", byID(t, list, "UKR7").Scenarios[0].Time, "2031-03-25T21:00Z", "2031-03-26T22:00Z")
	if s := byID(t, list, "UKR9").Scenarios[0]; !s.Place.IsUnknown() {
		t.Errorf("no position: %v", s.Place)
	}
}

func TestAcledOf2020(t *testing.T) {
	list, sum := readPath(t, "testdata/acled_2020.csv", Options{})
	wantCounts(t, sum, 5, 3, 2, 0, 0)
	wantText(t, "problems", problems(sum), `"3/4/2031" is not a date`, `"ZZZ1" was already read`)
	wantSpan(t, "03 December 2030", byID(t, list, "ZZZ1").Scenarios[0].Time, "2030-12-02T21:00Z", "2030-12-03T22:00Z")
	kyiv := byID(t, list, "ACLED-2").Scenarios[0]
	wantSpan(t, "16-May-25", kyiv.Time, "2025-05-15T21:00Z", "2025-05-16T21:00Z")
	wantPlace(t, "Kyiv is the oblast", kyiv.Place, "UA-32")
	s := byID(t, list, "ZZZ3").Scenarios[0]
	wantSpan(t, "26-03-2031, anywhere on earth", s.Time, "2031-03-25T10:00Z", "2031-03-27T12:00Z")
	if r, _ := s.Place.Radius(); r != 150_000 {
		t.Errorf("an area of another country with a name of ours: %v", s.Place)
	}
}

// TestEveryAcledCode: each sub-event of the code book has a row, and those that
// are no acts of war are named here.
func TestEveryAcledCode(t *testing.T) {
	codes := strings.Split("Armed clash;Government regains territory;Non-state actor overtakes territory;Chemical weapon;Air/drone strike;"+
		"Suicide bomb;Shelling/artillery/missile attack;Remote explosive/landmine/IED;Grenade;Peaceful protest;Protest with intervention;"+
		"Excessive force against protesters;Violent demonstration;Mob violence;Agreement;Arrests;Change to group/activity;"+
		"Disrupted weapons use;Headquarters or base established;Looting/property destruction;Non-violent transfer of territory;Other;"+
		"Sexual violence;Attack;Abduction/forced disappearance", ";")
	reports := strings.Split("Peaceful protest;Protest with intervention;Excessive force against protesters;Violent demonstration;Mob violence;"+
		"Agreement;Arrests;Change to group/activity;Other;Sexual violence", ";")
	open := []string{"Looting/property destruction"}
	if len(codes) != 25 || len(acledEvents()) != len(codes) {
		t.Errorf("%d codes, %d rows", len(codes), len(acledEvents()))
	}
	for _, c := range codes {
		e, ok := acledEvents()[strings.ToLower(c)]
		switch {
		case !ok:
			t.Errorf("%s is not in the table", c)
		case (e["use"] == "report") != slices.Contains(reports, c):
			t.Errorf("%s: %s", c, e["use"])
		case e["use"] != "report" && (e["act"] == "") != slices.Contains(open, c):
			t.Errorf("%s: act %q", c, e["act"])
		}
	}
	for _, e := range hxlTypes() {
		if e["use"] != "incident" && e["use"] != "report" {
			t.Errorf("hxl_types.csv: %v", e)
		}
	}
}

func TestSharedAcled(t *testing.T) {
	for file, want := range map[string]int{"acled_2020_layout_synthetic.csv": 1, "acled_2025_layout_synthetic.csv": 2} {
		path := shared(t, "formats/acled/"+file)
		list, sum := readPath(t, path, Options{})
		wantCounts(t, sum, want, want, 0, 0, 0)
		if n := len(realRows(t, path, ',', 1)); n != len(list) || sum.As != "acled" {
			t.Errorf("%s: %d rows, %d incidents, read as %s", file, n, len(list), sum.As)
		}
	}
}
