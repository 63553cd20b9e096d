package journal

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/truce-project/truce/record"
)

// Blobs are files by their SHA-256: blob/2c/26b4..., and uploads that are not
// complete under blob/part. A blob never changes.
type Blobs struct{ w World }

// Blob is a file that is held.
type Blob struct {
	Hash record.Hash
	Size int64
	Type string // media type by the content, never by a name
}

// Blobs are the files beside the log, to read and to write.
func (l *Log) Blobs() Blobs { return Blobs{l.w} }

// OpenBlobs are the files in a folder that need not be a record: one on its way.
func OpenBlobs(w World) Blobs { return Blobs{w} }

// Blobs are the files beside the log, to read.
func (r *Reader) Blobs() Blobs { return Blobs{r.w} }

// Offset means that an upload goes on elsewhere than where the sender thought.
type Offset struct{ Have, Sent int64 }

func (o *Offset) Error() string {
	return fmt.Sprintf("the upload has %d bytes, what was sent begins at %d: go on at %d", o.Have, o.Sent, o.Have)
}

// ErrOtherHash means that an upload is not the file that was announced.
var ErrOtherHash = errors.New("what arrived is not the file with that hash")

var partForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func partName(upload string) (string, error) {
	if !partForm.MatchString(upload) {
		return "", fmt.Errorf("upload %q: expected up to 64 letters, digits and hyphens", upload)
	}
	return "blob/part/" + upload, nil
}

func blobName(h record.Hash) string { return "blob/" + h.Hex()[:2] + "/" + h.Hex()[2:] }

// Held is how many bytes of an upload are here and on disk.
func (b Blobs) Held(upload string) (int64, error) {
	name, err := partName(upload)
	if err != nil {
		return 0, err
	}
	f, err := b.w.FS.OpenFile(name, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Size()
}

// Upload adds to an upload, from an offset that must be where it ends. It returns
// how many bytes are on disk then, also when the sender broke off. What is longer
// than most bytes in all is refused.
func (b Blobs) Upload(ctx context.Context, upload string, from, most int64, r io.Reader) (int64, error) {
	name, err := partName(upload)
	if err != nil {
		return 0, err
	}
	if err := b.dir("blob/part"); err != nil {
		return 0, err
	}
	f, err := b.w.FS.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return 0, noSpace(err)
	}
	defer f.Close()
	have, err := f.Size()
	if err != nil {
		return 0, err
	}
	if have != from {
		return have, &Offset{Have: have, Sent: from}
	}
	end, err := b.pour(ctx, f, from, most, r)
	if serr := syncError(name, f.Sync()); serr != nil {
		// What was to be on disk may not be, and a second sync would not say so.
		if derr := b.w.FS.Remove(name); derr != nil {
			return 0, fmt.Errorf("%w; and the upload cannot be thrown away: %v", serr, derr)
		}
		return 0, fmt.Errorf("%w: the upload was thrown away, send it from the start", serr)
	}
	if serr := syncError("blob/part", b.w.FS.SyncDir("blob/part")); serr != nil {
		return from, serr
	}
	return end, noSpace(err)
}

// pour writes what arrives.
func (b Blobs) pour(ctx context.Context, f File, at, most int64, r io.Reader) (int64, error) {
	buf := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return at, err
		}
		n, err := r.Read(buf)
		if at+int64(n) > most {
			return at, fmt.Errorf("the file is longer than %d bytes", most)
		}
		if werr := writeAt(f, buf[:n], at); werr != nil {
			return at, werr
		}
		at += int64(n)
		if err == io.EOF {
			return at, nil
		}
		if err != nil {
			return at, err
		}
	}
}

func noSpace(err error) error {
	if full(err) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}

// Finish hashes an upload as it is on disk and takes it in. Where a hash was
// announced and does not fit, the upload is thrown away: ErrOtherHash.
func (b Blobs) Finish(upload string, announced record.Hash) (Blob, error) {
	name, err := partName(upload)
	if err != nil {
		return Blob{}, err
	}
	x, err := b.measure(name)
	if err != nil {
		return x, err
	}
	if (announced != record.Hash{}) && announced != x.Hash {
		if err := b.Discard(upload); err != nil {
			return x, err
		}
		return x, fmt.Errorf("%w: it has %s", ErrOtherHash, x.Hash.Hex())
	}
	to := blobName(x.Hash)
	if err := b.dir(dirOf(to)); err != nil {
		return x, err
	}
	if err := b.w.FS.Rename(name, to); err != nil {
		return x, err
	}
	return x, syncError(dirOf(to), b.w.FS.SyncDir(dirOf(to)))
}

// measure hashes a file and looks what it is.
func (b Blobs) measure(name string) (Blob, error) {
	f, err := b.w.FS.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return Blob{}, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 64<<10)
	head, err := in.Peek(512)
	if err != nil && err != io.EOF {
		return Blob{}, err
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	h := sha256.New()
	n, err := io.Copy(h, in)
	return Blob{Hash: record.Hash(h.Sum(nil)), Size: n, Type: kind}, err
}

// Discard throws an upload away.
func (b Blobs) Discard(upload string) error {
	name, err := partName(upload)
	if err != nil {
		return err
	}
	err = b.w.FS.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// dir makes a folder whose name is on disk.
func (b Blobs) dir(name string) error {
	if err := b.w.FS.MkdirAll(name); err != nil {
		return noSpace(err)
	}
	for d := name; d != "."; d = dirOf(d) {
		if err := syncError(dirOf(d), b.w.FS.SyncDir(dirOf(d))); err != nil {
			return err
		}
	}
	return nil
}

// Put takes a whole file in.
func (b Blobs) Put(ctx context.Context, r io.Reader) (Blob, error) {
	var chance [12]byte
	if _, err := io.ReadFull(b.w.Rand, chance[:]); err != nil {
		return Blob{}, err
	}
	upload := "put-" + hex.EncodeToString(chance[:])
	if _, err := b.Upload(ctx, upload, 0, 1<<50, r); err != nil {
		_ = b.Discard(upload) // the first error says more
		return Blob{}, err
	}
	return b.Finish(upload, record.Hash{})
}

// Stat says what a blob is; it does not hash it.
func (b Blobs) Stat(h record.Hash) (Blob, error) {
	f, err := b.w.FS.OpenFile(blobName(h), os.O_RDONLY, 0)
	if err != nil {
		return Blob{}, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return Blob{}, err
	}
	kind, _, _ := strings.Cut(http.DetectContentType(head[:n]), ";")
	size, err := f.Size()
	return Blob{h, size, kind}, err
}

// Open reads a blob. Where its bytes are not those of its name, the read that
// would end it returns a *Damage instead of io.EOF.
func (b Blobs) Open(h record.Hash) (io.ReadCloser, error) {
	f, err := b.w.FS.OpenFile(blobName(h), os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return &hashed{f, sha256.New(), h}, nil
}

type hashed struct {
	File
	sum  hash.Hash
	want record.Hash
}

func (h *hashed) Read(p []byte) (int, error) {
	n, err := h.File.Read(p)
	h.sum.Write(p[:n])
	if err == io.EOF && record.Hash(h.sum.Sum(nil)) != h.want {
		return n, damaged(blobName(h.want), 0, "holds other bytes than its name says")
	}
	return n, err
}

// Public makes a copy of a picture without what cameras and programs write into
// it: place, time, owner, device, thumbnails. The original stays. Other media
// types are refused: there is no copy of which we know what is left in it.
func (b Blobs) Public(ctx context.Context, h record.Hash) (Blob, error) {
	x, err := b.Stat(h)
	if err != nil {
		return x, err
	}
	strip := map[string]func(io.Writer, *bufio.Reader) error{"image/jpeg": stripJPEG, "image/png": stripPNG}[x.Type]
	if strip == nil {
		return x, fmt.Errorf("no public copy of a file of type %s: only of image/jpeg and image/png", x.Type)
	}
	in, err := b.Open(h)
	if err != nil {
		return x, err
	}
	defer in.Close()
	pr, pw := io.Pipe()
	go func() {
		buf := bufio.NewReader(in)
		err := strip(pw, buf)
		if err == nil { // read to the end, where the hash is compared
			_, err = io.Copy(io.Discard, buf)
		}
		pw.CloseWithError(err)
	}()
	copied, err := b.Put(ctx, pr)
	pr.CloseWithError(io.ErrClosedPipe)
	return copied, err
}
