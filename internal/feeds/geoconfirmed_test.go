package feeds

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

func FuzzGeoconfirmed(f *testing.F) { fuzz(f, "geoconfirmed", "geoconfirmed.csv") }

func TestGeoconfirmed(t *testing.T) {
	list, sum := readPath(t, "testdata/geoconfirmed.csv", Options{})
	wantCounts(t, sum, 7, 5, 2, 0, 0)
	wantReports(t, sum, 0)
	wantText(t, "problems", problems(sum), `"in March" is not a date`, "column latitude: ")
	wantSet(t, "units are not passed on", sum.Columns, "Units|OrbatUnits")

	one := byID(t, list, "GEOCONFIRMED-1")
	s := one.Scenarios[0]
	wantSpan(t, "a day", s.Time, "2031-03-25T21:00Z", "2031-03-26T22:00Z")
	if r, _ := s.Place.Radius(); r != 100 || one.Level != evidence.Reported || s.Act != nil || s.Target != nil || one.URL != "https://example.org/post/1" {
		t.Errorf("1: %+v", one)
	}
	notes := strings.Join(one.Notes, "\n")
	wantText(t, "notes", notes, "not the attacker", "equipment as given: Tank; T-00")
	if strings.Contains(notes+one.Text, "1st Test Brigade") {
		t.Errorf("a unit is named: %+v", one)
	}
	two := byID(t, list, "GEOCONFIRMED-2").Scenarios[0]
	if r, _ := two.Place.Radius(); r != 5_000 || two.Time != s.Time {
		t.Errorf("approximate, with an hour that is none: %+v", two)
	}
	wantSpan(t, "4 March or 3 April", byID(t, list, "GEOCONFIRMED-3").Scenarios[0].Time, "2031-03-03T21:00Z", "2031-04-03T21:00Z")
	if s := byID(t, list, "GEOCONFIRMED-4").Scenarios[0]; !s.Place.IsUnknown() {
		t.Errorf("no position: %v", s.Place)
	}
	far := byID(t, list, "GEOCONFIRMED-geoconfirmed.csv:6")
	wantSpan(t, "elsewhere, any zone", far.Scenarios[0].Time, "2031-03-25T10:00Z", "2031-03-27T12:00Z")
}

func TestSlashDates(t *testing.T) {
	for text, want := range map[string]string{"3/4/2031": "03-04 04-03", "26/3/2031": "03-26 03-26", "3/26/2031": "03-26 03-26", "3/26/2031 12:00:00 AM": "03-26 03-26", "4/4/2031": "04-04 04-04", "31/31/2031": "", "3/4/31": ""} {
		from, to, ok := slashDate(text)
		got := ""
		if ok {
			got = from.Format("01-02") + " " + to.Format("01-02")
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
