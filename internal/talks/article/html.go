package article

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plain is the text of a piece of HTML, a line for each block. Feeds hold pieces,
// not pages, so that nothing is left out of them but scripts and styles.
func plain(fragment string) string {
	if !strings.Contains(fragment, "<") {
		return clean(html.UnescapeString(fragment))
	}
	doc, err := html.Parse(strings.NewReader(fragment))
	if err != nil {
		return ""
	}
	var out strings.Builder
	write(&out, doc, 0)
	return clean(out.String())
}

func write(out *strings.Builder, n *html.Node, depth int) {
	if depth > 500 {
		return
	}
	switch {
	case n.Type == html.TextNode:
		out.WriteString(strings.Join(strings.Fields(" "+n.Data+" "), " "))
		if strings.TrimRight(n.Data, " \t\n") != n.Data {
			out.WriteString(" ")
		}
		return
	case n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Noscript:
		return
	case n.DataAtom == atom.Br:
		out.WriteString("\n")
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		write(out, c, depth+1)
	}
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.Tr, atom.Blockquote:
		out.WriteString("\n")
	}
}
