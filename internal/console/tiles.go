package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// tiles is an operator's own map: one file of PMTiles (version 3), of which browsers
// ask for pieces.
type tiles struct {
	f    *os.File
	size int64
	made time.Time
	kind byte
}

// kinds of tiles, as the header numbers them, that maps can draw.
var kinds = map[byte]string{1: "vector", 2: "raster", 3: "raster", 4: "raster", 5: "raster"}

// wholeTiles is how large a file of tiles may be to be given whole, in bytes.
const wholeTiles = 32 << 20

// UseTiles draws maps on the tiles of a file of PMTiles, beneath borders and all that
// is drawn of incidents. The file stays open as long as the console.
func (c *Console) UseTiles(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	t, err := readTiles(f)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	c.tiles = t
	return nil
}

// readTiles checks the header: 127 bytes, of which the first say what it is.
func readTiles(f *os.File) (*tiles, error) {
	var h [127]byte
	if _, err := io.ReadFull(f, h[:]); err != nil || string(h[:7]) != "PMTiles" {
		return nil, errors.New("this is no file of PMTiles: expected one that begins with PMTiles, as `pmtiles convert` makes of MBTiles")
	}
	if h[7] != 3 {
		return nil, fmt.Errorf("this is of version %d of PMTiles, expected 3: `pmtiles convert` makes one", h[7])
	}
	if kinds[h[99]] == "" {
		return nil, fmt.Errorf("its tiles are of kind %d, expected vector tiles (1), PNG, JPEG, WebP or AVIF (2 to 5)", h[99])
	}
	i, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &tiles{f: f, size: i.Size(), made: i.ModTime(), kind: h[99]}, nil
}

// Close closes what UseTiles has opened.
func (c *Console) Close() error {
	if c.tiles == nil {
		return nil
	}
	return c.tiles.f.Close()
}

// serveTiles gives the pieces that are asked for.
func (t *tiles) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, t.size, t.made.UnixNano()))
	if r.Header.Get("Range") == "" && t.size > wholeTiles {
		http.Error(w, "this file is large: ask for pieces of it, by Range", http.StatusBadRequest)
		return
	}
	http.ServeContent(w, r, "", t.made, io.NewSectionReader(t.f, 0, t.size))
}

// about says whether there are tiles, and of what kind.
func (t *tiles) about(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	about := map[string]string{}
	if t != nil {
		about["kind"] = kinds[t.kind]
	}
	json.NewEncoder(w).Encode(about)
}
