package web

import (
	"context"
	"strings"

	"github.com/truce-project/truce/internal/lookalike"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// document is an entry of the views as rights see it, with its fields.
func (s *Server) document(d *views.Doc) (rights.Document, error) {
	payload := d.Payload
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	x, err := s.o.People.Table().DocumentOf(d.Kind, d.ID, payload)
	if key, kerr := record.ParseKeyID(d.Author); kerr == nil {
		if a, ok := s.o.People.Directory().ByKey(key); ok {
			x.Account = a.ID
			if a.Party != "" {
				x.Party = a.Party
			}
		}
	}
	x.Sealed = d.Touches
	return x, err
}

// redact is what somebody sees of an entry without opening it: what is left of the
// payload, or else the envelope, which is in the public log. closed says that it
// is the envelope alone.
func (s *Server) redact(ctx context.Context, d *views.Doc) (seen *views.Doc, closed bool) {
	return s.redactFor(whoOf(ctx), d)
}

func (s *Server) redactFor(who Who, d *views.Doc) (seen *views.Doc, closed bool) {
	if len(d.Payload) == 0 { // erased, none, or not JSON: there is nothing to leave out but why
		x := envelopeOnly(d)
		if s.freely(who, s.object(d)) {
			x.Problem, x.Marking = d.Problem, d.Marking
		}
		return x, false
	}
	whole, err := s.document(d)
	if err != nil {
		return envelopeOnly(d), true
	}
	left, coarse, ok := s.o.People.Table().Glance(who, whole)
	if !ok {
		return envelopeOnly(d), true
	}
	return s.leave(d, &whole, &left, coarse), false
}

// leave makes the entry of what is left of its payload. Where that is all of it,
// the payload is as it was written.
func (s *Server) leave(d *views.Doc, whole, left *rights.Document, coarse bool) *views.Doc {
	all := !coarse && left.Party == whole.Party && len(left.Fields) == len(whole.Fields)
	for i := range left.Fields {
		all = all && left.Fields[i].Raw != ""
	}
	if all {
		x := *d
		x.Touches, x.Deceives = false, deceives(left)
		return &x
	}
	x := envelopeOnly(d)
	x.Marking = d.Marking
	p, err := left.Payload()
	if err != nil {
		s.o.Slog.Error("payload", "entry", d.ID, "error", err.Error())
		return x
	}
	x.Payload, x.Deceives = p, deceives(left)
	for _, f := range left.Fields {
		if f.Name == "account" && f.In == "" {
			x.Account = f.Value
		}
	}
	return x
}

// deceives says how the words of an entry may look unlike what they say.
func deceives(d *rights.Document) []string {
	var words []string
	for _, f := range d.Fields {
		words = append(words, f.Name, f.Value)
	}
	return lookalike.Deceives(strings.Join(words, " "))
}

// search finds the incidents in which all words are, as far as somebody sees them.
// Where some are kept back, each is looked at: an index of all words would tell
// what is in those that are not shown.
func (s *Server) search(who Who, snap *views.Snapshot, f *views.Filter, q string) error {
	words := views.Search(q)
	if len(words) == 0 {
		return nil
	}
	var err error
	if f.Only, err = snap.Store().IncidentsWith(words, snap.At); err != nil || !snap.Hides(f.Eyes) {
		return err
	}
	for num := range f.Only {
		v, err := snap.Store().Version(num, snap.At)
		if err != nil {
			return err
		}
		if v == nil || !s.sights.See(who, &v.Incident) || !words.In(v.Searched()...) {
			delete(f.Only, num)
		}
	}
	return nil
}

// seesReasons reports whether somebody may see why an incident was judged as it
// was: the reasons name every fact.
func (s *Server) seesReasons(who Who, snap *views.Snapshot, num uint32) (bool, error) {
	v, err := snap.Store().Version(num, snap.At)
	if err != nil || v == nil {
		return false, err
	}
	return s.sights.Reasons(who, sight.NarrowedOf(&v.Incident)), nil
}
