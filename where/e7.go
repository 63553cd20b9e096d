package where

import "math"

// E7 is a latitude or longitude in units of 1e-7 degrees, about a centimetre,
// as positioning devices and OpenStreetMap store it.
type E7 int32

// NoE7 marks a coordinate that is not known.
const NoE7 E7 = math.MinInt32

// ToE7 converts degrees. It is false unless the degrees are exactly what
// Degrees gives back, as those of every number with up to seven decimals are.
func ToE7(deg float64) (E7, bool) {
	if !(math.Abs(deg) <= 180) {
		return 0, false
	}
	e := E7(math.Round(deg * 1e7))
	return e, e.Degrees() == deg
}

// Degrees converts back, to the number of degrees nearest to it.
func (e E7) Degrees() float64 { return float64(e) / 1e7 }
