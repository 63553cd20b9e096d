package jobs

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/pgtest"
)

// BenchmarkTasks adds tasks and waits until they are done, eight at once.
func BenchmarkTasks(b *testing.B) {
	b.Run("file", func(b *testing.B) {
		name := filepath.Join(b.TempDir(), "jobs.db")
		benchmarkTasks(b, func(o Options, k Kind) (*DB, error) { return Open(b.Context(), name, o, k) })
	})
	s := pgtest.Start(b, "fsync=on", "full_page_writes=on")
	b.Run("database", func(b *testing.B) {
		schema := fmt.Sprint("jobs_", schemas.Add(1))
		benchmarkTasks(b, func(o Options, k Kind) (*DB, error) { return OpenPostgres(b.Context(), s.Address, schema, o, k) })
	})
}

func benchmarkTasks(b *testing.B, open func(Options, Kind) (*DB, error)) {
	var done atomic.Int64
	d, err := open(Options{Poll: 10 * time.Millisecond}, Kind{Name: "k", AtOnce: 8, Do: func(context.Context, Try) error { done.Add(1); return nil }})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer d.Stop(context.Background())
	b.ResetTimer()
	for from := 0; from < b.N; from += 200 {
		var ts []Task
		for i := from; i < min(from+200, b.N); i++ {
			ts = append(ts, Task{Kind: "k", Key: fmt.Sprint(i), Once: true})
		}
		if err := d.Add(b.Context(), ts...); err != nil {
			b.Fatal(err)
		}
	}
	for done.Load() < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}
