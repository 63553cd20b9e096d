package feeds

import (
	"fmt"
	"strings"
)

// identity says how rows of a kind are known again in another edition.
type identity struct {
	// ids are columns with the source's own stable id; the first that is filled
	// counts. of are columns that are part of it.
	ids, of []string
	// keys are sets of columns that name a row where it has no id, the strongest
	// first. Where several rows share one, those that differ least are paired.
	keys [][]string
	// near are weaker sets: they pair two rows only where exactly one is left
	// with these values in each edition.
	near     [][]string
	dates    []string // the day a row is about, the first that can be read
	counts   []string // numbers that sources revise
	stamps   []string // say when a row was written and nothing of what it holds
	replaces []string // ids of earlier rows that this one replaces
}

// sets splits "a b; c d" into sets of columns.
func sets(s string) [][]string {
	var out [][]string
	for _, part := range strings.Split(s, ";") {
		out = append(out, strings.Fields(part))
	}
	return out
}

// identities are the stable ids by kind (docs/editions.md lists them).
var identities = map[string]identity{
	"acled": {
		ids: strings.Fields("event_id_cnty data_id"), dates: strings.Fields("event_date"), counts: strings.Fields("fatalities"), stamps: strings.Fields("timestamp"),
	},
	"ucdp": {
		ids: strings.Fields("id"), dates: strings.Fields("date_start"), counts: strings.Fields("best high low deaths_a deaths_b deaths_civilians deaths_unknown"),
	},
	"viina": { // numbers start anew in some editions, so the date is part of the id
		ids: strings.Fields("event_id event_id_1pd"), of: strings.Fields("date"), dates: strings.Fields("date"),
	},
	"gdelt": { // of mentions, one event has many
		ids: strings.Fields("globaleventid"), of: strings.Fields("mentionidentifier sentenceid"), dates: strings.Fields("day sqldate eventtimedate"),
		counts: strings.Fields("nummentions numsources numarticles"), stamps: strings.Fields("dateadded"),
	},
	"claims": {
		ids: strings.Fields("claim_id"), dates: strings.Fields("event_start published"), counts: strings.Fields("count_claimed n_objects"),
	},
	"bellingcat":   {ids: strings.Fields("id"), dates: strings.Fields("date")},
	"geoconfirmed": {ids: strings.Fields("id"), keys: sets("date name latitude longitude"), near: sets("latitude longitude date"), dates: strings.Fields("date")},
	"kobo": {
		ids: strings.Fields("meta/instanceid _uuid _id"), replaces: strings.Fields("meta/deprecatedid meta/rootuuid"), dates: strings.Fields("time_start today start _submission_time"),
		counts: strings.Fields("killed injured"), stamps: strings.Fields("_submission_time __version__ _version_ start end"),
	},
	"cap": {ids: strings.Fields("identifier"), of: strings.Fields("sender sent"), replaces: strings.Fields("references"), dates: strings.Fields("sent")},
	"cot": {ids: strings.Fields("@uid"), dates: strings.Fields("@time @start"), stamps: strings.Fields("@stale")},
	"kml": {
		ids: strings.Fields("@id"), keys: sets("name point/coordinates"), near: sets("name;point/coordinates"),
		dates: strings.Fields("timestamp/when timespan/begin"),
	},
	"airforce": {
		keys: sets("time_start time_end model launch_place target; time_start model launch_place"),
		near: sets("time_start model; time_start time_end launch_place target; time_end model launch_place target"), dates: strings.Fields("time_start"),
		counts: strings.Fields("launched destroyed not_reach_goal cross_border_belarus back_russia still_attacking"),
	},
	"sirens": {
		keys: sets("started_at oblast raion hromada region"), near: sets("finished_at oblast raion hromada region"), dates: strings.Fields("started_at"),
	},
	"firms": {
		keys: sets("acq_date acq_time latitude longitude satellite"), dates: strings.Fields("acq_date"), stamps: strings.Fields("version"),
	},
}

// incidentsFile serves the kinds with the columns of the incidents file.
var incidentsFile = identity{
	ids: strings.Fields("id"), of: strings.Fields("scenario"), keys: sets("time_start time_end lat lon place act"), near: sets("time_start lat lon place"),
	dates: strings.Fields("time_start launch_start"), counts: strings.Fields("killed injured"),
}

// identityOf is the identity of the rows of an edition.
func identityOf(e *Edition) identity {
	if id, ok := identities[e.Kind]; ok {
		return id
	}
	if e.Kind == "hxl" {
		return hxlIdentity(e.columns)
	}
	return incidentsFile
}

// hxlIdentity finds the columns by their tags, as the reader of such tables does.
func hxlIdentity(columns []string) identity {
	of := func(fact string) (out []string) {
		for _, want := range hxlFacts {
			for _, name := range columns {
				if want.fact == fact && tagFits(name, want.must, want.not) {
					return []string{name}
				}
			}
		}
		return nil
	}
	id := identity{ids: of("id"), dates: append(of("date"), of("start")...), counts: append(of("killed"), of("injured")...)}
	key := append(append(append([]string{}, id.dates...), of("lat")...), of("lon")...)
	id.keys = [][]string{append(key, append(of("sub"), of("type")...)...)}
	return id
}

// key joins the values of columns; "" if all are empty.
func (e *Edition) key(w *EditionRow, columns []string) string {
	var b strings.Builder
	some := false
	for i, c := range columns {
		v := e.get(w, c)
		some = some || v != ""
		if i > 0 {
			b.WriteByte('\x1f')
		}
		b.WriteString(v)
	}
	if !some {
		return ""
	}
	return b.String()
}

// id is the source's own id of a row; "" if it has none.
func (e *Edition) id(w *EditionRow) string {
	for _, c := range e.identity.ids {
		if v := e.get(w, c); v != "" {
			return bareUUID(v) + "\x1f" + e.key(w, e.identity.of)
		}
	}
	return ""
}

// keys are what a row may be known by: its id, or else its keys.
func (e *Edition) keys(w *EditionRow) []string {
	if id := e.id(w); id != "" {
		return []string{id}
	}
	var out []string
	for _, names := range e.identity.keys {
		if k := e.key(w, names); k != "" {
			out = append(out, fmt.Sprintf("%q %s", names, k))
		}
	}
	return out
}

// named is how a row is named to people.
func (e *Edition) named(w *EditionRow) string {
	columns := e.identity.of
	if e.Kind == "viina" || e.Kind == "cap" {
		columns = nil // the day is shown beside it
	}
	for _, c := range e.identity.ids {
		if v := e.get(w, c); v != "" {
			return joinWith(" ", append([]string{v}, e.list(w, columns)...)...)
		}
	}
	if len(e.identity.keys) > 0 {
		return joinWith(" | ", e.list(w, e.identity.keys[0])...)
	}
	return ""
}

func (e *Edition) list(w *EditionRow, columns []string) []string {
	var out []string
	for _, c := range columns {
		out = append(out, e.get(w, c))
	}
	return out
}

func joinWith(by string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, by)
}

// replaced are the ids that a row says it replaces.
func (e *Edition) replaced(w *EditionRow) []string {
	var out []string
	for _, c := range e.identity.replaces {
		v := e.get(w, c)
		if c != "references" {
			if v != "" {
				out = append(out, bareUUID(v)+"\x1f")
			}
			continue
		}
		for _, ref := range strings.Fields(v) { // sender,identifier,sent
			if p := strings.Split(ref, ","); len(p) == 3 {
				out = append(out, p[1]+"\x1f"+p[0]+"\x1f"+p[2])
			}
		}
	}
	return out
}
