package journal

import (
	"fmt"
	"os"

	"github.com/truce-project/truce/record"
)

// wal is the file that is written to. It is owned by the sequencer, the only
// goroutine that gives places.
type wal struct {
	f    File
	name string
	at   int64       // where the next frame goes
	next int64       // index of the next entry
	sum  record.Hash // of the frame before
	buf  []byte
	time *clock
}

func walName(first int64) string { return fmt.Sprintf("wal/%020d", first) }

func (w *wal) close() {
	if w.f != nil {
		w.f.Close()
		w.f = nil
	}
}

// write seals the frame in the buffer, writes it and syncs. Where the disk is
// full nothing of the frame stays; any other error may have left anything, and
// an error of a sync is never tried again: the system may have thrown away what
// it could not write.
func (w *wal) write(count int) error {
	sum := sealFrame(w.buf, w.next, count, w.sum)
	if err := writeAt(w.f, w.buf, w.at); err != nil {
		if !full(err) {
			return fmt.Errorf("writing to %s: %w", w.name, err)
		}
		cut := w.f.Truncate(w.at)
		if cut == nil {
			cut = w.f.Sync()
		}
		if cut != nil { // not the error of a full disk, so that the log stops
			return fmt.Errorf("taking back what was written to %s: %v, after: %v", w.name, cut, err)
		}
		return err
	}
	if err := w.f.Sync(); err != nil {
		return syncError(w.name, err)
	}
	w.at += int64(len(w.buf))
	w.next += int64(count)
	w.sum = sum
	if cap(w.buf) > 2*maxFrame {
		w.buf = nil
	}
	return nil
}

// rotated is where the files of the WAL were parted.
type rotated struct {
	size int64 // what is before this is in closed files
	err  error
}

// rotateWAL begins a new file, so that those before can be retired.
func (l *Log) rotateWAL() rotated {
	if err := l.Err(); err != nil {
		return rotated{err: err}
	}
	w := &l.wal
	name := walName(w.next)
	if name == w.name { // nothing since the last
		return rotated{size: w.next}
	}
	f, sum, err := l.w.newWAL(l.office.Origin, w.next, w.sum)
	if err != nil {
		if !full(err) {
			err = l.stop(err)
		}
		return rotated{err: err}
	}
	w.close()
	w.f, w.name, w.sum = f, name, sum
	w.at, _ = f.Size()
	return rotated{size: w.next}
}

// newWAL makes a file of the WAL, with its first frame, under its name only when
// it is on disk.
func (w World) newWAL(origin string, first int64, prev record.Hash) (File, record.Hash, error) {
	head, sum := headFrame(origin, first, prev)
	if err := w.replace(walName(first), head, 0o600); err != nil {
		return nil, sum, err
	}
	f, err := w.FS.OpenFile(walName(first), os.O_RDWR, 0)
	return f, sum, err
}
