package web

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/intake"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

const week = `№;Дата;Час;Широта;Довгота;Тип події;Опис
1;18.03.2025;23:40;48,8530;37,6050;артилерійський обстріл;Обстріл
2;19.03.2025;;48,7230;37,5560;удар дрона;<script>alert(1)</script>
3;21.03.2025;07:05;49,2120;37,2480;салют;Невідомо
`

func withOffice(t *testing.T) func(*Options) {
	return func(o *Options) {
		of, err := office.Attach(filepath.Dir(o.LogDir), o.Log.(*journal.Log))
		if err != nil {
			t.Fatal(err)
		}
		o.Office = of
	}
}

// asking sends JSON and reads the answer into a type.
func asking[T any](w *world, path, account string, body any) (status int, out T, text string) {
	w.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	r, text := w.do("POST", path, account, "application/json", b, nil)
	json.Unmarshal([]byte(text), &out)
	return r.StatusCode, out, text
}

// TestImport is what a page does: drop a file, look at the mapping, preview, try,
// take in; then again, and a later edition.
func TestImport(t *testing.T) {
	w := newWorld(t, withOffice(t))
	send := func(account, table string) (up struct {
		Upload, Format string
		Proposed       struct {
			Mapping intake.Mapping
			Open    []string
		}
	}) {
		t.Helper()
		r, text := w.do("POST", "/api/imports?name=..%2Fweek.csv", account, "application/octet-stream", []byte(table), nil)
		if r.StatusCode != http.StatusCreated || json.Unmarshal([]byte(text), &up) != nil {
			t.Fatalf("%d %s", r.StatusCode, text)
		}
		return up
	}
	up := send("anna", week)
	if up.Format != "" || len(up.Proposed.Mapping.Columns) < 5 || len(up.Proposed.Open) < 2 {
		t.Fatalf("%+v", up)
	}
	m := up.Proposed.Mapping
	in := ImportIn{Mapping: &m, Source: "patrols"}
	in.Mapping.Zone = "Europe/Kyiv"
	status, p, text := asking[intake.Preview](w, "/api/imports/"+up.Upload+"/preview", "anna", in)
	if status != 200 || len(p.Rows) != 3 || p.Rows[0].Incident == nil || p.Rows[2].Incident != nil || !strings.Contains(text, `"cell":"F4"`) || p.Rows[2].Refused == "" || p.Rows[2].Columns["level"] != "" || strings.Contains(text, `"refused: `) || p.Rows[0].Refused != "" {
		t.Fatalf("%d %s", status, text)
	}
	if status, _, _ := asking[any](w, "/api/imports/"+up.Upload+"/preview", "borys", in); status != 404 {
		t.Errorf("somebody else's file: %d", status)
	}
	if status, _, _ := asking[any](w, "/api/imports/"+up.Upload, "reader", in); status != 403 {
		t.Errorf("a reader: %d", status)
	}
	before := w.log.Size()
	status, out, text := asking[ImportOut](w, "/api/imports/"+up.Upload+"?dry=true", "anna", in)
	if status != 200 || !out.Dry || out.New != 2 || out.Rejected != 1 || out.Receipt != "" || w.log.Size() != before {
		t.Fatalf("%d %s", status, text)
	}
	status, out, text = asking[ImportOut](w, "/api/imports/"+up.Upload, "anna", in)
	if status != 200 || out.State != "new" || !strings.HasPrefix(out.Receipt, "truce receipt v1\n") || w.log.Size() != before+1 {
		t.Fatalf("%d %s", status, text)
	}
	if status, again, text := asking[ImportOut](w, "/api/imports/"+up.Upload, "anna", in); status != 200 || again.State != "unchanged" || again.Receipt != out.Receipt || w.log.Size() != before+1 {
		t.Fatalf("again: %d %s", status, text)
	}
	w.follow()
	if got := w.rows("anna", "/api/incidents"); got != 2 {
		t.Errorf("%d incidents, expected 2", got)
	}
	up = send("anna", strings.Replace(strings.Replace(week, "удар дрона", "обстріл", 1), "1;18.03", "9;18.03", 1))
	in.Mapping.Unknown = intake.Allow
	in.Mapping.Columns = up.Proposed.Mapping.Columns
	status, out, text = asking[ImportOut](w, "/api/imports/"+up.Upload, "anna", in)
	if status != 200 || out.State != "edition" || out.New+out.Updated+out.Unchanged != 3 || out.Rejected != 0 || len(out.Unknown) != 1 {
		t.Fatalf("%d %s", status, text)
	}
	w.follow()
	if got := w.rows("anna", "/api/incidents"); got != 3 {
		t.Errorf("%d incidents, expected 3: those of the edition before end", got)
	}
	in.Mapping.Columns = append(in.Mapping.Columns, intake.Column{From: "nothing", To: "act"})
	if status, _, text := asking[any](w, "/api/imports/"+up.Upload+"?dry=true", "anna", in); status != 422 || !strings.Contains(text, "body.mapping") || !strings.Contains(text, "there is no column") {
		t.Errorf("%d %s", status, text)
	}
}

func (w *world) rows(account, path string) int {
	w.t.Helper()
	var l IncidentList
	_, text := w.do("GET", path, account, "", nil, nil)
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		w.t.Fatal(err, text)
	}
	return len(l.Items)
}

func TestImportRefuses(t *testing.T) {
	w := newWorld(t, withOffice(t))
	for _, x := range []struct {
		account, contentType, body string
		want                       int
	}{
		{"anna", "text/plain", week, 415}, {"anna", "multipart/form-data; boundary=x", week, 415}, {"", "application/octet-stream", week, 401}, {"idle", "application/octet-stream", week, 403}, {"desk", "application/octet-stream", week, 403},
		{"anna", "application/octet-stream", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 422}, {"anna", "application/octet-stream", "", 400},
	} {
		if r, text := w.do("POST", "/api/imports?name=x.csv", x.account, x.contentType, []byte(x.body), nil); r.StatusCode != x.want {
			t.Errorf("%+v: %d %s", x, r.StatusCode, text)
		}
	}
	for i := range stagedEach + 1 { // none of those above was kept
		r, text := w.do("POST", "/api/imports?name=x.csv", "anna", "application/octet-stream", []byte(week), nil)
		if want := map[bool]int{true: 201, false: 429}[i < stagedEach]; r.StatusCode != want {
			t.Errorf("file %d: %d %s", i, r.StatusCode, text)
		}
	}
	if r, _ := w.do("POST", "/api/imports?name=x.csv", "borys", "application/octet-stream", []byte(week), nil); r.StatusCode != 201 {
		t.Error("one account's files keep another out")
	}
}
