package feeds

import (
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

// errCut says that a text ends in the middle.
var errCut = errors.New("the file ends in the middle of something: it was cut short; get it again")

const getAgain = "the packed file is cut short or damaged; what came before was read, the last incident perhaps not; get the file again"

// packing says in plain words what is wrong with a packed file. Other errors
// are returned as they are.
func packing(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("its header is damaged, or it is no gzip file at all: get the file again")
	case errors.Is(err, zip.ErrFormat):
		return errors.New("its list of files is missing or damaged: it is cut short, or no zip file at all; get the file again")
	case errors.Is(err, zip.ErrAlgorithm):
		return errors.New("it is packed by a method that is not known here: unpack it first")
	case errors.Is(err, zip.ErrInsecurePath):
		return errors.New("a file in it has a path that leads out of the archive")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum):
		return fmt.Errorf("its checksum is wrong: %s", getAgain)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it ends too early: %s", getAgain)
	case errors.As(err, &corrupt):
		return fmt.Errorf("byte %d of what is packed cannot be: %s", int64(corrupt), getAgain)
	}
	return err
}

// reader gives the errors of packed files in plain words.
type plainReader struct{ r io.Reader }

// Read reads.
func (p plainReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = packing(err)
	}
	return n, err
}

// database says in plain words why an SQLite database could not be read on.
func database(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("looking for damage in it took more than %s", gpkgPatience)
	}
	return errors.New("it is cut short or damaged, or made to mislead; get the file again")
}
