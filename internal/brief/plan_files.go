package brief

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/where"
)

var planColumns = []string{"record", "id", "rank", "fact", "question", "answers", "incidents", "place", "lat", "lon", "precision_m", "from", "to", "by", "by_reason", "means", "kind", "chance", "level", "counts", "access", "cost", "worth", "expected", "value", "why"}

// WriteCSV writes a plan as a table; the column record says what a row is: task,
// means (one for a task, with why it cannot), choice, visit, post, hours, gap,
// restriction.
func (p *Plan) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(planColumns); err != nil {
		return err
	}
	row := func(record string, cells ...string) {
		m := map[string]string{"record": record}
		for i := 0; i+1 < len(cells); i += 2 {
			m[cells[i]] = cells[i+1]
		}
		out := make([]string, len(planColumns))
		for i, name := range planColumns {
			out[i] = Inert(m[name])
		}
		_ = c.Write(out) // the error stays, and Error gives it
	}
	for _, t := range p.Tasks {
		lat, lon, prec := "", "", ""
		if t.Lat != nil {
			lat, lon, prec = degrees(*t.Lat), degrees(*t.Lon), figure(t.Precision)
		}
		row("task", "id", t.ID, "rank", strconv.Itoa(t.Rank), "fact", t.Fact, "question", t.Question, "answers", strings.Join(t.Answers, ";"), "incidents", strings.Join(t.Incidents, ";"), "place", t.Place,
			"lat", lat, "lon", lon, "precision_m", prec, "from", t.TimeStart, "to", t.TimeEnd, "by", t.By, "by_reason", t.ByWhy, "worth", figure(t.Worth), "expected", figure(t.Expected), "access", strings.Join(t.Access, ";"))
		for _, m := range append(append([]PlanMeans{}, t.Can...), t.Cannot...) {
			why := m.Why
			if why == "" {
				why = strings.Join(m.Notes, "; ")
			}
			row("means", "id", t.ID, "fact", t.Fact, "means", m.ID, "kind", m.Kind, "chance", figure(m.Chance), "level", m.Level, "counts", strconv.FormatBool(m.Counts), "from", m.From, "to", m.To, "by", m.By, "access", strings.Join(m.Needs, ";"), "cost", figure(m.Cost), "why", why)
		}
	}
	if p.Chosen != nil {
		for i, s := range p.Chosen.Steps {
			row("choice", "id", s.ID, "rank", strconv.Itoa(i+1), "value", figure(s.Gain))
		}
	}
	p.Timetable.visits(func(t *PlanTour, n int, v *PlanVisit) {
		row("visit", "id", v.Scene, "rank", strconv.Itoa(n), "means", t.Means, "kind", t.Kind, "place", v.Place, "lat", degrees(v.Lat), "lon", degrees(v.Lon), "from", v.Begin, "to", v.End, "by", v.By, "by_reason", v.ByWhy,
			"answers", strings.Join(v.Tasks, ";"), "access", strings.Join(t.Needs, ";"), "value", figure(v.Gain), "why", fmt.Sprintf("way %d min, %.0f m", v.Way, v.Distance))
	})
	for _, x := range p.Posts {
		rate := "not watched"
		if x.Rate != nil {
			rate = fmt.Sprintf("%d to %d incidents, %.4f to %.4f a watched hour", x.Certain, x.Possible, *x.RateLow, *x.RateHigh)
		}
		row("post", "id", x.ID, "place", x.Place, "from", p.From, "to", p.To, "fact", p.Act, "chance", figure(x.Share), "value", figure(x.Watched), "why", rate)
	}
	for _, h := range p.Hours {
		row("hours", "id", h.Post, "from", h.From, "to", h.To, "fact", p.Act, "chance", figure(h.Chance), "means", strings.Join(h.By, ";"), "why", strings.Join(h.Hindered, "; "))
	}
	for _, g := range p.Gaps {
		row("gap", "id", g.Post, "from", g.From, "to", g.To, "fact", p.Act, "chance", figure(g.Chance), "value", figure(g.Hours), "why", strings.Join(g.Hindered, "; "))
	}
	for _, r := range p.Restrictions {
		var vs []string
		for _, k := range sortedKeys(r.Verdicts) {
			vs = append(vs, k+"="+r.Verdicts[k])
		}
		row("restriction", "id", r.ID, "kind", r.Kind, "from", r.From, "to", r.To, "place", r.Place, "why", r.Reason, "answers", strings.Join(vs, ";"))
	}
	c.Flush()
	return c.Error()
}

func figure(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// WriteGeoJSON writes what has a place: tasks, places to watch with the share of
// time in which they were watched and their gaps, means with what they look at,
// and restrictions.
func (p *Plan) WriteGeoJSON(w io.Writer) error {
	type feature struct {
		Type       string          `json:"type"`
		Geometry   json.RawMessage `json:"geometry"`
		Properties map[string]any  `json:"properties"`
	}
	fs := []feature{}
	add := func(g []byte, props map[string]any) {
		if g == nil {
			g = []byte("null")
		}
		fs = append(fs, feature{"Feature", g, props})
	}
	for _, t := range p.Tasks {
		add(shape(t.region), map[string]any{"record": "task", "id": t.ID, "rank": t.Rank, "fact": t.Fact, "question": t.Question, "incidents": t.Incidents, "worth": t.Worth, "expected": t.Expected, "by": t.By, "precision_m": t.Precision})
	}
	gaps := map[string][]PlanGap{}
	for _, g := range p.Gaps {
		gaps[g.Post] = append(gaps[g.Post], g)
	}
	for _, x := range p.Posts {
		add(shape(x.region), map[string]any{"record": "post", "id": x.ID, "act": p.Act, "from": p.From, "to": p.To, "share_watched": x.Share, "watched_hours": x.Watched, "incidents": x.Certain, "possible_incidents": x.Possible, "gaps": gaps[x.ID]})
	}
	chosen := map[string]bool{}
	if p.Chosen != nil {
		for _, s := range p.Chosen.Steps {
			id, _, _ := strings.Cut(s.ID, " for ")
			chosen[id] = true
		}
	}
	for _, m := range p.means {
		if g := meansShape(m); g != nil {
			add(g, map[string]any{"record": "means", "id": m.ID, "kind": string(m.Kind), "option": m.Option, "chosen": chosen[m.ID], "cost": m.Cost})
		}
	}
	if p.Timetable != nil {
		for i := range p.Timetable.Tours {
			if t := &p.Timetable.Tours[i]; len(t.Visits) > 0 {
				g, _ := json.Marshal(map[string]any{"type": "LineString", "coordinates": t.line()})
				add(g, map[string]any{"record": "tour", "id": t.Means, "kind": t.Kind, "leave": t.Leave, "back": t.Back, "visits": t.Visits, "gain": t.Gain})
			}
		}
	}
	for _, r := range p.Restrictions {
		add(shape(r.region), map[string]any{"record": "restriction", "id": r.ID, "kind": r.Kind, "reason": r.Reason, "verdicts": r.Verdicts})
	}
	return json.NewEncoder(w).Encode(map[string]any{"type": "FeatureCollection", "features": fs})
}

// shape draws a place; a place that is not known has none.
func shape(r where.Region) []byte {
	if r.IsUnknown() {
		return nil
	}
	return r.GeoJSON()
}

// meansShape draws what a means looks at, the way that it goes, or where it is
// based.
func meansShape(m *watch.Means) []byte {
	switch {
	case len(m.Route) > 1:
		var pts [][2]float64
		for _, p := range m.Route {
			pts = append(pts, [2]float64{p.Lon, p.Lat})
		}
		b, _ := json.Marshal(map[string]any{"type": "LineString", "coordinates": pts})
		return b
	case m.Kind == watch.Camera || m.Kind == watch.Acoustic:
		return where.Sector(m.At, m.Facing, m.Width/2, 0, m.Range).GeoJSON()
	case m.Kind == watch.Patrol || m.Kind == watch.UAV || m.Kind == watch.Hospital:
		return where.Disc(m.At, 0).GeoJSON()
	}
	return nil
}
