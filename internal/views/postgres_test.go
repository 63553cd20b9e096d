package views

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/pgtest"
	"github.com/truce-project/truce/record"
)

// postgresTest is a server with a schema for each store.
type postgresTest struct {
	*pgtest.Server
	stores int
}

func (d *postgresTest) schema() string { d.stores++; return fmt.Sprintf("truce_%d", d.stores) }

func (d *postgresTest) open(*office) (Store, error) {
	return OpenPostgres(context.Background(), d.Address, d.schema())
}

// ask runs statements as an outsider.
func (d *postgresTest) ask(t *testing.T, text string, to ...any) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, d.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if len(to) > 0 {
		err = c.QueryRow(ctx, text).Scan(to...)
	} else {
		_, err = c.Exec(ctx, text)
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// TestPostgres: what holds of views in a file holds of views in a database.
func TestPostgres(t *testing.T) {
	d := &postgresTest{Server: pgtest.Start(t)}
	began := time.Now()
	if d.GIS {
		d.ask(t, "CREATE EXTENSION postgis")
	}
	openStore, mostHistories = d.open, 2 // making the tables of a store takes long
	defer func() { openStore, mostHistories = inFile, 12 }()
	for _, x := range []struct {
		name string
		test func(*testing.T)
	}{
		{"WentBack", d.wentBack}, {"CutOff", d.cutOff}, // first: a server with little in it stops soon
		{"Rebuild", TestRebuildIsTheSame}, {"AsOf", TestAsOfIsATwin}, {"Erasure", TestErasureLeavesNothing}, {"Circles", TestCircles}, {"Apart", TestApart}, {"Files", TestTextWithFiles},
		{"FilesNotTrusted", TestTextFilesAreNotTrusted}, {"Same", d.isTheSame}, {"Followed", d.followed}, {"InOrder", d.inOrder}, {"ReadersGoOn", d.readersGoOn}, {"Hostile", d.hostile}, {"OneWriter", d.oneWriter}, {"AnswerLost", d.answerLost},
		{"Damaged", d.damaged}, {"Analysts", d.analysts},
	} {
		t.Run(x.name, x.test)
	}
	t.Log(time.Since(began))
}

// both are views of one log in a file and in a database.
func both(o *office) (file, base *Views) {
	was := openStore
	defer func() { openStore = was }()
	base = o.views()
	openStore = inFile
	return o.views(), base
}

func (o *office) ids() (ids []string) {
	r := o.reader()
	for i := range r.Size() {
		e, err := r.Entry(i)
		if err != nil {
			o.t.Fatal(err)
		}
		ids = append(ids, e.Envelope.ID, e.Envelope.ID+".1")
	}
	return ids
}

// isTheSame: after the same entries both stores hold the same to the byte, and
// answer everything alike, also of the past.
func (d *postgresTest) isTheSame(t *testing.T) {
	histories := 0
	rapid.Check(t, func(rt *rapid.T) {
		if histories++; histories > 4 && os.Getenv("TRUCE_SOAK") == "" {
			return // each history is a record on disk
		}
		o := newOffice(t)
		file, base := both(o)
		kinds := map[string][]string{}
		near, late := d.behind(t, base), d.behind(t, base)
		for range rapid.IntRange(1, 4).Draw(rt, "updates") {
			for range rapid.IntRange(1, 12).Draw(rt, "entries") {
				o.act(rt, kinds)
			}
			r := o.reader()
			o.update(file, r)
			o.update(base, r)
			if a, b := dumpOf(t, file), dumpOf(t, base); a != b {
				rt.Fatalf("file and database differ: %s", firstDifference(a, b))
			}
			d.caughtUp(t, near, base)
			if rapid.Bool().Draw(rt, "late") {
				d.caughtUp(t, late, base)
			}
		}
		ids := o.ids()
		for _, at := range []int64{Now, rapid.Int64Range(1, file.Size()).Draw(rt, "at")} {
			if a, b := everything(t, file, at, ids), everything(t, base, at, ids); a != b {
				rt.Fatalf("as of %d: %s", at, firstDifference(a, b))
			}
		}
		// In other processes: what the database holds beyond where they are is not seen.
		for _, v := range []*Views{near, late} {
			if a, b := everything(t, file, v.Size(), ids), everything(t, v, Now, ids); v.Size() > 0 && a != b {
				rt.Fatalf("in another process that is %d entries behind: %s", base.Size()-v.Size(), firstDifference(a, b))
			}
		}
	})
}

// behind are views that another process follows.
func (d *postgresTest) behind(t *testing.T, v *Views) *Views {
	t.Helper()
	k, err := OpenKept(t.Context(), d.Address, v.store.(*postgres).schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	b, err := NewBehind(k, v.origin)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// caughtUp goes on to where the writer is, in one step, and not by reading all anew.
func (d *postgresTest) caughtUp(t *testing.T, behind, v *Views) {
	t.Helper()
	cols, moved := behind.cols, behind.Size() != v.Size()
	if did, err := behind.catchUp(); err != nil || did != moved {
		t.Fatal(did, moved, err)
	}
	if behind.Size() != v.Size() || behind.cols != cols {
		t.Errorf("at %d of %d, all read anew: %v", behind.Size(), v.Size(), behind.cols != cols)
	}
}

// followed: what is committed is heard of at once, also after the server was away and
// after the views were made anew; nothing is heard twice.
func (d *postgresTest) followed(t *testing.T) {
	o := newOffice(t)
	o.some(3)
	v := o.views()
	o.update(v, o.reader())
	b := d.behind(t, v)
	ctx, cancel := context.WithCancel(t.Context())
	sizes, ended := make(chan int64, 100), make(chan struct{})
	go func() {
		defer close(ended)
		b.Behind(ctx, time.Minute, func(size int64) { sizes <- size }, func(err error) { t.Log(err) })
	}()
	hears := func(what string, size int64) {
		t.Helper()
		for end := time.After(20 * time.Second); ; {
			select {
			case got := <-sizes:
				if got == size {
					return
				}
			case <-end:
				t.Fatalf("%s: %d was not heard of", what, size)
			}
		}
	}
	o.some(1)
	o.update(v, o.reader())
	hears("a commit", v.Size())
	d.ask(t, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%') AND pid <> pg_backend_pid()", new(int))
	o.some(1)
	for v.Update(t.Context(), o.reader()) != nil { // the writer's session was among them
		time.Sleep(10 * time.Millisecond)
	}
	hears("after a lost connection", v.Size())
	if err := v.Rebuild(t.Context(), o.reader()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); b.generationNow() == "" || b.Size() != v.Size() || b.generationNow() != generationOf(t, d, v); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("made anew: %d of %d", b.Size(), v.Size())
		}
	}
	cancel()
	<-ended
	if a, c := everything(t, v, Now, o.ids()), everything(t, b, Now, o.ids()); a != c {
		t.Error(firstDifference(a, c))
	}
}

func (v *Views) generationNow() string { v.mu.RLock(); defer v.mu.RUnlock(); return v.generation }

func generationOf(t *testing.T, d *postgresTest, v *Views) (g string) {
	d.ask(t, "SELECT text FROM "+v.store.(*postgres).schema+".meta WHERE name='generation'", &g)
	return g
}

// hostile: what authors write does not stop the views: characters that a text of
// PostgreSQL cannot have, and ids of rows that no index takes.
func (d *postgresTest) hostile(t *testing.T) {
	o := newOffice(t)
	file, base := both(o)
	var ids, words strings.Builder
	for i := range 500 {
		fmt.Fprintf(&ids, "%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	long := ids.String()
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	for _, text := range []string{"a\x00b c", "\ud7ff \ufffd \U0010ffff", "it's \\ $1 ' -- %s {a,b} \\x00", strings.Repeat("ґ ", 3000), strings.Repeat("обстріл", 40), deep} {
		o.put("report@1", "anna", map[string]any{"format": "truce", "source": text, "row": map[string]string{"act": "attack.strike.drone", "actor": "RU", "text": text, "place": text}})
	}
	for i := range 25_000 {
		fmt.Fprintf(&words, "%s%d ", strings.Repeat("x", 60), i)
	}
	o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "text": words.String()}})
	content := "id,time_start,time_end,lat,lon,act\n" + long + ",2025-03-20T00:00Z,2025-03-20T01:00Z,50,35,attack.strike.drone\n"
	o.putBlob("dataset@1", "anna", record.DatasetEntry{Name: "d.csv", Format: "truce", Parser: "truce/1", Rows: 1}, []record.Hash{o.blob(content)})
	r := o.reader()
	o.update(file, r)
	o.update(base, r)
	a, b := dumpOf(t, file), dumpOf(t, base)
	if a != b {
		t.Errorf("file and database differ: %s", firstDifference(a, b))
	}
	for _, want := range []string{`\x00`, long[:200], strings.Repeat("x", 60) + "19999"} {
		if !strings.Contains(b, want) && !strings.Contains(b, strings.ReplaceAll(want, `\`, `\\`)) {
			t.Errorf("the views do not hold %.60q: the test tests nothing", want)
		}
	}
}

// oneWriter: a schema has one writer, and whoever comes second is told so.
func (d *postgresTest) oneWriter(t *testing.T) {
	was := lockTime
	lockTime = 200 * time.Millisecond
	defer func() { lockTime = was }()
	schema := d.schema()
	s, err := OpenPostgres(t.Context(), d.Address, schema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPostgres(t.Context(), d.Address, schema); err == nil || !strings.Contains(err.Error(), "written by another process") {
		t.Errorf("the second writer got %v", err)
	}
	s.Close()
	s, err = OpenPostgres(t.Context(), d.Address, schema)
	if err != nil {
		t.Fatal("after the first is gone:", err)
	}
	s.Close()
	for _, bad := range []string{"postgres://u:geheim@127.0.0.1:1/x?connect_timeout=1", "postgres://u:geheim@[::1/x", "host=/nowhere password=geheim user=u", "password=geheim sslmode=perhaps"} {
		if _, err := OpenPostgres(t.Context(), bad, schema); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := OpenPostgres(t.Context(), d.Address, `x"; DROP`); err == nil {
		t.Error("a schema with a quotation mark was taken")
	}
}

// some writes n reports, about each of which an incident is made.
func (o *office) some(n int) {
	for range n {
		id := o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"act": "attack.strike.drone", "lat": "50.5", "lon": "35.2", "precision_m": "2000", "text": fmt.Sprint("обстріл станції ", o.n)}})
		o.put("incident@1", "anna", record.IncidentEntry{Title: "fire", Reason: "same"}, ref(record.About, id))
	}
}

// sameAsFile compares views with new ones in a file.
func (o *office) sameAsFile(t *testing.T, v *Views) {
	t.Helper()
	file, other := both(o)
	other.Close()
	r := o.reader()
	o.update(file, r)
	if a, b := dumpOf(t, file), dumpOf(t, v); a != b {
		t.Errorf("file and database differ: %s", firstDifference(a, b))
	}
}

// cutOff: a connection that is cut in the middle of a batch, and a server that
// stops and comes back, cost nothing but time.
func (d *postgresTest) cutOff(t *testing.T) {
	o := newOffice(t)
	o.some(40)
	v := o.views()
	s := v.store.(*postgres)
	pid := s.write.PgConn().PID()
	r := o.reader()
	err := v.Update(t.Context(), cutting{r, func(i int64) {
		if i == 50 {
			d.ask(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid))
		}
	}})
	if err == nil {
		t.Fatal("the batch did not fail: the test tests nothing")
	}
	if v.Size() != 0 {
		t.Errorf("half a batch of %d is seen", v.Size())
	}
	o.update(v, r)
	o.sameAsFile(t, v)
	d.Stop()
	o.some(1)
	if err := v.Update(t.Context(), o.reader()); err == nil {
		t.Error("no server, and no error")
	}
	if _, err := v.store.Doc("x"); err == nil {
		t.Error("no server, and an answer")
	}
	d.Run()
	o.update(v, o.reader())
	o.sameAsFile(t, v)
}

// cutting is a log that tells of each entry before it is read.
type cutting struct {
	Source
	before func(i int64)
}

func (c cutting) Range(from, to int64) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		i := from
		for e, err := range c.Source.Range(from, to) {
			if c.before(i); !yield(e, err) {
				return
			}
			i++
		}
	}
}

// answerLost: a commit that the database made, and whose answer never came.
func (d *postgresTest) answerLost(t *testing.T) {
	o := newOffice(t)
	o.some(3)
	v := o.views()
	o.update(v, o.reader())
	o.some(3)
	s := v.store.(*postgres)
	v.store = mute{s}
	if err := v.Update(t.Context(), o.reader()); err == nil {
		t.Fatal("the answer came: the test tests nothing")
	}
	v.store = s
	if moved, err := s.moved(); err != nil || !moved {
		t.Fatalf("the commit was not made: %v %v", moved, err)
	}
	o.update(v, o.reader())
	o.sameAsFile(t, v)
}

type mute struct{ *postgres }

func (m mute) Begin() (Writes, error) {
	w, err := m.postgres.Begin()
	if err != nil {
		return nil, err
	}
	return muteWrites{w.(*postgresWrites)}, nil
}

type muteWrites struct{ *postgresWrites }

func (w muteWrites) Commit(size int64, root string) error {
	was, wasRoot := w.s.size, w.s.root
	defer func() { w.s.size, w.s.root = was, wasRoot }()
	return errors.Join(w.postgresWrites.Commit(size, root), errors.New("the connection broke"))
}

// damaged: tables that are gone, or of another layout, are made anew.
func (d *postgresTest) damaged(t *testing.T) {
	o := newOffice(t)
	o.some(3)
	v := o.views()
	s := v.store.(*postgres)
	for _, harm := range []string{"DROP TABLE %[1]s.docs", "DROP SCHEMA %[1]s CASCADE", "ALTER TABLE %[1]s.versions RENAME COLUMN json TO said", "DELETE FROM %[1]s.meta"} {
		o.update(v, o.reader())
		d.ask(t, fmt.Sprintf(harm, s.schema))
		o.some(1)
		if err := v.Update(t.Context(), o.reader()); err != nil {
			t.Fatalf("%s: %v", harm, err)
		}
		o.sameAsFile(t, v)
	}
}

// analysts: what others may read says the same as the views do, in units of the
// world.
func (d *postgresTest) analysts(t *testing.T) {
	o := newOffice(t)
	o.some(2)
	o.text("blanket-30d", map[string][]string{})
	v := o.views()
	o.update(v, o.reader())
	schema := v.store.(*postgres).schema
	var n int
	var act, verdict string
	d.ask(t, fmt.Sprintf("SELECT count(*), min(act), max((SELECT min(verdict) FROM %[1]s.now_findings)) FROM %[1]s.now_incidents WHERE lat = 50.5 AND lon = 35.2 AND radius_m = 2000", schema), &n, &act, &verdict)
	if n == 0 || act != "attack.strike.drone" || verdict == "" {
		t.Errorf("%d incidents, act %q, verdict %q", n, act, verdict)
	}
	if !d.GIS {
		t.Log("PostGIS is not here: the geometry was not tried")
		return
	}
	var near int
	d.ask(t, fmt.Sprintf("SELECT count(*) FROM %s.now_incidents WHERE ST_DWithin(place::geography, ST_SetSRID(ST_MakePoint(35.2, 50.51), 4326)::geography, 2000) AND NOT ST_DWithin(place::geography, ST_SetSRID(ST_MakePoint(35.2, 50.51), 4326)::geography, 1000)", schema), &near)
	if near != n {
		t.Errorf("%d of %d incidents are 1 to 2 km from a point 1.1 km away", near, n)
	}
}

// wentBack: a database that is as it was a while ago, as a standby is that had not
// got the last commits: the views in memory follow it, and go on from there.
func (d *postgresTest) wentBack(t *testing.T) {
	o := newOffice(t)
	o.some(3)
	v := o.views()
	o.update(v, o.reader())
	data := d.Folder()
	d.Stop()
	if out, err := exec.Command("cp", "-a", data, data+".old").CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	d.Run()
	old := v.Size()
	o.some(3)
	// The first question may still go by a connection of the server that was stopped.
	err := v.Update(t.Context(), o.reader())
	for range 50 {
		if err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
		err = v.Update(t.Context(), o.reader())
	}
	if err != nil {
		t.Fatal(err)
	}
	d.Stop()
	if err := errors.Join(os.RemoveAll(data), os.Rename(data+".old", data)); err != nil {
		t.Fatal(err)
	}
	d.Run()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sizes := []int64{v.Size()}
	v.Follow(ctx, func() Source { return o.reader() }, 10*time.Millisecond, func(size int64) { sizes = append(sizes, size); cancel() }, func(err error) { t.Log(err) })
	if len(sizes) < 2 || v.Size() != o.reader().Size() {
		t.Errorf("from %d, told %v: the views hold %d of %d", old, sizes, v.Size(), o.reader().Size())
	}
	o.sameAsFile(t, v)
}

// BenchmarkStores builds views in a file and in a database on the same machine, on a
// socket, and asks them: -benchtime 3x.
func BenchmarkStores(b *testing.B) {
	d := &postgresTest{Server: pgtest.Start(b, "fsync=on", "full_page_writes=on", "shared_buffers=256MB")}
	defer func() { openStore = inFile }()
	o := newOffice(b)
	o.some(1000)
	r := o.reader()
	for _, x := range []struct {
		name string
		open func(*office) (Store, error)
	}{{"file", inFile}, {"database", d.open}} {
		openStore = x.open
		var v *Views
		b.Run("build/"+x.name, func(b *testing.B) {
			for range b.N {
				v = o.views()
				o.update(v, r)
			}
			b.ReportMetric(float64(r.Size())*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
		b.Run("words/"+x.name, func(b *testing.B) {
			for i := range 300 * b.N {
				if found, err := v.store.IncidentsWith(Search(fmt.Sprint("станция ", 2*(i%1000))), Now); err != nil || len(found) != 1 {
					b.Fatal(len(found), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(300*b.N), "µs/search")
		})
		b.Run("version/"+x.name, func(b *testing.B) {
			for i := range 300 * b.N {
				if x, err := v.store.Version(uint32(2*(i%1000)+2), Now); err != nil || x == nil {
					b.Fatal(x, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(300*b.N), "µs/version")
		})
		b.Run("load/"+x.name, func(b *testing.B) {
			for range b.N {
				if rows, err := v.store.Load(Now); err != nil || len(rows) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}
