package people

import (
	"context"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Access records that somebody opens what is restricted. It must be called
// before it is shown, and where it fails nothing may be shown.
func (p *People) Access(ctx context.Context, who Who, action, purpose string, objects ...Object) error {
	if len(objects) == 0 {
		return nil
	}
	key, err := p.signer(who)
	if err != nil {
		return err
	}
	// An entry is of one thing and one party, so that each party can be shown
	// what concerns it.
	type group struct{ thing, party string }
	byGroup := map[group]*draft{}
	var order []group
	for _, o := range objects {
		g := group{o.Thing, o.Party}
		d := byGroup[g]
		if d == nil {
			d = &draft{kind: record.KindAccess, key: key, payload: record.AccessEntry{Action: action, Thing: o.Thing, Party: o.Party, Token: who.Token, Purpose: purpose}}
			byGroup[g], order = d, append(order, g)
		}
		a := d.payload.(record.AccessEntry)
		a.What = append(a.What, o.ID)
		d.payload = a
		if _, err := record.IDBytes(o.ID); err == nil {
			d.refs = append(d.refs, record.Ref{Relation: record.About, ID: o.ID})
		}
	}
	drafts := make([]draft, len(order))
	for i, g := range order {
		drafts[i] = *byGroup[g]
	}
	es, ps, err := p.make(drafts...)
	if err != nil {
		return err
	}
	_, err = p.log.Append(ctx, es, ps)
	return err
}

// Do asks for a right and, where the table says so, records that it was used. It
// returns a refusal as ErrRefused.
func (p *People) Do(ctx context.Context, who Who, action, purpose string, o Object) error {
	d := p.Allow(who, action, o)
	if !d.OK {
		return ErrRefused{d.Because}
	}
	if d.Logged {
		return p.Access(ctx, who, action, purpose, o)
	}
	return nil
}

// See is what somebody sees of documents, in their order; what is not for them is
// left out without a gap. That restricted evidence was opened is in the record
// before See returns.
func (p *People) See(ctx context.Context, who Who, purpose string, docs ...rights.Document) ([]rights.Document, error) {
	var out []rights.Document
	var opened []Object
	for _, d := range docs {
		if seen, _, of, ok := p.o.Table.Redact(who, d); ok {
			out, opened = append(out, seen), append(opened, of...)
		}
	}
	for len(opened) > 0 { // an entry refers to at most 1000
		n := min(len(opened), 500)
		if err := p.Access(ctx, who, "read", purpose, opened[:n]...); err != nil {
			return nil, err
		}
		opened = opened[n:]
	}
	return out, nil
}
