// Package count turns records into numbers that say how sure they are. It holds
// the statistics that comparisons and counts share; it does no I/O and reads no
// clock.
package count

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with its bounds at 95 per cent.
type Interval struct{ Value, Low, High float64 }

// Share is k of n with the interval of Wilson (1927), 0 to 1. Of nothing
// nothing is known: 0 to 1.
func Share(k, n int) Interval {
	if n == 0 {
		return Interval{0, 0, 1}
	}
	const z = 1.959963984540054
	p, m := float64(k)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Interval{p, max(0, centre-half), min(1, centre+half)}
}

// Rate is n events over an exposure with the exact Poisson interval of Garwood
// (1936). Without exposure there is no rate: all three are not a number.
func Rate(n int, exposure float64) Interval {
	if !(exposure > 0) {
		return Interval{math.NaN(), math.NaN(), math.NaN()}
	}
	out := Interval{Value: float64(n) / exposure}
	if n > 0 {
		out.Low = distuv.ChiSquared{K: 2 * float64(n)}.Quantile(0.025) / 2 / exposure
	}
	out.High = distuv.ChiSquared{K: 2 * float64(n+1)}.Quantile(0.975) / 2 / exposure
	return out
}
