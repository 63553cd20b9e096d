package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/people"
)

// TestF19ReplayOverHTTP: the same submission by many at once, and again by a server
// that was started anew a month later, is one entry with one receipt; the same id
// with anything else, or by somebody else, is refused.
func TestF19ReplayOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	body := []byte(`{"id":"01JPV9Z8M0000000000000000A","row":{"act":"attack.strike.drone","text":"once"}}`)
	before := w.log.Size()
	receipts := make([]string, 24)
	var wg sync.WaitGroup
	for i := range receipts {
		wg.Go(func() {
			res, got := w.do("POST", "/api/reports", "anna", "application/json", body, nil)
			if res.StatusCode != 200 && res.StatusCode != 201 {
				t.Errorf("%d %s", res.StatusCode, got)
			}
			var a Accepted
			if err := json.Unmarshal([]byte(got), &a); err != nil {
				t.Error(err)
			}
			receipts[i] = a.Leaf + a.Receipt
		})
	}
	wg.Wait()
	w.follow()
	if slices.Sort(receipts); receipts[0] != receipts[len(receipts)-1] || w.log.Size() != before+1 {
		t.Errorf("%d entries, receipts %q", w.log.Size()-before, slices.Compact(receipts))
	}
	o := w.web.o
	o.Now = func() time.Time { return time.Now().AddDate(0, 1, 0) }
	later := httptest.NewServer(New(o).Handler())
	defer later.Close()
	w.http = later
	res, got := w.do("POST", "/api/reports", "anna", "application/json", body, nil)
	var a Accepted
	if err := json.Unmarshal([]byte(got), &a); err != nil || res.StatusCode != 200 || a.Leaf+a.Receipt != receipts[0] {
		t.Errorf("a month later: %d %s %v", res.StatusCode, got, err)
	}
	for account, x := range map[string]string{"anna": strings.Replace(string(body), "once", "twice", 1), "borys": string(body)} {
		if res, got := w.do("POST", "/api/reports", account, "application/json", []byte(x), nil); res.StatusCode != 409 {
			t.Errorf("%s: %d %s", account, res.StatusCode, got)
		}
	}
	if w.log.Size() != before+1 {
		t.Errorf("%d entries", w.log.Size()-before)
	}
}

// TestF24Deceiving: what looks unlike what it says is marked in every answer that
// shows it, and written out in files; nothing of it is changed in the record.
func TestF24Deceiving(t *testing.T) {
	w := newWorld(t, nil)
	for i, x := range []struct{ text, marked, file string }{
		{"fire at gnp\u202efdp.exe", "U+202E is not seen", "[U+202E]"},
		{"the \u0440ower line", "letters of Latin and Cyrillic", "the \u0440ower"},
		{"AL\u200bFA did it", "U+200B is not seen", "AL[U+200B]FA"},
		{"a plain fire", "", "a plain fire"},
	} {
		id := fmt.Sprintf("01JPV9Z8M0000000000000000%d", i)
		b, err := json.Marshal(map[string]any{"id": id, "row": map[string]string{"act": "attack.strike.drone", "text": x.text}})
		if err != nil {
			t.Fatal(err)
		}
		w.post("/api/reports", "anna", string(b))
		for _, path := range []string{"/api/entries/" + id, "/api/incidents/" + id, "/api/reports?limit=1", "/api/entries?kind=report@1&limit=1"} {
			_, got := w.do("GET", path, "check", "", nil, nil)
			if strings.Contains(got, `"deceives"`) != (x.marked != "") || !strings.Contains(got, x.marked) {
				t.Errorf("%q by %s: %s", x.text, path, got)
			}
			if want, _ := json.Marshal(x.text); !strings.Contains(got, strings.Trim(string(want), `"`)) {
				t.Errorf("%q is not as it was handed in: %s", x.text, got)
			}
		}
		if _, got := w.do("GET", "/api/reports.csv?limit=1", "check", "", nil, nil); !strings.Contains(got, x.file) {
			t.Errorf("%q in a file: %s", x.text, got)
		}
		// Who does not see the words is not told what is in them.
		if _, got := w.do("GET", "/api/entries/"+id, "bravo", "", nil, nil); strings.Contains(got, "deceives") {
			t.Errorf("%q as bravo: %s", x.text, got)
		}
	}
	if _, err := w.people.Add(t.Context(), people.AtConsole(), people.NewAccount{Name: "x9", Title: "Chair\u202e of all", Role: "reader"}); err != nil {
		t.Fatal(err)
	}
	if _, got := w.do("GET", "/people", "adm", "", nil, nil); !strings.Contains(html.UnescapeString(got), "Chair[U+202E] of all") || strings.Contains(got, "\u202e") {
		t.Errorf("the page of people: %s", got)
	}
}

// nasty are texts that some program would run: as script, as markup, as a formula.
var nasty = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</title><svg/onload=alert(1)>`, `javascript:alert(1)`, `{{constructor.constructor('alert(1)')()}}`, `]]><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>`,
	`=1+1`, `+1+1`, `-1+1`, `@SUM(1)`, "\t=1+1", "\r=1+1", `＝1+1`, `＋1`, " =1+1", "\ufeff=1+1", "\u200b=1+1", `=HYPERLINK("http://x","y")`, `=cmd|' /C calc'!A0`, `x";=1+1`, "x\n=1+1"}

// TestF31F32Nasty: scripts and formulas in every field that takes words. No answer
// is one that a browser runs: HTML never holds them, everything else says what it
// is and is not guessed. In files no cell begins as a formula does, byte by byte.
func TestF31F32Nasty(t *testing.T) {
	w := newWorld(t, nil)
	for i, s := range nasty {
		b, err := json.Marshal(map[string]any{"id": fmt.Sprintf("01JPV9Z8M000000000000001%02d", i), "marking": "public", "source": s, "note": s, "row": map[string]string{"act": "attack.strike.drone", "text": s, "damage": s, "severity": s, "source": s}})
		if err != nil {
			t.Fatal(err)
		}
		w.post("/api/reports", "anna", string(b))
		if b, err = json.Marshal(map[string]any{"id": fmt.Sprintf("01JPV9Z8M000000000000002%02d", i), "kind": "incident@1", "refs": []map[string]string{{"relation": "about", "id": fmt.Sprintf("01JPV9Z8M000000000000001%02d", i)}},
			"payload": map[string]string{"marking": "public", "title": s, "reason": s}}); err != nil {
			t.Fatal(err)
		}
		w.post("/api/entries", "anna", string(b))
	}
	cells, shown := 0, 0
	for _, account := range []string{"anna", "desk", ""} {
		for _, q := range append(w.asked(), "/people", "/tokens", "/why?role=reader&action=%3Cscript%3Ealert(1)%3C/script%3E", "/api/incidents/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/api/incidents?from=%3Cscript%3Ealert(1)%3C/script%3E", "/%3Cscript%3Ealert(1)%3C/script%3E") {
			res, got := w.do("GET", q, account, "", nil, nil)
			kind := res.Header.Get("Content-Type")
			if res.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s may be guessed to be something else", q)
			}
			csp := res.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "require-trusted-types-for 'script'") || !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("%s: %s", q, csp)
			}
			switch {
			case strings.HasPrefix(kind, "text/html"):
				if strings.Contains(got, "alert(1)<") || strings.Contains(got, "<script") || strings.Contains(got, "onerror=") && !strings.Contains(got, "&lt;img") {
					t.Errorf("%s holds a script: %s", q, got)
				}
			case strings.HasPrefix(kind, "text/csv"):
				if !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
					t.Errorf("%s is shown by a browser", q)
				}
				rows, err := csv.NewReader(bytes.NewReader([]byte(got))).ReadAll()
				if err != nil {
					t.Fatalf("%s: %v", q, err)
				}
				for _, r := range rows {
					for _, c := range r {
						cells++
						if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r") && !number(c) || strings.HasPrefix(strings.TrimLeft(c, " \ufeff\u200b"), "=") || strings.HasPrefix(c, "＝") || strings.HasPrefix(c, "＋") {
							t.Errorf("%s: a cell begins as a formula: %q", q, c)
						}
						if strings.Contains(c, "HYPERLINK") {
							shown++
						}
					}
				}
			case strings.HasPrefix(kind, "application/atom+xml"):
				if strings.Contains(got, "<script") || strings.Contains(got, "<x:script") {
					t.Errorf("%s holds markup: %s", q, got)
				}
			}
		}
	}
	if cells < 1000 || shown < 10 {
		t.Errorf("%d cells, %d with a formula: too little was tested", cells, shown)
	}
}

func number(s string) bool {
	var f float64
	_, err := fmt.Sscanf(s+" ", "%g ", &f)
	return err == nil && !strings.ContainsAny(s[1:], "+=@")
}

// TestSignInIsSlowedDown: who guesses passwords through the server waits, and from
// another address the owner does not.
func TestSignInIsSlowedDown(t *testing.T) {
	w := newWorld(t, nil)
	w.officer(t, "watch", "duty-officer", "")
	guess := w.browser(t)
	waits := 0
	for range 12 {
		status, text := guess.form("/sign-in", url.Values{"name": {"watch"}, "password": {"wrong wrong wrong"}})
		switch status {
		case http.StatusTooManyRequests:
			waits++
		case http.StatusUnauthorized:
		default:
			t.Fatalf("%d %s", status, text)
		}
	}
	if waits < 5 {
		t.Errorf("%d of 12 guesses had to wait", waits)
	}
	// A page of another site cannot even guess in somebody's browser.
	guess.site = "cross-site"
	if status, _ := guess.form("/sign-in", url.Values{"name": {"watch"}, "password": {password}}); status != http.StatusForbidden {
		t.Errorf("from another site: %d", status)
	}
	if strings.Contains(w.said.String(), "wrong wrong wrong") {
		t.Error("what was guessed is in the log of the program")
	}
}
