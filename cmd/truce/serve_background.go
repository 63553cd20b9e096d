package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/truce-project/truce/internal/background"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
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
	h.back, err = background.Open(ctx, background.Options{Database: o.queueIn(h.log.Office().Origin), Leaves: o.tasks == "own", Dir: o.data, Config: o.config, Log: h.log, Key: key, Views: h.views, Slog: h.slog, Version: "truce/" + version(),
		URL: o.url, Subscribers: subscribers{h.people, strings.TrimRight(o.url, "/")}})
	return err
}

// checkBackground reads the configuration before anything is made, and takes from
// it how people sign in.
func (o *serveOptions) checkBackground() error {
	name := o.config
	if name == "" {
		name = filepath.Join(o.data, background.ConfigName)
	}
	c, _, err := background.Load(name, o.data)
	if o.config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || c.SignIn == nil {
		return err
	}
	if o.url == "" {
		return fmt.Errorf("%s: sign-in: needs truce serve --url: the address to which the service sends people back, and which it has to know: URL/outside/back", name)
	}
	s := c.SignIn
	o.outside = &people.Outside{Issuer: s.Issuer, ClientID: s.Client, Self: strings.TrimRight(o.url, "/"), Name: s.Name, Claim: s.Claim, Create: s.Create}
	for _, r := range s.Roles {
		o.outside.Roles = append(o.outside.Roles, people.RoleByClaim(r))
	}
	if s.Secret != "" {
		if o.outside.ClientSecret, err = s.Secret.Read(o.data); err != nil {
			return fmt.Errorf("%s: sign-in: secret: %w", name, err)
		}
	}
	return nil
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
