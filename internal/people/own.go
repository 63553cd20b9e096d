package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ownSchema keeps what belongs to a person and to nobody else: settings and saved
// views. None of it is of the record.
const ownSchema = `
CREATE TABLE IF NOT EXISTS preference(account TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS saved(id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL, shared INTEGER NOT NULL, made INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS saved_account ON saved(account);`

// What a session says of itself to whose it is. The mark names it and opens nothing.
const (
	inMark  = "mark"
	inAgent = "agent" // what the browser calls itself
)

// note notes of a session that another version began on what device it is.
func (p *People) note(ctx context.Context) error {
	if p.sessions.GetString(ctx, inAccount) == "" || p.sessions.GetString(ctx, inMark) != "" {
		return nil
	}
	return p.putMark(ctx)
}

// putMark names a session and its device. When it began is none of its business: of one
// that was begun by another version it is not known, and it must not become fresh.
func (p *People) putMark(ctx context.Context) error {
	b, err := p.draw(10)
	if err != nil {
		return err
	}
	p.sessions.Put(ctx, inMark, crockford.EncodeToString(b))
	if v := visitOf(ctx); v != nil {
		p.sessions.Put(ctx, inAgent, v.agent)
	}
	return nil
}

// Session is one of somebody's sessions.
type Session struct {
	Mark  string     `json:"mark" doc:"by which it can be ended"`
	Agent string     `json:"agent" doc:"what the browser calls itself; it may say anything"`
	Since *time.Time `json:"since,omitempty"`
	Last  *time.Time `json:"last,omitempty" doc:"last request, to about a minute; absent: not known"`
	Until time.Time  `json:"until" doc:"when it ends where nobody uses it"`
	This  bool       `json:"this" doc:"the one that asks"`

	token string // hashed
}

// Sessions are those of an account that hold, newest first.
func (p *People) Sessions(ctx context.Context, account string) ([]Session, error) {
	now := p.o.Now()
	c, err := p.sec.credential(account)
	if err != nil {
		return nil, err
	}
	rows, err := p.sec.db.QueryContext(ctx, "SELECT token, data, until FROM session WHERE until > ?", now.Unix())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Session{}
	for rows.Next() {
		var token string
		var data []byte
		var until int64
		if err := rows.Scan(&token, &data, &until); err != nil {
			return nil, err
		}
		deadline, v, err := inOrder{}.Decode(data)
		if err != nil || v[inAccount] != account || v[inEpoch] != c.Epoch {
			continue
		}
		s := Session{token: token, Until: time.Unix(until, 0).UTC()}
		s.Mark, _ = v[inMark].(string)
		s.Agent, _ = v[inAgent].(string)
		s.This = s.Mark != "" && s.Mark == p.sessions.GetString(ctx, inMark)
		if since, ok := v[inSince].(int64); ok {
			t := time.Unix(since, 0).UTC()
			s.Since = &t
		}
		if s.Until.Before(deadline.Add(-time.Second)) {
			t := s.Until.Add(-idleLife)
			s.Last = &t
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Session) int { return b.Until.Compare(a.Until) })
	return out, nil
}

// EndSession ends one session of the account, or where mark is empty all but the one
// that asks. A request that is under way does not bring it back (CommitCtx).
func (p *People) EndSession(ctx context.Context, account, mark string) (ended int, err error) {
	list, err := p.Sessions(ctx, account)
	if err != nil {
		return 0, err
	}
	for _, s := range list {
		if mark != "" && s.Mark != mark || mark == "" && s.This || s.Mark == "" {
			continue
		}
		if err := p.sec.Delete(s.token); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

// Methods is how somebody signs in.
type Methods struct {
	Password     bool     `json:"password"`
	SecondFactor bool     `json:"second_factor"`
	Needed       bool     `json:"needed" doc:"the role must have a second factor"`
	Recovery     int      `json:"recovery" doc:"recovery codes that are left"`
	Outside      []string `json:"outside" doc:"services that stand in for the password"`
	Offered      bool     `json:"offered" doc:"this server has such a service"`
}

// Methods tells how an account signs in.
func (p *People) Methods(account string) (m Methods, err error) {
	c, err := p.sec.credential(account)
	if err != nil {
		return m, err
	}
	a, _ := p.dir.Account(account)
	m = Methods{Password: c.Password != "", SecondFactor: c.TOTP != "", Needed: needsSecondFactor(a.Role), Outside: []string{}, Offered: p.outside != nil}
	if err := p.sec.db.QueryRow("SELECT count(*) FROM recovery WHERE account = ?", account).Scan(&m.Recovery); err != nil {
		return m, err
	}
	rows, err := p.sec.db.Query("SELECT issuer FROM outside WHERE account = ? ORDER BY issuer", account)
	if err != nil {
		return m, err
	}
	defer rows.Close()
	for rows.Next() {
		var issuer string
		if err := rows.Scan(&issuer); err != nil {
			return m, err
		}
		m.Outside = append(m.Outside, issuer)
	}
	return m, rows.Err()
}

// Preferences are the settings of an account, as it has kept them; nil: none yet.
func (p *People) Preferences(account string) ([]byte, error) {
	var b []byte
	err := p.sec.db.QueryRow("SELECT body FROM preference WHERE account = ?", account).Scan(&b)
	if isNone(err) {
		return nil, nil
	}
	return b, err
}

// Prefer keeps settings of an account.
func (p *People) Prefer(account string, body []byte) error {
	_, err := p.sec.db.Exec("INSERT INTO preference VALUES(?, ?) ON CONFLICT DO UPDATE SET body = excluded.body", account, body)
	return err
}

// Saved is a view that somebody has kept: the address of a page with its state.
type Saved struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Address string    `json:"address"`
	Shared  bool      `json:"shared" doc:"colleagues see it too"`
	Mine    bool      `json:"mine"`
	By      string    `json:"by,omitempty" doc:"whose it is, by the name of the account, where it is another's"`
	Made    time.Time `json:"made"`
}

// MaxSaved is how many views an account keeps.
const MaxSaved = 200

// SavedViews are those of an account, and those that its colleagues share.
func (p *People) SavedViews(who Who) ([]Saved, error) {
	rows, err := p.sec.db.Query("SELECT id, account, name, address, shared, made FROM saved WHERE account = ? OR shared = 1 ORDER BY name, id", who.Account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []Saved{}
	for rows.Next() {
		var s Saved
		var account string
		var made int64
		if err := rows.Scan(&s.ID, &account, &s.Name, &s.Address, &s.Shared, &made); err != nil {
			return nil, err
		}
		if s.Mine = account == who.Account; !s.Mine {
			a, _ := p.dir.Account(account)
			if !p.colleagues(who, a.Who()) {
				continue
			}
			s.By = a.Name
		}
		s.Made = time.Unix(made, 0).UTC()
		out = append(out, s)
	}
	return out, rows.Err()
}

// colleagues are those who read what is the mission's, and delegates of one party:
// the name of a view may tell what its owner works on.
func (p *People) colleagues(a, b Who) bool {
	if a.Account == "" || b.Account == "" {
		return false
	}
	if a.Party != "" || b.Party != "" {
		return a.Party == b.Party
	}
	inside := func(w Who) bool { return p.Allow(w, "read", Object{Thing: "incident", Marking: "mission"}).OK }
	return inside(a) && inside(b)
}

// ErrSaved is why a view was not kept.
type ErrSaved string

func (e ErrSaved) Error() string { return string(e) }

// checkSaved refuses what is no page of this server, and names that are none.
func checkSaved(name, address string) error {
	switch {
	case strings.TrimSpace(name) == "" || len([]rune(name)) > 80 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return ErrSaved("name: expected 1 to 80 characters in one line")
	case local(address) != address || len(address) > 4000:
		return ErrSaved("address: expected the address of a page of this server, such as /incidents?level=verified, of at most 4000 characters")
	}
	return nil
}

// SaveView keeps a view; an empty id makes a new one.
func (p *People) SaveView(who Who, s Saved) (Saved, error) {
	s.Name = strings.TrimSpace(s.Name)
	if err := checkSaved(s.Name, s.Address); err != nil {
		return s, err
	}
	s.Mine, s.By = true, ""
	if s.ID != "" {
		err := p.sec.one("UPDATE saved SET name = ?, address = ?, shared = ? WHERE id = ? AND account = ?", s.Name, s.Address, s.Shared, s.ID, who.Account)
		if errors.Is(err, errNotOnce) {
			err = ErrNoView
		}
		return s, err
	}
	b, err := p.draw(8)
	if err != nil {
		return s, err
	}
	s.ID, s.Made = crockford.EncodeToString(b), p.o.Now().UTC().Truncate(time.Second)
	err = p.sec.one("INSERT INTO saved SELECT ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM saved WHERE account = ?) < ?", s.ID, who.Account, s.Name, s.Address, s.Shared, s.Made.Unix(), who.Account, MaxSaved)
	if errors.Is(err, errNotOnce) {
		err = ErrSaved(fmt.Sprintf("an account keeps %d views: delete one first", MaxSaved))
	}
	return s, err
}

// ErrNoView says that the account has no such view.
var ErrNoView = errors.New("you have no such view")

// DropView deletes a view of one's own.
func (p *People) DropView(who Who, id string) error {
	err := p.sec.one("DELETE FROM saved WHERE id = ? AND account = ?", id, who.Account)
	if errors.Is(err, errNotOnce) {
		return ErrNoView
	}
	return err
}
