package people

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// TestSubscriptions: asked for, confirmed, paused, withdrawn; each change is an entry
// by its author that says neither where it goes nor what was asked.
func TestSubscriptions(t *testing.T) {
	o := newOffice(t)
	s := o.server(t)
	a := o.add("vera", rights.Verifier, "")
	o.ready(t, newBrowser(t, s, "192.0.2.1:5"), "rosa", rights.Reader, "")
	rosa, _ := o.dirOf().Account("rosa")
	who := o.who("rosa")
	ask := Subscription{Name: "power", Sort: "alert", Rule: []byte(`{"act":["attack"]}`), Mail: "rosa@example.org"}
	sub, err := o.Subscribe(t.Context(), who, ask)
	if err != nil || sub.State != Waiting || sub.Account != rosa.ID {
		t.Fatal(sub, err)
	}
	told := func(id string) (State string, Role string, ok bool) {
		t.Helper()
		x, who, ok, err := o.Subscribed(id)
		if err != nil {
			t.Fatal(err)
		}
		return x.State, who.Role, ok
	}
	if _, err := o.Change(t.Context(), who, sub.ID, Active); err == nil {
		t.Error("it was taken up without the address being confirmed")
	}
	// The link in the mail, opened by whoever reads it, in any browser.
	confirm, stop := o.LetterPaths(sub)
	n := newBrowser(t, s, "192.0.2.9:5")
	for _, bad := range []string{confirm + "X", confirm[:len(confirm)-1], strings.Replace(confirm, "confirm", "stop", 1), "/subscriptions/confirm/" + sub.ID, "/subscriptions/other/" + sub.ID + "-x", "/subscriptions/confirm/x"} {
		if status, _ := n.do("POST", bad, nil); status != 404 {
			t.Errorf("%s: %d", bad, status)
		}
	}
	if status, page := n.do("GET", confirm, nil); status != 200 || strings.Contains(page, "power") || strings.Contains(page, "rosa") {
		t.Error(status, page)
	}
	if state, _, _ := told(sub.ID); state != Waiting {
		t.Error("opening the link was enough: programs that preview mails do that")
	}
	if status, _ := n.do("POST", confirm, nil, "Sec-Fetch-Site", "cross-site"); status != 403 {
		t.Errorf("from another site: %d", status)
	}
	if status, _ := n.do("POST", confirm, nil); status != 200 {
		t.Error(status)
	}
	if state, role, ok := told(sub.ID); state != Active || role != rights.Reader || !ok {
		t.Error(state, role, ok)
	}
	// The same address again needs no mail; another account's needs its own.
	if x, err := o.Subscribe(t.Context(), who, ask); err != nil || x.State != Active {
		t.Error(x, err)
	}
	o.ready(t, newBrowser(t, s, "192.0.2.3:5"), "rolf", rights.Reader, "")
	if x, err := o.Subscribe(t.Context(), o.who("rolf"), ask); err != nil || x.State != Waiting {
		t.Error(x, err)
	}
	// Nobody changes another's; who keeps accounts may withdraw it, and no more.
	adm := o.add("adm", rights.Administrator, "")
	for _, x := range []Who{o.who("rolf"), {}, {Role: rights.Chair}} {
		for _, state := range []string{Paused, Withdrawn, Active} {
			if _, err := o.Change(t.Context(), x, sub.ID, state); err == nil {
				t.Errorf("%+v made it %s", x, state)
			}
		}
	}
	if _, err := o.Change(t.Context(), adm.Who(), sub.ID, Paused); !errors.Is(err, ErrNoSubscription) {
		t.Error(err)
	}
	token := who
	token.Token, token.Scopes = "T4XJ0Q8W", []string{"issue"}
	if _, err := o.Subscribe(t.Context(), token, ask); err == nil {
		t.Error("a token subscribed")
	}
	if _, err := o.Change(t.Context(), who, sub.ID, Paused); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := told(sub.ID); ok {
		t.Error("paused, and told")
	}
	n.do("POST", confirm, nil)
	if _, _, ok := told(sub.ID); ok {
		t.Error("an old mail undid the pause")
	}
	size := o.log.Size()
	if x, err := o.Change(t.Context(), who, sub.ID, Active); err != nil || x.Since != size {
		t.Error(x, err, size)
	}
	// The link that every mail has ends it.
	n.do("GET", stop, nil)
	if _, _, ok := told(sub.ID); !ok {
		t.Error("opening the link was enough")
	}
	if n.do("POST", stop, nil); func() bool { _, _, ok := told(sub.ID); return ok }() {
		t.Error("the link in the mail did not end it")
	}
	if _, err := o.Change(t.Context(), who, sub.ID, Active); err != nil {
		t.Fatal(err)
	}
	// What the owner may see counts when it is asked: role, account, second factor.
	if _, err := o.Grant(t.Context(), AtConsole(), rosa.ID, "", "", ""); err != nil {
		t.Fatal(err)
	}
	if _, role, ok := told(sub.ID); !ok || role != rights.Public {
		t.Errorf("without a role: %q %v", role, ok)
	}
	if _, err := o.Grant(t.Context(), AtConsole(), rosa.ID, rights.Verifier, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := told(sub.ID); ok {
		t.Error("a role that needs a second factor, without one")
	}
	if err := o.SetState(t.Context(), AtConsole(), rosa.ID, false, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := told(sub.ID); ok {
		t.Error("a closed account is told")
	}
	if _, err := o.Change(t.Context(), adm.Who(), sub.ID, Withdrawn); err != nil {
		t.Error(err)
	}
	if _, _, ok := told(sub.ID); ok {
		t.Error("withdrawn, and told")
	}
	payloads, authors := o.payloads(record.KindSubscription)
	var states []string
	for i, p := range payloads {
		if strings.Contains(p, "@") || strings.Contains(p, "attack") || strings.Contains(p, "power") {
			t.Errorf("the record says %s", p)
		}
		if strings.Contains(p, sub.ID) {
			states = append(states, p[strings.Index(p, `"state":"`)+9:len(p)-2])
		}
		if i == 0 && authors[i] != rosa.Key {
			t.Error("the author of a subscription is not its owner")
		}
	}
	if got := strings.Join(states, " "); got != "waiting active paused active paused active withdrawn" {
		t.Errorf("the record says %s", got)
	}
	if authors[len(authors)-1] != adm.Key || a.Key == adm.Key {
		t.Error("the author of a withdrawal is not who withdrew")
	}
}

// TestSubscriptionLimits: an account has so many, has so many addresses mailed, and a
// link holds for three days; a subscription outlives a restart.
func TestSubscriptionLimits(t *testing.T) {
	o := newOffice(t)
	o.ready(t, newBrowser(t, o.server(t), "192.0.2.1:5"), "rosa", rights.Reader, "")
	var first Subscription
	for i := range ruleMail.free + 1 {
		s, err := o.Subscribe(t.Context(), o.who("rosa"), Subscription{Name: "x", Sort: "alert", Rule: []byte("{}"), Mail: string(rune('a'+i)) + "@example.org"})
		if i == 0 {
			first = s
		}
		if (err != nil) != (i == ruleMail.free) {
			t.Errorf("address %d: %v", i, err)
		}
	}
	for i := range mostSubscriptions - ruleMail.free + 1 {
		if _, err := o.Subscribe(t.Context(), o.who("rosa"), Subscription{Name: "x", Sort: "alert", Rule: []byte("{}"), Webhook: "desk"}); (err != nil) != (i == mostSubscriptions-ruleMail.free) {
			t.Errorf("webhook %d: %v", i, err)
		}
	}
	o.reopen()
	if all, err := o.Subscriptions(""); err != nil || len(all) != mostSubscriptions {
		t.Error(len(all), err)
	}
	o.now = o.now.Add(confirmLife + time.Second)
	if _, _, ok, err := o.Subscribed(first.ID); ok || err != nil {
		t.Error("after three days the question is still sent", err)
	}
	confirm, _ := o.LetterPaths(first)
	if status, _ := newBrowser(t, o.server(t), "192.0.2.2:5").do("POST", confirm, nil); status != 404 {
		t.Errorf("after three days: %d", status)
	}
}
