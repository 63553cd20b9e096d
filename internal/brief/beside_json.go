package brief

import (
	"encoding/json"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/terms"
)

// BesideJSON is two texts side by side, by number.
type BesideJSON struct {
	Rows  []BesideRow  `json:"rows"`
	Same  bool         `json:"same" doc:"versions or readings of one text, in which numbers mean the same"`
	Apart bool         `json:"apart" doc:"no number is on both sides: each column runs on by itself"`
	Zones []BesideZone `json:"zones" doc:"zones of the clauses, for drawing; nothing is judged by the drawing"`
}

// BesideRow is what stands under one number on either side.
type BesideRow struct {
	A *BesideCell `json:"a,omitempty"`
	B *BesideCell `json:"b,omitempty"`
	// Redline is of the first language that both have, where the words differ.
	Redline []RunJSON `json:"redline,omitempty"`
}

// BesideCell is one numbered sentence, or a clause over which no sentence stands.
type BesideCell struct {
	ID    string        `json:"id"`
	Kind  string        `json:"kind,omitempty"`
	Texts []VersionJSON `json:"texts,omitempty"`
}

// RunJSON is a run of words of a redline.
type RunJSON struct {
	Op   string `json:"op" enum:"out,kept,in"`
	Text string `json:"text"`
}

// BesideZone is one geometry and the texts that have it.
type BesideZone struct {
	Name    string          `json:"name"`
	A       bool            `json:"a"`
	B       bool            `json:"b"`
	GeoJSON json.RawMessage `json:"geometry"`
}

// NewBesideJSON sets two sides beside each other.
func NewBesideJSON(sides [2]compare.Side) *BesideJSON {
	t := newCompareTexts(sides, nil)
	x := &BesideJSON{Rows: []BesideRow{}, Same: t.Same, Apart: t.Apart, Zones: []BesideZone{}}
	for _, r := range t.Rows {
		row := BesideRow{A: besideCell(r.Cells[0]), B: besideCell(r.Cells[1])}
		if t.Same && !t.Apart && row.A != nil && row.B != nil {
			row.Redline = redlineRuns(r.Cells[0].Versions, r.Cells[1].Versions)
		}
		x.Rows = append(x.Rows, row)
	}
	for _, z := range zonesOf(sides[:]) {
		if g := z.zone.GeoJSON(z.model); json.Valid(g) {
			x.Zones = append(x.Zones, BesideZone{z.says, z.sides[0], z.sides[1], g})
		}
	}
	return x
}

func besideCell(c *compareCell) *BesideCell {
	if c == nil {
		return nil
	}
	return &BesideCell{c.ID, c.Kind, versionsJSON(c.Versions)}
}

// redlineRuns compares the first language that both have; nil where the words are
// the same.
func redlineRuns(a, b []terms.Version) []RunJSON {
	for _, x := range a {
		for _, y := range b {
			if x.Language != y.Language || x.Text == y.Text {
				continue
			}
			var out []RunJSON
			for _, r := range compare.Redline(x.Text, y.Text) {
				out = append(out, RunJSON{map[compare.Op]string{compare.Out: "out", compare.Kept: "kept", compare.In: "in"}[r.Op], r.Text})
			}
			return out
		}
	}
	return nil
}

// Short returns the comparison for programs without the values of each box, which
// its words and its act say.
func (c Comparison) Short() *ComparisonJSON {
	x := c.JSON()
	for i := range x.Differences {
		for k := range x.Differences[i].Boxes {
			x.Differences[i].Boxes[k].Facts = nil
		}
	}
	return x
}
