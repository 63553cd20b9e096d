package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"

	"github.com/truce-project/truce/record"
)

// The file "index" says of each entry, in the order of the log, what is needed
// to open the log without reading all of it: 48 bytes each of id (16), author
// (16), time of acceptance (milliseconds, uint64), flags (1), three zeros, and a
// CRC32C over these and the number of the entry. All but the time of acceptance
// follows from the entries: what is damaged is made anew, and said.
const (
	indexName   = "index"
	indexRecord = 48

	flagKey   = 1 // introduces or revokes a key
	flagErase = 2 // an erasure
)

type indexEntry struct {
	id       [16]byte
	author   record.KeyID
	accepted int64
	flags    byte
}

func indexOf(it *item) indexEntry {
	x := indexEntry{id: it.id, author: it.env.Author, accepted: it.accepted}
	switch it.env.Kind {
	case record.KindKey, record.KindRevoke:
		x.flags = flagKey
	case record.KindErasure:
		x.flags = flagErase
	}
	return x
}

func (x indexEntry) append(b []byte, n int64) []byte {
	at := len(b)
	b = append(b, x.id[:]...)
	b = append(b, x.author[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(x.accepted))
	b = append(b, x.flags, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, indexCRC(b[at:], n))
}

func indexCRC(b []byte, n int64) uint32 {
	var place [8]byte
	binary.BigEndian.PutUint64(place[:], uint64(n))
	return crc32.Update(crc32.Checksum(b[:indexRecord-4], castagnoli), castagnoli, place[:])
}

// readIndexEntry reads the record of entry n; ok is false where it is damaged.
func readIndexEntry(b []byte, n int64) (x indexEntry, ok bool) {
	if binary.BigEndian.Uint32(b[indexRecord-4:]) != indexCRC(b, n) {
		return x, false
	}
	copy(x.id[:], b)
	copy(x.author[:], b[16:])
	x.accepted = int64(binary.BigEndian.Uint64(b[32:]))
	x.flags = b[40]
	return x, true
}

// readIndex calls out for the first size entries, in order. What the file does
// not say, or says wrongly, is taken from the bundles by remake, and the numbers
// of these entries are returned.
func (w World) readIndex(size int64, remake func(n int64) (indexEntry, error), out func(n int64, x indexEntry) error) (remade []int64, err error) {
	f, err := w.FS.OpenFile(indexName, 0, 0)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	if err == nil {
		defer f.Close()
	}
	buf := make([]byte, 4096*indexRecord)
	for n := int64(0); n < size; {
		want := min(int64(len(buf)), (size-n)*indexRecord)
		got := 0
		if f != nil {
			got, _ = f.ReadAt(buf[:want], n*indexRecord) // what is missing is made anew
		}
		for at := int64(0); at < want; at, n = at+indexRecord, n+1 {
			var x indexEntry
			ok := false
			if at+indexRecord <= int64(got) {
				x, ok = readIndexEntry(buf[at:at+indexRecord], n)
			}
			if !ok {
				if x, err = remake(n); err != nil {
					return remade, err
				}
				remade = append(remade, n)
			}
			if err := out(n, x); err != nil {
				return remade, err
			}
		}
	}
	return remade, nil
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
