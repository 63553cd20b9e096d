package journal

import (
	"github.com/truce-project/truce/record"
)

// ResetWAL begins the WAL of a record that was put together from a backup and
// mirrors, at the size of its checkpoint: nothing is acknowledged that the
// checkpoint does not hold. It must not be used on a record that has a WAL.
func ResetWAL(w World, size int64) error {
	office, _, err := w.readOffice()
	if err != nil {
		return err
	}
	if err := w.FS.MkdirAll("wal"); err != nil {
		return err
	}
	f, _, err := w.newWAL(office.Origin, size, record.Hash{})
	if err != nil {
		return err
	}
	return f.Close()
}
