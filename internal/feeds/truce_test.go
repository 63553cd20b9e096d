package feeds

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func newVocabulary() *vocab.Vocabulary { return vocab.Core() }

func TestTruceFile(t *testing.T) {
	list, sum := readPath(t, "testdata/truce.csv", Options{})
	wantCounts(t, sum, 4, 3, 0, 0, 0)
	wantSet(t, "ignored", sum.Columns, "mood")
	one := byID(t, list, "T-1")
	if len(one.Scenarios) != 2 || one.Level != evidence.Reported || one.Killed.String() != "2..5" || one.From.Line != 2 {
		t.Errorf("T-1: %+v", one)
	}
	wantText(t, "T-1", strings.Join(one.Notes, ";"), "lowest")
	a, b := one.Scenarios[0], one.Scenarios[1]
	if a.Name != "strike" || !a.Time.IsMoment() || b.Time.IsMoment() || !a.Launch.Unknown() {
		t.Errorf("T-1 times: %v %v", a.Time, b.Time)
	}
	if r, ok := a.Place.Radius(); !ok || r != 500 || a.PlaceName != "Testville" {
		t.Errorf("T-1 place: %v", a.Place)
	}
	wantSet(t, "T-1 actor", b.Actor, "UA")
	two := byID(t, list, "T-2").Scenarios[0]
	wantPlace(t, "T-2", two.Place, "UA-63")
	wantSet(t, "T-2 actor", two.Actor, "UA|RU")
	wantSet(t, "T-2 outcome", two.Outcome, "")
	wantSpan(t, "T-2", two.Time, "2031-05-02T07:00Z", "2031-05-02T09:00Z")
	three := byID(t, list, "truce.csv:5")
	if s := three.Scenarios[0]; s.Time.Start != when.Past || s.Actor != nil || three.Level != evidence.Reported {
		t.Errorf("third: %+v", s)
	}
	wantText(t, "third", strings.Join(three.Notes, ";"), "no precision given: place taken as exact")
}

func TestTruceCells(t *testing.T) {
	for _, c := range []struct{ name, columns, cells, problem string }{
		{"bare date", "time_start", "2031-05-01", "column time_start: \"2031-05-01\" is a date without an hour"},
		{"bare date, way out", "time_start", "2031-12-31", "2032-01-01T00:00+02:00"},
		{"no offset", "time_start", "2031-05-01T10:00:00", "no offset"},
		{"backwards", "time_start,time_end", "2031-05-01T10:00Z,2031-05-01T09:00Z", "column time_end: "},
		{"swapped", "lat,lon", "136.2,49.9", "look swapped"},
		{"out of range", "lat,lon", "49.9,191", "column lon: "},
		{"decimal comma", "lat,lon", "\"49,9\",36.2", "write 49.9"},
		{"NaN", "lat,lon", "NaN,36.2", "column lat: "},
		{"null island", "lat,lon", "0,0.0", "null island"},
		{"half a position", "lat,lon", "49.9,", "column lon: it is empty"},
		{"negative precision", "lat,lon,precision_m", "49.9,36.2,-5", "column precision_m: "},
		{"precision in words", "lat,lon,precision_m", "49.9,36.2,5 km", "not a number of metres"},
		{"unknown node", "target", "energy.gas.meterin-station", "did you mean energy.gas.metering-station?"},
		{"level", "level", "proven", "expected claimed, reported"},
		{"number", "killed", "some", "column killed: "},
		{"lasting", "lasting", "perhaps", "column lasting: "},
		{"area", "place", "area:XX-1", "column place: "},
		{"origin", "origin", "\"sector:1,2\"", "column origin: "},
		{"scenario without id", "scenario", "a", "needs the id of its incident"},
	} {
		list, sum, err := read(t, "act,"+c.columns+"\njam,"+c.cells+"\n", Options{As: "truce"})
		if err != nil || len(list) != 0 || sum.Rejected != 1 {
			t.Errorf("%s: %v, %v", c.name, sum, err)
		}
		wantText(t, c.name, problems(sum), "dir/test.csv:2: ", c.problem)
	}
}

func TestTruceSoundCells(t *testing.T) {
	for _, c := range []struct {
		name, columns, cells string
		check                func(i *evidence.Incident, s evidence.Scenario) bool
	}{
		{"moment", "time_start,time_end", "2031-05-01T10:00Z,2031-05-01T10:00Z", func(_ *evidence.Incident, s evidence.Scenario) bool { return s.Time.IsMoment() }},
		{"lasting", "lasting", "1", func(_ *evidence.Incident, s evidence.Scenario) bool { return s.Lasting }},
		{"exact place", "lat,lon,precision_m", "49.9,36.2,0", func(i *evidence.Incident, s evidence.Scenario) bool {
			r, ok := s.Place.Radius()
			return ok && r == 0 && len(i.Notes) == 0
		}},
		{"place and position", "place,lat,lon,precision_m", "area:UA-63,49.9,36.2,10", func(i *evidence.Incident, s evidence.Scenario) bool {
			_, ok := s.Place.Centre()
			return ok && len(i.Notes) == 1
		}},
		{"unknown name", "place", "Atlantis", func(i *evidence.Incident, s evidence.Scenario) bool {
			return s.Place.IsUnknown() && s.PlaceName == "Atlantis" && strings.Contains(i.Notes[0], "judged as unknown place")
		}},
		{"area name", "place", "Kharkiv Oblast", func(_ *evidence.Incident, s evidence.Scenario) bool { return !s.Place.IsUnknown() }},
		{"WKT", "place", "\"POLYGON((36 49,37 49,37 50,36 49))\"", func(_ *evidence.Incident, s evidence.Scenario) bool { return !s.Place.IsUnknown() }},
		{"a set with unknown", "actor", "UA|?", func(_ *evidence.Incident, s evidence.Scenario) bool { return s.Actor == nil }},
		{"upper case node", "means", "Drone.FPV|missile", func(_ *evidence.Incident, s evidence.Scenario) bool {
			return strings.Join(s.Means, "|") == "drone.fpv|missile"
		}},
		{"level", "level", "Verified", func(i *evidence.Incident, _ evidence.Scenario) bool { return i.Level == evidence.Verified }},
		{"claimed", "level", "claimed", func(i *evidence.Incident, _ evidence.Scenario) bool { return i.Level == evidence.Claimed }},
	} {
		list, sum, err := read(t, "act,"+c.columns+"\njam,"+c.cells+"\n", Options{As: "truce"})
		if err != nil || len(list) != 1 {
			t.Errorf("%s: %v %v %s", c.name, sum, err, problems(sum))
			continue
		}
		if !c.check(list[0], list[0].Scenarios[0]) {
			t.Errorf("%s: %+v", c.name, list[0])
		}
	}
}

func TestTruceZoneOfOptions(t *testing.T) {
	loc := time.FixedZone("test", 2*3600)
	list, _, err := read(t, "act,time_start\njam,2031-05-01T10:00\n", Options{Zone: loc})
	if err != nil || len(list) != 1 || list[0].Scenarios[0].Time.String() != "2031-05-01T08:00Z" {
		t.Errorf("%v %v", list, err)
	}
}

func TestTruceGroups(t *testing.T) {
	const head = "id,scenario,act\n"
	for _, c := range []struct {
		name, rows                                      string
		rowsRead, incidents, rejected, dup, alternative int
		problem                                         string
	}{
		{"two scenarios", "1,a,jam\n1,b,detain\n2,,jam\n", 3, 2, 0, 0, 2, ""},
		{"an alternative that cannot be read takes the incident with it", "1,a,jam\n1,b,jem\n2,,jam\n", 3, 1, 2, 0, 1, "was left out"},
		{"so does a row that cannot be split", "1,a,jam\n1,b\n2,,jam\n", 3, 1, 2, 0, 1, "was left out"},
		{"and one before the others", "1,a\n1,b,jam\n2,,jam\n", 3, 1, 2, 0, 1, "was left out"},
		{"the same scenario twice", "1,a,jam\n1,a,detain\n2,,jam\n", 3, 1, 2, 0, 1, "stands twice"},
		{"no scenario twice", "1,,jam\n1,,detain\n2,,jam\n", 3, 1, 2, 0, 1, "scenario name"},
		{"rows apart", "1,a,jam\n2,,jam\n1,b,detain\n", 3, 2, 0, 0, 2, ""},
		{"rows apart, one of them bad", "1,a,jam\n2,,jam\n1,b,jem\n", 3, 1, 2, 0, 1, "was left out"},
		{"rows apart without a scenario", "1,,jam\n2,,jam\n1,,detain\n", 3, 2, 1, 0, 1, "was read before"},
		{"the same bytes again", "1,a,jam\n2,,jam\n1,a,jam\n2,,jam\n", 4, 2, 0, 2, 1, ""},
		{"without ids every row is its own", ",,jam\n,,jam\n", 2, 2, 0, 0, 1, ""},
	} {
		list, sum, err := read(t, head+c.rows, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		wantCounts(t, sum, c.rowsRead, c.incidents, c.rejected, 0, c.dup)
		most := 0
		for _, in := range list {
			most = max(most, len(in.Scenarios))
		}
		if most != c.alternative {
			t.Errorf("%s: %d scenarios", c.name, most)
		}
		wantText(t, c.name, problems(sum), c.problem)
	}
}

// TestGeoJSONWithAKeyTwice: a second value for a key is refused, not taken.
func TestGeoJSONWithAKeyTwice(t *testing.T) {
	const one = `{"type":"Feature","geometry":{"type":"Point","coordinates":[36,49]},"properties":{"id":"A","act":"jam","time_start":"2031-01-01T00:00Z"}}`
	for name, twice := range map[string]string{
		"property":    strings.Replace(one, `"act":"jam"`, `"act":"jam","act":"detain"`, 1),
		"coordinates": strings.Replace(one, `[36,49]`, `[36,49],"coordinates":[30,50]`, 1),
		"member":      strings.Replace(one, `"properties"`, `"properties":{"act":"detain"},"properties"`, 1),
	} {
		list, sum, err := read(t, `{"type":"FeatureCollection","features":[`+one+","+twice+"]}", Options{})
		if err != nil || len(list) != 1 || sum.Rejected != 1 || !strings.Contains(problems(sum), "stands twice") {
			t.Errorf("%s: %v %v %s", name, err, sum, problems(sum))
		}
	}
	if _, sum, err := read(t, `{"type":"FeatureCollection","features":[`+strings.Replace(one, `"id":"A"`, `"id":"A","text":["a","a"]`, 1)+"]}", Options{}); err != nil || sum.Rejected != 0 {
		t.Errorf("equal items of a list are no keys: %v %v", err, problems(sum))
	}
}

func TestGeoJSON(t *testing.T) {
	list, sum := readPath(t, "testdata/events.geojson", Options{})
	wantCounts(t, sum, 5, 2, 2, 0, 0)
	wantSet(t, "ignored", sum.Columns, "mood")
	one := byID(t, list, "G-1")
	s := one.Scenarios[0]
	wantSet(t, "actor", s.Actor, "UA|RU")
	if c, ok := s.Place.Centre(); !ok || c != (where.Point{Lat: 49.5, Lon: 36.5}) || one.From.Line != 2 {
		t.Errorf("G-1: %v %v", s.Place, one.From)
	}
	two := byID(t, list, "G-2")
	if len(two.Scenarios) != 2 || two.Scenarios[0].Place.IsUnknown() || !two.Scenarios[1].Place.IsUnknown() || two.Killed.Min != 2 {
		t.Errorf("G-2: %+v", two)
	}
	wantText(t, "problems", problems(sum), "events.geojson:5: column act", "did you mean attack.strike?", "expected Point, Polygon or MultiPolygon")
}

func TestGeoJSONForms(t *testing.T) {
	const f = `{"type":"Feature","properties":{"id":"%","act":"jam"},"geometry":null}`
	feature := func(id string) string { return strings.Replace(f, "%", id, 1) }
	for _, c := range []struct {
		name, text          string
		incidents, rejected int
		problem, err        string
	}{
		{"a feature", feature("1"), 1, 0, "", ""},
		{"lines", feature("1") + "\n" + feature("2") + "\n", 2, 0, "", ""},
		{"a sequence with separators", "\x1e" + feature("1") + "\n\x1e" + feature("2"), 2, 0, "", ""},
		{"a broken line between", feature("1") + "\n" + `{"type":"Feature","properties":}` + "\n" + feature("2"), 2, 1, "test.csv:2", ""},
		{"features before type", `{"features":[` + feature("1") + `],"type":"FeatureCollection"}`, 1, 0, "", ""},
		{"no features", `{"type":"FeatureCollection","features":[]}`, 0, 0, "no rows", ""},
		{"cut short", `{"type":"FeatureCollection","features":[` + feature("1") + `,` + feature("2")[:30], 0, 0, "", "cut short"},
		{"another projection", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}`, 0, 0, "", "WGS 84"},
		{"deep", feature("1") + "\n" + `{"type":"Feature","properties":{"act":"jam","x":` + strings.Repeat("[", 99) + strings.Repeat("]", 99) + `},"geometry":null}`, 1, 1, "64 levels", ""},
		{"large", feature("1") + "\n" + feature(strings.Repeat("9", 2<<20)) + "\n" + feature("2"), 2, 1, "larger than", ""},
		{"null island", `{"type":"Feature","properties":{"act":"jam"},"geometry":{"type":"Point","coordinates":[0,0]}}`, 0, 1, "null island", ""},
		{"not features", `{"type":"FeatureCollection","features":[3,` + feature("1") + `]}`, 1, 1, "not a feature", ""},
		{"bad UTF-8 in one", `{"type":"FeatureCollection","features":[` + feature("\xff") + `,` + feature("1") + `]}`, 1, 1, "UTF-8", ""},
	} {
		list, sum, err := read(t, c.text, Options{As: "geojson"})
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && (len(list) != c.incidents || sum.Rejected != c.rejected) {
			t.Errorf("%s: %v", c.name, sum)
		}
		wantText(t, c.name, problems(sum), c.problem)
	}
}

func TestStdinNameAndMissingFile(t *testing.T) {
	if _, err := ReadFile("testdata/none.csv", Options{}, nil); !os.IsNotExist(err) {
		t.Errorf("missing file: %v", err)
	}
}

// TestMisspeltColumns: a column that looks like one that is missing is named, and
// what is ours or stands beside the right one is left alone.
func TestMisspeltColumns(t *testing.T) {
	for header, want := range map[string]string{
		"id,time_strat,act,lat,lon":               `column time_strat: it is no column of the incidents file and is read by nothing: did you mean time_start?`,
		"id,time_start,time_strat,act,lat,lon":    "",
		"id,time_start,act,radio,state,verdicts":  "",
		"id,time_start,act,scenarios,place_given": "",
	} {
		_, sum, err := read(t, header+"\nA,,,,\n", Options{})
		var says []string
		for _, p := range sum.Problems {
			says = append(says, strings.TrimPrefix(p.Error(), p.Pos.String()+": "))
		}
		if got := strings.Join(says, "\n"); err != nil || !strings.HasPrefix(got, want) || want == "" && strings.Contains(got, "did you mean") {
			t.Errorf("%s: %v\n%s", header, err, got)
		}
	}
}

// TestHeldOnce: an incident that is held, because its row has a scenario, and that
// a row without one joins later, is handed over once, with all of it.
func TestHeldOnce(t *testing.T) {
	text := "id,scenario,time_start,act,level\n1,s1,2025-03-18T00:00Z,attack,\n2,,2025-03-18T00:00Z,attack,\n1,,2025-03-18T00:00Z,movement,verified\n3,,2025-03-18T00:00Z,attack,\n1,s2,2025-03-18T00:00Z,attack,\n"
	var got []string
	sum, err := Read("x.csv", strings.NewReader(text), Options{}, func(in *evidence.Incident) error {
		got = append(got, fmt.Sprintf("%s %d %v", in.ID, len(in.Scenarios), in.Level))
		return nil
	})
	if want := "[2 1 reported 1 2 verified 3 1 reported]"; err != nil || fmt.Sprint(got) != want || sum.Incidents != 3 || sum.Rejected != 1 {
		t.Errorf("%v, want %s; %v %v", got, want, sum, err)
	}
}
