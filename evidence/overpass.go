package evidence

import (
	"fmt"
	"math"
	"strings"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Detection is a spot that a satellite saw as hot. It is no attack: crops burn,
// gas is flared, steel is made. And where none is seen, clouds or the hour may
// be why.
type Detection struct {
	Time        when.Instant
	Place       where.Point // the middle of the pixel
	Scan, Track float64     // size of the pixel in km, across and along the path; 0 unknown
	Satellite   string      // as given: N, Terra, ...
	Instrument  string      // VIIRS or MODIS
	Confidence  string      // low, nominal or high (VIIRS), or 0 to 100 (MODIS)
	FRP         float64     // radiated power in MW; NaN unknown
	Static      string      // what the archive says that it is, where that is no fire: a volcano, a static source on land, one offshore; "" mostly
	Doubt       string      // why the satellite cannot have seen it there and then; "" mostly
}

// orbit says at what local solar time, in hours, a sun-synchronous satellite
// crosses the equator, from and to over its years in service, by day; by night
// it is twelve hours on.
type orbit struct {
	from, to    float64
	ascending   bool    // northward by day
	inclination float64 // degrees
	swath       float64 // km that its instrument sees across its path
}

// The orbits of the satellites of FIRMS. VIIRS flies on S-NPP, NOAA-20 and
// NOAA-21, which are kept at 13:30 ascending at an inclination of 98.7 degrees
// and see 3,060 km (NOAA, JPSS programme: VIIRS). MODIS sees 2,330 km from
// Terra (10:30 descending) and Aqua (13:30 ascending), both at 98.2 degrees
// (NASA, MODIS specifications); neither is kept there any more: Terra has
// crossed earlier since 2020 and Aqua later since 2021 (NASA, Terra and Aqua
// constellation exit), so that their windows are wide.
var (
	viirsOrbit = orbit{13.25, 13.75, true, 98.7, 3060}
	terraOrbit = orbit{8, 10.75, false, 98.2, 2330}
	aquaOrbit  = orbit{13.25, 16.25, true, 98.2, 2330}
)

// overpassSlack is added to both ends of a window, in hours: solar time runs up
// to 16 minutes before or after the mean, and a pass takes its minutes.
const overpassSlack = 0.5

// orbitsOf returns the orbits that a detection may be from; none if nothing is
// known of its satellite.
func orbitsOf(satellite, instrument string) []orbit {
	switch strings.ToLower(satellite) {
	case "terra", "t":
		return []orbit{terraOrbit}
	case "aqua", "a":
		return []orbit{aquaOrbit}
	}
	switch strings.ToUpper(instrument) {
	case "VIIRS":
		return []orbit{viirsOrbit}
	case "MODIS":
		return []orbit{terraOrbit, aquaOrbit}
	}
	return nil
}

// pass is a stretch of local solar time in hours, which may run over midnight.
type pass struct{ from, to float64 }

// windows returns when an orbit sees a latitude: northward and southward. A
// satellite whose path leans by its inclination comes to a latitude earlier in
// local time going north, and later going south, than to the equator. all: the
// latitude is seen at any time.
func (o orbit) windows(lat float64) (out [2]pass, all bool) {
	radians := math.Pi / 180
	lean := math.Tan(lat*radians) / math.Tan((180-o.inclination)*radians)
	half := o.swath / 2 / (earthKm * math.Cos(lat*radians)) / radians / 15
	if math.Abs(lean) >= 1 || half >= 12 {
		return out, true
	}
	shift := math.Asin(lean) / radians / 15
	for i := range out {
		north := (i == 0) == o.ascending // by day first, then by night
		s := shift
		if north {
			s = -shift
		}
		noon := 12 * float64(i)
		out[i] = pass{o.from + noon + s - half - overpassSlack, o.to + noon + s + half + overpassSlack}
	}
	return out, false
}

const earthKm = 6371.0 // mean radius

// Passes reports whether a satellite may have seen a place at a time: whether
// the local solar time, which is UTC and an hour for 15 degrees east, lies in
// one of its windows. It is true where nothing is known of the satellite.
func Passes(satellite, instrument string, at where.Point, t when.Instant) bool {
	orbits := orbitsOf(satellite, instrument)
	utc := t.Time()
	solar := float64(utc.Hour()) + float64(utc.Minute())/60 + at.Lon/15
	for _, o := range orbits {
		ws, all := o.windows(at.Lat)
		if all {
			return true
		}
		for _, w := range ws {
			if off := math.Mod(solar-w.from+72, 24); off <= w.to-w.from {
				return true
			}
		}
	}
	return len(orbits) == 0
}

// Doubted says that no satellite of the kind can have seen a detection where and
// when the row has it; "" if one can.
func (d Detection) Doubted() string {
	if Passes(d.Satellite, d.Instrument, d.Place, d.Time) {
		return ""
	}
	name := strings.TrimSpace(d.Instrument + " " + d.Satellite)
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "..."
	}
	return fmt.Sprintf("%s does not pass over %v near %s UTC: wrong time zone or place?", name, d.Place, d.Time.Time().Format("15:04"))
}
