package web

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestStaleCoverageSaysSo: with stale coverage is answered at once, with its own size, and
// in the end with what is answered without; what was worked out for one is not another's.
func TestStaleCoverageSaysSo(t *testing.T) {
	w := newWorld(t, nil)
	w.begins(t, "testdata/watch.txt", "\n# where it stands is an entry")
	ask := func(account, more string) (l CoverageList, status int) {
		t.Helper()
		res, body := w.do("GET", "/api/coverage?from=2025-03-19&to=2025-03-22"+more, account, "", nil, nil)
		if err := json.Unmarshal([]byte(body), &l); err != nil {
			t.Fatal(body)
		}
		return l, res.StatusCode
	}
	if l, _ := ask("anna", "&stale=true"); !l.Working || len(l.Vector) != 0 || len(l.Posts) != 0 {
		t.Errorf("before anything was worked out: %+v", l)
	}
	settle := func() (l CoverageList) {
		t.Helper()
		for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
			if l, _ = ask("anna", "&stale=true"); !l.Working {
				return l
			}
			if time.Since(began) > 20*time.Second {
				t.Fatal("it is worked out for ever")
			}
		}
	}
	was := settle()
	fresh, status := ask("anna", "")
	if status != http.StatusOK || len(fresh.Posts) == 0 || jsonOf(t, was) != jsonOf(t, fresh) {
		t.Errorf("worked out beside: %s\nat once: %s", jsonOf(t, was), jsonOf(t, fresh))
	}
	w.report(1, "public", "one more")
	if l, _ := ask("anna", "&stale=true"); !l.Working || l.Vector["example.org/north"] != was.Vector["example.org/north"] {
		t.Errorf("of before: working %v, %v", l.Working, l.Vector)
	}
	if l := settle(); l.Vector["example.org/north"] != w.views.Size() {
		t.Errorf("in the end: %v", l.Vector)
	}
	_, at := ask("desk", "")
	if l, _ := ask("desk", "&stale=true"); len(l.Posts) != 0 && at != http.StatusOK {
		t.Errorf("given to who may not read it: %+v", l)
	}
}
