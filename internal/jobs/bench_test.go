package jobs

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkTasks adds tasks and waits until they are done, eight at once.
func BenchmarkTasks(b *testing.B) {
	var done atomic.Int64
	d, err := Open(b.Context(), filepath.Join(b.TempDir(), "jobs.db"), Options{Poll: 10 * time.Millisecond}, Kind{Name: "k", AtOnce: 8, Do: func(context.Context, Try) error { done.Add(1); return nil }})
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
