package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
)

// TextSource is a text as people read it.
type TextSource struct {
	Vector   views.Vector        `json:"vector"`
	ID       string              `json:"id"`
	Entry    string              `json:"entry"`
	Version  string              `json:"version,omitempty"`
	Digest   string              `json:"digest"`
	Newest   bool                `json:"newest" doc:"incidents are judged by it"`
	Source   string              `json:"source" doc:"the file"`
	Passages []brief.PassageJSON `json:"passages" doc:"the file, cut into what people read"`
}

// TextCheck is what was found in a text of the record.
type TextCheck struct {
	Vector views.Vector `json:"vector"`
	Entry  string       `json:"entry"`
	brief.CheckJSON
}

// TextVersions are the entries that brought a text, the newest first.
type TextVersions struct {
	Vector views.Vector  `json:"vector"`
	ID     string        `json:"id"`
	Items  []TextVersion `json:"items"`
	Closed int           `json:"closed" doc:"entries that you may not read"`
}

// TextVersion is one of them.
type TextVersion struct {
	Entry      string   `json:"entry"`
	Index      int64    `json:"index"`
	Made       string   `json:"made"`
	Title      string   `json:"title,omitempty"`
	Digest     string   `json:"digest"`
	Newest     bool     `json:"newest" doc:"incidents are judged by it"`
	Supersedes []string `json:"supersedes,omitempty"`
	Problem    string   `json:"problem,omitempty" doc:"why it is not judged by"`
}

// TextCounts are numbers of incidents by reading and clause of a text.
type TextCounts struct {
	Vector   views.Vector        `json:"vector"`
	Totals   views.Totals        `json:"totals"`
	ID       string              `json:"id"`
	Readings []views.ClauseCount `json:"readings"`
	Rule     string              `json:"rule" doc:"what was counted"`
}

// texts adds what a reader and a drafter ask of one text.
func (s *Server) texts() {
	register(s, "/api/terms/{id}/source", "A text: the file, and cut into passages. {id} is that of a text, or of an entry terms@1", s.textSource)
	register(s, "/api/terms/{id}/lint", "What truce check finds in a text: problems, lint with acts that show it, examples that hold or do not", s.textLint)
	register(s, "/api/terms/{id}/versions", "The entries that brought a text, newest first", s.textVersions)
	register(s, "/api/terms/{id}/counts", "Incidents by reading, clause and what the clause says", s.textCounts)
}

type textQuery struct {
	AsOf
	ID string `path:"id" maxLength:"200" doc:"of a text, or of an entry terms@1"`
}

// namedText is a text of the record that a question names.
type namedText struct {
	terms   *terms.Terms
	entry   *views.Doc
	newest  bool
	regimes []*terms.Regime // one for each reading, with the commitments on record where it is the newest
}

// mayReadText reports whether somebody may have the file of a text freely: what is
// said of a text tells what is in it.
func (s *Server) mayReadText(ctx context.Context, d *views.Doc) bool {
	o, err := s.fileObject(d, 0)
	if err != nil || d.Erased {
		return false
	}
	logged, err := s.mayTakeFile(ctx, o)
	return err == nil && !logged
}

// textOf finds a text by its id, or a version of one by its entry. One that somebody
// may not read is answered as one that is not there.
func (s *Server) textOf(ctx context.Context, snap *views.Snapshot, name string) (*namedText, error) {
	for _, t := range snap.Texts() {
		if (t.Terms.ID == name || t.Entry.ID == name) && s.mayReadText(ctx, t.Entry) {
			return &namedText{t.Terms, t.Entry, true, t.Regimes}, nil
		}
	}
	d, err := snap.Store().Doc(name)
	if err != nil {
		return nil, err
	}
	if d == nil || d.Kind != "terms@1" || !s.mayReadText(ctx, d) {
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no text %q in this record: expected the id of a text of /api/regimes, or of an entry terms@1", name))
	}
	t, err := views.OpenText(d, s.files())
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the text cannot be used: " + err.Error())
	}
	x := &namedText{terms: t, entry: d}
	for _, id := range t.ReadingIDs() {
		r, err := t.Under(id, nil, false)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity("under reading " + id + ": " + err.Error())
		}
		x.regimes = append(x.regimes, r)
	}
	return x, nil
}

// withText answers a question about one text.
func (s *Server) withText(ctx context.Context, q *textQuery, f func(snap *views.Snapshot, t *namedText) error) error {
	if err := s.anyReading(ctx); err != nil {
		return err
	}
	return viewFailure(s.o.Views.Read(q.size(), func(snap *views.Snapshot) error {
		t, err := s.textOf(ctx, snap, q.ID)
		if err != nil {
			return err
		}
		return f(snap, t)
	}))
}

func (s *Server) textSource(ctx context.Context, q *textQuery) (*typed[TextSource], error) {
	p := &TextSource{}
	err := s.withText(ctx, q, func(snap *views.Snapshot, t *namedText) error {
		*p = TextSource{snap.Vector(), t.terms.ID, t.entry.ID, t.terms.Version, t.terms.Digest, t.newest, t.terms.Source(), brief.NewLiterateJSON(t.terms)}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(ctx, p.Vector, "source "+q.ID, q.Have, p), nil
}

func (s *Server) textLint(ctx context.Context, q *textQuery) (*typed[TextCheck], error) {
	p := &TextCheck{}
	var t *terms.Terms
	var folder fs.FS
	err := s.withText(ctx, q, func(snap *views.Snapshot, x *namedText) (err error) {
		p.Vector, p.Entry, t = snap.Vector(), x.entry.ID, x.terms
		folder, _, err = views.TextFolder(x.entry, s.files())
		return err
	})
	if err != nil {
		return nil, err
	}
	// A text says the same as long as it is the same: its digest is the key.
	c, err := computed(ctx, s, "lint "+t.Digest, func() (*brief.CheckJSON, error) {
		_, problems := terms.ParseBytes(folder, t.File, []byte(t.Source()))
		return brief.NewCheckJSON(t, problems, brief.CheckLimits{}), nil
	})
	if err != nil {
		return nil, err
	}
	p.CheckJSON = *c
	return answer(ctx, p.Vector, "lint "+q.ID, q.Have, p), nil
}

func (s *Server) textVersions(ctx context.Context, q *textQuery) (*typed[TextVersions], error) {
	p := &TextVersions{Items: []TextVersion{}}
	err := s.withText(ctx, q, func(snap *views.Snapshot, t *namedText) error {
		p.Vector, p.ID = snap.Vector(), t.terms.ID
		newest := ""
		for _, x := range snap.Texts() {
			if x.Terms.ID == p.ID {
				newest = x.Entry.ID
			}
		}
		return snap.Store().Docs([]string{"terms@1"}, math.MaxInt64, func(d *views.Doc) bool {
			var e record.TermsEntry
			if d.Erased || json.Unmarshal(d.Payload, &e) != nil || e.ID != p.ID {
				return true
			}
			if !s.mayReadText(ctx, d) {
				p.Closed++
				return true
			}
			v := TextVersion{Entry: d.ID, Index: d.Index, Made: d.Made, Title: e.Title, Digest: e.Digest, Newest: d.ID == newest, Problem: d.Problem}
			for _, r := range d.Refs {
				if r.Relation == string(record.Supersedes) {
					v.Supersedes = append(v.Supersedes, r.ID)
				}
			}
			p.Items = append(p.Items, v)
			return true
		})
	})
	if err != nil {
		return nil, err
	}
	return answer(ctx, p.Vector, "versions "+q.ID, q.Have, p), nil
}

func (s *Server) textCounts(ctx context.Context, q *struct {
	ID string `path:"id" maxLength:"200" doc:"of a text"`
	IncidentQuery
}) (*typed[TextCounts], error) {
	p := &TextCounts{ID: q.ID, Rule: "each incident that the filters ask for once, under each reading and each clause that speaks of it"}
	err := s.ask(ctx, &q.IncidentQuery, func(snap *views.Snapshot, f *views.Filter) error {
		t, err := s.textOf(ctx, snap, q.ID)
		if err != nil {
			return err
		}
		p.ID, p.Vector, p.Totals = t.terms.ID, snap.Vector(), snap.Count(f)
		p.Readings = snap.Clauses(f, t.terms.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answer(ctx, p.Vector, q, q.Have, p), nil
}

// sideRef reads TEXT or TEXT@READING,READING.
func sideRef(ref string) (name string, readings []string) {
	name, list, named := strings.Cut(ref, "@")
	if named {
		readings = strings.Split(list, ",")
	}
	return name, readings
}

// under chooses the regimes of some readings; all, where none is named.
func (t *namedText) under(readings []string, location string) ([]*terms.Regime, error) {
	if len(readings) == 0 {
		return t.regimes, nil
	}
	var out []*terms.Regime
	for _, id := range readings {
		i := slices.IndexFunc(t.regimes, func(r *terms.Regime) bool { return r.ReadingID == id })
		if i < 0 {
			return nil, huma.NewError(http.StatusUnprocessableEntity, "the question cannot be read", &huma.ErrorDetail{
				Message: fmt.Sprintf("%q is no reading of %s: expected one of %s", id, t.terms.ID, strings.Join(t.terms.ReadingIDs(), ", ")), Location: location, Value: id})
		}
		if !slices.Contains(out, t.regimes[i]) {
			out = append(out, t.regimes[i])
		}
	}
	return out, nil
}
