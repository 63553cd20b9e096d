package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// openWords are parameters whose words are not of a closed set: any may be asked
// for, and one that is nowhere is answered with nothing.
var openWords = []string{"actor", "owner", "controller", "account", "about", "q", "case", "party"}

// pageWords are what a page of the console keeps in its address beside the question:
// a file of the same address leaves them aside, or says 404 where it would be them.
var pageWords = []string{"figure", "issued", "annex", "graphic", "text"}

// TestNothingIsIgnored: every question of the API, as /openapi.json lists them, refuses
// a parameter that it does not have and a word that cannot be one.
func TestNothingIsIgnored(t *testing.T) {
	w := newWorld(t, nil)
	_, text := w.do("GET", "/openapi.json", "anna", "", nil, nil)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for path, methods := range doc.Paths {
		get, ok := methods["get"]
		if !ok || path == "/api/events" {
			continue
		}
		for _, x := range []string{"{id}", "{z}", "{x}", "{y}", "{n}", "{name}"} {
			path = strings.ReplaceAll(path, x, "1")
		}
		refused := func(q, why string) {
			t.Helper()
			asked++
			res, got := w.do("GET", path+"?"+q, "anna", "", nil, nil)
			if res.StatusCode != 422 && res.StatusCode != 400 || !strings.Contains(got, "query.") {
				t.Errorf("%s: GET %s?%s: %d %.200s", why, path, q, res.StatusCode, got)
			}
		}
		refused("no-such-parameter=1", "a parameter that there is not")
		for _, p := range get.Parameters {
			if p.In == "query" && !slices.Contains(openWords, p.Name) && !slices.Contains(pageWords, p.Name) && !strings.Contains(path, "/1") {
				refused(url.QueryEscape(p.Name)+"=no%7Esuch%7Eword", "a word that cannot be one")
			}
		}
	}
	if asked < 100 {
		t.Errorf("%d questions: too little was asked", asked)
	}
}
