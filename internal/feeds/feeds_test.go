package feeds

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// read reads text and returns its incidents.
func read(t testing.TB, text string, opt Options) ([]*evidence.Incident, Summary, error) {
	t.Helper()
	var out []*evidence.Incident
	sum, err := Read("dir/test.csv", strings.NewReader(text), opt, func(i *evidence.Incident) error {
		out = append(out, i)
		return nil
	})
	return out, sum, err
}

func readPath(t testing.TB, path string, opt Options) ([]*evidence.Incident, Summary) {
	t.Helper()
	var out []*evidence.Incident
	sum, err := ReadFile(path, opt, func(i *evidence.Incident) error {
		out = append(out, i)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

func byID(t testing.TB, list []*evidence.Incident, id string) *evidence.Incident {
	t.Helper()
	for _, i := range list {
		if i.ID == id {
			return i
		}
	}
	t.Fatalf("no incident %s", id)
	return nil
}

func problems(sum Summary) string {
	var out []string
	for _, p := range sum.Problems {
		out = append(out, p.String())
	}
	return strings.Join(out, "\n")
}

func wantCounts(t *testing.T, sum Summary, rows, incidents, rejected, unmapped, duplicates int) {
	t.Helper()
	got := []int{sum.Rows, sum.Incidents, sum.Rejected, sum.Unmapped, sum.Duplicates}
	if want := []int{rows, incidents, rejected, unmapped, duplicates}; !slices.Equal(got, want) {
		t.Errorf("rows, incidents, rejected, unmapped, duplicates: %v, want %v\n%s", got, want, problems(sum))
	}
}

func wantSet(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s: %s, want %s", what, s, want)
	}
}

func wantText(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("%s: %q not in:\n%s", what, p, got)
		}
	}
}

func wantPlace(t *testing.T, what string, got where.Region, codes ...string) {
	t.Helper()
	want, err := where.AreaRegion(codes...)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func wantSpan(t *testing.T, what string, got when.Span, start, end string) {
	t.Helper()
	a, err1 := when.ParseRFC3339(start)
	b, err2 := when.ParseRFC3339(end)
	if want := (when.Span{Start: a, End: b}); err1 != nil || err2 != nil || got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func TestKindsAreGuessedFromContent(t *testing.T) {
	for file, want := range map[string]string{
		"truce.csv": "truce", "claims.csv": "claims", "airforce.csv": "airforce", "events.geojson": "geojson",
		"viina_selection.csv": "viina", "viina_event_info.csv": "viina", "viina_event_1pd.csv": "viina", "viina_1.csv": "viina",
		"acled_2020.csv": "acled", "acled_2025.csv": "acled", "ucdp.csv": "ucdp", "ucdp_candidate.csv": "ucdp", "ucdp_2018.csv": "ucdp",
		"gdelt.export.CSV": "gdelt", "gdelt_1.CSV": "gdelt", "gdelt_mentions.csv": "gdelt", "gdelt_mentions_raw.CSV": "gdelt",
		"firms_viirs.csv": "firms", "firms_modis.csv": "firms", "sirens_official.csv": "sirens", "sirens_volunteer.csv": "sirens",
		"geoconfirmed.csv": "geoconfirmed", "hxl.csv": "hxl", "hxl_tags_first.csv": "hxl",
	} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		_, sum, err := read(t, string(text), Options{})
		if err != nil || sum.As != want {
			t.Errorf("%s: read as %q (%v), want %s", file, sum.As, err, want)
		}
		_, again, err := read(t, string(text), Options{As: want})
		if err != nil || again.Incidents != sum.Incidents || again.Reports != sum.Reports {
			t.Errorf("%s: read as named: %v %v", file, again, err)
		}
	}
	if !slices.IsSorted(Kinds()) || len(Kinds()) != len(kinds()) {
		t.Errorf("kinds: %v", Kinds())
	}
}

func TestFilesOfNoKindAreRefused(t *testing.T) {
	for _, text := range []string{"a,b,c\n1,2,3\n", "id,lat,lon\n1,2,3\n", `{"a":1}`, `[1,2]`, `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"height":3},"geometry":null}]}`, "<?xml?>"} {
		_, _, err := read(t, text, Options{})
		if err == nil {
			t.Errorf("%q was read", text)
			continue
		}
		wantText(t, text, err.Error(), "airforce", "claims", "geojson", "truce", "viina")
	}
	if _, _, err := read(t, "id,act\n1,jam\n", Options{As: "claims"}); err == nil || !strings.Contains(err.Error(), "id,act") {
		t.Errorf("claims without its columns: %v", err)
	}
	if _, _, err := read(t, "id,act\n", Options{As: "xls"}); err == nil || !strings.Contains(err.Error(), "geojson") {
		t.Errorf("unknown kind: %v", err)
	}
	if _, _, err := read(t, "event_id,event_id_1pd,date,t_mil\n1,2,20310101,0\n", Options{}); err == nil || !strings.Contains(err.Error(), "labels") {
		t.Errorf("labels: %v", err)
	}
}

func TestStrictAndYieldErrorsStop(t *testing.T) {
	text := "id,act\n1,jam\n2,jem\n3,jam\n"
	_, sum, err := read(t, text, Options{Strict: true})
	var p Problem
	if !errors.As(err, &p) || p.Column != "act" || p.Pos.Line != 3 || p.Col != 2 || sum.Rows != 2 {
		t.Errorf("strict: %v %v", err, sum)
	}
	wantText(t, "problem", p.String(), "test.csv:3: column act:", "did you mean jam?")
	stop := errors.New("stop")
	_, err = Read("x", strings.NewReader(text), Options{}, func(*evidence.Incident) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("yield's error is lost: %v", err)
	}
	geo := `{"type":"Feature","properties":{"id":"1","act":"jam"},"geometry":null}`
	_, err = Read("x", strings.NewReader(geo), Options{}, func(*evidence.Incident) error { return stop })
	if err != stop {
		t.Errorf("yield's error is changed: %v", err)
	}
}

func TestMappingTables(t *testing.T) {
	v, seen, tables := newVocabulary(), 0, 0
	for _, c := range []struct {
		file    string
		columns map[string]string // column -> tree
	}{
		{"claims_objects.csv", map[string]string{"target": "target"}},
		{"claims_means.csv", map[string]string{"act": "act", "means": "means"}},
		{"claims_outcomes.csv", map[string]string{"outcome": "outcome"}},
		{"airforce_models.csv", map[string]string{"act": "act", "means": "means"}},
		{"viina_targets.csv", map[string]string{"target": "target"}},
		{"viina_acts.csv", map[string]string{"act": "act", "outcome": "outcome"}},
		{"airforce_places.csv", nil},
		{"viina_areas.csv", nil},
		{"lexicon.csv", nil}, // its values are checked by TestLexiconTable
		{"acled_subevents.csv", map[string]string{"act": "act", "outcome": "outcome", "means": "means", "target": "target"}},
		{"acled_tags.csv", map[string]string{"target": "target"}},
		{"ucdp_violence.csv", map[string]string{"act": "act", "target": "target"}},
		{"gdelt_cameo.csv", map[string]string{"act": "act", "outcome": "outcome", "means": "means"}},
		{"hxl_types.csv", map[string]string{"act": "act", "outcome": "outcome", "means": "means", "target": "target"}},
		{"admin_areas.csv", nil},
		{"bellingcat_associations.csv", map[string]string{"act": "act", "means": "means", "target": "target"}},
	} {
		tables++
		for _, e := range loadTable(c.file) {
			seen++
			if e["comment"] == "" {
				t.Errorf("%s: a row without comment: %v", c.file, e)
			}
			for column, tree := range c.columns {
				for _, n := range e.set(column) {
					if _, ok := v.Tree(tree).Node(n); !ok {
						t.Errorf("%s: %q is no %s (%v)", c.file, n, tree, e)
					}
				}
			}
		}
	}
	for _, areas := range []map[string]entry{viinaAreas(), adminAreas()} {
		for name, e := range areas {
			if _, err := where.AreaRegion(e.set("code")...); err != nil {
				t.Errorf("area %s: %v", name, err)
			}
		}
	}
	for name, e := range airforcePlaces() {
		if h := airforcePlace(name, true); e["kind"] == "none" == h.found() {
			t.Errorf("airforce_places.csv: %s: %v", name, h)
		} else if len(h.codes) > 0 {
			if _, err := where.AreaRegion(h.codes...); err != nil {
				t.Errorf("airforce_places.csv: %s: %v", name, err)
			}
		}
	}
	files, _ := filepath.Glob("data/*.csv")
	if len(files) != tables || seen < 200 {
		t.Errorf("%d tables, %d rows: is a new table not tested here?", len(files), seen)
	}
	for _, p := range []func() *phrases{claimObjects, claimMeans, claimOutcomes, airforceModels} {
		p()
	}
	viinaTargets()
}

func TestPhrases(t *testing.T) {
	for text, want := range map[string]string{
		"drone and shelling": "attack.strike.artillery|attack.strike.drone", "FPV-drone": "attack.strike.drone",
		"guided aerial bombs (KAB)": "attack.strike.air", "HIMARS (claimed)": "attack.strike.artillery|attack.strike.missile",
		"air-launched missile": "attack.strike.missile|attack.strike.air", "airline": "", "demolition charge": "attack.sabotage.demolition",
	} {
		var got []string
		found, _ := claimMeans().find("", text)
		for _, e := range found {
			got = union(got, e.set("act")...)
		}
		slices.Sort(got)
		w := strings.Split(want, "|")
		slices.Sort(w)
		wantSet(t, text, got, strings.Join(w, "|"))
	}
}

func TestOneSlip(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"odeas", "odesa", true}, {"kursk", "kursk", false}, {"kirsk", "kursk", true}, {"kherson", "kharkiv", false}, {"bryanskk", "bryansk", true}, {"umsy", "sumy", false}} {
		if got := oneSlip(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}

func TestCivilTimesAtClockChanges(t *testing.T) {
	kyiv, err := when.Zone("Europe/Kyiv")
	if err != nil {
		t.Fatal(err)
	}
	for s, hours := range map[string]time.Duration{"2024-10-27 03:30": time.Hour, "2024-03-31 02:59": 0, "2024-03-31 04:30": 0} {
		a, b, err := civil(s, kyiv)
		if err != nil || time.Duration(b-a)*time.Millisecond != hours {
			t.Errorf("%s: %s to %s, %v", s, a, b, err)
		}
	}
	if _, _, err := civil("2024-03-31 03:30", kyiv); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a time that no clock showed: %v", err)
	}
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const rows = 200_000
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		defer w.Close()
		fmt.Fprintln(w, "id,time_start,lat,lon,act,text")
		for i := range rows {
			if _, err := fmt.Fprintf(w, "E-%d,2031-01-01T00:00:00Z,49.5,36.5,attack.strike,%s\n", i, strings.Repeat("long text ", 20)); err != nil {
				return
			}
		}
	}()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	start, n, most := heap(), 0, uint64(0)
	sum, err := Read("pipe", r, Options{}, func(*evidence.Incident) error {
		if n++; n%50_000 == 0 {
			most = max(most, heap())
		}
		return nil
	})
	if err != nil || sum.Incidents != rows {
		t.Fatal(sum, err)
	}
	t.Logf("the heap grew by %d KB", (int64(most)-int64(start))>>10)
	if grown := int64(most) - int64(start); grown > 32<<20 {
		t.Errorf("the heap grew by %d MB over %d rows of 250 bytes", grown>>20, rows)
	}
}

func TestNoColumnIsForgotten(t *testing.T) {
	if len(truceColumns) != 36 || !reflect.DeepEqual(len(featureColumns), len(truceColumns)) {
		t.Errorf("%d columns in the incidents file", len(truceColumns))
	}
}
