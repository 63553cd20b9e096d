package formats

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/truce-project/truce/where"
)

// The elements of KML 2.2 that are used.
type kmlPlace struct {
	XMLName xml.Name  `xml:"Placemark"`
	Name    string    `xml:"name"`
	Says    string    `xml:"description"`
	Span    *kmlSpan  `xml:"TimeSpan,omitempty"`
	Data    []kmlData `xml:"ExtendedData>Data"`
	Point   *kmlPoint `xml:"Point,omitempty"`
	Multi   *kmlMulti `xml:"MultiGeometry,omitempty"`
}

type kmlSpan struct {
	Begin string `xml:"begin,omitempty"`
	End   string `xml:"end,omitempty"`
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
	Points   []kmlPoint   `xml:"Point"`
}

type kmlPolygon struct {
	Outer string    `xml:"outerBoundaryIs>LinearRing>coordinates"`
	Inner []kmlHole `xml:"innerBoundaryIs"`
}

type kmlHole struct {
	At string `xml:"LinearRing>coordinates"`
}

type kmlWriter struct {
	xmlWriter
	h *Head
	c cells
}

// newKML writes a placemark for each row; one without a known place has no geometry.
func newKML(w io.Writer, h *Head) (Writer, error) {
	k := &kmlWriter{xmlWriter{w: w, tail: "</Document>\n</kml>\n"}, h, cellsOf(h)}
	return k, k.begin(`<kml xmlns="http://www.opengis.net/kml/2.2">`+"\n<Document>\n", struct {
		XMLName xml.Name `xml:"name"`
		Text    string   `xml:",chardata"`
	}{Text: h.title()})
}

func (k *kmlWriter) Row(r *Row) error {
	p := kmlPlace{Name: k.c.title(r), Says: k.c.says(r)}
	if start, end := r.Span.Start.RFC3339(), r.Span.End.RFC3339(); start != "" || end != "" {
		p.Span = &kmlSpan{start, end}
	}
	for i, name := range k.h.Columns {
		if v := r.Cells[i]; v != "" {
			p.Data = append(p.Data, kmlData{name, v})
		}
	}
	if err := p.draw(r.Place); err != nil {
		return fmt.Errorf("%s: its place cannot be drawn: %w", p.Name, err)
	}
	return k.element(p)
}

// draw gives a placemark the area of a place, or its point where it is exact.
func (p *kmlPlace) draw(place where.Region) error {
	if place.IsUnknown() {
		return nil
	}
	mp, _, points, err := where.ParseGeoJSON(place.GeoJSON())
	if err != nil {
		return err
	}
	if len(mp) == 0 && len(points) == 1 {
		p.Point = &kmlPoint{kmlRing(points)}
		return nil
	}
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
	for i := range points {
		p.Multi.Points = append(p.Multi.Points, kmlPoint{kmlRing(points[i : i+1])})
	}
	return nil
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

// xmlWriter writes elements one by one within others, so that a file may be longer
// than what fits into memory.
type xmlWriter struct {
	w    io.Writer
	tail string
}

func (x *xmlWriter) begin(open string, first ...any) error {
	if _, err := io.WriteString(x.w, xml.Header+open); err != nil {
		return err
	}
	for _, v := range first {
		if err := x.element(v); err != nil {
			return err
		}
	}
	return nil
}

func (x *xmlWriter) element(v any) error {
	enc := xml.NewEncoder(x.w)
	enc.Indent("", " ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	_, err := io.WriteString(x.w, "\n")
	return err
}

// Close ends the file.
func (x *xmlWriter) Close() error {
	_, err := io.WriteString(x.w, x.tail)
	return err
}
