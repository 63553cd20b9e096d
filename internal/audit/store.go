package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/record"
)

// maxStore bounds a file of the WAL that is read at once.
const maxStore = 2 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// index holds the file "index" against the entries: 48 bytes each of id, author,
// time of acceptance, flags and a CRC32C over these and the number of the entry.
func (a *auditor) index(p *piece) {
	const size = 48
	b := make([]byte, size*p.width)
	n, _ := a.indexFile.ReadAt(b, p.first()*size)
	for k := range p.read {
		e, i := p.read[k].env, p.first()+int64(k)
		x := b[min(k*size, n):min((k+1)*size, n)]
		if len(x) == size {
			var place [8]byte
			binary.BigEndian.PutUint64(place[:], uint64(i))
			sum := crc32.Update(crc32.Checksum(x[:size-4], castagnoli), castagnoli, place[:])
			id, _ := idOf(e)
			if binary.BigEndian.Uint32(x[size-4:]) == sum && (e == nil || bytes.Equal(x[:16], id[:]) && bytes.Equal(x[16:32], e.Author[:])) {
				continue
			}
		}
		a.r.Add(problem(OfStore, "index", i*size, "does not say what the entry says; opening the record makes it anew").touching(i, i))
	}
}

func idOf(e *record.Envelope) ([16]byte, error) {
	if e == nil {
		return [16]byte{}, nil
	}
	return record.IDBytes(e.ID)
}

// wal checks the frames of the WAL, and learns what waits in it.
func (a *auditor) wal(ctx context.Context) error {
	names, err := a.dir.list("wal")
	if err != nil {
		return err
	}
	next, seen := int64(-1), false
	for _, name := range names {
		if first, err := strconv.ParseInt(name, 10, 64); err != nil || len(name) != 20 {
			a.r.skipped("wal/%s: not part of the record", name)
			continue
		} else if seen && next >= 0 && first != next {
			a.r.Add(problem(OfStore, "wal/"+name, 0, "does not follow the file before it: entries from %d on are missing between", next))
		} else if !seen && first > a.cp.Size {
			a.r.Add(problem(OfStore, "wal/"+name, 0, "begins after the checkpoint: entries from %d on may have been in a file before it", a.cp.Size))
		}
		seen = true
		b, err := a.dir.Read(ctx, "wal/"+name, maxStore)
		if errors.Is(err, fs.ErrNotExist) {
			a.r.skipped("wal/%s: was retired while this went on", name)
			next = -1
			continue
		}
		if err != nil {
			return err
		}
		first, _ := strconv.ParseInt(name, 10, 64)
		next = a.frames("wal/"+name, b, first)
	}
	if !seen {
		if _, err := os.Stat(a.dir.path("log.key")); err == nil {
			a.r.Add(problem(OfStore, "wal/", 0, "is missing: acknowledged entries may have been in it"))
		}
		return nil
	}
	if next >= 0 && next < a.cp.Size {
		a.r.Add(problem(OfStore, "wal/", 0, "ends before the checkpoint, at entry %d", next))
	}
	return nil
}

// frameHead is the length of the header of a frame; docs/formats.md has its
// layout.
const frameHead = 96

// frames checks the frames of one file. Where a header is damaged it goes on at
// the next whole one. It returns the index that follows.
func (a *auditor) frames(name string, b []byte, next int64) int64 {
	var prev []byte
	for at := 0; at < len(b); {
		h, ok := frameHeader(b[at:])
		length := 0
		if ok {
			n := binary.BigEndian.Uint64(h[16:])
			length, ok = int(min(n, maxStore)), n < maxStore
		}
		if !ok || len(b)-at-frameHead < length {
			skip, first := a.resume(b[at:], next)
			p := problem(OfStore, name, int64(at), "a frame that is damaged, or was not written to its end")
			if first > next {
				p = p.touching(next, first-1)
				a.damaged = append(a.damaged, Entries{next, first - 1})
			} else if skip < 0 {
				p = p.touching(next, next)
				a.damaged = append(a.damaged, Entries{next, 1 << 62})
			}
			a.r.Add(p)
			if skip < 0 {
				return -1
			}
			at, next, prev = at+skip, max(next, first), nil
			continue
		}
		first, count := int64(binary.BigEndian.Uint64(h[8:])), int64(binary.BigEndian.Uint32(h[4:]))
		body := b[at+frameHead : at+frameHead+length]
		s := sha256.New()
		s.Write(h[:24])
		s.Write(h[32:64])
		s.Write(body)
		switch {
		case crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(h[24:]) || !bytes.Equal(s.Sum(nil), h[64:96]):
			p := problem(OfStore, name, int64(at), "a frame that does not hold what was written")
			if count > 0 {
				p = p.touching(first, first+count-1)
				a.damaged = append(a.damaged, *p.Entries)
			}
			a.r.Add(p)
		case first != next || prev != nil && !bytes.Equal(prev, h[32:64]):
			a.r.Add(problem(OfStore, name, int64(at), "a frame that does not follow the one before it").touching(next, max(first, next)))
		case count == 0 && string(body) != a.key.Name():
			a.r.Add(problem(OfStore, name, int64(at), "is of the log %q", body))
		default:
			a.waits(name, at, first, count, body)
		}
		prev, next, at = bytes.Clone(h[64:96]), first+count, at+frameHead+length
	}
	return next
}

func frameHeader(b []byte) ([]byte, bool) {
	if len(b) < frameHead || string(b[:4]) != "TRW1" {
		return nil, false
	}
	h := b[:frameHead]
	sum := crc32.Update(crc32.Checksum(h[:28], castagnoli), castagnoli, h[32:])
	return h, sum == binary.BigEndian.Uint32(h[28:])
}

// resume finds the next frame with a sound header.
func (a *auditor) resume(b []byte, next int64) (skip int, first int64) {
	for at := 1; at < len(b); at++ {
		k := bytes.Index(b[at:], []byte("TRW1"))
		if k < 0 {
			break
		}
		at += k
		if h, ok := frameHeader(b[at:]); ok {
			return at, int64(binary.BigEndian.Uint64(h[8:]))
		}
	}
	return -1, next
}

// waits takes note of the entries of a frame that no checkpoint covers yet.
func (a *auditor) waits(name string, at int, first, count int64, body []byte) {
	if first+count <= a.cp.Size || count == 0 || len(body) < 8 {
		return
	}
	r := bytes.NewReader(body[8:])
	sized := func() ([]byte, error) {
		var n uint32
		if err := binary.Read(r, binary.BigEndian, &n); err != nil || int64(n) > int64(r.Len()) {
			return nil, errors.New("cut short")
		}
		b := make([]byte, n)
		_, err := io.ReadFull(r, b)
		return b, err
	}
	for i := first; i < first+count; i++ {
		entry, err := sized()
		has, herr := r.ReadByte()
		var e *record.Envelope
		if err == nil && herr == nil {
			e, err = record.Decode(entry)
		}
		if err == nil && has == 1 { // 2: the payload is not here
			var salt [record.SaltSize]byte
			var body []byte
			if _, err = io.ReadFull(r, salt[:]); err == nil {
				if body, err = sized(); err == nil {
					err = record.CheckPayload(e, salt, body)
				}
			}
		}
		if err != nil || herr != nil {
			a.r.Add(problem(OfStore, name, int64(at), "holds an entry that cannot be read: %v", err).touching(i, i))
			return
		}
		if i >= a.cp.Size {
			if _, twice := a.waiting[i]; !twice {
				a.r.Waiting++
			}
			a.waiting[i] = record.LeafHash(entry)
			a.names(e, i)
		}
	}
}

// checkBlobs hashes every blob, and misses those that entries name.
func (a *auditor) checkBlobs(ctx context.Context) error {
	dirs, err := a.dir.list("blob")
	if err != nil {
		return err
	}
	here := map[record.Hash]bool{}
	for _, d := range dirs {
		names, err := a.dir.list("blob/" + d)
		if err != nil {
			return err
		}
		for _, n := range names {
			name := "blob/" + d + n
			want, err := record.ParseHash(strings.TrimSuffix(d, "/") + n)
			if err != nil {
				a.r.skipped("%s: not a blob", name)
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			here[want] = true
			got, err := a.hashFile(name)
			if err != nil {
				return err
			}
			if got != want {
				p := problem(OfBlob, name, 0, "holds bytes with the hash %s", got.Hex())
				if e := a.blobs[want]; e != nil {
					p = p.touching(e.First, e.Last)
				}
				a.r.Add(p)
				continue
			}
			a.r.Blobs++
		}
	}
	for h, e := range a.blobs {
		// with the payload of an entry its files may be destroyed too
		if !here[h] && slices.ContainsFunc(e.ids, func(id string) bool { return !a.erased[id] }) {
			a.r.Add(problem(OfBlob, BlobName(h), 0, "is missing").touching(e.First, e.Last))
		}
	}
	return nil
}

// BlobName is where a blob is kept, below the data directory.
func BlobName(h record.Hash) string { return "blob/" + h.Hex()[:2] + "/" + h.Hex()[2:] }

func (a *auditor) hashFile(name string) (h record.Hash, err error) {
	f, err := os.Open(a.dir.path(name))
	if err != nil {
		return h, err
	}
	defer f.Close()
	s := sha256.New()
	_, err = io.Copy(s, f)
	return record.Hash(s.Sum(nil)), err
}

// logKey checks that log.key is the private half of the key of the log.
func (a *auditor) logKey(ctx context.Context) error {
	b, err := a.dir.Read(ctx, "log.key", maxNote)
	if errors.Is(err, fs.ErrNotExist) {
		a.r.skipped("log.key: is not here, so that nobody can write to this copy")
		return nil
	}
	if err != nil {
		return err
	}
	text, whole := strings.CutSuffix(string(b), "\n")
	_, v, err := record.LogKey(text)
	if err != nil || !whole || v.Name() != a.key.Name() || v.KeyHash() != a.key.KeyHash() || len(strings.Split(text, "+")[3]) != 8 {
		a.r.Add(problem(OfOffice, "log.key", 0, "is not the private half of the key of this log"))
	}
	return nil
}

// others lists files that are not part of what was checked.
func (a *auditor) others() error {
	return fs.WalkDir(os.DirFS(string(a.dir)), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		top, _, _ := strings.Cut(name, "/")
		switch {
		case d.IsDir() && (top == "payload" || top == "blob" || top == "wal" || top == "receipts" || top == "known" || top == "cosigned" || strings.HasPrefix(name, "log/tile")):
			return fs.SkipDir
		case d.IsDir() && name == "log":
			return nil
		case d.IsDir():
			a.r.skipped("%s/: not part of the record", name)
			return fs.SkipDir
		case name == "office.json" || name == "log.key" || name == "signed" || name == "index" || name == "log/checkpoint" || name == "log/keys":
			return nil
		}
		a.r.skipped("%s: not part of the record", name)
		return nil
	})
}
