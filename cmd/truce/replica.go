package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
	"github.com/truce-project/truce/record"
)

// beside is a process that works on the views of a record which another keeps.
type besideOptions struct {
	database, origin, level string
	every                   time.Duration
}

func (o *besideOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.database, "database", "", "PostgreSQL in which the server that keeps the record has its views; TRUCE_DATABASE says it too, and shows no password to who lists processes")
	f.StringVar(&o.origin, "origin", "", "name of the record, such as example.org/north")
	f.DurationVar(&o.every, "look-every", 2*time.Second, "how often it is looked for news where none is heard of")
	f.StringVar(&o.level, "log-level", "info", "debug (each request), info, warn or error")
}

// keptRecord is what a database says of a record.
type keptRecord struct {
	office journal.Office
	author record.KeyID
	views  *views.Views
	store  *views.Kept
	log    *slog.Logger
}

func (o *besideOptions) check(cmd *cobra.Command) (*slog.Logger, error) {
	switch {
	case databaseOf(o.database) == "":
		return nil, errors.New("no database: expected --database URL, or TRUCE_DATABASE, as the server that keeps the record has it")
	case o.origin == "":
		return nil, errors.New("no record: expected --origin NAME, such as example.org/north")
	case o.every < 100*time.Millisecond || o.every > time.Hour:
		return nil, fmt.Errorf("--look-every %s: expected 100ms to 1h", o.every)
	}
	return o.logger(cmd)
}

func (o *besideOptions) logger(cmd *cobra.Command) (*slog.Logger, error) {
	var level slog.Level
	if level.UnmarshalText([]byte(o.level)) != nil {
		return nil, fmt.Errorf("--log-level %q: expected debug, info, warn or error", o.level)
	}
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level})), nil
}

// open reads the views.
func (o *besideOptions) open(ctx context.Context, log *slog.Logger) (*keptRecord, error) {
	began := time.Now()
	k := &keptRecord{log: log}
	store, err := views.OpenKept(ctx, databaseOf(o.database), views.SchemaOf(o.origin))
	if err != nil {
		return nil, fmt.Errorf("the database of --database or TRUCE_DATABASE: %w", err)
	}
	k.store = store
	var texts [2]string
	for i, name := range []string{noteOffice, noteAuthor} {
		if texts[i], err = store.Note(name); err != nil {
			return nil, errors.Join(err, store.Close())
		}
	}
	if err = json.Unmarshal([]byte(texts[0]), &k.office); err == nil {
		k.author, err = record.ParseKeyID(texts[1])
	}
	switch {
	case err != nil || k.office.Origin != o.origin:
		err = fmt.Errorf("the views of %s do not say whose they are (%v): start truce serve of this version once", o.origin, err)
	default:
		k.views, err = views.NewBehind(store, o.origin)
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	log.Info("views", "origin", o.origin, "entries", k.views.Size(), "ms", time.Since(began).Milliseconds())
	return k, nil
}

type replicaOptions struct {
	besideOptions
	writer, listen, borders, tiles string
	proxy                          bool
	rate, anonymous                float64
	streams                        int
}

func replicaCommand() *cobra.Command {
	var o replicaOptions
	c := &cobra.Command{
		Use:   "replica --database URL --origin NAME --writer URL",
		Short: "Answer questions about a record that another server keeps, from its views in PostgreSQL",
		Long: `Answers from the views that truce serve --database keeps in PostgreSQL, and hears of
each commit at once. Lists, incidents, findings, counts, tiles, texts, comparisons and
events are answered here; whatever is written or needs the record itself, and how
people sign in, is passed on to the server that keeps it (--writer). There may be any
number of them. Nothing is kept on disk. The record may follow other offices, as that of
a headquarters does: --origin is the name of its own log.

Who asks is found out at that server, and stands for 10 seconds; where it cannot be
reached, for 10 minutes, while what entries say (a role or a token withdrawn, an
account closed) counts at once.

The server that keeps the record has to run with the same database, and with --proxy,
so that it knows whence a request comes that is passed on. It may be started later or go
away for a while: questions are answered meanwhile, of what the database holds.
Exit status: 0 ended when asked to, 2 usage, 3 if the database or an address cannot be used.`,
		Example: `  truce serve --data north --origin example.org/north --database "$DB" --proxy --listen 10.0.0.1:8080
  truce replica --database "$DB" --origin example.org/north --writer http://10.0.0.1:8080 --listen 10.0.0.2:8080
  curl -s http://10.0.0.2:8080/api/incidents -H "Authorization: Bearer $TOKEN"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd) },
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.writer, "writer", "", "address of the server that keeps the record, such as https://hq.example.org")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address; port 0 takes a free one")
	f.BoolVar(&o.proxy, "proxy", false, "a proxy on this machine or in a private network stands before it: X-Forwarded-For says whence a request comes")
	f.Float64Var(&o.rate, "rate", 0, "requests a second for each token; 0: 200, below 0: no limit")
	f.Float64Var(&o.anonymous, "anonymous-rate", 0, "requests a second for each address without a token; 0: 20, below 0: no limit")
	f.IntVar(&o.streams, "streams", 0, "event streams at once, of which one account or address has a tenth; 0: 1000")
	f.StringVar(&o.borders, "map-borders", "", "GeoJSON to draw maps on, as that server has it")
	f.StringVar(&o.tiles, "tiles", "", "file of PMTiles to draw maps on, as that server has it")
	return c
}

func (o *replicaOptions) run(cmd *cobra.Command) error {
	log, err := o.check(cmd)
	if err != nil {
		return err
	}
	u, err := url.Parse(o.writer)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return fmt.Errorf("--writer %q: expected the address of the server that keeps the record, such as http://10.0.0.1:8080 or https://hq.example.org", o.writer)
	}
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return unread(fmt.Errorf("%w: expected --listen with an address of this machine that is free", err))
	}
	defer l.Close()
	k, err := o.open(cmd.Context(), log)
	if err != nil {
		return unread(err)
	}
	defer k.views.Close()
	s, err := o.server(k, u)
	if err != nil {
		return unread(err)
	}
	return o.answer(cmd, k, s, l)
}

// server is a server without a record.
func (o *replicaOptions) server(k *keptRecord, writer *url.URL) (*web.Server, error) {
	from := func(r *http.Request) string { return r.RemoteAddr }
	if o.proxy {
		from = web.ByProxy
	}
	ahead := web.NewAhead(writer, k.log, from)
	who, err := people.Away(k.author, ahead, people.Options{Log: k.log, Refuse: web.Problem, From: from})
	if err != nil {
		return nil, err
	}
	pages, base, err := openConsole(o.borders, o.tiles)
	if err != nil {
		return nil, err
	}
	web.TuneMemory()
	s := web.New(web.Options{Console: pages, Base: base, Log: web.NewElsewhere(k.office, k.author, k.views, ahead), People: who, Views: k.views, Files: k.store, Ahead: ahead,
		Slog: k.log, Version: version(), Rate: o.rate, Anonymous: o.anonymous, MaxStreams: o.streams})
	return s, s.Hear()
}

// answer answers until the context ends.
func (o *replicaOptions) answer(cmd *cobra.Command, k *keptRecord, s *web.Server, l net.Listener) error {
	inner, stop := context.WithCancel(context.WithoutCancel(cmd.Context()))
	defer stop()
	followed := make(chan struct{})
	go func() { s.Behind(inner, o.every); close(followed) }()
	streams, end := context.WithCancel(inner)
	defer end()
	srv := s.HTTP(streams)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	fmt.Fprintf(cmd.OutOrStdout(), "truce answers for %s at http://%s\n", k.office.Origin, l.Addr())
	var err error
	select {
	case err = <-done:
	case <-cmd.Context().Done():
		k.log.Info("ending")
		end()
		late, cancel := context.WithTimeout(inner, shutdownTime)
		if err = srv.Shutdown(late); errors.Is(err, context.DeadlineExceeded) {
			err = srv.Close()
		}
		cancel()
	}
	stop()
	<-followed
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}
