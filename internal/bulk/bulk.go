// Package bulk judges large incidents files for the verdict alone: CSV in,
// one short line for each incident and reading out.
//
// It understands rows that are written plainly: one row an incident, times
// with an offset, decimal degrees, names of the vocabulary. Every other row it
// hands, under its own line number, to the ordinary reader, so that what is
// judged and what is refused is what `truce judge` judges and refuses. Where it
// cannot tell that the two agree, it says ErrNotPlain, and the file has to be
// read the ordinary way.
package bulk

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/vocab"
)

// ErrNotPlain says that a file has to be read the ordinary way.
var ErrNotPlain = errors.New("the file is not plain enough to be judged in bulk")

// Options say how a file is judged.
type Options struct {
	Name       string // for messages
	Many       *judge.Many
	Vocabulary *vocab.Vocabulary
	Strict     bool
	// Row appends what is written about one incident: an outcome for each
	// regime.
	Row func(to, id []byte, out []judge.Outcome) []byte
}

// Result is what was judged. Sum counts all rows; its problems are those of
// the rows that were not plain.
type Result struct {
	Sum    feeds.Summary
	Plain  int                        // rows that were judged in bulk
	Counts [][judge.Contested + 1]int // by regime and verdict
}

// blockSize is how much of a file is parsed at a time.
const blockSize = 1 << 20

// Judge reads an incidents file and writes to w. Rows that are not plain come last. On ErrNotPlain what was
// written so far must be thrown away.
func Judge(r io.Reader, w io.Writer, o Options) (Result, error) {
	res, err := attempt(r, w, o)
	if errors.Is(err, errNotAscending) {
		err = ErrNotPlain
	}
	return res, err
}

// errNotAscending: ids that do not ascend may repeat, which only a reader that
// remembers them all can tell.
var errNotAscending = errors.New("ids do not ascend")

func attempt(r io.Reader, w io.Writer, o Options) (Result, error) {
	br := bufio.NewReaderSize(r, blockSize)
	head, err := br.ReadBytes('\n')
	if err != nil {
		return Result{}, ErrNotPlain // empty, or a header alone
	}
	l, ok := newLayout(strings.TrimRight(string(head), "\r\n"), o)
	if !ok {
		return Result{}, ErrNotPlain
	}
	run := &run{Options: o, layout: l, w: w, odd: newOddRows(o, head)}
	run.res.Counts = make([][judge.Contested + 1]int, len(o.Many.Regimes()))
	err = run.blocks(br)
	sum, oddErr := run.odd.finish(err)
	if err == nil {
		err = oddErr
	}
	if err == nil {
		_, err = w.Write(run.odd.out.Bytes())
	}
	for k := range run.res.Counts {
		for v, n := range run.odd.counts[k] {
			run.res.Counts[k][v] += n
		}
	}
	run.res.Sum = sum
	if run.odd.none && run.res.Plain > 0 { // the ordinary reader saw no row
		run.res.Sum = feeds.Summary{File: o.Name, As: "truce"}
	}
	run.res.Sum.Rows += run.res.Plain
	run.res.Sum.Incidents += run.res.Plain
	return run.res, err
}

// run is one file being judged.
type run struct {
	Options
	layout *layout
	w      io.Writer
	odd    *oddRows
	res    Result
	last   []byte // the id of the row before
}

// blocks reads the file in blocks of whole lines; they are parsed and judged
// on all processors, and written in order.
func (r *run) blocks(br *bufio.Reader) error {
	n := runtime.GOMAXPROCS(0)
	work := make(chan *block, n)
	order := make(chan *block, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			p := newParser(r.layout)
			for b := range work {
				p.block(b)
				close(b.done)
			}
		})
	}
	failed := make(chan struct{})
	var werr error
	wg.Go(func() {
		for b := range order {
			<-b.done
			if werr == nil {
				if werr = r.write(b); werr != nil {
					close(failed)
				}
			}
			free.Put(b)
		}
	})
	err := r.cut(br, work, order, failed)
	close(work)
	close(order)
	wg.Wait()
	if werr != nil {
		return werr
	}
	return err
}

// cut sends blocks of whole lines.
func (r *run) cut(br *bufio.Reader, work, order chan<- *block, failed <-chan struct{}) error {
	var rest []byte
	for {
		b := newBlock()
		b.text = append(b.text[:0], rest...)
		got, err := io.ReadFull(br, b.text[len(rest):blockSize])
		b.text = b.text[:len(rest)+got]
		end := bytes.LastIndexByte(b.text, '\n') + 1
		if err != nil {
			end = len(b.text)
		} else if end == 0 {
			return ErrNotPlain // one endless line
		}
		rest = append(rest[:0], b.text[end:]...)
		b.text = b.text[:end]
		select {
		case <-failed:
			return nil
		case order <- b:
		}
		work <- b
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return err
		}
	}
}

// write writes a judged block, hands its odd rows on, and checks that ids
// ascend from row to row.
func (r *run) write(b *block) error {
	if b.err != nil {
		return b.err
	}
	if b.first != nil {
		if r.last != nil && !before(r.last, b.first) {
			return errNotAscending
		}
		r.last = append(r.last[:0], b.last...)
	}
	for k := range b.counts {
		for v, n := range b.counts[k] {
			r.res.Counts[k][v] += n
		}
	}
	r.res.Plain += b.plain
	if err := r.odd.add(b.odd); err != nil {
		return err
	}
	_, err := r.w.Write(b.out)
	return err
}

// before reports whether an id stands before another: a shorter one first, so
// that numbers that are counted up ascend.
func before(a, b []byte) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return bytes.Compare(a, b) < 0
}

// oddRows gives the ordinary reader the rows that are not plain, with empty
// lines in place of the others.
type oddRows struct {
	pipe   *io.PipeWriter
	buf    *bufio.Writer
	done   chan struct{}
	sum    feeds.Summary
	err    error
	out    bytes.Buffer
	none   bool // no row was handed on
	counts [][judge.Contested + 1]int
}

func newOddRows(o Options, head []byte) *oddRows {
	pr, pw := io.Pipe()
	x := &oddRows{none: true, pipe: pw, buf: bufio.NewWriterSize(pw, 1<<16), done: make(chan struct{}), counts: make([][judge.Contested + 1]int, len(o.Many.Regimes()))}
	go func() {
		defer close(x.done)
		out := make([]judge.Outcome, len(o.Many.Regimes()))
		var line []byte
		x.sum, x.err = feeds.Read(o.Name, pr, feeds.Options{As: "truce", Strict: o.Strict, Vocabulary: o.Vocabulary}, func(in *evidence.Incident) error {
			for k := range out {
				out[k] = o.Many.Ask(in, k)
				x.counts[k][out[k].Verdict()]++
			}
			line = o.Row(line[:0], []byte(in.ID), out)
			x.out.Write(line)
			return nil
		})
		pr.CloseWithError(x.err)
	}()
	x.buf.Write(head)
	return x
}

func (x *oddRows) add(lines []byte) error {
	x.none = x.none && len(bytes.TrimLeft(lines, "\n")) == 0
	_, err := x.buf.Write(lines)
	if err != nil && x.err != nil {
		return x.err
	}
	return err
}

// finish waits for the ordinary reader; with err it is cut short.
func (x *oddRows) finish(err error) (feeds.Summary, error) {
	if err != nil {
		x.pipe.CloseWithError(err)
	} else {
		x.buf.Flush()
		x.pipe.Close()
	}
	<-x.done
	return x.sum, x.err
}
