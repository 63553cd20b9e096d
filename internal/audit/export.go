package audit

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/record"
)

// A bundle is one entry with everything that proves it, as a tar of plain files:
//
//	office.json              origin and key of the log
//	entry                    the bytes of the entry
//	entry.payload            salt (32 bytes) and payload; absent where withheld
//	proof/NAME.tlog-proof    that it is in the log, by one or more checkpoints
//	keys/N                   the entries that introduce and revoke keys,
//	keys/N.payload           with their payloads,
//	keys/N.tlog-proof        and proofs
//	blobs/HEX                files that the entry names; may be absent

// maxBundleFile bounds what is read of one file in a bundle.
const maxBundleFile = 1 << 30

// Bundle is what is exported of one entry.
type Bundle struct {
	Files map[string][]byte
	order []string
}

// Add puts a file into the bundle.
func (b *Bundle) Add(name string, content []byte) {
	if b.Files == nil {
		b.Files = map[string][]byte{}
	}
	if _, twice := b.Files[name]; !twice {
		b.order = append(b.order, name)
	}
	b.Files[name] = content
}

// Write writes the bundle: the same content is the same bytes.
func (b *Bundle) Write(w io.Writer) error {
	t := tar.NewWriter(w)
	for _, name := range b.order {
		c := b.Files[name]
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(c)), Format: tar.FormatUSTAR}); err != nil {
			return err
		}
		if _, err := t.Write(c); err != nil {
			return err
		}
	}
	return t.Close()
}

// ReadBundle reads a bundle.
func ReadBundle(r io.Reader) (*Bundle, error) {
	b := &Bundle{}
	t, total := tar.NewReader(r), int64(0)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.New("not a bundle: expected what truce export writes")
		}
		if total += h.Size; h.Typeflag != tar.TypeReg || total > maxBundleFile || len(b.order) > 100000 {
			return nil, fmt.Errorf("%s: not what a bundle holds, or too much", h.Name)
		}
		c, err := io.ReadAll(t)
		if err != nil {
			return nil, errors.New("a bundle that is cut short")
		}
		if b.Files[h.Name] != nil {
			return nil, fmt.Errorf("%s stands twice in the bundle", h.Name)
		}
		b.Add(h.Name, c)
	}
	if b.Files["entry"] == nil || b.Files["office.json"] == nil {
		return nil, errors.New("not a bundle: it holds no entry, or not whose log it is from")
	}
	return b, nil
}

// VerifyBundle checks a bundle by itself. It returns the entry.
func VerifyBundle(ctx context.Context, b *Bundle, o Options) (*Report, *Item, error) {
	a := newAuditor(o)
	named, err := readOffice(b.Files["office.json"])
	if err != nil {
		a.r.Add(problem(OfOffice, "office.json", 0, "%v", err))
	}
	if a.key = o.Key; a.key == nil {
		a.key = named
	}
	if a.key == nil {
		return a.r, nil, &Unreadable{"the key of the log is not known: give it with --key"}
	}
	if named != nil && (named.Name() != a.key.Name() || named.KeyHash() != a.key.KeyHash()) {
		a.r.Add(problem(OfOffice, "office.json", 0, "names another key than the one that was given"))
	}
	a.r.Origin, a.r.Key = a.key.Name(), fmt.Sprintf("%08x", a.key.KeyHash())
	x := bundleAudit{a, b}
	item := x.entry()
	x.keys(item)
	x.blobs(item)
	for _, n := range o.Known {
		a.r.skipped("%s: whether the log continues it: that needs the log, or a copy of it", n.Name)
	}
	for name := range b.Files {
		top, _, _ := strings.Cut(name, "/")
		if !slices.Contains([]string{"office.json", "entry", "entry.payload", "proof", "keys", "blobs"}, top) {
			a.r.skipped("%s: not part of a bundle", name)
		}
	}
	a.r.Sort()
	return a.r, item, ctx.Err()
}

type bundleAudit struct {
	*auditor
	b *Bundle
}

// proved checks a proof for the bytes of an entry and returns its place.
func (x *bundleAudit) proved(name string, entry []byte) (int64, record.Checkpoint, bool) {
	file := x.b.Files[name]
	_, signed, _ := bytes.Cut(file, []byte("\n\n"))
	i, c, _, err := record.CheckProof(file, entry, x.key.Name(), x.key)
	if err == nil {
		err = strict(signed)
	}
	if err == nil {
		err = strictProof(file, i)
	}
	if err != nil {
		x.r.Add(problem(OfTile, name, 0, "%v", err))
		return 0, c, false
	}
	return i, c, true
}

func (x *bundleAudit) entry() *Item {
	entry := x.b.Files["entry"]
	env, err := record.Decode(entry)
	if err != nil {
		x.r.Add(problem(OfEntries, "entry", 0, "%v", err))
		return nil
	}
	item := &Item{Index: -1, Bytes: entry, Envelope: env}
	x.r.Kinds[env.Kind]++
	for _, name := range x.b.order {
		if !strings.HasPrefix(name, "proof/") {
			continue
		}
		i, c, ok := x.proved(name, entry)
		if !ok {
			continue
		}
		if item.Index >= 0 && item.Index != i {
			x.r.Add(problem(OfTile, name, 0, "proves another place than the other proofs"))
		}
		item.Index = i
		if c.Size > x.r.Size {
			x.r.Size, x.r.Root, x.r.Checkpoint, x.cp = c.Size, c.Root.String(), c, c
		}
		_, signed, _ := bytes.Cut(x.b.Files[name], []byte("\n\n"))
		x.note(name, signed, OfCheckpoint)
	}
	if item.Index < 0 {
		x.r.Add(problem(OfTile, "proof/", 0, "nothing proves that the entry is in the log"))
	}
	x.payload("entry.payload", item)
	return item
}

// payload checks what a bundle holds of a payload.
func (x *bundleAudit) payload(name string, item *Item) bool {
	p, here := x.b.Files[name]
	switch {
	case item.Envelope.Payload == (record.Hash{}):
		return !here
	case !here:
		x.r.skipped("%s: the payload was withheld, or erased", name)
		return false
	case len(p) < record.SaltSize || record.CheckPayload(item.Envelope, [record.SaltSize]byte(p), p[record.SaltSize:]) != nil:
		x.r.Add(problem(OfPayload, name, 0, "the payload is not the one that the entry committed to"))
		return false
	}
	item.Payload = p[record.SaltSize:]
	x.r.Payloads++
	return true
}

// keys follows the keys of the log, in the order of their places, up to the entry,
// and checks its signature.
func (x *bundleAudit) keys(item *Item) {
	if item == nil {
		return
	}
	type change struct {
		at   int64
		item *Item
	}
	var cs []change
	for _, name := range x.b.order {
		n, isKey := strings.CutPrefix(name, "keys/")
		at, err := strconv.ParseInt(n, 10, 64)
		if !isKey || err != nil {
			continue
		}
		env, err := record.Decode(x.b.Files[name])
		if err != nil {
			x.r.Add(problem(OfKey, name, 0, "%v", err))
			continue
		}
		i, _, ok := x.proved(name+".tlog-proof", x.b.Files[name])
		it := &Item{Index: at, Bytes: x.b.Files[name], Envelope: env}
		if !ok || i != at {
			if ok {
				x.r.Add(problem(OfKey, name, 0, "stands at another place of the log: %d", i))
			}
			continue
		}
		if x.payload(name+".payload", it) {
			cs = append(cs, change{at, it})
		}
	}
	slices.SortFunc(cs, func(p, q change) int { return int(min(max(p.at-q.at, -1), 1)) })
	v := record.Verifier{Key: func(id record.KeyID) (ed25519.PublicKey, bool) {
		if x.ring == nil {
			return nil, false
		}
		return x.ring.Key(id)
	}}
	for _, c := range cs {
		var err error
		if c.at == 0 {
			x.ring, err = record.First(c.item.Envelope, c.item.Payload)
		} else if x.ring != nil {
			if err = x.ring.Usable(c.item.Envelope.Author, c.at); err == nil {
				err = x.ring.Apply(c.at, c.item.Envelope, c.item.Payload)
			}
		}
		if err == nil && x.ring != nil {
			err = v.Verify(c.item.Envelope)
		}
		if err != nil {
			x.r.Add(problem(OfKey, fmt.Sprintf("keys/%d", c.at), 0, "%v", err))
		}
	}
	if x.ring == nil {
		x.r.Add(problem(OfKey, "keys/", 0, "the bundle does not hold the first key of the log, so that the author's signature proves nothing"))
		return
	}
	if err := x.ring.Usable(item.Envelope.Author, item.Index); err != nil {
		x.r.Add(problem(OfKey, "entry", 0, "%v", err))
		return
	}
	if err := v.Verify(item.Envelope); err != nil {
		x.r.Add(problem(OfSignature, "entry", 0, "%v", err))
	}
	x.r.skipped("revocations of keys that the bundle does not hold: that none is missing is proved by the whole log only")
}

func (x *bundleAudit) blobs(item *Item) {
	if item == nil {
		return
	}
	named := map[string]bool{}
	for _, h := range item.Envelope.Blobs {
		name := "blobs/" + h.Hex()
		named[name] = true
		c, here := x.b.Files[name]
		switch {
		case !here:
			x.r.skipped("%s: is not in the bundle", name)
		case HashBytes(c) != h:
			x.r.Add(problem(OfBlob, name, 0, "holds bytes with another hash"))
		default:
			x.r.Blobs++
		}
	}
	for _, name := range x.b.order {
		if strings.HasPrefix(name, "blobs/") && !named[name] {
			x.r.Add(problem(OfBlob, name, 0, "is not named by the entry"))
		}
	}
}
