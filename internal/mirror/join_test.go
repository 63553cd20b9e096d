package mirror_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/badlink"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// anchors makes a site note what it holds.
func (s *site) anchors() {
	a := &mirror.Anchors{Now: time.Now, Every: time.Nanosecond, Write: func(ctx context.Context, e record.MirrorEntry) error {
		seed := make([]byte, 32)
		copy(seed, fmt.Sprint(s.name, e.Origin, e.Size))
		_, _, err := s.of.Write(ctx, office.Draft{Kind: record.KindMirror, Payload: e, Made: time.Now(), Seed: seed})
		if err == nil {
			err = s.of.Log.Integrate(ctx)
		}
		return err
	}}
	s.options.Mirrored = a.Told
}

func (s *site) incident(n int, place string) {
	s.t.Helper()
	for k := range n {
		s.write(1, "report@1", map[string]any{"format": "truce", "row": map[string]string{"id": fmt.Sprintf("%s-%d-%d", s.name, len(s.acks), k), "from": "2025-03-20T20:20Z", "to": "2025-03-20T23:30Z", "place": place, "text": "Fire at " + s.name}, "source": s.name})
	}
}

// dumped is all that views hold of a source.
func dumped(t testing.TB, src views.Source, blobs views.Blobs, steps ...views.Source) string {
	t.Helper()
	store, err := views.OpenSQLite(filepath.Join(t.TempDir(), "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := views.New(store, "example.org/any", blobs)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for _, s := range append(steps, src) {
		if err := v.Update(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := store.(interface{ Dump(io.Writer) error }).Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// logsOf are the logs that a site holds, with its own.
func (s *site) logsOf() (map[string]*journal.Reader, *journal.Reader) {
	out := map[string]*journal.Reader{"example.org/" + s.name: s.of.Log.Reader()}
	for _, l := range s.m.Logs() {
		out[l.Origin()] = l.Reader()
	}
	hq := out["example.org/hq"]
	delete(out, "example.org/hq")
	return out, hq
}

// TestJoin: an office's answers are of all the logs that it holds, each in its
// order; what was in the common order stays in its place; and in the order of
// headquarters every office has the same views, to the byte.
func TestJoin(t *testing.T) {
	north, south, hq := newSite(t, "north"), newSite(t, "south"), newSite(t, "hq")
	all := []*site{north, south, hq}
	hq.knows(north, south)
	north.knows(hq, south)
	south.knows(hq, north)
	hq.anchors()
	for _, s := range all {
		s.up()
	}
	var steps []views.Source
	for round := range 4 {
		north.incident(3, "51.11,35.18 ±6 km")
		south.incident(round, "48.50,37.50 ±500 m")
		hq.incident(1, "50.00,36.20 ±1 km")
		for _, s := range []*site{north, south} {
			if err := hq.pull(s); err != nil {
				t.Fatal(err)
			}
		}
		j, err := hq.m.Join()
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, j)
	}
	for range 2 {
		for _, s := range all {
			for _, o := range all {
				if s != o {
					if err := s.pull(o); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	j, err := hq.m.Join()
	if err != nil {
		t.Fatal(err)
	}
	checkJoin(t, j, hq, north, south)
	read, told, err := mirror.ReadJoined(hq.dir, hq.of.Log.Reader())
	if err != nil || len(told) > 0 || !read.Several() {
		t.Fatalf("read from the folder: %v %v", told, err)
	}
	if a, b := dumped(t, read, read.Blobs()), dumped(t, j, hq.of.Log.Blobs()); a != b {
		t.Error("what is read from the folder is not what is answered")
	}
	grown := dumped(t, j, hq.of.Log.Blobs(), steps...)
	if anew := dumped(t, j, hq.of.Log.Blobs()); anew != grown {
		t.Error("views that grew are not those that are built anew")
	}
	for i, old := range steps {
		want, err := old.RootAt(old.Size())
		got, gerr := j.RootAt(old.Size())
		if err != nil || gerr != nil || want != got {
			t.Errorf("step %d: what was in order has moved: %v %v", i, err, gerr)
		}
	}
	for _, s := range all {
		logs, spine := s.logsOf()
		same, err := mirror.JoinBy(spine, logs)
		if err != nil {
			t.Fatal(err)
		}
		if same.Size() != j.Size() {
			t.Errorf("%s has %d entries in the order of headquarters, which has %d", s.name, same.Size(), j.Size())
		}
		if dumped(t, same, hq.of.Log.Blobs()) != grown {
			t.Errorf("the views at %s are not those of headquarters", s.name)
		}
	}
}

func checkJoin(t *testing.T, j *mirror.Join, sites ...*site) {
	t.Helper()
	seen := map[string]int64{}
	n := int64(0)
	for e, err := range j.Range(0, j.Size()) {
		if err != nil || e.Index != n {
			t.Fatalf("entry %d: %v", e.Index, err)
		}
		origin, place := j.Place(e.Index)
		if place != seen[origin] {
			t.Fatalf("entry %d is %d of %q, expected %d", e.Index, place, origin, seen[origin])
		}
		seen[origin]++
		n++
		want := maps.Clone(seen)
		want["example.org/hq"] = want[""]
		delete(want, "")
		if got := j.Sizes(n); !maps.Equal(got, want) {
			t.Fatalf("before %d stand %v, expected %v", n, got, want)
		}
	}
	if n != j.Size() {
		t.Fatalf("%d of %d entries", n, j.Size())
	}
	for i, s := range sites {
		name := "example.org/" + s.name
		if i == 0 {
			name = ""
		}
		if seen[name] != s.of.Log.Reader().Size() {
			t.Errorf("%d of %d entries of %s", seen[name], s.of.Log.Reader().Size(), s.name)
		}
	}
}

// TestWaitsForFiles: entries of another office count once the files are here that
// answers are made of, so that it does not matter when these came; not where that
// office cannot give them.
func TestWaitsForFiles(t *testing.T) {
	north, hq := newPair(t)
	hq.anchors()
	csv := "id,time_start,time_end,lat,lon,act,text\n" + strings.Repeat("#,2025-03-20T20:20Z,2025-03-20T23:30Z,51.11,35.18,attack.strike.drone,a fire\n", 8000)
	blob, err := north.of.Log.Blobs().Put(t.Context(), strings.NewReader(csv))
	if err != nil {
		t.Fatal(err)
	}
	north.write(1, "dataset@1", map[string]any{"name": "a.csv", "format": "truce", "rows": 8000}, blob.Hash)
	north.incident(3, "51.11,35.18 ±6 km")
	north.up()
	hq.up()
	north.link.Set(badlink.Conditions{Rate: 400_000})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := hq.m.Start(ctx)
	early := 0
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		missing := hq.m.Log("example.org/north").Unread()
		noted, err := mirror.Noted(hq.of.Log.Reader())
		if err != nil || time.Now().After(end) {
			t.Fatal("not noted: ", err)
		}
		if len(noted) > 0 {
			if missing {
				t.Error("entries count while a file of theirs is missing")
			}
			break
		}
		if hq.status(north).Complete == north.of.Log.Size() {
			early++ // all but the file is here
		}
	}
	cancel()
	<-done
	if early == 0 {
		t.Error("the file came with the entries: the test tests nothing")
	}
	j, err := hq.m.Join()
	if err != nil {
		t.Fatal(err)
	}
	blobs := hq.m.Stored(hq.of.Log.Blobs())
	if grown, anew := dumped(t, j, blobs), dumped(t, j, blobs); grown != anew || strings.Contains(grown, "cannot be read") {
		t.Error("the data set was not read")
	}
	// a file that its office has not any more keeps nothing back
	gone, err := north.of.Log.Blobs().Put(t.Context(), strings.NewReader(csv+"x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(north.dir, "blob", gone.Hash.Hex()[:2], gone.Hash.Hex()[2:])); err != nil {
		t.Fatal(err)
	}
	north.write(1, "dataset@1", map[string]any{"name": "b.csv", "format": "truce", "rows": 8000}, gone.Hash)
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	if j, err = hq.m.Join(); err != nil || j.Sizes(j.Size())["example.org/north"] != north.of.Log.Size() {
		t.Errorf("%v: %v", err, j.Sizes(j.Size()))
	}
}

// TestRevoked: what an office signs after its key was revoked is kept and counts for
// nobody; it is answered nothing any more.
func TestRevoked(t *testing.T) {
	north, hq := newPair(t)
	hq.anchors()
	north.incident(5, "51.11,35.18 ±6 km")
	north.up()
	hq.up()
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	hq.write(1, record.KindOfficeRevoke, map[string]any{"origin": "example.org/north", "size": 4, "reason": "the laptop was taken"})
	north.incident(5, "51.11,35.18 ±6 km")
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	hq.same(north) // kept
	if err := hq.pull(north); err != nil {
		t.Fatal(err)
	}
	j, err := hq.m.Join()
	if err != nil {
		t.Fatal(err)
	}
	if got := j.Sizes(j.Size())["example.org/north"]; got != 4 {
		t.Errorf("%d entries count", got)
	}
	if err := north.pull(hq); err == nil {
		t.Error("an office whose key was revoked is answered")
	}
	if st := hq.status(north); st.Revoked == nil || st.Held != north.of.Log.Size() {
		t.Errorf("%+v", st)
	}
}
