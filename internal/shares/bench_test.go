package shares

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/pgtest"
)

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of this process: it cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkQueue does partitions of forty rows, of which hardly anything is work: alone, and
// by a worker in the same process, by way of the queue. What is between the two is what
// a partition costs more that is shared; that of PostgreSQL is not in the processor time.
func BenchmarkQueue(b *testing.B) {
	const units = 400
	url := pgtest.Shared(b).Address
	j := job(b, units)
	clear := func() {
		for n := range j.Plan.Units {
			if err := os.Remove(filepath.Join(j.Dir, fmt.Sprintf("part-%06d", n))); err != nil {
				b.Fatal(err)
			}
		}
	}
	per := func(b *testing.B, f func() error) {
		clock, used := time.Duration(0), time.Duration(0)
		for range b.N {
			began, before := time.Now(), processor()
			if err := f(); err != nil {
				b.Fatal(err)
			}
			clock, used = clock+time.Since(began), used+processor()-before
			clear()
		}
		n := float64(b.N * units * 1000)
		b.ReportMetric(float64(clock.Microseconds())/n, "ms/partition")
		b.ReportMetric(float64(used.Microseconds())/n, "cpu-ms/partition")
		b.ReportMetric(0, "ns/op")
	}
	b.Run("alone", func(b *testing.B) {
		per(b, func() error { return j.Plan.Run(b.Context(), 1, j.Ask, nil) })
	})
	b.Run("worker", func(b *testing.B) {
		quiet := slog.New(slog.DiscardHandler)
		w := &Worker{Edition: j.Edition, Open: texts, Log: quiet}
		worker, err := Open(b.Context(), url, "bench", quiet, w.Kind(1))
		if err == nil {
			err = worker.Start(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		defer worker.Close()
		defer worker.Stop(context.Background())
		d, err := Open(b.Context(), url, "bench", quiet)
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		per(b, func() error {
			done, err := Run(b.Context(), d, j, Options{Cores: 1, Wait: true, Told: func(s string) { b.Log(s) }, Progress: func(Progress) {}})
			if err == nil && done.Here > 0 {
				err = fmt.Errorf("%d were done by whoever asked", done.Here)
			}
			return err
		})
	})
}
