package record

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// KeyEntry is the payload of key@1: a key that may write to the log.
type KeyEntry struct {
	Name   string `json:"name" doc:"whose it is, for people"`
	Party  string `json:"party,omitempty" doc:"the party that it speaks for, if for one"`
	Role   string `json:"role,omitempty" doc:"what it may do; those who read give it a meaning"`
	Public string `json:"public" doc:"Ed25519, base64"`
	For    string `json:"replaces,omitempty" doc:"id of the key that it replaces (a rotation)"`
}

// RevokeEntry is the payload of key-revocation@1. What the key signed at an
// earlier place of the log stays valid; what stands later does not.
type RevokeEntry struct {
	Key    string `json:"key" doc:"id of the key"`
	Reason string `json:"reason" doc:"lost, stolen, retired, ..."`
}

// KeyRing is the keys of a log, as its entries make them. It is built in the
// order of the log.
type KeyRing struct {
	keys map[KeyID]*ringKey
}

type ringKey struct {
	KeyEntry
	public  ed25519.PublicKey
	from    int64
	revoked int64 // place of the revocation, or -1
}

// Kinds that change the ring.
const (
	KindKey    = "key@1"
	KindRevoke = "key-revocation@1"
)

// NewKeyRing returns an empty ring.
func NewKeyRing() *KeyRing { return &KeyRing{keys: map[KeyID]*ringKey{}} }

// Clone returns a ring that changes by itself.
func (r *KeyRing) Clone() *KeyRing {
	c := NewKeyRing()
	for id, k := range r.keys {
		copied := *k
		c.keys[id] = &copied
	}
	return c
}

// IDs lists the keys of the ring, in the order of their ids.
func (r *KeyRing) IDs() []KeyID {
	out := make([]KeyID, 0, len(r.keys))
	for id := range r.keys {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b KeyID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// Key returns the key with an id, whatever its state; it is what a Verifier
// asks for.
func (r *KeyRing) Key(id KeyID) (ed25519.PublicKey, bool) {
	k := r.keys[id]
	if k == nil {
		return nil, false
	}
	return k.public, true
}

// Entry returns what is known of a key.
func (r *KeyRing) Entry(id KeyID) (KeyEntry, bool) {
	k := r.keys[id]
	if k == nil {
		return KeyEntry{}, false
	}
	return k.KeyEntry, true
}

// ErrRevoked means that an entry stands after the revocation of its key.
var ErrRevoked = errors.New("signed by a key that had been revoked")

// Usable reports whether a key may sign the entry at an index.
func (r *KeyRing) Usable(id KeyID, index int64) error {
	k := r.keys[id]
	switch {
	case k == nil:
		return fmt.Errorf("%w (%s)", ErrUnknownKey, id)
	case k.revoked >= 0 && index > k.revoked:
		return fmt.Errorf("%w (%s, by entry %d)", ErrRevoked, id, k.revoked)
	}
	return nil
}

// First returns the key that an envelope of kind key@1 at index 0 introduces:
// the log's own, which it signs itself.
func First(e *Envelope, payload []byte) (*KeyRing, error) {
	r := NewKeyRing()
	if e.Kind != KindKey {
		return nil, fmt.Errorf("a log begins with %s, not with %s", KindKey, e.Kind)
	}
	k, err := readKey(payload)
	if err != nil {
		return nil, err
	}
	if IDOf(k.public) != e.Author {
		return nil, errors.New("the first key of a log signs itself; this one is signed by another")
	}
	r.keys[e.Author] = k
	return r, nil
}

// Apply takes an entry into account. Entries of other kinds change nothing. A
// key is introduced by a key that the ring knows and may use; who may do that
// by the rules of a mission is for others to say.
func (r *KeyRing) Apply(index int64, e *Envelope, payload []byte) error {
	switch e.Kind {
	case KindKey:
		if index == 0 {
			return nil // First has read it
		}
		k, err := readKey(payload)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		id := IDOf(k.public)
		if old := r.keys[id]; old != nil {
			return fmt.Errorf("entry %d: key %s was introduced before, at entry %d", index, id, old.from)
		}
		k.from = index
		r.keys[id] = k
	case KindRevoke:
		var v RevokeEntry
		if err := json.Unmarshal(payload, &v); err != nil {
			return fmt.Errorf("entry %d: not a revocation", index)
		}
		id, err := ParseKeyID(v.Key)
		if err != nil {
			return fmt.Errorf("entry %d: %w", index, err)
		}
		k := r.keys[id]
		if k == nil {
			return fmt.Errorf("entry %d: revokes key %s, which is not known", index, id)
		}
		if k.revoked < 0 {
			k.revoked = index
		}
	}
	return nil
}

func readKey(payload []byte) (*ringKey, error) {
	k := &ringKey{revoked: -1}
	if err := json.Unmarshal(payload, &k.KeyEntry); err != nil {
		return nil, errors.New("not the payload of a key")
	}
	b, err := base64.StdEncoding.Strict().DecodeString(k.Public)
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errors.New("a key that is not an Ed25519 public key in base64")
	}
	k.public = b
	return k, nil
}
