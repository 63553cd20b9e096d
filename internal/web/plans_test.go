package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// tasksOf asks for the ranking.
func (w *world) tasksOf(query string) TaskList {
	w.t.Helper()
	res, body := w.do("GET", "/api/tasks?now=2025-03-21T05:00Z&"+query, "anna", "", nil, nil)
	var l TaskList
	if err := json.Unmarshal([]byte(body), &l); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("%d %s: %v", res.StatusCode, body, err)
	}
	return l
}

// settled asks with stale until nothing is being worked out.
func (w *world) settled() TaskList {
	w.t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if l := w.tasksOf("stale=true"); !l.Working {
			return l
		}
		if time.Since(began) > 20*time.Second {
			w.t.Fatal("it is worked out for ever")
		}
	}
}

// TestStalePlanSaysSo: with stale the first answer is empty and says that it is
// being worked out; a later one is that of an earlier size, and says of which; in
// the end it is what is answered without.
func TestStalePlanSaysSo(t *testing.T) {
	w := newWorld(t, nil)
	w.begins(t, "testdata/watch.txt", "\n# without means") // the reports and the text of the conversation about tasks
	first := w.tasksOf("stale=true")
	if !first.Working || len(first.Items) != 0 || first.At != "" {
		t.Errorf("before anything was worked out: %+v", first)
	}
	was := w.settled()
	if len(was.Items) == 0 || was.Items[0].State != "open" {
		t.Fatalf("nothing to find out: %+v", was)
	}
	// A task that is dropped stands so at once, though the ranking is of before.
	if res, body := w.do("POST", "/api/entries", "anna", "application/json", []byte(`{"id":"01JQ6Z3V9K0000000000000001","kind":"task@1","refs":[],"payload":{"task":"`+was.Items[0].ID+`","state":"dropped","reason":"nobody can go there"}}`), nil); res.StatusCode != http.StatusCreated {
		t.Fatal(body)
	}
	w.follow()
	l := w.tasksOf("stale=true")
	if size := l.Newest["example.org/north"]; !l.Working || l.Vector["example.org/north"] >= size || l.Items[0].State != "dropped" {
		t.Errorf("of before: %+v", l)
	}
	now, fresh := w.settled(), w.tasksOf("")
	if a, b := jsonOf(t, now.Items), jsonOf(t, fresh.Items); a != b || now.Vector["example.org/north"] != fresh.Vector["example.org/north"] {
		t.Errorf("worked out beside: %s\nworked out at once: %s", a, b)
	}
	// The public is given nothing that was worked out for others.
	_, atOnce := w.do("GET", "/api/tasks?now=2025-03-21T05:00Z", "", "", nil, nil)
	_, beside := w.do("GET", "/api/tasks?stale=true&now=2025-03-21T05:00Z", "", "", nil, nil)
	if id := was.Items[0].ID; strings.Contains(atOnce, id) || strings.Contains(beside, id) || strings.Contains(beside, "nobody can go there") {
		t.Errorf("without an account: %s\n%s", atOnce, beside)
	}
}

// TestPlansAreKeptForEach: who asks is part of what is kept, the time is not.
func TestPlansAreKeptForEach(t *testing.T) {
	q := &taskQuery{Accept: "reported", Now: "2025-03-22T00:00Z", Limit: 5}
	other := *q
	other.Now, other.Limit, other.Stale = "2025-03-23T00:00Z", 9, true
	anna := Who{Account: "anna", Role: "duty-officer"}
	if planKey(anna, q) != planKey(anna, &other) {
		t.Error("the time is part of the key")
	}
	other.Accept = "verified"
	for _, k := range []string{planKey(anna, &other), planKey(Who{Account: "anna", Role: "delegate", Party: "UA"}, q), planKey(Who{}, q), planKey(Who{Account: "anna", Role: "duty-officer", Scopes: []string{"read:report"}}, q)} {
		if k == planKey(anna, q) {
			t.Errorf("%s is shared", k)
		}
	}
	p := &beside[*plan]{}
	for i := range 3 * besideKept {
		p.put(strings.Repeat("x", i), &plan{})
	}
	if len(p.kept) != besideKept || len(p.order) != besideKept {
		t.Errorf("%d plans are kept", len(p.kept))
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
