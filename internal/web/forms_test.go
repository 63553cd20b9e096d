package web

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestForms: a form is handed in, answered, replaced by a later version; reports stay
// under the version they were made by; answers are seen, filtered by and exported.
func TestForms(t *testing.T) {
	w := newWorld(t, nil)
	list := func(account string) (l FormList) {
		t.Helper()
		_, text := w.do("GET", "/api/forms", account, "", nil, nil)
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err, text)
		}
		return l
	}
	if l := list("anna"); len(l.Items) != 2 || l.Items[0].Ref != "access@1" || !l.Items[1].Newest {
		t.Fatalf("%+v", l)
	}
	post := func(path, account, body string, want int, says ...string) {
		t.Helper()
		r, text := w.do("POST", path, account, "application/json", []byte(body), nil)
		if r.StatusCode != want {
			t.Fatalf("%s: %d, expected %d: %s", body, r.StatusCode, want, text)
		}
		for _, s := range says {
			if !strings.Contains(text, s) {
				t.Errorf("no %q in %s", s, text)
			}
		}
		w.follow()
	}
	road := func(id string, version string, words string) string {
		return `{"id":"` + id + `","kind":"form@1","payload":{"id":"road","version":` + version + `,"title":{"en":"Road"},"fields":[
			{"id":"when","type":"time","required":true,"to":"time_start","label":{"en":"When?"}},
			{"id":"state","type":"choice","label":{"en":"The road is"},"words":[` + words + `]},
			{"id":"depth","type":"number","label":{"en":"Depth of the crater"}},
			{"id":"name","type":"text","marking":"restricted","label":{"en":"Who said so?"}}]}}`
	}
	open, blocked := `{"id":"open","label":{"en":"open"}}`, `{"id":"blocked","label":{"en":"blocked"}}`
	post("/api/entries", "desk", road("01JPV9Z8M0000000000000000A", "1", open), 403)
	post("/api/entries", "anna", road("01JPV9Z8M0000000000000000A", "1", `{"id":"Open","label":{}}`), 422, "payload.fields[1].words[0].id", "words[0].label")
	post("/api/entries", "anna", road("01JPV9Z8M0000000000000000A", "1", open), 201)
	post("/api/entries", "anna", road("01JPV9Z8M0000000000000000A", "1", open), 200)
	post("/api/entries", "anna", road("01JPV9Z8M0000000000000000B", "1", blocked), 422, "a version is never changed: expected 2")
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000C","form":"road@1","fields":{"when":"2025-03-20T14:30:00+02:00","state":"blocked","deepth":2}}`, 422, "body.fields.state", "expected open", "the nearest is depth")
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000C","form":"road@1","row":{"act":"obstruct.access"},"fields":{"when":"2025-03-20T14:30:00+02:00","state":"open","depth":1.5}}`, 201)
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000D","form":"road@7","fields":{}}`, 422, "there is no such form", "road@1")
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000D","fields":{"state":"open"}}`, 422, "answers without a form")
	post("/api/entries", "anna", road("01JPV9Z8M0000000000000000E", "2", open+","+blocked), 201)
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000F","form":"road@1","fields":{"when":"2025-03-20T14:30:00+02:00","state":"open"}}`, 422, "a later version")
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000F","form":"road@2","fields":{"when":"2025-03-21T14:30:00+02:00","state":"blocked"}}`, 201)
	post("/api/reports", "anna", `{"id":"01JPV9Z8M0000000000000000G","form":"road@2","fields":{"when":"2025-03-21T14:30:00+02:00","state":"blocked","name":"a child"}}`, 201)
	if l := list("anna"); !slices.ContainsFunc(l.Items, func(x FormItem) bool { return x.Ref == "road@1" && !x.Newest }) || !slices.ContainsFunc(l.Items, func(x FormItem) bool { return x.Ref == "road@2" && x.Newest }) {
		t.Errorf("%+v", l)
	}
	// sent again after a later version came: the same receipt
	post("/api/reports", "patrol", `{"id":"01JPV9Z8M0000000000000000C","form":"road@1","row":{"act":"obstruct.access"},"fields":{"when":"2025-03-20T14:30:00+02:00","state":"open","depth":1.5}}`, 200)
	if got := w.listed("reader", "field=road.state%3Dopen"); len(got) != 1 || got["01JPV9Z8M0000000000000000C"].Fields["road.depth"] != "1.5" {
		t.Errorf("%+v", got)
	}
	// the restricted answer closes its report: nobody without the right sees or counts it
	if got := w.listed("reader", "field=road.state%3Dblocked"); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	_, text := w.do("GET", "/api/incidents.csv", "reader", "", nil, nil)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !slices.Contains(rows[0], "road.state") || !slices.Contains(rows[0], "road.depth") || slices.Contains(rows[0], "road.name") {
		t.Errorf("%v %v", err, rows[0])
	}
	_, text = w.do("GET", "/api/reports?about=&limit=10", "reader", "", nil, nil)
	if !strings.Contains(text, `"form":"road@1"`) || strings.Contains(text, "a child") {
		t.Error(text)
	}
}
