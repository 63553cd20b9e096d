package evidence

import "maps"

// weights are added to the logarithm of the odds that two reports are of one
// event, by fact and word. They were fitted on the labelled pairs of
// internal/fusing/testdata (docs/fusion.md); a test fits them again and compares.
var weights = map[string]float64{
	"act.differs":         -1.47,
	"act.meets":           0.00,
	"bias":                -2.23,
	"count.part":          -0.50,
	"list.apart":          -2.51,
	"list.denial":         0.25,
	"outcome.differs":     -0.98,
	"picture.same":        3.00,
	"place.apart":         -4.00,
	"place.area":          -0.40,
	"place.beside":        -0.29,
	"place.exact":         2.00,
	"place.near":          1.25,
	"place.off":           -1.66,
	"place.other-area":    -4.00,
	"place.unknown":       -0.50,
	"target.differs":      -2.62,
	"target.kin":          0.00,
	"target.meets":        1.86,
	"target.often":        -0.43,
	"target.seldom":       0.89,
	"target.site":         2.50,
	"target.vague":        0.31,
	"text.alike":          1.01,
	"text.area-names":     1.36,
	"text.concepts":       0.00,
	"text.copy":           3.03,
	"text.names":          2.86,
	"text.numbers":        1.02,
	"text.other-concepts": -0.63,
	"text.other-names":    -1.21,
	"text.other-numbers":  -0.21,
	"text.proper":         2.15,
	"time.apart":          -4.00,
	"time.day":            0.64,
	"time.half-day":       -1.91,
	"time.near":           -0.79,
	"time.next-day":       -2.28,
	"time.published":      0.00,
	"time.tight":          1.57,
	"time.unknown":        -0.50,
	"time.vague":          -0.30,
	"time.zone":           -1.12,
}

// Weights returns a copy of the built-in weights.
func Weights() map[string]float64 { return maps.Clone(weights) }
