package audit

import (
	"os"
	"testing"
)

// FuzzFrames: whatever a WAL holds, it is read to its end, and a whole one gives
// what waits in it.
func FuzzFrames(f *testing.F) {
	const v1 = "../journal/testdata/v1/"
	wal, err := os.ReadFile(v1 + "wal/00000000000000000008")
	if err != nil {
		f.Fatal(err)
	}
	office, err := os.ReadFile(v1 + "office.json")
	if err != nil {
		f.Fatal(err)
	}
	key, err := readOffice(office)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wal)
	f.Add(append(wal[:200:200], wal...))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := newAuditor(Options{})
		a.key = key
		next := a.frames("wal/x", b, 8)
		if string(b) == string(wal) && (next != 11 || len(a.waiting) != 3 || !a.r.OK()) {
			t.Errorf("%d, %v, %v", next, a.waiting, a.r.Problems)
		}
	})
}
