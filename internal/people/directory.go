package people

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Account is what the record says of an account.
type Account struct {
	ID, Name, Title string
	Key             record.KeyID
	Active          bool
	Role, Party     string             // none: it may sign in and do nothing
	Waiting         *record.GrantEntry // a grant that a chair has yet to confirm
	Since           int64              // place of its first entry
}

// Who is the account as rights see it.
func (a Account) Who() rights.Who {
	if !a.Active {
		return rights.Who{}
	}
	if a.Role == "" { // somebody, who may do what everybody may
		return rights.Who{Role: rights.Public}
	}
	return rights.Who{Account: a.ID, Role: a.Role, Party: a.Party}
}

// Token is what the record says of a token.
type Token struct {
	ID, Account, Name string
	Scopes            []string
	Until             time.Time
	Withdrawn         bool
}

// Ignored is an entry about people that counts for nothing, with the reason.
type Ignored struct {
	Index int64
	Kind  string
	Why   string
}

// Directory is the accounts, roles and tokens, as the entries of a log make
// them. It is built in the order of the log, and whoever has the log can build
// it again. It is safe for use by several goroutines.
type Directory struct {
	own   record.KeyID // the key of the log itself, which sets up
	table *rights.Table

	mu       sync.RWMutex
	next     int64 // entries below it were applied
	accounts map[string]*Account
	names    map[string]*Account
	keys     map[record.KeyID]*Account
	tokens   map[string]*Token
	hadChair bool
	hadAdmin bool // somebody has kept accounts: the record is set up
	ignored  []Ignored
}

// NewDirectory returns an empty directory of the log with this key of its own.
func NewDirectory(own record.KeyID, table *rights.Table) *Directory {
	return &Directory{own: own, table: table, accounts: map[string]*Account{}, names: map[string]*Account{}, keys: map[record.KeyID]*Account{}, tokens: map[string]*Token{}}
}

// speaks reports whether entries of a kind change the directory.
func speaks(kind string) bool {
	return kind == record.KindAccount || kind == record.KindGrant || kind == record.KindToken
}

// Apply takes an entry into account, once. What its author had no right to
// write is kept in the record, counts for nothing, and is listed.
func (d *Directory) Apply(index int64, e *record.Envelope, payload []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !speaks(e.Kind) || index < d.next {
		return
	}
	d.next = index + 1
	if err := d.apply(index, e, payload); err != nil {
		d.ignored = append(d.ignored, Ignored{index, e.Kind, err.Error()})
	}
}

func (d *Directory) apply(index int64, e *record.Envelope, payload []byte) error {
	switch e.Kind {
	case record.KindAccount:
		var a record.AccountEntry
		if err := json.Unmarshal(payload, &a); err != nil {
			return errors.New("not the payload of an account")
		}
		return d.account(index, e.Author, &a)
	case record.KindGrant:
		var g record.GrantEntry
		if err := json.Unmarshal(payload, &g); err != nil {
			return errors.New("not the payload of a grant")
		}
		return d.grant(e.Author, &g)
	}
	var t record.TokenEntry
	if err := json.Unmarshal(payload, &t); err != nil {
		return errors.New("not the payload of a token")
	}
	return d.token(e.Author, &t)
}

// may asks whether the author of an entry may do something; the log's own key
// may do all that an administrator and a chair may.
func (d *Directory) may(author record.KeyID, action string, o rights.Object) error {
	if author == d.own {
		return nil
	}
	a := d.keys[author]
	if a == nil {
		return fmt.Errorf("its author %s is no account", author)
	}
	if dec := d.table.Allow(a.Who(), action, o); !dec.OK {
		return fmt.Errorf("%s may not %s: %s", a.ID, action, dec.Because)
	}
	return nil
}

var (
	idForm    = regexp.MustCompile(`^A-[0-9A-HJKMNP-TV-Z]{8}$`)
	nameForm  = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)
	tokenForm = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{8}$`)
	partyForm = regexp.MustCompile(`^\S{1,40}$`)
)

const expectedName = "expected 2 to 40 small letters, digits, dots, hyphens"

func (d *Directory) account(index int64, author record.KeyID, x *record.AccountEntry) error {
	if err := d.may(author, "manage", rights.Object{Thing: "account"}); err != nil {
		return err
	}
	key, err := record.ParseKeyID(x.Key)
	switch {
	case err != nil:
		return err
	case !idForm.MatchString(x.Account):
		return fmt.Errorf("account %q: expected an id such as A-7K3F9Q2M", x.Account)
	case !nameForm.MatchString(x.Name):
		return fmt.Errorf("name %q: %s", x.Name, expectedName)
	case x.State != "active" && x.State != "closed":
		return fmt.Errorf("state %q: expected active or closed", x.State)
	}
	if other := d.names[x.Name]; other != nil && other.ID != x.Account {
		return fmt.Errorf("the name %s is taken by %s", x.Name, other.ID)
	}
	if other := d.keys[key]; key == d.own || other != nil && other.ID != x.Account {
		return fmt.Errorf("the key %s is another's", key)
	}
	a := d.accounts[x.Account]
	if a == nil {
		a = &Account{ID: x.Account, Since: index, Key: key}
		d.accounts[a.ID] = a
	}
	if a.Key != key {
		return fmt.Errorf("account %s has the key %s: an account keeps its key", a.ID, a.Key)
	}
	delete(d.names, a.Name)
	a.Name, a.Title, a.Active = x.Name, x.Title, x.State == "active"
	d.names[a.Name], d.keys[key] = a, a
	return nil
}

// CheckRole says what is wrong with a role.
func CheckRole(role, party string) error {
	switch {
	case !slices.Contains(rights.Roles(), role):
		return fmt.Errorf("role %q: expected one of %s", role, strings.Join(rights.Roles(), ", "))
	case (role == rights.Delegate) != (party != ""):
		return errors.New("a delegate has a party, and nobody else has")
	case party != "" && !partyForm.MatchString(party):
		return fmt.Errorf("party %q: expected a word, as in the text of the terms", party)
	}
	return nil
}

func (d *Directory) grant(author record.KeyID, x *record.GrantEntry) error {
	a := d.accounts[x.Account]
	switch {
	case a == nil:
		return fmt.Errorf("there is no account %s", x.Account)
	case !x.Withdrawn && CheckRole(x.Role, x.Party) != nil:
		return CheckRole(x.Role, x.Party)
	case x.Party != "" && !partyForm.MatchString(x.Party):
		return fmt.Errorf("party %q: expected a word, as in the text of the terms", x.Party)
	}
	o := rights.Object{Thing: "grant", Party: x.Party, Account: x.Account}
	if author == d.own {
		d.give(a, x)
		return nil
	}
	if a.Waiting != nil && !x.Withdrawn && a.Waiting.Role == x.Role && a.Waiting.Party == x.Party && d.may(author, "confirm", o) == nil {
		if d.keys[author] == a {
			return errors.New("nobody confirms a role of the own")
		}
		d.give(a, x)
		return nil
	}
	if err := d.may(author, "manage", o); err != nil {
		return err
	}
	if d.keys[author] == a && !x.Withdrawn {
		return errors.New("nobody gives a role to the own account")
	}
	if !x.Withdrawn && d.hadChair && Confidential(d.table, x.Role) {
		waits := *x
		a.Waiting = &waits
		return nil
	}
	d.give(a, x)
	return nil
}

func (d *Directory) give(a *Account, x *record.GrantEntry) {
	a.Waiting = nil
	a.Role, a.Party = x.Role, x.Party
	if x.Withdrawn {
		a.Role, a.Party = "", ""
	}
	d.hadChair = d.hadChair || a.Role == rights.Chair
	d.hadAdmin = d.hadAdmin || a.Role == rights.Administrator
}

// isSetUp reports whether somebody keeps, or has kept, accounts.
func (d *Directory) isSetUp() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.hadAdmin
}

// everChair reports whether there is, or was, a chair.
func (d *Directory) everChair() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.hadChair
}

// Confidential reports whether a role reads more than the public and its own. A
// grant of such a role needs a chair beside the administrator.
func Confidential(t *rights.Table, role string) bool {
	who := rights.Who{Account: "A-00000000", Role: role, Party: "X"}
	for _, thing := range []string{"report", "incident", "claim", "notice", "evidence", "note", "site", "damage", "window"} {
		for _, m := range rights.Markings()[1:] {
			if t.Allow(who, "read", rights.Object{Thing: thing, Marking: m, Party: who.Party}).OK {
				return true
			}
		}
	}
	return false
}

func (d *Directory) token(author record.KeyID, x *record.TokenEntry) error {
	until, err := time.Parse(time.RFC3339, x.Until)
	switch {
	case d.accounts[x.Account] == nil:
		return fmt.Errorf("there is no account %s", x.Account)
	case !tokenForm.MatchString(x.Token):
		return fmt.Errorf("token %q: expected an id such as T4XJ0Q8W", x.Token)
	case err != nil:
		return fmt.Errorf("until %q: expected a time", x.Until)
	}
	if err := CheckScopes(x.Scopes); err != nil {
		return err
	}
	o := rights.Object{Thing: "token", Account: x.Account}
	old := d.tokens[x.Token]
	if x.Withdrawn { // by the account, even one without a role, or by whoever keeps accounts
		if old == nil || old.Account != x.Account {
			return fmt.Errorf("account %s has no token %s", x.Account, x.Token)
		}
		if a := d.keys[author]; a == nil || a.ID != x.Account {
			if err := d.may(author, "manage", o); err != nil {
				return err
			}
		}
		old.Withdrawn = true
		return nil
	}
	if old != nil {
		return fmt.Errorf("there was a token %s before", x.Token)
	}
	// No one but the account itself issues a token that acts in its name.
	if a := d.keys[author]; author != d.own && (a == nil || a.ID != x.Account) {
		return fmt.Errorf("its author is not the account %s", x.Account)
	}
	if err := d.may(author, "issue", o); err != nil {
		return err
	}
	d.tokens[x.Token] = &Token{ID: x.Token, Account: x.Account, Name: x.Name, Scopes: slices.Clone(x.Scopes), Until: until}
	return nil
}

// CheckScopes refuses scopes that mean nothing; no scope at all would be a
// session.
func CheckScopes(scopes []string) error {
	if len(scopes) == 0 {
		return errors.New("no scopes: expected some such as submit:report or read")
	}
	for _, s := range scopes {
		action, thing, narrow := strings.Cut(s, ":")
		if !slices.Contains(rights.Actions(), action) {
			return fmt.Errorf("scope %q: expected ACTION or ACTION:THING with an action of %s", s, strings.Join(rights.Actions(), ", "))
		}
		if narrow && !slices.Contains(rights.Things(), thing) {
			return fmt.Errorf("scope %q: expected a thing of %s", s, strings.Join(rights.Things(), ", "))
		}
	}
	return nil
}

// Account finds an account by its id or by the name it signs in with.
func (d *Directory) Account(idOrName string) (Account, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a := d.accounts[idOrName]
	if a == nil {
		a = d.names[idOrName]
	}
	if a == nil {
		return Account{}, false
	}
	return *a, true
}

// ByKey finds the account whose key an entry is signed by.
func (d *Directory) ByKey(k record.KeyID) (Account, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if a := d.keys[k]; a != nil {
		return *a, true
	}
	return Account{}, false
}

// Accounts lists the accounts by name.
func (d *Directory) Accounts() []Account {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]Account, 0, len(d.accounts))
	for _, a := range d.accounts {
		out = append(out, *a)
	}
	sort.Slice(out, func(i, k int) bool { return out[i].Name < out[k].Name })
	return out
}

// Token finds a token by its public id.
func (d *Directory) Token(id string) (Token, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if t := d.tokens[id]; t != nil {
		return *t, true
	}
	return Token{}, false
}

// Tokens lists the tokens of an account by id.
func (d *Directory) Tokens(account string) []Token {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []Token
	for _, t := range d.tokens {
		if t.Account == account {
			out = append(out, *t)
		}
	}
	sort.Slice(out, func(i, k int) bool { return out[i].ID < out[k].ID })
	return out
}

// Ignored lists the entries about people that count for nothing.
func (d *Directory) Ignored() []Ignored {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clone(d.ignored)
}
