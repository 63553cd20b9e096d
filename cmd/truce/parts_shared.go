package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/truce-project/truce/internal/parts"
	"github.com/truce-project/truce/internal/shares"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// queueOptions say where the queue is in which partitions wait for workers.
type queueOptions struct{ database, queue string }

func (o *queueOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.database, "database", "", "with --work: share the partitions with truce worker --parts by this PostgreSQL; no password in it, which lists of processes would show: that stands in TRUCE_DATABASE (then --queue is given) or PGPASSFILE")
	f.StringVar(&o.queue, "queue", "", "with --work: name of the queue, where a database has several")
}

// shared reports whether partitions are shared with workers.
func (o *queueOptions) shared() bool { return o.database != "" || o.queue != "" }

func (o *queueOptions) check() error {
	if databaseOf(o.database) == "" {
		return errors.New("no database: expected --database URL, or TRUCE_DATABASE, in which the queue of partitions is")
	}
	_, err := shares.Schema(o.queue)
	return err
}

// checkShared refuses what cannot be shared.
func (o *partOptions) checkShared() error {
	switch {
	case !o.shared() && o.wait:
		return errors.New("--wait: expected --database or --queue, by which workers take partitions")
	case !o.shared():
		return nil
	case o.work == "":
		return errors.New("partitions are shared with workers in a folder that all of them see: expected --work DIR")
	}
	return o.queueOptions.check()
}

// edition is what has to be the same wherever partitions of one job are done.
func edition() string {
	return fmt.Sprintf("truce %s, engine %s, vocabulary %s (%.12s), time zones %s", version(), judge.Engine, vocab.CoreVersion, vocab.Core().Digest, when.TZData)
}

// share has the partitions that are missing done by workers, and here.
func (o *partOptions) share(ctx context.Context, r *partRun, errw io.Writer, p *progress) error {
	dir, err := filepath.Abs(o.work)
	if err != nil {
		return err
	}
	base, err := os.Getwd()
	if err != nil {
		return err
	}
	d, err := shares.Open(ctx, databaseOf(o.database), o.queue, slog.New(slog.DiscardHandler))
	if err != nil {
		return fmt.Errorf("the database of --database or TRUCE_DATABASE: %w", err)
	}
	defer d.Close()
	done, err := shares.Run(ctx, d, shares.Job{Plan: r.plan, Ask: r.ask, Dir: dir, Base: base, Edition: edition()}, shares.Options{
		Cores: o.cores, Wait: o.wait,
		Told: func(what string) { p.done(); fmt.Fprintln(errw, what) },
		Progress: func(n shares.Progress) {
			p.show(fmt.Sprintf("%d of %d partitions done; %d workers have some in hand", n.Done, n.Units, n.Hands))
		},
	})
	p.done()
	if err == nil {
		fmt.Fprintf(errw, "%d partitions were done here, the others by workers or before\n", done.Here)
	}
	return err
}

// doParts does partitions until the context ends.
func (o *workerOptions) doParts(cmd *cobra.Command) error {
	if o.origin != "" || o.config != "" {
		return errors.New("--parts: a worker does partitions, or tasks of a record (--origin, --config), not both")
	}
	if o.cores < 0 {
		return errors.New("--cores: expected 1 or more")
	}
	q := queueOptions{o.database, o.queue}
	if err := q.check(); err != nil {
		return err
	}
	log, err := o.logger(cmd)
	if err != nil {
		return err
	}
	cores := o.cores
	if cores == 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	w := &shares.Worker{Edition: edition(), Open: textsFrom, Log: log}
	ctx := cmd.Context()
	d, err := shares.Open(ctx, databaseOf(o.database), o.queue, log, w.Kind(cores))
	if err != nil {
		return unread(fmt.Errorf("the database of --database or TRUCE_DATABASE: %w", err))
	}
	defer d.Close()
	if err := d.Start(ctx); err != nil {
		return unread(err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "truce does partitions, %d at a time; %s\n", cores, edition())
	<-ctx.Done()
	log.Info("ending")
	return d.Stop(ctx) // what is in hand goes back at once
}

// textsFrom opens texts by the names that they have for a process in a folder.
func textsFrom(base string) parts.OpenText {
	return func(name string) (*terms.Terms, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(base, name)
		}
		t, problems, err := openTerms(name)
		if err == nil && t == nil {
			err = problems
		}
		return t, err
	}
}
