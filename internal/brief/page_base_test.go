package brief

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/where"
)

func drawn(t *testing.T, base *basemap.Map) (string, pageMap) {
	t.Helper()
	p := testPage(t)
	p.Base = base
	var b bytes.Buffer
	if err := WritePage(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String(), newPageView(p).Map
}

// TestMapShowsWhatIsDisputed: on the built-in map and without one Crimea is
// hatched, named as disputed with both who claim it, and no part of a country.
func TestMapShowsWhatIsDisputed(t *testing.T) {
	world, err := basemap.World()
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []*basemap.Map{world, nil} {
		page, m := drawn(t, base)
		if got := strings.Join(m.Disputes, "; "); got != "Crimea, claimed by UA and RU" {
			t.Errorf("disputes: %q", got)
		}
		for _, want := range []string{
			`<pattern id="disputed-fill"`, `class="land disputed" d="M`, `claimed by UA and RU)</title>`, "do not imply any opinion on the status of a territory",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not hold %s", want)
			}
		}
		var names []string
		for _, a := range m.Disputed {
			names = append(names, a.Name)
		}
		if all := strings.Join(names, "; "); len(m.Disputed) != 2 || !strings.Contains(all, "Crimea") || !strings.Contains(all, "Sevastopol") {
			t.Errorf("drawn as disputed: %s", all)
		}
		if (len(m.Countries) > 0) != (base != nil) {
			t.Errorf("%d countries", len(m.Countries))
		}
	}
}

func TestMapThatSomebodyBrings(t *testing.T) {
	base, err := basemap.Parse("m.json", []byte(`{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"name":"Everything <b>"},"geometry":{"type":"Polygon","coordinates":[[[10,40],[60,40],[60,60],[10,60],[10,40]]]}},
		{"type":"Feature","properties":{"name":"Corner","claimed_by":["A","B"]},"geometry":{"type":"Polygon","coordinates":[[[25,46],[27,46],[27,48],[25,46]]]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	page, m := drawn(t, base)
	if len(m.Countries) != 1 || len(m.Disputed) != 1 || m.Disputed[0].Name != "Corner (disputed: claimed by A and B)" || !m.OwnBase {
		t.Errorf("%d countries, %+v", len(m.Countries), m.Disputed)
	}
	if strings.Contains(page, "Everything <b>") || strings.Contains(page, "Crimea (disputed") || !strings.Contains(page, "those of the file that was given") {
		t.Error("the page does not show the map that was given, and nothing else")
	}
	for _, a := range m.Areas {
		if a.Class != "outline" {
			t.Errorf("%s is filled", a.Name)
		}
	}
}

// TestBackdropAddsLittle: what lies off the map is cut off.
func TestBackdropAddsLittle(t *testing.T) {
	world, err := basemap.World()
	if err != nil {
		t.Fatal(err)
	}
	with, m := drawn(t, world)
	without, _ := drawn(t, nil)
	if n := len(with) - len(without); n > 120_000 {
		t.Errorf("the backdrop adds %d bytes", n)
	}
	for _, a := range m.Countries {
		for _, p := range strings.FieldsFunc(a.Path, func(r rune) bool { return strings.ContainsRune("MLZ", r) }) {
			var x, y float64
			if !scan2(p, &x, &y) || x < -margin-.1 || y < -margin-.1 || x > mapWidth+margin+.1 || y > m.Height+margin+.1 {
				t.Fatalf("%s: a corner at %q", a.Name, p)
			}
		}
	}
	t.Logf("%d bytes with, %d without, %d countries", len(with), len(without), len(m.Countries))
}

func scan2(s string, x, y *float64) bool {
	f := strings.Fields(s)
	if len(f) != 2 {
		return false
	}
	for i, to := range []*float64{x, y} {
		v, err := strconv.ParseFloat(f[i], 64)
		if err != nil {
			return false
		}
		*to = v
	}
	return true
}

// TestClippingKeepsWhatIsInside: a point of the rectangle lies in what is left
// of a ring exactly if it lies in the ring.
func TestClippingKeepsWhatIsInside(t *testing.T) {
	lo, hi := [2]float64{100, 100}, [2]float64{600, 500}
	rapid.Check(t, func(rt *rapid.T) {
		pt := rapid.Custom(func(rt *rapid.T) [2]float64 {
			return [2]float64{rapid.Float64Range(-300, 1000).Draw(rt, "x"), rapid.Float64Range(-300, 1000).Draw(rt, "y")}
		})
		ring := rapid.SliceOfN(pt, 3, 12).Draw(rt, "ring")
		ring = append(ring, ring[0])
		cut := clipRing(ring, lo, hi)
		for _, p := range cut {
			for d := range lo {
				if p[d] < lo[d]-1e-6 || p[d] > hi[d]+1e-6 {
					rt.Fatalf("a corner outside: %v", p)
				}
			}
		}
		at := [2]float64{rapid.Float64Range(101, 599).Draw(rt, "px"), rapid.Float64Range(101, 499).Draw(rt, "py")}
		if near(ring, at) || near(cut, at) {
			return // on an edge, where rounding decides
		}
		if windOdd(ring, at) != windOdd(cut, at) {
			rt.Fatalf("%v: %v in the ring, %v in what is left", at, windOdd(ring, at), windOdd(cut, at))
		}
	})
}

func windOdd(ring [][2]float64, at [2]float64) bool {
	in := false
	for i := 0; i+1 < len(ring); i++ {
		a, b := ring[i], ring[i+1]
		if (a[1] > at[1]) != (b[1] > at[1]) && at[0] < a[0]+(at[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

func near(ring [][2]float64, at [2]float64) bool {
	for i := 0; i+1 < len(ring); i++ {
		if off(at, ring[i], ring[i+1]) < 1e-6 {
			return true
		}
	}
	return false
}

// TestPlaceIsTheInverseOfProject, on the whole map.
func TestPlaceIsTheInverseOfProject(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := where.Point{Lat: rapid.Float64Range(41, 62).Draw(rt, "lat"), Lon: rapid.Float64Range(19, 62).Draw(rt, "lon")}
		q := firstView.place(firstView.project(p))
		if math.Abs(q.Lat-p.Lat) > 1e-9 || math.Abs(q.Lon-p.Lon) > 1e-9 {
			rt.Fatalf("%v became %v", p, q)
		}
	})
}
