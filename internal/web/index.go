package web

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/views"
)

//go:embed index.html
var indexText string

//go:embed style.css
var styleText []byte

var indexPage = template.Must(template.New("index").Parse(indexText))

// index is the page for somebody who opens the address in a browser, where there
// is no console.
func (s *Server) index() {
	if s.o.Console != nil {
		s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			for _, ours := range []string{"/api/", "/log/"} {
				if strings.HasPrefix(r.URL.Path, ours) {
					Problem(w, http.StatusNotFound, "there is nothing at this address: /openapi.json says what there is")
					return
				}
			}
			s.o.Console.ServeHTTP(w, r)
		})
		return
	}
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		c := s.o.Log.Reader().Checkpoint
		data := struct {
			Origin, Version, Key, Root, Made string
			Size, Views                      int64
			Standing                         string
			Demo                             *Notice
		}{Demo: s.o.Notice, Origin: s.o.Log.Office().Origin, Version: s.o.Version, Key: s.o.Log.Office().Key, Root: c.Root.String(), Size: c.Size, Standing: standing, Made: s.o.Now().UTC().Format(time.RFC3339)}
		err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error { data.Views = snap.Size; return nil })
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		if err == nil {
			err = indexPage.Execute(w, data)
		}
		if err != nil {
			s.o.Slog.Error("index", "error", err.Error())
		}
	})
	s.mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "max-age=3600")
		w.Write(styleText)
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		Problem(w, http.StatusNotFound, "there is nothing at this address: /openapi.json says what there is")
	})
}
