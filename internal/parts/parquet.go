package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
)

// planParquet plans a Parquet file: units are row groups.
func (m *maker) planParquet(in *Input, input int) error {
	p, err := bulk.OpenParquet(in.Path)
	if err != nil {
		return err
	}
	defer p.Close()
	in.Head = p.Head
	if in.Header, err = feeds.Header(in.Path, in.Head, m.Feed); err != nil {
		return err
	}
	in.Header.Columns = append(in.Header.Columns, p.Ignored...)
	if in.Positions, err = m.firstsOf(p, in); err != nil {
		return err
	}
	line := 1
	for g := 0; g < p.Groups(); {
		u := Unit{Input: input, From: int64(g), Line: line}
		for rows := int64(0); g < p.Groups() && rows < m.UnitRows; g++ {
			rows += p.Rows(g)
			line += int(p.Rows(g))
		}
		u.To = int64(g)
		m.plan.Units = append(m.plan.Units, u)
	}
	if line == 1 {
		in.Header.Problems = append(in.Header.Problems, feeds.Empty(in.Path))
	}
	return m.lookParquet(in, p)
}

// lookParquet digests the units of a file and finds out whether ids ascend.
func (m *maker) lookParquet(in *Input, p *bulk.Parquet) error {
	units := m.plan.Units
	for len(units) > 0 && units[0].Input != units[len(units)-1].Input {
		units = units[1:]
	}
	if p.Groups() == 0 {
		return nil
	}
	ends := make([][2][]byte, p.Groups())
	ascends := make([]bool, p.Groups())
	err := each(m.ctx, m.Cores, len(units), func(n int) error {
		u := &units[n]
		var err error
		if u.SHA256, err = parquetDigest(in, u); err != nil {
			return err
		}
		for g := int(u.From); g < int(u.To); g++ {
			s := scanned{ascends: true}
			if err := p.IDs(g, s.follow); err != nil {
				return err
			}
			ends[g], ascends[g] = [2][]byte{s.first, s.last}, s.ascends
		}
		return nil
	})
	for g := range ends {
		m.follow(ends[g][0], ends[g][1], ascends[g])
	}
	return err
}

// errEnough ends a reading that has found what it looked for.
var errEnough = errors.New("enough")

// firstsOf finds the first positions of a file.
func (m *maker) firstsOf(p *bulk.Parquet, in *Input) (*feeds.Positions, error) {
	o := m.Feed
	o.Strict, o.Readable = false, true
	part, err := feeds.NewPart(in.Path, in.Head, o, nil, false, func(*evidence.Incident) error { return nil })
	if err != nil {
		return nil, err
	}
	err = p.Cells(0, p.Groups(), 1, func(line int, cells []string) error {
		if line > maxFirst || part.Positions().Full() {
			return errEnough
		}
		return part.Cells(line, cells)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return part.Positions(), err
}

// parquetIDs adds the hashes of all ids of a file.
func parquetIDs(ctx context.Context, in *Input, cores int, add func([]uint64) error) error {
	p, err := bulk.OpenParquet(in.Path)
	if err != nil {
		return err
	}
	defer p.Close()
	var mu sync.Mutex
	return each(ctx, cores, p.Groups(), func(g int) error {
		var list []uint64
		if err := p.IDs(g, func(id []byte) { list = append(list, bulk.Hash(id)) }); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		return add(list)
	})
}

// readParquet reads the rows of a unit of Parquet, and digests them.
func readParquet(ctx context.Context, in *Input, u *Unit, r *bulk.Reader) (string, error) {
	sum, err := parquetDigest(in, u)
	if err != nil || sum != u.SHA256 {
		return sum, err
	}
	p, err := bulk.OpenParquet(in.file())
	if err != nil {
		return "", err
	}
	defer p.Close()
	if !slices.Equal(p.Head.Cells, in.Head.Cells) {
		return "", nil // other columns
	}
	line := u.Line
	for g := int(u.From); g < int(u.To); g++ {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if err := r.Parquet(p, g, g+1, line); err != nil {
			return "", err
		}
		line += int(p.Rows(g))
	}
	return sum, nil
}

// parquetDigest digests the row groups of a unit, and the foot of the file, which
// says what they mean.
func parquetDigest(in *Input, u *Unit) (string, error) {
	p, err := bulk.OpenParquet(in.file())
	if err != nil {
		return "", err
	}
	defer p.Close()
	if p.Groups() < int(u.To) {
		return "", nil
	}
	f, err := os.Open(in.file())
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	foot := make([]byte, 4)
	if _, err := f.ReadAt(foot, in.Size-8); err != nil {
		return "", fmt.Errorf("%s: %w", in.Path, err)
	}
	start, end := p.Extent(int(u.From), int(u.To))
	for _, part := range [][2]int64{{max(0, in.Size-8-int64(le.Uint32(foot))), in.Size}, {start, end}} {
		if _, err := io.Copy(sum, io.NewSectionReader(f, part[0], part[1]-part[0])); err != nil {
			return "", fmt.Errorf("%s: %w", in.Path, err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
