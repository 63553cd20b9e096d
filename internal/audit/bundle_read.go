package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// maxBundle is the longest that a bundle can be.
const maxBundle = record.Width * (2 + record.MaxEntry)

// piece is a bundle with its tile and payloads, as they were read, before
// anything is known of what stands above them.
type piece struct {
	n       int64
	width   int
	bundle  string // name of the file
	raw     []byte
	rawErr  error
	starts  []int64 // where the length of each entry stands in raw
	entries [][]byte
	leaves  []tlog.Hash
	tile    string // name of the file
	hashes  []tlog.Hash
	tileErr error
	parts   []part // shorter forms of both
	read    []reading
	// chosen are the hashes that the tree above is made of; nil if neither file
	// has them.
	chosen []tlog.Hash
}

// part is a shorter form of a bundle or tile, as an earlier checkpoint had it.
type part struct {
	name  string
	level int
	width int
	b     []byte
}

// reading is what was read of one entry.
type reading struct {
	env     *record.Envelope
	err     error
	payload payload
}

func (p *piece) first() int64 { return p.n * record.Width }

// readPiece reads bundle n. Errors of reading stay in the piece, but for those
// of a connection.
func (a *auditor) readPiece(ctx context.Context, n int64) (*piece, error) {
	p := &piece{n: n, width: int(min(a.cp.Size-n*record.Width, record.Width))}
	p.bundle, p.raw, p.rawErr = a.readForm(ctx, -1, n, p.width, maxBundle)
	var b []byte
	p.tile, b, p.tileErr = a.readForm(ctx, 0, n, p.width, record.Width*tlog.HashSize)
	for _, err := range []error{p.rawErr, p.tileErr} {
		if err != nil && a.dir == "" && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errTooLong) {
			return nil, err // a server that cannot be reached is no damage
		}
	}
	p.hashes = hashes(b)
	if p.tileErr == nil && (len(b)%tlog.HashSize != 0 || len(p.hashes) < p.width) {
		p.tileErr = errors.New("is cut short")
	}
	p.split()
	if a.dir != "" {
		if err := a.readParts(ctx, p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readForm reads a tile or bundle: the partial file of the right edge, or the
// complete one.
func (a *auditor) readForm(ctx context.Context, level int, n int64, width int, limit int64) (string, []byte, error) {
	name := tilePath(level, n, width)
	b, err := a.log.Read(ctx, name, limit)
	if errors.Is(err, fs.ErrNotExist) && width < record.Width {
		whole := tilePath(level, n, record.Width)
		if w, werr := a.log.Read(ctx, whole, limit); werr == nil {
			return whole, w, nil
		}
	}
	return name, b, err
}

// split finds the entries by their lengths.
func (p *piece) split() {
	at := int64(0)
	for len(p.entries) < p.width && int64(len(p.raw)) >= at+2 {
		end := at + 2 + int64(binary.BigEndian.Uint16(p.raw[at:]))
		if end > int64(len(p.raw)) {
			break
		}
		e := p.raw[at+2 : end : end]
		p.starts, p.entries, p.leaves = append(p.starts, at), append(p.entries, e), append(p.leaves, tlog.RecordHash(e))
		at = end
	}
}

// align gives up entries that are not what the chosen hashes say, and finds those
// that follow them again: an entry begins with two bytes of length and a brace.
// It returns the places of those that are gone.
func (p *piece) align() (gone []int) {
	entries := make([][]byte, p.width)
	starts := make([]int64, p.width)
	at := int64(0)
	for k := range p.width {
		if e, start, ok := p.find(at, p.chosen[k]); ok {
			entries[k], starts[k], at = e, start, start+2+int64(len(e))
			continue
		}
		starts[k] = at
		gone = append(gone, k)
	}
	p.entries, p.starts = entries, starts
	return gone
}

// find looks for the entry with a hash from a place on, as far as an entry that
// is damaged may reach.
func (p *piece) find(from int64, want tlog.Hash) ([]byte, int64, bool) {
	head := []byte(`{"author":"`)
	for at := from; at+2 <= int64(len(p.raw)) && at <= from+2*(2+record.MaxEntry); at++ {
		if at > from && !bytes.HasPrefix(p.raw[at+2:], head) {
			continue
		}
		end := at + 2 + int64(binary.BigEndian.Uint16(p.raw[at:]))
		if end > int64(len(p.raw)) {
			continue
		}
		if e := p.raw[at+2 : end : end]; tlog.RecordHash(e) == want {
			return e, at, true
		}
	}
	return nil, 0, false
}

// readParts reads the shorter forms that are still there.
func (a *auditor) readParts(ctx context.Context, p *piece) error {
	for _, level := range []int{-1, 0} {
		parts, err := a.partsOf(ctx, level, p.n, p.width)
		if err != nil {
			return err
		}
		p.parts = append(p.parts, parts...)
	}
	return nil
}

func (a *auditor) partsOf(ctx context.Context, level int, n int64, width int) ([]part, error) {
	whole := tilePath(level, n, record.Width)
	names, err := a.dir.list(a.below + whole + ".p")
	if err != nil {
		return nil, err
	}
	var out []part
	for _, name := range names {
		w, err := strconv.Atoi(name)
		switch {
		case err != nil || strings.HasPrefix(name, "0") || w < 1 || w >= record.Width:
			a.r.skipped("%s%s.p/%s: not part of the log", a.below, whole, name)
		case w > width:
			a.r.skipped("%s%s.p/%s: of no checkpoint yet, left by an attempt that was interrupted", a.below, whole, name)
		case w < width:
			b, err := a.log.Read(ctx, whole+".p/"+name, maxBundle)
			if errors.Is(err, fs.ErrNotExist) {
				continue // a process that writes has removed it
			}
			if err != nil {
				return nil, err
			}
			out = append(out, part{whole + ".p/" + name, level, w, b})
		}
	}
	if width < record.Width {
		if _, err := a.log.Read(ctx, whole, maxBundle); err == nil {
			a.r.skipped("%s%s: of no checkpoint yet, left by an attempt that was interrupted", a.below, whole)
		}
	}
	return out, nil
}

// comparePart reports a shorter form that is not the beginning of the whole.
func (a *auditor) comparePart(q part, first int64, chosen []tlog.Hash) {
	shift := record.TileHeight * max(q.level, 0)
	bad := func(k int, offset int64) {
		a.r.Add(problem(map[bool]string{true: OfEntries, false: OfTile}[q.level < 0], a.below+q.name, offset,
			"does not hold what the tree has").touching((first+int64(k))<<shift, (first+int64(k)+1)<<shift-1))
	}
	if q.level >= 0 {
		hs := hashes(q.b)
		for k := range q.width {
			if k >= len(hs) || hs[k] != chosen[k] {
				bad(k, int64(k*tlog.HashSize))
			}
		}
		if len(q.b) > q.width*tlog.HashSize {
			bad(q.width-1, int64(q.width*tlog.HashSize))
		}
		return
	}
	p := piece{width: q.width, raw: q.b, chosen: chosen}
	for _, k := range p.align() {
		bad(k, p.starts[k])
	}
	if last := p.width - 1; p.entries[last] != nil && p.starts[last]+2+int64(len(p.entries[last])) != int64(len(q.b)) {
		bad(last, int64(len(q.b)))
	}
}
