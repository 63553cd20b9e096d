package views

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// BuildTo makes views, which hold nothing yet, of the first size entries of a log:
// what was known when it held no more.
func (v *Views) BuildTo(ctx context.Context, r Source, size int64) error {
	v.Of(r)
	if v.Size() != 0 || size < 0 || size > r.Size() {
		return fmt.Errorf("views of %d entries cannot be made of a log of %d from views of %d", size, r.Size(), v.Size())
	}
	for v.Size() < size {
		if err := ctx.Err(); err != nil {
			return err
		}
		from := v.Size()
		if err := v.apply(r, from, min(from+batchSize, size), true); err != nil {
			return err
		}
	}
	return nil
}

// asOf is a store as it was when the log held no more than at entries: what came
// later is not there, and what ended later holds.
type asOf struct {
	Reads
	at int64
}

func (a asOf) Size() (int64, string, error) { return a.at, "", nil }

// then is what to ask the store as of.
func (a asOf) then(at int64) int64 {
	if at == Now {
		return a.at
	}
	return min(at, a.at)
}

func (a asOf) known(d *Doc, err error) (*Doc, error) {
	if d != nil && d.Index >= a.at {
		d = nil
	}
	return d, err
}

func (a asOf) Doc(id string) (*Doc, error) { return a.known(a.Reads.Doc(id)) }

func (a asOf) DocAt(index int64) (*Doc, error) { return a.known(a.Reads.DocAt(index)) }

func (a asOf) Docs(kinds []string, before int64, yield func(*Doc) bool) error {
	return a.Reads.Docs(kinds, min(before, a.at), yield)
}

func (a asOf) InOrder(kinds []string, yield func(*Doc) bool) error {
	return a.Reads.InOrder(kinds, func(d *Doc) bool { return d.Index < a.at && yield(d) })
}

// some is a list, or nil where there is nothing in it.
func some[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// before are those of documents that were there.
func (a asOf) before(ds []*Doc, err error) ([]*Doc, error) {
	return some(slices.DeleteFunc(ds, func(d *Doc) bool { return d.Index >= a.at })), err
}

func (a asOf) Pointing(relation, id string) ([]*Doc, error) {
	return a.before(a.Reads.Pointing(relation, id))
}

func (a asOf) ByRoot(id string) ([]*Doc, error) { return a.before(a.Reads.ByRoot(id)) }

func (a asOf) DocsWith(w Wanted) (map[int64]bool, error) {
	found, err := a.Reads.DocsWith(w)
	maps.DeleteFunc(found, func(i int64, _ bool) bool { return i >= a.at })
	return found, err
}

func (a asOf) Num(id string) (num uint32, ok bool, err error) {
	if num, ok, err = a.Reads.Num(id); err != nil || !ok {
		return num, ok, err
	}
	if h, err := a.History(num); err != nil || len(h) == 0 {
		return 0, false, err
	}
	return num, true, nil
}

// end forgets an end that was still to come.
func (a asOf) end(until *int64) {
	if *until >= a.at {
		*until = 0
	}
}

func (a asOf) Version(num uint32, at int64) (*Version, error) {
	v, err := a.Reads.Version(num, a.then(at))
	if v != nil {
		a.end(&v.Until)
	}
	return v, err
}

func (a asOf) History(num uint32) ([]*Version, error) {
	h, err := a.Reads.History(num)
	h = slices.DeleteFunc(h, func(v *Version) bool { return v.Since >= a.at })
	for _, v := range h {
		a.end(&v.Until)
	}
	return some(h), err
}

func (a asOf) found(fs []Finding, err error) ([]Finding, error) {
	fs = slices.DeleteFunc(fs, func(f Finding) bool { return f.Since >= a.at })
	for i := range fs {
		a.end(&fs[i].Until)
	}
	return some(fs), err
}

func (a asOf) Findings(num uint32, at int64) ([]Finding, error) {
	return a.found(a.Reads.Findings(num, a.then(at)))
}

func (a asOf) AllFindings(num uint32) ([]Finding, error) { return a.found(a.Reads.AllFindings(num)) }

func (a asOf) Since(index int64, yield func(num uint32, f Finding) bool) error {
	if index >= a.at {
		return nil
	}
	return a.Reads.Since(index, func(num uint32, f Finding) bool {
		a.end(&f.Until)
		return yield(num, f)
	})
}

func (a asOf) IncidentsWith(w Wanted, at int64) (map[uint32]bool, error) {
	return a.Reads.IncidentsWith(w, a.then(at))
}

func (a asOf) Rows(at int64, yield func(Row) bool) error { return a.Reads.Rows(a.then(at), yield) }

func (a asOf) Load(at int64) ([]Row, error) { return a.Reads.Load(a.then(at)) }

func (a asOf) Row(num uint32, at int64) (Row, bool, error) { return a.Reads.Row(num, a.then(at)) }

func (a asOf) Dict(name string, at int64) ([]string, error) { return a.Reads.Dict(name, a.then(at)) }
