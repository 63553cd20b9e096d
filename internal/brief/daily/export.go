package daily

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// exportColumns are those of the incidents file (docs/formats.md), so that whoever gets
// the records of a report can count them again; in_number says what the headline made
// of them. Beside each is its HXL tag (HXL 1.1).
var exportColumns = [][2]string{
	{"id", "#event+id"}, {"scenario", "#event+scenario"}, {"time_start", "#date+start"}, {"time_end", "#date+end"}, {"lat", "#geo+lat"}, {"lon", "#geo+lon"}, {"precision_m", "#geo+precision"},
	{"place", "#loc+name"}, {"actor", "#org+reported"}, {"act", "#event+type"}, {"outcome", "#event+outcome"}, {"means", "#event+means"}, {"target", "#event+target"},
	{"observed", "#indicator+observed"}, {"sense", "#indicator+sense"}, {"station", "#loc+station"}, {"exercise", "#indicator+exercise"}, {"same", "#event+same"},
	{"count", "#indicator+num"}, {"killed", "#affected+killed"}, {"injured", "#affected+injured"}, {"damage", "#impact+damage"}, {"severity", "#severity"},
	{"level", "#status+level"}, {"source", "#meta+source"}, {"text", "#description"}, {"in_number", "#meta+counted"},
}

// exported is a scenario of a record, as columns and as a place.
type exported struct {
	cells  map[string]string
	region where.Region
	span   when.Span
}

// export writes down the records of the period.
func (b *builder) export() {
	total := b.r.Figure("violations.total")
	for _, r := range b.now {
		in := map[string]string{b.c.text("counts.yes"): "yes", b.c.text("counts.may"): "may", b.c.text("counts.once"): "once"}[b.counts(total.Number, r.ID)]
		if in == "" {
			in = "no"
		}
		for i := range r.Scenarios {
			b.r.exports = append(b.r.exports, exportOf(r, &r.Scenarios[i], in))
		}
	}
}

func exportOf(r *Record, s *evidence.Scenario, in string) exported {
	x := exported{map[string]string{"id": r.ID, "scenario": s.Name, "level": r.Level.String(), "source": visible(r.Source), "text": visible(r.Text), "damage": visible(r.Damage), "severity": visible(r.Severity), "in_number": in}, s.Place, s.Time}
	set := func(name, value string) {
		if value != "" {
			x.cells[name] = value
		}
	}
	set("count", r.Count.String())
	set("killed", r.Killed.String())
	set("injured", r.Injured.String())
	for name, list := range map[string][]string{"actor": s.Actor, "act": s.Act, "outcome": s.Outcome, "means": s.Means, "target": s.Target} {
		set(name, strings.Join(list, "|"))
	}
	if s.Time.Start.Bounded() && s.Time.End.Bounded() {
		set("time_start", s.Time.Start.RFC3339())
		set("time_end", s.Time.End.RFC3339())
	}
	place := s.Place.String()
	codes, isArea := strings.CutPrefix(place, "area ")
	c, ok := s.Place.Centre()
	radius, known := s.Place.Radius()
	switch {
	case isArea:
		set("place", "area:"+codes)
	case strings.HasPrefix(s.PlaceName, "sector:"):
		set("place", s.PlaceName)
	case ok && known:
		set("lat", fmt.Sprintf("%.5f", c.Lat))
		set("lon", fmt.Sprintf("%.5f", c.Lon))
		set("precision_m", fmt.Sprintf("%.0f", float64(radius)))
		set("place", visible(s.PlaceName))
	default:
		set("place", visible(s.PlaceName))
	}
	if o := r.Seen; o != nil {
		set("observed", o.Kind)
		set("sense", o.Sense)
		set("station", visible(o.Station))
		set("exercise", visible(o.Exercise))
		set("same", visible(o.Same))
	}
	return x
}

// recordTable is the records of the period in the columns of the incidents file; tags
// adds the row of HXL tags.
func (r *Report) recordTable(tags bool) *Table {
	t := &Table{ID: "records", Title: r.words.text("col.records")}
	var second []Sentence
	for _, c := range exportColumns {
		t.Columns = append(t.Columns, c[0])
		second = append(second, plain(c[1]))
	}
	if tags {
		t.Rows = append(t.Rows, second)
	}
	for _, x := range r.exports {
		var row []Sentence
		for _, c := range exportColumns {
			row = append(row, quoted(x.cells[c[0]]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// WriteHXL writes the records of the period as CSV with a row of HXL tags.
func (r *Report) WriteHXL(w io.Writer) error { return WriteCSV(w, r.recordTable(true)) }

// WriteGeoJSON writes the records of the period with their places as they are known:
// rings and areas, never only a point that looks exact.
func (r *Report) WriteGeoJSON(w io.Writer) error {
	type feature struct {
		Type       string            `json:"type"`
		Geometry   json.RawMessage   `json:"geometry"`
		Properties map[string]string `json:"properties"`
	}
	out := struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}{"FeatureCollection", []feature{}}
	for _, x := range r.exports {
		f := feature{"Feature", json.RawMessage("null"), x.cells}
		if !x.region.IsUnknown() {
			f.Geometry = x.region.GeoJSON()
		}
		out.Features = append(out.Features, f)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// The elements of KML 2.2 that are used.
type kmlFile struct {
	XMLName  xml.Name    `xml:"http://www.opengis.net/kml/2.2 kml"`
	Document kmlDocument `xml:"Document"`
}

type kmlDocument struct {
	Name   string     `xml:"name"`
	Places []kmlPlace `xml:"Placemark"`
}

type kmlPlace struct {
	Name  string    `xml:"name"`
	Says  string    `xml:"description"`
	Span  *kmlSpan  `xml:"TimeSpan,omitempty"`
	Data  []kmlData `xml:"ExtendedData>Data"`
	Point *kmlPoint `xml:"Point,omitempty"`
	Multi *kmlMulti `xml:"MultiGeometry,omitempty"`
}

type kmlSpan struct {
	Begin string `xml:"begin"`
	End   string `xml:"end"`
}

type kmlData struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value"`
}

type kmlPoint struct {
	At string `xml:"coordinates"`
}

type kmlMulti struct {
	Polygons []kmlPolygon `xml:"Polygon"`
}

type kmlPolygon struct {
	Outer string    `xml:"outerBoundaryIs>LinearRing>coordinates"`
	Inner []kmlHole `xml:"innerBoundaryIs"`
}

type kmlHole struct {
	At string `xml:"LinearRing>coordinates"`
}

// WriteKML writes the records of the period, as GeoJSON does; one without a known place
// is a placemark without geometry.
func (r *Report) WriteKML(w io.Writer) error {
	out := kmlFile{Document: kmlDocument{Name: r.Title}}
	for _, x := range r.exports {
		var mp where.MultiPolygon
		var points []where.Point
		if !x.region.IsUnknown() {
			var err error
			if mp, _, points, err = where.ParseGeoJSON(x.region.GeoJSON()); err != nil {
				return fmt.Errorf("%s: its place cannot be drawn: %w", x.cells["id"], err)
			}
		}
		p := kmlPlace{Name: x.cells["id"], Says: x.cells["text"]}
		if x.span.Start.Bounded() && x.span.End.Bounded() {
			p.Span = &kmlSpan{x.span.Start.RFC3339(), x.span.End.RFC3339()}
		}
		for _, c := range exportColumns {
			if v := x.cells[c[0]]; v != "" {
				p.Data = append(p.Data, kmlData{c[0], v})
			}
		}
		if len(mp) > 0 {
			p.Multi = &kmlMulti{}
			for _, poly := range mp {
				var k kmlPolygon
				for i, ring := range poly {
					if text := kmlRing(ring); i == 0 {
						k.Outer = text
					} else {
						k.Inner = append(k.Inner, kmlHole{text})
					}
				}
				p.Multi.Polygons = append(p.Multi.Polygons, k)
			}
		} else if len(points) > 0 {
			p.Point = &kmlPoint{kmlRing(points[:1])}
		}
		out.Document.Places = append(out.Document.Places, p)
	}
	return writeXML(w, out)
}

func kmlRing(ring []where.Point) string {
	var b strings.Builder
	for i, p := range ring {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%.6f,%.6f", p.Lon, p.Lat)
	}
	return b.String()
}
