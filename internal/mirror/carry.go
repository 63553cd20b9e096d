package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// A stick carries logs in the form in which offices answer each other, as files:
//
//	STICK/LOG/office.json                 whose log it is
//	STICK/LOG/by                          the office that wrote it
//	STICK/LOG/checkpoint, tile/...        as tlog-tiles has them, from a place on
//	STICK/LOG/payloads/000                frames of the payloads of a bundle
//	STICK/LOG/blob/2c/26...               files
//	STICK/LACKS                           what the other office holds, where it wrote that
//
// LOG is the SHA-256 of the origin. Files are written beside, synced and renamed,
// so that what is there is whole: carrying on after an interruption writes what is
// missing.

// lacksName is a file by which an office says what it holds already.
const lacksName = "LACKS"

// Lacks says how many entries of each log an office holds in full.
type Lacks map[string]int64

// WriteLacks writes onto a stick what this office holds of the logs of others, so
// that only the rest need be carried.
func (m *Mirrors) WriteLacks(stick string) (Lacks, error) {
	out := Lacks{}
	for _, l := range m.Logs() {
		out[l.Origin()] = l.Complete()
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(stick, 0o700); err != nil {
		return nil, err
	}
	return out, replace(filepath.Join(stick, lacksName), append(b, '\n'))
}

// ReadLacks reads what another office wrote onto a stick; nothing where it did not.
func ReadLacks(stick string) (Lacks, error) {
	b, err := os.ReadFile(filepath.Join(stick, lacksName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	out := Lacks{}
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", lacksName, err)
	}
	return out, nil
}

// Carried is what was written onto a stick, or taken from it, of one log.
type Carried struct {
	Origin   string `json:"origin"`
	From     int64  `json:"from"`     // first entry
	Size     int64  `json:"size"`     // of the log
	Payloads int64  `json:"payloads"` // with the entries
	Withheld int64  `json:"withheld"` // payloads that the other may not have
	Files    int64  `json:"files"`
	Bytes    int64  `json:"bytes"` // written this time; what was there already is not counted
	Problem  string `json:"problem,omitempty"`
}

// CarryOut writes the own log, and the copies of others, onto a stick for an
// office, from where that says it holds them.
func (m *Mirrors) CarryOut(ctx context.Context, stick, to string, lacks Lacks) ([]Carried, error) {
	p, ok := m.peer(to)
	if !ok {
		return nil, fmt.Errorf("no office %q is known here: truce peer add makes it known", to)
	}
	if q, ok := m.quarantine(to); ok {
		return nil, fmt.Errorf("the key of %s was revoked by entry %s: nothing is carried to it", to, q.Entry)
	}
	var out []Carried
	for _, s := range m.shelves() {
		if s.origin == to || s.reader() == nil {
			continue
		}
		c := &carrying{ctx: ctx, s: s, r: s.reader(), by: m.id.Office.Origin, who: asker{p}, dir: filepath.Join(stick, ID(s.origin))}
		c.out = Carried{Origin: s.origin, From: min(lacks[s.origin], c.r.Size()), Size: c.r.Size()}
		if err := c.all(); err != nil {
			return out, fmt.Errorf("%s: %w", s.origin, err)
		}
		out = append(out, c.out)
	}
	return out, nil
}

// carrying writes one log.
type carrying struct {
	ctx context.Context
	s   *shelf
	r   *journal.Reader
	by  string
	who asker
	dir string
	out Carried
}

func (c *carrying) all() error {
	office, err := json.MarshalIndent(c.r.Office, "", "  ")
	if err != nil {
		return err
	}
	if err := c.put("office.json", append(office, '\n')); err != nil {
		return err
	}
	if err := c.put("by", []byte(c.by+"\n")); err != nil {
		return err
	}
	for n := c.out.From / record.Width; n*record.Width < c.r.Size(); n++ {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if err := c.bundle(n); err != nil {
			return err
		}
	}
	if err := c.hashes(); err != nil {
		return err
	}
	return c.put("checkpoint", c.r.Signed) // last: what it covers is there
}

// bundle writes entries that the reader has proved, with their payloads and files.
func (c *carrying) bundle(n int64) error {
	var raw, frames []byte
	last := min((n+1)*record.Width, c.r.Size())
	for i := n * record.Width; i < last; i++ {
		e, err := c.r.Entry(i)
		if err != nil {
			return err
		}
		raw = record.AppendBundled(raw, e.Bytes)
		if i < c.out.From {
			continue
		}
		f, err := c.s.frame(c.r, i, c.who)
		if err != nil {
			return err
		}
		if f.State == FrameWithheld {
			c.out.Withheld++
		} else if f.State == FrameHere && e.Envelope.Payload != (record.Hash{}) {
			c.out.Payloads++
		}
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			return err
		}
		frames = append(frames, b.Bytes()...)
		if f.State == FrameHere {
			if err := c.files(e.Envelope); err != nil {
				return err
			}
		}
	}
	if err := c.put(bundleName(n, int(last-n*record.Width)), raw); err != nil {
		return err
	}
	return c.put(fmt.Sprintf("payloads/%06d", n), frames)
}

func (c *carrying) files(e *record.Envelope) error {
	for _, h := range e.Blobs {
		in, err := c.r.Blobs().Open(h)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = c.copy("blob/"+h.Hex()[:2]+"/"+h.Hex()[2:], in)
		in.Close()
		if err != nil {
			return err
		}
		c.out.Files++
	}
	return nil
}

// hashes writes the tiles above the entries, by which each bundle can be proved by
// itself, and one history by another.
func (c *carrying) hashes() error {
	for level := 0; c.r.Size()>>(record.TileHeight*level) > 0; level++ {
		have := c.r.Size() >> (record.TileHeight * level)
		first := c.out.From >> (record.TileHeight * (level + 1))
		for n := first; n*record.Width < have; n++ {
			if level == 0 && n > first && (n+1)*record.Width <= have {
				continue // the bundle itself says the same
			}
			width := int(min(have-n*record.Width, record.Width))
			name := record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: width})
			b, err := os.ReadFile(filepath.Join(c.s.dir, "log", filepath.FromSlash(name)))
			if errors.Is(err, fs.ErrNotExist) {
				name = record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: record.Width})
				b, err = os.ReadFile(filepath.Join(c.s.dir, "log", filepath.FromSlash(name)))
			}
			if err == nil {
				err = c.put(name, b)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes a small file, where it is not there already with the same bytes.
func (c *carrying) put(name string, b []byte) error {
	to := filepath.Join(c.dir, filepath.FromSlash(name))
	if have, err := os.ReadFile(to); err == nil && bytes.Equal(have, b) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	c.out.Bytes += int64(len(b))
	return replace(to, b)
}

// copy writes a file by its hash, where it is not there with its length.
func (c *carrying) copy(name string, in io.Reader) error {
	to := filepath.Join(c.dir, filepath.FromSlash(name))
	if _, err := os.Stat(to); err == nil {
		return nil // it was renamed there when it was whole, and is hashed when it is taken in
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, in)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(to+".new", to)
	}
	c.out.Bytes += n
	return err
}

// CarryIn takes from a stick the logs of offices that are known. What is wrong with
// one does not keep the others out.
func (m *Mirrors) CarryIn(ctx context.Context, stick string) ([]Carried, error) {
	names, err := os.ReadDir(stick)
	if err != nil {
		return nil, err
	}
	var out []Carried
	for _, n := range names {
		dir := filepath.Join(stick, n.Name())
		if !n.IsDir() || len(n.Name()) != 64 {
			continue
		}
		c := Carried{Origin: originOf(dir)}
		l := m.logs[c.Origin]
		switch {
		case c.Origin == m.id.Office.Origin:
			continue
		case l == nil || ID(c.Origin) != n.Name():
			c.Problem = "no such office is known here: truce peer add makes it known by its key"
		default:
			c.From = l.Complete()
			if err := m.carryIn(ctx, l, dir); err != nil {
				c.Problem = err.Error()
			}
			c.Size = l.Complete()
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: nothing that truce carry out has written", stick)
	}
	return out, m.revoking.read()
}

func originOf(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "office.json"))
	var o journal.Office
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		return filepath.Base(dir)
	}
	return o.Origin
}

func (m *Mirrors) carryIn(ctx context.Context, l *Log, dir string) error {
	by, err := stick(dir).read("by", 1<<10)
	if err != nil {
		return err
	}
	p := &pull{Log: l, from: stick(dir), late: true, relay: strings.TrimSpace(string(by)) != l.Origin(), every: 1 << 62}
	p.told = func(ctx context.Context) error { return m.told(ctx, l) }
	_, err = p.run(ctx, Files)
	if err == nil && l.Complete() < p.target.Size {
		err = fmt.Errorf("%d of %d entries are here with their payloads: the stick was written for somebody who holds more than this office; write %s first (truce carry lacks)", l.Complete(), p.target.Size, lacksName)
	}
	return err
}

// stick is a log on a stick.
type stick string

const stickName = "the stick"

func (s stick) Name() string { return stickName }

func (s stick) read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(string(s), filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if i, err := f.Stat(); err != nil || !i.Mode().IsRegular() || i.Size() > limit {
		return nil, errors.Join(err, fmt.Errorf("%s: not a plain file of at most %d bytes", name, limit))
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

func (s stick) Checkpoint(context.Context) ([]byte, error) { return s.read("checkpoint", 1<<16) }

func (s stick) File(_ context.Context, name string, _ []byte, limit int64) ([]byte, error) {
	return s.read(name, limit)
}

// frames goes through those of a bundle.
func (s stick) frames(n int64, out func(Frame) error) error {
	f, err := os.Open(filepath.Join(string(s), "payloads", fmt.Sprintf("%06d", n)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was not carried
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return frames(f, out)
}

func (s stick) Payloads(_ context.Context, is []int64, out func(Frame) error) error {
	want, bundles := map[int64]bool{}, map[int64]bool{}
	for _, i := range is {
		want[i], bundles[i/record.Width] = true, true
	}
	for n := range bundles {
		err := s.frames(n, func(f Frame) error {
			if !want[f.Index] {
				return nil
			}
			delete(want, f.Index)
			return out(f)
		})
		if err != nil {
			return err
		}
	}
	for i := range want {
		if err := out(Frame{Index: i, State: FrameMissing}); err != nil {
			return err
		}
	}
	return nil
}

func (s stick) Payload(context.Context, int64, *os.File) error { return fs.ErrNotExist } // all are in frames

func (s stick) Blob(_ context.Context, _ int64, h record.Hash, from int64) ([]byte, int64, error) {
	f, err := os.Open(filepath.Join(string(s), "blob", h.Hex()[:2], h.Hex()[2:]))
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil || !i.Mode().IsRegular() {
		return nil, 0, errors.Join(err, fs.ErrNotExist)
	}
	b := make([]byte, min(piece, max(i.Size()-from, 0)))
	n, err := f.ReadAt(b, from)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], i.Size(), err
}

func (s stick) Urgent(context.Context, int64) (*Aheads, error) { return nil, fs.ErrNotExist }
