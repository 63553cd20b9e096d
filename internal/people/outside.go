package people

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/truce-project/truce/record"
)

// Outside is a service by which people may sign in instead of a password (OpenID
// Connect). Unless more is said it makes no accounts and gives no roles: an account
// is tied to it by its owner. A second factor is asked for all the same.
type Outside struct {
	Issuer, ClientID, ClientSecret string
	Self                           string // address of this server, such as https://north.example.org
	Name                           string // of the service, for people; empty: its issuer
	Claim                          string // that names the account; empty: none does
	Create                         bool   // an account is made where there is none of the name
	Roles                          []RoleByClaim
	Client                         *http.Client // nil: one that gives up after 10 s
}

// RoleByClaim gives a role to an account that is made by signing in, once.
type RoleByClaim struct{ Claim, Is, Role, Party string }

// outsider finds the service when it is needed first, and again after it could
// not be reached.
type outsider struct {
	Outside
	mu       sync.Mutex
	provider *oidc.Provider
	failed   time.Time // when it could not be reached
	why      error
}

// retryOutside is how long a service that could not be reached is not asked again:
// nobody makes the server wait for it once for each request.
const retryOutside = 5 * time.Second

func newOutsider(o *Outside) *outsider {
	if o == nil {
		return nil
	}
	x := &outsider{Outside: *o}
	if x.Client == nil {
		x.Client = &http.Client{Timeout: 10 * time.Second}
	}
	return x
}

func (x *outsider) find(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.provider == nil {
		if x.why != nil && time.Since(x.failed) < retryOutside {
			return nil, nil, x.why
		}
		// The provider keeps the context for fetching keys later: it must not end
		// with the request.
		p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), x.Client), x.Issuer)
		if x.failed, x.why = time.Now(), err; err != nil {
			return nil, nil, err
		}
		x.provider = p
	}
	return x.provider, &oauth2.Config{ClientID: x.ClientID, ClientSecret: x.ClientSecret, Endpoint: x.provider.Endpoint(),
		RedirectURL: x.Self + "/outside/back", Scopes: []string{oidc.ScopeOpenID}}, nil
}

// What a session holds on the way out and back.
const (
	inState = "state"
	inNonce = "nonce"
	inProof = "proof" // of PKCE
	inTie   = "tie"   // account that is to be tied
)

// postOutside shows the way to the service: to sign in, or for somebody who is signed in,
// to tie the account to it.
func (p *People) postOutside(w http.ResponseWriter, r *http.Request) {
	if _, _, in := p.half(r.Context()); in && !p.fresh(r.Context()) { // it would outlast the session
		p.again(w, r, "/passkeys")
		return
	}
	if !p.begins(w, r) {
		return
	}
	_, config, err := p.outside.find(r.Context())
	if err != nil {
		p.fail(w, "outside", err)
		return
	}
	b, err := p.draw(40)
	if err != nil {
		p.fail(w, "outside", err)
		return
	}
	state, nonce, proof := crockford.EncodeToString(b[:20]), crockford.EncodeToString(b[20:]), oauth2.GenerateVerifier()
	for k, v := range map[string]string{inState: state, inNonce: nonce, inProof: proof, inTie: WhoOf(r.Context()).Account} {
		p.sessions.Put(r.Context(), k, v)
	}
	// A link and not a redirect: the policy of the page lets no form lead elsewhere,
	// and people see where they go.
	p.show(w, r, http.StatusOK, "leave", page{Title: "You leave this server", Text: p.outside.name(),
		Next: config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(proof))})
}

// getBack takes the answer of the service.
func (p *People) getBack(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	state, nonce, proof, tie := p.sessions.PopString(ctx, inState), p.sessions.PopString(ctx, inNonce), p.sessions.PopString(ctx, inProof), p.sessions.PopString(ctx, inTie)
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(r.URL.Query().Get("state"))) != 1 {
		http.Error(w, "This answer was not asked for from this browser. Begin again at /sign-in.", http.StatusBadRequest)
		return
	}
	them, err := p.outside.subject(ctx, r.URL.Query().Get("code"), nonce, proof)
	if err != nil {
		p.o.Log.Warn("outside", "error", err)
		http.Error(w, "The service did not say who you are. Begin again at /sign-in.", http.StatusUnauthorized)
		return
	}
	if tie != "" {
		p.tie(w, r, tie, them.subject)
		return
	}
	id, err := p.sec.tied(p.outside.Issuer, them.subject)
	if err == nil && id == "" && p.outside.Claim != "" {
		id, err = p.named(ctx, them)
	}
	a, ok := p.dir.Account(id)
	switch {
	case err != nil:
		p.fail(w, "outside", err)
		return
	case !ok || !a.Active:
		p.show(w, r, http.StatusForbidden, "message", page{Title: "No account is tied to this", Problem: "Sign in by your password first, and tie your account to the service there."})
		return
	}
	c, err := p.sec.credential(a.ID)
	if err != nil {
		p.fail(w, "outside", err)
		return
	}
	if c.second() {
		p.owe(w, r, a, c, "/")
		return
	}
	p.enter(w, r, a, c, "/")
}

// subject is whom the service names, after all that OpenID Connect asks to be
// checked: signature, issuer, audience, time, nonce, and the proof of PKCE by the
// service itself.
func (x *outsider) subject(ctx context.Context, code, nonce, proof string) (who stranger, err error) {
	provider, config, err := x.find(ctx)
	if err != nil {
		return who, err
	}
	ctx = oidc.ClientContext(ctx, x.Client)
	t, err := config.Exchange(ctx, code, oauth2.VerifierOption(proof))
	if err != nil {
		return who, refusedBy(err)
	}
	raw, ok := t.Extra("id_token").(string)
	if !ok {
		return who, errors.New("no id_token in the answer")
	}
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: x.ClientID}).Verify(ctx, raw)
	if err != nil {
		return who, err
	}
	if nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return who, errors.New("an answer to another question: the nonce differs")
	}
	if id.Subject == "" {
		return who, errors.New("it names nobody")
	}
	if err := id.Claims(&who.claims); err != nil {
		return who, err
	}
	if azp, there := who.claims["azp"]; there && azp != x.ClientID || !there && len(id.Audience) > 1 {
		return who, errors.New("it was made for another program")
	}
	who.subject = id.Subject
	return who, nil
}

// refusedBy is an error of the exchange for the log: its code, and not the answer,
// which may hold tokens.
func refusedBy(err error) error {
	var e *oauth2.RetrieveError
	if errors.As(err, &e) {
		return fmt.Errorf("the service refused the exchange: %s %s", e.Response.Status, e.ErrorCode)
	}
	return err
}

// tie ties the account of whoever is signed in. The record says that it was done,
// and not to whom.
func (p *People) tie(w http.ResponseWriter, r *http.Request, account, subject string) {
	if WhoOf(r.Context()).Account != account {
		http.Error(w, "You are not signed in as the account that was to be tied.", http.StatusForbidden)
		return
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	a, _ := p.dir.Account(account)
	if id, err := p.sec.tied(p.outside.Issuer, subject); err != nil || id != "" && id != account {
		p.fail(w, "outside", errors.Join(err, ErrRefused{"That person is tied to another account."}))
		return
	}
	err := p.decide(r.Context(), draft{kind: record.KindAccount, key: p.own, payload: record.AccountEntry{Account: a.ID, Name: a.Name, Title: a.Title, Key: a.Key.String(),
		State: "active", Reason: "tied to sign-in by " + p.outside.Issuer}})
	if err == nil {
		err = p.sec.tie(p.outside.Issuer, subject, account)
	}
	if err != nil {
		p.fail(w, "outside", err)
		return
	}
	p.show(w, r, http.StatusOK, "message", page{Title: "Done", Text: "From now on you can sign in by this service too."})
}

// tied is the account that is tied to somebody of a service, or none.
func (s *secrets) tied(issuer, subject string) (account string, err error) {
	err = s.db.QueryRow("SELECT account FROM outside WHERE issuer = ? AND subject = ?", issuer, subject).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return account, err
}

// tie keeps one person of a service for an account.
func (s *secrets) tie(issuer, subject, account string) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("DELETE FROM outside WHERE issuer = ? AND account = ?", issuer, account); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO outside VALUES(?, ?, ?)", issuer, subject, account); err != nil {
		return fmt.Errorf("tying %s: %w", account, err)
	}
	return tx.Commit()
}
