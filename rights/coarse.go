package rights

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// cell is the size of the grid on which places are shown to those who do not
// see them exactly: degrees of latitude, about 22 km. Longitudes are widened so
// that cells are about as wide as high. The grid stands still: no chance is in
// it, so that asking often tells no more than asking once.
const cell = 0.2

// earth is a sphere's mean radius, km; margin covers what the ellipsoid differs.
const (
	earth  = 6371.0088
	margin = 1.01
)

var (
	pointForm = regexp.MustCompile(`^\s*([+-]?\d{1,3}(?:\.\d+)?)\s*,\s*([+-]?\d{1,3}(?:\.\d+)?)\s*(?:±\s*(\d+(?:\.\d+)?)\s*(km|m))?\s*$`)
	areaForm  = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
)

// IsArea reports whether a value is a country or a first-level area (ISO 3166).
func IsArea(s string) bool { return areaForm.MatchString(s) }

// CoarsePlace is a place as the public sees it: the centre of its cell with a
// radius that holds the whole cell and what the place itself leaves open. Areas
// of the first level stay. Names, bearings and finer codes are not shown, since
// a village is as exact as a point.
func CoarsePlace(s string) (string, bool) {
	if IsArea(strings.TrimSpace(s)) {
		return strings.TrimSpace(s), true
	}
	m := pointForm.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	lat, _ := strconv.ParseFloat(m[1], 64)
	lon, _ := strconv.ParseFloat(m[2], 64)
	radius := 0.0
	if m[3] != "" {
		radius, _ = strconv.ParseFloat(m[3], 64)
		if m[4] == "m" {
			radius /= 1000
		}
	}
	clat, clon, km, ok := Cell(lat, lon, radius)
	if !ok {
		return "", false
	}
	return fmt.Sprintf("%.1f,%.1f ±%.0f km", clat, clon, km), true
}

// Cell is the centre, in degrees, of the cell in which a point lies, and a radius,
// in km, that holds the whole cell and the radius of the point.
func Cell(lat, lon, radius float64) (clat, clon, km float64, ok bool) {
	if !(math.Abs(lat) <= 80) || !(math.Abs(lon) <= 179) || !(radius >= 0 && radius <= 2000) {
		return 0, 0, 0, false // near the poles and the date line cells have no sensible shape
	}
	row := math.Floor(lat / cell)
	clat = (row + 0.5) * cell
	wide := cell * math.Ceil(1/math.Cos(clat*math.Pi/180))
	clon = (math.Floor(lon/wide) + 0.5) * wide
	// The corner nearest to the equator is the farthest from the centre.
	low := math.Min(math.Abs(row*cell), math.Abs((row+1)*cell))
	far := haversine(clat, 0, math.Copysign(low, clat), wide/2)
	tenth := func(x float64) float64 { return math.Round(x*10) / 10 }
	return tenth(clat), tenth(clon), math.Ceil((far + radius) * margin), true
}

// points are the points of a document that it gives as latitude, longitude and
// radius, by the member that they stand in.
type points map[string]map[string]string

func pointsOf(fs []Field) points {
	var out points
	for _, f := range fs {
		if f.Name != "lat" && f.Name != "lon" && f.Name != "precision_m" {
			continue
		}
		if out == nil {
			out = points{}
		}
		if out[f.In] == nil {
			out[f.In] = map[string]string{}
		}
		out[f.In][f.Name] = f.Value
	}
	return out
}

// coarse is a part of a point, as that of its cell. What is no such part is not
// shown.
func (p points) coarse(f Field) (string, bool) {
	at := p[f.In]
	lat, err1 := strconv.ParseFloat(strings.TrimSpace(at["lat"]), 64)
	lon, err2 := strconv.ParseFloat(strings.TrimSpace(at["lon"]), 64)
	radius, err3 := 0.0, error(nil)
	if s := strings.TrimSpace(at["precision_m"]); s != "" {
		radius, err3 = strconv.ParseFloat(s, 64)
	}
	if err1 != nil || err2 != nil || err3 != nil {
		return "", false
	}
	clat, clon, km, ok := Cell(lat, lon, radius/1000)
	switch f.Name {
	case "lat":
		return fmt.Sprintf("%.1f", clat), ok
	case "lon":
		return fmt.Sprintf("%.1f", clon), ok
	case "precision_m":
		return fmt.Sprintf("%.0f", km*1000), ok
	}
	return "", false
}

// haversine is the distance of two positions, km.
func haversine(lat1, lon1, lat2, lon2 float64) float64 {
	r := math.Pi / 180
	a := math.Pow(math.Sin((lat2-lat1)*r/2), 2) + math.Cos(lat1*r)*math.Cos(lat2*r)*math.Pow(math.Sin((lon2-lon1)*r/2), 2)
	return 2 * earth * math.Asin(math.Sqrt(math.Min(1, a)))
}

var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15Z07:00"}

// CoarseTime is a time, or a range A..B or A/B, as days of UTC.
func CoarseTime(s string) (string, bool) {
	for _, sep := range []string{"..", "/"} {
		a, b, ok := strings.Cut(s, sep)
		if !ok {
			continue
		}
		from, ok1 := day(a)
		to, ok2 := day(b)
		if from == to {
			return from, ok1 && ok2
		}
		return from + sep + to, ok1 && ok2
	}
	return day(s)
}

func day(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return s, true
	}
	for _, f := range timeForms {
		if t, err := time.Parse(f, s); err == nil {
			return t.UTC().Format(time.DateOnly), true
		}
	}
	return "", false
}
