package office_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

// TestCorrectionsGoOn: a later edition whose import is broken off goes on where it
// was: each row that has other values is corrected once, and none is reported anew.
func TestCorrectionsGoOn(t *testing.T) {
	dir, src := filepath.Join(t.TempDir(), "north"), t.TempDir()
	const n = 1500 // more than are signed at once
	first := rows(t, src, "first.csv", n)
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	second := rows(t, src, "second.csv", n, all...)
	opt := office.ImportOptions{Source: "s", Each: true, Parser: "test"}
	open := func(do func(*office.Office)) {
		o, err := office.Open(dir, origin, journal.Options{Interval: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		do(o)
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
	open(func(o *office.Office) {
		if _, err := o.Import(t.Context(), first, opt); err != nil {
			t.Fatal(err)
		}
	})
	open(func(o *office.Office) {
		broken, cancel := context.WithCancel(t.Context())
		later := opt
		later.Each = false // it has what the edition before had
		later.Progress = func(_ string, done, _ int) {
			if done < n {
				cancel()
			}
		}
		if _, err := o.Import(broken, second, later); err == nil {
			t.Fatal("it was not broken off")
		}
	})
	open(func(o *office.Office) {
		if _, err := o.Import(t.Context(), second, opt); err != nil {
			t.Fatal(err)
		}
		if err := o.Log.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		r := o.Log.Reader()
		for e, err := range r.Range(0, r.Size()) {
			if err != nil {
				t.Fatal(err)
			}
			kinds[e.Envelope.Kind]++
		}
		if got := fmt.Sprint(kinds["dataset@1"], kinds["report@1"], kinds["correction@1"]); got != fmt.Sprint(2, n, n) {
			t.Errorf("data sets, reports, corrections: %s", got)
		}
	})
}
