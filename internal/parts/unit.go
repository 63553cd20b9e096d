package parts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
)

// Asker is a question that is asked of rows. It may be used by several
// goroutines at once.
type Asker interface {
	// Digest is of everything that an answer depends on beside the rows.
	Digest() string
	// Feed says how rows are read.
	Feed() feeds.Options
	// Many is by whose numbers plain rows are told; nil if all rows are wanted as
	// incidents.
	Many() *judge.Many
	// Begin begins an answer, which is written to w.
	Begin(w io.Writer) (Answer, error)
}

// Answer is what is answered to some rows.
type Answer interface {
	// Batch answers rows, in order.
	Batch(*bulk.Batch) error
	// State ends the answer, and says what it counted.
	State() (json.RawMessage, error)
}

// Done reports whether a unit is done.
func (p *Plan) Done(n int) (bool, error) {
	_, ok, err := p.readPart(n)
	return ok, err
}

// Do does one unit. Doing one that is done does nothing; two that do one at the
// same time leave the same part.
func (p *Plan) Do(ctx context.Context, n int, ask Asker) error {
	if n < 0 || n >= len(p.Units) {
		return fmt.Errorf("there is no unit %d: expected 0 to %d", n, len(p.Units)-1)
	}
	if ask.Digest() != p.Question {
		return fmt.Errorf("the plan in %s is of another question", p.dir)
	}
	if done, err := p.Done(n); done || err != nil {
		return err
	}
	w, err := p.newPart(n)
	if err != nil {
		return err
	}
	h, aside, err := p.answer(ctx, n, ask, w)
	if err != nil {
		w.abandon()
		return err
	}
	return w.finish(h, aside)
}

func (p *Plan) answer(ctx context.Context, n int, ask Asker, w io.Writer) (part, []apart, error) {
	h := part{Plan: p.digest, Unit: n}
	u := &p.Units[n]
	in := &p.Inputs[u.Input]
	a, err := ask.Begin(w)
	if err != nil {
		return h, nil, err
	}
	var aside []apart
	o := bulk.Options{Name: in.Path, Head: in.Head, Feed: ask.Feed(), Many: ask.Many(), Positions: in.Positions, Each: a.Batch}
	if len(p.repeated) > 0 {
		o.Repeated = func(hash uint64) bool { _, ok := slices.BinarySearch(p.repeated, hash); return ok }
		o.Aside = func(line int, text string, ended bool) { aside = append(aside, apart{line, []byte(text), ended}) }
	}
	r, err := bulk.NewReader(o)
	if err != nil {
		return h, nil, err
	}
	var sum string
	if in.Kind == KindParquet {
		sum, err = readParquet(ctx, in, u, r)
	} else {
		sum, err = readText(ctx, in, u, r)
	}
	if err != nil {
		return h, nil, err
	}
	if sum != u.SHA256 {
		return h, nil, fmt.Errorf("%s has changed since partitions were planned in %s: take another folder", in.Path, p.dir)
	}
	if h.Sum, h.Plain, err = r.End(); err != nil {
		return h, nil, err
	}
	h.Ended = r.Ended()
	h.State, err = a.State()
	return h, aside, err
}

// readText reads the rows of a unit of a table of text, and digests them.
func readText(ctx context.Context, in *Input, u *Unit, r *bulk.Reader) (string, error) {
	line := u.Line
	return pieces(ctx, in, u, func(text []byte) error {
		err := r.Text(line, text)
		line += bytes.Count(text, []byte{'\n'})
		return err
	})
}

// pieces hands over the pieces of a unit, and digests them.
func pieces(ctx context.Context, in *Input, u *Unit, each func([]byte) error) (string, error) {
	f, err := os.Open(in.file())
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	buf := make([]byte, in.Head.Body)
	if _, err := f.ReadAt(buf, 0); err != nil {
		return "", fmt.Errorf("%s: %w", in.Path, err)
	}
	sum.Write(buf)
	at := int64(0)
	for _, end := range u.Ends {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if int64(cap(buf)) < end-at {
			buf = make([]byte, end-at)
		}
		buf = buf[:end-at]
		if _, err := f.ReadAt(buf, u.From+at); err != nil {
			return "", fmt.Errorf("%s: %w", in.Path, err)
		}
		s := sha256.Sum256(buf)
		sum.Write(s[:])
		if err := each(buf); err != nil {
			return "", err
		}
		at = end
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// digestOf digests what a unit reads.
func digestOf(in *Input, u *Unit) (string, error) {
	if in.Kind == KindParquet {
		return parquetDigest(in, u)
	}
	return pieces(context.Background(), in, u, func([]byte) error { return nil })
}
