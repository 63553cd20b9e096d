package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
)

// DailyQuery is which report is asked for: the flags of truce report.
type DailyQuery struct {
	Date   string `query:"date" json:"date" doc:"day of the cut-off; the last one that is over, where absent" example:"2025-04-02"`
	For    string `query:"for" json:"for,omitempty" enum:"public,parties,mission" doc:"whom it is for; public, where absent"`
	Days   int    `query:"days" json:"days,omitempty" minimum:"1" maximum:"366" doc:"length of the period: 1 daily, 7 weekly; 1, where absent"`
	Lang   string `query:"lang" json:"lang,omitempty" enum:"en,uk,ru" doc:"en, where absent"`
	Cutoff string `query:"cutoff" json:"cutoff,omitempty" doc:"time of day at which the period ends; 19:30, where absent"`
	Zone   string `query:"zone" json:"zone,omitempty" doc:"clock of the report; Europe/Kyiv, where absent"`
	Rule   string `query:"rule" json:"rule,omitempty" doc:"counting rule of the headline; by what there is on record, where absent"`
}

// DailyPageQuery is the address of the page: which figure is open is part of it.
type DailyPageQuery struct {
	DailyQuery
	Stale  bool   `query:"stale" doc:"answer at once with the report that was made last, even if entries came since: as_of_size and newer_entries say of what; working says that it is being made anew"`
	Had    int64  `query:"had" minimum:"0" doc:"with stale: the report that was made from so many entries is there already, and is left out where it is the answer"`
	Figure string `query:"figure" maxLength:"200" doc:"of the page: the figure that is open; changes nothing here"`
	Issued string `query:"issued" maxLength:"40" doc:"of the page: the issued report that is open; changes nothing here"`
}

// DailyPage is a report as the page shows it.
type DailyPage struct {
	DailyHead
	DailyBody
}

// DailyHead is what is said to whoever asks.
type DailyHead struct {
	Asked   DailyQuery   `json:"asked" doc:"with what was left out filled in"`
	Vector  views.Vector `json:"vector" doc:"that the report was made from"`
	AsOf    int64        `json:"as_of_size" doc:"how many entries the report was made from"`
	Newer   int64        `json:"newer_entries" doc:"entries that came since and are not in it (only with stale)"`
	Working bool         `json:"working" doc:"it is being made anew (only with stale): ask again in a second"`
	May     DailyMay     `json:"may"`
}

// DailyBody is the same for all who ask.
type DailyBody struct {
	Report   *daily.Report  `json:"report,omitempty" doc:"absent: none was made yet, or it was had (only with stale)"`
	Graphics []DailyGraphic `json:"graphics" doc:"maps and charts, at /api/daily.svg?graphic=ID with the same question"`
	Methods  []DailyMethod  `json:"methods" doc:"how each number came about; numbers that are nothing are left out"`
	Tables   []string       `json:"tables" doc:"that /api/daily.csv?annex=ID writes"`
	Rules    []DailyRule    `json:"rules"`
	Already  string         `json:"already,omitempty" doc:"id of the report that was issued for this period, these readers and this language"`
}

// DailyMay is what whoever asks may do with reports.
type DailyMay struct {
	For   []string `json:"for" doc:"readers whose report you may see"`
	Issue bool     `json:"issue"`
	PDF   string   `json:"pdf,omitempty" doc:"why there is no PDF; absent: there is one"`
}

// DailyGraphic is a map or chart of the report.
type DailyGraphic struct {
	ID      string           `json:"id"`
	Section string           `json:"section"`
	Title   string           `json:"title"`
	Says    []daily.Sentence `json:"says"`
}

// DailyMethod is how a figure came about.
type DailyMethod struct {
	Figure string           `json:"figure"`
	Now    string           `json:"now"`
	Says   []daily.Sentence `json:"says"`
}

// DailyRule is a counting rule that the report uses, in the words of package count.
type DailyRule struct {
	ID     string   `json:"id"`
	Says   string   `json:"says"`
	Source string   `json:"source"`
	Blind  []string `json:"blind,omitempty"`
}

// madeReport is a report, its page, and what was issued for the same period.
type madeReport struct {
	asked     DailyQuery
	size      int64 // entries that it was made from
	views     int64 // and of which views
	report    *daily.Report
	page      []byte
	already   string
	corrected []string // by which the one that it corrects was corrected

	once   sync.Once // for the JSON of its body
	json   []byte
	failed error
}

func (m *madeReport) of() (made, size int64) { return m.views, m.size }

// dailyMost is how many incidents a report is made from here: those of its days, of the
// days of the chart, and those without a time. truce report has no such limit.
const dailyMost = 100_000

func (s *Server) daily() {
	huma.Register(s.api, huma.Operation{OperationID: "get-daily", Method: http.MethodGet, Path: "/api/daily", Summary: "The daily report, as truce report makes it", Tags: []string{"read"}},
		func(ctx context.Context, q *DailyPageQuery) (*listed, error) {
			b, err := s.dailyAnswer(ctx, q)
			if err != nil {
				return nil, err
			}
			return fileOf("application/json", "", b), nil
		})
	type fileQuery struct {
		DailyQuery
		Figure  string `query:"figure" maxLength:"200" doc:"of the page; changes nothing here"`
		Issued  string `query:"issued" maxLength:"40" doc:"of the page; changes nothing here"`
		AsOf    int64  `query:"as_of_size" minimum:"1" doc:"of the report that was made from so many entries and is shown; no other is given in its place. The newest, where absent"`
		Annex   string `query:"annex" maxLength:"60" doc:"of .csv: the table; figures, records and hxl are tables too"`
		Graphic string `query:"graphic" maxLength:"60" doc:"of .svg: the map or chart"`
	}
	for _, x := range dailyFiles {
		huma.Register(s.api, huma.Operation{OperationID: "get-daily-" + x.ending, Method: http.MethodGet, Path: "/api/daily." + x.ending, Summary: "The daily report as a file", Tags: []string{"read"}},
			func(ctx context.Context, q *fileQuery) (*listed, error) {
				m, err := s.dailyShown(ctx, &q.DailyQuery, q.AsOf)
				if err != nil {
					return nil, err
				}
				b, name, err := s.dailyFile(ctx, m, x.ending, q.Annex, q.Graphic)
				if err != nil {
					return nil, err
				}
				if x.ending == "svg" { // drawn on the page
					name = ""
				}
				return fileOf(x.kind, name, b), nil
			})
	}
	s.issues()
}

var dailyFiles = []struct{ ending, kind string }{
	{"html", "text/html; charset=utf-8"}, {"pdf", "application/pdf"}, {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"csv", "text/csv; charset=utf-8"}, {"geojson", "application/geo+json"}, {"svg", "image/svg+xml"},
}

// fileOf is an answer that is made anew each time: its question has no size of the
// log in it. One with a name is handed out and not shown by the browser.
func fileOf(kind, name string, b []byte) *listed {
	a := &listed{Status: http.StatusOK, Vary: byWho, Cache: "private, no-cache", ContentType: kind, Body: b}
	if name != "" {
		a.Disposition = fmt.Sprintf(`attachment; filename="%s"`, name)
	}
	return a
}

// mayFor are the readers whose report somebody may see: those whose marking they may
// read, and everybody the public's.
func (s *Server) mayFor(who Who) []string {
	out := []string{"public"}
	for _, m := range []rights.Marking{rights.ForParties, rights.ForMission} {
		if s.freely(who, Object{Thing: "incident", Marking: m}) && s.freely(who, Object{Thing: "report", Marking: m}) {
			out = append(out, string(m))
		}
	}
	return out
}

// mayIssue reports whether somebody issues reports: who hands reports in and reads
// what the mission reads.
func (s *Server) mayIssue(who Who) bool {
	return who.Account != "" && s.o.People.Allow(who, "submit", Object{Thing: "terms", Marking: rights.ForMission, Account: who.Account}).OK && slices.Contains(s.mayFor(who), "mission")
}

// input reads the question, and fills in what it leaves out.
func (s *Server) dailyInput(ctx context.Context, q *DailyQuery) (*daily.Input, error) {
	if err := s.allow(ctx, "read", Object{Thing: "report", Marking: rights.ForPublic}); err != nil {
		return nil, err
	}
	def := func(at *string, value string) {
		if *at == "" {
			*at = value
		}
	}
	def(&q.For, "public")
	def(&q.Lang, "en")
	def(&q.Cutoff, "19:30")
	def(&q.Zone, "Europe/Kyiv")
	if q.Days == 0 {
		q.Days = 1
	}
	if !slices.Contains(s.mayFor(whoOf(ctx)), q.For) {
		return nil, s.closed(ctx, "report")
	}
	var faults []error
	bad := func(where string, value any, err error) {
		faults = append(faults, &huma.ErrorDetail{Message: err.Error(), Location: "query." + where, Value: value})
	}
	in := &daily.Input{Lang: q.Lang, For: q.For, Days: q.Days, Base: s.o.Base}
	var err error
	if in.Zone, err = when.Zone(q.Zone); err != nil {
		bad("zone", q.Zone, err)
		in.Zone = time.UTC
	}
	t, err := time.Parse("15:04", q.Cutoff)
	if err != nil {
		bad("cutoff", q.Cutoff, errors.New("expected a time of day, such as 19:30"))
	}
	in.Hour, in.Minute = t.Hour(), t.Minute()
	if q.Date == "" { // the last cut-off that is over
		now := s.o.Now().In(in.Zone)
		if now.Hour()*60+now.Minute() < in.Hour*60+in.Minute {
			now = now.AddDate(0, 0, -1)
		}
		q.Date = now.Format("2006-01-02")
	}
	if in.Day, err = when.ParseDay(q.Date, in.Zone); err != nil {
		bad("date", q.Date, err)
	}
	if q.Rule != "" {
		if in.Rule, err = count.RuleNamed(q.Rule); err != nil {
			bad("rule", q.Rule, err)
		}
	}
	if len(faults) > 0 {
		return nil, huma.Error422UnprocessableEntity("the question cannot be read", faults...)
	}
	return in, nil
}

// records writes the records of a report in a format of package formats.
func (m *madeReport) records(format string) func(io.Writer) error {
	return func(w io.Writer) error {
		f, err := formats.Named(format)
		if err != nil {
			return err
		}
		return m.report.WriteRecords(f, w)
	}
}

// dailyHead is what is said to whoever asks of a report; nil: none was made yet.
func (s *Server) dailyHead(ctx context.Context, q *DailyQuery, m *madeReport) *DailyHead {
	who := whoOf(ctx)
	h := &DailyHead{Asked: *q, Vector: views.Vector{}, May: DailyMay{For: s.mayFor(who), Issue: s.mayIssue(who), PDF: s.whyNoPDF(who)}}
	if m != nil {
		h.Vector, h.AsOf = m.report.Vector, m.size
	}
	return h
}

// body is the part of the page that is the same for all, as JSON. A busy day at a million
// incidents has 19 MB: they are written once.
func (m *madeReport) body() ([]byte, error) {
	m.once.Do(func() { m.json, m.failed = json.Marshal(bodyOf(m)) })
	return m.json, m.failed
}

func bodyOf(m *madeReport) *DailyBody {
	p := &DailyBody{Graphics: []DailyGraphic{}, Methods: []DailyMethod{}, Tables: []string{}, Rules: []DailyRule{}}
	if m == nil {
		return p
	}
	p.Report, p.Already = m.report, m.already
	for _, x := range m.report.Sections {
		for _, g := range x.Graphics {
			p.Graphics = append(p.Graphics, DailyGraphic{g.ID, x.ID, g.Title, g.Says})
		}
	}
	rules := map[string]bool{}
	for _, x := range m.report.Methods() {
		p.Methods = append(p.Methods, DailyMethod{x.Figure.ID, m.report.NumberOf(x.Figure), x.Says})
		rules[x.Figure.Rule] = true
	}
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		if r, err := count.RuleNamed(id); err == nil {
			p.Rules = append(p.Rules, DailyRule{r.ID(), r.Says, r.Source, r.Blind})
		}
	}
	for _, t := range m.report.Tables() {
		p.Tables = append(p.Tables, t.ID)
	}
	p.Tables = append(p.Tables, "hxl")
	return p
}

// whyNoPDF says why somebody has no PDF here; "" where they have one. Printing takes
// a browser of its own, so that it is for those who have an account.
func (s *Server) whyNoPDF(who Who) string {
	switch {
	case s.o.Browser == "":
		return "a PDF is printed by Chromium, and none is on this server: the page can be printed by any browser"
	case who.Account == "":
		return "a PDF is printed for those who have signed in: the page can be printed by any browser"
	}
	return ""
}

// dailyFile is the report in one of its formats, with a name.
func (s *Server) dailyFile(ctx context.Context, m *madeReport, ending, annex, graphic string) ([]byte, string, error) {
	name := fmt.Sprintf("report-%s-%s-%s.%s", m.asked.Date, m.asked.For, m.asked.Lang, ending)
	var b bytes.Buffer
	write := func(f func(io.Writer) error) ([]byte, string, error) {
		err := f(&b)
		return b.Bytes(), name, failure(err)
	}
	switch ending {
	case "html":
		return m.page, name, nil
	case "pdf":
		return s.pdf(ctx, m, name)
	case "xlsx":
		return write(m.report.WriteXLSX)
	case "geojson":
		return write(m.records("geojson"))
	case "svg":
		for _, x := range m.report.Sections {
			for _, g := range x.Graphics {
				if g.ID == graphic {
					return []byte(g.SVG), name, nil
				}
			}
		}
		return nil, "", huma.Error404NotFound(fmt.Sprintf("the report has no map or chart %q: /api/daily lists them", graphic))
	}
	if annex == "" {
		annex = "figures"
	}
	name = fmt.Sprintf("%s-%s-%s-%s.csv", annex, m.asked.Date, m.asked.For, m.asked.Lang)
	if annex == "hxl" {
		return write(m.records("hxl"))
	}
	t := m.report.Table(annex)
	if t == nil {
		return nil, "", huma.Error404NotFound(fmt.Sprintf("the report has no table %q: /api/daily lists them", annex))
	}
	return write(func(w io.Writer) error { return daily.WriteCSV(w, t) })
}

// pdf prints the page, once for each.
func (s *Server) pdf(ctx context.Context, m *madeReport, name string) ([]byte, string, error) {
	if why := s.whyNoPDF(whoOf(ctx)); why != "" {
		return nil, "", huma.Error501NotImplemented(why)
	}
	key := fmt.Sprintf("pdf %+v %v %x", m.asked, m.report.Vector, sum(m.page))
	b, err := computed(ctx, s, key, func() (*[]byte, error) {
		b, err := daily.PDF(context.WithoutCancel(ctx), s.o.Browser, m.page)
		return &b, failure(err)
	})
	if err != nil {
		return nil, "", err
	}
	return *b, name, nil
}
