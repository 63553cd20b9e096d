package views

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
)

// Bounds on the files of a text, in bytes.
const (
	maxText  = 8 << 20  // the text itself
	maxFiles = 64 << 20 // all files of one text
)

// CheckFiles says what is wrong with the names of the files of a text, of which the
// entry has so many; at is the place of the name, -1 where it is their number. Names
// lead to files of the entry and to nothing else.
func CheckFiles(names []string, blobs int) (at int, err error) {
	if len(names) != blobs && (len(names) > 0 || blobs > 1) {
		return -1, fmt.Errorf("%d names for %d files: expected a name for each, the text first", len(names), blobs)
	}
	seen := map[string]bool{}
	for i, n := range names {
		switch {
		case !fs.ValidPath(n) || n == "." || strings.Contains(n, `\`) || strings.ContainsFunc(n, unicode.IsControl):
			return i, fmt.Errorf("%q is no name of a file below the folder of the text: expected one such as zones.geojson or zones/east.geojson", n)
		case seen[n]:
			return i, fmt.Errorf("%q stands twice", n)
		}
		seen[n] = true
	}
	return 0, nil
}

// textFiles are the files of an entry terms@1 by their names, as a folder that holds
// nothing else. What has been read is kept, with its bounds.
type textFiles struct {
	blobs Blobs
	of    map[string]record.Hash
	have  map[string][]byte
	left  int64
}

// Open opens a file of the entry. Its bytes are those of its digest, or it cannot be
// opened.
func (t *textFiles) Open(name string) (fs.File, error) {
	b, err := t.read(name, maxFiles)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &textFile{bytes.NewReader(b), path.Base(name)}, nil
}

func (t *textFiles) read(name string, most int64) ([]byte, error) {
	if b, ok := t.have[name]; ok {
		return b, nil
	}
	h, ok := t.of[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	f, err := t.blobs.Open(h)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the file %s is not here", h.Hex())
	}
	if err != nil {
		return nil, fmt.Errorf("the file %s cannot be read: %w", h.Hex(), err)
	}
	defer f.Close()
	most = min(most, t.left)
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the file %s cannot be read: %w", h.Hex(), err)
	case int64(len(b)) > most:
		return nil, fmt.Errorf("the file %s is longer than %d bytes, or all files of the text together are", h.Hex(), most)
	}
	t.left -= int64(len(b))
	t.have[name] = b
	return b, nil
}

// textFile is an open file, and what is known of it.
type textFile struct {
	*bytes.Reader
	name string
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *textFile) Close() error               { return nil }
func (f *textFile) Name() string               { return f.name }
func (f *textFile) Size() int64                { return f.Reader.Size() }
func (f *textFile) Mode() fs.FileMode          { return 0o444 }
func (f *textFile) ModTime() time.Time         { return time.Time{} }
func (f *textFile) IsDir() bool                { return false }
func (f *textFile) Sys() any                   { return nil }

// TextFolder is the files of an entry terms@1, and the name of the text among them.
// A text without names has no files beside it.
func TextFolder(d *Doc, blobs Blobs) (folder fs.FS, text string, err error) {
	var p record.TermsEntry
	if !d.read(&p) {
		return nil, "", errors.New("the payload is no terms@1")
	}
	if len(d.Blobs) == 0 {
		return nil, "", errors.New("the entry names no file")
	}
	if _, err := CheckFiles(p.Files, len(d.Blobs)); err != nil {
		return nil, "", err
	}
	names := p.Files
	if len(names) == 0 {
		names = []string{strings.ReplaceAll(p.ID, "/", "-") + ".truce.md"}
	}
	t := &textFiles{blobs: blobs, of: map[string]record.Hash{}, have: map[string][]byte{}, left: maxFiles}
	for i, n := range names {
		if t.of[n], err = record.ParseHash(d.Blobs[i]); err != nil {
			return nil, "", err
		}
	}
	return t, names[0], nil
}

// OpenText reads the text of an entry terms@1 with the files that it is made of. It
// has the id and the digest that the entry says.
func OpenText(d *Doc, blobs Blobs) (*terms.Terms, error) {
	folder, name, err := TextFolder(d, blobs)
	if err != nil {
		return nil, err
	}
	b, err := folder.(*textFiles).read(name, maxText)
	if err != nil {
		return nil, err
	}
	t, problems := terms.ParseBytes(folder, name, b)
	if errs := problems.Errors(); len(errs) > 0 || t == nil {
		return nil, fmt.Errorf("the text cannot be read: %w", problems)
	}
	var p record.TermsEntry
	d.read(&p)
	switch {
	case t.ID != p.ID:
		return nil, fmt.Errorf("the text is %q, the entry says %q", t.ID, p.ID)
	case t.Digest != p.Digest:
		return nil, fmt.Errorf("the text has the digest %s, the entry says %s", t.Digest, p.Digest)
	}
	return t, nil
}
