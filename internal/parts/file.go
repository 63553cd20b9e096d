package parts

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/truce-project/truce/internal/feeds"
)

// A part is one file: what was answered and rows that were set apart (a line of
// JSON each), packed with zstd, since verdicts are many and much alike; a line of
// JSON that says what it is, the SHA-256 of that line, and its length as a fixed
// number of digits. It is written beside its name and moved there.
type part struct {
	Plan   string          `json:"plan"` // its digest
	Unit   int             `json:"unit"`
	Rows   int64           `json:"rows"`   // bytes of what was answered
	Apart  int64           `json:"apart"`  // bytes of what was set apart
	Packed int64           `json:"packed"` // bytes of both in the file
	SHA256 string          `json:"sha256"` // of both as they are packed, a thirtieth of what they say
	Sum    feeds.Summary   `json:"sum"`
	Plain  int             `json:"plain"`
	Ended  bool            `json:"ended"`           // as of apart, behind the last of them
	State  json.RawMessage `json:"state,omitempty"` // of the answer: what it counted
}

// apart is a row that was set apart.
type apart struct {
	Line int    `json:"line"`
	Text []byte `json:"text"` // need not be UTF-8
	// Ended: a row with which the incident before ends stood before it, since the
	// last that was set apart.
	Ended bool `json:"ended,omitempty"`
}

const (
	digits  = 10
	trailer = 2*sha256.Size + digits // behind what a part says of itself
)

func (p *Plan) partName(n int) string { return filepath.Join(p.dir, fmt.Sprintf("part-%06d", n)) }

// partWriter writes a part.
type partWriter struct {
	f    *os.File
	pack *zstd.Encoder
	buf  *bufio.Writer
	sum  hash.Hash
	n    int64
	name string
}

// window is how far back a packed part refers, which bounds memory.
const window = 1 << 20

// Pack packs what is written to w, on the goroutine that writes it.
func Pack(w io.Writer) (*zstd.Encoder, error) {
	return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true))
}

func (p *Plan) newPart(n int) (*partWriter, error) {
	f, err := os.CreateTemp(p.dir, ".new-*")
	if err != nil {
		return nil, err
	}
	w := &partWriter{f: f, sum: sha256.New(), name: p.partName(n)}
	if w.pack, err = Pack(io.MultiWriter(f, w.sum)); err != nil {
		w.abandon()
		return nil, err
	}
	w.buf = bufio.NewWriterSize(w.pack, 1<<18)
	return w, nil
}

// Write writes what was answered.
func (w *partWriter) Write(b []byte) (int, error) {
	n, err := w.buf.Write(b)
	w.n += int64(n)
	return n, err
}

func (w *partWriter) abandon() {
	if w.pack != nil {
		w.pack.Close()
	}
	w.f.Close()
	os.Remove(w.f.Name())
}

// finish writes the end of the part and moves it to its name.
func (w *partWriter) finish(h part, aside []apart) error {
	h.Rows = w.n
	for _, a := range aside {
		b, err := json.Marshal(a)
		if err != nil {
			return settle(w.f, w.name, err)
		}
		w.Write(append(b, '\n'))
	}
	h.Apart = w.n - h.Rows
	err := w.buf.Flush()
	if cerr := w.pack.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		h.Packed, err = w.f.Seek(0, io.SeekCurrent)
	}
	h.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	b, jerr := json.Marshal(h)
	if err == nil {
		err = jerr
	}
	if err == nil {
		_, err = fmt.Fprintf(w.f, "%s%x%*d", b, sha256.Sum256(b), digits, len(b))
	}
	return settle(w.f, w.name, err)
}

// errOther says that a part belongs to something else, or is damaged.
var errOther = errors.New("this is no part of this plan")

// readPart reads what a part says of itself; false if it is not there.
func (p *Plan) readPart(n int) (part, bool, error) {
	f, err := os.Open(p.partName(n))
	if errors.Is(err, fs.ErrNotExist) {
		return part{}, false, nil
	}
	if err != nil {
		return part{}, false, err
	}
	defer f.Close()
	h, err := p.header(f, n)
	return h, err == nil, err
}

func (p *Plan) header(f *os.File, n int) (h part, err error) {
	info, err := f.Stat()
	if err != nil {
		return h, err
	}
	b := make([]byte, trailer)
	if _, err := f.ReadAt(b, info.Size()-trailer); err != nil {
		return h, fmt.Errorf("%s: %w", f.Name(), errOther)
	}
	sum := string(b[:trailer-digits])
	var size int64
	if _, err := fmt.Sscan(string(bytes.TrimSpace(b[trailer-digits:])), &size); err != nil || size <= 0 || size > info.Size()-trailer {
		return h, fmt.Errorf("%s: %w", f.Name(), errOther)
	}
	b = make([]byte, size)
	if _, err := f.ReadAt(b, info.Size()-trailer-size); err != nil {
		return h, err
	}
	if err := json.Unmarshal(b, &h); err != nil || fmt.Sprintf("%x", sha256.Sum256(b)) != sum || h.Plan != p.digest || h.Unit != n || h.Packed+size+trailer != info.Size() {
		return h, fmt.Errorf("%s: %w", f.Name(), errOther)
	}
	return h, nil
}

// copyPart writes what a part answered to w, and returns what it set apart.
func (p *Plan) copyPart(n int, w io.Writer) (part, []apart, error) {
	f, err := os.Open(p.partName(n))
	if err != nil {
		return part{}, nil, err
	}
	defer f.Close()
	h, err := p.header(f, n)
	if err != nil {
		return h, nil, err
	}
	damaged := fmt.Errorf("%s is damaged: delete it, and run again", f.Name())
	sum := sha256.New()
	packed := io.TeeReader(io.LimitReader(f, h.Packed), sum)
	unpack, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return h, nil, err
	}
	defer unpack.Close()
	in := &noting{r: unpack}
	r := bufio.NewReaderSize(io.LimitReader(in, h.Rows+h.Apart), 1<<18)
	if _, err := io.CopyN(w, r, h.Rows); err != nil {
		if in.err != nil {
			err = damaged
		}
		return h, nil, err
	}
	var aside []apart
	dec := json.NewDecoder(r)
	for h.Apart > 0 {
		var a apart
		if err := dec.Decode(&a); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return h, nil, damaged
		}
		aside = append(aside, a)
	}
	if _, err := io.Copy(io.Discard, packed); err != nil { // what the reader left of it
		return h, nil, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != h.SHA256 {
		return h, nil, damaged
	}
	return h, aside, nil
}

// noting remembers that reading failed, and not writing.
type noting struct {
	r   io.Reader
	err error
}

// Read reads.
func (n *noting) Read(b []byte) (int, error) {
	k, err := n.r.Read(b)
	if err != nil {
		n.err = err
	}
	return k, err
}
