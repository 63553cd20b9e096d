// Package gather reads from a record what a commission works by: entries of its
// kinds, texts, commitments, and the events that duties and notified activities are
// about. What it makes is judged by package commission, which does no I/O.
package gather

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Kinds are those that a state is made of.
func Kinds() []string {
	return []string{record.KindComplaint, record.KindStep, record.KindSignature, record.KindMessage, record.KindAcknowledged, record.KindPerformance, record.KindDuty,
		record.KindResponse, record.KindWindow, record.KindWindowStep, record.KindActivity, record.KindExercise, record.KindInject, "determination@1"}
}

// textKinds are those by which texts come to be.
var textKinds = []string{"terms@1", "commitment@1"}

const (
	maxEvents = 10_000 // that are compared with duties and notices
)

// Texts keeps texts that were parsed, by their digest. It is safe for use by several
// goroutines.
type Texts struct {
	mu     sync.Mutex
	of     map[string]*terms.Terms
	judges commission.Judges
}

// open parses the files of a terms@1 entry.
func (c *Texts) open(blobs views.Blobs, d *views.Doc, p *record.TermsEntry) (*terms.Terms, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.of[p.Digest]; t != nil {
		return t, nil
	}
	t, err := views.OpenText(d, blobs)
	if err != nil {
		return nil, err
	}
	if c.of == nil {
		c.of = map[string]*terms.Terms{}
	}
	c.of[p.Digest] = t
	return t, nil
}

// Source is where entries come from.
type Source struct {
	Origin string
	People *people.Directory
	Blobs  views.Blobs
	Texts  *Texts
	// See is what of an entry's payload may be read, and whether any of it; nil: all.
	See func(*views.Doc) (payload []byte, ok bool)
	// Eyes are how incidents are seen, and Left leaves of one what may be seen; nil: all.
	Eyes    *views.Eyes
	Left    func(*views.Incident) bool
	Skipped []string // texts that could not be read, with the reason
}

// input makes an input of documents in the order of the log.
func (s *Source) input(docs []*views.Doc) *commission.Input {
	in := &commission.Input{Origin: s.Origin, Commitments: map[string][]terms.Commitment{}, Memo: commission.NewMemo(&s.Texts.judges)}
	texts := map[string]*terms.Terms{}
	var order []string
	for _, d := range docs {
		if s.See != nil { // one that was erased stays, and says so
			p, ok := s.See(d)
			if !ok {
				continue
			}
			seen := *d
			seen.Payload = p
			d = &seen
		}
		switch d.Kind {
		case "terms@1":
			if t := s.text(d); t != nil {
				if texts[t.ID] == nil {
					order = append(order, t.ID)
				}
				texts[t.ID] = t
			}
		case "commitment@1":
			s.commit(in, texts, d)
		default:
			if e, ok := s.entry(d); ok {
				in.Entries = append(in.Entries, e)
			}
		}
	}
	for _, id := range order {
		in.Texts = append(in.Texts, texts[id])
	}
	return in
}

func (s *Source) text(d *views.Doc) *terms.Terms {
	var p record.TermsEntry
	t, err := (*terms.Terms)(nil), json.Unmarshal(d.Payload, &p)
	if err == nil {
		t, err = s.Texts.open(s.Blobs, d, &p)
	}
	if err != nil {
		s.Skipped = append(s.Skipped, fmt.Sprintf("%s: %v", d.ID, err))
	}
	return t
}

// commit takes a commitment that was entered; a later one of the same id replaces it.
func (s *Source) commit(in *commission.Input, texts map[string]*terms.Terms, d *views.Doc) {
	var p record.CommitmentEntry
	if json.Unmarshal(d.Payload, &p) != nil || texts[p.Text] == nil {
		return
	}
	cs, problems := texts[p.Text].ParseCommitments("commitment", []byte("- "+strings.ReplaceAll(strings.TrimSpace(p.Commitment), "\n", "\n  ")))
	if len(problems.Errors()) > 0 || len(cs) != 1 || cs[0].ID != p.ID || string(cs[0].Party) != p.Party {
		s.Skipped = append(s.Skipped, fmt.Sprintf("%s: the commitment cannot be read", d.ID))
		return
	}
	in.Commitments[p.Text] = append(slices.DeleteFunc(in.Commitments[p.Text], func(c terms.Commitment) bool { return c.ID == p.ID }), cs[0])
}

// entry is a document with what is known of its author.
func (s *Source) entry(d *views.Doc) (commission.Entry, bool) {
	made, err := time.Parse(time.RFC3339, d.Made)
	if err != nil {
		return commission.Entry{}, false
	}
	e := commission.Entry{Index: d.Index, ID: d.ID, Kind: d.Kind, Made: when.At(made), Payload: d.Payload, Account: d.Account}
	for _, r := range d.Refs {
		e.Refs = append(e.Refs, record.Ref{Relation: record.Relation(r.Relation), ID: r.ID})
	}
	if key, err := record.ParseKeyID(d.Author); err == nil && s.People != nil {
		if a, ok := s.People.ByKey(key); ok {
			e.Account, e.Role, e.Party = a.ID, a.Role, a.Party
		}
	}
	return e, true
}

// FromViews reads what views hold, up to the size of a snapshot.
func FromViews(snap *views.Snapshot, s *Source) (*commission.Input, error) {
	var docs []*views.Doc
	err := snap.Store().InOrder(append(Kinds(), textKinds...), func(d *views.Doc) bool {
		if d.Index < snap.Size {
			docs = append(docs, d)
		}
		return d.Index < snap.Size
	})
	if err != nil {
		return nil, err
	}
	in := s.input(docs)
	in.Events, err = s.events(snap, in)
	return in, err
}

// FromLog reads a log without views. Events are not among it: NeedsEvents tells
// whether that matters.
func FromLog(r *journal.Reader, s *Source) (*commission.Input, error) {
	kinds := append(Kinds(), textKinds...)
	var docs []*views.Doc
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			return nil, err
		}
		if e.Index == 0 && s.People == nil {
			s.People = people.NewDirectory(e.Envelope.Author, rights.Default())
		}
		if k := e.Envelope.Kind; k == record.KindAccount || k == record.KindGrant {
			if p, err := r.Payload(e.Index); err == nil {
				s.People.Apply(e.Index, e.Envelope, p.Bytes)
			}
			continue
		}
		if !slices.Contains(kinds, e.Envelope.Kind) {
			continue
		}
		d, err := views.DocOf(r, e)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	return s.input(docs), nil
}

// NeedsEvents reports whether anything in the input is about events.
func NeedsEvents(in *commission.Input) bool {
	return len(clearing(in)) > 0 || slices.ContainsFunc(in.Entries, func(e commission.Entry) bool { return e.Kind == record.KindActivity })
}

// clearing are the texts with a duty to leave nothing somewhere.
func clearing(in *commission.Input) []*terms.Terms {
	var out []*terms.Terms
	for _, t := range in.Texts {
		if slices.ContainsFunc(t.Clauses, func(c *terms.Clause) bool { return c.Duty != nil && len(c.Duty.Clears) > 0 }) {
			out = append(out, t)
		}
	}
	return out
}

// events are the incidents that duties and notices are about.
func (s *Source) events(snap *views.Snapshot, in *commission.Input) ([]*evidence.Incident, error) {
	may := views.Markings()
	var filters []*views.Filter
	if len(clearing(in)) > 0 {
		filters = append(filters, &views.Filter{May: may, Eyes: s.Eyes, Fields: map[string][]string{"act": {"deploy"}}})
	}
	for _, a := range commission.At(in, when.Future-1).Activities {
		d := float64(a.Within)/111_000 + 1
		filters = append(filters, &views.Filter{May: may, Eyes: s.Eyes, Timed: true, From: int64(a.From) / 60_000, To: int64(a.Until)/60_000 + 1, Fields: map[string][]string{"act": append([]string{"unknown"}, a.Acts...)},
			Box: &views.Box{West: max(a.Lon-2*d, -180), South: max(a.Lat-d, -90), East: min(a.Lon+2*d, 180), North: min(a.Lat+d, 90)}})
	}
	seen := map[uint32]bool{}
	var out []*evidence.Incident
	for _, f := range filters {
		var after *views.Key
		for {
			page := snap.List(f, after, 500)
			for _, r := range page.Rows {
				if seen[r.Num] {
					continue
				}
				seen[r.Num] = true
				v, err := snap.Store().Version(r.Num, snap.At)
				if err != nil {
					return nil, err
				}
				if v != nil && (s.Left == nil || s.Left(&v.Incident)) {
					out = append(out, event(&v.Incident))
				}
			}
			if !page.More || len(out) >= maxEvents {
				break
			}
			last := page.Rows[len(page.Rows)-1]
			after = &views.Key{Start: last.Start, Num: last.Num}
		}
	}
	return out, nil
}

// event is an incident as views hold it: its place is the circle that holds it.
func event(v *views.Incident) *evidence.Incident {
	sc := evidence.Unknown()
	for _, f := range [][2]string{{"time_start", v.TimeStart}, {"time_end", v.TimeEnd}, {"actor", v.Actor}, {"act", v.Act}, {"outcome", v.Outcome}, {"means", v.Means}, {"target", v.Target}, {"owner", v.Owner}, {"controller", v.Controller}} {
		if f[1] != "" {
			_ = sc.SetFact(f[0], f[1]) // views hold only what could be read
		}
	}
	if v.Lat != nil && v.Lon != nil {
		r := 0.0
		if v.PrecisionM != nil {
			r = *v.PrecisionM
		}
		sc.Place = where.Disc(where.Point{Lat: *v.Lat, Lon: *v.Lon}, where.Metres(r))
	}
	level, err := evidence.ParseLevel(v.Level)
	if err != nil {
		level = evidence.Reported
	}
	return &evidence.Incident{ID: v.ID, Scenarios: []evidence.Scenario{sc}, Level: level, Text: v.Text}
}
