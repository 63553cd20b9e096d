package record

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxEntry is how long the bytes of one entry may be: tlog-tiles writes their
// length in two bytes.
const MaxEntry = 65535

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// String prints the hash in base64, as checkpoints do.
func (h Hash) String() string { return base64.StdEncoding.EncodeToString(h[:]) }

// Hex prints the hash in hexadecimal, as file names do.
func (h Hash) Hex() string { return hex.EncodeToString(h[:]) }

// Relation says what an entry does to another.
type Relation string

// The relations that an entry may have to another.
const (
	Supersedes Relation = "supersedes" // a correction by the same author
	Disputes   Relation = "disputes"   // a correction by somebody else
	Adopts     Relation = "adopts"     // settles a dispute in favour of an entry
	Merges     Relation = "merges"     // takes incidents as one
	Splits     Relation = "splits"     // takes a merge back
	About      Relation = "about"      // speaks of it
	Erases     Relation = "erases"     // its payload was destroyed, by lawful order
	Mirrors    Relation = "mirrors"    // holds another log up to a size
)

var relations = map[Relation]bool{Supersedes: true, Disputes: true, Adopts: true, Merges: true, Splits: true, About: true, Erases: true, Mirrors: true}

// Ref is a reference to another entry, by its id.
type Ref struct {
	Relation Relation
	ID       string
}

// Envelope is one entry. Everything in it is hashed, signed and public to those
// who may read the log; what is confidential is in the payload.
type Envelope struct {
	Kind    string // NAME@VERSION; see Kinds
	ID      string // ULID, made where the entry was made
	Author  KeyID
	Made    time.Time // by the author's clock; order is that of the log, never this
	Valid   string    // the time that the entry speaks of: RFC 3339, or A/B; empty: none
	Refs    []Ref
	Prev    Hash   // leaf hash of the author's entry before; zero: the first
	Payload Hash   // salted commitment; zero: no payload
	Type    string // media type of the payload
	Size    int64  // of the payload, bytes
	Blobs   []Hash // SHA-256 of files that belong to it
	Signed  Signature
}

// isKind reports whether a text is NAME@VERSION: a small letter, then up to 40
// small letters, digits and hyphens; a version from 1 to 9999.
func isKind(s string) bool {
	name, version, ok := strings.Cut(s, "@")
	if !ok || len(name) < 1 || len(name) > 41 || name[0] < 'a' || name[0] > 'z' || len(version) < 1 || len(version) > 4 || version[0] == '0' {
		return false
	}
	return only(name, "-") && only(version, "") && strings.Trim(version, "0123456789") == ""
}

// isULID reports whether a text is a ULID of at most 128 bits.
func isULID(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := range len(s) {
		if digitOf[s[i]] < 0 {
			return false
		}
	}
	return true
}

// isType reports whether a text is a media type without parameters.
func isType(s string) bool {
	major, minor, ok := strings.Cut(s, "/")
	return ok && len(major) > 0 && len(major) <= 60 && len(minor) > 0 && len(minor) <= 60 && only(major, ".+-") && only(minor, ".+-")
}

// only reports whether a text has small letters, digits, and these.
func only(s, these string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && strings.IndexByte(these, c) < 0 {
			return false
		}
	}
	return true
}

// Check refuses an envelope that could not be read back.
func (e *Envelope) Check() error {
	switch {
	case !isKind(e.Kind):
		return fmt.Errorf("kind %q: expected NAME@VERSION, such as report@1", e.Kind)
	case !isULID(e.ID):
		return fmt.Errorf("id %q: expected a ULID, 26 letters and digits", e.ID)
	case e.Author == KeyID{}:
		return errors.New("no author")
	case e.Made.IsZero() || !e.Made.Equal(e.Made.Truncate(time.Millisecond)):
		return errors.New("made: expected a time in whole milliseconds")
	case e.Size < 0 || e.Size > 1<<53:
		return fmt.Errorf("size %d: expected 0 to 2^53", e.Size)
	case (e.Payload == Hash{}) != (e.Type == ""):
		return errors.New("a payload needs a media type, and a media type a payload")
	case e.Type != "" && !isType(e.Type):
		return fmt.Errorf("media type %q: expected such as application/json", e.Type)
	case e.Payload == Hash{} && e.Size != 0:
		return errors.New("a size without a payload")
	case len(e.Refs) > 1000 || len(e.Blobs) > 1000:
		return errors.New("more than 1000 references or blobs: write a dataset entry")
	}
	for _, r := range e.Refs {
		if !relations[r.Relation] || !isULID(r.ID) {
			return fmt.Errorf("reference %q %q: expected a relation and the id of an entry", r.Relation, r.ID)
		}
	}
	if !utf8.ValidString(e.Valid) || len(e.Valid) > 80 {
		return fmt.Errorf("valid %q: expected a time", e.Valid)
	}
	return nil
}

const stampForm = "2006-01-02T15:04:05.000Z"

// body is the canonical encoding of all but the signature.
func (e *Envelope) body() []byte { return e.encode(false) }

// Encode returns the canonical bytes of a signed envelope: what is a leaf of the
// tree. Errors say what is wrong with it.
func (e *Envelope) Encode() ([]byte, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	b := e.encode(true)
	if len(b) > MaxEntry {
		return nil, fmt.Errorf("an entry of %d bytes is longer than %d: put more of it into the payload", len(b), MaxEntry)
	}
	return b, nil
}

// encode writes the members in the order of their names, without spaces
// (RFC 8785). Members that are empty are left out.
func (e *Envelope) encode(signed bool) []byte {
	b := make([]byte, 0, 640+48*len(e.Signed.Path)+67*len(e.Blobs)+48*len(e.Refs))
	member := func(name string) {
		if len(b) > 0 {
			b = append(b, ',')
		} else {
			b = append(b, '{')
		}
		b = append(append(append(b, '"'), name...), '"', ':')
	}
	text := func(name, s string) {
		if s != "" {
			member(name)
			b = appendString(b, s)
		}
	}
	text("author", e.Author.String())
	if len(e.Blobs) > 0 {
		member("blobs")
		for i, h := range e.Blobs {
			b = append(b, "[,"[min(i, 1)])
			b = appendString(b, h.Hex())
		}
		b = append(b, ']')
	}
	text("id", e.ID)
	text("kind", e.Kind)
	member("made")
	b = append(e.Made.UTC().AppendFormat(append(b, '"'), stampForm), '"')
	if (e.Payload != Hash{}) {
		text("payload", e.Payload.Hex())
	}
	if (e.Prev != Hash{}) {
		text("prev", e.Prev.Hex())
	}
	if len(e.Refs) > 0 {
		member("refs")
		for i, r := range e.Refs {
			b = append(b, "[,"[min(i, 1)], '[')
			b = appendString(b, string(r.Relation))
			b = append(b, ',')
			b = appendString(b, r.ID)
			b = append(b, ']')
		}
		b = append(b, ']')
	}
	if signed {
		member("signed")
		b = e.Signed.encode(b)
	}
	if e.Size > 0 {
		member("size")
		b = strconv.AppendInt(b, e.Size, 10)
	}
	text("type", e.Type)
	text("valid", e.Valid)
	return append(b, '}')
}

// appendString writes a JSON string as RFC 8785 does.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= 0x20:
			b = append(b, c)
		case c == '\b':
			b = append(b, '\\', 'b')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\f':
			b = append(b, '\\', 'f')
		case c == '\r':
			b = append(b, '\\', 'r')
		default:
			b = fmt.Appendf(b, "\\u%04x", c)
		}
	}
	return append(b, '"')
}

// ParseHash reads a hash in hexadecimal, in small letters.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) || strings.ToLower(s) != s {
		return h, fmt.Errorf("%q is not a SHA-256: expected 64 hexadecimal digits in small letters", s)
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return h, fmt.Errorf("%q is not a SHA-256: expected 64 hexadecimal digits in small letters", s)
	}
	return h, nil
}

// SortRefs orders references, so that the same ones are the same bytes.
func SortRefs(refs []Ref) {
	sort.Slice(refs, func(i, k int) bool {
		return refs[i].Relation < refs[k].Relation || refs[i].Relation == refs[k].Relation && refs[i].ID < refs[k].ID
	})
}
