package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/internal/background"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/web"
)

// openBackground opens what is done beside requests, where any of it is set up.
func (h *house) openBackground(ctx context.Context, o *serveOptions) error {
	b, err := os.ReadFile(filepath.Join(o.data, "log.key"))
	if err != nil {
		return err
	}
	key, err := journal.OwnKey(b)
	if err != nil {
		return err
	}
	h.back, err = background.Open(ctx, background.Options{Dir: o.data, Config: o.config, Log: h.log, Key: key, Views: h.views, Slog: h.slog, Version: "truce/" + version()})
	return err
}

// checkBackground reads the configuration before anything is made.
func (o *serveOptions) checkBackground() error {
	name := o.config
	if name == "" {
		name = filepath.Join(o.data, background.ConfigName)
	}
	_, _, err := background.Load(name, o.data)
	if o.config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// beside is what the server answers of it from; nothing where nothing is set up.
func (h *house) beside() web.Background {
	if h.back == nil {
		return nil
	}
	return h.back
}

func (h *house) startBackground(ctx context.Context) (context.Context, context.CancelFunc, error) {
	inner, end := context.WithCancel(ctx)
	if h.back == nil {
		return inner, end, nil
	}
	return inner, end, h.back.Start(inner)
}

// stopBackground lets tasks that run finish; the record and the views are still
// open.
func (h *house) stopBackground(ctx context.Context) error {
	if h.back == nil {
		return nil
	}
	return h.back.Stop(context.WithoutCancel(ctx))
}
