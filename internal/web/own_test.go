package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/people"
)

// ask sends JSON and reads the answer.
func (b *browser) ask(t *testing.T, method, path, body string, want int, to any) string {
	t.Helper()
	status, text, _ := b.do(method, path, "application/json", body)
	if status != want {
		t.Fatalf("%s %s %s: %d, expected %d: %s", method, path, body, status, want, text)
	}
	if to != nil { // anew: what the last answer had must not stay
		reflect.ValueOf(to).Elem().SetZero()
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err, text)
		}
	}
	return text
}

// again signs in with another browser, by a code of the second factor or by a
// recovery code.
func (b *browser) again(t *testing.T, name string, secrets []string) *browser {
	t.Helper()
	c := b.w.browser(t)
	if status, text := c.form("/sign-in", url.Values{"name": {name}, "password": {password}, "code": {secrets[len(secrets)-1]}, "next": {"/people"}}); status != 200 || strings.Contains(text, "is wrong") {
		t.Fatalf("%d %s", status, text)
	}
	return c
}

// TestOwnSessions: a person sees where they have signed in, ends one elsewhere or
// all others, and the one that asks goes on.
func TestOwnSessions(t *testing.T) {
	w := newWorld(t, nil)
	a, secrets := w.officer(t, "watch", "duty-officer", "")
	b := a.again(t, "watch", secrets)
	other, _ := w.officer(t, "verify", "verifier", "")
	if b.me().Name != "watch" {
		t.Fatal(b.me())
	}
	var o Own
	a.ask(t, "GET", "/api/own", "", 200, &o)
	if len(o.Sessions) != 2 || o.SignIn == nil || !o.SignIn.Password || !o.SignIn.SecondFactor || o.SignIn.Recovery != 7 {
		t.Fatalf("%+v %+v", o.Sessions, o.SignIn)
	}
	var this, elsewhere string
	for _, s := range o.Sessions {
		if s.Agent != "Go-http-client/1.1" || s.Since == nil {
			t.Errorf("%+v", s)
		}
		if s.This {
			this = s.Mark
		} else {
			elsewhere = s.Mark
		}
	}
	if this == "" || elsewhere == "" {
		t.Fatalf("%+v", o.Sessions)
	}
	// Nobody ends the session of another.
	other.ask(t, "POST", "/api/own/sessions/end", `{"mark":"`+elsewhere+`"}`, 404, nil)
	if b.me().Name != "watch" {
		t.Fatal("another account has ended it")
	}
	a.ask(t, "POST", "/api/own/sessions/end", `{"mark":"`+elsewhere+`"}`, 200, nil)
	if b.me().By != "nobody" || a.me().Name != "watch" {
		t.Errorf("%+v %+v", b.me(), a.me())
	}
	c := a.again(t, "watch", secrets[:len(secrets)-1])
	a.ask(t, "POST", "/api/own/sessions/end", `{}`, 200, nil)
	if c.me().By != "nobody" || a.me().Name != "watch" || other.me().Name != "verify" {
		t.Error(c.me(), a.me(), other.me())
	}
	a.ask(t, "GET", "/api/own", "", 200, &o)
	if len(o.Sessions) != 1 || !o.Sessions[0].This {
		t.Errorf("%+v", o.Sessions)
	}
	w.browser(t).ask(t, "POST", "/api/own/sessions/end", `{}`, 401, nil)
}

// TestOwnTokens: a token is made, told once, listed and withdrawn; it cannot do what
// a person does.
func TestOwnTokens(t *testing.T) {
	w := newWorld(t, nil)
	a, _ := w.officer(t, "watch", "duty-officer", "")
	var m struct{ Token string }
	a.ask(t, "POST", "/api/own/tokens", `{"name":"phone","scopes":["read"],"days":3}`, 200, &m)
	a.ask(t, "POST", "/api/own/tokens", `{"name":"phone","scopes":["fly"],"days":3}`, 422, nil)
	who, err := w.people.ByToken(m.Token)
	if err != nil || who.Token == "" {
		t.Fatal(who, err)
	}
	var o Own
	text := a.ask(t, "GET", "/api/own", "", 200, &o)
	if len(o.Tokens) != 1 || o.Tokens[0].Name != "phone" || strings.Contains(text, m.Token) {
		t.Fatal(text)
	}
	for _, path := range []string{"/api/own/settings", "/api/own/views"} {
		if status, text := byToken(t, w, path, m.Token); status != 403 {
			t.Errorf("%s by a token: %d %s", path, status, text)
		}
	}
	a.ask(t, "POST", "/api/own/tokens/"+o.Tokens[0].ID+"/withdraw", `{}`, 204, nil)
	if _, err := w.people.ByToken(m.Token); err == nil {
		t.Error("a token that was withdrawn holds")
	}
}

// TestOwnViews: views are kept for whoever saved them; shared, colleagues see them
// and nobody else does.
func TestOwnViews(t *testing.T) {
	w := newWorld(t, nil)
	list := func(b *browser) (out []string) {
		var l savedViews
		b.ask(t, "GET", "/api/own/views", "", 200, &l)
		for _, v := range l.Items {
			out = append(out, v.Name+" "+v.By)
		}
		return out
	}
	watch, _ := w.officer(t, "watch", "duty-officer", "")
	verify, _ := w.officer(t, "verify", "verifier", "")
	alfa, _ := w.officer(t, "alfa1", "delegate", "ALFA")
	alfa2, _ := w.officer(t, "alfa2", "delegate", "ALFA")
	bravo, _ := w.officer(t, "bravo1", "delegate", "BRAVO")
	read, _ := w.officer(t, "reads", "reader", "")
	var s people.Saved
	watch.ask(t, "POST", "/api/own/views", `{"name":" Energy ","address":"/incidents?act=strike&level=verified"}`, 200, &s)
	alfa.ask(t, "POST", "/api/own/views", `{"name":"ours","address":"/talks?party=ALFA","shared":true}`, 200, nil)
	read.ask(t, "POST", "/api/own/views", `{"name":"mine","address":"/","shared":true}`, 200, nil)
	for _, address := range []string{"", "incidents", "//elsewhere.example/", "https://elsewhere.example/", `/\\elsewhere.example`} {
		body, _ := json.Marshal(savedView{Name: "x", Address: address})
		watch.ask(t, "POST", "/api/own/views", string(body), 422, nil)
	}
	watch.ask(t, "POST", "/api/own/views", `{"name":" ","address":"/"}`, 422, nil)
	verify.ask(t, "POST", "/api/own/views/"+s.ID, `{"name":"taken","address":"/"}`, 404, nil)
	verify.ask(t, "DELETE", "/api/own/views/"+s.ID, "", 404, nil)
	if got := list(verify); len(got) != 0 {
		t.Error(got)
	}
	watch.ask(t, "POST", "/api/own/views/"+s.ID, `{"name":"Energy sites","address":"/incidents?act=strike","shared":true}`, 200, nil)
	for _, x := range []struct {
		b    *browser
		want string
	}{{watch, "Energy sites "}, {verify, "Energy sites watch"}, {alfa, "ours "}, {alfa2, "ours alfa1"}, {bravo, ""}, {read, "mine "}} {
		if got := strings.Join(list(x.b), ";"); got != x.want {
			t.Errorf("%q, expected %q", got, x.want)
		}
	}
	watch.ask(t, "DELETE", "/api/own/views/"+s.ID, "", 204, nil)
	if got := list(watch); len(got) != 0 {
		t.Error(got)
	}
	w.browser(t).ask(t, "GET", "/api/own/views", "", 401, nil)
}

// TestOwnSettings: settings are kept for the person, and what means nothing is
// refused.
func TestOwnSettings(t *testing.T) {
	w := newWorld(t, nil)
	a, _ := w.officer(t, "watch", "duty-officer", "")
	a.ask(t, "POST", "/api/own/settings", `{"language":"ar","theme":"dark","zone":"Europe/Vienna","start":{"incidents":"?level=verified"}}`, 200, nil)
	var p Preferences
	a.ask(t, "GET", "/api/own/settings", "", 200, &p)
	if p.Language != "ar" || p.Zone != "Europe/Vienna" || p.Start["incidents"] != "?level=verified" {
		t.Errorf("%+v", p)
	}
	for _, bad := range []string{`{"language":"xx"}`, `{"zone":"Nowhere"}`, `{"start":{"record":"?x"}}`, `{"start":{"today":"//x"}}`} {
		a.ask(t, "POST", "/api/own/settings", bad, 422, nil)
	}
}

// TestAccountsByConsole: an administrator keeps accounts by the API, and reads
// nothing confidential; from the first chair on a chair confirms. Others see roles
// and no names.
func TestAccountsByConsole(t *testing.T) {
	w := newWorld(t, nil)
	admin, _ := w.officer(t, "keeper", "administrator", "")
	var m accountMade
	chair, _ := w.officer(t, "chair1", "chair", "")
	admin.ask(t, "POST", "/api/accounts", `{"name":"v1","role":"verifier","reason":"joins"}`, 200, &m)
	var l AccountList
	admin.ask(t, "GET", "/api/accounts", "", 200, &l)
	if !l.Manages || l.Confirms || !l.Named {
		t.Errorf("%+v", l)
	}
	find := func() AccountItem {
		for _, x := range l.Items {
			if x.ID == m.Account {
				return x
			}
		}
		t.Fatal("no such account")
		return AccountItem{}
	}
	if x := find(); x.Waiting == nil || x.Waiting.Role != "verifier" || x.Role != "" {
		t.Errorf("%+v", x)
	}
	admin.ask(t, "POST", "/api/accounts/"+m.Account, `{"do":"grant","role":"verifier","reason":"myself"}`, 200, nil) // still waits
	chair.ask(t, "POST", "/api/accounts/"+m.Account, `{"do":"grant","role":"verifier"}`, 422, nil)
	chair.ask(t, "POST", "/api/accounts/"+m.Account, `{"do":"grant","role":"verifier","reason":"confirmed"}`, 200, nil)
	chair.ask(t, "POST", "/api/accounts", `{"name":"x1","role":"reader","reason":"may not"}`, 403, nil)
	chair.ask(t, "GET", "/api/accounts", "", 200, &l)
	if x := find(); x.Waiting != nil || x.Role != "verifier" {
		t.Errorf("%+v", x)
	}
	in := w.browser(t)
	in.welcome(strings.TrimPrefix(m.Link, "/welcome/"), "v1", nil)
	if in.me().Role != "verifier" {
		t.Error(in.me())
	}
	admin.ask(t, "POST", "/api/accounts/"+m.Account, `{"do":"close","reason":"has left"}`, 200, nil)
	admin.ask(t, "GET", "/api/accounts", "", 200, &l)
	if find().Active {
		t.Error("a closed account is open")
	}
	watch, _ := w.officer(t, "watch", "duty-officer", "")
	if text := watch.ask(t, "GET", "/api/accounts", "", 200, &l); strings.Contains(text, "chair1") || l.Named || l.Manages {
		t.Error(text)
	}
	read, _ := w.officer(t, "reads", "reader", "")
	read.ask(t, "GET", "/api/accounts", "", 403, nil)
	w.browser(t).ask(t, "GET", "/api/accounts", "", 401, nil)
	var why whyRole
	w.browser(t).ask(t, "GET", "/api/why?role=administrator&action=read&thing=evidence&marking=mission", "", 200, &why)
	if why.OK || len(why.Lines) < 2 {
		t.Errorf("%+v", why)
	}
	w.browser(t).ask(t, "GET", "/api/why?role=king&action=read&thing=evidence", "", 422, nil)
}

func byToken(t *testing.T, w *world, path, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", w.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
