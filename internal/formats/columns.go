package formats

// kind is what the cells of a column hold.
type kind uint8

const (
	textCell kind = iota
	numberCell
	wholeCell // a whole number
	timeCell  // RFC 3339, UTC
)

// column is what is known of the columns that rows of truce have: what they hold, and
// their tag by the standard of HXL 1.1. One that is not here holds text.
type column struct {
	kind kind
	tag  string
}

var known = map[string]column{
	"id": {tag: "#event+id"}, "incident": {tag: "#event+id"}, "scenario": {tag: "#event+scenario"}, "radio": {tag: "#event+code"}, "state": {tag: "#status+state"}, "title": {tag: "#event+name"},
	"time_start": {timeCell, "#date+start"}, "time_end": {timeCell, "#date+end"}, "made": {timeCell, "#date+reported"},
	"lat": {numberCell, "#geo+lat"}, "lon": {numberCell, "#geo+lon"}, "precision_m": {numberCell, "#geo+precision"},
	"place": {tag: "#loc+name"}, "place_given": {tag: "#loc+name"}, "actor": {tag: "#org+reported"}, "author": {tag: "#meta+author"}, "party": {tag: "#org+bound"}, "owner": {tag: "#org+owner"}, "controller": {tag: "#org+controller"},
	"act": {tag: "#event+type"}, "outcome": {tag: "#event+outcome"}, "means": {tag: "#event+means"}, "target": {tag: "#event+target"},
	"observed": {tag: "#indicator+observed"}, "sense": {tag: "#indicator+sense"}, "station": {tag: "#loc+station"}, "exercise": {tag: "#indicator+exercise"}, "same": {tag: "#event+same"},
	"count": {tag: "#indicator+num"}, "killed": {tag: "#affected+killed"}, "injured": {tag: "#affected+injured"}, "damage": {tag: "#impact+damage"}, "severity": {tag: "#severity"},
	"level": {tag: "#status+level"}, "source": {tag: "#meta+source"}, "text": {tag: "#description"}, "says": {tag: "#description"}, "in_number": {tag: "#meta+counted"},
	"terms": {tag: "#meta+terms"}, "reading": {tag: "#meta+reading"}, "clause": {tag: "#meta+clause"}, "verdict": {tag: "#status+finding"}, "share": {numberCell, "#indicator+share"}, "deciding": {tag: "#meta+deciding"},
	"trace": {tag: "#meta+trace"}, "terms_digest": {tag: "#meta+digest"}, "engine": {tag: "#meta+engine"}, "tzdata": {tag: "#meta+tzdata"},
	"scenarios": {wholeCell, "#indicator+scenarios"}, "since": {wholeCell, "#meta+since"}, "index": {wholeCell, "#meta+index"}, "marking": {tag: "#access+marking"}, "kind": {tag: "#meta+kind"},
	"reports": {tag: "#meta+reports"}, "claims": {tag: "#meta+claims"}, "verdicts": {tag: "#status+findings"}, "account": {tag: "#contact+account"}, "refs": {tag: "#meta+refs"},
}

// tagOf is the HXL tag of a column; one that has none of its own says so.
func tagOf(name string) string {
	if t := known[name].tag; t != "" {
		return t
	}
	return "#meta+other"
}

// numbers are those of the columns that hold numbers.
func numbers(columns []string) []string {
	var out []string
	for _, c := range columns {
		if k := known[c].kind; k == numberCell || k == wholeCell {
			out = append(out, c)
		}
	}
	return out
}
