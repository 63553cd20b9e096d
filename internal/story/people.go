package story

import (
	"crypto/ed25519"
	"encoding/base64"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Person is an account of the demo.
type Person struct {
	Account, Name, Title, Role, Party string
}

// People are the accounts of the demo: one for each role, and a delegate of each
// party with the same rights.
var People = []Person{
	{"A-DEMADMN1", "admin", "Administrator (demo)", rights.Administrator, ""},
	{"A-DEMCHAR1", "chair", "Chair of the joint commission (demo)", rights.Chair, ""},
	{"A-DEMDTYF1", "duty", "Duty officer (demo)", rights.DutyOfficer, ""},
	{"A-DEMVERF1", "verifier", "Verifier (demo)", rights.Verifier, ""},
	{"A-DEMDESK1", "desk", "Desk for public sources (demo)", rights.Reporter, ""},
	{"A-DEMPATR1", "patrol-1", "Patrol 1 (demo)", rights.Reporter, ""},
	{"A-DEMPATR2", "patrol-2", "Patrol 2 (demo)", rights.Reporter, ""},
	{"A-DEMSENS1", "sensors", "Desk for sensors (demo)", rights.Reporter, ""},
	{"A-DEMDEGA1", "delegate-ru", "Delegate of RU (demo)", rights.Delegate, "RU"},
	{"A-DEMDEGB1", "delegate-ua", "Delegate of UA (demo)", rights.Delegate, "UA"},
	{"A-DEMWTNS1", "witness", "Neutral witness (demo)", rights.Witness, ""},
	{"A-DEMREAD1", "reader", "Reader at a research desk (demo)", rights.Reader, ""},
}

// accounts makes keys, accounts and roles, all by the log's own key.
func accounts(b *book) {
	t := at("2025-03-11T07:00Z")
	next := func() time.Time { t = t.Add(time.Second); return t }
	for _, p := range People {
		b.add(draft{name: "key " + p.Name, at: next(), kind: record.KindKey,
			payload: record.KeyEntry{Name: "DEMO KEY, worthless: " + p.Account, Party: p.Party, Role: p.Role, Public: base64.StdEncoding.EncodeToString(keyOf(p.Name).Public().(ed25519.PublicKey))}})
	}
	for _, p := range People {
		id := record.IDOf(keyOf(p.Name).Public().(ed25519.PublicKey))
		b.add(draft{name: "account " + p.Name, at: next(), kind: record.KindAccount, payload: record.AccountEntry{Account: p.Account, Name: p.Name, Title: p.Title, Key: id.String(), State: "active"}})
		b.add(draft{name: "role " + p.Name, at: next(), kind: record.KindGrant, payload: record.GrantEntry{Account: p.Account, Role: p.Role, Party: p.Party, Reason: "DEMO: roles of the story"}})
	}
}

// Keys are the keys of the accounts, by their ids. They are published, so that
// whoever looks at the demo can write in the name of any of them.
func Keys() map[string]ed25519.PrivateKey {
	out := map[string]ed25519.PrivateKey{}
	for _, p := range People {
		out[p.Account] = keyOf(p.Name)
	}
	return out
}

// delegates are the accounts by which parties write.
var delegates = map[string]string{"RU": "delegate-ru", "UA": "delegate-ua"}
