package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// tiles checks partial tiles: reading the entries did not need them, but others
// may still ask for them.
func (c *checker) tiles(ctx context.Context) error {
	for level := -1; level < len(c.r.edge.levels); level++ {
		shift := record.TileHeight * max(level, 0)
		for n := int64(0); n*record.Width < c.r.Size()>>shift; n++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.partials(level, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) partials(level int, n int64) error {
	dir := tileName(level, n, record.Width) + ".p"
	parts, err := c.w.FS.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	hashes, err := c.r.tile(max(level, 0), n)
	if err != nil {
		return c.say(err)
	}
	for _, p := range parts {
		width, err := strconv.Atoi(p)
		if err != nil || width > len(hashes) {
			continue // of an attempt that was interrupted
		}
		b, err := c.w.read(dir + "/" + p)
		if err != nil {
			return err
		}
		if d := sameTile(dir+"/"+p, level, n, b, hashes[:width]); d != nil {
			c.report(d)
		}
	}
	return nil
}

// sameTile compares one file of a tile, or of a bundle, with its proved hashes.
func sameTile(name string, level int, n int64, b []byte, hashes []tlog.Hash) *Damage {
	if level < 0 {
		entries, d := checkBundle(name, n, b, hashes)
		if d == nil {
			d = overlong(name, n, b, entries)
		}
		return d
	}
	want := flat(hashes)
	if bytes.Equal(b, want) {
		return nil
	}
	at := 0
	for at < len(b) && at < len(want) && b[at] == want[at] {
		at++
	}
	at -= at % tlog.HashSize
	shift := record.TileHeight * level
	first := (n*record.Width + int64(at/tlog.HashSize)) << shift
	return damaged(name, int64(at), "holds another hash than the one that is proved").touching(first, first+1<<shift-1)
}

// wal checks the frames of the WAL.
func (c *checker) wal(context.Context) error {
	names, err := c.w.walNames()
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && c.o.Mirror {
			return nil
		}
		return err
	}
	next := int64(-1)
	for i, name := range names {
		b, err := c.w.read("wal/" + name)
		if err != nil {
			return err
		}
		first := walFirst(name)
		if i > 0 && first != next {
			c.report(damaged("wal/"+name, 0, "does not follow the file before it"))
		}
		if next = c.frames("wal/"+name, b, first); next < 0 {
			return nil
		}
	}
	if len(names) == 0 || walFirst(names[0]) > c.r.Size() || next < c.r.Size() {
		return damaged(walName(c.r.Size()), 0, "is missing or cut short: entries from %d on may have been in it", max(next, 0))
	}
	return nil
}

// frames checks the frames of one file and returns the index that follows, or -1.
func (c *checker) frames(name string, b []byte, next int64) int64 {
	for at := int64(0); at < int64(len(b)) || at == 0; {
		f, bit, err := readFrame(b[at:])
		if err != nil {
			c.report(damaged(name, at, "%v", err).touching(next, next))
			return -1
		}
		if bit >= 0 {
			c.report(damaged(name, at+bit/8, "bit %d has flipped; opening the record puts it right", bit%8).touching(f.first, f.first+int64(max(f.count, 1))-1))
		}
		if f.first != next {
			c.report(damaged(name, at, "a frame that does not follow the one before it").touching(next, next))
			return -1
		}
		next += int64(f.count)
		at += int64(f.length)
	}
	return next
}

// blobs hashes every blob.
func (c *checker) blobs(ctx context.Context) error {
	dirs, err := c.w.FS.ReadDir("blob")
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, d := range dirs {
		if len(d) != 2 || strings.Trim(d, "0123456789abcdef") != "" {
			continue
		}
		names, err := c.w.FS.ReadDir("blob/" + d)
		if err != nil {
			return err
		}
		for _, n := range names {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.blob("blob/"+d+"/"+n, d+n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *checker) blob(name, want string) error {
	f, err := c.w.FS.OpenFile(name, 0, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		c.report(damaged(name, 0, "holds bytes with the hash %s", got))
	}
	return nil
}
