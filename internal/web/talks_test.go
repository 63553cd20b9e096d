package web

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// confided is what ALFA and the mission say in confidence; n of it.
func confided(side, other string, n int, word string) []string {
	id := func(k int) string { return fmt.Sprintf("01JPV9Z8M0000000000000C%03d", k) }
	out := []string{
		side + ` {"id":"` + id(1) + `","kind":"caucus@1","payload":{"kind":"note","entry":{"says":"` + word + ` days would do","about":"energy"}}}`,
		side + ` {"id":"` + id(2) + `","kind":"caucus@1","payload":{"kind":"position@1","entry":{"holder":"` + strings.ToUpper(side) + `","proposal":"energy","version":"18 March","clause":"` + word + `","stance":"rejects","day":"2025-03-20","quotation":"` + word + `","of":"told to the chair"}}}`,
		`chair {"id":"` + id(3) + `","kind":"caucus@1","payload":{"kind":"proposal@1","entry":{"proposal":"bridge-` + word + `","version":"a","title":"` + word + `"}}}`,
		`chair {"id":"` + id(4) + `","kind":"caucus@1","payload":{"kind":"meeting@1","entry":{"meeting":"quiet-` + word + `","parties":["` + strings.ToUpper(side) + `"],"state":"held","day":"2025-03-21"}}}`,
		side + ` {"id":"` + id(5) + `","kind":"position@1","payload":{"marking":"mission","holder":"` + strings.ToUpper(side) + `","proposal":"energy","version":"18 March","clause":"1","stance":"rejects","day":"2025-03-20","quotation":"` + word + `","of":"told to the chair"}}`,
		side + ` {"id":"` + id(6) + `","kind":"caucus@1","payload":{"kind":"delegation@1","entry":{"delegation":"` + strings.ToUpper(side) + `","round":"riyadh","head":"` + word + `"}}}`,
	}
	for k := range n {
		out = append(out, side+` {"id":"`+id(10+k)+`","kind":"caucus@1","payload":{"kind":"note","entry":{"says":"`+word+` again"}}}`)
	}
	return out
}

// open is what both sides know of.
func openly() []string {
	id := func(k int) string { return fmt.Sprintf("01JPV9Z8M0000000000000D%03d", k) }
	return []string{
		`chair {"id":"` + id(1) + `","kind":"meeting@1","payload":{"meeting":"first","round":"riyadh","parties":["ALFA","BRAVO"],"state":"held","day":"2025-03-19"}}`,
		`chair {"id":"` + id(2) + `","kind":"proposal@1","payload":{"proposal":"energy","version":"18 March","title":"energy","needs":["ALFA","BRAVO"],"day":"2025-03-18","clauses":[{"clause":"1","says":"No strikes."}]}}`,
		`alfa {"id":"` + id(3) + `","kind":"position@1","payload":{"holder":"ALFA","proposal":"energy","version":"18 March","stance":"accepts","day":"2025-03-19","quotation":"yes","of":"delegation"}}`,
		`bravo {"id":"` + id(4) + `","kind":"position@1","payload":{"holder":"BRAVO","proposal":"energy","version":"18 March","stance":"accepts-if","condition":"on paper","day":"2025-03-19","quotation":"on paper","of":"delegation"}}`,
	}
}

func (w *world) tell(lines ...string) {
	w.t.Helper()
	for _, l := range lines {
		who, body, _ := strings.Cut(l, " ")
		w.post("/api/entries", who, strings.Replace(body, "{", `{"made":"2025-03-21T09:00:00Z",`, 1))
	}
}

// dated is what differs from one answer to the next: the time of the answer.
var dated = regexp.MustCompile(`Date:\[[^\]]*\]`)

// answered is all that an account is told of talks, with the headers.
func (w *world) answered(account string) string {
	var out []string
	for _, q := range []string{"/api/talks", "/api/talks/board"} {
		res, got := w.do("GET", q, account, "", nil, nil)
		if res.StatusCode != 200 {
			w.t.Fatalf("%s as %s: %d %s", q, account, res.StatusCode, got)
		}
		out = append(out, dated.ReplaceAllString(fmt.Sprint(res.Header), ""), got)
	}
	return strings.Join(out, "\n")
}

// TestCaucusTellsNothing: what one side and the mission say in confidence, and how much
// of it, changes no byte of what the other side is told of the talks: no count, no
// difference, no id, no header. With the parties swapped it is the same.
func TestCaucusTellsNothing(t *testing.T) {
	for _, x := range [][2]string{{"alfa", "bravo"}, {"bravo", "alfa"}} {
		side, other := x[0], x[1]
		none, some, more := newWorld(t, nil), newWorld(t, nil), newWorld(t, nil)
		none.tell(openly()...)
		some.tell(confided(side, other, 0, "twenty")...)
		some.tell(openly()...)
		more.tell(openly()...)
		more.tell(confided(side, other, 3, "sixty")...)
		want := none.answered(other)
		for _, w := range []*world{some, more} {
			if got := w.answered(other); got != want {
				t.Errorf("%s is told of the caucus of %s: %s", other, side, firstDifference(got, want))
			}
		}
		if !strings.Contains(want, "agreed-if") {
			t.Errorf("nothing is answered: %s", want)
		}
		for _, who := range []string{side, "chair"} {
			if got := some.answered(who); !strings.Contains(got, "twenty days would do") || who == side == strings.Contains(got, "bridge-twenty") {
				t.Errorf("%s: %s", who, got)
			}
		}
		// Nor do lists of entries tell what a wrapped one is of.
		_, got := some.do("GET", "/api/entries?limit=100", other, "", nil, nil)
		if strings.Contains(got, "twenty") {
			t.Errorf("%s reads the caucus among the entries: %s", other, got)
		}
		// Until it is disclosed, and then that alone.
		some.tell(side + ` {"id":"01JPV9Z8M0000000000000E001","kind":"caucus@1","payload":{"kind":"disclosure@1","entry":{"entry":"01JPV9Z8M0000000000000C001","to":["` + strings.ToUpper(other) + `"],"says":"read out"}}}`)
		if got := some.answered(other); !strings.Contains(got, "twenty days would do") || strings.Contains(got, "told to the chair") {
			t.Errorf("after the disclosure: %s", got)
		}
	}
}

// TestTalksParity: the same acts of either side are taken or refused alike.
func TestTalksParity(t *testing.T) {
	one, two := newWorld(t, func(o *Options) { o.Now = func() time.Time { return time.Date(2025, 3, 22, 0, 0, 0, 0, time.UTC) } }), newWorld(t, nil)
	swap := exchange(one)
	acts := slices.Concat(openly(), confided("alfa", "bravo", 1, "twenty"), []string{
		`alfa {"id":"01JPV9Z8M0000000000000F001","kind":"position@1","payload":{"holder":"BRAVO","proposal":"energy","version":"18 March","stance":"rejects","day":"2025-03-20","quotation":"x","of":"x"}}`,
		`alfa {"id":"01JPV9Z8M0000000000000F002","kind":"position@1","payload":{"holder":"ALFA","proposal":"energy","version":"18 March","stance":"perhaps","day":"2025-03-20","quotation":"x","of":"x"}}`,
		`alfa {"id":"01JPV9Z8M0000000000000F003","kind":"caucus@1","payload":{"kind":"report@1","entry":{"says":"x"}}}`,
		`alfa {"id":"01JPV9Z8M0000000000000F004","kind":"condition@1","payload":{"position":"01JPV9Z8M0000000000000D004","state":"met","by":"BRAVO","day":"2025-03-20","says":"x"}}`,
		`alfa {"id":"01JPV9Z8M0000000000000F005","kind":"condition@1","payload":{"position":"01JPV9Z8M0000000000000D004","state":"met","by":"ALFA","day":"2025-03-20","says":"x"}}`,
	})
	refused := 0
	for _, a := range acts {
		var status [2]int
		for i, w := range []*world{one, two} {
			if i == 1 {
				a = swap.Replace(a)
			}
			who, body, _ := strings.Cut(a, " ")
			res, got := w.do("POST", "/api/entries", who, "application/json", []byte(body), nil)
			status[i] = res.StatusCode
			if res.StatusCode != 201 && i == 0 {
				refused++
			}
			if res.StatusCode >= 500 {
				t.Fatal(got)
			}
			w.follow()
		}
		if status[0] != status[1] {
			t.Errorf("%v: %s", status, a)
		}
	}
	if refused != 4 {
		t.Errorf("%d refused, expected 4", refused)
	}
	for _, p := range [][2]string{{"alfa", "bravo"}, {"bravo", "alfa"}, {"chair", "chair"}} {
		var a, b Talks
		_, x := one.do("GET", "/api/talks", p[0], "", nil, nil)
		_, y := two.do("GET", "/api/talks", p[1], "", nil, nil)
		if json.Unmarshal([]byte(x), &a) != nil || json.Unmarshal([]byte(y), &b) != nil {
			t.Fatal(x, y)
		}
		if len(a.Positions) != len(b.Positions) || len(a.Notes) != len(b.Notes) || len(a.Problems) != len(b.Problems) || len(a.Proposals) != len(b.Proposals) || len(a.Rounds) != len(b.Rounds) {
			t.Errorf("%s and %s are told different things:\n%s\n%s", p[0], p[1], x, y)
		}
	}
	if res, _ := one.do("GET", "/api/talks", "", "", nil, nil); res.StatusCode < 400 {
		t.Error("anybody reads the talks")
	}
}
