package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/where"
)

// pageTable is an answer whose main list can be had as a table too, at its address with
// .csv and .geojson: the same question, asked by the same person, with nothing in it
// that the answer has not. Lists that are long or have formats of their own write them
// themselves (exports).
type pageTable struct {
	path, says string
	list       string // the list, by members from the answer down; / goes into each of a list
	columns    string // members of a row, with dots; of the row above where it has none
}

var pageTables = []pageTable{
	{path: "/api/tasks", says: "What to find out first", list: "items", columns: "rank id fact question answers state worth expected access incidents by due time_start time_end lat lon precision_m place"},
	{path: "/api/compare", says: "Boxes of the differences, each with its made-up act", list: "comparison.differences/boxes", columns: "kind a b words cases clauses_a clauses_b witness.sentence witness.facts.0.time_start witness.facts.0.actor witness.facts.0.act witness.facts.0.target witness.facts.0.owner lat lon precision_m"},
	{path: "/api/talks", says: "Positions", list: "positions", columns: "id holder proposal version stance condition commitment by day quotation summary of in standing"},
	{path: "/api/rules", says: "Counting rules", list: "counting", columns: "id unit says also cannot source"},
	{path: "/api/accounts", says: "Accounts", list: "items", columns: "id name title role party active since"},
	{path: "/api/forms", says: "Questions of the forms", list: "items/fields", columns: "ref id type label.en required to"},
	{path: "/api/terms/{id}/counts", says: "Verdicts by reading", list: "readings", columns: "reading verdicts.breach verdicts.permitted verdicts.not-covered verdicts.not-in-force verdicts.undetermined"},
	{path: "/api/incidents/{id}/facts", says: "One incident", list: "incident", columns: "id radio state title time_start time_end lat lon precision_m place actor act outcome means target owner controller level marking source text"},
	{path: "/api/scenario", says: "Verdicts", list: "items", columns: "terms reading status held_by verdict before changed says"},
}

// tablePages adds them, and the two answers that a page has at its address alone.
func (s *Server) tablePages() {
	s.mux.HandleFunc("GET /api/incidents/{id}/facts", s.turned(func(r *http.Request) (*http.Request, error) {
		return turn(r, http.MethodGet, strings.TrimSuffix(r.URL.Path, "/facts"), r.URL.RawQuery, nil), nil
	}))
	s.mux.HandleFunc("GET /api/scenario", s.turned(supposedBy))
	for p, says := range map[string]string{"/api/incidents/{id}/facts": "As /api/incidents/{id}", "/api/scenario": "As POST /api/judge, by the address of the page Scenario: of, assume=yes, and f.FACT for each fact that is supposed"} {
		s.api.OpenAPI().AddOperation(&huma.Operation{OperationID: "get" + operation(p), Method: http.MethodGet, Path: p, Summary: says, Tags: []string{"read"}, Responses: map[string]*huma.Response{"200": {Description: "The answer"}}})
	}
	for _, b := range pageTables {
		for _, ending := range []string{"csv", "geojson"} {
			f, err := formats.Named(ending)
			if err != nil {
				panic(err) // there are these two
			}
			p := b.path + "." + ending
			s.mux.HandleFunc("GET "+p, s.tabled(b, f))
			s.api.OpenAPI().AddOperation(&huma.Operation{OperationID: "get" + operation(p), Method: http.MethodGet, Path: p, Summary: b.says + " of " + b.path + " as " + f.Name, Tags: []string{"read"},
				Responses: map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{f.Media: {}}}}})
		}
	}
}

// supposedBy is the question of POST /api/judge that the address of the page Scenario
// asks: of, assume, and f.FACT for each fact that is supposed (- for one not known).
func supposedBy(r *http.Request) (*http.Request, error) {
	in := JudgeIn{Facts: map[string]string{}}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	for k, v := range q {
		fact, ok := strings.CutPrefix(k, "f.")
		switch {
		case ok && v[0] == "-":
			in.Facts[fact] = ""
		case ok:
			in.Facts[fact] = v[0]
		case k == "of":
			in.Incident = v[0]
		case k == "assume":
			in.Assume = v[0] == "yes"
		case k == "at":
			if in.At, err = strconv.ParseInt(v[0], 10, 64); err != nil {
				return nil, &huma.ErrorDetail{Message: "expected a size of the log", Location: "query.at", Value: v[0]}
			}
		default:
			return nil, &huma.ErrorDetail{Message: "there is no such parameter: expected of, assume, at, and f.FACT for each fact that is supposed", Location: "query." + k}
		}
	}
	b, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return turn(r, http.MethodPost, "/api/judge", "", b), nil
}

// turn is a request of the same person for something else here.
func turn(r *http.Request, method, to, query string, body []byte) *http.Request {
	out := r.Clone(r.Context())
	out.Method, out.URL.Path, out.URL.RawPath, out.URL.RawQuery = method, to, "", query
	out.Header.Del("If-None-Match")
	out.Body, out.ContentLength = http.NoBody, 0
	if body != nil {
		out.Header.Set("Content-Type", "application/json")
		out.Body, out.ContentLength = readCloser{bytes.NewReader(body)}, int64(len(body))
	}
	return out
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func (s *Server) turned(to func(*http.Request) (*http.Request, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked, err := to(r)
		if err != nil {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			json.NewEncoder(w).Encode(huma.Error422UnprocessableEntity("the question cannot be read", err))
			return
		}
		s.mux.ServeHTTP(w, asked)
	}
}

// answered keeps an answer instead of sending it.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header         { return a.header }
func (a *answered) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (s *Server) tabled(b pageTable, f *formats.Format) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := &answered{header: http.Header{}}
		s.mux.ServeHTTP(a, turn(r, http.MethodGet, strings.TrimSuffix(r.URL.Path, "."+f.Ending), r.URL.RawQuery, nil))
		if a.status == 0 {
			a.status = http.StatusOK
		}
		for _, k := range []string{"Vary", "Cache-Control", "Retry-After", "X-Vector"} {
			if v := a.header.Get(k); v != "" {
				w.Header().Set(k, v)
			}
		}
		if a.status != http.StatusOK {
			w.Header().Set("Content-Type", a.header.Get("Content-Type"))
			w.WriteHeader(a.status)
			w.Write(a.body.Bytes())
			return
		}
		out, err := b.write(a.body.Bytes(), f, s.o.Now())
		if err != nil {
			s.o.Slog.Error("table", "path", r.URL.Path, "error", err.Error())
			Problem(w, http.StatusInternalServerError, "the table could not be written; the same is at "+strings.TrimSuffix(r.URL.Path, "."+f.Ending))
			return
		}
		name := strings.ReplaceAll(strings.Trim(strings.TrimPrefix(b.path, "/api/"), "/"), "/", "-")
		if id := r.PathValue("id"); id != "" {
			name = strings.ReplaceAll(name, "{id}", path.Base(url.PathEscape(id)))
		}
		w.Header().Set("Content-Type", f.Media)
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, f.Ending))
		w.Write(out)
	}
}

// write makes the table of an answer.
func (b *pageTable) write(answer []byte, f *formats.Format, now time.Time) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	var whole map[string]any
	if err := d.Decode(&whole); err != nil {
		return nil, err
	}
	t := table{columns: strings.Fields(b.columns)}
	for i, c := range t.columns { // the last word, where that is one of its kind
		t.columns[i] = strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(c, "witness.facts.0."), "witness."), ".", "_")
	}
	upper, lower, _ := strings.Cut(b.list, "/")
	for _, row := range listOf(memberAt(whole, upper)) {
		if lower == "" {
			t.put(b.columns, row, nil)
			continue
		}
		under := listOf(memberAt(row, lower))
		for _, one := range under {
			t.put(b.columns, one, row)
		}
		if len(under) == 0 { // it has no parts, and is there all the same
			t.put(b.columns, map[string]any{}, row)
		}
	}
	return t.write(f, path.Base(strings.ReplaceAll(b.path, "/{id}", "")), nil, now, "restricted")
}

func (t *table) put(columns string, row, above any) {
	var cells []string
	value := func(c string) any {
		if v := memberAt(row, c); v != nil {
			return v
		}
		if v := memberAt(row, "witness.facts.0."+c); v != nil { // where a made-up act is
			return v
		}
		return memberAt(above, c)
	}
	for _, c := range strings.Fields(columns) {
		cells = append(cells, cellOf(value(c)))
	}
	number := func(c string) *float64 {
		n, err := strconv.ParseFloat(cellOf(value(c)), 64)
		if err != nil {
			return nil
		}
		return &n
	}
	place := where.Unknown()
	if lat, lon := number("lat"), number("lon"); lat != nil && lon != nil {
		place = placeOf(lat, lon, number("precision_m"), "")
	}
	t.add(place, cellOf(value("time_start")), cellOf(value("time_end")), cells...)
}

// memberAt is what stands at a way through an answer: names, and places in lists.
func memberAt(v any, way string) any {
	for _, name := range strings.Split(way, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n < 0 || n >= len(x) {
				return nil
			}
			v = x[n]
		default:
			return nil
		}
	}
	return v
}

// listOf is a list as it is, and one thing as a list of it.
func listOf(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case []any:
		return x
	}
	return []any{v}
}

func cellOf(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case json.Number:
		return x.String()
	case []any:
		var parts []string
		for _, e := range x {
			parts = append(parts, cellOf(e))
		}
		return strings.Join(parts, "; ")
	}
	b, _ := json.Marshal(v) // of what was read as JSON
	return string(b)
}
