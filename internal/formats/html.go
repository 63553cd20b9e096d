package formats

import (
	"bufio"
	"fmt"
	"html"
	"io"
)

// htmlHead opens a page that loads nothing and runs nothing, so that it reads the same
// from a stick.
const htmlHead = `<!DOCTYPE html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>%s</title>
<style>
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem }
div { overflow-x: auto }
table { border-collapse: collapse; font-size: .87rem }
th, td { border-bottom: 1px solid #8886; padding: .3rem .6rem; text-align: start; vertical-align: top; max-width: 30rem; overflow-wrap: anywhere }
th { position: sticky; top: 0; background: Canvas }
.n { text-align: end; font-variant-numeric: tabular-nums }
</style>
</head>
<body>
<h1>%s</h1>
`

type htmlWriter struct {
	w    *bufio.Writer
	h    *Head
	rows int
	err  error
}

// newHTML writes one table that a browser shows and prints, with what the file is of
// above it.
func newHTML(w io.Writer, h *Head) (Writer, error) {
	x := &htmlWriter{w: bufio.NewWriter(w), h: h}
	x.put(htmlHead, or(h.Lang, "en"), h.title(), h.title())
	for _, line := range []string{h.Of, h.Note} {
		if line != "" {
			x.put("<p dir=\"auto\">%s</p>\n", line)
		}
	}
	for _, a := range h.About {
		x.put("<p dir=\"auto\"><b>%s</b> %s</p>\n", a[0], a[1])
	}
	x.put("<div tabindex=\"0\"><table>\n<thead><tr>")
	for _, c := range h.Columns {
		x.put("<th scope=\"col\"%s>%s</th>", alignOf(c), c)
	}
	x.put("</tr></thead>\n<tbody>\n")
	return x, x.err
}

// alignOf sets numbers under each other.
func alignOf(column string) trusted {
	if k := known[column].kind; k == numberCell || k == wholeCell {
		return ` class="n"`
	}
	return ""
}

// trusted is markup of our own; everything else is escaped.
type trusted string

// put writes words into markup.
func (x *htmlWriter) put(markup string, words ...any) {
	for i, w := range words {
		if s, ok := w.(string); ok {
			words[i] = html.EscapeString(Visible(s))
		}
	}
	if x.err == nil {
		_, x.err = fmt.Fprintf(x.w, markup, words...)
	}
}

func (x *htmlWriter) Row(r *Row) error {
	x.put("<tr>")
	for i, c := range r.Cells {
		x.put("<td dir=\"auto\"%s>%s</td>", alignOf(x.h.Columns[i]), c)
	}
	x.put("</tr>\n")
	x.rows++
	return x.err
}

func (x *htmlWriter) Close() error {
	x.put("</tbody>\n</table></div>\n<p>%d rows</p>\n</body>\n</html>\n", x.rows)
	if x.err != nil {
		return x.err
	}
	return x.w.Flush()
}
