package story

import (
	"fmt"
	"strings"
)

// sketch draws a small picture that says on its face that it is made up. The
// evidentiary copy carries metadata, the public copy none.
func sketch(title string, kind int, metadata bool) []byte {
	r := dice("sketch " + title)
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200" width="320" height="200">` + "\n")
	if metadata {
		fmt.Fprintf(&b, "<metadata>SYNTHETIC; device: none; serial: %08x</metadata>\n", r.Uint32())
	}
	fmt.Fprintf(&b, `<title>SYNTHETIC: %s</title><rect width="320" height="200" fill="#f4f1ea"/><path d="M0 150H320" stroke="#777"/>`+"\n", title)
	for i := range 12 {
		x := 12 + 25*i
		switch kind {
		case 0: // a skyline with a glow
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="18" height="%d" fill="#8a8f98"/>`, x, 150-10-i%5*6, 10+i%5*6)
		default: // hours on a line
			fmt.Fprintf(&b, `<path d="M%d 145v10" stroke="#555"/>`, x)
		}
	}
	b.WriteString("\n" + `<text x="160" y="110" font-size="40" text-anchor="middle" fill="#b9b4a8" transform="rotate(-20 160 110)">SYNTHETIC</text></svg>` + "\n")
	return []byte(b.String())
}
