package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/publish"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/web"
)

const publishHelp = `Publish makes a site of plain files from a record, for any web server or CDN: days
with numbers by reading and what is left out, incidents, texts, corrections, method,
data files, and the log with proofs. It holds what the record answers to somebody who
has not signed in, and nothing else.

The list of files with their SHA-256 is signed by the key of the record. truce verify
checks a site, and so does its own page in a reader's browser.

--delay keeps back what may have happened, or was written, within a time before now.
--embargo keeps back until a time all incidents that a filter finds; what is not known
is kept back too.

Publishing again touches only files that have changed. The same record under the same
rules gives the same bytes. Where a server has the record open, --server has its
address: it is asked, and only the log and the key are read from --data.

An office that holds copies of other offices' records publishes its own alone, and the
site says which offices are not in it.`

type publishOptions struct {
	data, out, now string
	borders        string
	server         string
	demo, asJSON   bool
	delay          time.Duration
	embargo        []string
}

func publishCommand() *cobra.Command {
	var o publishOptions
	c := &cobra.Command{
		Use: "publish --data DIR --out DIR", Short: "A site of plain files for the public, which anybody can check", Long: publishHelp,
		Example: `  truce publish --data north --out site --delay 72h
  truce publish --data north --out site --embargo target=energy.power@2025-04-01T06:00:00Z --embargo id=KHA-4F7Q@2025-04-02
  truce publish --data north --out site --server http://127.0.0.1:8080
  truce publish --demo --out site; truce verify site`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder of the record")
	f.StringVar(&o.out, "out", "", "folder of the site: empty, not there yet, or what was published before")
	f.BoolVar(&o.demo, "demo", false, "the record of the built-in story, instead of --data")
	f.StringVar(&o.server, "server", "", "address of the server that has the record open; give no other's: what it answers is signed by your key")
	f.DurationVar(&o.delay, "delay", 0, "keep back what is newer than this, such as 72h")
	f.StringArrayVar(&o.embargo, "embargo", nil, "FILTER@UNTIL: keep back what the filter finds (repeatable)")
	f.StringVar(&o.borders, "map-borders", "", "GeoJSON to draw maps on instead of the built-in one (docs/maps.md); none draws no countries")
	f.StringVar(&o.now, "now", "", "the time that delays and embargoes are held against (default: this machine's clock)")
	f.BoolVar(&o.asJSON, "json", false, "print what was done as JSON")
	return c
}

func (o *publishOptions) rules() (r publish.Rules, err error) {
	if o.delay < 0 {
		return r, fmt.Errorf("--delay %s: expected such as 72h", o.delay)
	}
	r.Delay, r.Now = o.delay, time.Now()
	if o.now != "" {
		if r.Now, err = time.Parse(time.RFC3339, o.now); err != nil {
			return r, fmt.Errorf("--now %q: expected such as 2025-04-01T06:00:00Z", o.now)
		}
	}
	for _, s := range o.embargo {
		e, err := publish.ParseEmbargo(s)
		if err != nil {
			return r, fmt.Errorf("--%w", err)
		}
		r.Embargo = append(r.Embargo, e)
	}
	return r, nil
}

func (o *publishOptions) run(cmd *cobra.Command) error {
	if o.out == "" || (o.data == "") != o.demo || o.demo && o.server != "" {
		return errors.New("expected --out DIR, and --data DIR (with --server URL where one runs) or --demo")
	}
	rules, err := o.rules()
	if err != nil {
		return err
	}
	dir, notice := o.data, ""
	if o.demo {
		tmp, err := os.MkdirTemp("", "truce-publish-")
		if err != nil {
			return unread(err)
		}
		defer os.RemoveAll(tmp)
		dir, notice = filepath.Join(tmp, "record"), story.Notice
		if err := story.Build(cmd.Context(), dir); err != nil {
			return unread(fmt.Errorf("making the record of the story: %w", err))
		}
	}
	site, err := o.make(cmd.Context(), dir, notice, rules)
	if err != nil {
		return unread(err)
	}
	done, err := publish.Write(o.out, site)
	if err != nil {
		return unread(err)
	}
	return o.print(cmd, site, done)
}

// grownTries is how often a server is asked again that took entries in meanwhile.
const grownTries = 5

// make makes the site, by way of a server that is running where one is named.
func (o *publishOptions) make(ctx context.Context, dir, notice string, rules publish.Rules) (*publish.Site, error) {
	base, err := openMap(o.borders)
	if err != nil {
		return nil, err
	}
	if o.server == "" {
		return makeSite(ctx, dir, publish.Options{Rules: rules, Notice: notice, Base: base})
	}
	ask, err := publish.Server(o.server)
	if err != nil {
		return nil, fmt.Errorf("--server %w", err)
	}
	var s *publish.Site
	for range grownTries {
		s, err = publish.Make(ctx, publish.Options{Ask: ask, Rules: rules, Record: dir, Version: version(), Base: base})
		if !errors.Is(err, publish.ErrGrown) {
			break
		}
	}
	return s, err
}

// makeSite opens a record, asks it as the public, and closes it.
func makeSite(ctx context.Context, dir string, opt publish.Options) (s *publish.Site, err error) {
	if _, err := os.Stat(filepath.Join(dir, "office.json")); err != nil {
		return nil, fmt.Errorf("%s: no record here: %w", dir, err)
	}
	log := slog.New(slog.DiscardHandler)
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	if errors.Is(err, journal.ErrLocked) {
		return nil, fmt.Errorf("%w: where it is a server, give its address with --server", err)
	}
	if err != nil {
		return nil, err
	}
	h := &house{log: l, slog: log}
	defer func() { err = errors.Join(err, h.close()) }()
	so := &serveOptions{data: dir}
	if opt.Without, err = mirror.Noted(l.Reader()); err != nil {
		return nil, err
	}
	vo := so
	if len(opt.Without) > 0 { // the views that a server keeps are of all logs: these are of the own one
		tmp, err := os.MkdirTemp("", "truce-publish-views-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp)
		vo = &serveOptions{data: tmp}
	}
	if err := h.openViews(ctx, vo, l); err != nil {
		return nil, err
	}
	if err := h.openPeople(ctx, so, journal.RealWorld(dir)); err != nil { // brings the checkpoint up to date
		return nil, err
	}
	if err := h.views.Update(ctx, l.Reader()); err != nil {
		return nil, err
	}
	h.web = web.New(web.Options{Log: l, People: h.people, Views: h.views, LogDir: filepath.Join(dir, "log"), Slog: log, Version: version(), Rate: -1, Anonymous: -1})
	opt.Ask, opt.Record, opt.Version = publish.Of(h.web.Handler()), dir, version()
	return publish.Make(ctx, opt)
}

func (o *publishOptions) print(cmd *cobra.Command, s *publish.Site, w publish.Written) error {
	out := cmd.OutOrStdout()
	for _, e := range s.Left.Idle {
		fmt.Fprintf(cmd.ErrOrStderr(), "embargo %q keeps nothing back: nothing that is for the public has this id; where it is mistyped, what was meant is on the site\n", e)
	}
	if o.asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(struct {
			Origin  string       `json:"origin"`
			Entries int64        `json:"entries"`
			Files   int          `json:"files"`
			New     int          `json:"new"`
			Changed int          `json:"changed"`
			Same    int          `json:"unchanged"`
			Removed int          `json:"removed"`
			Shown   int          `json:"shown"`
			Left    publish.Left `json:"left_out"`
		}{s.Origin, s.Size, len(s.Files), w.New, w.Changed, w.Same, w.Removed, s.Shown, s.Left})
	}
	fmt.Fprintf(out, "%s: %s from %s of %s\n", o.out, brief.Count(len(s.Files), "file"), entriesWord(s.Size), s.Origin)
	fmt.Fprintf(out, "  new %d · changed %d · unchanged %d · removed %d\n", w.New, w.Changed, w.Same, w.Removed)
	fmt.Fprintf(out, "  %s shown; left out: %d not for the public, %d delayed, %d under embargo\n", brief.Count(s.Shown, "incident"), s.Left.Withheld, s.Left.Delayed, s.Left.Embargo)
	fmt.Fprintf(out, "  anybody checks it: truce verify %s\n", o.out)
	return nil
}
