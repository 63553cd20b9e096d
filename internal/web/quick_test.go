package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// strict reads a body as huma does: no unknown members, nothing behind.
func strict(body []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more")
	}
	return nil
}

// agrees holds what is read quickly against what encoding/json reads.
func agrees(t testing.TB, body []byte) {
	t.Helper()
	if !utf8.Valid(body) {
		return
	}
	if got := (&plain{b: body}).report(); got != nil {
		var want ReportIn
		if err := strict(body, &want); err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%s\nread as %+v\nwant %+v, %v", body, got, want, err)
		}
	}
	if got := (&plain{b: body}).signed(); got != nil {
		var want struct {
			Entries []SignedIn `json:"entries"`
		}
		if err := strict(body, &want); err != nil || !reflect.DeepEqual(got, want.Entries) {
			t.Errorf("%s\nread as %+v\nwant %+v, %v", body, got, want, err)
		}
	}
}

var quickBodies = []string{
	`{"id":"01JPV9Z8M0QRS4T5V6W7X8Y9ZA","row":{"act":"attack","text":"обстріл \"x\" \\ \/ \n\t"},"source":"p"}`,
	" {\t\"id\" : \"a\" ,\r\n \"row\" : { } , \"markings\":{\"act\":\"mission\"} } \n",
	`{"entries":[{"entry":"truce\n1\n","salt":"AAECAw==","payload":"e30="},{"entry":"x"}]}`,
	`{"id":"a","ID":"b"}`, `{"id":"a","id":"b"}`, `{"Id":"a"}`, `{"id":"a","row":null}`, `{"id":"a","row":{"a":1}}`, `{"id":"a","row":{"a":"1","a":"2"}}`,
	`{"id":"a"}x`, `{"id":"a"},`, `{"id":"a",}`, `{"id":"a" "b"}`, `{"id":"a\u0041"}`, `{"id":"a\x"}`, `{"id":"a`, `{"id":"a\`, `{}`, ``, `[]`, `null`, "{\"id\":\"a\nb\"}",
	`{"id":"a","marking":"public"}`, `{"id":"a","marking":"secret"}`, `{"id":"a","marking":""}`, `{"id":"a","language":"a language of twenty one"}`, `{"id":"a","about":[]}`, `{"id":"a","fields":{}}`,
	`{"entries":[]}`, `{"entries":[{}]}`, `{"entries":[{"entry":"a","entry":"b"}]}`, `{"entries":[{"entry":"a","salt":"!"}]}`, `{"entries":[{"entry":"a"}],"entries":[]}`, `{"entries":[{"entry":"a"},]}`, `{"entries":{}}`,
}

// TestQuickReadsTheSame: what is read quickly is what the slow way reads; it is left
// alone otherwise.
func TestQuickReadsTheSame(t *testing.T) {
	taken := 0
	for _, b := range quickBodies {
		agrees(t, []byte(b))
		taken += one((&plain{b: []byte(b)}).report() != nil) + one((&plain{b: []byte(b)}).signed() != nil)
	}
	if taken != 4 {
		t.Errorf("%d of the bodies are plain, want 4", taken)
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := []byte(rapid.SampledFrom(quickBodies).Draw(rt, "body"))
		for range rapid.IntRange(0, 4).Draw(rt, "changes") {
			if len(b) == 0 {
				break
			}
			at := rapid.IntRange(0, len(b)-1).Draw(rt, "at")
			switch rapid.IntRange(0, 2).Draw(rt, "how") {
			case 0:
				b[at] = rapid.SampledFrom([]byte(`{}[]":,\ nabu01x`)).Draw(rt, "byte")
			case 1:
				b = append(b[:at:at], b[at+1:]...)
			default:
				to := rapid.IntRange(at, len(b)).Draw(rt, "to")
				b = append(b[:to:to], b[at:]...)
			}
		}
		agrees(t, b)
	})
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func FuzzQuick(f *testing.F) {
	for _, b := range quickBodies {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) { agrees(t, b) })
}

// TestQuickAnswersTheSame: a submission is answered the same, to the byte, whichever
// way it goes.
func TestQuickAnswersTheSame(t *testing.T) {
	w := newWorld(t, nil)
	const id = "01JPV9Z8M0000000000000000A"
	good := fmt.Sprintf(`{"id":%q,"made":"2025-03-21T08:00:00Z","row":{"act":"attack.strike.drone","text":"<b>обстріл</b> & \"more\""},"source":"patrol 4"}`, id)
	slowly := map[string]string{"Accept": "application/json, */*"}
	for _, x := range []struct{ who, body string }{
		{"anna", good}, {"anna", good}, // the second of each pair is the same again
		{"borys", good}, {"", good}, {"desk", good},
		{"anna", strings.Replace(good, "drone", "dron", 1)},
		{"anna", strings.Replace(good, "patrol 4", "patrol 5", 1)},
		{"anna", strings.Replace(good, id, "nonsense", 1)},
		{"anna", `{"id":"01JPV9Z8M0000000000000000B","row":{"lat":"151","lon":"200"}}`},
		{"anna", `{"id":"01JPV9Z8M0000000000000000B","row":{}}`},
		{"anna", `{"id":"01JPV9Z8M0000000000000000B","rows":{}}`},
		{"anna", `{"row":{"act":"attack"}}`},
		{"anna", `{"id":7}`}, {"anna", `{`}, {"anna", ``},
	} {
		if x.body == good && x.who == "anna" { // so that both are repetitions
			w.do("POST", "/api/reports", x.who, "application/json", []byte(x.body), nil)
		}
		a, one := w.do("POST", "/api/reports", x.who, "application/json", []byte(x.body), nil)
		b, two := w.do("POST", "/api/reports", x.who, "application/json", []byte(x.body), slowly)
		for _, h := range []*http.Response{a, b} {
			h.Header.Del("Date")
		}
		if a.StatusCode != b.StatusCode || one != two || !reflect.DeepEqual(a.Header, b.Header) {
			t.Errorf("%q sends %s: %d %s %v\nslowly %d %s %v", x.who, x.body, a.StatusCode, one, a.Header, b.StatusCode, two, b.Header)
		}
	}
	if n := strings.Count(w.web.metricsText(), `route="POST /api/reports"`); n == 0 {
		t.Error("quick submissions are in no metric")
	}
}
