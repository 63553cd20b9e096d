package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// around is the place of a window or an activity.
func around(lat, lon float64, within int64) where.Region {
	if lat == 0 && lon == 0 {
		return where.Unknown()
	}
	return where.Disc(where.Point{Lat: lat, Lon: lon}, where.Metres(within))
}

// commissionPageQuery is the address of the page, as a question.
type commissionPageQuery struct {
	CommissionQuery
	View  string `query:"view" enum:"cases,hotline,duties,responses,windows,deadlines" doc:"the part that a .csv holds; cases, where absent. JSON holds all"`
	About string `query:"about" maxLength:"60" doc:"cases about this incident or entry, by id or radio id"`
	Case  string `query:"case" maxLength:"60" doc:"one case, by its id or number"`
	State string `query:"state" enum:"open,closed" doc:"cases that go on, or that have ended (determined, remedied, withdrawn)"`
	Party string `query:"party" maxLength:"60" doc:"cases and duties in which this party has a part"`
}

// CommissionPage is all that the commission works by, and what whoever asks may do.
type CommissionPage struct {
	CommissionHead
	You        CommissionStand          `json:"you"`
	Cases      []*commission.Case       `json:"cases"`
	Total      int                      `json:"total" doc:"cases, before they were filtered"`
	Messages   []*commission.Message    `json:"messages"`
	Templates  map[string][]string      `json:"templates" doc:"names of templates, with the values that they ask for"`
	Duties     []*commission.Duty       `json:"duties"`
	Responses  []*commission.Response   `json:"responses"`
	Windows    []*commission.Window     `json:"windows"`
	Activities []*commission.Activity   `json:"activities"`
	Deadlines  []commission.Deadline    `json:"deadlines"`
	Acts       []CommissionAct          `json:"acts" doc:"what you could write next, and why it would not count where it would not"`
	Texts      []commission.Rules       `json:"texts"`
	About      *CommissionAbout         `json:"about,omitempty"`
	Titles     map[string]IncidentTitle `json:"titles" doc:"of incidents that cases are about, as far as you may see them"`
}

// CommissionStand is as whom somebody acts before the commission.
type CommissionStand struct {
	Party string   `json:"party,omitempty" doc:"for whom you speak; absent: for no party"`
	Takes bool     `json:"takes" doc:"you take down what parties say"`
	Chair bool     `json:"chair" doc:"you preside: you propose, sign for members that are no parties, write down what was adopted"`
	Kinds []string `json:"kinds" doc:"kinds of entries that you may begin"`
}

// CommissionAct is something that you could write next.
type CommissionAct struct {
	commission.Act
	TakenDown bool `json:"taken_down,omitempty" doc:"you would take down what a party says"`
}

// CommissionAbout is what the page was asked about.
type CommissionAbout struct {
	IncidentTitle
	IDs []string `json:"ids" doc:"of the incident, its members and its reports; of anything else its own"`
}

// IncidentTitle is an incident by its names.
type IncidentTitle struct {
	ID    string `json:"id"`
	Radio string `json:"radio,omitempty"`
	Title string `json:"title,omitempty"`
	// Marking is whom it is for: what is put into its place must not be for fewer.
	Marking string `json:"marking,omitempty"`
}

// ChainList is what follows where each side answers as soon and as much as it may.
type ChainList struct {
	Text  string             `json:"text"`
	Items []commission.Chain `json:"items"`
	Note  string             `json:"note"`
}

const chainNote = "Begun by each party with the first example of the text that is a breach, as if the text were in force. What would follow by the words of the text, and nothing that anybody has done or will do."

// openedKinds are those by which something begins.
var openedKinds = []string{record.KindComplaint, record.KindMessage, record.KindWindow, record.KindActivity, record.KindResponse, record.KindPerformance, record.KindDuty}

func (s *Server) commissionPages() {
	register(s, "/api/commission", "All that the commission works by: cases, hotline, duties, answers, windows, deadlines, and what you may do", func(ctx context.Context, q *commissionPageQuery) (*commissionAnswer[CommissionPage], error) {
		p, _, err := s.commissionPage(ctx, q)
		if err != nil {
			return nil, err
		}
		return unkept(*p), nil
	})
	for _, f := range formats.All() {
		if f.Name != "csv" && f.Name != "geojson" {
			continue
		}
		huma.Register(s.api, huma.Operation{OperationID: "get-commission-" + f.Name, Method: http.MethodGet, Path: "/api/commission." + f.Ending, Summary: "One part of it as " + f.Name, Tags: []string{"read"}},
			func(ctx context.Context, q *commissionPageQuery) (*listed, error) {
				p, _, err := s.commissionPage(ctx, q)
				if err != nil {
					return nil, err
				}
				t := p.table(q.View)
				b, err := t.write(&f, "commission", nil, s.o.Now(), audience(ctx))
				view := q.View
				if view == "" {
					view = "cases"
				}
				return &listed{Status: http.StatusOK, Vary: byWho, Cache: "private, no-store", ContentType: f.Media, Disposition: fmt.Sprintf(`attachment; filename="commission-%s.%s"`, view, f.Ending), Body: b}, failure(err)
			})
	}
	register(s, "/api/chains", "What follows by a text where each side answers a breach of the other as soon and as much as it may", func(ctx context.Context, q *struct {
		CommissionQuery
		Text string `query:"text" required:"true" doc:"id of the text"`
	}) (*commissionAnswer[ChainList], error) {
		_, x, err := s.stateOf(ctx, &q.CommissionQuery)
		if err != nil {
			return nil, err
		}
		chains, ok, err := x.Chains(q.Text)
		if !ok {
			return nil, huma.Error404NotFound(fmt.Sprintf("there is no text %q that you may read", q.Text))
		}
		if err != nil {
			return nil, failure(err)
		}
		return unkept(ChainList{q.Text, chains, chainNote}), nil
	})
}

func (s *Server) commissionPage(ctx context.Context, q *commissionPageQuery) (*CommissionPage, *commission.State, error) {
	h, x, err := s.stateOf(ctx, &q.CommissionQuery)
	if err != nil {
		return nil, nil, err
	}
	who := whoOf(ctx)
	p := &CommissionPage{CommissionHead: h, You: s.standsBefore(who), Cases: []*commission.Case{}, Total: len(x.Cases), Messages: x.Messages, Templates: map[string][]string{}, Duties: []*commission.Duty{}, Responses: x.Responses,
		Windows: x.Windows, Activities: x.Activities, Deadlines: x.Deadlines(), Texts: x.Rules(), Titles: map[string]IncidentTitle{}}
	for _, t := range commission.Templates() {
		p.Templates[t] = commission.Slots(t)
	}
	p.Acts = actsOf(who, p.You, x.Acts())
	if q.About != "" {
		if p.About, err = s.aboutOf(who, q.About); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range x.Cases {
		if p.shows(c, q) {
			p.Cases = append(p.Cases, c)
		}
	}
	for _, d := range x.Duties {
		if q.Party == "" || d.Bearer == q.Party {
			p.Duties = append(p.Duties, d)
		}
	}
	return p, x, s.entitle(who, p)
}

// shows reports whether a case is asked for.
func (p *CommissionPage) shows(c *commission.Case, q *commissionPageQuery) bool {
	over := slices.Contains([]string{"determined", "remedied", "withdrawn"}, c.State)
	switch {
	case q.Case != "" && c.ID != q.Case && strconv.Itoa(c.Number) != q.Case,
		q.State == "open" && over, q.State == "closed" && !over,
		q.Party != "" && c.By != q.Party && c.Against != q.Party:
		return false
	}
	return p.About == nil || slices.ContainsFunc(c.About, func(id string) bool { return slices.Contains(p.About.IDs, id) })
}

// standsBefore is as whom somebody acts, by the table of rights alone.
func (s *Server) standsBefore(who Who) CommissionStand {
	y := CommissionStand{Party: who.Party, Kinds: []string{}}
	may := func(action, kind string) bool {
		o := Object{Thing: thingOf(kind), Marking: rights.Marking(views.MarkingOf(kind)), Party: who.Party, Account: who.Account}
		return s.o.People.Allow(who, action, o).OK
	}
	if who.Account == "" {
		return y
	}
	y.Takes = who.Party == "" && may("submit", record.KindComplaint)
	y.Chair = who.Party == "" && may("determine", "incident@1")
	for _, k := range openedKinds {
		// Answers and notices of activities are a party's; what becomes of a duty the
		// commission's.
		switch {
		case who.Party == "" && !y.Takes && (k == record.KindResponse || k == record.KindActivity || k == record.KindComplaint):
		case who.Party != "" && k == record.KindDuty:
		case may("submit", k):
			y.Kinds = append(y.Kinds, k)
		}
	}
	return y
}

// actsOf are those of somebody: a delegate's are the own party's, the chair's the
// commission's, and whoever takes down has those of both parties, for both alike.
func actsOf(who Who, y CommissionStand, all []commission.Act) []CommissionAct {
	out := []CommissionAct{}
	for _, a := range all {
		chairs := a.Kind == record.KindSignature || a.Kind == "determination@1" || a.Step == "determination"
		switch {
		case who.Party != "":
			if a.Party == who.Party {
				out = append(out, CommissionAct{Act: a})
			}
		case a.Party == "" && (y.Chair || y.Takes && !chairs):
			out = append(out, CommissionAct{Act: a})
		case a.Party != "" && y.Takes && !chairs:
			out = append(out, CommissionAct{a, true})
		}
	}
	return out
}

// aboutOf is what an id means: an incident with all its entries, or an entry alone.
func (s *Server) aboutOf(who Who, id string) (*CommissionAbout, error) {
	a := &CommissionAbout{IncidentTitle: IncidentTitle{ID: id}, IDs: []string{id}}
	if len(id) < 26 {
		id = strings.ToUpper(id)
	}
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		num, ok, err := snap.Store().Num(id)
		if err != nil || !ok {
			return err
		}
		x, err := s.itemOf(who, snap, num)
		if err == nil && x != nil {
			a.IncidentTitle = IncidentTitle{x.ID, x.Radio, x.Title, string(x.Marking)}
			a.IDs = slices.Concat([]string{x.ID}, x.Members, x.Reports)
		}
		return err
	})
	return a, viewFailure(err)
}

// entitle gives the incidents that cases are about their names.
func (s *Server) entitle(who Who, p *CommissionPage) error {
	return viewFailure(s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		for _, c := range p.Cases {
			for _, id := range c.About {
				if _, had := p.Titles[id]; had {
					continue
				}
				num, ok, err := snap.Store().Num(id)
				if err != nil {
					return err
				}
				if !ok {
					continue
				}
				x, err := s.itemOf(who, snap, num)
				if err != nil {
					return err
				}
				if x != nil {
					p.Titles[id] = IncidentTitle{x.ID, x.Radio, x.Title, string(x.Marking)}
				}
			}
		}
		return nil
	}))
}

// table is one part of the page as rows.
func (p *CommissionPage) table(view string) table {
	var t table
	at := func(x commission.Time) string {
		if x == 0 {
			return ""
		}
		return when.Instant(x).RFC3339()
	}
	join := func(w []string) string { return strings.Join(w, "; ") }
	switch view {
	case "hotline":
		t.columns = strings.Fields("number id at from to state due missing template says")
		for _, m := range p.Messages {
			words := m.Says
			if w := m.Words["en"]; w != "" {
				words = strings.TrimSpace(w + " " + m.Says)
			}
			t.add(where.Unknown(), "", "", fmt.Sprint(m.Number), m.ID, at(m.At), m.From, join(m.To), m.State, at(m.Due), join(m.Missing), m.Template, words)
		}
	case "duties":
		t.columns = strings.Fields("text clause readings bearer does state because due")
		for _, d := range p.Duties {
			t.add(where.Unknown(), "", "", d.Text, d.Clause, join(d.Readings), d.Bearer, d.Does, d.State, d.Because, at(d.Due))
		}
	case "responses":
		t.columns = strings.Fields("entry text clause party stage at to state checks says")
		for _, r := range p.Responses {
			var checks []string
			for _, k := range r.Checks {
				checks = append(checks, k.What+" "+k.Is+": "+k.Says)
			}
			t.add(where.Unknown(), "", "", r.Entry, r.Text, r.Clause, r.Party, r.Stage, at(r.At), r.To, r.State, join(checks), r.Says)
		}
	case "windows":
		t.columns = strings.Fields("kind number id by purpose lat lon within_m from until state needs missing says")
		for _, w := range p.Windows {
			t.add(around(w.Lat, w.Lon, w.Within), at(w.From), at(w.Until), "window", fmt.Sprint(w.Number), w.ID, w.By, w.Purpose, decimal(&w.Lat), decimal(&w.Lon), fmt.Sprint(w.Within), at(w.From), at(w.Until), w.State, join(w.Of), join(w.Missing), w.Says)
		}
		for _, a := range p.Activities {
			t.add(around(a.Lat, a.Lon, a.Within), at(a.From), at(a.Until), "activity", fmt.Sprint(a.Number), a.ID, a.Party, a.What, decimal(&a.Lat), decimal(&a.Lon), fmt.Sprint(a.Within), at(a.From), at(a.Until), a.State, "", "", a.Says)
		}
	case "deadlines":
		t.columns = strings.Fields("at what of state id")
		for _, d := range p.Deadlines {
			t.add(where.Unknown(), "", "", at(d.At), d.What, d.Of, d.State, d.ID)
		}
	default:
		t.columns = strings.Fields("number id text clauses by against opened state tier missing determination adopted dissents about")
		for _, c := range p.Cases {
			determination, adopted, dissents := "", "", ""
			if n := len(c.Determinations); n > 0 {
				d := c.Determinations[n-1]
				determination, adopted, dissents = d.Answer, at(d.Adopted), fmt.Sprint(len(d.Dissented))
			}
			t.add(where.Unknown(), "", "", fmt.Sprint(c.Number), c.ID, c.Text, join(c.Clauses), c.By, c.Against, at(c.Opened), c.State, c.Tier, join(c.Missing), determination, adopted, dissents, join(c.About))
		}
	}
	return t
}
