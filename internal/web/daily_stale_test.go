package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dailyPlace is the part of an answer that the test looks at.
type dailyPlace struct {
	AsOf    int64 `json:"as_of_size"`
	Newer   int64 `json:"newer_entries"`
	Working bool
	Vector  map[string]int64
	Report  *struct {
		Figures []struct {
			ID        string
			Low, High float64
		}
	}
	May struct{ For []string }
}

func (w *world) dailyOf(account, query string) (p dailyPlace, body string) {
	w.t.Helper()
	res, body := w.do("GET", "/api/daily?date=2025-03-20&zone=UTC&cutoff=23:59&"+query, account, "", nil, nil)
	if err := json.Unmarshal([]byte(body), &p); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("%s as %s: %d %.300s: %v", query, account, res.StatusCode, body, err)
	}
	return p, body
}

// counted asks with stale until nothing is being counted.
func (w *world) counted(account, query string) (p dailyPlace, body string) {
	w.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if p, body = w.dailyOf(account, query+"&stale=true"); !p.Working {
			return p, body
		}
		if time.Since(began) > 20*time.Second {
			w.t.Fatal("it is counted for ever")
		}
	}
}

func (w *world) report(id int, marking, text string) {
	w.t.Helper()
	body := fmt.Sprintf(`{"id":%q,"marking":%q,"row":{"time_start":"2025-03-20T12:0%dZ","act":"attack.strike","outcome":"impact","actor":"RU","text":%q,"level":"reported"}}`, ulid(id), marking, id%10, text)
	if res, said := w.do("POST", "/api/reports", "anna", "application/json", []byte(body), nil); res.StatusCode != http.StatusCreated {
		w.t.Fatal(said)
	}
	w.follow()
}

// TestStaleDailySaysSo: with stale the page is answered at once: first with nothing, then
// with the report that was made last, of its own size, and in the end with what is
// answered without. What is taken away or issued is of the newest entry, always.
func TestStaleDailySaysSo(t *testing.T) {
	w := newWorld(t, nil)
	w.report(1, "public", "a first strike")
	first, body := w.dailyOf("anna", "for=mission&stale=true")
	if !first.Working || first.Report != nil || first.AsOf != 0 || len(first.Vector) != 0 || strings.Contains(body, "a first strike") || len(first.May.For) != 3 {
		t.Errorf("before anything was counted: %.400s", body)
	}
	was, before := w.counted("anna", "for=mission")
	if was.Report == nil || was.AsOf != w.views.Size() || was.Newer != 0 || was.Vector["example.org/north"] != was.AsOf {
		t.Fatalf("counted: %.400s", before)
	}
	file := func(ending, more string) (int, string) {
		res, b := w.do("GET", "/api/daily."+ending+"?date=2025-03-20&zone=UTC&cutoff=23:59&for=mission"+more, "anna", "", nil, nil)
		return res.StatusCode, b
	}
	if p, body := w.dailyOf("anna", fmt.Sprintf("for=mission&stale=true&had=%d", was.AsOf)); p.Report != nil || p.AsOf != was.AsOf || p.Working || len(body) > 1000 {
		t.Errorf("what is there already: %.400s", body)
	}
	_, table := file("csv", "")
	// Two come in quickly, and nobody asks in between.
	w.report(2, "public", "a second strike")
	w.report(3, "public", "a third strike")
	old, oldBody := w.dailyOf("anna", "for=mission&stale=true")
	if !old.Working || old.AsOf != was.AsOf || old.Newer != w.views.Size()-was.AsOf || old.Newer < 2 || strings.Contains(oldBody, "a third strike") {
		t.Errorf("of before: as of %d, %d newer, working %v; it was as of %d", old.AsOf, old.Newer, old.Working, was.AsOf)
	}
	// Two more, asked for after each: whatever is answered says of what it is.
	for i, more := range []string{"a fourth strike", "a fifth strike"} {
		w.report(4+i, "public", more)
		if p, _ := w.dailyOf("anna", "for=mission&stale=true"); p.AsOf+p.Newer != w.views.Size() || p.Working != (p.Newer > 0) || p.Vector["example.org/north"] != p.AsOf {
			t.Errorf("as of %d, %d newer, working %v, of %d", p.AsOf, p.Newer, p.Working, w.views.Size())
		}
	}
	// Without stale, and in files, it is the newest; a map of what is shown is of that.
	w.report(6, "public", "a sixth strike")
	fresh, freshBody := w.dailyOf("anna", "for=mission")
	if fresh.AsOf != w.views.Size() || fresh.Newer != 0 || fresh.Working || !strings.Contains(freshBody, "a sixth strike") {
		t.Errorf("without stale: as of %d of %d, %d newer", fresh.AsOf, w.views.Size(), fresh.Newer)
	}
	w.report(7, "public", "a seventh strike")
	if status, now := file("html", ""); status != http.StatusOK || !strings.Contains(now, "a seventh strike") {
		t.Errorf("a file right after an entry: %d, %d bytes, not the newest", status, len(now))
	}
	if status, now := file("csv", fmt.Sprintf("&as_of_size=%d", fresh.AsOf)); status != http.StatusOK || now == table {
		t.Errorf("a file of what was shown before: %d", status)
	}
	if status, said := file("csv", fmt.Sprintf("&as_of_size=%d", was.AsOf-1)); status != http.StatusGone || !strings.Contains(said, "not kept") {
		t.Errorf("a file of what was never made: %d %s", status, said)
	}
	// Issued is what is true now, or nothing.
	figures := map[string]string{}
	for _, f := range old.Report.Figures {
		if f.Low == f.High && f.Low > 0 {
			figures[f.ID] = fmt.Sprint(f.Low)
		}
	}
	if len(figures) == 0 {
		t.Fatal("no figure counts the first strike")
	}
	in, err := json.Marshal(IssueIn{ID: ulid(90), Report: DailyQuery{Date: "2025-03-20", Zone: "UTC", Cutoff: "23:59", For: "mission"}, Reason: "the morning's report", Figures: figures})
	if err != nil {
		t.Fatal(err)
	}
	if res, said := w.do("POST", "/api/daily/issue", "anna", "application/json", in, nil); res.StatusCode != http.StatusConflict || !strings.Contains(said, "numbers have changed") {
		t.Errorf("issued with numbers of before: %d %s", res.StatusCode, said)
	}
	now, nowBody := w.counted("anna", "for=mission")
	same, sameBody := w.dailyOf("anna", "for=mission")
	if now.AsOf != w.views.Size() || same.AsOf != now.AsOf || nowBody != sameBody {
		t.Errorf("counted beside, as of %d: %d bytes; at once, as of %d: %d bytes", now.AsOf, len(nowBody), same.AsOf, len(sameBody))
	}
}

// TestStaleDailyIsForItsReaders: what was counted for some is never shown to others, and
// nothing that was erased since is shown to anybody.
func TestStaleDailyIsForItsReaders(t *testing.T) {
	w := newWorld(t, nil)
	w.report(1, "public", "words for everybody")
	w.report(2, "mission", "words for the mission")
	if _, body := w.counted("anna", "for=mission"); !strings.Contains(body, "words for everybody") || !strings.Contains(body, "words for the mission") {
		t.Fatalf("for the mission: %.600s", body)
	}
	for account, want := range map[string]int{"": http.StatusUnauthorized, "desk": http.StatusForbidden, "idle": http.StatusForbidden} {
		res, body := w.do("GET", "/api/daily?date=2025-03-20&zone=UTC&cutoff=23:59&for=mission&stale=true", account, "", nil, nil)
		if res.StatusCode != want || strings.Contains(body, "words for") {
			t.Errorf("the mission's report for %q: %d %.300s", account, res.StatusCode, body)
		}
		res, body = w.do("GET", fmt.Sprintf("/api/daily.html?date=2025-03-20&zone=UTC&cutoff=23:59&for=mission&as_of_size=%d", w.views.Size()), account, "", nil, nil)
		if res.StatusCode != want || strings.Contains(body, "words for") {
			t.Errorf("a file of the mission's report for %q: %d %.300s", account, res.StatusCode, body)
		}
	}
	if p, body := w.dailyOf("", "stale=true"); p.Report != nil || strings.Contains(body, "words for") {
		t.Errorf("the public is given what was counted for others: %.300s", body)
	}
	if p, body := w.counted("", ""); p.Report == nil || strings.Contains(body, "words for the mission") {
		t.Errorf("for the public: %.300s", body)
	}
	res, body := w.do("POST", "/api/entries", "chair", "application/json", fmt.Appendf(nil, `{"id":%q,"kind":"erasure@1","refs":[{"relation":"erases","id":%q}],"payload":{"reason":"consent withdrawn"}}`, ulid(3), ulid(1)), nil)
	if res.StatusCode != http.StatusCreated {
		t.Fatal(body)
	}
	if p, body := w.dailyOf("anna", "for=mission&stale=true"); p.Report != nil || strings.Contains(body, "words for everybody") {
		t.Errorf("right after the erasure: %.300s", body)
	}
	w.follow()
	for _, q := range []string{"for=mission&stale=true", "for=parties&stale=true", "stale=true"} {
		if _, body := w.dailyOf("anna", q); strings.Contains(body, "words for everybody") {
			t.Errorf("%s, once the views know of the erasure: %.300s", q, body)
		}
	}
	if p, body := w.counted("anna", "for=mission"); p.AsOf != w.views.Size() || strings.Contains(body, "words for everybody") || !strings.Contains(body, "words for the mission") {
		t.Errorf("counted after the erasure: %.300s", body)
	}
}

// TestBesideKeepsWhatItSays: what is made twice goes forward only; what fails is told
// and tried again; what was begun before all was forgotten is not kept.
func TestBesideKeepsWhatItSays(t *testing.T) {
	b := &beside[*plan]{}
	at := func(made, size int64) *plan { return &plan{made: made, size: size} }
	b.put("a", at(1, 7))
	b.put("a", at(1, 5))
	if _, ok := b.find("a", 1, func(p *plan) bool { return p.size == 5 }); ok {
		t.Error("an older one took the place of a newer")
	}
	b.put("a", at(1, 9))
	for size, want := range map[int64]bool{7: true, 9: true, 8: false} {
		if _, ok := b.find("a", 1, func(p *plan) bool { return p.size == size }); ok != want {
			t.Errorf("that of %d is kept: %v", size, ok)
		}
	}
	gate, done := make(chan bool), make(chan error, 9)
	q := &question[*plan]{key: "b", views: 1, fits: func(p *plan) bool { return p.size == 9 }, failed: func(err error) { done <- err }}
	q.make = func() (*plan, error) { <-gate; return at(1, 9), nil }
	if x, working, err := b.last(q); x != nil || !working || err != nil {
		t.Error("at first:", x, working, err)
	}
	b.forget()
	gate <- true
	settled := func() {
		for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(time.Millisecond) {
			b.mu.Lock()
			n := len(b.working)
			b.mu.Unlock()
			if n == 0 {
				return
			}
		}
		t.Fatal("it is worked for ever")
	}
	settled()
	if _, ok := b.find("b", 1, func(*plan) bool { return true }); ok {
		t.Error("what was begun before all was forgotten is kept")
	}
	q.make = func() (*plan, error) { panic("no such thing") }
	b.last(q)
	settled()
	if _, working, err := b.last(q); working || err == nil || !strings.Contains(err.Error(), "failed at this question") {
		t.Error("after a failure:", working, err)
	}
	if err := <-done; !strings.Contains(err.Error(), "no such thing") {
		t.Error("who keeps the server is told:", err)
	}
	b.mu.Lock()
	b.kept["b"].failed = time.Now().Add(-besideFailed)
	b.mu.Unlock()
	q.make = func() (*plan, error) { return at(1, 9), nil }
	b.last(q)
	settled()
	if x, working, err := b.last(q); x == nil || working || err != nil {
		t.Error("tried again:", x, working, err)
	}
	// Those who have not signed in leave room for the others.
	block := make(chan bool)
	for i := range 2 * besideWorking {
		b.last(&question[*plan]{key: fmt.Sprint("s", i), views: 1, stranger: true, fits: q.fits, failed: q.failed, make: func() (*plan, error) { <-block; return at(1, 9), nil }})
	}
	b.last(&question[*plan]{key: "mine", views: 1, fits: q.fits, failed: q.failed, make: q.make})
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		if _, ok := b.find("mine", 1, q.fits); ok {
			break
		}
		if time.Since(began) > 5*time.Second {
			t.Fatal("strangers keep the others waiting")
		}
	}
	close(block)
	settled()
	b.of(2)
	if len(b.kept) != 0 {
		t.Error("what is of other views is kept")
	}
}
