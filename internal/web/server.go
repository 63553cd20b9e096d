// Package web is the server: it takes entries in, answers from the views, and
// hands out the log.
//
// It promises that a receipt is given only for what is on disk, that the same
// submission sent again is one entry with one receipt, that each answer says from
// which size of the log it was computed, and that what somebody may not read is
// neither listed nor counted by what they ask for.
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
)

// Options are how a server is kept. Zero values have the defaults named here.
type Options struct {
	Log    Log
	People *people.People // who asks, what they may, and the keys by which they write
	Views  *views.Views
	LogDir string // the folder log/ of the record, which anybody may read
	// Demo is the name of the account that whoever does not sign in acts as, for
	// demonstrations; empty: they are the public.
	Demo    string
	Office  *office.Office // takes files in; nil: this server does not
	Slog    *slog.Logger
	Version string
	Now     func() time.Time
	// Articles says which addresses articles are fetched from; nil: none is fetched.
	Articles *fetch.Guard
	Notice   *Notice // what is served is a demo
	// Background is what goes on beside requests; nil: nothing.
	Background Background
	// Peers are the copies of other offices' logs; nil: none are known.
	Peers Peers
	// Source is what the views are made of; nil: the own log.
	Source Source
	// Files are the files of entries, with those of other offices; nil: the own.
	Files views.Blobs

	Rate        float64 // requests a second for each token; 0 is 200, below 0 is no limit
	Anonymous   float64 // requests a second for each address without one; 0 is 20
	MaxBody     int64   // bytes of a JSON body; 0 is 1 MiB
	MaxBlob     int64   // bytes of a file; 0 is 256 MiB
	MaxImport   int64   // bytes of a table to be taken in; 0 is 64 MiB
	MaxInFlight int     // requests at once, streams left out; 0 is 1024
	MaxStreams  int     // event streams at once; 0 is 1000

	// Console answers what is not asked of the API: pages, and the files under
	// /assets/ that they are made of, which cost nothing and are not counted
	// against anybody. nil: one plain page says what there is.
	Console http.Handler

	// Ahead is the server that keeps the record, where this one only answers from its
	// views: what it cannot answer is passed on to it; nil: the record is kept here.
	Ahead *Ahead

	// Base is the map that reports are drawn on; nil draws no countries. Browser is
	// the program that prints their PDF; empty: there is none.
	Base    *basemap.Map
	Browser string
}

// Server answers requests.
type Server struct {
	o       Options
	mux     *http.ServeMux
	pages   *http.ServeMux // sign-in and what else people do in a browser
	known   http.Handler   // finds out who asks, then goes on
	api     huma.API
	limiter *limiter
	metrics metrics
	events  hub
	heard   int64 // entries of the own log whose word on people was heard, where the record is kept elsewhere
	streams atomic.Int64
	sights  *sight.Sights
	failing atomic.Pointer[string] // why the views do not follow
	point   lastCheckpoint
	watch   watched
	inputs  commissionInputs
	plans   beside[*plan]
	dailies beside[*madeReport]
	covers  beside[*covered]
	anews   beside[*anew]
	newests beside[*newest]
	began   time.Time
	staging staging
	intake  chan struct{}
	work    work
	decided decided
	running *shares // requests at once
	viewing *shares // streams
	bodies  *shares // bytes of bodies in memory
}

// New makes a server.
func New(o Options) *Server {
	def := func(v *float64, d float64) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Rate, 200)
	def(&o.Anonymous, 20)
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.MaxBlob == 0 {
		o.MaxBlob = 256 << 20
	}
	if o.MaxImport == 0 {
		o.MaxImport = 64 << 20
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 1024
	}
	if o.MaxStreams == 0 {
		o.MaxStreams = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, mux: http.NewServeMux(), pages: http.NewServeMux(), limiter: newLimiter(o.Now), began: o.Now(), staging: staging{now: o.Now}, intake: make(chan struct{}, 1), work: newWork(), decided: decided{by: map[decidedDraft]decidedEntry{}}, running: newShares(), viewing: newShares(), bodies: newShares(), sights: sight.New(o.People.Table())}
	c := huma.DefaultConfig("truce", o.Version)
	c.Info.Description = "The record of one office: entries in, receipts out, incidents and findings under every reading. A verdict says what would follow if the facts hold; it binds nobody."
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	c.OpenAPIPath = "/openapi"
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"token": {}}}
	s.api = humago.New(s.mux, c)
	s.api.UseMiddleware(s.knownParameters)
	s.events.wake = make(chan struct{})
	s.submissions()
	s.imports()
	s.lists()
	s.incidents()
	s.regimes()
	s.candidates()
	s.apart()
	s.texts()
	s.comparisons()
	s.trials()
	s.methodology()
	s.numbers()
	s.mapTiles()
	s.formQuestions()
	s.receipts()
	s.openings()
	s.why()
	s.stream()
	s.feed()
	s.tiles()
	s.background()
	s.subscriptions()
	s.index()
	s.state()
	s.me()
	s.watching()
	s.tablePages()
	s.demo()
	s.commission()
	s.commissionPages()
	s.daily()
	s.witnessing()
	s.peers()
	s.duties()
	s.talks()
	s.drafts()
	s.own()
	s.accounts()
	o.People.Routes(s.pages)
	s.known = o.People.Identify(http.HandlerFunc(s.within))
	return s
}

// Follow keeps the views up with the log until the context ends.
func (s *Server) Follow(ctx context.Context) {
	s.o.Views.Follow(ctx, s.o.source(), 100*time.Millisecond, func(size int64) {
		s.failing.Store(nil)
		s.events.news()
	}, func(err error) {
		why := err.Error()
		s.failing.Store(&why)
		s.o.Slog.Error("views", "error", why)
	})
}

// Handler answers all requests, within limits.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// HTTP is a server for a listener, with the limits that belong to connections.
// Streams end with the context.
func (s *Server) HTTP(ctx context.Context) *http.Server {
	h := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.o.Slog.Handler(), slog.LevelWarn),
	}
	context.AfterFunc(ctx, func() { s.events.close(); s.staging.close() })
	return h
}

// security are headers of every answer. Nothing is executed that is not a file of
// this server; nothing may frame it.
var security = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"X-Frame-Options":              "DENY",
}

// secured is security as headers are kept; the lists are shared, and never changed.
var secured = func() http.Header {
	h := http.Header{}
	for k, v := range security {
		h[http.CanonicalHeaderKey(k)] = []string{v}
	}
	return h
}()

// seen notes what was answered.
type seen struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *seen) WriteHeader(code int) {
	if w.status == 0 {
		w.status = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *seen) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *seen) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// serve notes what was asked and answered. Neither the query nor headers are in
// the log, since they may hold names and secrets, nor the path of a one-time link.
func (s *Server) serve(rw http.ResponseWriter, r *http.Request) {
	began := time.Now()
	w := &seen{ResponseWriter: rw}
	for k, v := range secured {
		rw.Header()[k] = v
	}
	var v visit
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			s.o.Slog.Error("a request made the server fail", "path", quiet(r), "panic", fmt.Sprint(p))
			if w.status == 0 {
				Problem(w, http.StatusInternalServerError, "the server failed at this request; nothing of it may be taken as done: ask by its id")
			}
		}
		if v.pattern == "" {
			v.pattern = "none"
		}
		s.metrics.request(v.pattern, w.status, time.Since(began))
		if s.o.Slog.Enabled(r.Context(), slog.LevelDebug) {
			s.o.Slog.Debug("request", "method", r.Method, "path", quiet(r), "status", w.status, "bytes", w.bytes, "ms", since(began), "account", v.who.Account)
		}
	}()
	if s.o.Ahead != nil && !s.o.Ahead.here(r) {
		v.pattern = "passed on"
		for k := range secured {
			rw.Header().Del(k) // the other has its own
		}
		s.o.Ahead.proxy.ServeHTTP(w, r)
		return
	}
	s.known.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, &v)))
}

// quiet is the path of a request without what is secret in it.
func quiet(r *http.Request) string {
	for _, secret := range []string{"/welcome", "/subscriptions"} {
		if strings.HasPrefix(r.URL.Path, secret) {
			return secret + "/..."
		}
	}
	return r.URL.Path
}

// within lets a request in whose sender is known, or says why not.
func (s *Server) within(w http.ResponseWriter, r *http.Request) {
	page := s.isPage(r)
	v, _ := r.Context().Value(visitKey{}).(*visit)
	v.played = s.o.Demo != "" && whoOf(r.Context()).Account == ""
	who := s.asDemo(r)
	v.who = who
	if wait := s.limited(who, r); wait > 0 {
		s.later(w, wait, "more requests than this account may send")
		return
	}
	v.asker, v.account = s.asker(who, v, r)
	if r.URL.Path != "/api/events" {
		each := int64(s.o.MaxInFlight / 2) // half of what there is for one account, a sixteenth for an address
		if !v.account {
			each = int64(max(s.o.MaxInFlight/16, 8))
		}
		if !s.running.take(v.asker, 1, each, int64(s.o.MaxInFlight)) {
			s.metrics.shed.Add(1)
			s.later(w, time.Second, "too many requests of yours are being answered, or the server is at its limit; nothing of this request was done")
			return
		}
		defer s.running.give(v.asker, 1)
	}
	limit := s.o.MaxBody
	if r.URL.Path == "/api/blobs" {
		limit = s.o.MaxBlob
	}
	if r.URL.Path == "/api/imports" {
		limit = s.o.MaxImport
	}
	if r.ContentLength > limit {
		Problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a body of %d bytes is longer than %d: send files to /api/blobs, and many entries in several requests", r.ContentLength, limit))
		return
	}
	// A form of another site can send other types without asking first; this one it
	// cannot.
	expected := "application/json"
	switch r.URL.Path {
	case "/api/blobs":
		expected = "" // which names a file and does nothing else
	case "/api/imports":
		expected = "application/octet-stream"
	}
	if strings.HasPrefix(r.URL.Path, "/api/demo/") {
		expected = "" // it has no body
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); r.Method == http.MethodPost && !page && expected != "" && strings.TrimSpace(kind) != expected {
		Problem(w, http.StatusUnsupportedMediaType, "expected another type: send Content-Type: "+expected)
		return
	}
	if r.URL.Path == "/api/imports" && r.Method == http.MethodPost && who.Account == "" { // before 64 MiB of it are read
		Problem(w, http.StatusUnauthorized, "sign in at /sign-in, or send `Authorization: Bearer TOKEN`: nothing was read")
		return
	}
	if n := heldBody(r, limit); n > 0 {
		if !s.bodies.take(v.asker, n, eachBody, allBodies) {
			s.metrics.shed.Add(1)
			s.later(w, 2*time.Second, "other long bodies are being read; nothing of this request was done")
			return
		}
		defer s.bodies.give(v.asker, n)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	r = r.WithContext(people.WithWho(r.Context(), who))
	if s.quick(w, r) {
		v.pattern = "POST " + r.URL.Path
		return
	}
	defer func() { v.pattern = r.Pattern }()
	if page {
		s.pages.ServeHTTP(w, r)
		return
	}
	if packed(r) {
		p := &packer{ResponseWriter: w}
		defer p.done()
		s.mux.ServeHTTP(p, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// limited takes one of what an account may send, or an address without one.
func (s *Server) limited(who Who, r *http.Request) time.Duration {
	switch {
	case r.URL.Path == "/healthz", s.o.Console != nil && (strings.HasPrefix(r.URL.Path, "/assets/") || r.URL.Path == "/map/tiles.pmtiles"): // a look at the map asks for many pieces
		return 0
	case who.Account == "":
		return s.limiter.wait("address "+s.o.People.Network(r), s.o.Anonymous)
	}
	return s.limiter.wait("account "+who.Account, s.o.Rate)
}

// later answers that something can be tried again.
func (s *Server) later(w http.ResponseWriter, wait time.Duration, why string) {
	seconds := int64(wait/time.Second) + 1
	w.Header().Set("Retry-After", fmt.Sprint(seconds))
	Problem(w, http.StatusTooManyRequests, fmt.Sprintf("%s: try again in %d s", why, seconds))
}

// failure turns an error into an answer that says what to do.
func failure(err error) error {
	var conflict *journal.Conflict
	var status huma.StatusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &status):
		return err
	case errors.As(err, &conflict):
		return huma.Error409Conflict(conflict.Error())
	case errors.Is(err, views.ErrAnew):
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(err.Error()), http.Header{"Retry-After": {"1"}})
	case errors.Is(err, journal.ErrFull):
		return huma.NewError(http.StatusInsufficientStorage, err.Error())
	case errors.Is(err, journal.ErrInDoubt):
		return huma.NewError(http.StatusGatewayTimeout, err.Error())
	case errors.Is(err, journal.ErrStopped), errors.Is(err, journal.ErrClosed):
		return huma.NewError(http.StatusServiceUnavailable, "the record does not accept entries: "+err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.NewError(http.StatusServiceUnavailable, "the request was given up before it was done: send the same again")
	}
	return huma.Error500InternalServerError("the answer could not be made: " + err.Error())
}

// allow refuses what somebody may not do.
func (s *Server) allow(ctx context.Context, action string, o Object) error {
	who := whoOf(ctx)
	d := s.o.People.Allow(who, action, o)
	switch {
	case d.OK:
		return nil
	case who.Account == "":
		return huma.Error401Unauthorized("sign in at /sign-in, or send `Authorization: Bearer TOKEN`: " + d.Because)
	}
	return huma.Error403Forbidden(fmt.Sprintf("you may not %s %s (%s): %s", action, o.Thing, o.Marking, d.Because))
}

// logRoot is the folder of the log, opened so that no name leads out of it.
func (s *Server) logRoot() (*os.Root, error) { return os.OpenRoot(s.o.LogDir) }
