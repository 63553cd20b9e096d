package record

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// SaltSize is the length of the salt of a payload.
const SaltSize = 32

// MaxPayload is how long a payload may be, in bytes; what is longer is a blob.
const MaxPayload = 8 << 20

// Commit is the salted commitment to a payload. The salt must be random and
// stay beside the payload: once both are destroyed nobody can tell what was
// committed to, even if only a few payloads are possible.
func Commit(salt [SaltSize]byte, payload []byte) Hash {
	h := sha256.New()
	h.Write([]byte("truce payload v1\n"))
	h.Write(salt[:])
	h.Write(payload)
	return Hash(h.Sum(nil))
}

// ErrErased means that a payload was destroyed and only its commitment is left.
var ErrErased = errors.New("the payload was erased")

// ErrAbsent means that a payload is not here: the entry came back from a mirror
// that does not hold payloads.
var ErrAbsent = errors.New("the payload is not here")

// CheckPayload proves that a payload is the one that an entry committed to.
func CheckPayload(e *Envelope, salt [SaltSize]byte, payload []byte) error {
	if int64(len(payload)) != e.Size || Commit(salt, payload) != e.Payload {
		return fmt.Errorf("entry %s: the payload is not the one it committed to", e.ID)
	}
	return nil
}
