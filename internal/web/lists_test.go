package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/truce-project/truce/record"
)

// TestWhole: a list that is short comes whole where that is asked for, a longer one
// in pieces.
func TestWhole(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 5 {
		if res, body := w.do("POST", "/api/reports", "anna", "application/json", reportBody(i), nil); res.StatusCode != 201 {
			t.Fatal(body)
		}
	}
	w.follow()
	list := func(query string) (n int, next string) {
		t.Helper()
		res, body := w.do("GET", "/api/incidents?"+query, "anna", "", nil, nil)
		var l struct {
			Items []any
			Next  string
		}
		if err := json.Unmarshal([]byte(body), &l); err != nil || res.StatusCode != 200 {
			t.Fatal(res.StatusCode, body)
		}
		return len(l.Items), l.Next
	}
	all, _ := list("limit=1000")
	if n, next := list(fmt.Sprintf("limit=2&whole=%d", all)); n != all || next != "" {
		t.Errorf("of %d that are asked for whole %d came, and more (%q)", all, n, next)
	}
	n, next := list(fmt.Sprintf("limit=2&whole=%d", all-1))
	if n != 2 || next == "" {
		t.Errorf("of %d, more than the %d to come whole, %d came (%q), expected 2", all, all-1, n, next)
	}
	if n, _ := list(fmt.Sprintf("limit=2&whole=%d&cursor=%s", all, next)); n != 2 {
		t.Errorf("the second page has %d, expected 2", n)
	}
}

// TestAbout: the entries that refer to one, found by their references, are those that
// a look at every entry finds.
func TestAbout(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 5 {
		if res, body := w.do("POST", "/api/reports", "anna", "application/json", reportBody(i), nil); res.StatusCode != 201 {
			t.Fatal(body)
		}
	}
	w.follow()
	type doc struct {
		ID   string
		Refs []struct{ ID string }
	}
	list := func(query string) (out []doc) {
		t.Helper()
		res, body := w.do("GET", "/api/entries?limit=1000"+query, "anna", "", nil, nil)
		var l struct{ Items []doc }
		if err := json.Unmarshal([]byte(body), &l); err != nil || res.StatusCode != 200 {
			t.Fatal(res.StatusCode, body)
		}
		return l.Items
	}
	first := list("")[0].ID
	for i, kind := range []string{"claim@1", "incident@1"} {
		payload := map[string]any{"claim@1": map[string]any{"says": "It was not us.", "by": "RU"}, "incident@1": map[string]any{"title": "fire", "reason": "seen"}}[kind]
		b, _ := json.Marshal(map[string]any{"id": record.NewID(time.UnixMilli(1_742_860_900_000), [10]byte{byte(i), 6}), "kind": kind, "refs": []any{map[string]string{"relation": "about", "id": first}}, "payload": payload})
		if res, body := w.do("POST", "/api/entries", "anna", "application/json", b, nil); res.StatusCode != 201 {
			t.Fatal(body)
		}
	}
	w.follow()
	found := 0
	for _, x := range list("") {
		var want, got []string
		for _, d := range list("") {
			if slices.ContainsFunc(d.Refs, func(r struct{ ID string }) bool { return r.ID == x.ID }) {
				want = append(want, d.ID)
			}
		}
		for _, d := range list("&about=" + x.ID) {
			got = append(got, d.ID)
		}
		if found += len(want); !slices.Equal(want, got) {
			t.Errorf("about %s: %v, expected %v", x.ID, got, want)
		}
	}
	if found < 2 {
		t.Fatalf("%d references: the test tests nothing", found)
	}
}
