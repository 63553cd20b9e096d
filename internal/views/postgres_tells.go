package views

import (
	"context"
	"io"

	"github.com/truce-project/truce/record"
)

// What is in a database is read by other processes too. They are told which incidents
// a commit changed, and that there was one; and they have the files from there that
// texts and data sets are made of.

// changesKept is for how many entries back it is remembered what they changed.
const changesKept = 100_000

// Changed notes which incidents a batch changed, before it is committed.
func (w *postgresWrites) Changed(nums map[uint32]bool, size int64) error {
	all := make([]int64, 0, len(nums))
	for n := range nums {
		all = append(all, int64(n))
	}
	if err := w.put(8*len(all), "INSERT INTO changes VALUES($1, $2) ON CONFLICT (size) DO UPDATE SET nums = excluded.nums", size, all); err != nil {
		return err
	}
	return w.put(0, "DELETE FROM changes WHERE size < $1", size-changesKept)
}

// Ordered notes how a batch goes on in the order of several logs, before it is
// committed: by it others know of which entries of which log answers are.
func (w *postgresWrites) Ordered(runs []Run) error {
	for _, r := range runs {
		err := w.put(len(r.Office), `INSERT INTO runs SELECT $1::bigint, $2::bytea, $3::bigint WHERE NOT EXISTS(
			SELECT 1 FROM (SELECT * FROM runs WHERE at <= $1 ORDER BY at DESC LIMIT 1) r WHERE r.office=$2 AND r.first-r.at=$3::bigint-$1::bigint)`, r.At, []byte(r.Office), r.First)
		if err != nil {
			return err
		}
	}
	return nil
}

// filePart is how much of a file is in one row, in bytes.
const filePart = 1 << 20

// KeepFiles keeps the files of an entry for whoever has not the folder of the record.
// One that is not here is left out: it counts as not here for others too.
func (w *postgresWrites) KeepFiles(d *Doc, blobs Blobs) error {
	if d.Kind != kindTerms && d.Kind != kindDataset || d.Erased || blobs == nil {
		return nil
	}
	for _, name := range d.Blobs {
		h, err := record.ParseHash(name)
		if err != nil {
			continue
		}
		if err := w.keepFile(h, blobs); err != nil {
			return err
		}
	}
	return nil
}

func (w *postgresWrites) keepFile(h record.Hash, blobs Blobs) error {
	var there bool
	if _, err := w.one([]any{&there}, "SELECT EXISTS(SELECT 1 FROM files WHERE hash=$1)", h[:]); err != nil || there {
		return err
	}
	f, err := blobs.Open(h)
	if err != nil {
		return nil
	}
	defer f.Close()
	for part := 0; ; part++ {
		b, err := io.ReadAll(io.LimitReader(f, filePart))
		if err != nil { // damaged, which the record says where it is read
			return w.put(0, "DELETE FROM files WHERE hash=$1", h[:])
		}
		if len(b) == 0 && part > 0 {
			return nil
		}
		if err := w.put(len(b), "INSERT INTO files VALUES($1, $2, $3)", h[:], part, b); err != nil || len(b) < filePart {
			return err
		}
	}
}

// Note says something of the record to whoever reads the views: it stays when they are
// made anew.
func (s *postgres) Note(name, text string) error {
	if s.notes == nil {
		s.notes = map[string]string{}
	}
	s.notes[name] = text
	ctx := context.Background()
	if err := s.hold(ctx); err != nil {
		return err
	}
	_, err := s.write.Exec(ctx, noteText, "note "+name, text)
	return err
}

const noteText = "INSERT INTO meta VALUES($1, 0, $2) ON CONFLICT (name) DO UPDATE SET text = excluded.text"
