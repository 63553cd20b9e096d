package feeds

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

func FuzzGdelt(f *testing.F) {
	fuzz(f, "gdelt", "gdelt.export.CSV", "gdelt_1.CSV", "gdelt_mentions.csv", "gdelt_mentions_raw.CSV")
}

func TestGdelt(t *testing.T) {
	for _, file := range []string{"gdelt.export.CSV", "gdelt_1.CSV"} {
		list, sum := readPath(t, "testdata/"+file, Options{})
		wantCounts(t, sum, 13, 7, 3, 0, 0)
		wantReports(t, sum, 3)
		wantText(t, "problems", problems(sum), "column eventcode: ", "column day: ", "column actiongeo_lat: ")

		one := byID(t, list, "GDELT-900001")
		s := one.Scenarios[0]
		wantSpan(t, "the day and the day before", s.Time, "2031-03-24T21:00Z", "2031-03-26T22:00Z")
		wantSet(t, "act", s.Act, "attack.strike.air|attack.strike.drone|attack.strike.missile")
		if r, _ := s.Place.Radius(); r != 10_000 || one.Level != evidence.Claimed || one.URL != "https://news.example.org/a1" || one.Source != "news.example.org" || !strings.Contains(one.Text, `"REDLAND`) {
			t.Errorf("900001: %+v", one)
		}
		two := byID(t, list, "GDELT-900002")
		wantPlace(t, "an oblast", two.Scenarios[0].Place, "UA-63")
		wantText(t, "dated before it was added", strings.Join(two.Notes, "\n"), "dated 20310325, before it was added (20310326001500)")
		three := byID(t, list, "GDELT-900003").Scenarios[0]
		wantPlace(t, "the country", three.Place, "UA")
		wantSet(t, "a ceasefire violated, somehow", three.Act, "")
		wantPlace(t, "Russia, perhaps as it counts itself", byID(t, list, "GDELT-900006").Scenarios[0].Place, "RU", "UA-40", "UA-43")
		wantPlace(t, "by name", byID(t, list, "GDELT-900013").Scenarios[0].Place, "RU-BEL")
		for _, id := range []string{"GDELT-900007", "GDELT-900008"} {
			if s := byID(t, list, id).Scenarios[0]; !s.Place.IsUnknown() {
				t.Errorf("%s: %v", id, s.Place)
			}
		}
	}
}

// TestGdeltWithADamagedFirstLine: the layout is known by the next lines.
func TestGdeltWithADamagedFirstLine(t *testing.T) {
	data, err := os.ReadFile("testdata/gdelt.export.CSV")
	if err != nil {
		t.Fatal(err)
	}
	_, sum, err := read(t, "cut\toff\n"+string(data), Options{})
	if err != nil || sum.As != "gdelt" {
		t.Fatal(sum, err)
	}
	wantCounts(t, sum, 14, 7, 4, 0, 0)
}

func TestGdeltMentionsAreNoEvents(t *testing.T) {
	list, sum := readPath(t, "testdata/gdelt_mentions.csv", Options{})
	wantCounts(t, sum, 2, 0, 1, 0, 0)
	wantReports(t, sum, 1)
	if len(list) > 0 {
		t.Errorf("%+v", list[0])
	}
}

// TestEveryCameoCode: each code below the roots of force has its own row, each
// other code one of its root, all of which are no acts of war.
func TestEveryCameoCode(t *testing.T) {
	var codes struct {
		Code map[string]string `json:"cameoCode"`
	}
	data, err := os.ReadFile(shared(t, "events/gdelt_cameoCodes.json"))
	if err == nil {
		err = json.Unmarshal(data, &codes)
	}
	if err != nil || len(codes.Code) < 250 {
		t.Fatal(err, len(codes.Code))
	}
	for code := range codes.Code {
		e, err := cameo(&record{columns: map[string]int{"eventcode": 0}, fields: []string{code}})
		if err != nil {
			t.Errorf("%s: %v", code, err)
			continue
		}
		if force := code >= "18"; force && e["code"] != code || !force && e["use"] != "report" {
			t.Errorf("%s: %v", code, e)
		}
	}
	for code, e := range gdeltCameo() {
		if e["name"] == "" || e["use"] != "report" && e["use"] != "incident" || e["use"] == "report" && e["act"] != "" {
			t.Errorf("%s: %v", code, e)
		}
	}
}

func TestRealGdelt(t *testing.T) {
	path := shared(t, "events/gdelt2_20180101000000.export.CSV")
	list, sum := readPath(t, path, Options{})
	force, crimes, earlier := 0, 0, 0
	rows := realRows(t, path, '\t', 0)
	for _, r := range rows {
		switch {
		case r[26] == "1821" || r[26] == "1822": // deliberately no incidents
			crimes++
		case r[28] == "18" || r[28] == "19" || r[28] == "20":
			force++
		}
		if r[1] < "20180101" {
			earlier++
		}
	}
	if len(rows) != 2414 || force != 343 || crimes != 2 || earlier != 23 {
		t.Errorf("%d rows, %d of force, %d crimes, %d dated earlier", len(rows), force, crimes, earlier)
	}
	wantCounts(t, sum, len(rows), force, 0, 0, 0)
	wantReports(t, sum, len(rows)-force)
	noted := 0
	for _, i := range list {
		if strings.Contains(strings.Join(i.Notes, "\n"), "before it was added") {
			noted++
		}
		if s := i.Scenarios[0]; s.Actor != nil || i.Level != evidence.Claimed || s.Time.Unknown() {
			t.Errorf("%s: %+v", i.ID, s)
		}
	}
	t.Logf("%d incidents are dated before the file", noted)

	path = shared(t, "events/gdelt2_mentions_sample_with_header.csv")
	_, sum = readPath(t, path, Options{})
	wantCounts(t, sum, 1635, 0, 0, 0, 0)
	wantReports(t, sum, len(realRows(t, path, ',', 1)))
}
