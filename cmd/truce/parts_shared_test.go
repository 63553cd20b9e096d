package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/truce-project/truce/internal/pgtest"
)

// writeHistory writes a folder of files, each of which is a partition: the first two
// are so large that a worker is busy with one for a while.
func writeHistory(t *testing.T, dir string, files, rows, large int) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	id := 0
	for k := range files {
		var b bytes.Buffer
		b.WriteString("id,time_start,lat,lon,precision_m,actor,act,target,text\n")
		n := rows
		if k < 2 {
			n = large
		}
		for range n {
			id++
			fmt.Fprintf(&b, "%d,2025-04-%02dT%02d:00:00Z,48.%03d,35.0,%d,%s,attack.strike,%s,text %d\n", id, 1+id%28, id%24, id%1000, id%3*500, []string{"RU", "UA", ""}[id%3], []string{"energy", "civilian.residential", ""}[id%7%3], id)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.csv", k)), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// same compares a file with another.
func same(t *testing.T, name, other, what string) {
	t.Helper()
	a, err := os.ReadFile(name)
	b, berr := os.ReadFile(other)
	if err != nil || berr != nil || !bytes.Equal(a, b) {
		t.Errorf("%s: %d bytes and %d, not the same %v %v", what, len(a), len(b), err, berr)
	}
}

func hashAll(t *testing.T, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %x\n", n, sha256.Sum256(b))
	}
	return fmt.Sprintf("%d %x", len(names), h.Sum(nil))
}

// TestPartsShared: a job is shared between three workers; one is killed and one is
// stopped while they have a partition in hand, and so is whoever asked. The same
// command goes on, a third worker does what they had, and the same bytes come out as
// from one process; the stopped one goes on after that, and changes nothing.
func TestPartsShared(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: tests that start and kill processes are left out with -short")
	}
	t.Setenv("TRUCE_DATABASE", pgtest.Shared(t).Address)
	t.Chdir(t.TempDir())
	const files = 24
	writeHistory(t, "set", files, 60, 7_000)
	judge := func(more ...string) *exec.Cmd {
		return exec.Command("truce", append([]string{"judge", "blanket-30d", "--assume-in-force", "--in", "set"}, more...)...)
	}
	if out, err := judge("--out", "want.csv").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	worker := func() *process { return beside(t, "worker", "--parts", "--queue", "night", "--cores", "1") }
	count := func(pattern string) int { l, _ := filepath.Glob(pattern); return len(l) }
	var said bytes.Buffer
	args := []string{"--out", "got.csv", "--work", "w", "--queue", "night", "--wait"}
	killed, stopped := worker(), worker()
	first := judge(args...)
	first.Stderr = &said
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	comesTo(t, "both have a large one in hand", func() string { return said.String() + killed.log.String() }, func() bool { return count("w/.new-*") == 2 })
	killed.kill()
	stopped.cmd.Process.Signal(syscall.SIGSTOP)
	first.Process.Kill()
	first.Wait() // it was killed, which is an error
	if n := count("w/part-*"); count("w/.new-*") != 2 || n >= files {
		t.Fatalf("%d of %d partitions are done: the test tests nothing\n%s", n, files, said.String())
	}
	third := worker()
	defer stopped.cmd.Process.Signal(syscall.SIGCONT)
	out, err := judge(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, third.log.String())
	}
	same(t, "got.csv", "want.csv", "three workers")
	if !strings.Contains(string(out), "0 partitions were done here") || !strings.Contains(string(out), "of 24 partitions were done before") {
		t.Errorf("the workers did not do all: %s", out)
	}
	parts := hashAll(t, "w/part-*")
	stopped.cmd.Process.Signal(syscall.SIGCONT)
	comesTo(t, "who was stopped writes the rest of it", stopped.log.String, func() bool { return count("w/.new-*") == 1 })
	if again := hashAll(t, "w/part-*"); again != parts || !strings.HasPrefix(parts, "24 ") {
		t.Errorf("who was stopped changed a part: %s, and %s", parts, again)
	}
	stopped.end()
	third.end()
	// Where no worker is, whoever asks does what is missing.
	for k := range 5 {
		if err := os.Remove(fmt.Sprintf("w/part-%06d", 4*k+2)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := judge("--out", "alone.csv", "--work", "w", "--queue", "night").CombinedOutput(); err != nil || !strings.Contains(string(out), "\n5 partitions were done here") {
		t.Fatalf("%v\n%s", err, out)
	}
	same(t, "alone.csv", "want.csv", "without a worker")
}
