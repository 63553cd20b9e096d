package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/internal/commission/gather"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
)

// CommissionQuery is what the commission's lists are asked with. There is no ETag:
// clocks run also where no entry is added.
type CommissionQuery struct {
	At   int64  `query:"at" doc:"as of this size of the log; the newest, where absent" minimum:"1"`
	Time string `query:"time" doc:"as it stood, or will stand if nothing more is written, at this time, RFC 3339; now, where absent"`
}

// commissionAnswer is an answer that is not kept.
type commissionAnswer[T any] struct {
	Vary  string `header:"Vary"`
	Cache string `header:"Cache-Control"`
	Body  T
}

// CommissionHead stands over every answer.
type CommissionHead struct {
	Vector   views.Vector         `json:"vector"`
	Now      commission.Time      `json:"now" doc:"the time that clocks were read at"`
	Exercise *commission.Exercise `json:"exercise,omitempty" doc:"the record is an exercise: nothing in it is evidence of anything"`
	Problems []commission.Problem `json:"problems,omitempty" doc:"entries that count for nothing or less than they say, and why"`
	Standing string               `json:"standing"`
}

// CaseList is the cases with their clocks.
type CaseList struct {
	CommissionHead
	Items     []*commission.Case     `json:"items"`
	Responses []*commission.Response `json:"responses" doc:"answers that parties reserve, announce or take, with what the text asks of them"`
}

// CasePage is one case.
type CasePage struct {
	CommissionHead
	Case      *commission.Case       `json:"case"`
	Messages  []*commission.Message  `json:"messages" doc:"of the hotline, about the case"`
	Responses []*commission.Response `json:"responses"`
}

// Hotline is the messages with who has acknowledged them.
type Hotline struct {
	CommissionHead
	Items     []*commission.Message `json:"items"`
	Templates map[string][]string   `json:"templates" doc:"names of templates, with the values that they ask for"`
}

// DutyList is the duties of every text of the record.
type DutyList struct {
	CommissionHead
	Items []*commission.Duty `json:"items"`
}

// WindowList is windows and notified activities.
type WindowList struct {
	CommissionHead
	Items      []*commission.Window   `json:"items"`
	Activities []*commission.Activity `json:"activities"`
}

// DeadlineList is what is due, the earliest first.
type DeadlineList struct {
	CommissionHead
	Items []commission.Deadline `json:"items"`
}

// commission adds what a commission works by.
func (s *Server) commission() {
	asked(s, "/api/cases", "Cases with their clocks and what is missing", func(h CommissionHead, x *commission.State) CaseList { return CaseList{h, x.Cases, x.Responses} })
	asked(s, "/api/hotline", "Messages of the hotline, numbered, with who has acknowledged them", func(h CommissionHead, x *commission.State) Hotline {
		out := Hotline{h, x.Messages, map[string][]string{}}
		for _, t := range commission.Templates() {
			out.Templates[t] = commission.Slots(t)
		}
		return out
	})
	asked(s, "/api/duties", "Duties and quotas of every text, by reading and bearer", func(h CommissionHead, x *commission.State) DutyList { return DutyList{h, x.Duties} })
	asked(s, "/api/windows", "Windows and notified activities", func(h CommissionHead, x *commission.State) WindowList { return WindowList{h, x.Windows, x.Activities} })
	asked(s, "/api/deadlines", "What is due, the earliest first", func(h CommissionHead, x *commission.State) DeadlineList { return DeadlineList{h, x.Deadlines()} })
	register(s, "/api/cases/{id}", "One case", func(ctx context.Context, q *struct {
		CommissionQuery
		ID string `path:"id" doc:"of the complaint, or the number of the case"`
	}) (*commissionAnswer[CasePage], error) {
		h, x, err := s.stateOf(ctx, &q.CommissionQuery)
		if err != nil {
			return nil, err
		}
		for _, c := range x.Cases {
			if c.ID == q.ID || strconv.Itoa(c.Number) == q.ID {
				return unkept(casePage(h, x, c)), nil
			}
		}
		return nil, huma.Error404NotFound(fmt.Sprintf("there is no case %q that you may see", q.ID))
	})
	huma.Register(s.api, huma.Operation{OperationID: "get-deadlines-ics", Method: http.MethodGet, Path: "/api/deadlines.ics", Summary: "What is due, as a calendar (RFC 5545)", Tags: []string{"read"}},
		func(ctx context.Context, q *CommissionQuery) (*listed, error) {
			_, x, err := s.stateOf(ctx, q)
			if err != nil {
				return nil, err
			}
			return &listed{Status: http.StatusOK, Vary: "Authorization, Cookie", Cache: "private, no-store", ContentType: "text/calendar; charset=utf-8", Body: x.Calendar(s.o.Log.Office().Origin)}, nil
		})
}

func casePage(h CommissionHead, x *commission.State, c *commission.Case) CasePage {
	p := CasePage{h, c, []*commission.Message{}, []*commission.Response{}}
	for _, m := range x.Messages {
		for _, id := range m.About {
			if id == c.ID {
				p.Messages = append(p.Messages, m)
			}
		}
	}
	for _, r := range x.Responses {
		if r.To == c.ID {
			p.Responses = append(p.Responses, r)
		}
	}
	return p
}

func unkept[T any](body T) *commissionAnswer[T] {
	return &commissionAnswer[T]{"Authorization, Cookie", "private, no-store", body}
}

// asked adds a question about the state.
func asked[T any](s *Server, path, summary string, f func(CommissionHead, *commission.State) T) {
	register(s, path, summary, func(ctx context.Context, q *CommissionQuery) (*commissionAnswer[T], error) {
		h, x, err := s.stateOf(ctx, q)
		if err != nil {
			return nil, err
		}
		return unkept(f(h, x)), nil
	})
}

// stateOf is the state that somebody may see: of the entries whose payloads they may
// read, and of no others, so that what is withheld changes nothing that they see.
func (s *Server) stateOf(ctx context.Context, q *CommissionQuery) (CommissionHead, *commission.State, error) {
	h := CommissionHead{Standing: standing}
	who := whoOf(ctx)
	if err := s.allow(ctx, "exact", Object{Thing: "notice", Marking: rights.ForPublic}); err != nil {
		return h, nil, err
	}
	now := when.At(s.o.Now())
	if q.Time != "" {
		var err error
		if now, err = when.ParseRFC3339(q.Time); err != nil {
			return h, nil, huma.Error422UnprocessableEntity("the question cannot be read", &huma.ErrorDetail{Message: err.Error(), Location: "query.time", Value: q.Time})
		}
	}
	size := views.Now
	if q.At != 0 {
		size = q.At
	}
	var in *commission.Input
	err := s.o.Views.Read(size, func(snap *views.Snapshot) (err error) {
		h.Vector = snap.Vector()
		in, err = s.inputs.of(fmt.Sprint(snap.Size, " ", who), func() (*commission.Input, error) {
			src := &gather.Source{Origin: s.o.Log.Office().Origin, People: s.o.People.Directory(), Blobs: s.files(), Texts: &s.inputs.texts,
				See: func(d *views.Doc) ([]byte, bool) { return s.wholly(who, d) }, Eyes: s.sights.Eyes(who), Left: func(v *views.Incident) bool { return s.sights.See(who, v) }}
			return gather.FromViews(snap, src)
		})
		return err
	})
	if err != nil {
		return h, nil, viewFailure(err)
	}
	x := commission.At(in, now)
	h.Now, h.Exercise, h.Problems = x.Now, x.Exercise, x.Problems
	return h, x, nil
}

// wholly is the payload of an entry that somebody may read freely, as it was written:
// what parties write to each other and to the commission is for those whom the entry
// is for. Members that the author has kept for fewer are left out.
func (s *Server) wholly(who Who, d *views.Doc) ([]byte, bool) {
	o := s.object(d)
	if !s.freely(who, o) {
		return nil, false
	}
	var own struct {
		Markings map[string]rights.Marking `json:"markings"`
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(d.Payload, &own) != nil || len(own.Markings) == 0 || json.Unmarshal(d.Payload, &members) != nil {
		return d.Payload, true
	}
	for name, m := range own.Markings {
		x := o
		x.Marking = rights.Narrower(o.Marking, m)
		if !s.freely(who, x) {
			delete(members, name)
		}
	}
	left, err := json.Marshal(members)
	return left, err == nil
}

// schemaName is what a type is called in /openapi.json. Types of the commission and
// of talks say whose they are: a window and a message are others' words too.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	for of, word := range map[string]string{"/internal/commission": "Commission", "/internal/talks/board": "Talks"} {
		if strings.HasSuffix(t.PkgPath(), of) {
			return word + name
		}
	}
	return name
}

// commissionInputs keeps the last inputs that were gathered: clocks run on without
// anything having to be read anew.
type commissionInputs struct {
	texts gather.Texts
	mu    sync.Mutex
	keys  []string
	ins   []*commission.Input
}

const inputsKept = 16

func (c *commissionInputs) of(key string, make func() (*commission.Input, error)) (*commission.Input, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, k := range c.keys {
		if k == key {
			return c.ins[i], nil
		}
	}
	in, err := make()
	if err != nil {
		return nil, err
	}
	if len(c.keys) == inputsKept {
		c.keys, c.ins = c.keys[1:], c.ins[1:]
	}
	c.keys, c.ins = append(c.keys, key), append(c.ins, in)
	return in, nil
}
