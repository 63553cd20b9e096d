package people

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"html/template"
	"image/png"
	"net/http"
	"net/url"
	"strings"

	"github.com/pquerna/otp"
)

// Recovery codes stand in for the second factor, each once.
const (
	recoveryCodes  = 8
	recoveryLength = 16 // characters, 80 bits
)

// getWelcome shows the form behind a one-time link. It uses nothing up: programs
// that preview messages open links too.
func (p *People) getWelcome(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("code")
	account, ok := p.welcome(w, r, code)
	if !ok {
		return
	}
	p.show(w, r, http.StatusOK, "welcome", p.welcomePage(account, code))
}

// welcome finds whom a link is for; where there is nobody it has answered.
func (p *People) welcome(w http.ResponseWriter, r *http.Request, code string) (string, bool) {
	from := "link " + network(p.o.From(r))
	if wait := p.limits.wait(from, ruleAddress); wait > 0 {
		p.tooMany(w, wait)
		return "", false
	}
	account, ok := p.sec.link(code, p.o.Now())
	if ok && account == setupAccount && p.dir.isSetUp() {
		ok = false
	}
	if !ok {
		p.limits.failed(from)
		p.show(w, r, http.StatusNotFound, "message", page{Title: "This link holds no more", Problem: "It was used, has ended, or a newer one was made. Ask whoever keeps accounts for another."})
	}
	return account, ok
}

func (p *People) welcomePage(account, code string) page {
	pg := page{Title: "Choose a password", Code: code}
	if account == setupAccount {
		pg.Title, pg.Setup = "Set up this record", true
	} else if a, ok := p.dir.Account(account); ok {
		pg.Name = a.Name
	}
	return pg
}

func (p *People) postWelcome(w http.ResponseWriter, r *http.Request) {
	code := r.PathValue("code")
	account, ok := p.welcome(w, r, code)
	if !ok {
		return
	}
	pg := p.welcomePage(account, code)
	name := pg.Name
	if pg.Setup {
		name = strings.TrimSpace(r.PostFormValue("name"))
		pg.Name = name
	}
	password := r.PostFormValue("password")
	err := checkPassword(password, name)
	if err == nil && password != r.PostFormValue("again") {
		err = ErrRefused{"the two passwords differ"}
	}
	if err == nil && pg.Setup && !nameForm.MatchString(name) {
		err = ErrRefused{"the name has 2 to 40 small letters, digits, dots and hyphens"}
	}
	if err != nil {
		pg.Problem = err.Error()
		p.show(w, r, http.StatusUnprocessableEntity, "welcome", pg)
		return
	}
	hash, err := p.hash(r.Context(), password)
	if err != nil {
		p.fail(w, "welcome", err)
		return
	}
	if err := p.sec.useLink(code, p.o.Now()); err != nil { // of two at the same time one wins
		http.Error(w, "This link was used a moment ago.", http.StatusConflict)
		return
	}
	if pg.Setup {
		a, err := p.setUp(r, name)
		if err != nil {
			p.fail(w, "set-up", err)
			return
		}
		account = a.ID
	}
	if err := p.sec.setPassword(account, hash); err != nil {
		p.fail(w, "welcome", err)
		return
	}
	// No session yet: where there is a second factor it is asked for now.
	http.Redirect(w, r, "/sign-in?next="+url.QueryEscape("/second-factor"), http.StatusSeeOther)
}

// setUp makes the first administrator, once.
func (p *People) setUp(r *http.Request, name string) (Account, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	if p.dir.isSetUp() {
		return Account{}, ErrRefused{"this record is set up already"}
	}
	return p.add(r.Context(), AtConsole(), NewAccount{Name: name, Title: r.PostFormValue("title"), Role: "administrator", Reason: "first set-up"})
}

// getSecondFactor shows a new seed, or says that there is one.
func (p *People) getSecondFactor(w http.ResponseWriter, r *http.Request) {
	a, c, ok := p.half(r.Context())
	if !ok {
		http.Redirect(w, r, "/sign-in?next=/second-factor", http.StatusSeeOther)
		return
	}
	if c.TOTP != "" {
		p.show(w, r, http.StatusOK, "message", page{Title: "Second factor", Text: "This account has a second factor. If the device is lost, sign in by a recovery code; without one, whoever sits at the machine can remove it."})
		return
	}
	if c.second() && !p.fresh(r.Context()) {
		p.again(w, r, "/second-factor")
		return
	}
	seed := p.sessions.GetString(r.Context(), inSeed)
	if seed == "" {
		b, err := p.draw(20)
		if err != nil {
			p.fail(w, "second factor", err)
			return
		}
		seed = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
		p.sessions.Put(r.Context(), inSeed, seed)
	}
	p.showSeed(w, r, http.StatusOK, a, seed, "")
}

func (p *People) showSeed(w http.ResponseWriter, r *http.Request, status int, a Account, seed, problem string) {
	issuer := p.log.Office().Origin
	q := url.Values{"secret": {seed}, "issuer": {issuer}, "period": {"30"}, "digits": {"6"}, "algorithm": {"SHA1"}}
	key, err := otp.NewKeyFromURL("otpauth://totp/" + url.PathEscape(issuer+":"+a.Name) + "?" + q.Encode())
	if err != nil {
		p.fail(w, "second factor", err)
		return
	}
	img, err := key.Image(240, 240)
	if err != nil {
		p.fail(w, "second factor", err)
		return
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		p.fail(w, "second factor", err)
		return
	}
	p.show(w, r, status, "second-factor", page{Title: "Second factor", Seed: seed, Problem: problem,
		Image: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))})
}

// postSecondFactor takes the seed once a code shows that the device has it, and
// shows the recovery codes.
func (p *People) postSecondFactor(w http.ResponseWriter, r *http.Request) {
	a, c, ok := p.half(r.Context())
	seed := p.sessions.GetString(r.Context(), inSeed)
	if !ok || seed == "" || c.TOTP != "" || c.second() && !p.fresh(r.Context()) {
		http.Redirect(w, r, "/second-factor", http.StatusSeeOther)
		return
	}
	counter, good := codeCounter(r.PostFormValue("code"), seed, p.o.Now(), 0)
	if !good {
		p.showSeed(w, r, http.StatusUnprocessableEntity, a, seed, "That is not the code that the device should show now. Is its clock right?")
		return
	}
	codes, shown, err := p.drawRecovery()
	if err != nil {
		p.fail(w, "second factor", err)
		return
	}
	if err := p.sec.setTOTP(a.ID, seed, counter, codes); err != nil {
		p.fail(w, "second factor", err)
		return
	}
	if err := p.restart(r.Context(), a.ID); err != nil {
		p.fail(w, "second factor", err)
		return
	}
	p.show(w, r, http.StatusOK, "codes", page{Title: "Recovery codes", Codes: shown})
}

// drawRecovery draws new recovery codes, as they are kept and as they are shown.
func (p *People) drawRecovery() (codes, shown []string, err error) {
	for range recoveryCodes {
		b, err := p.draw(10)
		if err != nil {
			return nil, nil, err
		}
		x := crockford.EncodeToString(b)
		codes, shown = append(codes, x), append(shown, x[:4]+"-"+x[4:8]+"-"+x[8:12]+"-"+x[12:])
	}
	return codes, shown, nil
}

// again asks somebody to sign in once more before something that would outlast
// the session.
func (p *People) again(w http.ResponseWriter, r *http.Request, next string) {
	p.show(w, r, http.StatusForbidden, "again", page{Title: "Sign in again", Next: next,
		Text: "Ways to sign in are changed within 15 minutes after signing in, so that nobody who finds a browser open keeps the account."})
}
