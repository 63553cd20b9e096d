package watch

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"sort"
	"strconv"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Limits on tracks.
const (
	MaxTrack = 64 << 20  // bytes
	maxFixes = 1_000_000 // points
	// pause is the longest time between two fixes between which somebody is taken
	// to have gone straight; where a device was off longer, nobody knows.
	pause = 10 * time.Minute
)

// ReadGPX reads where somebody was from the track points of a GPX file. Points
// without a time or a place are named and left out; routes and waypoints, which
// are plans, are no track.
func ReadGPX(file string, src []byte) (fixes []Fix, problems []Problem) {
	d := xml.NewDecoder(bytes.NewReader(src))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("encoding %q: expected UTF-8", label)
	}
	bad := func(format string, args ...any) {
		line, col := d.InputPos()
		if len(problems) < maxProblems {
			problems = append(problems, Problem{file, line, col, fmt.Sprintf(format, args...)})
		}
	}
	root := false
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			bad("not XML from here on: %v", err)
			break
		}
		el, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if !root {
			if root = true; el.Name.Local != "gpx" {
				bad("expected a GPX file, whose first element is gpx, got %s", el.Name.Local)
				return nil, problems
			}
		}
		if el.Name.Local != "trkpt" {
			continue
		}
		if len(fixes) == maxFixes {
			bad("more than %d points: the rest is left out", maxFixes)
			break
		}
		var p struct {
			Lat  string `xml:"lat,attr"`
			Lon  string `xml:"lon,attr"`
			Time string `xml:"time"`
		}
		if err := d.DecodeElement(&p, &el); err != nil {
			bad("a point cannot be read: %v", err)
			break
		}
		lat, err1 := strconv.ParseFloat(p.Lat, 64)
		lon, err2 := strconv.ParseFloat(p.Lon, 64)
		spot := where.Point{Lat: lat, Lon: lon}
		t, err3 := time.Parse(time.RFC3339, p.Time)
		switch {
		case err1 != nil || err2 != nil || spot.Valid() != nil:
			bad("lat=%q lon=%q: expected degrees", p.Lat, p.Lon)
		case err3 != nil:
			bad("time %q: expected an instant with offset, such as 2025-03-21T08:00:00Z", p.Time)
		default:
			fixes = append(fixes, Fix{when.At(t), spot})
		}
	}
	sort.SliceStable(fixes, func(i, k int) bool { return fixes[i].At < fixes[k].At })
	if len(fixes) == 0 && len(problems) == 0 {
		bad("no track points: expected trk with trkpt")
	}
	return fixes, problems
}

// position is where a means is at an instant. Of the past only a track tells it,
// for those that travel; of the future, the route that is planned.
func (m *Means) position(t, now when.Instant) (p where.Point, why string) {
	if !m.Kind.travels() {
		return m.At, ""
	}
	if m.onTrack(t) {
		return m.tracked(t)
	}
	if t < now {
		return p, "no track shows where it was"
	}
	if len(m.Route) < 2 {
		return m.At, ""
	}
	return m.along(t), ""
}

// onTrack reports whether an instant lies within a track.
func (m *Means) onTrack(t when.Instant) bool {
	n := len(m.Track)
	return n > 0 && t >= m.Track[0].At && t <= m.Track[n-1].At
}

func (m *Means) tracked(t when.Instant) (where.Point, string) {
	i := sort.Search(len(m.Track), func(i int) bool { return m.Track[i].At >= t })
	b := m.Track[i]
	if b.At == t {
		return b.Spot, ""
	}
	a := m.Track[i-1]
	whole := b.At.Time().Sub(a.At.Time())
	if whole > pause {
		return where.Point{}, "its track has a gap"
	}
	part := float64(t.Time().Sub(a.At.Time())) / float64(whole)
	return where.Destination(a.Spot, bearing(a.Spot, b.Spot), where.Metres(part)*where.Distance(a.Spot, b.Spot, model), model), ""
}

// along is where a means is on its route: it sets out at the beginning of its
// hours, goes to the end, turns round, and so on.
func (m *Means) along(t when.Instant) where.Point {
	c := t.Time().In(m.Zone)
	begin := time.Date(c.Year(), c.Month(), c.Day(), m.Hours[0]/60, m.Hours[0]%60, 0, 0, m.Zone)
	if c.Before(begin) {
		begin = begin.AddDate(0, 0, -1)
	}
	gone := c.Sub(begin).Hours() * m.Speed * 1000
	total := 0.0
	legs := make([]float64, len(m.Route)-1)
	for i := range legs {
		legs[i] = float64(where.Distance(m.Route[i], m.Route[i+1], model))
		total += legs[i]
	}
	if total == 0 {
		return m.Route[0]
	}
	turns := int(gone / total)
	at := gone - float64(turns)*total
	if turns%2 == 1 {
		at = total - at
	}
	for i, l := range legs {
		if at <= l || i == len(legs)-1 {
			return where.Destination(m.Route[i], bearing(m.Route[i], m.Route[i+1]), where.Metres(min(at, l)), model)
		}
		at -= l
	}
	return m.Route[0]
}

// AddTrack adds fixes to where a means was.
func (m *Means) AddTrack(fixes []Fix) {
	m.Track = append(m.Track, fixes...)
	sort.SliceStable(m.Track, func(i, k int) bool { return m.Track[i].At < m.Track[k].At })
}
