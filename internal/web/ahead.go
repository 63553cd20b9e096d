package web

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// Log is the log of a record, as the server uses it.
type Log interface {
	Office() journal.Office
	Author() record.KeyID
	Reader() *journal.Reader
	Size() int64
	Find(id string) (index int64, ok bool)
	Blobs() journal.Blobs
	Append(ctx context.Context, entries []*record.Envelope, payloads []journal.Payload) (journal.Ack, error)
	Integrate(ctx context.Context) error
	Erase(ctx context.Context, id string) error
	Err() error
}

var _ Log = (*journal.Log)(nil)

// Ahead is the server that keeps a record, from which others answer too. What these
// cannot answer from the views is passed on to it: whatever is written, whatever needs
// files or secrets, and how people sign in.
type Ahead struct {
	url   *url.URL
	http  *http.Client
	proxy *httputil.ReverseProxy
	from  func(*http.Request) string
	now   func() time.Time

	mu     sync.Mutex
	known  askers
	failed error     // the last question was not answered; nil: it was
	since  time.Time // ... and when that was
}

// shownOnce is who somebody was, when that was asked last.
type shownOnce struct {
	who  Who
	err  error // what was shown is no good
	at   time.Time
	ask  http.Header // what was shown, and whence
	used time.Time
	key  string
}

// askers are those of whom it is known who they are, by what they showed. The list has
// them by when they were seen last, so that whoever is dropped stands in front.
type askers struct {
	by    map[string]*list.Element
	order *list.List // of *shownOnce
	most  int        // from so many on some are dropped, and at twice as many all that are more
}

func newAskers(most int) askers { return askers{map[string]*list.Element{}, list.New(), most} }

// seen is what is known of one; it is not dropped soon then.
func (k askers) seen(key string, now time.Time) (x shownOnce, known bool) {
	e := k.by[key]
	if e == nil {
		return x, false
	}
	k.order.MoveToBack(e)
	at := e.Value.(*shownOnce)
	at.used = now
	return *at, true
}

// put takes one in, and drops whom there are too many of: who was not seen for a while,
// and where all were, who was not for the longest time.
func (k askers) put(x shownOnce) {
	if e := k.by[x.key]; e != nil {
		*e.Value.(*shownOnce) = x
		k.order.MoveToBack(e)
		return
	}
	for first := k.order.Front(); first != nil && k.order.Len() >= k.most; first = k.order.Front() {
		o := first.Value.(*shownOnce)
		if x.used.Sub(o.used) <= askedFor && k.order.Len() < 2*k.most {
			break
		}
		k.order.Remove(first)
		delete(k.by, o.key)
	}
	k.by[x.key] = k.order.PushBack(&x)
}

// Who somebody is stands for so long, and where the server cannot be asked, for so
// long; what entries say of them counts at once.
const (
	askedFor   = 10 * time.Second
	askedStale = 10 * time.Minute
	askedPause = 2 * time.Second // between two questions to a server that is away
	askedMost  = 10_000
)

// NewAhead makes one of the address of the server, such as https://hq.example.org.
func NewAhead(address *url.URL, log *slog.Logger, from func(*http.Request) string) *Ahead {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.ResponseHeaderTimeout, t.DisableCompression = 64, 70*time.Second, true
	a := &Ahead{url: address, from: from, now: time.Now, known: newAskers(askedMost), http: &http.Client{Transport: t, Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	a.proxy = &httputil.ReverseProxy{Transport: t, FlushInterval: -1, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(address)
			r.Out.Host = r.In.Host // by which it tells its own pages from others
			r.SetXForwarded()
			r.Out.Header.Set("X-Forwarded-For", hostOf(from(r.In)))
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			w.Header().Set("Retry-After", "5")
			Problem(w, http.StatusServiceUnavailable, fmt.Sprintf("the server that keeps the record, %s, cannot be reached from here (%v). Whether it took what was sent is not known: send the same again, with the same id, here or there", address, cause(err)))
		}}
	return a
}

// cause leaves the address out of an error: it may hold words of the question.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func hostOf(address string) string {
	if i := strings.LastIndexByte(address, ':'); i > 0 && (strings.Count(address, ":") == 1 || address[0] == '[') {
		return strings.Trim(address[:i], "[]")
	}
	return address
}

// answersHere are what is asked of views and of nothing else, and answersBelow what
// lies below or beside them, such as /api/incidents.csv.
var (
	answersHere  = []string{"/api/entries", "/api/events", "/api/counts", "/api/bins", "/api/regimes", "/api/compare", "/api/rules", "/api/apart", "/api/judge", "/api/check", "/healthz", "/metrics"}
	answersBelow = []string{"/api/incidents", "/api/findings", "/api/reports", "/api/claims", "/api/terms", "/api/entries.", "/api/tiles/", "/assets/"}
)

// here reports whether this server answers a request itself.
func (a *Ahead) here(r *http.Request) bool {
	p := r.URL.Path
	switch {
	case p == "/api/judge" || p == "/api/check":
		return r.Method == http.MethodPost
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return false
	}
	return slices.Contains(answersHere, p) || slices.ContainsFunc(answersBelow, func(b string) bool {
		rest, ok := strings.CutPrefix(p, b)
		return ok && (rest == "" || strings.HasSuffix(b, "/") || strings.HasSuffix(b, ".") || rest[0] == '/' || rest[0] == '.')
	})
}

// Ask finds out who sends a request.
func (a *Ahead) Ask(ctx context.Context, r *http.Request) (Who, string, error) {
	shown := http.Header{}
	for _, name := range []string{"Authorization", "Cookie"} {
		if v := r.Header.Values(name); len(v) > 0 {
			shown[name] = v
		}
	}
	if len(shown) == 0 {
		return Who{}, "", nil
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q", []any{shown["Authorization"], shown["Cookie"]})
	key := hex.EncodeToString(h.Sum(nil))
	shown.Set("X-Forwarded-For", hostOf(a.from(r))) // as of what is passed on: guesses are counted there by it
	who, err := a.ask(ctx, key, shown)
	return who, key, err
}

// Again asks again who somebody is.
func (a *Ahead) Again(ctx context.Context, key string) (Who, error) {
	if key == "" {
		return Who{}, nil
	}
	a.mu.Lock()
	x, ok := a.known.seen(key, a.now())
	a.mu.Unlock()
	if !ok {
		return Who{}, people.ErrNotGood
	}
	return a.ask(ctx, key, x.ask)
}

func (a *Ahead) ask(ctx context.Context, key string, shown http.Header) (Who, error) {
	now := a.now()
	a.mu.Lock()
	x, known := a.known.seen(key, now)
	failed, since := a.failed, a.since
	a.mu.Unlock()
	stands := known && x.err == nil && now.Sub(x.at) < askedStale
	switch {
	case known && now.Sub(x.at) < askedFor:
		return x.who, x.err
	case failed != nil && now.Sub(since) < askedPause && stands: // a server that is away may take long to say nothing
		return x.who, nil
	case failed != nil && now.Sub(since) < askedPause:
		return Who{}, failed
	}
	who, err := a.me(ctx, shown)
	refused := errors.Is(err, people.ErrNotGood)
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil || refused:
	case ctx.Err() != nil || errors.Is(err, errAskLess): // says nothing of the server
		if stands {
			return x.who, nil
		}
		return Who{}, err
	default:
		if a.failed, a.since = err, a.now(); stands {
			return x.who, nil
		}
		return Who{}, err
	}
	a.failed = nil
	a.known.put(shownOnce{who, err, now, shown, now, key})
	return who, err
}

// errAskLess is what the server says to an address that asks too often.
var errAskLess = errors.New("more was asked from where you are than the server that keeps the record answers")

// me asks the server who somebody is, by what they showed.
func (a *Ahead) me(ctx context.Context, shown http.Header) (Who, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url.JoinPath("api/me").String(), nil)
	if err != nil {
		return Who{}, err
	}
	r.Header = shown.Clone()
	r.Header.Set("Accept", "application/json")
	res, err := a.http.Do(r)
	if err != nil {
		return Who{}, fmt.Errorf("the server that keeps the record, %s, cannot be asked: %w", a.url, cause(err))
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	var m Me
	switch {
	case err != nil:
		return Who{}, err
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return Who{}, people.ErrNotGood
	case res.StatusCode == http.StatusTooManyRequests:
		return Who{}, errAskLess
	case res.StatusCode != http.StatusOK || json.Unmarshal(b, &m) != nil:
		return Who{}, fmt.Errorf("the server that keeps the record, %s, answers with status %d when it is asked who somebody is", a.url, res.StatusCode)
	case m.By == "nobody" || m.Account == "":
		return Who{}, nil
	}
	who := Who{Account: m.Account, Role: m.Role, Party: m.Party, Scopes: m.Scopes}
	if m.By == "token" {
		who.Token = "of " + m.Account
		_, text, _ := strings.Cut(shown.Get("Authorization"), " ")
		if id, _, err := people.ParseToken(strings.TrimSpace(text)); err == nil {
			who.Token = id
		}
	}
	return who, nil
}

// AheadHealth is how the server that keeps the record was reached last. Answers go on
// without it.
type AheadHealth struct {
	URL string `json:"url"`
	Why string `json:"why,omitempty" doc:"it could not be asked, the last time that it was"`
}

func (a *Ahead) health() *AheadHealth {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := &AheadHealth{URL: a.url.String()}
	if a.failed != nil {
		h.Why = a.failed.Error()
	}
	return h
}

// Elsewhere is the log of a record that is kept by another server.
type Elsewhere struct {
	office journal.Office
	author record.KeyID
	views  *views.Views
	err    error
}

// NewElsewhere makes one of what the views say of the record.
func NewElsewhere(office journal.Office, author record.KeyID, v *views.Views, a *Ahead) *Elsewhere {
	return &Elsewhere{office, author, v, fmt.Errorf("%w: the record is kept by the server at %s", journal.ErrClosed, a.url)}
}

// What there is of it is what the views hold.

func (e *Elsewhere) Office() journal.Office { return e.office }
func (e *Elsewhere) Author() record.KeyID   { return e.author }
func (e *Elsewhere) Size() int64            { return e.views.OwnSize() }
func (e *Elsewhere) Err() error             { return nil }
func (e *Elsewhere) Blobs() journal.Blobs   { return journal.Blobs{} }
func (e *Elsewhere) Reader() *journal.Reader {
	return &journal.Reader{Office: e.office, Checkpoint: record.Checkpoint{Origin: e.office.Origin, Size: e.Size()}}
}
func (e *Elsewhere) Find(string) (int64, bool) { return 0, false }
func (e *Elsewhere) Append(context.Context, []*record.Envelope, []journal.Payload) (journal.Ack, error) {
	return journal.Ack{}, e.err
}
func (e *Elsewhere) Integrate(context.Context) error     { return e.err }
func (e *Elsewhere) Erase(context.Context, string) error { return e.err }

// Behind keeps this server up with what the other has committed, until the context
// ends. Who there is must have been heard before.
func (s *Server) Behind(ctx context.Context, every time.Duration) {
	s.o.Views.Behind(ctx, every, func(int64) {
		if err := s.Hear(); err != nil {
			s.notFollowing(err)
			return
		}
		s.failing.Store(nil)
		s.events.news()
	}, s.notFollowing)
}

func (s *Server) notFollowing(err error) {
	why := err.Error()
	s.failing.Store(&why)
	s.o.Slog.Error("views", "error", why)
}

// Hear takes entries about people into account that are new since it was called last,
// by one at a time.
func (s *Server) Hear() error {
	var ds []*views.Doc
	var own int64
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		own = snap.Vector()[s.o.Log.Office().Origin]
		return snap.Store().Docs([]string{record.KindAccount, record.KindGrant, record.KindToken}, snap.Size, func(d *views.Doc) bool {
			switch {
			case d.Office != "": // its people are no people of this record
			case d.Standing() < s.heard:
				return false
			default:
				ds = append(ds, d)
			}
			return true
		})
	})
	if err != nil {
		return err
	}
	for _, d := range slices.Backward(ds) {
		author, err := record.ParseKeyID(d.Author)
		if err != nil {
			return err
		}
		s.o.People.Hear(d.Standing(), d.Kind, author, d.Payload)
	}
	s.heard = max(s.heard, own)
	return nil
}
