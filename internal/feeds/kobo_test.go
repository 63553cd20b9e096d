package feeds

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func FuzzKobo(f *testing.F) { fuzz(f, "kobo", "kobo.json", "kobo.csv") }

func TestKoboJSON(t *testing.T) {
	list, sum := readPath(t, "testdata/kobo.json", Options{})
	wantAll(t, sum, 7, 2, 1, 2, 2) // k-2 was edited, k-4 stands twice
	wantText(t, "problems", problems(sum), "one page of several", "k-2 was edited: its new version k-3b is taken", "answer it differently", "a date without an hour")
	one := byID(t, list, "KOBO-k-1")
	s := one.Scenarios[0]
	wantSet(t, "several choices", s.Act, "attack.strike.drone|attack.strike.missile")
	wantSet(t, "a question in a group", s.Target, "energy.power.substation")
	wantSpan(t, "a time", s.Time, "2031-03-26T08:00Z", "2031-03-26T08:00Z")
	if r, _ := s.Place.Radius(); r != 12.5 {
		t.Errorf("k-1: %v", s.Place)
	}
	notes := strings.Join(one.Notes, "\n")
	wantText(t, "notes", notes, "validation status: Approved", "submitted 2031-03-26T10:20Z")
	two := byID(t, list, "KOBO-k-3b")
	wantText(t, "notes", strings.Join(two.Notes, "\n"), "validation status: Not approved", "it replaces submission k-2")
	for _, i := range list {
		if strings.Contains(strings.Join(i.Notes, "")+i.Source+i.Text, "monitor_7") {
			t.Errorf("who sent it is passed on: %+v", i)
		}
	}
}

func TestKoboCSV(t *testing.T) {
	list, sum := readPath(t, "testdata/kobo.csv", Options{})
	wantAll(t, sum, 3, 1, 1, 0, 1)
	s := byID(t, list, "KOBO-c-3").Scenarios[0]
	wantSet(t, "act", s.Act, "jam")
	list, _, err := read(t, strings.Replace(testFile(t, "kobo.csv"), "uuid:c-1", "", 1), Options{})
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	s = byID(t, list, "KOBO-c-1").Scenarios[0]
	if r, ok := s.Place.Radius(); !ok || r != 0 || s.Target[0] != "energy.gas.storage" {
		t.Errorf("set by hand on the map: %+v", s)
	}
}

// TestKoboPlaceOfTheObserver: where a form was filled in is not where it
// happened.
func TestKoboPlaceOfTheObserver(t *testing.T) {
	list, _, err := read(t, `{"results":[{"_uuid":"1","act":"attack","Where_I_stand":"49.9 36.6 120 12.5","_geolocation":[49.9,36.6],"_submission_time":"2031-03-26T10:21:00"}]}`, Options{})
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	notes := strings.Join(list[0].Notes, "\n")
	if !list[0].Scenarios[0].Place.IsUnknown() || strings.Contains(notes, "49.9") {
		t.Errorf("%+v", list[0])
	}
	wantText(t, "notes", notes, "place left unknown")
}

func TestKoboSubmissionsOfOneID(t *testing.T) {
	_, sum, err := read(t, `{"results":[{"_uuid":"1","act":"jam","_submission_time":"x"},{"_uuid":"1","act":"attack","_submission_time":"x"},{"act":"jam","_submission_time":"x"}]}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantAll(t, sum, 3, 2, 0, 1, 0)
	wantText(t, "problems", problems(sum), "already read with other content")
}

func TestRealKobo(t *testing.T) {
	path := shared(t, "formats/kobo/kobo_v2_data.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var page struct{ Results []json.RawMessage }
	if err := json.Unmarshal(data, &page); err != nil {
		t.Fatal(err)
	}
	_, sum := readPath(t, path, Options{})
	wantAll(t, sum, len(page.Results), 0, 3, 0, 0)
}
