package formats

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/truce-project/truce/when"
)

// The elements of the Common Alerting Protocol 1.2 that are used.
type capInfo struct {
	XMLName     xml.Name       `xml:"info"`
	Language    string         `xml:"language"`
	Category    string         `xml:"category"`
	Event       string         `xml:"event"`
	Urgency     string         `xml:"urgency"`
	Severity    string         `xml:"severity"`
	Certainty   string         `xml:"certainty"`
	Onset       string         `xml:"onset,omitempty"`
	Headline    string         `xml:"headline"`
	Description string         `xml:"description"`
	Parameters  []capParameter `xml:"parameter"`
	Area        *capArea       `xml:"area,omitempty"`
}

type capParameter struct {
	Name  string `xml:"valueName"`
	Value string `xml:"value"`
}

type capArea struct {
	Desc   string `xml:"areaDesc"`
	Circle string `xml:"circle,omitempty"`
}

type textElement struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

func element(name, text string) textElement { return textElement{xml.Name{Local: name}, text} }

var notCAP = regexp.MustCompile(`[\s,<&]+`)

const capTime = "2006-01-02T15:04:05-07:00"

type capWriter struct {
	xmlWriter
	h *Head
	c cells
}

// newCAP writes rows as one alert, an info each. It warns of nothing: urgency is Past,
// severity is not judged, and certainty is Observed only from the level verified on.
func newCAP(w io.Writer, h *Head) (Writer, error) {
	c := &capWriter{xmlWriter{w: w, tail: "</alert>\n"}, h, cellsOf(h)}
	scope := []any{element("scope", "Public")}
	if h.For != "" && h.For != "public" {
		scope = []any{element("scope", "Restricted"), element("restriction", h.For)}
	}
	id := notCAP.ReplaceAllString(or(h.Of, h.Name)+"."+h.At.UTC().Format("20060102T150405Z"), "-")
	first := []any{element("identifier", id), element("sender", notCAP.ReplaceAllString(or(h.Sender, "unnamed"), "-")), element("sent", h.At.Format(capTime)), element("status", "Actual"), element("msgType", "Alert")}
	first = append(first, scope...)
	return c, c.begin(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">`+"\n", append(first, element("note", or(h.Note, note)))...)
}

const note = "What is told is past, and may be known only in part. Findings say what would follow if the facts hold, and bind nobody."

func (c *capWriter) Row(r *Row) error {
	i := capInfo{Language: or(c.h.Lang, "en"), Category: "Security", Event: or(c.h.words("act", c.c.get(r, "act")), "not recorded"), Urgency: "Past", Severity: "Unknown", Certainty: "Unknown", Headline: c.c.title(r), Description: c.c.says(r)}
	switch c.c.get(r, "level") {
	case "verified", "determined":
		i.Certainty = "Observed"
	case "corroborated":
		i.Certainty = "Likely"
	case "reported":
		i.Certainty = "Possible"
	}
	for _, name := range []string{"level", "verdict", "reading", "clause", "deciding"} {
		if v := c.c.get(r, name); v != "" {
			i.Parameters = append(i.Parameters, capParameter{"truce:" + name, v})
		}
	}
	if r.Span.Start.Bounded() {
		i.Onset = r.Span.Start.Time().In(c.h.At.Location()).Format(capTime)
	}
	if p, ok := r.Place.Centre(); ok {
		i.Area = &capArea{Desc: or(c.c.get(r, "place", "place_given"), r.Place.String())}
		if m, known := r.Place.Radius(); known {
			i.Area.Circle = fmt.Sprintf("%.5f,%.5f %.3f", p.Lat, p.Lon, max(float64(m), 1)/1000)
		}
	}
	return c.element(i)
}

type cotEvent struct {
	XMLName xml.Name `xml:"event"`
	Version string   `xml:"version,attr"`
	UID     string   `xml:"uid,attr"`
	Type    string   `xml:"type,attr"`
	How     string   `xml:"how,attr"`
	Time    string   `xml:"time,attr"`
	Start   string   `xml:"start,attr"`
	Stale   string   `xml:"stale,attr"`
	Point   cotPoint `xml:"point"`
	Remarks string   `xml:"detail>remarks"`
}

type cotPoint struct {
	Lat string `xml:"lat,attr"`
	Lon string `xml:"lon,attr"`
	HAE string `xml:"hae,attr"`
	CE  string `xml:"ce,attr"` // metres; the place is within it
	LE  string `xml:"le,attr"`
}

// cotUnknown is how Cursor on Target writes an error that is not known.
const cotUnknown = "9999999.0"

type cotWriter struct {
	xmlWriter
	h *Head
	c cells
	n int
}

// newCoT writes rows that have a time and a place as Cursor on Target. All are neutral
// (a-n-G) and estimated by people (h-e): whose an act was is not told, and no one is
// friend or hostile.
func newCoT(w io.Writer, h *Head) (Writer, error) {
	c := &cotWriter{xmlWriter: xmlWriter{w: w, tail: "</events>\n"}, h: h, c: cellsOf(h)}
	return c, c.begin("<events>\n")
}

func (c *cotWriter) Row(r *Row) error {
	c.n++
	p, ok := r.Place.Centre()
	m, known := r.Place.Radius()
	if !ok || !known || !r.Span.Start.Bounded() {
		return nil
	}
	end := r.Span.End
	if !end.Bounded() {
		end = r.Span.Start
	}
	says := c.h.words("act", c.c.get(r, "act"))
	for _, more := range []string{c.h.words("level", c.c.get(r, "level")), c.c.get(r, "verdict"), c.c.says(r)} {
		if more != "" {
			says += "; " + more
		}
	}
	return c.element(cotEvent{Version: "2.0", UID: fmt.Sprintf("%s.%d", c.c.id(r), c.n), Type: "a-n-G", How: "h-e",
		Time: cotTime(c.h.At), Start: cotTime(r.Span.Start.Time()), Stale: cotTime(end.Add(24 * time.Hour).Time()),
		Point:   cotPoint{fmt.Sprintf("%.6f", p.Lat), fmt.Sprintf("%.6f", p.Lon), cotUnknown, fmt.Sprintf("%.1f", float64(m)), cotUnknown},
		Remarks: says})
}

func cotTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// SpanOf is a time as cells have it: RFC 3339, "" where it is not known.
func SpanOf(start, end string) when.Span {
	s := when.Span{Start: when.Past, End: when.Future}
	if i, err := when.ParseRFC3339(start); err == nil {
		s.Start = i
	}
	if i, err := when.ParseRFC3339(end); err == nil {
		s.End = i
	}
	return s
}
