package web

import (
	"context"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/truce-project/truce/rights"
)

// lastCheckpoint notes when the checkpoint changed, as this process saw it.
type lastCheckpoint struct {
	mu    sync.Mutex
	size  int64
	since time.Time // of the size
	clear time.Time // when nothing waited last
}

// Health says whether the server does what it is for.
type Health struct {
	OK      bool     `json:"ok"`
	Reasons []string `json:"reasons,omitempty" doc:"why not"`
	Demo    *Notice  `json:"demo,omitempty" doc:"what has to be said of a record that is a demo; it stands on every page"`
	Log     struct {
		Writable bool  `json:"writable"`
		Entries  int64 `json:"entries" doc:"accepted"`
	} `json:"log"`
	Checkpoint struct {
		Size    int64   `json:"size"`
		Waiting int64   `json:"waiting" doc:"accepted entries that are in no checkpoint"`
		Age     float64 `json:"age_s" doc:"seconds since the checkpoint changed, or since this process began"`
	} `json:"checkpoint"`
	Views struct {
		Size       int64 `json:"size"`
		Behind     int64 `json:"behind" doc:"entries of the checkpoint that answers do not know yet"`
		Rebuilding bool  `json:"rebuilding"`
		Done       int64 `json:"done,omitempty"`
		Of         int64 `json:"of,omitempty"`
	} `json:"views"`
	Ahead      *AheadHealth      `json:"ahead,omitempty" doc:"this server answers from the views of another, to which the rest is passed on"`
	Background *BackgroundHealth `json:"background,omitempty" doc:"feeds and messages, where any are set up"`
}

// Notice says that a record is a demo.
type Notice struct {
	Notice string `json:"notice" doc:"for people"`
	Says   string `json:"says,omitempty" doc:"a name of the notice, for consoles that have it in other languages"`
	Today  string `json:"today" doc:"day on which its story ends"`
	Now    string `json:"now,omitempty" doc:"the clock of the demonstration, which goes on from where the story ends, RFC 3339"`
}

// checkpointLate is how long an entry may wait for a checkpoint: what receipts
// promise.
const checkpointLate = 30 * time.Second

func (s *Server) health() Health {
	h := Health{}
	now := s.o.Now()
	if n := s.o.Notice; n != nil {
		h.Demo = &Notice{n.Notice, n.Says, n.Today, now.UTC().Format(time.RFC3339)}
	}
	h.Checkpoint.Size, h.Log.Entries = s.o.Log.Reader().Size(), s.o.Log.Size()
	h.Checkpoint.Waiting = h.Log.Entries - h.Checkpoint.Size
	s.point.mu.Lock()
	if s.point.since.IsZero() || s.point.size != h.Checkpoint.Size {
		s.point.size, s.point.since, s.point.clear = h.Checkpoint.Size, now, now
	}
	if h.Checkpoint.Waiting == 0 {
		s.point.clear = now
	}
	h.Checkpoint.Age = now.Sub(s.point.since).Seconds()
	late := now.Sub(s.point.clear) > checkpointLate
	s.point.mu.Unlock()
	if a := s.o.Ahead; a != nil {
		h.Ahead = a.health()
	} else if err := s.o.Log.Err(); err != nil {
		h.Reasons = append(h.Reasons, err.Error())
	} else {
		h.Log.Writable = true
	}
	if late {
		h.Reasons = append(h.Reasons, fmt.Sprintf("%d entries have waited for a checkpoint for more than %s", h.Checkpoint.Waiting, checkpointLate))
	}
	if why := s.failing.Load(); why != nil {
		h.Reasons = append(h.Reasons, "the views do not follow the log: "+*why)
	}
	p := s.o.Views.Progress()
	h.Views.Size = s.o.Views.Size()
	h.Views.Behind = max(s.o.source()().Size()-h.Views.Size, 0)
	if p.Running {
		h.Views.Rebuilding, h.Views.Done, h.Views.Of = true, p.Done, p.Of
	}
	if b, err := s.backgroundHealth(); err != nil {
		h.Reasons = append(h.Reasons, "the queue cannot be read: "+err.Error())
	} else {
		h.Background = b
	}
	h.OK = len(h.Reasons) == 0
	return h
}

func (s *Server) state() {
	register(s, "/healthz", "Whether the server does what it is for: 200, or 503 with the reasons", func(ctx context.Context, _ *struct{}) (*healthAnswer, error) {
		a := &healthAnswer{Status: http.StatusOK, Cache: "no-store", Body: s.health()}
		if !a.Body.OK {
			a.Status = http.StatusServiceUnavailable
		}
		return a, nil
	})
	register(s, "/metrics", "Numbers for Prometheus", func(ctx context.Context, _ *struct{}) (*listed, error) {
		if err := s.allow(ctx, "read", Object{Thing: "settings", Marking: rights.ForMission}); err != nil {
			return nil, err
		}
		return &listed{Status: http.StatusOK, Cache: "no-store", ContentType: "text/plain; version=0.0.4; charset=utf-8", Body: []byte(s.metricsText() + s.peerMetrics() + s.backgroundMetrics(ctx))}, nil
	})
}

type healthAnswer struct {
	Status int
	Cache  string `header:"Cache-Control"`
	Body   Health
}

// bounds of the histogram of durations, in seconds.
var bounds = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5}

type metrics struct {
	entries, replays, shed atomic.Int64

	mu     sync.Mutex
	routes map[route]*durations
}

type route struct {
	pattern string
	status  int
}

type durations struct {
	counts [12]int64
	sum    float64
}

func (m *metrics) request(pattern string, status int, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.routes == nil {
		m.routes = map[route]*durations{}
	}
	d := m.routes[route{pattern, status}]
	if d == nil {
		d = &durations{}
		m.routes[route{pattern, status}] = d
	}
	d.sum += took.Seconds()
	d.counts[sort.SearchFloat64s(bounds, took.Seconds())]++
}

func (s *Server) metricsText() string {
	var b strings.Builder
	one := func(name, kind, help string, v any) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s %v\n", name, help, name, kind, name, v)
	}
	h := s.health()
	one("truce_up", "gauge", "1 if health is good.", bit(h.OK))
	one("truce_log_entries", "gauge", "Entries that were accepted.", h.Log.Entries)
	one("truce_log_writable", "gauge", "1 if the log accepts entries.", bit(h.Log.Writable))
	one("truce_checkpoint_size", "gauge", "Entries in the last checkpoint.", h.Checkpoint.Size)
	one("truce_checkpoint_age_seconds", "gauge", "Since the checkpoint changed.", h.Checkpoint.Age)
	one("truce_views_size", "gauge", "Entries that answers are computed from.", h.Views.Size)
	one("truce_views_behind", "gauge", "Entries of the checkpoint that answers do not know yet.", h.Views.Behind)
	one("truce_entries_total", "counter", "Entries recorded by this process.", s.metrics.entries.Load())
	one("truce_replays_total", "counter", "Submissions that were sent again.", s.metrics.replays.Load())
	one("truce_shed_total", "counter", "Requests refused because too many were under way.", s.metrics.shed.Load())
	one("truce_streams", "gauge", "Event streams that are open.", s.streams.Load())
	s.metrics.mu.Lock()
	defer s.metrics.mu.Unlock()
	var routes []route
	for r := range s.metrics.routes {
		routes = append(routes, r)
	}
	sort.Slice(routes, func(i, k int) bool {
		return routes[i].pattern < routes[k].pattern || routes[i].pattern == routes[k].pattern && routes[i].status < routes[k].status
	})
	b.WriteString("# HELP truce_request_seconds How long requests took.\n# TYPE truce_request_seconds histogram\n")
	for _, r := range routes {
		d := s.metrics.routes[r]
		labels := fmt.Sprintf("route=%q,status=\"%d\"", r.pattern, r.status)
		n := int64(0)
		for i, le := range bounds {
			n += d.counts[i]
			fmt.Fprintf(&b, "truce_request_seconds_bucket{%s,le=\"%g\"} %d\n", labels, le, n)
		}
		n += d.counts[len(bounds)]
		fmt.Fprintf(&b, "truce_request_seconds_bucket{%s,le=\"+Inf\"} %d\ntruce_request_seconds_sum{%s} %g\ntruce_request_seconds_count{%s} %d\n", labels, n, labels, d.sum, labels, n)
	}
	return b.String()
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
