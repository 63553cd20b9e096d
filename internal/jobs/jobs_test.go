package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/pgtest"
)

// seen notes what was tried.
type seen struct {
	mu    sync.Mutex
	tries []Try
	at    []time.Time
}

func (s *seen) note(t Try) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries, s.at = append(s.tries, t), append(s.at, time.Now())
}

func (s *seen) len() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.tries) }

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("in 60 s it did not come to that: %s", what)
}

// place is where a queue is kept: a file, or a schema of a database.
type place func(t *testing.T, o Options, ks ...Kind) *DB

// open opens it; two in one place see each other's signs of life.
func (p place) open(t *testing.T, ks ...Kind) *DB {
	return p(t, Options{Poll: 10 * time.Millisecond, Gone: 1500 * time.Millisecond}, ks...)
}

var schemas atomic.Int64

// engines runs a test in a file and in a database.
func engines(t *testing.T, test func(t *testing.T, p place)) {
	t.Parallel() // most of it is waiting
	t.Run("file", func(t *testing.T) { t.Parallel(); test(t, inFile(filepath.Join(t.TempDir(), "jobs.db"))) })
	t.Run("database", func(t *testing.T) {
		t.Parallel()
		d := pgtest.Shared(t)
		test(t, inDatabase(d, fmt.Sprint("jobs_", schemas.Add(1))))
	})
}

func inFile(name string) place {
	return func(t *testing.T, o Options, ks ...Kind) *DB {
		t.Helper()
		d, err := Open(t.Context(), name, o, ks...)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

func inDatabase(s *pgtest.Server, schema string) place {
	return func(t *testing.T, o Options, ks ...Kind) *DB {
		t.Helper()
		d, err := OpenPostgres(t.Context(), s.Address, schema, o, ks...)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func begin(t *testing.T, d *DB) {
	t.Helper()
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func end(t *testing.T, d *DB) {
	t.Helper()
	if err := errors.Join(d.Stop(context.Background()), d.Close()); err != nil {
		t.Error(err)
	}
}

func TestTasks(t *testing.T) { engines(t, testTasks) }

func testTasks(t *testing.T, p place) {
	var ok, bad, no seen
	d := p.open(t,
		Kind{Name: "ok", Do: func(_ context.Context, x Try) error { ok.note(x); return nil }, AtOnce: 4},
		Kind{Name: "bad", Do: func(_ context.Context, x Try) error { bad.note(x); return errors.New("the host is away") }, Base: time.Millisecond},
		Kind{Name: "no", Do: func(_ context.Context, x Try) error { no.note(x); return Give(errors.New("410 Gone")) }})
	defer func() { end(t, d) }()
	ctx := t.Context()
	body := map[string]int{"n": 7}
	if err := d.Add(ctx, Task{Kind: "ok", Key: "a", Body: body}, Task{Kind: "ok", Key: "a"}, Task{Kind: "ok", Key: "b", Once: true}, Task{Kind: "bad", Key: "x", Attempts: 3}, Task{Kind: "no", Key: "y", Attempts: 9}); err != nil {
		t.Fatal(err)
	}
	if err := d.Add(ctx, Task{Kind: "other"}); err == nil {
		t.Error("a kind that nobody does was taken")
	}
	begin(t, d)
	until(t, "all tried", func() bool { return ok.len() == 2 && bad.len() == 3 && no.len() == 1 })
	until(t, "two dead", func() bool { l, err := d.Dead(ctx, 10); return err == nil && len(l) == 2 })
	dead, err := d.Dead(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, x := range dead {
		why[x.Kind+" "+x.Key] = x.Why
	}
	if why["bad x"] != "the host is away" || why["no y"] == "" {
		t.Errorf("dead: %v", dead)
	}
	if !bad.tries[2].Last || bad.tries[1].Last || bad.tries[2].Attempt != 3 {
		t.Errorf("tries %+v", bad.tries)
	}
	// What is done can be asked for again, unless it was to be done once.
	if err := d.Add(ctx, Task{Kind: "ok", Key: "a"}, Task{Kind: "ok", Key: "b", Once: true}, Task{Kind: "ok", Key: "c"}); err != nil {
		t.Fatal(err)
	}
	until(t, "again", func() bool { return ok.len() == 4 })
	until(t, "counted", func() bool {
		n, err := d.Counts(ctx)
		return err == nil && n["completed"] == 4 && n["discarded"] == 1 && n["cancelled"] == 1
	})
}

// TestLater: what a host asks for is waited.
func TestLater(t *testing.T) { engines(t, testLater) }

func testLater(t *testing.T, p place) {
	var s seen
	d := p.open(t, Kind{Name: "k", Base: time.Millisecond, Do: func(_ context.Context, x Try) error {
		s.note(x)
		return Later(400*time.Millisecond, errors.New("429"))
	}})
	defer func() { end(t, d) }()
	if err := d.Add(t.Context(), Task{Kind: "k", Key: "a", Attempts: 2}); err != nil {
		t.Fatal(err)
	}
	begin(t, d)
	until(t, "two tries", func() bool { return s.len() == 2 })
	if w := s.at[1].Sub(s.at[0]); w < 400*time.Millisecond {
		t.Errorf("tried again after %s", w)
	}
}

// TestKilled: a task that was running when the process was killed is done when
// another begins, and one that was interrupted by an orderly end too.
func TestKilled(t *testing.T) { engines(t, testKilled) }

func testKilled(t *testing.T, p place) {
	started := make(chan struct{})
	first := p.open(t, Kind{Name: "k", Do: func(ctx context.Context, x Try) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	}})
	if err := first.Add(t.Context(), Task{Kind: "k", Key: "a", Body: 1}); err != nil {
		t.Fatal(err)
	}
	begin(t, first)
	<-started
	// As a killed process leaves it: running, and without another sign of life.
	first.engine.end()
	var s seen
	second := p.open(t, Kind{Name: "k", Do: func(_ context.Context, x Try) error { s.note(x); return nil }})
	begin(t, second)
	until(t, "done by the second", func() bool { return s.len() >= 1 })
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	first.Stop(short) // it may say that it was late
	first.Close()
	end(t, second)
	var n int
	if s.tries[0].Key != "a" || json.Unmarshal(s.tries[0].Body, &n) != nil || n != 1 {
		t.Errorf("%+v", s.tries[0])
	}
}

// TestBroken: an orderly end breaks a task off that does not finish, and it is
// no failed attempt.
func TestBroken(t *testing.T) { engines(t, testBroken) }

func testBroken(t *testing.T, p place) {
	started := make(chan struct{}, 9)
	d := p.open(t, Kind{Name: "k", Do: func(ctx context.Context, x Try) error {
		started <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}})
	if err := d.Add(t.Context(), Task{Kind: "k", Key: "a"}); err != nil {
		t.Fatal(err)
	}
	begin(t, d)
	<-started
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := d.Stop(short); err != nil {
		t.Error(err)
	}
	d.Close()
	var s seen
	d = p.open(t, Kind{Name: "k", Do: func(_ context.Context, x Try) error { s.note(x); return nil }})
	begin(t, d)
	until(t, "done after all", func() bool { return s.len() == 1 })
	end(t, d)
}

func TestStore(t *testing.T) { engines(t, testStore) }

func testStore(t *testing.T, p place) {
	d := p.open(t)
	type doc struct{ A, B string }
	ctx := t.Context()
	for k, v := range map[string]doc{"x": {"1", "2"}, "y": {"3", ""}} {
		if err := d.Put(ctx, "feed", k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.Put(ctx, "feed", "x", doc{"9", ""}), d.Put(ctx, "other", "x", doc{}), d.Delete(ctx, "feed", "y"), d.Close()); err != nil {
		t.Fatal(err)
	}
	d = p.open(t)
	defer d.Close()
	var got doc
	if ok, err := d.Get(ctx, "feed", "x", &got); !ok || err != nil || got != (doc{"9", ""}) {
		t.Errorf("%v %v %+v", ok, err, got)
	}
	if ok, err := d.Get(ctx, "feed", "y", &got); ok || err != nil {
		t.Errorf("what was deleted is there: %v %v", ok, err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			var x struct{ N int }
			if err := d.Change(ctx, "count", "x", &x, func() { x.N++ }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var count struct{ N int }
	if ok, err := d.Get(ctx, "count", "x", &count); !ok || err != nil || count.N != 20 {
		t.Errorf("20 changes at once come to %d (%v)", count.N, err)
	}
	n := 0
	if err := d.All(ctx, "feed", func(k string, v []byte) error { n++; return d.Put(ctx, "seen", k, n) }); err != nil || n != 1 {
		t.Errorf("%d %v", n, err)
	}
}

func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "base"))
		most := time.Duration(rapid.Int64Range(1, int64(48*time.Hour)).Draw(t, "most"))
		n := rapid.IntRange(-3, 1000).Draw(t, "n")
		d := Backoff(n, base, most)
		exact := new(big.Int).Lsh(big.NewInt(int64(base)), uint(max(n, 1)-1))
		want := most
		if exact.Cmp(big.NewInt(int64(most))) < 0 {
			want = time.Duration(exact.Int64())
		}
		if d > want || d < want/2 {
			t.Fatalf("after %d failures: %s, expected %s or down to half of it", n, d, want)
		}
	})
}

// TestGroup: tasks whose keys begin alike are told from others, what runs and what
// failed; those that do not run are withdrawn.
func TestGroup(t *testing.T) { engines(t, testGroup) }

func testGroup(t *testing.T, p place) {
	ctx, free := t.Context(), make(chan struct{})
	d := p.open(t, Kind{Name: "k", AtOnce: 4, Base: time.Hour, Do: func(_ context.Context, x Try) error {
		switch x.Key {
		case "a_ runs":
			<-free
		case "a_ fails":
			return errors.New("no such file")
		}
		return nil
	}})
	later := time.Now().Add(time.Hour)
	if err := d.Add(ctx, Task{Kind: "k", Key: "a_ runs"}, Task{Kind: "k", Key: "a_ fails", Attempts: 3}, Task{Kind: "k", Key: "a_ waits", At: later}, Task{Kind: "k", Key: "ab waits", At: later}, Task{Kind: "k", Key: "a_ done"}); err != nil {
		t.Fatal(err)
	}
	begin(t, d)
	g := Group{"k", "a_ "}
	until(t, "one runs, one has failed and one is done", func() bool {
		running, err := d.Running(ctx, g)
		failed, ferr := d.Failures(ctx, g)
		n, cerr := d.Counts(ctx)
		return err == nil && ferr == nil && cerr == nil && n["completed"] == 1 && len(running) == 1 && running["a_ runs"] != "" && len(failed) == 1 && failed[0] == Failure{"a_ fails", "no such file"}
	})
	if err := d.Withdraw(ctx, g); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Counts(ctx); err != nil || n["running"] != 1 || n["scheduled"] != 1 || n["completed"]+n["retryable"]+n["available"] != 0 {
		t.Errorf("%v %v", n, err)
	}
	close(free)
	end(t, d)
}
