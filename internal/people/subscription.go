package people

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Subscription is that somebody wants to be told of what is new. What it asks for is
// read by who tells; here it is a text.
type Subscription struct {
	ID, Account, Name string
	Sort              string // alert, digest
	Rule              []byte
	Mail, Webhook     string // one of the two: an address, the name of a webhook
	State             string
	Since             int64 // entries before it are not told
	Made              time.Time
}

// States of a subscription.
const (
	Waiting   = "waiting" // until the address is confirmed
	Active    = "active"
	Paused    = "paused"
	Withdrawn = "withdrawn"
)

const (
	mostSubscriptions = 20                 // of an account
	confirmLife       = 3 * 24 * time.Hour // of the link in a mail
)

// ErrNoSubscription is of one that is not there, or another's.
var ErrNoSubscription = errors.New("you have no such subscription")

// Subscribe keeps a new subscription. To an address that the account has not
// confirmed nothing is told until it is: Subscribed gives the link that a mail to it
// holds.
func (p *People) Subscribe(ctx context.Context, who Who, s Subscription) (Subscription, error) {
	if err := p.subscriber(who); err != nil {
		return s, err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	author, err := p.signer(who)
	if err != nil {
		return s, err
	}
	mine, err := p.sec.subscriptions(who.Account)
	if err != nil {
		return s, err
	}
	if len(mine) >= mostSubscriptions {
		return s, ErrRefused{fmt.Sprintf("An account has at most %d subscriptions: withdraw one first.", mostSubscriptions)}
	}
	b, err := p.draw(5)
	if err != nil {
		return s, err
	}
	s.ID, s.Account, s.State, s.Since, s.Made = "S-"+crockford.EncodeToString(b), who.Account, Active, p.log.Size(), p.o.Now().UTC().Truncate(time.Second)
	if s.Mail != "" && !confirmed(mine, s.Mail) {
		if wait := p.limits.wait("mail "+who.Account, ruleMail); wait > 0 {
			return s, ErrRefused{fmt.Sprintf("Too many addresses were mailed for this account: try again in %d s.", int(wait/time.Second)+1)}
		}
		p.limits.failed("mail " + who.Account)
		s.State = Waiting
	}
	return s, p.changed(ctx, p.subscriptionDraft(s, s.State, author), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO subscription VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", s.ID, s.Account, s.Name, s.Sort, s.Rule, s.Mail, s.Webhook, s.State, s.Since, s.Made.Unix())
		return err
	})
}

// confirmed reports whether an account has confirmed an address before.
func confirmed(mine []Subscription, mail string) bool {
	for _, s := range mine {
		if s.Mail == mail && s.State != Waiting {
			return true
		}
	}
	return false
}

// subscriber refuses who has no session of an account. A token could hand out what
// it sees for ever by a subscription, which outlives it.
func (p *People) subscriber(who Who) error {
	if who.Token != "" || len(who.Scopes) > 0 {
		return ErrRefused{"A token cannot subscribe: sign in."}
	}
	return p.ask(who, "issue", Object{Thing: "token", Account: who.Account})
}

func (p *People) subscriptionDraft(s Subscription, state string, key []byte) draft {
	by := "mail"
	if s.Webhook != "" {
		by = "webhook"
	}
	return draft{kind: record.KindSubscription, key: key, payload: record.SubscriptionEntry{Subscription: s.ID, Account: s.Account, Sort: s.Sort, By: by, State: state}}
}

// Change pauses a subscription of one's own, takes it up again, or withdraws it; who
// keeps tokens may withdraw another's. Taken up again it tells of what comes from
// then on.
func (p *People) Change(ctx context.Context, who Who, id, state string) (Subscription, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	s, err := p.sec.subscription(id)
	if err != nil {
		return s, err
	}
	if s.Account != who.Account || who.Account == "" {
		if state != Withdrawn || p.ask(who, "manage", Object{Thing: "token", Account: s.Account}) != nil {
			return s, ErrNoSubscription
		}
	} else if err := p.subscriber(who); err != nil {
		return s, err
	}
	if state == Active && s.State == Waiting {
		return s, ErrRefused{"The address is not confirmed: open the link in the mail to it."}
	}
	author, err := p.signer(who)
	if err != nil {
		return s, err
	}
	return p.turn(ctx, s, state, author)
}

// turn brings a subscription into another state. It is called with the lock held.
func (p *People) turn(ctx context.Context, s Subscription, state string, author []byte) (Subscription, error) {
	if s.State == state {
		return s, nil
	}
	was := s.State
	s.State = state
	if state == Active {
		s.Since = p.log.Size()
	}
	return s, p.changed(ctx, p.subscriptionDraft(s, state, author), func(tx *sql.Tx) error {
		if state == Withdrawn {
			_, err := tx.Exec("DELETE FROM subscription WHERE id = ?", s.ID)
			return err
		}
		_, err := tx.Exec("UPDATE subscription SET state = ?, since = ? WHERE id = ? AND state = ?", state, s.Since, s.ID, was)
		return err
	})
}

// Subscriptions lists those of an account, the oldest first; of all where it is
// empty.
func (p *People) Subscriptions(account string) ([]Subscription, error) {
	return p.sec.subscriptions(account)
}

// Subscribed is a subscription as it stands now, and what its owner may see now;
// false: nothing is told by it. A role that was taken away counts at once.
func (p *People) Subscribed(id string) (s Subscription, who Who, ok bool, err error) {
	s, err = p.sec.subscription(id)
	if errors.Is(err, ErrNoSubscription) {
		return s, Who{}, false, nil
	}
	if err != nil || s.State == Paused {
		return s, Who{}, false, err
	}
	a, there := p.dir.Account(s.Account)
	c, err := p.sec.credential(s.Account)
	if err != nil || !there || !a.Active || needsSecondFactor(a.Role) && !c.second() {
		return s, Who{}, false, err
	}
	who = a.Who()
	if who.Account == "" {
		who = Who{Account: a.ID, Role: rights.Public}
	}
	return s, who, s.State == Active || p.o.Now().Sub(s.Made) < confirmLife, nil
}

// LetterPaths are where a mail leads: to confirm its address, and to be told no more.
func (p *People) LetterPaths(s Subscription) (confirm, stop string) {
	return "/subscriptions/confirm/" + p.letterCode("confirm", s), "/subscriptions/stop/" + p.letterCode("stop", s)
}

// letterCode is known to whoever has a mail of a subscription. It is made and not
// kept, so that no list of codes can be stolen.
func (p *People) letterCode(do string, s Subscription) string {
	m := hmac.New(sha256.New, p.device)
	m.Write([]byte("letter\n" + do + "\n" + s.ID + "\n" + s.Mail))
	return s.ID + "-" + crockford.EncodeToString(m.Sum(nil)[:20])
}

// byLetter finds the subscription of a code.
func (p *People) byLetter(do, code string) (s Subscription, ok bool) {
	if len(code) < 10 || do != "confirm" && do != "stop" {
		return s, false
	}
	s, err := p.sec.subscription(code[:10])
	if err != nil || s.Mail == "" || subtle.ConstantTimeCompare([]byte(p.letterCode(do, s)), []byte(code)) != 1 {
		return Subscription{}, false
	}
	return s, do == "stop" || s.State != Waiting || p.o.Now().Sub(s.Made) < confirmLife
}

const subscriptionColumns = "SELECT id, account, name, sort, rule, mail, webhook, state, since, made FROM subscription"

func scanSubscription(row interface{ Scan(...any) error }) (s Subscription, err error) {
	var made int64
	err = row.Scan(&s.ID, &s.Account, &s.Name, &s.Sort, &s.Rule, &s.Mail, &s.Webhook, &s.State, &s.Since, &made)
	s.Made = time.Unix(made, 0).UTC()
	return s, err
}

func (x *secrets) subscription(id string) (Subscription, error) {
	s, err := scanSubscription(x.db.QueryRow(subscriptionColumns+" WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSubscription
	}
	return s, err
}

func (x *secrets) subscriptions(account string) ([]Subscription, error) {
	rows, err := x.db.Query(subscriptionColumns+" WHERE account = ? OR ? = '' ORDER BY rowid", account, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Subscription
	for rows.Next() {
		s, err := scanSubscription(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
