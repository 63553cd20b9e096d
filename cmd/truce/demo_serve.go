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
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/internal/brief/daily"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/story"
	"github.com/truce-project/truce/internal/web"
	"github.com/truce-project/truce/record"
)

// serve makes the record of the story where it is not there yet, and serves it
// until it is interrupted.
func (o *demoOptions) serve(cmd *cobra.Command) error {
	l, err := net.Listen("tcp", o.listen)
	if err != nil && !cmd.Flags().Changed("listen") { // 8080 is often taken: nobody asked for it
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return unread(fmt.Errorf("%w: expected --listen with an address of this machine that is free, such as 127.0.0.1:0; --page-only serves nothing", err))
	}
	defer l.Close()
	if a, ok := l.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		fmt.Fprintf(cmd.ErrOrStderr(), "note: whoever reaches %s may write into the demo; 127.0.0.1 is this machine alone\n", a)
	}
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "truce-demo-"); err != nil {
			return unread(err)
		}
		defer os.RemoveAll(dir)
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	h, err := openDemo(cmd.Context(), filepath.Join(dir, "record"), o.borders, log)
	if err != nil {
		return unread(err)
	}
	defer h.close()
	open := func() {}
	if !o.noBrowser {
		open = func() { browse("http://" + l.Addr().String() + "/") }
	}
	return serveDemo(cmd.Context(), h, l, cmd.OutOrStdout(), open)
}

// openDemo opens the record of the story and its views, and makes them where there
// are none.
func openDemo(ctx context.Context, dir, borders string, log *slog.Logger) (*house, error) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := story.Build(ctx, dir); err != nil {
			return nil, fmt.Errorf("making the record of the story: %w", err)
		}
	}
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: time.Second})
	if err != nil {
		return nil, err
	}
	h := &house{log: l, slog: log}
	if l.Office().Origin != story.Origin {
		return nil, errors.Join(fmt.Errorf("%s is the record of %s, not of the story: nobody has to sign in at the demo, so that it serves no other; expected --data with another folder", dir, l.Office().Origin), h.close())
	}
	if err := h.openDemoWeb(ctx, dir, borders); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *house) openDemoWeb(ctx context.Context, dir, borders string) error {
	if err := h.openViews(ctx, &serveOptions{data: dir}, h.log); err != nil {
		return err
	}
	if err := h.views.Update(ctx, h.log.Reader()); err != nil {
		return err
	}
	if err := h.openPeople(ctx, &serveOptions{data: dir, demo: true}, journal.RealWorld(dir)); err != nil {
		return err
	}
	for account, key := range story.Keys() {
		if err := h.people.Keep(account, key); err != nil {
			return err
		}
	}
	of, err := office.Attach(dir, h.log)
	if err != nil {
		return err
	}
	pages, base, err := openConsole(borders, "")
	if err != nil {
		return err
	}
	h.pages = pages
	browser, _ := daily.FindBrowser() // none: no PDF
	h.web = web.New(web.Options{Console: pages, Base: base, Browser: browser, Log: h.log, Office: of, People: h.people, Views: h.views, LogDir: filepath.Join(dir, "log"), Slog: h.slog, Version: version(), Rate: -1, Anonymous: -1,
		Demo: demoAccount, Notice: &web.Notice{Notice: story.Notice, Says: "demo", Today: story.Today.Format("2006-01-02")}, Now: storyClock(h.log.Reader())})
	return nil
}

// storyClock goes on from the evening on which the story ends, or from the newest
// entry of a record that is served again: what is written in a demonstration is of
// its own time, and the clocks of its cases run by it. The account by which it is
// looked at is of the day on which it was made, by the clock of the machine, and is
// not part of the story.
func storyClock(r *journal.Reader) func() time.Time {
	from := story.Today.Add(8 * time.Hour)
	house := []string{record.KindKey, record.KindAccount, record.KindGrant}
	for n := r.Size() - 1; n >= 0; n-- {
		for e, err := range r.Range(n, n+1) {
			switch {
			case err != nil || slices.Contains(house, e.Envelope.Kind):
			case e.Envelope.Made.After(from):
				from, n = e.Envelope.Made.Add(time.Second), 0
			default:
				n = 0
			}
		}
	}
	began := time.Now()
	return func() time.Time { return from.Add(time.Since(began)) }
}

// serveDemo answers until the context ends.
func serveDemo(ctx context.Context, h *house, l net.Listener, out io.Writer, ready func()) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	followed := make(chan struct{})
	go func() { h.web.Follow(inner); close(followed) }()
	srv := h.web.HTTP(inner)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	fmt.Fprintf(out, "\nThe record of the story:        http://%s/  (%d entries; Ctrl-C ends it)\n", l.Addr(), h.log.Size())
	ready()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		stop() // streams end
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

// browse opens a browser where there is a desktop. Where there is none, or it
// fails, the address that was printed has to do.
func browse(url string) {
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return
	}
	name, err := exec.LookPath("xdg-open")
	if err != nil {
		return
	}
	c := exec.Command(name, url)
	if c.Start() == nil {
		go c.Wait()
	}
}
