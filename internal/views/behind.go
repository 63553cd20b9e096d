package views

import (
	"context"
	"errors"
	"slices"
	"time"
)

// NewBehind makes views of a store that another process writes: they are as of a
// commit of that process, and Behind follows it.
func NewBehind(k *Kept, origin string) (*Views, error) {
	v := &Views{store: k, kept: k, blobs: k, origin: origin}
	err := v.load()
	for range 20 { // they may be made anew at this moment
		if !errors.Is(err, ErrAnew) {
			break
		}
		time.Sleep(100 * time.Millisecond)
		err = v.load()
	}
	return v, err
}

// muchBehind is from how many entries on all is read anew.
const muchBehind = changesKept / 2

// Behind follows the store until the context ends. News is what another process has
// committed: it is heard at once, and looked for every so often where nothing is
// heard. news is told the size after each step, and once more when a problem is over.
func (v *Views) Behind(ctx context.Context, every time.Duration, news func(size int64), problem func(error)) {
	bad := false
	said := func(err error) {
		if ctx.Err() == nil {
			bad = true
			problem(err)
		}
	}
	v.kept.listen(ctx, every, func() {
		for ctx.Err() == nil {
			was := v.Size()
			moved, err := v.catchUp()
			if err != nil {
				said(err)
				return
			}
			if now := v.Size(); now != was || bad {
				bad = false
				news(now)
			}
			if !moved {
				return
			}
		}
	}, said)
}

// take reads all that is held in memory, as of one commit. Nothing that is held changes
// by it.
func (v *Views) take() (*memory, error) {
	generation, size, root, err := v.kept.stand()
	if err != nil {
		return nil, err
	}
	k, h := v.kept.of(generation), &memory{at: size, size: size, root: root, generation: generation}
	if h.order, err = k.runs(0, size); err != nil {
		return nil, err
	}
	if err := h.read(asOf{k, size}, k); err != nil {
		return nil, err
	}
	return h, v.same(generation, size)
}

// follow puts what was read in the place of what was held. It is called before others
// know the views, or with the lock.
func (v *Views) follow(h *memory) {
	if h.generation != v.generation {
		v.turn++
	}
	v.generation, v.order, v.anew = h.generation, h.order, false
	v.kept.answers.Store(&h.generation)
	v.hold(h)
}

// same fails where the store was emptied, or is another that has come less far, since
// it was at a size.
func (v *Views) same(generation string, size int64) error {
	now, at, _, err := v.kept.stand()
	if err == nil && (now != generation || at < size) {
		err = ErrAnew
	}
	return err
}

// catchUp goes on to the newest commit; false: there was no newer one.
func (v *Views) catchUp() (moved bool, err error) {
	generation, size, root, err := v.kept.stand()
	if err != nil {
		return false, err
	}
	was := v.Size()
	if generation == v.generation && size == was {
		return false, nil
	}
	if generation == v.generation && size > was && size-was < muchBehind {
		done, err := v.step(generation, was, size, root)
		if done || err != nil && !errors.Is(err, ErrAnew) {
			return done, err
		}
	}
	// All is read anew, beside what is held: whoever asks meanwhile is answered as of
	// before, for which the rows are still there. Not where the store was emptied.
	if generation != v.generation {
		v.mu.Lock()
		v.anew = true
		v.mu.Unlock()
	}
	h, err := v.take()
	if err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.follow(h)
	return true, nil
}

// step goes on from one commit to another; false: that cannot be done by what changed.
func (v *Views) step(generation string, was, size int64, root string) (bool, error) {
	nums, known, err := v.kept.changed(was, size)
	if err != nil || !known {
		return false, err
	}
	changes, err := v.changes(nums, was, size)
	if err != nil {
		return false, err
	}
	profiles, err := v.more("profile", v.profiles, size)
	if err != nil {
		return false, err
	}
	judgements, err := v.more("judgement", v.judgements, size)
	if err != nil {
		return false, err
	}
	runs, err := v.kept.runs(was, size)
	if err != nil {
		return false, err
	}
	t, then := v.text, asOf{v.kept, size}
	about := false
	err = then.Docs([]string{kindTerms, kindCommitment}, size, func(d *Doc) bool { about = d.Index >= was; return false })
	if err == nil && about {
		t, err = textsOf(then, v.kept)
	}
	if err == nil {
		err = v.same(generation, size)
	}
	if err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.change(changes, profiles); err != nil {
		return false, nil // all is read anew
	}
	v.profiles, v.judgements, v.size, v.root, v.text, v.texts = profiles, judgements, size, root, t, t
	v.order = append(v.order[:len(v.order):len(v.order)], runs...)
	return true, nil
}

// changes are the rows of some incidents at one size and at another.
func (v *Views) changes(nums []uint32, was, size int64) ([]change, error) {
	const page = 10_000
	var out []change
	for some := range slices.Chunk(nums, page) {
		old, err := v.kept.these(some, was)
		if err != nil {
			return nil, err
		}
		now, err := v.kept.these(some, size)
		if err != nil {
			return nil, err
		}
		for _, n := range some {
			var c change
			c.old, c.hadOld = old[n]
			c.now, c.hasNow = now[n]
			if c.old != c.now || c.hadOld != c.hasNow {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// more are the texts of codes as of a size, where those before are known.
func (v *Views) more(name string, have []string, size int64) ([]string, error) {
	some, err := v.kept.codesFrom(name, len(have), size)
	if err != nil || len(some) == 0 {
		return have, err
	}
	return append(have[:len(have):len(have)], some...), nil
}
