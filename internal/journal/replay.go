package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

func nothing(int, int64, []tlog.Hash) error { return nil }

// replay reads the WAL: entries that were acknowledged and are in no checkpoint
// yet.
func (l *Log) replay(c *catalog, rec *Recovery) error {
	l.wal.time = newClock(l.w)
	names, err := l.w.walNames()
	if err != nil {
		return err
	}
	if len(names) == 0 || walFirst(names[0]) > l.base {
		return damaged(walName(l.base), 0, "is missing: entries from %d on may have been in it", l.base)
	}
	w := &l.wal
	w.next = walFirst(names[0])
	for i, name := range names {
		if walFirst(name) != w.next {
			return damaged("wal/"+name, 0, "does not follow: entry %d should be the next, so that a file before it is missing or cut short", w.next)
		}
		if err := l.replayFile("wal/"+name, i == 0, i+1 == len(names), c, rec); err != nil {
			return err
		}
	}
	if w.next < l.base {
		return damaged(w.name, w.at, "ends before entry %d, but the log has signed %d entries", w.next, l.base)
	}
	w.f, err = l.w.FS.OpenFile(w.name, os.O_RDWR, 0)
	return err
}

// replayFile reads one file. The chain of sums begins anew with the first, whose
// predecessor was retired.
func (l *Log) replayFile(name string, first, last bool, c *catalog, rec *Recovery) error {
	b, err := l.w.read(name)
	if err != nil {
		return err
	}
	w := &l.wal
	w.name, w.at = name, 0
	for head := true; head || w.at < int64(len(b)); head = false {
		f, bit, err := readFrame(b[w.at:])
		switch {
		case err != nil && head:
			return damaged(name, w.at, "%v: it should begin with the origin of the log", err)
		case err != nil && !last:
			return damaged(name, w.at, "%v, and a later file follows", err).touching(w.next, w.next)
		case err != nil:
			return l.tail(name, b, rec)
		case f.first != w.next || (f.prev != w.sum && !(first && head)):
			return damaged(name, w.at, "a frame that does not follow the one before it: entry %d should be the next", w.next).touching(w.next, f.first)
		case head != (f.count == 0) || head && string(f.body) != l.office.Origin:
			return damaged(name, w.at, "it should begin with the origin of the log, %s", l.office.Origin)
		}
		if bit >= 0 {
			if err := l.mendBit(name, b, w.at+bit/8, uint(bit%8), rec); err != nil {
				return err
			}
		}
		if err := l.replayFrame(name, &f, c, rec); err != nil {
			return err
		}
		w.sum, w.at, w.next = f.sum, w.at+int64(f.length), w.next+int64(f.count)
	}
	return nil
}

// replayFrame takes the entries of a frame that no checkpoint holds.
func (l *Log) replayFrame(name string, f *frame, c *catalog, rec *Recovery) error {
	if f.count == 0 || f.first+int64(f.count) <= l.base {
		return nil
	}
	items, err := f.items()
	if err != nil {
		return damaged(name, l.wal.at, "%v", err)
	}
	for i := range items {
		it, n := &items[i], f.first+int64(i)
		if n < l.base {
			continue
		}
		if it.hasPayload() && !it.absent {
			if err := record.CheckPayload(it.env, it.salt, it.payload); err != nil {
				return damaged(name, l.wal.at, "%v", err).touching(n, n)
			}
		}
		if it.env.Kind == record.KindKey || it.env.Kind == record.KindRevoke {
			if err := c.apply(n, it.env, it.payload); err != nil {
				return damaged(name, l.wal.at, "%v", err).touching(n, n)
			}
		}
		rec.Replayed++
		l.settle(items[i : i+1])
	}
	return nil
}

// mendBit writes a bit back as it was.
func (l *Log) mendBit(name string, b []byte, at int64, bit uint, rec *Recovery) error {
	f, err := l.w.FS.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = writeAt(f, b[at:at+1], at); err == nil {
		err = syncError(name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	rec.Mended = append(rec.Mended, Mended{name, at, bit})
	return err
}

// tail decides about an end of the WAL that cannot be read: it is cut off where
// it is what an interrupted write leaves, and refused where it is not.
func (l *Log) tail(name string, b []byte, rec *Recovery) error {
	w := &l.wal
	rest := b[w.at:]
	if at := followed(rest, w.next); at > 0 {
		return damaged(name, w.at, "a damaged frame, with a good one after it at byte %d", w.at+at).touching(w.next, w.next)
	}
	if !tornOff(b, w.at) {
		return damaged(name, w.at, "a damaged frame that is all there: not what an interrupted write leaves, so that it may have been acknowledged").touching(w.next, w.next)
	}
	f, err := l.w.FS.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err = f.Truncate(w.at); err == nil {
		err = syncError(name, f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	rec.Torn = append(rec.Torn, Torn{File: name, Offset: w.at, Bytes: int64(len(rest)), Next: w.next})
	return err
}

// followed finds a good frame after the damaged one at the start of b: then it
// was synced, and acknowledged. A frame that somebody has put into a payload is
// told from ours by the sum before it, where the damaged header still says what
// that must be.
func followed(b []byte, next int64) int64 {
	var sum *record.Hash
	if len(b) >= headerSize {
		h := bytes.Clone(b[:headerSize])
		if string(h[:4]) == magic && headerCRC(h) == binary.BigEndian.Uint32(h[28:]) {
			s := record.Hash(h[64:headerSize])
			sum = &s
		}
	}
	for at := 1; ; at++ {
		k := bytes.Index(b[min(at, len(b)):], []byte(magic))
		if k < 0 {
			return 0
		}
		at += k
		if len(b)-at < headerSize || headerCRC(b[at:]) != binary.BigEndian.Uint32(b[at+28:]) {
			continue
		}
		f, bit, err := readFrame(bytes.Clone(b[at:]))
		if err == nil && bit < 0 && f.first > next && (sum == nil || f.prev == *sum) {
			return int64(at)
		}
	}
}

// sector is the unit in which disks write.
const sector = 512

// tornOff reports whether the end of a file from an offset on can be what an
// interrupted write left: shorter than the frame says, or with a sector that was
// never written and reads as zeros. A frame of full length without such a sector
// was written whole, and has been changed since.
func tornOff(b []byte, from int64) bool {
	if _, _, err := readFrame(bytes.Clone(b[from:])); errors.Is(err, errCut) {
		return true
	}
	for at := from; at < int64(len(b)); {
		end := min((at/sector+1)*sector, int64(len(b)))
		if zero(b[at:end]) {
			return true
		}
		at = end
	}
	return false
}
