package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
)

// item is an incident as the public sees it.
type item struct{ web.IncidentItem }

// UnmarshalJSON reads an incident; a share that is not shown stays so.
func (x *item) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &x.IncidentItem); err != nil {
		return err
	}
	var shares struct {
		Findings []struct {
			Clauses []struct{ Share *views.Share }
		}
	}
	if err := json.Unmarshal(b, &shares); err != nil {
		return err
	}
	for i := range x.Findings {
		for k := range x.Findings[i].Clauses {
			if shares.Findings[i].Clauses[k].Share == nil {
				x.Findings[i].Clauses[k].Share = views.NoShare
			}
		}
	}
	return nil
}

// text is a text that incidents are judged by.
type text struct {
	web.RegimeItem
	Files []string // below terms/, as they were recorded and are for the public
}

// Left says what is not in the site, in numbers.
type Left struct {
	Withheld int `json:"withheld" doc:"incidents of the record that are not for the public"`
	Delayed  int `json:"delayed" doc:"for the public, and kept back by the delay"`
	Embargo  int `json:"embargo" doc:"for the public, and kept back by an embargo"`
	Undated  int `json:"undated" doc:"shown, of no known day: in no day's count"`
	NoPlace  int `json:"unlocated" doc:"shown, of no known place: on no map"`
	// Idle embargoes name an incident by an id that nothing for the public has: where it
	// is mistyped, what was meant is shown. For whoever publishes, and never on the site.
	Idle    []string `json:"-"`
	Reports int      `json:"reports" doc:"issued reports for the public that a delay or an embargo keeps back, or that tell of what is not for the public any more"`
}

// gathered is all that goes into a site.
type gathered struct {
	vector views.Vector
	origin string
	size   int64
	left   Left
	items  []*item // oldest first
	pages  map[string]*web.IncidentPage
	texts  []*text
	// reports are those that were issued for the public, the newest first.
	reports []*issued
	docs    map[string]*views.Doc // entries that pages name
	shown   map[string]bool       // incidents
	files   map[string][]byte     // that are as the record has them
	last    string                // when the last entry that is shown was made
}

// gather asks the record for all that the public may see.
func gather(ctx context.Context, ask Asker, r *Rules) (*gathered, error) {
	g := &gathered{pages: map[string]*web.IncidentPage{}, docs: map[string]*views.Doc{}, shown: map[string]bool{}, files: map[string][]byte{}}
	var me struct{ Role, By string }
	if err := ask.json(ctx, "/api/me", &me); err != nil {
		return nil, err
	}
	if me.Role != "public" {
		return nil, fmt.Errorf("the record answers as to %q, not as to the public: nothing is published", me.Role)
	}
	all, err := g.incidents(ctx, ask)
	if err != nil {
		return nil, err
	}
	horizon, err := r.horizon(ctx, ask, g.size)
	if err != nil {
		return nil, err
	}
	held, err := r.embargoed(ctx, ask, all)
	if err != nil {
		return nil, err
	}
	g.left.Idle = r.idle(all)
	if err := g.terms(ctx, ask, horizon); err != nil {
		return nil, err
	}
	var kept []*item
	for _, x := range all {
		switch {
		case r.tooNew(x, horizon) || g.judgedAnew(x, horizon):
			g.left.Delayed++
			continue
		case held[x.ID]:
			g.left.Embargo++
			kept = append(kept, x)
			continue
		}
		g.take(x)
	}
	if err := g.reportsOf(ctx, ask, r, horizon, all, kept); err != nil {
		return nil, err
	}
	for _, x := range g.items {
		if x.State == "row" { // the file that it is of is named, and it has no page
			continue
		}
		if err := g.page(ctx, ask, x, horizon); err != nil {
			return nil, err
		}
	}
	return g, g.prove(ctx, ask)
}

// incidents asks for all incidents, oldest first, those of no known day last.
func (g *gathered) incidents(ctx context.Context, ask Asker) ([]*item, error) {
	var all []*item
	err := ask.pages(ctx, "/api/incidents", nil, func(b []byte) error {
		var l struct {
			Vector views.Vector
			Totals views.Totals
			Items  []*item
		}
		if err := json.Unmarshal(b, &l); err != nil {
			return err
		}
		if err := g.sameVector(l.Vector); err != nil {
			return err
		}
		g.left.Withheld = l.Totals.Withheld
		for _, x := range l.Items {
			if !plainName(x.ID) {
				return fmt.Errorf("an incident with the id %q", x.ID)
			}
			all = append(all, x)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b *item) int {
		return cmp.Or(cmp.Compare(orLast(a.TimeStart), orLast(b.TimeStart)), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

func orLast(s string) string {
	if s == "" {
		return "~"
	}
	return s
}

// ErrGrown means that entries came while a running server was asked.
var ErrGrown = errors.New("the record has grown meanwhile: publish again")

// sameVector sees to it that all answers are of one state of one log.
func (g *gathered) sameVector(v views.Vector) error {
	if len(v) != 1 {
		return fmt.Errorf("the server answers of %d logs, and the site of an office holds its own: stop the server, and publish from the folder without --server", len(v))
	}
	for o, n := range v {
		if g.vector == nil {
			g.vector, g.origin, g.size = v, o, n
		}
		if o != g.origin || n != g.size {
			return ErrGrown
		}
	}
	return nil
}

// take shows an incident.
func (g *gathered) take(x *item) {
	g.items, g.shown[x.ID] = append(g.items, x), true
	if _, dated := x.span(); !dated {
		g.left.Undated++
	}
	if x.Lat == nil {
		g.left.NoPlace++
	}
}

// terms asks for the texts that are for the public, with their files.
func (g *gathered) terms(ctx context.Context, ask Asker, horizon int64) error {
	var l web.Regimes
	if err := ask.json(ctx, "/api/regimes", &l); err != nil {
		return err
	}
	for i := range l.Items {
		t := &text{RegimeItem: l.Items[i]}
		d, err := g.entry(ctx, ask, t.Entry)
		if err != nil {
			return err
		}
		if d.Index >= horizon || !plainName(t.ID) {
			delete(g.docs, t.Entry)
			continue
		}
		var p struct{ Files []string }
		json.Unmarshal(d.Payload, &p) // one that is not shown names no files
		for n := range d.Blobs {
			status, _, b, err := ask(ctx, fmt.Sprintf("/api/entries/%s/blobs/%d", t.Entry, n))
			if err != nil {
				return err
			}
			if status != http.StatusOK || n >= len(p.Files) || !plainName(p.Files[n]) || path.Base(p.Files[n]) != p.Files[n] {
				continue // a file that is not for the public
			}
			name := p.Files[n]
			if !strings.HasPrefix(name, t.ID+".") {
				name = t.ID + "-" + name
			}
			t.Files = append(t.Files, name)
			g.files["terms/"+name] = b
		}
		g.texts = append(g.texts, t)
	}
	slices.SortFunc(g.texts, func(a, b *text) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

// entry asks for an entry once.
func (g *gathered) entry(ctx context.Context, ask Asker, id string) (*views.Doc, error) {
	if d := g.docs[id]; d != nil {
		return d, nil
	}
	var e struct {
		Vector views.Vector
		Entry  *views.Doc
	}
	if err := ask.json(ctx, "/api/entries/"+url.PathEscape(id), &e); err != nil {
		return nil, err
	}
	g.docs[id] = e.Entry
	return e.Entry, g.sameVector(e.Vector)
}

// judgedAnew leaves out findings by texts that are not shown, and reports whether
// another finding was revised after the horizon.
func (g *gathered) judgedAnew(x *item, horizon int64) bool {
	x.Findings = slices.DeleteFunc(x.Findings, func(f views.Finding) bool {
		return !slices.ContainsFunc(g.texts, func(t *text) bool { return t.ID == f.Terms && t.Digest == f.Digest })
	})
	return slices.ContainsFunc(x.Findings, func(f views.Finding) bool { return f.Since >= horizon })
}

// page asks for an incident with all that bears on it.
func (g *gathered) page(ctx context.Context, ask Asker, x *item, horizon int64) error {
	var p web.IncidentPage
	if err := ask.json(ctx, "/api/incidents/"+x.ID, &p); err != nil {
		return err
	}
	if err := g.sameVector(p.Vector); err != nil {
		return err
	}
	for _, l := range []*[]*views.Doc{&p.Reports, &p.Claims, &p.Others} {
		*l = slices.DeleteFunc(*l, func(d *views.Doc) bool { return d.Index >= horizon })
		for _, d := range *l {
			g.docs[d.ID] = d
		}
	}
	p.Revised = slices.DeleteFunc(p.Revised, func(f views.Finding) bool {
		return f.Until >= horizon || !slices.ContainsFunc(g.texts, func(t *text) bool { return t.ID == f.Terms })
	})
	g.pages[x.ID] = &p
	return nil
}

// prove asks for proofs that the entries that are named are in the log.
func (g *gathered) prove(ctx context.Context, ask Asker) error {
	for _, x := range g.items {
		if x.Dataset != "" {
			if _, err := g.entry(ctx, ask, x.Dataset); err != nil {
				return err
			}
		}
	}
	for id, d := range g.docs {
		b, _, err := ask.get(ctx, "/api/entries/"+url.PathEscape(id)+"/proof")
		if err != nil {
			return err
		}
		g.files["proofs/"+id+".tlog-proof"] = b
		if d.Made > g.last {
			g.last = d.Made
		}
	}
	return nil
}
