package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
)

// hub wakes those who wait for news.
type hub struct {
	mu     sync.Mutex
	wake   chan struct{} // closed at the next news
	closed bool
}

func (h *hub) wait() (<-chan struct{}, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wake, h.closed
}

func (h *hub) news() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.wake)
	h.wake = make(chan struct{})
}

// close ends all streams.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.news()
}

// EntryEvent is told of each entry, after what was found because of it.
type EntryEvent struct {
	Vector   views.Vector `json:"vector"`
	Entry    *views.Doc   `json:"entry" doc:"without its payload, where you may not read it"`
	Findings int          `json:"findings" doc:"findings that it began and that you may see"`
}

// FindingEvent is told of a finding that an entry began.
type FindingEvent struct {
	Incident string        `json:"incident"`
	Radio    string        `json:"radio,omitempty"`
	Revises  bool          `json:"revises" doc:"another was there before, and stays beside it"`
	Finding  views.Finding `json:"finding"`
}

// findingsTold is how many findings of one entry are told one by one; of a data
// set there may be millions.
const findingsTold = 200

const (
	streamWrite = 10 * time.Second // a reader that does not take an event in this time is let go
	streamBeat  = 15 * time.Second
)

func (s *Server) stream() {
	schema := func(v any) *huma.Schema {
		return s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
	}
	huma.Register(s.api, huma.Operation{OperationID: "get-events", Method: http.MethodGet, Path: "/api/events", Summary: "What is new, as server-sent events", Tags: []string{"read"},
		Description: "Event `entry` has the id N+1 of the entry at place N, after events `finding` for what it changed. Reconnecting with Last-Event-ID goes on after it; nothing is left out, and findings of the entry that was cut off may come twice.",
		Responses:   map[string]*huma.Response{"200": {Description: "Events", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: []*huma.Schema{schema(EntryEvent{}), schema(FindingEvent{})}}}}}}},
		func(ctx context.Context, q *struct {
			Last  string `header:"Last-Event-ID" doc:"id of the last event that the client has; from now on, where absent"`
			After string `query:"after" doc:"as Last-Event-ID, for clients that cannot set it; 0: from the first entry"`
		}) (*huma.StreamResponse, error) {
			if err := s.anyReading(ctx); err != nil {
				return nil, err
			}
			next := s.o.Views.Size()
			for _, x := range []string{q.After, q.Last} {
				if x == "" {
					continue
				}
				n, err := strconv.ParseInt(x, 10, 64)
				if err != nil || n < 0 {
					return nil, huma.Error422UnprocessableEntity("expected the id of an event, a whole number", &huma.ErrorDetail{Message: "expected a whole number", Location: "header.Last-Event-ID", Value: x})
				}
				next = n
			}
			if s.streams.Add(1) > int64(s.o.MaxStreams) {
				s.streams.Add(-1)
				return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(fmt.Sprintf("%d streams are open already: ask /api/entries from time to time", s.o.MaxStreams)), http.Header{"Retry-After": {"30"}})
			}
			// A tenth of all for one account or address: nobody has all places.
			v, _ := ctx.Value(visitKey{}).(*visit)
			if v != nil && !s.viewing.take(v.asker, 1, int64(max(s.o.MaxStreams/10, 8)), int64(s.o.MaxStreams)) {
				s.streams.Add(-1)
				return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("too many streams of yours are open already: ask /api/entries from time to time"), http.Header{"Retry-After": {"30"}})
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				defer s.streams.Add(-1)
				if v != nil {
					defer s.viewing.give(v.asker, 1)
				}
				_, w := humago.Unwrap(hc)
				s.send(hc.Context(), w, next)
			}}, nil
		})
}

// send writes events until the client or the server goes.
func (s *Server) send(ctx context.Context, w http.ResponseWriter, next int64) {
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	write := func(text string) bool {
		rc.SetWriteDeadline(time.Now().Add(streamWrite)) // where it cannot be set the server's own limit ends the stream
		_, err := w.Write([]byte(text))
		return err == nil && rc.Flush() == nil
	}
	if !write(": " + s.o.Log.Office().Origin + "\n\n") {
		return
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	f := following{next: next}
	for {
		news, closed := s.events.wait()
		if !s.still(ctx) { // a role or a token that was taken away reads no further
			return
		}
		for {
			text, size, err := s.event(ctx, &f)
			if err != nil || text == "" {
				if err != nil && !errors.Is(err, views.ErrAnew) {
					s.o.Slog.Error("events", "error", err.Error())
				}
				if all := s.o.source()().Size(); s.o.Ahead == nil && size >= all {
					f.beyond(size)
				}
				break
			}
			if !s.still(ctx) || !write(text) {
				return
			}
			f.told()
			if _, closed := s.events.wait(); closed { // also in the middle of a long past
				return
			}
		}
		if closed {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-news:
		case <-beat.C:
			if s.o.Ahead != nil && s.failing.Load() == nil {
				f.beyond(s.o.Views.Size()) // no server gives an id out before the database has the entry
			}
			if !write(": still here\n\n") {
				return
			}
		}
	}
}

// following is how far a stream is. Places of entries are those of the common order of
// several logs, which changes where an office is revoked or a copy was damaged: then it
// goes on with what was not told, wherever that is.
type following struct {
	next  int64
	order uint64     // as of which next is a place
	seen  views.Seen // what was told, or was said to be known; nil: next was not looked at yet
	last  views.Seen // ... with the entry that is being told
}

// find goes on to the next entry that was not told; false: there is none yet.
func (f *following) find(snap *views.Snapshot) bool {
	switch {
	case f.seen == nil && f.next > snap.Size:
		return false
	case f.seen == nil:
		f.seen = views.Seen(snap.VectorAt(f.next))
	case f.order != snap.Order():
		f.next = snap.After(f.seen)
	}
	f.order = snap.Order()
	for f.next < snap.Size && snap.Has(f.seen, f.next) {
		f.next++
	}
	if f.next >= snap.Size {
		return false
	}
	f.last = snap.Saw(f.seen, f.next)
	return true
}

// beyond goes on with what comes next where a client has an id that no entry of the
// record has: of another log, on another disk, or of an order that is not the order any
// more.
func (f *following) beyond(size int64) {
	if f.seen == nil {
		f.next = min(f.next, size)
	}
}

func (f *following) told() { f.next, f.seen = f.next+1, f.last }

// event writes what an entry brought; nothing where there is none yet.
func (s *Server) event(ctx context.Context, at *following) (text string, size int64, err error) {
	who := whoOf(ctx)
	err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		size = snap.Size
		var d *views.Doc
		var err error
		for at.find(snap) {
			if d, err = snap.Store().DocAt(at.next); err != nil || d != nil {
				break
			}
			at.told() // it stands in two logs, and was told where it comes first
		}
		if err != nil || d == nil {
			return err
		}
		index := at.next
		e := EntryEvent{Vector: snap.Vector()}
		e.Entry, _ = s.redact(ctx, d)
		var last uint32
		var v *views.Version
		err = snap.Store().Since(index, func(num uint32, f views.Finding) bool {
			if v == nil || num != last { // they come incident by incident
				if v, err = snap.Store().Version(num, f.Since+1); err != nil || v == nil {
					return err == nil
				}
				last = num
			}
			seen := s.sights.Findings(who, sight.NarrowedOf(&v.Incident), []views.Finding{f})
			if len(seen) == 0 { // also the number would tell
				return true
			}
			if e.Findings++; e.Findings <= findingsTold {
				text += s.findingEvent(snap, v, num, seen[0])
			}
			return true
		})
		if err != nil {
			return err
		}
		b, err := json.Marshal(e)
		text += fmt.Sprintf("id: %d\nevent: entry\ndata: %s\n\n", index+1, b)
		return err
	})
	if err != nil {
		return "", size, err
	}
	return text, size, nil
}

func (s *Server) findingEvent(snap *views.Snapshot, v *views.Version, num uint32, f views.Finding) string {
	all, err := snap.Store().AllFindings(num)
	if err != nil {
		return ""
	}
	x := FindingEvent{Incident: v.ID, Radio: v.Radio, Finding: f}
	for _, o := range all {
		x.Revises = x.Revises || o.Terms == f.Terms && o.Reading == f.Reading && o.Until == f.Since && o.Until > 0
	}
	b, err := json.Marshal(x)
	if err != nil {
		return ""
	}
	return "event: finding\ndata: " + string(b) + "\n\n"
}

// still reports whether whoever opened a stream may go on as they began.
func (s *Server) still(ctx context.Context) bool {
	who := whoOf(ctx)
	if s.o.Demo != "" && who.Token == "" {
		return true
	}
	return s.o.People.Still(ctx, who)
}
