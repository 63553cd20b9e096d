package formats

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
)

// properties is a row as a JSON object.
func properties(h *Head, r *Row) any {
	if r.Whole != nil {
		return r.Whole
	}
	out := map[string]string{}
	for i, c := range h.Columns {
		if r.Cells[i] != "" {
			out[c] = r.Cells[i]
		}
	}
	return out
}

// compact is JSON on one line. <, > and & are escaped, so that no browser takes a text
// for a page.
func compact(v any) ([]byte, error) { return json.Marshal(v) }

type jsonlWriter struct {
	h *Head
	w io.Writer
}

func newJSONL(w io.Writer, h *Head) (Writer, error) { return &jsonlWriter{h, w}, nil }

func (j *jsonlWriter) Row(r *Row) error {
	b, err := compact(properties(j.h, r))
	if err != nil {
		return err
	}
	_, err = j.w.Write(append(b, '\n'))
	return err
}

func (j *jsonlWriter) Close() error { return nil }

type geoWriter struct {
	h *Head
	w io.Writer
	c cells
	n int
}

func newGeoJSON(w io.Writer, h *Head) (Writer, error) {
	var b bytes.Buffer
	b.WriteString(`{"type":"FeatureCollection"`)
	for _, m := range h.Members {
		name, err := compact(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := compact(m.Value)
		if err != nil {
			return nil, err
		}
		b.WriteByte(',')
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteString(`,"features":[`)
	_, err := w.Write(b.Bytes())
	return &geoWriter{h: h, w: w, c: cellsOf(h)}, err
}

func (g *geoWriter) Row(r *Row) error {
	geometry := json.RawMessage("null")
	lat, err1 := strconv.ParseFloat(g.c.get(r, "lat"), 64)
	lon, err2 := strconv.ParseFloat(g.c.get(r, "lon"), 64)
	switch {
	case r.Place.IsUnknown() || g.h.Points && (err1 != nil || err2 != nil): // no point stands for an area
	case g.h.Points: // as the row has it
		b, err := json.Marshal(map[string]any{"type": "Point", "coordinates": [2]float64{lon, lat}})
		if err != nil {
			return err
		}
		geometry = b
	default:
		geometry = r.Place.GeoJSON()
	}
	b, err := compact(struct {
		Type       string          `json:"type"`
		Geometry   json.RawMessage `json:"geometry"`
		Properties any             `json:"properties"`
	}{"Feature", geometry, properties(g.h, r)})
	if err != nil {
		return err
	}
	sep := "\n"
	if g.n++; g.n > 1 {
		sep = ",\n"
	}
	_, err = g.w.Write(append([]byte(sep), b...))
	return err
}

func (g *geoWriter) Close() error {
	_, err := io.WriteString(g.w, "\n]}\n")
	return err
}
