package feeds

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
)

// TestRowAsInAFile: a row by itself becomes what it becomes in a file, with the
// same problems.
func TestRowAsInAFile(t *testing.T) {
	values := []string{"", " ", "#act", "2025-03-20T20:20:00Z", "2025-03-20", "51.1", "35.2", "200", "5..9", "about 3", "attack.strike.drone", "attack.strike.drone|accident", "nonsense",
		"energy.power.substation", "UA|RU", "yes", "area:UA-63", "Sudzha", "sector:51,35,90±10,100-2000", "a, b; c", `he said "no"`, "two\nlines", "\x00", "\xff", "підстанція", "corroborated", "verified", "synthetic", "x", "\v", "\ufffd"}
	columns := append(slices.Clone(truceColumns), "extra", "Act", "")
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.MapOfN(rapid.SampledFrom(columns), rapid.SampledFrom(values), 1, 12).Draw(t, "row")
		var quick, written []*evidence.Incident
		keep := func(to *[]*evidence.Incident) func(*evidence.Incident) error {
			return func(x *evidence.Incident) error { *to = append(*to, x); return nil }
		}
		opt := Options{As: "truce"}
		a, errA := ReadRow("report", row, opt, keep(&quick))
		b, errB := readWritten("report", slices.Sorted(maps.Keys(row)), row, opt, keep(&written))
		if (errA == nil) != (errB == nil) || errA != nil && errA.Error() != errB.Error() {
			t.Fatalf("error %v, in a file %v", errA, errB)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("summary\n%+v\nin a file\n%+v", a, b)
		}
		if !reflect.DeepEqual(quick, written) {
			t.Fatalf("read %+v, in a file %+v", quick, written)
		}
	})
}
