package count

import (
	"math"
	"testing"
)

// The figures are those of published tables: Garwood's interval of 10 events is
// 4.795 to 18.390, that of none 0 to 3.689; Wilson's of 5 in 10 is 0.2366 to
// 0.7634.
func TestIntervals(t *testing.T) {
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 5e-4*math.Max(1, want) {
			t.Errorf("%s: %v, expected %v", name, got, want)
		}
	}
	r := Rate(10, 1)
	near("low of 10", r.Low, 4.795)
	near("high of 10", r.High, 18.390)
	r = Rate(0, 2)
	near("low of none", r.Low, 0)
	near("high of none in two", r.High, 3.689/2)
	if r := Rate(3, 0); !math.IsNaN(r.Value) {
		t.Errorf("a rate without exposure: %v", r)
	}
	s := Share(5, 10)
	near("low of 5 in 10", s.Low, 0.2366)
	near("high of 5 in 10", s.High, 0.7634)
	if s := Share(0, 0); s.Low != 0 || s.High != 1 {
		t.Errorf("a share of nothing: %v", s)
	}
}
