package journal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"github.com/truce-project/truce/record"
)

// CheckOptions are what a data directory is expected to have.
type CheckOptions struct {
	// Mirror is a copy of log/ with office.json: payloads, index, WAL and blobs are
	// checked where they are there and not missed where they are not. Without the
	// payloads of the entries that introduce keys, signatures of authors cannot be
	// checked.
	Mirror bool
}

// Check reads everything in a data directory and reports each thing that is not
// as it was written, with the file and the entries that it touches. It changes
// nothing. An error means that it could not go on.
//
// It proves: every bundle and tile by the root that the log signed, every payload
// by its commitment, every author's signature by the key as it stood at that
// place, the index by the entries, the WAL by its sums, blobs by their names.
func Check(ctx context.Context, w World, o CheckOptions, report func(*Damage)) error {
	told := map[string]bool{}
	c := &checker{w: w, o: o, report: func(d *Damage) { // what several steps meet is said once
		key := fmt.Sprint(d.File, d.HasEntries, d.Entries)
		if !told[key] {
			told[key] = true
			report(d)
		}
	}}
	return c.run(ctx)
}

type checker struct {
	w      World
	o      CheckOptions
	report func(*Damage)
	r      *Reader
	ring   *record.KeyRing
	verify record.Verifier
	erased map[string]bool
	zeros  []zeros
	// unread is set once the payload of a key could not be read: then a key that
	// is not known says nothing about the entry that it signed.
	unread bool
}

// zeros is a payload that was destroyed; whether an entry says so is known at
// the end.
type zeros struct {
	id string
	d  *Damage
}

// say reports damage, and returns other errors.
func (c *checker) say(err error) error {
	var d *Damage
	if errors.As(err, &d) {
		c.report(d)
		return nil
	}
	return err
}

func (c *checker) run(ctx context.Context) error {
	r, ds, err := OpenReader(c.w)
	for _, d := range ds {
		c.report(d)
	}
	if err != nil {
		return c.say(err)
	}
	c.r, c.erased = r, map[string]bool{}
	c.verify.Key = func(id record.KeyID) (ed25519.PublicKey, bool) {
		if c.ring == nil {
			return nil, false
		}
		return c.ring.Key(id)
	}
	for _, step := range []func(context.Context) error{c.keyFile, c.shown, c.entries, c.tiles, c.wal, c.blobs} {
		if err := c.say(step(ctx)); err != nil {
			return err
		}
	}
	for _, z := range c.zeros {
		if !c.erased[z.id] {
			c.report(z.d)
		}
	}
	return nil
}

func (c *checker) keyFile(context.Context) error {
	b, err := c.w.read("log.key")
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a mirror has none
	}
	if err != nil {
		return err
	}
	o, _, _, err := readLogKey(b)
	if err == nil && o != c.r.Office {
		err = damaged("log.key", 0, "is not the key that office.json names")
	}
	return err
}

func (c *checker) shown(context.Context) error {
	b, err := c.w.read("log/checkpoint")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p, _, err := record.OpenCheckpoint(b, c.r.Office.Origin, c.r.key)
	if err != nil {
		return damaged("log/checkpoint", 0, "%v", err)
	}
	if root, err := c.r.RootAt(min(p.Size, c.r.Size())); err != nil || p.Size > c.r.Size() || root != p.Root {
		return damaged("log/checkpoint", 0, "is of another history than the tiles, or of more entries")
	}
	return nil
}

// part is a bundle that was read, with all that can be said of it by itself.
type part struct {
	b        *bundle
	payloads [][]byte // of keys and revocations; nil where one could not be read
	damage   []*Damage
	zeros    []zeros
	err      error
}

// entries goes through bundles, with payloads, index and signatures. They are
// read by as many goroutines as there are processors, and taken in their order,
// since keys are valid from one place to another.
func (c *checker) entries(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	bundles := (c.r.Size() + record.Width - 1) / record.Width
	workers := runtime.GOMAXPROCS(0)
	ahead := make(chan chan *part, 4*workers)
	go func() {
		defer close(ahead)
		busy := make(chan struct{}, workers)
		for n := range bundles {
			done := make(chan *part, 1)
			select {
			case ahead <- done:
			case <-ctx.Done():
				return
			}
			busy <- struct{}{}
			go func() {
				done <- c.part(n)
				<-busy
			}()
		}
	}()
	for done := range ahead {
		p := <-done
		for _, d := range p.damage {
			c.report(d)
		}
		c.zeros = append(c.zeros, p.zeros...)
		if p.err != nil {
			return p.err
		}
		if p.b == nil {
			continue
		}
		for k, e := range p.b.entries {
			c.signature(e, p.payloads[k])
		}
	}
	return ctx.Err()
}

// part reads a bundle and what stands beside it.
func (c *checker) part(n int64) *part {
	p := &part{}
	b, err := c.r.decode(n)
	var d *Damage
	if errors.As(err, &d) {
		p.damage = append(p.damage, d)
		return p
	}
	if err != nil {
		p.err = err
		return p
	}
	p.b, p.payloads = b, make([][]byte, len(b.entries))
	if p.err = c.segment(p); p.err == nil {
		p.err = c.indexed(p)
	}
	return p
}

func (p *part) say(d *Damage) { p.damage = append(p.damage, d) }

// segment checks the payloads of a bundle, one after the other: a segment may
// have two gigabytes.
func (c *checker) segment(p *part) error {
	first, last := p.b.entries[0], p.b.entries[len(p.b.entries)-1]
	name := segmentName(p.b.n)
	f, err := c.w.FS.OpenFile(name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if !c.o.Mirror {
			p.say(damaged(name, 0, "is missing").touching(first.Index, last.Index))
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return err
	}
	if end := p.b.at[len(p.b.at)-1] + payloadSpan(last.Envelope); len(p.b.entries) == record.Width && size > end {
		p.say(damaged(name, end, "has bytes after its last payload"))
	}
	in := bufio.NewReaderSize(f, int(min(max(size, 16), 1<<20)))
	var buf []byte
	for k, e := range p.b.entries {
		at, span := p.b.at[k], payloadSpan(e.Envelope)
		if at+span > size {
			p.say(damaged(name, size, "ends before the payloads of its entries do").touching(e.Index, last.Index))
			return nil
		}
		buf = append(buf[:0], make([]byte, span)...)
		if _, err := io.ReadFull(in, buf); err != nil {
			return err
		}
		if payload := c.payload(p, name, buf, at, e); e.Envelope.Kind == record.KindKey || e.Envelope.Kind == record.KindRevoke {
			p.payloads[k] = bytes.Clone(payload)
		}
	}
	return nil
}

// indexed checks the index of the entries of a bundle.
func (c *checker) indexed(p *part) error {
	b := make([]byte, len(p.b.entries)*indexRecord)
	n, err := 0, error(nil)
	if f, oerr := c.w.FS.OpenFile(indexName, 0, 0); oerr == nil {
		n, err = f.ReadAt(b, p.b.n*record.Width*indexRecord)
		f.Close()
	} else if !errors.Is(oerr, fs.ErrNotExist) {
		return oerr
	} else if c.o.Mirror {
		return nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for k, e := range p.b.entries {
		if (k+1)*indexRecord > n || !c.sameIndex(b[k*indexRecord:(k+1)*indexRecord], e) {
			p.say(damaged(indexName, e.Index*indexRecord, "does not say what the entry says").touching(e.Index, e.Index))
		}
	}
	return nil
}

// payload checks one payload and returns it.
func (c *checker) payload(part *part, name string, raw []byte, at int64, e Entry) []byte {
	p, _, err := checkPayloadRecord(e.Envelope, raw)
	switch {
	case errors.Is(err, record.ErrErased):
		d := c.r.unexplained(e.Index)
		d.Offset = at
		part.zeros = append(part.zeros, zeros{e.Envelope.ID, d})
		return nil
	case errors.Is(err, record.ErrAbsent):
		part.say(damaged(name, at, "%v: the entry came back from a mirror; whoever has the payload may fill it in", err).touching(e.Index, e.Index))
		return nil
	case err != nil:
		part.say(damaged(name, at, "%v", err).touching(e.Index, e.Index))
		return nil
	}
	return p
}

// signature checks that the author signed, by a key that could, and takes keys
// and erasures into account.
func (c *checker) signature(e Entry, payload []byte) {
	name := tileName(-1, e.Index/record.Width, int(min(c.r.Size()-e.Index/record.Width*record.Width, record.Width)))
	bad := func(err error) {
		if err != nil {
			c.report(damaged(name, 0, "%v", err).touching(e.Index, e.Index))
		}
	}
	if c.ring == nil && e.Index == 0 && payload != nil {
		var err error
		c.ring, err = record.First(e.Envelope, payload)
		bad(err)
	}
	if c.ring == nil {
		return // the first key could not be read, which was reported
	}
	switch err := c.ring.Usable(e.Envelope.Author, e.Index); {
	case errors.Is(err, record.ErrUnknownKey) && c.unread:
	case err != nil:
		bad(err)
		return
	default:
		bad(c.verify.Verify(e.Envelope))
	}
	switch e.Envelope.Kind {
	case record.KindKey, record.KindRevoke:
		if payload == nil {
			c.unread = true
			return
		}
		bad(c.ring.Apply(e.Index, e.Envelope, payload))
	case record.KindErasure:
		for _, ref := range e.Envelope.Refs {
			c.erased[ref.ID] = c.erased[ref.ID] || ref.Relation == record.Erases
		}
	}
}

func (c *checker) sameIndex(b []byte, e Entry) bool {
	x, ok := readIndexEntry(b, e.Index)
	it := item{env: e.Envelope, accepted: x.accepted}
	it.id, _ = record.IDBytes(e.Envelope.ID)
	return ok && x == indexOf(&it)
}
