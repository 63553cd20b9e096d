// Package console serves the console: the pages that a browser shows, built from
// the folder console of the sources and embedded here, and the map that they are
// drawn on. Everything comes from the server itself; the policy that goes with
// every page lets the browser ask nobody else.
package console

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/truce-project/truce/internal/basemap"
)

//go:embed all:dist
var dist embed.FS

// policy goes with pages. Scripts and workers are files of this server only; a
// script is never made from text (Trusted Types): the policies named are those by
// which Svelte lays out its templates and MapLibre starts its worker.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src blob:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types svelte-trusted-html default"

// pages are the first parts of the addresses of pages: the folders of
// console/src/pages, which a test compares.
var pages = []string{"commission", "compare", "daily", "incidents", "methodology", "people", "record", "report", "scenario", "talks", "terms", "today", "triage", "verification"}

// Pages are the names of the pages, which are the first parts of their addresses; of
// today, which is at /, too.
func Pages() []string { return slices.Clone(pages) }

// Console is what serves pages and what they are made of.
type Console struct {
	files  map[string]*file
	layers map[string]func() (*file, error) // of maps
	tiles  *tiles                           // of the operator's own; nil: none
}

// file is a file in memory, as it is and compressed.
type file struct {
	plain, packed []byte
	kind          string
	once          sync.Once
}

// New reads the embedded files. base is what maps are drawn on; nil draws no
// countries.
func New(base *basemap.Map) (*Console, error) {
	c := &Console{files: map[string]*file{}, layers: layers(base)}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := dist.ReadFile(name)
		c.files[strings.TrimPrefix(name, "dist/")] = &file{plain: b, kind: kindOf(name)}
		return err
	})
	return c, err
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if k := mime.TypeByExtension(path.Ext(name)); k != "" {
		return k
	}
	return "application/octet-stream"
}

// ServeHTTP answers with a file, the map, or the page: addresses of pages are read
// by the page itself. The data of a page is at its address with .json, .csv or
// .geojson.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch f := c.files[name]; {
	case f != nil && name != "index.html":
		if strings.HasPrefix(name, "assets/") {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-cache")
		}
		f.serve(w, r)
	case name == "map/tiles.json":
		c.tiles.about(w)
	case name == "map/tiles.pmtiles" && c.tiles != nil:
		c.tiles.serve(w, r)
	case c.layers[name] != nil:
		c.serveLayer(w, r, c.layers[name])
	case strings.HasPrefix(name, "assets/") || strings.HasPrefix(name, "map/"):
		http.NotFound(w, r)
	case path.Ext(name) == ".json" || path.Ext(name) == ".csv" || path.Ext(name) == ".geojson":
		http.Redirect(w, r, dataAt(name, r.URL.RawQuery), http.StatusSeeOther)
	default:
		c.page(w, r, name)
	}
}

// page answers with the page; where the address is of none, the page says so, and
// the status too.
func (c *Console) page(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=(), interest-cohort=()")
	w.Header().Set("Cache-Control", "no-cache")
	index := c.files["index.html"]
	if index == nil {
		http.Error(w, "the console was not built into this program: run `make console` and build again", http.StatusNotFound)
		return
	}
	status := http.StatusOK
	if first, _, _ := strings.Cut(name, "/"); first != "" && first != "index.html" && !slices.Contains(pages, first) {
		status = http.StatusNotFound
	}
	index.serveAs(w, r, status)
}

// serve answers with the file, compressed for whoever takes that. It is compressed
// once, when it is first asked for.
func (f *file) serve(w http.ResponseWriter, r *http.Request) { f.serveAs(w, r, http.StatusOK) }

func (f *file) serveAs(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	b := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(b) > 512 {
		f.once.Do(f.pack)
		if len(f.packed) < len(b) {
			h.Set("Content-Encoding", "gzip")
			b = f.packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(b)
	}
}

func (f *file) pack() {
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is a good one
	z.Write(f.plain)
	z.Close()
	f.packed = buf.Bytes()
}
