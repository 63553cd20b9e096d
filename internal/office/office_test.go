package office_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
)

const origin = "example.org/north"

var ctx = context.Background()

// rows makes a file of n incidents, some of which are changed.
func rows(t testing.TB, dir, name string, n int, changed ...int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,time_start,time_end,lat,lon,precision_m,actor,act,target,text\n")
	for i := range n {
		text := fmt.Sprintf("row %d of %s", i, name)
		for _, c := range changed {
			if c == i {
				text = "changed"
			}
		}
		fmt.Fprintf(&b, "R-%d,2025-03-%02dT10:00:00Z,2025-03-%02dT11:00:00Z,48.%d,37.5,500,RU,attack.strike.drone,energy.power.substation,\"%s\"\n", i, 1+i%28, 1+i%28, 100+i%800, text)
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keyOf(t testing.TB, dir string) note.Verifier {
	t.Helper()
	var o journal.Office
	if err := json.Unmarshal(read(t, filepath.Join(dir, "office.json")), &o); err != nil {
		t.Fatal(err)
	}
	k, err := audit.LogVerifier(o.Key)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// with opens a record, does something and closes it.
func with(t testing.TB, dir string, do func(o *office.Office)) {
	t.Helper()
	o, err := office.Open(dir, origin, journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	do(o)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}

func imports(t testing.TB, o *office.Office, file string, each bool) *office.Imported {
	t.Helper()
	out, err := o.Import(ctx, file, office.ImportOptions{Each: each, Parser: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func holds(t testing.TB, dir string) *audit.Report {
	t.Helper()
	r, _, err := audit.VerifyDir(ctx, dir, audit.Options{Now: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		t.Fatalf("it does not hold: %v", r.Problems)
	}
	return r
}

// TestEditions: the same file again changes nothing, a later edition supersedes
// and is counted, also after the notes of imports were lost.
func TestEditions(t *testing.T) {
	src, dir := t.TempDir(), filepath.Join(t.TempDir(), "north")
	first := rows(t, src, "x.csv", 20)
	later := rows(t, t.TempDir(), "x.csv", 22, 3, 5)
	with(t, dir, func(o *office.Office) {
		if !o.Created {
			t.Error("a new record is not said to be one")
		}
		if got := imports(t, o, first, true); got.State != "new" || got.Recorded != 20 || got.Rows != 20 || got.Incidents != 20 {
			t.Errorf("%+v", got)
		}
		size := o.Log.Size()
		if got := imports(t, o, first, true); got.State != "unchanged" || o.Log.Size() != size {
			t.Errorf("%+v", got)
		}
	})
	for range 2 {
		with(t, dir, func(o *office.Office) {
			if got := imports(t, o, first, true); got.State != "unchanged" {
				t.Errorf("%+v", got)
			}
		})
		if err := os.RemoveAll(filepath.Join(dir, "import")); err != nil {
			t.Fatal(err)
		}
	}
	with(t, dir, func(o *office.Office) {
		got := imports(t, o, later, true)
		if got.State != "edition" || got.New != 2 || got.Updated != 2 || got.Unchanged != 18 || got.Withdrawn != 0 || got.Recorded != 4 {
			t.Errorf("%+v", got)
		}
	})
	holds(t, dir)
	if _, err := office.Open(dir, "example.org/south", journal.Options{}); err == nil {
		t.Error("a record is opened by the name of another")
	}
	if _, err := office.Open(src, origin, journal.Options{}); err == nil {
		t.Error("a record is begun in a folder that holds something else")
	}
}

// TestBundle: an entry that was exported is checked by itself; one changed byte
// is noticed, and what is left out is said.
func TestBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "north")
	var id string
	with(t, dir, func(o *office.Office) { id = imports(t, o, rows(t, t.TempDir(), "x.csv", 300), true).Entry })
	b, err := office.Export(ctx, dir, id, office.ExportOptions{Payload: true, Blobs: true})
	if err != nil {
		t.Fatal(err)
	}
	var file, again bytes.Buffer
	if err := b.Write(&file); err != nil {
		t.Fatal(err)
	}
	check := func(raw []byte) (*audit.Report, *audit.Item, error) {
		b, err := audit.ReadBundle(bytes.NewReader(raw))
		if err != nil {
			return nil, nil, err
		}
		return audit.VerifyBundle(ctx, b, audit.Options{Key: keyOf(t, dir)})
	}
	r, item, err := check(file.Bytes())
	if err != nil || !r.OK() || item.Index != 1 || r.Blobs != 1 || len(item.Payload) == 0 {
		t.Fatalf("%+v %v %v", r, item, err)
	}
	if err := b.Write(&again); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Error("the same bundle is other bytes")
	}
	for name, c := range b.Files { // the padding of tar says nothing
		for at := 0; at < len(c); at += 1 + len(c)/300 {
			c[at] ^= 1
			if r, _, err := audit.VerifyBundle(ctx, b, audit.Options{Key: keyOf(t, dir)}); err == nil && r.OK() {
				t.Errorf("%s, byte %d: nothing was noticed", name, at)
			}
			c[at] ^= 1
		}
	}
	for name := range b.Files {
		kept := b.Files[name]
		delete(b.Files, name)
		if name == "entry" || name == "office.json" {
			b.Files[name] = kept
			continue
		}
		r, _, err := audit.VerifyBundle(ctx, b, audit.Options{Key: keyOf(t, dir)})
		if mayGo := strings.HasPrefix(name, "blobs/") || name == "entry.payload"; err == nil && r.OK() != mayGo {
			t.Errorf("without %s: %v", name, r.Problems)
		}
		b.Files[name] = kept
	}
	if _, err := office.Export(ctx, dir, "01JQ0000000000000000000000", office.ExportOptions{}); err == nil {
		t.Error("an entry that is not there is exported")
	}
}

// TestFindings: recorded findings follow from what they name, and one that does
// not is named.
func TestFindings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "north")
	events := rows(t, t.TempDir(), "x.csv", 30)
	with(t, dir, func(o *office.Office) {
		j, err := o.Judge(ctx, regimes.FS(), "energy-2025.truce.md", events, true, office.ImportOptions{})
		if err != nil || j.Findings != 30 {
			t.Fatalf("%+v %v", j, err)
		}
	})
	again := func(spoil func([]office.RecordedEntry)) *office.Recomputed {
		_, items, err := audit.VerifyDir(ctx, dir, audit.Options{Collect: office.CollectKinds()})
		if err != nil {
			t.Fatal(err)
		}
		var es []office.RecordedEntry
		for _, it := range items {
			es = append(es, office.RecordedEntry{Index: it.Index, Envelope: it.Envelope, Payload: it.Payload})
		}
		spoil(es)
		out, err := office.Recompute(ctx, es, openBlob(dir))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := again(func([]office.RecordedEntry) {}); out.Same != 30 || len(out.Differ)+len(out.Skipped) > 0 {
		t.Errorf("%+v", out)
	}
	change := func(old, new string) func([]office.RecordedEntry) {
		return func(es []office.RecordedEntry) {
			e := &es[len(es)-1]
			e.Payload = []byte(strings.Replace(string(e.Payload), old, new, 1))
		}
	}
	for _, x := range [][2]string{{`"verdicts":{`, `"verdicts":{"nobody":"breach",`}, {`"incident":"R-29"`, `"incident":"R-30"`}, {`"findings":"`, `"findings":"0`}, {`"terms_digest":"`, `"terms_digest":"0`}} {
		if out := again(change(x[0], x[1])); len(out.Differ) != 1 || out.Same != 29 {
			t.Errorf("%v: %+v", x, out)
		}
	}
	// another engine may judge otherwise: nothing is said of its findings
	if out := again(change("truce-judge/1", "truce-judge/0")); out.Same != 29 || len(out.Differ) != 0 || len(out.Skipped) != 1 {
		t.Errorf("%+v", out)
	}
}

// TestF07Restore: an old backup does not go on by itself. With a mirror it learns
// what the office had said, and goes on from there; with a witness alone it knows
// that it is behind, and stays read-only; with the mirror of a fork it refuses.
func TestF07Restore(t *testing.T) {
	src, dir := t.TempDir(), filepath.Join(t.TempDir(), "north")
	with(t, dir, func(o *office.Office) { imports(t, o, rows(t, src, "a.csv", 300), true) })
	var backup bytes.Buffer
	c, err := office.Backup(ctx, dir, &backup)
	if err != nil {
		t.Fatal(err)
	}
	early := read(t, filepath.Join(dir, "signed"))
	with(t, dir, func(o *office.Office) { imports(t, o, rows(t, src, "b.csv", 400), true) })
	full := holds(t, dir)
	newest := filepath.Join(t.TempDir(), "newest.ckpt")
	if err := os.WriteFile(newest, read(t, filepath.Join(dir, "signed")), 0o644); err != nil {
		t.Fatal(err)
	}
	forked := filepath.Join(t.TempDir(), "forked")
	if err := os.MkdirAll(forked, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(forked, "log.key"), read(t, filepath.Join(dir, "log.key")), 0o600); err != nil {
		t.Fatal(err)
	}
	with(t, forked, func(o *office.Office) { imports(t, o, rows(t, src, "c.csv", 900), true) })
	earlyFile := filepath.Join(t.TempDir(), "early.ckpt")
	if err := os.WriteFile(earlyFile, early, 0o644); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(dir, "log"))))
	defer web.Close()
	for _, x := range []struct {
		name     string
		known    []string
		fails    bool
		size     int64
		readOnly bool
		absent   int64
	}{
		{"nobody was asked", nil, false, c.Size, true, 0},
		{"somebody knows no more", []string{earlyFile}, false, c.Size, false, 0},
		{"somebody knows more, and nobody has it", []string{newest}, false, c.Size, true, 0},
		{"a full mirror", []string{dir}, false, full.Size, false, 0},
		{"a mirror of tiles", []string{filepath.Join(dir, "log")}, false, full.Size, false, 401},
		{"a mirror on the network", []string{web.URL, earlyFile}, false, full.Size, false, 401},
		{"a fork", []string{forked}, true, 0, false, 0},
		{"a mirror, and a fork that is larger", []string{dir, filepath.Join(forked, "signed")}, true, 0, false, 0},
	} {
		to := filepath.Join(t.TempDir(), "restored")
		r, err := office.Restore(ctx, bytes.NewReader(backup.Bytes()), to, x.known)
		if (err != nil) != x.fails {
			if err != nil || !strings.Contains(x.name, "larger") || r.ReadOnly == "" {
				t.Errorf("%s: %+v %v", x.name, r, err)
			}
		}
		if err != nil || x.fails {
			if _, err := office.Open(to, "", journal.Options{}); err == nil {
				t.Errorf("%s: it can be written to", x.name)
			}
			continue
		}
		if r.Size != x.size || (r.ReadOnly != "") != x.readOnly {
			t.Errorf("%s: %+v", x.name, r)
		}
		if x.readOnly {
			if _, err := office.Open(to, "", journal.Options{}); err == nil {
				t.Errorf("%s: it can be written to", x.name)
			}
			continue
		}
		with(t, to, func(o *office.Office) { imports(t, o, rows(t, src, "d.csv", 10), true) })
		rep, _, err := audit.VerifyDir(ctx, to, audit.Options{Now: time.Now().Add(time.Hour), Known: []audit.Note{{Name: "early", Bytes: early}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range rep.Problems {
			if x.absent == 0 || p.About != audit.OfBlob { // a mirror of tiles has no files
				t.Errorf("%s: %v", x.name, p)
			}
		}
		if rep.Absent != x.absent || rep.Size < x.size+11 {
			t.Errorf("%s: %d payloads absent of %d entries", x.name, rep.Absent, rep.Size)
		}
	}
}

// TestBackupWhileWriting: copies that are made while entries arrive are whole,
// and of one checkpoint each.
func TestBackupWhileWriting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "north")
	o, err := office.Open(dir, origin, journal.Options{Interval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	src, done := t.TempDir(), make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 6 && err == nil; i++ {
			_, err = o.Import(ctx, rows(t, src, fmt.Sprintf("%d.csv", i), 700), office.ImportOptions{Each: true})
		}
		done <- err
	}()
	sizes := map[int64]bool{}
	for writing := true; writing; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			writing = false
		default:
		}
		var b bytes.Buffer
		c, err := office.Backup(ctx, dir, &b)
		if err != nil {
			t.Fatal(err)
		}
		sizes[c.Size] = true
		to := filepath.Join(t.TempDir(), "restored")
		if r, err := office.Restore(ctx, &b, to, nil); err != nil || r.Size != c.Size {
			t.Fatalf("%+v %v", r, err)
		}
		holds(t, to)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d copies of different sizes", len(sizes))
}

// TestKeys: keys are introduced, rotated and revoked by entries.
func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "north")
	pub := func(n byte) string { return base64Of(bytes.Repeat([]byte{n}, 32)) }
	with(t, dir, func(o *office.Office) {
		if _, err := o.AddKey(ctx, record.KeyEntry{Name: "patrol", Role: "reporter", Public: pub(1)}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.AddKey(ctx, record.KeyEntry{Name: "patrol", Public: pub(1)}); err == nil {
			t.Error("a key is introduced twice")
		}
		id := record.IDOf(bytes.Repeat([]byte{1}, 32))
		if _, err := o.RotateKey(ctx, id, pub(2), "lost"); err != nil {
			t.Fatal(err)
		}
		if _, err := o.RevokeKey(ctx, id, "again"); err == nil {
			t.Error("a key is revoked twice")
		}
		if _, err := o.RevokeKey(ctx, o.Log.Author(), "no"); err == nil {
			t.Error("the log's own key is revoked")
		}
		states := office.KeyStates(o.Log.Keys())
		revoked := 0
		for _, s := range states {
			if s.Revoked {
				revoked++
			}
		}
		if len(states) != 3 || revoked != 1 {
			t.Errorf("%+v", states)
		}
	})
	holds(t, dir)
}
