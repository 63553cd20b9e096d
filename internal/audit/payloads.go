package audit

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// payload is what was read of the payload of an entry.
type payload struct {
	state payloadState
	at    int64  // of its record in the segment
	bytes []byte // of the kinds that are looked into
	salt  [record.SaltSize]byte
}

type payloadState int

const (
	payloadAbsent payloadState = iota // none is stored here, or it was lost and the record says so
	payloadNone                       // the entry has none
	payloadGood
	payloadErased
	payloadBad
	payloadCut // the segment ends before
)

// segmentName is the file with the payloads of a bundle.
func segmentName(n int64) string {
	return "payload/" + strings.TrimPrefix(record.TilePath(tlog.Tile{H: record.TileHeight, L: -1, N: n, W: record.Width}), "tile/entries/")
}

// lostLength stands for the length of a payload that is not here: the entry came
// back from a mirror, which has no payloads.
const lostLength = 1<<32 - 1

// head is commitment, salt and length, before each payload.
const head = 32 + record.SaltSize + 4

// readPayloads checks the payloads of a piece by the commitments of its entries.
// Where an entry could not be read the length in the segment says where the next
// record begins.
func (a *auditor) readPayloads(p *piece) error {
	name := segmentName(p.n)
	f, err := os.Open(a.dir.path(name))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		a.r.Add(problem(OfPayload, name, 0, "is missing").touching(p.first(), p.first()+int64(p.width)-1))
		return nil
	}
	defer f.Close()
	in, at := bufio.NewReaderSize(f, 1<<18), int64(0)
	var buf []byte
	for k := range p.read {
		r := &p.read[k]
		r.payload.at = at
		var h [head]byte
		if _, err := io.ReadFull(in, h[:]); err != nil {
			return a.cutSegment(p, k, name, err)
		}
		size := int64(binary.BigEndian.Uint32(h[head-4:]))
		if r.env != nil {
			size = r.env.Size
		}
		if size > record.MaxPayload {
			return a.cutSegment(p, k, name, io.EOF)
		}
		if int64(cap(buf)) < size {
			buf = make([]byte, size)
		}
		buf = buf[:size]
		if _, err := io.ReadFull(in, buf); err != nil {
			return a.cutSegment(p, k, name, err)
		}
		at += head + size
		if r.env == nil {
			continue
		}
		r.payload.state = checkRecord(r.env, h[:], buf)
		copy(r.payload.salt[:], h[32:])
		if r.payload.state == payloadBad {
			i := p.first() + int64(k)
			a.r.Add(problem(OfPayload, name, r.payload.at, "the payload is not the one that the entry committed to").touching(i, i))
		}
		if r.payload.state == payloadGood && a.wanted(r.env.Kind) {
			r.payload.bytes = append([]byte{}, buf...)
		}
	}
	if _, err := in.ReadByte(); err == nil && p.width == record.Width {
		a.r.Add(problem(OfPayload, name, at, "has bytes after its last payload").touching(p.first()+record.Width-1, p.first()+record.Width-1))
	} else if err == nil {
		a.r.skipped("%s, from byte %d: of no checkpoint yet, left by an attempt that was interrupted", name, at)
	}
	return nil
}

func (a *auditor) cutSegment(p *piece, k int, name string, err error) error {
	if err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	for j := k; j < len(p.read); j++ {
		p.read[j].payload.state = payloadCut
	}
	a.r.Add(problem(OfPayload, name, p.read[k].payload.at, "ends before the payload of an entry does").touching(p.first()+int64(k), p.first()+int64(p.width)-1))
	return nil
}

func checkRecord(e *record.Envelope, h, body []byte) payloadState {
	if e.Payload == (record.Hash{}) {
		if zeros(h) {
			return payloadNone
		}
		return payloadBad
	}
	if record.Hash(h[:32]) == e.Payload && binary.BigEndian.Uint32(h[head-4:]) == lostLength {
		return payloadAbsent
	}
	if record.Hash(h[:32]) != e.Payload || int64(binary.BigEndian.Uint32(h[head-4:])) != e.Size {
		return payloadBad
	}
	if zeros(h[32:head-4]) && zeros(body) {
		return payloadErased
	}
	if record.CheckPayload(e, [record.SaltSize]byte(h[32:]), body) != nil {
		return payloadBad
	}
	return payloadGood
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// PublicKey is the payload of an entry that changes keys, with its salt. A log
// serves these in the file "keys", so that readers without the payloads can check
// signatures; the commitments in the entries prove them.
type PublicKey struct {
	Index   int64  `json:"index"`
	Salt    []byte `json:"salt"`
	Payload []byte `json:"payload"`
}

// readKeysFile takes payloads of keys from the file "keys".
func (a *auditor) useKeys(p *piece) {
	for k := range p.read {
		r := &p.read[k]
		if r.env == nil || r.env.Payload == (record.Hash{}) {
			continue
		}
		i := p.first() + int64(k)
		x, ok := a.served[i]
		if !ok || len(x.Salt) != record.SaltSize {
			continue
		}
		if err := record.CheckPayload(r.env, [record.SaltSize]byte(x.Salt), x.Payload); err != nil {
			a.r.Add(problem(OfKey, a.below+"keys", 0, "the payload is not the one that the entry committed to").touching(i, i))
			continue
		}
		r.payload = payload{state: payloadGood, bytes: x.Payload, salt: [record.SaltSize]byte(x.Salt)}
	}
}

var errErased = fmt.Errorf("the payload is zeros, and no entry says that it was erased")
