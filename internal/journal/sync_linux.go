package journal

import "syscall"

// Sync waits until the data are on disk, with as much about the file as reading
// them needs: fdatasync. It is called again only where a signal came between.
func (f osFile) Sync() error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err != syscall.EINTR {
			return err
		}
	}
}
