package story

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

// TestWitnessedIsChecked: levels are those of the days on which the witnesses of the
// story signed, and what does not hold is named and not counted.
func TestWitnessedIsChecked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "story")
	if err := Build(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	of, err := office.Attach(dir, l)
	if err != nil {
		t.Fatal(err)
	}
	seen := func() *office.Witnessed {
		t.Helper()
		w, err := of.Witnessed(l.Reader())
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := seen()
	sizes := map[string]int64{}
	for _, x := range w.Levels {
		sizes[x.Level] = x.Size
	}
	if len(w.Problems) > 0 || len(w.Witnesses) != 3 || sizes[audit.AllParties] >= sizes[audit.Neutral] || sizes[audit.Neutral] >= sizes[audit.Recorded] || sizes[audit.AllParties] == 0 {
		t.Fatalf("%+v", w)
	}
	if x := w.Witnesses[0]; x.At.Format("2006-01-02") != "2025-04-10" || !slices.Equal(x.Groups, []string{"parties"}) {
		t.Errorf("%+v", x)
	}
	names, err := filepath.Glob(filepath.Join(dir, "cosigned", "*witness-ru*.ckpt"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	was, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	// Every byte that is changed is noticed: of the text, of the log's signature, of
	// the witness's.
	for i := range was {
		b := bytes.Clone(was)
		b[i] ^= 1
		if err := os.WriteFile(names[0], b, 0o644); err != nil {
			t.Fatal(err)
		}
		if w := seen(); len(w.Problems) != 1 || w.Witnesses[0].Size != 0 || w.Levels[2].Size != 0 {
			t.Fatalf("byte %d of what the witness signed: %+v", i, w.Problems)
		}
	}
	if err := os.Remove(names[0]); err != nil {
		t.Fatal(err)
	}
	if w := seen(); len(w.Problems) > 0 || w.Witnesses[0].Size != 0 {
		t.Errorf("a witness that signed nothing: %+v", w)
	}
	policy := filepath.Join(dir, office.PolicyFile)
	if err := os.WriteFile(policy, []byte("quorum nobody\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if w := seen(); w.Policy || len(w.Problems) != 1 || !strings.Contains(w.Problems[0], "line 1") || len(w.Levels) != 1 {
		t.Errorf("a policy that cannot be read: %+v", w)
	}
	os.Remove(policy)
	if w := seen(); w.Policy || len(w.Problems) > 0 || len(w.Levels) != 1 {
		t.Errorf("no policy: %+v", w)
	}
}
