package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/commission"
	"github.com/truce-project/truce/when"
)

// TestExercise: injects are played once, also over a restart, and the record says on
// every page that it is an exercise, also where no script is named.
func TestExercise(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script.txt")
	text := "exercise First night\nbanner EXERCISE ONLY\ninject +0s a call\n  says Shells fall.\n  expects complaint@1 of ALFA within PT0S\ninject +1h a visit\n  says A patrol is stopped.\n"
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := &serveOptions{data: filepath.Join(dir, "trial"), origin: "example.org/exercise-trial", every: 10 * time.Millisecond, exercise: script}
	for range 2 {
		h, err := o.open(t.Context(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
		h.exercise.play(ctx, t.Errorf)
		stop()
		if h.notice.Notice != "EXERCISE ONLY" {
			t.Errorf("%q stands on every page", h.notice.Notice)
		}
		if err := h.close(); err != nil {
			t.Fatal(err)
		}
	}
	in, skipped, err := commissionInput(t.Context(), o.data)
	if err != nil || len(skipped) > 0 {
		t.Fatal(err, skipped)
	}
	s := commission.At(in, when.At(time.Now().Add(time.Minute)))
	if s.Exercise == nil || s.Exercise.Banner != "EXERCISE ONLY" || len(s.Exercise.Injects) != 1 || s.Exercise.Injects[0].State != "missed" {
		t.Errorf("%+v", s.Exercise)
	}
	o.exercise = ""
	h, err := o.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if h.notice == nil || !strings.Contains(h.notice.Notice, "EXERCISE") || h.exercise != nil {
		t.Errorf("without a script: %+v", h.notice)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.data, "serve.yaml"), []byte("feeds: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := o.open(t.Context(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "sends nothing out") {
		t.Errorf("an exercise with feeds: %v", err)
	}
}
