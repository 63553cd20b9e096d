package people

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
)

// stranger is somebody as the service says who it is.
type stranger struct {
	subject string
	claims  map[string]any
}

// says are the values of a claim that are texts.
func (s stranger) says(claim string) (out []string) {
	switch v := s.claims[claim].(type) {
	case string:
		out = []string{v}
	case []any:
		for _, x := range v {
			if t, ok := x.(string); ok {
				out = append(out, t)
			}
		}
	}
	return out
}

func (x *outsider) name() string {
	if x.Name != "" {
		return x.Name
	}
	return x.Issuer
}

// named finds or makes the account that the configured claim names, and ties it to the
// person: from then on the person counts, and the claim no more. Of accounts that are
// there it takes only one that waits for its owner: whoever keeps accounts has made a
// link, and nobody has chosen a password or was tied to it.
func (p *People) named(ctx context.Context, who stranger) (string, error) {
	said := who.says(p.outside.Claim)
	if len(said) != 1 {
		return "", ErrRefused{fmt.Sprintf("The service does not say by which name you sign in here (%s).", p.outside.Claim)}
	}
	name := strings.ToLower(said[0])
	if !nameForm.MatchString(name) {
		return "", ErrRefused{fmt.Sprintf("The name that the service gives you (%s) cannot be that of an account here: 2 to 40 small letters, digits, dots and hyphens.", p.outside.Claim)}
	}
	if verified, there := who.claims["email_verified"]; p.outside.Claim == "email" && (!there || verified != true) {
		return "", ErrRefused{"The service has not made sure that the address is yours."}
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	a, there := p.dir.Account(name)
	if !there {
		if !p.outside.Create {
			return "", ErrRefused{"There is no account of your name here. Ask whoever keeps accounts for one."}
		}
		n := NewAccount{Name: name, Reason: "made by signing in through " + p.outside.Issuer}
		n.Role, n.Party, n.Reason = p.mapped(who, n.Reason)
		a, err := p.add(ctx, AtConsole(), n)
		if err != nil {
			return "", err
		}
		return a.ID, p.sec.tie(p.outside.Issuer, who.subject, a.ID)
	}
	c, err := p.sec.credential(a.ID)
	if err != nil {
		return "", err
	}
	invited, err := p.sec.invited(a.ID, p.o.Now())
	if err != nil {
		return "", err
	}
	if !a.Active || a.Name != name || !invited || c.Password != "" || c.second() {
		return "", ErrRefused{"An account of your name is there, and does not wait for its owner. If it is yours, sign in to it by its password and tie it to the service there."}
	}
	err = p.decide(ctx, draft{kind: record.KindAccount, key: p.own, payload: record.AccountEntry{Account: a.ID, Name: a.Name, Title: a.Title, Key: a.Key.String(), State: "active", Reason: "tied to sign-in by " + p.outside.Issuer + ", which names it"}})
	if err != nil {
		return "", err
	}
	if err := p.sec.dropLinks(a.ID); err != nil { // a password could be chosen by it
		return "", err
	}
	return a.ID, p.sec.tie(p.outside.Issuer, who.subject, a.ID)
}

// mapped is the role that the operator has mapped claims to; none where nothing
// fits. Once there has been a chair a role that reads more than the public is not
// given so, since it needs a chair beside whoever keeps accounts.
func (p *People) mapped(who stranger, reason string) (role, party, because string) {
	for _, m := range p.outside.Roles {
		if !slices.Contains(who.says(m.Claim), m.Is) {
			continue
		}
		if p.dir.everChair() && Confidential(p.o.Table, m.Role) {
			return "", "", fmt.Sprintf("%s; %s by its claims, which an administrator has to grant and a chair to confirm", reason, m.Role)
		}
		return m.Role, m.Party, fmt.Sprintf("%s; %s by its claim %s", reason, m.Role, m.Claim)
	}
	return "", "", reason
}

// invited reports whether an account waits for its owner: there is a link to it, and
// nobody of a service is tied to it.
func (s *secrets) invited(account string, now time.Time) (bool, error) {
	var links, ties int
	err := s.db.QueryRow("SELECT (SELECT count(*) FROM link WHERE account = ? AND until > ?), (SELECT count(*) FROM outside WHERE account = ?)", account, now.Unix(), account).Scan(&links, &ties)
	return links > 0 && ties == 0, err
}

// isTied reports whether somebody of a service signs in to an account.
func (s *secrets) isTied(issuer, account string) (bool, error) {
	var n int
	err := s.db.QueryRow("SELECT count(*) FROM outside WHERE issuer = ? AND account = ?", issuer, account).Scan(&n)
	return n > 0, err
}

// postUntie ends that a service may stand in for the password.
func (p *People) postUntie(w http.ResponseWriter, r *http.Request) {
	a, ok := p.enrolling(w, r)
	if !ok {
		return
	}
	err := p.noteWay(r.Context(), a, "not tied to sign-in by "+p.outside.Issuer+" any more", func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM outside WHERE issuer = ? AND account = ?", p.outside.Issuer, a.ID); err != nil {
			return err
		}
		return endSessions(tx, a.ID)
	})
	if err == nil {
		err = p.restart(r.Context(), a.ID)
	}
	if err != nil {
		p.fail(w, "outside", err)
		return
	}
	p.show(w, r, http.StatusOK, "message", page{Title: "Done", Text: "The service does not sign in to this account any more."})
}

func (s *secrets) dropLinks(account string) error {
	_, err := s.db.Exec("DELETE FROM link WHERE account = ?", account)
	return err
}
