package web

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"syscall"
)

// tiles hands out the log in the static layout of C2SP tlog-tiles, to anybody:
// envelopes and proofs, never payloads.
func (s *Server) tiles() {
	s.mux.HandleFunc("GET /log/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/log/")
		if name != path.Clean(name) || name != "checkpoint" && !strings.HasPrefix(name, "tile/") {
			Problem(w, http.StatusNotFound, "the log has /log/checkpoint and /log/tile/...")
			return
		}
		root, err := s.logRoot()
		if err != nil {
			Problem(w, http.StatusInternalServerError, "the log cannot be read")
			return
		}
		defer root.Close()
		f, err := root.Open(name)
		var info fs.FileInfo
		if err == nil {
			defer f.Close()
			info, err = f.Stat()
		}
		if err != nil || !info.Mode().IsRegular() {
			status, why := http.StatusNotFound, "there is no such tile: the size of the log is in /log/checkpoint"
			if err != nil && !noName(err) {
				status, why = http.StatusInternalServerError, "the log cannot be read"
			}
			Problem(w, status, why)
			return
		}
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if name == "checkpoint" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
		} else {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, "", info.ModTime(), f)
	})
}

// noName reports whether there can be no file of a name: it is not there, or is none
// that a disk would have.
func noName(err error) bool {
	for _, no := range []error{fs.ErrNotExist, syscall.EINVAL, syscall.ENOTDIR, syscall.ENAMETOOLONG} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}
