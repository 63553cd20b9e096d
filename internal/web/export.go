package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/lookalike"
	"github.com/truce-project/truce/internal/views"
)

// table is a list for spreadsheets and maps: rows, each with a place or none.
type table struct {
	columns []string
	rows    [][]string
	places  []*[2]float64 // longitude and latitude; nil: not known
	next    string
}

func (t *table) add(lon, lat *float64, cells ...string) {
	t.rows = append(t.rows, cells)
	if lon == nil || lat == nil {
		t.places = append(t.places, nil)
		return
	}
	t.places = append(t.places, &[2]float64{*lon, *lat})
}

// csv writes the table so that no cell is run as a formula. The first rows of a
// file that people pass on say what it is.
func (t *table) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(t.columns); err != nil {
		return nil, err
	}
	for _, r := range t.rows {
		for i := range r {
			r[i] = brief.Inert(lookalike.Shown(r[i]))
		}
		if err := w.Write(r); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// xlsx writes the table as a workbook, with a sheet that says what it is.
func (t *table) xlsx(name string, v views.Vector) ([]byte, error) {
	var b bytes.Buffer
	about := [][2]string{{"What this is", name + " of the record, as of " + vectorText(v)}, {"Verdicts", "What would follow if the facts hold. They bind nobody."}, {"Cells", "Texts are texts, also where they begin with = + - or @. Times are UTC, RFC 3339."}}
	if t.next != "" {
		about = append(about, [2]string{"Not whole", "This is one page of the list; the next has the cursor " + t.next})
	}
	s, err := brief.NewSheet(&b, name, t.columns, strings.Fields("lat lon precision_m share scenarios since index"), about)
	if err != nil {
		return nil, err
	}
	for _, r := range t.rows {
		if err := s.Row(r); err != nil {
			return nil, err
		}
	}
	err = s.Close()
	return b.Bytes(), err
}

func (t *table) geojson(v views.Vector) ([]byte, error) {
	type geometry struct {
		Type        string     `json:"type"`
		Coordinates [2]float64 `json:"coordinates"`
	}
	type feature struct {
		Type       string            `json:"type"`
		Geometry   *geometry         `json:"geometry"`
		Properties map[string]string `json:"properties"`
	}
	out := struct {
		Type     string       `json:"type"`
		Vector   views.Vector `json:"vector"`
		Next     string       `json:"next,omitempty"`
		Features []feature    `json:"features"`
	}{"FeatureCollection", v, t.next, []feature{}}
	for i, r := range t.rows {
		f := feature{Type: "Feature", Properties: map[string]string{}}
		for k, c := range t.columns {
			if r[k] != "" {
				f.Properties[c] = r[k]
			}
		}
		if p := t.places[i]; p != nil {
			f.Geometry = &geometry{"Point", *p}
		}
		out.Features = append(out.Features, f)
	}
	return json.Marshal(out)
}

func (s *Server) exports(name string, f func(context.Context, *incidentListQuery) (table, views.Vector, error)) {
	exportsOf(s, name, f, func(q *incidentListQuery) have { return q.Have })
}

// exportsOf adds a list as .json, .csv, .geojson and .xlsx. .json is the list itself.
func exportsOf[Q any](s *Server, name string, f func(context.Context, *Q) (table, views.Vector, error), has func(*Q) have) {
	for _, x := range []struct{ ext, contentType string }{{"csv", "text/csv; charset=utf-8"}, {"geojson", "application/geo+json"}, {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}} {
		path := "/api/" + name + "." + x.ext
		huma.Register(s.api, huma.Operation{OperationID: "get" + operation(path), Method: http.MethodGet, Path: path, Summary: "The list as " + x.ext, Tags: []string{"read"},
			Responses: map[string]*huma.Response{"200": {Description: "The file; what follows is at next in the header X-Next", Content: map[string]*huma.MediaType{x.contentType: {}}}}},
			func(ctx context.Context, q *Q) (*exported, error) {
				t, v, err := f(ctx, q)
				if err != nil {
					return nil, err
				}
				a := &exported{Next: t.next, Vector: vectorText(v)}
				a.Status, a.Vary, a.Cache, a.ContentType = http.StatusOK, byWho, "private, no-cache", x.contentType
				a.Disposition = fmt.Sprintf(`attachment; filename="%s-%s.%s"`, name, strings.ReplaceAll(strings.Trim(vectorText(v), " "), "/", "_"), x.ext)
				a.ETag = etag(ctx, v, []any{*q, x.ext})
				if notModified(has(q), a.ETag) {
					a.Status = http.StatusNotModified
					return a, nil
				}
				switch x.ext {
				case "csv":
					a.Body, err = t.csv()
				case "xlsx":
					a.Body, err = t.xlsx(name, v)
				default:
					a.Body, err = t.geojson(v)
				}
				return a, failure(err)
			})
	}
}

type exported struct {
	Status      int
	ETag        string `header:"ETag"`
	Vary        string `header:"Vary"`
	Cache       string `header:"Cache-Control"`
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
	Next        string `header:"X-Next" doc:"cursor of the next page"`
	Vector      string `header:"X-Vector" doc:"sizes of the logs"`
}

// vectorText is a vector in one word for each log: ORIGIN=SIZE.
func vectorText(v views.Vector) string {
	var out []string
	for o, n := range v {
		out = append(out, fmt.Sprintf("%s=%d", o, n))
	}
	return strings.Join(out, " ")
}

func decimal(f *float64) string {
	if f == nil {
		return ""
	}
	return fmt.Sprint(*f)
}

// incidentTable has the columns of the incidents file first, so that the file can
// be judged again.
func incidentTable(l *IncidentList) table {
	t := table{next: l.Next, columns: []string{"id", "time_start", "time_end", "lat", "lon", "precision_m", "actor", "act", "outcome", "means", "target", "owner", "controller", "killed", "injured", "damage", "severity", "level", "source", "text", "radio", "state", "title", "place_given", "scenarios", "marking", "reports", "claims", "verdicts", "since"}}
	own := fieldColumns(l.Items)
	t.columns = append(t.columns, own...)
	for i := range l.Items {
		x := &l.Items[i]
		row := []string{x.ID, x.TimeStart, x.TimeEnd, decimal(x.Lat), decimal(x.Lon), decimal(x.PrecisionM), x.Actor, x.Act, x.Outcome, x.Means, x.Target, x.Owner, x.Controller, x.Killed, x.Injured, x.Damage, x.Severity, x.Level, x.Source, x.Text,
			x.Radio, x.State, x.Title, x.Place, fmt.Sprint(x.Scenarios), string(x.Marking), strings.Join(x.Reports, " "), strings.Join(x.Claims, " "), verdicts(x.Findings), fmt.Sprint(x.Since)}
		for _, f := range own {
			row = append(row, x.Fields[f])
		}
		t.add(x.Lon, x.Lat, row...)
	}
	return t
}

func verdicts(fs []views.Finding) string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Terms+"@"+f.Reading+"="+f.Verdict)
	}
	return strings.Join(out, " ")
}

// findingTable has the columns of the findings file that views keep.
func findingTable(l *IncidentList) table {
	t := table{next: l.Next, columns: []string{"incident", "terms", "reading", "clause", "party", "verdict", "author", "level", "share", "deciding", "time_start", "lat", "lon", "act", "target", "terms_digest", "engine", "tzdata", "since", "says"}}
	for i := range l.Items {
		x := &l.Items[i]
		for _, f := range x.Findings {
			t.add(x.Lon, x.Lat, x.ID, f.Terms, f.Reading, "", strings.Join(f.Party, "|"), f.Verdict, strings.Join(f.Author, "|"), f.Level, "", f.Deciding, x.TimeStart, decimal(x.Lat), decimal(x.Lon), x.Act, x.Target, f.Digest, f.Engine, f.TZData, fmt.Sprint(f.Since), f.Says)
			for _, c := range f.Clauses {
				t.add(x.Lon, x.Lat, x.ID, f.Terms, f.Reading, c.Clause, strings.Join(c.Party, "|"), c.Verdict, strings.Join(f.Author, "|"), f.Level, shareText(c.Share), "", x.TimeStart, decimal(x.Lat), decimal(x.Lon), x.Act, x.Target, f.Digest, f.Engine, f.TZData, fmt.Sprint(f.Since), "")
			}
		}
	}
	return t
}

func documentTable(l *DocumentList) table {
	t := table{next: l.Next, columns: []string{"index", "id", "kind", "author", "account", "made", "marking", "refs", "says", "lat", "lon", "erased", "problem", "payload"}}
	for _, d := range l.Items {
		var refs []string
		for _, r := range d.Refs {
			refs = append(refs, r.Relation+" "+r.ID)
		}
		row := rowOf(d)
		var p struct{ Says, Reason, Title string }
		json.Unmarshal(d.Payload, &p) // a payload without these has none
		says := strings.TrimSpace(strings.Join([]string{p.Title, p.Says, row["text"], p.Reason}, " "))
		lat, lon := degreesOf(row["lat"]), degreesOf(row["lon"])
		t.add(lon, lat, fmt.Sprint(d.Index), d.ID, d.Kind, d.Author, d.Account, d.Made, string(d.Marking), strings.Join(refs, "; "), says, decimal(lat), decimal(lon), fmt.Sprint(d.Erased), d.Problem, string(d.Payload))
	}
	return t
}

func shareText(x views.Share) string {
	if x.IsZero() {
		return ""
	}
	return fmt.Sprint(float64(x))
}

func degreesOf(s string) *float64 {
	var f float64
	if n, err := fmt.Sscan(s, &f); n != 1 || err != nil {
		return nil
	}
	return &f
}

// File writes a list as the server's own file of it: incidents or findings, as csv
// or geojson.
func (l *IncidentList) File(name, ext string) ([]byte, error) {
	t := incidentTable
	if name == "findings" {
		t = findingTable
	}
	x := t(l)
	if ext == "csv" {
		return x.csv()
	}
	return x.geojson(l.Vector)
}
