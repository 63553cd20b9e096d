package people

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/lookalike"
	"github.com/truce-project/truce/rights"
)

//go:embed pages.html people.css passkeys.js
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"join": strings.Join, "shown": lookalike.Shown}).ParseFS(files, "pages.html"))

// page is what the templates show.
type page struct {
	Title, Problem, Text   string
	Name, Next, Code, Seed string
	Setup                  bool
	Tied                   bool
	Outside                string // name of the service; empty: none
	Image                  template.URL
	Codes                  []string
	Who                    Who
	Tokens                 []Token
	Secret                 string
	Accounts               []Account
	Link                   string
	Manages, Confirms      bool
	Roles, Actions, Things []string
	Markings               []rights.Marking
	Asked                  *asked
	Lines                  []string
	HasTOTP, HasPasskey    bool
	Passkeys               []Passkey
	KeysOn, Fresh          bool
	Options                string // for the device, as JSON
}

// asked is a question of the page /why.
type asked struct {
	Role, Party, Action, Thing, Marking, Of, Own string
}

const maxForm = 64 << 10

// Mux is what routes are mounted on.
type Mux interface {
	Handle(pattern string, handler http.Handler)
}

// Routes mounts sign-in, sign-out, set-up, the second factor, tokens, accounts and
// "why?". The mux must stand behind Identify. Paths of /welcome/ hold secrets:
// they must not be logged.
func (p *People) Routes(mux Mux) {
	get := func(pattern string, h http.HandlerFunc) { mux.Handle("GET "+pattern, guard(h)) }
	post := func(pattern string, h http.HandlerFunc) {
		mux.Handle("POST "+pattern, guard(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err := r.ParseForm(); err != nil {
				http.Error(w, "The form cannot be read, or is longer than 64 KB.", http.StatusBadRequest)
				return
			}
			h(w, r)
		}))
	}
	get("/sign-in", p.getSignIn)
	post("/sign-in", p.byCookie(p.postSignIn))
	post("/sign-out", p.byCookie(p.postSignOut))
	get("/welcome/{code}", p.getWelcome)
	post("/welcome/{code}", p.byCookie(p.postWelcome))
	get("/second-factor", p.byCookie(p.getSecondFactor))
	post("/second-factor", p.byCookie(p.postSecondFactor))
	get("/tokens", p.getTokens)
	post("/tokens", p.byCookie(p.postToken))
	post("/tokens/{id}/withdraw", p.byCookie(p.postWithdraw))
	get("/people", p.getPeople)
	get("/accounts", p.getPeople) // also where a console has /people
	post("/people", p.byCookie(p.postPeople))
	get("/why", p.getWhy)
	get("/code", p.byCookie(p.getCode))
	post("/code", p.byCookie(p.postCode))
	if p.outside != nil {
		post("/outside", p.byCookie(p.postOutside))
		get("/outside/back", p.byCookie(p.getBack))
		post("/outside/untie", p.byCookie(p.postUntie))
	}
	get("/passkey", scripted(p.byCookie(p.withPasskeys(p.getPasskey))))
	post("/passkey", scripted(p.byCookie(p.withPasskeys(p.postPasskey))))
	get("/passkeys", scripted(p.byCookie(p.withPasskeys(p.getPasskeys))))
	post("/passkeys", scripted(p.byCookie(p.withPasskeys(p.postPasskeys))))
	post("/passkeys/change", scripted(p.byCookie(p.withPasskeys(p.postPasskeyChange))))
	get("/subscriptions/{do}/{code}", p.getLetter)
	post("/subscriptions/{do}/{code}", p.byCookie(p.postLetter))
	mux.Handle("GET /people.css", http.FileServerFS(files))
	mux.Handle("GET /passkeys.js", http.FileServerFS(files))
}

const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// scripted lets a page run the one script that there is, a file of this server:
// only a script can ask a device for a passkey.
func scripted(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy+"; script-src 'self'")
		h(w, r)
	}
}

// guard sets what keeps a page from being framed, cached or made to run
// something.
func guard(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for k, v := range map[string]string{
			"Content-Security-Policy": pagePolicy,
			"Referrer-Policy":         "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		} {
			w.Header().Set(k, v)
		}
		h(w, r)
	})
}

// byCookie refuses what only a browser does to requests with a token: they have
// no session.
func (p *People) byCookie(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, token := r.Header["Authorization"]; token {
			http.Error(w, "This is done in a browser, not by a token.", http.StatusForbidden)
			return
		}
		h(w, r)
	}
}

func (p *People) show(w http.ResponseWriter, r *http.Request, status int, name string, pg page) {
	pg.Who, pg.KeysOn = WhoOf(r.Context()), p.passkeys != nil
	if p.outside != nil {
		pg.Outside = p.outside.name()
		if pg.Who.Account != "" {
			tied, err := p.sec.isTied(p.outside.Issuer, pg.Who.Account)
			if pg.Tied = tied; err != nil {
				p.o.Log.Error("page", "name", name, "error", err)
			}
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, name, pg); err != nil {
		p.o.Log.Error("page", "name", name, "error", err)
	}
}

// fail answers an error: a refusal with its reason, anything else without.
func (p *People) fail(w http.ResponseWriter, what string, err error) {
	var no ErrRefused
	if errors.As(err, &no) {
		http.Error(w, no.Because, http.StatusForbidden)
		return
	}
	p.o.Log.Error(what, "error", err)
	http.Error(w, "This failed, and was not done. Whoever keeps the machine finds the reason in its log.", http.StatusInternalServerError)
}

func (p *People) getTokens(w http.ResponseWriter, r *http.Request) {
	p.showTokens(w, r, http.StatusOK, "", "")
}

func (p *People) showTokens(w http.ResponseWriter, r *http.Request, status int, secret, problem string) {
	who := WhoOf(r.Context())
	if who.Account == "" {
		http.Redirect(w, r, "/sign-in?next=/tokens", http.StatusSeeOther)
		return
	}
	p.show(w, r, status, "tokens", page{Title: "Tokens for programs", Tokens: p.dir.Tokens(who.Account), Secret: secret, Problem: problem})
}

func (p *People) postToken(w http.ResponseWriter, r *http.Request) {
	days, _ := strconv.Atoi(r.PostFormValue("days"))
	secret, err := p.Issue(r.Context(), WhoOf(r.Context()), strings.TrimSpace(r.PostFormValue("name")), strings.Fields(strings.ReplaceAll(r.PostFormValue("scopes"), ",", " ")), time.Duration(min(days, 10000))*24*time.Hour)
	if err != nil {
		p.showTokens(w, r, http.StatusUnprocessableEntity, "", err.Error())
		return
	}
	p.showTokens(w, r, http.StatusOK, secret, "")
}

func (p *People) postWithdraw(w http.ResponseWriter, r *http.Request) {
	if err := p.Withdraw(r.Context(), WhoOf(r.Context()), r.PathValue("id")); err != nil {
		p.fail(w, "withdraw", err)
		return
	}
	http.Redirect(w, r, "/tokens", http.StatusSeeOther)
}

func (p *People) getPeople(w http.ResponseWriter, r *http.Request) {
	p.showPeople(w, r, http.StatusOK, "", "")
}

func (p *People) showPeople(w http.ResponseWriter, r *http.Request, status int, link, problem string) {
	who := WhoOf(r.Context())
	if who.Account == "" {
		http.Redirect(w, r, "/sign-in?next=/people", http.StatusSeeOther)
		return
	}
	if d := p.Allow(who, "read", Object{Thing: "grant"}); !d.OK {
		p.fail(w, "people", ErrRefused{d.Because})
		return
	}
	accounts := p.dir.Accounts()
	if !p.Allow(who, "read", Object{Thing: "account"}).OK { // roles are no secret, names of accounts are
		for i := range accounts {
			accounts[i].Name, accounts[i].Title = "", ""
		}
		slices.SortFunc(accounts, func(a, b Account) int { return strings.Compare(a.ID, b.ID) })
	}
	p.show(w, r, status, "people", page{Title: "People", Accounts: accounts, Link: link, Problem: problem, Roles: rights.Roles(),
		Manages: p.Allow(who, "manage", Object{Thing: "account"}).OK, Confirms: p.Allow(who, "confirm", Object{Thing: "grant"}).OK})
}

func (p *People) postPeople(w http.ResponseWriter, r *http.Request) {
	who, v := WhoOf(r.Context()), func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	var link string
	var err error
	switch v("do") {
	case "add":
		var a Account
		if a, err = p.Add(r.Context(), who, NewAccount{Name: v("name"), Title: v("title"), Role: v("role"), Party: v("party"), Reason: v("reason")}); err == nil {
			link, err = p.Link(r.Context(), who, a.ID)
		}
	case "link":
		link, err = p.Link(r.Context(), who, v("account"))
	case "grant":
		_, err = p.Grant(r.Context(), who, v("account"), v("role"), v("party"), v("reason"))
	case "revoke":
		_, err = p.Grant(r.Context(), who, v("account"), "", "", v("reason"))
	case "close", "open":
		err = p.SetState(r.Context(), who, v("account"), v("do") == "open", v("reason"))
	default:
		err = ErrRefused{"expected add, link, grant, revoke, close or open"}
	}
	if link != "" {
		link = "/welcome/" + link
	}
	if err != nil {
		p.showPeople(w, r, http.StatusUnprocessableEntity, link, err.Error())
		return
	}
	p.showPeople(w, r, http.StatusOK, link, "")
}

// getWhy answers "why can X (not) see this?" for any role: the table is no
// secret.
func (p *People) getWhy(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	pg := page{Title: "Why?", Roles: append([]string{rights.Public}, rights.Roles()...), Actions: rights.Actions(), Things: rights.Things(), Markings: rights.Markings()}
	if q.Get("action") != "" {
		x := asked{q.Get("role"), q.Get("party"), q.Get("action"), q.Get("thing"), q.Get("marking"), q.Get("of"), q.Get("own")}
		pg.Asked = &x
		who := Who{Role: x.Role, Party: x.Party}
		o := Object{Thing: x.Thing, Marking: rights.Marking(x.Marking), Party: x.Of}
		if x.Own != "" {
			who.Account, o.Account = "the asker", "the asker"
		}
		pg.Lines = p.Explain(who, x.Action, o)
	}
	p.show(w, r, http.StatusOK, "why", pg)
}
