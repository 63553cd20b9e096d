package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/background"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/console"
	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
	"github.com/truce-project/truce/rights"
)

type serveOptions struct {
	data, listen, origin, level string
	config                      string
	every                       time.Duration
	rate, anonymous             float64
	streams                     int
	url, borders, tiles         string
	rebuild, proxy              bool
	firstToken, demo            bool
	exercise, database, tasks   string
	peer                        peerOptions
	outside                     *people.Outside // a service by which people sign in; nil: none
	witnessEvery                time.Duration
}

func serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve --data DIR",
		Short: "Keep the record of an office: reports in, receipts out, incidents and findings under every reading",
		Long: `Keeps the record of one office in a folder, which is made where there is none, and
answers over HTTP. Nothing else is needed. It listens on this machine only, without
TLS: put a proxy with TLS before it where others are to reach it.

Until somebody keeps accounts, each start prints a link by which the first
administrator is made (docs/people.md). For programs, truce user token makes tokens;
--first-token, or TRUCE_TOKEN with a text of your own, makes one of the account
"programs", which may do what a duty officer may.

  GET /openapi.json says what can be asked (docs/server.md by example).`,
		Example: `  truce serve --data north --origin example.org/north --first-token
  TOKEN=$(cat north/first-token)
  curl -s http://127.0.0.1:8080/api/incidents -H "Authorization: Bearer $TOKEN"
  TRUCE_DATABASE='host=/run/postgresql dbname=truce' truce serve --data north`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder of the record")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address; port 0 takes a free one")
	f.StringVar(&o.origin, "origin", "", "name of a new record, such as example.org/north; it can never be changed")
	f.StringVar(&o.origin, "office", "", "the same as --origin: the office whose record it is")
	o.peer.flags(f)
	f.DurationVar(&o.witnessEvery, "witness-every", 30*time.Second, "how often the witnesses in DIR/mission.policy that have a URL are asked to cosign, and what they hold; 0: never")
	f.DurationVar(&o.every, "checkpoint-every", time.Second, "how often a checkpoint is made when there is news")
	f.Float64Var(&o.rate, "rate", 0, "requests a second for each token; 0: 200, below 0: no limit")
	f.Float64Var(&o.anonymous, "anonymous-rate", 0, "requests a second for each address without a token; 0: 20, below 0: no limit")
	f.IntVar(&o.streams, "streams", 0, "event streams at once, of which one account or address has a tenth; 0: 1000")
	f.BoolVar(&o.rebuild, "rebuild-views", false, "make the views anew from the log")
	f.StringVar(&o.database, "database", "", "PostgreSQL that answers come from, such as postgres://truce@db.example.org/truce, where one machine is outgrown; TRUCE_DATABASE says it too, and shows no password to who lists processes")
	f.StringVar(&o.tasks, "tasks", "all", "which tasks this server does: all, or own, which leaves what they can do to truce worker; needs a database")
	f.StringVar(&o.url, "url", "", "address by which people reach it, such as https://truce.example.org: passkeys and sign-in by a service need it, and with https cookies are bound to it")
	f.BoolVar(&o.proxy, "proxy", false, "a proxy on this machine or in a private network stands before it: X-Forwarded-For says whence a request comes")
	f.BoolVar(&o.firstToken, "first-token", false, "write a token for programs to DIR/first-token, where there is none")
	f.BoolVar(&o.demo, "demo", false, "a demonstration: whoever does not sign in acts as a duty officer; only for a record that was begun with it")
	f.StringVar(&o.config, "config", "", "feeds, dropped files, webhooks, alerts (docs/feeds-and-alerts.md); DIR/serve.yaml where it is there")
	f.StringVar(&o.borders, "map-borders", "", "GeoJSON of countries and disputed areas to draw instead of the built-in map (docs/maps.md); none draws no countries")
	f.StringVar(&o.tiles, "tiles", "", "file of PMTiles, vector or raster, to draw maps on (docs/maps.md)")
	f.StringVar(&o.exercise, "exercise", "", "script of an exercise that is played in (docs/commission.md); only for a record named such as example.org/exercise-one")
	f.StringVar(&o.level, "log-level", "info", "debug (each request), info, warn or error")
	return c
}

func (o *serveOptions) run(cmd *cobra.Command) error {
	if o.data == "" {
		return errors.New("no folder: expected --data DIR; an empty one, or one that is not there yet, begins a record")
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.level)); err != nil {
		return fmt.Errorf("--log-level %q: expected debug, info, warn or error", o.level)
	}
	if o.streams < 0 || o.streams > 1_000_000 {
		return fmt.Errorf("--streams %d: expected 1 to 1000000", o.streams)
	}
	if o.every < 10*time.Millisecond || o.every > time.Minute {
		return fmt.Errorf("--checkpoint-every %s: expected 10ms to 1m", o.every)
	}
	if u, err := url.Parse(o.url); o.url != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "") {
		return fmt.Errorf("--url %q: expected an address such as https://truce.example.org", o.url)
	}
	if o.tasks != "" && o.tasks != "all" && (o.tasks != "own" || databaseOf(o.database) == "") {
		return fmt.Errorf("--tasks %q: expected all, or own where there is a --database in which workers find the others", o.tasks)
	}
	if err := o.peer.check(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	// The address and the configuration come first: a record that is begun has its
	// name for ever.
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return unread(fmt.Errorf("%w: expected --listen with an address of this machine that is free", err))
	}
	defer l.Close()
	if err := o.peer.open(); err != nil {
		return unread(err)
	}
	defer o.peer.close()
	if err := o.checkBackground(); err != nil {
		return unread(err)
	}
	h, err := o.open(cmd.Context(), log)
	if err != nil {
		return unread(err)
	}
	defer h.close()
	return h.serve(cmd.Context(), o, l, cmd.OutOrStdout())
}

// house is what a server keeps open.
type house struct {
	log     *journal.Log
	views   *views.Views
	people  *people.People
	web     *web.Server
	back    *background.Background // nil: nothing is set up
	mirrors *mirror.Mirrors        // nil: no other office is known
	slog    *slog.Logger
	pages   *console.Console
	closed  bool

	exercise *exercise
	notice   *web.Notice // what has to be said of the record on every page
}

// clock is that of this machine. Tests put another in its place, that is wrong.
var clock = time.Now

// open opens the record and its views, and makes them where there are none.
func (o *serveOptions) open(ctx context.Context, log *slog.Logger) (*house, error) {
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return nil, err
	}
	w := journal.RealWorld(o.data)
	w.Now = clock
	if _, err := os.Stat(filepath.Join(o.data, "office.json")); errors.Is(err, os.ErrNotExist) {
		if err := o.begin(w, log); err != nil {
			return nil, err
		}
	}
	if demo, err := o.isDemo(); err != nil || o.demo && !demo {
		return nil, errors.Join(err, fmt.Errorf("%s was not begun with --demo: a record that is not a demonstration is never open to whoever does not sign in", o.data))
	}
	began := time.Now()
	if err := o.askBefore(ctx, &house{slog: log}); err != nil {
		return nil, err
	}
	known, err := office.MayWrite(o.data)
	if err != nil {
		return nil, err
	}
	l, rec, err := journal.Open(w, journal.Options{Interval: o.every, Known: known})
	if err != nil {
		return nil, fencedHint(err)
	}
	if o.origin != "" && o.origin != l.Office().Origin {
		return nil, errors.Join(fmt.Errorf("%s is the record of %s, and --origin says %s: leave --origin out, or give another --data; the name of a record never changes", o.data, l.Office().Origin, o.origin), l.Close())
	}
	log.Info("record", "origin", l.Office().Origin, "entries", l.Size(), "recovery", rec.String(), "ms", time.Since(began).Milliseconds())
	h := &house{log: l, slog: log}
	if err := h.openPeers(o); err != nil {
		h.close()
		return nil, err
	}
	if err := h.openViews(ctx, o, l); err != nil {
		h.close()
		return nil, err
	}
	if err := h.openPeople(ctx, o, w); err != nil {
		h.close()
		return nil, err
	}
	if err := h.openExercise(ctx, o); err != nil {
		h.close()
		return nil, err
	}
	if err := h.openBackground(ctx, o); err != nil {
		h.close()
		return nil, err
	}
	if err := h.openWeb(o); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (o *serveOptions) begin(w journal.World, log *slog.Logger) error {
	if o.origin == "" {
		name, err := os.Hostname()
		if err != nil || name == "" {
			name = "localhost"
		}
		o.origin = name + "/" + filepath.Base(o.data)
		log.Warn("a new record is named after this machine: --origin names it otherwise", "origin", o.origin)
	}
	if o.demo {
		if err := os.WriteFile(filepath.Join(o.data, demoMark), []byte("This record is a demonstration: truce serve --demo opens it to everybody.\n"), 0o600); err != nil {
			return err
		}
	}
	return journal.Create(w, o.origin)
}

// openPeople opens accounts and sign-in, and sees to it that there is a way in.
func (h *house) openPeople(ctx context.Context, o *serveOptions, w journal.World) (err error) {
	po := people.Options{URL: o.url, Outside: o.outside, Secure: strings.HasPrefix(o.url, "https://"), Log: h.slog, Refuse: web.Problem}
	if o.proxy {
		po.From = web.ByProxy
	}
	if h.people, err = people.Open(ctx, w, h.log, o.data, po); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.data, "tokens.json")); err == nil {
		h.slog.Warn("tokens.json is not read any more: truce user token makes tokens, and the file can be deleted")
	}
	if o.demo {
		return h.standIn(ctx, demoAccount, "Demonstration: whoever does not sign in")
	}
	if t := os.Getenv("TRUCE_TOKEN"); t != "" {
		err := h.standIn(ctx, programAccount, "Programs of this machine")
		if err == nil {
			err = h.people.Adopt(ctx, programAccount, t, "TRUCE_TOKEN", programScopes, people.MaxTokenLife)
		}
		if err != nil {
			return fmt.Errorf("TRUCE_TOKEN: %w", err)
		}
	}
	if o.firstToken {
		return h.firstToken(ctx, o)
	}
	return nil
}

// Accounts that nobody signs in to. Neither keeps accounts.
const (
	demoAccount    = "demo"
	programAccount = "programs"
)

// programScopes are what the tokens of programs are good for.
var programScopes = []string{"read", "submit", "correct", "dispute", "merge", "export"}

// standIn makes an account of a duty officer, where there is none.
func (h *house) standIn(ctx context.Context, name, title string) error {
	if _, there := h.people.Directory().Account(name); there {
		return nil
	}
	_, err := h.people.Add(ctx, people.AtConsole(), people.NewAccount{Name: name, Title: title, Role: rights.DutyOfficer, Reason: "made at the machine"})
	return err
}

// firstToken writes a token for programs to DIR/first-token, once.
func (h *house) firstToken(ctx context.Context, o *serveOptions) error {
	name := filepath.Join(o.data, "first-token")
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := h.standIn(ctx, programAccount, "Programs of this machine"); err != nil {
		return err
	}
	text, err := h.people.IssueAt(ctx, programAccount, "first token", programScopes, people.MaxTokenLife)
	if err != nil {
		return err
	}
	h.slog.Info("a token for programs was written: keep it and delete the file", "file", name, "account", programAccount)
	return os.WriteFile(name, []byte(text+"\n"), 0o600)
}

func (h *house) openWeb(o *serveOptions) error {
	of, err := office.Attach(o.data, h.log)
	if err != nil {
		return err
	}
	pages, base, err := openConsole(o.borders, o.tiles)
	if err != nil {
		return err
	}
	h.pages = pages
	browser, _ := daily.FindBrowser() // none: no PDF
	wo := web.Options{Now: clock, Console: pages, Base: base, Browser: browser, Background: h.beside(), Log: h.log, Office: of, People: h.people, Views: h.views, LogDir: filepath.Join(o.data, "log"), Slog: h.slog, Version: version(), Rate: o.rate, Anonymous: o.anonymous, MaxStreams: o.streams}
	if o.demo {
		wo.Demo = demoAccount
	} else if wo.Articles, err = fetch.NewGuard(nil); err != nil { // public addresses only
		return err
	}
	wo.Notice = h.notice
	if h.mirrors != nil {
		wo.Peers, wo.Source, wo.Files = h.mirrors, h.source, h.mirrors.Stored(h.log.Blobs())
	}
	web.TuneMemory()
	web.TuneProcessors()
	h.web = web.New(wo)
	return nil
}

// openConsole is the console, with the map that its pages are drawn on.
func openConsole(borders, tiles string) (*console.Console, *basemap.Map, error) {
	base, err := openMap(borders)
	if err != nil {
		return nil, nil, err
	}
	c, err := console.New(base)
	if err == nil && tiles != "" {
		err = c.UseTiles(tiles)
	}
	return c, base, err
}

// isDemo reports whether a record was begun as a demonstration. No other is ever
// open to whoever does not sign in.
func (o *serveOptions) isDemo() (bool, error) {
	_, err := os.Stat(filepath.Join(o.data, demoMark))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

const demoMark = "demonstration"

// shutdownTime is how long requests that are under way may take when the server
// ends.
const shutdownTime = 10 * time.Second

// serve answers until the context ends, then lets what is under way finish.
func (h *house) serve(ctx context.Context, o *serveOptions, l net.Listener, out io.Writer) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	followed := make(chan struct{})
	go func() { h.web.Follow(inner); close(followed) }()
	beside, endBeside, err := h.startBackground(inner)
	if err != nil {
		return err
	}
	defer endBeside()
	played := make(chan struct{})
	go func() {
		defer close(played)
		if h.exercise != nil {
			h.exercise.play(inner, func(format string, args ...any) { h.slog.Error("exercise", "error", fmt.Sprintf(format, args...)) })
		}
	}()
	streams, end := context.WithCancel(inner)
	defer end()
	srv := h.web.HTTP(streams)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	fmt.Fprintf(out, "truce serves %s at http://%s\n", h.log.Office().Origin, l.Addr())
	if err := h.printSetup(out, o, l.Addr().String()); err != nil {
		h.slog.Error("set-up", "error", err.Error())
	}
	endPeers := h.startPeers(inner, o, out)
	endWitnesses := h.startWitnesses(inner, o)
	select {
	case err = <-done:
	case <-ctx.Done():
		h.slog.Info("ending")
		end()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		err = srv.Shutdown(late)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) { // what was acknowledged is on disk; the rest was not
			h.slog.Warn("requests that took longer were cut off", "after", shutdownTime)
			err = srv.Close()
		}
	}
	endPeers()
	endWitnesses()
	endBeside()
	berr := h.stopBackground(beside)
	stop()
	<-followed
	<-played
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, berr, h.close())
}

// printSetup prints the link by which the first administrator is made, where there
// has been none. It goes to the terminal of whoever started the server, and never
// to the log.
func (h *house) printSetup(out io.Writer, o *serveOptions, address string) error {
	if o.demo {
		_, err := fmt.Fprintln(out, "This is a demonstration: whoever opens it acts as a duty officer, without signing in.")
		return err
	}
	code, needed, err := h.people.SetupLink()
	if err != nil || !needed {
		return err
	}
	at := strings.TrimRight(o.url, "/")
	if at == "" {
		at = "http://" + address
	}
	_, err = fmt.Fprintf(out, "Nobody keeps accounts yet. Open once, within %d hours, to make the first administrator: %s/welcome/%s\n", int(people.LinkLife/time.Hour), at, code)
	return err
}

// close makes a last checkpoint.
func (h *house) close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	err := h.stopBackground(context.Background())
	if h.mirrors != nil {
		err = errors.Join(err, h.mirrors.Close())
	}
	if h.views != nil {
		err = errors.Join(err, h.views.Close())
	}
	if h.people != nil {
		err = errors.Join(err, h.people.Close())
	}
	if h.pages != nil {
		err = errors.Join(err, h.pages.Close())
	}
	return errors.Join(err, h.log.Close())
}
