package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/terms"
)

// largeText is a text of 100 clauses and 33 exceptions over 250 zones of 1,000
// vertices each, made from a seed.
func largeText(b *testing.B, seed uint64, clauses, zones, vertices int) Side {
	r := rand.New(rand.NewPCG(seed, 1))
	fsys := fstest.MapFS{}
	var s strings.Builder
	s.WriteString("---\ntruce: 1\nid: large\nvocabulary: truce-core@1\ntime: {zone: UTC, days: 24h, start: \"2025-03-01T00:00Z\", end: \"2025-12-01T00:00Z\"}\ngeometry: {distance: sphere, edges: planar, boundary: closed}\nparties: {RU: {}, UA: {}}\n---\n")
	for z := range zones {
		lat, lon := 45+r.Float64()*7, 24+r.Float64()*16
		var ring strings.Builder
		var first string
		for k := range vertices {
			a := 2 * math.Pi * float64(k) / float64(vertices)
			rad := 0.35 * (1 + 0.2*math.Sin(3*a+float64(z)) + 0.1*math.Sin(7*a+float64(z)*2) + 0.004*r.Float64())
			p := fmt.Sprintf("[%.6f,%.6f]", lon+rad*1.5*math.Cos(a), lat+rad*math.Sin(a))
			if k == 0 {
				first = p
			}
			ring.WriteString(p + ",")
		}
		fsys[fmt.Sprintf("z%d.geojson", z)] = &fstest.MapFile{Data: []byte(`{"type":"Polygon","coordinates":[[` + ring.String() + first + `]]}`)}
		fmt.Fprintf(&s, "\n```truce\ndefine: z%d\nzone: {file: z%d.geojson}\n```\n", z, z)
	}
	acts := []string{"attack.strike.missile", "attack.strike.drone", "attack.strike.air", "attack.strike.artillery", "attack.ground", "attack.sabotage", "overflight", "movement", "jam", "fortify"}
	targets := []string{"energy.oil", "energy.gas", "energy.power.plant", "energy.power.line", "infra.rail", "infra.port", "civilian", "military", "agriculture", "vessel"}
	some := func(of []string, n int) string {
		var out []string
		for range n {
			out = append(out, of[r.IntN(len(of))])
		}
		return "[" + strings.Join(out, ", ") + "]"
	}
	scope := func() string {
		return fmt.Sprintf("{act: %s, target: %s, zone: [z%d, z%d, z%d]}", some(acts, 1+r.IntN(4)), some(targets, 1+r.IntN(4)), r.IntN(zones), r.IntN(zones), r.IntN(zones))
	}
	date := func(month int) string { return fmt.Sprintf("\"2025-%02d-%02dT00:00Z\"", month, 1+r.IntN(28)) }
	for c := range clauses {
		fmt.Fprintf(&s, "\n```truce\nclause: \"1.%d\"\nfrom: %s\nuntil: %s\nforbid: %s\n```\n", c, date(3+r.IntN(4)), date(8+r.IntN(4)), scope())
	}
	for c := range clauses / 3 {
		// An exception from all, so that nothing clashes.
		var all []string
		for k := range clauses {
			all = append(all, fmt.Sprintf("\"1.%d\"", k))
		}
		fmt.Fprintf(&s, "\n```truce\nclause: \"2.%d\"\nexcept: [%s]\npermit: %s\n```\n", c, strings.Join(all, ", "), scope())
	}
	fsys["large.truce.md"] = &fstest.MapFile{Data: []byte(s.String())}
	t, problems := terms.Parse(fsys, "large.truce.md")
	if t == nil {
		b.Fatal(problems.Errors())
	}
	reg, err := t.Under("text", nil, false)
	if err != nil {
		b.Fatal(err)
	}
	return Side{Regimes: []*terms.Regime{reg}}
}

// BenchmarkLarge: 100 clauses against 100, over 500 zones of 1,000 vertices,
// geometry included.
func BenchmarkLarge(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		x, y := largeText(b, 1, 100, 250, 1000), largeText(b, 2, 100, 250, 1000)
		b.StartTimer()
		r, err := Texts(x, y, Options{Boxes: 12})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(r.d.s.zones.atoms)), "atoms")
		b.ReportMetric(float64(r.States), "nodes")
		b.ReportMetric(float64(r.d.states), "states")
	}
}

// BenchmarkReadings: two readings of a real text.
func BenchmarkReadings(b *testing.B) {
	x, y := reading(b, "energy-2025", "kremlin"), reading(b, "energy-2025", "ukraine")
	for b.Loop() {
		if _, err := Texts(x, y, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
