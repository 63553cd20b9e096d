package journal

import (
	"slices"
	"strings"
)

// tidy removes what is no longer needed: files of the WAL that are in tiles, and
// partial tiles whose complete ones are there. A file that cannot be removed does
// no harm; a folder that cannot be synced stops the log, as everywhere.
func (l *Log) tidy(size int64, complete []string) error {
	if err := l.w.retireWAL(size); err != nil {
		return err
	}
	for _, name := range complete {
		delete(l.tree.dirs, name+".p")
		if err := l.w.removePartials(name); err != nil {
			return err
		}
	}
	return nil
}

// removePartials removes the partial tiles of a complete one.
func (w World) removePartials(name string) error {
	names, err := w.FS.ReadDir(name + ".p")
	if err != nil {
		return nil // there are none
	}
	for _, p := range names {
		if w.FS.Remove(name+".p/"+p) != nil {
			return nil
		}
	}
	if w.FS.Remove(name+".p") != nil {
		return nil
	}
	return syncError(dirOf(name), w.FS.SyncDir(dirOf(name)))
}

// retireWAL removes files of the WAL whose entries all are below size.
func (w World) retireWAL(size int64) error {
	names, err := w.walNames()
	if err != nil {
		return err
	}
	gone := false
	for i, name := range names {
		if i+1 == len(names) || walFirst(names[i+1]) > size || w.FS.Remove("wal/"+name) != nil {
			break
		}
		gone = true
	}
	if !gone {
		return nil
	}
	return syncError("wal", w.FS.SyncDir("wal"))
}

// walNames lists the files of the WAL in their order.
func (w World) walNames() ([]string, error) {
	names, err := w.FS.ReadDir("wal")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(n string) bool {
		return len(n) != 20 || strings.Trim(n, "0123456789") != ""
	}), nil
}

func walFirst(name string) (n int64) {
	for _, c := range name {
		n = n*10 + int64(c-'0')
	}
	return n
}
