package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// text hands in a text that comes with truce.
func (w *world) text(entry, id, supersedes string) {
	w.t.Helper()
	src, err := fs.ReadFile(regimes.FS(), id+".truce.md")
	if err != nil {
		w.t.Fatal(err)
	}
	refs := "[]"
	if supersedes != "" {
		src = []byte(strings.Replace(string(src), "\n## ", "\nA remark.\n\n## ", 1))
		refs = fmt.Sprintf(`[{"relation":"supersedes","id":%q}]`, supersedes)
	}
	t, problems := terms.ParseBytes(nil, id+".truce.md", src)
	if t == nil {
		w.t.Fatal(problems)
	}
	res, sum := w.do("POST", "/api/blobs", "chair", "application/octet-stream", src, nil)
	if res.StatusCode != http.StatusCreated {
		w.t.Fatal(sum)
	}
	w.post("/api/entries", "chair", fmt.Sprintf(`{"id":%q,"made":"2025-03-21T09:00:00Z","kind":"terms@1","refs":%s,"blobs":[%q],"payload":{"id":%q,"digest":%q,"title":%q}}`, entry, refs, sha256Of(sum), id, t.Digest, t.TitleText()))
}

// TestAsOfOverHTTP: what was answered when the log held N entries is what is answered
// later with at=N, whoever asks: words, reasons and texts too.
func TestAsOfOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	const base = "01JPV9Z8M0000000000000%04d"
	id := func(n int) string { return fmt.Sprintf(base, n) }
	incidents := []string{id(1), id(2), id(3)}
	questions := []string{"/api/incidents?q=burning", "/api/incidents?q=dark", "/api/incidents?q=burning+dark", "/api/findings", "/api/findings?terms=energy-2025&verdict=breach", "/api/counts", "/api/counts?by=energy-2025@kremlin", "/api/counts?q=burns",
		"/api/reports?q=burning", "/api/entries", "/api/entries.csv?q=lights", "/api/terms", "/api/regimes", "/api/restrictions", "/api/triage", "/api/watchlog", "/api/overdue?now=2025-03-25T00:00:00Z", "/api/tasks?now=2025-03-22T00:00:00Z", "/api/forms",
		"/api/terms/energy-2025/source", "/api/terms/energy-2025/versions", "/api/terms/energy-2025/counts", "/api/terms/blanket-30d/counts?q=burns", "/api/compare?a=energy-2025@kremlin&b=energy-2025@kyiv", "/api/bins?bbox=36,50,37,51&width=4&height=4&q=burns"}
	for _, i := range incidents {
		questions = append(questions, "/api/incidents/"+i+"?explain=true", "/api/incidents/"+i+"/explanation", "/api/incidents/"+i+"/candidates", "/api/entries/"+i)
	}
	questions = append(questions, "/api/entries/"+id(6), "/api/entries/"+id(9), "/api/terms/"+id(4)+"/source")
	report := func(n int, words, act string) {
		w.post("/api/reports", "anna", fmt.Sprintf(`{"id":%q,"made":"2025-03-21T08:00:00Z","marking":"public","row":{"time_start":"2025-03-20T02:14Z","time_end":"2025-03-20T02:30Z","lat":"50.04731","lon":"36.22884","precision_m":"50","act":%q,"actor":"RU","target":"energy.power.substation","owner":"UA","outcome":"impact","text":%q}}`, id(n), act, words))
	}
	steps := []func(){
		func() { report(1, "The substation burns", "attack.strike.drone") },
		func() { w.text(id(4), "energy-2025", "") },
		func() { report(2, "The lights are out", "attack.strike.artillery") },
		func() {
			w.post("/api/entries", "anna", fmt.Sprintf(`{"id":%q,"made":"2025-03-21T10:00:00Z","kind":"correction@1","refs":[{"relation":"supersedes","id":%q}],"payload":{"reason":"misread","facts":{"act":"attack.sabotage.demolition","text":"The town is dark"}}}`, id(6), id(1)))
		},
		func() {
			w.post("/api/entries", "anna", fmt.Sprintf(`{"id":%q,"made":"2025-03-21T11:00:00Z","kind":"incident@1","refs":[{"relation":"about","id":%q},{"relation":"about","id":%q}],"payload":{"marking":"public","title":"Dark and burning","reason":"one night"}}`, id(3), id(1), id(2)))
		},
		func() { w.text(id(7), "blanket-30d", "") },
		func() { w.text(id(8), "energy-2025", id(4)) },
		func() {
			w.post("/api/entries", "anna", fmt.Sprintf(`{"id":%q,"made":"2025-03-21T12:00:00Z","kind":"triage@1","refs":[{"relation":"about","id":%q}],"payload":{"decision":"rejected","reason":"twice"}}`, id(9), id(2)))
		},
	}
	askers := []string{"check", "", "alfa"}
	was := map[string]string{}
	changed := map[string]bool{}
	before := map[string]string{}
	key := func(who, q string, n int64) string { return fmt.Sprint(who, " ", n, " ", q) }
	ask := func(who, q string) string {
		res, body := w.do("GET", q, who, "", nil, nil)
		return fmt.Sprint(res.StatusCode, " ", body)
	}
	var sizes []int64
	for _, step := range steps {
		step()
		n := w.views.Size()
		sizes = append(sizes, n)
		for _, who := range askers {
			for _, q := range questions {
				a := ask(who, q)
				was[key(who, q, n)] = a
				changed[q] = changed[q] || before[who+q] != "" && strings.ReplaceAll(before[who+q], fmt.Sprint(n-1), "") != strings.ReplaceAll(a, fmt.Sprint(n), "")
				before[who+q] = a
			}
		}
	}
	for _, n := range sizes {
		for _, who := range askers {
			for _, q := range questions {
				sep := "?"
				if strings.Contains(q, "?") {
					sep = "&"
				}
				if got, want := ask(who, fmt.Sprint(q, sep, "at=", n)), was[key(who, q, n)]; got != want {
					t.Errorf("%q asks %s as of %d:\n%s\nwas\n%s", who, q, n, got, want)
				}
			}
		}
	}
	for _, q := range questions {
		if !changed[q] && !strings.Contains(q, "restrictions") && !strings.Contains(q, "watchlog") && !strings.Contains(q, "overdue") && !strings.Contains(q, "forms") {
			t.Errorf("the answer to %s is always the same: the test tests nothing", q)
		}
	}
}

// sha256Of is the digest in the answer to a file.
func sha256Of(answer string) string {
	var b BlobOut
	if err := json.Unmarshal([]byte(answer), &b); err != nil {
		panic(err)
	}
	return b.SHA256
}
