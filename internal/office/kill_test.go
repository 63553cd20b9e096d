package office_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

// TestImportProcess is not a test: it is the process that TestKilled kills.
func TestImportProcess(t *testing.T) {
	dir := os.Getenv("TRUCE_IMPORT_DIR")
	if dir == "" {
		t.Skip("the process of another test")
	}
	files, err := filepath.Glob(os.Getenv("TRUCE_IMPORT_FILES"))
	if err != nil {
		t.Fatal(err)
	}
	o, err := office.Open(dir, origin, journal.Options{Interval: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out, err := o.Import(context.Background(), f, office.ImportOptions{Each: true, Parser: "test"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("recorded", out.Recorded)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestKilled: an import is killed and started again, twenty times in the short
// form; then every receipt's entry is in the verified log exactly once, and every
// row of every file too.
func TestKilled(t *testing.T) {
	kills, n := 20, 2500
	if os.Getenv("TRUCE_SOAK") != "" {
		kills, n = 400, 20000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	src, dir := t.TempDir(), filepath.Join(t.TempDir(), "north")
	for i := range 3 {
		rows(t, src, fmt.Sprintf("f%d.csv", i), n+i)
	}
	if !realFiles(t, src) {
		t.Log("NOTE: ../shared/data is not here: only files that were made up are imported")
	}
	files, total := 0, 0
	names, err := filepath.Glob(filepath.Join(src, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range names {
		e, err := feeds.ReadEditionFile(f, feeds.Options{})
		if err != nil {
			t.Fatal(err)
		}
		files, total = files+1, total+len(e.Rows)
	}
	started := func() *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run=^TestImportProcess$")
		c.Env = append(os.Environ(), "TRUCE_IMPORT_DIR="+dir, "TRUCE_IMPORT_FILES="+filepath.Join(src, "*.csv"))
		return c
	}
	killed := 0
	for range kills {
		c := started()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		select {
		case <-time.After(time.Duration(20+r.IntN(130)) * time.Millisecond):
			c.Process.Kill()
			<-done
			killed++
		case err := <-done:
			if err != nil {
				t.Fatalf("after %d kills: %v", killed, err)
			}
		}
	}
	if out, err := started().CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("killed %d times", killed)
	if killed < kills/4 {
		t.Logf("the machine is fast: only %d of %d attempts were interrupted", killed, kills)
	}
	checkOnce(t, dir, files, total)
}

// realFiles adds real files that are not part of the project, where they are.
func realFiles(t *testing.T, to string) bool {
	found := false
	for _, name := range []string{"events/viina_energy_military_2024.csv", "events/ucdp_ged_ukr_hdx_2014_2018.csv", "claims/claims_energy_2025_part1.csv"} {
		b, err := os.ReadFile(filepath.Join("../../../shared/data", name))
		if err != nil {
			continue
		}
		found = true
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// checkOnce audits the record, and counts rows and receipts.
func checkOnce(t *testing.T, dir string, files, total int) {
	t.Helper()
	rep, items, err := audit.VerifyDir(context.Background(), dir, audit.Options{Now: time.Now().Add(time.Hour), Collect: map[string]bool{"report@1": true, "dataset@1": true}})
	if err != nil {
		t.Fatal(err)
	}
	if !rep.OK() {
		t.Fatalf("%v", rep.Problems)
	}
	names, err := filepath.Glob(filepath.Join(dir, "receipts", "*.receipt"))
	if err != nil {
		t.Fatal(err)
	}
	if rep.Receipts != int64(len(names)) || rep.Awaiting != 0 {
		t.Errorf("%d receipts, %d of them kept, %d open", len(names), rep.Receipts, rep.Awaiting)
	}
	if rep.Kinds["dataset@1"] != int64(files) || rep.Kinds["report@1"] != int64(total) {
		t.Errorf("%v, want %d files and %d rows", rep.Kinds, files, total)
	}
	seen := map[string]bool{}
	covered := map[int64]int{}
	for _, it := range items {
		key := it.Envelope.Kind + string(it.Payload)
		if seen[key] {
			t.Errorf("entry %d stands twice", it.Index)
		}
		seen[key] = true
	}
	v := keyOf(t, dir)
	for _, n := range names {
		x, err := record.OpenReceipt(read(t, n), origin, v)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x.Count {
			covered[x.Index+i]++
		}
	}
	for i, n := range covered {
		if n != 1 {
			t.Errorf("entry %d has %d receipts", i, n)
		}
	}
	if len(covered) != total+files {
		t.Errorf("receipts cover %d entries, want %d", len(covered), total+files)
	}
}
