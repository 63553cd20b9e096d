package people

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
)

// wrong is said of every sign-in that fails, whatever was wrong.
const wrong = "The name, the password or the code is wrong."

func (p *People) tooMany(w http.ResponseWriter, wait time.Duration) {
	s := int(wait/time.Second) + 1
	w.Header().Set("Retry-After", strconv.Itoa(s))
	p.o.Refuse(w, http.StatusTooManyRequests, fmt.Sprintf("Too many attempts from here have failed. Try again in %d s.", s))
}

func (p *People) getSignIn(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, "sign-in", page{Title: "Sign in", Next: local(r.URL.Query().Get("next"))})
}

func (p *People) postSignIn(w http.ResponseWriter, r *http.Request) {
	name, next := strings.TrimSpace(r.PostFormValue("name")), local(r.PostFormValue("next"))
	if len(name) > 100 {
		name = name[:100]
	}
	a, there := p.dir.Account(name)
	if there && a.Name != name { // ids are no names to sign in by
		a, there = Account{}, false
	}
	from := network(p.o.From(r))
	keys := []string{"guess " + from + " " + name, "from " + from}
	if nonce, known := p.knownDevice(r, a.ID); known {
		keys = []string{"device " + nonce + " " + a.ID}
	}
	if wait := p.limits.attempt(ruleGuess, keys...); wait > 0 {
		p.tooMany(w, wait)
		return
	}
	shown, c, err := p.check(r.Context(), a, there, r.PostFormValue("password"), r.PostFormValue("code"))
	var slow slowDown
	switch {
	case asSlow(err, &slow):
		p.limits.undo(keys...)
		p.tooMany(w, time.Duration(slow))
		return
	case err != nil:
		p.limits.undo(keys...)
		p.fail(w, "sign-in", err)
		return
	case shown == nothing:
		p.o.Log.Info("a sign-in failed", "from", from)
		p.show(w, r, http.StatusUnauthorized, "sign-in", page{Title: "Sign in", Next: next, Problem: wrong, Name: name})
		return
	}
	p.limits.passed(keys[0])
	p.limits.undo(keys[1:]...)
	if shown == half {
		p.owe(w, r, a, c, next)
		return
	}
	p.enter(w, r, a, c, next)
}

// enter begins the session of somebody who has shown all that is asked for; c is
// what was shown.
func (p *People) enter(w http.ResponseWriter, r *http.Request, a Account, c credential, next string) {
	p.limits.passed("begin " + network(p.o.From(r)))
	err := p.start(r.Context(), a.ID, c.Epoch)
	if err == nil {
		err = p.rememberDevice(w, a.ID)
	}
	if err != nil {
		p.fail(w, "sign-in", err)
		return
	}
	if !c.second() && needsSecondFactor(a.Role) {
		next = "/second-factor"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// What the session of somebody holds who has shown the first factor and owes the
// second.
const (
	inPending      = "pending" // account
	inPendingEpoch = "pending epoch"
	inPendingSince = "pending since"
	inNext         = "next"
)

// owedFor is how long the second factor may take.
const owedFor = 10 * time.Minute

// owe asks for the second factor of somebody who has shown the first. It is no
// session yet.
func (p *People) owe(w http.ResponseWriter, r *http.Request, a Account, c credential, next string) {
	ctx := r.Context()
	err := p.sessions.RenewToken(ctx)
	if err == nil {
		err = p.sessions.Clear(ctx)
	}
	if err != nil {
		p.fail(w, "sign-in", err)
		return
	}
	p.sessions.Put(ctx, inPending, a.ID)
	p.sessions.Put(ctx, inPendingEpoch, c.Epoch)
	p.sessions.Put(ctx, inPendingSince, p.o.Now().Unix())
	p.sessions.Put(ctx, inNext, next)
	http.Redirect(w, r, "/code", http.StatusSeeOther)
}

// owing is who owes the second factor.
func (p *People) owing(ctx context.Context) (Account, credential, bool) {
	a, ok := p.dir.Account(p.sessions.GetString(ctx, inPending))
	if !ok || !a.Active || p.o.Now().Sub(time.Unix(p.sessions.GetInt64(ctx, inPendingSince), 0)) > owedFor {
		return Account{}, credential{}, false
	}
	c, err := p.sec.credential(a.ID)
	return a, c, err == nil && c.second() && c.Epoch == p.sessions.GetInt64(ctx, inPendingEpoch)
}

// getCode and postCode ask for the second factor.
func (p *People) getCode(w http.ResponseWriter, r *http.Request) {
	p.showCode(w, r, http.StatusOK, "")
}

func (p *People) showCode(w http.ResponseWriter, r *http.Request, status int, problem string) {
	_, c, ok := p.owing(r.Context())
	if !ok {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	p.show(w, r, status, "code", page{Title: "Second factor", Problem: problem, HasTOTP: c.TOTP != "", HasPasskey: c.Passkeys > 0 && p.passkeys != nil})
}

func (p *People) postCode(w http.ResponseWriter, r *http.Request) {
	a, c, ok := p.owing(r.Context())
	if !ok {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
		return
	}
	ok, err := p.takeCode(a.ID, c, r.PostFormValue("code"))
	var slow slowDown
	switch {
	case asSlow(err, &slow):
		p.tooMany(w, time.Duration(slow))
	case err != nil:
		p.fail(w, "code", err)
	case !ok:
		p.showCode(w, r, http.StatusUnauthorized, "The code is wrong, or was used.")
	default:
		p.enter(w, r, a, c, local(p.sessions.GetString(r.Context(), inNext)))
	}
}

// slowDown says that codes of an account are being guessed by somebody who knows
// the password.
type slowDown time.Duration

func (s slowDown) Error() string { return "too many wrong codes" }

func asSlow(err error, s *slowDown) bool {
	v, ok := err.(slowDown)
	*s = v
	return ok
}

// What somebody has shown.
const (
	nothing = iota
	half    // the first factor; the second is a passkey, which a form does not hold
	all
)

// check compares password and code. A closed or unknown account takes as long as
// any.
func (p *People) check(ctx context.Context, a Account, there bool, password, code string) (shown int, c credential, err error) {
	if there {
		if c, err = p.sec.credential(a.ID); err != nil {
			return nothing, c, err
		}
	}
	ok, err := p.isPassword(ctx, password, c.Password)
	if err != nil || !ok || !a.Active {
		return nothing, c, err
	}
	if params, _, _, err := argon2id.DecodeHash(c.Password); err == nil && *params != *p.o.Hash {
		if h, err := p.hash(ctx, password); err == nil {
			if err := p.sec.rehash(a.ID, h, c.Password); err != nil {
				return nothing, c, err
			}
		}
	}
	if !c.second() {
		return all, c, nil
	}
	if c.Passkeys > 0 && p.passkeys != nil && strings.TrimSpace(code) == "" {
		return half, c, nil
	}
	if ok, err := p.takeCode(a.ID, c, code); !ok {
		return nothing, c, err
	}
	return all, c, nil
}

// takeCode takes a code of the second factor, or a recovery code, once.
func (p *People) takeCode(account string, c credential, code string) (bool, error) {
	if code == "" { // whoever forgot the field has not guessed
		return false, nil
	}
	key := "code " + account
	if wait := p.limits.attempt(ruleCode, key); wait > 0 {
		return false, slowDown(wait)
	}
	if counter, good := codeCounter(code, c.TOTP, p.o.Now(), c.Counter); good && c.TOTP != "" {
		err := p.sec.useCounter(account, counter)
		if err == nil {
			p.limits.passed(key)
			return true, nil
		}
		if err != errNotOnce {
			return false, err
		}
	} else if recovery := strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code)); len(recovery) == recoveryLength {
		err := p.sec.useRecovery(account, recovery)
		if err == nil {
			p.limits.passed(key)
			return true, nil
		}
		if err != errNotOnce {
			return false, err
		}
	}
	return false, nil
}

func (p *People) postSignOut(w http.ResponseWriter, r *http.Request) {
	if err := p.sessions.Destroy(r.Context()); err != nil {
		p.fail(w, "sign-out", err)
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}

// local is a path on this server, or the root: nobody is led elsewhere after
// signing in.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}

// begins reports whether somebody may begin to sign in another way than by a form,
// which keeps a session for them; else it has answered. Such a session ends soon, and
// who begins again and again without an end waits: each is kept on disk.
func (p *People) begins(w http.ResponseWriter, r *http.Request) bool {
	if p.sessions.GetString(r.Context(), inAccount) != "" || p.sessions.GetString(r.Context(), inPending) != "" {
		return true
	}
	if wait := p.limits.attempt(ruleBegin, "begin "+network(p.o.From(r))); wait > 0 {
		p.tooMany(w, wait)
		return false
	}
	p.sessions.SetDeadline(r.Context(), time.Now().Add(owedFor)) // the clock of the library
	return true
}
