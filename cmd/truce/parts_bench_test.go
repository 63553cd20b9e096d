package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/pgtest"
)

// oneCore is the environment of a process that has one processor.
func oneCore() []string { return append(os.Environ(), "GOMAXPROCS=1") }

// BenchmarkWorkers judges a seeded history by one process and by one and two workers,
// each on one processor, and asks for the same bytes. It says rows a second, and what a
// partition costs more by way of the queue: processor time of all processes (PostgreSQL
// left out), and the clock of one worker.
//
//	go test ./cmd/truce -run xxx -bench Workers -benchtime 1x -timeout 1h
//
// TRUCE_WORKERS_ROWS says how many rows (1,000,000), TRUCE_WORKERS_TEXTS by which texts
// (energy-2025), TRUCE_WORKERS_MIB the size of partitions (4), TRUCE_WORKERS_DIR where
// the files are (the folder for temporary files).
func BenchmarkWorkers(b *testing.B) {
	setting := func(name, otherwise string) string {
		if s := os.Getenv("TRUCE_WORKERS_" + name); s != "" {
			return s
		}
		return otherwise
	}
	rows, err := strconv.Atoi(setting("ROWS", "1000000"))
	if err != nil {
		b.Fatal(err)
	}
	dir, err := os.MkdirTemp(setting("DIR", os.TempDir()), "workers")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	if out, err := exec.Command("go", "run", "../../tools/large", "-rows", strconv.Itoa(rows), "-dir", filepath.Join(dir, "h")).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	b.Setenv("TRUCE_DATABASE", pgtest.Shared(b).Address)
	b.Chdir(dir)
	args := append([]string{"judge"}, strings.Fields(setting("TEXTS", "energy-2025"))...)
	args = append(args, "--in", "h", "--cores", "1", "--partition-mib", setting("MIB", "4"))
	for b.Loop() {
		alone := timeWorkers(b, 0, rows, append(args, "--verdicts", "alone.csv", "--work", "alone"))
		for workers := 1; workers <= 2; workers++ {
			name := fmt.Sprint(workers)
			r := timeWorkers(b, workers, rows, append(args, "--verdicts", name+".csv", "--work", name, "--queue", "q"+name, "--wait"))
			if r.verdicts != alone.verdicts {
				b.Fatalf("%d workers: other bytes", workers)
			}
			n := float64(r.partitions)
			b.ReportMetric(float64(rows)/r.clock.Seconds(), fmt.Sprintf("rows/s-%d-workers", workers))
			b.ReportMetric(alone.clock.Seconds()/r.clock.Seconds(), fmt.Sprintf("x-alone-%d-workers", workers))
			b.ReportMetric(float64((r.processor-alone.processor).Microseconds())/1000/n, fmt.Sprintf("cpu-ms/partition-%d-workers", workers))
			if workers == 1 {
				b.ReportMetric(float64((r.clock-alone.clock).Microseconds())/1000/n, "ms/partition-1-worker")
			}
		}
		b.ReportMetric(float64(rows)/alone.clock.Seconds(), "rows/s-alone")
		b.ReportMetric(alone.processor.Seconds()*1e6/float64(rows), "cpu-s/million-alone")
		b.ReportMetric(float64(alone.partitions), "partitions")
	}
}

type timedWorkers struct {
	clock, processor time.Duration
	partitions       int
	verdicts         string // their digest
}

// timeWorkers runs a job from a folder that is not there, with some workers that have
// started, and removes what it wrote.
func timeWorkers(b *testing.B, workers, rows int, args []string) (r timedWorkers) {
	b.Helper()
	work, out := args[len(args)-1], ""
	for i, a := range args {
		switch a {
		case "--work":
			work = args[i+1]
		case "--verdicts":
			out = args[i+1]
		}
	}
	var ws []*exec.Cmd
	for range workers {
		w := exec.Command("truce", "worker", "--parts", "--queue", "q"+work, "--cores", "1")
		w.Env = oneCore()
		first := &firstLine{said: make(chan struct{})}
		w.Stdout = first
		if err := w.Start(); err != nil {
			b.Fatal(err)
		}
		ws = append(ws, w)
		b.Cleanup(func() { w.Process.Kill() })
		select {
		case <-first.said:
		case <-time.After(time.Minute):
			b.Fatal("a worker did not start")
		}
	}
	asks := exec.Command("truce", args...)
	asks.Env = oneCore()
	began := time.Now()
	said, err := asks.CombinedOutput()
	if err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	r.clock, r.processor = time.Since(began), asks.ProcessState.UserTime()+asks.ProcessState.SystemTime()
	for _, w := range ws {
		w.Process.Signal(syscall.SIGTERM)
		w.Wait()
		r.processor += w.ProcessState.UserTime() + w.ProcessState.SystemTime()
	}
	parts, _ := filepath.Glob(filepath.Join(work, "part-*"))
	r.partitions = len(parts)
	sum, err := exec.Command("sha256sum", out).Output()
	if err != nil || r.partitions < 2 || rows < 2 {
		b.Fatalf("%d partitions: %v\n%s", r.partitions, err, said)
	}
	r.verdicts = strings.Fields(string(sum))[0]
	os.RemoveAll(work)
	os.Remove(out)
	return r
}

// firstLine tells when a process has said something.
type firstLine struct {
	said chan struct{}
	b    bytes.Buffer
}

// Write takes in what the process says.
func (f *firstLine) Write(p []byte) (int, error) {
	if f.b.Len() == 0 && len(p) > 0 {
		close(f.said)
	}
	return f.b.Write(p)
}
