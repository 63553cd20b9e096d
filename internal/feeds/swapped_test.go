package feeds

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/where"
)

// TestF29SwappedCoordinates: a position that lies where the row says only when
// latitude and longitude are exchanged is rejected with the reason; one of which
// nothing says where it lies is read with a note.
func TestF29SwappedCoordinates(t *testing.T) {
	const head = "id,act,lat,lon,precision_m,place,actor,owner\n"
	fits := ""
	for i := range 6 {
		fits += fmt.Sprintf("f%d,jam,5%d.1,36.2,100,,,\n", i, i%2)
	}
	for name, c := range map[string]struct {
		rows, problem, note string
		incidents           int
	}{
		"as it should be":             {"1,jam,50.0,36.2,100,Kharkiv oblast,,UA\n", "", "", 1},
		"the oblast is named":         {"1,jam,36.2,50.0,100,Kharkiv oblast,,\n", "test.csv:2: column lat: latitude and longitude look exchanged: 36.2000,50.0000 is more than 100 km outside Kharkiv oblast, and 50,36.2 is inside; exchange the two", "", 0},
		"another oblast is named":     {"1,jam,36.2,50.0,100,Odesa oblast,,\n", "", "with latitude and longitude exchanged inside one", 1},
		"the owner is named":          {"1,jam,36.2,50.0,100,,,UA\n", "(owner UA is named)", "", 0},
		"the actor is named":          {"1,jam,36.2,50.0,100,,ru.forces,\n", "(actor ru.forces is named)", "", 0},
		"the rows before it fit":      {fits + "1,jam,36.2,50.0,100,,,\n", "test.csv:8: column lat: latitude and longitude look exchanged: 36.2000,50.0000 is more than 100 km outside the countries in which the rows before it lie", "", 6},
		"nothing speaks for it":       {"1,jam,36.2,50.0,100,,,\n", "", "check them", 1},
		"a town of Iraq":              {"1,jam,34.35,45.39,100,,,\n2,jam,33.4,44.3,100,,,\n", "", "check them", 2},
		"Damascus, a Russian actor":   {"1,jam,33.5,36.3,100,,ru.forces,\n", "", "", 1},
		"a ship in the Black Sea":     {"1,jam,43.5,31.5,100,,,UA\n", "", "", 1},
		"Crimea":                      {"1,jam,45.0,34.1,100,,,UA\n", "", "", 1},
		"Samara, where both could be": {"1,jam,53.2,50.1,100,,,RU\n", "", "", 1},
		"a disc that reaches":         {"1,jam,36.2,50.0,3000000,Kharkiv oblast,,UA\n", "", "", 1},
		"beyond 90 degrees":           {"1,jam,131.9,43.1,100,,,\n", "lat and lon look swapped", "", 0},
		"null island":                 {"1,jam,0,0,100,,,\n", "null island", "", 0},
		"near null island":            {"1,jam,0.0000,-0.0004,100,,,\n", "null island", "", 0},
		"minus nothing":               {"1,jam,-0.0,-0,100,,,\n", "null island", "", 0},
		"NaN":                         {"1,jam,NaN,36,100,,,\n", "not a number of degrees", "", 0},
		"infinite":                    {"1,jam,Inf,36,100,,,\n", "not a number of degrees", "", 0},
		"too large for a number":      {"1,jam,1e400,36,100,,,\n", "not a number of degrees", "", 0},
		"181":                         {"1,jam,10,181,100,,,\n", "column lon: longitude 181 is outside", "", 0},
		"540":                         {"1,jam,10,540,100,,,\n", "column lon: longitude 540 is outside", "", 0},
		"decimal commas":              {"1,jam,\"1,5\",36,100,,,\n", "decimal comma: write 1.5", "", 0},
		"degrees and minutes":         {"1,jam,48°30',37°54',100,,,\n", "not a number of degrees: expected such as 48.5167", "", 0},
		"degrees with a letter":       {"1,jam,48.5N,37.9E,100,,,\n", "not a number of degrees", "", 0},
		"a grid of metres":            {"1,jam,5372000,7412000,100,,,\n", "column lat: latitude 5.372e+06 is outside", "", 0},
	} {
		list, sum, err := read(t, head+c.rows, Options{})
		if err != nil || len(list) != c.incidents || (c.problem != "") != (sum.Rejected == 1) {
			t.Errorf("%s: %v %v\n%s", name, err, sum, problems(sum))
			continue
		}
		wantText(t, name, problems(sum), c.problem)
		notes := ""
		for _, in := range list {
			notes += strings.Join(in.Notes, "; ")
			for _, s := range in.Scenarios {
				if p, ok := s.Place.Centre(); ok && p.Valid() != nil {
					t.Errorf("%s: %v reached the engine", name, p)
				}
			}
		}
		if c.note != "" && !strings.Contains(notes, c.note) || c.note == "" && strings.Contains(notes, "exchanged") {
			t.Errorf("%s: notes %q", name, notes)
		}
	}
}

// TestF29SwappedInOtherSources: sources that name a country, or are of one.
func TestF29SwappedInOtherSources(t *testing.T) {
	if swappedCountry("latitude", where.Point{Lat: 36.2, Lon: 50}, "Ukraine") == nil || swappedCountry("latitude", where.Point{Lat: 36.2, Lon: 50}, "Iran") != nil ||
		swappedCountry("latitude", where.Point{Lat: 50, Lon: 36.2}, "Ukraine") != nil || swappedCountry("latitude", where.Point{Lat: 37.6, Lon: 55.7}, "Russia") == nil {
		t.Error("a country that is named does not decide")
	}
	for _, c := range []struct{ file, from, to string }{
		{"viina_event_info.csv", "37.6,48.8", "48.8,37.6"},
		{"acled_2025.csv", "49.5,36.3", "36.3,49.5"},
		{"bellingcat.json", `"latitude":"49.85005","longitude":"36.659031"`, `"latitude":"36.659031","longitude":"49.85005"`},
	} {
		data, err := os.ReadFile("testdata/" + c.file)
		if err != nil || !strings.Contains(string(data), c.from) {
			t.Fatalf("%s: %v", c.file, err)
		}
		before, sum, err := read(t, string(data), Options{})
		if err != nil || strings.Contains(problems(sum), "exchanged") {
			t.Errorf("%s: %v %s", c.file, err, problems(sum))
		}
		after, sum, err := read(t, strings.Replace(string(data), c.from, c.to, 1), Options{})
		if err != nil || len(after) >= len(before) || !strings.Contains(problems(sum), "latitude and longitude look exchanged") {
			t.Errorf("%s: %v %s", c.file, err, problems(sum))
		}
	}
}
