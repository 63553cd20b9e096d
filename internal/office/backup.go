package office

import (
	"archive/tar"
	"context"
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

// Backup writes a copy of a record as of its last checkpoint. Another process may
// write meanwhile: what the checkpoint covers does not change any more. What was
// acknowledged after it is not in the copy; receipts say so when it is restored.
//
// The copy holds the key of the log and all payloads.
func Backup(ctx context.Context, dir string, out io.Writer) (record.Checkpoint, error) {
	b := backup{ctx: ctx, dir: dir, t: tar.NewWriter(out)}
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return b.c, err
	}
	for _, d := range damage {
		return b.c, fmt.Errorf("the record is damaged, no copy is made of it: %w", d)
	}
	b.c = r.Checkpoint
	for _, step := range []func() error{
		func() error { return b.file("office.json") },
		func() error { return b.file("log.key") },
		func() error { return b.bytes("signed", r.Signed) },
		func() error { return b.bytes("log/checkpoint", r.Signed) },
		func() error { return b.file("log/keys") },
		b.tiles, b.payloads, b.index, b.blobs,
		func() error { return b.notes(r) },
		func() error { return b.folder("known") },
		func() error { return b.folder("cosigned") },
	} {
		if err := step(); err != nil {
			return b.c, err
		}
	}
	return b.c, b.t.Close()
}

type backup struct {
	ctx context.Context
	dir string
	c   record.Checkpoint
	t   *tar.Writer
}

func (b *backup) path(name string) string { return filepath.Join(b.dir, filepath.FromSlash(name)) }

func (b *backup) bytes(name string, c []byte) error {
	if err := b.ctx.Err(); err != nil {
		return err
	}
	if err := b.t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(c)), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := b.t.Write(c)
	return err
}

// file copies a file; one that is not there is left out.
func (b *backup) file(name string) error {
	c, err := os.ReadFile(b.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.bytes(name, c)
}

// part copies the beginning of a file that grows.
func (b *backup) part(name string, size int64) error {
	f, err := os.Open(b.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := b.t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err = io.CopyN(b.t, f, size)
	return err
}

// tiles copies bundles and tiles as the checkpoint has them. A partial one that
// is gone has become complete, and begins with it.
func (b *backup) tiles() error {
	for level := -1; ; level++ {
		shift := record.TileHeight * max(level, 0)
		have := b.c.Size >> shift
		if have == 0 {
			return nil
		}
		for n := int64(0); n*record.Width < have; n++ {
			width := int(min(have-n*record.Width, record.Width))
			name := "log/" + record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: width})
			c, err := os.ReadFile(b.path(name))
			if errors.Is(err, fs.ErrNotExist) && width < record.Width {
				c, err = b.cut(level, n, width)
			}
			if err != nil {
				return err
			}
			if err := b.bytes(name, c); err != nil {
				return err
			}
		}
	}
}

func (b *backup) cut(level int, n int64, width int) ([]byte, error) {
	c, err := os.ReadFile(b.path("log/" + record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: record.Width})))
	if err != nil {
		return nil, err
	}
	if level >= 0 {
		return c[:min(len(c), width*tlog.HashSize)], nil
	}
	es, err := record.Unbundle(c)
	if err != nil || len(es) < width {
		return nil, fmt.Errorf("bundle %d is damaged", n)
	}
	var out []byte
	for _, e := range es[:width] {
		out = record.AppendBundled(out, e)
	}
	return out, nil
}

// segment is the file with the payloads of a bundle.
func segment(n int64) string {
	return "payload/" + strings.TrimPrefix(record.TilePath(tlog.Tile{H: record.TileHeight, L: -1, N: n, W: record.Width}), "tile/entries/")
}

// span is how long the record of a payload is in its segment.
func span(e *record.Envelope) int64 { return 32 + record.SaltSize + 4 + e.Size }

// payloads copies segments; the last one as far as the checkpoint goes.
func (b *backup) payloads() error {
	for n := int64(0); n*record.Width < b.c.Size; n++ {
		size := int64(0)
		if width := int(min(b.c.Size-n*record.Width, record.Width)); width < record.Width {
			es, err := b.entries(n, width)
			if err != nil {
				return err
			}
			for _, e := range es {
				size += span(e)
			}
		} else if info, err := os.Stat(b.path(segment(n))); err != nil {
			return err
		} else {
			size = info.Size()
		}
		if err := b.part(segment(n), size); err != nil {
			return err
		}
	}
	return nil
}

func (b *backup) entries(n int64, width int) ([]*record.Envelope, error) {
	c, err := os.ReadFile(b.path("log/" + record.TilePath(tlog.Tile{H: record.TileHeight, L: -1, N: n, W: width})))
	if errors.Is(err, fs.ErrNotExist) {
		c, err = b.cut(-1, n, width)
	}
	if err != nil {
		return nil, err
	}
	return decodeBundle(c, n)
}

func decodeBundle(c []byte, n int64) ([]*record.Envelope, error) {
	raw, err := record.Unbundle(c)
	if err != nil {
		return nil, fmt.Errorf("bundle %d: %w", n, err)
	}
	var out []*record.Envelope
	for _, r := range raw {
		e, err := record.Decode(r)
		if err != nil {
			return nil, fmt.Errorf("bundle %d: %w", n, err)
		}
		out = append(out, e)
	}
	return out, nil
}

func (b *backup) index() error { return b.part("index", 48*b.c.Size) }

func (b *backup) blobs() error {
	return filepath.WalkDir(b.path("blob"), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(b.dir, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "part" {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return b.part(filepath.ToSlash(rel), info.Size())
	})
}

// notes copies the receipts whose entries the checkpoint covers.
func (b *backup) notes(r *journal.Reader) error {
	names, err := os.ReadDir(b.path("receipts"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, n := range names {
		c, err := os.ReadFile(b.path("receipts/" + n.Name()))
		if err != nil {
			return err
		}
		x, err := record.OpenReceipt(c, r.Office.Origin, r.Verifier())
		if err != nil || x.Index+x.Count > b.c.Size {
			continue
		}
		if err := b.bytes("receipts/"+n.Name(), c); err != nil {
			return err
		}
	}
	return nil
}

// folder copies a folder of small files.
func (b *backup) folder(dir string) error {
	names, err := os.ReadDir(b.path(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, n := range names {
		if strings.HasPrefix(n.Name(), ".") || n.IsDir() {
			continue
		}
		if err := b.file(dir + "/" + n.Name()); err != nil {
			return err
		}
	}
	return nil
}
