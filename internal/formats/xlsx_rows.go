package formats

import "io"

type xlsxWriter struct{ s *Sheet }

func newXLSX(w io.Writer, h *Head) (Writer, error) {
	s, err := NewSheet(w, h.title(), h.Columns, numbers(h.Columns), h.About)
	if err != nil {
		return nil, err
	}
	return &xlsxWriter{s}, nil
}

func (x *xlsxWriter) Row(r *Row) error { return x.s.Row(r.Cells) }
func (x *xlsxWriter) Close() error     { return x.s.Close() }
