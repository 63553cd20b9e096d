package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRealWeek makes the weekly report of a real week, of files that are not part of
// the project, and holds its headline against a count made here.
func TestRealWeek(t *testing.T) {
	const data = "../../../shared/data"
	file := filepath.Join(data, "events/missile_attacks_daily_2025-04.csv")
	f, err := os.Open(file)
	if err != nil {
		t.Skipf("SKIPPED: %s is not here, so no report of a real week was made", file)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kyiv := time.FixedZone("EET", 2*3600)
	from, to := time.Date(2025, 3, 17, 19, 30, 0, 0, kyiv), time.Date(2025, 3, 24, 19, 30, 0, 0, kyiv)
	inside := 0 // those that lie in the period whole: the lower bound
	for _, row := range rows[1:] {
		start, err1 := time.ParseInLocation("2006-01-02 15:04", row[0], kyiv)
		end, err2 := time.ParseInLocation("2006-01-02 15:04", row[1], kyiv)
		if err1 == nil && err2 == nil && !start.Before(from) && end.Before(to) {
			inside++
		}
		if day, err := time.ParseInLocation("2006-01-02", row[0], kyiv); err == nil && row[1] == row[0] && !day.Before(from) && day.AddDate(0, 0, 1).Before(to) {
			inside++ // a whole day
		}
	}
	dir := t.TempDir()
	var out, errs bytes.Buffer
	figures := filepath.Join(dir, "figures.csv")
	if code := run(strings.Fields("report --in "+file+" --date 2025-03-24 --days 7 --lang ru --annex figures --out "+figures+" --out "+filepath.Join(dir, "week.html")), strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	b, err := os.ReadFile(figures)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, row := range all {
		if row[0] == "violations.total" {
			got = row[3]
		}
	}
	if want := inside; got == "" || got != strconv.Itoa(want) {
		t.Errorf("the report counts %s for certain, the table has %d rows in the period", got, want)
	}
	if !strings.Contains(out.String(), "Недельный отчёт 12/2025") {
		t.Errorf("no title: %s", out.String())
	}
}
