package mirror_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
)

// followed are an office with entries of every kind of file, and another that holds
// all that it is given.
func followed(t *testing.T) (north, hq *site) {
	t.Helper()
	north, hq = newPair(t)
	hq.options.Reread = time.Nanosecond
	blob, err := north.of.Log.Blobs().Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte("evidence "), 40_000)))
	if err != nil {
		t.Fatal(err)
	}
	north.write(280, "report@1", aReport)
	north.write(1, "report@1", map[string]any{"format": "truce", "marking": "restricted"})
	north.write(1, "dataset@1", map[string]any{"name": "a", "text": strings.Repeat("x", 100_000)}, blob.Hash)
	north.write(30, "report@1", aReport)
	north.up()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	if err := north.pull(hq); err != nil {
		t.Fatal(err)
	}
	hq.down()
	return north, hq
}

// files are those below a folder.
func files(t *testing.T, dir, below string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, below), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, p)
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// wholly fails where a copy does not hold what it is given of a log, or holds something
// else.
func (s *site) wholly(o *site) error {
	r, want := s.m.Log("example.org/"+o.name).Reader(), o.of.Log.Reader()
	if r == nil || r.Checkpoint != want.Checkpoint {
		return fmt.Errorf("the copy has no checkpoint, or another: %v", r)
	}
	for i := range want.Size() {
		e, err := r.Entry(i)
		w, werr := want.Entry(i)
		if err != nil || werr != nil || !bytes.Equal(e.Bytes, w.Bytes) {
			return fmt.Errorf("entry %d: %v %v", i, err, werr)
		}
		p, err := r.Payload(i)
		wp, werr := want.Payload(i)
		if i == 281 { // it is not given
			continue
		}
		if err != nil || werr != nil || !bytes.Equal(p.Bytes, wp.Bytes) {
			return fmt.Errorf("payload %d: %v %v", i, err, werr)
		}
	}
	var found error
	dir := filepath.Join(s.dir, "peers", mirror.Folder("example.org/"+o.name))
	err := journal.Check(s.t.Context(), journal.RealWorld(dir), journal.CheckOptions{Mirror: true}, func(d *journal.Damage) {
		if !strings.Contains(d.What, "is not here") {
			found = d
		}
	})
	if err != nil {
		return err
	}
	return found
}

// TestFlips: a flipped bit in any file of a copy keeps the office from nothing. It is
// found, an alarm names the office whose log it is and the entry, and what is not
// what was signed is made or fetched anew.
func TestFlips(t *testing.T) {
	north, hq := followed(t)
	good := hq.dir
	defer func() { hq.dir = good }()
	// What is made from the rest is put right without a word, or is no part of a record.
	quiet := func(name string) bool {
		for _, x := range []string{"/index", "/done", "/cosignature", "/lock", "/log/tile/0/001.p", "/log/tile/1/000.p", "/of-us/"} {
			if strings.Contains(name, x) {
				return true
			}
		}
		return false
	}
	tried := 0
	for _, name := range files(t, good, "peers") {
		b, err := os.ReadFile(filepath.Join(good, name))
		if err != nil {
			t.Fatal(err)
		}
		for k, at := range []int{0, len(b) / 3} {
			if at >= len(b) || k > 0 && quiet(name) {
				continue
			}
			tried++
			bad := bytes.Clone(b)
			bad[at] ^= 4
			hq.dir = filepath.Join(t.TempDir(), "hq")
			if err := os.CopyFS(hq.dir, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(hq.dir, name), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			hq.up()
			err := error(nil)
			for range 8 {
				if err = hq.pull(north); err == nil {
					err = hq.wholly(north)
				}
				if err == nil {
					break
				}
			}
			st := hq.status(north)
			if err != nil {
				t.Errorf("%s, byte %d: %v; %+v", name, at, err, st.Alarms)
			}
			named := false
			for _, a := range st.Alarms {
				named = named || a.What == mirror.AlarmDamage && a.Origin == "example.org/north" && a.Says != ""
				if strings.Contains(name, "entries") || strings.Contains(name, "payload") || strings.Contains(name, "blob") {
					if a.Index < 0 || a.Index >= north.of.Log.Size() {
						t.Errorf("%s, byte %d: the alarm names entry %d", name, at, a.Index)
					}
				}
			}
			if !named && !quiet(name) {
				t.Errorf("%s, byte %d: no alarm", name, at)
			}
			if st.Complete != north.of.Log.Size() || st.Stopped != "" {
				t.Errorf("%s, byte %d: %+v", name, at, st)
			}
			if err := north.pull(hq); err != nil { // what it signs for is good
				t.Errorf("%s, byte %d: the other office: %v", name, at, err)
			}
			hq.down()
		}
	}
	t.Logf("%d flips", tried)
	if tried < 20 {
		t.Errorf("only %d flips: the test tests little", tried)
	}
}
