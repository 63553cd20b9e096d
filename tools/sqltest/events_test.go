package sqltest

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/sqlgen"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// maker makes events of every kind, by seed, that lie where a text is
// sensitive: round its breakpoints and its boundaries.
type maker struct {
	*rand.Rand
	t       *terms.Terms
	times   []when.Instant
	near    []where.Point // on boundaries
	inside  []where.Point
	sites   []string
	plain   bool // times in one form
	words   bool // also cells that cannot be read
	open    int  // how much better places are known than usual: the engine samples those in several zones
	actors  []string
	written map[string][][]string
}

func newMaker(seed uint64, regimes []*terms.Regime) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 7)), open: 1, t: regimes[0].Terms}
	for _, r := range regimes {
		for _, c := range r.Clauses {
			for _, w := range c.Windows {
				for _, i := range []when.Instant{w.Span.Start, w.Span.End} {
					if i.Bounded() {
						m.times = append(m.times, i)
					}
				}
			}
		}
		for _, z := range r.Zones {
			m.learn(z.Form(), r.Terms.Geometry)
			if p, ok := z.Witness(); ok {
				m.inside = append(m.inside, p)
			}
		}
		for _, o := range r.Objects {
			m.sites = append(m.sites, o.ID)
			if o.HasPoint {
				m.inside = append(m.inside, o.Point)
				m.near = append(m.near, where.Destination(o.Point, 40, 500, r.Terms.Geometry))
			}
		}
	}
	if len(m.times) == 0 {
		m.times = append(m.times, 1742331600000)
	}
	m.actors = []string{"outsider", "Nobody In Particular", "UNKNOWN"}
	for _, p := range m.t.Parties {
		m.actors = append(m.actors, string(p.ID), string(p.ID), p.Name, strings.ToUpper(p.Name))
		m.actors = append(append(m.actors, p.Aliases...), p.Actors...)
	}
	for _, o := range m.t.Others {
		m.actors = append(m.actors, string(o.ID))
	}
	return m
}

// learn remembers points of boundaries.
func (m *maker) learn(f where.Form, g where.Model) {
	for _, part := range f.Parts {
		m.learn(part, g)
	}
	for i, s := range f.Border(g, 1e5) {
		if i > 400 {
			break
		}
		mid := where.Point{Lat: (s.From.Lat + s.To.Lat) / 2, Lon: (s.From.Lon + s.To.Lon) / 2}
		if f.Within > 0 {
			mid = where.Destination(mid, m.Float64()*360, f.Within, g)
		}
		m.near = append(m.near, mid)
	}
}

func (m *maker) some(list []string) string { return list[m.IntN(len(list))] }

// set is a cell with none, one or several of the names.
func (m *maker) set(names []string, open float64) string {
	if m.Float64() < open {
		return m.some([]string{"", "", "", "unknown", "?", "any"})
	}
	out := []string{m.some(names)}
	for m.IntN(4) == 0 {
		out = append(out, m.some(names))
	}
	return strings.Join(out, m.some([]string{"|", "|", " | "}))
}

func (m *maker) tree(column string, open float64) string {
	nodes := m.t.Vocabulary.Tree(column).Nodes()
	if m.IntN(200) == 0 {
		return m.some([]string{"*", strings.ToUpper(m.some(nodes)), m.some(nodes) + "|unknown", "|"})
	}
	return m.set(nodes, open)
}

// instant is a time near a breakpoint, in some offset.
func (m *maker) instant() when.Instant {
	at := m.times[m.IntN(len(m.times))]
	switch m.IntN(5) {
	case 0:
		return at
	case 1:
		return at.Add(-1e6)
	case 2:
		return at + when.Instant(m.IntN(7_200_000)-3_600_000)
	}
	return at + when.Instant(m.Int64N(120*24*3_600_000)-60*24*3_600_000)
}

func (m *maker) clock(i when.Instant) string {
	t := i.Time()
	if m.plain {
		return t.Format("2006-01-02T15:04:05.000Z07:00")
	}
	switch m.IntN(4) {
	case 0:
		return t.In(zone(3 * 3600)).Format("2006-01-02T15:04:05.000Z07:00")
	case 1:
		return t.In(zone(-3600*5 - 1800)).Format("2006-01-02 15:04:05.999Z07:00")
	case 2:
		if i%60_000 == 0 {
			return t.Format("2006-01-02T15:04Z07:00")
		}
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}

// place is a position, with how well it is known.
func (m *maker) place() (lat, lon, precision string) {
	g := m.t.Geometry
	p := where.Point{Lat: 44 + 9*m.Float64(), Lon: 22 + 18*m.Float64()}
	switch k := m.IntN(10); {
	case k < 3 && len(m.near) > 0:
		p = m.near[m.IntN(len(m.near))]
		far := []where.Metres{0, 0.01, 0.5, 3, 10, 50, 300, 2000, 2000, 30_000}[m.IntN(10)]
		p = where.Destination(p, 360*m.Float64(), far, g)
	case k < 6 && len(m.inside) > 0:
		p = where.Destination(m.inside[m.IntN(len(m.inside))], 360*m.Float64(), where.Metres(20_000*m.Float64()), g)
	case k == 9 && m.IntN(m.open) == 0:
		return "", "", ""
	}
	switch m.IntN(4) {
	case 0:
		precision = "0"
	case 1:
		precision = strconv.Itoa(m.IntN(3000))
	case 2:
		precision = strconv.FormatFloat(m.Float64()*40_000/float64(m.open), 'f', 1, 64)
	}
	return strconv.FormatFloat(p.Lat, 'f', -1, 64), strconv.FormatFloat(p.Lon, 'f', -1, 64), precision
}

// row makes one row; openness is how much of it is left unknown.
func (m *maker) row(id, scenario string) map[string]string {
	open := []float64{0, 0, 0, 0.05, 0.05, 0.1, 0.1, 0.3, 0.3, 0.8}[m.IntN(10)]
	r := map[string]string{"id": id, "scenario": scenario}
	for _, c := range []string{"act", "outcome", "means", "target", "intended_target"} {
		r[c] = m.tree(c, open)
	}
	for _, c := range []string{"actor", "owner", "controller"} {
		r[c] = m.set(m.actors, open)
	}
	if m.Float64() > open {
		i := m.instant()
		r["time_start"] = m.clock(i)
		if m.IntN(3) > 0 {
			r["time_end"] = m.clock(i + when.Instant([]int{0, 1, 3_600_000, 86_400_000, m.IntN(40 * 86_400_000)}[m.IntN(5)]))
			r["lasting"] = m.some([]string{"", "", "yes", "no", "TRUE", "0", "?"})
		}
	} else if m.IntN(3) == 0 {
		r["time_end"] = m.clock(m.instant())
	}
	if m.IntN(3) == 0 {
		i := m.instant()
		r["launch_start"] = m.clock(i)
		if m.IntN(2) == 0 {
			r["launch_end"] = m.clock(i + when.Instant(m.IntN(5*86_400_000)))
		}
	}
	if m.Float64() > open/float64(m.open) {
		r["lat"], r["lon"], r["precision_m"] = m.place()
	}
	if m.IntN(30) == 0 {
		r["place"] = m.some([]string{"area:UA-63", "Kharkiv oblast", "somewhere", "unknown", "48.5,35.1 ±20 km"})
	}
	if m.IntN(30) == 0 {
		r["origin"] = m.some([]string{"50.1,36.2 ±5 km", "unknown", "area:UA-14"})
	}
	if len(m.sites) > 0 && m.IntN(4) == 0 {
		r["site"] = m.set(append([]string{"no such site"}, m.sites...), 0.1)
		if m.IntN(2) == 0 {
			r["target"], r["owner"] = "", ""
		}
	}
	r["level"] = m.some([]string{"", "claimed", "reported", "Corroborated", "verified", "determined", "unknown"})
	if m.words && m.IntN(150) == 0 {
		m.spoil(r)
	}
	return r
}

// spoil puts something into a row that cannot be read.
func (m *maker) spoil(r map[string]string) {
	bad := [][2]string{
		{"time_start", "2025-02-30T10:00Z"}, {"time_start", "2025-03-19T10:00"}, {"time_end", "1066-10-14T09:00Z"}, {"time_start", "2025-03-19T25:00Z"},
		{"launch_end", "soon"}, {"act", "attack.shouting"}, {"target", "energy.oil.pipelines"}, {"lat", "48,5"}, {"lat", "north"}, {"lon", "200"},
		{"precision_m", "-5"}, {"precision_m", "a few"}, {"level", "proven"}, {"lasting", "perhaps"}, {"lat", ""}, {"time_start", "2025-03-19T10:00:60Z"},
	}[m.IntN(16)]
	r[bad[0]] = bad[1]
}

// write makes n incidents and writes them as a file; some have scenarios.
func (m *maker) write(t *testing.T, n int) (file string, rows [][]string) {
	t.Helper()
	rows = append(rows, sqlgen.EventColumns)
	add := func(id, scenario string) {
		r := m.row(id, scenario)
		out := make([]string, len(sqlgen.EventColumns))
		for k, c := range sqlgen.EventColumns {
			out[k] = r[c]
		}
		rows = append(rows, out)
	}
	for i := 0; i < n; i++ {
		id := fmt.Sprintf("E%06d", i)
		if m.IntN(12) > 0 {
			add(id, "")
			continue
		}
		for s := 0; s < 2+m.IntN(2); s++ {
			add(id, fmt.Sprintf("s%d", s))
		}
	}
	file = filepath.Join(t.TempDir(), "events.csv")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return file, rows
}
