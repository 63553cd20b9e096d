package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/peterstace/simplefeatures/geom"

	"github.com/truce-project/truce/when"
)

// parquetRows is how many rows are held in memory before they are written, as a row
// group of their own; a test has fewer.
var parquetRows = int64(1 << 14)

// ordered is a group whose fields stand in an order, and not by the alphabet.
type ordered struct {
	parquet.Group
	order []string
}

// Fields are the fields of the group in their order.
func (o ordered) Fields() []parquet.Field {
	out := o.Group.Fields()
	slices.SortStableFunc(out, func(a, b parquet.Field) int {
		return slices.Index(o.order, a.Name()) - slices.Index(o.order, b.Name())
	})
	return out
}

// Names of the columns beside those of the head.
const (
	geometryColumn = "geometry"
	boxColumn      = "bbox"
)

var boxFields = []string{"xmin", "ymin", "xmax", "ymax"}

// parquetWriter writes rows as Apache Parquet. Where there are places it is GeoParquet
// 1.1: the column geometry has the area in which it was, as WKB in degrees WGS 84,
// longitude first, and the column bbox what bounds it.
type parquetWriter struct {
	h     *Head
	w     *parquet.GenericWriter[any]
	rows  []parquet.Row
	types map[string]bool
	box   [4]float64
	last  struct { // the rows of an incident have one place
		json []byte
		wkb  []byte
		box  [4]float64
	}
}

func newParquet(w io.Writer, h *Head) (Writer, error) {
	schema, err := parquetSchema(h)
	if err != nil {
		return nil, err
	}
	p := &parquetWriter{h: h, types: map[string]bool{}, box: emptyBox()}
	p.w = parquet.NewGenericWriter[any](w, schema, parquet.Compression(&zstd.Codec{}), parquet.CreatedBy("truce", "1", ""), parquet.MaxRowsPerRowGroup(parquetRows))
	for _, a := range h.About {
		p.w.SetKeyValueMetadata("truce:"+a[0], a[1])
	}
	if h.Of != "" {
		p.w.SetKeyValueMetadata("truce:of", h.Of)
	}
	return p, nil
}

func emptyBox() [4]float64 {
	return [4]float64{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
}

// parquetSchema has the columns of the head, the geometry and its box. What is not
// known is null.
func parquetSchema(h *Head) (*parquet.Schema, error) {
	g := parquet.Group{}
	for _, c := range h.Columns {
		if g[c] != nil || c == geometryColumn || c == boxColumn {
			return nil, fmt.Errorf("two columns are called %q", c)
		}
		switch known[c].kind {
		case numberCell:
			g[c] = parquet.Optional(parquet.Leaf(parquet.DoubleType))
		case wholeCell:
			g[c] = parquet.Optional(parquet.Int(64))
		case timeCell:
			g[c] = parquet.Optional(parquet.Timestamp(parquet.Millisecond))
		default:
			g[c] = parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
		}
	}
	box := parquet.Group{}
	for _, f := range boxFields {
		box[f] = parquet.Required(parquet.Leaf(parquet.DoubleType))
	}
	g[geometryColumn] = parquet.Optional(parquet.Encoded(parquet.Leaf(parquet.ByteArrayType), &parquet.RLEDictionary))
	g[boxColumn] = parquet.Optional(ordered{box, boxFields})
	return parquet.NewSchema(h.Name, ordered{g, append(slices.Clone(h.Columns), geometryColumn, boxColumn)}), nil
}

func (p *parquetWriter) Row(r *Row) error {
	if len(r.Cells) != len(p.h.Columns) {
		return fmt.Errorf("a row of %d cells under %d columns", len(r.Cells), len(p.h.Columns))
	}
	row := make(parquet.Row, 0, len(r.Cells)+1+len(boxFields))
	for i, c := range p.h.Columns {
		v, err := parquetValue(known[c].kind, r.Cells[i])
		if err != nil {
			return fmt.Errorf("column %s: %w", c, err)
		}
		row = append(row, leaf(v, i))
	}
	wkb, box, err := p.place(r)
	if err != nil {
		return err
	}
	at := len(p.h.Columns)
	if wkb == nil {
		row = append(row, leaf(parquet.NullValue(), at))
	} else {
		row = append(row, leaf(parquet.ByteArrayValue(wkb), at))
	}
	for i := range boxFields {
		v := parquet.NullValue()
		if wkb != nil {
			v = parquet.DoubleValue(box[i])
		}
		row = append(row, leaf(v, at+1+i))
	}
	if p.rows = append(p.rows, row); len(p.rows) == 256 {
		return p.flush()
	}
	return nil
}

// leaf puts a value into an optional column.
func leaf(v parquet.Value, column int) parquet.Value {
	if v.IsNull() {
		return v.Level(0, 0, column)
	}
	return v.Level(0, 1, column)
}

func parquetValue(k kind, cell string) (parquet.Value, error) {
	if cell == "" {
		return parquet.NullValue(), nil
	}
	switch k {
	case numberCell:
		f, err := strconv.ParseFloat(cell, 64)
		return parquet.DoubleValue(f), err
	case wholeCell:
		n, err := strconv.ParseInt(cell, 10, 64)
		return parquet.Int64Value(n), err
	case timeCell:
		i, err := when.ParseRFC3339(cell)
		return parquet.Int64Value(int64(i)), err
	}
	return parquet.ByteArrayValue([]byte(cell)), nil
}

// place is where a row was, as WKB, with the box that bounds it; nil: not known.
func (p *parquetWriter) place(r *Row) ([]byte, [4]float64, error) {
	if r.Place.IsUnknown() {
		return nil, emptyBox(), nil
	}
	b := r.Place.GeoJSON()
	if p.last.json == nil || !bytes.Equal(b, p.last.json) {
		g, err := geom.UnmarshalGeoJSON(b, geom.NoValidate{})
		if err != nil {
			return nil, emptyBox(), fmt.Errorf("a place that cannot be written: %w", err)
		}
		lo, hi, ok := g.Envelope().MinMaxXYs()
		if !ok {
			return nil, emptyBox(), fmt.Errorf("a place without extent: %s", r.Place)
		}
		p.types[g.Type().String()] = true
		p.last.json, p.last.wkb, p.last.box = b, g.AsBinary(), [4]float64{lo.X, lo.Y, hi.X, hi.Y}
	}
	box := p.last.box
	p.box = [4]float64{min(p.box[0], box[0]), min(p.box[1], box[1]), max(p.box[2], box[2]), max(p.box[3], box[3])}
	return p.last.wkb, box, nil
}

func (p *parquetWriter) flush() error {
	_, err := p.w.WriteRows(p.rows)
	p.rows = p.rows[:0]
	return err
}

// Close writes what GeoParquet 1.1 wants to be said of the geometry.
func (p *parquetWriter) Close() error {
	if err := p.flush(); err != nil {
		return err
	}
	covering := map[string][]string{}
	for _, f := range boxFields {
		covering[f] = []string{boxColumn, f}
	}
	types := []string{}
	for t := range p.types {
		types = append(types, t)
	}
	slices.Sort(types)
	column := map[string]any{"encoding": "WKB", "geometry_types": types, "edges": "planar", "covering": map[string]any{"bbox": covering}}
	if len(types) > 0 {
		column["bbox"] = p.box[:]
	}
	geo, err := json.Marshal(map[string]any{"version": "1.1.0", "primary_column": geometryColumn, "columns": map[string]any{geometryColumn: column}})
	if err != nil {
		return err
	}
	p.w.SetKeyValueMetadata("geo", string(geo))
	return p.w.Close()
}
