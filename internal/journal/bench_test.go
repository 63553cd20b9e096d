package journal_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Benchmarks write to TRUCE_BENCH_DIR (or the folder for temporary files): the
// disk is what they measure. cpu-µs/entry is the processor time of the whole
// process, which says more than the clock where the machine is shared.

func benchLog(b *testing.B, o journal.Options) (*journal.Log, *author) {
	b.Helper()
	dir, err := os.MkdirTemp(os.Getenv("TRUCE_BENCH_DIR"), "truce-bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	w := journal.RealWorld(dir)
	if err := journal.Create(w, origin); err != nil {
		b.Fatal(err)
	}
	l, _, err := journal.Open(w, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	a := newAuthor("a")
	introduce(b, w, l, a)
	return l, a
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rate reports what n entries took.
func rate(b *testing.B, n int, wall, cpu time.Duration) {
	b.ReportMetric(float64(n)/wall.Seconds(), "entries/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(n), "cpu-µs/entry")
}

// BenchmarkSync is what the disk allows: 512 bytes appended and synced, one after
// the other. The other figures are to be held against it.
func BenchmarkSync(b *testing.B) {
	w := journal.RealWorld(b.TempDir())
	if dir := os.Getenv("TRUCE_BENCH_DIR"); dir != "" {
		w = journal.RealWorld(dir)
	}
	f, err := w.FS.OpenFile("sync-bench", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	defer w.FS.Remove("sync-bench")
	defer f.Close()
	buf, at := make([]byte, 512), int64(0)
	for b.Loop() {
		if _, err := f.WriteAt(buf, at); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		at += 512
	}
}

// BenchmarkOne: one author, one signed entry of 500 bytes at a time; from the call
// to the signed receipt.
func BenchmarkOne(b *testing.B) {
	l, a := benchLog(b, journal.Options{})
	var es [][]*record.Envelope
	var ps [][]journal.Payload
	for range max(b.N, 4000) {
		e, p := a.batch(1, 500)
		es, ps = append(es, e), append(ps, p)
	}
	took := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		t := time.Now()
		if _, err := l.Append(b.Context(), es[i], ps[i]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(t))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkBatches: batches of 1,000 entries of 500 bytes under one signature, by
// four senders at a time; checkpoints are made as they come due.
func BenchmarkBatches(b *testing.B) {
	l, a := benchLog(b, journal.Options{Interval: time.Second})
	submit(b, l, a, 4, 1000)
}

// BenchmarkWriters: 256 writers, each entry signed by itself.
func BenchmarkWriters(b *testing.B) {
	l, a := benchLog(b, journal.Options{Interval: time.Second})
	submit(b, l, a, 256, 1)
}

// submit sends b.N batches of a size by so many senders. They are signed before
// the clock runs, as they would be elsewhere.
func submit(b *testing.B, l *journal.Log, a *author, senders, size int) {
	es, ps := make([][]*record.Envelope, b.N), make([][]journal.Payload, b.N)
	for i := range es {
		es[i], ps[i] = a.batch(size, 500)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	began, used := time.Now(), cpu()
	for range senders {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				if _, err := l.Append(context.Background(), es[i], ps[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	rate(b, b.N*size, time.Since(began), cpu()-used)
}

// BenchmarkProved: one entry, and the proof that it is in a signed checkpoint.
func BenchmarkProved(b *testing.B) {
	l, a := benchLog(b, journal.Options{})
	for b.Loop() {
		b.StopTimer()
		es, ps := a.batch(1, 500)
		b.StartTimer()
		ack, err := l.Append(b.Context(), es, ps)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Integrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		if _, err := l.Reader().Proof(ack.Index); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheck verifies a whole log: TRUCE_BENCH_ENTRIES of them (20,000 if not
// set), in batches of 1,000 under one signature, with payloads of 100 bytes.
func BenchmarkCheck(b *testing.B) {
	n := 20_000
	if s := os.Getenv("TRUCE_BENCH_ENTRIES"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp(os.Getenv("TRUCE_BENCH_DIR"), "truce-bench")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w := journal.RealWorld(dir)
	if err := journal.Create(w, origin); err != nil {
		b.Fatal(err)
	}
	l, _, err := journal.Open(w, journal.Options{Interval: -1})
	if err != nil {
		b.Fatal(err)
	}
	a := newAuthor("a")
	introduce(b, w, l, a)
	for i := 0; i < n; i += 1000 {
		es, ps := a.batch(1000, 100)
		if _, err := l.Append(b.Context(), es, ps); err != nil {
			b.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	l, _, err = journal.Open(w, journal.Options{Interval: -1})
	if err != nil {
		b.Fatal(err)
	}
	opened := time.Since(began)
	l.Close()
	b.Run(fmt.Sprint(n), func(b *testing.B) {
		began, used := time.Now(), cpu()
		for b.Loop() {
			if err := journal.Check(b.Context(), w, journal.CheckOptions{}, func(d *journal.Damage) { b.Fatal(d) }); err != nil {
				b.Fatal(err)
			}
		}
		rate(b, n*b.N, time.Since(began), cpu()-used)
		b.ReportMetric(opened.Seconds(), "s-to-open")
	})
}
