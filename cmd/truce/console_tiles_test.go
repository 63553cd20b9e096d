package main

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
)

// writeTiles makes a file of PMTiles, version 3, of one tile that holds the world.
func writeTiles(t *testing.T, kind byte, tile []byte, meta string) string {
	t.Helper()
	dir := []byte{1, 0, 1}                             // one entry, its id 0, a run of 1
	dir = binary.AppendUvarint(dir, uint64(len(tile))) // its length
	dir = append(dir, 1)                               // its offset and 1
	h := make([]byte, 127)
	copy(h, "PMTiles\x03")
	at := uint64(len(h))
	put := func(i int, n uint64) { binary.LittleEndian.PutUint64(h[i:], n) }
	put(8, at) // root directory
	put(16, uint64(len(dir)))
	put(24, at+uint64(len(dir))) // metadata
	put(32, uint64(len(meta)))
	put(40, at+uint64(len(dir)+len(meta))) // leaves: none
	put(48, 0)
	put(56, at+uint64(len(dir)+len(meta))) // tiles
	put(64, uint64(len(tile)))
	for _, i := range []int{72, 80, 88} { // counts
		put(i, 1)
	}
	h[96], h[97], h[98], h[99] = 1, 1, 1, kind // clustered; nothing is compressed
	for i, d := range []int32{-180, -85, 180, 85} {
		binary.LittleEndian.PutUint32(h[102+4*i:], uint32(d*1e7))
	}
	name := filepath.Join(t.TempDir(), "own.pmtiles")
	if err := os.WriteFile(name, bytes.Join([][]byte{h, dir, []byte(meta), tile}, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// vectorTile is the world with a lake over Kharkiv, a road, and a border that is not to
// be drawn.
func vectorTile(t *testing.T) []byte {
	t.Helper()
	layer := func(g orb.Geometry, p geojson.Properties) *geojson.FeatureCollection {
		fc := geojson.NewFeatureCollection()
		f := geojson.NewFeature(g)
		f.Properties = p
		return fc.Append(f)
	}
	ls := mvt.NewLayers(map[string]*geojson.FeatureCollection{
		"water":      layer(orb.Polygon{{{34, 48}, {38, 48}, {38, 51}, {34, 51}, {34, 48}}}, nil),
		"roads":      layer(orb.LineString{{30, 50}, {40, 49}}, nil),
		"boundaries": layer(orb.LineString{{30, 47}, {40, 47}}, nil),
	})
	for _, l := range ls {
		l.Version = 2
	}
	ls.ProjectToTile(maptile.New(0, 0, 0))
	b, err := mvt.Marshal(ls)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestConsoleTiles: maps are drawn on an operator's own tiles, vector and raster, had
// from this server in pieces; whoever made them is named, and their borders are not
// drawn.
func TestConsoleTiles(t *testing.T) {
	b := newBrowser(t)
	vector := writeTiles(t, 1, vectorTile(t), `{"attribution":"<a href=\"https://elsewhere.example\">© Mission Survey</a>","vector_layers":[{"id":"water"},{"id":"roads"},{"id":"boundaries"}]}`)
	base, h := plainServer(t, vector)
	b.base = base
	r, err := http.NewRequest("GET", base+"/map/tiles.pmtiles", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes=0-6")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusPartialContent || string(got) != "PMTiles" {
		t.Errorf("a piece: %s %q", res.Status, got)
	}
	look := func(name string, lake color.Color) {
		x := b.open(t, 1440, 900, "/?map=5.00/49.500/36.000")
		x.wait(`document.querySelector('figure[data-idle] figcaption')?.textContent.includes('© Mission Survey')`)
		var markup int
		x.js(`document.querySelectorAll('figcaption a').length`, &markup)
		if markup != 0 {
			t.Error("markup of the file is on the page")
		}
		x.js(`document.querySelector('.map .zoom button:last-child').click()`, nil)
		x.wait(`document.querySelector('.take button')`)
		p := x.taken(`document.querySelector('.take button')`)
		keepFile(t, "tiles-"+name+".png", p)
		img, err := png.Decode(bytes.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		if n := coloured(img, lake); n < 2000 {
			t.Errorf("%s: the tile is not drawn: %d points of its colour", name, n)
		}
		x.clean()
	}
	look("vector", color.RGBA{0xe4, 0xea, 0xec, 255}) // --sea, where the lake is and no sea
	if err := h.pages.Close(); err != nil {
		t.Fatal(err)
	}
	plain := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for i := range plain.Pix {
		plain.Pix[i] = 255
		if i%4 < 3 {
			plain.Pix[i] = 0x70 // grey stays grey, whatever its saturation
		}
	}
	var tile bytes.Buffer
	if err := png.Encode(&tile, plain); err != nil {
		t.Fatal(err)
	}
	if err := h.pages.UseTiles(writeTiles(t, 2, tile.Bytes(), `{"attribution":"© Mission Survey"}`)); err != nil {
		t.Fatal(err)
	}
	look("raster", color.RGBA{0x70, 0x70, 0x70, 255})
}

// coloured is how many points of a picture are of a colour, to within what drawing rounds.
func coloured(img image.Image, c color.Color) (n int) {
	near := func(a, b uint32) bool { return max(a, b)-min(a, b) < 0x300 }
	r, g, b, _ := c.RGBA()
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			if r2, g2, b2, _ := img.At(x, y).RGBA(); near(r, r2) && near(g, g2) && near(b, b2) {
				n++
			}
		}
	}
	return n
}

// TestTilesAreChecked: what is no file of PMTiles is refused, with what to do.
func TestTilesAreChecked(t *testing.T) {
	for want, b := range map[string][]byte{
		"no file of PMTiles": []byte("SQLite format 3\x00"),
		"of version 2":       append([]byte("PMTiles\x02"), make([]byte, 200)...),
		"of kind 0":          append([]byte("PMTiles\x03"), make([]byte, 200)...),
	} {
		name := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := openConsole("", name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
}
