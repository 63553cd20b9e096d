package count

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func near(t *testing.T, what string, have, want, by float64) {
	t.Helper()
	if !(math.Abs(have-want) <= by) {
		t.Errorf("%s: %v, expected %v", what, have, want)
	}
}

// TestPublishedRates: the two examples of the manual page of R's poisson.test
// (stats, R 4): 137 events in 24.19893, and Jacobs (1978) breast cancer, 11 in 800
// against 21 in 3011.
func TestPublishedRates(t *testing.T) {
	r := Rate(137, 24.19893)
	near(t, "rate", r.Value, 5.661407, 1e-6)
	near(t, "low", r.Low, 4.753125, 1e-6)
	near(t, "high", r.High, 6.692709, 1e-6)
	q := Ratio(11, 800, 6+8+7, 1083+1050+878)
	near(t, "ratio", q.Value, 1.971488, 1e-6)
	near(t, "low", q.Low, 0.8584264, 1e-6)
	near(t, "high", q.High, 4.2772659, 1e-6)
}

// TestPublishedRegression: the example of the manual page of R's glm (Dobson
// 1990, page 93): three outcomes by three treatments.
func TestPublishedRegression(t *testing.T) {
	y := []float64{18, 17, 15, 20, 10, 20, 25, 13, 12}
	x := mat.NewDense(9, 5, nil)
	for i := range y {
		x.Set(i, 0, 1)
		if o := i % 3; o > 0 {
			x.Set(i, o, 1)
		}
		if g := i / 3; g > 0 {
			x.Set(i, 2+g, 1)
		}
	}
	g, err := poisson(x, y, make([]float64, 9))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ b, se float64 }{{3.045, 0.1709}, {-0.4543, 0.2022}, {-0.2930, 0.1927}, {0, 0.2000}, {0, 0.2000}} {
		near(t, "coefficient", g.beta.AtVec(i), want.b, 5e-4)
		near(t, "standard error", math.Sqrt(g.info.At(i, i)), want.se, 5e-5)
	}
}

// TestInterrupted: a jump that was put into a series is found, with an interval
// that holds it; where none was put, most intervals hold 1.
func TestInterrupted(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	series := func(jump float64) *Series {
		s := &Series{Weekday: 2}
		for d := range 120 {
			m := 20 * math.Exp(0.002*float64(d))
			if d >= 60 {
				m *= jump
			}
			s.Counts = append(s.Counts, draw(r, m))
			s.Exposure = append(s.Exposure, 1)
		}
		return s
	}
	held, quiet := 0, 0
	const runs = 100
	for range runs {
		b, err := Interrupted(series(0.4), 60, SeriesOptions{Gap: 3, Weekdays: true, Lag: -1})
		if err != nil {
			t.Fatal(err)
		}
		if b.Level.Low <= 0.4 && 0.4 <= b.Level.High && b.Level.High < 1 {
			held++
		}
		b, err = Interrupted(series(1), 60, SeriesOptions{Lag: -1})
		if err != nil {
			t.Fatal(err)
		}
		if b.Level.Low <= 1 && 1 <= b.Level.High {
			quiet++
		}
	}
	if held < 85 || quiet < 85 {
		t.Errorf("of %d: the jump was held by %d intervals; where there was none 1 was held by %d", runs, held, quiet)
	}
	// Twice the exposure, twice the counts: no jump.
	s := series(1)
	for d := 60; d < 120; d++ {
		s.Counts[d] *= 2
		s.Exposure[d] = 2
	}
	b, err := Interrupted(s, 60, SeriesOptions{Lag: -1})
	if err != nil || b.Level.High < 0.8 || b.Level.Low > 1.25 {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := Interrupted(&Series{Counts: make([]int, 6)}, 3, SeriesOptions{}); err == nil {
		t.Error("six days were enough")
	}
	if got := Placebos(series(1), []int{1, 20, 40}, SeriesOptions{Lag: -1}); len(got) != 2 {
		t.Errorf("%d placebos, expected 2: one day has too few before it", len(got))
	}
}

// draw draws a Poisson number (Knuth).
func draw(r *rand.Rand, mean float64) int {
	n, p, limit := 0, r.Float64(), math.Exp(-mean)
	for p > limit {
		n, p = n+1, p*r.Float64()
	}
	return n
}

func TestSpells(t *testing.T) {
	s := Quiet([]int{0, 0, 3, 0, 0, 0, 1, 0}, nil)
	if s.Days != 8 || s.Quiet != 6 || s.Longest != 3 || s.First != 2 {
		t.Errorf("%+v", s)
	}
	near(t, "half-life", s.HalfLife, math.Ln2*3, 1e-12)
	s = Quiet([]int{0, 0, 0, 1}, []bool{true, false, true, true})
	if s.Days != 3 || s.Longest != 1 || s.First != 3 || s.UnseenBefore != 1 {
		t.Errorf("a day that could not be seen is no quiet day: %+v", s)
	}
}

func TestShares(t *testing.T) {
	share, places := Top(map[string]int{"a": 5, "b": 3, "c": 1, "d": 1}, 2)
	near(t, "top", share, 0.8, 1e-12)
	if !slices.Equal(places, []string{"a", "b"}) {
		t.Error(places)
	}
	b := Bounds(30, 50, 100)
	near(t, "low", b.Low, 0.3, 1e-12)
	near(t, "high", b.High, 0.8, 1e-12)
	near(t, "chao", Chao(20, 10, 5), 20+90.0/12, 1e-12)
	d := Displacement(100, 20, 50, 60)
	near(t, "displacement", d.Value, 6, 1e-9)
	near(t, "low", d.Low, 6*math.Exp(-1.959963984540054*math.Sqrt(1.0/100+1.0/20+1.0/50+1.0/60)), 1e-9)
}

// TestReciprocity: an answer two days later is found two days later, and with the
// series exchanged two days before.
func TestReciprocity(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	a, b := make([]int, 200), make([]int, 200)
	for i := range a {
		a[i] = r.IntN(30)
		if i >= 2 {
			b[i] = a[i-2] + r.IntN(6)
		}
	}
	best := func(ls []Lagged) Lagged {
		return slices.MaxFunc(ls, func(x, y Lagged) int {
			if x.R < y.R {
				return -1
			}
			return 1
		})
	}
	if l := best(Reciprocity(a, b, 5)); l.Lag != 2 || l.Low < 0.5 {
		t.Errorf("%+v", l)
	}
	if l := best(Reciprocity(b, a, 5)); l.Lag != -2 {
		t.Errorf("%+v", l)
	}
}

// TestWiderIntervals: more exposure narrows, more dispersion widens, the value lies
// inside.
func TestWiderIntervals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 50), 2, 30).Draw(t, "counts")
		total := 0
		for _, c := range counts {
			total += c
		}
		exact, wide := Rate(total, float64(len(counts))), Overdispersed(counts, 1)
		if wide.Low > exact.Low+1e-12 || wide.High < exact.High-1e-12 {
			t.Fatalf("%+v is narrower than %+v", wide, exact)
		}
		n0 := rapid.IntRange(0, 40).Draw(t, "n0")
		q := Ratio(total, 2, n0, 3)
		if !math.IsNaN(q.Value) && (q.Low > q.Value || q.High < q.Value) {
			t.Fatalf("%+v", q)
		}
		turned := Ratio(n0, 3, total, 2)
		if total > 0 && n0 > 0 && math.Abs(turned.Low*q.High-1) > 1e-6 {
			t.Fatalf("%+v turned round is %+v", q, turned)
		}
	})
}
