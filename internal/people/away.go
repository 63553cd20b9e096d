package people

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"net/http"
	"sync"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Asker finds out who sends a request by asking the server that keeps the record. The
// key is the same for requests that show the same; an error that is ErrNotGood is theirs.
type Asker interface {
	Ask(ctx context.Context, r *http.Request) (who Who, key string, err error)
	// Again asks by the key of a request that was answered.
	Again(ctx context.Context, key string) (Who, error)
}

// ErrNotGood is of what was shown and is no good.
var ErrNotGood = errToken

// Away are the people of a record that is kept elsewhere: who there is and what they may
// is read from its entries, and who asks is asked there. Nothing is written, and no
// secret is here.
func Away(own record.KeyID, asker Asker, o Options) (*People, error) {
	o.fill()
	p := &People{o: o, dir: NewDirectory(own, o.Table), away: asker, limits: newLimiter(o.Now), hashing: make(chan struct{}, 1)}
	db, err := sql.Open("sqlite", "file:away?mode=memory")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(secretsSchema + ownSchema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	p.sec = &secrets{db: db}
	p.dummy = sync.OnceValues(func() (string, error) { return "", ErrNotGood })
	p.own = make(ed25519.PrivateKey, ed25519.PrivateKeySize) // signs nothing
	p.sessions = p.newSessions()
	return p, nil
}

// Hear takes an entry about people into account, in the order of the log; others
// change nothing.
func (p *People) Hear(index int64, kind string, author record.KeyID, payload []byte) {
	p.dir.Apply(index, &record.Envelope{Kind: kind, Author: author}, payload)
}

type askedKey struct{}

// identifyAway finds out who asks at the server that keeps the record.
func (p *People) identifyAway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, key, err := p.away.Ask(r.Context(), r)
		switch {
		case errors.Is(err, ErrNotGood):
			w.Header().Set("WWW-Authenticate", `Bearer realm="truce", error="invalid_token"`)
			p.o.Refuse(w, http.StatusUnauthorized, err.Error())
			return
		case err != nil:
			w.Header().Set("Retry-After", "5")
			p.o.Refuse(w, http.StatusServiceUnavailable, "who you are cannot be found out: "+err.Error())
			return
		}
		ctx := context.WithValue(r.Context(), askedKey{}, key)
		next.ServeHTTP(w, r.WithContext(WithWho(ctx, p.now(who))))
	})
}

// now is somebody as the entries have them by now: what was withdrawn is gone at once.
// Where the entries here and the answer there do not say the same role, either may be the
// older: they have none until both agree.
func (p *People) now(who Who) Who {
	if who.Account == "" {
		return who
	}
	a, ok := p.dir.Account(who.Account)
	if !ok { // so new that its entry has not come here
		return who
	}
	if !a.Active {
		return Who{}
	}
	now := a.Who()
	if now.Role != who.Role || now.Party != who.Party {
		now = Who{Role: rights.Public}
	}
	now.Scopes, now.Token = who.Scopes, who.Token
	if now.Account == "" {
		now.Account = a.ID
	}
	if t, known := p.dir.Token(who.Token); known && (t.Withdrawn || !p.o.Now().Before(t.Until)) {
		return Who{}
	}
	return now
}

// stillAway reports whether whoever opened a stream may go on as they began.
func (p *People) stillAway(ctx context.Context, who Who) bool {
	key, _ := ctx.Value(askedKey{}).(string)
	again, err := p.away.Again(ctx, key)
	now := p.now(again)
	return err == nil && now.Account == who.Account && now.Role == who.Role && now.Party == who.Party
}
