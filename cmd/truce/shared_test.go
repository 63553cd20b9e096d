package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealFiles judges real files that are not part of the project, and holds
// what is counted against a count made here.
func TestRealFiles(t *testing.T) {
	const data = "../../../shared/data"
	if _, err := os.Stat(data); err != nil {
		t.Skipf("SKIPPED: %s is not here, so nothing was tried on real files", data)
	}
	for file, args := range map[string]string{
		"claims/claims_energy_2025_part1.csv":      "",
		"events/missile_attacks_daily_2025-04.csv": "",
		"events/viina_energy_military_2024.csv":    "--assume-in-force",
	} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			path := filepath.Join(data, file)
			want := countRows(t, path)
			var out, errs bytes.Buffer
			code := run(strings.Fields("judge energy-2025 --json --in "+path+" "+args), strings.NewReader(""), &out, &errs)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs.String())
			}
			var sum struct {
				Files []struct{ Rows, Incidents, Reports, Rejected int }
				Terms []struct {
					Incidents      int
					Counterfactual bool
					Readings       []struct {
						Reading  string
						Verdicts map[string]int
					}
				}
			}
			if err := json.Unmarshal(out.Bytes(), &sum); err != nil {
				t.Fatal(err)
			}
			if f := sum.Files[0]; f.Rows != want || f.Incidents+f.Reports+f.Rejected != want || f.Rejected != 0 {
				t.Errorf("counted %+v, want %d rows and none rejected", f, want)
			}
			if sum.Terms[0].Counterfactual != (args != "") {
				t.Error("the stamp of the counterfactual is wrong")
			}
			for _, r := range sum.Terms[0].Readings {
				n := 0
				for _, v := range r.Verdicts {
					n += v
				}
				if n != sum.Files[0].Incidents {
					t.Errorf("%s: %d verdicts for %d incidents", r.Reading, n, sum.Files[0].Incidents)
				}
			}
		})
	}
}

func countRows(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return len(rows) - 1
}

// TestMissilesOfTheHalt: 44 rows of the table fall in 18 to 29 March 2025.
func TestMissilesOfTheHalt(t *testing.T) {
	const file = "../../../shared/data/events/missile_attacks_daily_2025-04.csv"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("SKIPPED: %s is not here", file)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(t.TempDir(), "march.csv")
	f, err := os.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	for i, r := range rows {
		if i == 0 || r[0] >= "2025-03-18" && r[0] < "2025-03-30" {
			if err := w.Write(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Flush()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run([]string{"judge", "energy-2025", "--in", part}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	if !strings.Contains(out.String(), "44 incidents judged") {
		t.Errorf("not 44 incidents:\n%s", out.String())
	}
}

// TestEveryRealFileIsUnderstoodForWhatItIs: each event file is recognised by
// its content, every row is accounted for, and what is no list of events is
// refused by name. The counts of rows are held against independent ones in
// internal/feeds.
func TestEveryRealFileIsUnderstoodForWhatItIs(t *testing.T) {
	const data = "../../../shared/data"
	if _, err := os.Stat(data); err != nil {
		t.Skipf("SKIPPED: %s is not here, so nothing was tried on real files", data)
	}
	for file, want := range map[string]string{
		"events/firms_viirs_snpp_europe_2022-08-29_7d.csv": "firms 5968 0 5968",
		"events/gdelt2_20180101000000.export.CSV":          "gdelt 2414 343 2071",
		"events/gdelt2_mentions_sample_with_header.csv":    "gdelt 1635 0 1635",
		"events/sirens_official_2022.csv":                  "sirens 17493 0 17493",
		"events/ucdp_ged_ukr_hdx_2014_2018.csv":            "ucdp 993 993 0",
		"events/bellingcat_export_events.json":             "bellingcat 1159 1159 0",
		"formats/hxl_ucdp_bangladesh.csv":                  "ucdp 601 601 0",
		"formats/acled/acled_2020_layout_synthetic.csv":    "acled 1 1 0",
		"formats/acled/acled_2025_layout_synthetic.csv":    "acled 2 2 0",
		"formats/cot/cot_stream_60_events.xml.txt":         "cot 60 0 60",
		"formats/cap/bushfire_valid.edxlde":                "cap 7 0 7",
		"formats/kml/ukr.kml":                              "kml 43 0 43",
		"formats/kobo/kobo_v2_data.json":                   "kobo 3 0 3",
		"formats/geoparquet/example.parquet":               "refused Parquet",
		"formats/quakeml/usgs_mm7_2013.qml":                "refused QuakeML",
		"formats/shp/CNTR_RG_60M_2016_4326.shp":            "refused shapefile",
		"formats/gpkg/nc.gpkg":                             "refused 4267",
		"events/missiles_and_uavs.csv":                     "refused not a file that is read here",
	} {
		var out, errs bytes.Buffer
		code := run([]string{"judge", "energy-2025", "--json", "--assume-in-force", "--in", filepath.Join(data, file)}, strings.NewReader(""), &out, &errs)
		if phrase, refused := strings.CutPrefix(want, "refused "); refused {
			if code != exitInput || !strings.Contains(errs.String(), phrase) {
				t.Errorf("%s: exit %d, %q; want a refusal with %q", file, code, errs.String(), phrase)
			}
			continue
		}
		var sum struct {
			Files []struct {
				As                                 string
				Rows, Incidents, Reports, Rejected int
			}
		}
		if err := json.Unmarshal(out.Bytes(), &sum); err != nil || len(sum.Files) != 1 {
			t.Errorf("%s: %v: %s", file, err, errs.String())
			continue
		}
		f := sum.Files[0]
		if got := fmt.Sprintf("%s %d %d %d", f.As, f.Rows, f.Incidents, f.Reports); got != want || f.Rejected != 0 {
			t.Errorf("%s: %s (%d rejected), want %s", file, got, f.Rejected, want)
		}
	}
}
