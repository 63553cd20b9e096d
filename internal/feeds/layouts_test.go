package feeds

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func TestClaims(t *testing.T) {
	list, sum := readPath(t, "testdata/claims.csv", Options{})
	wantCounts(t, sum, 6, 5, 0, 2, 0) // X-5 is a count, X-6 has unknown means
	wantText(t, "problems", problems(sum), "X-5 only gives a number (17)", `"gizmo" is not in`)

	one := byID(t, list, "X-1")
	s := one.Scenarios[0]
	wantSpan(t, "X-1: a minute", s.Time, "2031-02-28T21:43Z", "2031-02-28T21:44Z")
	wantSet(t, "X-1 target", s.Target, "energy.power.line.transmission|energy.power.line.distribution")
	wantSet(t, "X-1 actor", s.Actor, "UA")
	wantSet(t, "X-1 outcome", s.Outcome, "impact")
	wantPlace(t, "X-1", s.Place, "UA-09")
	if one.Level != evidence.Claimed || s.Owner != nil || len(one.Claims) != 2 || one.Claims[0].By != "RU" || one.Claims[1].Kind != evidence.Attributes {
		t.Errorf("X-1: %+v", one)
	}

	two := byID(t, list, "X-2")
	s = two.Scenarios[0]
	wantSet(t, "X-2: a plain denial accuses nobody", s.Actor, "UA")
	wantSet(t, "X-2 act", s.Act, "attack.strike.artillery|attack.strike.drone")
	wantSet(t, "X-2 outcome", s.Outcome, "launched|intercepted|missed")
	wantSet(t, "X-2: up to 20 kV", s.Target, "energy.power.line.distribution")
	wantSet(t, "X-2 controller", s.Controller, "UA|RU")
	wantPlace(t, "X-2: one or the other", s.Place, "RU-KRS", "RU-BRY")
	if two.Count.Min != 2 || len(two.Claims) != 3 || two.Claims[2].Kind != evidence.Denies || two.Claims[2].By != "UA General Staff" {
		t.Errorf("X-2: %+v", two)
	}

	s = byID(t, list, "X-3").Scenarios[0]
	wantSet(t, "X-3: a plain denial changes no fact", s.Actor, "UA")
	wantSet(t, "X-3 act", s.Act, "attack.strike")
	wantSet(t, "X-3 target", s.Target, "energy.oil.storage|energy.oil.pumping-station")
	wantSet(t, "X-3 outcome", s.Outcome, "")
	wantSpan(t, "X-3: an hour", s.Time, "2031-03-01T06:00Z", "2031-03-01T07:00Z")
	if !s.Place.IsUnknown() {
		t.Errorf("X-3: %v", s.Place)
	}

	s = byID(t, list, "X-4").Scenarios[0]
	wantSet(t, "X-4 target", s.Target, "energy.power.plant.wind")
	wantSet(t, "X-4: an object and no means", s.Act, "attack.strike")
	wantSet(t, "X-4: aim and hit are not told apart", s.Intended, "energy.power.plant.wind")
	if !s.Time.IsMoment() {
		t.Errorf("X-4: %v", s.Time)
	}

	s = byID(t, list, "X-6").Scenarios[0]
	wantSet(t, "X-6 target", s.Target, "energy.power.line.transmission")
	wantSet(t, "X-6: no damage says nothing", s.Outcome, "")
	wantSpan(t, "X-6: the day", s.Time, "2031-03-01T21:00Z", "2031-03-02T21:00Z")
}

func TestClaimRowsThatAreRejected(t *testing.T) {
	const head = "claim_id,claimant,accused,event_start,event_end,tz,count_claimed,object\n"
	for _, c := range []struct{ row, problem string }{
		{",RU,UA,2031-03-01T00:43,,Europe/Moscow,,x", "column claim_id: it is empty"},
		{"1,RU,UA,2031-03-01T00:43,,Mars/Base,,x", "column tz: unknown time zone"},
		{"1,RU,UA,2031-03-01T00:43,,,,x", "name the zone"},
		{"1,RU,UA,1 March,,Europe/Moscow,,x", "column event_start: "},
		{"1,RU,UA,2031-03-01T00:43,2031-02-01T00:43,Europe/Moscow,,x", "column event_end: it ends"},
		{"1,RU,UA,2031-03-01T00:43,,Europe/Moscow,lots,x", "column count_claimed: "},
	} {
		list, sum, err := read(t, head+c.row+"\n", Options{})
		if err != nil || len(list) != 0 || sum.Rejected != 1 {
			t.Errorf("%s: %v %v", c.row, sum, err)
		}
		wantText(t, c.row, problems(sum), c.problem)
	}
	list, sum, err := read(t, head+"1,RU,UA,2031-03-01T00:43+03:00,,,,x\n1,RU,UA,2031-03-01T00:43+03:00,,,,x\n1,RU,UA,2031-03-01T00:44+03:00,,,,x\n", Options{})
	if err != nil || len(list) != 1 || list[0].Scenarios[0].Time.Start.String() != "2031-02-28T21:43Z" {
		t.Errorf("an offset needs no zone: %v %v", sum, err)
	}
	wantCounts(t, sum, 3, 1, 1, 1, 1) // the object "x" is of no known kind
}

// TestCounterclaim: a denial that charges the claimant's own side is a second
// possibility, with its own author and means; a plain denial is none.
func TestCounterclaim(t *testing.T) {
	const head = "claim_id,claimant,accused,event_start,event_end,tz,object,object_kind,means,consequence,denied_by,denial_gist\n"
	for gist, want := range map[string]string{
		"groundless; shelled by the Russians themselves": "UA attack.sabotage.demolition / RU attack.strike.artillery",
		"Russia did it": "UA|RU attack.sabotage.demolition",
		"fake; forces strike only military targets": "UA attack.sabotage.demolition",
		"the Ukrainians did it":                     "UA attack.sabotage.demolition",
		"a technical fault":                         "UA attack.sabotage.demolition /  accident",
	} {
		text := head + "C-1,RU,UA,2031-03-01T00:00,2031-03-01T06:00,Europe/Moscow,a station,gas_metering_station,demolition charge,fire,UA General Staff," + gist + "\n"
		var got []string
		if _, err := Read("claims.csv", strings.NewReader(text), Options{}, func(in *evidence.Incident) error {
			for _, s := range in.Scenarios {
				got = append(got, strings.Join(s.Actor, "|")+" "+strings.Join(s.Act, "|"))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if g := strings.Join(got, " / "); g != want {
			t.Errorf("%q: %s, want %s", gist, g, want)
		}
	}
}

// TestMeansOfClaims: the more exact of two words for one thing counts; two
// things stay two.
func TestMeansOfClaims(t *testing.T) {
	for means, want := range map[string]string{
		"MLRS Grad":                      "attack.strike.artillery",
		"artillery and MLRS":             "attack.strike.artillery|attack.strike.missile",
		"drone and artillery":            "attack.strike.artillery|attack.strike.drone",
		"ballistic missile (Iskander-M)": "attack.strike.missile",
		"reconnaissance drone":           "overflight",
		"HIMARS (claimed)":               "attack.strike.artillery|attack.strike.missile",
		"demolition charge (claimed)":    "attack.sabotage.demolition",
		"drone (intercepted)":            "attack.strike.drone",
		"guided aerial bomb":             "attack.strike.air",
	} {
		found, _ := claimMeans().find("", means)
		wantSet(t, means, narrowed(means, found, "act"), want)
	}
}

func TestTargetsOfClaims(t *testing.T) {
	for _, c := range []struct{ kind, object, want string }{
		{"power_line", "110 kV line", "energy.power.line.transmission"},
		{"power_line", "10kV line", "energy.power.line.distribution"},
		{"power_line", "6/10 kV line", "energy.power.line.distribution"},
		{"power_line", "110/10 kV lines", "energy.power.line.transmission|energy.power.line.distribution"},
		{"power_line", "ЛЭП 330 кВ", "energy.power.line.transmission"},
		{"power_line", "two high-voltage lines", "energy.power.line.transmission|energy.power.line.distribution"},
		{"power_grid", "power facilities", "energy.power.grid|energy.power.substation|energy.power.transformer"},
		{"power_grid", "energy infrastructure", "energy.power.grid|energy.power.substation|energy.power.transformer"},
		{"Gas Metering Station", "", "energy.gas.metering-station"},
		{"pumping_station", "gas pumping station", "energy.gas.metering-station|energy.gas.compressor-station"},
		{"", "oil refinery", "energy.oil.refinery"},
		{"something_new", "local boiler house", "energy.heat"},
		{"something_new", "whatsit", ""},
	} {
		got, _ := targetOf(c.kind, c.object)
		wantSet(t, c.kind+": "+c.object, got, c.want)
	}
}

func TestAirforce(t *testing.T) {
	list, sum := readPath(t, "testdata/airforce.csv", Options{})
	wantCounts(t, sum, 6, 5, 1, 2, 0)
	wantSet(t, "ignored", sum.Columns, "added_later")
	wantText(t, "problems", problems(sum), "airforce.csv:7: column time_end", "frobnicator")

	s := list[0].Scenarios[0]
	wantSpan(t, "winter time", s.Time, "2031-03-30T00:30Z", "2031-03-30T06:00Z") // the clock went forward at 3:00
	wantSet(t, "act", s.Act, "attack.strike.drone")
	wantSet(t, "actor", s.Actor, "RU")
	wantSet(t, "outcome", s.Outcome, "intercepted|missed|impact|debris|incidental")
	wantPlace(t, "target", s.Place, "UA")
	wantPlace(t, "origin", s.Origin, "UA-43", "RU-KRS")
	if list[0].Count.Min != 10 || list[0].Level != evidence.Claimed || s.Target != nil || s.Launch != s.Time || list[0].Claims[0].By != "UA Air Force" {
		t.Errorf("first: %+v", list[0])
	}

	s = list[1].Scenarios[0]
	wantSpan(t, "a whole day", s.Time, "2031-03-28T22:00Z", "2031-03-29T22:00Z")
	wantSet(t, "all shot down", s.Outcome, "intercepted")
	wantSet(t, "two models", s.Means, "missile.cruise|missile.air-launched")
	wantPlace(t, "misspelt", s.Place, "UA-51", "UA-48")
	if !s.Origin.IsUnknown() {
		t.Errorf("a sea is no area: %v", s.Origin)
	}

	s = list[2].Scenarios[0]
	wantSet(t, "reconnaissance", s.Act, "overflight")
	wantSet(t, "reconnaissance", s.Outcome, "intercepted|launched")
	wantText(t, "south", strings.Join(list[2].Notes, ";"), `only "south" is given`)

	s = list[3].Scenarios[0]
	wantSet(t, "unknown model", s.Act, "attack.strike|overflight")
	wantSet(t, "no number shot down", s.Outcome, "")
	wantPlace(t, "raion", s.Place, "UA-12")
	if !list[4].Scenarios[0].Place.IsUnknown() || list[4].ID != list[3].ID+"-2" {
		t.Errorf("fifth: %s after %s, %v", list[4].ID, list[3].ID, list[4].Scenarios[0].Place)
	}
}

func TestAirforceModels(t *testing.T) {
	for model, want := range map[string]string{
		"Shahed-136/131": "attack.strike.drone", "Orlan-10 and ZALA": "overflight", "Shahed-136/131 and Orlan-10": "attack.strike.drone|overflight",
		"X-22/X-31P": "attack.strike.missile", "Х-101": "attack.strike.missile", "С-300": "attack.strike.missile", "KAB": "attack.strike.air", "Молнія": "attack.strike.drone",
		"Orion": "attack.strike.drone|overflight",
	} {
		found, rest := airforceModels().find("", model)
		var got []string
		for _, e := range found {
			got = union(got, e.set("act")...)
		}
		wantSet(t, model, got, want)
		if unnamed(rest) != "" {
			t.Errorf("%s: %q is left", model, rest)
		}
	}
}

func TestViina(t *testing.T) {
	list, sum := readPath(t, "testdata/viina_selection.csv", Options{})
	wantCounts(t, sum, 3, 3, 0, 1, 0)
	one := byID(t, list, "VIINA-20310106-1001")
	s := one.Scenarios[0]
	wantSpan(t, "the day and the day before", s.Time, "2031-01-04T22:00Z", "2031-01-06T22:00Z")
	wantSet(t, "initiator", s.Actor, "RU")
	wantSet(t, "target", s.Target, "energy.oil.storage|energy.oil.terminal|energy.oil.pipeline|energy.gas.pipeline|energy.oil.pumping-station|energy.gas.compressor-station")
	wantSet(t, "act", s.Act, "attack.strike.drone|overflight|airdefence.intercept|attack.strike")
	wantPlace(t, "without a precision only the oblast is sure", s.Place, "UA-63")
	if one.Level != evidence.Claimed || !strings.Contains(one.Text, `"лапками"`) {
		t.Errorf("1001: %+v", one)
	}
	s = list[1].Scenarios[0]
	wantSet(t, "an explosion may be an accident", s.Act, "attack|accident")
	wantSet(t, "who is mentioned is not the author", s.Actor, "")
	s = list[2].Scenarios[0]
	wantSet(t, "a class that is not known", s.Target, "")
	wantSet(t, "both started it", s.Actor, "RU|UA")
	wantSet(t, "destroyed", s.Outcome, "impact|intercepted|debris")
	if !s.Place.IsUnknown() {
		t.Errorf("no place: %v", s.Place)
	}
}

func TestViinaLayouts(t *testing.T) {
	list, sum := readPath(t, "testdata/viina_event_info.csv", Options{})
	wantCounts(t, sum, 3, 2, 1, 0, 0)
	if r, ok := list[0].Scenarios[0].Place.Radius(); !ok || r != 5_000 || list[0].ID != "VIINA-20310106-E11" {
		t.Errorf("ADM3: %+v", list[0])
	}
	wantPlace(t, "ADM1 is its area", list[1].Scenarios[0].Place, "UA-46")
	wantText(t, "date", problems(sum), "column date: ")

	list, _ = readPath(t, "testdata/viina_event_1pd.csv", Options{})
	s := list[0].Scenarios[0]
	wantSet(t, "labels", s.Act, "attack.strike.artillery|attack.strike.drone|overflight|airdefence.intercept")
	wantSet(t, "initiator", s.Actor, "UA")
	if r, ok := s.Place.Radius(); !ok || r != 1_000 {
		t.Errorf("STREET: %v", s.Place)
	}
	if s := list[1].Scenarios[0]; s.Act != nil || s.Actor != nil {
		t.Errorf("no labels: %+v", s)
	}
	list, _ = readPath(t, "testdata/viina_1.csv", Options{})
	wantSet(t, "VIINA 1.0", list[0].Scenarios[0].Act, "attack.strike.artillery")
	wantSet(t, "VIINA 1.0", list[0].Scenarios[0].Actor, "RU")
}

// shared returns a real file, or skips the test: those files may not be copied
// into the repository.
func shared(t *testing.T, path string) string {
	t.Helper()
	full := filepath.Join("../../../shared/data", path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: the real file %s is not here (it may not be in the repository): %v", full, err)
	}
	return full
}

func TestRealClaims(t *testing.T) {
	list, sum := readPath(t, shared(t, "claims/claims_energy_2025_part1.csv"), Options{})
	wantCounts(t, sum, 20, 20, 0, 0, 0)
	for _, i := range list {
		s := i.Scenarios[0]
		if len(s.Target) == 0 || len(s.Act) == 0 || s.Place.IsUnknown() || s.Time.Unknown() || i.Level != evidence.Claimed {
			t.Errorf("%s: %+v", i.ID, s)
		}
	}
}

func TestRealAirforce(t *testing.T) {
	list, sum := readPath(t, shared(t, "events/missile_attacks_daily_2025-04.csv"), Options{})
	wantCounts(t, sum, 2286, 2286, 0, 0, 0)
	kyiv, err := when.Zone("Europe/Kyiv")
	if err != nil {
		t.Fatal(err)
	}
	first, _ := when.ParseDay("2025-03-18", kyiv)
	last, _ := when.ParseDay("2025-03-29", kyiv)
	n, ids, nowhere := 0, map[string]bool{}, 0
	for _, i := range list {
		s := i.Scenarios[0]
		if s.Time.Start >= first.Start && s.Time.Start < last.End {
			n++
		}
		if ids[i.ID] {
			t.Errorf("id %s twice", i.ID)
		}
		ids[i.ID] = true
		if s.Place.IsUnknown() {
			nowhere++
		}
	}
	if n != 44 || nowhere > 40 {
		t.Errorf("%d rows start on 18 to 29 March 2025, want 44; %d are nowhere", n, nowhere)
	}
}

func TestRealModelsAreAllKnown(t *testing.T) {
	for _, file := range []string{"events/missiles_and_uavs.csv", "events/missile_attacks_daily_2025-04.csv"} {
		for _, model := range realColumn(t, shared(t, file), "model") {
			found, rest := airforceModels().find("", model)
			if len(found) == 0 || unnamed(rest) != "" {
				t.Errorf("%s: model %q: %q is not known", file, model, rest)
			}
		}
	}
}

func TestRealViina(t *testing.T) {
	for file, rows := range map[string]int{"events/viina_energy_military_2022.csv": 2060, "events/viina_energy_military_2024.csv": 543} {
		list, sum := readPath(t, shared(t, file), Options{})
		wantCounts(t, sum, rows, rows-sum.Reports, 0, 0, 0)
		if sum.Reports == 0 || sum.Reports > rows/20 {
			t.Errorf("%s: %d of %d rows are read as no incident", file, sum.Reports, rows)
		}
		for _, i := range list {
			s := i.Scenarios[0]
			lost := s.Place.IsUnknown() && !strings.Contains(strings.Join(i.Notes, "\n"), "judged as unknown place")
			if lost || len(s.Target) == 0 || len(s.Act) == 0 {
				t.Errorf("%s: %+v", i.ID, s)
			}
		}
		for _, name := range realColumn(t, shared(t, file), "ADM1_NAME") {
			if h := viinaArea(name); name != "" && !h.found() {
				t.Errorf("%s: area %q is not known", file, name)
			} else if _, err := where.AreaRegion(h.codes...); name != "" && err != nil {
				t.Errorf("%s: area %q: %v", file, name, err)
			}
		}
	}
}

func TestRealFilesOfOtherKindsAreRefused(t *testing.T) {
	for _, file := range []string{
		"events/missiles_and_uavs.csv", "events/gdelt2_export_schema.csv", "events/bellingcat_export_associations.json", "events/bellingcat_export_sources.json", "formats/gpkg/b_pump.gpkg",
		"formats/shp/CNTR_RG_60M_2016_4326.shp", "formats/shp/CNTR_RG_60M_2016_4326.dbf", "formats/geoparquet/example.parquet", "formats/quakeml/usgs_mm7_2013.qml",
		"formats/ais/typeexamples.json", "formats/ais/typeexamples.nmea",
		"frontline/deepstatemap_data_20250301.geojson", "gazetteer/geonames_ua_ru_by_md.csv", "formats/gpkg/nc.gpkg",
	} {
		sum, err := ReadFile(shared(t, file), Options{}, func(*evidence.Incident) error { return nil })
		if err == nil || sum.Incidents > 0 {
			t.Errorf("%s was read: %v", file, sum)
		}
	}
}
