package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// A copy of another office's log may be damaged on this disk. That keeps nobody from
// working: what still fits what was signed is used, the rest is fetched again, and an
// alarm says so.

// spoiltName is a folder below a copy with the files that were put aside.
const spoiltName = "spoilt"

// startOver puts a copy right that could not be opened. All that is made from entries
// is put aside and made anew from the bundles that are here; where these do not give
// the root that was signed, they are checked and fetched again by the next pull.
func (l *Log) startOver(cause *journal.Damage) error {
	held, known := l.newestHeld(), l.newestKnown()
	aside := filepath.Join(l.dir, spoiltName, l.now().UTC().Format("20060102T150405.000000000"))
	edge, err := l.putAside(cause, held.c, aside)
	if err != nil {
		return err
	}
	if known.signed != nil {
		if err := replace(filepath.Join(l.dir, seenName), known.signed); err != nil {
			return err
		}
	}
	if l.copy, err = journal.OpenCopy(journal.RealWorld(l.dir), l.peer.Office()); err != nil {
		return err
	}
	again := "what is missing is fetched again"
	if held.signed != nil {
		err := l.copy.Advance(held.signed, func(n int64, width int) ([]byte, error) {
			if n == held.c.Size/record.Width && edge != nil {
				return edge, nil
			}
			return nil, fs.ErrNotExist
		})
		if err == nil {
			again = fmt.Sprintf("the %d entries that are held were proved anew", held.c.Size)
		}
	}
	first := int64(-1)
	if cause.HasEntries {
		first = cause.Entries[0]
	}
	return l.alarm(Alarm{What: AlarmDamage, Index: first, Says: fmt.Sprintf("the copy of %s on this disk was damaged (%v): %s; the damaged files are in %s", l.peer.Origin, cause, again, aside)})
}

// signed is a checkpoint with its text.
type signed struct {
	c      record.Checkpoint
	signed []byte
}

// newest is the largest checkpoint of files below the copy that the office has signed.
func (l *Log) newest(names ...string) (out signed) {
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(l.dir, filepath.FromSlash(name)))
		if err == nil {
			b, err = ownPart(b, l.key)
		}
		if err != nil {
			continue
		}
		if c, _, err := record.OpenCheckpoint(b, l.peer.Origin, l.key); err == nil && (out.signed == nil || c.Size > out.c.Size) {
			out = signed{c, b}
		}
	}
	return out
}

func (l *Log) newestHeld() signed  { return l.newest("log/checkpoint", cosignedName) }
func (l *Log) newestKnown() signed { return l.newest("log/checkpoint", cosignedName, seenName) }

// putAside moves what can be made anew out of the way, and a bundle that cannot be
// read. It returns the bundle at the edge as it was on disk.
func (l *Log) putAside(cause *journal.Damage, held record.Checkpoint, aside string) (edge []byte, err error) {
	at := func(name string) string { return filepath.Join(l.dir, filepath.FromSlash(name)) }
	if width := int(held.Size % record.Width); width > 0 {
		edge, _ = os.ReadFile(at("log/" + bundleName(held.Size/record.Width, width))) // none: it is fetched
	}
	move := func(name string) error {
		to := filepath.Join(aside, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		err := os.Rename(at(name), to)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	names := []string{"office.json", "log/checkpoint", "index", doneName, cosignedName}
	levels, err := os.ReadDir(at("log/tile"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range levels {
		if e.Name() != "entries" {
			names = append(names, "log/tile/"+e.Name())
		}
	}
	if strings.HasPrefix(cause.File, "log/tile/entries/") && !strings.Contains(cause.File, ".p/") {
		names = append(names, cause.File)
	}
	for _, name := range names {
		if err := move(name); err != nil {
			return nil, err
		}
	}
	return edge, filepath.WalkDir(at("log/tile/entries"), func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.IsDir() || !strings.HasSuffix(name, ".p") {
			return err
		}
		rel, err := filepath.Rel(l.dir, name)
		if err == nil {
			err = move(filepath.ToSlash(rel))
		}
		if err != nil {
			return err
		}
		return fs.SkipDir
	})
}

// signAgain signs for what is held where the cosignature on disk does not.
func (l *Log) signAgain() error {
	held, _ := l.copy.Checkpoint()
	if l.id == nil || held.Size == 0 {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(l.dir, cosignedName))
	if err == nil {
		c, sigs, err := record.OpenCheckpoint(b, l.peer.Origin, l.key, l.id.mirror.Verifier())
		if err == nil && len(sigs) == 1 && c == held {
			return nil
		}
	}
	return l.cosign()
}

// rereadBytes is how much of the files of a bundle is read in one go.
const rereadBytes = 32 << 20

// rereading is how far a copy was read again.
type rereading struct {
	began bool
	at    time.Time
	next  int64 // bundle
	entry int   // in it, whose files come next
}

// reread reads a part of what is held again, and has fetched again what is not what
// was signed: a disk that fails does not say so. True says that there is something to
// fetch.
func (p *pull) reread(ctx context.Context) (bool, error) {
	held, _ := p.copy.Checkpoint()
	count := (held.Size + record.Width - 1) / record.Width
	if count == 0 || p.from.Name() == stickName || !p.dueAgain(count) {
		return false, nil
	}
	n := p.again.next
	d, err := p.copy.Examine(n)
	if err != nil {
		return false, err
	}
	if d != nil {
		return true, p.mendBundle(ctx, n, d)
	}
	states, entries, err := p.copy.States(n)
	if err != nil {
		return false, err
	}
	for k, s := range states {
		if s == journal.Spoilt && !p.isLacking(entries[k].Index) {
			return true, p.mendPayloads(n)
		}
	}
	return p.rereadFiles(entries)
}

// dueAgain moves on to the next bundle to be read, where it is time to.
func (p *pull) dueAgain(count int64) bool {
	r := &p.again
	if !r.began { // somewhere: a process that ends often gets everywhere as well
		r.began, r.next = true, rand.Int64N(count)
	} else if p.now().Sub(r.at) < p.rereadEvery {
		return false
	} else if r.entry == 0 {
		r.next = (r.next + 1) % count
	}
	r.at, r.next = p.now(), min(r.next, count-1)
	return true
}

func (p *pull) isLacking(i int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.lacks[i/record.Width]
	if k == nil {
		return false
	}
	for _, places := range k.places {
		for _, x := range places {
			if x == i {
				return true
			}
		}
	}
	return false
}

func (l *Log) damaged(i int64, what string) error {
	return l.alarm(Alarm{What: AlarmDamage, Index: i, Says: fmt.Sprintf("the copy of %s on this disk had changed (%s): it is fetched again", l.peer.Origin, what)})
}

func (p *pull) mendBundle(ctx context.Context, n int64, d *journal.Damage) error {
	first := n * record.Width
	if d.HasEntries {
		first = d.Entries[0]
	}
	if err := p.damaged(first, d.Error()); err != nil {
		return err
	}
	width := int(min(p.held()-n*record.Width, record.Width))
	raw, err := p.from.File(ctx, bundleName(n, width), nil, record.Width*(2+record.MaxEntry))
	if errors.Is(err, fs.ErrNotExist) && width < record.Width { // it has grown complete there
		raw, err = p.from.File(ctx, bundleName(n, record.Width), nil, record.Width*(2+record.MaxEntry))
	}
	if err != nil {
		return err
	}
	return p.copy.Mend(n, raw)
}

// mendPayloads has the payloads of a bundle that are spoilt fetched again.
func (p *pull) mendPayloads(n int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.passed {
		if i/record.Width == n {
			delete(p.passed, i)
		}
	}
	return p.look(n)
}

// rereadFiles reads files of entries again, from where it was left off.
func (p *pull) rereadFiles(entries []journal.Entry) (bool, error) {
	read := int64(0)
	for ; p.again.entry < len(entries); p.again.entry++ {
		e := entries[p.again.entry]
		for _, h := range e.Envelope.Blobs {
			if read > rereadBytes {
				return false, nil // the rest later
			}
			in, err := p.copy.Blobs().Open(h)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return false, err
			}
			n, err := io.Copy(io.Discard, in)
			in.Close()
			read += n
			var d *journal.Damage
			if errors.As(err, &d) {
				return true, p.mendFile(file{entry: e.Index, hash: h, read: readFiles[e.Envelope.Kind]}, d)
			}
			if err != nil {
				return false, err
			}
		}
	}
	p.again.entry = 0
	return false, nil
}

// mendFile puts a damaged file aside and has it fetched again.
func (p *pull) mendFile(f file, d *journal.Damage) error {
	if err := p.damaged(f.entry, d.Error()); err != nil {
		return err
	}
	name := f.hash.Hex()
	to := filepath.Join(p.dir, spoiltName, name+"-"+strconv.FormatInt(p.now().UnixNano(), 36))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(p.dir, "blob", name[:2], name[2:]), to); err != nil {
		return err
	}
	delete(p.none, f.hash)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[0] = append(p.files[0], f)
	return nil
}

// cosign signs, as tlog-mirror says, that the entries of a checkpoint are held on
// disk here.
func (l *Log) cosign() error {
	if l.id == nil {
		return nil
	}
	_, signed := l.copy.Checkpoint()
	n := &note.Note{Text: string(signed[:bytes.Index(signed, []byte("\n\n"))+1])}
	line, err := note.Sign(n, l.id.mirror)
	if err != nil {
		return err
	}
	_, line, _ = bytes.Cut(line, []byte("\n\n"))
	return replace(filepath.Join(l.dir, cosignedName), append(bytes.Clone(signed), line...))
}
