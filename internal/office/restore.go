package office

import (
	"archive/tar"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Restored is what became of a backup.
type Restored struct {
	Origin   string `json:"origin"`
	Backup   int64  `json:"backup"`   // entries in the backup
	Known    int64  `json:"known"`    // in the newest checkpoint that others know
	Size     int64  `json:"size"`     // entries now
	Fetched  int64  `json:"fetched"`  // from a mirror
	Payloads int64  `json:"payloads"` // of these, whose payload the mirror had too
	ReadOnly string `json:"read_only,omitempty"`
}

// elsewhere is a place where something of a log is known.
type elsewhere struct {
	name   string
	signed []byte
	c      record.Checkpoint
	tiles  audit.Source // nil: only the checkpoint
	dir    string       // a copy with payloads, if it is one
}

// Restore puts a backup into a new folder and asks what the log had said after
// it: known are files of checkpoints, folders of witnesses and of mirrors, and
// URLs of logs. What a mirror has is fetched. A record that is behind the newest
// known checkpoint, or of which nobody was asked, stays read-only: writing would
// give places twice, which is a fork.
func Restore(ctx context.Context, backup io.Reader, dir string, known []string) (*Restored, error) {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("%s is not empty: a backup is restored into a new folder", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	// until everything was asked, nobody may write
	if err := replace(filepath.Join(dir, readOnlyName), []byte("restoring it was not finished\n")); err != nil {
		return nil, err
	}
	if err := unpack(ctx, backup, dir); err != nil {
		return nil, err
	}
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, fmt.Errorf("not a backup of a record: %w", err)
	}
	for _, d := range damage {
		return nil, fmt.Errorf("the backup is damaged: %w", d)
	}
	out := &Restored{Origin: r.Office.Origin, Backup: r.Size(), Size: r.Size(), Known: r.Size()}
	x := &restoring{ctx: ctx, dir: dir, r: r, key: r.Verifier(), out: out}
	if err := x.ask(known); err != nil {
		return nil, err
	}
	if err := x.catchUp(); err != nil {
		return nil, err
	}
	if err := journal.ResetWAL(journal.RealWorld(dir), out.Size); err != nil {
		return nil, err
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	return out, x.release(len(known))
}

type restoring struct {
	ctx    context.Context
	dir    string
	r      *journal.Reader
	key    note.Verifier
	places []elsewhere
	lost   []string // ids of entries whose payload no mirror had
	out    *Restored
}

// unpack writes the files of a backup.
func unpack(ctx context.Context, in io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	t := tar.NewReader(in)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not a backup: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) || h.Name == readOnlyName {
			return fmt.Errorf("%q does not belong into a backup", h.Name)
		}
		if err := root.MkdirAll(filepath.Dir(h.Name), 0o755); err != nil {
			return err
		}
		perm := os.FileMode(0o644)
		if h.Name == "log.key" || strings.HasPrefix(h.Name, "payload/") {
			perm = 0o600
		}
		f, err := root.OpenFile(h.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, t)
		if err == nil {
			err = f.Sync()
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
}

// ask collects what others know of the log, and keeps it.
func (x *restoring) ask(known []string) error {
	for _, k := range known {
		e, err := x.place(k)
		if err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
		x.places = append(x.places, e)
		x.out.Known = max(x.out.Known, e.c.Size)
		name := fmt.Sprintf("%d-%s.ckpt", e.c.Size, e.c.Root.Hex()[:8])
		if err := os.MkdirAll(filepath.Join(x.dir, "known"), 0o755); err != nil {
			return err
		}
		if err := replace(filepath.Join(x.dir, "known", name), e.signed); err != nil {
			return err
		}
	}
	kept, err := remembered(x.dir)
	if err != nil {
		return err
	}
	for _, b := range kept {
		c, err := journal.ReadCheckpoint(b, x.r.Office)
		if err != nil {
			return err
		}
		x.out.Known = max(x.out.Known, c.Size)
	}
	return nil
}

// place looks what a file, folder or URL is.
func (x *restoring) place(name string) (elsewhere, error) {
	e := elsewhere{name: name}
	read := func(s audit.Source, file string) bool {
		b, err := s.Read(x.ctx, file, 1<<16)
		if err != nil {
			return false
		}
		c, err := journal.ReadCheckpoint(b, x.r.Office)
		if err != nil || c.Size < e.c.Size {
			return false
		}
		e.signed, e.c = b, c
		return true
	}
	if strings.Contains(name, "://") {
		w, err := audit.NewWeb(name)
		if err != nil {
			return e, err
		}
		if !read(w, "checkpoint") {
			return e, fmt.Errorf("no checkpoint of %s is served there", x.r.Office.Origin)
		}
		e.tiles = w
		return e, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return e, err
	}
	d := audit.Dir(name)
	switch {
	case !info.IsDir():
		if !read(audit.Dir(filepath.Dir(name)), filepath.Base(name)) {
			return e, fmt.Errorf("not a checkpoint of %s that its key signed", x.r.Office.Origin)
		}
	case read(d, "log/checkpoint"):
		e.tiles = audit.Dir(filepath.Join(name, "log"))
		if _, err := os.Stat(filepath.Join(name, "payload")); err == nil {
			e.dir = name
		}
	case read(d, audit.HashBytes([]byte(x.r.Office.Origin)).Hex()+"/checkpoint"):
	case read(d, "checkpoint"):
		e.tiles = d
	default:
		return e, fmt.Errorf("neither a mirror nor a witness of %s", x.r.Office.Origin)
	}
	return e, nil
}

// catchUp fetches from the mirror that is furthest what the backup does not hold.
func (x *restoring) catchUp() error {
	var best *elsewhere
	for i := range x.places {
		e := &x.places[i]
		if e.tiles != nil && e.c.Size > x.out.Size && (best == nil || e.c.Size > best.c.Size || e.c.Size == best.c.Size && e.dir != "") {
			best = e
		}
	}
	if best == nil {
		return nil
	}
	t := audit.NewTiles(x.ctx, best.tiles, best.c)
	root, err := t.Root(x.r.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", best.name, err)
	}
	if root != x.r.Checkpoint.Root {
		return fmt.Errorf("%s has another history of the first %d entries than the backup: the log has signed both. Nothing is restored; truce verify %s --since %s proves it", best.name, x.r.Size(), best.name, filepath.Join(x.dir, "signed"))
	}
	if err := x.fetch(best); err != nil {
		return fmt.Errorf("%s: %w", best.name, err)
	}
	x.out.Fetched, x.out.Size = best.c.Size-x.r.Size(), best.c.Size
	for _, name := range []string{"signed", "log/checkpoint"} {
		if err := replace(filepath.Join(x.dir, filepath.FromSlash(name)), best.signed); err != nil {
			return err
		}
	}
	keys, err := best.tiles.Read(x.ctx, "keys", 64<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return replace(filepath.Join(x.dir, filepath.FromSlash(keysName)), keys)
}

// fetch copies bundles and tiles, and payloads where the mirror has them.
func (x *restoring) fetch(e *elsewhere) error {
	old := x.r.Size()
	keys := map[int64]audit.PublicKey{}
	if b, err := e.tiles.Read(x.ctx, "keys", 64<<20); err == nil {
		ks, err := audit.ReadKeys(b)
		if err != nil {
			return err
		}
		for _, k := range ks {
			keys[k.Index] = k
		}
	}
	for level := -1; ; level++ {
		shift := record.TileHeight * max(level, 0)
		have := e.c.Size >> shift
		if have == 0 {
			return nil
		}
		for n := old >> shift / record.Width; n*record.Width < have; n++ {
			width := int(min(have-n*record.Width, record.Width))
			name := record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: width})
			b, err := e.tiles.Read(x.ctx, name, record.Width*(2+record.MaxEntry))
			if err != nil {
				return err
			}
			to := filepath.Join(x.dir, "log", filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			if err := replace(to, b); err != nil {
				return err
			}
			if level < 0 {
				if err := x.payloads(e, n, b, old, keys); err != nil {
					return err
				}
			}
		}
	}
}

// payloads makes the segment of a bundle: what the backup has of it, then what
// the mirror has, and zeros where nobody has it.
func (x *restoring) payloads(e *elsewhere, n int64, bundle []byte, old int64, keys map[int64]audit.PublicKey) error {
	es, err := decodeBundle(bundle, n)
	if err != nil {
		return err
	}
	mine, err := os.ReadFile(filepath.Join(x.dir, filepath.FromSlash(segment(n))))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var theirs []byte
	if e.dir != "" {
		if theirs, err = os.ReadFile(filepath.Join(e.dir, filepath.FromSlash(segment(n)))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	var out []byte
	for k, env := range es {
		i, end := n*record.Width+int64(k), int64(len(out))+span(env)
		switch {
		case i < old && int64(len(mine)) >= end:
			out = append(out, mine[len(out):end]...)
			continue
		case int64(len(theirs)) >= end && sound(env, theirs[len(out):end]):
			out = append(out, theirs[len(out):end]...)
			x.out.Payloads++
			continue
		}
		out = append(out, env.Payload[:]...)
		if env.Payload == (record.Hash{}) {
			out = append(out, make([]byte, record.SaltSize+4)...)
			continue
		}
		salt, body := make([]byte, record.SaltSize), make([]byte, env.Size)
		if key, ok := keys[i]; ok && len(key.Salt) == len(salt) && len(key.Payload) == len(body) {
			salt, body = key.Salt, key.Payload
		} else {
			x.lost = append(x.lost, env.ID)
		}
		out = append(out, salt...)
		out = binary.BigEndian.AppendUint32(out, uint32(env.Size))
		out = append(out, body...)
	}
	name := filepath.Join(x.dir, filepath.FromSlash(segment(n)))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return replace(name, out)
}

// sound reports whether the record of a payload is what the entry committed to.
func sound(e *record.Envelope, b []byte) bool {
	if e.Payload == (record.Hash{}) {
		return true
	}
	return record.CheckPayload(e, [record.SaltSize]byte(b[32:]), b[32+record.SaltSize+4:]) == nil
}

// check verifies what was put together, by all that is known.
func (x *restoring) check() error {
	r, _, err := audit.VerifyDir(x.ctx, x.dir, audit.Options{Now: time.Time{}})
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		switch {
		case p.About == audit.OfStore && p.File == "index": // made anew when it is opened
		case p.About == audit.OfRollback: // it stays read-only
		case p.About == audit.OfPayload && len(x.lost) > 0: // said in an entry
		case p.About == audit.OfBlob && x.out.Fetched > 0: // files of entries that a mirror had
		default:
			return fmt.Errorf("what was restored does not verify, and stays read-only: %w", p)
		}
	}
	return nil
}

// release lets the record be written to, where it is not behind what is known.
func (x *restoring) release(asked int) error {
	switch {
	case asked == 0:
		x.out.ReadOnly = "nobody was asked what the log had said after the backup: restore it again with --known (a mirror, a witness, a checkpoint that somebody kept), or begin a record with a new origin in another folder"
	case x.out.Size < x.out.Known:
		x.out.ReadOnly = fmt.Sprintf("the log has signed %d entries, and only %d are here: give a mirror that has the rest with --known, or begin a record with a new origin in another folder", x.out.Known, x.out.Size)
	}
	name := filepath.Join(x.dir, readOnlyName)
	if x.out.ReadOnly != "" {
		return replace(name, []byte(x.out.ReadOnly+"\n"))
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	if len(x.lost) == 0 {
		return syncDir(x.dir)
	}
	o, err := Open(x.dir, "", journal.Options{Interval: -1})
	if err != nil {
		return err
	}
	for from := 0; from < len(x.lost) && err == nil; from += 500 {
		d := draft{kind: record.KindErasure, payload: record.ErasureEntry{Reason: "lost with the disk of the office; the entries were fetched from a mirror, which has no payloads"}}
		for _, id := range x.lost[from:min(from+500, len(x.lost))] {
			d.refs = append(d.refs, record.Ref{Relation: record.Erases, ID: id})
		}
		_, _, _, err = o.record(x.ctx, d)
	}
	if cerr := o.Close(); err == nil {
		err = cerr
	}
	return err
}
