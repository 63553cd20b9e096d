package console

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// behind is where the data of a page are: an address of the API, that of its tables,
// and the keys of the page's address that lay the page out (what is chosen, where the map
// stands) and are no part of the question. Any other key goes on: one that is misspelt is
// refused there, and does not ask for everything.
type behind struct {
	json, table string // table has .csv and .geojson; "" is json
	layout      string
}

var dataOf = map[string]behind{
	"today":        {json: "/api/incidents", layout: "t only by sel map"},
	"incidents":    {json: "/api/incidents", layout: "t only by sel map"},
	"triage":       {json: "/api/incidents", layout: "do show sel"},
	"verification": {json: "/api/tasks", layout: "task state show act n q from to map sel"},
	"compare":      {json: "/api/compare", layout: "view move sel map"},
	"scenario":     {json: "/api/scenario", layout: "only sel"},
	"terms":        {json: "/api/terms", layout: "sel"},
	"talks":        {json: "/api/talks", layout: "do party sel"},
	"commission":   {json: "/api/commission", layout: "sel text map"},
	"record":       {json: "/api/record", table: "/api/entries", layout: "entry"},
	"people":       {json: "/api/own", table: "/api/accounts", layout: "view entry as role party action thing marking of own"},
	"methodology":  {json: "/api/rules", layout: "view"},
	"report":       {json: "/api/forms", layout: "about form"},
}

// ofOne are the addresses of one incident and of one text.
var ofOne = map[string]behind{
	"incidents": {json: "/api/incidents/ONE", table: "/api/incidents/ONE/facts", layout: "text reading sel map"},
	"terms":     {json: "/api/terms/ONE/source", table: "/api/terms/ONE/counts", layout: "view lint reading sel"},
}

// dataAt is the address of the API at which the data of a page are, with the question
// that the page asks. Lists of the API that are no page are as they are called.
func dataAt(name, query string) string {
	ending := path.Ext(name)
	page, one, _ := strings.Cut(strings.TrimSuffix(name, ending), "/")
	if page == "" {
		page = "today"
	}
	b, known := dataOf[page]
	if one != "" {
		b, known = ofOne[page]
	}
	if !known {
		return withQuery("/api/"+strings.TrimSuffix(name, ".json"), query)
	}
	layout := strings.Fields(b.layout)
	asks := only(query, func(key string) bool { return !slices.Contains(layout, key) })
	switch {
	case page == "terms" && one != "" && ending == ".geojson": // what was judged by it, where that was
		b.table, asks = "/api/findings", joined(asks, "terms="+url.QueryEscape(one))
	case one != "":
	case page == "today", page == "incidents":
		asks = clockAndReading(query, asks)
	case page == "triage":
		asks = joined(asks, "state=report")
	case page == "people" && strings.Contains(query, "view=accounts"):
		b.json = b.table
	case page == "record" && ending == ".json": // the kind is that of the entries
		asks = without(asks, "kind")
	}
	to := b.json
	if ending != ".json" {
		if b.table != "" {
			to = b.table
		}
		to += ending
	}
	return withQuery(strings.ReplaceAll(to, "ONE", one), asks)
}

// clockAndReading adds the clock of a page, and the reading by which it draws, in the
// words of the API: what had begun by the clock, or the day before it; the text and the
// reading by which a verdict is asked for. By all readings the API can be asked whether
// they differ, and no more, as on the page.
func clockAndReading(query, asks string) string {
	q, err := url.ParseQuery(query)
	if err != nil {
		return asks // the API says what is wrong with it
	}
	if at, err := time.Parse("2006-01-02T15:04Z07:00", q.Get("t")); err == nil {
		if to := q.Get("to"); to == "" || to > q.Get("t") {
			asks = joined(without(asks, "to"), "to="+url.QueryEscape(q.Get("t")))
		}
		if day := at.AddDate(0, 0, -1).UTC().Format("2006-01-02T15:04Z"); q.Get("only") == "day" && q.Get("from") < day {
			asks = joined(without(asks, "from"), "from="+url.QueryEscape(day))
		}
	}
	text, reading, ok := strings.Cut(q.Get("by"), "@")
	if verdict := q.Get("verdict"); ok && verdict != "" && q.Get("terms") == "" && (reading != "*" || strings.TrimPrefix(verdict, "!") == "contested") {
		asks = joined(asks, "terms="+url.QueryEscape(text))
		if reading != "*" {
			asks = joined(asks, "reading="+url.QueryEscape(reading))
		}
	}
	return asks
}

func without(query, key string) string { return only(query, func(k string) bool { return k != key }) }

func only(query string, wanted func(key string) bool) string {
	var out []string
	for _, pair := range strings.Split(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err == nil && k != "" && wanted(k) {
			out = append(out, pair)
		}
	}
	return strings.Join(out, "&")
}

func joined(query, pair string) string {
	if query == "" {
		return pair
	}
	return query + "&" + pair
}

func withQuery(to, query string) string {
	to = (&url.URL{Path: to}).EscapedPath()
	if query == "" {
		return to
	}
	return to + "?" + query
}
