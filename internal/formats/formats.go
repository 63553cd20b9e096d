// Package formats is the one list of formats in which rows go out: of findings, of
// the lists of a server, of the records of a report. Whoever offers one offers all.
//
// It promises that a row is the same in each of them: no place becomes more exact
// than it is known, no cell is run as a formula, nobody is called friend or hostile,
// and the author of an act is named only where the row names one.
package formats

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Head says what rows are of, and how they are laid out.
type Head struct {
	Name    string    // of the list: incidents, findings
	Title   string    // for people; "" is the name
	Of      string    // what it was made from: a record as of a size, files
	Sender  string    // who hands it out; "" is unnamed
	Lang    string    // of the words of Word; "" is en
	At      time.Time // up to when it tells, or when it was made
	For     string    // whom it may be shown to: public, parties, mission, restricted; "" is public
	Note    string    // what verdicts and claims are, for those who get the file alone
	Columns []string
	About   [][2]string                    // for a sheet of its own in a workbook
	Members []Member                       // further members of a GeoJSON collection
	Word    func(tree, node string) string // a node in words; nil: the node as it is
	// Points draws the middle of a place in GeoJSON, for readers that take its radius
	// from the column precision_m. Other formats have the area.
	Points bool
}

// Member is a member of a JSON object.
type Member struct {
	Name  string
	Value any
}

// Row is one row. Cells stand in the order of the columns; "" is not known.
type Row struct {
	Cells []string
	Place where.Region // where it may have been; the zero Region is not known
	Span  when.Span    // when it may have been; without bounds where it is not known
	Says  string       // for people; "" is the cell "text"
	// Whole is what JSON formats write instead of the cells; nil: the cells that are
	// not empty.
	Whole any
}

// Writer writes rows in one format. Nothing that it writes can be read as a whole file
// before Close.
type Writer interface {
	Row(*Row) error
	Close() error
}

// Format is a format in which rows go out.
type Format struct {
	Name   string // also the ending of files
	Ending string
	Media  string // for HTTP
	Says   string // for people who choose
	open   func(io.Writer, *Head) (Writer, error)
}

var all = []Format{
	{"csv", "csv", "text/csv; charset=utf-8", "comma-separated values, RFC 4180", newCSV},
	{"hxl", "hxl.csv", "text/csv; charset=utf-8; header=present", "CSV with a second row of HXL tags", newHXL},
	{"jsonl", "jsonl", "application/x-ndjson", "one JSON object a line", newJSONL},
	{"geojson", "geojson", "application/geo+json", "GeoJSON, RFC 7946", newGeoJSON},
	{"kml", "kml", "application/vnd.google-earth.kml+xml", "KML 2.2, for Google Earth and maps", newKML},
	{"parquet", "parquet", "application/vnd.apache.parquet", "Apache Parquet, and GeoParquet 1.1 with the area of each row", newParquet},
	{"xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a workbook", newXLSX},
	{"html", "html", "text/html; charset=utf-8", "a page with one table, which loads and runs nothing", newHTML},
	{"cap", "cap.xml", "application/cap+xml", "Common Alerting Protocol 1.2; it warns of nothing", newCAP},
	{"cot", "cot.xml", "application/xml", "Cursor on Target, neutral throughout", newCoT},
	{"plover", "plover.jsonl", "application/x-ndjson", "PLOVER events, one JSON object a line", newPLOVER},
}

// All are the formats, in the order in which they are offered.
func All() []Format { return slices.Clone(all) }

// Names are the names of the formats, in the order in which they are offered.
func Names() []string {
	var out []string
	for _, f := range all {
		out = append(out, f.Name)
	}
	return out
}

// Listed are the names in a sentence: "csv, hxl, ... or plover".
func Listed() string {
	n := Names()
	return strings.Join(n[:len(n)-1], ", ") + " or " + n[len(n)-1]
}

// Named finds a format by its name, or by an ending of a file. The error says what
// there is.
func Named(name string) (*Format, error) {
	for i := range all {
		if all[i].Name == name || all[i].Ending == name {
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("cannot write %q: expected %s", name, Listed())
}

// OfFile finds the format that the ending of a file names; nil: none does.
func OfFile(name string) *Format {
	var found *Format
	for i := range all {
		for _, e := range []string{all[i].Ending, all[i].Name} {
			if strings.HasSuffix(strings.ToLower(name), "."+e) && (found == nil || len(e) > len(found.Ending)) {
				found = &all[i]
			}
		}
	}
	return found
}

// New begins a file of rows.
func (f *Format) New(w io.Writer, h *Head) (Writer, error) { return f.open(w, h) }

// Write writes a whole file of rows.
func (f *Format) Write(w io.Writer, h *Head, rows []Row) error {
	x, err := f.New(w, h)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := x.Row(&rows[i]); err != nil {
			return err
		}
	}
	return x.Close()
}

// cells finds cells by the name of their column.
type cells struct {
	at map[string]int
}

func cellsOf(h *Head) cells {
	c := cells{map[string]int{}}
	for i, name := range h.Columns {
		c.at[name] = i
	}
	return c
}

// get is the first cell under one of the names that is not empty.
func (c cells) get(r *Row, names ...string) string {
	for _, n := range names {
		if i, ok := c.at[n]; ok && i < len(r.Cells) && r.Cells[i] != "" {
			return r.Cells[i]
		}
	}
	return ""
}

// id is of the incident or entry that a row is of.
func (c cells) id(r *Row) string { return c.get(r, "incident", "id") }

// title is a row for people: its id, and of a finding what finds it.
func (c cells) title(r *Row) string {
	out := c.id(r)
	if v := c.get(r, "verdict"); v != "" {
		reading := c.get(r, "terms") + "@" + c.get(r, "reading")
		if k := c.get(r, "clause"); k != "" {
			reading += " " + k
		}
		out += ": " + v + " (" + reading + ")"
	}
	return out
}

func (c cells) says(r *Row) string {
	if r.Says != "" {
		return r.Says
	}
	return c.get(r, "text", "says")
}

// words names the possible values of a cell.
func (h *Head) words(tree, cell string) string {
	word := h.Word
	if word == nil {
		word = func(_, node string) string { return node }
	}
	if cell == "" {
		return word(tree, "")
	}
	var out []string
	for _, v := range strings.Split(cell, "|") {
		out = append(out, word(tree, v))
	}
	return strings.Join(out, " / ")
}

func (h *Head) title() string {
	if h.Title != "" {
		return h.Title
	}
	return h.Name
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
