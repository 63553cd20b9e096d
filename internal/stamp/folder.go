package stamp

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Folder is the folder of stamps below that of a record: SIZE.ckpt, the checkpoint
// that was stamped, and SIZE.tsr, the answer.
const Folder = "stamps"

// Keep writes a file so that all of it is there or nothing.
func Keep(dir, name string, b []byte) error {
	folder := filepath.Join(dir, Folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "."+name+"-")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Kept is a stamp in a folder.
type Kept struct {
	Size       int64
	Checkpoint []byte // that was stamped
	Name       string // of its file
	Stamp      *Stamp // nil: it was asked for, and there is none yet
	Problem    error  // it does not hold
}

const maxFile = 1 << 20

// Read reads and checks all stamps of a record, by size.
func Read(dir string, roots *x509.CertPool) ([]Kept, error) {
	names, err := os.ReadDir(filepath.Join(dir, Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sizes := map[int64]bool{}
	for _, n := range names {
		base, ext, _ := strings.Cut(n.Name(), ".")
		if size, err := strconv.ParseInt(base, 10, 64); err == nil && size >= 0 && (ext == "ckpt" || ext == "tsr") {
			sizes[size] = true
		}
	}
	var out []Kept
	for size := range sizes {
		out = append(out, one(dir, size, roots))
	}
	slices.SortFunc(out, func(a, b Kept) int { return int(min(max(a.Size-b.Size, -1), 1)) })
	return out, nil
}

func one(dir string, size int64, roots *x509.CertPool) Kept {
	k := Kept{Size: size, Name: fmt.Sprintf("%s/%d.ckpt", Folder, size)}
	if k.Checkpoint, k.Problem = plain(filepath.Join(dir, filepath.FromSlash(k.Name))); k.Problem != nil {
		return k
	}
	answer, err := plain(filepath.Join(dir, Folder, fmt.Sprintf("%d.tsr", size)))
	if errors.Is(err, fs.ErrNotExist) {
		return k
	}
	if err == nil {
		k.Stamp, err = Check(k.Checkpoint, answer, roots)
	}
	if err != nil {
		k.Problem = fmt.Errorf("the time stamp %d.tsr: %w", size, err)
	}
	if k.Stamp != nil {
		k.Stamp.Size = size
	}
	return k
}

func plain(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is not a plain file of at most %d bytes", filepath.Base(name), maxFile)
	}
	return os.ReadFile(name)
}

// sizeOf is the size that a checkpoint names, in its second line.
func sizeOf(checkpoint []byte) (string, error) {
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return "", errors.New("not a checkpoint")
	}
	if _, err := strconv.ParseInt(lines[1], 10, 64); err != nil {
		return "", errors.New("not a checkpoint")
	}
	return lines[1], nil
}
