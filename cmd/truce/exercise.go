package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/web"
	"github.com/truce-project/truce/record"
)

// exercise plays a script into the record of a server.
type exercise struct {
	script *commission.Script
	log    *journal.Log
	key    ed25519.PrivateKey
	began  time.Time
	played []string
}

// openExercise reads the script and what was played before. Only a record whose
// name says that it is an exercise takes one, and such a record is never served as
// anything else.
func (h *house) openExercise(ctx context.Context, o *serveOptions) (err error) {
	origin := h.log.Office().Origin
	if !commission.IsExercise(origin) {
		if o.exercise != "" {
			return fmt.Errorf("%s is no exercise: begin a record with --origin such as example.org/exercise-first-night; a real record is never mixed with one", origin)
		}
		return nil
	}
	h.notice = &web.Notice{Notice: commission.ExerciseBanner}
	config := o.config
	if config == "" {
		config = filepath.Join(o.data, "serve.yaml")
	}
	if _, err := os.Stat(config); err == nil {
		return fmt.Errorf("%s is an exercise, and %s sets up feeds, webhooks or alerts: an exercise takes in nothing real and sends nothing out", origin, config)
	}
	if o.exercise == "" {
		return nil
	}
	text, err := os.ReadFile(o.exercise)
	if err != nil {
		return err
	}
	x := &exercise{log: h.log}
	if x.script, err = commission.ParseScript(o.exercise, string(text)); err != nil {
		return err
	}
	h.notice.Notice = x.script.Banner
	secret, err := os.ReadFile(filepath.Join(o.data, "log.key"))
	if err != nil {
		return err
	}
	if x.key, err = journal.OwnKey(secret); err != nil {
		return err
	}
	h.exercise = x
	return x.resume(ctx, text)
}

// resume finds out when the exercise began and what was played, or begins it.
func (x *exercise) resume(ctx context.Context, text []byte) error {
	if err := x.log.Integrate(ctx); err != nil {
		return err
	}
	r := x.log.Reader()
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			return err
		}
		switch e.Envelope.Kind {
		case record.KindExercise:
			if x.began.IsZero() {
				x.began = e.Envelope.Made
			}
		case record.KindInject:
			p, err := r.Payload(e.Index)
			var k record.InjectEntry
			if err == nil && json.Unmarshal(p.Bytes, &k) == nil {
				x.played = append(x.played, k.Name)
			}
		}
	}
	if !x.began.IsZero() {
		return nil
	}
	b, err := x.log.Blobs().Put(ctx, bytes.NewReader(text))
	if err != nil {
		return err
	}
	x.began = time.Now().UTC().Truncate(time.Millisecond)
	return x.write(ctx, record.KindExercise, record.ExerciseEntry{Name: x.script.Name, Banner: x.script.Banner, Script: b.Hash.Hex()}, x.began, b.Hash)
}

// write records an entry by the log's own key.
func (x *exercise) write(ctx context.Context, kind string, payload any, made time.Time, blobs ...record.Hash) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	p := journal.Payload{Bytes: b}
	var chance [10]byte
	if _, err := rand.Read(p.Salt[:]); err != nil {
		return err
	}
	if _, err := rand.Read(chance[:]); err != nil {
		return err
	}
	e := &record.Envelope{Kind: kind, ID: record.NewID(made, chance), Author: x.log.Author(), Made: made, Blobs: blobs, Payload: record.Commit(p.Salt, b), Type: "application/json", Size: int64(len(b))}
	if err := record.Sign(x.key, []*record.Envelope{e}); err != nil {
		return err
	}
	_, err = x.log.Append(ctx, []*record.Envelope{e}, []journal.Payload{p})
	return err
}

// play plays injects as they come due, until the context ends.
func (x *exercise) play(ctx context.Context, said func(format string, args ...any)) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		now := time.Now().UTC().Truncate(time.Millisecond)
		for _, k := range x.script.Next(x.began, now, x.played) {
			if err := x.write(ctx, record.KindInject, k.InjectEntry, now); err != nil {
				if !errors.Is(err, context.Canceled) {
					said("inject %s could not be recorded: %v", k.Name, err)
				}
				break
			}
			x.played = append(x.played, k.Name)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
