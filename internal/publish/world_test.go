package publish

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
)

// told is the record of the story, which tests copy.
var told = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "publish-")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "record")
	return dir, story.Build(context.Background(), dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := told(); err == nil {
		os.RemoveAll(filepath.Dir(dir))
	}
	os.Exit(code)
}

// world is a copy of the story that can be added to and published.
type world struct {
	t    *testing.T
	dir  string
	log  *journal.Log
	of   *office.Office
	view *views.Views
	ask  Asker
}

func newWorld(t *testing.T) *world {
	t.Helper()
	from, err := told()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "record")}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.CopyFS(w.dir, os.DirFS(from)))
	jw := journal.RealWorld(w.dir)
	w.log, _, err = journal.Open(jw, journal.Options{Interval: -1})
	must(err)
	t.Cleanup(func() { w.log.Close() })
	w.of, err = office.Attach(w.dir, w.log)
	must(err)
	p, err := people.Open(t.Context(), jw, w.log, w.dir, people.Options{})
	must(err)
	t.Cleanup(func() { p.Close() })
	store, err := views.OpenSQLite(filepath.Join(t.TempDir(), "views.db"))
	must(err)
	w.view, err = views.New(store, w.log.Office().Origin, w.log.Blobs())
	must(err)
	t.Cleanup(func() { w.view.Close() })
	w.ask = Of(web.New(web.Options{Log: w.log, People: p, Views: w.view, LogDir: filepath.Join(w.dir, "log"), Version: "test", Rate: -1, Anonymous: -1}).Handler())
	w.follow()
	return w
}

func (w *world) follow() {
	w.t.Helper()
	if err := w.log.Integrate(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.view.Update(w.t.Context(), w.log.Reader()); err != nil {
		w.t.Fatal(err)
	}
}

// add records an entry of the office; follow brings it into the answers.
func (w *world) add(kind, made string, payload map[string]any) string {
	w.t.Helper()
	at, err := time.Parse(time.RFC3339, made)
	if err != nil {
		w.t.Fatal(err)
	}
	seed := sha256.Sum256(fmt.Append(nil, kind, made, payload))
	e, _, err := w.of.Write(w.t.Context(), office.Draft{Kind: kind, Payload: payload, Made: at, Seed: seed[:]})
	if err != nil {
		w.t.Fatal(err)
	}
	return e.ID
}

// make makes the site by rules.
func (w *world) make(r Rules) *Site {
	w.t.Helper()
	s, err := Make(w.t.Context(), Options{Ask: w.ask, Rules: r, Record: w.dir, Version: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// payloads calls each with every entry of the record as it was written.
func (w *world) payloads(each func(kind, id string, payload map[string]any)) {
	w.t.Helper()
	r := w.log.Reader()
	for i := range r.Size() {
		e, err := r.Entry(i)
		if err != nil {
			w.t.Fatal(err)
		}
		p, err := r.Payload(i)
		var m map[string]any
		if err != nil || json.Unmarshal(p.Bytes, &m) != nil {
			continue // none, or erased
		}
		each(e.Envelope.Kind, e.Envelope.ID, m)
	}
}
