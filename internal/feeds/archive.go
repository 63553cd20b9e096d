package feeds

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Limits on packed files: how much may come out of how little.
const (
	maxRatio    = 100
	maxUnpacked = 4 << 30
	ratioFree   = 1 << 20 // that much may come out whatever went in
	maxMembers  = 10000
)

const window = 64 << 10 // how much of a file is looked at to know what it is

// open reads a file that may be packed.
func (r *run) open(in io.Reader) error {
	packed := &counter{r: in}
	br := bufio.NewReaderSize(packed, window)
	head, _ := br.Peek(4)
	switch magic(head) {
	case "gzip":
		return r.openGzip(br, packed)
	case "zip":
		return r.openZip(in, br)
	}
	return r.text(br)
}

func (r *run) openGzip(br *bufio.Reader, packed *counter) error {
	z, err := gzip.NewReader(br)
	if err != nil {
		return fmt.Errorf("%s: gzip: %w", r.file, err)
	}
	r.id = strings.TrimSuffix(r.id, ".gz")
	out := &capped{r: z, in: func() int64 { return packed.n }, total: new(int64)}
	return explain(r.text(bufio.NewReaderSize(out, window)))
}

// openZip reads every member of an archive. What does not come from a file is
// put into one first, since a zip archive is read from its end.
func (r *run) openZip(in io.Reader, br *bufio.Reader) error {
	f, ok := in.(*os.File)
	if info, err := fileInfo(f, ok); err != nil || !info.Mode().IsRegular() {
		tmp, err := spool(br)
		if err != nil {
			return fmt.Errorf("%s: zip: %w", r.file, err)
		}
		defer os.Remove(tmp.Name())
		defer tmp.Close()
		f = tmp
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: zip: %w", r.file, err)
	}
	return r.members(z)
}

func fileInfo(f *os.File, ok bool) (os.FileInfo, error) {
	if !ok {
		return nil, errors.New("not a file")
	}
	return f.Stat()
}

func spool(in io.Reader) (*os.File, error) {
	tmp, err := os.CreateTemp("", "truce-*.zip")
	if err != nil {
		return nil, err
	}
	if n, err := io.Copy(tmp, io.LimitReader(in, maxUnpacked)); err != nil || n == maxUnpacked {
		tmp.Close()
		os.Remove(tmp.Name())
		return nil, errors.Join(err, fmt.Errorf("%d bytes read", n))
	}
	return tmp, nil
}

// members reads the files of an archive. One that cannot be read is a problem;
// only when none can is it an error.
func (r *run) members(z *zip.Reader) error {
	if len(z.File) > maxMembers {
		return fmt.Errorf("%s: %d files in the archive: expected at most %d", r.file, len(z.File), maxMembers)
	}
	archive, id, read := r.file, r.id, 0
	var failed []error
	total := new(int64)
	for _, f := range z.File {
		if skipped(f) {
			continue
		}
		r.file, r.id = archive+"/"+f.Name, id+"/"+f.Name
		err := r.member(f, total)
		var refused *refusal
		switch {
		case err == nil:
			read++
		case !errors.As(err, &refused):
			return err
		default:
			failed = append(failed, err)
			r.note(Problem{Pos: r.pos(0), Msg: refused.Error(), Fatal: true})
		}
		if err != nil && r.opt.Strict {
			return err
		}
	}
	if read == 0 && len(failed) > 0 {
		return fmt.Errorf("%s: no file of the archive could be read: %w", archive, failed[0])
	}
	if read == 0 {
		return fmt.Errorf("%s: the archive holds no file", archive)
	}
	return nil
}

// skipped leaves out folders and what desktops put beside files.
func skipped(f *zip.File) bool {
	base := f.Name[strings.LastIndexByte(f.Name, '/')+1:]
	return base == "" || strings.HasPrefix(f.Name, "__MACOSX/") || strings.HasPrefix(base, ".")
}

func (r *run) member(f *zip.File, total *int64) error {
	if f.Flags&1 != 0 {
		return refuse("the file in the archive is encrypted: unpack it first")
	}
	in, err := f.Open()
	if err != nil {
		return refuse("zip: %v", err)
	}
	defer in.Close()
	size := int64(f.CompressedSize64)
	out := &capped{r: in, in: func() int64 { return size }, total: total}
	return explain(r.text(bufio.NewReaderSize(out, window)))
}

// explain adds what an early end means.
func explain(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zip.ErrChecksum) {
		return fmt.Errorf("%w: the packed file is cut short or damaged; what came before was read, the last incident perhaps not; get the file again", err)
	}
	return err
}

type counter struct {
	r io.Reader
	n int64
}

// Read counts what it reads.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// capped refuses to unpack far more than went in.
type capped struct {
	r     io.Reader
	in    func() int64
	out   int64
	total *int64
}

// Read reads and checks.
func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.out += int64(n)
	*c.total += int64(n)
	switch {
	case c.out > ratioFree && c.out > maxRatio*c.in():
		return 0, fmt.Errorf("more than %d times its packed size comes out of the archive (a zip bomb?): unpack it yourself and look", maxRatio)
	case *c.total > maxUnpacked:
		return 0, fmt.Errorf("more than %d GB come out of the archive: unpack and split it", maxUnpacked>>30)
	}
	return n, err
}
