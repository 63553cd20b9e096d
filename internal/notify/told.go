package notify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/where"
)

// standing stands in everything that is told.
const standing = "Verdicts are computed and bind nobody: each says what would follow if the facts hold."

// Told is a finding as somebody may see it.
type Told struct {
	Incident string            `json:"incident"`
	Terms    string            `json:"terms"`
	Digest   string            `json:"terms_digest"`
	Revises  bool              `json:"revises"` // another was there before, and stays beside it
	Coarse   bool              `json:"coarse"`  // place and time are made coarse, or left out
	Where    string            `json:"where,omitempty"`
	Facts    map[string]string `json:"facts"` // verdict, reading, clause, level, act, target, from, to, place, ...
}

// Message is what is told of one entry.
type Message struct {
	Type     string           `json:"type"` // finding, entry, alert, digest
	Origin   string           `json:"origin"`
	Vector   map[string]int64 `json:"vector"`
	Rule     string           `json:"rule,omitempty"` // of an alert
	Entry    *Entry           `json:"entry,omitempty"`
	Findings []Told           `json:"findings,omitempty"`
	More     int              `json:"more,omitempty"`     // findings that fit and are not here
	Unlooked int              `json:"unlooked,omitempty"` // findings that were not looked at: too many at once
	Digest   *Summary         `json:"digest,omitempty"`
	Standing string           `json:"standing"`
}

// Entry is the envelope of an entry, which is in the public log.
type Entry struct {
	Index int64  `json:"index"`
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Made  string `json:"made"`
}

const (
	mostTold   = 200    // findings in one message
	mostLooked = 20_000 // findings of one entry whose facts are looked at
)

// store is what is read from. Nothing is locked while it is: what an entry made
// does not change.
func (n *Notifier) store() (r views.Reads, err error) {
	err = n.o.Views.Read(views.Now, func(s *views.Snapshot) error { r = s.Store(); return nil })
	return r, err
}

func (s Sees) who() rights.Who { return rights.Who{Account: s.account, Role: s.Role, Party: s.Party} }

// takesAway reports whether a subscription may carry what is so marked out of here:
// what is public, and what its owner may export.
func (n *Notifier) takesAway(s Sees, thing string, m rights.Marking) bool {
	if !s.own || m == rights.ForPublic {
		return true
	}
	d := n.table.Allow(s.who(), "export", rights.Object{Thing: thing, Marking: m})
	return d.OK && !d.Logged
}

// message is what somebody may see of the findings that an entry made, of those
// that a rule picks; nil where that is nothing.
func (n *Notifier) message(index int64, s Sees, w *When) (*Message, error) {
	r, err := n.store()
	if err != nil {
		return nil, err
	}
	d, err := r.DocAt(index)
	if err != nil || d == nil {
		return nil, err
	}
	m := &Message{Type: "finding", Origin: n.o.Origin, Vector: n.o.Views.VectorAt(index + 1), Entry: &Entry{d.Index, d.ID, d.Kind, d.Made}, Standing: standing}
	type found struct {
		num uint32
		f   views.Finding
	}
	var all []found
	err = r.Since(index, func(num uint32, f views.Finding) bool {
		switch {
		case !w.cheap(&f):
		case len(all) >= mostLooked:
			m.Unlooked++
		default:
			all = append(all, found{num, f})
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		v, err := r.Version(x.num, index+1)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		said, ok := w.fits(v)
		if !ok {
			continue
		}
		t, ok := n.tell(s, v, &x.f)
		if !ok {
			continue
		}
		if len(m.Findings) == mostTold {
			m.More++
			continue
		}
		if t.Where = said; t.Coarse {
			t.Where = "" // how it lies to a zone would tell where it is
		}
		before, err := r.AllFindings(x.num)
		if err != nil {
			return nil, err
		}
		t.Revises = slices.ContainsFunc(before, func(o views.Finding) bool {
			return o.Terms == x.f.Terms && o.Reading == x.f.Reading && o.Until == x.f.Since && o.Until > 0
		})
		m.Findings = append(m.Findings, t)
	}
	if len(m.Findings) == 0 {
		return nil, nil
	}
	return m, nil
}

// tell is a finding as somebody may see it; false: not at all. What is restricted
// is not told to anybody: looking at it is an entry of the record, and this would
// be none.
func (n *Notifier) tell(s Sees, v *views.Version, f *views.Finding) (Told, bool) {
	who := s.who()
	if !n.takesAway(s, "finding", rights.Marking(v.Marking)) {
		return Told{}, false
	}
	d := rights.Document{Object: rights.Object{Thing: "finding", ID: v.ID, Marking: rights.Marking(v.Marking)}, Sealed: v.Narrowed.Site}
	for _, m := range v.Narrowed.Fields { // a verdict would tell what its author has kept for fewer
		o := d.Object
		o.Marking = rights.Narrower(o.Marking, rights.Marking(m))
		if dec := n.table.Allow(who, "read", o); !dec.OK || dec.Logged {
			return Told{}, false
		}
	}
	add := func(name, value string) {
		if value != "" {
			d.Fields = append(d.Fields, rights.Field{Name: name, Value: value})
		}
	}
	id := v.Radio
	if id == "" {
		id = v.ID
	}
	var clauses []string
	for _, c := range f.Clauses {
		clauses = append(clauses, c.Clause+"="+c.Verdict)
	}
	for _, x := range [][2]string{{"id", id}, {"verdict", f.Verdict}, {"reading", f.Reading}, {"clause", strings.Join(clauses, " ")}, {"level", f.Level}, {"act", v.Act}, {"outcome", v.Outcome}, {"means", v.Means}, {"target", v.Target},
		{"from", v.TimeStart}, {"to", v.TimeEnd}, {"place", placeOf(v)}, {"actor", v.Actor}, {"owner", v.Owner}, {"controller", v.Controller}, {"title", v.Title}, {"text", v.Text}} {
		add(x[0], x[1])
	}
	seen, coarse, opened, ok := n.table.Redact(who, d)
	if !ok || len(opened) > 0 {
		return Told{}, false
	}
	t := Told{Incident: v.ID, Terms: f.Terms, Digest: f.Digest, Coarse: coarse, Facts: map[string]string{}}
	for _, x := range seen.Fields {
		t.Facts[x.Name] = x.Value
	}
	return t, true
}

func placeOf(v *views.Version) string {
	if v.Lat == nil || v.Lon == nil || v.PrecisionM == nil {
		return ""
	}
	return fmt.Sprintf("%.5f,%.5f ±%.0f m", *v.Lat, *v.Lon, *v.PrecisionM)
}

// cheap asks what a finding itself says.
func (w *When) cheap(f *views.Finding) bool {
	if w == nil {
		return true
	}
	one := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	if !one(w.Verdict, f.Verdict) || !one(w.Terms, f.Terms) || !one(w.Reading, f.Reading) {
		return false
	}
	if len(w.Clause) > 0 && !slices.ContainsFunc(f.Clauses, func(c views.ClauseResult) bool {
		return slices.Contains(w.Clause, c.Clause) && one(w.Verdict, c.Verdict)
	}) {
		return false
	}
	if w.Level != "" {
		l, err := evidence.ParseLevel(f.Level)
		return err == nil && l >= w.level
	}
	return true
}

// fits asks what the incident says, and says how it lies to the place of the rule.
// Of several possible values one is enough; what is not known does not fit.
func (w *When) fits(v *views.Version) (string, bool) {
	if w == nil {
		return "", true
	}
	if !below(v.Act, w.Act) || !below(v.Target, w.Target) || !below(v.Means, w.Means) {
		return "", false
	}
	if w.Within == nil {
		return "", true
	}
	if v.Lat == nil || v.Lon == nil || v.PrecisionM == nil {
		return "its place is not known", !w.Within.Sure
	}
	switch w.zone.Relate(where.Disc(where.Point{Lat: *v.Lat, Lon: *v.Lon}, where.Metres(*v.PrecisionM)), where.Model{}) {
	case where.Inside:
		return "in the place of the rule", true
	case where.Straddling:
		return "perhaps in the place of the rule", !w.Within.Sure
	}
	return "", false
}

// below reports whether one of a|b is one of the nodes, or below one.
func below(have string, nodes []string) bool {
	if len(nodes) == 0 {
		return true
	}
	for _, h := range strings.Split(have, "|") {
		for _, n := range nodes {
			if h != "" && (h == n || strings.HasPrefix(h, n+".")) {
				return true
			}
		}
	}
	return false
}
