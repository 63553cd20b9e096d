package journal

import (
	"bytes"
	"errors"
	"runtime"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// readBack reads again what was written for a checkpoint and derives it anew:
// leaves from the bundles on disk, tiles and root from these leaves, commitments
// from the payloads on disk. A bit that flipped in memory between the moment when
// an entry was hashed and the moment when it was written shows here, before
// anything is signed. (The system may answer from memory what is not on disk;
// that the disk keeps what it synced has to be believed.)
func (l *Log) readBack(items []item, root record.Hash) error {
	again := l.tree.edge.clone()
	old := again.size
	end := old + int64(len(items))
	check := func(level int, n int64, hashes []tlog.Hash) error {
		name, b, err := l.w.readTile(level, n, end)
		if err == nil && !bytes.Equal(b, flat(hashes)) {
			err = damaged(name, 0, "does not hold what was written to it")
		}
		return err
	}
	for n := old / record.Width; n*record.Width < end; n++ {
		runtime.Gosched()
		name, b, err := l.w.readTile(-1, n, end)
		if err != nil {
			return err
		}
		entries, err := record.Unbundle(b)
		if err != nil || int64(len(entries)) != min(end-n*record.Width, record.Width) {
			return damaged(name, 0, "does not hold what was written to it")
		}
		if err := l.segmentBack(n, old, items); err != nil {
			return err
		}
		for k, e := range entries {
			i := n*record.Width + int64(k)
			if i < old {
				continue
			}
			leaf := record.LeafHash(e)
			if leaf != items[i-old].leaf {
				return damaged(name, 0, "holds another entry than the one that was accepted").touching(i, i)
			}
			if err := again.add(leaf, check); err != nil {
				return err
			}
		}
	}
	if err := again.partial(old, check); err != nil {
		return err
	}
	if again.root() != root {
		return errors.New("the root of what is on disk is not the one that was to be signed")
	}
	return l.indexBack(items, old)
}

// segmentBack checks the payloads of new entries of a bundle.
func (l *Log) segmentBack(n, old int64, items []item) error {
	at, first := int64(0), n*record.Width
	if first < old {
		at, first = l.tree.spans, old
	}
	last := min((n+1)*record.Width, old+int64(len(items)))
	length := int64(0)
	for i := first; i < last; i++ {
		length += payloadSpan(items[i-old].env)
	}
	b, err := l.w.readSpan(segmentName(n), at, length)
	if err != nil {
		return err
	}
	for i := first; i < last; i++ {
		span := payloadSpan(items[i-old].env)
		_, _, err := checkPayloadRecord(items[i-old].env, b[:span])
		if errors.Is(err, record.ErrAbsent) && items[i-old].absent {
			err = nil
		}
		if err != nil {
			return damaged(segmentName(n), at, "%v", err).touching(i, i)
		}
		b, at = b[span:], at+span
	}
	return nil
}

func (l *Log) indexBack(items []item, old int64) error {
	b, err := l.w.readSpan(indexName, old*indexRecord, int64(len(items))*indexRecord)
	if err != nil {
		return err
	}
	for i := range items {
		at := int64(i) * indexRecord
		if x, ok := readIndexEntry(b[at:at+indexRecord], old+int64(i)); !ok || x != indexOf(&items[i]) {
			return damaged(indexName, (old+int64(i))*indexRecord, "does not hold what was written to it")
		}
	}
	return nil
}
