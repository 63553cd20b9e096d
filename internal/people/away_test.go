package people

import (
	"context"
	"net/http"
	"testing"

	"github.com/truce-project/truce/rights"
)

// told is what the server that keeps the record says.
type told struct{ who Who }

func (a *told) Ask(context.Context, *http.Request) (Who, string, error) { return a.who, "key", nil }
func (a *told) Again(context.Context, string) (Who, error)              { return a.who, nil }

// Somebody whose role has changed has none here as long as only one of the two says so:
// what was taken from them is not given back by entries that have not come yet, nor by an
// answer that is older than they are.
func TestAwayRolesAgree(t *testing.T) {
	o := newOffice(t)
	id := o.add("nadia", rights.DutyOfficer, "").ID
	asker := &told{who: o.who(id)}
	p, err := Away(o.log.Author(), asker, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	hear := func() {
		t.Helper()
		if err := o.log.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := o.log.Reader()
		for e, err := range r.Range(0, r.Size()) {
			if err != nil {
				t.Fatal(err)
			}
			if k, err := r.Payload(e.Index); err == nil {
				p.Hear(e.Index, e.Envelope.Kind, e.Envelope.Author, k.Bytes)
			}
		}
	}
	hear()
	if who := p.now(asker.who); who.Role != rights.DutyOfficer || who.Account != id {
		t.Fatalf("%+v", who)
	}
	before := asker.who
	if _, err := o.Grant(t.Context(), AtConsole(), id, rights.Delegate, "ALFA", "sent by a party now"); err != nil {
		t.Fatal(err)
	}
	asker.who = o.who(id)
	for name, who := range map[string]Who{"the entries are behind": p.now(asker.who), "nobody was asked": p.now(Who{Account: id, Role: rights.Chair})} {
		if who.Role != rights.Public || who.Party != "" || who.Account != id {
			t.Errorf("%s: %+v", name, who)
		}
	}
	hear()
	if who := p.now(before); who.Role != rights.Public || who.Account != id {
		t.Errorf("the answer is behind: %+v", who)
	}
	if who := p.now(asker.who); who.Role != rights.Delegate || who.Party != "ALFA" {
		t.Errorf("both say so: %+v", who)
	}
}
