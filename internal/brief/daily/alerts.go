package daily

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
)

// The elements of the Common Alerting Protocol 1.2 that are used.
type capAlert struct {
	XMLName     xml.Name  `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier  string    `xml:"identifier"`
	Sender      string    `xml:"sender"`
	Sent        string    `xml:"sent"`
	Status      string    `xml:"status"`
	MsgType     string    `xml:"msgType"`
	Scope       string    `xml:"scope"`
	Restriction string    `xml:"restriction,omitempty"`
	Note        string    `xml:"note"`
	Infos       []capInfo `xml:"info"`
}

type capInfo struct {
	Language    string   `xml:"language"`
	Category    string   `xml:"category"`
	Event       string   `xml:"event"`
	Urgency     string   `xml:"urgency"`
	Severity    string   `xml:"severity"`
	Certainty   string   `xml:"certainty"`
	Onset       string   `xml:"onset,omitempty"`
	Headline    string   `xml:"headline"`
	Description string   `xml:"description"`
	Area        *capArea `xml:"area,omitempty"`
}

type capArea struct {
	Desc   string `xml:"areaDesc"`
	Circle string `xml:"circle,omitempty"`
}

var notCAP = regexp.MustCompile(`[\s,<&]+`)

const capTime = "2006-01-02T15:04:05-07:00"

// WriteCAP writes the records of the period as one alert, an info each. It warns of
// nothing: urgency is Past, severity is not judged, and certainty is Observed only from
// the level verified on. No author is named.
func (r *Report) WriteCAP(w io.Writer) error {
	sent := r.Period.To.Format(capTime)
	a := capAlert{Identifier: notCAP.ReplaceAllString(r.Of+"."+r.Period.To.UTC().Format("20060102T1504Z"), "-"), Sender: notCAP.ReplaceAllString(orText(r.Mission, "unnamed"), "-"), Sent: sent,
		Status: "Actual", MsgType: "Alert", Scope: "Public", Note: r.words.text("foot")}
	if r.audience != "" && r.audience != "public" {
		a.Scope, a.Restriction = "Restricted", r.words.text("for."+r.audience)
	}
	for _, x := range r.exports {
		i := capInfo{Language: r.Lang, Category: "Security", Event: r.words.words("act", x.cells["act"]), Urgency: "Past", Severity: "Unknown", Certainty: "Unknown", Headline: x.cells["id"], Description: x.cells["text"]}
		switch x.cells["level"] {
		case evidence.Verified.String(), evidence.Determined.String():
			i.Certainty = "Observed"
		case evidence.Corroborated.String():
			i.Certainty = "Likely"
		case evidence.Reported.String():
			i.Certainty = "Possible"
		}
		if x.span.Start.Bounded() {
			i.Onset = x.span.Start.Time().In(r.Period.To.Location()).Format(capTime)
		}
		if c, ok := x.region.Centre(); ok {
			i.Area = &capArea{Desc: orText(x.cells["place"], x.region.String())}
			if m, known := x.region.Radius(); known {
				i.Area.Circle = fmt.Sprintf("%.5f,%.5f %.3f", c.Lat, c.Lon, max(float64(m), 1)/1000)
			}
		}
		a.Infos = append(a.Infos, i)
	}
	return writeXML(w, a)
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// words names the possible values of a cell.
func (c *catalogue) words(tree, cell string) string {
	if cell == "" {
		return c.text("not-said")
	}
	var out []string
	for _, v := range strings.Split(cell, "|") {
		out = append(out, c.word(tree, v))
	}
	return joinWords(out, c.text("or"))
}

type cotEvents struct {
	XMLName xml.Name   `xml:"events"`
	Events  []cotEvent `xml:"event"`
}

type cotEvent struct {
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

// WriteCoT writes the records of the period that have a time and a place as Cursor on
// Target. All are neutral (a-n-G) and estimated by people (h-e): whose an act was is
// not told, and no one is friend or hostile.
func (r *Report) WriteCoT(w io.Writer) error {
	var out cotEvents
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	for n, x := range r.exports {
		c, ok := x.region.Centre()
		m, known := x.region.Radius()
		if !ok || !known || !x.span.Start.Bounded() || !x.span.End.Bounded() {
			continue
		}
		out.Events = append(out.Events, cotEvent{Version: "2.0", UID: fmt.Sprintf("%s.%d", x.cells["id"], n+1), Type: "a-n-G", How: "h-e",
			Time: at(r.Period.To), Start: at(x.span.Start.Time()), Stale: at(x.span.End.Time().Add(24 * time.Hour)),
			Point:   cotPoint{fmt.Sprintf("%.6f", c.Lat), fmt.Sprintf("%.6f", c.Lon), cotUnknown, fmt.Sprintf("%.1f", float64(m)), cotUnknown},
			Remarks: r.words.words("act", x.cells["act"]) + "; " + r.words.text("level."+x.cells["level"]) + "; " + x.cells["text"]})
	}
	return writeXML(w, out)
}

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return enc.Close()
}
