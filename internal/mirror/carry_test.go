package mirror_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

// TestCarry: a stick moves what the other lacks, whatever it is interrupted at, and
// adds nothing that the office has not signed.
func TestCarry(t *testing.T) {
	north, hq := newPair(t)
	blob, err := north.of.Log.Blobs().Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte("evidence "), 50_000)))
	if err != nil {
		t.Fatal(err)
	}
	north.write(300, "report@1", aReport)
	north.write(1, "report@1", map[string]any{"format": "truce", "marking": "restricted"})
	north.write(1, "dataset@1", map[string]any{"name": "a", "text": strings.Repeat("x", 100_000)}, blob.Hash)
	hq.anchors()
	north.up()
	hq.up()
	stick := t.TempDir()
	carry := func(most int64) mirror.Carried {
		t.Helper()
		if _, err := hq.m.WriteLacks(stick); err != nil {
			t.Fatal(err)
		}
		lacks, err := mirror.ReadLacks(stick)
		if err != nil {
			t.Fatal(err)
		}
		out, err := north.m.CarryOut(t.Context(), stick, "example.org/hq", lacks)
		if err != nil || len(out) != 1 {
			t.Fatalf("%+v %v", out, err)
		}
		again, err := north.m.CarryOut(t.Context(), stick, "example.org/hq", lacks)
		if err != nil || again[0].Bytes != 0 {
			t.Errorf("carrying out again writes %d bytes (%v)", again[0].Bytes, err)
		}
		if most > 0 && out[0].Bytes > most {
			t.Errorf("%d bytes on the stick", out[0].Bytes)
		}
		in, err := hq.m.CarryIn(t.Context(), stick)
		if err != nil || len(in) != 1 || in[0].Problem != "" {
			t.Fatalf("%+v %v", in, err)
		}
		return out[0]
	}
	if c := carry(0); c.Withheld != 1 || c.Files != 1 || c.From != 0 {
		t.Errorf("%+v", c)
	}
	hq.same(north)
	if got, err := mirror.Noted(hq.of.Log.Reader()); err != nil || !slices.Equal(got, []string{"example.org/north"}) {
		t.Errorf("noted as held: %v %v", got, err)
	}
	if _, err := hq.m.Log("example.org/north").Reader().Blobs().Stat(blob.Hash); err != nil {
		t.Error(err)
	}
	os.RemoveAll(filepath.Join(stick, mirror.ID("example.org/north")))
	north.write(5, "report@1", aReport)
	if c := carry(120_000); c.From != 303 {
		t.Errorf("%+v", c)
	}
	hq.same(north)
	// over the network what came by stick is not fetched again
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	if st := hq.status(north); st.In > 20_000 {
		t.Errorf("%d bytes after the stick", st.In)
	}
}

// TestToldAtStart: what came by stick from an office that nobody can ask is noted when
// offices are followed, so that it counts.
func TestToldAtStart(t *testing.T) {
	north, hq := newSite(t, "north"), newSite(t, "hq")
	north.knows(hq)
	if err := mirror.PutPeer(hq.dir, mirror.Peer{Origin: "example.org/north", Key: north.key()}); err != nil {
		t.Fatal(err)
	}
	north.write(3, "report@1", aReport)
	north.up()
	hq.up()
	stick := t.TempDir()
	if _, err := north.m.CarryOut(t.Context(), stick, "example.org/hq", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := hq.m.CarryIn(t.Context(), stick); err != nil { // as one that may not write
		t.Fatal(err)
	}
	hq.down()
	hq.anchors()
	hq.up()
	ctx, cancel := context.WithCancel(t.Context())
	done := hq.m.Start(ctx)
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if got, err := mirror.Noted(hq.of.Log.Reader()); err != nil || len(got) == 1 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("what is held is not noted")
		}
	}
	cancel()
	<-done
	j, err := hq.m.Join()
	if err != nil || j.Sizes(j.Size())["example.org/north"] != north.of.Log.Size() {
		t.Errorf("%v %v", j, err)
	}
}

// TestCarryChanged: each file of a stick, changed, adds nothing wrong; and the stick
// of another history is a fork with a proof.
func TestCarryChanged(t *testing.T) {
	north, hq := newPair(t)
	north.write(30, "report@1", aReport)
	north.up()
	stick := t.TempDir()
	if _, err := north.m.CarryOut(t.Context(), stick, "example.org/hq", nil); err != nil {
		t.Fatal(err)
	}
	err := filepath.Walk(filepath.Join(stick, mirror.ID("example.org/north")), func(name string, i os.FileInfo, err error) error {
		if err != nil || i.IsDir() {
			return err
		}
		good, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, at := range []int{0, len(good) / 2, len(good) - 1} {
			bad := bytes.Clone(good)
			bad[at] ^= 0x10
			if err := os.WriteFile(name, bad, 0o600); err != nil {
				return err
			}
			hq.up()
			hq.m.CarryIn(t.Context(), stick)
			l := hq.m.Log("example.org/north")
			if r := l.Reader(); r != nil && r.Size() > 0 && r.Checkpoint != north.of.Log.Reader().Checkpoint {
				t.Errorf("%s, byte %d: took %v", name, at, r.Checkpoint)
			}
			hq.down()
			os.RemoveAll(filepath.Join(hq.dir, "peers"))
		}
		return os.WriteFile(name, good, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	hq.up()
	if in, err := hq.m.CarryIn(t.Context(), stick); err != nil || in[0].Problem != "" {
		t.Fatalf("%+v %v", in, err)
	}
	north.down()
	north.of.Close()
	os.RemoveAll(filepath.Join(north.dir, "wal"))
	key, err := os.ReadFile(filepath.Join(north.dir, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	north.dir += "-other" // a record begun anew with the same key
	os.MkdirAll(north.dir, 0o755)
	os.WriteFile(filepath.Join(north.dir, "log.key"), key, 0o600)
	north.open()
	north.knows(hq)
	north.write(40, "report@1", aReport)
	north.up()
	if _, err := north.m.CarryOut(t.Context(), stick, "example.org/hq", nil); err != nil {
		t.Fatal(err)
	}
	in, err := hq.m.CarryIn(t.Context(), stick)
	st := hq.status(north)
	if err != nil || in[0].Problem == "" || len(st.Alarms) == 0 || st.Alarms[len(st.Alarms)-1].What != mirror.AlarmFork || st.Alarms[len(st.Alarms)-1].Proof == "" {
		t.Fatalf("%+v %+v %v", in, st.Alarms, err)
	}
}

// TestRecover: an office that went back gets from others what it had said, and goes
// on from there.
func TestRecover(t *testing.T) {
	north, hq := newPair(t)
	north.write(40, "report@1", aReport)
	north.of.Close()
	old := north.dir + "-old"
	if err := os.CopyFS(old, os.DirFS(north.dir)); err != nil {
		t.Fatal(err)
	}
	north.open()
	north.write(1, "report@1", map[string]any{"format": "truce", "marking": "restricted"})
	north.write(30, "report@1", aReport)
	north.up()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	want := north.of.Log.Reader().Checkpoint
	north.down()
	north.of.Close()
	north.dir = old
	got, err := mirror.Recover(t.Context(), mirror.Options{Dir: old})
	if err != nil || len(got) != 1 || got[0].Size != want.Size || got[0].Before != 41 || got[0].Payloads != 30 || got[0].Without != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	north.open()
	if c := north.of.Log.Reader().Checkpoint; c != want {
		t.Fatalf("%v, had signed %v", c, want)
	}
	for _, a := range north.acks { // every receipt is honoured
		e, err := north.of.Log.Reader().Entry(a.Index)
		if err != nil || e.Leaf() != a.Leaf {
			t.Fatalf("entry %d: %v", a.Index, err)
		}
	}
	north.write(2, "report@1", aReport)
	north.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	hq.same(north)
	if a := hq.status(north).Alarms; len(a) > 0 {
		t.Errorf("%+v", a)
	}
	_ = journal.Held
}

// TestRecoverTenure: a machine that comes back after another was promoted gets what
// that has written since, and does not write: two machines would give places twice.
func TestRecoverTenure(t *testing.T) {
	hq, north := newSite(t, "hq"), newSite(t, "north")
	hq.knows(north)
	north.knows(hq)
	hq.write(10, "report@1", aReport)
	hq.of.Close()
	before := hq.dir + "-before"
	if err := os.CopyFS(before, os.DirFS(hq.dir)); err != nil {
		t.Fatal(err)
	}
	hq.open() // as the machine that was promoted
	hq.write(1, record.KindTenure, map[string]any{"holder": "hq2", "size": 11, "asked": 11, "by": "a person", "reason": "a flood"})
	hq.write(3, "report@1", aReport)
	hq.up()
	north.up()
	if err := north.pull(hq); err != nil {
		t.Fatal(err)
	}
	got, err := mirror.Recover(t.Context(), mirror.Options{Dir: before})
	if err != nil || len(got) != 1 || got[0].Tenure == nil || got[0].Tenure.Holder != "hq2" || got[0].Size != 15 {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := office.Open(before, "", journal.Options{Interval: -1}); err == nil || !strings.Contains(err.Error(), "hq2 writes this log") {
		t.Errorf("it can be written to: %v", err)
	}
}
