package web

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// ofPeople reports whether a kind is about people. Such entries are written where
// people are kept, so that what would count for nothing is refused.
func ofPeople(kind string) bool {
	return slices.Contains([]string{record.KindAccount, record.KindGrant, record.KindToken, record.KindSubscription, record.KindAccess}, kind)
}

var errPeople = huma.Error403Forbidden("nothing was recorded: accounts, roles and tokens of people are kept at /people and /tokens, or with `truce user` (docs/people.md)")

// actionOf is what one needs to be allowed to write a kind of entry. What the log
// writes about itself nobody else does: alter is allowed to nobody.
func actionOf(kind string) string {
	switch kind {
	case "correction@1":
		return "correct"
	case "dispute@1":
		return "dispute"
	case "merge@1", "split@1", record.KindApart:
		return "merge"
	case "adoption@1":
		return "adopt"
	case "determination@1":
		return "determine"
	case record.KindErasure:
		return "erase"
	case record.KindKey, record.KindRevoke:
		return "manage"
	case "mirror@1", "clock@1":
		return "alter"
	}
	return "submit"
}

// targets are the entries whose rights decide: those that an entry changes.
func targets(kind string, refs []record.Ref) []string {
	of := map[string]record.Relation{"correction@1": record.Supersedes, "dispute@1": record.Disputes, "adoption@1": record.Adopts, "determination@1": record.About,
		"merge@1": record.Merges, "split@1": record.Splits, record.KindApart: record.About, record.KindErasure: record.Erases}[kind]
	var out []string
	for _, r := range refs {
		if of != "" && r.Relation == of {
			out = append(out, r.ID)
		}
	}
	return out
}

// authorOf is the key by which somebody writes.
func (s *Server) authorOf(who Who) record.KeyID {
	a, _ := s.o.People.Directory().Account(who.Account)
	return a.Key
}

// says is what a payload says about rights, and in whose name.
type says struct {
	Account string          `json:"account"`
	Marking *rights.Marking `json:"marking"`
	Party   string          `json:"party"`
	From    string          `json:"from"`
}

// saysOf reads it; what cannot be read is restricted.
func saysOf(payload []byte) says {
	var x says
	if json.Unmarshal(payload, &x) != nil {
		restricted := rights.Restricted
		x = says{Marking: &restricted}
	}
	return x
}

// mayTake asks whether somebody may write an entry that the office signs for them.
func (s *Server) mayTake(ctx context.Context, in *EntryIn) error {
	var x says
	if m, there := in.Payload["marking"]; there {
		text, _ := m.(string)
		marking := rights.Marking(text)
		x.Marking = &marking
	}
	x.Party, _ = in.Payload["party"].(string)
	x.From, _ = in.Payload["from"].(string)
	var refs []record.Ref
	for _, r := range in.Refs {
		refs = append(refs, record.Ref{Relation: record.Relation(r.Relation), ID: r.ID})
	}
	return s.mayWriteEntry(ctx, in.Kind, refs, x)
}

// mayWriteEntry asks for an entry that changes others about each of them, and for
// any other about itself.
func (s *Server) mayWriteEntry(ctx context.Context, kind string, refs []record.Ref, x says) error {
	who, action := whoOf(ctx), actionOf(kind)
	if action == "manage" {
		return s.allow(ctx, action, Object{Thing: "account"})
	}
	own := Object{Thing: thingOf(kind), Marking: rights.Marking(views.MarkingOf(kind)), Party: x.Party, Account: who.Account}
	if x.Marking != nil {
		own.Marking = rights.Narrower(*x.Marking, rights.ForPublic)
	}
	if who.Party != "" {
		if err := speaksFor(who, kind, x); err != nil {
			return err
		}
		own.Party = who.Party
	}
	ids := targets(kind, refs)
	if len(ids) == 0 {
		return s.allow(ctx, action, own)
	}
	for _, id := range ids {
		o, err := s.objectOf(ctx, id)
		if err != nil {
			return err
		}
		if action == "merge" { // also a single report is an incident
			o.Thing = "incident"
		}
		if err := s.allowChange(ctx, action, o); err != nil {
			return err
		}
	}
	return nil
}

// allowChange allows an action on an entry that is there. A correction by somebody
// else is a dispute, whatever it is called.
func (s *Server) allowChange(ctx context.Context, action string, o Object) error {
	who := whoOf(ctx)
	err := s.allow(ctx, action, o)
	if action == "correct" && err != nil && s.o.People.Allow(who, "dispute", o).OK {
		return nil
	}
	return err
}

// speaksFor refuses what a delegate says in the name of somebody else.
func speaksFor(who Who, kind string, x says) error {
	said := x.Party
	if kind == "notice@1" {
		said = x.From
	}
	if said != "" && said != who.Party {
		return huma.Error403Forbidden("nothing was recorded: a delegate of " + who.Party + " speaks for no other, and this is in the name of " + said)
	}
	return nil
}

// objectOf is an entry of the log as rights see it. One that is not there, or
// cannot be read any more, counts as restricted, so that asking tells nothing.
func (s *Server) objectOf(ctx context.Context, id string) (Object, error) {
	none := Object{Thing: "report", ID: id, Marking: rights.Restricted}
	i, ok := s.o.Log.Find(id)
	if !ok {
		d, err := s.foreign(id)
		if err != nil || d == nil {
			return none, err
		}
		return s.object(d), nil
	}
	if i >= s.o.Log.Reader().Size() {
		if err := s.o.Log.Integrate(ctx); err != nil {
			return none, failure(err)
		}
	}
	d, err := s.o.People.Document(s.o.Log.Reader(), i)
	if err != nil { // erased, or no JSON: its kind is known
		none.Thing = d.Thing
		if none.Thing == "" {
			none.Thing = "report"
		}
		return none, nil
	}
	return d.Object, nil
}

// maySendFiles asks whether somebody may write anything that names files.
func (s *Server) maySendFiles(ctx context.Context) error {
	who := whoOf(ctx)
	var err error
	for _, thing := range []string{"terms", "notice", "claim", "evidence"} {
		if err = s.allow(ctx, "submit", Object{Thing: thing, Marking: rights.Restricted, Party: who.Party, Account: who.Account}); err == nil {
			return nil
		}
	}
	return err
}

// signedAllowed checks what an account may hand in that was signed elsewhere. A
// key of an account signs for that account; any other is of a device that the
// account answers for, and the payload, where it names an account, names this one.
func (s *Server) signedAllowed(ctx context.Context, e *record.Envelope, payload []byte) error {
	if ofPeople(e.Kind) {
		return errPeople
	}
	who := whoOf(ctx)
	x := saysOf(payload)
	switch a, known := s.o.People.Directory().ByKey(e.Author); {
	case x.Account != "" && x.Account != who.Account:
		return huma.Error403Forbidden("the payload names the account " + x.Account + ", which is not the one that sends it")
	case e.Author == s.o.Log.Author():
		return huma.Error403Forbidden("the office signs for nobody who has a key")
	case known && a.ID != who.Account:
		return huma.Error403Forbidden("the entry is signed by the key of another account")
	}
	return s.mayWriteEntry(ctx, e.Kind, e.Refs, x)
}

// object is an entry of the views as rights see it.
func (s *Server) object(d *views.Doc) Object {
	o := Object{Thing: thingOf(d.Kind), ID: d.ID, Marking: rights.Marking(d.Marking)}
	if key, err := record.ParseKeyID(d.Author); err == nil {
		if a, ok := s.o.People.Directory().ByKey(key); ok {
			o.Account, o.Party = a.ID, a.Party
		}
	}
	var x struct{ Party string }
	if o.Party == "" && json.Unmarshal(d.Payload, &x) == nil {
		o.Party = x.Party
	}
	return o
}
