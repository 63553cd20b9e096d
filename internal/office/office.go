package office

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Office is a record that is open for writing.
type Office struct {
	Dir      string
	Log      *journal.Log
	Recovery *journal.Recovery
	Created  bool // it is new

	key ed25519.PrivateKey
	me  record.KeyID
	now func() time.Time
	by  *By // who writes, where it is not the office
}

// By is somebody in whose name a server writes.
type By struct {
	Key    record.KeyID
	Sign   func(es []*record.Envelope) error
	Append func(ctx context.Context, es []*record.Envelope, ps []journal.Payload) (journal.Ack, error)
}

// author is the key of whoever writes.
func (o *Office) author() record.KeyID {
	if o.by != nil {
		return o.by.Key
	}
	return o.me
}

// ErrNoRecord means that there is no record in a folder.
var ErrNoRecord = errors.New("no record here")

// Open opens the record in a folder. Where there is none it begins one with the
// origin, if one is given.
func Open(dir, origin string, o journal.Options) (*Office, error) {
	created := false
	if _, err := os.Stat(filepath.Join(dir, "office.json")); errors.Is(err, fs.ErrNotExist) {
		if origin == "" {
			return nil, fmt.Errorf("%s: %w; --origin NAME begins one (a name such as example.org/north)", dir, ErrNoRecord)
		}
		if err := begin(dir, origin); err != nil {
			return nil, err
		}
		created = true
	}
	known, err := MayWrite(dir)
	if err != nil {
		return nil, err
	}
	o.Known = append(o.Known, known...)
	l, rec, err := journal.Open(journal.RealWorld(dir), o)
	if err != nil {
		return nil, err
	}
	of := &Office{Dir: dir, Log: l, Recovery: rec, Created: created, now: time.Now}
	if err := of.prepare(origin); err != nil {
		l.Close()
		return nil, err
	}
	return of, nil
}

// MayWrite says why a record must not be written to, and otherwise what others are
// known to hold of it, which opening it for writing has to be held against.
func MayWrite(dir string) (known [][]byte, err error) {
	if b, err := os.ReadFile(filepath.Join(dir, readOnlyName)); err == nil {
		return nil, fmt.Errorf("%s stays read-only: %s", dir, b)
	}
	return remembered(dir)
}

// begin begins a record in a new folder, or where an attempt was interrupted.
func begin(dir, origin string) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return err
	}
	for _, n := range names {
		switch n.Name() {
		case "log", "log.key", "log.key.new", "wal", "payload", "blob", "lock", "office.json.new":
		default:
			return fmt.Errorf("%s is not empty: it holds %s and no record; choose a new folder", dir, n.Name())
		}
	}
	return journal.Create(journal.RealWorld(dir), origin)
}

func (o *Office) prepare(origin string) error {
	if have := o.Log.Office().Origin; origin != "" && have != origin {
		return fmt.Errorf("%s is the record of %s, not of %s", o.Dir, have, origin)
	}
	b, err := os.ReadFile(filepath.Join(o.Dir, "log.key"))
	if err != nil {
		return err
	}
	if o.key, err = journal.OwnKey(b); err != nil {
		return err
	}
	o.me = o.Log.Author()
	return o.serveKeys()
}

// Close makes a last checkpoint and closes the record.
func (o *Office) Close() error { return o.Log.Close() }

// remembered are checkpoints of this log that were cosigned, or that others were
// asked to cosign: a record behind them is not written to.
func remembered(dir string) ([][]byte, error) {
	var out [][]byte
	for _, d := range []string{"known", "cosigned"} {
		names, err := filepath.Glob(filepath.Join(dir, d, "*.ckpt"))
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err != nil {
				return nil, err
			}
			out = append(out, b)
		}
	}
	return out, nil
}

// draft is an entry before it is signed.
type draft struct {
	kind    string
	payload any
	refs    []record.Ref
	blobs   []record.Hash
	valid   string
}

// made says when, and by which chance, entries are made: the same again are the
// same bytes, so that sending them twice records them once.
type made struct {
	at   time.Time
	seed []byte
}

func (o *Office) fresh() (made, error) {
	m := made{o.now().UTC().Truncate(time.Millisecond), make([]byte, 32)}
	_, err := rand.Read(m.seed)
	return m, err
}

// sign makes entries and signs them at once. The name tells several lots of one
// attempt apart.
func (o *Office) sign(m made, name string, ds []draft) ([]*record.Envelope, []journal.Payload, error) {
	es, ps := make([]*record.Envelope, len(ds)), make([]journal.Payload, len(ds))
	for i, d := range ds {
		body, err := json.Marshal(d.payload)
		if err != nil {
			return nil, nil, err
		}
		chance, err := hkdf.Key(sha256.New, m.seed, nil, fmt.Sprintf("truce entry v1 %s %d", name, i), 10+record.SaltSize)
		if err != nil {
			return nil, nil, err
		}
		ps[i] = journal.Payload{Salt: [record.SaltSize]byte(chance[10:]), Bytes: body}
		record.SortRefs(d.refs)
		es[i] = &record.Envelope{Kind: d.kind, ID: record.NewID(m.at, [10]byte(chance[:10])), Author: o.author(), Made: m.at, Valid: d.valid, Refs: d.refs, Blobs: d.blobs,
			Payload: record.Commit(ps[i].Salt, body), Type: "application/json", Size: int64(len(body))}
	}
	if o.by != nil {
		return es, ps, o.by.Sign(es)
	}
	return es, ps, record.Sign(o.key, es)
}

// append records entries and keeps the receipt, under the id of the first.
func (o *Office) append(ctx context.Context, es []*record.Envelope, ps []journal.Payload, receipts string) (journal.Ack, error) {
	add := o.Log.Append
	if o.by != nil {
		add = o.by.Append
	}
	ack, err := add(ctx, es, ps)
	if err != nil {
		return ack, err
	}
	if err := os.MkdirAll(receipts, 0o755); err != nil {
		return ack, err
	}
	return ack, replace(filepath.Join(receipts, es[0].ID+".receipt"), ack.Signed)
}

// record writes entries that are made now.
func (o *Office) record(ctx context.Context, ds ...draft) (journal.Ack, []*record.Envelope, []journal.Payload, error) {
	m, err := o.fresh()
	if err != nil {
		return journal.Ack{}, nil, nil, err
	}
	es, ps, err := o.sign(m, "now", ds)
	if err != nil {
		return journal.Ack{}, nil, nil, err
	}
	ack, err := o.append(ctx, es, ps, o.receipts())
	return ack, es, ps, err
}

// receipts is where receipts are kept where nothing else is said.
func (o *Office) receipts() string { return filepath.Join(o.Dir, "receipts") }

// replace writes a file so that after a crash the old or the new one is there.
func replace(name string, b []byte) error {
	dir := filepath.Dir(name)
	f, err := os.OpenFile(filepath.Join(dir, "."+filepath.Base(name)+".new"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err == nil {
		err = syncDir(dir)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
