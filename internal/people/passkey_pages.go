package people

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/truce-project/truce/record"
)

// inCeremony is what a session holds of a question that a device is asked: good
// once, and not for another purpose.
const inCeremony = "ceremony"

type ceremony struct {
	For  string               `json:"for"` // add, enter, second
	Data webauthn.SessionData `json:"data"`
}

func (p *People) keepCeremony(ctx context.Context, what string, d *webauthn.SessionData) error {
	b, err := json.Marshal(ceremony{what, *d})
	if err == nil {
		p.sessions.Put(ctx, inCeremony, string(b))
	}
	return err
}

// takeCeremony ends the question that was asked.
func (p *People) takeCeremony(ctx context.Context, what string) (webauthn.SessionData, error) {
	var c ceremony
	if err := json.Unmarshal([]byte(p.sessions.PopString(ctx, inCeremony)), &c); err != nil || c.For != what {
		return c.Data, errors.New("the device was not asked from this browser")
	}
	return c.Data, nil
}

const noPasskeys = "Passkeys are bound to the name of a server: whoever keeps the machine starts it with --url and a name, such as https://north.example.org."

// withPasskeys lets a page in only where there are passkeys.
func (p *People) withPasskeys(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.passkeys == nil {
			p.show(w, r, http.StatusNotFound, "message", page{Title: "Passkeys", Problem: noPasskeys})
			return
		}
		h(w, r)
	}
}

// getPasskey asks for a passkey: to sign in by it alone, or for somebody who has
// given the right password, as the second factor.
func (p *People) getPasskey(w http.ResponseWriter, r *http.Request) {
	p.showPasskey(w, r, http.StatusOK, local(r.URL.Query().Get("next")), "")
}

func (p *People) showPasskey(w http.ResponseWriter, r *http.Request, status int, next, problem string) {
	if !p.begins(w, r) {
		return
	}
	var question *protocol.CredentialAssertion
	var data *webauthn.SessionData
	var err error
	what := "enter"
	if a, c, ok := p.owing(r.Context()); ok && c.Passkeys > 0 {
		var o owner
		if o, err = p.owner(a); err == nil {
			what = "second"
			question, data, err = p.passkeys.BeginLogin(o, webauthn.WithUserVerification(protocol.VerificationPreferred))
		}
	} else {
		// Alone it stands for both factors: the device has to make sure who holds it.
		question, data, err = p.passkeys.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	}
	var options []byte
	if err == nil {
		options, err = json.Marshal(question)
	}
	if err == nil {
		err = p.keepCeremony(r.Context(), what, data)
	}
	if err != nil {
		p.fail(w, "passkey", err)
		return
	}
	p.show(w, r, status, "passkey", page{Title: "Passkey", Next: next, Problem: problem, Options: string(options), HasPasskey: what == "second"})
}

const wrongPasskey = "The passkey was not accepted. Try again, or sign in by name and password."

func (p *People) postPasskey(w http.ResponseWriter, r *http.Request) {
	next := local(r.PostFormValue("next"))
	from := "from " + network(p.o.From(r))
	if wait := p.limits.wait(from, ruleAddress); wait > 0 {
		p.tooMany(w, wait)
		return
	}
	a, c, err := p.byPasskey(r.Context(), []byte(r.PostFormValue("answer")))
	if err != nil {
		p.limits.failed(from)
		p.o.Log.Info("a sign-in by passkey failed", "from", network(p.o.From(r)), "why", reason(err))
		p.showPasskey(w, r, http.StatusUnauthorized, next, wrongPasskey)
		return
	}
	if owed, ok := p.sessions.Get(r.Context(), inNext).(string); ok {
		next = local(owed)
	}
	p.enter(w, r, a, c, next)
}

// byPasskey is whose a passkey is that answers what was asked.
func (p *People) byPasskey(ctx context.Context, answer []byte) (a Account, c credential, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return a, c, err
	}
	var k *webauthn.Credential
	if who, cred, owes := p.owing(ctx); owes && cred.Passkeys > 0 {
		data, err := p.takeCeremony(ctx, "second")
		if err != nil {
			return a, c, err
		}
		o, err := p.owner(who)
		if err != nil {
			return a, c, err
		}
		if k, err = p.passkeys.ValidateLogin(o, data, parsed); err != nil {
			return a, c, err
		}
		a = who
	} else {
		data, err := p.takeCeremony(ctx, "enter")
		if err != nil {
			return a, c, err
		}
		find := func(_, handle []byte) (webauthn.User, error) {
			who, ok := p.dir.Account(string(handle))
			if !ok || !who.Active || who.ID != string(handle) {
				return nil, errors.New("no account that signs in")
			}
			a = who
			return p.owner(who)
		}
		if _, k, err = p.passkeys.ValidatePasskeyLogin(find, data, parsed); err != nil {
			return a, c, err
		}
	}
	if k.Authenticator.CloneWarning {
		return a, c, errors.New("the counter of the device went back: there may be two of it")
	}
	if c, err = p.sec.credential(a.ID); err != nil {
		return a, c, err
	}
	return a, c, p.sec.usedPasskey(a.ID, k, p.o.Now())
}

// reason is an error of the library for the log: what it found, and not what was
// sent.
func reason(err error) string {
	var e *protocol.Error
	if errors.As(err, &e) {
		return e.Type
	}
	return err.Error()
}

// enrolling is who may add and remove passkeys now; where nobody may it has
// answered. half is enough: where there is a second factor it was shown.
func (p *People) enrolling(w http.ResponseWriter, r *http.Request) (Account, bool) {
	a, _, ok := p.half(r.Context())
	switch {
	case !ok:
		http.Redirect(w, r, "/sign-in?next=/passkeys", http.StatusSeeOther)
		return a, false
	case !p.fresh(r.Context()):
		p.again(w, r, "/passkeys")
		return a, false
	}
	return a, true
}

func (p *People) getPasskeys(w http.ResponseWriter, r *http.Request) {
	p.showPasskeys(w, r, http.StatusOK, "")
}

func (p *People) showPasskeys(w http.ResponseWriter, r *http.Request, status int, problem string) {
	a, _, ok := p.half(r.Context())
	if !ok {
		http.Redirect(w, r, "/sign-in?next=/passkeys", http.StatusSeeOther)
		return
	}
	list, keys, err := p.sec.passkeys(a.ID)
	pg := page{Title: "Passkeys", Passkeys: list, Problem: problem, Fresh: p.fresh(r.Context())}
	if err == nil && pg.Fresh {
		var question *protocol.CredentialCreation
		var data *webauthn.SessionData
		question, data, err = p.passkeys.BeginRegistration(owner{a, keys}, webauthn.WithExclusions(webauthn.Credentials(keys).CredentialDescriptors()),
			webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationPreferred}))
		if err == nil {
			err = p.keepCeremony(r.Context(), "add", data)
		}
		if err == nil {
			var b []byte
			b, err = json.Marshal(question)
			pg.Options = string(b)
		}
	}
	if err != nil {
		p.fail(w, "passkeys", err)
		return
	}
	p.show(w, r, status, "passkeys", pg)
}

// postPasskeys keeps the passkey that a device has made.
func (p *People) postPasskeys(w http.ResponseWriter, r *http.Request) {
	a, ok := p.enrolling(w, r)
	if !ok {
		return
	}
	name, err := passkeyName(r.PostFormValue("name"))
	if err != nil {
		p.showPasskeys(w, r, http.StatusUnprocessableEntity, err.Error())
		return
	}
	k, err := p.madePasskey(r.Context(), a, []byte(r.PostFormValue("answer")))
	if err != nil {
		p.o.Log.Info("a passkey was not kept", "account", a.ID, "why", reason(err))
		p.showPasskeys(w, r, http.StatusUnprocessableEntity, "The device gave no passkey that can be kept here. Try again.")
		return
	}
	codes, shown, err := p.drawRecovery()
	if err != nil {
		p.fail(w, "passkeys", err)
		return
	}
	recovery := false
	err = p.noteWay(r.Context(), a, "a passkey was added", func(tx *sql.Tx) (err error) {
		recovery, err = addPasskey(tx, a.ID, name, k, p.o.Now(), codes)
		return err
	})
	if err == nil {
		err = p.restart(r.Context(), a.ID)
	}
	if err != nil {
		p.fail(w, "passkeys", err)
		return
	}
	if recovery {
		p.show(w, r, http.StatusOK, "codes", page{Title: "Recovery codes", Codes: shown})
		return
	}
	http.Redirect(w, r, "/passkeys", http.StatusSeeOther)
}

func (p *People) madePasskey(ctx context.Context, a Account, answer []byte) (*webauthn.Credential, error) {
	data, err := p.takeCeremony(ctx, "add")
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, err
	}
	o, err := p.owner(a)
	if err != nil {
		return nil, err
	}
	return p.passkeys.CreateCredential(o, data, parsed)
}

// postPasskeyChange names a passkey anew, or removes it.
func (p *People) postPasskeyChange(w http.ResponseWriter, r *http.Request) {
	a, ok := p.enrolling(w, r)
	if !ok {
		return
	}
	id, err := base64.RawURLEncoding.DecodeString(r.PostFormValue("id"))
	if err != nil {
		http.Error(w, "expected the id of a passkey", http.StatusBadRequest)
		return
	}
	switch r.PostFormValue("do") {
	case "name":
		var name string
		if name, err = passkeyName(r.PostFormValue("name")); err != nil {
			p.showPasskeys(w, r, http.StatusUnprocessableEntity, err.Error())
			return
		}
		err = p.sec.namePasskey(a.ID, id, name)
	case "remove":
		err = p.noteWay(r.Context(), a, "a passkey was removed", func(tx *sql.Tx) error { return dropPasskey(tx, a.ID, id) })
		if err == nil {
			err = p.restart(r.Context(), a.ID)
		}
	default:
		err = ErrRefused{"expected name or remove"}
	}
	if err != nil {
		p.fail(w, "passkeys", err)
		return
	}
	http.Redirect(w, r, "/passkeys", http.StatusSeeOther)
}

// noteWay changes how an account signs in, and says in the record that it was
// changed, and not how. Nothing is changed without the entry.
func (p *People) noteWay(ctx context.Context, a Account, reason string, change func(*sql.Tx) error) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	now, ok := p.dir.Account(a.ID)
	if !ok || !now.Active {
		return ErrRefused{"This account is closed."}
	}
	return p.changed(ctx, draft{kind: record.KindAccount, key: p.own, payload: record.AccountEntry{Account: now.ID, Name: now.Name, Title: now.Title, Key: now.Key.String(), State: "active", Reason: reason}}, change)
}

// changed changes what is kept beside the record, with the entry that says so or not
// at all. It is called with the lock held.
func (p *People) changed(ctx context.Context, d draft, change func(*sql.Tx) error) error {
	tx, err := p.sec.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := change(tx); err != nil {
		return err
	}
	if err := p.decide(ctx, d); err != nil {
		return err
	}
	return tx.Commit()
}

// passkeyName is what an owner calls a passkey.
func passkeyName(s string) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < 1 || n > 60 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fmt.Errorf("expected a name of 1 to 60 characters, such as: key on the ring")
	}
	return s, nil
}
