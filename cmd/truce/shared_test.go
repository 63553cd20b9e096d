package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
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
