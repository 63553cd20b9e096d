package people

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// CopySecrets writes what is kept of people outside the record to a file of its
// own, also while a server runs. The copy of the record is for whoever keeps
// copies; this one lets its holder write in the name of every account and compute
// their second factors, and is kept apart. Sessions and one-time links are not in
// it: none of them is good again where it is put back.
func CopySecrets(ctx context.Context, dir, out string) error {
	name := filepath.Join(dir, "secret", "people.db")
	if _, err := os.Stat(name); err != nil {
		return err
	}
	if _, err := os.Lstat(out); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already, and is not written over", out))
	}
	s, err := openSecrets(dir)
	if err != nil {
		return err
	}
	// Made in a folder that only its owner reads, since SQLite makes the file.
	tmp, err := os.MkdirTemp(filepath.Dir(out), ".people-")
	if err != nil {
		return errors.Join(err, s.db.Close())
	}
	defer os.RemoveAll(tmp)
	if err := os.Mkdir(filepath.Join(tmp, "secret"), 0o700); err != nil {
		return errors.Join(err, s.db.Close())
	}
	made := filepath.Join(tmp, "secret", "people.db")
	_, err = s.db.ExecContext(ctx, "VACUUM INTO ?", made)
	if err = errors.Join(err, s.db.Close()); err != nil {
		return err
	}
	if err := os.Chmod(made, 0o600); err != nil {
		return err
	}
	if s, err = openSecrets(tmp); err != nil {
		return err
	}
	// Back to one file, so that it can be carried away as one.
	_, err = s.db.ExecContext(ctx, "DELETE FROM session; DELETE FROM link; PRAGMA journal_mode=DELETE; VACUUM")
	if err = errors.Join(err, s.db.Close()); err != nil {
		return err
	}
	return os.Rename(made, out)
}

// PutSecrets puts a copy back beside a record that has none.
func PutSecrets(dir, in string) error {
	folder := filepath.Join(dir, "secret")
	name := filepath.Join(folder, "people.db")
	if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s is there already, and is not written over", name))
	}
	f, err := os.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 16)
	if _, err := io.ReadFull(f, head); err != nil || string(head) != "SQLite format 3\x00" {
		return fmt.Errorf("%s is no copy of what is kept of people: expected a file that truce backup --people made", in)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, f)
	return errors.Join(err, to.Sync(), to.Close())
}
