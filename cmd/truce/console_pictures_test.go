package main

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// taken presses a button for a file and returns the file.
func (x *tab) taken(button string) []byte {
	x.t.Helper()
	x.js(`(() => {
		window.made = ''
		if (window.blobs) return
		window.blobs = new Map()
		const make = URL.createObjectURL.bind(URL)
		URL.createObjectURL = b => { const u = make(b); window.blobs.set(u, b); return u }
		HTMLAnchorElement.prototype.click = function () {
			const r = new FileReader()
			r.onload = () => (window.made = r.result)
			r.readAsDataURL(window.blobs.get(this.href))
		}
	})()`, nil)
	x.js(button+`.click()`, nil)
	x.wait(`window.made`)
	var url string
	x.js(`window.made`, &url)
	_, b64, _ := strings.Cut(url, ",")
	b, err := base64.StdEncoding.DecodeString(b64)
	if err != nil {
		x.t.Fatal(err)
	}
	return b
}

// keepFile leaves a file beside the pictures of pages.
func keepFile(t *testing.T, name string, b []byte) {
	if dir := os.Getenv("CONSOLE_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// wellFormed wants XML without scripts, and nothing that is had from elsewhere; it
// returns all text in it.
func wellFormed(t *testing.T, b []byte) string {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(b))
	var text strings.Builder
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
		switch e := tok.(type) {
		case xml.CharData:
			text.Write(e)
			text.WriteByte(' ')
		case xml.StartElement:
			if e.Name.Local == "script" || e.Name.Local == "image" || e.Name.Local == "foreignObject" {
				t.Errorf("<%s> in a drawing", e.Name.Local)
			}
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "href" || strings.Contains(a.Value, "url(http") {
					t.Errorf("%s=%q in a drawing", a.Name.Local, a.Value)
				}
			}
		}
	}
}

// isPicture wants a PNG that shows something.
func isPicture(t *testing.T, b []byte) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]uint32]bool{}
	box := img.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y += 7 {
		for x := box.Min.X; x < box.Max.X; x += 7 {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	if box.Dx() < 600 || box.Dy() < 300 || len(seen) < 12 {
		t.Errorf("a picture of %v with %d colours", box, len(seen))
	}
}

// tryPictures takes maps, charts and the board away, as pictures, drawings and data.
func tryPictures(t *testing.T, b *browser) {
	button := func(within, says string) string {
		return `[...document.querySelectorAll('` + within + ` .files button, ` + within + ` .take button')].find(b => b.textContent.trim() === '` + says + `')`
	}
	x := b.open(t, 1440, 900, "/?level=verified&level=claimed")
	x.wait(`document.querySelectorAll('.item').length > 3 && document.querySelector('figure[data-idle]')`)
	x.js(`document.querySelector('.map .zoom button:last-child').click()`, nil)
	x.wait(button(".map", "PNG"))
	x.axe()
	var origin string
	x.js(`document.querySelector('.origin').textContent`, &origin)
	svg := x.taken(button(".map", "SVG"))
	keepFile(t, "map.svg", svg)
	said := wellFormed(t, svg)
	for _, want := range []string{"Incidents by place", "Designations imply no opinion", "Evidence: verified, claimed", origin, "as of entry", "bind nobody", "readings differ", "Natural Earth", "Demo record"} {
		if !strings.Contains(said, want) {
			t.Errorf("the drawing does not say %q: %.3000s", want, said)
		}
	}
	var drawn int
	x.js(`+document.querySelector('.list [role=listitem]').ariaSetSize`, &drawn)
	// Each incident with a place has its ring or sign, with its title.
	if n := bytes.Count(svg, []byte("<title>")); n < drawn/2 {
		t.Errorf("%d titles in the drawing of a list of %d", n, drawn)
	}
	picture := x.taken(button(".map", "PNG"))
	keepFile(t, "map.png", picture)
	isPicture(t, picture)
	keepFile(t, "timeline.svg", x.taken(button(".time", "SVG")))
	picture = x.taken(button(".time", "PNG"))
	keepFile(t, "timeline.png", picture)
	isPicture(t, picture)
	rows := strings.Split(strings.TrimSpace(string(x.taken(button(".time", "CSV")))), "\r\n")
	if len(rows) < 5 || !strings.HasPrefix(rows[0], "day,") {
		t.Errorf("%q", rows)
	}
	// In a right-to-left language and the dark too.
	x.js(`document.documentElement.dataset.theme = 'dark'`, nil)
	x.visit("/talks")
	x.wait(`document.querySelector('section.board table')`)
	board := x.taken(button("section.board", "SVG"))
	keepFile(t, "board.svg", board)
	if said := wellFormed(t, board); !strings.Contains(said, "UA") || !strings.Contains(said, "RU") {
		t.Errorf("no party in the drawing of the board: %.500s", said)
	}
	keepFile(t, "board.png", x.taken(button("section.board", "PNG")))
	x.visit("/scenario?f.act=overflight")
	x.wait(`document.querySelector('#verdicts .files button')`)
	scenario := x.taken(button("#verdicts", "SVG"))
	keepFile(t, "scenario.svg", scenario)
	wellFormed(t, scenario)
	x.visit("/compare?a=black-sea-2025@white-house&b=energy-2025@white-house-25-march&view=texts")
	x.wait(`document.querySelector('.side figure[data-idle]')`)
	x.js(`document.querySelector('.side .zoom button:last-child').click()`, nil)
	x.wait(button(".side .map", "SVG"))
	compare := x.taken(button(".side .map", "SVG"))
	keepFile(t, "compare.svg", compare)
	if said := wellFormed(t, compare); !strings.Contains(said, "zone of ") {
		t.Errorf("a drawing of zones does not say so: %.1000s", said)
	}
	if g := x.taken(button(".side .map", "GeoJSON")); !bytes.Contains(g, []byte(`"FeatureCollection"`)) {
		t.Errorf("%.300s", g)
	}
	x.clean()
}
