package feeds

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func edition(t testing.TB, text string) *Edition {
	t.Helper()
	e, err := ReadEdition("x.csv", strings.NewReader(text), Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return e
}

func diff(t testing.TB, old, later string) *EditionDiff {
	t.Helper()
	d, err := CompareEditions(edition(t, old), edition(t, later), Covers{})
	if err != nil {
		t.Fatal(err)
	}
	balanced(t, d)
	return d
}

// balanced checks that every row of both editions is counted once.
func balanced(t testing.TB, d *EditionDiff) {
	t.Helper()
	if got := d.Updated + d.Unchanged + d.Withdrawn + d.Outside + d.Lost; got != d.Old.Rows {
		t.Errorf("%d of %d rows of the earlier edition are counted: %+v", got, d.Old.Rows, d)
	}
	if got := d.New + d.Updated + d.Unchanged; got != d.Later.Rows {
		t.Errorf("%d of %d rows of the later edition are counted: %+v", got, d.Later.Rows, d)
	}
}

// counts are new, updated, unchanged, withdrawn, rejected, outside, unreadable.
func counts7(d *EditionDiff) string {
	return fmt.Sprint(d.New, d.Updated, d.Unchanged, d.Withdrawn, d.Rejected, d.Outside, d.Lost)
}

const (
	missilesHead = "time_start,time_end,model,launch_place,target,launched,destroyed\n"
	acledHead    = "event_id_cnty,event_date,event_type,sub_event_type,actor1,country,fatalities,notes,timestamp\n"
)

func TestEditionsOfTables(t *testing.T) {
	const (
		m0 = "2025-03-10 21:00,2025-03-11 06:00,Shahed-136/131,Kursk,Ukraine,20,10\n"
		m1 = "2025-03-20 21:00,2025-03-21 06:00,Shahed-136/131,Kursk,Ukraine,171,75\n"
		m2 = "2025-03-21 21:00,2025-03-22 06:00,Shahed-136/131,Kursk,Ukraine,214,114\n"
		m3 = "2025-03-22 21:00,2025-03-23 06:00,Shahed-136/131,Kursk,Ukraine,147,97\n"
		m4 = "2025-03-23 21:00,2025-03-24 06:00,Shahed-136/131,Kursk,Ukraine,99,57\n"
		a1 = "UKR1,2025-03-20,Explosions/Remote violence,Shelling/artillery/missile attack,A,Ukraine,0,x,100\n"
		a2 = "UKR2,2025-03-21,Explosions/Remote violence,Shelling/artillery/missile attack,A,Ukraine,2,y,100\n"
		a3 = "UKR3,2025-03-22,Explosions/Remote violence,Shelling/artillery/missile attack,A,Ukraine,0,z,100\n"
	)
	for _, c := range []struct{ name, old, later, want string }{
		{"the same", missilesHead + m1 + m2, missilesHead + m1 + m2, "0 0 2 0 0 0 0"},
		{"another order", missilesHead + m1 + m2, missilesHead + m2 + m1, "0 0 2 0 0 0 0"},
		{"numbers written otherwise", missilesHead + m1, missilesHead + strings.Replace(m1, "171,75", "171.0,75.0", 1), "0 0 1 0 0 0 0"},
		{"one more day", missilesHead + m1, missilesHead + m1 + m2, "1 0 1 0 0 0 0"},
		{"numbers revised", missilesHead + m1 + m2, missilesHead + strings.Replace(m1, "171,75", "171,83", 1) + m2, "0 1 1 0 0 0 0"},
		{"launch place spelt otherwise", missilesHead + m1 + m2, missilesHead + strings.Replace(m1, "Kursk", "Kursk oblast", 1) + m2, "0 1 1 0 0 0 0"},
		{"the end corrected", missilesHead + m1 + m2, missilesHead + strings.Replace(m1, "06:00", "07:30", 1) + m2, "0 1 1 0 0 0 0"},
		{"withdrawn within the period", missilesHead + m1 + m2 + m3, missilesHead + m1 + m3, "0 0 2 1 0 0 0"},
		{"cut at its end: its last days may be cut too", missilesHead + m0 + m1 + m2 + m3 + m4, missilesHead + m1 + m3, "0 0 2 0 0 3 0"},
		{"cut at its end, gone before that", missilesHead + m0 + m1 + m2 + m3 + m4, missilesHead + m0 + m2 + m3, "0 0 3 1 0 1 0"},
		{"cut at its start", missilesHead + m1 + m2 + m3, missilesHead + m2 + m3, "0 0 2 0 0 1 0"},
		{"a column more", missilesHead + m1, strings.TrimSpace(missilesHead) + ",num_hit\n" + strings.TrimSpace(m1) + ",7\n", "0 0 1 0 0 0 0"},
		{"deleted at ACLED", acledHead + a1 + a2 + a3, acledHead + a1 + a3, "0 0 2 1 0 0 0"},
		{"revised at ACLED", acledHead + a1 + a2 + a3, acledHead + a1 + strings.Replace(a2, ",2,y,100", ",5,y,200", 1) + a3, "0 1 2 0 0 0 0"},
		{"only the stamp", acledHead + a1 + a2, acledHead + a1 + strings.Replace(a2, ",100", ",200", 1), "0 0 2 0 0 0 0"},
		{"unreadable is not withdrawn", acledHead + a1 + a2 + a3, acledHead + a1 + strings.Replace(a2, "2025-03-21", "someday", 1) + a3, "0 0 2 0 1 0 1"},
		{"unreadable without id", missilesHead + m1 + m2 + m3, missilesHead + m1 + strings.Replace(m2, "114", "many", 1) + m3, "0 0 2 0 1 0 1"},
		{"mended without id", missilesHead + m1 + strings.Replace(m2, "114", "many", 1) + m3, missilesHead + m1 + m2 + m3, "1 0 2 0 0 0 0"},
		{"mended", acledHead + a1 + strings.Replace(a2, "2025-03-21", "someday", 1) + a3, acledHead + a1 + a2 + a3, "1 0 2 0 0 0 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := counts7(diff(t, c.old, c.later)); got != c.want {
				t.Errorf("new updated unchanged withdrawn rejected outside unreadable: %s, want %s", got, c.want)
			}
		})
	}
}

func TestEditionsSayWhatTheyMean(t *testing.T) {
	old := missilesHead + "2025-03-20,2025-03-20,Kalibr,Black Sea,Ukraine,4,1\n2025-03-24,2025-03-24,Kalibr,Black Sea,Ukraine,2,2\n"
	later := strings.TrimSpace(missilesHead) + ",num_hit\n2025-03-20,2025-03-20,Kalibr,Black Sea,Ukraine,4,3,\n2025-03-22,2025-03-22,Kalibr,Black Sea,Ukraine,1,0,1\n2025-03-24,2025-03-24,Kalibr,Black Sea,Ukraine,2,2,\n2025-03-25,2025-03-25,Kalibr,Black Sea,Ukraine,1,1,\n"
	d := diff(t, old, later)
	if !slices.Equal(d.ColumnsAdded, []string{"num_hit"}) || len(d.ColumnsDropped) != 0 {
		t.Errorf("columns: %v, %v", d.ColumnsAdded, d.ColumnsDropped)
	}
	up := d.Changes[0]
	if up.Change != ChangeUpdated || !up.Counts || up.Note != "revision of an earlier count, not a new event" || len(up.Fields) != 1 || up.Fields[0] != (FieldChange{"destroyed", "1", "3"}) {
		t.Errorf("update: %+v", up)
	}
	if d.New != 2 || d.Late != 1 || d.Counts != 1 {
		t.Errorf("%d new, %d late, %d revised", d.New, d.Late, d.Counts)
	}
	for _, c := range d.Changes {
		if c.Change == ChangeNew && c.Late != (c.Day == "2025-03-22") {
			t.Errorf("late: %+v", c)
		}
	}
	short := diff(t, later, strings.TrimSpace(missilesHead)+",num_hit\n2025-03-24,2025-03-24,Kalibr,Black Sea,Ukraine,2,2,\n")
	if len(short.Warnings) != 1 || !strings.Contains(short.Warnings[0], "smaller period (2025-03-24 to 2025-03-24") || short.Withdrawn != 0 || short.Outside != 3 {
		t.Errorf("short: %v, %+v", short.Warnings, short)
	}
}

func TestEditionsPeriodCanBeStated(t *testing.T) {
	row := func(d int) string {
		return fmt.Sprintf("2025-03-%02d,2025-03-%02d,Kalibr,Black Sea,Ukraine,4,1\n", d, d)
	}
	old, later := edition(t, missilesHead+row(1)+row(2)+row(3)), edition(t, missilesHead+row(2))
	d, err := CompareEditions(old, later, Covers{"2025-03-01", "2025-03-02"})
	if err != nil || counts7(d) != "0 0 1 1 0 1 0" {
		t.Errorf("%v: %s", err, counts7(d))
	}
}

func TestEditionsSuspectMassWithdrawalAndNewIds(t *testing.T) {
	var old, gone, renumbered strings.Builder
	for i := range 40 {
		row := fmt.Sprintf(",2025-03-%02d,Explosions/Remote violence,Shelling/artillery/missile attack,A,Ukraine,0,note %d,100\n", 1+i%20, i)
		fmt.Fprintf(&old, "UKR%d%s", i, row)
		fmt.Fprintf(&renumbered, "UA%d%s", i, row)
		if i < 20 {
			fmt.Fprintf(&gone, "UKR%d%s", i, row)
		}
	}
	d := diff(t, acledHead+old.String(), acledHead+gone.String())
	if d.Withdrawn != 20 || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "20 of 40 rows of the period are gone") {
		t.Errorf("%d: %v", d.Withdrawn, d.Warnings)
	}
	d = diff(t, acledHead+old.String(), acledHead+renumbered.String())
	if d.Withdrawn != 40 || !strings.Contains(strings.Join(d.Warnings, "\n"), "40 rows that are gone stand in the later edition word for word under another id") {
		t.Errorf("%d: %v", d.Withdrawn, d.Warnings)
	}
	d = diff(t, acledHead+"A1,2025-03-01,Battles,Armed clash,A,Ukraine,0,x,200\n", acledHead+"A1,2025-03-01,Battles,Armed clash,A,Ukraine,0,x,100\n")
	if !strings.Contains(strings.Join(d.Warnings, "\n"), "wrong way round") {
		t.Errorf("swapped: %v", d.Warnings)
	}
}

func TestAnEmptyAnswerIsNotZeroEvents(t *testing.T) {
	for _, text := range []string{"", "\n\n", acledHead, missilesHead, `{"type":"FeatureCollection","features":[]}`, acledHead + "A1,someday,Battles,Armed clash,A,Ukraine,0,x,200\n"} {
		if _, err := ReadEdition("x", strings.NewReader(text), Options{As: ""}); err == nil || !errors.Is(err, ErrEmptyAnswer) {
			t.Errorf("%q: %v", text, err)
		}
	}
	e, f := edition(t, acledHead+"A1,2025-03-01,Battles,Armed clash,A,Ukraine,0,x,200\n"), edition(t, missilesHead+"2025-03-20,2025-03-20,Kalibr,Black Sea,Ukraine,4,1\n")
	if _, err := CompareEditions(e, f, Covers{}); err == nil {
		t.Error("two kinds were compared")
	}
}

func TestEditionsOfDocuments(t *testing.T) {
	submission := func(uuid, old, killed string) string {
		return fmt.Sprintf(`{"_uuid":%q,"meta/instanceID":"uuid:%s","meta/deprecatedID":%q,"_submission_time":"2025-03-20T10:00:00","time_start":"2025-03-20T08:00:00Z","act":"attack","killed":%q}`, uuid, uuid, old, killed)
	}
	kobo := func(s ...string) string {
		return `{"count":1,"next":null,"results":[` + strings.Join(s, ",") + `]}`
	}
	alert := func(id, kind, refs string) string {
		return `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>` + id + `</identifier><sender>s@x</sender><sent>2025-03-20T10:00:00Z</sent><status>Actual</status><msgType>` + kind + `</msgType><scope>Public</scope>` + refs + `</alert>`
	}
	spot := func(uid, remarks string) string {
		return `<event version="2.0" uid="` + uid + `" type="b-r" how="h" time="2025-03-20T10:00:00Z" start="2025-03-20T10:00:00Z" stale="2025-03-20T11:00:00Z"><point lat="50" lon="35" hae="0" ce="10" le="10"/><detail><remarks>` + remarks + `</remarks></detail></event>`
	}
	feature := func(id, killed string, lon float64) string {
		return fmt.Sprintf(`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[%v,50],[36,50],[36,51],[%v,50]]]},"properties":{"id":%q,"time_start":"2025-03-20T10:00:00Z","act":"attack","killed":%q}}`, lon, lon, id, killed)
	}
	event := func(id, text string) string {
		return fmt.Sprintf(`{"id":%q,"date":"3/20/2025","latitude":"50","longitude":"35","description":%q,"associations":["1"],"sources":[]}`, id, text)
	}
	cancel := `<references>s@x,A1,2025-03-20T10:00:00Z</references>`
	mark := func(name, at string) string {
		return `<Placemark><name>` + name + `</name><Point><coordinates>` + at + `</coordinates></Point></Placemark>`
	}
	for _, c := range []struct{ name, old, later, want string }{
		{"kobo edited", kobo(submission("a", "", "1"), submission("b", "", "")), kobo(submission("c", "uuid:a", "2"), submission("b", "", "")), "0 1 1 0 0 0 0"},
		{"kobo both versions", kobo(submission("a", "", "1")), kobo(submission("a", "", "1"), submission("c", "uuid:a", "2")), "0 1 0 0 0 0 0"},
		{"cap cancelled", alert("A1", "Alert", ""), alert("A2", "Cancel", cancel), "0 1 0 0 0 0 0"},
		{"cap beside it", "<alerts>" + alert("A1", "Alert", "") + "</alerts>", "<alerts>" + alert("A1", "Alert", "") + alert("A2", "Update", cancel) + "</alerts>", "1 0 1 0 0 0 0"},
		{"cot", spot("u1", "smoke") + spot("u2", "fire"), spot("u1", "smoke, later fire") + spot("u3", "fire"), "1 1 0 1 0 0 0"},
		{"geojson moved", `{"type":"FeatureCollection","features":[` + feature("a", "1", 35) + "," + feature("b", "1", 35) + "]}", `{"type":"FeatureCollection","features":[` + feature("b", "1", 35) + "," + feature("a", "1", 35.5) + "]}", "0 1 1 0 0 0 0"},
		{"bellingcat", "[" + event("CIV1", "x") + "," + event("CIV2", "y") + "]", "[" + event("CIV2", "z") + "," + event("CIV3", "y") + "]", "1 1 0 1 0 0 0"},
		{"kml", "<kml>" + mark("A", "35,50") + mark("B", "36,50") + "</kml>", "<kml>" + mark("A", "35,50.1") + mark("B", "36,50") + mark("C", "37,50") + "</kml>", "1 1 1 0 0 0 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := counts7(diff(t, c.old, c.later)); got != c.want {
				t.Errorf("new updated unchanged withdrawn rejected outside unreadable: %s, want %s", got, c.want)
			}
			d := diff(t, c.old, c.old)
			if d.New+d.Updated+d.Withdrawn+d.Outside != 0 {
				t.Errorf("with itself: %s", counts7(d))
			}
		})
	}
}

// TestEditionsAgainstMaps holds the comparison of rows with ids against a twin
// of a few lines, over random editions.
func TestEditionsAgainstMaps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) map[string]string {
			return rapid.MapOfN(rapid.SampledFrom([]string{"A", "B", "C", "D", "E", "F"}), rapid.SampledFrom([]string{"1,x", "2,x", "2,y", "3,z"}), 1, 6).Draw(rt, name)
		}
		old, later := draw("old"), draw("later")
		text := func(m map[string]string) string {
			var b strings.Builder
			ids := rapid.Permutation(sortedKeys(m)).Draw(rt, "order")
			for _, id := range ids {
				// the rows of a day that both editions have make their periods equal
				fmt.Fprintf(&b, "%s,2025-03-20,Battles,Armed clash,A,Ukraine,%s,100\n", id, m[id])
			}
			return acledHead + b.String()
		}
		d := diff(t, text(old), text(later))
		added, updated, unchanged, withdrawn := 0, 0, 0, 0
		for id, v := range later {
			o, both := old[id]
			switch {
			case !both:
				added++
			case o == v:
				unchanged++
			default:
				updated++
			}
		}
		for id := range old {
			if _, both := later[id]; !both {
				withdrawn++
			}
		}
		if got, want := counts7(d), fmt.Sprint(added, updated, unchanged, withdrawn, 0, 0, 0); got != want {
			rt.Fatalf("%s, want %s\n%v\n%v", got, want, old, later)
		}
	})
}

// TestEditionsWithoutIds: whatever the rows, those that are the same in both
// editions are unchanged, however often they stand there, and every row is
// counted once.
func TestEditionsWithoutIds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		row := rapid.Custom(func(rt *rapid.T) string {
			at := rapid.SampledFrom([]string{"2025-03-20 21:00", "2025-03-21 21:00"}).Draw(rt, "start")
			return at + "," + rapid.SampledFrom([]string{"2025-03-22", "2025-03-23"}).Draw(rt, "end") + "," + rapid.SampledFrom([]string{"Kalibr", "X-101"}).Draw(rt, "model") + "," +
				rapid.SampledFrom([]string{"Kursk", "Crimea"}).Draw(rt, "from") + ",Ukraine," + rapid.SampledFrom([]string{"4,1", "4,2", "5,1"}).Draw(rt, "n") + "\n"
		})
		draw := func(name string) []string {
			// a row at each end keeps the periods equal
			return append(rapid.SliceOfNDistinct(row, 1, 8, rapid.ID).Draw(rt, name), "2025-03-01,2025-03-01,Kalibr,Kursk,Ukraine,1,1\n", "2025-03-30,2025-03-30,Kalibr,Kursk,Ukraine,1,1\n")
		}
		old, later := draw("old"), draw("later")
		d := diff(t, missilesHead+strings.Join(old, ""), missilesHead+strings.Join(later, ""))
		same := 0
		for _, r := range old {
			if slices.Contains(later, r) {
				same++
			}
		}
		if d.Unchanged != same || d.Outside != 0 {
			rt.Fatalf("%s, want %d unchanged", counts7(d), same)
		}
		slices.Reverse(old)
		if again := diff(t, missilesHead+strings.Join(old, ""), missilesHead+strings.Join(later, "")); again.Unchanged != same || again.New != d.New || again.Withdrawn != d.Withdrawn {
			rt.Fatalf("the order of rows matters: %s, %s", counts7(d), counts7(again))
		}
	})
}

// FuzzEditions: whatever two files hold, every row that was read is counted
// once, and a file compared with itself has not changed.
func FuzzEditions(f *testing.F) {
	f.Add([]byte(acledHead+"A1,2025-03-01,Battles,Armed clash,A,Ukraine,0,x,200\n"), []byte(acledHead+"A1,2025-03-01,Battles,Armed clash,A,Ukraine,1,x,200\n"))
	f.Add([]byte(missilesHead+"2025-03-20,2025-03-20,Kalibr,Black Sea,Ukraine,4,1\n"), []byte(missilesHead+"2025-03-20,2025-03-20,Kalibr,\"Black Sea,Ukraine,4,2\n"))
	f.Add([]byte("id,scenario,time_start,act\nA,x,2025-03-20T10:00:00Z,attack\nA,y,,attack\n"), []byte("id,time_start,act\nA,2025-03-20T10:00:00Z,attac\n"))
	f.Add([]byte(`<kml><Placemark><name>A</name></Placemark></kml>`), []byte(`<kml><Placemark id="1"><name>A</name></Placemark></kml>`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		old, err := ReadEdition("a", bytes.NewReader(a), Options{})
		if err != nil {
			return
		}
		if d, err := CompareEditions(old, old, Covers{}); err != nil || d.Unchanged != len(old.Rows) {
			t.Fatalf("with itself: %v %+v", err, d)
		}
		later, err := ReadEdition("b", bytes.NewReader(b), Options{})
		if err != nil || later.Kind != old.Kind {
			return
		}
		d, err := CompareEditions(old, later, Covers{})
		if err != nil {
			t.Fatal(err)
		}
		balanced(t, d)
	})
}

// TestEditionsOfRealFiles makes later editions of real files in memory: rows
// dropped, numbers changed, rows added, and holds the counts against what was
// done to them.
func TestEditionsOfRealFiles(t *testing.T) {
	const data = "../../../shared/data"
	if _, err := os.Stat(data); err != nil {
		t.Skipf("SKIPPED: %s is not here, so nothing was tried on real files", data)
	}
	for _, c := range []struct {
		file, number, id string
		comma            rune
	}{
		{"events/missile_attacks_daily_2025-04.csv", "destroyed", "launch_place", ','},
		{"events/ucdp_ged_ukr_hdx_2014_2018.csv", "best", "id", ','},
		{"events/viina_energy_military_2024.csv", "source_urls", "event_id_1pd", ','},
		{"events/firms_viirs_snpp_europe_2022-08-29_7d.csv", "frp", "latitude", ','},
		{"events/sirens_official_2022.csv", "finished_at", "raion", ','},
		{"events/gdelt2_mentions_sample_with_header.csv", "confidence", "mentionidentifier", ','},
		{"claims/claims_energy_2025_part1.csv", "consequence", "claim_id", ','},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(data, c.file))
			if err != nil {
				t.Fatal(err)
			}
			r := csv.NewReader(bytes.NewReader(raw))
			r.Comma = c.comma
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			n, id := column(rows[0], c.number), column(rows[0], c.id)
			first := 1
			if strings.HasPrefix(rows[1][0], "#") {
				first = 2
			}
			first += 3 // the ends of the period stay as they are
			last := len(rows) - 4
			changed, dropped := map[int]bool{}, map[int]bool{}
			for i := first; i < last; i += 7 {
				if rows[i][n] != "" && !slices.Equal(rows[i-1], rows[i]) {
					changed[i] = true
				}
			}
			var later [][]string
			for i, row := range rows {
				row = slices.Clone(row)
				switch {
				case i >= first && i < last && i%97 == 5 && !changed[i]:
					dropped[i] = true
					continue
				case changed[i]:
					row[n] = revised(row[n])
				}
				if i >= first && i < last && i%50 == 0 {
					twin := slices.Clone(row) // a row more, of the same day
					twin[id] += "777"
					later = append(later, twin)
				}
				later = append(later, row)
			}
			whole := compareReal(t, rows, rows)
			if whole.Unchanged != whole.Old.Rows || whole.Old.Rejected != 0 {
				t.Fatalf("with itself: %s", counts7(whole))
			}
			d := compareReal(t, rows, later)
			balanced(t, d)
			added := len(later) - (len(rows) - len(dropped))
			t.Logf("%d rows, %d repeated: %d changed, %d dropped, %d added; found new %d, updated %d, unchanged %d, withdrawn %d, outside %d, rejected %d", d.Old.Rows, d.Old.Repeated, len(changed), len(dropped), added, d.New, d.Updated, d.Unchanged, d.Withdrawn, d.Outside, d.Rejected)
			// Rows without id may be paired otherwise than they were made: a row that
			// was dropped with one that was added. That is an update, and shows on
			// both sides.
			merged := len(dropped) - d.Withdrawn - d.Outside
			if d.Rejected != 0 || merged < 0 || d.New != added-merged || d.Updated != len(changed)+merged || merged > 5 {
				t.Errorf("found %s; made %d new, %d updated, %d withdrawn", counts7(d), added, len(changed), len(dropped))
			}
		})
	}
}

// revised is another value of the same form.
func revised(v string) string {
	switch {
	case strings.HasPrefix(v, "202") && strings.HasPrefix(v[4:], "-"):
		return "2024" + v[4:]
	case v[0] >= '0' && v[0] <= '9':
		return "1" + v
	}
	return v + " 9"
}

func column(header []string, name string) int {
	return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimPrefix(h, "\ufeff"), name) })
}

func compareReal(t *testing.T, old, later [][]string) *EditionDiff {
	t.Helper()
	read := func(rows [][]string) *Edition {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		return edition(t, b.String())
	}
	d, err := CompareEditions(read(old), read(later), Covers{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRealFilesWithThemselves: every row of every real file is noted once, and
// no file differs from itself.
func TestRealFilesWithThemselves(t *testing.T) {
	const data = "../../../shared/data"
	if _, err := os.Stat(data); err != nil {
		t.Skipf("SKIPPED: %s is not here, so nothing was tried on real files", data)
	}
	for _, file := range []string{
		"events/gdelt2_20180101000000.export.CSV", "events/bellingcat_export_events.json", "formats/hxl_ucdp_bangladesh.csv",
		"formats/acled/acled_2020_layout_synthetic.csv", "formats/acled/acled_2025_layout_synthetic.csv", "formats/cot/cot_stream_60_events.xml.txt",
		"formats/cap/bushfire_valid.edxlde", "formats/kml/ukr.kml", "formats/kobo/kobo_v2_data.json",
	} {
		e, err := ReadEditionFile(filepath.Join(data, file), Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		d, err := CompareEditions(e, e, Covers{})
		if err != nil || d.Unchanged != len(e.Rows) || len(d.Warnings) > 0 {
			t.Errorf("%s: %v: %+v", file, err, d)
		}
		if got := len(e.Rows) + len(e.Rejected) + e.Repeated; got != e.Summary.Rows {
			t.Errorf("%s: %d rows noted of %d", file, got, e.Summary.Rows)
		}
		t.Logf("%s: %d rows, %d rejected, %d repeated, %s..%s, first %q", file, len(e.Rows), len(e.Rejected), e.Repeated, e.From, e.To, e.named(e.Rows[0]))
	}
}
