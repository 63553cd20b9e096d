package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
)

// askBefore asks the witnesses of the record's policy what they hold, so that a
// machine that comes back after another was promoted does not write.
func (o *serveOptions) askBefore(ctx context.Context, h *house) error {
	if o.witnessEvery <= 0 {
		return nil
	}
	unasked, err := office.AskBefore(ctx, o.data)
	for _, u := range unasked {
		h.slog.Warn("a witness was not asked what it holds", "witness", u.Witness, "because", u.Err.Error())
	}
	return err
}

// fencedHint says what it can mean that others hold more, or something else.
func fencedHint(err error) error {
	var back *journal.RolledBack
	var fork *journal.Forked
	if errors.As(err, &back) || errors.As(err, &fork) {
		return fmt.Errorf("%w. If another machine was promoted to write this log, this one is fenced: what it had acknowledged is kept here, and truce promote tail-out writes it out for that machine", err)
	}
	return err
}

// startWitnesses asks the witnesses of the policy beside the record to cosign, where
// there is one, and stops writing where they hold what this log does not continue.
func (h *house) startWitnesses(ctx context.Context, o *serveOptions) (end func()) {
	inner, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if o.witnessEvery <= 0 {
			return
		}
		of, err := office.Attach(o.data, h.log)
		if err != nil {
			h.slog.Error("witnesses are not asked", "error", err.Error())
			return
		}
		said := map[string]string{}
		for {
			// Where there is no news they are still asked what they hold: this is how a machine
			// learns that another writes.
			if h.askWitnesses(inner, of, said) {
				return
			}
			select {
			case <-inner.Done():
				return
			case <-time.After(o.witnessEvery):
			}
		}
	}()
	return func() { stop(); <-done }
}

// toCosign is the checkpoint that witnesses are asked for: where other offices are
// known, what one of them holds. So what was cosigned can be taken over from a copy
// when this machine is lost. Nil is the last one; any says whether there is one to ask
// for.
func (h *house) toCosign() (signed []byte, any bool) {
	if h.mirrors == nil {
		return nil, true
	}
	signed, known := h.mirrors.MirroredCheckpoint()
	return signed, signed != nil || !known
}

// askWitnesses reports whether it is of no use to ask again.
func (h *house) askWitnesses(ctx context.Context, of *office.Office, said map[string]string) bool {
	asked, err := of.Cosign(ctx, h.toCosign)
	var back *journal.RolledBack
	var fork *journal.Forked
	switch {
	case errors.As(err, &back), errors.As(err, &fork):
		err = fencedHint(err)
		h.slog.Error("this record is not written to any more", "because", err.Error())
		h.log.Halt(err)
		return true
	case ctx.Err() != nil:
		return true
	case err != nil:
		h.slog.Error("witnesses cannot be asked", "error", err.Error())
	}
	for _, a := range asked {
		why := ""
		if a.Err != nil && !errors.Is(a.Err, office.ErrNoURL) {
			why = a.Err.Error()
		}
		if said[a.Witness] == why {
			continue
		}
		said[a.Witness] = why
		if why == "" {
			h.slog.Info("a witness cosigns again", "witness", a.Witness)
		} else {
			h.slog.Warn("a witness does not cosign", "witness", a.Witness, "because", why)
		}
	}
	return false
}
