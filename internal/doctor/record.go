package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/background"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
)

// ahead is how far the time of an entry may lie before the clock of the machine.
const ahead = time.Minute

func (e *exam) record(ctx context.Context) {
	if _, err := os.Stat(filepath.Join(e.o.Data, "office.json")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = office.ErrNoRecord
		}
		e.say(Wrong, "record", "--data names the folder that truce serve is given", "%s: %v", e.o.Data, err)
		return
	}
	e.disk()
	e.secrets()
	w := journal.RealWorld(e.o.Data)
	r, damage, err := journal.OpenReader(w)
	if err != nil {
		e.say(Wrong, "record", "truce verify "+e.o.Data+" names what is damaged; truce restore brings it back from a backup or a mirror without making a fork", "%v", err)
		return
	}
	for _, d := range damage {
		e.say(Wrong, "record", "truce verify "+e.o.Data+"; the next start of the server makes anew what can be", "%v", d)
	}
	if len(damage) == 0 {
		e.say(Fine, "record", "", "%s, %d entries in its last checkpoint", r.Office.Origin, r.Size())
	}
	e.running(w)
	e.newest(r)
	e.witnesses(r)
	e.views(r)
	e.config()
	if e.o.Deep {
		e.deep(ctx, w)
	}
}

func (e *exam) running(w journal.World) {
	if _, err := os.Stat(filepath.Join(e.o.Data, "lock")); err != nil {
		e.say(Fine, "server", "", "none has run here")
		return
	}
	l, err := w.FS.Lock("lock")
	if errors.Is(err, journal.ErrLocked) {
		e.say(Fine, "server", "", "a process writes to it now")
		return
	}
	if e.fault("server", "run it as who runs the server", err) {
		return
	}
	l.Close()
	e.say(Look, "server", "start truce serve", "none is running")
}

// newest holds the time of the last entry against the clock.
func (e *exam) newest(r *journal.Reader) {
	if r.Size() == 0 {
		return
	}
	last, err := r.Entry(r.Size() - 1)
	if e.fault("last entry", "", err) {
		return
	}
	at := last.Envelope.Made
	now := e.o.Now()
	if at.Sub(now) > ahead {
		e.say(Wrong, "last entry", "set the clock: entries keep their order, and deadlines do not", "says %s, which is %s ahead of this clock", at.UTC().Format(time.RFC3339), at.Sub(now).Round(time.Second))
		return
	}
	e.say(Fine, "last entry", "", "says %s", at.UTC().Format(time.RFC3339))
}

func (e *exam) witnesses(r *journal.Reader) {
	o := &office.Office{Dir: e.o.Data}
	got, err := o.Witnessed(r)
	if e.fault("witnesses", "", err) {
		return
	}
	if !got.Policy {
		e.say(Look, "witnesses", "without them nobody outside notices a record that was rewritten with its own key: docs/trust.md, truce witness --help", "no %s: nobody cosigns", office.PolicyFile)
		return
	}
	for _, p := range got.Problems {
		e.say(Wrong, "witnesses", "", "%s", p)
	}
	for _, by := range got.Witnesses {
		if by.Size < r.Size() {
			e.say(Look, "witness "+by.Name, "ask whether it still runs", "has cosigned %d of %d entries", by.Size, r.Size())
		} else {
			e.say(Fine, "witness "+by.Name, "", "has cosigned all %d entries", by.Size)
		}
	}
}

func (e *exam) views(r *journal.Reader) {
	const name, do = "views", "truce serve --rebuild-views makes them anew from the log"
	file := filepath.Join(e.o.Data, "views", "views.db")
	if schema, err := os.ReadFile(filepath.Join(filepath.Dir(file), views.DatabaseNote)); err == nil {
		e.say(Look, name, "/healthz of the server says how far behind they are", "in schema %s of a database, which was not looked at", strings.TrimSpace(string(schema)))
		return
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		e.say(Fine, name, "", "none yet: the next start makes them")
		return
	}
	at, err := views.Examine(file)
	switch {
	case err != nil:
		e.say(Wrong, name, do, "%v", err)
	case at > r.Size():
		e.say(Wrong, name, do, "are of %d entries, and the record has %d: is it an older copy?", at, r.Size())
	case at < r.Size():
		e.say(Look, name, "a server that runs catches up by itself", "are of %d of %d entries", at, r.Size())
	default:
		e.say(Fine, name, "", "sound, of all %d entries", at)
	}
}

func (e *exam) config() {
	file := filepath.Join(e.o.Data, "serve.yaml")
	if _, err := os.Stat(file); err != nil {
		return
	}
	if _, _, err := background.Load(file, e.o.Data); err != nil {
		e.say(Wrong, "configuration", "docs/feeds-and-alerts.md has an example", "%v", err)
		return
	}
	e.say(Fine, "configuration", "", "serve.yaml can be read")
}

func (e *exam) deep(ctx context.Context, w journal.World) {
	n := 0
	err := journal.Check(ctx, w, journal.CheckOptions{}, func(d *journal.Damage) {
		n++
		e.say(Wrong, "every entry", "truce restore brings it back from a backup or a mirror without making a fork", "%v", d)
	})
	if e.fault("every entry", "", err) || n > 0 {
		return
	}
	e.say(Fine, "every entry", "", "tree, tiles, payloads, signatures, index and files hold")
}
