package audit

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"

	"github.com/truce-project/truce/record"
)

// entry takes one entry into account, in the order of the log.
func (a *auditor) entry(p *piece, k int) {
	r := &p.read[k]
	i := p.first() + int64(k)
	file := a.below + p.bundle
	bad := func(about string, err error) bool {
		if err != nil {
			a.r.Add(problem(about, file, p.starts[k], "%v", err).touching(i, i))
		}
		return err != nil
	}
	if r.env == nil {
		a.holes = true
		bad(OfEntries, r.err)
		a.last = map[record.KeyID]record.Hash{}
		return
	}
	e := r.env
	a.r.Kinds[e.Kind]++
	leaf := record.Hash(p.chosen[k])
	if id, err := record.IDBytes(e.ID); !bad(OfEntries, err) {
		a.ids = append(a.ids, idAt{id, i})
	}
	if before, known := a.last[e.Author]; (e.Prev != record.Hash{}) && e.Prev != before && (known || !a.holes) {
		bad(OfEntries, errors.New("names another entry as its author's entry before than the one that is"))
	}
	a.last[e.Author] = leaf
	a.names(e, i)
	switch r.payload.state {
	case payloadGood:
		a.r.Payloads++
	case payloadAbsent:
		if a.private {
			a.r.Absent++
		}
	case payloadErased:
		a.destroyed = append(a.destroyed, destroyed{e.ID, i})
	}
	if x, ok := a.served[i]; ok && a.private && (!bytes.Equal(x.Salt, r.payload.salt[:]) || !bytes.Equal(x.Payload, r.payload.bytes)) && r.payload.state == payloadGood {
		a.r.Add(problem(OfKey, a.below+"keys", 0, "the payload is not the one that the entry committed to").touching(i, i))
	}
	a.keyed(p, k, bad)
	if a.o.Collect[e.Kind] {
		a.items = append(a.items, Item{i, bytes.Clone(p.entries[k]), e, r.payload.bytes, r.payload.salt})
	}
}

// blobUse says which entries name a file.
type blobUse struct {
	Entries
	ids []string
}

// names takes note of the files that an entry names, and of who writes.
func (a *auditor) names(e *record.Envelope, i int64) {
	if e.Kind == record.KindTenure {
		a.tenures = append(a.tenures, i)
	}
	for _, h := range e.Blobs {
		was := a.blobs[h]
		if was == nil {
			was = &blobUse{Entries: Entries{i, i}}
			a.blobs[h] = was
		}
		was.Last, was.ids = i, append(was.ids, e.ID)
	}
}

// keyed checks that the author's key may sign at this place, and takes changes of
// keys and erasures into account.
func (a *auditor) keyed(p *piece, k int, bad func(string, error) bool) {
	r := &p.read[k]
	e, i := r.env, p.first()+int64(k)
	body := r.payload.bytes
	if a.ring == nil && i == 0 && body != nil {
		ring, err := record.First(e, body)
		if bad(OfKey, err) {
			a.unread = true
		} else {
			a.ring = ring
			a.learn()
		}
	}
	if a.ring == nil {
		a.unread = true
		return
	}
	err := a.ring.Usable(e.Author, i)
	if errors.Is(err, record.ErrUnknownKey) && a.unread {
		err = nil // which was reported where the key could not be read
	}
	if bad(OfKey, err) {
		r.err = err
	}
	switch e.Kind {
	case record.KindKey, record.KindRevoke:
		if body == nil {
			a.unread = true
			return
		}
		bad(OfKey, a.ring.Apply(i, e, body))
		a.learn()
	case record.KindErasure:
		for _, ref := range e.Refs {
			if ref.Relation == record.Erases {
				a.erased[ref.ID] = true
			}
		}
	}
}

// learn makes the keys of the ring known to those who check signatures.
func (a *auditor) learn() {
	a.keysMu.Lock()
	defer a.keysMu.Unlock()
	for _, id := range a.ring.IDs() {
		a.keys[id], _ = a.ring.Key(id)
	}
}

// signatures checks those of the pieces that come.
func (a *auditor) signatures(pieces <-chan *piece) {
	v := record.Verifier{Key: func(id record.KeyID) (ed25519.PublicKey, bool) {
		a.keysMu.RLock()
		defer a.keysMu.RUnlock()
		k, ok := a.keys[id]
		return k, ok
	}}
	for p := range pieces {
		for k := range p.read {
			r := &p.read[k]
			if r.env == nil {
				continue
			}
			err := v.Verify(r.env)
			if err == nil || errors.Is(err, record.ErrUnknownKey) {
				continue // unknown keys were reported in order
			}
			i := p.first() + int64(k)
			a.r.Add(problem(OfSignature, a.below+p.bundle, p.starts[k], "%v", err).touching(i, i))
		}
	}
}

// finish checks what is known only at the end.
func (a *auditor) finish() {
	slices.SortFunc(a.ids, func(x, y idAt) int {
		if c := bytes.Compare(x.id[:], y.id[:]); c != 0 {
			return c
		}
		return int(min(max(x.at-y.at, -1), 1))
	})
	for k := 1; k < len(a.ids); k++ {
		if x, y := a.ids[k-1], a.ids[k]; x.id == y.id {
			a.r.Add(problem(OfEntries, a.below+tilePath(-1, y.at/record.Width, a.widthAt(y.at)), 0, "has the id of entry %d", x.at).touching(y.at, y.at))
		}
	}
	for _, d := range a.destroyed {
		if a.erased[d.id] {
			a.r.Erased++
			continue
		}
		a.r.Add(problem(OfPayload, segmentName(d.at/record.Width), 0, "%v", errErased).touching(d.at, d.at))
	}
	if a.ring == nil && a.cp.Size > 0 {
		a.r.skipped("signatures of authors: the payload of the first key is not here")
	} else if a.unread {
		a.r.skipped("some signatures of authors: the payload of a key is not here")
	}
	if a.r.Absent > 0 {
		a.r.skipped("%d payloads: they are not here, since their entries came back from a mirror; whoever has them may fill them in", a.r.Absent)
	}
	for _, e := range a.earlier { // those beyond the end
		a.r.Add(problem(OfRollback, e.name, 0, "the log signed a checkpoint of %d entries, but only %d are here: an older state was put back, or entries are withheld", e.Size, a.cp.Size).touching(a.cp.Size, e.Size-1))
	}
	for i := range a.served {
		if _, waits := a.waiting[i]; i < a.cp.Size || waits {
			continue
		} else if a.private {
			a.r.Add(problem(OfKey, a.below+"keys", 0, "speaks of entry %d, which no checkpoint holds", i))
		} else { // served since
			a.r.skipped("keys: entry %d, which came after the checkpoint", i)
		}
	}
	for _, x := range append(a.active, a.receipts...) {
		a.unmet(x)
	}
	for _, x := range a.broken {
		a.brokenPromise(x)
	}
}

func (a *auditor) widthAt(i int64) int {
	return int(min(a.cp.Size-i/record.Width*record.Width, record.Width))
}
