package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/talks"
)

const story = `RIYADH, March 23, 2025 (Agency) - Ukrainian and U.S. officials met in Riyadh late on Sunday. The meeting will precede talks between U.S. and Russian officials on Monday.
In a call last Tuesday with U.S. President Donald Trump, President Vladimir Putin agreed to a 30-day halt of strikes on energy facilities and ordered his military to cease them. Ukraine said it would join the halt once a document sets out its terms.
Russia and Ukraine accused each other of blowing up a gas metering station at Sudzha on Friday. Ukraine's General Staff denied the accusation.
Russia reserves the right to a symmetrical response, the Kremlin said.
`

// ulid is an id of tests.
func ulid(n int) string { return fmt.Sprintf("01JPV9Z8M0000000000000R%03d", n) }

// drafted posts something to be read.
func (w *world) drafted(account string, in ArticleIn) DraftsOut {
	w.t.Helper()
	b, _ := json.Marshal(in)
	res, got := w.do("POST", "/api/talks/drafts", account, "application/json", b, nil)
	var out DraftsOut
	if res.StatusCode != 200 || json.Unmarshal([]byte(got), &out) != nil {
		w.t.Fatalf("drafts as %s: %d %s", account, res.StatusCode, got)
	}
	return out
}

// decided posts decisions and brings the views up to date.
func (w *world) decided(account string, a *DraftedArticle, ds ...DecisionIn) []DecisionOut {
	w.t.Helper()
	b, _ := json.Marshal(DecisionsIn{a.Source, a.Article.SHA256, ds})
	res, got := w.do("POST", "/api/talks/decisions", account, "application/json", b, nil)
	var out DecisionsOut
	if res.StatusCode != 200 || json.Unmarshal([]byte(got), &out) != nil {
		w.t.Fatalf("decisions as %s: %d %s", account, res.StatusCode, got)
	}
	w.follow()
	return out.Done
}

// of is the first draft of a kind that fits.
func (a *DraftedArticle) of(t *testing.T, kind talks.Kind, fits func(*talks.Draft) bool) string {
	t.Helper()
	for i := range a.Article.Drafts {
		if d := &a.Article.Drafts[i]; d.Kind == kind && (fits == nil || fits(d)) {
			return d.ID
		}
	}
	t.Fatalf("no %s in %v", kind, a.Article.Drafts)
	return ""
}

// TestDraftsAreDecided: nothing is recorded until a person accepts it; each decision is
// for itself, has a receipt, and sent again is the same entry.
func TestDraftsAreDecided(t *testing.T) {
	w := newWorld(t, nil)
	w.post("/api/reports", "anna", `{"id":"`+ulid(902)+`","row":{"time_start":"2025-03-20T21:20Z","time_end":"2025-03-20T21:40Z","lat":"51.19","lon":"35.27","precision_m":"3000","act":"attack","target":"energy.gas.metering-station","text":"fire at the station of Sudzha"}}`)
	w.post("/api/reports", "anna", `{"id":"`+ulid(903)+`","row":{"time_start":"2025-03-20T21:20Z","time_end":"2025-03-20T21:40Z","lat":"46.5","lon":"30.7","precision_m":"3000","act":"attack","target":"energy.power.substation","text":"Odesa"}}`)
	w.follow()
	before := w.log.Size()
	out := w.drafted("anna", ArticleIn{Text: story})
	if w.log.Size() != before || len(out.Articles) != 1 {
		t.Fatalf("reading recorded something, or nothing was read: %+v", out.Unread)
	}
	a := &out.Articles[0]
	for _, d := range a.Article.Drafts {
		for _, x := range d.Words {
			if a.Source.Text[x.Start:x.End] != x.Text {
				t.Errorf("the words of %s do not stand in the source", d.ID)
			}
		}
	}
	claim := a.of(t, talks.Claim, func(d *talks.Draft) bool { return d.Party == "RU" && d.Accused == "UA" })
	i := slices.IndexFunc(a.Entries, func(e ProposedDraft) bool { return e.Draft == claim })
	if m := a.Entries[i].Matches; len(m) != 1 || m[0].ID != ulid(902) || len(m[0].Reasons) < 2 {
		t.Fatalf("matches: %+v", m)
	}
	position := a.of(t, talks.Position, func(d *talks.Draft) bool { return d.Party == "UA" })
	meeting := a.of(t, talks.Meeting, func(d *talks.Draft) bool { return d.State == "planned" })
	response := a.of(t, talks.Response, nil)
	decisions := []DecisionIn{
		{Draft: position, Do: "accept", ID: ulid(1)},
		{Draft: meeting, Do: "amend", ID: ulid(2), Reason: "an official list names the hotel", Change: map[string]any{"venue": "Riyadh, hotel", "round": "riyadh"}},
		{Draft: claim, Do: "accept", ID: ulid(3), About: []string{ulid(902)}},
		{Draft: response, Do: "reject", ID: ulid(4), Reason: "said before the call"},
		{Draft: "position-00000000", Do: "accept", ID: ulid(5)},
		{Draft: response, Do: "reject", ID: ulid(6)},
		{Draft: meeting, Do: "accept", ID: ulid(7)},
		{Draft: a.of(t, talks.Proposal, nil), Do: "amend", ID: ulid(8), Reason: "x", Change: map[string]any{"quotation": "other words"}},
		{Draft: a.of(t, talks.Incident, nil), Do: "accept", ID: ulid(9), About: []string{"01JPV9Z8M0000000000000R777"}},
	}
	done := w.decided("anna", a, decisions...)
	var got []string
	for _, d := range done {
		got = append(got, d.Do+" "+d.Kind+" "+d.Refused)
		if (d.Refused == "") != (d.Entry != nil && d.Entry.Receipt != "") {
			t.Errorf("%+v", d)
		}
	}
	want := []string{"accept position@1 ", "amend meeting@1 ", "accept claim@1 ", "reject reading@1 ", "accept  there is no draft of this id in the article", "reject  expected a reason", "accept  it was accepted before",
		"amend  quotation: it is as the article has it, and is not changed: reject the draft, and enter what you mean by hand", "accept claim@1 there is no incident 01JPV9Z8M0000000000000R777"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if n := w.log.Size() - before; n != 4 {
		t.Errorf("%d entries were made of 4 that were accepted or set aside", n)
	}
	again := w.decided("anna", a, decisions[:4]...)
	for i, d := range again {
		if d.Entry == nil || d.Entry.ID != done[i].Entry.ID || d.Entry.Index != done[i].Entry.Index {
			t.Errorf("sent again: %+v", d)
		}
	}
	_, board := w.do("GET", "/api/talks", "anna", "", nil, nil)
	for _, s := range []string{`"venue":"Riyadh, hotel"`, "once a document sets out its terms", `"stance":"accepts-if"`, `"id":"riyadh"`} {
		if !strings.Contains(board, s) {
			t.Errorf("the board has no %s: %s", s, board)
		}
	}
	_, one := w.do("GET", "/api/incidents/"+ulid(902), "anna", "", nil, nil)
	if !strings.Contains(one, "accused each other of blowing up") || !strings.Contains(one, `"mode":"attributes"`) {
		t.Errorf("the incident does not have the claim with its words: %s", one)
	}
	next := w.drafted("anna", ArticleIn{Text: story}).Articles[0]
	for _, e := range next.Entries {
		if (e.Draft == position) != (e.Recorded == ulid(1)) && e.Draft != meeting && e.Draft != claim || e.Draft == response && e.SetAside != "said before the call" {
			t.Errorf("read again: %+v", e)
		}
	}
	b, _ := json.Marshal(DecisionsIn{next.Source, strings.Repeat("0", 64), decisions[:1]})
	if res, got := w.do("POST", "/api/talks/decisions", "anna", "application/json", b, nil); res.StatusCode != 422 {
		t.Errorf("another text: %d %s", res.StatusCode, got)
	}
	for account, status := range map[string]int{"": 401, "desk": 403, "patrol": 403, "check": 403, "adm": 403} {
		body, _ := json.Marshal(ArticleIn{Text: story})
		if res, got := w.do("POST", "/api/talks/drafts", account, "application/json", body, nil); res.StatusCode != status && res.StatusCode != 403 {
			t.Errorf("%q: %d %s", account, res.StatusCode, got)
		}
	}
}

// TestArticleKinds: pages, feeds and addresses are read; an address that is not public
// is not asked.
func TestArticleKinds(t *testing.T) {
	asked := 0
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		asked++
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(rw, "<!doctype html><html><head><title>T</title></head><body><article><p>", strings.ReplaceAll(strings.TrimSpace(story), "\n", "</p><p>"), "</p></article></body></html>")
	}))
	defer site.Close()
	guard, err := fetch.NewGuard([]string{strings.TrimPrefix(site.URL, "http://")})
	if err != nil {
		t.Fatal(err)
	}
	closed, _ := fetch.NewGuard(nil)
	w := newWorld(t, func(o *Options) { o.Articles = guard })
	feed := `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>One</title><pubDate>Sun, 23 Mar 2025 18:00:00 GMT</pubDate><description>Kyiv accepted a full truce of 30 days.</description></item><item><title>Two</title><description>Moscow rejected a full truce.</description></item></channel></rss>`
	if out := w.drafted("anna", ArticleIn{Text: feed}); len(out.Articles) != 2 || len(out.Articles[0].Article.Drafts) < 2 || out.Articles[0].Article.Dateline != "2025-03-23" {
		t.Errorf("feed: %+v", out)
	}
	out := w.drafted("anna", ArticleIn{URL: site.URL + "/a"})
	if len(out.Articles) != 1 || len(out.Articles[0].Article.Drafts) < 8 || asked != 1 {
		t.Fatalf("address: %+v", out)
	}
	a := &out.Articles[0]
	if done := w.decided("anna", a, DecisionIn{Draft: a.of(t, talks.Position, nil), Do: "accept", ID: ulid(1)}); done[0].Entry == nil || asked != 1 {
		t.Errorf("%+v, asked %d times", done, asked)
	}
	for _, g := range []*fetch.Guard{closed, nil} {
		v := newWorld(t, func(o *Options) { o.Articles = g })
		if out := v.drafted("anna", ArticleIn{URL: site.URL + "/a"}); len(out.Articles) != 0 || len(out.Unread) != 1 || asked != 1 {
			t.Errorf("an address that is not public was asked: %+v", out)
		}
	}
	if out := w.drafted("anna", ArticleIn{Text: story, Dateline: "2026-01-04"}); out.Articles[0].Article.Dateline != "2026-01-04" {
		t.Errorf("%+v", out.Articles[0].Article.Dateline)
	}
	body, _ := json.Marshal(ArticleIn{Text: "%PDF-1.7"})
	if res, got := w.do("POST", "/api/talks/drafts", "anna", "application/json", body, nil); res.StatusCode != 422 || !strings.Contains(got, "PDF") {
		t.Errorf("%d %s", res.StatusCode, got)
	}
}

// swapped exchanges the two sides of an article.
var swapped = strings.NewReplacer("Ukraine", "Russia", "Russia", "Ukraine", "Ukrainian", "Russian", "Russian", "Ukrainian", "Kyiv", "Moscow", "Moscow", "Kyiv", "UA", "RU", "RU", "UA", "kyiv", "moscow", "moscow", "kyiv")

const sides = `RIYADH, March 23, 2025 (Agency) - Ukraine and U.S. officials met in Riyadh on Sunday.
Ukraine accepted a full truce of 30 days. Russia rejected the full truce.
Russia accused Ukraine of blowing up a gas metering station at Sudzha on Friday. Ukraine denied it.
Ukraine reserves the right to a symmetrical response.
`

// TestDraftsParity: with the sides exchanged in the article each delegate may enter what
// the other might, and no more; what the mission keeps is told to neither.
func TestDraftsParity(t *testing.T) {
	outcome := func(account, text string, secret bool) string {
		w := newWorld(t, nil)
		if secret {
			w.post("/api/reports", "anna", `{"id":"`+ulid(902)+`","marking":"mission","row":{"time_start":"2025-03-21T08:00Z","time_end":"2025-03-21T09:00Z","place":"Sudzha","lat":"51.19","lon":"35.27","precision_m":"3000","target":"energy.gas.metering-station"}}`)
			w.follow()
		}
		a := &w.drafted(account, ArticleIn{Text: text}).Articles[0]
		var ds []DecisionIn
		for i, d := range a.Article.Drafts {
			x := DecisionIn{Draft: d.ID, Do: "accept", ID: ulid(i + 1)}
			if d.Kind == talks.Claim {
				x.About = []string{ulid(902)}
			}
			ds = append(ds, x)
		}
		var lines []string
		for i, d := range w.decided(account, a, ds...) {
			x := a.Article.Drafts[i]
			lines = append(lines, fmt.Sprint(x.Kind, x.Party, x.Parties, x.Accused, " ", d.Kind, " ", d.Refused, " ", a.Entries[i].Why, len(a.Entries[i].Matches)))
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	sorted := func(s string) string { // parties of a meeting stand in the order of their names
		l := strings.Split(s, "\n")
		slices.Sort(l)
		return strings.Join(l, "\n")
	}
	kyiv, moscow := outcome("kyiv", sides, false), outcome("moscow", swapped.Replace(sides), false)
	if a, b := sorted(swapped.Replace(kyiv)), sorted(moscow); a != b {
		t.Errorf("the delegates are treated differently:\n%s\n\n%s", a, b)
	}
	if !strings.Contains(kyiv, "positionUA[] position@1 ") || !strings.Contains(kyiv, "a delegate of UA speaks for no other") {
		t.Errorf("%s", kyiv)
	}
	for account, text := range map[string]string{"kyiv": sides, "moscow": swapped.Replace(sides)} {
		if a, b := outcome(account, text, true), outcome(account, text, false); a != b {
			t.Errorf("%s is told of what is the mission's:\n%s\n\n%s", account, a, b)
		}
	}
}

// TestCommitmentsAreEntered: an acceptance with a condition is laid out as a commitment
// with its condition open; a person enters it, and incidents are judged by it; when the
// condition is met, what follows differs from what is recorded, and is entered again.
func TestCommitmentsAreEntered(t *testing.T) {
	w := newWorld(t, nil)
	text, err := os.ReadFile("testdata/halt.truce.md")
	if err != nil {
		t.Fatal(err)
	}
	_, got := w.do("POST", "/api/blobs", "chair", "application/octet-stream", text, nil)
	var blob BlobOut
	if json.Unmarshal([]byte(got), &blob) != nil {
		t.Fatal(got)
	}
	digest := w.digestOf(blob.SHA256)
	w.post("/api/reports", "anna", `{"id":"`+ulid(900)+`","row":{"time_start":"2025-03-27T20:20Z","time_end":"2025-03-27T21:30Z","lat":"46.5","lon":"30.7","precision_m":"600","act":"attack.strike.drone","outcome":"impact","target":"energy.power.substation","actor":"UA","owner":"RU"}}`)
	w.tell(`chair {"id":"`+ulid(901)+`","kind":"terms@1","blobs":["`+blob.SHA256+`"],"payload":{"id":"halt-energy","digest":"`+digest+`","title":"A halt"}}`,
		`chair {"id":"`+ulid(902)+`","kind":"proposal@1","payload":{"proposal":"energy-30d","version":"18 March","title":"energy","needs":["RU","UA"],"terms":"halt-energy","day":"2025-03-18"}}`)
	a := &w.drafted("anna", ArticleIn{Text: story}).Articles[0]
	position := a.of(t, talks.Position, func(d *talks.Draft) bool { return d.Party == "UA" })
	if done := w.decided("anna", a, DecisionIn{Draft: position, Do: "amend", ID: ulid(1), Reason: "it is the version of 18 March", Change: map[string]any{"version": "18 March", "day": "2025-03-19"}}); done[0].Refused != "" {
		t.Fatal(done)
	}
	verdict := func() string {
		_, got := w.do("GET", "/api/incidents/"+ulid(900), "anna", "", nil, nil)
		return strings.Join(regexp.MustCompile(`"verdict":"([a-z-]+)"`).FindStringSubmatch(got), " ")
	}
	laid := func() Talks {
		var x Talks
		_, got := w.do("GET", "/api/talks", "anna", "", nil, nil)
		if json.Unmarshal([]byte(got), &x) != nil || len(x.Commitments) != 1 {
			t.Fatal(got)
		}
		return x
	}
	enter := func(id string) {
		c := laid().Commitments[0]
		b, _ := json.Marshal(map[string]any{"id": id, "kind": "commitment@1", "payload": c.Entry})
		w.post("/api/entries", "anna", string(b))
		w.follow()
	}
	if c := laid().Commitments[0]; c.Recorded != "" || c.Since != "2025-03-19" || c.Met != "unknown" || c.Condition != "once a document sets out its terms" {
		t.Errorf("%+v", c)
	}
	if v := verdict(); !strings.Contains(v, "not-in-force") {
		t.Errorf("before: %s", v)
	}
	enter(ulid(10))
	if v := verdict(); !strings.Contains(v, "undetermined") {
		t.Errorf("with an open condition: %s", v)
	}
	if c := laid().Commitments[0]; c.Recorded != ulid(10) || c.Differs {
		t.Errorf("%+v", c)
	}
	w.tell(`kyiv {"id":"` + ulid(11) + `","kind":"condition@1","payload":{"position":"` + ulid(1) + `","state":"met","by":"UA","day":"2025-03-25","says":"the terms were published"}}`)
	if c := laid().Commitments[0]; !c.Differs || c.Since != "2025-03-25" || c.Met != "yes" {
		t.Errorf("%+v", c)
	}
	enter(ulid(12))
	if v := verdict(); !strings.Contains(v, "breach") {
		t.Errorf("with the condition met: %s", v)
	}
}

// digestOf asks the record for the digest of a text that was sent.
func (w *world) digestOf(sha string) string {
	w.t.Helper()
	w.post("/api/entries", "chair", `{"id":"`+ulid(990)+`","kind":"terms@1","blobs":["`+sha+`"],"payload":{"id":"halt-energy","digest":"00","title":"A halt"}}`)
	w.follow()
	_, got := w.do("GET", "/api/entries/"+ulid(990), "chair", "", nil, nil)
	m := regexp.MustCompile(`digest ([0-9a-f]{64}),`).FindStringSubmatch(got)
	if m == nil {
		w.t.Fatal(got)
	}
	return m[1]
}

// TestLedgerTellsItsOwn: who was shown what, and who says that it was received, is told
// to the mission, to whom it was shown and to whose it is. The other side is told no
// byte of it, with the parties exchanged too.
func TestLedgerTellsItsOwn(t *testing.T) {
	for _, x := range [][2]string{{"alfa", "bravo"}, {"bravo", "alfa"}} {
		side, other := x[0], x[1]
		w, none := newWorld(t, nil), newWorld(t, nil)
		draft := `chair {"id":"` + ulid(1) + `","kind":"caucus@1","payload":{"kind":"proposal@1","entry":{"proposal":"bridge","version":"a","title":"a bridge"}}}`
		w.tell(append(openly(), draft,
			`chair {"id":"`+ulid(2)+`","kind":"caucus@1","payload":{"kind":"disclosure@1","entry":{"entry":"`+ulid(1)+`","to":["`+strings.ToUpper(side)+`"],"day":"2025-03-20","says":"on paper"}}}`,
			side+` {"id":"`+ulid(3)+`","kind":"caucus@1","payload":{"kind":"received@1","entry":{"entry":"`+ulid(1)+`","by":"`+strings.ToUpper(side)+`","day":"2025-03-20","says":"one copy"}}}`)...)
		none.tell(openly()...)
		if got, want := w.answered(other), none.answered(other); got != want {
			t.Errorf("%s is told of what %s has: %s", other, side, firstDifference(got, want))
		}
		for _, who := range []string{side, "chair"} {
			if got := w.answered(who); !strings.Contains(got, `"received":[{"id":"`+ulid(3)+`"`) {
				t.Errorf("%s: %s", who, got)
			}
		}
		// A note of one side's own, shown to the other: its owner sees the receipt, and
		// whoever was not shown it can acknowledge nothing.
		w.tell(side+` {"id":"`+ulid(4)+`","kind":"caucus@1","payload":{"kind":"note","entry":{"says":"twenty days would do"}}}`,
			side+` {"id":"`+ulid(5)+`","kind":"caucus@1","payload":{"kind":"disclosure@1","entry":{"entry":"`+ulid(4)+`","to":["`+strings.ToUpper(other)+`"],"day":"2025-03-21"}}}`)
		before := w.answered(side)
		for _, id := range []string{ulid(1), ulid(777)} { // one that is there and one that is not
			body := `{"id":"` + ulid(6) + `","kind":"received@1","payload":{"entry":"` + id + `","by":"` + strings.ToUpper(other) + `"}}`
			if res, got := w.do("POST", "/api/entries", other, "application/json", []byte(body), nil); res.StatusCode != 422 || !strings.Contains(got, "in confidence, wrapped") {
				t.Errorf("%d %s", res.StatusCode, got)
			}
		}
		w.tell(other + ` {"id":"` + ulid(7) + `","kind":"caucus@1","payload":{"kind":"received@1","entry":{"entry":"` + ulid(1) + `","by":"` + strings.ToUpper(other) + `"}}}`)
		if got := w.answered(side); got != before {
			t.Errorf("%s is told of a receipt of what it did not give: %s", side, firstDifference(got, before))
		}
		w.tell(other + ` {"id":"` + ulid(8) + `","kind":"caucus@1","payload":{"kind":"received@1","entry":{"entry":"` + ulid(4) + `","by":"` + strings.ToUpper(other) + `","day":"2025-03-22"}}}`)
		for _, who := range []string{side, other, "chair"} {
			if got := w.answered(who); !strings.Contains(got, `"received":[{"id":"`+ulid(8)+`"`) {
				t.Errorf("%s: %s", who, got)
			}
		}
		if res, got := w.do("POST", "/api/entries", side, "application/json", []byte(`{"id":"`+ulid(9)+`","kind":"received@1","payload":{"entry":"01JPV9Z8M0000000000000D002","by":"`+strings.ToUpper(other)+`"}}`), nil); res.StatusCode != 422 {
			t.Errorf("a delegate acknowledges for the other: %d %s", res.StatusCode, got)
		}
		w.tell(other + ` {"id":"` + ulid(10) + `","kind":"received@1","payload":{"entry":"01JPV9Z8M0000000000000D002","by":"` + strings.ToUpper(other) + `","day":"2025-03-18"}}`)
		if got := w.answered(side); !strings.Contains(got, ulid(10)) {
			t.Errorf("what is on the table for both is acknowledged to both: %s", got)
		}
	}
}

// TestTwoAcceptOneDraft: of people who accept the same draft at the same moment, before
// the views know of any, one does and the others are told which entry there is.
func TestTwoAcceptOneDraft(t *testing.T) {
	w := newWorld(t, nil)
	a := &w.drafted("anna", ArticleIn{Text: story}).Articles[0]
	draft := a.of(t, talks.Position, func(d *talks.Draft) bool { return d.Party == "UA" })
	before := w.log.Size()
	accept := func(n int) (int, string) {
		b, _ := json.Marshal(DecisionsIn{a.Source, a.Article.SHA256, []DecisionIn{{Draft: draft, Do: "accept", ID: ulid(n)}}})
		res, got := w.do("POST", "/api/talks/decisions", "anna", "application/json", b, nil)
		return res.StatusCode, got
	}
	const people = 8
	status, said := make([]int, people), make([]string, people)
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() { status[i], said[i] = accept(10 + i) })
	}
	wg.Wait()
	first := slices.Index(status, 200)
	if first < 0 {
		t.Fatalf("nobody could: %v %s", status, said[0])
	}
	for i, s := range status {
		if i != first && (s != 409 || !strings.Contains(said[i], ulid(10+first))) {
			t.Errorf("the draft was accepted as %s, and then answered by %d %s", ulid(10+first), s, said[i])
		}
	}
	if n := w.log.Size() - before; n != 1 {
		t.Errorf("%d entries of one draft", n)
	}
	w.follow()
	if s, got := accept(90); s != 409 || !strings.Contains(got, ulid(10+first)) {
		t.Errorf("when the views have it: %d %s", s, got)
	}
	if len(w.web.decided.by) != 0 {
		t.Errorf("%d drafts are remembered that the views have", len(w.web.decided.by))
	}
	if s, got := accept(10 + first); s != 200 {
		t.Errorf("sent again by its id: %d %s", s, got)
	}
}
