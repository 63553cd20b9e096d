package story

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// draft is an entry before it is signed.
type draft struct {
	name    string // by which others refer to it
	by      string // account; "" is the log itself
	at      time.Time
	kind    string
	payload any
	marking string // "" leaves it to the kind
	party   string
	valid   string
	refs    []ref
	blobs   [][]byte
}

// ref is a reference by name.
type ref struct {
	rel  record.Relation
	name string
}

func about(names ...string) []ref { return relate(record.About, names...) }

func relate(rel record.Relation, names ...string) []ref {
	var out []ref
	for _, n := range names {
		out = append(out, ref{rel, n})
	}
	return out
}

// book gathers drafts. The first error stays.
type book struct {
	drafts []draft
	named  map[string]int
	err    error
}

func (b *book) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// add takes a draft. What it refers to must be there, and no later.
func (b *book) add(d draft) {
	for _, r := range d.refs {
		i, ok := b.named[r.name]
		switch {
		case !ok:
			b.fail("%s refers to %s, which is not there", d.name, r.name)
		case b.drafts[i].at.After(d.at):
			b.fail("%s refers to %s, which is later", d.name, r.name)
		}
	}
	if _, ok := b.named[d.name]; ok || d.name == "" {
		b.fail("the name %q is none, or stands twice", d.name)
	}
	b.named[d.name] = len(b.drafts)
	b.drafts = append(b.drafts, d)
}

// id is the id of a named entry: its time, and chance by its name.
func (b *book) id(name string) string {
	i, ok := b.named[name]
	if !ok {
		b.fail("there is no entry %s", name)
		return ""
	}
	h := hashOf("id", name)
	return record.NewID(b.drafts[i].at, [10]byte(h[:]))
}

// at reads a time of the story.
func at(text string) time.Time {
	for _, form := range []string{"2006-01-02T15:04Z07:00", time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC()
		}
	}
	panic("story: " + text + " is no time")
}

// writer writes drafts into a journal.
type writer struct {
	b    *book
	log  *journal.Log
	own  ed25519.PrivateKey
	last map[record.KeyID]record.Hash // leaf of an author's entry before
}

// write signs and records all drafts in the order of time, those of a day at once.
// evening is called after each day.
func (w *writer) write(ctx context.Context, c *clock, evening func(day time.Time) error) error {
	order := slices.Clone(w.b.drafts)
	slices.SortStableFunc(order, func(x, y draft) int { return cmp.Compare(x.at.UnixMilli(), y.at.UnixMilli()) })
	for len(order) > 0 {
		n, day := 0, order[0].at.Truncate(24*time.Hour)
		keys := order[0].kind == record.KindKey // others must not stand beside what introduces their key
		for n < len(order) && order[n].at.Truncate(24*time.Hour).Equal(day) && (order[n].kind == record.KindKey) == keys {
			n++
		}
		c.now = order[n-1].at.Add(time.Second)
		if err := w.append(ctx, order[:n]); err != nil {
			return err
		}
		order = order[n:]
		if len(order) == 0 || !order[0].at.Truncate(24*time.Hour).Equal(day) {
			if err := evening(day); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) append(ctx context.Context, ds []draft) error {
	es, ps := make([]*record.Envelope, len(ds)), make([]journal.Payload, len(ds))
	for i := range ds {
		var err error
		if es[i], ps[i], err = w.entry(ctx, &ds[i]); err != nil {
			return fmt.Errorf("%s: %w", ds[i].name, err)
		}
	}
	_, err := w.log.Append(ctx, es, ps)
	return err
}

func (w *writer) entry(ctx context.Context, d *draft) (*record.Envelope, journal.Payload, error) {
	key := w.own
	if d.by != "" {
		key = keyOf(d.by)
	}
	p := journal.Payload{Salt: hashOf("salt", d.name)}
	var err error
	if p.Bytes, err = d.body(); err != nil {
		return nil, p, err
	}
	e := &record.Envelope{Kind: d.kind, ID: w.b.id(d.name), Author: record.IDOf(key.Public().(ed25519.PublicKey)), Made: d.at, Valid: d.valid,
		Payload: record.Commit(p.Salt, p.Bytes), Type: "application/json", Size: int64(len(p.Bytes))}
	e.Prev = w.last[e.Author]
	for _, r := range d.refs {
		e.Refs = append(e.Refs, record.Ref{Relation: r.rel, ID: w.b.id(r.name)})
	}
	for _, f := range d.blobs {
		x, err := w.log.Blobs().Put(ctx, bytes.NewReader(f))
		if err != nil {
			return nil, p, err
		}
		e.Blobs = append(e.Blobs, x.Hash)
	}
	if err := record.Sign(key, []*record.Envelope{e}); err != nil {
		return nil, p, err
	}
	encoded, err := e.Encode()
	w.last[e.Author] = record.LeafHash(encoded)
	return e, p, err
}

// body is the payload, with what any payload may say of itself, its members in the
// order of their names.
func (d *draft) body() ([]byte, error) {
	b, err := json.Marshal(d.payload)
	if err != nil {
		return nil, err
	}
	members := map[string]any{}
	if err := json.Unmarshal(b, &members); err != nil {
		return nil, err
	}
	for k, v := range map[string]string{"marking": d.marking, "party": d.party} {
		if v != "" {
			members[k] = v
		}
	}
	return json.Marshal(members)
}

// sum is the SHA-256 of a file, as entries name it.
func sum(b []byte) string {
	h := sha256.Sum256(b)
	return record.Hash(h).Hex()
}

// Build makes the record of the story in a folder, which is made, and must not hold
// one yet. An interrupted Build leaves nothing by that name.
func Build(ctx context.Context, dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s is there already", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	made, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made) // nothing, once it has its name
	if err := build(ctx, made, nil); err != nil {
		return err
	}
	return os.Rename(made, dir)
}

// build makes the record. daily, where it is not nil, is called after each day.
func build(ctx context.Context, dir string, daily func(*journal.Log) error) error {
	b, err := gather()
	if err != nil {
		return err
	}
	began := at("2025-03-11T06:00Z")
	c := &clock{now: began, began: began}
	w := c.world(dir)
	if err := journal.Create(w, Origin); err != nil {
		return err
	}
	secret, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		return err
	}
	own, err := journal.OwnKey(secret)
	if err != nil {
		return err
	}
	l, _, err := journal.Open(w, journal.Options{Interval: -1})
	if err != nil {
		return err
	}
	out := &writer{b: b, log: l, own: own, last: map[record.KeyID]record.Hash{}}
	err = out.write(ctx, c, func(day time.Time) error {
		if err := out.evening(ctx, dir, day); err != nil || daily == nil {
			return err
		}
		return daily(l)
	})
	if err == nil {
		err = b.err
	}
	if err == nil {
		err = policy(dir, l)
	}
	if cerr := l.Close(); err == nil {
		err = cerr
	}
	return err
}

// gather writes the story.
func gather() (*book, error) {
	b := &book{named: map[string]int{}}
	for _, chapter := range []func(*book){accounts, texts, statements, incidents, sudzha, merged, revised, disputes, restrictions, watching, liaison, background} {
		if chapter(b); b.err != nil {
			return nil, b.err
		}
	}
	return b, nil
}
