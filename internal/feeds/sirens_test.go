package feeds

import (
	"os"
	"testing"
)

func FuzzSirens(f *testing.F) { fuzz(f, "sirens", "sirens_official.csv", "sirens_volunteer.csv") }

// alerts reads a list of alerts.
func alerts(t *testing.T, path string) ([]Alert, Summary) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []Alert
	sum, err := ReadAlerts(path, f, Options{}, func(a Alert) error {
		out = append(out, a)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

func TestSirens(t *testing.T) {
	list, sum := alerts(t, "testdata/sirens_official.csv")
	wantCounts(t, sum, 9, 0, 3, 1, 1)
	wantReports(t, sum, 5)
	wantText(t, "problems", problems(sum), `"Lubenskyi raion" stands where the oblast should`, `"Testovska oblast" not resolved`, "it ends", "column level: ", "column started_at: ")
	one := list[0]
	wantSpan(t, "an alert", one.Time, "2031-03-26T16:10:34Z", "2031-03-26T16:50:07Z")
	wantPlace(t, "an oblast", one.Area, "UA-05")
	if !one.EndKnown || one.Level != "oblast" || one.Source != "official" {
		t.Errorf("first: %+v", one)
	}
	wantSpan(t, "no end: an hour", list[1].Time, "2031-03-26T16:10:34Z", "2031-03-26T17:10:34Z")
	if list[1].EndKnown || list[1].PlaceName != "Obukhivskyi raion, Kyivska oblast" {
		t.Errorf("no end: %+v", list[1])
	}
	if list[2].EndKnown {
		t.Errorf("an end an hour to the second after the start: %+v", list[2])
	}
	wantPlace(t, "oblast and raion in each other's place", list[3].Area, "UA-53")
	if !list[4].Area.IsUnknown() {
		t.Errorf("no such oblast: %v", list[4].Area)
	}
}

func TestSirensOfVolunteers(t *testing.T) {
	list, sum := alerts(t, "testdata/sirens_volunteer.csv")
	wantCounts(t, sum, 3, 0, 1, 0, 0)
	wantReports(t, sum, 2)
	if list[0].EndKnown || !list[1].EndKnown || list[0].Level != "" {
		t.Errorf("naive: %+v", list)
	}
	wantPlace(t, "region", list[0].Area, "UA-46")
}

func TestRealSirens(t *testing.T) {
	path := shared(t, "events/sirens_official_2022.csv")
	list, sum := alerts(t, path)
	rows := realRows(t, path, ',', 1)
	wantCounts(t, sum, len(rows), 0, 0, 0, 0)
	wantReports(t, sum, 17493)
	if len(rows) != 17493 || len(list) != len(rows) {
		t.Errorf("%d rows, %d alerts", len(rows), len(list))
	}
	made := 0
	for i, a := range list {
		if a.Area.IsUnknown() || a.Time.Start.Time().Format("2006-01-02 15:04:05")+"+00:00" != rows[i][4] {
			t.Errorf("%v: %+v", rows[i], a)
		}
		if !a.EndKnown {
			made++
		}
	}
	if made != 10 {
		t.Errorf("%d ends an hour to the second after the start, want 10", made)
	}
}

// TestSirensOnline: the interface of alerts.in.ua. What is still on has no end, and an
// end an hour after the start is a real one.
func TestSirensOnline(t *testing.T) {
	list, sum := alerts(t, "testdata/sirens_api.json")
	wantCounts(t, sum, 5, 0, 1, 1, 1)
	wantReports(t, sum, 3)
	wantText(t, "problems", problems(sum), `column started_at: "later" is not a date`, `"Десь" not resolved`)
	if one := list[0]; one.EndKnown || one.Level != "oblast" || one.Kind != "air_raid" || one.Source != "alerts.in.ua" {
		t.Errorf("first: %+v", one)
	}
	wantPlace(t, "an oblast", list[0].Area, "UA-63")
	if two := list[1]; !two.EndKnown || two.Level != "raion" || two.Kind != "artillery_shelling" || two.PlaceName != "Нікопольський район, Дніпропетровська область" {
		t.Errorf("second: %+v", two)
	}
	wantPlace(t, "a raion", list[1].Area, "UA-12")
	if three := list[2]; three.Level != "" || !three.Area.IsUnknown() {
		t.Errorf("third: %+v", three)
	}
}
