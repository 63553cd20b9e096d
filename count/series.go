package count

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Series is one count a day.
type Series struct {
	Counts []int
	// Exposure is what each day could be seen, in any one unit; nil: each day the
	// same. A day of none tells nothing and is left out.
	Exposure []float64
	// Weekday is the day of the week of the first count, 0 to 6.
	Weekday int
}

// Break is what an interrupted time series says of one day (Bernal, Cummins and
// Gasparrini 2017): the factor by which the rate jumped there, and by which its
// daily trend changed.
type Break struct {
	Day   int
	Level Interval // 1: no jump
	Trend Interval // 1: no change of the trend
	// Dispersion of the residuals; above 1 the interval was widened by it.
	Dispersion float64
}

// Options of an interrupted time series.
type SeriesOptions struct {
	// Gap leaves out the days before the break that lie between what was
	// announced and when it took effect: violence often rises in them.
	Gap int
	// Weekdays gives each day of the week a level of its own.
	Weekdays bool
	// Lag is how many days the residuals are allowed to hang together
	// (Newey and West 1987); negative: the rule 4(n/100)^(2/9).
	Lag int
}

// Interrupted fits log E[y] = a + b·t + c·[t >= day] + d·(t-day)·[t >= day], and
// days of the week where they are asked for, with the logarithm of the exposure
// as offset, by iteratively reweighted least squares; the intervals are of
// residuals that hang together. It needs 8 days at least, some on each side.
func Interrupted(s *Series, day int, o SeriesOptions) (*Break, error) {
	var rows []int
	before, after := 0, 0
	for t := range s.Counts {
		if s.Exposure != nil && !(s.Exposure[t] > 0) || t < day && t >= day-o.Gap {
			continue
		}
		rows = append(rows, t)
		if t < day {
			before++
		} else {
			after++
		}
	}
	if before < 4 || after < 4 {
		return nil, fmt.Errorf("%d days before day %d and %d from it on: expected 4 or more on each side that could be seen", before, day, after)
	}
	names := 4
	if o.Weekdays {
		names += 6
	}
	x, y, off := mat.NewDense(len(rows), names, nil), make([]float64, len(rows)), make([]float64, len(rows))
	for i, t := range rows {
		x.Set(i, 0, 1)
		x.Set(i, 1, float64(t-day))
		if t >= day {
			x.Set(i, 2, 1)
			x.Set(i, 3, float64(t-day))
		}
		if w := (s.Weekday + t) % 7; o.Weekdays && w > 0 {
			x.Set(i, 3+w, 1)
		}
		y[i] = float64(s.Counts[t])
		if s.Exposure != nil {
			off[i] = math.Log(s.Exposure[t])
		}
	}
	fit, err := poisson(x, y, off)
	if err != nil {
		return nil, err
	}
	lag := o.Lag
	if lag < 0 {
		lag = int(4 * math.Pow(float64(len(rows))/100, 2.0/9))
	}
	cov := fit.neweyWest(rows, lag)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(rows) - names)}.Quantile(0.975)
	interval := func(k int) Interval {
		b, se := fit.beta.AtVec(k), math.Sqrt(max(0, cov.At(k, k)))
		return Interval{math.Exp(b), math.Exp(b - t*se), math.Exp(b + t*se)}
	}
	return &Break{Day: day, Level: interval(2), Trend: interval(3), Dispersion: fit.dispersion()}, nil
}

// Placebos are the breaks that the same model finds on days on which nothing was
// agreed: how often chance alone shows a jump. Days whose model cannot be fitted
// are left out.
func Placebos(s *Series, days []int, o SeriesOptions) []Break {
	var out []Break
	for _, d := range days {
		if b, err := Interrupted(s, d, o); err == nil {
			out = append(out, *b)
		}
	}
	return out
}

// glm is a fitted Poisson regression.
type glm struct {
	x    *mat.Dense
	y    []float64
	mu   []float64
	beta *mat.VecDense
	info *mat.Dense // inverse of X'WX
}

const iterations = 50

// poisson fits by iteratively reweighted least squares (McCullagh and Nelder
// 1989, 2.5).
func poisson(x *mat.Dense, y, off []float64) (*glm, error) {
	n, k := x.Dims()
	g := &glm{x: x, y: y, mu: make([]float64, n), beta: mat.NewVecDense(k, nil)}
	for i := range y {
		g.mu[i] = y[i] + 0.5
	}
	last := math.Inf(1)
	for range iterations {
		a, b := mat.NewDense(k, k, nil), mat.NewVecDense(k, nil)
		for i := range n {
			z := math.Log(g.mu[i]) - off[i] + (y[i]-g.mu[i])/g.mu[i]
			for p := range k {
				w := g.mu[i] * x.At(i, p)
				b.SetVec(p, b.AtVec(p)+w*z)
				for q := range k {
					a.Set(p, q, a.At(p, q)+w*x.At(i, q))
				}
			}
		}
		var inv mat.Dense
		if err := inv.Inverse(a); err != nil {
			return nil, fmt.Errorf("the series does not tell the parts of the model apart (no counts on one side, perhaps): %w", err)
		}
		g.info = &inv
		g.beta.MulVec(&inv, b)
		deviance := 0.0
		for i := range n {
			eta := off[i]
			for p := range k {
				eta += x.At(i, p) * g.beta.AtVec(p)
			}
			g.mu[i] = max(math.Exp(min(eta, 700)), 1e-12)
			if y[i] > 0 {
				deviance += y[i] * math.Log(y[i]/g.mu[i])
			}
			deviance -= y[i] - g.mu[i]
		}
		if math.Abs(deviance-last) < 1e-10*(math.Abs(deviance)+0.1) {
			return g, nil
		}
		last = deviance
	}
	return nil, fmt.Errorf("the model did not settle after %d steps: the counts are too few or too far apart", iterations)
}

func (g *glm) dispersion() float64 {
	n, k := g.x.Dims()
	sum := 0.0
	for i := range n {
		sum += (g.y[i] - g.mu[i]) * (g.y[i] - g.mu[i]) / g.mu[i]
	}
	return sum / float64(n-k)
}

// neweyWest is the covariance of the estimates where residuals up to a lag of
// days hang together, with Bartlett's weights. It is never less than the model's
// own, widened by the dispersion.
func (g *glm) neweyWest(days []int, lag int) *mat.Dense {
	n, k := g.x.Dims()
	meat := mat.NewDense(k, k, nil)
	for i := range n {
		for j := max(0, i-lag); j <= min(n-1, i+lag); j++ {
			apart := days[i] - days[j]
			if apart < 0 {
				apart = -apart
			}
			if apart > lag {
				continue
			}
			w := (1 - float64(apart)/float64(lag+1)) * (g.y[i] - g.mu[i]) * (g.y[j] - g.mu[j])
			for p := range k {
				for q := range k {
					meat.Set(p, q, meat.At(p, q)+w*g.x.At(i, p)*g.x.At(j, q))
				}
			}
		}
	}
	var half, cov mat.Dense
	half.Mul(g.info, meat)
	cov.Mul(&half, g.info)
	cov.Scale(float64(n)/float64(n-k), &cov)
	phi := max(1, g.dispersion())
	for p := range k {
		cov.Set(p, p, max(cov.At(p, p), phi*g.info.At(p, p)))
	}
	return &cov
}
