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
		if !errors.Is(err, errEmptied) {
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

// errEmptied means that the store was emptied while it was read.
var errEmptied = errors.New("the views were made anew while they were read")

// take reads all that is held in memory, as of one commit. It is called before others
// know the views, or with the lock.
func (v *Views) take() error {
	generation, size, root, err := v.kept.stand()
	if err != nil {
		return err
	}
	then := asOf{v.kept, size}
	t, err := textsOf(then, v.kept)
	if err != nil {
		return err
	}
	rows, err := v.kept.Load(size)
	if err != nil {
		return err
	}
	var codes [2][]string
	for i, name := range []string{"profile", "judgement"} {
		if codes[i], err = v.kept.Dict(name, size); err != nil {
			return err
		}
	}
	if err := v.same(generation, size); err != nil {
		return err
	}
	v.generation = generation
	v.hold(size, root, t, NewColumns(rows), codes[0], codes[1])
	return nil
}

// same fails where the store was emptied, or is another that has come less far, since
// it was at a size.
func (v *Views) same(generation string, size int64) error {
	now, at, _, err := v.kept.stand()
	if err == nil && (now != generation || at < size) {
		err = errEmptied
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
		if done || err != nil && !errors.Is(err, errEmptied) {
			return done, err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return true, v.take()
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
