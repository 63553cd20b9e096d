package web

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/rights"
)

// Why says in words why somebody sees of an entry what they see.
type Why struct {
	Entry   string   `json:"entry"`
	Account string   `json:"account,omitempty" doc:"of whom it is said; absent: the public"`
	Role    string   `json:"role"`
	Party   string   `json:"party,omitempty"`
	Sees    string   `json:"sees" enum:"all,part,nothing,by-opening,unsaid" doc:"unsaid: you may not see the entry yourself, and are told the rules alone"`
	Lines   []string `json:"lines" doc:"the decision, its rows of the table, then each field"`
}

func (s *Server) why() {
	register(s, "/api/why/{id}", "Why somebody can, or cannot, see an entry", func(ctx context.Context, q *struct {
		ID string `path:"id"`
		As string `query:"as" doc:"account, by id or name; public: whoever has not signed in. For administrators and chairs; absent: yourself"`
	}) (*struct {
		Cache string `header:"Cache-Control"`
		Body  Why
	}, error) {
		w, err := s.whyOf(ctx, q.ID, q.As)
		return &struct {
			Cache string `header:"Cache-Control"`
			Body  Why
		}{"private, no-store", w}, err
	})
}

func (s *Server) whyOf(ctx context.Context, id, as string) (Why, error) {
	asker := whoOf(ctx)
	who := asker
	if as != "" {
		if !s.o.People.Allow(asker, "read", Object{Thing: "account"}).OK {
			return Why{}, huma.Error403Forbidden("whoever keeps accounts, and the chair, may ask for others; leave out `as` to ask for yourself")
		}
		a, ok := s.o.People.Directory().Account(as)
		if !ok && as != rights.Public {
			return Why{}, huma.Error404NotFound(fmt.Sprintf("there is no account %q", as))
		}
		if who = a.Who(); !ok {
			who = Who{}
		}
	}
	d, err := s.entryOf(id)
	if err != nil {
		return Why{}, err
	}
	w := Why{Entry: id, Account: who.Account, Role: who.Role, Party: who.Party}
	if w.Role == "" {
		w.Role = rights.Public
	}
	whole, err := s.document(d)
	if err != nil {
		whole.Marking, whole.Fields = rights.Restricted, nil
	}
	table := s.o.People.Table()
	mine, coarse, what, ok := table.Redact(asker, whole)
	switch {
	case !ok || len(what) > 0 && as != "": // what the asker does not see freely is not explained by its fields
		w.Sees = "unsaid"
		if as == "" {
			w.Sees = "nothing"
		}
		w.Lines = append([]string{fmt.Sprintf("This is %s of kind %s. For whom it is, its payload says; by its kind it is for: %s.", whole.Thing, d.Kind, rights.Default().Kinds[d.Kind].Marking)}, s.byMarking(who, whole.Object)...)
		return w, nil
	case as == "" && len(mine.Fields) == len(whole.Fields) && !coarse && len(what) == 0:
		w.Sees = "all"
	case as == "":
		w.Sees = "part"
	}
	left, coarse, what, ok := table.Redact(who, whole)
	if as != "" {
		switch {
		case !ok:
			w.Sees = "nothing"
		case len(left.Fields) == len(whole.Fields) && !coarse:
			w.Sees = "all"
		default:
			w.Sees = "part"
		}
	}
	if ok && len(what) > 0 {
		w.Sees = "by-opening"
	}
	if as != "" && len(mine.Fields) == len(whole.Fields) {
		w.Lines = table.ExplainDocument(who, whole)
		return w, nil
	}
	// Fields that the asker does not see are not named.
	w.Lines = table.ExplainDocument(who, mine)
	if coarse {
		w.Lines = append(w.Lines, "Place and time are shown as the cell of a grid and the day, and words not at all: your role does not see them exactly, or the entry touches what you may not find.")
	}
	return w, nil
}

// byMarking says for each marking what becomes of a thing that has it: without
// telling which one this has.
func (s *Server) byMarking(who Who, o Object) []string {
	var out []string
	for _, m := range rights.Markings() {
		lines := s.o.People.Table().Explain(who, "read", Object{Thing: o.Thing, Marking: m, Party: who.Party})
		own := ""
		if who.Party != "" {
			own = " (where it is your own party's)"
		}
		out = append(out, fmt.Sprintf("%s%s %s", lines[0], own, lines[1]))
		if who.Party != "" {
			lines = s.o.People.Table().Explain(who, "read", Object{Thing: o.Thing, Marking: m})
			out = append(out, lines[0]+" (where it is nobody's in particular) "+lines[1])
		}
	}
	return out
}
