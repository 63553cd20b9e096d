package views

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Blobs opens the files of entries by their SHA-256.
type Blobs interface {
	Open(h record.Hash) (io.ReadCloser, error)
}

// texts are the texts of the record that hold now, ready to judge by.
type texts struct {
	blobs Blobs
	order []string // ids
	of    map[string]*text
	last  int64 // place of the newest entry that was taken into account; -1: none was
	gone  int   // how many of them were erased
}

type text struct {
	entry       *Doc
	terms       *terms.Terms
	commitments map[string][]terms.Commitment // by id
	order       []string
	judges      []*judge.Judge // one for each reading
}

func newTexts(b Blobs) *texts { return &texts{blobs: b, of: map[string]*text{}, last: -1} }

// textsOf makes the texts of what a store holds. Entries that had no effect when they
// came have none now.
func textsOf(r Reads, b Blobs) (*texts, error) {
	t := newTexts(b)
	err := r.InOrder([]string{kindTerms, kindCommitment}, func(d *Doc) bool {
		if t.last = d.Index; d.Problem == "" || d.Erased {
			t.apply(d)
		}
		return true
	})
	return t, err
}

// clone returns texts that change by themselves.
func (t *texts) clone() *texts {
	c := newTexts(t.blobs)
	c.order, c.last, c.gone = slices.Clone(t.order), t.last, t.gone
	for id, x := range t.of {
		y := *x
		y.commitments = map[string][]terms.Commitment{}
		for k, v := range x.commitments {
			y.commitments[k] = v
		}
		y.order = slices.Clone(x.order)
		c.of[id] = &y
	}
	return c
}

// apply takes a text or a commitment into account. It returns the id of the text
// that has changed; "" with a problem where none has.
func (t *texts) apply(d *Doc) (id, problem string) {
	t.last = d.Index
	if d.Erased {
		t.gone++
		return "", "erased"
	}
	if d.Kind == kindCommitment {
		return t.commit(d)
	}
	parsed, err := OpenText(d, t.blobs)
	if err != nil {
		return "", err.Error()
	}
	old := t.of[parsed.ID]
	if old != nil && !slices.Contains(d.ref(record.Supersedes), old.entry.ID) {
		return "", fmt.Sprintf("there is a text %q already: an entry that takes its place supersedes %s", parsed.ID, old.entry.ID)
	}
	x := &text{entry: d, terms: parsed, commitments: map[string][]terms.Commitment{}}
	if old != nil {
		x.commitments, x.order = old.commitments, old.order
	} else {
		t.order = append(t.order, parsed.ID)
		slices.Sort(t.order)
	}
	if err := x.compile(); err != nil {
		if old == nil {
			t.order = slices.DeleteFunc(t.order, func(s string) bool { return s == parsed.ID })
		}
		return "", err.Error()
	}
	t.of[parsed.ID] = x
	return parsed.ID, ""
}

func (t *texts) commit(d *Doc) (id, problem string) {
	var p record.CommitmentEntry
	if !d.read(&p) {
		return "", "the payload is no commitment@1"
	}
	x := t.of[p.Text]
	if x == nil {
		return "", fmt.Sprintf("there is no text %q in this record", p.Text)
	}
	cs, problems := x.terms.ParseCommitments("commitment", []byte("- "+strings.ReplaceAll(strings.TrimSpace(p.Commitment), "\n", "\n  ")))
	if errs := problems.Errors(); len(errs) > 0 || len(cs) != 1 || cs[0].ID != p.ID || string(cs[0].Party) != p.Party {
		return "", fmt.Sprintf("the commitment cannot be read: expected one, of %s by %s. %s", p.ID, p.Party, errs)
	}
	y := *x
	y.commitments = map[string][]terms.Commitment{}
	for k, v := range x.commitments {
		y.commitments[k] = v
	}
	if _, had := y.commitments[p.ID]; !had {
		y.order = append(slices.Clone(y.order), p.ID)
	}
	y.commitments[p.ID] = cs
	if err := y.compile(); err != nil {
		return "", err.Error()
	}
	t.of[p.Text] = &y
	return p.Text, ""
}

func (x *text) compile() error {
	var all []terms.Commitment
	for _, id := range x.order {
		all = append(all, x.commitments[id]...)
	}
	x.judges = nil
	for _, id := range x.terms.ReadingIDs() {
		r, err := x.terms.Under(id, all, false)
		if err != nil {
			return fmt.Errorf("under reading %s: %w", id, err)
		}
		if len(r.Clauses) == 0 { // it has duties and procedures alone: no act is judged by it
			continue
		}
		x.judges = append(x.judges, judge.New(r))
	}
	return nil
}

// judge finds what the readings of a text say of an incident.
func (x *text) judge(in *evidence.Incident, since int64) []Finding {
	var out []Finding
	for _, j := range x.judges {
		f := j.Incident(in, nil)
		out = append(out, findingOf(&f, since))
	}
	return out
}

func findingOf(f *judge.Finding, since int64) Finding {
	r := Finding{Since: since, Terms: f.Regime.Terms.ID, Reading: f.Regime.ReadingID}
	r.Result = Result{Verdict: f.Verdict.String(), Says: brief.Sentence(f), Author: f.Author, Level: f.Level.String(), Deciding: f.DecidingText(),
		Assumes: f.Regime.Assumes, Digest: f.Regime.Terms.Digest, Engine: judge.Engine, TZData: when.TZData}
	for _, p := range f.Party {
		r.Party = append(r.Party, string(p))
	}
	for _, c := range f.Clauses {
		x := ClauseResult{Clause: string(c.Clause.ID), Verdict: c.Verdict.String(), Share: Share(c.Share)}
		for _, p := range c.Party {
			x.Party = append(x.Party, string(p))
		}
		r.Clauses = append(r.Clauses, x)
	}
	for _, v := range f.Profile {
		r.Profile = append(r.Profile, v.String())
	}
	return r
}
