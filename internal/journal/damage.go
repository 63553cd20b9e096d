package journal

import (
	"errors"
	"fmt"

	"github.com/truce-project/truce/record"
)

// Damage is something in a data directory that is not as it was written.
type Damage struct {
	File    string // below the data directory
	Offset  int64  // where it was noticed, bytes
	What    string // "holds other bytes than the tree"
	Entries [2]int64
	// Entries are the first and the last entry that it touches, where HasEntries.
	HasEntries bool
}

func (d *Damage) Error() string {
	s := fmt.Sprintf("%s, byte %d: %s", d.File, d.Offset, d.What)
	if d.HasEntries && d.Entries[0] == d.Entries[1] {
		return s + fmt.Sprintf(" (entry %d)", d.Entries[0])
	}
	if d.HasEntries {
		return s + fmt.Sprintf(" (entries %d to %d)", d.Entries[0], d.Entries[1])
	}
	return s
}

func damaged(file string, offset int64, format string, args ...any) *Damage {
	return &Damage{File: file, Offset: offset, What: fmt.Sprintf(format, args...)}
}

func (d *Damage) touching(first, last int64) *Damage {
	d.Entries, d.HasEntries = [2]int64{first, last}, true
	return d
}

// RolledBack means that this data directory is behind what the log has signed
// before: an old copy was put back, or entries are lost.
type RolledBack struct {
	Known record.Checkpoint // what the log had said
	Size  int64             // what is here, with what waits in the WAL
}

func (r *RolledBack) Error() string {
	return fmt.Sprintf("this record holds %d entries, but its log has signed %d before: an older copy of the data was put back, or entries are lost. Nothing is written, since places would be given twice. Fetch what is missing from a mirror", r.Size, r.Known.Size)
}

// Forked means that the log has signed another history before.
type Forked struct {
	Known record.Checkpoint
	Here  record.Hash
}

func (f *Forked) Error() string {
	return fmt.Sprintf("the log has signed root %s for %d entries before, but what is here has root %s: history was rewritten. Nothing is written", f.Known.Root, f.Known.Size, f.Here)
}

// Errors of appending. All but ErrStopped leave the log as it was.
var (
	// ErrStopped means that the log has stopped for good: what it was asked to
	// keep may not be on disk. It must be opened again, which checks what is.
	ErrStopped = errors.New("the record has stopped writing")
	// ErrFull means that the disk is full; nothing of the submission was kept.
	ErrFull = errors.New("the disk is full: nothing of this was recorded")
	// ErrClosed means that the log was closed.
	ErrClosed = errors.New("the record is closed")
	// ErrInDoubt means that the caller did not wait long enough to learn whether
	// the entries were recorded. Sending the same bytes again tells.
	ErrInDoubt = errors.New("whether this was recorded is not known: send the same again")
)

// Conflict means that an entry does not fit what the log holds already.
type Conflict struct {
	ID   string
	What string
	Last record.Hash // leaf of the author's last entry, where Prev does not fit
}

func (c *Conflict) Error() string { return fmt.Sprintf("entry %s: %s", c.ID, c.What) }
