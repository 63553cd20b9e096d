package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/pgtest"
)

// TestSeveral: processes on one database share the tasks; those of a kind that one
// does not do are left to others; and what is said to run where it does not is done.
func TestSeveral(t *testing.T) {
	t.Parallel()
	p := inDatabase(pgtest.Shared(t), fmt.Sprint("jobs_", schemas.Add(1)))
	var mu sync.Mutex
	who := map[string][]string{}
	does := func(me string) Handler {
		return func(_ context.Context, x Try) error {
			mu.Lock()
			defer mu.Unlock()
			who[x.Key] = append(who[x.Key], me)
			time.Sleep(time.Millisecond)
			return nil
		}
	}
	done := func() int { mu.Lock(); defer mu.Unlock(); return len(who) }
	adds := p.open(t, Kind{Name: "k"}, Kind{Name: "own", Do: does("adds")})
	begin(t, adds)
	a, b := p.open(t, Kind{Name: "k", Do: does("a"), AtOnce: 2}), p.open(t, Kind{Name: "k", Do: does("b"), AtOnce: 2})
	begin(t, a)
	begin(t, b)
	const n = 60
	for i := range n {
		if err := adds.Add(t.Context(), Task{Kind: "k", Key: fmt.Sprint(i)}, Task{Kind: "own", Key: fmt.Sprint("own ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all done", func() bool { return done() == 2*n })
	by := map[string]int{}
	for key, l := range who {
		by[l[0]]++
		if len(l) != 1 || (l[0] == "adds") != (len(key) > 4) {
			t.Errorf("%s was done by %v", key, l)
		}
	}
	if by["a"] == 0 || by["b"] == 0 || by["adds"] != n {
		t.Errorf("done by %v", by)
	}
	// A commit that was lost: the database says that b runs one, and b does not.
	s := b.engine.(*shared)
	if tag, err := s.pool.Exec(t.Context(), "UPDATE river_job SET state='running', attempted_by=ARRAY[$1], finalized_at=NULL WHERE args->>'key'='7'", s.me); err != nil || tag.RowsAffected() != 1 {
		t.Fatal(tag, err)
	}
	until(t, "done again", func() bool { mu.Lock(); defer mu.Unlock(); return len(who["7"]) == 2 })
	end(t, a)
	end(t, b)
	end(t, adds)
}

// TestMove: what waits in a file is done from the database, what was given up and what
// was to be done once stays so, and moving again changes nothing.
func TestMove(t *testing.T) {
	server := pgtest.Shared(t)
	name := filepath.Join(t.TempDir(), "jobs.db")
	var s seen
	ks := func(do Handler) []Kind { return []Kind{{Name: "k", Do: do}, {Name: "bad", Do: do}} }
	from := inFile(name).open(t, ks(func(_ context.Context, x Try) error {
		if x.Key == "dead" {
			return Give(errors.New("410 Gone"))
		}
		return nil
	})...)
	ctx := t.Context()
	if err := from.Add(ctx, Task{Kind: "k", Key: "once", Once: true}, Task{Kind: "bad", Key: "dead"}); err != nil {
		t.Fatal(err)
	}
	begin(t, from)
	until(t, "two done", func() bool {
		n, err := from.Counts(ctx)
		return err == nil && n["completed"] == 1 && n["cancelled"] == 1
	})
	if err := from.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(from.Add(ctx, Task{Kind: "k", Key: "waits", Body: 7, Attempts: 3}, Task{Kind: "k", Key: "later", At: time.Now().Add(time.Hour)}), from.Put(ctx, "feed", "f", "new")); err != nil {
		t.Fatal(err)
	}
	if _, err := from.engine.(*file).db.Exec("UPDATE river_job SET state='running', attempt=1, attempted_by='[\"x\"]' WHERE args->>'key'='waits'"); err != nil {
		t.Fatal(err)
	}
	if err := from.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	to := inDatabase(server, fmt.Sprint("jobs_", schemas.Add(1))).open(t, ks(func(_ context.Context, x Try) error { s.note(x); return nil })...)
	if err := to.Put(ctx, "feed", "f", "old"); err != nil {
		t.Fatal(err)
	}
	for round := range 2 { // the second as after a kill before the file was renamed
		if err := os.WriteFile(name, kept, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Move(ctx, name, to)
		if want := (Moved{4 * (1 - round), 1}); err != nil || m != want {
			t.Fatalf("round %d: %+v %v, expected %+v", round, m, err, want)
		}
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
	}
	begin(t, to)
	until(t, "what was running is done", func() bool { return s.len() == 1 })
	if x := s.tries[0]; x.Key != "waits" || string(x.Body) != "7" {
		t.Errorf("%+v", x)
	}
	if err := to.Add(ctx, Task{Kind: "k", Key: "once", Once: true}); err != nil {
		t.Fatal(err)
	}
	var text string
	dead, err := to.Dead(ctx, 9)
	if ok, gerr := to.Get(ctx, "feed", "f", &text); err != nil || gerr != nil || !ok || text != "new" || len(dead) != 1 || dead[0].Why != "410 Gone" {
		t.Errorf("%v %v %q %+v", err, gerr, text, dead)
	}
	n, err := to.Counts(ctx)
	if err != nil || n["scheduled"] != 1 || n["completed"] < 1 || n["available"] != 0 || s.len() != 1 {
		t.Errorf("%v %v", n, err)
	}
	end(t, to)
}
