package intake

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Recognised says what a file is.
type Recognised struct {
	Name   string `json:"name"`
	Format string `json:"format,omitempty" doc:"a kind that is read without a mapping (docs/formats.md); empty: it needs one"`
	Why    string `json:"why"`
	*File
	Proposed *Proposed `json:"proposed,omitempty" doc:"a mapping that the file suggests, to be looked at"`
}

// errEnough ends reading once a file is recognised.
var errEnough = fmt.Errorf("enough")

// Recognise finds out what a file is: one of the kinds that feeds read, or a table
// that needs a mapping, which it proposes for a sheet.
func Recognise(name string, b []byte, sheet string) (*Recognised, error) {
	out := &Recognised{Name: name}
	if !bytes.HasPrefix(b, []byte("PK\x03\x04")) || notWorkbook(b) {
		sum, err := feeds.Read(name, bytes.NewReader(b), feeds.Options{}, func(*evidence.Incident) error { return errEnough })
		if (err == nil || err == errEnough) && sum.As != "" {
			out.Format, out.Why = sum.As, "recognised by its content: it is read as "+sum.As+", without a mapping"
			return out, nil
		}
		if notWorkbook(b) {
			return nil, err
		}
	}
	f, err := Read(name, bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	out.File, out.Why = f, "a table with columns of its own: it needs a mapping"
	if out.Proposed, err = Propose(f, sheet); err != nil {
		return nil, err
	}
	return out, nil
}

// notWorkbook reports whether a file is an archive and no workbook.
func notWorkbook(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PK\x03\x04")) && !bytes.Contains(b, []byte("xl/"))
}

// Preview is the first rows of a file as they would become incidents.
type Preview struct {
	Rows    []PreviewRow `json:"rows"`
	Unused  []string     `json:"unused,omitempty" doc:"columns that are not mapped"`
	Unknown []Word       `json:"unknown,omitempty" doc:"words that are let through and leave facts open"`
	Faults  []*Fault     `json:"faults,omitempty" doc:"of these rows"`
	Notes   []string     `json:"notes,omitempty" doc:"how the cells of the sheet were read"`
}

// PreviewRow is one row.
type PreviewRow struct {
	Row      int               `json:"row" doc:"line of the file, or row of the sheet"`
	Columns  map[string]string `json:"columns,omitempty" doc:"as columns of the incidents file"`
	Incident *Seen             `json:"incident,omitempty" doc:"absent: the row would be refused"`
	Refused  string            `json:"refused,omitempty" doc:"why the row would be refused, where the mapping refuses it"`
}

// Seen is an incident in words.
type Seen struct {
	ID      string   `json:"id"`
	Time    string   `json:"time"`
	Place   string   `json:"place"`
	Actor   string   `json:"actor"`
	Act     string   `json:"act"`
	Outcome string   `json:"outcome"`
	Means   string   `json:"means"`
	Target  string   `json:"target"`
	Level   string   `json:"level"`
	Text    string   `json:"text,omitempty"`
	Notes   []string `json:"notes,omitempty"`
}

// seen tells an incident; what is not known says so.
func seen(in *evidence.Incident) *Seen {
	s := &in.Scenarios[0]
	set := func(v []string) string {
		if len(v) == 0 {
			return "not known"
		}
		return strings.Join(v, "|")
	}
	out := &Seen{ID: in.ID, Time: spanOf(s.Time), Place: placeOf(s.Place, s.PlaceName), Actor: set(s.Actor), Act: set(s.Act), Outcome: set(s.Outcome), Means: set(s.Means), Target: set(s.Target), Level: in.Level.String(), Text: clip(in.Text), Notes: in.Notes}
	if len(in.Scenarios) > 1 {
		out.Notes = append(out.Notes, fmt.Sprintf("the first of %d alternatives is shown", len(in.Scenarios)))
	}
	return out
}

func spanOf(t when.Span) string {
	switch {
	case !t.Start.Bounded() && !t.End.Bounded():
		return "not known"
	case t.Start == t.End:
		return t.Start.RFC3339()
	}
	return t.String()
}

func placeOf(r where.Region, name string) string {
	c, ok := r.Centre()
	radius, bounded := r.Radius()
	switch {
	case !ok || !bounded:
		return strings.TrimSpace("not known " + name)
	case name != "":
		return fmt.Sprintf("%s (within %.0f m of %.4f,%.4f)", name, float64(radius), c.Lat, c.Lon)
	}
	return fmt.Sprintf("%.4f,%.4f ±%.0f m", c.Lat, c.Lon, float64(radius))
}

// See previews the first rows of a table under a mapping.
func See(f *File, m *Mapping, rows int) (*Preview, error) {
	var b bytes.Buffer
	c, err := convert(f, m, &b, rows)
	if err != nil {
		return nil, err
	}
	out := &Preview{Unused: c.Unused, Unknown: c.Unknown, Rows: []PreviewRow{}}
	if s, err := f.sheet(m.Sheet); err == nil {
		out.Notes = s.Notes
	}
	columns, err := c.columnsOf(b.Bytes())
	if err != nil {
		return nil, err
	}
	at := map[int]int{}
	for i, line := range c.starts() {
		x := PreviewRow{Row: line, Columns: columns[line]}
		if why, ok := strings.CutPrefix(x.Columns["level"], refusedLevel); ok && c.refused[line] {
			x.Refused = why
			delete(x.Columns, "level")
		}
		out.Rows = append(out.Rows, x)
		at[line] = i
	}
	sum, err := feeds.Read(f.Name, &b, feeds.Options{As: "truce"}, func(in *evidence.Incident) error {
		if i, ok := at[c.source(in.From.Line)]; ok {
			out.Rows[i].Incident = seen(in)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.Faults = c.Merge(sum.Problems)
	return out, nil
}

// SeeKnown previews a file of a kind that needs no mapping.
func SeeKnown(name string, r io.Reader, as string, rows int) (*Preview, error) {
	out := &Preview{Rows: []PreviewRow{}}
	sum, err := feeds.Read(name, r, feeds.Options{As: as}, func(in *evidence.Incident) error {
		if len(out.Rows) >= rows {
			return errEnough
		}
		out.Rows = append(out.Rows, PreviewRow{Row: in.From.Line, Incident: seen(in)})
		return nil
	})
	if err != nil && err != errEnough {
		return nil, err
	}
	out.Unused = sum.Columns
	for _, p := range sum.Problems {
		out.Faults = append(out.Faults, &Fault{File: name, Row: p.Pos.Line, Column: p.Column, Msg: p.Msg, Fatal: p.Fatal})
	}
	return out, nil
}

// columnsOf reads the rows of what was written, without empty cells.
func (c *Converted) columnsOf(b []byte) (map[int]map[string]string, error) {
	var header []string
	out := map[int]map[string]string{}
	_, err := feeds.ReadTable("", bytes.NewReader(b), func(r feeds.TableRow) error {
		if header == nil {
			header = r.Cells
			return nil
		}
		row := map[string]string{}
		for i, cell := range r.Cells {
			if cell != "" && i < len(header) {
				row[header[i]] = cell
			}
		}
		out[c.source(r.Line)] = row
		return nil
	})
	return out, err
}

// source is the line of the source by a line of what was written.
func (c *Converted) source(line int) int {
	if line < 1 || line >= len(c.lines) {
		return 0
	}
	return c.lines[line]
}

// starts are the lines of the source's rows.
func (c *Converted) starts() []int {
	return slices.Compact(slices.Clone(c.lines[min(2, len(c.lines)):]))
}

// Merge puts what was found when the converted file was read beside the faults of
// the conversion, where it stands in the source. Rows that the conversion refused
// are told once.
func (c *Converted) Merge(problems []feeds.Problem) []*Fault {
	out := slices.Clone(c.Faults)
	for _, p := range problems {
		line := c.source(p.Pos.Line)
		if c.refused[line] || line == 0 && !p.Fatal {
			continue
		}
		f := &Fault{File: c.file, Sheet: c.sheet, Row: line, Field: p.Column, Msg: p.Msg, Fatal: p.Fatal}
		if name, ok := c.column[p.Column]; ok {
			f.Column, f.Cell = name, cellName(c.number[p.Column], line)
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b *Fault) int { return a.Row - b.Row })
	return out
}

// Words are the unknown words as they are kept in an entry.
func (c *Converted) Words() []string {
	var out []string
	for _, w := range c.Unknown {
		out = append(out, w.String())
	}
	return out
}

// Fields are the names of the columns of the incidents file, and of parts of them
// that a mapping may name.
func Fields() []string { return append(slices.Clone(fields), toDate, toClock, toPosition) }
