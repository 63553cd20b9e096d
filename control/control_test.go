package control_test

import (
	"math"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/control"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var planar = where.Model{Edges: where.Planar}

func at(t testing.TB, s string) when.Instant {
	t.Helper()
	i, err := when.ParseRFC3339(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// box is a zone from south-west to north-east.
func box(t testing.TB, s, w, n, e float64) *where.Zone {
	t.Helper()
	z, err := where.PolygonZone("box", where.MultiPolygon{{{{Lat: s, Lon: w}, {Lat: s, Lon: e}, {Lat: n, Lon: e}, {Lat: n, Lon: w}, {Lat: s, Lon: w}}}})
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func layer(t testing.TB, instant string, held map[string]*where.Zone) control.Layer {
	t.Helper()
	return control.Layer{At: when.Exactly(at(t, instant)), Source: instant, Held: held}
}

// front is a made-up land of 8 by 4 degrees: RU holds the east, and less of it
// with each layer; UA the rest.
func front(t testing.TB, margin, widen where.Metres) *control.Series {
	t.Helper()
	land := box(t, 46, 30, 50, 38)
	s, err := control.New([]control.Layer{
		layer(t, "2030-03-05T03:00Z", map[string]*where.Zone{"RU": box(t, 46, 35, 50, 38)}),
		layer(t, "2030-03-01T03:00Z", map[string]*where.Zone{"RU": box(t, 46, 34, 50, 38)}),
	}, control.Rules{Margin: margin, WidenPerDay: widen, MaxAge: 7 * 24 * time.Hour, Universe: land, Rest: map[string]*where.Zone{"UA": land}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func moment(t testing.TB, s string) when.Span { return when.Moment(at(t, s)) }

func who(a control.Answer) string {
	if a.Holders == nil {
		return "unknown"
	}
	return strings.Join(a.Holders, "|")
}

func TestAt(t *testing.T) {
	s := front(t, 2000, 1000)
	span := func(a, b string) when.Span { return when.Span{Start: at(t, a), End: at(t, b)} }
	for _, c := range []struct {
		name     string
		lat, lon float64
		radius   where.Metres
		when     when.Span
		want     string
		note     string
	}{
		{"deep in the east", 48, 36.5, 500, moment(t, "2030-03-02T03:00Z"), "RU", ""},
		{"deep in the west", 48, 32, 500, moment(t, "2030-03-02T03:00Z"), "UA", ""},
		{"within the margin, 2.2 km inside", 48, 34.03, 0, moment(t, "2030-03-02T03:00Z"), "RU|UA", ""},
		{"the same on the day of the layer", 48, 34.03, 0, moment(t, "2030-03-01T03:00Z"), "RU", ""},
		{"within the margin, 2.2 km outside", 48, 33.97, 0, moment(t, "2030-03-02T03:00Z"), "RU|UA", ""},
		{"before the next layer", 48, 34.5, 0, moment(t, "2030-03-05T02:59Z"), "RU", ""},
		{"from the next layer on", 48, 34.5, 0, moment(t, "2030-03-05T03:00Z"), "UA", ""},
		{"over both layers", 48, 34.5, 0, span("2030-03-05T02:00Z", "2030-03-05T04:00Z"), "RU|UA", ""},
		{"the end of a span is not in it", 48, 34.5, 0, span("2030-03-05T02:00Z", "2030-03-05T03:00Z"), "RU", ""},
		{"before the first layer", 48, 32, 0, moment(t, "2030-03-01T02:59Z"), "unknown", "no layer shows what RU held as early as 2030-03-01T02:59Z"},
		{"partly before it", 48, 32, 0, span("2030-03-01T02:00Z", "2030-03-01T04:00Z"), "unknown", "no layer"},
		{"too old", 48, 32, 0, moment(t, "2030-03-12T03:01Z"), "unknown", "7 days old: more than 7 days"},
		{"just not too old", 48, 32, 0, moment(t, "2030-03-12T03:00Z"), "UA", ""},
		{"abroad", 51, 32, 0, moment(t, "2030-03-02T03:00Z"), "unknown", "not wholly in the area"},
		{"partly abroad", 49.99, 32, 5000, moment(t, "2030-03-02T03:00Z"), "unknown", "not wholly in the area"},
		{"no time", 48, 32, 0, when.Always, "unknown", "no time is given"},
	} {
		a := s.At(where.Disc(where.Point{Lat: c.lat, Lon: c.lon}, c.radius), c.when, planar)
		if who(a) != c.want || c.note != "" && !strings.Contains(a.String(), c.note) {
			t.Errorf("%s: %s, want %s %s", c.name, a, c.want, c.note)
		}
	}
	if a := s.At(where.Unknown(), moment(t, "2030-03-02T03:00Z"), planar); who(a) != "unknown" || a.Notes[0] != "no place is given" {
		t.Errorf("no place: %s", a)
	}
	a := s.At(where.Disc(where.Point{Lat: 48, Lon: 36.5}, 0), moment(t, "2030-03-03T15:00Z"), planar)
	if a.Age != 60*time.Hour || a.Margin != 4500 || a.Layer != when.Exactly(at(t, "2030-03-01T03:00Z")) {
		t.Errorf("age %s, margin %s, layer %s", a.Age, a.Margin, a.Layer)
	}
	if want := "RU by layer 2030-03-01T03:00Z (2 days 12 h old), margin 4.5 km"; a.String() != want {
		t.Errorf("%q, want %q", a, want)
	}
}

// TestDays: a layer of a day is used from its end and aged from its start.
func TestDays(t *testing.T) {
	land := box(t, 46, 30, 50, 38)
	s, err := control.New([]control.Layer{{At: control.DayOf(2030, 3, 1), Source: "day", Held: map[string]*where.Zone{"RU": land}}}, control.Rules{Universe: land})
	if err != nil {
		t.Fatal(err)
	}
	p := where.Disc(where.Point{Lat: 48, Lon: 34}, 0)
	if a := s.At(p, moment(t, "2030-03-01T18:00Z"), planar); a.Holders != nil {
		t.Errorf("on the day: %s", a)
	}
	if a := s.At(p, moment(t, "2030-03-02T00:00Z"), planar); who(a) != "RU" || a.Age != 24*time.Hour || control.DateOf(a.Layer) != "2030-03-01" {
		t.Errorf("after the day: %s", a)
	}
}

// TestNoRest: without a rule for the rest nobody is named outside the layers or
// near their edge.
func TestNoRest(t *testing.T) {
	land := box(t, 46, 30, 50, 38)
	s, err := control.New([]control.Layer{layer(t, "2030-03-01T03:00Z", map[string]*where.Zone{
		"RU": box(t, 46, 34, 50, 38), "RU|UA": box(t, 46, 33, 50, 34)})}, control.Rules{Margin: 1000, Universe: land})
	if err != nil {
		t.Fatal(err)
	}
	for lon, want := range map[float64]string{36: "RU", 33.5: "RU|UA", 31: "unknown", 33.005: "unknown", 34.005: "unknown"} {
		if a := s.At(where.Disc(where.Point{Lat: 48, Lon: lon}, 0), moment(t, "2030-03-01T04:00Z"), planar); who(a) != want {
			t.Errorf("at %g: %s, want %s", lon, a, want)
		}
	}
	if got := strings.Join(s.Holders(), " "); got != "RU UA" {
		t.Errorf("holders %s", got)
	}
}

// TestHolders: each holder goes by the nearest layer of its own, and one
// that holds nothing any more says so with an empty zone.
func TestHolders(t *testing.T) {
	land := box(t, 46, 30, 50, 38)
	pocket := box(t, 47.5, 36, 48.5, 37)
	s, err := control.New([]control.Layer{
		layer(t, "2030-03-01T03:00Z", map[string]*where.Zone{"RU": box(t, 46, 34, 50, 35)}),
		layer(t, "2030-03-02T03:00Z", map[string]*where.Zone{"UA": pocket}),
		layer(t, "2030-03-04T03:00Z", map[string]*where.Zone{"UA": where.UnionZone("nothing")}),
	}, control.Rules{Margin: 1000, Universe: land, Rest: map[string]*where.Zone{"UA": box(t, 46, 30, 50, 35.5), "RU": box(t, 46, 35.5, 50, 38)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lon        float64
		when, want string
	}{
		{36.5, "2030-03-01T04:00Z", "unknown"}, {36.5, "2030-03-02T04:00Z", "UA"}, {36.5, "2030-03-04T04:00Z", "RU"},
		{36.005, "2030-03-02T04:00Z", "RU|UA"}, {34.5, "2030-03-02T04:00Z", "RU"}, {31, "2030-03-02T04:00Z", "UA"},
		{35.5, "2030-03-02T04:00Z", "RU|UA"},
	} {
		if a := s.At(where.Disc(where.Point{Lat: 48, Lon: c.lon}, 100), moment(t, c.when), planar); who(a) != c.want {
			t.Errorf("at %g, %s: %s, want %s", c.lon, c.when, a, c.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	z := box(t, 46, 30, 50, 38)
	one := layer(t, "2030-03-01T03:00Z", map[string]*where.Zone{"RU": z})
	day := control.Layer{At: control.DayOf(2030, 3, 1), Source: "day", Held: map[string]*where.Zone{"RU": z}}
	good := control.Rules{Universe: z}
	for want, c := range map[string]struct {
		layers []control.Layer
		rules  control.Rules
	}{
		"no layers":                   {nil, good},
		"both show what RU held":      {[]control.Layer{one, one}, good},
		"layers day and 2030":         {[]control.Layer{one, day}, good},
		"no universe":                 {[]control.Layer{one}, control.Rules{}},
		"the margin is -1":            {[]control.Layer{one}, control.Rules{Universe: z, Margin: -1}},
		"in a day is NaN":             {[]control.Layer{one}, control.Rules{Universe: z, WidenPerDay: where.Metres(math.NaN())}},
		"the greatest age":            {[]control.Layer{one}, control.Rules{Universe: z, MaxAge: -1}},
		"is no holder":                {[]control.Layer{layer(t, "2030-03-01T03:00Z", map[string]*where.Zone{"RU|": z})}, good},
		"no zone":                     {[]control.Layer{layer(t, "2030-03-01T03:00Z", map[string]*where.Zone{"RU": nil})}, good},
		"no holder is named":          {[]control.Layer{layer(t, "2030-03-01T03:00Z", nil)}, good},
		"is no time":                  {[]control.Layer{{At: when.Range{Earliest: when.Past, Latest: when.Future}, Held: map[string]*where.Zone{"RU": z}}}, good},
		"who holds the rest: UA: no ": {[]control.Layer{one}, control.Rules{Universe: z, Rest: map[string]*where.Zone{"UA": nil}}},
	} {
		if _, err := control.New(c.layers, c.rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// places are random regions of every kind in and around the land.
func places(r *rand.Rand) where.Region {
	p := where.Point{Lat: 46 + 4*r.Float64(), Lon: 33 + 3*r.Float64()}
	radius := where.Metres(math.Pow(10, 1+4*r.Float64()))
	switch r.Intn(6) {
	case 0:
		return where.Sector(p, 360*r.Float64(), 30*r.Float64(), radius/2, radius)
	case 1:
		d := float64(radius) / 111000
		return where.PolygonRegion(where.MultiPolygon{{{p, {Lat: p.Lat + d, Lon: p.Lon}, {Lat: p.Lat, Lon: p.Lon + d}, p}}})
	case 2:
		return where.UnionRegion(where.Disc(p, radius), where.Disc(where.Point{Lat: p.Lat, Lon: p.Lon + 0.5*r.Float64()}, radius/3))
	}
	return where.Disc(p, radius)
}

func spans(t testing.TB, r *rand.Rand) when.Span {
	start := at(t, "2030-03-01T00:00Z").Add(time.Duration(r.Intn(10*24)) * time.Hour)
	return when.Span{Start: start, End: start.Add(time.Duration(r.Intn(60)) * time.Hour)}
}

// allows reports whether whatever a says may be, b says too.
func allows(b, a control.Answer) bool {
	if b.Holders == nil {
		return true
	}
	if a.Holders == nil {
		return false
	}
	for _, h := range a.Holders {
		if !strings.Contains("|"+who(b)+"|", "|"+h+"|") {
			return false
		}
	}
	return true
}

// TestWideningKeeps: a wider margin, a faster front or a longer span never
// takes a possible holder away.
func TestWideningKeeps(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for i := 0; i < 500; i++ {
		margin, widen := where.Metres(20000*r.Float64()), where.Metres(3000*r.Float64())
		place, span := places(r), spans(t, r)
		a := front(t, margin, widen).At(place, span, planar)
		if b := front(t, margin+where.Metres(10000*r.Float64()), widen).At(place, span, planar); !allows(b, a) {
			t.Fatalf("%s %s: margin %s: %s; wider: %s", place, span, margin, a, b)
		}
		if b := front(t, margin, widen*2).At(place, span, planar); !allows(b, a) {
			t.Fatalf("%s %s: widen %s: %s; faster: %s", place, span, widen, a, b)
		}
		wide := when.Span{Start: span.Start.Add(-time.Duration(r.Intn(40)) * time.Hour), End: span.End.Add(time.Duration(r.Intn(40)) * time.Hour)}
		if b := front(t, margin, widen).At(place, wide, planar); !allows(b, a) {
			t.Fatalf("%s %s: %s; %s: %s", place, span, a, wide, b)
		}
	}
}

// TestGrow: the grown region holds every point within the distance.
func TestGrow(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	m := where.Model{}
	for i := 0; i < 100; i++ {
		place, d := places(r), where.Metres(20000*r.Float64())
		g := control.Grow(place, d)
		c, _ := g.Centre()
		radius, _ := g.Radius()
		disc := where.NearSites("disc", []where.Point{c}, radius+0.01)
		centre, _ := place.Centre()
		bound, _ := place.Radius()
		for k := 0; k < 80; k++ {
			p := where.Destination(centre, 360*r.Float64(), bound*2*where.Metres(r.Float64()), m)
			if near := where.NearSites("p", []where.Point{p}, d); near.Relate(place, m) != where.Inside && !holds(place, p) {
				continue
			}
			if q := where.Destination(p, 360*r.Float64(), d, m); holds(place, p) && !disc.Contains(q, m) {
				t.Fatalf("%s grown by %s is %s, without %s", place, d, g, q)
			}
		}
	}
	if !control.Grow(where.Unknown(), 5).IsUnknown() {
		t.Error("an unknown place grew into a known one")
	}
}

// holds reports whether a place holds a point, off its edge.
func holds(place where.Region, p where.Point) bool {
	return where.NearSites("p", []where.Point{p}, 0.5).Relate(place, where.Model{}) != where.Outside
}

// TestTwin holds answers against a twin that only looks at points: it walks
// through the instants of the span and, at each, sees who has the points within
// the margin of points of the place.
func TestTwin(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	edge := func(i when.Instant) (lon float64, made when.Instant) {
		first, second := at(t, "2030-03-01T03:00Z"), at(t, "2030-03-05T03:00Z")
		switch {
		case i >= second:
			return 35, second
		case i >= first:
			return 34, first
		}
		return 0, 0
	}
	decided := map[string]int{}
	for n := 0; n < 500; n++ {
		margin, widen := where.Metres(10000*r.Float64()), where.Metres(3000*r.Float64())
		p := where.Point{Lat: 46.7 + 2.5*r.Float64(), Lon: 33 + 3*r.Float64()}
		radius, span := where.Metres(20000*r.Float64()), spans(t, r)
		a := front(t, margin, widen).At(where.Disc(p, radius), span, planar)
		decided[who(a)]++
		seen := map[string]bool{}
		for i := span.Start; i == span.Start || i < span.End; i = i.Add(30 * time.Minute) {
			lon, made := edge(i)
			age := time.Duration(i-made) * time.Millisecond
			if made == 0 || age > 7*24*time.Hour {
				seen["anybody"] = true
				continue
			}
			reach := radius + margin + widen*where.Metres(age.Hours()/24)
			for b := 0.0; b < 360; b += 10 {
				for _, f := range []where.Metres{0, 0.5, 1} {
					if where.Destination(p, b, reach*f, planar).Lon >= lon {
						seen["RU"] = true
					} else {
						seen["UA"] = true
					}
				}
			}
		}
		if seen["anybody"] && a.Holders != nil {
			t.Fatalf("%s ±%s %s: %s, but no layer speaks", p, radius, span, a)
		}
		for h := range seen {
			if a.Holders != nil && !strings.Contains(who(a), h) {
				t.Fatalf("%s ±%s %s: %s, but a point is held by %s", p, radius, span, a, h)
			}
		}
		// Nobody is named in vain: half an hour and a kilometre or so of slack.
		for _, h := range a.Holders {
			if seen[h] {
				continue
			}
			lon34 := math.Abs(float64(where.Distance(p, where.Point{Lat: p.Lat, Lon: 34}, planar) - radius - a.Margin))
			lon35 := math.Abs(float64(where.Distance(p, where.Point{Lat: p.Lat, Lon: 35}, planar) - radius - a.Margin))
			if math.Min(lon34, lon35) > 1500 {
				t.Fatalf("%s ±%s %s: %s, but no point is held by %s", p, radius, span, a, h)
			}
		}
	}
	for _, want := range []string{"RU", "UA", "RU|UA", "unknown"} {
		if decided[want] < 10 {
			t.Errorf("only %d answers were %s: the test tests little", decided[want], want)
		}
	}
}
