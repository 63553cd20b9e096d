package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/truce-project/truce/internal/pgtest"
)

// groupRow is a row of the incidents file as a program writes it that knows types.
type groupRow struct {
	ID        string    `parquet:"id"`
	Scenario  string    `parquet:"scenario"`
	Start     time.Time `parquet:"time_start,timestamp(millisecond)"`
	Lat       *float64  `parquet:"lat,optional"`
	Lon       *float64  `parquet:"lon,optional"`
	Precision int64     `parquet:"precision_m"`
	Actor     string    `parquet:"actor,dict"`
	Act       string    `parquet:"act,dict"`
	Target    string    `parquet:"target,dict"`
}

// writeGroups writes the same rows as Parquet, in row groups of a size, and as CSV. Of
// a hundred one is an alternative of the one before it, and one has no place.
func writeGroups(t *testing.T, name string, first, groups, rows int) {
	t.Helper()
	var p, c bytes.Buffer
	w := parquet.NewGenericWriter[groupRow](&p, parquet.MaxRowsPerRowGroup(int64(rows)))
	text := csv.NewWriter(&c)
	text.Write([]string{"id", "scenario", "time_start", "lat", "lon", "precision_m", "actor", "act", "target"})
	for n := range groups * rows {
		k := first + n
		r := groupRow{ID: strconv.Itoa(k), Start: time.Date(2025, 4, 1+k%28, k%24, 0, 0, 0, time.UTC), Precision: int64(k % 3 * 500),
			Actor: []string{"RU", "UA", ""}[k%3], Act: []string{"attack.strike", "attack.strike.drone", "movement"}[k%5%3], Target: []string{"energy", "civilian.residential", ""}[k%7%3]}
		switch k % 100 {
		case 49:
			r.Scenario = "one"
		case 50:
			r.ID, r.Scenario = strconv.Itoa(k-1), "two"
		}
		lat, lon := "", ""
		if k%100 != 70 {
			y, x := 48+float64(k%1000)/1000, 35.0
			r.Lat, r.Lon = &y, &x
			lat, lon = strconv.FormatFloat(y, 'f', -1, 64), "35"
		}
		if _, err := w.Write([]groupRow{r}); err != nil {
			t.Fatal(err)
		}
		text.Write([]string{r.ID, r.Scenario, r.Start.Format(time.RFC3339), lat, lon, strconv.FormatInt(r.Precision, 10), r.Actor, r.Act, r.Target})
	}
	text.Flush()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for dir, b := range map[string][]byte{"p/" + name + ".parquet": p.Bytes(), "c/" + name + ".csv": c.Bytes()} {
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestParquetShared: row groups of Parquet are done by workers, of which one is killed
// with one in hand. Findings are the same to the byte as from one process, and verdicts
// as from CSV of the same rows.
func TestParquetShared(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	t.Setenv("TRUCE_DATABASE", pgtest.Shared(t).Address)
	t.Chdir(t.TempDir())
	const large = 16_100 // rows of a group: --partition-mib 1 puts no two of them together
	writeGroups(t, "a", 1, 2, large)
	writeGroups(t, "b", 1_000_001, 9, 120)
	run := func(args ...string) string {
		out, err := exec.Command("truce", append([]string{"judge", "blanket-30d", "--assume-in-force", "--partition-mib", "1"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	run("--in", "p", "--out", "want.csv")
	run("--in", "c", "--verdicts", "want-verdicts.csv")

	worker := func() *process { return beside(t, "worker", "--parts", "--queue", "groups", "--cores", "1") }
	killed := worker()
	asks := exec.Command("truce", "judge", "blanket-30d", "--assume-in-force", "--partition-mib", "1", "--in", "p", "--out", "got.csv", "--work", "w", "--queue", "groups", "--wait")
	var said bytes.Buffer
	asks.Stderr = &said
	if err := asks.Start(); err != nil {
		t.Fatal(err)
	}
	count := func(pattern string) int { l, _ := filepath.Glob(pattern); return len(l) }
	inHand := func() bool {
		// The plan and the question are written beside their names too, before it begins.
		return count("w/plan.json") == 1 && count("w/question.json") == 1 && count("w/.new-*") == 1
	}
	comesTo(t, "it has a row group in hand", func() string { return said.String() + killed.log.String() }, func() bool {
		if !inHand() {
			return false
		}
		killed.cmd.Process.Signal(syscall.SIGSTOP)
		if time.Sleep(10 * time.Millisecond); inHand() { // not done meanwhile
			return true
		}
		killed.cmd.Process.Signal(syscall.SIGCONT)
		return false
	})
	killed.kill()
	if n := count("w/part-*"); n == 3 || count("w/.new-*") != 1 {
		t.Fatalf("%d partitions are done: the test tests nothing", n)
	}
	second, third := worker(), worker()
	if err := asks.Wait(); err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, said.String(), second.log.String(), third.log.String())
	}
	if n := count("w/part-*"); n != 3 || !strings.Contains(said.String(), "0 partitions were done here") {
		t.Errorf("%d partitions, expected one for each of two row groups and one for nine small ones, by workers: %s", n, said.String())
	}
	same(t, "got.csv", "want.csv", "findings of row groups, by workers")
	if log := second.log.String() + third.log.String(); !strings.Contains(log, "unit") {
		t.Errorf("who came after did nothing: %s", log)
	}
	out := run("--in", "p", "--verdicts", "verdicts.csv", "--work", "v", "--queue", "groups", "--wait")
	if !strings.Contains(out, "0 partitions were done here") {
		t.Errorf("verdicts were not told by workers: %s", out)
	}
	same(t, "verdicts.csv", "want-verdicts.csv", "verdicts of Parquet by workers, and of CSV by one process")
	if b, err := os.ReadFile("verdicts.csv"); err != nil || bytes.Count(b, []byte("\n")) < 2*large {
		t.Errorf("%d bytes of verdicts %v", len(b), err)
	}
}
