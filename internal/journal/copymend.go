package journal

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/truce-project/truce/record"
)

// Examine reads a bundle of the copy from the disk again, and says what of it is not
// what the log has signed; nil where it is. Payloads are told by States.
func (c *Copy) Examine(n int64) (*Damage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n*record.Width >= c.cp.Size {
		return nil, fmt.Errorf("no bundle %d in a copy of %d entries", n, c.cp.Size)
	}
	c.last = nil // what was read before says nothing of the disk
	_, err := newReader(c.w, c.office, c.key, c.cp, c.signed, c.edge, newTileCache()).decode(n)
	var d *Damage
	if errors.As(err, &d) {
		return d, nil
	}
	return nil, err
}

// Mend puts a bundle in the place of a damaged one, or of what there is of it at the
// edge. It must be the one that the tree has; its tile of hashes is made from it.
func (c *Copy) Mend(n int64, raw []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	width := int(min(c.cp.Size-n*record.Width, record.Width))
	if width <= 0 {
		return fmt.Errorf("no bundle %d in a copy of %d entries", n, c.cp.Size)
	}
	entries, hashes, err := split(raw, width)
	if err != nil {
		return err
	}
	if err := c.belongs(n, hashes); err != nil {
		return err
	}
	c.last = nil
	if err := c.file(tileName(0, n, width), flat(hashes)); err != nil {
		return err
	}
	return c.file(tileName(-1, n, width), bundled(entries))
}

// belongs reports that leaves are not those which the tree has in a bundle.
func (c *Copy) belongs(n int64, hashes []tlog.Hash) error {
	if len(hashes) < record.Width {
		if !slices.Equal(hashes, c.edge.levels[0]) {
			return fmt.Errorf("bundle %d: %w", n, ErrRoot)
		}
		return nil
	}
	above, err := newReader(c.w, c.office, c.key, c.cp, c.signed, c.edge, newTileCache()).tile(1, n/record.Width)
	if err == nil && perfect(hashes) != above[n%record.Width] {
		err = fmt.Errorf("bundle %d: %w", n, ErrRoot)
	}
	return err
}

// mendDerived writes anew what is made from entries and was wrong on disk: hashes at
// the edge, and the index.
func (c *Copy) mendDerived(r *Reader, edge bool, remade []int64) error {
	if edge {
		err := c.edge.partial(0, func(level int, n int64, hashes []tlog.Hash) error {
			return c.file(tileName(level, n, len(hashes)), flat(hashes))
		})
		if err != nil {
			return err
		}
	}
	if len(remade) == 0 {
		return nil
	}
	index, _, err := c.w.remadeIndex(r, remade)
	if err != nil {
		return err
	}
	return noSpace(c.w.replace(indexName, index, 0o644))
}
