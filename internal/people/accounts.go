package people

import (
	"context"
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// LinkLife is how long a one-time link holds.
const LinkLife = 72 * time.Hour

// setupAccount marks the link by which the first account is made.
const setupAccount = "set-up"

// crockford writes ids: no letters that are taken for digits over a radio.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// draw draws bytes by chance.
func (p *People) draw(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(p.o.Rand, b)
	return b, err
}

// signer is the key of whoever does something: of an account, or where the
// account is empty the log's own, for whoever sits at the machine.
func (p *People) signer(who Who) (ed25519.PrivateKey, error) {
	if who.Account == "" && who.Role == Console {
		return p.own, nil
	}
	a, ok := p.dir.Account(who.Account)
	if !ok || !a.Active {
		return nil, ErrRefused{Because: "Only an account may do this."}
	}
	return p.sec.key(a.ID)
}

// Console is the role of whoever sits at the machine with the key of the log:
// commands, never requests.
const Console = "console"

// AtConsole is who gives commands at the machine.
func AtConsole() Who { return Who{Role: Console} }

// ErrRefused is a refusal by the rights, with its reason.
type ErrRefused struct{ Because string }

func (e ErrRefused) Error() string { return "refused: " + e.Because }

// ask asks the table, and lets the console do what keeps accounts.
func (p *People) ask(who Who, action string, o Object) error {
	if who.Role == Console && who.Account == "" && (action == "manage" || action == "confirm" || action == "issue") {
		return nil
	}
	if d := p.Allow(who, action, o); !d.OK {
		return ErrRefused{d.Because}
	}
	return nil
}

// decide writes entries about people after the directory has been asked, in
// memory, whether they would count: what would be ignored is refused.
func (p *People) decide(ctx context.Context, drafts ...draft) error {
	es, ps, err := p.make(drafts...)
	if err != nil {
		return err
	}
	trial := p.dir.clone()
	for i, e := range es {
		if !speaks(e.Kind) {
			continue
		}
		if err := trial.apply(1<<62, e, ps[i].Bytes); err != nil {
			return ErrRefused{err.Error()}
		}
	}
	_, err = p.appendPeople(ctx, es, ps)
	return err
}

// NewAccount is what is said of an account when it is made.
type NewAccount struct{ Name, Title, Role, Party, Reason string }

// Check says what is wrong with the words of a new account, whoever makes it and whoever
// there is.
func (n *NewAccount) Check() error {
	if !nameForm.MatchString(n.Name) {
		return fmt.Errorf("name %q: %s", n.Name, expectedName)
	}
	if n.Role == "" && n.Party == "" {
		return nil
	}
	return CheckRole(n.Role, n.Party)
}

// Add makes an account with a role. It has no password yet: Link gives its owner
// a way to choose one.
func (p *People) Add(ctx context.Context, by Who, n NewAccount) (Account, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.add(ctx, by, n)
}

func (p *People) add(ctx context.Context, by Who, n NewAccount) (Account, error) {
	if err := p.ask(by, "manage", Object{Thing: "account"}); err != nil {
		return Account{}, err
	}
	author, err := p.signer(by)
	if err != nil {
		return Account{}, err
	}
	seed, err := p.draw(ed25519.SeedSize)
	if err != nil {
		return Account{}, err
	}
	b, err := p.draw(5)
	if err != nil {
		return Account{}, err
	}
	id, key := "A-"+crockford.EncodeToString(b), ed25519.NewKeyFromSeed(seed)
	public := key.Public().(ed25519.PublicKey)
	drafts := []draft{
		{kind: record.KindKey, key: p.own, payload: record.KeyEntry{Name: "account " + id, Role: "account", Public: base64.StdEncoding.EncodeToString(public)}},
		{kind: record.KindAccount, key: author, payload: record.AccountEntry{Account: id, Name: n.Name, Title: n.Title, Key: record.IDOf(public).String(), State: "active", Reason: n.Reason}},
	}
	if n.Role != "" {
		drafts = append(drafts, draft{kind: record.KindGrant, key: author, payload: record.GrantEntry{Account: id, Role: n.Role, Party: n.Party, Reason: n.Reason}})
	}
	if err := p.sec.addKey(id, key); err != nil { // before the record: a key without an account harms nobody
		return Account{}, err
	}
	if err := p.decide(ctx, drafts...); err != nil {
		_, derr := p.sec.db.Exec("DELETE FROM credential WHERE account = ?", id)
		return Account{}, errors.Join(err, derr)
	}
	a, _ := p.dir.Account(id)
	return a, nil
}

// Grant gives a role, confirms one that waits, or where role is empty takes it
// away.
func (p *People) Grant(ctx context.Context, by Who, account, role, party, reason string) (Account, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	a, ok := p.dir.Account(account)
	if !ok {
		return Account{}, fmt.Errorf("there is no account %q", account)
	}
	author, err := p.signer(by)
	if err != nil {
		return Account{}, err
	}
	o := Object{Thing: "grant", Party: party, Account: a.ID}
	if err := p.ask(by, "manage", o); err != nil && p.ask(by, "confirm", o) != nil {
		return Account{}, err
	}
	g := record.GrantEntry{Account: a.ID, Role: role, Party: party, Withdrawn: role == "", Reason: reason}
	if g.Withdrawn {
		g.Role, g.Party = a.Role, a.Party
	}
	if err := p.decide(ctx, draft{kind: record.KindGrant, key: author, payload: g}); err != nil {
		return Account{}, err
	}
	a, _ = p.dir.Account(a.ID)
	return a, nil
}

// SetState closes an account or opens it again.
func (p *People) SetState(ctx context.Context, by Who, account string, active bool, reason string) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	a, ok := p.dir.Account(account)
	if !ok {
		return fmt.Errorf("there is no account %q", account)
	}
	author, err := p.signer(by)
	if err != nil {
		return err
	}
	if err := p.ask(by, "manage", Object{Thing: "account"}); err != nil {
		return err
	}
	state := map[bool]string{true: "active", false: "closed"}[active]
	return p.decide(ctx, draft{kind: record.KindAccount, key: author, payload: record.AccountEntry{Account: a.ID, Name: a.Name, Title: a.Title, Key: a.Key.String(), State: state, Reason: reason}})
}

// Link makes a one-time code by which the owner of an account chooses a password;
// it leaves a second factor as it is. That it was made is an entry: an
// administrator who would take over an account by it leaves a trace, and stands
// before the second factor.
func (p *People) Link(ctx context.Context, by Who, account string) (code string, err error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	if err := p.ask(by, "manage", Object{Thing: "account"}); err != nil {
		return "", err
	}
	a, ok := p.dir.Account(account)
	if !ok {
		return "", fmt.Errorf("there is no account %q", account)
	}
	author, err := p.signer(by)
	if err != nil {
		return "", err
	}
	err = p.decide(ctx, draft{kind: record.KindAccount, key: author, payload: record.AccountEntry{Account: a.ID, Name: a.Name, Title: a.Title, Key: a.Key.String(),
		State: map[bool]string{true: "active", false: "closed"}[a.Active], Reason: "a link to choose a password was made"}})
	if err != nil {
		return "", err
	}
	return p.link(a.ID)
}

func (p *People) link(account string) (string, error) {
	b, err := p.draw(16)
	if err != nil {
		return "", err
	}
	code := crockford.EncodeToString(b)
	return code, p.sec.addLink(code, account, p.o.Now().Add(LinkLife))
}

// SetupLink makes the code by which the first administrator is made, where the
// record has had none yet. An older code ends.
func (p *People) SetupLink() (code string, needed bool, err error) {
	if p.dir.isSetUp() {
		return "", false, nil
	}
	code, err = p.link(setupAccount)
	return code, true, err
}

// ResetSecondFactor removes the second factor of an account, for whoever has lost
// the device and the recovery codes. Only the console may: an administrator who
// could would be able to become anybody.
func (p *People) ResetSecondFactor(ctx context.Context, account string) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	a, ok := p.dir.Account(account)
	if !ok {
		return fmt.Errorf("there is no account %q", account)
	}
	err := p.decide(ctx, draft{kind: record.KindAccount, key: p.own, payload: record.AccountEntry{Account: a.ID, Name: a.Name, Title: a.Title, Key: a.Key.String(),
		State: map[bool]string{true: "active", false: "closed"}[a.Active], Reason: "the second factor was removed"}})
	if err != nil {
		return err
	}
	return p.sec.dropSecond(a.ID)
}

// clone copies the directory, to try an entry.
func (d *Directory) clone() *Directory {
	d.mu.RLock()
	defer d.mu.RUnlock()
	c := NewDirectory(d.own, d.table)
	c.hadChair, c.hadAdmin = d.hadChair, d.hadAdmin
	for id, a := range d.accounts {
		b := *a
		c.accounts[id], c.names[b.Name], c.keys[b.Key] = &b, &b, &b
	}
	for id, t := range d.tokens {
		b := *t
		b.Scopes = slices.Clone(t.Scopes)
		c.tokens[id] = &b
	}
	return c
}

// needsSecondFactor reports whether a role must have a second factor: all but
// those who read what is public.
func needsSecondFactor(role string) bool {
	return role != rights.Reader && role != rights.Public && role != ""
}
