package audit_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

const origin = "example.org/north"

// rows makes a file of incidents.
func rows(t testing.TB, dir, name string, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,time_start,time_end,lat,lon,precision_m,actor,act,target,text\n")
	for i := range n {
		fmt.Fprintf(&b, "R-%d,2025-03-%02dT10:00:00Z,2025-03-%02dT11:00:00Z,48.%d,37.5,500,RU,attack.strike.drone,energy.power.substation,\"row %d\"\n", i, 1+i%28, 1+i%28, 100+i%800, i)
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// fill makes a record with several checkpoints, keys, files and receipts.
func fill(t testing.TB, dir string, n int) {
	t.Helper()
	src := t.TempDir()
	for i, step := range []func(o *office.Office) error{
		func(o *office.Office) error {
			_, err := o.Import(context.Background(), rows(t, src, "one.csv", 5), office.ImportOptions{Parser: "test"})
			return err
		},
		func(o *office.Office) error {
			_, err := o.AddKey(context.Background(), record.KeyEntry{Name: "patrol", Public: base64.StdEncoding.EncodeToString(make([]byte, 32))})
			return err
		},
		func(o *office.Office) error {
			_, err := o.Import(context.Background(), rows(t, src, "many.csv", n), office.ImportOptions{Parser: "test", Each: true})
			return err
		},
	} {
		o, err := office.Open(dir, map[bool]string{true: origin}[i == 0], journal.Options{Interval: -1})
		if err != nil {
			t.Fatal(err)
		}
		if err := step(o); err != nil {
			t.Fatal(err)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// later is after every receipt is due.
var later = audit.Options{Now: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}

func verify(t testing.TB, dir string, o audit.Options) *audit.Report {
	t.Helper()
	r, _, err := audit.VerifyDir(context.Background(), dir, o)
	if err != nil {
		if _, nothing := err.(*audit.Unreadable); r == nil || !nothing || len(r.Problems) == 0 {
			t.Fatal(err)
		}
	}
	return r
}

func holds(t testing.TB, dir string, o audit.Options) *audit.Report {
	t.Helper()
	r := verify(t, dir, o)
	if !r.OK() {
		t.Fatalf("it does not hold: %v", r.Problems)
	}
	return r
}

// TestOneByte: one byte changed anywhere below the data directory makes an audit
// name that file, the entries that it touches, and nothing else.
func TestOneByte(t *testing.T) {
	live, dir := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	fill(t, live, 270)
	o, err := office.Open(live, "", journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if _, err := o.Import(context.Background(), rows(t, t.TempDir(), "waiting.csv", 3), office.ImportOptions{Each: true}); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(live)); err != nil { // with what waits in the WAL
		t.Fatal(err)
	}
	r := holds(t, dir, later)
	if r.Size < 270 || r.Receipts < 4 || r.Awaiting != 2 || r.Waiting != 4 || r.Blobs != 3 || r.Payloads != r.Size {
		t.Fatalf("%+v", r)
	}
	stride := 1499
	if os.Getenv("TRUCE_SOAK") != "" {
		stride = 1
	}
	// what verify says that it does not look into
	open := map[string]bool{"lock": true}
	flips, files := 0, 0
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if open[rel] || strings.HasPrefix(rel, "import/") {
			return nil
		}
		files++
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		step := stride
		if len(b) < 600 {
			step = min(stride, 1+len(b)/8)
		}
		if rel == "log/keys" {
			step = min(stride, 9) // numbers that could be those of other entries
		}
		for at := 0; at < len(b); at += step {
			flips++
			was := b[at]
			b[at] ^= byte(1 << (at % 8))
			if err := os.WriteFile(name, b, 0o600); err != nil {
				return err
			}
			judgeFlip(t, dir, rel, b, at)
			b[at] = was
		}
		return os.WriteFile(name, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes changed in %d files", flips, files)
	holds(t, dir, later)
}

// judgeFlip audits a record with one changed byte.
func judgeFlip(t *testing.T, dir, file string, b []byte, at int) {
	t.Helper()
	r := verify(t, dir, later)
	if r.OK() {
		t.Errorf("%s, byte %d: nothing was noticed", file, at)
	}
	first, last := touched(file, b, at)
	for _, p := range r.Problems {
		if p.File != file {
			t.Errorf("%s, byte %d: %v is named too", file, at, p)
		}
		if p.Entries != nil && (p.Entries.First < first || p.Entries.Last > last) {
			t.Errorf("%s, byte %d: %v, expected entries %d to %d", file, at, p, first, last)
		}
		if p.Entries == nil && first >= 0 && !strings.HasPrefix(file, "wal/") {
			t.Errorf("%s, byte %d: %v names no entry", file, at, p)
		}
	}
}

// touched says which entries a byte belongs to; -1 where none.
func touched(file string, b []byte, at int) (first, last int64) {
	n := func(i int) int64 { return int64(i) }
	switch {
	case strings.HasPrefix(file, "log/tile/entries/"):
		base := int64(0)
		if strings.HasPrefix(file, "log/tile/entries/001") {
			base = 256
		}
		// the lengths may be what was changed: entries begin with their author
		i := int64(strings.Count(string(b[:at+1]), `{"author":"`))
		if at+13 < len(b) && strings.Contains(string(b[at:at+13]), `{"author":"`) && i > 0 && at+2 >= 0 {
			return base + i - 1, base + i
		}
		return base + max(i-2, 0), base + i
	case strings.HasPrefix(file, "log/tile/1"):
		return n(at/32) * 256, n(at/32)*256 + 255
	case strings.HasPrefix(file, "log/tile/0/001"):
		return 256 + n(at/32), 256 + n(at/32)
	case strings.HasPrefix(file, "log/tile/0"):
		return n(at / 32), n(at / 32)
	case file == "index":
		return n(at / 48), n(at / 48)
	case strings.HasPrefix(file, "payload/"):
		base, i, end := int64(0), int64(-1), 0
		if file == "payload/001" {
			base = 256
		}
		for end <= at && end+68 <= len(b) {
			size := int(binary.BigEndian.Uint32(b[end+64:]))
			if at >= end+64 && at < end+68 { // the length itself
				return base + i + 1, base + i + 1
			}
			end += 68 + size
			i++
		}
		return base + i, base + i
	case strings.HasPrefix(file, "wal/"), strings.HasPrefix(file, "blob/"):
		return 0, 1 << 40
	}
	return -1, 1 << 40
}
