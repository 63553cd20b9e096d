package parts

import (
	"encoding/json"
	"io"
	"time"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/judge"
)

// FindingAsker asks for findings with trace and deciding facts.
type FindingAsker struct {
	base
	judges [][]*judge.Judge // by side
}

func askFindings(b base) (*FindingAsker, error) {
	f := &FindingAsker{base: b}
	for _, s := range b.sides {
		var js []*judge.Judge
		for _, r := range s {
			js = append(js, judge.New(r))
		}
		f.judges = append(f.judges, js)
	}
	return f, nil
}

// Many is nil: all rows are wanted as incidents.
func (f *FindingAsker) Many() *judge.Many { return nil }

// Header stands before what is answered.
func (f *FindingAsker) Header() string {
	if f.q.Format == "csv" {
		return line(brief.Columns()...)
	}
	return ""
}

type findingAnswer struct {
	f       *FindingAsker
	w       io.Writer
	rows    brief.Writer
	skip    int // bytes of a header
	tallies []brief.Tally
	fs      []judge.Finding
}

// Begin begins an answer.
func (f *FindingAsker) Begin(w io.Writer) (Answer, error) {
	a := &findingAnswer{f: f, w: w, tallies: make([]brief.Tally, len(f.judges)), skip: len(f.Header())}
	if f.q.Format == "" {
		return a, nil
	}
	var err error
	a.rows, err = brief.NewWriter(f.q.Format, (*inner)(a), "", time.Time{})
	return a, err
}

// inner takes what a writer of rows writes, without its header.
type inner findingAnswer

// Write writes.
func (a *inner) Write(b []byte) (int, error) {
	n := len(b)
	cut := min(a.skip, n)
	a.skip -= cut
	_, err := a.w.Write(b[cut:])
	return n, err
}

// Batch answers rows, in order.
func (a *findingAnswer) Batch(b *bulk.Batch) error {
	for _, odd := range b.Odd {
		if odd.Incident.Scenarios[0].Time.Start > a.f.until {
			continue
		}
		for k, js := range a.f.judges {
			a.fs = a.fs[:0]
			for _, j := range js {
				a.fs = append(a.fs, j.Incident(odd.Incident, a.f.level))
			}
			a.tallies[k].Add(a.fs)
			if a.rows == nil {
				continue
			}
			if err := a.rows.Write(a.fs); err != nil {
				return err
			}
		}
	}
	return nil
}

// State is what was counted.
func (a *findingAnswer) State() (json.RawMessage, error) {
	if a.rows != nil {
		if err := a.rows.Close(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(a.tallies)
}

// Merge adds up what was counted.
func (f *FindingAsker) Merge(states []json.RawMessage) ([]brief.Tally, error) {
	all := make([]brief.Tally, len(f.judges))
	for _, b := range states {
		var ts []brief.Tally
		if err := json.Unmarshal(b, &ts); err != nil {
			return nil, err
		}
		for k := range ts {
			all[k].Merge(&ts[k])
		}
	}
	return all, nil
}
