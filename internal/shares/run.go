package shares

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/jobs"
)

// Options say how whoever asks goes about it.
type Options struct {
	Cores int  // partitions done here at a time; 0: as many as there are processors
	Wait  bool // here only what a worker could not do
	// Told is told, once each, what workers could not do, and that the database cannot
	// be reached.
	Told     func(string)
	Progress func(Progress)
}

// Progress is how far a job is.
type Progress struct {
	Units, Done int
	Here        int // of the done ones: by this process
	Hands       int // workers that have some in hand
}

// queueEvery is how often the queue is looked at; a test has less.
var queueEvery = time.Second

const (
	lookEvery  = 200 * time.Millisecond // at the folder
	againEvery = 30 * time.Second       // tasks are put where a queue lost them
	maxTold    = 20
)

// run is one run of a job.
type run struct {
	Job
	Options
	d   *jobs.DB
	g   jobs.Group
	say sync.Mutex // one is told at a time

	mu     sync.Mutex
	left   []int                      // not done, in order
	here   map[int]context.CancelFunc // in hand here
	there  map[int]string             // in hand elsewhere
	amiss  map[int]bool               // a worker could not do it
	mine   int
	failed error
	told   map[string]bool
}

// Run has what is missing of a plan done, and does some of it itself: from the end,
// while workers take from the front, and in the end also what others have in hand,
// so that none that is gone or slow is waited for. It fails only where this process
// fails too. Tasks that nobody took are withdrawn when it ends.
func Run(ctx context.Context, d *jobs.DB, j Job, o Options) (Progress, error) {
	missing, err := j.Plan.Missing()
	if err != nil {
		return Progress{}, err
	}
	if o.Cores == 0 {
		o.Cores = runtime.GOMAXPROCS(0)
	}
	r := &run{Job: j, Options: o, d: d, g: j.group(), left: missing, here: map[int]context.CancelFunc{}, there: map[int]string{}, amiss: map[int]bool{}, told: map[string]bool{}}
	// What an earlier run left: its failures are told no more.
	if err := d.Withdraw(ctx, r.g); err != nil {
		return r.progress(), err
	}
	if err := r.put(ctx); err != nil {
		return r.progress(), err
	}
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), gone)
		defer cancel()
		if err := d.Withdraw(late, r.g); err != nil {
			r.tell("the queue: " + err.Error())
		}
	}()
	inner, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range o.Cores {
		wg.Go(func() { r.work(inner) })
	}
	wg.Go(func() { r.watch(inner) })
	err = r.follow(inner)
	stop()
	wg.Wait()
	return r.progress(), err
}

// follow looks at the folder until all is there.
func (r *run) follow(ctx context.Context) error {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		r.mu.Lock()
		before := slices.Clone(r.left)
		r.mu.Unlock()
		left, err := r.Plan.Left(before)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.settle(before, left)
		over, err := len(r.left) == 0, r.failed
		r.mu.Unlock()
		r.say.Lock()
		r.Progress(r.progress())
		r.say.Unlock()
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// settle takes note of what was done by others: whoever does it here stops.
func (r *run) settle(before, left []int) {
	if len(before) == len(left) {
		return
	}
	still := map[int]bool{}
	for _, n := range left {
		still[n] = true
	}
	for _, n := range before {
		if stop := r.here[n]; !still[n] && stop != nil {
			stop()
		}
	}
	r.left = slices.DeleteFunc(r.left, func(n int) bool { return !still[n] }) // which only became fewer
}

// work does partitions here.
func (r *run) work(ctx context.Context) {
	for ctx.Err() == nil {
		one, stop := context.WithCancel(ctx)
		n, ok := r.take(stop)
		if !ok {
			stop()
			select {
			case <-ctx.Done():
			case <-time.After(lookEvery):
			}
			continue
		}
		done, err := r.Plan.Done(n)
		if err == nil && !done {
			err = r.Plan.Do(one, n, r.Ask)
		}
		r.over(n, done, err, one.Err() != nil)
		stop()
	}
}

// take chooses what is done here next.
func (r *run) take(stop context.CancelFunc) (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	best, rank := 0, 0
	for _, n := range r.left {
		k := 0
		switch {
		case r.here[n] != nil || r.failed != nil:
		case r.amiss[n]:
			k = 3
		case r.Wait:
		case r.there[n] == "":
			k = 2
		default:
			k = 1
		}
		if k > rank || k == rank && k > 0 && k < 3 { // the first that failed, else the last
			best, rank = n, k
		}
	}
	if rank > 0 {
		r.here[best] = stop
	}
	return best, rank > 0
}

// over takes note of what became of a partition that was in hand here; before: it was
// done when it was taken.
func (r *run) over(n int, before bool, err error, stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.here, n)
	k := slices.Index(r.left, n)
	switch {
	case err == nil:
		if k >= 0 {
			r.left = slices.Delete(r.left, k, k+1)
		}
		if !before {
			r.mine++
		}
	case k < 0 || stopped: // done by another, or over
	default:
		if done, derr := r.Plan.Done(n); !done || derr != nil {
			r.failed = errors.Join(r.failed, err)
		}
	}
}

func (r *run) progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	hands := map[string]bool{}
	for _, by := range r.there {
		hands[by] = true
	}
	return Progress{Units: len(r.Plan.Units), Done: len(r.Plan.Units) - len(r.left), Here: r.mine, Hands: len(hands)}
}

// put puts what is left into the queue; what is there already stays.
func (r *run) put(ctx context.Context) error {
	r.mu.Lock()
	ts := r.tasks(r.left)
	r.mu.Unlock()
	for some := range slices.Chunk(ts, 1000) {
		if err := r.d.Add(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

// watch looks at the queue: who has what in hand, and what went wrong. While it cannot
// be reached, work goes on here.
func (r *run) watch(ctx context.Context) {
	t := time.NewTicker(queueEvery)
	defer t.Stop()
	put, away := time.Now(), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		err := r.look(ctx)
		if err == nil && time.Since(put) > againEvery {
			err, put = r.put(ctx), time.Now()
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil && !away {
			r.tell(fmt.Sprintf("the queue cannot be reached, and is looked for again: %v", err))
		}
		if away = err != nil; away { // nobody is known to do anything
			r.mu.Lock()
			clear(r.there)
			r.mu.Unlock()
		}
	}
}

func (r *run) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, gone)
	defer cancel()
	running, err := r.d.Running(ctx, r.g)
	if err != nil {
		return err
	}
	failures, err := r.d.Failures(ctx, r.g)
	if err != nil {
		return err
	}
	r.mu.Lock()
	clear(r.there)
	for key, by := range running {
		if n, ok := unitOf(r.g, key); ok {
			r.there[n] = by
		}
	}
	for _, f := range failures {
		if n, ok := unitOf(r.g, f.Key); ok {
			r.amiss[n] = true
		}
	}
	r.mu.Unlock()
	for _, f := range failures {
		r.tell("a worker could not do a partition: " + f.Why)
	}
	return nil
}

// tell tells something once.
func (r *run) tell(what string) {
	r.mu.Lock()
	before := r.told[what] || len(r.told) >= maxTold
	r.told[what] = true
	r.mu.Unlock()
	if !before {
		r.say.Lock()
		defer r.say.Unlock()
		r.Told(what)
	}
}
