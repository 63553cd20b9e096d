package formats

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode"
)

type csvWriter struct{ w *csv.Writer }

func newCSV(w io.Writer, h *Head) (Writer, error) {
	c := &csvWriter{csv.NewWriter(w)}
	return c, c.w.Write(h.Columns)
}

// newHXL has the tags of the columns in the second row.
func newHXL(w io.Writer, h *Head) (Writer, error) {
	c := &csvWriter{csv.NewWriter(w)}
	if err := c.w.Write(h.Columns); err != nil {
		return nil, err
	}
	var tags []string
	for _, name := range h.Columns {
		tags = append(tags, tagOf(name))
	}
	return c, c.w.Write(tags)
}

func (c *csvWriter) Row(r *Row) error {
	out := make([]string, len(r.Cells))
	for i, x := range r.Cells {
		out[i] = Inert(x)
	}
	return c.w.Write(out)
}

func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}

// Inert keeps a spreadsheet from running a cell: one that begins, after what
// cannot be seen, with = + - @ in any width gets an apostrophe, unless it is a
// number.
func Inert(s string) string {
	seen := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) || r == ' ' })
	if seen == "" || !strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(seen)[0]) {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}

// Visible replaces characters that steer a terminal or turn the direction of
// writing, so that a text cannot look unlike what it says.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\ufffd'
		}
		return r
	}, s)
}
