package web

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/sight"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// atom is a feed of RFC 4287.
type atom struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Sub     string      `xml:"subtitle"`
	Author  string      `xml:"author>name"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	ID      string `xml:"id"`
	Title   string `xml:"title"`
	Updated string `xml:"updated"`
	Summary string `xml:"summary"`
}

const (
	feedEntries = 100    // of the newest entries that changed findings
	feedLooks   = 20_000 // entries that are looked at for them
)

func (s *Server) feed() {
	huma.Register(s.api, huma.Operation{OperationID: "get-feed", Method: http.MethodGet, Path: "/api/findings.atom", Summary: "Findings that began or were revised, newest first (Atom)", Tags: []string{"read"}},
		func(ctx context.Context, q *struct{ AsOf }) (*listed, error) {
			who := whoOf(ctx)
			if err := s.allow(ctx, "read", Object{Thing: "finding", Marking: rights.ForPublic}); err != nil {
				return nil, err
			}
			origin := s.o.Log.Office().Origin
			f := atom{ID: "tag:" + origin + ",2025:findings", Title: "Findings of " + origin, Sub: standing, Author: origin, Updated: s.began.UTC().Format(time.RFC3339)}
			var v views.Vector
			err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
				v = snap.Vector()
				first := true
				looked := 0
				var inner error
				err := snap.Store().Docs(nil, snap.Size, func(d *views.Doc) bool {
					if first {
						f.Updated, first = d.Made, false
					}
					inner = snap.Store().Since(d.Index, func(num uint32, x views.Finding) bool {
						if e, ok := s.feedEntry(who, snap, origin, d, num, x); ok && len(f.Entries) < feedEntries {
							f.Entries = append(f.Entries, e)
						}
						return len(f.Entries) < feedEntries
					})
					looked++
					return inner == nil && len(f.Entries) < feedEntries && looked < feedLooks
				})
				if err == nil {
					err = inner
				}
				return err
			})
			if err != nil {
				return nil, failure(err)
			}
			a := &listed{Status: http.StatusOK, Vary: byWho, Cache: "private, no-cache", ContentType: "application/atom+xml; charset=utf-8", ETag: etag(ctx, v, "atom")}
			if notModified(q.Have, a.ETag) {
				a.Status = http.StatusNotModified
				return a, nil
			}
			b, err := xml.MarshalIndent(f, "", " ")
			a.Body = append([]byte(xml.Header), b...)
			return a, failure(err)
		})
}

func (s *Server) feedEntry(who Who, snap *views.Snapshot, origin string, d *views.Doc, num uint32, f views.Finding) (atomEntry, bool) {
	x, err := snap.Store().Version(num, d.Index+1)
	if err != nil || x == nil {
		return atomEntry{}, false
	}
	n := sight.NarrowedOf(&x.Incident)
	fs := s.sights.Findings(who, n, []views.Finding{f})
	if !s.sights.See(who, &x.Incident) || len(fs) == 0 {
		return atomEntry{}, false
	}
	f = fs[0]
	name := x.Radio
	if name == "" {
		name = x.ID
	}
	title := fmt.Sprintf("%s: %s, %s@%s", name, f.Verdict, f.Terms, f.Reading)
	if x.Title != "" {
		title += ": " + x.Title
	}
	return atomEntry{ID: fmt.Sprintf("tag:%s,2025:finding:%s:%s:%s:%d", origin, x.ID, f.Terms, f.Reading, f.Since), Title: title, Updated: d.Made, Summary: f.Says}, true
}
