package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
)

// peerOptions say how a server and other offices follow each other.
type peerOptions struct {
	peers    []string
	listen   string
	rate     string
	every    time.Duration
	patience time.Duration

	bytes    float64 // rate, in bytes a second
	listener net.Listener
}

func (o *peerOptions) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.peers, "peer", nil, "other offices to follow, as URL#KEY (truce peer key prints the key), or the URL of one that is known; repeat, or separate by commas")
	f.StringVar(&o.listen, "peer-listen", "", "address at which other offices are answered, with TLS by the keys of offices; empty: none is")
	f.StringVar(&o.rate, "peer-rate", "", "most that goes to and comes from other offices, each way, such as 9.6kbit or 2mbit; empty: no limit")
	f.DurationVar(&o.every, "peer-every", 5*time.Second, "how often other offices are asked for news")
	f.DurationVar(&o.patience, "peer-patience", time.Minute, "how long nothing may come from another office before the connection is given up")
}

// check reads the flags before anything is made.
func (o *peerOptions) check() (err error) {
	if o.bytes, err = bitRate(o.rate); err != nil {
		return fmt.Errorf("--peer-rate: %w", err)
	}
	if o.every <= 0 || o.patience <= 0 {
		return errors.New("--peer-every and --peer-patience: expected a time such as 5s")
	}
	for _, p := range o.peers {
		if _, err := mirror.ParsePeer(p); err != nil {
			return fmt.Errorf("--peer: %w", err)
		}
	}
	return nil
}

// open takes the address at which other offices are answered.
func (o *peerOptions) open() (err error) {
	if o.listen == "" {
		return nil
	}
	if o.listener, err = net.Listen("tcp", o.listen); err != nil {
		return fmt.Errorf("%w: expected --peer-listen with an address of this machine that is free", err)
	}
	return nil
}

func (o *peerOptions) close() {
	if o.listener != nil {
		o.listener.Close()
	}
}

// note makes the offices that flags name known.
func (o *peerOptions) note(dir string) error {
	for _, text := range o.peers {
		p, err := mirror.ParsePeer(text)
		if err != nil {
			return err
		}
		known, err := mirror.ReadPeers(dir)
		if err != nil {
			return err
		}
		found := false
		for _, k := range known {
			if p.Key == k.Key || p.Key == "" && strings.TrimRight(k.URL, "/") == strings.TrimRight(p.URL, "/") {
				if p.URL != "" {
					k.URL = p.URL
				}
				p, found = k, true // what it may hold stays
				break
			}
		}
		if !found && p.Key == "" {
			return fmt.Errorf("--peer %s: no office is known at this address; give its key once, as URL#KEY (truce peer key prints it at that office)", text)
		}
		if err := mirror.PutPeer(dir, p); err != nil {
			return err
		}
	}
	return nil
}

// openPeers opens the copies of other offices' logs, where any are known.
func (h *house) openPeers(o *serveOptions) error {
	if err := o.peer.note(o.data); err != nil {
		return err
	}
	known, err := mirror.ReadPeers(o.data)
	if err != nil || len(known) == 0 && o.peer.listen == "" {
		return err
	}
	of, err := office.Attach(o.data, h.log)
	if err != nil {
		return err
	}
	h.mirrors, err = mirror.Open(mirror.Options{Now: clock, Dir: o.data, Own: h.log.Reader, Slog: h.slog, Every: o.peer.every, Patience: o.peer.patience, In: o.peer.bytes, Out: o.peer.bytes, Mirrored: anchors(of).Told, Halt: h.log.Halt})
	return err
}

// startPeers follows other offices, and answers them where an address is given.
func (h *house) startPeers(ctx context.Context, o *serveOptions, out io.Writer) (end func()) {
	if h.mirrors == nil {
		return func() {}
	}
	inner, stop := context.WithCancel(ctx)
	answered := make(chan struct{})
	srv := h.mirrors.Server(inner)
	if o.peer.listener == nil {
		close(answered)
	} else {
		fmt.Fprintf(out, "truce answers other offices at https://%s#%s\n", o.peer.listener.Addr(), h.log.Office().Key)
		go func() {
			defer close(answered)
			if err := srv.ServeTLS(h.mirrors.Listener(inner, o.peer.listener), "", ""); !errors.Is(err, http.ErrServerClosed) {
				h.slog.Error("other offices are not answered any more", "error", err.Error())
			}
		}()
	}
	followed := h.mirrors.Start(inner)
	return func() {
		stop()
		srv.Close()
		<-answered
		<-followed
	}
}

// source is what views are made of: the own record, with those of other offices as
// far as it has noted that they are held.
func (h *house) source() views.Source {
	if h.mirrors == nil {
		return h.log.Reader()
	}
	j, err := h.mirrors.Join()
	if err != nil {
		h.slog.Error("the records of other offices cannot be read with this one", "error", err.Error())
		if j == nil { // nothing could be read so far
			return h.log.Reader()
		}
	}
	return j
}

var _ views.Joined = (*mirror.Join)(nil)

// blobs are the files of all entries that are here.
func (h *house) blobs() views.Blobs {
	if h.mirrors == nil {
		return h.log.Blobs()
	}
	return h.mirrors.Stored(h.log.Blobs())
}
