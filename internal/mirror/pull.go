package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// pull takes a log from one source. It works in small steps, and before each asks
// itself what is most urgent.
type pull struct {
	*Log
	from   Source
	over   bool          // it is not gone on with in this visit
	relay  bool          // the source is another office than the log's own
	late   bool          // the source may be older than what was seen: a stick, a relay
	every  time.Duration // how often the checkpoint is asked for while there is other work
	asked  time.Time     // when it was asked for last
	target record.Checkpoint
	note   []byte // target, as it was signed
	tiles  *tiles
	proved *audit.Tiles                // by tiles of the source
	none   map[record.Hash]bool        // files that this source does not give
	passed map[int64]bool              // payloads that it does not have
	told   func(context.Context) error // called when there is nothing left to take
}

// forked ends a pull until somebody has looked.
type forked struct{ error }

// run takes what there is up to a rank; it returns when nothing of it is left, or
// with what stopped it. All that came is kept. more says that it is time to ask
// what is urgent again.
func (p *pull) run(ctx context.Context, upto Rank) (more bool, err error) {
	p.pulling.Lock()
	defer p.pulling.Unlock()
	if p.none == nil {
		p.none, p.passed = map[record.Hash]bool{}, map[int64]bool{}
		if err := os.MkdirAll(filepath.Join(p.dir, partName), 0o700); err != nil {
			return false, err
		}
		if err := p.checkpoint(ctx); err != nil {
			return false, err
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		did, err := p.step(ctx, upto)
		if serr := p.settle(); err == nil {
			err = serr
		}
		if err != nil {
			return false, err
		}
		if did {
			if upto > Procedure && p.now().Sub(p.asked) >= p.every {
				return true, nil
			}
			continue
		}
		if upto < Files {
			return false, p.told(ctx)
		}
		found, rerr := p.reread(ctx)
		if rerr != nil || !found {
			return false, errors.Join(rerr, p.told(ctx))
		}
	}
}

// step does the most urgent thing up to a rank; false where there is none.
func (p *pull) step(ctx context.Context, upto Rank) (bool, error) {
	for r := Hotline; r <= upto; r++ {
		var did bool
		var err error
		switch r {
		case Entries:
			did, err = p.entries(ctx)
		case SmallFiles, Files:
			did, err = p.file(ctx, r)
		default:
			did, err = p.payloads(ctx, r)
		}
		if did || err != nil {
			return did, err
		}
	}
	return false, nil
}

// checkpoint asks for the newest checkpoint, and proves that it continues all that
// was seen before.
func (p *pull) checkpoint(ctx context.Context) error {
	if err := p.stoppedBy(); err != nil {
		return err
	}
	b, err := p.from.Checkpoint(ctx)
	if err != nil {
		return err
	}
	p.asked = p.now()
	c, _, err := record.OpenCheckpoint(b, p.peer.Origin, p.key)
	if err != nil {
		return fmt.Errorf("what %s shows as a checkpoint of %s: %w", p.from.Name(), p.peer.Origin, err)
	}
	b, err = ownPart(b, p.key)
	if err != nil {
		return err
	}
	p.mu.Lock()
	seen, signed := p.seen, p.signed
	p.contact = p.now()
	p.mu.Unlock()
	p.aim(ctx, c, b)
	switch {
	case c.Size == seen.Size && c.Root == seen.Root:
		return nil
	case c.Size > seen.Size && p.near(seen, c):
		return nil // the entries themselves prove it, and are less than the tiles
	case c.Size == seen.Size && c.Size > 0:
		return p.fork(ctx, signed, b)
	case c.Size < seen.Size:
		return p.smaller(ctx, c, b)
	}
	if seen.Size > 0 {
		root, err := p.proved.Root(seen.Size)
		if err != nil {
			return p.unproved(err)
		}
		if root != seen.Root {
			return p.fork(ctx, signed, b)
		}
	}
	if err := p.see(c, b); err != nil {
		return err
	}
	return p.urgent(ctx)
}

// aim makes a checkpoint the one that is worked towards.
func (p *pull) aim(ctx context.Context, c record.Checkpoint, signed []byte) {
	p.target, p.note = c, signed
	p.tiles = &tiles{Source: p.from, kept: map[string][]byte{}}
	p.proved = audit.NewTiles(ctx, p.tiles, c)
}

// near reports whether a checkpoint is so little ahead of what is held that taking
// the entries costs less than the tiles that would prove them.
func (p *pull) near(seen, c record.Checkpoint) bool {
	held, _ := p.copy.Checkpoint()
	return held == seen && c.Size/record.Width-held.Size/record.Width <= 2
}

// see notes a checkpoint that continues all before it.
func (p *pull) see(c record.Checkpoint, signed []byte) error {
	if err := replace(filepath.Join(p.dir, seenName), signed); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.signed, p.news = c, signed, p.now()
	return nil
}

func (p *pull) stoppedBy() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped != nil {
		return forked{p.stopped}
	}
	return nil
}

// unproved says that tiles do not prove what a checkpoint says. A link that breaks
// is no such thing.
func (p *pull) unproved(err error) error {
	if !errors.Is(err, fs.ErrNotExist) && !isMismatch(err) {
		return err
	}
	p.alarm(Alarm{What: AlarmDamage, Index: -1, Says: fmt.Sprintf("%s does not serve tiles that prove the checkpoint of %d entries which %s has signed: %v", p.from.Name(), p.target.Size, p.peer.Origin, err)})
	return err
}

// isMismatch reports whether tlog found hashes that do not fit.
func isMismatch(err error) bool {
	return err != nil && (bytes.Contains([]byte(err.Error()), []byte("inconsistent tile")) || bytes.Contains([]byte(err.Error()), []byte("cut short")))
}

// smaller deals with a checkpoint of fewer entries than were seen. From the office
// itself it means that an old copy was put back there, or entries are lost; a relay
// may just be late.
func (p *pull) smaller(ctx context.Context, c record.Checkpoint, b []byte) error {
	root, err := p.rootAt(ctx, c.Size)
	if errors.Is(err, fs.ErrNotExist) && p.late {
		return nil // a stick: what was seen since is held against it when it comes
	}
	if err != nil {
		return err
	}
	if root != c.Root {
		p.mu.Lock()
		signed := p.signed
		p.mu.Unlock()
		return p.fork(ctx, b, signed)
	}
	if p.late {
		return nil
	}
	says := fmt.Sprintf("%s shows %d entries, and has signed %d before: an old copy was put back there, or entries are lost. What is held here can restore it: truce restore", p.peer.Origin, c.Size, p.seen.Size)
	return errors.Join(errors.New(says), p.alarm(Alarm{What: AlarmRollback, Index: c.Size, Says: says}))
}

// rootAt is the root of what was seen at a size: from what is held, or proved from
// the source by the checkpoint that was seen.
func (p *pull) rootAt(ctx context.Context, size int64) (record.Hash, error) {
	if r := p.copy.Reader(); r != nil && size <= r.Size() {
		return r.RootAt(size)
	}
	p.mu.Lock()
	seen := p.seen
	p.mu.Unlock()
	if size == seen.Size {
		return seen.Root, nil
	}
	return audit.NewTiles(ctx, &tiles{Source: p.from}, seen).Root(size)
}

// fork notes that the office has signed two histories, with the proof of it. What
// is held stays, and nothing more is taken until somebody has looked.
func (p *pull) fork(ctx context.Context, small, large []byte) error {
	a, _, err := record.OpenCheckpoint(small, p.peer.Origin, p.key)
	if err != nil {
		return err
	}
	c, _, err := record.OpenCheckpoint(large, p.peer.Origin, p.key)
	if err != nil {
		return err
	}
	index := min(a.Size, c.Size)
	if i, ok := p.firstDifferent(ctx, index); ok {
		index = i
	} else if index > 0 {
		index--
	}
	al := Alarm{What: AlarmFork, Index: index, Says: fmt.Sprintf("%s has signed two histories: %d entries with the root %s, and %d entries that do not continue them; seen at %s. Nothing more of it is taken", p.peer.Origin, a.Size, a.Root, c.Size, p.from.Name())}
	split, err := audit.ProveSplit(ctx, small, large, p.key, &tiles{Source: p.from})
	if errors.Is(err, audit.ErrNoSplit) {
		return nil
	}
	if err != nil { // the other history may be here
		split, err = audit.ProveSplit(ctx, small, large, p.key, audit.Dir(filepath.Join(p.dir, "log")))
	}
	if err == nil {
		al.Proof = fmt.Sprintf("%d-%d-%s.split", a.Size, c.Size, c.Root.Hex()[:8])
		if err := replace(filepath.Join(p.dir, al.Proof), split.Marshal()); err != nil {
			return err
		}
	} else {
		for _, n := range [][]byte{small, large} {
			h := audit.HashBytes(n)
			if err := replace(filepath.Join(p.dir, "fork-"+h.Hex()[:8]+".ckpt"), n); err != nil {
				return err
			}
		}
		al.Says += fmt.Sprintf(" (both checkpoints are kept; a proof that needs nothing else cannot be made: %v)", err)
	}
	return forked{errors.Join(errors.New(al.Says), p.alarm(al))}
}

// firstDifferent looks for the first entry in which the source differs from what
// is held, among the first entries.
func (p *pull) firstDifferent(ctx context.Context, within int64) (int64, bool) {
	r := p.copy.Reader()
	if r == nil {
		return 0, false
	}
	within = min(within, r.Size())
	other := func(size int64) bool { // whether the first entries differ
		mine, err := r.RootAt(size)
		theirs, terr := p.proved.Root(size)
		return err == nil && terr == nil && mine != theirs
	}
	if within > p.target.Size || !other(within) {
		return 0, false
	}
	lo, hi := int64(0), within // the first lo entries are the same, the first hi are not
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if other(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo, true
}

// entries takes the next bundle, or all at the edge with their checkpoint; false
// where the checkpoint is held.
func (p *pull) entries(ctx context.Context) (bool, error) {
	held, _ := p.copy.Checkpoint()
	if held.Size >= p.target.Size {
		if held.Size == p.target.Size && held.Size == 0 {
			return false, p.copy.Advance(p.note, nil)
		}
		return false, nil
	}
	for n := held.Size / record.Width; (n+1)*record.Width <= p.target.Size; n++ {
		there, err := p.copy.HasBundle(n)
		if err != nil {
			return false, err
		}
		if there {
			continue
		}
		return true, p.bundle(ctx, n)
	}
	return true, p.advance(ctx)
}

func bundleName(n int64, width int) string {
	return record.TilePath(tlog.Tile{H: record.TileHeight, L: -1, N: n, W: width})
}

// bundle takes one complete bundle, proved by its hash in the tile above it.
func (p *pull) bundle(ctx context.Context, n int64) error {
	begun, err := p.copy.Begun(n)
	if err != nil {
		return err
	}
	raw, err := p.from.File(ctx, bundleName(n, record.Width), begun, record.Width*(2+record.MaxEntry))
	if err != nil {
		return err
	}
	sub, err := p.proved.Subtree(1, n)
	if err != nil {
		return p.unproved(err)
	}
	if err := p.copy.AddBundle(n, raw, sub); err != nil {
		return p.wrong(ctx, n, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.look(n)
}

// wrong says which entries a source serves that are not those of the tree.
func (p *pull) wrong(ctx context.Context, n int64, err error) error {
	var d *journal.Differs
	index := n * record.Width
	if errors.As(err, &d) {
		index = d.Index
	}
	if errors.Is(err, journal.ErrRoot) || d != nil {
		if root, rerr := p.proved.Root(p.held()); rerr == nil && p.copy.Reader() != nil && root != p.copy.Reader().Checkpoint.Root {
			_, signed := p.copy.Checkpoint()
			return p.fork(ctx, signed, p.note)
		}
	}
	if !errors.Is(err, journal.ErrRoot) && d == nil {
		return err
	}
	says := fmt.Sprintf("%s serves entries of %s that are not those which it has signed, in the bundle from entry %d on", p.from.Name(), p.peer.Origin, n*record.Width)
	return errors.Join(err, p.alarm(Alarm{What: AlarmDamage, Index: index, Says: says}))
}

func (p *pull) held() int64 { c, _ := p.copy.Checkpoint(); return c.Size }

// advance takes the edge, and with it the checkpoint.
func (p *pull) advance(ctx context.Context) error {
	before := p.held()
	edge, err := p.copy.Begun(before / record.Width)
	if err != nil {
		return err
	}
	begun := map[int64][]byte{before / record.Width: edge}
	fetch := func(n int64, width int) ([]byte, error) {
		raw, err := p.from.File(ctx, bundleName(n, width), begun[n], record.Width*(2+record.MaxEntry))
		if errors.Is(err, fs.ErrNotExist) && width < record.Width { // it has grown complete
			raw, err = p.from.File(ctx, bundleName(n, record.Width), begun[n], record.Width*(2+record.MaxEntry))
		}
		return raw, err
	}
	err = p.copy.Advance(p.note, fetch)
	if errors.Is(err, fs.ErrNotExist) { // the edge has moved on: with a newer checkpoint it is there
		was := p.target.Size
		if cerr := p.checkpoint(ctx); cerr != nil || p.target.Size == was {
			return errors.Join(err, cerr)
		}
		return nil
	}
	if errors.Is(err, journal.ErrRoot) {
		return p.recheck(ctx, err)
	}
	if err != nil {
		return p.wrong(ctx, before/record.Width, err)
	}
	p.mu.Lock()
	for n := before / record.Width; n*record.Width < p.target.Size; n++ {
		if err := p.look(n); err != nil {
			p.mu.Unlock()
			return err
		}
	}
	p.mu.Unlock()
	if p.target.Size > p.seen.Size {
		if err := p.see(p.target, p.note); err != nil {
			return err
		}
	}
	return p.cosign()
}

// recheck finds out why entries do not have the root: bundles that were damaged
// here are dropped; otherwise it is the edge that the source serves.
func (p *pull) recheck(ctx context.Context, cause error) error {
	p.tiles.kept = map[string][]byte{}
	for n := p.held() / record.Width; (n+1)*record.Width <= p.target.Size; n++ {
		sub, err := p.proved.Subtree(1, n)
		if err != nil {
			return p.unproved(err)
		}
		removed, err := p.copy.Recheck(n, sub)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if removed {
			return p.alarm(Alarm{What: AlarmDamage, Index: n * record.Width, Says: fmt.Sprintf("a bundle of %s on this disk had changed, from entry %d on: it is fetched again", p.peer.Origin, n*record.Width)})
		}
	}
	return p.wrong(ctx, p.target.Size/record.Width, cause)
}

// ownPart is a checkpoint with the signature of its log alone.
func ownPart(signed []byte, key note.Verifier) ([]byte, error) {
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return nil, err
	}
	n.UnverifiedSigs = nil
	return note.Sign(n)
}
