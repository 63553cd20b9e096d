package audit

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// auditor is the state of one audit.
type auditor struct {
	o     Options
	r     *Report
	dir   Dir    // "" of a log on the network
	log   Source // of tiles, bundles and the checkpoint
	below string // folder of the log, for names in problems
	key   note.Verifier
	cp    record.Checkpoint
	// private says that payloads and the office's own files are here.
	private bool

	earlier []earlier // checkpoints, by size
	served  map[int64]PublicKey

	spine  spine
	subs   []tlog.Hash // of complete bundles
	above  []tlog.Hash // of the tile of level 1 that is at hand
	aboveN int64

	ring      *record.KeyRing
	unread    bool // the payload of a key could not be read
	holes     bool // entries could not be read
	gap       bool // not even their hashes
	last      map[record.KeyID]record.Hash
	ids       []idAt
	erased    map[string]bool
	destroyed []destroyed
	blobs     map[record.Hash]*blobUse
	receipts  []*promise // by their first entry
	active    []*promise
	broken    []*promise            // whose entries are not at their place
	stands    map[record.Hash]int64 // where leaves of receipts stand; -1: not seen
	tenures   []int64               // places of entries that say who writes
	waiting   map[int64]record.Hash // leaves in the WAL, after the checkpoint
	damaged   []Entries             // that cannot be read in the WAL
	items     []Item
	indexFile *os.File

	keysMu sync.RWMutex
	keys   map[record.KeyID]ed25519.PublicKey
}

type idAt struct {
	id [16]byte
	at int64
}

type destroyed struct {
	id string
	at int64
}

// earlier is a checkpoint of before, that this history must continue.
type earlier struct {
	name   string
	signed []byte
	record.Checkpoint
}

// Item is an entry of a kind that was asked for, with its payload.
type Item struct {
	Index    int64
	Bytes    []byte
	Envelope *record.Envelope
	Payload  []byte // nil where it is not here, or was erased
	Salt     [record.SaltSize]byte
}

func (a *auditor) wanted(kind string) bool {
	return kind == record.KindKey || kind == record.KindRevoke || a.o.Collect[kind]
}

// walk goes through all bundles: reading and hashing in parallel, what depends on
// the order in order, signatures in parallel again.
func (a *auditor) walk(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	if a.dir == "" {
		workers = 8 // the network waits more than it works
	}
	type result struct {
		p   *piece
		err error
	}
	count := (a.cp.Size + record.Width - 1) / record.Width
	next := make(chan chan result, 4*workers)
	go func() {
		defer close(next)
		slots := make(chan bool, workers)
		for n := range count {
			c := make(chan result, 1)
			select {
			case next <- c:
			case <-ctx.Done():
				return
			}
			slots <- true
			go func() {
				defer func() { <-slots }()
				p, err := a.readPiece(ctx, n)
				if err == nil && p.agree() {
					err = a.decode(p)
				}
				c <- result{p, err}
			}()
		}
	}()
	check := make(chan *piece, 2*workers)
	var checking sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		checking.Go(func() { a.signatures(check) })
	}
	defer checking.Wait()
	defer close(check)
	for c := range next {
		res := <-c
		if res.err != nil {
			return res.err
		}
		if err := a.settle(ctx, res.p); err != nil {
			return err
		}
		check <- res.p
		if a.o.Progress != nil {
			a.o.Progress(min((res.p.n+1)*record.Width, a.cp.Size), a.cp.Size)
		}
	}
	return ctx.Err()
}

// agree reports whether bundle and tile say the same: then one of them proves the
// other as far as they go, and the root both.
func (p *piece) agree() bool {
	if p.rawErr != nil || p.tileErr != nil || len(p.leaves) != p.width || !slices.Equal(p.leaves, p.hashes[:p.width]) {
		return false
	}
	p.chosen = p.leaves
	return true
}

// decode reads the entries that the chosen hashes prove, and their payloads.
func (a *auditor) decode(p *piece) error {
	p.read = make([]reading, p.width)
	for k := range p.width {
		if e := p.entries[k]; e != nil {
			p.read[k].env, p.read[k].err = record.Decode(e)
			if p.read[k].err != nil {
				p.read[k].env = nil
			}
		}
	}
	if a.private {
		return a.readPayloads(p)
	}
	a.useKeys(p)
	return nil
}

// settle decides which of two files is right where they differ, and takes a
// piece into account.
func (a *auditor) settle(ctx context.Context, p *piece) error {
	if p.chosen == nil {
		if err := a.choose(ctx, p); err != nil {
			return err
		}
		if p.chosen == nil {
			a.holes, a.unread, a.gap = true, true, true
			return nil
		}
		if err := a.decode(p); err != nil {
			return err
		}
	}
	a.wholeFiles(p)
	for _, q := range p.parts {
		a.comparePart(q, p.first(), p.chosen)
	}
	a.compareEarlier(p)
	if p.width == record.Width {
		h := over(p.chosen)
		a.subs = append(a.subs, h)
		a.spine.push(h, record.TileHeight)
	} else {
		for _, h := range p.chosen {
			a.spine.push(h, 0)
		}
	}
	if a.indexFile != nil {
		a.index(p)
	}
	for k := range p.read {
		a.promises(p.first()+int64(k), record.Hash(p.chosen[k]))
		a.entry(p, k)
	}
	return nil
}

// wholeFiles reports bytes after the end of the files.
func (a *auditor) wholeFiles(p *piece) {
	last := p.first() + int64(p.width) - 1
	if k := p.width - 1; p.rawErr == nil && p.entries[k] != nil && p.bundle == tilePath(-1, p.n, p.width) {
		if end := p.starts[k] + 2 + int64(len(p.entries[k])); end != int64(len(p.raw)) {
			a.r.Add(problem(OfEntries, a.below+p.bundle, end, "has bytes after its last entry").touching(last, last))
		}
	}
	if p.tileErr == nil && len(p.hashes) > p.width && p.tile == tilePath(0, p.n, p.width) {
		a.r.Add(problem(OfTile, a.below+p.tile, int64(p.width*tlog.HashSize), "has bytes after its last hash").touching(last, last))
	}
}

// choose decides by what stands above, and reports the file that is wrong.
func (a *auditor) choose(ctx context.Context, p *piece) error {
	fits, err := a.fitting(ctx, p)
	if err != nil {
		return err
	}
	first, last := p.first(), p.first()+int64(p.width)-1
	tile := p.hashes
	if len(tile) >= p.width {
		tile = tile[:p.width]
	}
	switch {
	case len(p.leaves) == p.width && (fits(p.leaves) || p.tileErr != nil || !fits(tile)):
		p.chosen = p.leaves
	case len(tile) == p.width:
		p.chosen = tile
	default:
		a.r.Add(lost(OfEntries, a.below+p.bundle, p.rawErr).touching(first, last))
		a.r.Add(lost(OfTile, a.below+p.tile, p.tileErr).touching(first, last))
		return nil
	}
	a.blameTile(p)
	a.blameBundle(p)
	return nil
}

// fitting returns whether hashes of the piece fit what stands above it.
func (a *auditor) fitting(ctx context.Context, p *piece) (func([]tlog.Hash) bool, error) {
	if p.width < record.Width {
		return func(h []tlog.Hash) bool { return len(h) == p.width && a.spine.root(h) == a.cp.Root }, nil
	}
	if n := p.n / record.Width; a.above == nil || a.aboveN != n {
		width := int(min(a.cp.Size>>record.TileHeight-n*record.Width, record.Width))
		_, b, err := a.readForm(ctx, 1, n, width, record.Width*tlog.HashSize)
		if err != nil && a.dir == "" && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		a.above, a.aboveN = hashes(b), n
	}
	k := int(p.n % record.Width)
	return func(h []tlog.Hash) bool {
		return len(h) == record.Width && k < len(a.above) && over(h) == a.above[k]
	}, nil
}

func lost(about, file string, err error) Problem {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem(about, file, 0, "is missing")
	case err != nil:
		return problem(about, file, 0, "cannot be read: %v", err)
	}
	return problem(about, file, 0, "does not hold what the tree has")
}

// blameTile reports hashes of the tile that are not the chosen ones.
func (a *auditor) blameTile(p *piece) {
	if p.tileErr != nil {
		a.r.Add(lost(OfTile, a.below+p.tile, p.tileErr).touching(p.first(), p.first()+int64(p.width)-1))
		return
	}
	for k := range p.width {
		if p.hashes[k] != p.chosen[k] {
			i := p.first() + int64(k)
			a.r.Add(problem(OfTile, a.below+p.tile, int64(k*tlog.HashSize), "holds another hash than that of the entry").touching(i, i))
		}
	}
}

// blameBundle reports entries that are not those of the chosen hashes.
func (a *auditor) blameBundle(p *piece) {
	if p.rawErr != nil {
		p.entries = make([][]byte, p.width)
		a.r.Add(lost(OfEntries, a.below+p.bundle, p.rawErr).touching(p.first(), p.first()+int64(p.width)-1))
		return
	}
	for _, run := range runs(p.align()) {
		a.r.Add(problem(OfEntries, a.below+p.bundle, p.starts[run[0]], "does not hold what the tree has").touching(p.first()+int64(run[0]), p.first()+int64(run[1])))
	}
}

// runs joins numbers that follow each other.
func runs(ks []int) (out [][2]int) {
	for _, k := range ks {
		if len(out) > 0 && out[len(out)-1][1] == k-1 {
			out[len(out)-1][1] = k
			continue
		}
		out = append(out, [2]int{k, k})
	}
	return out
}

// compareEarlier compares the roots of checkpoints that end in this piece.
func (a *auditor) compareEarlier(p *piece) {
	for len(a.earlier) > 0 && a.earlier[0].Size <= p.first()+int64(p.width) {
		e := a.earlier[0]
		a.earlier = a.earlier[1:]
		if a.gap {
			a.r.skipped("%s: whether this history continues it: not all entries could be read", e.name)
			continue
		}
		root := record.RootOf(nil)
		if k := e.Size - p.first(); e.Size > 0 {
			root = a.spine.root(p.chosen[:k])
		}
		a.continues(e, root)
	}
}

// continues reports a checkpoint that this history does not continue.
func (a *auditor) continues(e earlier, root record.Hash) {
	if root == e.Root {
		if e.name != "signed" && e.name != a.below+"checkpoint" {
			a.r.Earlier++
		}
		return
	}
	a.r.Add(problem(OfFork, e.name, 0, "the log signed root %s for %d entries, but these entries have root %s: history was rewritten, and the two checkpoints, both signed, prove it", e.Root, e.Size, root).touching(0, e.Size-1))
}

// upper checks the root, and the tiles above the entries.
func (a *auditor) upper(ctx context.Context) error {
	if root := a.spine.root(nil); root != a.cp.Root && !a.gap {
		a.r.Add(problem(OfCheckpoint, a.checkpointName(), 0, "signs root %s for %d entries, but the entries have root %s", a.cp.Root, a.cp.Size, root).touching(0, a.cp.Size-1))
	}
	if a.gap {
		a.r.skipped("the root and the tiles above the entries: not all entries could be read")
		return nil
	}
	level := 1
	for hs := a.subs; len(hs) > 0; level++ {
		var next []tlog.Hash
		for n := int64(0); n*record.Width < int64(len(hs)); n++ {
			tile := hs[n*record.Width : min((n+1)*record.Width, int64(len(hs)))]
			if err := a.upperTile(ctx, level, n, tile); err != nil {
				return err
			}
			if len(tile) == record.Width {
				next = append(next, over(tile))
			}
		}
		hs = next
	}
	return nil
}

func (a *auditor) upperTile(ctx context.Context, level int, n int64, want []tlog.Hash) error {
	shift := record.TileHeight * level
	touched := func(p Problem, k int) Problem {
		i := (n*record.Width + int64(k)) << shift
		return p.touching(i, i+1<<shift-1)
	}
	name, b, err := a.readForm(ctx, level, n, len(want), record.Width*tlog.HashSize)
	if err != nil {
		if a.dir == "" && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errTooLong) {
			return err
		}
		a.r.Add(lost(OfTile, a.below+name, err).touching(n*record.Width<<shift, (n*record.Width+int64(len(want)))<<shift-1))
	} else {
		for k := range want {
			if at := k * tlog.HashSize; len(b) < at+tlog.HashSize || !bytes.Equal(b[at:at+tlog.HashSize], want[k][:]) {
				a.r.Add(touched(problem(OfTile, a.below+name, int64(at), "holds another hash than that of the tiles below"), k))
			}
		}
		if len(b) != len(want)*tlog.HashSize && name == tilePath(level, n, len(want)) {
			a.r.Add(touched(problem(OfTile, a.below+name, int64(len(want)*tlog.HashSize), "has %d bytes, expected %d", len(b), len(want)*tlog.HashSize), len(want)-1))
		}
	}
	if a.dir == "" {
		return nil
	}
	parts, err := a.partsOf(ctx, level, n, len(want))
	for _, q := range parts {
		a.comparePart(q, n*record.Width, want)
	}
	return err
}

func (a *auditor) checkpointName() string {
	if a.private {
		return "signed"
	}
	return a.below + "checkpoint"
}
