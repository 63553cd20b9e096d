package evidence

import "maps"

// weights are added to the logarithm of the odds that two reports are of one
// event, by fact and word. They were fitted on the labelled pairs of
// internal/fusing/testdata (docs/fusion.md); a test fits them again and compares.
var weights = map[string]float64{
	"act.differs":         -1.65,
	"act.meets":           0.00,
	"bias":                -1.98,
	"count.part":          -0.50,
	"list.apart":          -2.57,
	"list.denial":         0.26,
	"outcome.differs":     -0.99,
	"picture.same":        3.00,
	"place.apart":         -4.00,
	"place.area":          -0.40,
	"place.beside":        -0.37,
	"place.exact":         2.00,
	"place.near":          1.30,
	"place.off":           -1.68,
	"place.other-area":    -4.00,
	"place.unknown":       -0.50,
	"target.differs":      -2.66,
	"target.kin":          0.00,
	"target.meets":        2.19,
	"target.site":         2.50,
	"target.vague":        0.30,
	"text.alike":          1.01,
	"text.area-names":     0.84,
	"text.concepts":       0.00,
	"text.copy":           3.01,
	"text.names":          2.87,
	"text.numbers":        1.08,
	"text.other-concepts": -0.67,
	"text.other-names":    -1.16,
	"text.other-numbers":  -0.20,
	"time.apart":          -4.00,
	"time.day":            0.53,
	"time.half-day":       -2.11,
	"time.near":           -0.96,
	"time.next-day":       -2.06,
	"time.published":      0.00,
	"time.tight":          1.49,
	"time.unknown":        -0.50,
	"time.vague":          -0.30,
	"time.zone":           -1.11,
}

// Weights returns a copy of the built-in weights.
func Weights() map[string]float64 { return maps.Clone(weights) }
