package views

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/disk"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// office writes a log.
type office struct {
	t     testing.TB
	log   *journal.Log
	dir   string
	key   ed25519.PrivateKey
	n     int
	blobs journal.Blobs
}

func newOffice(t testing.TB) *office {
	t.Helper()
	dir, err := os.MkdirTemp("", "views")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := journal.RealWorld(dir)
	if err := journal.Create(w, "example.org/north"); err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(w, journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := journal.OwnKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return &office{t: t, log: l, dir: dir, key: key, blobs: l.Blobs()}
}

// put writes an entry for an account, and returns its id.
func (o *office) put(kind, account string, payload any, refs ...record.Ref) string {
	return o.putBlob(kind, account, payload, nil, refs...)
}

func (o *office) putBlob(kind, account string, payload any, blobs []record.Hash, refs ...record.Ref) string {
	o.t.Helper()
	b, err := json.Marshal(payload)
	if err != nil {
		o.t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		o.t.Fatal(err)
	}
	m["account"] = account
	if b, err = json.Marshal(m); err != nil {
		o.t.Fatal(err)
	}
	id, made := o.id(o.n + 1)
	o.n++
	p := journal.Payload{Bytes: b}
	copy(p.Salt[:], fmt.Sprintf("salt %d", o.n))
	e := &record.Envelope{Kind: kind, ID: id, Author: o.log.Author(), Made: made, Refs: refs,
		Payload: record.Commit(p.Salt, b), Type: "application/json", Size: int64(len(b)), Blobs: blobs}
	record.SortRefs(e.Refs)
	if err := record.Sign(o.key, []*record.Envelope{e}); err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.log.Append(context.Background(), []*record.Envelope{e}, []journal.Payload{p}); err != nil {
		o.t.Fatal(err)
	}
	return e.ID
}

// id is that of the nth entry.
func (o *office) id(n int) (string, time.Time) {
	made := time.UnixMilli(1_742_860_800_000 + int64(n)*1000).UTC()
	return record.NewID(made, [10]byte{byte(n), byte(n >> 8)}), made
}

func (o *office) blob(content string) record.Hash {
	o.t.Helper()
	b, err := o.blobs.Put(context.Background(), strings.NewReader(content))
	if err != nil {
		o.t.Fatal(err)
	}
	return b.Hash
}

func (o *office) reader() *journal.Reader {
	o.t.Helper()
	if err := o.log.Integrate(context.Background()); err != nil {
		o.t.Fatal(err)
	}
	return o.log.Reader()
}

// openStore opens a new store for views of an office: TestPostgres puts another
// engine here.
var openStore = inFile

// mostHistories is how many random histories a test makes: each is a record on disk.
var mostHistories = 12

func inFile(o *office) (Store, error) {
	return OpenSQLite(filepath.Join(o.dir, fmt.Sprintf("views%d.db", o.n)))
}

func (o *office) views() *Views {
	o.t.Helper()
	o.n++
	s, err := openStore(o)
	if err != nil {
		o.t.Fatal(err)
	}
	v, err := New(s, "example.org/north", o.blobs)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { v.Close() })
	return v
}

func (o *office) update(v *Views, r *journal.Reader) {
	o.t.Helper()
	if err := v.Update(context.Background(), r); err != nil {
		o.t.Fatal(err)
	}
}

// dumped is everything that views hold, in the store and in memory.
func dumpOf(t testing.TB, v *Views) string {
	t.Helper()
	var b bytes.Buffer
	if err := v.store.(interface{ Dump(io.Writer) error }).Dump(&b); err != nil {
		t.Fatal(err)
	}
	v.cols.Each(func(r Row) bool { fmt.Fprintln(&b, r); return true })
	return b.String()
}

func ref(rel record.Relation, id string) record.Ref { return record.Ref{Relation: rel, ID: id} }

// act is a step of a random history.
func (o *office) act(t *rapid.T, ids map[string][]string) {
	pick := func(kind string) (string, bool) {
		if len(ids[kind]) == 0 {
			return "", false
		}
		return rapid.SampledFrom(ids[kind]).Draw(t, kind), true
	}
	account := rapid.SampledFrom([]string{"anna", "borys"}).Draw(t, "account")
	row := func() map[string]string {
		r := map[string]string{"text": rapid.SampledFrom([]string{"a substation burns", "обстріл станції", "обстрел станции", "drones seen"}).Draw(t, "text")}
		opt := func(c string, vs ...string) {
			if x := rapid.SampledFrom(append(vs, "")).Draw(t, c); x != "" {
				r[c] = x
			}
		}
		opt("act", "attack.strike.drone", "attack.strike.artillery", "attack.sabotage.demolition")
		opt("target", "energy.power.substation", "energy.gas.metering-station", "civilian.residential")
		opt("actor", "RU", "UA", "RU|UA")
		opt("outcome", "impact", "intercepted")
		opt("level", "claimed", "verified")
		opt("killed", "1", "2..4")
		if rapid.Bool().Draw(t, "timed") {
			h := rapid.IntRange(0, 20).Draw(t, "hour")
			r["time_start"], r["time_end"] = fmt.Sprintf("2025-03-%02dT%02d:00Z", 20+h%5, h), fmt.Sprintf("2025-03-%02dT%02d:30Z", 20+h%5, h)
		}
		if rapid.Bool().Draw(t, "placed") {
			r["lat"], r["lon"], r["precision_m"] = fmt.Sprintf("%d.5", rapid.IntRange(44, 51).Draw(t, "lat")), "35.2", rapid.SampledFrom([]string{"100", "20000"}).Draw(t, "m")
		}
		return r
	}
	add := func(kind, id string) { ids[kind] = append(ids[kind], id) }
	facts := func() map[string]string {
		r := row()
		delete(r, "text")
		return r
	}
	switch rapid.IntRange(0, 14).Draw(t, "act") {
	default:
		p := map[string]any{"format": "truce", "row": row(), "source": "patrol"}
		if rapid.Bool().Draw(t, "public") {
			p["marking"] = "public"
		}
		add("report", o.put("report@1", account, p))
	case 4, 5:
		if r, ok := pick("report"); ok {
			refs := []record.Ref{ref(record.About, r)}
			if r2, _ := pick("report"); r2 != r {
				refs = append(refs, ref(record.About, r2))
			}
			add("incident", o.put("incident@1", account, record.IncidentEntry{Title: "fire", Reason: "same night", Facts: facts()}, refs...))
		}
	case 6:
		a, ok := pick("incident")
		b, _ := pick("incident")
		if ok && a != b {
			add("merge", o.put("merge@1", account, record.ReasonEntry{Reason: "one"}, ref(record.Merges, a), ref(record.Merges, b)))
		}
	case 7:
		if m, ok := pick("merge"); ok {
			o.put("split@1", account, record.ReasonEntry{Reason: "two"}, ref(record.Splits, m))
		}
	case 14:
		any := append(slices.Clone(ids["report"]), ids["incident"]...)
		if len(any) > 1 {
			a, b := rapid.SampledFrom(any).Draw(t, "a"), rapid.SampledFrom(any).Draw(t, "b")
			decision := rapid.SampledFrom([]string{"apart", "apart", "withdrawn"}).Draw(t, "decision")
			o.put(record.KindApart, account, record.ApartEntry{Decision: decision, Reason: "two"}, ref(record.About, a), ref(record.About, b))
		}
	case 8:
		kind := rapid.SampledFrom([]string{"report", "incident", "correction"}).Draw(t, "of")
		if x, ok := pick(kind); ok {
			add("correction", o.put("correction@1", account, record.CorrectionEntry{Reason: "wrong", Facts: facts()}, ref(record.Supersedes, x)))
		}
	case 9:
		if x, ok := pick("report"); ok {
			add("dispute", o.put("dispute@1", account, record.CorrectionEntry{Reason: "no", Facts: facts()}, ref(record.Disputes, x)))
		}
	case 10:
		kind := rapid.SampledFrom([]string{"report", "dispute"}).Draw(t, "adopted")
		if x, ok := pick(kind); ok {
			o.put("adoption@1", account, record.ReasonEntry{Reason: "so"}, ref(record.Adopts, x))
		}
	case 11:
		kind := rapid.SampledFrom([]string{"report", "incident"}).Draw(t, "claimed")
		if x, ok := pick(kind); ok {
			add("claim", o.put("claim@1", account, record.ClaimEntry{Says: "They did it.", By: "RU"}, ref(record.About, x)))
			o.put("determination@1", account, record.DeterminationEntry{By: "commission", Says: "undetermined", Reason: "no access"}, ref(record.About, x))
		}
	case 12:
		o.text(rapid.SampledFrom([]string{"energy-2025", "blanket-30d"}).Draw(t, "regime"), ids)
	case 13:
		content := "id,time_start,time_end,lat,lon,act,target\nA,2025-03-20T00:00Z,2025-03-20T01:00Z,50,35,attack.strike.drone,energy.power.substation\nB,2025-03-21T00:00Z,2025-03-21T01:00Z,51,35,attack.strike.missile,\n"
		if old, ok := pick("dataset"); ok {
			add("dataset", o.putBlob("dataset@1", "anna", record.DatasetEntry{Name: "d.csv", Format: "truce", Parser: "truce/1", Rows: 1}, []record.Hash{o.blob(content[:strings.Index(content, "B,")])}, ref(record.Supersedes, old)))
		} else {
			add("dataset", o.putBlob("dataset@1", "anna", record.DatasetEntry{Name: "d.csv", Format: "truce", Parser: "truce/1", Rows: 2}, []record.Hash{o.blob(content)}))
		}
	}
}

// TestRebuildIsTheSame: views that grew with the log, at whatever pace, are those
// that are built anew, to the byte; asked as of an earlier size they answer as
// they did then.
func TestRebuildIsTheSame(t *testing.T) {
	histories := 0
	rapid.Check(t, func(rt *rapid.T) {
		if histories++; histories > mostHistories && os.Getenv("TRUCE_SOAK") == "" {
			return // each history is a record on disk
		}
		o := newOffice(t)
		grown := o.views()
		ids := map[string][]string{}
		type past struct {
			size int64
			was  string
		}
		var before []past
		for range rapid.IntRange(1, 5).Draw(rt, "updates") {
			for range rapid.IntRange(1, 9).Draw(rt, "entries") {
				o.act(rt, ids)
			}
			r := o.reader()
			o.update(grown, r)
			before = append(before, past{r.Size(), answers(t, grown, Now)})
		}
		built := o.views()
		o.update(built, o.reader())
		if a, b := dumpOf(t, grown), dumpOf(t, built); a != b {
			rt.Fatalf("grown and built differ: %s", firstDifference(a, b))
		}
		again, err := New(grown.store, "example.org/north", o.blobs)
		if err != nil {
			rt.Fatal(err)
		}
		if a, b := dumpOf(t, grown), dumpOf(t, again); a != b {
			rt.Fatalf("grown and loaded differ: %s", firstDifference(a, b))
		}
		for _, p := range before {
			if now := answers(t, built, p.size); now != p.was {
				rt.Fatalf("as of %d: %s", p.size, firstDifference(p.was, now))
			}
		}
	})
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%s\n%s", i, x[i], strings.Join(y[i:min(i+1, len(y))], ""))
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// answers is what is read of views: the list, each incident, what was found.
func answers(t testing.TB, v *Views, at int64) string {
	t.Helper()
	var b strings.Builder
	err := v.Read(at, func(s *Snapshot) error {
		page := s.List(&Filter{May: Markings()}, nil, 1000)
		fmt.Fprintf(&b, "%+v\n", page.Totals)
		glanced(t, &b, s, page.Rows)
		for _, r := range page.Rows {
			x, err := s.Store().Version(r.Num, s.At)
			if err != nil || x == nil {
				return fmt.Errorf("incident %d as of %d: %v %v", r.Num, at, x, err)
			}
			fmt.Fprintln(&b, plain(x.Incident))
			fs, err := s.Store().Findings(r.Num, s.At)
			if err != nil {
				return err
			}
			for _, f := range fs {
				f.Until = 0
				fmt.Fprintf(&b, "%+v\n", f)
			}
			if r.Judged != noCode && judgement(fs) != s.judgements[r.Judged] {
				return fmt.Errorf("incident %d: columns say %q, findings %q", r.Num, s.judgements[r.Judged], judgement(fs))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestErasureLeavesNothing: after an erasure neither the store nor its files hold
// a word of it.
func TestErasureLeavesNothing(t *testing.T) {
	o := newOffice(t)
	v := o.views()
	secret := "Oksana Svidok saw it"
	id := o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "text": secret}})
	o.update(v, o.reader())
	if !strings.Contains(dumpOf(t, v), secret) {
		t.Fatal("the report is not in the views: the test tests nothing")
	}
	o.put("erasure@1", "anna", record.ErasureEntry{Reason: "consent withdrawn"}, ref(record.Erases, id))
	if err := o.log.Erase(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	o.update(v, o.reader())
	d := dumpOf(t, v)
	for _, w := range []string{secret, "svidok", "attack.strike.drone"} {
		if strings.Contains(d, w) {
			t.Errorf("the views still hold %q", w)
		}
	}
	files, _ := filepath.Glob(filepath.Join(o.dir, "views*.db*"))
	for _, f := range files {
		if b, _ := os.ReadFile(f); bytes.Contains(b, []byte("Svidok")) {
			t.Errorf("%s still holds it", filepath.Base(f))
		}
	}
	built := o.views()
	o.update(built, o.reader())
	if a := dumpOf(t, built); a != d {
		t.Errorf("grown and built differ: %s", firstDifference(d, a))
	}
}

// TestCircles: entries that are about themselves, or about each other, have no
// effect and stop nothing.
func TestCircles(t *testing.T) {
	o := newOffice(t)
	v := o.views()
	for _, x := range []struct {
		kind string
		rel  record.Relation
	}{{"correction@1", record.Supersedes}, {"dispute@1", record.Disputes}} {
		self, _ := o.id(o.n + 1)
		o.put(x.kind, "anna", record.CorrectionEntry{Reason: "itself"}, ref(x.rel, self))
		third, _ := o.id(o.n + 3)
		first := o.put(x.kind, "anna", record.CorrectionEntry{Reason: "the third"}, ref(x.rel, third))
		second := o.put(x.kind, "anna", record.CorrectionEntry{Reason: "the first"}, ref(x.rel, first))
		if got := o.put(x.kind, "anna", record.CorrectionEntry{Reason: "the second"}, ref(x.rel, second)); got != third {
			t.Fatal("the circle is none: the test tests nothing")
		}
		o.put("adoption@1", "borys", record.ReasonEntry{Reason: "so"}, ref(record.Adopts, first))
		o.put("claim@1", "borys", record.ClaimEntry{Says: "x", By: "y"}, ref(record.About, first))
	}
	incident, _ := o.id(o.n + 1)
	o.put("incident@1", "anna", record.IncidentEntry{Title: "of itself", Reason: "none"}, ref(record.About, incident))
	merge, _ := o.id(o.n + 1)
	o.put("merge@1", "anna", record.ReasonEntry{Reason: "itself"}, ref(record.Merges, merge), ref(record.Merges, incident))
	o.put("split@1", "anna", record.ReasonEntry{Reason: "a report"}, ref(record.Splits, incident))
	done := make(chan error, 1)
	go func() { done <- v.Update(context.Background(), o.reader()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the views do not come to an end")
	}
	if !strings.Contains(dumpOf(t, v), "it has no effect") {
		t.Error("nothing is said of the circles")
	}
}

// TestThrownAway: views whose file is damaged, cut short or gone are made anew, and
// are the same.
func TestThrownAway(t *testing.T) {
	o := newOffice(t)
	for i := range 300 {
		o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "text": strings.Repeat(fmt.Sprint("word", i, " "), 40)}})
	}
	r := o.reader()
	whole := o.views()
	o.update(whole, r)
	want := dumpOf(t, whole)
	for name, harm := range map[string]func(path string, b []byte) error{
		"garbage": func(p string, b []byte) error {
			return os.WriteFile(p, bytes.Repeat([]byte("no database "), 1000), 0o600)
		},
		"gone":      func(p string, b []byte) error { return os.Remove(p) },
		"cut short": func(p string, b []byte) error { return os.Truncate(p, int64(len(b)/2)) },
		"zeros":     func(p string, b []byte) error { clear(b[4096:]); return os.WriteFile(p, b, 0o600) },
		"empty":     func(p string, b []byte) error { return os.Truncate(p, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "views.db")
			open := func() *Views {
				s, err := OpenSQLite(path)
				if err != nil {
					t.Fatal(err)
				}
				v, err := New(s, "example.org/north", o.blobs)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			v := open()
			o.update(v, r)
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := harm(path, b); err != nil {
				t.Fatal(err)
			}
			v = open()
			defer v.Close()
			o.update(v, r)
			if got := dumpOf(t, v); got != want {
				t.Errorf("not the same: %s", firstDifference(want, got))
			}
		})
	}
}

// TestNoRoom: where the disk is nearly full the views wait, so that the record has
// what is left, and go on when there is room.
func TestNoRoom(t *testing.T) {
	o := newOffice(t)
	long := strings.Repeat("word ", 60_000)
	for range 20 {
		o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "text": long}})
	}
	r := o.reader()
	whole := o.views()
	o.update(whole, r)

	s, err := OpenSQLite(filepath.Join(t.TempDir(), "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	s.(*sqlite).has = func(string) (disk.Room, error) {
		if asked++; asked > 1 {
			return disk.Room{Free: 10 << 20, All: 80 << 20}, nil
		}
		return disk.Room{Free: 40 << 20, All: 80 << 20}, nil
	}
	v, err := New(s, "example.org/north", o.blobs)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	err = v.Update(t.Context(), r)
	if !errors.Is(err, ErrNoRoom) || v.Size() == 0 || v.Size() == r.Size() {
		t.Fatalf("views of %d of %d entries: %v", v.Size(), r.Size(), err)
	}
	s.(*sqlite).has = disk.Of
	o.update(v, r)
	if got, want := dumpOf(t, v), dumpOf(t, whole); got != want {
		t.Errorf("not the same: %s", firstDifference(want, got))
	}
}

// TestWordsFound: the cases of a word find each other in three languages, and
// words that differ do not.
func TestWordsFound(t *testing.T) {
	for _, x := range []struct {
		text, search string
		want         bool
	}{
		{"обстріли станцій", "обстріл станція", true},
		{"під час обстрілу підстанції", "обстріли підстанція", true},
		{"обстрелы станций", "обстрел станция", true},
		{"facilities were damaged", "facility damage", true},
		{"Кам'янка", "камʼянка", true},
		{"обстріл", "міст", false},
		{"a bridge", "refinery", false},
	} {
		var found = true
		have := " " + indexed(x.text)
		for _, word := range Search(x.search) {
			some := false
			for _, s := range word {
				some = some || strings.Contains(have, " "+s+" ")
			}
			found = found && some
		}
		if found != x.want {
			t.Errorf("%q in %q: found is %v", x.search, x.text, found)
		}
	}
}

// TestRadioIDs: one wrong letter, and two exchanged neighbours, are noticed.
func TestRadioIDs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		id := radioID(rapid.StringMatching("[A-Z]{3}").Draw(rt, "area"), rapid.String().Draw(rt, "id"), rapid.IntRange(3, 8).Draw(rt, "n"))
		if !CheckRadio(id) {
			rt.Fatalf("%s does not check", id)
		}
		i := rapid.IntRange(0, len(id)-1).Draw(rt, "at")
		if id[i] == '-' {
			return
		}
		set := digits
		if i < 3 {
			set = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		}
		other := rapid.SampledFrom([]byte(set)).Draw(rt, "letter")
		if wrong := id[:i] + string(other) + id[i+1:]; wrong != id && CheckRadio(wrong) {
			rt.Fatalf("%s for %s is not noticed", wrong, id)
		}
		if i > 3 && i < len(id)-2 && id[i] != id[i+1] {
			if wrong := id[:i] + string(id[i+1]) + string(id[i]) + id[i+2:]; CheckRadio(wrong) {
				rt.Fatalf("%s for %s is not noticed", wrong, id)
			}
		}
	})
}
