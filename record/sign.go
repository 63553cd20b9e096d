package record

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// KeyID names an author's key: the first 16 bytes of a SHA-256 over it.
type KeyID [16]byte

// String prints the id in hexadecimal.
func (k KeyID) String() string {
	if k == (KeyID{}) {
		return ""
	}
	return hex.EncodeToString(k[:])
}

// ParseKeyID reads the id of a key.
func ParseKeyID(s string) (KeyID, error) {
	var k KeyID
	if len(s) != 2*len(k) {
		return k, fmt.Errorf("%q is not the id of a key: expected 32 hexadecimal digits", s)
	}
	if _, err := hex.Decode(k[:], []byte(s)); err != nil {
		return k, fmt.Errorf("%q is not the id of a key: expected 32 hexadecimal digits", s)
	}
	return k, nil
}

// IDOf is the id of an Ed25519 key.
func IDOf(key ed25519.PublicKey) KeyID {
	h := sha256.Sum256(append([]byte("truce author key v1\n"), key...))
	return KeyID(h[:16])
}

// Signature is an author's signature over a batch of one or more entries: over
// the root of the Merkle tree of their bodies. Path proves that the entry is at
// Index of Of in it, so that each entry can be checked by itself.
type Signature struct {
	Index, Of int64
	Root      Hash // of the batch, where it has more than one entry
	Path      []Hash
	Bytes     [ed25519.SignatureSize]byte
}

// maxBatch is how many entries one signature may cover.
const maxBatch = 1 << 20

// batchText is what is signed.
func batchText(author KeyID, of int64, root Hash) []byte {
	return fmt.Appendf(nil, "truce entries v1\n%s\n%d\n%s\n", author, of, root)
}

// Sign signs entries by one author, all under one signature.
func Sign(key ed25519.PrivateKey, entries []*Envelope) error {
	if len(entries) == 0 || len(entries) > maxBatch {
		return fmt.Errorf("%d entries cannot be signed at once: expected 1 to %d", len(entries), maxBatch)
	}
	author := IDOf(key.Public().(ed25519.PublicKey))
	t := newTree()
	for _, e := range entries {
		if e.Author != author {
			return fmt.Errorf("entry %s is by %s, the key is %s", e.ID, e.Author, author)
		}
		if err := e.Check(); err != nil {
			return fmt.Errorf("entry %s: %w", e.ID, err)
		}
		t.add(e.body())
	}
	root := t.root()
	var sig [ed25519.SignatureSize]byte
	copy(sig[:], ed25519.Sign(key, batchText(author, t.n, root)))
	for i, e := range entries {
		e.Signed = Signature{Of: 1, Bytes: sig}
		if t.n > 1 {
			e.Signed = Signature{Index: int64(i), Of: t.n, Root: root, Path: t.prove(int64(i)), Bytes: sig}
		}
	}
	return nil
}

// Verifier checks authors' signatures. It remembers the last batches, so that a
// signature over many entries is checked once. Several goroutines may use it.
type Verifier struct {
	Key func(KeyID) (ed25519.PublicKey, bool)

	mu   sync.Mutex
	seen map[batchKey]*checked
}

// checked is whether a signature fits, once somebody has looked.
type checked struct {
	once sync.Once
	fits bool
}

type batchKey struct {
	author KeyID
	of     int64
	root   Hash
	sig    [ed25519.SignatureSize]byte
}

// ErrUnknownKey means that an entry is by a key that the verifier does not know.
var ErrUnknownKey = errors.New("signed by a key that is not known")

// Verify checks that the author signed the entry.
func (v *Verifier) Verify(e *Envelope) error {
	key, ok := v.Key(e.Author)
	if !ok {
		return fmt.Errorf("entry %s: %w (%s)", e.ID, ErrUnknownKey, e.Author)
	}
	s := &e.Signed
	leaf := tlog.RecordHash(e.body())
	root := s.Root
	if s.Of == 1 {
		root = Hash(leaf)
	} else if tlog.CheckRecord(proofOf(s.Path), s.Of, tlog.Hash(s.Root), s.Index, leaf) != nil {
		return fmt.Errorf("entry %s: it is not in the batch that was signed", e.ID)
	}
	if !v.fits(key, batchKey{e.Author, s.Of, root, s.Bytes}) {
		return fmt.Errorf("entry %s: the author's signature does not fit", e.ID)
	}
	return nil
}

func (v *Verifier) fits(key ed25519.PublicKey, k batchKey) bool {
	if k.of == 1 { // nobody asks again
		return ed25519.Verify(key, batchText(k.author, k.of, k.root), k.sig[:])
	}
	v.mu.Lock()
	c := v.seen[k]
	if c == nil {
		if len(v.seen) > 1024 || v.seen == nil {
			v.seen = map[batchKey]*checked{}
		}
		c = &checked{}
		v.seen[k] = c
	}
	v.mu.Unlock()
	c.once.Do(func() { c.fits = ed25519.Verify(key, batchText(k.author, k.of, k.root), k.sig[:]) })
	return c.fits
}

// encode writes {"batch":[index,of],"path":[...],"root":"...","sig":"..."}; an
// entry signed alone has only sig.
func (s *Signature) encode(b []byte) []byte {
	b = append(b, '{')
	if s.Of != 1 {
		b = append(b, `"batch":[`...)
		b = strconv.AppendInt(b, s.Index, 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, s.Of, 10)
		b = append(b, `],"path":[`...)
		for i, h := range s.Path {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, h[:])
			b = append(b, '"')
		}
		b = append(b, `],"root":"`...)
		b = base64.StdEncoding.AppendEncode(b, s.Root[:])
		b = append(b, '"', ',')
	}
	b = append(b, `"sig":"`...)
	b = base64.StdEncoding.AppendEncode(b, s.Bytes[:])
	return append(b, '"', '}')
}
