package parts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
)

// each calls f with 0 to n-1 on some goroutines. After an error no higher number
// is begun, and the error of the lowest is returned: it is the same however they
// were run.
func each(ctx context.Context, cores, n int, f func(int) error) error {
	var mu sync.Mutex
	next, stop := 0, n
	var failed error
	var wg sync.WaitGroup
	for range min(cores, n) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				over := i >= stop || ctx.Err() != nil
				mu.Unlock()
				if over {
					return
				}
				if err := f(i); err != nil {
					mu.Lock()
					if i < stop {
						stop, failed = i, err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// Missing are the units that are not done.
func (p *Plan) Missing() ([]int, error) {
	var out []int
	for n := range p.Units {
		switch done, err := p.Done(n); {
		case err != nil:
			return nil, err
		case !done:
			out = append(out, n)
		}
	}
	return out, nil
}

// Run does what is missing, on some goroutines (0: as many as there are
// processors). progress is told how many units are done, if it is set.
func (p *Plan) Run(ctx context.Context, cores int, ask Asker, progress func(done int)) error {
	if cores == 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	missing, err := p.Missing()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	done := len(p.Units) - len(missing)
	return each(ctx, cores, len(missing), func(i int) error {
		if err := p.Do(ctx, missing[i], ask); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if done++; progress != nil {
			progress(done)
		}
		return nil
	})
}

// Joined is what all parts say together.
type Joined struct {
	Sums   []feeds.Summary // of the inputs
	Plain  int
	States []json.RawMessage // of the answers, in order
	// Again is how many incidents stood in an earlier file with the same facts, and
	// count once; Other says which stood there with other facts.
	Again int
	Other []string
}

// Join writes what the parts answered to w, in the order of the rows; what is
// answered to rows whose id stands in several rows comes last.
func (p *Plan) Join(ctx context.Context, w io.Writer, ask Asker) (*Joined, error) {
	out := &Joined{}
	for _, in := range p.Inputs {
		out.Sums = append(out.Sums, in.Header)
	}
	aside := make([][]apart, len(p.Inputs))
	ended := make([]bool, len(p.Inputs))
	for n := range p.Units {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, rows, err := p.copyPart(n, w)
		if err != nil {
			return nil, err
		}
		k := p.Units[n].Input
		out.add(k, h.Sum)
		out.Plain += h.Plain
		out.States = append(out.States, h.State)
		if len(rows) > 0 {
			rows[0].Ended = rows[0].Ended || ended[k]
			ended[k] = false
		}
		ended[k] = ended[k] || h.Ended
		aside[k] = append(aside[k], rows...)
	}
	if p.Repeated > 0 {
		if err := p.together(ctx, w, ask, aside, out); err != nil {
			return nil, err
		}
	}
	for i := range out.Sums {
		ps := out.Sums[i].Problems
		slices.SortStableFunc(ps, func(a, b feeds.Problem) int { return a.Pos.Line - b.Pos.Line })
		out.Sums[i].Problems = ps[:min(len(ps), maxProblems)]
	}
	return out, nil
}

const maxProblems = 1000 // as of one file

func (j *Joined) add(input int, s feeds.Summary) {
	t := &j.Sums[input]
	t.Rows += s.Rows
	t.Incidents += s.Incidents
	t.Rejected += s.Rejected
	t.Unmapped += s.Unmapped
	t.Reports += s.Reports
	t.Duplicates += s.Duplicates
	t.Problems = append(t.Problems, s.Problems...)
}

// together answers rows whose ids stand in several rows, file by file.
func (p *Plan) together(ctx context.Context, w io.Writer, ask Asker, aside [][]apart, out *Joined) error {
	a, err := ask.Begin(w)
	if err != nil {
		return err
	}
	seen := map[string]uint64{}
	var batch bulk.Batch
	for k := range p.Inputs {
		in := &p.Inputs[k]
		part, err := feeds.NewPart(in.Path, in.Head, ask.Feed(), in.Positions, false, func(i *evidence.Incident) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if len(p.Inputs) > 1 && out.stood(seen, i) {
				return nil
			}
			batch.Odd = append(batch.Odd, bulk.Odd{Incident: i})
			if len(batch.Odd) < 1024 {
				return nil
			}
			err := a.Batch(&batch)
			batch.Odd = batch.Odd[:0]
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range aside[k] {
			if row.Ended {
				if err := part.Leave(); err != nil {
					return err
				}
			}
			if in.Kind == KindParquet {
				err = part.Joined(row.Line, string(row.Text))
			} else {
				err = part.Text(row.Line, row.Text)
			}
			if err != nil {
				return err
			}
		}
		sum, err := part.End()
		if err != nil {
			return err
		}
		out.add(k, sum)
	}
	if err := a.Batch(&batch); err != nil {
		return err
	}
	state, err := a.State()
	out.States = append(out.States, state)
	return err
}

// stood reports whether an incident stood in an earlier file with the same
// facts.
func (j *Joined) stood(seen map[string]uint64, in *evidence.Incident) bool {
	h := Facts(in)
	old, ok := seen[in.ID]
	seen[in.ID] = h
	switch {
	case ok && old == h:
		j.Again++
		return true
	case ok:
		j.Other = append(j.Other, fmt.Sprintf("%s: incident %s stood in an earlier file with other facts: both are judged", in.From, in.ID))
	}
	return false
}

// Facts is a number for what an incident says.
func Facts(in *evidence.Incident) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, in.Level, in.Text, in.Source)
	for i := range in.Scenarios {
		fmt.Fprint(h, in.Scenarios[i].Name, brief.FactLines(&in.Scenarios[i]))
	}
	return h.Sum64()
}

// Open takes up the plan in a folder, or makes one. It says whether there was
// one. A plan of another question or of files that have changed since is an
// error.
func Open(ctx context.Context, files []string, o Options) (p *Plan, again bool, err error) {
	p, err = Load(o.Dir)
	if errors.Is(err, ErrNoPlan) {
		p, err = Make(ctx, files, o)
		return p, false, err
	}
	if err != nil {
		return nil, false, err
	}
	if p.Question != o.Question {
		return nil, true, fmt.Errorf("%s holds partitions of another question (other terms, readings, options or edition of truce): take another folder, or delete it", o.Dir)
	}
	if err := p.Changed(ctx, files, o.Cores); err != nil {
		return nil, true, fmt.Errorf("%s holds partitions of other input: %w: take another folder, or delete it", o.Dir, err)
	}
	return p, true, nil
}
