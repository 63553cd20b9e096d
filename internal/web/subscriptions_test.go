package web

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/people"
)

// tells is a background that tells, and keeps whom it asked.
type tells struct {
	made
	asked *[]string
}

func (t tells) CheckMail(a string) (string, error) {
	if !strings.HasSuffix(a, "@example.org") {
		return "", errors.New("mail goes to addresses of example.org only")
	}
	return a, nil
}
func (t tells) AskAddress(_ context.Context, id, a string) error {
	*t.asked = append(*t.asked, id+" "+a)
	return nil
}
func (t tells) HooksOf(account string) []string {
	if account == "vera" {
		return []string{"desk"}
	}
	return []string{}
}

// TestSubscriptionsAPI: asked for, listed, paused, taken up, withdrawn by a browser;
// what is wrong is said, with where it stands; nobody does it for another.
func TestSubscriptionsAPI(t *testing.T) {
	var asked []string
	w := newWorld(t, func(o *Options) { o.Background = tells{asked: &asked} })
	b, _ := w.officer(t, "vera", "verifier", "")
	x, _ := w.officer(t, "olga", "verifier", "")
	adm, _ := w.officer(t, "keeper", "administrator", "")
	post := func(b *browser, body string) (int, Subscription, string) {
		t.Helper()
		status, text, _ := b.do("POST", "/api/subscriptions", "application/json", body)
		var s Subscription
		if status == 201 {
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				t.Fatal(err)
			}
		}
		return status, s, text
	}
	for body, want := range map[string][]string{
		`{"name":"x","sort":"alert","rule":{"act":["attack.nope"],"means":["x"]},"mail":"a@example.org"}`:                                                {"body.rule.act", "the nearest is attack", "body.rule.means"},
		`{"name":"x","sort":"alert","rule":{"terms":["nope"],"reading":["nope"],"clause":["9.9"],"verdict":["guilty"],"level":"sure"},"webhook":"desk"}`: {"body.rule.terms", "body.rule.reading", "body.rule.clause", "body.rule.verdict", "level:"},
		`{"name":"","sort":"digest","rule":{"at":"25:00"},"mail":"a@example.net"}`:                                                                       {"body.name", "time of day", "body.mail", "example.org only"},
		`{"name":"x","sort":"alert"}`:                                                                {"expected mail or webhook"},
		`{"name":"x","sort":"alert","mail":"a@example.org","webhook":"desk"}`:                        {"expected mail or webhook"},
		`{"name":"x","sort":"alert","webhook":"website"}`:                                            {"no webhook of this name that this account may use"},
		`{"name":"x","sort":"alert","rule":{"within":{"geojson":"/etc/passwd"}},"webhook":"desk"}`:   {"unexpected property"},
		`{"name":"x","sort":"often","webhook":"desk"}`:                                               {"body.sort"},
		`{"name":"x\u0000","sort":"alert","webhook":"desk"}`:                                         {"body.name"},
		`{"name":"x","sort":"alert","rule":{"within":{"near":"north","metres":5}},"webhook":"desk"}`: {"latitude,longitude"},
		`{"name":"x","sort":"digest","rule":{"at":"06:00","verdict":["breach"]},"webhook":"desk"}`:   {"a digest is of all"},
	} {
		status, _, text := post(b, body)
		if status != 422 {
			t.Errorf("%s: %d %s", body, status, text)
		}
		for _, want := range want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", body, want, text)
			}
		}
	}
	status, mailed, text := post(b, `{"name":"power plants","sort":"alert","rule":{"act":["attack"],"verdict":["breach"],"within":{"near":"47.51,34.58","metres":30000}},"mail":"vera@example.org"}`)
	if status != 201 || mailed.State != "waiting" || mailed.To != "vera@example.org" || len(asked) != 1 || asked[0] != mailed.ID+" vera@example.org" {
		t.Fatal(status, text, asked)
	}
	status, hooked, text := post(b, `{"name":"mornings","sort":"digest","rule":{"at":"06:00","zone":"Europe/Kyiv"},"webhook":"desk"}`)
	if status != 201 || hooked.State != "active" || hooked.By != "webhook" {
		t.Fatal(status, text)
	}
	var l SubscriptionList
	if _, text := b.get("/api/subscriptions"); json.Unmarshal([]byte(text), &l) != nil || len(l.Items) != 2 || l.Items[0].Rule.Within == nil || l.Sees != "verifier" || l.NoMail != "" || len(l.Webhooks) != 1 {
		t.Error(text)
	}
	// Others have none, and change none; who keeps accounts withdraws, and does not see.
	if _, text := x.get("/api/subscriptions"); strings.Contains(text, "S-") {
		t.Error(text)
	}
	change := func(b *browser, method, path string) (int, string) {
		status, text, _ := b.do(method, "/api/subscriptions/"+path, "application/json", "")
		return status, text
	}
	for _, y := range []struct {
		b            *browser
		method, path string
		want         int
	}{
		{x, "POST", hooked.ID + "/pause", 404}, {x, "DELETE", hooked.ID, 404}, {adm, "POST", hooked.ID + "/pause", 404}, {b, "POST", "S-00000000/pause", 404},
		{b, "POST", mailed.ID + "/resume", 403}, {b, "POST", hooked.ID + "/pause", 200}, {b, "POST", hooked.ID + "/resume", 200}, {b, "DELETE", hooked.ID, 200}, {b, "DELETE", hooked.ID, 404},
	} {
		if status, text := change(y.b, y.method, y.path); status != y.want {
			t.Errorf("%s %s: %d, expected %d: %s", y.method, y.path, status, y.want, text)
		}
	}
	if status, text := change(adm, "DELETE", mailed.ID); status != 200 || strings.Contains(text, "vera") || strings.Contains(text, "47.51") {
		t.Errorf("withdrawn by an administrator: %d %s", status, text)
	}
	// No program, nobody who has not signed in, no page of another site, no entry by hand.
	res, _ := w.do("POST", "/api/subscriptions", "anna", "application/json", []byte(`{"name":"x","sort":"alert","webhook":"desk"}`), nil)
	if res.StatusCode != 403 {
		t.Errorf("by a token: %d", res.StatusCode)
	}
	if res, _ := w.do("GET", "/api/subscriptions", "", "", nil, nil); res.StatusCode != 401 {
		t.Errorf("by nobody: %d", res.StatusCode)
	}
	b.site = "cross-site"
	if status, _, _ := post(b, `{"name":"x","sort":"alert","webhook":"desk"}`); status != 403 {
		t.Errorf("from another site: %d", status)
	}
	b.site = "same-origin"
	if status, text, _ := b.do("POST", "/api/entries", "application/json", `{"id":"01JPV9Z8M0000000000000000A","kind":"subscription@1","payload":{"subscription":"S-00000000","account":"A-00000000","sort":"alert","by":"mail","state":"active"}}`); status != 403 {
		t.Errorf("an entry by hand: %d %s", status, text)
	}
	// The path of a link in a mail is no more in the program's log than that of a welcome.
	sub, err := w.people.Subscribe(t.Context(), mustWho(t, w, "vera"), people.Subscription{Name: "x", Sort: "alert", Rule: []byte("{}"), Mail: "v2@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	confirm, _ := w.people.LetterPaths(sub)
	if status, _ := b.form(confirm, nil); status != 200 {
		t.Error(status)
	}
	if strings.Contains(w.said.String(), confirm[len("/subscriptions/confirm/"):]) || !strings.Contains(w.said.String(), "/subscriptions/...") {
		t.Error("the link of a mail is in the log")
	}
}

func mustWho(t *testing.T, w *world, name string) Who {
	t.Helper()
	a, ok := w.people.Directory().Account(name)
	if !ok {
		t.Fatal(name)
	}
	return a.Who()
}

// TestNobodyTells: a server without mail says so.
func TestNobodyTells(t *testing.T) {
	w := newWorld(t, nil)
	b, _ := w.officer(t, "vera", "verifier", "")
	if _, text := b.get("/api/subscriptions"); !strings.Contains(text, `"no_mail":"this server tells nobody`) {
		t.Error(text)
	}
	if status, text, _ := b.do("POST", "/api/subscriptions", "application/json", `{"name":"x","sort":"alert","mail":"a@example.org"}`); status != 409 || !strings.Contains(text, "serve.yaml") {
		t.Error(status, text)
	}
}
