package parts

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestElsewhere: a process in another folder finds what was planned by names that
// begin in this one, and sees what others have done.
func TestElsewhere(t *testing.T) {
	base, dir := t.TempDir(), t.TempDir()
	t.Chdir(base)
	if err := os.WriteFile("f.csv", []byte(file(rand.New(rand.NewPCG(8, 12)), 300)), 0o644); err != nil {
		t.Fatal(err)
	}
	ask := asker(t, Verdicts, "blanket-30d")
	p, err := Make(t.Context(), []string{"f.csv"}, Options{Dir: dir, Question: ask.Digest(), Feed: ask.Feed(), UnitSize: 2000, pieceSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := p.Do(t.Context(), 1, ask); err == nil {
		t.Fatal("it found f.csv where it is not")
	}
	q, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	q.At(base)
	if err := q.Do(t.Context(), 1, ask); err != nil {
		t.Fatal(err)
	}
	if left, err := p.Left([]int{0, 1, 2}); err != nil || !slices.Equal(left, []int{0, 2}) {
		t.Errorf("%v %v", left, err)
	}
	if err := os.WriteFile(q.partName(2), []byte("no part"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Left([]int{0, 2}); err == nil {
		t.Error("a damaged part counts as done")
	}
}

// TestSweep: what was abandoned is removed, what is being written is not.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".new-1", ".new-2", ".ids-1", "part-000000", "plan.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for _, name := range []string{".new-1", ".ids-1", "part-000000"} {
		if err := os.Chtimes(filepath.Join(dir, name), now, now.Add(-2*Abandoned)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Sweep(dir, now); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	if want := []string{".new-2", "part-000000", "plan.json"}; !slices.Equal(names, want) {
		t.Errorf("%v, expected %v", names, want)
	}
}
