package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// Split is a proof that a log has signed two histories: two checkpoints, and
// where they are of different sizes the root that the larger one's history had at
// the size of the smaller, with the proof of that. Everybody can check it with
// the public key of the log alone.
type Split struct {
	Small, Large []byte // signed checkpoints
	Root         record.Hash
	Path         []record.Hash
}

const splitHead = "truce split v1"

// Marshal writes the proof: three numbers, the two notes, the root and the path.
func (s *Split) Marshal() []byte {
	b := fmt.Appendf(nil, "%s\n%d %d %d\n%s%s", splitHead, len(s.Small), len(s.Large), len(s.Path), s.Small, s.Large)
	for _, h := range append([]record.Hash{s.Root}, s.Path...) {
		b = fmt.Appendf(b, "%s\n", h.Hex())
	}
	return b
}

// ParseSplit reads a proof.
func ParseSplit(b []byte) (*Split, error) {
	bad := errors.New("not a proof of a split history")
	head, rest, ok := bytes.Cut(b, []byte("\n"))
	line, rest, ok2 := bytes.Cut(rest, []byte("\n"))
	f := strings.Fields(string(line))
	if !ok || !ok2 || string(head) != splitHead || len(f) != 3 {
		return nil, bad
	}
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(f[i]); err != nil || n[i] < 0 || n[i] > maxNote {
			return nil, bad
		}
	}
	if len(rest) < n[0]+n[1] {
		return nil, bad
	}
	s := &Split{Small: rest[:n[0]], Large: rest[n[0] : n[0]+n[1]]}
	lines := strings.Split(strings.TrimSuffix(string(rest[n[0]+n[1]:]), "\n"), "\n")
	if len(lines) != n[2]+1 {
		return nil, bad
	}
	for i, l := range lines {
		h, err := record.ParseHash(l)
		if err != nil {
			return nil, bad
		}
		if i == 0 {
			s.Root = h
		} else {
			s.Path = append(s.Path, h)
		}
	}
	return s, nil
}

// ErrNoSplit means that two checkpoints do not contradict each other.
var ErrNoSplit = errors.New("they do not contradict each other")

// Check proves that the log with the key has signed two histories. It returns the
// two checkpoints.
func (s *Split) Check(key note.Verifier) (small, large record.Checkpoint, err error) {
	if small, _, err = record.OpenCheckpoint(s.Small, key.Name(), key); err != nil {
		return small, large, err
	}
	if large, _, err = record.OpenCheckpoint(s.Large, key.Name(), key); err != nil {
		return small, large, err
	}
	switch {
	case small.Size > large.Size:
		return small, large, errors.New("the smaller checkpoint does not come first")
	case small.Size < large.Size:
		if err := record.CheckConsistency(s.Path, large.Size, large.Root, small.Size, s.Root); err != nil || small.Size == 0 {
			return small, large, errors.New("the proof does not say what root the larger history had")
		}
	case s.Root != large.Root:
		return small, large, errors.New("the root is not that of the second checkpoint")
	}
	if small.Root == s.Root {
		return small, large, ErrNoSplit
	}
	return small, large, nil
}

// ProveSplit makes the proof from two checkpoints of one log. Those of different
// sizes need the tiles of the larger one's history.
func ProveSplit(ctx context.Context, a, b []byte, key note.Verifier, tiles Source) (*Split, error) {
	x, _, err := record.OpenCheckpoint(a, key.Name(), key)
	if err != nil {
		return nil, err
	}
	y, _, err := record.OpenCheckpoint(b, key.Name(), key)
	if err != nil {
		return nil, err
	}
	if x.Size > y.Size {
		a, b, x, y = b, a, y, x
	}
	s := &Split{Small: a, Large: b, Root: y.Root}
	if x.Size != y.Size {
		if tiles == nil {
			return nil, fmt.Errorf("checkpoints of %d and %d entries: whether one continues the other needs a copy of the log: truce verify DIR|URL --since FILE --since FILE", x.Size, y.Size)
		}
		t := NewTiles(ctx, tiles, y)
		if s.Root, err = t.Root(x.Size); err != nil {
			return nil, err
		}
		if s.Path, err = t.Consistency(x.Size); err != nil {
			return nil, err
		}
	}
	_, _, err = s.Check(key)
	return s, err
}
