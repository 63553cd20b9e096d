package people

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Who is who asks, Decision what the answer is: those of package rights.
type (
	Who      = rights.Who
	Object   = rights.Object
	Decision = rights.Decision
)

// Options are how people are looked after. The zero Options are for a server on
// the same machine as its browser.
type Options struct {
	Table  *rights.Table // nil: the one that comes with this version
	Now    func() time.Time
	Rand   io.Reader
	Hash   *argon2id.Params             // nil: 64 MiB, 3 passes, 2 lanes
	URL    string                       // by which people reach the server; passkeys are bound to its name
	Secure bool                         // the server is reached by HTTPS: cookies are bound to it
	From   func(r *http.Request) string // whence a request comes; nil: the connection. Set it behind a proxy
	Log    *slog.Logger                 // nil: none
	// Refuse answers a request that gets no further than finding out who it is from;
	// nil: in plain text.
	Refuse func(w http.ResponseWriter, status int, why string)
	// Outside is a service by which people may sign in; nil: by passwords alone.
	Outside *Outside
}

// People are the people of one office.
type People struct {
	o        Options
	log      *journal.Log
	own      ed25519.PrivateKey // by which the log introduces keys and sets up
	dir      *Directory
	sec      *secrets
	limits   *limiter
	sessions *scs.SessionManager
	outside  *outsider              // nil: none
	passkeys *webauthn.WebAuthn     // nil: none
	hashing  chan struct{}          // how many passwords are hashed at once
	dummy    func() (string, error) // hash that is compared where there is no account
	device   []byte                 // key of the cookies that know a device
	signers  sync.Map               // account, *journal.Signer
	away     Asker                  // the record is kept elsewhere; nil: here

	writing sync.Mutex // entries about people stand in the order in which they were decided
}

// Open reads the people of a record that is open for writing. dir is the folder
// of the record on disk, where secrets are kept.
func Open(ctx context.Context, w journal.World, l *journal.Log, dir string, o Options) (*People, error) {
	o.fill()
	p := &People{o: o, log: l, limits: newLimiter(o.Now), hashing: make(chan struct{}, 2)}
	var err error
	if p.own, err = ownKey(w); err != nil {
		return nil, err
	}
	p.dir = NewDirectory(l.Author(), o.Table)
	if p.sec, err = openSecrets(dir); err != nil {
		return nil, err
	}
	if err = p.prepare(ctx); err != nil {
		p.sec.db.Close()
		return nil, err
	}
	return p, nil
}

func (o *Options) fill() {
	if o.Table == nil {
		o.Table = rights.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Hash == nil {
		o.Hash = &argon2id.Params{Memory: 64 * 1024, Iterations: 3, Parallelism: 2, SaltLength: 16, KeyLength: 32}
	}
	if o.From == nil {
		o.From = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.Refuse == nil {
		o.Refuse = func(w http.ResponseWriter, status int, why string) { http.Error(w, why, status) }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

func (p *People) prepare(ctx context.Context) (err error) {
	if err = p.log.Integrate(ctx); err != nil { // so that the reader has everything
		return err
	}
	if err = p.read(p.log.Reader()); err != nil {
		return err
	}
	if p.device, err = p.sec.setting("device", 32, p.o.Rand); err != nil {
		return err
	}
	if err = p.limits.keep(p.sec.db, func(err error) { p.o.Log.Error("failures are not kept", "error", err) }); err != nil {
		return err
	}
	p.dummy = sync.OnceValues(func() (string, error) { return argon2id.CreateHash("no such account", p.o.Hash) })
	p.sessions, p.outside = p.newSessions(), newOutsider(p.o.Outside)
	if p.passkeys, err = newPasskeys(p.o.URL, "truce: "+p.log.Office().Origin); err != nil {
		return err
	}
	return p.sec.sweep(ctx, p.o.Now())
}

// Close ends; the log is its owner's to close.
func (p *People) Close() error { return errors.Join(p.limits.close(), p.sec.db.Close()) }

// Table is what somebody may.
func (p *People) Table() *rights.Table { return p.o.Table }

// Directory is who there is.
func (p *People) Directory() *Directory { return p.dir }

// ownKey reads the key by which the log writes entries of its own.
func ownKey(w journal.World) (ed25519.PrivateKey, error) {
	f, err := w.FS.OpenFile("log.key", os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return nil, err
	}
	return journal.OwnKey(b)
}

// read builds the directory. Where entries about people stand is remembered, by
// size and root, so that opening a long log again does not read all of it.
func (p *People) read(r *journal.Reader) error {
	known, places, err := p.places(r)
	if err != nil {
		return err
	}
	take := func(e journal.Entry) error {
		if !speaks(e.Envelope.Kind) {
			return nil
		}
		pay, err := r.Payload(e.Index)
		if err != nil && !errors.Is(err, record.ErrErased) {
			return err
		}
		p.dir.Apply(e.Index, e.Envelope, pay.Bytes)
		if e.Index >= known {
			places = append(places, e.Index)
		}
		return nil
	}
	for _, i := range places[:len(places):len(places)] {
		e, err := r.Entry(i)
		if err == nil {
			err = take(e)
		}
		if err != nil {
			return err
		}
	}
	for e, err := range r.Range(known, r.Size()) {
		if err == nil {
			err = take(e)
		}
		if err != nil {
			return err
		}
	}
	return p.keepPlaces(r, places)
}

// places returns what is remembered, if the log is one that goes on from there.
func (p *People) places(r *journal.Reader) (known int64, places []int64, err error) {
	var b []byte
	err = p.sec.db.QueryRow("SELECT value FROM setting WHERE name = 'read'").Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	if err != nil || len(b) != 8+len(record.Hash{}) {
		return 0, nil, err
	}
	known = int64(binary.BigEndian.Uint64(b))
	if root, err := r.RootAt(known); err != nil || root != record.Hash(b[8:]) {
		return 0, nil, nil // another log, or an older copy: read it all
	}
	rows, err := p.sec.db.Query("SELECT entry FROM place WHERE entry < ? ORDER BY entry", known)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var i int64
		if err := rows.Scan(&i); err != nil {
			return 0, nil, err
		}
		places = append(places, i)
	}
	return known, places, rows.Err()
}

func (p *People) keepPlaces(r *journal.Reader, places []int64) error {
	root, err := r.RootAt(r.Size())
	if err != nil {
		return err
	}
	tx, err := p.sec.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("DELETE FROM place"); err != nil {
		return err
	}
	for _, i := range places {
		if _, err := tx.Exec("INSERT INTO place VALUES(?)", i); err != nil {
			return err
		}
	}
	b := append(binary.BigEndian.AppendUint64(nil, uint64(r.Size())), root[:]...)
	if _, err := tx.Exec("INSERT OR REPLACE INTO setting VALUES('read', ?)", b); err != nil {
		return err
	}
	return tx.Commit()
}

// Append records entries that were signed elsewhere. All that is appended to the
// log must come through here: entries about people are taken into account in the
// order of the log.
func (p *People) Append(ctx context.Context, entries []*record.Envelope, payloads []journal.Payload) (journal.Ack, error) {
	if !slices.ContainsFunc(entries, func(e *record.Envelope) bool { return speaks(e.Kind) }) {
		return p.log.Append(ctx, entries, payloads)
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.appendPeople(ctx, entries, payloads)
}

// appendPeople is called with the lock held. It does not end half-way: what was
// written and not heeded would be known after the next start only.
func (p *People) appendPeople(ctx context.Context, entries []*record.Envelope, payloads []journal.Payload) (journal.Ack, error) {
	ack, err := p.log.Append(context.WithoutCancel(ctx), entries, payloads)
	if err != nil {
		return ack, err
	}
	for i, e := range entries {
		p.dir.Apply(ack.Index+int64(i), e, payloads[i].Bytes)
	}
	return ack, nil
}

// draft is an entry that has yet to be signed.
type draft struct {
	kind    string
	payload any
	refs    []record.Ref
	key     ed25519.PrivateKey
}

// make makes and signs entries.
func (p *People) make(drafts ...draft) ([]*record.Envelope, []journal.Payload, error) {
	es, ps := make([]*record.Envelope, len(drafts)), make([]journal.Payload, len(drafts))
	for i, d := range drafts {
		body, err := json.Marshal(d.payload)
		if err != nil {
			return nil, nil, err
		}
		ps[i].Bytes = body
		var entropy [10]byte
		for _, b := range [][]byte{ps[i].Salt[:], entropy[:]} {
			if _, err := io.ReadFull(p.o.Rand, b); err != nil {
				return nil, nil, err
			}
		}
		now := p.o.Now().UTC().Truncate(time.Millisecond)
		record.SortRefs(d.refs)
		es[i] = &record.Envelope{Kind: d.kind, ID: record.NewID(now, entropy), Author: record.IDOf(d.key.Public().(ed25519.PublicKey)), Made: now, Refs: d.refs,
			Payload: record.Commit(ps[i].Salt, body), Type: "application/json", Size: int64(len(body))}
		if err := record.Sign(d.key, es[i:i+1]); err != nil {
			return nil, nil, err
		}
	}
	return es, ps, nil
}

// Sign signs entries in the name of an account, by the key that the office keeps
// for it. Whether it may write them is to be asked before.
func (p *People) Sign(who Who, entries []*record.Envelope) error {
	a, ok := p.dir.Account(who.Account)
	if !ok || !a.Active {
		return fmt.Errorf("there is no account %q that writes", who.Account)
	}
	key, err := p.sec.key(a.ID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.Author = a.Key
	}
	if len(entries) != 1 {
		return record.Sign(key, entries)
	}
	s, ok := p.signers.Load(a.ID)
	if !ok { // entries that come thick go under one signature
		s, _ = p.signers.LoadOrStore(a.ID, journal.NewSigner(key))
	}
	return s.(*journal.Signer).Sign(entries[0])
}

// Allow decides by the table of rights.
func (p *People) Allow(who Who, action string, o Object) Decision {
	return p.o.Table.Allow(who, action, o)
}

// Explain says in plain words why somebody may or may not do something.
func (p *People) Explain(who Who, action string, o Object) []string {
	return p.o.Table.Explain(who, action, o)
}
