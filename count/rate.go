package count

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Ratio is the ratio of two rates, n1 over e1 to n0 over e0, with the exact
// interval that follows from the binomial distribution of n1 given n1+n0
// (Przyborowski and Wilenski 1940; Clopper and Pearson 1934). Without events, or
// without exposure, nothing is known: 0 to infinity.
func Ratio(n1 int, e1 float64, n0 int, e0 float64) Interval {
	if !(e1 > 0) || !(e0 > 0) || n1+n0 == 0 {
		return Interval{math.NaN(), 0, math.Inf(1)}
	}
	odds := func(p float64) float64 {
		if p >= 1 {
			return math.Inf(1)
		}
		return p / (1 - p) * e0 / e1
	}
	low, high := 0.0, 1.0
	if n1 > 0 {
		low = distuv.Beta{Alpha: float64(n1), Beta: float64(n0) + 1}.Quantile(0.025)
	}
	if n0 > 0 {
		high = distuv.Beta{Alpha: float64(n1) + 1, Beta: float64(n0)}.Quantile(0.975)
	}
	value := math.Inf(1)
	if n0 > 0 {
		value = float64(n1) / e1 / (float64(n0) / e0)
	}
	return Interval{value, odds(low), odds(high)}
}

// Dispersion is Pearson's chi-square of counts over equal exposures, by degree of
// freedom: near 1 for a Poisson process, above it where events come in bursts.
// Fewer than two counts, or none but zeros, tell nothing: not a number.
func Dispersion(counts []int) float64 {
	n, sum := float64(len(counts)), 0.0
	for _, c := range counts {
		sum += float64(c)
	}
	if n < 2 || sum == 0 {
		return math.NaN()
	}
	mean, x := sum/n, 0.0
	for _, c := range counts {
		x += (float64(c) - mean) * (float64(c) - mean) / mean
	}
	return x / (n - 1)
}

// Overdispersed is the rate of counts over equal exposures with an interval that
// is widened by their dispersion (quasi-Poisson, on the scale of logarithms, with
// Student's t). One that would be narrower than the exact Poisson interval of
// Rate is not used: too few counts can look calmer than chance.
func Overdispersed(counts []int, exposure float64) Interval {
	total := 0
	for _, c := range counts {
		total += c
	}
	e := exposure * float64(len(counts))
	exact := Rate(total, e)
	phi := Dispersion(counts)
	if !(phi > 1) {
		return exact
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(counts) - 1)}.Quantile(0.975)
	half := t * math.Sqrt(phi/float64(total))
	rate := float64(total) / e
	return Interval{rate, min(exact.Low, rate*math.Exp(-half)), max(exact.High, rate*math.Exp(half))}
}

// Bounds are what is known of a share when some of the whole is not known of
// (Manski 1990): from none of the unknown to all. Shares of the known alone would
// say more than is known, and are not offered.
func Bounds(known, unknown, all int) Interval {
	if all <= 0 {
		return Interval{math.NaN(), 0, 1}
	}
	a := float64(all)
	return Interval{math.NaN(), float64(known) / a, float64(known+unknown) / a}
}

// Chao is the lower bound of how many events there were when some were reported
// once and some twice, by sources that are independent of each other (Chao 1987,
// bias-corrected). Sources that copy from each other make it too low still: it is
// a lower bound and nothing else.
func Chao(seen, once, twice int) float64 {
	return float64(seen) + float64(once)*float64(once-1)/(2*float64(twice+1))
}

func normalQuantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }

func correlation(x, y []float64) float64 { return stat.Correlation(x, y, nil) }
