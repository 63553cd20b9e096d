package views

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Snapshot is the views at one size of the log. All answers of one snapshot are
// of that size.
type Snapshot struct {
	v          *Views
	At         int64 // Now, or an earlier size
	Size       int64 // of the log
	cols       *Columns
	profiles   []string
	judgements []string
	texts      *texts
}

// Beyond means that a size was asked for which the views do not have.
type Beyond struct{ At, Size int64 }

func (b *Beyond) Error() string {
	return fmt.Sprintf("as of %d: the views hold %d entries", b.At, b.Size)
}

// pastCache keeps what is held of the earlier sizes that were asked for last, and
// texts that held between two entries.
type pastCache struct {
	sync.Mutex
	of    []*past
	texts []*texts
}

// past is what is held of an earlier size. Codes are given in the order of the log,
// so that those of then are the first of those of now.
type past struct {
	at                   int64
	cols                 *Columns
	profiles, judgements int
	texts                *texts
}

const (
	pastKept  = 2
	textsKept = 4
)

// Read calls f with the views as of a size of the log, Now for the newest. While f
// runs, nothing changes.
func (v *Views) Read(at int64, f func(s *Snapshot) error) error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.anew {
		return ErrAnew
	}
	s := &Snapshot{v: v, At: at, Size: v.size, cols: v.cols, profiles: v.profiles, judgements: v.judgements, texts: v.text}
	if at != Now {
		if at < 0 || at > v.size {
			return &Beyond{at, v.size}
		}
		s.Size = at
		if at == v.size {
			s.At = Now
			return f(s)
		}
		p, err := v.pastAt(at)
		if err != nil {
			return err
		}
		s.cols, s.profiles, s.judgements, s.texts = p.cols, v.profiles[:p.profiles], v.judgements[:p.judgements], p.texts
	}
	return f(s)
}

// pastAt makes what is held of an earlier size, from the store.
func (v *Views) pastAt(at int64) (*past, error) {
	v.past.Lock()
	defer v.past.Unlock()
	for _, x := range v.past.of {
		if x.at == at {
			return x, nil
		}
	}
	rows, err := v.store.Load(at)
	if err != nil {
		return nil, err
	}
	p := &past{at: at, cols: NewColumns(rows)}
	for name, n := range map[string]*int{"profile": &p.profiles, "judgement": &p.judgements} {
		codes, err := v.store.Dict(name, at)
		if err != nil {
			return nil, err
		}
		*n = len(codes)
	}
	if p.texts, err = v.textsAt(at); err != nil {
		return nil, err
	}
	if len(v.past.of) == pastKept {
		v.past.of = v.past.of[1:]
	}
	v.past.of = append(v.past.of, p)
	return p, nil
}

// textsAt are the texts of an earlier size: between two entries about texts they are
// the same. It is called with the lock of what is past.
func (v *Views) textsAt(at int64) (*texts, error) {
	last := int64(-1)
	then := asOf{v.store, at}
	err := then.Docs([]string{kindTerms, kindCommitment}, at, func(d *Doc) bool { last = d.Index; return false })
	if err != nil {
		return nil, err
	}
	for _, t := range append([]*texts{v.text}, v.past.texts...) {
		if t.last == last {
			return t, nil
		}
	}
	t, err := textsOf(then, v.blobs)
	if err != nil {
		return nil, err
	}
	if len(v.past.texts) == textsKept {
		v.past.texts = v.past.texts[1:]
	}
	v.past.texts = append(v.past.texts, t)
	return t, nil
}

// Vector is what the answers were computed from.
func (s *Snapshot) Vector() Vector { return s.v.vector(s.Size) }

// VectorAt is what its first entries were computed from.
func (s *Snapshot) VectorAt(size int64) Vector { return s.v.vector(size) }

// Store is the store, for what is asked of it directly. Of an earlier size it answers
// as if the log had no more.
func (s *Snapshot) Store() Reads {
	if s.At == Now && s.v.kept == nil {
		return s.v.store
	}
	if s.At == Now { // another process may have written more
		return asOf{s.v.store, s.Size}
	}
	return asOf{s.v.store, s.At}
}

// plan makes a filter ready for what its eyes see.
func (s *Snapshot) plan(f *Filter) (*Columns, *Plan, []string) {
	if f.Eyes == nil {
		return s.cols, plan(f, s.profiles, s.judgements), s.profiles
	}
	g := s.look(f.Eyes)
	p := plan(f, g.profiles, s.judgements)
	for i := range p.may {
		p.profile[i] = g.may[i] && f.profileFits(fieldsOf(g.profiles[i]))
	}
	p.may, p.allProfile = g.may, !slices.Contains(p.profile, false)
	if g.cols != nil {
		return g.cols, p, g.profiles
	}
	return s.cols, p, g.profiles
}

// Hides reports whether some eyes do not see all the words by which an incident
// that they see can be searched for.
func (s *Snapshot) Hides(e *Eyes) bool {
	return slices.ContainsFunc(s.look(e).looks, func(l Look) bool { return l.See && l.NoWords })
}

// List lists incidents.
func (s *Snapshot) List(f *Filter, after *Key, limit int) Page {
	cols, p, _ := s.plan(f)
	page := cols.page(p, after, limit)
	page.Totals = s.Count(f)
	page.Totals.Shown = len(page.Rows)
	return page
}

// Count counts incidents. The same count of the same size is not made twice: the
// pages of a list ask for it again and again.
func (s *Snapshot) Count(f *Filter) Totals {
	if f.Only != nil {
		cols, p, _ := s.plan(f)
		return cols.Count(p)
	}
	box := Box{}
	if f.Box != nil {
		box = *f.Box
	}
	plainly := *f
	plainly.Box, plainly.Eyes = nil, nil
	key := fmt.Sprintf("%+v %v %+v", plainly, f.Box != nil, box)
	if f.Eyes != nil {
		key = f.Eyes.Key + "\n" + key
	}
	c := &s.v.counted
	c.Lock()
	if c.size != s.Size || c.now != s.v.size || len(c.of) > countsKept {
		c.size, c.now, c.of = s.Size, s.v.size, map[string]Totals{}
	}
	t, ok := c.of[key]
	c.Unlock()
	if ok {
		return t
	}
	cols, p, _ := s.plan(f)
	t = cols.Count(p)
	c.Lock()
	defer c.Unlock()
	if c.size == s.Size && c.now == s.v.size {
		c.of[key] = t
	}
	return t
}

// countCache keeps totals of one size, as long as the views do not change.
type countCache struct {
	sync.Mutex
	size, now int64
	of        map[string]Totals
}

const countsKept = 1000

// Bins counts incidents in a grid over the filter's box.
func (s *Snapshot) Bins(f *Filter, w, h int) []int {
	cols, p, _ := s.plan(f)
	return cols.Bins(p, w, h)
}

// Days counts incidents by day and by the value of a field; "" counts all
// together. A field with several possible values counts under a|b. The fields are
// those of profiles, and TEXT@READING for the verdict.
func (s *Snapshot) Days(f *Filter, field string) (names []string, days map[int64][]int, err error) {
	cols, p, profiles := s.plan(f)
	ofProfile, ofJudged := []int(nil), []int(nil)
	number := map[string]int{}
	code := func(name string) int {
		if _, ok := number[name]; !ok {
			number[name] = len(names)
			names = append(names, name)
		}
		return number[name]
	}
	none := code("")
	if i := fieldIndex(field); i >= 0 {
		for k, t := range profiles {
			if !p.may[k] { // its values are no group of this reader's
				ofProfile = append(ofProfile, none)
				continue
			}
			ofProfile = append(ofProfile, code(fieldsOf(t)[i]))
		}
	} else if field != "" {
		known := false
		for _, t := range s.judgements {
			v, ok := verdictOf(t, field)
			known = known || ok
			ofJudged = append(ofJudged, code(v))
		}
		if !known {
			return nil, nil, notBy(field)
		}
	}
	names, days = counted(names, cols.Days(p, &grouping{names: names, ofProfile: ofProfile, ofJudged: ofJudged}))
	return names, days, nil
}

// counted leaves out groups in which nothing was counted: that a value is
// somewhere in the record would be told by them. They are in the order of their
// names, since another would tell what came first.
func counted(names []string, days map[int64][]int) ([]string, map[int64][]int) {
	var used []int
	for g := range names {
		for _, n := range days {
			if n[g] > 0 {
				used = append(used, g)
				break
			}
		}
	}
	slices.SortFunc(used, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	out := make([]string, len(used))
	for i, g := range used {
		out[i] = names[g]
	}
	for d, n := range days {
		less := make([]int, len(used))
		for i, g := range used {
			less[i] = n[g]
		}
		days[d] = less
	}
	return out, days
}

func notBy(field string) error {
	return fmt.Errorf("by %q: expected one of %v, or TEXT@READING of a text that was judged by", field, profileFields)
}

func fieldIndex(name string) int {
	for i, f := range profileFields {
		if f == name {
			return i
		}
	}
	return -1
}

// verdictOf reads the verdict of one reading out of a judgement.
func verdictOf(text, reading string) (string, bool) {
	for _, one := range fieldsOf(text) {
		var id, verdict string
		if n, _ := fmt.Sscan(one, &id, &verdict); n == 2 && id == reading {
			return verdict, true
		}
	}
	return "", false
}

// Explain judges an incident anew, with all that is said for people: the trace of
// every clause.
func (s *Snapshot) Explain(id string) ([]judge.Finding, error) {
	in, err := s.evidenceOf(id, &s.v.read)
	if err != nil || in == nil {
		return nil, err
	}
	var out []judge.Finding
	for _, t := range s.texts.order {
		for _, j := range s.texts.of[t].judges {
			out = append(out, j.Incident(in, nil))
		}
	}
	return out, nil
}

// Text is a text that incidents are judged by.
type Text struct {
	Entry   *Doc
	Terms   *terms.Terms
	Regimes []*terms.Regime // one for each reading
}

// Texts are the texts that incidents are judged by, in the order of their ids.
func (s *Snapshot) Texts() []Text {
	var out []Text
	for _, id := range s.texts.order {
		x := s.texts.of[id]
		t := Text{Entry: x.entry, Terms: x.terms}
		for _, j := range x.judges {
			t.Regimes = append(t.Regimes, j.Regime())
		}
		out = append(out, t)
	}
	return out
}
