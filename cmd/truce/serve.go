package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
)

type serveOptions struct {
	data, listen, origin, level string
	every                       time.Duration
	rate, anonymous             float64
	rebuild                     bool
}

func serveCommand() *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve --data DIR",
		Short: "Keep the record of an office: reports in, receipts out, incidents and findings under every reading",
		Long: `Keeps the record of one office in a folder, which is made where there is none, and
answers over HTTP. Nothing else is needed. It listens on this machine only, without
TLS: put a proxy with TLS before it where others are to reach it.

On the first run a token for everything is written to DIR/first-token. TRUCE_TOKEN,
where it is set, is one more such token.

  GET /openapi.json says what can be asked (docs/server.md by example).`,
		Example: `  truce serve --data north --origin example.org/north
  TOKEN=$(cat north/first-token)
  curl -s http://127.0.0.1:8080/api/incidents -H "Authorization: Bearer $TOKEN"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd) },
	}
	f := c.Flags()
	f.StringVar(&o.data, "data", "", "folder of the record")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address; port 0 takes a free one")
	f.StringVar(&o.origin, "origin", "", "name of a new record, such as example.org/north; it can never be changed")
	f.DurationVar(&o.every, "checkpoint-every", time.Second, "how often a checkpoint is made when there is news")
	f.Float64Var(&o.rate, "rate", 0, "requests a second for each token; 0: 200, below 0: no limit")
	f.Float64Var(&o.anonymous, "anonymous-rate", 0, "requests a second for each address without a token; 0: 20, below 0: no limit")
	f.BoolVar(&o.rebuild, "rebuild-views", false, "make the views anew from the log")
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
	if o.every < 10*time.Millisecond || o.every > time.Minute {
		return fmt.Errorf("--checkpoint-every %s: expected 10ms to 1m", o.every)
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	h, err := o.open(cmd.Context(), log)
	if err != nil {
		return unread(err)
	}
	defer h.close()
	return h.serve(cmd.Context(), o, cmd.OutOrStdout())
}

// house is what a server keeps open.
type house struct {
	log    *journal.Log
	views  *views.Views
	web    *web.Server
	slog   *slog.Logger
	closed bool
}

// open opens the record and its views, and makes them where there are none.
func (o *serveOptions) open(ctx context.Context, log *slog.Logger) (*house, error) {
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return nil, err
	}
	w := journal.RealWorld(o.data)
	if _, err := os.Stat(filepath.Join(o.data, "office.json")); errors.Is(err, os.ErrNotExist) {
		if err := o.begin(w, log); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	l, rec, err := journal.Open(w, journal.Options{Interval: o.every})
	if err != nil {
		return nil, err
	}
	log.Info("record", "origin", l.Office().Origin, "entries", l.Size(), "recovery", rec.String(), "ms", time.Since(began).Milliseconds())
	h := &house{log: l, slog: log}
	if err := h.openViews(ctx, o, l); err != nil {
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
	return journal.Create(w, o.origin)
}

func (h *house) openViews(ctx context.Context, o *serveOptions, l *journal.Log) error {
	dir := filepath.Join(o.data, "views")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	began := time.Now()
	store, err := views.OpenSQLite(filepath.Join(dir, "views.db"))
	if err != nil {
		return err
	}
	if h.views, err = views.New(store, l.Office().Origin, l.Blobs()); err != nil {
		store.Close()
		return fmt.Errorf("%w; the folder %s can be deleted: the views are made anew from the log", err, dir)
	}
	if o.rebuild {
		if err := h.views.Rebuild(ctx, l.Reader()); err != nil {
			return err
		}
	}
	h.slog.Info("views", "entries", h.views.Size(), "ms", time.Since(began).Milliseconds())
	return nil
}

func (h *house) openWeb(o *serveOptions) error {
	tokens, first, err := web.FirstRun(o.data)
	if err != nil {
		return err
	}
	if first != "" {
		h.slog.Info("a first token, for everything, was written; keep it and delete the file", "file", first)
	}
	if t := os.Getenv("TRUCE_TOKEN"); t != "" {
		x, err := web.TokenOf(t, "environment", "administrator", web.AllScopes)
		if err != nil {
			return fmt.Errorf("TRUCE_TOKEN: %w", err)
		}
		tokens = append(tokens, x)
	}
	b, err := os.ReadFile(filepath.Join(o.data, "log.key"))
	if err != nil {
		return err
	}
	key, err := journal.OwnKey(b)
	if err != nil {
		return err
	}
	h.web = web.New(web.Options{Log: h.log, Key: key, Views: h.views, Gate: tokens, LogDir: filepath.Join(o.data, "log"), Slog: h.slog, Version: version(), Rate: o.rate, Anonymous: o.anonymous})
	return nil
}

// shutdownTime is how long requests that are under way may take when the server
// ends.
const shutdownTime = 10 * time.Second

// serve answers until the context ends, then lets what is under way finish.
func (h *house) serve(ctx context.Context, o *serveOptions, out io.Writer) error {
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return unread(fmt.Errorf("%w: expected --listen with an address of this machine that is free", err))
	}
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	followed := make(chan struct{})
	go func() { h.web.Follow(inner); close(followed) }()
	streams, end := context.WithCancel(inner)
	defer end()
	srv := h.web.HTTP(streams)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	fmt.Fprintf(out, "truce serves %s at http://%s\n", h.log.Office().Origin, l.Addr())
	select {
	case err = <-done:
	case <-ctx.Done():
		h.slog.Info("ending")
		end()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		err = srv.Shutdown(late)
		cancel()
	}
	stop()
	<-followed
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, h.close())
}

// close makes a last checkpoint.
func (h *house) close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	var err error
	if h.views != nil {
		err = h.views.Close()
	}
	return errors.Join(err, h.log.Close())
}
