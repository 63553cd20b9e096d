package office_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/intake"
	"github.com/truce-project/truce/internal/office"
)

// TestMappedEditions: a table by a mapping is taken in once; a later state updates and
// withdraws; the first state again is the latest then, and not unchanged. What is
// known of it stands in the log, also where the notes are gone.
func TestMappedEditions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "north")
	write := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("No;Date;Type\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	m := &intake.Mapping{Zone: "Europe/Kyiv", Key: []string{"No"}, Unknown: intake.Allow, Columns: []intake.Column{{From: "Date", To: "date"}, {From: "Type", To: "act", Values: map[string]string{"shelling": "attack.strike.artillery"}}}}
	opt := office.ImportOptions{Mapping: m, Source: "patrols"}
	first := write("a.csv", "1;2025-03-18;shelling\n2;2025-03-19;shelling\n3;2025-03-20;fireworks\n")
	later := write("b.csv", "1;2025-03-18;attack.strike.drone\n3;2025-03-20;fireworks\n4;2025-03-20;shelling\n")
	take := func(file, state string, n, u, same, gone int64) {
		t.Helper()
		with(t, dir, func(o *office.Office) {
			size := o.Log.Size()
			tried, err := o.Try(ctx, file, opt)
			if err != nil || o.Log.Size() != size {
				t.Fatal(err, o.Log.Size())
			}
			got, err := o.Import(ctx, file, opt)
			if err != nil {
				t.Fatal(err)
			}
			is := func(i *office.Imported) bool {
				a, b, c, d := i.Against()
				return i.State == state && a == n && b == u && c == same && d == gone
			}
			if !is(got) || got.Original == "" || got.Mapping == "" {
				t.Errorf("%+v", got)
			}
			if !is(tried) {
				t.Errorf("tried %+v, became %+v", tried, got)
			}
			if s := strings.Join(got.Words, ";"); s != "act: fireworks (1)" {
				t.Errorf("words %q", s)
			}
		})
	}
	take(first, "new", 3, 0, 0, 0)
	take(first, "unchanged", 0, 0, 3, 0)
	take(later, "edition", 1, 1, 1, 1)
	if err := os.RemoveAll(filepath.Join(dir, "import")); err != nil {
		t.Fatal(err)
	}
	take(later, "unchanged", 0, 0, 3, 0)
	take(first, "edition", 1, 1, 1, 1)
	take(first, "unchanged", 0, 0, 3, 0)
}
