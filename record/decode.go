package record

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Decode reads the bytes of an entry. It accepts exactly what Encode writes:
// errors say why bytes are no entry, or not in their one encoding.
func Decode(b []byte) (*Envelope, error) {
	if len(b) > MaxEntry {
		return nil, fmt.Errorf("an entry of %d bytes is longer than %d", len(b), MaxEntry)
	}
	d := &decoder{rest: b}
	e := d.envelope()
	if d.err != nil {
		return nil, d.err
	}
	again, err := e.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, errors.New("an entry that is not in its canonical encoding")
	}
	return e, nil
}

// decoder reads an envelope from left to right: the members have one order. The
// first error stays, and what is read after it means nothing.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// take reads a text that is there, or reports that it is not.
func (d *decoder) take(text string) bool {
	if d.err != nil || len(d.rest) < len(text) || string(d.rest[:len(text)]) != text {
		return false
	}
	d.rest = d.rest[len(text):]
	return true
}

func (d *decoder) need(text string) {
	if !d.take(text) {
		d.fail("no entry: expected %s", text)
	}
}

// raw reads up to the next quotation mark, and that.
func (d *decoder) raw() []byte {
	i := bytes.IndexByte(d.rest, '"')
	if i < 0 || d.err != nil {
		d.fail("no entry: a text without an end")
		return nil
	}
	s := d.rest[:i]
	d.rest = d.rest[i+1:]
	return s
}

func (d *decoder) plain() string { return string(d.raw()) }

// quoted reads a text that may have escapes.
func (d *decoder) quoted() string {
	i := 0
	for ; i < len(d.rest) && d.rest[i] != '"'; i++ {
		if d.rest[i] == '\\' {
			i++
		}
	}
	if i >= len(d.rest) || d.err != nil {
		d.fail("no entry: a text without an end")
		return ""
	}
	raw := d.rest[:i]
	d.rest = d.rest[i+1:]
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &s); err != nil {
		d.fail("no entry: a text that is not JSON")
	}
	return s
}

// number reads an integer.
func (d *decoder) number() int64 {
	i := 0
	for i < len(d.rest) && d.rest[i] >= '0' && d.rest[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(string(d.rest[:i]), 10, 64)
	if err != nil {
		d.fail("no entry: expected a number")
	}
	d.rest = d.rest[i:]
	return n
}

// hash reads a hash in hexadecimal. Capital letters are found when the entry is
// written again.
func (d *decoder) hash() (h Hash) {
	text := d.raw()
	if len(text) != 2*len(h) {
		d.fail("%q is not a SHA-256: expected 64 hexadecimal digits in small letters", text)
		return h
	}
	if _, err := hex.Decode(h[:], text); err != nil {
		d.fail("%q is not a SHA-256: expected 64 hexadecimal digits in small letters", text)
	}
	return h
}

func (d *decoder) hash64() Hash {
	text := d.raw()
	h, ok := decode64(text)
	if !ok {
		d.fail("%q is not a hash in base64", text)
	}
	return h
}

// list reads what stands between brackets, each by item.
func (d *decoder) list(item func()) {
	for {
		item()
		if d.err != nil || d.take("]") {
			return
		}
		d.need(",")
	}
}

func (d *decoder) envelope() *Envelope {
	e := &Envelope{}
	var err error
	d.need(`{"author":"`)
	if e.Author, err = ParseKeyID(d.plain()); err != nil {
		d.fail("%v", err)
	}
	if d.take(`,"blobs":[`) {
		d.list(func() { d.need(`"`); e.Blobs = append(e.Blobs, d.hash()) })
	}
	d.need(`,"id":"`)
	e.ID = d.plain()
	d.need(`,"kind":"`)
	e.Kind = d.plain()
	d.need(`,"made":"`)
	made := d.plain()
	if e.Made, err = time.Parse(stampForm, made); err != nil {
		d.fail("made %q: expected such as 2025-03-21T00:20:00.000Z", made)
	}
	if d.take(`,"payload":"`) {
		e.Payload = d.hash()
	}
	if d.take(`,"prev":"`) {
		e.Prev = d.hash()
	}
	if d.take(`,"refs":[`) {
		d.list(func() {
			d.need(`["`)
			relation := d.plain()
			d.need(`,"`)
			e.Refs = append(e.Refs, Ref{Relation(relation), d.plain()})
			d.need(`]`)
		})
	}
	d.need(`,"signed":{`)
	e.Signed = d.signature()
	if d.take(`,"size":`) {
		e.Size = d.number()
	}
	if d.take(`,"type":"`) {
		e.Type = d.plain()
	}
	if d.take(`,"valid":"`) {
		e.Valid = d.quoted()
	}
	d.need(`}`)
	if len(d.rest) > 0 {
		d.fail("no entry: something follows it")
	}
	return e
}

func (d *decoder) signature() Signature {
	s := Signature{Of: 1}
	if d.take(`"batch":[`) {
		s.Index = d.number()
		d.need(`,`)
		s.Of = d.number()
		d.need(`],"path":[`)
		s.Path = make([]Hash, 0, 12)
		d.list(func() { d.need(`"`); s.Path = append(s.Path, d.hash64()) })
		d.need(`,"root":"`)
		s.Root = d.hash64()
		d.need(`,`)
		if s.Of < 2 || s.Of > maxBatch || s.Index >= s.Of || len(s.Path) > 32 {
			d.fail("a signature over an impossible batch")
		}
	}
	d.need(`"sig":"`)
	text := d.raw()
	if len(text) != base64.StdEncoding.EncodedLen(len(s.Bytes)) {
		d.fail("a signature that is not 64 bytes in base64")
		return s
	}
	var raw [66]byte
	if n, err := base64.StdEncoding.Strict().Decode(raw[:], text); err != nil || n != len(s.Bytes) {
		d.fail("a signature that is not 64 bytes in base64")
	}
	copy(s.Bytes[:], raw[:])
	d.need(`}`)
	return s
}

// hash64 reads a hash in base64.
func hash64(text string) (Hash, error) {
	h, ok := decode64([]byte(text))
	if !ok {
		return h, fmt.Errorf("%q is not a hash in base64", text)
	}
	return h, nil
}

func decode64(text []byte) (h Hash, ok bool) {
	var raw [33]byte
	if len(text) != base64.StdEncoding.EncodedLen(len(h)) {
		return h, false
	}
	n, err := base64.StdEncoding.Strict().Decode(raw[:], text)
	copy(h[:], raw[:])
	return h, err == nil && n == len(h)
}
