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
	keys, wait := []string{"guess " + from + " " + name, "from " + from}, time.Duration(0)
	if nonce, known := p.knownDevice(r, a.ID); known {
		keys = []string{"device " + nonce + " " + a.ID}
		wait = p.limits.wait(keys[0], ruleGuess)
	} else {
		wait = max(p.limits.wait(keys[0], ruleGuess), p.limits.wait(keys[1], ruleAddress))
	}
	if wait > 0 {
		p.tooMany(w, wait)
		return
	}
	ok, err := p.check(r.Context(), a, there, r.PostFormValue("password"), r.PostFormValue("code"))
	var slow slowDown
	switch {
	case asSlow(err, &slow):
		p.tooMany(w, time.Duration(slow))
		return
	case err != nil:
		p.fail(w, "sign-in", err)
		return
	case !ok:
		p.limits.failed(keys...)
		p.o.Log.Info("a sign-in failed", "from", from)
		p.show(w, r, http.StatusUnauthorized, "sign-in", page{Title: "Sign in", Next: next, Problem: wrong, Name: name})
		return
	}
	p.limits.passed(keys[0])
	p.enter(w, r, a, next)
}

// enter begins the session of somebody who has shown all that is asked for.
func (p *People) enter(w http.ResponseWriter, r *http.Request, a Account, next string) {
	err := p.start(r.Context(), a.ID)
	if err == nil {
		err = p.rememberDevice(w, a.ID)
	}
	var c credential
	if err == nil {
		c, err = p.sec.credential(a.ID)
	}
	if err != nil {
		p.fail(w, "sign-in", err)
		return
	}
	if c.TOTP == "" && needsSecondFactor(a.Role) {
		next = "/second-factor"
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
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

// check compares password and code. Both are looked at whatever the first says,
// and a closed or unknown account takes as long as any.
func (p *People) check(ctx context.Context, a Account, there bool, password, code string) (bool, error) {
	var c credential
	if there {
		var err error
		if c, err = p.sec.credential(a.ID); err != nil {
			return false, err
		}
	}
	ok, err := p.isPassword(ctx, password, c.Password)
	if err != nil || !ok || !a.Active {
		return false, err
	}
	if c.TOTP != "" {
		if ok, err := p.takeCode(a.ID, c, code); !ok {
			return false, err
		}
	}
	if params, _, _, err := argon2id.DecodeHash(c.Password); err == nil && *params != *p.o.Hash {
		if h, err := p.hash(ctx, password); err == nil {
			if err := p.sec.rehash(a.ID, h, c.Password); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// takeCode takes a code of the second factor, or a recovery code, once.
func (p *People) takeCode(account string, c credential, code string) (bool, error) {
	key := "code " + account
	if wait := p.limits.wait(key, ruleCode); wait > 0 {
		return false, slowDown(wait)
	}
	if counter, good := codeCounter(code, c.TOTP, p.o.Now(), c.Counter); good {
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
	if code != "" { // whoever forgot the field has not guessed
		p.limits.failed(key)
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
