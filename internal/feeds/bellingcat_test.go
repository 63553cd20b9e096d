package feeds

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

func FuzzBellingcat(f *testing.F) {
	fuzz(f, "bellingcat", "bellingcat.json", "bellingcat_api.json")
}

func TestBellingcat(t *testing.T) {
	list, sum := readPath(t, "testdata/bellingcat.json", Options{})
	wantAll(t, sum, 8, 5, 0, 2, 1)
	if sum.Unmapped != 1 {
		t.Errorf("%d unmapped", sum.Unmapped)
	}
	wantText(t, "problems", problems(sum), `"T3" was already read with other content`, `"asc99" is not in`, `"26/03/2031" is not a date`, "lat and lon look swapped")

	one := byID(t, list, "BELLINGCAT-T1")
	s := one.Scenarios[0]
	wantSpan(t, "a day in Kyiv", s.Time, "2031-03-25T22:00Z", "2031-03-26T22:00Z")
	wantSet(t, "an unknown weapon, that hit", s.Act, "attack.strike")
	wantSet(t, "a hit", s.Outcome, "impact|incidental")
	wantSet(t, "an unknown weapon", s.Means, "")
	wantSet(t, "target", s.Target, "civilian.residential")
	if r, _ := s.Place.Radius(); r != 500 || one.Level != evidence.Reported || s.Actor != nil || s.Intended != nil || s.PlaceName != "Testove" {
		t.Errorf("T1: %+v", one)
	}
	wantText(t, "notes", strings.Join(one.Notes, "\n"), "500 m", "corroborated", "28 May 2023", "Weapon System: Unknown")

	s = byID(t, list, "BELLINGCAT-T2").Scenarios[0]
	wantSpan(t, "the month stands first", s.Time, "2031-03-03T22:00Z", "2031-03-04T22:00Z")
	wantSet(t, "rockets", s.Act, "attack.strike.artillery")
	wantSet(t, "rockets", s.Means, "artillery.mlrs")
	s = byID(t, list, "BELLINGCAT-T3").Scenarios[0]
	wantSpan(t, "an hour that is given", s.Time, "2031-10-17T03:45Z", "2031-10-17T03:46Z")
	wantSet(t, "an area without a node", s.Target, "")
	if byID(t, list, "BELLINGCAT-T3-2").Text != "A drone at the station." {
		t.Error("the second event of an id is not its own")
	}
	s = byID(t, list, "BELLINGCAT-T4").Scenarios[0]
	wantSet(t, "an association that is not known", s.Target, "")
	if !s.Place.IsUnknown() {
		t.Errorf("no position: %v", s.Place)
	}
}

func TestBellingcatAPI(t *testing.T) {
	list, sum := readPath(t, "testdata/bellingcat_api.json", Options{})
	wantAll(t, sum, 1, 1, 0, 0, 0)
	s := list[0].Scenarios[0]
	wantSet(t, "food", s.Target, "agriculture|industry.other|civilian.commerce")
	wantSet(t, "missile", s.Act, "attack.strike.missile")
	if list[0].ID != "BELLINGCAT-7" || list[0].URL != "https://example.org/post/1" || list[0].From.Line != 2 {
		t.Errorf("%+v", list[0])
	}
	wantText(t, "a filter that is not known", problems(sum), `"Ukraine" is not in`)
}

// TestBellingcatCodesAreMapped: each of the 27 associations maps to something
// or says that it is left unmapped deliberately.
func TestBellingcatCodesAreMapped(t *testing.T) {
	if len(bellingcatAssociations()) != 27 || len(bellingcatIDs()) != 27 {
		t.Fatalf("%d keys, %d ids", len(bellingcatAssociations()), len(bellingcatIDs()))
	}
	for key, e := range bellingcatAssociations() {
		axis := "means"
		if strings.HasPrefix(key, bellingcatAxis["target"]) {
			axis = "target"
		} else if !strings.HasPrefix(key, bellingcatAxis["means"]) {
			t.Errorf("%s speaks of neither", key)
		}
		if (e[axis] == "") != strings.HasPrefix(e["comment"], "deliberately unmapped") {
			t.Errorf("%s: %v", key, e)
		}
	}
}

func TestRealBellingcat(t *testing.T) {
	data, err := os.ReadFile(shared(t, "events/bellingcat_export_events.json"))
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		ID           string
		Associations []string
	}
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	list, sum := readPath(t, shared(t, "events/bellingcat_export_events.json"), Options{})
	wantAll(t, sum, len(events), 1159, 0, 0, 0)
	if sum.Unmapped != 0 {
		t.Errorf("%v", sum)
	}
	wantText(t, "problems", problems(sum), `"CIV1553" was already read`)
	ids, missiles := map[string]bool{}, 0
	for i, inc := range list {
		s := inc.Scenarios[0]
		ids[inc.ID] = true
		if s.Place.IsUnknown() || s.Time.Unknown() || len(s.Act) == 0 || s.Actor != nil || !strings.HasPrefix(inc.ID, "BELLINGCAT-"+events[i].ID) {
			t.Errorf("%s: %+v", inc.ID, s)
		}
		if strings.Join(s.Act, "|") == "attack.strike.missile" {
			missiles++
		}
	}
	want := 0
	for _, e := range events {
		for _, a := range e.Associations {
			if a == "asc19" || a == "asc20" {
				want++
			}
		}
	}
	if len(ids) != len(events) || missiles != want || want != 60 {
		t.Errorf("%d ids, %d missiles, want %d", len(ids), missiles, want)
	}
	var codes []struct {
		ID          string
		FilterPaths []string `json:"filter_paths"`
	}
	data, err = os.ReadFile(shared(t, "events/bellingcat_export_associations.json"))
	if err == nil {
		err = json.Unmarshal(data, &codes)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range codes {
		if got := bellingcatIDs()[c.ID]["key"]; got != strings.Join(c.FilterPaths, ": ") {
			t.Errorf("%s is %q in the table, %v in the list", c.ID, got, c.FilterPaths)
		}
	}
}
