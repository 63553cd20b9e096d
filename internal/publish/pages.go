package publish

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
)

//go:embed page
var page embed.FS

// pages writes the pages and data files of what was gathered.
type pages struct {
	*gathered
	key  string
	o    *Options
	days []*day
	t    *tongue
	// frame is the piece of the world that maps of the site show.
	frame *brief.SketchFrame
}

// common is what every page says.
type common struct {
	Title, Name, Up, Origin, Key, Last, Version, Delay, Rule string
	Home                                                     string // up to the pages of this language
	Others                                                   []link
	Size                                                     int64
	Left                                                     Left
	Embargoes                                                int
}

func (p *pages) common(title, name string) common {
	home := strings.Repeat("../", strings.Count(name, "/"))
	up := home + strings.Repeat("../", strings.Count(p.t.dir(), "/"))
	c := common{Title: title, Name: p.t.dir() + name, Up: up, Home: home, Others: p.t.others(name, up), Origin: p.origin, Key: p.key, Size: p.size, Left: p.left, Last: minute(p.last), Version: p.o.Version}
	if d := p.o.Rules.Delay; d > 0 {
		c.Delay = p.t.say("%s h", int(d/time.Hour))
		if d%time.Hour != 0 {
			c.Delay = d.String()
		}
	}
	for _, e := range p.o.Rules.Embargo {
		if p.o.Rules.Now.Before(e.Until) {
			c.Embargoes++
		}
	}
	return c
}

// minute is a time as pages have it.
func minute(s string) string {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC().Format("2006-01-02 15:04 UTC")
	}
	return s
}

// write fills in a page.
func (p *pages) write(name, tmpl string, data any) error {
	var b bytes.Buffer
	if err := p.t.pages[tmpl].ExecuteTemplate(&b, "layout", data); err != nil {
		return fmt.Errorf("%s%s: %w", p.t.dir(), name, err)
	}
	p.files[p.t.dir()+name] = b.Bytes()
	return nil
}

func (p *pages) all() (err error) {
	if p.days, err = p.daysOf(); err != nil {
		return err
	}
	for _, f := range []string{"style.css", "check.js"} {
		if p.files[f], err = page.ReadFile("page/" + f); err != nil {
			return err
		}
	}
	if err := p.mapTiles(); err != nil {
		return err
	}
	p.grounds()
	for _, p.t = range tongues {
		if name := p.t.said(); name != "" {
			if p.files[name], err = p.t.script(); err != nil {
				return err
			}
		}
		for _, step := range []func() error{p.dayPages, p.incidentPages, p.textPages, p.corrections, p.issuedPage, p.index, p.method} {
			if err := step(); err != nil {
				return err
			}
		}
	}
	p.t = tongues[0]
	if err := p.dataFiles(); err != nil {
		return err
	}
	files := len(p.files) + 2*len(tongues) // with the pages that come now
	for _, p.t = range tongues {
		if err := p.dataPage(); err != nil {
			return err
		}
		if err := p.verify(files); err != nil {
			return err
		}
	}
	return nil
}

// row is an incident in a table.
type row struct {
	ID, Short, When, Where, Act, Target, Level, Verdicts, Up string
	Page                                                     bool
}

func (p *pages) rows(items []*item, up string) []row {
	var out []row
	for _, x := range items {
		out = append(out, row{x.ID, x.short(), x.when(p.t), x.where(p.t), p.t.node("act", x.Act), p.t.node("target", x.Target), x.Level, x.verdictCounts(p.t), up, p.pages[x.ID] != nil})
	}
	return out
}

// short is the id that people say.
func (x *item) short() string {
	if x.Radio != "" {
		return x.Radio
	}
	return x.ID
}

// when is the time: a day, days, or a span.
func (x *item) when(t *tongue) string {
	from, err := time.Parse(time.RFC3339, x.TimeStart)
	if err != nil {
		return t.say("not known")
	}
	to, err := time.Parse(time.RFC3339, x.TimeEnd)
	midnight := func(at time.Time) bool { return at.Truncate(24 * time.Hour).Equal(at) }
	switch {
	case err != nil || !to.After(from):
		return minute(x.TimeStart)
	case midnight(from) && midnight(to) && to.Sub(from) == 24*time.Hour:
		return from.Format(time.DateOnly)
	case midnight(from) && midnight(to):
		return t.say("%s to %s", from.Format(time.DateOnly), to.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	return t.say("%s to %s", minute(x.TimeStart), minute(x.TimeEnd))
}

// where is the place, with how far it may be off.
func (x *item) where(t *tongue) string {
	var out []string
	if x.Place != "" {
		out = append(out, strings.TrimPrefix(strings.ReplaceAll(x.Place, "|", t.say(" or ")), "area:"))
	}
	if x.Lat != nil && x.Lon != nil {
		s := fmt.Sprintf("%.1f, %.1f", *x.Lat, *x.Lon)
		if x.PrecisionM != nil {
			s += " ±" + t.say("%s km", fmt.Sprintf("%.0f", max(1, *x.PrecisionM/1000)))
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return t.say("not known, or not shown")
	}
	return strings.Join(out, "; ")
}

// verdictCounts says how many readings give which verdict.
func (x *item) verdictCounts(t *tongue) string {
	n := map[string]int{}
	for _, f := range x.Findings {
		n[f.Verdict]++
	}
	var out []string
	for _, v := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%s %d", t.say(v), n[v]))
	}
	if len(out) == 0 {
		return t.say("none shown")
	}
	return strings.Join(out, ", ")
}

func (p *pages) dayPages() error {
	for i, d := range p.days {
		name := "days/" + d.Day + ".html"
		x := struct {
			common
			Day           *day
			Before, After string
			Verdicts      []string
			Rows          []row
			picture
		}{p.common(d.Day, name), d, "", "", append(slices.Clone(verdictWords), "not told"), p.rows(d.items, "../"), p.draw(d.Day+".svg", d.Day, d.items, d.surely)}
		if i > 0 {
			x.Before = p.days[i-1].Day
		}
		if i+1 < len(p.days) {
			x.After = p.days[i+1].Day
		}
		if err := p.write(name, "day", x); err != nil {
			return err
		}
		if p.t != tongues[0] {
			continue
		}
		if err := p.json("data/days/"+d.Day+".json", struct {
			Vector views.Vector `json:"vector"`
			*day
			Incidents []web.IncidentItem `json:"incidents"`
		}{p.vector, d, plain(d.items)}); err != nil {
			return err
		}
	}
	return nil
}

func plain(items []*item) []web.IncidentItem {
	out := []web.IncidentItem{}
	for _, x := range items {
		out = append(out, x.IncidentItem)
	}
	return out
}

func (p *pages) json(name string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	err := enc.Encode(v)
	p.files[name] = b.Bytes()
	return err
}

func (p *pages) index() error {
	var undated []*item
	for _, x := range p.items {
		if _, ok := x.span(); !ok {
			undated = append(undated, x)
		}
	}
	slices.Reverse(p.days) // newest first
	defer slices.Reverse(p.days)
	var levels []string
	for _, l := range evidence.Levels() {
		levels = append(levels, l.String())
	}
	rule, err := count.RuleNamed(ruleName)
	if err != nil {
		return err
	}
	c := p.common(p.t.say("Days"), "index.html")
	c.Rule = rule.ID()
	return p.write("index.html", "index", struct {
		common
		Notice  string
		Without []string
		Shown   int
		Levels  []string
		Days    []*day
		Undated []row
		picture
	}{c, p.o.Notice, p.o.Without, len(p.items), levels, p.days, p.rows(undated, ""), p.draw("all.svg", p.origin, p.items, nil)})
}

func (p *pages) textPages() error {
	for _, t := range p.texts {
		name := "terms/" + t.ID + ".html"
		if err := p.write(name, "text", struct {
			common
			T *text
		}{p.common(t.Title, name), t}); err != nil {
			return err
		}
	}
	return p.write("terms.html", "terms", struct {
		common
		Texts []*text
	}{p.common(p.t.say("Texts"), "terms.html"), p.texts})
}

func (p *pages) method() error {
	rule, err := count.RuleNamed(ruleName)
	if err != nil {
		return err
	}
	seen := map[[2]string]bool{}
	for _, x := range p.items {
		for _, f := range x.Findings {
			seen[[2]string{"engine", f.Engine}], seen[[2]string{"time zones", f.TZData}] = true, true
		}
	}
	for _, t := range p.texts {
		seen[[2]string{t.ID, t.Digest}] = true
	}
	engines := slices.SortedFunc(maps.Keys(seen), func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return p.write("method.html", "method", struct {
		common
		CountRule *count.Rule
		Engines   [][2]string
	}{p.common(p.t.say("How it is made"), "method.html"), rule, engines})
}

func (p *pages) verify(files int) error {
	return p.write("verify.html", "verify", struct {
		common
		Files int
	}{p.common(p.t.say("Check this site"), "verify.html"), files})
}

// issuedPage lists the reports that were issued, each with what corrects it.
func (p *pages) issuedPage() error {
	return p.write("reports.html", "reports", struct {
		common
		Reports []*issued
	}{p.common(p.t.say("Reports"), "reports.html"), p.reports})
}

// siteData are the lists that a site has as files, in which formats.
var siteData = []struct{ name, format string }{{"incidents", "csv"}, {"incidents", "hxl"}, {"incidents", "geojson"}, {"incidents", "kml"}, {"incidents", "parquet"}, {"findings", "csv"}, {"findings", "parquet"}}

// dataFiles writes all incidents and findings as the server writes them, and the
// numbers of days.
func (p *pages) dataFiles() error {
	l := &web.IncidentList{Vector: p.vector, Items: plain(p.items)}
	at, _ := time.Parse(time.RFC3339, p.last) // nothing is shown: no time
	for _, x := range siteData {
		f, err := formats.Named(x.format)
		if err != nil {
			return err
		}
		b, err := l.File(x.name, f, at.UTC())
		if err != nil {
			return err
		}
		p.files["data/"+x.name+"."+f.Ending] = b
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"day", "rule", "terms", "reading", "verdict", "low", "high"})
	for _, d := range p.days {
		w.Write([]string{d.Day, d.Rule, "", "", "", fmt.Sprint(d.Number.Low), fmt.Sprint(d.Number.High)})
		for _, r := range d.Readings {
			for _, v := range r.Verdicts {
				w.Write([]string{d.Day, d.Rule, r.Terms, r.Reading, v.Name, fmt.Sprint(v.Low), fmt.Sprint(v.High)})
			}
		}
	}
	w.Flush()
	p.files["data/days.csv"] = b.Bytes()
	return p.json("data/site.json", struct {
		Origin string       `json:"origin"`
		Vector views.Vector `json:"vector"`
		Shown  int          `json:"shown"`
		Left   Left         `json:"left_out"`
		Delay  string       `json:"delay,omitempty"`
		Last   string       `json:"newest_entry_shown,omitempty"`
	}{p.origin, p.vector, len(p.items), p.left, p.common("", "").Delay, p.last})
}

// dataList are the files for programs, with what is in them.
var dataList = [][2]string{
	{"data/incidents.csv", "all incidents, one a row; truce judge reads it"},
	{"data/incidents.geojson", "the same with places; a place is the middle of an area, see precision_m"},
	{"data/incidents.hxl.csv", "the same table with a row of HXL tags"},
	{"data/incidents.kml", "the same for Google Earth and maps, with areas"},
	{"data/incidents.parquet", "the same as GeoParquet, with areas"},
	{"data/findings.parquet", "what follows, as GeoParquet"},
	{"data/findings.csv", "what follows, by incident, text, reading and clause"},
	{"data/days.csv", "numbers of days, by text, reading and verdict; empty text: all incidents of the day"},
	{"tiles/tiles.json", "vector tiles of the incidents for maps (Mapbox Vector Tile 2.1), as TileJSON 3.0"},
	{"data/site.json", "of what the site was made, and what is left out"},
	{"office.json", "origin and key of the record"},
	{"manifest.txt", "SHA-256, bytes and name of each file; signed in manifest.note"},
	{"log/checkpoint", "the state of the log, signed; its tiles beside it (C2SP tlog-tiles)"},
}

// dataPage lists them.
func (p *pages) dataPage() error {
	return p.write("data.html", "data", struct {
		common
		DataFiles [][2]string
	}{p.common(p.t.say("Data"), "data.html"), dataList})
}
