package people

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

type whoKey struct{}

// WhoOf is who a request is from; without Identify it is the public.
func WhoOf(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}

// WithWho puts somebody into a context, for tests and commands.
func WithWho(ctx context.Context, who Who) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// sessionLife is how long a session lasts, idleLife how long without a request.
const (
	sessionLife = 12 * time.Hour
	idleLife    = time.Hour
)

func (p *People) newSessions() *scs.SessionManager {
	s := scs.New()
	s.Store, s.HashTokenInStore, s.Codec = p.sec, true, inOrder{}
	s.Lifetime, s.IdleTimeout = sessionLife, idleLife
	s.Cookie.Name, s.Cookie.HttpOnly, s.Cookie.Persist = "truce", true, false
	s.Cookie.SameSite = http.SameSiteLaxMode
	if p.o.Secure { // a cookie that only this host can have set, over HTTPS
		s.Cookie.Name, s.Cookie.Secure = "__Host-truce", true
	}
	s.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		p.o.Log.Error("sessions", "error", err)
		p.o.Refuse(w, http.StatusServiceUnavailable, "Sessions cannot be kept at the moment.")
	}
	return s
}

// Identify finds out who a request is from and puts it into the context: by the
// token in its header, or else by the session of its cookie. A token that is no
// good is refused and never falls back to the cookie. Requests by cookie that
// change something and come from another site are refused.
func (p *People) Identify(next http.Handler) http.Handler {
	if p.away != nil {
		return p.identifyAway(next)
	}
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.note(r.Context()); err != nil {
			p.o.Log.Error("sessions", "error", err)
		}
		next.ServeHTTP(w, r.WithContext(WithWho(r.Context(), p.bySession(r.Context()))))
	})
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.o.Refuse(w, http.StatusForbidden, "This was sent from a page of another site, and was not done.")
	}))
	byCookie := p.sessions.LoadAndSave(cross.Handler(inner))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, there := r.Header["Authorization"]; !there {
			byCookie.ServeHTTP(w, visiting(r))
			return
		}
		scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		who, err := Who{}, errToken
		if strings.EqualFold(scheme, "Bearer") {
			who, err = p.ByToken(strings.TrimSpace(text))
		}
		if err == nil { // also from where somebody else guesses
			next.ServeHTTP(w, r.WithContext(WithWho(r.Context(), who)))
			return
		}
		from := "token " + p.Network(r)
		if wait := p.limits.wait(from, ruleAddress); wait > 0 {
			p.tooMany(w, wait)
			return
		}
		p.limits.failed(from)
		w.Header().Set("WWW-Authenticate", `Bearer realm="truce", error="invalid_token"`)
		p.o.Refuse(w, http.StatusUnauthorized, err.Error())
	})
}

// Network is whence a request comes, as far as one subscriber has it.
func (p *People) Network(r *http.Request) string { return network(p.o.From(r)) }

// What a session holds.
const (
	inAccount = "account" // who has given the right password, and code where there is a second factor
	inEpoch   = "epoch"   // of the credential at that time
	inSeed    = "seed"    // of a second factor that is being set up
	inSince   = "since"   // when all that is asked for was shown
)

// bySession is who a session is: nobody where the account was closed, the
// password changed, or a second factor is due. Roles are asked for at every
// request, so that what was withdrawn is gone at once.
func (p *People) bySession(ctx context.Context) Who {
	a, c, ok := p.half(ctx)
	if !ok || !c.second() && needsSecondFactor(a.Role) {
		return Who{}
	}
	who := a.Who()
	if who.Account == "" { // an account without a role may still manage itself
		who.Account = a.ID
	}
	return who
}

// Still reports whether somebody who was found out when a long answer began would
// be found out as the same now: the session has not ended, the token holds, the
// role is as it was.
func (p *People) Still(ctx context.Context, who Who) bool {
	if p.away != nil {
		return p.stillAway(ctx, who)
	}
	if who.Token != "" {
		t, known := p.dir.Token(who.Token)
		a, there := p.dir.Account(who.Account)
		now := a.Who()
		return known && there && a.Active && !t.Withdrawn && p.o.Now().Before(t.Until) && now.Role == who.Role && now.Party == who.Party
	}
	fresh, err := p.sessions.Load(context.Background(), p.sessions.Token(ctx)) // not what was read when it began
	if err != nil {
		return false
	}
	now := p.bySession(fresh)
	return now.Account == who.Account && now.Role == who.Role && now.Party == who.Party
}

// half is the account of a session, also where a second factor is due.
func (p *People) half(ctx context.Context) (Account, credential, bool) {
	id := p.sessions.GetString(ctx, inAccount)
	if id == "" {
		return Account{}, credential{}, false
	}
	a, ok := p.dir.Account(id)
	c, err := p.sec.credential(id)
	if !ok || err != nil || !a.Active || c.Epoch != p.sessions.GetInt64(ctx, inEpoch) {
		return Account{}, credential{}, false
	}
	return a, c, true
}

// start begins a session anew, so that a cookie that somebody has planted before
// is worth nothing. epoch is that of the credential which was shown: where it has
// changed in between, the session is dead from its beginning.
func (p *People) start(ctx context.Context, account string, epoch int64) error {
	if err := p.sessions.RenewToken(ctx); err != nil {
		return err
	}
	if err := p.sessions.Clear(ctx); err != nil { // nor what was begun in it
		return err
	}
	p.sessions.Put(ctx, inAccount, account)
	p.sessions.Put(ctx, inEpoch, epoch)
	p.sessions.Put(ctx, inSince, p.o.Now().Unix())
	return p.putMark(ctx)
}

// restart begins the session anew after the ways to sign in have changed, which
// ends all others.
func (p *People) restart(ctx context.Context, account string) error {
	c, err := p.sec.credential(account)
	if err != nil {
		return err
	}
	return p.start(ctx, account, c.Epoch)
}

// freshFor is how long after signing in a way to sign in can be added or removed:
// whoever finds a browser open later cannot keep the account by it.
const freshFor = 15 * time.Minute

func (p *People) fresh(ctx context.Context) bool {
	return p.o.Now().Sub(time.Unix(p.sessions.GetInt64(ctx, inSince), 0)) < freshFor
}

// A device from which somebody has signed in before has a cookie that says so.
// It gives no right; failures of others do not make it wait.
func (p *People) deviceName() string {
	if p.o.Secure {
		return "__Host-truce-device"
	}
	return "truce-device"
}

func (p *People) deviceMark(account, nonce string) string {
	m := hmac.New(sha256.New, p.device)
	m.Write([]byte(account + "\n" + nonce))
	return crockford.EncodeToString(m.Sum(nil)[:20])
}

// knownDevice is the nonce of the device, where it has signed in as the account
// before.
func (p *People) knownDevice(r *http.Request, account string) (string, bool) {
	c, err := r.Cookie(p.deviceName())
	if err != nil || account == "" {
		return "", false
	}
	nonce, mark, _ := strings.Cut(c.Value, ".")
	ok := subtle.ConstantTimeCompare([]byte(mark), []byte(p.deviceMark(account, nonce))) == 1
	return nonce, ok
}

func (p *People) rememberDevice(w http.ResponseWriter, account string) error {
	b, err := p.draw(10)
	if err != nil {
		return err
	}
	nonce := crockford.EncodeToString(b)
	http.SetCookie(w, &http.Cookie{Name: p.deviceName(), Value: nonce + "." + p.deviceMark(account, nonce), Path: "/", MaxAge: 180 * 24 * 3600,
		HttpOnly: true, Secure: p.o.Secure, SameSite: http.SameSiteStrictMode})
	return nil
}
