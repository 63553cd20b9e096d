package fusing

import "time"

var date2025 = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)

// prior is what was thought of the weights before any pair was looked at.
var prior = map[string]float64{
	"bias":                -1.0,
	"time.tight":          2.0,
	"time.day":            0.8,
	"time.vague":          -0.3,
	"time.published":      0.0,
	"time.unknown":        -0.5,
	"time.zone":           0.3,
	"time.near":           0.2,
	"time.half-day":       -1.0,
	"time.next-day":       -2.0,
	"time.apart":          -4.0,
	"place.exact":         2.0,
	"place.near":          1.0,
	"place.area":          -0.4,
	"place.unknown":       -0.5,
	"place.beside":        0.0,
	"place.off":           -1.5,
	"place.apart":         -4.0,
	"place.other-area":    -4.0,
	"act.meets":           0.5,
	"act.differs":         -0.5,
	"target.meets":        1.5,
	"target.vague":        0.3,
	"target.kin":          0.3,
	"target.differs":      -1.5,
	"target.site":         2.5,
	"outcome.differs":     -0.8,
	"text.copy":           3.0,
	"text.alike":          1.0,
	"text.numbers":        1.0,
	"text.other-numbers":  -0.2,
	"text.names":          0.8,
	"text.area-names":     0.2,
	"text.other-names":    -0.6,
	"text.concepts":       0.4,
	"text.other-concepts": -0.4,
	"picture.same":        3.0,
	"list.apart":          -2.5,
	"list.denial":         0.3,
	"count.part":          -0.5,
}
