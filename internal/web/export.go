package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/lookalike"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/where"
)

// table is a list as rows that go out in the formats of package formats.
type table struct {
	columns []string
	rows    []formats.Row
	next    string
}

// add adds a row with the place and the time that the asker sees of it.
func (t *table) add(place where.Region, start, end string, cells ...string) {
	t.rows = append(t.rows, formats.Row{Cells: cells, Place: place, Span: formats.SpanOf(start, end)})
}

// placeOf is where something may have been: an area that is named, or all that lies
// within a radius of a point.
func placeOf(lat, lon, radius *float64, name string) where.Region {
	if strings.HasPrefix(name, "area:") {
		if r, err := where.ParsePlace(name); err == nil {
			return r
		}
	}
	if lat == nil || lon == nil {
		return where.Unknown()
	}
	m := 0.0
	if radius != nil {
		m = *radius
	}
	return where.Disc(where.Point{Lat: *lat, Lon: *lon}, where.Metres(m))
}

// Region is where an incident may have been, as the asker sees it. A name stands for
// all of it only where there is one way in which it may have happened.
func (x *IncidentItem) Region() where.Region {
	name := x.Place
	if x.Scenarios != 1 {
		name = ""
	}
	return placeOf(x.Lat, x.Lon, x.PrecisionM, name)
}

// write writes the table so that no cell is run as a formula, and no text looks unlike
// what it says. at is when the newest entry was made of which it tells.
func (t *table) write(f *formats.Format, name string, v views.Vector, at time.Time, aud string) ([]byte, error) {
	h := &formats.Head{Name: name, Of: vectorText(v), At: at, For: aud, Columns: t.columns, Points: true, Members: []formats.Member{{Name: "vector", Value: v}},
		About: [][2]string{{"What this is", name + " of the record, as of " + vectorText(v)}, {"Verdicts", "What would follow if the facts hold. They bind nobody."}, {"Cells", "Texts are texts, also where they begin with = + - or @. Times are UTC, RFC 3339."}}}
	h.Sender = strings.Join(slices.Sorted(maps.Keys(v)), "+")
	if t.next != "" {
		h.Members = append(h.Members, formats.Member{Name: "next", Value: t.next})
		h.About = append(h.About, [2]string{"Not whole", "This is one page of the list; the next has the cursor " + t.next})
	}
	for i := range t.rows {
		if f.Name == "geojson" || f.Name == "jsonl" { // programs read these, and get what there is
			break
		}
		for k, c := range t.rows[i].Cells {
			t.rows[i].Cells[k] = lookalike.Shown(c)
		}
	}
	var b bytes.Buffer
	err := f.Write(&b, h, t.rows)
	return b.Bytes(), err
}

func (s *Server) exports(name string, f func(context.Context, *incidentListQuery) (table, views.Vector, error)) {
	exportsOf(s, name, f, func(q *incidentListQuery) have { return q.Have })
}

// exportsOf adds a list in each format of package formats. .json is the list itself.
func exportsOf[Q any](s *Server, name string, f func(context.Context, *Q) (table, views.Vector, error), has func(*Q) have) {
	for _, x := range formats.All() {
		path := "/api/" + name + "." + x.Ending
		huma.Register(s.api, huma.Operation{OperationID: "get" + operation(path), Method: http.MethodGet, Path: path, Summary: "The list as " + x.Name + ": " + x.Says, Tags: []string{"read"},
			Responses: map[string]*huma.Response{"200": {Description: "The file; what follows is at next in the header X-Next", Content: map[string]*huma.MediaType{x.Media: {}}}}},
			func(ctx context.Context, q *Q) (*exported, error) {
				t, v, err := f(ctx, q)
				if err != nil {
					return nil, err
				}
				a := &exported{Next: t.next, Vector: vectorText(v)}
				a.Status, a.Vary, a.Cache, a.ContentType = http.StatusOK, byWho, "private, no-cache", x.Media
				a.Disposition = fmt.Sprintf(`attachment; filename="%s-%s.%s"`, name, strings.ReplaceAll(strings.Trim(vectorText(v), " "), "/", "_"), x.Ending)
				a.ETag = etag(ctx, v, []any{*q, x.Name})
				if notModified(has(q), a.ETag) {
					a.Status = http.StatusNotModified
					return a, nil
				}
				at, err := s.newest(v)
				if err != nil {
					return nil, failure(err)
				}
				a.Body, err = t.write(&x, name, v, at, audience(ctx))
				return a, failure(err)
			})
	}
}

// newest is when the newest entry of a state of the record was made.
func (s *Server) newest(v views.Vector) (at time.Time, err error) {
	size := int64(views.Now) // of several logs the newest state
	if len(v) == 1 {
		for _, n := range v {
			size = n
		}
	}
	err = s.o.Views.Read(size, func(snap *views.Snapshot) error {
		return snap.Store().Docs(nil, snap.Size, func(d *views.Doc) bool {
			at, _ = time.Parse(time.RFC3339, d.Made) // one that is no time has none
			return false
		})
	})
	return at.UTC(), err
}

// audience is whom a file may be passed on to: those who could have asked for it.
func audience(ctx context.Context) string {
	if whoOf(ctx).Account == "" {
		return "public"
	}
	return "restricted"
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
	for _, o := range slices.Sorted(maps.Keys(v)) {
		out = append(out, fmt.Sprintf("%s=%d", o, v[o]))
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
		t.add(x.Region(), x.TimeStart, x.TimeEnd, row...)
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
			t.add(x.Region(), x.TimeStart, x.TimeEnd, x.ID, f.Terms, f.Reading, "", strings.Join(f.Party, "|"), f.Verdict, strings.Join(f.Author, "|"), f.Level, "", f.Deciding, x.TimeStart, decimal(x.Lat), decimal(x.Lon), x.Act, x.Target, f.Digest, f.Engine, f.TZData, fmt.Sprint(f.Since), f.Says)
			for _, c := range f.Clauses {
				t.add(x.Region(), x.TimeStart, x.TimeEnd, x.ID, f.Terms, f.Reading, c.Clause, strings.Join(c.Party, "|"), c.Verdict, strings.Join(f.Author, "|"), f.Level, shareText(c.Share), "", x.TimeStart, decimal(x.Lat), decimal(x.Lon), x.Act, x.Target, f.Digest, f.Engine, f.TZData, fmt.Sprint(f.Since), "")
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
		t.add(placeOf(lat, lon, degreesOf(row["precision_m"]), row["place"]), row["time_start"], row["time_end"], fmt.Sprint(d.Index), d.ID, d.Kind, d.Author, d.Account, d.Made, string(d.Marking), strings.Join(refs, "; "), says, decimal(lat), decimal(lon), fmt.Sprint(d.Erased), d.Problem, string(d.Payload))
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

// File writes a list as the server's own file of it: incidents or findings, in a
// format of package formats. at is when the newest entry was made of which it tells.
func (l *IncidentList) File(name string, f *formats.Format, at time.Time) ([]byte, error) {
	t := incidentTable(l)
	if name == "findings" {
		t = findingTable(l)
	}
	return t.write(f, name, l.Vector, at, "public")
}
