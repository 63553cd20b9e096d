package people

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
)

// tokenText is the form of a token: a prefix that scanners for leaked secrets can
// find, the public id, 160 bits of chance.
var tokenText = regexp.MustCompile(`^truce_([0-9A-HJKMNP-TV-Z]{8})_([0-9A-HJKMNP-TV-Z]{32})$`)

// ParseToken parts a token. Errors do not repeat it: it may be one with a typing
// error.
func ParseToken(s string) (id, secret string, err error) {
	m := tokenText.FindStringSubmatch(s)
	if m == nil {
		return "", "", errors.New("not a token: expected truce_, 8 letters and digits, _, 32 letters and digits")
	}
	return m[1], m[2], nil
}

// MaxTokenLife is how long a token may hold.
const MaxTokenLife = 366 * 24 * time.Hour

// Issue makes a token of an account. The text is returned once and kept nowhere.
func (p *People) Issue(ctx context.Context, by Who, name string, scopes []string, life time.Duration) (text string, err error) {
	return p.issue(ctx, by, by.Account, name, scopes, life)
}

// IssueAt makes a token of an account at the console.
func (p *People) IssueAt(ctx context.Context, account, name string, scopes []string, life time.Duration) (text string, err error) {
	a, ok := p.dir.Account(account)
	if !ok {
		return "", errors.New("there is no account " + account)
	}
	return p.issue(ctx, AtConsole(), a.ID, name, scopes, life)
}

// Adopt takes a token whose text somebody else drew, such as one that comes from
// the environment of a machine, for an account. The same again changes nothing.
func (p *People) Adopt(ctx context.Context, account, text, name string, scopes []string, life time.Duration) error {
	if len(text) < 24 {
		return fmt.Errorf("a token of %d characters can be guessed: expected 24 or more", len(text))
	}
	if tokenText.MatchString(text) {
		return errors.New("a token that another record has issued is not taken: draw another text")
	}
	a, ok := p.dir.Account(account)
	if !ok {
		return errors.New("there is no account " + account)
	}
	id := p.foreign(text)
	if t, there := p.dir.Token(id); there {
		if t.Account != a.ID || t.Withdrawn || !p.o.Now().Before(t.Until) || !slices.Equal(t.Scopes, scopes) {
			return errors.New("this token was of another account, has ended, or was good for something else: draw another text")
		}
		return nil
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.record(ctx, p.own, id, text, record.TokenEntry{Account: a.ID, Name: name, Scopes: scopes}, life)
}

// foreign is the public id of a token that somebody else drew. It tells nothing of
// the text to who does not have the secrets of this office.
func (p *People) foreign(text string) string {
	m := hmac.New(sha256.New, p.device)
	m.Write([]byte("token\n" + text))
	return crockford.EncodeToString(m.Sum(nil)[:5])
}

func (p *People) issue(ctx context.Context, by Who, account, name string, scopes []string, life time.Duration) (string, error) {
	if err := CheckScopes(scopes); err != nil {
		return "", err
	}
	if life <= 0 || life > MaxTokenLife {
		return "", errors.New("a token holds up to a year: give a shorter time")
	}
	if len(by.Scopes) > 0 {
		return "", ErrRefused{"A token cannot make tokens: sign in."}
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	if err := p.ask(by, "issue", Object{Thing: "token", Account: account}); err != nil {
		return "", err
	}
	author, err := p.signer(by)
	if err != nil {
		return "", err
	}
	b, err := p.draw(25)
	if err != nil {
		return "", err
	}
	id, secret := crockford.EncodeToString(b[:5]), crockford.EncodeToString(b[5:])
	if err := p.record(ctx, author, id, secret, record.TokenEntry{Account: account, Name: name, Scopes: scopes}, life); err != nil {
		return "", err
	}
	return "truce_" + id + "_" + secret, nil
}

// record keeps the hash of a token, then writes its entry.
func (p *People) record(ctx context.Context, author ed25519.PrivateKey, id, secret string, t record.TokenEntry, life time.Duration) error {
	if err := p.sec.addToken(id, secret); err != nil { // before the record: one that no entry names is good for nothing
		return err
	}
	t.Token, t.Until = id, p.o.Now().Add(life).UTC().Truncate(time.Second).Format(time.RFC3339)
	if err := p.decide(ctx, draft{kind: record.KindToken, key: author, payload: t}); err != nil {
		return errors.Join(err, p.sec.dropToken(id))
	}
	return nil
}

// Withdraw ends a token.
func (p *People) Withdraw(ctx context.Context, by Who, id string) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	t, ok := p.dir.Token(id)
	if !ok {
		return errors.New("there is no token " + strings.ToValidUTF8(id, "?"))
	}
	o := Object{Thing: "token", Account: t.Account}
	if p.ask(by, "issue", o) != nil || len(by.Scopes) > 0 { // not one's own, or by a token
		if err := p.ask(by, "manage", o); err != nil {
			return err
		}
	}
	author, err := p.signer(by)
	if err != nil {
		return err
	}
	err = p.decide(ctx, draft{kind: record.KindToken, key: author, payload: record.TokenEntry{Token: t.ID, Account: t.Account, Name: t.Name, Scopes: t.Scopes, Until: t.Until.Format(time.RFC3339), Withdrawn: true}})
	if err != nil {
		return err
	}
	return p.sec.dropToken(id)
}

// errToken is all that is said of a token that is no good.
var errToken = errors.New("the token is not known, has ended or was withdrawn")

// ByToken is who uses a token.
func (p *People) ByToken(text string) (Who, error) {
	id, secret, err := ParseToken(text)
	if err != nil { // one that somebody else drew, or none
		id, secret = p.foreign(text), text
	}
	good := p.sec.isToken(id, secret)
	t, known := p.dir.Token(id)
	if !good || !known || t.Withdrawn || !p.o.Now().Before(t.Until) {
		return Who{}, errToken
	}
	a, ok := p.dir.Account(t.Account)
	if !ok || !a.Active {
		return Who{}, errToken
	}
	who := a.Who()
	who.Scopes, who.Token = t.Scopes, t.ID
	return who, nil
}
