package brief

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/when"
)

// PlanDay is the timetable of a day.
type PlanDay struct {
	Date    string     `json:"date"`
	Zone    string     `json:"zone"`
	From    string     `json:"from"`
	To      string     `json:"to"`
	Tours   []PlanTour `json:"tours"`
	Value   float64    `json:"value"`   // findings expected to be settled
	Bound   float64    `json:"bound"`   // what no timetable exceeds
	Promise float64    `json:"promise"` // part of the best that this never falls below; 0: none is promised
	Rule    string     `json:"rule"`
	words   string
}

// PlanTour is the day of one means: out from its base, and back.
type PlanTour struct {
	Means   string      `json:"means"`
	Kind    string      `json:"kind"`
	Leave   string      `json:"leave,omitempty"`
	Back    string      `json:"back,omitempty"`
	HomeMin int         `json:"way_home_min"`
	Lat     float64     `json:"base_lat"`
	Lon     float64     `json:"base_lon"`
	Needs   []string    `json:"needs,omitempty"`
	Gain    float64     `json:"gain"`
	Exact   bool        `json:"exact"` // no other choice or order settles more, after the tours before it
	Visits  []PlanVisit `json:"visits"`
	Left    []PlanLeft  `json:"left_out"`
}

// PlanVisit is one place of a tour.
type PlanVisit struct {
	Scene    string   `json:"scene"`
	Place    string   `json:"place,omitempty"`
	Lat      float64  `json:"lat"`
	Lon      float64  `json:"lon"`
	Way      int      `json:"way_min"`
	Distance float64  `json:"way_m"`
	Arrive   string   `json:"arrive"`
	Begin    string   `json:"begin"`
	End      string   `json:"end"`
	Tasks    []string `json:"tasks"`
	Gain     float64  `json:"gain"`
	By       string   `json:"by,omitempty"`
	ByWhy    string   `json:"by_reason,omitempty"`
	Late     []string `json:"terms_over,omitempty"`
}

// PlanLeft is a place that is not on a tour.
type PlanLeft struct {
	Scene string `json:"scene"`
	Why   string `json:"why"`
}

// Day adds the timetable of a day.
func (p *Plan) Day(d *watch.Day) {
	out := &PlanDay{Date: d.Span.Start.Time().In(d.Zone).Format("2006-01-02"), Zone: d.Zone.String(), From: d.Span.Start.RFC3339(), To: d.Span.End.RFC3339(), Tours: []PlanTour{}, Value: rounded(d.Value), Bound: rounded(d.Bound), Promise: d.Promise, Rule: d.Rule, words: d.Words()}
	for _, t := range d.Tours {
		x := PlanTour{Means: t.Means.ID, Kind: string(t.Means.Kind), HomeMin: int(t.Home.Minutes()), Lat: rounded(t.Means.At.Lat), Lon: rounded(t.Means.At.Lon), Needs: t.Means.Needs, Gain: rounded(t.Gain), Exact: t.Exact, Visits: []PlanVisit{}, Left: []PlanLeft{}}
		if len(t.Visits) > 0 {
			x.Leave, x.Back = inZone(t.Leave, d.Zone), inZone(t.Back, d.Zone)
		}
		for _, v := range t.Visits {
			y := PlanVisit{Scene: v.Home, Place: v.Place, Lat: rounded(v.At.Lat), Lon: rounded(v.At.Lon), Way: int(v.Way.Minutes()), Distance: math.Round(float64(v.Distance)), Arrive: inZone(v.Arrive, d.Zone), Begin: inZone(v.Begin, d.Zone), End: inZone(v.End, d.Zone), Tasks: v.Tasks, Gain: rounded(v.Gain), Late: v.Late}
			if v.By.Bounded() {
				y.By, y.ByWhy = inZone(v.By, d.Zone), v.ByWhy
			}
			x.Visits = append(x.Visits, y)
		}
		for _, l := range t.Left {
			x.Left = append(x.Left, PlanLeft{l.Home, l.Why})
		}
		out.Tours = append(out.Tours, x)
	}
	p.Timetable = out
}

// inZone is an instant in the civil time of a zone, with its offset.
func inZone(i when.Instant, z *time.Location) string { return i.Time().In(z).Format(time.RFC3339) }

// hour is the time of the day of such an instant.
func hour(s string) string {
	if len(s) < 16 {
		return s
	}
	return s[11:16]
}

func (d *PlanDay) print(w io.Writer) {
	fmt.Fprintf(w, "\nTimetable of %s, times of %s (one way out and back of each means that travels)\n", d.Date, d.Zone)
	for _, t := range d.Tours {
		if len(t.Visits) == 0 && len(t.Left) == 0 {
			fmt.Fprintf(w, "  %s (%s): nothing to visit\n", t.Means, t.Kind)
			continue
		}
		fmt.Fprintf(w, "  %s (%s)", t.Means, t.Kind)
		if len(t.Visits) == 0 {
			fmt.Fprint(w, ": stays")
		}
		if len(t.Needs) > 0 {
			fmt.Fprintf(w, "; access: %s", Visible(strings.Join(t.Needs, ", ")))
		}
		fmt.Fprintln(w)
		if len(t.Visits) > 0 {
			fmt.Fprintf(w, "    %s leaves the base\n", hour(t.Leave))
		}
		for _, v := range t.Visits {
			fmt.Fprintf(w, "    %s to %s %s", hour(v.Begin), hour(v.End), Visible(v.Scene))
			if v.Place != "" {
				fmt.Fprintf(w, ", %s", Visible(v.Place))
			}
			fmt.Fprintf(w, " %.4f,%.4f  +%.3f; way %d min, %.1f km", v.Lat, v.Lon, v.Gain, v.Way, v.Distance/1000)
			if v.Arrive != v.Begin {
				fmt.Fprintf(w, ", waits from %s", hour(v.Arrive))
			}
			if v.By != "" {
				fmt.Fprintf(w, "; by %s", v.By)
			}
			fmt.Fprintf(w, "\n                   for %s\n", Visible(strings.Join(v.Tasks, ", ")))
			for _, l := range v.Late {
				fmt.Fprintf(w, "                   this term is over: %s\n", Visible(l))
			}
		}
		if len(t.Visits) > 0 {
			fmt.Fprintf(w, "    %s back, way %d min\n", hour(t.Back), t.HomeMin)
		}
		for _, l := range t.Left {
			fmt.Fprintf(w, "    not %s: %s\n", Visible(l.Scene), Visible(l.Why))
		}
	}
	if len(d.Tours) == 0 {
		fmt.Fprintln(w, "  no means travels")
	}
	fmt.Fprintf(w, "  value %.3f findings expected to be settled; %s\n", d.Value, d.words)
}

// visits gives each visit of a plan with its tour and number.
func (d *PlanDay) visits(each func(t *PlanTour, n int, v *PlanVisit)) {
	if d == nil {
		return
	}
	for i := range d.Tours {
		for k := range d.Tours[i].Visits {
			each(&d.Tours[i], k+1, &d.Tours[i].Visits[k])
		}
	}
}

// line is the way of a tour, from the base and back.
func (t *PlanTour) line() (out [][2]float64) {
	base := [2]float64{t.Lon, t.Lat}
	out = append(out, base)
	for i, v := range t.Visits {
		if t.Kind == string(watch.UAV) && i > 0 {
			out = append(out, base)
		}
		out = append(out, [2]float64{v.Lon, v.Lat})
	}
	return append(out, base)
}

// gpx is what is written of GPX 1.1: routes, which are plans and no track.
type gpx struct {
	XMLName xml.Name   `xml:"http://www.topografix.com/GPX/1/1 gpx"`
	Version string     `xml:"version,attr"`
	Creator string     `xml:"creator,attr"`
	Routes  []gpxRoute `xml:"rte"`
}

type gpxRoute struct {
	Name   string     `xml:"name"`
	Desc   string     `xml:"desc,omitempty"`
	Points []gpxPoint `xml:"rtept"`
}

type gpxPoint struct {
	Lat  float64 `xml:"lat,attr"`
	Lon  float64 `xml:"lon,attr"`
	Time string  `xml:"time,omitempty"`
	Name string  `xml:"name"`
	Desc string  `xml:"desc,omitempty"`
}

// WriteGPX writes the timetable as routes for devices, one for each means that goes
// out. The time of a point is when the visit is to begin, in UTC.
func (p *Plan) WriteGPX(w io.Writer) error {
	out := gpx{Version: "1.1", Creator: "truce"}
	if p.Timetable != nil {
		for i := range p.Timetable.Tours {
			t := &p.Timetable.Tours[i]
			if len(t.Visits) == 0 {
				continue
			}
			base := func(name, at string) gpxPoint {
				return gpxPoint{Lat: t.Lat, Lon: t.Lon, Time: utc(at), Name: name}
			}
			r := gpxRoute{Name: t.Means + " " + p.Timetable.Date, Desc: Visible(strings.Join(t.Needs, "; ")), Points: []gpxPoint{base("leave", t.Leave)}}
			for k, v := range t.Visits {
				if t.Kind == string(watch.UAV) && k > 0 {
					r.Points = append(r.Points, base("base", ""))
				}
				r.Points = append(r.Points, gpxPoint{v.Lat, v.Lon, utc(v.Begin), Visible(v.Scene), Visible(fmt.Sprintf("%s to %s: %s", hour(v.Begin), hour(v.End), strings.Join(v.Tasks, ", ")))})
			}
			r.Points = append(r.Points, base("back", t.Back))
			out.Routes = append(out.Routes, r)
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func utc(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
