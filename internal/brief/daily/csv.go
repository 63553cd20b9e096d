package daily

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/truce-project/truce/internal/brief"
)

// Tables are the tables that are written as annex files: those of the annexes and of
// the sections, and one of all figures.
func (r *Report) Tables() []*Table {
	out := append([]*Table{}, r.Annexes...)
	for _, s := range r.Sections {
		if s.ID != "restrictions" {
			out = append(out, s.Tables...)
			continue
		}
		all := &Table{ID: "restrictions", Title: s.Title}
		for _, t := range s.Tables { // one file, with the kind as a column
			all.Columns = append([]string{r.words.text("col.kind")}, t.Columns...)
			for i, row := range t.Rows {
				all.Rows = append(all.Rows, append([]Sentence{plain(t.Title)}, row...))
				all.IDs = append(all.IDs, t.IDs[i])
			}
		}
		out = append(out, all)
	}
	return append(out, r.figureTable(), r.recordTable())
}

// Table finds a table by its id; nil: there is none.
func (r *Report) Table(id string) *Table {
	for _, t := range r.Tables() {
		if t.ID == id {
			return t
		}
	}
	return nil
}

// figureTable is all figures with what they stand on.
func (r *Report) figureTable() *Table {
	c := r.words
	t := &Table{ID: "figures", Title: c.text("methods"), Columns: []string{"id", c.text("col.figure"), c.text("col.value"), "low", "high", c.text("col.before"), c.text("col.issued"), c.text("col.rule"), c.text("col.open"), c.text("col.coverage"), c.text("col.sources"), c.text("col.records")}}
	for _, f := range r.Figures {
		high, share := fmt.Sprint(f.High), c.text("coverage.none")
		if f.Unbounded {
			high = ""
		}
		if f.Coverage != nil {
			share = percent(*f.Coverage)
		}
		t.Rows = append(t.Rows, []Sentence{plain(f.ID), plain(f.Name), {{Text: c.number(f), Figure: f, Of: f.ID}}, plain(fmt.Sprint(f.Low)), plain(high), plain(f.beforeText), plain(f.Issued), plain(f.Rule), plain(percent(f.UnknownPart)), plain(share), quoted(strings.Join(f.Sources, "; ")), plain(strings.Join(append(append([]string{}, f.Counted...), f.Open...), " "))})
	}
	return t
}

// WriteCSV writes a table. A cell that a spreadsheet would run gets an apostrophe.
// Where rows are of records, the first column is the id of the record.
func WriteCSV(w io.Writer, t *Table) error {
	out := csv.NewWriter(w)
	head := t.Columns
	if len(t.IDs) > 0 {
		head = append([]string{"id"}, head...)
	}
	lines := [][]string{head}
	for i, row := range t.Rows {
		var line []string
		if len(t.IDs) > 0 {
			line = append(line, brief.Inert(t.IDs[i]))
		}
		for _, s := range row {
			line = append(line, brief.Inert(s.String()))
		}
		lines = append(lines, line)
	}
	if err := out.WriteAll(lines); err != nil {
		return err
	}
	return out.Error()
}

// WriteJSON writes the whole report.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}
