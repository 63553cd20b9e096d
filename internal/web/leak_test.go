package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// post sends an entry or report and wants it to be taken.
func (w *world) post(path, account, body string) {
	w.t.Helper()
	res, got := w.do("POST", path, account, "application/json", []byte(body), nil)
	if res.StatusCode != 201 {
		w.t.Fatalf("%s as %s: %d %s\n%s", path, account, res.StatusCode, got, body)
	}
	w.follow()
}

// hidden is what an annex, a witness and a report keep from some.
type hidden struct {
	site, damage, crew, witness, words string
	minute, lat, lon                   string
	act                                string
}

var (
	lozova = hidden{site: "site-0017", damage: "AT-2 destroyed, AT-1 works", crew: "crew 4 from 6 o'clock", witness: "Olena Petrenko", words: "Lozova burns", minute: "02:14", lat: "50.04731", lon: "36.22884", act: "attack.strike.drone"}
	// elsewhere is in the same cell and on the same day.
	elsewhere = hidden{site: "site-0944", damage: "nothing of use was hit", crew: "no crew before May", witness: "Ivan Koval", words: "Merefa is dark", minute: "19:47", lat: "50.16002", lon: "36.31117", act: "attack.strike.artillery"}
)

// sealed fills a record with what is for some: a public incident at a sealed site
// of ALFA with damage and a window of repair, the same without a site, one whose
// kind of attack its author keeps for the mission, and one of each other marking.
func (w *world) sealed(h hidden) {
	w.t.Helper()
	id := func(n int) string { return fmt.Sprintf("01JPV9Z8M000000000000%05d", n) }
	row := func(extra map[string]string) string {
		r := map[string]string{"time_start": "2025-03-20T" + h.minute + "Z", "time_end": "2025-03-20T" + h.minute + ":30Z", "lat": h.lat, "lon": h.lon, "precision_m": "50", "act": "attack.strike.drone", "target": "energy.power.line.transmission",
			"damage": h.damage, "text": h.words, "actor": "BRAVO"}
		maps.Copy(r, extra)
		b, err := json.Marshal(r)
		if err != nil {
			w.t.Fatal(err)
		}
		return string(b)
	}
	const made = `"made":"2025-03-21T08:00:00Z"`
	w.post("/api/reports", "anna", fmt.Sprintf(`{"id":%q,%s,"marking":"public","source":%q,"row":%s}`, id(1), made, "told by "+h.witness, row(map[string]string{"site": h.site})))
	w.post("/api/reports", "anna", fmt.Sprintf(`{"id":%q,%s,"marking":"public","note":%q,"row":%s}`, id(2), made, h.crew, row(nil)))
	w.post("/api/reports", "anna", fmt.Sprintf(`{"id":%q,%s,"marking":"public","markings":{"act":"mission"},"row":%s}`, id(3), made, row(map[string]string{"act": h.act, "time_start": "2025-03-20T12:00Z", "time_end": ""})))
	for n, m := range []string{"parties", "mission", "restricted"} {
		w.post("/api/reports", "anna", fmt.Sprintf(`{"id":%q,%s,"marking":%q,"source":%q,"row":%s}`, id(4+n), made, m, h.witness, row(nil)))
	}
	w.post("/api/entries", "anna", fmt.Sprintf(`{"id":%q,%s,"kind":"incident@1","refs":[{"relation":"about","id":%q},{"relation":"about","id":%q}],"payload":{"marking":"public","title":%q,"reason":%q}}`, id(7), made, id(1), id(2), h.words, h.crew))
	w.post("/api/entries", "alfa", fmt.Sprintf(`{"id":%q,%s,"kind":"note@1","payload":{"party":"ALFA","note":%q}}`, id(8), made, "we fear for "+h.site+", "+h.crew))
	w.post("/api/entries", "alfa", fmt.Sprintf(`{"id":%q,%s,"kind":"evidence@1","payload":{"marking":"restricted","party":"ALFA","type":"image/jpeg","size":1,"name":%q,"original":"%064d","custody":%q}}`, id(9), made, h.site+".jpg", 0, h.witness))
}

// asked are questions of every kind, at the newest state and at an earlier one.
func (w *world) asked() []string {
	id := "01JPV9Z8M000000000000%05d"
	out := []string{"/api/me", "/api/findings.atom", "/api/vector", "/healthz", "/", "/api/bins?bbox=36,50,37,51&width=400&height=400", "/api/counts", "/log/checkpoint", "/openapi.json",
		"/api/tasks?now=2025-03-21T00:00:00Z", "/api/coverage?from=2025-03-20T00:00:00Z&to=2025-03-21T00:00:00Z", "/api/restrictions", "/api/forms", "/api/regimes", "/api/feeds", "/api/webhooks", "/api/imports", "/api/talks", "/api/talks/board"}
	for _, c := range []string{"commission", "cases", "hotline", "windows", "duties", "deadlines", "deadlines.ics", "commission.csv?view=windows", "commission.csv?view=hotline", "commission.csv", "daily/issued"} {
		out = append(out, "/api/"+c)
	}
	out = append(out, "/api/commission?about="+fmt.Sprintf(id, 7))
	for _, ending := range []string{"csv", "geojson"} {
		out = append(out, "/api/tasks."+ending+"?now=2025-03-21T00:00:00Z", "/api/talks."+ending, "/api/forms."+ending, "/api/rules."+ending, "/api/accounts."+ending, "/api/commission."+ending+"?view=windows")
	}
	for _, who := range []string{"public", "parties", "mission"} { // what is not for the asker is refused; the day holds what happened
		for _, f := range []string{"daily?", "daily.html?", "daily.csv?annex=records&", "daily.geojson?", "daily.svg?graphic=map&"} {
			out = append(out, "/api/"+f+"date=2025-03-21&for="+who)
		}
	}
	for _, at := range []string{"5/19/10", "8/153/86", "12/2460/1388", "18/157453/88851"} { // round the place, from far and from near
		out = append(out, "/api/tiles/"+at+".mvt", "/api/tiles/"+at+".mvt?by=act", "/api/tiles/"+at+".mvt?by=actor")
	}
	for _, by := range []string{"act", "actor", "target", "level", "marking", "state", "outcome"} {
		out = append(out, "/api/counts?by="+by)
	}
	for _, l := range []string{"incidents", "findings", "reports", "claims", "terms", "entries"} {
		for _, ext := range []string{"", ".csv", ".geojson"} {
			out = append(out, "/api/"+l+ext, "/api/"+l+ext+"?limit=1")
		}
		out = append(out, fmt.Sprintf("/api/%s?at=%d", l, w.base+4))
	}
	for n := 1; n <= 9; n++ {
		e := fmt.Sprintf(id, n)
		out = append(out, "/api/entries/"+e, "/api/incidents/"+e+"?explain=true", "/api/incidents/"+e+"/explanation", "/api/entries/"+e+"/proof", "/api/why/"+e, "/api/entries/"+e+"/blobs/0", "/api/incidents/"+e+fmt.Sprintf("?at=%d", w.base+3),
			"/api/incidents/"+e+"/facts.csv", "/api/incidents/"+e+"/facts.geojson", "/api/scenario?of="+e, "/api/scenario.csv?of="+e)
	}
	return out
}

// TestNothingLeaksOverHTTP: every site, detail of damage, window of repair and
// witness, asked for by each party, by the public and by everybody else, through
// every question that there is: what must not appear does not.
func TestNothingLeaksOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	h := lozova
	w.sealed(h)
	site := []string{h.site, "AT-2", "AT-1", "crew 4"}
	person := []string{"Olena", "Petrenko"}
	exact := []string{"50.047", "36.228", "T02:14", "02:14:"}
	words := []string{"Lozova"}
	for _, x := range []struct {
		account string
		never   []string
		sees    string
	}{
		{"", slices.Concat(site, person, exact, words, []string{"BRAVO"}), "attack.strike.drone"},
		{"adm", slices.Concat(site, person, exact, words), "attack.strike.drone"},
		{"seer", slices.Concat(site, person, exact, words), "attack.strike.drone"},
		{"desk", slices.Concat(site, person, words), "T02:14"}, // of what touches no site
		{"patrol", slices.Concat(site, person, words), "T02:14"},
		{"bravo", slices.Concat(site, person), "T02:14"},
		{"check", append(slices.Clone(site[:3]), "we fear"), "Olena"},
		{"anna", []string{"AT-2", "AT-1", "we fear", h.site}, "Olena"},
		{"chair", []string{"AT-2", "AT-1", "we fear", h.site}, "Olena"},
		{"alfa", []string{"AT-2"}, "we fear for " + h.site},
	} {
		all := ""
		for _, q := range w.asked() {
			res, got := w.do("GET", q, x.account, "", nil, nil)
			if res.StatusCode >= 500 {
				t.Fatalf("%s as %q: %d %s", q, x.account, res.StatusCode, got)
			}
			got += fmt.Sprint(res.Header)
			all += got
			for _, s := range x.never {
				if i := strings.Index(got, s); i >= 0 {
					t.Errorf("%q finds %q by %s: %s", x.account, s, q, got[max(0, i-120):min(len(got), i+80)])
				}
			}
		}
		for _, line := range w.stream(t, x.account, w.log.Size()) {
			for _, s := range x.never {
				if strings.Contains(line, s) {
					t.Errorf("%q finds %q in the stream: %s", x.account, s, line)
				}
			}
		}
		if !strings.Contains(all, x.sees) {
			t.Errorf("%q does not see %q: what is tested is that nothing is answered", x.account, x.sees)
		}
		// Nor by opening it: who may not, is refused, and what is opened is recorded.
		if slices.Contains([]string{"", "adm", "seer", "desk", "bravo"}, x.account) {
			for n := 1; n <= 9; n++ {
				_, got := w.do("POST", fmt.Sprintf("/api/entries/01JPV9Z8M000000000000%05d/open", n), x.account, "application/json", []byte(`{"purpose":"to see"}`), nil)
				for _, s := range x.never {
					if strings.Contains(got, s) {
						t.Errorf("%q opens %q: %s", x.account, s, got)
					}
				}
			}
		}
	}
}

// alike masks what differs between two records of the same entries: commitments
// are salted, and so are leaves and roots; and what the clock says.
var alike = regexp.MustCompile(`[0-9a-f]{64}|([0-9A-Za-z+/]|&#43;){43}=|"age_s":[0-9.e-]+|Content-Length:\[\d+\]|<dd>20[^<]*</dd>|\[(([A-Z][a-z]{2}, [^\]]*GMT)|"?[0-9a-f]{24}"?)\]|[0-9A-Za-z+/]{80,}={0,2}`)

// TestHiddenTellsNothing: two records that differ only in what somebody must not
// see answer every question of theirs alike: nothing is told by counts, by
// differences, by the order of lists, by ids, by groups, by totals.
func TestHiddenTellsNothing(t *testing.T) {
	a, b := newWorld(t, nil), newWorld(t, nil)
	a.sealed(lozova)
	b.sealed(elsewhere)
	var more []string
	for _, h := range []hidden{lozova, elsewhere} {
		for _, word := range strings.Fields(strings.Join([]string{h.damage, h.words, h.witness, h.crew, h.site}, " ")) {
			more = append(more, "/api/incidents?q="+url.QueryEscape(word), "/api/entries?q="+url.QueryEscape(word), "/api/counts?q="+url.QueryEscape(word))
		}
		more = append(more, "/api/incidents?act="+h.act, "/api/reports?act="+h.act, "/api/counts?act="+h.act, "/api/reports?actor=BRAVO", "/api/reports?marking=mission", "/api/reports?marking=restricted")
		hour := h.minute[:2]
		more = append(more, fmt.Sprintf("/api/incidents?from=2025-03-20T%s:00:00Z&to=2025-03-20T%s:59:00Z", hour, hour))
		for _, d := range []string{"0.001", "0.01", "0.1"} {
			var lat, lon, r float64
			fmt.Sscan(h.lat+" "+h.lon+" "+d, &lat, &lon, &r)
			box := fmt.Sprintf("bbox=%f,%f,%f,%f", lon-r, lat-r, lon+r, lat+r)
			more = append(more, "/api/incidents?"+box, "/api/counts?"+box, "/api/bins?width=64&height=64&"+box)
		}
	}
	for _, account := range []string{"", "adm", "seer"} {
		n := 0
		for _, q := range append(a.asked(), more...) {
			ra, ga := a.do("GET", q, account, "", nil, nil)
			rb, gb := b.do("GET", q, account, "", nil, nil)
			ga, gb = fmt.Sprint(ra.StatusCode, ra.Header, ga), fmt.Sprint(rb.StatusCode, rb.Header, gb)
			ga, gb = alike.ReplaceAllString(ga, "~"), alike.ReplaceAllString(gb, "~")
			if q == "/log/checkpoint" || strings.HasSuffix(q, "/proof") {
				continue // commitments and signatures alone
			}
			if ga != gb {
				t.Errorf("%q is told by %s:\n%s", account, q, firstDifference(ga, gb))
			}
			n++
		}
		if n < 200 {
			t.Errorf("%d questions", n)
		}
	}
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[max(0, i-200):min(len(a), i+80)] + "\n" + b[max(0, i-200):min(len(b), i+80)]
		}
	}
	return fmt.Sprintf("%d and %d bytes", len(a), len(b))
}

// exchange puts each party into the place of the other.
func exchange(w *world) *strings.Replacer {
	dir := w.people.Directory()
	a, _ := dir.Account("alfa")
	b, _ := dir.Account("bravo")
	return strings.NewReplacer("ALFA", "BRAVO", "BRAVO", "ALFA", "alfa", "bravo", "bravo", "alfa", a.ID, b.ID, b.ID, a.ID, a.Key.String(), b.Key.String(), b.Key.String(), a.Key.String())
}

// script is a day of both parties and the mission: WHO METHOD PATH BODY.
var script = []string{
	`anna POST /api/reports {"id":"01JPV9Z8M00000000000000001","made":"2025-03-21T08:00:00Z","marking":"parties","row":{"time_start":"2025-03-20T10:00Z","lat":"50.1","lon":"36.2","precision_m":"500","act":"attack.strike.drone","actor":"ALFA","target":"energy.power.line.transmission","owner":"BRAVO"}}`,
	`anna POST /api/reports {"id":"01JPV9Z8M00000000000000002","made":"2025-03-21T08:01:00Z","marking":"public","party":"ALFA","row":{"time_start":"2025-03-20T11:00Z","lat":"50.3","lon":"36.4","precision_m":"500","act":"attack.strike.drone","actor":"BRAVO","damage":"two masts"}}`,
	`anna POST /api/reports {"id":"01JPV9Z8M00000000000000003","made":"2025-03-21T08:02:00Z","marking":"restricted","party":"BRAVO","row":{"act":"attack.strike.artillery","text":"a witness"}}`,
	`alfa POST /api/entries {"id":"01JPV9Z8M00000000000000004","made":"2025-03-21T09:00:00Z","kind":"notice@1","payload":{"text":"halt","from":"ALFA","to":["BRAVO"],"says":"The halt ends."}}`,
	`bravo POST /api/entries {"id":"01JPV9Z8M00000000000000005","made":"2025-03-21T09:01:00Z","kind":"claim@1","refs":[{"relation":"about","id":"01JPV9Z8M00000000000000001"}],"payload":{"says":"It was a drone of ALFA.","by":"the ministry of BRAVO"}}`,
	`alfa POST /api/entries {"id":"01JPV9Z8M00000000000000006","made":"2025-03-21T09:02:00Z","kind":"dispute@1","refs":[{"relation":"disputes","id":"01JPV9Z8M00000000000000001"}],"payload":{"reason":"not ours","facts":{"actor":"BRAVO"}}}`,
	`bravo POST /api/entries {"id":"01JPV9Z8M00000000000000007","made":"2025-03-21T09:03:00Z","kind":"note@1","payload":{"party":"BRAVO","note":"ask ALFA again"}}`,
	`alfa POST /api/entries {"id":"01JPV9Z8M00000000000000008","made":"2025-03-21T09:04:00Z","kind":"notice@1","payload":{"text":"halt","from":"BRAVO","to":["ALFA"],"says":"in the name of the other"}}`,
	`alfa POST /api/entries {"id":"01JPV9Z8M00000000000000009","made":"2025-03-21T09:05:00Z","kind":"incident@1","refs":[{"relation":"about","id":"01JPV9Z8M00000000000000001"}],"payload":{"title":"x","reason":"may not"}}`,
	`bravo POST /api/entries {"id":"01JPV9Z8M0000000000000000A","made":"2025-03-21T09:06:00Z","kind":"determination@1","refs":[{"relation":"about","id":"01JPV9Z8M00000000000000001"}],"payload":{"by":"BRAVO","says":"x","reason":"may not"}}`,
	`bravo POST /api/entries/01JPV9Z8M00000000000000003/open {"purpose":"our own"}`,
	`alfa POST /api/entries/01JPV9Z8M00000000000000003/open {"purpose":"theirs"}`,
	`chair POST /api/entries {"id":"01JPV9Z8M0000000000000000B","made":"2025-03-21T10:00:00Z","kind":"adoption@1","refs":[{"relation":"adopts","id":"01JPV9Z8M00000000000000006"}],"payload":{"reason":"photographs of ALFA and BRAVO"}}`,
	`chair POST /api/entries/01JPV9Z8M00000000000000003/open {"purpose":"to decide"}`,
}

// TestPartyParity: with the parties exchanged in everything that happens, each is
// answered what the other was, to the byte: same rights by the same paths.
func TestPartyParity(t *testing.T) {
	clock := func(o *Options) { o.Now = func() time.Time { return time.Date(2025, 3, 22, 0, 0, 0, 0, time.UTC) } }
	one, two := newWorld(t, clock), newWorld(t, clock)
	swap := exchange(one)
	ask := func(w *world, account, method, path, body string) string {
		kind := ""
		if method == "POST" {
			kind = "application/json"
		}
		res, got := w.do(method, path, account, kind, []byte(body), nil)
		w.follow()
		return alike.ReplaceAllString(varying.ReplaceAllString(fmt.Sprint(res.StatusCode, " ", got), "~"), "~")
	}
	refused, taken := 0, 0
	for i, line := range script {
		x := strings.SplitN(line, " ", 4)
		y := strings.SplitN(swap.Replace(line), " ", 4)
		was, is := ask(one, x[0], x[1], x[2], x[3]), ask(two, y[0], y[1], y[2], y[3])
		if swap.Replace(was) != is {
			t.Errorf("step %d, %s: %s\n%s", i, x[0], was, is)
		}
		if strings.HasPrefix(was, "403") {
			refused++
		} else if was[0] == '2' {
			taken++
		}
		paths := []string{"/api/me", "/api/incidents", "/api/incidents.csv", "/api/entries?from=2025-03-21&to=2025-03-22", "/api/counts?actor=ALFA", "/api/counts?by=level", "/api/findings.atom", "/api/incidents?actor=ALFA", "/api/entries?kind=access@1", "/api/entries.geojson?from=2025-03-21&to=2025-03-22"}
		for n := 1; n <= 9; n++ {
			paths = append(paths, fmt.Sprintf("/api/why/01JPV9Z8M0000000000000000%d", n), fmt.Sprintf("/api/incidents/01JPV9Z8M0000000000000000%d?explain=true", n))
		}
		if i%4 != 3 && i != len(script)-1 {
			continue
		}
		for _, account := range []string{"alfa", "bravo", "", "anna", "chair"} {
			for _, p := range paths {
				was, is := ask(one, account, "GET", p, ""), ask(two, swap.Replace(account), "GET", swap.Replace(p), "")
				if swap.Replace(was) != is {
					t.Fatalf("after step %d %q asks %s:\n%s", i, account, p, firstDifference(swap.Replace(was), is))
				}
			}
		}
	}
	if refused < 4 || taken < 9 {
		t.Errorf("%d refused, %d taken: the script does not test what it should", refused, taken)
	}
}

// varying is what the clock and chance put into answers: receipts, ids of entries
// that the server makes, and times.
var varying = regexp.MustCompile(`"receipt":"[^"]*"|"due":"[^"]*"|01M[0-9A-HJKMNP-TV-Z]{23}|"made":"2026[^"]*"|,20(2[6-9]|[3-9]\d)-[0-9T:.-]*Z|<updated>[^<]*</updated>`)

// TestTileOfTheCell: on the tile of a street the public sees areas that hold the
// cell, and no point; who sees exactly sees the place.
func TestTileOfTheCell(t *testing.T) {
	w := newWorld(t, nil)
	w.sealed(lozova)
	const street = "/api/tiles/14/9840/5553.mvt"
	finest := func(account string) (n int, metres float64) {
		metres = 1e9
		for _, l := range w.tile(account, street) {
			for _, f := range l.Features {
				n++
				metres = min(metres, f.Properties.MustFloat64("precision_m"))
			}
		}
		return n, metres
	}
	if n, m := finest(""); n == 0 || m < 19_000 || w.tile("", street)["incidents"] != nil && len(w.tile("", street)["incidents"].Features) > 0 {
		t.Errorf("the public sees %d, the finest within %g m", n, m)
	}
	if _, m := finest("desk"); m != 50 {
		t.Errorf("a reader sees the finest within %g m", m)
	}
}
