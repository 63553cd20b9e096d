package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/truce-project/truce/record"
)

// obey destroys the payloads that erasures among new entries name: who holds a
// copy is bound as the office itself is.
func (c *Copy) obey(fresh []*bundle) error {
	for _, b := range fresh {
		for _, e := range b.entries {
			id, err := record.IDBytes(e.Envelope.ID)
			if err != nil {
				return err
			}
			c.known.ids[id] = e.Index
		}
	}
	for _, b := range fresh {
		for _, e := range b.entries {
			if e.Envelope.Kind != record.KindErasure {
				continue
			}
			c.known.erase(e.Envelope)
			for _, ref := range e.Envelope.Refs {
				if ref.Relation != record.Erases {
					continue
				}
				if err := c.eraseNamed(ref.ID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *Copy) eraseNamed(id string) error {
	key, err := record.IDBytes(id)
	i, ok := c.known.ids[key]
	if err != nil || !ok {
		return nil // it names nothing that is here
	}
	b, err := c.load(i / record.Width)
	if err != nil {
		return err
	}
	e := b.entries[i%record.Width].Envelope
	if e.Payload == (record.Hash{}) || e.Kind == record.KindKey || e.Kind == record.KindRevoke {
		return nil
	}
	if err := c.w.erase(segmentName(b.n), b.at[i%record.Width], payloadSpan(e)); err != nil {
		return err
	}
	return c.mark(b, i%record.Width, binary.BigEndian.AppendUint32(make([]byte, record.SaltSize), uint32(e.Size)))
}

// mark overwrites salt and length of a record.
func (c *Copy) mark(b *bundle, k int64, what []byte) error {
	f, err := c.w.FS.OpenFile(segmentName(b.n), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = writeAt(f, what, b.at[k]+32)
	if err == nil {
		err = syncError(segmentName(b.n), f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// segment makes room for the payloads of a bundle: records that say that nothing
// is here yet. What is there stays.
func (c *Copy) segment(b *bundle) error {
	name := segmentName(b.n)
	size := int64(0)
	f, err := c.w.FS.OpenFile(name, os.O_RDONLY, 0)
	if err == nil {
		size, err = f.Size()
		f.Close()
	} else if errors.Is(err, fs.ErrNotExist) {
		err = c.dir(dirOf(name))
	}
	if err != nil {
		return err
	}
	from := 0
	for from < len(b.entries) && b.at[from]+payloadSpan(b.entries[from].Envelope) <= size {
		from++
	}
	if from == len(b.entries) {
		return nil
	}
	var data []byte
	for _, e := range b.entries[from:] {
		data = appendPayload(data, &item{env: e.Envelope, absent: true})
	}
	if err := c.w.writeSegment(name, b.at[from], data); err != nil {
		return err
	}
	return syncError(dirOf(name), c.w.FS.SyncDir(dirOf(name)))
}

// State says what is here of the payload of an entry.
type State int

// The states of a payload in a copy.
const (
	Held     State = iota // or there is none to hold
	Missing               // it has not arrived
	Withheld              // the office keeps it to itself
	Erased                // it was destroyed
	Spoilt                // it is not what the entry committed to: to be fetched again
)

// States lists what is here of the payloads of a bundle, by their order in it,
// with the entries. Those that came before their checkpoint are among them.
func (c *Copy) States(n int64) ([]State, []Entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.load(n)
	if err != nil {
		return nil, nil, err
	}
	out := make([]State, len(b.entries))
	last := len(b.entries) - 1
	raw, err := c.w.readSpan(segmentName(n), 0, b.at[last]+payloadSpan(b.entries[last].Envelope))
	var d *Damage
	if err != nil && !errors.As(err, &d) {
		return nil, nil, err
	}
	for k, e := range b.entries {
		at := b.at[k]
		_, salt, err := checkPayloadRecord(e.Envelope, raw[min(at, int64(len(raw))):min(at+payloadSpan(e.Envelope), int64(len(raw)))])
		switch {
		case errors.Is(err, record.ErrAbsent) && salt == withheld:
			out[k] = Withheld
		case errors.Is(err, record.ErrAbsent):
			out[k] = Missing
		case errors.Is(err, record.ErrErased):
			out[k] = Erased
		case err != nil:
			out[k] = Spoilt
		}
	}
	return out, b.entries, nil
}

// withheld stands in the place of the salt of a payload that is kept back; chance
// makes no such salt.
var withheld = [record.SaltSize]byte{1}

// ErrOtherPayload means that a payload is not the one that its entry committed to.
var ErrOtherPayload = errors.New("another payload than that of the entry")

// Fill takes payloads of entries of one bundle, by their places, if they are what
// the entries committed to. All are on disk when it returns, or none is said to be.
func (c *Copy) Fill(n int64, ps map[int64]Payload) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.load(n)
	if err != nil {
		return err
	}
	f, err := c.w.FS.OpenFile(segmentName(n), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = c.fill(f, b, ps)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return noSpace(err)
}

func (c *Copy) fill(f File, b *bundle, ps map[int64]Payload) error {
	var lengths []func() error
	for _, i := range slices.Sorted(maps.Keys(ps)) {
		p, k := ps[i], i-b.n*record.Width
		if k < 0 || k >= int64(len(b.entries)) {
			return fmt.Errorf("no entry %d here", i)
		}
		e := b.entries[k].Envelope
		if err := record.CheckPayload(e, p.Salt, p.Bytes); err != nil {
			return fmt.Errorf("entry %d: %w (%w)", i, ErrOtherPayload, err)
		}
		if c.known.erased[e.ID] {
			continue // it is to be destroyed
		}
		head := binary.BigEndian.AppendUint32(append(slices.Clone(e.Payload[:]), p.Salt[:]...), absent)
		if err := writeAt(f, append(head, p.Bytes...), b.at[k]); err != nil {
			return err
		}
		lengths = append(lengths, func() error {
			return writeAt(f, binary.BigEndian.AppendUint32(nil, uint32(len(p.Bytes))), b.at[k]+payloadHead-4)
		})
	}
	if err := syncError(segmentName(b.n), f.Sync()); err != nil {
		return err
	}
	for _, write := range lengths { // last, so that an interruption leaves them as absent as they were
		if err := write(); err != nil {
			return err
		}
	}
	return syncError(segmentName(b.n), f.Sync())
}

// Withhold notes that the office does not give the payload of an entry away.
func (c *Copy) Withhold(i int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, err := c.load(i / record.Width)
	if err != nil {
		return err
	}
	return c.mark(b, i%record.Width, binary.BigEndian.AppendUint32(slices.Clone(withheld[:]), absent))
}
