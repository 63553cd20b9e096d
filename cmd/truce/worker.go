package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/background"
	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/internal/views"
)

type workerOptions struct {
	besideOptions
	config, queue string
	parts         bool
	cores         int
}

func workerCommand() *cobra.Command {
	var o workerOptions
	c := &cobra.Command{
		Use:   "worker --database URL (--origin NAME --config FILE | --parts)",
		Short: "Do tasks of a record that another server keeps, or partitions of large histories",
		Long: `Takes tasks from the queue that truce serve --database keeps in PostgreSQL, and does
them: messages to webhooks that have a secret, and mail by rules of the operator. What
needs the record's own files, the key of the office or its accounts (feeds, dropped
files, time stamps, webhooks signed by that key, what people have asked for) stays
with the server that keeps the record.

There may be any number of them. One that is killed loses nothing: after 20 seconds
without a sign of life another does what it was doing, so that a message may come
twice, with one id. FILE is the serve.yaml of that server, with the same secrets. truce
serve --tasks own leaves to workers what they can do. The record may follow other offices.

With --parts it does partitions of what truce judge --work DIR --database asks for, from
any folder of work: it has to see DIR, and the files that are judged, where they are for
who asked, and to be the same edition of truce (docs/large.md). One that is killed loses
nothing here either. Whoever can write into that database says what is read and written
with the rights of the worker.

Exit status: 0 ended when asked to, 2 usage, 3 if the database or FILE cannot be used.`,
		Example: `  truce serve --data north --origin example.org/north --database "$DB"
  truce worker --database "$DB" --origin example.org/north --config /etc/truce/serve.yaml
  truce worker --parts --database "$DB"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.config, "config", "", "serve.yaml of the server that keeps the record (docs/feeds-and-alerts.md); names in it are looked for beside it")
	f := c.Flags()
	f.BoolVar(&o.parts, "parts", false, "do partitions of large histories, and nothing else")
	f.StringVar(&o.queue, "queue", "", "with --parts: name of the queue, where a database has several")
	f.IntVar(&o.cores, "cores", 0, "with --parts: so many partitions at a time (all processors unless given)")
	return c
}

func (o *workerOptions) run(cmd *cobra.Command) error {
	if o.parts {
		return o.doParts(cmd)
	}
	if o.queue != "" || cmd.Flags().Changed("cores") {
		return errors.New("--queue and --cores: expected --parts")
	}
	log, err := o.check(cmd)
	if err != nil {
		return err
	}
	if o.config == "" {
		return errors.New("no configuration: expected --config FILE, the serve.yaml of the server that keeps the record")
	}
	c, _, err := background.Load(o.config, filepath.Dir(o.config))
	if err != nil {
		return unread(fmt.Errorf("--config: %w", err))
	}
	if c.Tell.Mail == nil && !slices.ContainsFunc(c.Tell.Webhooks, func(w notify.Webhook) bool { return w.Secret != "" }) {
		log.Warn("nothing in the configuration is for a worker: it does mail by rules, and webhooks that have a secret", "file", o.config)
	}
	k, err := o.open(cmd.Context(), log)
	if err != nil {
		return unread(err)
	}
	defer k.views.Close()
	w, err := background.OpenWorker(cmd.Context(), background.WorkerOptions{Config: o.config, Origin: o.origin, Views: k.views, Slog: log,
		Database: background.Database{URL: databaseOf(o.database), Schema: views.SchemaOf(o.origin)}})
	if err != nil {
		return unread(err)
	}
	inner, stop := context.WithCancel(context.WithoutCancel(cmd.Context()))
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		k.views.Behind(inner, o.every, func(int64) {}, func(err error) { log.Error("views", "error", err.Error()) })
	}()
	err = w.Start(inner)
	if err == nil {
		fmt.Fprintf(cmd.OutOrStdout(), "truce does tasks of %s\n", o.origin)
		<-cmd.Context().Done()
		log.Info("ending")
	}
	err = errors.Join(err, w.Stop(inner))
	stop()
	select {
	case <-followed:
	case <-time.After(shutdownTime):
	}
	return err
}
