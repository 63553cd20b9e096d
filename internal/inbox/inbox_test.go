package inbox

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

// bench is an inbox on a record of its own. Its clock can be moved.
type bench struct {
	*Inbox
	t    *testing.T
	db   *jobs.DB
	o    *office.Office
	now  atomic.Int64
	conf Config
	dir  string
}

func open(t *testing.T, dir string, c Config) *bench {
	t.Helper()
	b := &bench{t: t, conf: c, dir: dir}
	b.now.Store(time.Now().UnixNano())
	var err error
	if b.o, err = office.Open(dir, "example.org/north", journal.Options{Interval: -1}); err != nil {
		t.Fatal(err)
	}
	g, err := fetch.NewGuard([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if faults := c.Check(g); len(faults) > 0 {
		t.Fatal(faults)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := journal.OwnKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	if b.Inbox, err = New(Options{Dir: dir, Office: b.o, Key: ed25519.PrivateKey(key), Guard: g, Version: "truce/test", Config: c, Now: func() time.Time { return time.Unix(0, b.now.Load()) }}); err != nil {
		t.Fatal(err)
	}
	if b.db, err = jobs.Open(t.Context(), filepath.Join(dir, "jobs.db"), jobs.Options{Poll: 5 * time.Millisecond}, b.FeedKind()); err != nil {
		t.Fatal(err)
	}
	b.Inbox.o.Store, b.Inbox.o.Queue = b.db, b.db
	if err := b.db.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) close() {
	b.t.Helper()
	if err := errors.Join(b.db.Stop(context.Background()), b.db.Close(), b.o.Close()); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) later(d time.Duration) { b.now.Add(int64(d)) }

// look waits until each feed was looked at once more, and returns the first.
func (b *bench) look() FeedState {
	b.t.Helper()
	before, err := b.Feeds(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(3 * time.Millisecond) {
		if err := b.due(context.Background()); err != nil {
			b.t.Fatal(err)
		}
		after, err := b.Feeds(context.Background())
		if err != nil {
			b.t.Fatal(err)
		}
		if after[0].Checked.After(before[0].Checked) {
			return after[0]
		}
	}
	b.t.Fatal("the feed was not looked at")
	return FeedState{}
}

// kinds counts entries by kind.
func (b *bench) kinds() map[string]int {
	b.t.Helper()
	if err := b.o.Log.Integrate(context.Background()); err != nil {
		b.t.Fatal(err)
	}
	out := map[string]int{}
	r := b.o.Log.Reader()
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			b.t.Fatal(err)
		}
		out[e.Envelope.Kind]++
	}
	return out
}

const (
	head   = "id,time_start,time_end,lat,lon,precision_m,act,target\n"
	first  = head + "A,2025-03-20T20:20Z,2025-03-20T21:00Z,51.1,35.2,500,attack.strike,energy\nB,2025-03-20T22:00Z,2025-03-20T23:00Z,51.2,35.3,500,attack.strike,energy\n"
	second = head + "A,2025-03-20T20:20Z,2025-03-20T21:00Z,51.1,35.2,500,attack.strike.drone,energy\nC,2025-03-20T23:00Z,2025-03-20T23:30Z,51.3,35.4,500,attack.strike,energy\n"
)

// host is a source whose answer can be changed.
type host struct {
	*httptest.Server
	answer atomic.Pointer[func(http.ResponseWriter, *http.Request)]
	asked  atomic.Int64
}

func newHost(t *testing.T) *host {
	s := &host{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		(*s.answer.Load())(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *host) set(f func(http.ResponseWriter, *http.Request)) { s.answer.Store(&f) }

func (s *host) text(etag, body string) {
	s.set(func(w http.ResponseWriter, r *http.Request) {
		if etag != "" {
			w.Header().Set("ETag", etag)
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		io.WriteString(w, body)
	})
}

// TestFeed: each thing that a source can do, one after the other.
func TestFeed(t *testing.T) {
	s := newHost(t)
	dir := t.TempDir()
	c := Config{Feeds: []Feed{{Name: "border", URL: s.URL + "/events.csv?key=geheim", As: "truce", Every: time.Hour, Headers: map[string]fetch.Secret{"X-Key": "text:1"}}}}
	b := open(t, dir, c)
	if f, err := b.Feeds(t.Context()); err != nil || f[0].State != "waiting" {
		t.Fatalf("%v %v", f, err)
	}
	fail := func(status int, retry string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", retry)
			w.WriteHeader(status)
		}
	}
	var last FeedState
	for i, x := range []struct {
		does     func()
		state    string
		datasets int
		check    func(f FeedState) string
	}{
		{func() { s.text(`"1"`, first) }, "new", 1, func(f FeedState) string { return counts(f, "2 rows 0 new 0 updated 0 unchanged 0 withdrawn") }},
		{func() {}, "not-modified", 1, nil},
		{func() { s.text("", first) }, "unchanged", 1, nil},
		{func() { s.text("", "") }, "empty", 1, nil},
		{func() { s.text("", head) }, "empty", 1, nil},
		{func() { s.set(fail(503, "7200")) }, "broken", 1, func(f FeedState) string {
			if w := f.Next.Sub(f.Checked); w < 2*time.Hour {
				return fmt.Sprintf("Retry-After is not kept: %s", w)
			}
			return ""
		}},
		{func() { s.set(fail(500, "")) }, "broken", 1, func(f FeedState) string {
			if w := f.Next.Sub(f.Checked); f.Failures != 2 || w > time.Hour || w < 30*time.Second {
				return fmt.Sprintf("%d failures, %s", f.Failures, w)
			}
			return ""
		}},
		{func() { s.text(`"x"`, "<html>sign in</html>") }, "broken", 1, func(f FeedState) string {
			if f.Edition == nil || f.Edition.Rows != 2 {
				return "the last edition is forgotten"
			}
			return ""
		}},
		{func() {}, "broken", 1, nil}, // the same broken answer is not "not modified"
		{func() { s.text(`"2"`, second) }, "new", 2, func(f FeedState) string { return counts(f, "2 rows 1 new 1 updated 0 unchanged 1 withdrawn") }},
		{func() {}, "not-modified", 2, nil},
		{func() { s.text("", first) }, "unchanged", 2, func(f FeedState) string {
			if !strings.Contains(f.Why, "earlier edition") {
				return "that it is an earlier edition is not said"
			}
			return ""
		}},
	} {
		x.does()
		b.later(25 * time.Hour)
		last = b.look()
		if last.State != x.state || (last.Why == "") != (x.state != "broken" && x.state != "empty" && x.check == nil || x.state == "new") && x.state != "unchanged" {
			t.Errorf("step %d: %s (%s), expected %s", i, last.State, last.Why, x.state)
		}
		if strings.Contains(fmt.Sprint(last), "geheim") {
			t.Errorf("step %d: a key is shown: %+v", i, last)
		}
		if x.check != nil {
			if bad := x.check(last); bad != "" {
				t.Errorf("step %d: %s", i, bad)
			}
		}
		if n := b.kinds()["dataset@1"]; n != x.datasets {
			t.Errorf("step %d: %d datasets, expected %d", i, n, x.datasets)
		}
		if i == 4 { // the cursor and the state outlive the process
			now := b.now.Load()
			b.close()
			b = open(t, dir, c)
			b.now.Store(now)
		}
	}
	b.close()
	left, err := filepath.Glob(filepath.Join(dir, ".fetch-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func counts(f FeedState, want string) string {
	e := f.Edition
	if got := fmt.Sprintf("%d rows %d new %d updated %d unchanged %d withdrawn", e.Rows, e.New, e.Updated, e.Unchanged, e.Withdrawn); got != want {
		return got + ", expected " + want
	}
	return ""
}

// TestShrunk: a source that suddenly has next to nothing withdraws nothing.
func TestShrunk(t *testing.T) {
	h := newHost(t)
	many := head
	for i := range 300 {
		many += fmt.Sprintf("R-%d,2025-03-20T20:20Z,2025-03-20T21:00Z,51.1,35.2,500,attack.strike,energy\n", i)
	}
	dir := t.TempDir()
	c := Config{Feeds: []Feed{{Name: "border", URL: h.URL, As: "truce"}}}
	b := open(t, dir, c)
	for i, x := range []struct {
		text, state string
		shrinks     bool
	}{{many, "new", false}, {first, "broken", false}, {first, "broken", false}, {first, "new", true}} {
		h.text("", x.text)
		if x.shrinks {
			b.close()
			c.Feeds[0].Shrinks = true
			b = open(t, dir, c)
			b.later(100 * time.Hour)
		}
		b.later(25 * time.Hour)
		if f := b.look(); f.State != x.state || f.State == "broken" && f.Edition.Rows != 300 {
			t.Errorf("step %d: %+v", i, f)
		}
	}
	b.close()
}

// TestDated: what is of another day is no edition of the same source.
func TestDated(t *testing.T) {
	now := time.Date(2030, 3, 1, 1, 0, 0, 0, time.FixedZone("", 7200))
	if got := dated("FIRMS {day} {month} {year} x", now); got != "FIRMS 2030-02-28 2030-02 2030 x" {
		t.Error(got)
	}
}

// TestFolderFeed: a file and a folder as feeds.
func TestFolderFeed(t *testing.T) {
	dir, from := t.TempDir(), t.TempDir()
	b := open(t, dir, Config{Feeds: []Feed{{Name: "stick", Folder: from, As: "truce"}}})
	defer b.close()
	if f := b.look(); f.State != "empty" {
		t.Errorf("an empty folder: %s", f.State)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		b.later(25 * time.Hour)
	}
	write("1.csv", first)
	if f := b.look(); f.State != "new" {
		t.Errorf("%s %s", f.State, f.Why)
	}
	write("2.csv", "\x00\x01")
	write("3.csv", second)
	if f := b.look(); f.State != "broken" || f.Edition.New != 1 || !strings.Contains(f.Why, "2.csv") {
		t.Errorf("%s %s", f.State, f.Why)
	}
	b.later(48 * time.Hour)
	if err := os.Remove(filepath.Join(from, "2.csv")); err != nil {
		t.Fatal(err)
	}
	if f := b.look(); f.State != "not-modified" || b.kinds()["dataset@1"] != 2 {
		t.Errorf("%s %s %v", f.State, f.Why, b.kinds())
	}
}

// TestDrop: what is complete is taken in, and what becomes of a file is beside it.
func TestDrop(t *testing.T) {
	dir := t.TempDir()
	c := Config{Drop: &Drop{}}
	b := open(t, dir, c)
	root := filepath.Join(dir, "drop")
	put := func(name, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755), os.WriteFile(filepath.Join(root, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	scan := func() {
		t.Helper()
		for range 2 {
			if err := b.drop(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.later(5 * time.Second)
		}
	}
	is := func(name string, there bool) {
		t.Helper()
		if _, err := os.Stat(filepath.Join(root, name)); (err == nil) != there {
			t.Errorf("%s is there: %v", name, err == nil)
		}
	}
	scan()
	put("a.csv", first[:60]) // still written
	if err := b.drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.later(5 * time.Second)
	put("a.csv", first)
	if err := b.drop(t.Context()); err != nil { // it has changed since
		t.Fatal(err)
	}
	is("a.csv", true)
	put("b.csv.part", first)
	put("picture.csv", "\xff\xd8\xff\xe0 not a table")
	put("none.csv", head)
	put("week's plan.csv", "Дата;Місце;Що\n20.03.2025;Суджа;обстріл\n")
	put("north/c.csv", second)
	if err := os.Symlink("/etc/passwd", filepath.Join(root, "link.csv")); err != nil {
		t.Fatal(err)
	}
	scan()
	for name, there := range map[string]bool{"a.csv": false, "done/a.csv": true, "done/a.csv.txt": true, "b.csv.part": true, "done/b.csv.part": false, "refused/picture.csv": true,
		"refused/picture.csv.txt": true, "refused/none.csv": true, "done/c.csv": true, "link.csv": true, "refused/link.csv": false} {
		is(name, there)
	}
	text, err := os.ReadFile(filepath.Join(root, "refused", "none.csv.txt"))
	if err != nil || !strings.Contains(string(text), "not zero events") {
		t.Errorf("%s %v", text, err)
	}
	text, err = os.ReadFile(filepath.Join(root, "refused", "week's plan.csv.txt"))
	if err != nil || !strings.Contains(string(text), `truce import --propose 'week'\''s plan.csv' > map.yaml`) || !strings.Contains(string(text), "/triage") {
		t.Errorf("a table with columns of its own: %s %v", text, err)
	}
	if n := b.kinds()["dataset@1"]; n != 2 {
		t.Errorf("%d datasets", n)
	}
	// As a killed process leaves it: recorded, and not moved. And the same again.
	if err := os.Rename(filepath.Join(root, "done", "a.csv"), filepath.Join(root, "a.csv")); err != nil {
		t.Fatal(err)
	}
	b.close()
	b = open(t, dir, c)
	defer b.close()
	scan()
	is("done/a.csv", true)
	if n := b.kinds()["dataset@1"]; n != 2 {
		t.Errorf("%d datasets after the restart", n)
	}
}

func koboBody(id, replaces string, more map[string]any) []byte {
	m := map[string]any{"_id": 7, "_uuid": id, "meta/instanceID": "uuid:" + id, "what/act": "attack.strike", "what/target": "energy", "time_start": "2025-03-20T20:20:00.000+02:00", "place": "51.1 35.2 0 12", "username": "monitor_7", "_submission_time": "2025-03-20T20:30:00"}
	if replaces != "" {
		m["meta/deprecatedID"], m["meta/rootUuid"] = "uuid:"+replaces, "uuid:k-1"
	}
	maps.Copy(m, more)
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

func status(err error) int {
	var h *HookError
	if errors.As(err, &h) {
		return h.Status
	}
	return 0
}

// TestF19Kobo: a submission, the same again, its edits in any order.
func TestF19Kobo(t *testing.T) {
	dir := t.TempDir()
	c := Config{Hooks: []Hook{{Name: "kobo-north", As: "kobo", Token: "text:geheim"}}}
	b := open(t, dir, c)
	h := http.Header{"X-Truce-Token": {"geheim"}}
	send := func(body []byte) Received {
		t.Helper()
		r, err := b.Receive(t.Context(), "kobo-north", h, body)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, x := range []struct {
		hook   string
		h      http.Header
		body   []byte
		status int
	}{
		{"kobo-south", h, koboBody("k-1", "", nil), 404}, {"kobo-north", http.Header{}, koboBody("k-1", "", nil), 401}, {"kobo-north", http.Header{"X-Truce-Token": {"geheim2"}}, koboBody("k-1", "", nil), 401},
		{"kobo-north", h, []byte("[]"), 422}, {"kobo-north", h, []byte(`{"a":`), 422}, {"kobo-north", h, koboBody("k-1", "", map[string]any{"what/act": "nonsense"}), 422},
	} {
		if _, err := b.Receive(t.Context(), x.hook, x.h, x.body); status(err) != x.status {
			t.Errorf("%s %s: %v, expected %d", x.hook, x.body, err, x.status)
		}
	}
	one := send(koboBody("k-1", "", nil))
	if one.Kind != "report@1" || one.Replay {
		t.Errorf("%+v", one)
	}
	if again := send(koboBody("k-1", "", nil)); !again.Replay || again.Entry != one.Entry || again.Receipt != one.Receipt {
		t.Errorf("sent again: %+v", again)
	}
	two := send(koboBody("k-2", "k-1", map[string]any{"what/act": "attack.strike.drone"}))
	if two.Kind != "correction@1" {
		t.Errorf("an edit: %+v", two)
	}
	b.close()
	b = open(t, dir, c)
	three := send(koboBody("k-3", "k-2", map[string]any{"what/target": nil, "what/killed": "2"}))
	if three.Kind != "correction@1" {
		t.Errorf("an edit of an edit: %+v", three)
	}
	for _, old := range []struct {
		body []byte
		want string
	}{{koboBody("k-1", "", nil), one.Entry}, {koboBody("k-2", "k-1", map[string]any{"what/act": "attack.strike.drone"}), two.Entry}, {koboBody("k-3", "k-2", map[string]any{"what/target": nil, "what/killed": "2"}), three.Entry}} {
		if r := send(old.body); !r.Replay || r.Entry != old.want {
			t.Errorf("an earlier version sent again: %+v", r)
		}
	}
	// An edit that overtakes what it edits.
	edit := send(koboBody("q-2", "q-1", map[string]any{"meta/rootUuid": "uuid:q-1"}))
	if late := send(koboBody("q-1", "", map[string]any{"what/act": "jam"})); !late.Replay || late.Entry != edit.Entry {
		t.Errorf("the first version, late: %+v", late)
	}
	if n := b.kinds(); n["report@1"] != 2 || n["correction@1"] != 2 {
		t.Errorf("entries: %v", n)
	}
	// What the correction takes back is stated as unknown; who sent it is nowhere.
	var facts struct {
		Facts   map[string]string
		Account string
	}
	i, _ := b.o.Log.Find(three.Entry)
	p, err := b.o.Log.Reader().Payload(i)
	if err != nil || json.Unmarshal(p.Bytes, &facts) != nil {
		t.Fatal(err)
	}
	if v, ok := facts.Facts["target"]; !ok || v != "" || facts.Facts["killed"] != "2" || facts.Account != "hook:kobo-north" || strings.Contains(string(p.Bytes), "monitor_7") {
		t.Errorf("%s", p.Bytes)
	}
	e, err := b.o.Log.Reader().Entry(i)
	if err != nil || e.Envelope.Refs[0] != (record.Ref{Relation: record.Supersedes, ID: one.Entry}) {
		t.Errorf("it corrects %v, %v", e.Envelope.Refs, err)
	}
	b.close()
	db, err := os.ReadFile(filepath.Join(dir, "jobs.db"))
	if err != nil || strings.Contains(string(db), "attack.strike") || strings.Contains(string(db), "k-1") {
		t.Error("words of submissions are in the queue's file")
	}
}

// TestF19SignedHook: signatures of both forms, and what is not signed so.
func TestF19SignedHook(t *testing.T) {
	b := open(t, t.TempDir(), Config{Hooks: []Hook{{Name: "camera", As: "json", Secret: "text:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID: "event.id",
		Map: map[string]string{"time_start": "event.from", "time_end": "event.to", "lat": "event.at.0", "lon": "event.at.1", "act": "=attack.strike", "target": "event.what", "precision_m": "event.within"}}}})
	defer b.close()
	body := []byte(`{"event":{"id":17,"from":"2025-03-20T20:20Z","to":"2025-03-20T20:30Z","at":[51.1,35.2],"within":300,"what":"energy","note":"x"}}`)
	key, err := StandardKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprint(b.Inbox.o.Now().Unix())
	signed := func(at string, body []byte) http.Header {
		h := http.Header{}
		h.Set("webhook-id", "msg_1")
		h.Set("webhook-timestamp", at)
		h.Set("webhook-signature", "v1a,xyz v1,"+b64(mac(key, []byte("msg_1."+at+"."), body)))
		return h
	}
	r, err := b.Receive(t.Context(), "camera", signed(at, body), body)
	if err != nil || r.Kind != "report@1" {
		t.Fatalf("%+v %v", r, err)
	}
	if again, err := b.Receive(t.Context(), "camera", signed(at, body), body); err != nil || !again.Replay || again.Entry != r.Entry {
		t.Errorf("%+v %v", again, err)
	}
	other := []byte(strings.Replace(string(body), "energy", "civilian", 1))
	old := fmt.Sprint(b.Inbox.o.Now().Add(-time.Hour).Unix())
	hub := http.Header{"X-Hub-Signature-256": {"sha256=" + fmt.Sprintf("%x", mac([]byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), other))}}
	for _, x := range []struct {
		h      http.Header
		body   []byte
		status int
	}{{signed(at, body), other, 401}, {signed(old, body), body, 401}, {http.Header{}, body, 401}, {http.Header{"X-Hub-Signature-256": {"sha256=00"}}, body, 401}, {hub, body, 401}} {
		if _, err := b.Receive(t.Context(), "camera", x.h, x.body); status(err) != x.status {
			t.Errorf("%v: %v, expected %d", x.h, err, x.status)
		}
	}
	// The same event with other content is a correction; back again is another.
	for _, body := range [][]byte{other, body} {
		if r, err := b.Receive(t.Context(), "camera", signed(at, body), body); err != nil || r.Kind != "correction@1" {
			t.Errorf("%+v %v", r, err)
		}
	}
	for _, bad := range []string{`{"event":{"id":"","what":"energy"}}`, `{"event":{"what":"energy"}}`, `{"event":{"id":{"a":1}}}`, `{"event":{"id":1}} {}`, `{"event":{"id":1,"at":[91,200],"what":"energy"}}`, `nonsense`} {
		if _, err := b.Receive(t.Context(), "camera", signed(at, []byte(bad)), []byte(bad)); status(err) != 422 {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// FuzzMessages: whatever is sent, it is read or refused.
func FuzzMessages(f *testing.F) {
	f.Add(koboBody("k-1", "k-0", nil))
	f.Add([]byte(`{"event":{"id":17,"at":[1,2]}}`))
	k := &Hook{ID: "event.id", Map: map[string]string{"lat": "event.at.0", "act": "event.what"}}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := koboMessage(b); (m == nil) == (err == nil) {
			t.Error("neither a message nor an error")
		}
		if m, err := jsonMessage(k, b); (m == nil) == (err == nil) {
			t.Error("neither a message nor an error")
		}
	})
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
