package notify

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/rights"
)

// askers are people who asked to be told, kept by a test.
type askers struct {
	mu  sync.Mutex
	all map[string]Subscription
}

func (a *askers) All(ctx context.Context) (out []Subscription, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.all {
		out = append(out, s)
	}
	return out, nil
}

func (a *askers) One(_ context.Context, id string) (Subscription, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.all[id]
	return s, ok, nil
}

func (a *askers) put(s Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[s.ID] = s
}

func (a *askers) drop(id string) { a.mu.Lock(); defer a.mu.Unlock(); delete(a.all, id) }

func rule(t *testing.T, r Rule) []byte {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func plainLetter(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "=\r\n", ""), "=3D", "=")
}

// TestSubscription: each is told what the own role sees at the time and may take
// away; nobody anything before the address is confirmed, after it was paused, or of
// what was there before.
func TestSubscription(t *testing.T) {
	l, addr, ca := newLetters(t)
	e := newEar(t, ok)
	b := open(t, Config{Mail: &Mail{Server: addr, From: "truce@example.org", CA: ca}, Webhooks: []Webhook{{Name: "desk", URL: e.URL, Secret: "text:x", Events: []string{"entry"}, Accounts: []string{"vera"}, Sees: Sees{Role: "chair"}}}}, "127.0.0.1")
	as := &askers{all: map[string]Subscription{}}
	b.Notifier.o.Subscribers = as
	breach := rule(t, Rule{Verdict: []string{"breach"}, Reading: []string{"kremlin"}})
	b.text("energy-2025")
	b.strike("public", map[string]string{"text": "before"})
	size := b.views.Size()
	for _, s := range []Subscription{
		{ID: "S-READER00", Name: "power plants", Owner: "rosa", Mail: "rosa@example.org", Who: rights.Who{Account: "A-R", Role: rights.Reader}},
		{ID: "S-VERIFIER", Name: "all breaches", Owner: "vera", Mail: "vera@example.org", Who: rights.Who{Account: "A-V", Role: rights.Verifier}},
		{ID: "S-ADMIN000", Name: "x", Owner: "adm", Mail: "adm@example.org", Who: rights.Who{Account: "A-A", Role: rights.Administrator}},
		{ID: "S-WAITING0", Name: "x", Owner: "wim", Mail: "wim@example.org", Waiting: true, Confirm: "https://north.example.org/subscriptions/confirm/x", Who: rights.Who{Account: "A-W", Role: rights.Chair}},
		{ID: "S-HOOK0000", Name: "by hook", Owner: "vera", Webhook: "desk", Who: rights.Who{Account: "A-R", Role: rights.Reader}},
		{ID: "S-HOOKNOT0", Name: "not hers", Owner: "rosa", Webhook: "desk", Who: rights.Who{Account: "A-R", Role: rights.Chair}},
	} {
		s.Rule, s.Since, s.Stop = breach, size, "https://north.example.org/subscriptions/stop/"+s.ID
		as.put(s)
	}
	if err := b.AskAddress(t.Context(), "S-WAITING0", "wim@example.org"); err != nil {
		t.Fatal(err)
	}
	b.strike("public", nil)
	b.strike("mission", map[string]string{"text": "Ivan"})
	b.strike("restricted", map[string]string{"text": "secret"})
	until(t, "all are told", func() bool { return l.len() >= 5 && e.len() >= 5 }) // reader 1, verifier 2, administrator 1, the question; entries 4 and the reader's by hook
	time.Sleep(100 * time.Millisecond)
	got := map[string]string{}
	l.mu.Lock()
	for i, to := range l.to {
		got[to] += plainLetter(l.got[i]) + "\n"
	}
	n := len(l.got)
	l.mu.Unlock()
	if n != 5 {
		t.Errorf("%d letters", n)
	}
	for to, want := range map[string][]string{
		"rosa@example.org": {"power plants: 1 finding", "account rosa asked", "/subscriptions/stop/S-READER00", "List-Unsubscribe:", "<https://north.example.org/subscriptions/stop/S-READER00>"},
		"vera@example.org": {"all breaches: 1 finding", "Ivan", "Olena"},
		"wim@example.org":  {"is this address yours?", "https://north.example.org/subscriptions/confirm/x"},
	} {
		for _, w := range want {
			if !strings.Contains(got[to], w) {
				t.Errorf("%s: no %q in\n%s", to, w, got[to])
			}
		}
	}
	for to, text := range got {
		if strings.Contains(text, "secret") || strings.Contains(text, "before") {
			t.Errorf("%s is told what is restricted, or was there before:\n%s", to, text)
		}
		if to != "vera@example.org" && (strings.Contains(text, "Ivan") || strings.Contains(text, "patrol")) {
			t.Errorf("%s is told what is the mission's:\n%s", to, text)
		}
	}
	for _, hidden := range []string{"breach", "50.45", "finding"} {
		if strings.Contains(got["wim@example.org"], hidden) {
			t.Errorf("before the address is confirmed: %s", got["wim@example.org"])
		}
	}
	hooked := 0
	for i := range e.len() {
		if m := e.message(t, i); m.Type == "alert" {
			hooked++
			if m.Rule != "by hook" || strings.Contains(string(e.bodies[i]), "Ivan") {
				t.Errorf("by the webhook: %s", e.bodies[i])
			}
		}
	}
	if hooked != 1 {
		t.Errorf("%d alerts by the webhook: it is told as its owner and not as the webhook sees", hooked)
	}
	// A role that is taken away, or a subscription that is, counts when it is sent.
	v, _, _ := as.One(t.Context(), "S-VERIFIER")
	v.Who = rights.Who{Account: "A-V", Role: rights.Public}
	as.put(v)
	as.drop("S-READER00")
	as.drop("S-ADMIN000")
	b.strike("mission", map[string]string{"text": "Ivan again"})
	b.strike("public", map[string]string{"act": "attack.strike.missile"})
	until(t, "the one who is now of the public", func() bool { return l.len() == 6 })
	time.Sleep(100 * time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.got) != 6 || l.to[5] != "vera@example.org" || strings.Contains(l.got[5], "again") || strings.Contains(l.got[5], "Olena") {
		t.Errorf("%d letters; the last to %s:\n%s", len(l.got), l.to[5], l.got[5])
	}
}

// TestSubscribedDigest: a digest counts what its owner sees, and of feeds says
// something only to those who may ask for them.
func TestSubscribedDigest(t *testing.T) {
	l, addr, ca := newLetters(t)
	b := open(t, Config{Mail: &Mail{Server: addr, From: "truce@example.org", CA: ca}})
	as := &askers{all: map[string]Subscription{}}
	b.Notifier.o.Subscribers = as
	for _, s := range []Subscription{{ID: "S-READER00", Owner: "rosa", Mail: "rosa@example.org", Who: rights.Who{Account: "A-R", Role: rights.Reader}}, {ID: "S-VERIFIER", Owner: "vera", Mail: "vera@example.org", Who: rights.Who{Account: "A-V", Role: rights.Verifier}}} {
		s.Name, s.Rule = "every morning", rule(t, Rule{At: "06:00", Zone: "Europe/Kyiv"})
		as.put(s)
	}
	b.text("energy-2025")
	if err := b.digests(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.strike("public", nil)
	b.strike("mission", nil)
	b.strike("restricted", nil)
	b.now.Add(int64(24 * time.Hour))
	if err := b.digests(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "two digests", func() bool { return l.len() == 2 })
	for i, to := range l.to {
		text := plainLetter(l.got[i])
		want, not := "Incidents held, of those shown here: 1 (", "acled"
		if to == "vera@example.org" {
			want, not = "Incidents held, of those shown here: 2 (", "messages to webhooks"
			if !strings.Contains(text, "acled: broken") {
				t.Errorf("a verifier is not told of feeds:\n%s", text)
			}
		}
		if !strings.Contains(text, want) || strings.Contains(text, not) {
			t.Errorf("%s: no %q, or %q, in\n%s", to, want, not, text)
		}
	}
}

// TestRule: all that is wrong with a rule is said, and no file is read.
func TestRule(t *testing.T) {
	for _, x := range []struct {
		sort string
		r    Rule
		want []string
	}{
		{"alert", Rule{Verdict: []string{"breach"}, Within: &Place{Near: "50,30", Metres: 1000}}, nil},
		{"digest", Rule{At: "06:00", Zone: "Europe/Kyiv"}, nil},
		{"alert", Rule{Verdict: []string{"guilty"}, Level: "sure", At: "06:00"}, []string{"verdict", "level:", "an alert is told at once"}},
		{"alert", Rule{Within: &Place{}}, []string{"one of box, near"}},
		{"alert", Rule{Within: &Place{Box: "5,5,1,1"}}, []string{"west below east"}},
		{"alert", Rule{Clause: make([]string, 51)}, []string{"at most 50"}},
		{"digest", Rule{At: "25:00"}, []string{"time of day"}},
		{"digest", Rule{At: "06:00", Zone: "Mars/North", Act: []string{"attack"}, Level: "verified"}, []string{"Mars/North", "act", "level"}},
	} {
		var got []string
		for _, f := range x.r.Check(x.sort) {
			got = append(got, f.Where+": "+f.Why)
		}
		all := strings.Join(got, "\n")
		if (len(x.want) == 0) != (all == "") {
			t.Errorf("%+v: %s", x.r, all)
		}
		for _, w := range x.want {
			if !strings.Contains(all, w) {
				t.Errorf("%+v: no %q in %s", x.r, w, all)
			}
		}
	}
	if _, err := ReadRule([]byte(`{"within":{"geojson":"/etc/passwd"}}`)); err == nil {
		t.Error("a rule names a file of the machine")
	}
	n := New(Options{Config: Config{Mail: &Mail{Domains: []string{"example.org"}}}})
	for s, good := range map[string]bool{"anna@example.org": true, "Anna@EXAMPLE.org": true, "anna@example.net": false, "Anna <anna@example.org>": false, "anna@example.org\r\nBcc: x@example.org": false, "anna": false, "anna@example.org, b@example.org": false, "\"a b\"@example.org": false} {
		if _, err := n.CheckMail(s); (err == nil) != good {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := New(Options{}).CheckMail("anna@example.org"); err == nil {
		t.Error("there is no mail server, and mail is promised")
	}
}
