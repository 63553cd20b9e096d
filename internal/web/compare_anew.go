package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/judge"
)

// anew is what both sides of a comparison say of all incidents, where the record does not
// judge by both as they stand: an older version, or one judged as if in force. It is made
// beside requests, once for what the sides say, and kept up with what comes in. Whoever
// asks is given counts of those incidents of which they see every fact.
type anew struct {
	views, size int64
	codes       []uint32 // by the number of an incident: a place in the table
	table       *saidTable
}

func (a *anew) of() (made, size int64) { return a.views, a.size }

// saidTable is what is said of incidents, each thing once.
type saidTable struct {
	mu     sync.Mutex
	judges *compare.Backtest // it judges, and counts nothing
	said   [][][]compare.Said
	by     map[string]uint32 // places in said by what is said, printed
}

// judge is the place of what the sides say of an incident.
func (t *saidTable) judge(in *evidence.Incident) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := t.judges.Say(in)
	key := fmt.Sprint(said)
	code, ok := t.by[key]
	if !ok {
		code = uint32(len(t.said))
		t.by[key], t.said = code, append(t.said, said)
	}
	return code
}

func (t *saidTable) all() [][][]compare.Said {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said
}

// fewChanged is how many incidents are judged while somebody waits, or the views are held.
const fewChanged = 64

// anewStrangers is of how many incidents those who have not signed in may have all judged,
// which takes some 80 µs of a processor each. Of more they are answered for all once
// somebody who has signed in compared the same, and else for the newest.
var anewStrangers = 100_000

func (a *anew) put(num, code uint32) {
	for int(num) >= len(a.codes) {
		a.codes = append(a.codes, views.NotJudged)
	}
	a.codes[num] = code
}

// again judges some incidents, as they are in a snapshot.
func (a *anew) again(snap *views.Snapshot, nums []uint32) error {
	for _, num := range nums {
		ins, err := snap.Evidence([]views.Row{{Num: num}})
		if err != nil {
			return err
		}
		code := uint32(views.NotJudged) // it is none any more
		if len(ins) == 1 {
			code = a.table.judge(ins[0])
		}
		a.put(num, code)
	}
	return nil
}

// upTo is what is said of the incidents as they are in a snapshot, where that takes no
// while: few became others since. Else it is nil.
func (a *anew) upTo(snap *views.Snapshot) (*anew, error) {
	nums, known := snap.ChangedSince(a.size)
	if a.views != snap.Made() || a.size > snap.Size || !known || len(nums) > fewChanged {
		return nil, nil
	}
	if a.size == snap.Size {
		return a, nil
	}
	next := &anew{snap.Made(), snap.Size, slices.Clone(a.codes), a.table}
	return next, next.again(snap, nums)
}

var errMadeAnew = errors.New("the views were made anew while incidents were judged: ask again")

// judgeAnew judges all incidents. Views are held for moments only.
func (s *Server) judgeAnew(sides *comparedSides) (*anew, error) {
	a := &anew{table: &saidTable{judges: compare.NewBacktest(sides.of[:]), by: map[string]uint32{}}}
	var sets []views.SetRows
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		a.views, a.size = snap.Made(), snap.Size
		sets, err = snap.Sets()
		return err
	})
	for _, x := range sets {
		if err != nil {
			return nil, err
		}
		err = s.judgeSet(a, x)
	}
	var rest []uint32
	if err == nil {
		err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
			for _, num := range snap.Numbers() {
				if int(num) >= len(a.codes) || a.codes[num] == views.NotJudged {
					rest = append(rest, num)
				}
			}
			return nil
		})
	}
	if err == nil {
		err = s.judgeSome(a, rest)
	}
	// What came in meanwhile, and what came in while that was judged.
	for done := false; err == nil && !done; {
		var nums []uint32
		var size int64
		err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
			next, err := a.upTo(snap)
			if done = next != nil; err != nil || done {
				a = next
				return err
			}
			var known bool
			if nums, known = snap.ChangedSince(a.size); !known || a.views != snap.Made() {
				return errMadeAnew
			}
			size = snap.Size
			return nil
		})
		if err == nil && !done {
			err, a.size = s.judgeSome(a, nums), size
		}
	}
	return a, err
}

// judgeSet judges the rows of a data set.
func (s *Server) judgeSet(a *anew, x views.SetRows) error {
	var codes []uint32
	x.Each(func(in *evidence.Incident) { codes = append(codes, a.table.judge(in)) })
	return s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		nums, err := snap.SetNumbers(x, len(codes))
		for i, num := range nums {
			if num != views.NotJudged {
				a.put(num, codes[i])
			}
		}
		return err
	})
}

// judgeSome judges some incidents, few at a time.
func (s *Server) judgeSome(a *anew, nums []uint32) error {
	for some := range slices.Chunk(nums, fewChanged) {
		if err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error { return a.again(snap, some) }); err != nil {
			return err
		}
	}
	return nil
}

// comparedAnew counts what both sides say of all incidents, where that was judged; until
// then the newest are judged, or with stale none, and working says so.
func (s *Server) comparedAnew(ctx context.Context, q *compareQuery, p *CompareAnswer, sides *comparedSides) error {
	x := question[*anew]{key: sides.key, stranger: whoOf(ctx).Account == ""}
	var past, counted, many bool
	var size int64
	err := s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		past, many, size = snap.At != views.Now, snap.Len() > anewStrangers, snap.Size
		x.views, p.Vector, p.Totals = snap.Made(), snap.Vector(), snap.Count(f)
		if past { // as it was once: only the newest of that
			return nil
		}
		a, ok := s.anews.find(x.key, x.views, func(*anew) bool { return true })
		if !ok {
			return nil
		}
		a, err := a.upTo(snap)
		if a == nil || err != nil {
			return err
		}
		s.anews.put(x.key, a)
		counted = true
		return s.countAnew(ctx, snap, f, q, p, sides, a)
	})
	if err != nil || counted {
		return err
	}
	if !past && !(many && x.stranger) {
		x.fits = func(*anew) bool { return false }
		x.make = func() (*anew, error) { return s.judgeAnew(sides) }
		x.failed = func(err error) {
			s.o.Slog.Error("incidents could not be judged for a comparison", "error", err.Error())
		}
		_, p.Working, _ = s.anews.last(&x) // where it failed, the newest are answered for, which says so
		if p.Working && q.Stale {
			return nil
		}
	}
	if q.Stale {
		return s.staleNewest(ctx, q, p, sides, x.views, size)
	}
	return s.comparedNewest(ctx, q, p, sides)
}

// newest is what was said last of the newest incidents.
type newest struct {
	views, size int64
	p           *CompareAnswer
}

func (n *newest) of() (made, size int64) { return n.views, n.size }

// staleNewest answers for the newest incidents with what was made last, of its own size;
// working says that it is being made anew. What whoever asks may see is part of the key.
func (s *Server) staleNewest(ctx context.Context, q *compareQuery, p *CompareAnswer, sides *comparedSides, made, size int64) error {
	of, empty := q.plain(), *p
	n, working, err := s.newests.last(&question[*newest]{
		key: fmt.Sprintf("%s %s %+v", sides.key, sight.Key(whoOf(ctx)), *of), views: made, stranger: whoOf(ctx).Account == "",
		fits: func(n *newest) bool { return n.size == size },
		make: func() (*newest, error) {
			x := empty
			err := s.comparedNewest(context.WithoutCancel(ctx), of, &x, sides)
			return &newest{made, size, &x}, err
		},
		failed: func(err error) { s.o.Slog.Error("the newest incidents could not be compared", "error", err.Error()) },
	})
	if p.Working = working; n != nil {
		p.History, p.Incidents, p.Totals, p.Looked, p.Changed, p.Newest, p.Vector = n.p.History, n.p.Incidents, n.p.Totals, n.p.Looked, n.p.Changed, n.p.Newest, n.p.Vector
	}
	return err
}

// countAnew counts what is said of the incidents that are asked for.
func (s *Server) countAnew(ctx context.Context, snap *views.Snapshot, f *views.Filter, q *compareQuery, p *CompareAnswer, sides *comparedSides, a *anew) error {
	who := whoOf(ctx)
	may := func(n views.Narrowed) bool { return s.sights.Reasons(who, n) }
	said := a.table.all()
	n, from, to := snap.CountBy(f, may, a.codes, len(said))
	b := compare.NewBacktest(sides.of[:])
	verdicts := make([][]judge.Verdict, len(said))
	for code, k := range n {
		if k == 0 {
			continue
		}
		v := b.Count(said[code], k)
		if v[0] != v[1] {
			verdicts[code] = v
			p.Changed += k
		}
	}
	b.Close(spanOf(from, to))
	p.Looked = b.Events
	rows := []compare.Row{}
	if p.Changed > 0 {
		for _, r := range snap.RowsBy(f, may, a.codes, func(code uint32) bool { return verdicts[code] != nil }, compareChanged) {
			x, err := s.itemOf(who, snap, r.Num)
			if err != nil {
				return err
			}
			if x != nil {
				p.Incidents = append(p.Incidents, x.Incident)
				rows = append(rows, compare.Row{Incident: inShort(&x.Incident), Verdicts: verdicts[a.codes[r.Num]]})
			}
		}
	}
	p.Totals.Shown = len(p.Incidents)
	p.History = brief.NewHistoryJSON(b, []string{q.A, q.B}, rows)
	return nil
}
