package views

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// inOrder: whoever follows the views of a record that follows other offices knows of
// which entries of which log each answer is: grown step by step, read anew, and after
// the order became another one.
func (d *postgresTest) inOrder(t *testing.T) {
	o := newOffice(t)
	v := o.views()
	near := d.behind(t, v)
	turn := near.turn
	var of []string
	grow := func() several {
		o.some(4)
		r := o.reader()
		for i := int64(len(of)); i < r.Size(); i++ {
			of = append(of, []string{"", "", "example.org/south", "example.org/east"}[i*i%7%4])
		}
		return several{r, of}
	}
	same := func(what string, b *Views) {
		t.Helper()
		if b.Size() != v.Size() || v.Size() == 0 {
			t.Fatalf("%s: %d of %d", what, b.Size(), v.Size())
		}
		for n := range v.Size() + 1 {
			if got, want := b.VectorAt(n), v.VectorAt(n); !maps.Equal(got, want) {
				t.Errorf("%s: the first %d are of %v, expected %v", what, n, got, want)
			}
		}
		if a, c := everything(t, v, Now, o.ids()), everything(t, b, Now, o.ids()); a != c {
			t.Errorf("%s: %s", what, firstDifference(a, c))
		}
	}
	for range 3 {
		s := grow()
		for at := v.Size(); at < s.Size(); at += 3 { // a batch ends where it ends
			if err := v.Update(t.Context(), upTo{s, min(at+3, s.Size())}); err != nil {
				t.Fatal(err)
			}
		}
		d.caughtUp(t, near, v)
		same("grown", near)
	}
	if near.turn != turn {
		t.Error("it is said that the order changed")
	}
	same("read anew", d.behind(t, v))
	for i := range of {
		if of[i] == "example.org/south" && i > len(of)/2 {
			of[i] = ""
		}
	}
	if err := v.Rebuild(t.Context(), several{o.reader(), of}); err != nil {
		t.Fatal(err)
	}
	if _, err := near.catchUp(); err != nil || near.turn == turn {
		t.Fatalf("the order changed, and that is not said: %v", err)
	}
	same("in another order", near)
}

// upTo is the beginning of a source.
type upTo struct {
	several
	size int64
}

func (u upTo) Size() int64 { return u.size }

// readersGoOn: while all is read anew from a database that takes its time, who asks is
// answered as of before, and never of both; after the views were made anew, they are
// told so at once.
func (d *postgresTest) readersGoOn(t *testing.T) {
	o := newOffice(t)
	o.some(6)
	v := o.views()
	o.update(v, o.reader())
	b := d.behind(t, v)
	was, ids := b.Size(), o.ids()
	before := everything(t, b, Now, ids)
	o.some(3)
	o.update(v, o.reader())
	schema := v.store.(*postgres).schema
	d.ask(t, "DELETE FROM "+schema+".changes WHERE size < "+fmt.Sprint(v.Size())) // what changed is forgotten: it has to read all
	loads := func() (let, ended func()) {
		t.Helper()
		c, err := pgx.Connect(t.Context(), d.Address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close(context.Background()) })
		for _, q := range []string{"BEGIN", "LOCK TABLE " + schema + ".runs IN ACCESS EXCLUSIVE MODE"} {
			if _, err := c.Exec(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan error, 1)
		go func() {
			_, err := b.catchUp()
			done <- err
		}()
		waiting := 0
		for end := time.Now().Add(10 * time.Second); waiting == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			d.ask(t, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type='Lock' AND query LIKE '%FROM runs%'", &waiting)
		}
		if waiting == 0 {
			t.Fatal("it does not wait for the database: the test tests nothing")
		}
		return func() { c.Exec(t.Context(), "ROLLBACK") }, func() {
			t.Helper()
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it does not come to an end")
			}
		}
	}
	let, ended := loads()
	began := time.Now()
	if now := everything(t, b, Now, ids); now != before || b.Size() != was {
		t.Errorf("while all is read anew: %s", firstDifference(before, now))
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("an answer took %s", took)
	}
	let()
	ended()
	ids = o.ids()
	if a, c := everything(t, v, Now, ids), everything(t, b, Now, ids); a != c || b.Size() != v.Size() {
		t.Errorf("after it was read anew: %s", firstDifference(a, c))
	}

	// Emptied: what is left in memory is not put beside what the database has by now.
	if err := v.Rebuild(t.Context(), o.reader()); err != nil {
		t.Fatal(err)
	}
	asked := func() error {
		return b.Read(Now, func(s *Snapshot) error {
			_, err := s.Store().DocAt(0)
			return err
		})
	}
	if err := asked(); !errors.Is(err, ErrAnew) {
		t.Errorf("before it is known that they were made anew: %v", err)
	}
	let, ended = loads()
	if err := b.Read(Now, func(s *Snapshot) error { return nil }); !errors.Is(err, ErrAnew) || !b.Progress().Running {
		t.Errorf("when it is known: %v", err)
	}
	let()
	ended()
	if err := asked(); err != nil || b.Progress().Running {
		t.Error(err)
	}
	if a, c := everything(t, v, Now, ids), everything(t, b, Now, ids); a != c {
		t.Error(firstDifference(a, c))
	}
	if !slices.Equal(b.order, order{{0, "", 0}}) {
		t.Errorf("the order of one log is %v", b.order)
	}
}
