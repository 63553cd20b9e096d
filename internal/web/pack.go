package web

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// packer compresses answers that are text, for clients that take it. Nothing that
// is secret is sent back in an answer, so that its length tells nothing.
type packer struct {
	http.ResponseWriter
	z     *gzip.Writer
	began bool
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is a good one
	return z
}}

// packed reports whether a request may be answered compressed: streams, proofs and
// files are not.
func packed(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/api/events" && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

func (p *packer) WriteHeader(code int) {
	if !p.began {
		p.began = true
		h := p.Header()
		h.Add("Vary", "Accept-Encoding")
		kind := h.Get("Content-Type")
		if code == http.StatusOK && h.Get("Content-Encoding") == "" && (strings.Contains(kind, "json") || strings.HasPrefix(kind, "text/csv")) {
			h.Del("Content-Length")
			h.Set("Content-Encoding", "gzip")
			p.z = zippers.Get().(*gzip.Writer)
			p.z.Reset(p.ResponseWriter)
		}
	}
	p.ResponseWriter.WriteHeader(code)
}

func (p *packer) Write(b []byte) (int, error) {
	if !p.began {
		p.WriteHeader(http.StatusOK)
	}
	if p.z != nil {
		return p.z.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (p *packer) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// done ends the answer.
func (p *packer) done() {
	if p.z != nil {
		p.z.Close()
		zippers.Put(p.z)
	}
}
