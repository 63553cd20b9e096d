package daily

import (
	"fmt"
	"io"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// exportColumns are those of the incidents file (docs/formats.md), so that whoever gets
// the records of a report can count them again; in_number says what the headline made
// of them.
var exportColumns = strings.Fields("id scenario time_start time_end lat lon precision_m place actor act outcome means target observed sense station exercise same count killed injured damage severity level source text in_number")

// exported is a scenario of a record, as columns and as a place.
type exported struct {
	cells  map[string]string
	region where.Region
	span   when.Span
}

// export writes down the records of the period.
func (b *builder) export() {
	total := b.r.Figure("violations.total")
	for _, r := range b.now {
		in := ""
		if total != nil { // a spot report has no headline
			in = orText(map[string]string{b.c.text("counts.yes"): "yes", b.c.text("counts.may"): "may", b.c.text("counts.once"): "once"}[b.counts(total.Number, r.ID)], "no")
		}
		for i := range r.Scenarios {
			b.r.exports = append(b.r.exports, exportOf(r, &r.Scenarios[i], in))
		}
	}
}

func exportOf(r *Record, s *evidence.Scenario, in string) exported {
	x := exported{map[string]string{"id": r.ID, "scenario": s.Name, "level": r.Level.String(), "source": visible(r.Source), "text": visible(r.Text), "damage": visible(r.Damage), "severity": visible(r.Severity), "in_number": in}, s.Place, s.Time}
	set := func(name, value string) {
		if value != "" {
			x.cells[name] = value
		}
	}
	set("count", r.Count.String())
	set("killed", r.Killed.String())
	set("injured", r.Injured.String())
	for name, list := range map[string][]string{"actor": s.Actor, "act": s.Act, "outcome": s.Outcome, "means": s.Means, "target": s.Target} {
		set(name, strings.Join(list, "|"))
	}
	if s.Time.Start.Bounded() && s.Time.End.Bounded() {
		set("time_start", s.Time.Start.RFC3339())
		set("time_end", s.Time.End.RFC3339())
	}
	place := s.Place.String()
	codes, isArea := strings.CutPrefix(place, "area ")
	c, ok := s.Place.Centre()
	radius, known := s.Place.Radius()
	switch {
	case isArea:
		set("place", "area:"+codes)
	case strings.HasPrefix(s.PlaceName, "sector:"):
		set("place", s.PlaceName)
	case ok && known:
		set("lat", fmt.Sprintf("%.5f", c.Lat))
		set("lon", fmt.Sprintf("%.5f", c.Lon))
		set("precision_m", fmt.Sprintf("%.0f", float64(radius)))
		set("place", visible(s.PlaceName))
	default:
		set("place", visible(s.PlaceName))
	}
	if o := r.Seen; o != nil {
		set("observed", o.Kind)
		set("sense", o.Sense)
		set("station", visible(o.Station))
		set("exercise", visible(o.Exercise))
		set("same", visible(o.Same))
	}
	return x
}

// recordTable is the records of the period in the columns of the incidents file.
func (r *Report) recordTable() *Table {
	t := &Table{ID: "records", Title: r.words.text("col.records"), Columns: exportColumns}
	for _, x := range r.exports {
		var row []Sentence
		for _, c := range x.row() {
			row = append(row, quoted(c))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (x *exported) row() []string {
	var out []string
	for _, c := range exportColumns {
		out = append(out, x.cells[c])
	}
	return out
}

// WriteRecords writes the records of the period in a format of package formats, with
// their places as they are known: rings and areas, never only a point that looks exact.
func (r *Report) WriteRecords(f *formats.Format, w io.Writer) error {
	h := &formats.Head{Name: "records", Title: r.Title, Of: r.Of, Sender: r.Mission, Lang: r.Lang, At: r.Period.To, For: r.audience, Note: r.words.text("foot"), Columns: exportColumns, About: r.about(), Word: r.word}
	var rows []formats.Row
	for i := range r.exports {
		x := &r.exports[i]
		rows = append(rows, formats.Row{Cells: x.row(), Place: x.region, Span: x.span, Says: x.cells["text"], Whole: x.cells})
	}
	return f.Write(w, h, rows)
}

// word is a node in the language of the report; a level has its word too.
func (r *Report) word(tree, node string) string {
	switch {
	case node == "":
		return r.words.text("not-said")
	case tree == "level":
		return r.words.text("level." + node)
	}
	return r.words.word(tree, node)
}

// about says what the report is, for whoever is passed a file of it alone.
func (r *Report) about() [][2]string {
	out := [][2]string{{"title", r.Title}, {"rule", r.Rule}}
	for _, s := range r.Head {
		out = append(out, [2]string{"head", s.String()})
	}
	return append(out, [2]string{"note", r.words.text("foot")})
}
