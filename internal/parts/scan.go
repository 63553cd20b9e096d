package parts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
)

// scanned is what was learnt of one piece of a file.
type scanned struct {
	from, to    int64
	sum         [32]byte
	lines, rows int
	ascends     bool
	first, last []byte // ids
	lonely      bool   // a carriage return without a line feed
}

// scan reads a table of text once: where it is cut, what its digest is, and
// whether its ids ascend. With ids set, it adds the hashes of all ids instead.
func scan(ctx context.Context, in *Input, cores, size int, ids *hashes, first func(line int, text []byte) error) ([]scanned, error) {
	f, err := os.Open(in.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(in.Head.Body, io.SeekStart); err != nil {
		return nil, err
	}
	id := slices.IndexFunc(in.Head.Cells, func(c string) bool { return strings.ToLower(strings.TrimSpace(c)) == "id" })
	type job struct {
		n int
		piece
	}
	work := make(chan job, cores)
	var mu sync.Mutex
	var out []scanned
	var failed error
	var wg sync.WaitGroup
	for range cores {
		wg.Go(func() {
			for j := range work {
				s := scanned{from: j.from, to: j.from + int64(len(j.text)), lines: bytes.Count(j.text, []byte{'\n'})}
				s.lonely = bytes.Count(j.text, []byte{'\r'}) != bytes.Count(j.text, []byte("\r\n"))
				var list []uint64
				if ids == nil {
					s.sum = sha256.Sum256(j.text)
					s.look(j.text, &in.Head, id)
				} else {
					eachID(j.text, &in.Head, id, func(id []byte) { list = append(list, bulk.Hash(id)) })
				}
				mu.Lock()
				if len(list) > 0 {
					if err := ids.add(list); err != nil && failed == nil {
						failed = err
					}
				}
				for len(out) <= j.n {
					out = append(out, scanned{})
				}
				out[j.n] = s
				mu.Unlock()
			}
		})
	}
	n, line := 0, in.Head.BodyLine
	c := &cutter{sep: in.Head.Separator, want: len(in.Head.Cells), size: size}
	err = c.cut(f, in.Head.Body, func(p piece) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if first != nil {
			if err := first(line, p.text); err != nil {
				return err
			}
			line += bytes.Count(p.text, []byte{'\n'})
		}
		work <- job{n, p}
		n++
		return nil
	})
	close(work)
	wg.Wait()
	if err == nil {
		err = failed
	}
	return out, err
}

// look finds out whether ids ascend.
func (s *scanned) look(text []byte, h *feeds.TableHead, id int) {
	s.ascends = true
	s.rows = eachID(text, h, id, s.follow)
}

// follow takes in the next id.
func (s *scanned) follow(id []byte) {
	if s.first == nil {
		s.first = slices.Clone(id)
	} else if s.ascends && !bulk.Before(s.last, id) {
		s.ascends = false
	}
	s.last = append(s.last[:0], id...)
}

// eachID hands over the ids of rows, those that are empty left out, and counts
// the rows.
func eachID(text []byte, h *feeds.TableHead, id int, each func([]byte)) (rows int) {
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		next := end + 1
		if end < 0 {
			end, next = len(text), len(text)
		}
		line := text[:end]
		var v []byte
		if bytes.IndexByte(line, '"') < 0 {
			v = nth(line, h.Separator, id)
			if len(v) > 0 || len(bytes.Trim(line, " \t\r"+string(h.Separator))) > 0 {
				rows++
			}
		} else {
			w, took := feeds.RowAt(text, 1, len(h.Cells), h.Separator)
			next = took.Bytes
			if !took.End {
				rows++
			}
			if id >= 0 && id < len(w.Cells) {
				v = []byte(w.Cells[id])
			}
		}
		if v = bytes.TrimSpace(v); len(v) > 0 {
			each(v)
		}
		text = text[next:]
	}
	return rows
}

// nth is a cell of a line without quotes; nil if there is none.
func nth(line []byte, sep byte, n int) []byte {
	if n < 0 {
		return nil
	}
	for ; n > 0; n-- {
		k := bytes.IndexByte(line, sep)
		if k < 0 {
			return nil
		}
		line = line[k+1:]
	}
	if k := bytes.IndexByte(line, sep); k >= 0 {
		return line[:k]
	}
	return line
}

// maxFirst is how many rows are read to find the first positions of a file.
const maxFirst = 200_000

// firsts finds the first positions of a file in its pieces.
func firsts(name string, h feeds.TableHead, o feeds.Options) (func(line int, text []byte) error, *feeds.Positions, error) {
	o.Strict, o.Readable = false, true
	part, err := feeds.NewPart(name, h, o, nil, false, func(*evidence.Incident) error { return nil })
	if err != nil {
		return nil, nil, err
	}
	rows := 0
	return func(line int, text []byte) error {
		for len(text) > 0 && rows < maxFirst && !part.Positions().Full() {
			took, err := part.One(line, text)
			if err != nil {
				return err
			}
			text, line = text[took.Bytes:], line+took.Lines
			rows++
		}
		return nil
	}, part.Positions(), nil
}

// unitsOf puts pieces together into units of about a size.
func unitsOf(input int, h *feeds.TableHead, head []byte, ps []scanned, size int64) []Unit {
	var out []Unit
	line := h.BodyLine
	sum := sha256.New()
	for i, p := range ps {
		if len(out) == 0 || out[len(out)-1].SHA256 != "" {
			out = append(out, Unit{Input: input, From: p.from, Line: line})
			sum.Reset()
			sum.Write(head)
		}
		u := &out[len(out)-1]
		u.To = p.to
		u.Ends = append(u.Ends, p.to-u.From)
		sum.Write(p.sum[:])
		line += p.lines
		if u.To-u.From >= size || i == len(ps)-1 {
			u.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
	}
	return out
}

// planCSV plans a table of text.
func (m *maker) planCSV(in *Input, input int) error {
	f, err := os.Open(in.Path)
	if err != nil {
		return err
	}
	head := make([]byte, 256<<10)
	n, err := io.ReadFull(f, head)
	f.Close()
	if err != nil && n == 0 {
		return fmt.Errorf("%s: it is empty, which does not say that nothing happened: %w; get it again, or leave it out", in.Path, ErrNotParted)
	}
	var ok bool
	if in.Head, ok = feeds.HeadOf(head[:n], m.Feed); !ok {
		return notParted(in.Path, "it is no plain incidents file")
	}
	if in.Header, err = feeds.Header(in.Path, in.Head, m.Feed); err != nil {
		return err
	}
	first, positions, err := firsts(in.Path, in.Head, m.Feed)
	if err != nil {
		return err
	}
	ps, err := scan(m.ctx, in, m.Cores, m.pieceSize, nil, first)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Path, err)
	}
	in.Positions = positions
	rows, lines := 0, in.Head.BodyLine-1
	for _, p := range ps {
		if p.lonely {
			return notParted(in.Path, "lines of it end in a carriage return alone")
		}
		m.follow(p.first, p.last, p.ascends)
		rows += p.rows
		lines += p.lines
	}
	if rows == 0 {
		in.Header.Problems = append(in.Header.Problems, feeds.Empty(in.Path))
	}
	if rows > 1 && m.unended(in) {
		in.Header.Problems = append(in.Header.Problems, feeds.Unended(in.Path, lines+1))
	}
	m.plan.Units = append(m.plan.Units, unitsOf(input, &in.Head, head[:in.Head.Body], ps, m.UnitSize)...)
	return nil
}

func (m *maker) unended(in *Input) bool {
	f, err := os.Open(in.Path)
	if err != nil {
		return false
	}
	defer f.Close()
	b := []byte{'\n'}
	f.ReadAt(b, in.Size-1)
	return b[0] != '\n'
}
