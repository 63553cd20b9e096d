package feeds

import (
	"io"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var sirensColumns = strings.Fields("oblast raion hromada level region started_at finished_at source naive")

func sirensKind() kind {
	return kind{
		name: "sirens", about: "air-raid alerts with oblast or region, started_at, finished_at; JSON of alerts.in.ua", known: sirensColumns,
		match: func(c map[string]int) bool {
			return hasAll(c, "started_at", "finished_at") && (hasAll(c, "oblast", "level") || hasAll(c, "region"))
		},
		start: func(r *run, columns map[string]int) (handler, error) {
			return &sirensFeed{plain: plain{r}, volunteers: !hasAll(columns, "oblast")}, nil
		},
	}
}

// Alert is an air-raid warning. It is no attack: it says that somebody expected
// one. The alerts that never ended in Luhansk (from 4 April 2022) and Crimea
// (from 10 December 2022) are not listed at their source, so that no alert
// there says nothing.
type Alert struct {
	Time when.Span
	// EndKnown is false where the end was not observed but made up, by the
	// source or here; then Time ends at the made-up end.
	EndKnown bool
	// Area is the oblast. Where Level is raion or hromada, the alert was for a
	// part of it. Unknown if the name is not known.
	Area      where.Region
	PlaceName string // as given, with raion and hromada
	Level     string // oblast, raion or hromada (a city too); "" in volunteers' lists, and where it is unknown
	Source    string
	Kind      string // air_raid, artillery_shelling, urban_fights, chemical, nuclear; "" where a list has air raids alone
}

// ReadAlerts reads a list of air-raid alerts and calls yield with each. See
// Read, which counts them and makes no incidents of them.
func ReadAlerts(name string, r io.Reader, opt Options, yield func(Alert) error) (Summary, error) {
	return readSide(name, r, opt, "sirens", func(t *tools) { t.alert = yield })
}

type sirensFeed struct {
	plain
	volunteers bool
	online     bool // the interface of alerts.in.ua
}

// The ends that the lists make up: the official one an hour after the start,
// the volunteers' half an hour.
const (
	officialEnd   = time.Hour
	volunteersEnd = 30 * time.Minute
)

func (f *sirensFeed) record(rec *record) error {
	row := f.rowHash(rec, "siren")
	if _, same := f.seen[row]; same {
		f.sum.Duplicates++
		return nil
	}
	a := Alert{Level: rec.get("level"), Source: rec.get("source"), Kind: rec.get("alert_type")}
	err := f.time(rec, &a)
	if err == nil {
		err = f.level(rec, &a)
	}
	if err != nil {
		return f.reject(rec, err)
	}
	f.seen[row] = struct{}{}
	f.area(rec, &a)
	f.sum.Reports++
	if f.tools.alert != nil {
		return f.tools.alert(a)
	}
	return nil
}

func (f *sirensFeed) time(rec *record, a *Alert) error {
	zone := f.opt.Zone
	if zone == nil {
		zone = time.UTC // both lists are in UTC, where they say
	}
	start, err := parseStamp(rec.get("started_at"), zone)
	if err != nil || start.day {
		return faultIn("started_at", "%q is not a date and time: expected such as 2022-03-15 16:10:34+00:00", clip(rec.get("started_at")))
	}
	made := officialEnd
	if f.volunteers {
		made = volunteersEnd
	}
	a.Time.Start = start.span.Start
	a.Time.End = a.Time.Start.Add(made)
	if v := rec.get("finished_at"); !missing(v) {
		end, err := parseStamp(v, zone)
		if err != nil || end.day {
			return faultIn("finished_at", "%q is not a date and time: expected such as 2022-03-15 16:50:07+00:00", clip(v))
		}
		if a.Time.End = end.span.End; a.Time.End < a.Time.Start {
			return faultIn("finished_at", "it ends (%s) before it starts (%s)", a.Time.End, a.Time.Start)
		}
		// The official list does not mark the ends that it made up: one that is
		// an hour to the second after the start is taken for such.
		a.EndKnown = f.volunteers || f.online || a.Time.End != a.Time.Start.Add(made)
	}
	switch naive := strings.ToLower(rec.get("naive")); naive {
	case "", "false", "0", "nan":
	case "true", "1":
		a.EndKnown = false
	default:
		return faultIn("naive", "%q is neither True nor False", clip(naive))
	}
	return nil
}

func (f *sirensFeed) level(rec *record, a *Alert) error {
	switch a.Level {
	case "oblast", "raion", "hromada":
		return nil
	case "":
		if f.volunteers || f.online {
			return nil
		}
	}
	return faultIn("level", "%q is none of oblast, raion, hromada", clip(a.Level))
}

// area finds the oblast. In some rows oblast and raion have changed places.
func (f *sirensFeed) area(rec *record, a *Alert) {
	name := rec.first("oblast", "region")
	a.PlaceName = joinPlace(rec.get("hromada"), rec.get("raion"), name)
	find := f.tools.remembered("", areaNamed)
	h := find(name)
	if other := rec.get("raion"); !h.found() && other != "" && find(other).found() {
		h = find(other)
		f.remark(rec, "oblast", "%q stands where the oblast should, and the oblast %q where the raion should: read as meant", clip(name), clip(other))
	}
	if !h.found() {
		f.unmapped(rec, "oblast", "place name %q not resolved; the area is left unknown", clip(name))
		return
	}
	region, err := where.AreaRegion(h.codes...)
	if err != nil {
		f.unmapped(rec, "oblast", "%v", err)
		return
	}
	a.Area = region
}
