package background

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/pgtest"
)

// TestQueueMoves: a record that gets a database takes its queue along, and does not
// begin another one in the folder without being told.
func TestQueueMoves(t *testing.T) {
	s := pgtest.Start(t)
	o := Options{Dir: t.TempDir(), Slog: slog.New(slog.DiscardHandler)}
	k := jobs.Kind{Name: "k"}
	ctx := t.Context()
	q, err := o.openQueue(ctx, []jobs.Kind{k})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(q.Add(ctx, jobs.Task{Kind: "k", Key: "a"}), q.Put(ctx, "notify", "cursor", 7), q.Close()); err != nil {
		t.Fatal(err)
	}
	o.Database = &Database{URL: s.Address, Schema: "truce_x"}
	for range 2 {
		if q, err = o.openQueue(ctx, []jobs.Kind{k}); err != nil {
			t.Fatal(err)
		}
		var at int
		ok, err := q.Get(ctx, "notify", "cursor", &at)
		n, cerr := q.Counts(ctx)
		if err := errors.Join(err, cerr, q.Close()); err != nil || !ok || at != 7 || n["available"] != 1 {
			t.Errorf("%v: %d %v", err, at, n)
		}
	}
	note := filepath.Join(o.Dir, movedNote)
	o.Database = nil
	if _, err := o.openQueue(ctx, []jobs.Kind{k}); err == nil || !strings.Contains(err.Error(), note) || !strings.Contains(err.Error(), "truce_x") {
		t.Errorf("a queue that is elsewhere: %v", err)
	}
	if err := os.Remove(note); err != nil {
		t.Fatal(err)
	}
	if q, err = o.openQueue(ctx, []jobs.Kind{k}); err != nil {
		t.Fatal(err)
	}
	q.Close()
}
