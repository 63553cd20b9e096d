package office

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
	if err := journal.ResetWAL(journal.RealWorld(dir), out.Size); err != nil {
		return nil, err
	}
	if err := x.catchUp(); err != nil {
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
	copied, keys, err := x.copyOf(best)
	if err != nil {
		return fmt.Errorf("%s: %w", best.name, err)
	}
	var forked *journal.Forked
	x.out.Fetched, err = journal.Restore(x.ctx, journal.RealWorld(x.dir), copied, func(e journal.Entry) (journal.Payload, bool) {
		if k, ok := keys[e.Index]; ok && len(k.Salt) == record.SaltSize {
			return journal.Payload{Salt: [record.SaltSize]byte(k.Salt), Bytes: k.Payload}, true
		}
		p, err := copied.Payload(e.Index)
		if err == nil {
			x.out.Payloads++
		}
		return p, err == nil
	})
	if errors.As(err, &forked) {
		return fmt.Errorf("%s has another history than the backup: the log has signed both. Nothing is restored; truce verify %s --since %s proves it: %w", best.name, best.name, filepath.Join(x.dir, "signed"), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", best.name, err)
	}
	x.out.Size += x.out.Fetched
	if best.dir != "" {
		if err := x.files(best.dir); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(x.dir, fetchedDir)); err != nil {
		return err
	}
	return x.serve(keys)
}

// fetchedDir holds what is fetched of a log while it is taken in.
const fetchedDir = "fetched"

// copyOf opens the copy that a mirror has: where it is, or fetched as far as it is
// needed. The payloads of keys come from what the log serves.
func (x *restoring) copyOf(e *elsewhere) (*journal.Reader, map[int64]audit.PublicKey, error) {
	keys := map[int64]audit.PublicKey{}
	b, err := e.tiles.Read(x.ctx, "keys", 64<<20)
	if err == nil {
		ks, err := audit.ReadKeys(b)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range ks {
			keys[k.Index] = k
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	dir := e.dir
	if dir == "" {
		if dir, err = x.fetch(e); err != nil {
			return nil, nil, err
		}
	}
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	for _, d := range damage {
		if d.File != "signed" { // a mirror has none
			return nil, nil, d
		}
	}
	return r, keys, err
}

// fetch copies the tiles of a log from the end of the backup on.
func (x *restoring) fetch(e *elsewhere) (string, error) {
	dir := filepath.Join(x.dir, fetchedDir)
	write := func(name string, b []byte) error {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o644)
	}
	office, err := os.ReadFile(filepath.Join(x.dir, "office.json"))
	if err == nil {
		err = write("office.json", office)
	}
	if err == nil {
		err = write("log/checkpoint", e.signed)
	}
	if err != nil {
		return "", err
	}
	for level := -1; ; level++ {
		shift := record.TileHeight * max(level, 0)
		have := e.c.Size >> shift
		if have == 0 {
			return dir, nil
		}
		for n := (x.r.Size() >> shift) / record.Width; n*record.Width < have; n++ {
			width := int(min(have-n*record.Width, record.Width))
			name := record.TilePath(tlog.Tile{H: record.TileHeight, L: level, N: n, W: width})
			b, err := e.tiles.Read(x.ctx, name, record.Width*(2+record.MaxEntry))
			if err == nil {
				err = write("log/"+name, b)
			}
			if err != nil {
				return "", err
			}
		}
	}
}

// serve adds to the payloads of keys that the log serves.
func (x *restoring) serve(keys map[int64]audit.PublicKey) error {
	var out []byte
	for _, i := range slices.Sorted(maps.Keys(keys)) {
		if i >= x.out.Size {
			continue
		}
		line, err := json.Marshal(keys[i])
		if err != nil {
			return err
		}
		out = append(append(out, line...), '\n')
	}
	if len(out) == 0 {
		return nil
	}
	return replace(filepath.Join(x.dir, filepath.FromSlash(keysName)), out)
}

// files copies files that a mirror has and the backup has not.
func (x *restoring) files(mirror string) error {
	blobs := filepath.Join(mirror, "blob")
	return filepath.WalkDir(blobs, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == blobs {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(mirror, name)
		if err != nil || strings.Contains(filepath.ToSlash(rel), "/part/") {
			return err
		}
		to := filepath.Join(x.dir, rel)
		if _, err := os.Stat(to); err == nil {
			return nil
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return copyFile(to, f)
	})
}

func copyFile(to string, in io.Reader) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// check verifies what was put together, by all that is known.
func (x *restoring) check() error {
	r, _, err := audit.VerifyDir(x.ctx, x.dir, audit.Options{Now: time.Time{}})
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		switch {
		case p.About == audit.OfRollback: // it stays read-only
		case p.About == audit.OfBlob && x.out.Fetched > 0: // files that no mirror had
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
	if x.out.ReadOnly == "" {
		if err := x.tenure(); err != nil {
			return err
		}
	}
	name := filepath.Join(x.dir, readOnlyName)
	if x.out.ReadOnly != "" {
		return replace(name, []byte(x.out.ReadOnly+"\n"))
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	return syncDir(x.dir)
}

// tenure looks whether another machine took the log over after the backup.
func (x *restoring) tenure() error {
	r, _, err := journal.OpenReader(journal.RealWorld(x.dir))
	if err != nil {
		return err
	}
	for e, err := range r.Range(x.out.Backup, r.Size()) {
		if err != nil {
			return err
		}
		if e.Envelope.Kind == record.KindTenure {
			x.out.ReadOnly = fmt.Sprintf("another machine took this log over after the backup (entry %d): truce promote makes this one write it again", e.Index)
		}
	}
	return nil
}
