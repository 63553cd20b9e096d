package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/brief/daily/gather"
	"github.com/truce-project/truce/internal/views"
)

// dailyKey is what a report depends on besides the record: what is asked, with what was
// left out filled in. For whom it is made is part of that, and whoever asks must be one
// of those whom it is for (dailyInput); for all of them it is the same.
func dailyKey(q *DailyQuery) string { return fmt.Sprintf("%+v", *q) }

// dailyAnswer is the report of the newest state, or with stale the one that was made last.
func (s *Server) dailyAnswer(ctx context.Context, q *DailyPageQuery) ([]byte, error) {
	if !q.Stale {
		m, err := s.dailyReport(ctx, &q.DailyQuery, "", "")
		if err != nil {
			return nil, err
		}
		return joined(s.dailyHead(ctx, &m.asked, m), m)
	}
	if _, err := s.dailyInput(ctx, &q.DailyQuery); err != nil {
		return nil, err
	}
	m, size, working, err := s.staleReport(ctx, &q.DailyQuery)
	if err != nil {
		return nil, err
	}
	h := s.dailyHead(ctx, &q.DailyQuery, m)
	if h.Working = working; m != nil {
		h.Newer = size - m.size
		if m.size == q.Had {
			m = nil
		}
	}
	return joined(h, m)
}

// joined is the JSON of a DailyPage.
func joined(h *DailyHead, m *madeReport) ([]byte, error) {
	if m == nil {
		b, err := json.Marshal(&DailyPage{*h, *bodyOf(nil)})
		return b, failure(err)
	}
	head, err := json.Marshal(h)
	if err != nil {
		return nil, failure(err)
	}
	body, err := m.body()
	if err != nil {
		return nil, failure(err)
	}
	return slices.Concat(head[:len(head)-1], []byte(","), body[1:]), nil
}

// staleReport is the report that was made last, how many entries there are now, and
// whether it is being made anew. There is none at first: then it is nil. Nothing that is
// taken away or issued is made of it.
func (s *Server) staleReport(ctx context.Context, q *DailyQuery) (m *madeReport, size int64, working bool, err error) {
	x := question[*madeReport]{key: dailyKey(q), stranger: whoOf(ctx).Account == ""}
	err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) error { size, x.views = snap.Size, snap.Made(); return nil })
	if err != nil {
		return nil, 0, false, viewFailure(err)
	}
	asked := *q
	x.fits = func(m *madeReport) bool { return m.size == size }
	x.make = func() (*madeReport, error) {
		g, _, kept, err := s.dailyTaken(context.WithoutCancel(ctx), &asked, "", "")
		if err != nil || kept != nil {
			return kept, err
		}
		m, err := makeReport(&asked, g)
		if err == nil {
			_, err = m.body()
		}
		return m, err
	}
	x.failed = func(err error) { s.o.Slog.Error("a daily report could not be made", "error", err.Error()) }
	m, working, err = s.dailies.last(&x)
	return m, size, working, err
}

// dailyShown is the newest report, or the one that was made from so many entries: those
// to whom it is shown are given its maps and charts, and not those of another.
func (s *Server) dailyShown(ctx context.Context, q *DailyQuery, size int64) (*madeReport, error) {
	if size == 0 {
		return s.dailyReport(ctx, q, "", "")
	}
	if _, err := s.dailyInput(ctx, q); err != nil {
		return nil, err
	}
	var now, made int64
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error { now, made = snap.Size, snap.Made(); return nil })
	if err != nil {
		return nil, viewFailure(err)
	}
	if m, ok := s.dailies.find(dailyKey(q), made, func(m *madeReport) bool { return m.size == size }); ok {
		return m, nil
	}
	if size == now {
		if m, err := s.dailyReport(ctx, q, "", ""); err != nil || m.size == size {
			return m, err
		}
	}
	return nil, huma.NewError(http.StatusGone, fmt.Sprintf("the report that was made from %d entries is not kept any more: ask without as_of_size for the newest", size))
}

// dailyReport makes a report of the newest state, as far as its readers may see it:
// whoever asks, it is the same. corrects and reason are of a corrigendum.
func (s *Server) dailyReport(ctx context.Context, q *DailyQuery, corrects, reason string) (*madeReport, error) {
	g, key, kept, err := s.dailyTaken(ctx, q, corrects, reason)
	if err != nil || kept != nil {
		return kept, err
	}
	m, err := computed(ctx, s, key, func() (*madeReport, error) { return makeReport(q, g) })
	if err == nil && corrects == "" {
		s.dailies.put(dailyKey(q), m)
	}
	return m, err
}

// taken is what a report is made from.
type taken struct {
	gather.Gatherer
	size, views int64
}

// dailyTaken takes from the views what a report is made from, or finds the one that was
// made of the same. Files are read while the views are not held.
func (s *Server) dailyTaken(ctx context.Context, q *DailyQuery, corrects, reason string) (g *taken, key string, kept *madeReport, err error) {
	in, err := s.dailyInput(ctx, q)
	if err != nil {
		return nil, "", nil, err
	}
	in.Of = s.o.Log.Office().Origin
	in.Mission = in.Of
	g = &taken{Gatherer: gather.Gatherer{In: in, Blobs: s.files(), Corrects: corrects, Reason: reason, Most: dailyMost}}
	known := func(snap *views.Snapshot) bool {
		g.size, g.views = snap.Size, snap.Made()
		key = fmt.Sprintf("daily %+v %q %q %d %d", *q, corrects, reason, g.views, g.size)
		if corrects == "" { // one that was made beside requests
			kept, _ = s.dailies.find(dailyKey(q), g.views, func(m *madeReport) bool { return m.size == g.size })
		}
		if x, ok := s.work.answer(key); ok && kept == nil {
			kept = x.(*madeReport)
		}
		return kept != nil
	}
	err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		if !known(snap) {
			g.Read, err = g.Unread(snap)
		}
		return err
	})
	if err == nil && kept == nil {
		g.Read.Read()
		err = s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
			if known(snap) {
				return nil
			}
			in.Vector = map[string]int64{}
			maps.Copy(in.Vector, snap.Vector())
			return g.Take(snap)
		})
	}
	if many := (*gather.TooMany)(nil); errors.As(err, &many) {
		return nil, "", nil, huma.Error503ServiceUnavailable(many.Error() + " here: truce report --data has no such limit")
	}
	return g, key, kept, viewFailure(err)
}

// makeReport makes a report of what was taken.
func makeReport(q *DailyQuery, g *taken) (*madeReport, error) {
	if g.In.Rule == nil {
		g.In.Rule = daily.DefaultRule(g.In.Records)
	}
	r, err := daily.New(g.In)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		return nil, failure(err)
	}
	return &madeReport{asked: *q, size: g.size, views: g.views, report: r, page: page.Bytes(), already: g.Issued, corrected: g.CorrectedBy}, nil
}
