package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/talks"
	drafting "github.com/truce-project/truce/internal/talks/accept"
	"github.com/truce-project/truce/internal/talks/article"
	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/internal/talks/reader"
	"github.com/truce-project/truce/internal/talks/sheet"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// ArticleIn is what is to be read: an article, a page, a feed, a list of addresses, or
// one address.
type ArticleIn struct {
	Text     string `json:"text,omitempty" doc:"the article, a page of HTML, a feed (RSS or Atom), a list of addresses, or JSON lines"`
	URL      string `json:"url,omitempty" maxLength:"2000" doc:"an address, where there is no text; it must be public"`
	As       string `json:"as,omitempty" enum:"text,html,rss,urls,jsonl" doc:"kind of the text; guessed by its content, where absent"`
	Name     string `json:"name,omitempty" maxLength:"200" doc:"of the file"`
	Dateline string `json:"dateline,omitempty" doc:"day of the article, such as 2025-03-23; goes before what it says itself"`
}

// ArticleSource is an article as it was read. It goes back as it is with the decisions,
// so that the same drafts are read again; the server keeps none of it.
type ArticleSource struct {
	Name      string `json:"name"`
	URL       string `json:"url,omitempty"`
	Title     string `json:"title,omitempty"`
	Text      string `json:"text"`
	Published string `json:"published,omitempty" doc:"RFC 3339, as the page or the feed tells"`
	Dateline  string `json:"dateline,omitempty" doc:"as it was given"`
}

// DraftedArticle is an article with its drafts. Nothing of it is in the record.
type DraftedArticle struct {
	Source  ArticleSource   `json:"source"`
	Article talks.Article   `json:"article" doc:"drafts, each with its words: bytes of source.text"`
	Entries []ProposedDraft `json:"entries" doc:"what each draft would become"`
	Brief   sheet.Page      `json:"brief" doc:"one page for a delegation"`
}

// ProposedDraft is what a draft would become, and what of the record it may be about.
type ProposedDraft struct {
	drafting.Proposed
	Recorded string          `json:"recorded,omitempty" doc:"entry that it was accepted as before"`
	SetAside string          `json:"set_aside,omitempty" doc:"why it was rejected before"`
	Matches  []IncidentMatch `json:"matches,omitempty" doc:"incidents that the draft may be about, likeliest first; a person chooses"`
}

// DraftsOut are the articles that were read.
type DraftsOut struct {
	Articles []DraftedArticle `json:"articles"`
	Unread   []string         `json:"unread" doc:"what could not be read, and why"`
	Standing string           `json:"standing"`
}

// DecisionIn is what a person decided of a draft.
type DecisionIn struct {
	Draft  string         `json:"draft"`
	Do     string         `json:"do" enum:"accept,amend,reject"`
	ID     string         `json:"id" doc:"ULID of the entry, made by the client; the same decision sent again has the same"`
	Reason string         `json:"reason,omitempty" maxLength:"2000" doc:"needed to amend and to reject"`
	Change map[string]any `json:"change,omitempty" doc:"members of the proposed payload as they should be; null takes one out"`
	About  []string       `json:"about,omitempty" maxItems:"20" doc:"ids of incidents that a claim is about"`
}

// DecisionsIn are decisions on the drafts of one article.
type DecisionsIn struct {
	Source    ArticleSource `json:"source"`
	SHA256    string        `json:"text_sha256" doc:"of the article whose drafts these are"`
	Decisions []DecisionIn  `json:"decisions" minItems:"1" maxItems:"500"`
}

// DecisionOut is what became of a decision.
type DecisionOut struct {
	Draft    string    `json:"draft"`
	Do       string    `json:"do"`
	Kind     string    `json:"kind,omitempty" doc:"of the entry"`
	Entry    *Accepted `json:"entry,omitempty" doc:"with its receipt"`
	Refused  string    `json:"refused,omitempty" doc:"why nothing was recorded"`
	Recorded string    `json:"recorded,omitempty" doc:"entry that it was accepted as before"`
}

// DecisionsOut are all of them, in their order.
type DecisionsOut struct {
	Done     []DecisionOut `json:"done"`
	Entered  int           `json:"entered"`
	Standing string        `json:"standing"`
}

const (
	draftsStanding = "Drafts are readings of words, and none is a fact. Nothing was recorded: a person accepts each."
	maxArticles    = 50
	maxArticleText = 128 << 10 // bytes of one article
)

func (s *Server) drafts() {
	huma.Register(s.api, huma.Operation{OperationID: "read-article", Method: http.MethodPost, Path: "/api/talks/drafts", Summary: "Read an article: drafts of meetings, proposals, positions, claims, each with its words", MaxBodyBytes: s.o.MaxBody, Tags: []string{"submit"},
		Description: "Nothing is recorded, and nothing of it is kept: what was read goes back to /api/talks/decisions with what a person decided."},
		func(ctx context.Context, in *struct{ Body ArticleIn }) (*commissionAnswer[DraftsOut], error) {
			out, err := s.readArticles(ctx, &in.Body)
			if err != nil {
				return nil, err
			}
			return unkept(*out), nil
		})
	huma.Register(s.api, huma.Operation{OperationID: "decide-drafts", Method: http.MethodPost, Path: "/api/talks/decisions", Summary: "Accept, amend or reject drafts; what is accepted becomes entries, each with a receipt", MaxBodyBytes: 2 * s.o.MaxBody, Tags: []string{"submit"},
		Description: "Each decision is for itself: what is refused says why, and the rest is recorded. A decision sent again with the same id is the same entry."},
		func(ctx context.Context, in *struct{ Body DecisionsIn }) (*commissionAnswer[DecisionsOut], error) {
			out, err := s.decide(ctx, &in.Body)
			if err != nil {
				return nil, err
			}
			return unkept(*out), nil
		})
}

// mayDraft asks whether somebody may enter anything that drafts become: what is of one
// party a delegate of it, alike for each party; anything those who keep the watch.
func (s *Server) mayDraft(ctx context.Context) error {
	who := whoOf(ctx)
	return s.allow(ctx, "submit", Object{Thing: "claim", Marking: rights.ForParties, Party: who.Party, Account: who.Account})
}

func (s *Server) readArticles(ctx context.Context, in *ArticleIn) (*DraftsOut, error) {
	if err := s.mayDraft(ctx); err != nil {
		return nil, err
	}
	if in.Dateline != "" {
		if _, err := time.Parse(time.DateOnly, in.Dateline); err != nil {
			return nil, huma.Error422UnprocessableEntity("nothing was read", fault("dateline", in.Dateline, "expected a day such as 2025-03-23"))
		}
	}
	out := &DraftsOut{Articles: []DraftedArticle{}, Unread: []string{}, Standing: draftsStanding}
	sources, err := s.sources(ctx, in)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("nothing was read", &huma.ErrorDetail{Message: err.Error(), Location: "body.text"})
	}
	person := s.personOf(whoOf(ctx))
	for i, x := range sources {
		if len(x.Text) > maxArticleText {
			out.Unread = append(out.Unread, fmt.Sprintf("%s: longer than %d KiB: hand in the part that matters", x.Name, maxArticleText>>10))
			continue
		}
		if i == maxArticles {
			out.Unread = append(out.Unread, "further articles were not read: at most 50 are read at once")
			break
		}
		if x.Text == "" && x.URL != "" {
			if x, err = s.fetched(ctx, x.URL); err != nil {
				out.Unread = append(out.Unread, err.Error())
				continue
			}
		}
		src := sourceOf(x, in.Dateline)
		if len(src.Text) > maxArticleText { // a page that was fetched
			out.Unread = append(out.Unread, fmt.Sprintf("%s: longer than %d KiB: hand in the part that matters", x.Name, maxArticleText>>10))
			continue
		}
		a := readSource(&src)
		out.Articles = append(out.Articles, DraftedArticle{Source: src, Article: a, Entries: s.proposals(ctx, &a, person), Brief: sheet.Brief([]talks.Article{a})})
	}
	return out, nil
}

// sources opens what was handed in, without fetching anything.
func (s *Server) sources(ctx context.Context, in *ArticleIn) ([]article.Source, error) {
	if strings.TrimSpace(in.Text) == "" && in.URL != "" {
		return []article.Source{{Name: in.URL, URL: in.URL}}, nil
	}
	list, err := article.Open(cmp.Or(in.Name, "article"), []byte(in.Text), in.As)
	if err == nil && len(list) == 1 && list[0].URL == "" {
		list[0].URL = in.URL
	}
	return list, err
}

// fetched gets one article, where the server fetches any, one after another.
func (s *Server) fetched(ctx context.Context, address string) (article.Source, error) {
	if s.o.Articles == nil {
		return article.Source{}, huma.Error422UnprocessableEntity(address + ": this server fetches no articles: paste the text")
	}
	done, err := s.onlyOne(ctx)
	if err != nil {
		return article.Source{}, err
	}
	defer done()
	return article.Fetch(ctx, s.o.Articles, address)
}

func sourceOf(x article.Source, dateline string) ArticleSource {
	out := ArticleSource{Name: x.Name, URL: x.URL, Title: x.Title, Text: x.Text, Dateline: dateline}
	if !x.Whole && x.Title != "" && !strings.Contains(x.Text[:min(len(x.Text), 400)], x.Title) {
		out.Text = x.Title + "\n" + x.Text
	}
	if !x.Published.IsZero() {
		out.Published = x.Published.Format(time.RFC3339)
	}
	return out
}

// readSource reads an article. The same source gives the same drafts.
func readSource(x *ArticleSource) talks.Article {
	o := reader.Options{Name: x.Name, Title: x.Title, URL: x.URL}
	if t, err := time.Parse(time.DateOnly, x.Dateline); err == nil {
		o.Dateline = reader.DayOf(t)
	}
	if t, err := time.Parse(time.RFC3339, x.Published); err == nil {
		o.Published = reader.DayOf(t)
	}
	a := reader.Read(x.Text, o)
	if a.Drafts == nil {
		a.Drafts = []talks.Draft{}
	}
	return a
}

// personOf is the name by which entries say who accepted a draft.
func (s *Server) personOf(who Who) string {
	if a, ok := s.o.People.Directory().Account(who.Account); ok {
		return cmp.Or(a.Name, a.ID)
	}
	return who.Account
}

// proposals lays out what drafts would become, which of them the record has, and what
// they may be about; all of it as far as whoever asks may see.
func (s *Server) proposals(ctx context.Context, a *talks.Article, person string) []ProposedDraft {
	who := whoOf(ctx)
	out := []ProposedDraft{}
	for _, p := range drafting.Propose(a, person) {
		out = append(out, ProposedDraft{Proposed: p})
	}
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		for i := range out {
			if out[i].Why == "" {
				out[i].Why = s.ofOther(who, &a.Drafts[i], out[i].Kind, out[i].Payload)
			}
		}
		had, aside, err := s.acceptedBefore(who, snap, a.SHA256)
		if err != nil {
			return err
		}
		for i := range out {
			out[i].Recorded, out[i].SetAside = had[out[i].Draft], aside[out[i].Draft]
		}
		return s.matchAll(who, snap, a, out)
	})
	if err != nil {
		s.o.Slog.Warn("drafts", "error", err)
	}
	return out
}

// ofOther says why somebody cannot enter a draft that is another party's.
func (s *Server) ofOther(who Who, d *talks.Draft, kind string, payload any) string {
	if who.Party == "" {
		return ""
	}
	if kind == "claim@1" {
		if d.Party != who.Party && (d.Speaker == nil || d.Speaker.Party != who.Party) {
			return "a delegate of " + who.Party + " enters what " + who.Party + " says; the duty officer enters the rest"
		}
		return ""
	}
	b, err := json.Marshal(payload)
	if err != nil {
		return err.Error()
	}
	return strings.Join(board.Faults(kind, b, who.Party), "; ")
}

// acceptedBefore are the entries that drafts of a text became, and the reasons for which
// others were set aside, of those that somebody may read.
func (s *Server) acceptedBefore(who Who, snap *views.Snapshot, sha string) (had, aside map[string]string, err error) {
	had, aside = map[string]string{}, map[string]string{}
	err = snap.Store().InOrder(append(board.Kinds(), "claim@1", record.KindReading), func(d *views.Doc) bool {
		if d.Index >= snap.Size {
			return false
		}
		if d.Erased || !strings.Contains(string(d.Payload), sha) || !s.readsWhole(who, d) {
			return true
		}
		var p struct {
			Read   map[string]string
			SHA    string `json:"text_sha256"`
			Draft  string
			Reason string
		}
		if json.Unmarshal(d.Payload, &p) != nil {
			return true
		}
		switch {
		case d.Kind == record.KindReading && p.SHA == sha:
			aside[p.Draft] = p.Reason
		case p.Read["text_sha256"] == sha:
			had[p.Read["draft"]] = d.ID
		}
		return true
	})
	return had, aside, err
}

// decide carries out decisions, each for itself.
func (s *Server) decide(ctx context.Context, in *DecisionsIn) (*DecisionsOut, error) {
	if err := s.mayDraft(ctx); err != nil {
		return nil, err
	}
	if len(in.Source.Text) > maxArticleText {
		return nil, huma.Error422UnprocessableEntity("nothing was recorded", fault("source.text", nil, "longer than %d KiB: it was not read here", maxArticleText>>10))
	}
	who := whoOf(ctx)
	a := readSource(&in.Source)
	if a.SHA256 != in.SHA256 {
		return nil, huma.Error422UnprocessableEntity("nothing was recorded", fault("text_sha256", in.SHA256, "the text that came along has the digest %s: read the article again", a.SHA256))
	}
	s.decided.Lock() // whoever decides on the same drafts at the same time is second
	defer s.decided.Unlock()
	had, err := s.acceptedNow(ctx, who, a.SHA256)
	if err != nil {
		return nil, err
	}
	out := &DecisionsOut{Done: []DecisionOut{}, Standing: standing}
	var before []error
	by := map[string]int{}
	proposed := drafting.Propose(&a, s.personOf(who))
	for i, p := range proposed {
		by[p.Draft] = i
	}
	for k, d := range in.Decisions {
		x := DecisionOut{Draft: d.Draft, Do: d.Do}
		i, there := by[d.Draft]
		switch {
		case !there:
			x.Refused = "there is no draft of this id in the article"
		case had[d.Draft] != "" && had[d.Draft] != d.ID && d.Do != drafting.Reject:
			x.Refused, x.Recorded = "it was accepted before", had[d.Draft]
			before = append(before, fault(fmt.Sprintf("decisions[%d].draft", k), d.Draft, "it was accepted before, as entry %s", had[d.Draft]))
		default:
			s.decideOne(ctx, &a, &a.Drafts[i], proposed[i], d, &x)
		}
		if x.Entry != nil {
			out.Entered++
			if d.Do != drafting.Reject {
				had[d.Draft] = x.Entry.ID
				s.decided.by[decidedDraft{a.SHA256, d.Draft}] = decidedEntry{x.Entry.ID, x.Entry.Index}
			}
		}
		out.Done = append(out.Done, x)
	}
	if len(before) == len(in.Decisions) {
		return nil, huma.Error409Conflict("nothing was recorded: somebody has accepted this before", before...)
	}
	return out, nil
}

// decided are drafts that were accepted and are not in the views yet.
type decided struct {
	sync.Mutex // held while decisions are carried out
	by         map[decidedDraft]decidedEntry
}

type (
	decidedDraft struct{ text, draft string }
	decidedEntry struct {
		id    string
		index int64
	}
)

// acceptedNow are the entries that drafts of a text became, also those that the views do
// not have yet, as far as somebody may read them. The lock of decided is held.
func (s *Server) acceptedNow(ctx context.Context, who Who, sha string) (had map[string]string, err error) {
	if err := s.o.Log.Integrate(ctx); err != nil {
		return nil, failure(err)
	}
	err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		maps.DeleteFunc(s.decided.by, func(_ decidedDraft, e decidedEntry) bool { return e.index < snap.Size })
		had, _, err = s.acceptedBefore(who, snap, sha)
		return err
	})
	if err != nil {
		return nil, viewFailure(err)
	}
	for d, e := range s.decided.by {
		if d.text != sha || had[d.draft] != "" {
			continue
		}
		o, err := s.objectOf(ctx, e.id)
		if err != nil {
			return nil, err
		}
		if s.o.People.Allow(who, "read", o).OK {
			had[d.draft] = e.id
		}
	}
	return had, nil
}

// decideOne carries out one decision.
func (s *Server) decideOne(ctx context.Context, a *talks.Article, d *talks.Draft, p drafting.Proposed, in DecisionIn, out *DecisionOut) {
	e := EntryIn{ID: in.ID, Kind: p.Kind}
	switch in.Do {
	case drafting.Reject:
		if strings.TrimSpace(in.Reason) == "" {
			out.Refused = "expected a reason"
			return
		}
		e.Kind = record.KindReading
		e.Payload = map[string]any{"draft": d.ID, "text_sha256": a.SHA256, "kind": string(d.Kind), "of": cmp.Or(a.URL, a.Name), "reason": in.Reason, "by": s.personOf(whoOf(ctx))}
	default:
		if in.Do == drafting.Amend && (len(in.Change) == 0 || strings.TrimSpace(in.Reason) == "") {
			out.Refused = "expected what is to be changed, and a reason"
			return
		}
		if in.Do == drafting.Accept && len(in.Change) > 0 {
			out.Refused = "a draft that is changed is amended, with a reason"
			return
		}
		if in.Do == drafting.Accept && p.Why != "" {
			out.Refused = p.Why
			return
		}
		payload, err := drafting.Change(p, in.Change, in.Reason)
		if err != nil {
			out.Refused = err.Error()
			return
		}
		e.Payload = payload
		changed := *d
		if v, ok := payload["by"].(string); ok && in.Change["by"] != nil {
			changed.Party = v
		}
		if why := s.ofOther(whoOf(ctx), &changed, p.Kind, payload); why != "" {
			out.Refused = why
			return
		}
	}
	out.Kind = e.Kind
	for _, id := range in.About {
		if e.Kind != "claim@1" {
			out.Refused = "only a claim is about an incident"
			return
		}
		e.Refs = append(e.Refs, views.Ref{Relation: string(record.About), ID: id})
	}
	if why := s.seesAll(ctx, in.About); why != "" {
		out.Refused = why
		return
	}
	done, err := s.entry(ctx, &e)
	if err != nil {
		out.Refused = told(err)
		return
	}
	out.Entry = &done.Body
}

// seesAll says why a claim cannot be about incidents: one that somebody may not see
// is answered like one that is not there.
func (s *Server) seesAll(ctx context.Context, ids []string) (why string) {
	if len(ids) == 0 {
		return ""
	}
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		for _, id := range ids {
			num, ok, err := snap.Store().Num(id)
			if err != nil {
				return err
			}
			var x *IncidentItem
			if ok {
				if x, err = s.itemOf(whoOf(ctx), snap, num); err != nil {
					return err
				}
			}
			if x == nil {
				why = "there is no incident " + id
			}
		}
		return nil
	})
	if err != nil {
		return err.Error()
	}
	return why
}

// told is an error as words.
func told(err error) string {
	m, ok := err.(*huma.ErrorModel)
	if !ok {
		return err.Error()
	}
	out := []string{m.Detail}
	for _, d := range m.Errors {
		out = append(out, strings.TrimPrefix(strings.TrimPrefix(d.Location, "body."), "payload.")+": "+d.Message)
	}
	return strings.Join(out, "; ")
}
