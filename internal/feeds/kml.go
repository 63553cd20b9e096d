package feeds

import (
	"bufio"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/truce-project/truce/where"
)

// kmlFeed reads placemarks into rows of the incidents file. A placemark without
// facts of that file is a place, and no event.
type kmlFeed struct {
	*run
	truce *truceFeed
	in    *markupReader
}

func (r *run) kml(br *bufio.Reader) error {
	r.readAs("kml")
	f, before, links := &kmlFeed{r, &truceFeed{run: r}, r.markupReader(br)}, r.sum.Rows, 0
	for {
		start, err := f.in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return f.truce.cut(f.in.broken("the document", err))
		}
		switch start.Name.Local {
		case "NetworkLink":
			if links++; links == 1 {
				r.remark(&record{line: f.in.line}, "NetworkLink", "links to other documents are not followed: save what they show into a file")
			}
			continue
		case "Placemark":
		default:
			continue
		}
		n, bad, err := f.in.element(start)
		if err != nil {
			return f.truce.cut(f.in.broken("the document", err))
		}
		if err := f.placemark(n, bad); err != nil {
			return err
		}
	}
	if err := f.truce.end(); err != nil {
		return err
	}
	if r.sum.Rows == before {
		return r.empty()
	}
	return nil
}

func (f *kmlFeed) placemark(n *node, bad *fault) error {
	f.sum.Rows++
	rec := newRecord(f.in.line)
	if bad != nil {
		return f.truce.broken(rec, bad)
	}
	var b strings.Builder
	n.write(&b)
	rec.raw = b.String()
	f.watch(rec, n.fields)
	f.data(rec, n.child("ExtendedData"))
	if !eventful(rec) {
		f.sum.Reports++
		return nil
	}
	rec.fill("id", n.attr("id"))
	rec.fill("text", joinText(n.value("name"), n.value("description")))
	notes := f.times(rec, n)
	if err := f.geometry(rec, n); err != nil {
		return f.truce.broken(rec, err)
	}
	return f.truce.described(rec, notes)
}

// data reads the columns that stand as Data or SimpleData.
func (f *kmlFeed) data(rec *record, n *node) {
	if n == nil {
		return
	}
	set := func(name, value string) {
		if !rec.fill(columnName(name), strings.TrimSpace(value)) {
			f.ignore(strings.TrimSpace(name))
		}
	}
	for _, d := range n.children("Data") {
		set(d.attr("name"), d.value("value"))
	}
	for _, s := range n.children("SchemaData") {
		for _, d := range s.children("SimpleData") {
			set(d.attr("name"), d.content())
		}
	}
}

// kmlDates are the days, months and years that KML allows for a time.
var kmlDates = []struct {
	layout string
	sign   *regexp.Regexp
	next   func(time.Time) time.Time
}{
	{"2006-01-02", regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`), func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01", regexp.MustCompile(`^\d{4}-\d{2}$`), func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{"2006", regexp.MustCompile(`^\d{4}$`), func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
}

// times fills the times of a row from TimeStamp and TimeSpan where the row does
// not say them itself.
func (f *kmlFeed) times(rec *record, n *node) []string {
	if rec.first("time_start", "time_end") != "" {
		return nil
	}
	stamp, span := n.child("TimeStamp"), n.child("TimeSpan")
	begin, end := "", ""
	dated, isDate := false, false
	if stamp != nil {
		begin = stamp.value("when")
		if begin, end, dated = f.date(begin); !dated {
			end = ""
		}
	} else if span != nil {
		begin, _, dated = f.date(span.value("begin"))
		_, end, isDate = f.date(span.value("end"))
	}
	rec.fill("time_start", begin)
	rec.fill("time_end", end)
	if (dated || isDate) && f.opt.Zone == nil {
		return []string{"the date names no zone: it is taken as that day anywhere on earth"}
	}
	return nil
}

// date is the time from the start of a date to its end, in the zone asked for
// or anywhere on earth. What is no date is given back as it is.
func (f *kmlFeed) date(text string) (from, to string, ok bool) {
	for _, d := range kmlDates {
		t, err := time.Parse(d.layout, text)
		if err != nil || !d.sign.MatchString(text) {
			continue
		}
		start, end := t.Add(-firstDawn), d.next(t).Add(lastDusk)
		if z := f.opt.Zone; z != nil {
			next := d.next(t)
			start, end = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, z), time.Date(next.Year(), next.Month(), next.Day(), 0, 0, 0, 0, z)
		}
		return start.Format(time.RFC3339), end.Format(time.RFC3339), true
	}
	return text, text, false
}

// geometry sets the place of a row. Of a MultiGeometry it is one of its parts.
func (f *kmlFeed) geometry(rec *record, n *node) error {
	var g mapShape
	if err := g.add(n); err != nil {
		return err
	}
	switch {
	case len(g.points) == 1 && len(g.polygons) == 0:
		rec.fields[featureColumns["lon"]], rec.fields[featureColumns["lat"]] = g.points[0][0], g.points[0][1]
		return nil
	case g.empty():
		return nil
	}
	var parts []where.Region
	if len(g.polygons) > 0 {
		r, err := polygons(g.polygons)
		if err != nil {
			return faultIn("Polygon", "%v", err)
		}
		parts = append(parts, r)
	}
	radius := 0.0
	if v := rec.get("precision_m"); v != "" && len(g.points) > 0 {
		var err error
		if radius, err = metres("precision_m", v); err != nil {
			return err
		}
	}
	for _, c := range g.points {
		at, err := point(c[1], c[0])
		if err != nil {
			return err
		}
		parts = append(parts, where.Disc(at, where.Metres(radius)))
	}
	rec.shape = &shape{area: true, region: where.UnionRegion(parts...)}
	return nil
}

// mapShape gathers points and polygons: longitude and latitude as text.
type mapShape struct {
	points   [][2]string
	polygons [][][][2]string
}

func (g *mapShape) empty() bool { return len(g.points) == 0 && len(g.polygons) == 0 }

func (g *mapShape) add(n *node) error {
	for _, k := range n.kids {
		switch k.name {
		case "Point":
			c, err := kmlCoordinates(k)
			if err != nil || len(c) != 1 {
				return faultIn("Point", "%q: expected one longitude,latitude", clip(k.value("coordinates")))
			}
			g.points = append(g.points, c[0])
		case "Polygon":
			p, err := kmlPolygon(k)
			if err != nil {
				return err
			}
			g.polygons = append(g.polygons, p)
		case "MultiGeometry":
			if err := g.add(k); err != nil {
				return err
			}
		case "LineString", "LinearRing", "Track", "MultiTrack", "Model":
			return faultIn(k.name, "expected Point, Polygon or MultiGeometry; where something happened along a line, draw the area")
		}
	}
	return nil
}

func kmlPolygon(n *node) ([][][2]string, error) {
	outer := n.children("outerBoundaryIs")
	if len(outer) != 1 {
		return nil, faultIn("Polygon", "%d outer boundaries: expected one", len(outer))
	}
	var out [][][2]string
	for _, b := range append(outer, n.children("innerBoundaryIs")...) {
		for _, ring := range b.children("LinearRing") {
			c, err := kmlCoordinates(ring)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// kmlCoordinates reads "lon,lat,alt lon,lat,alt".
func kmlCoordinates(n *node) ([][2]string, error) {
	var out [][2]string
	for _, tuple := range strings.Fields(n.value("coordinates")) {
		part := strings.Split(tuple, ",")
		if len(part) < 2 || len(part) > 3 {
			return nil, faultIn("coordinates", "%q: expected longitude,latitude or longitude,latitude,altitude", clip(tuple))
		}
		for i, column := range []string{"lon", "lat"} {
			if _, err := degrees(column, part[i]); err != nil {
				return nil, err
			}
		}
		out = append(out, [2]string{part[0], part[1]})
	}
	return out, nil
}
