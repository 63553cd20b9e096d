package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/story"
)

// What the console and the server do with very many incidents. Nothing of it is run
// unless TRUCE_SCALE says how many:
//
//	TRUCE_SCALE=100000 go test ./cmd/truce -run TestScale -v -timeout 60m
//
// TRUCE_SCALE_DIR keeps the record, and takes one that is there: making it takes
// longer than measuring.

// scaleSize is how many incidents are asked for; the test is skipped without.
func scaleSize(t *testing.T) int {
	t.Helper()
	s := os.Getenv("TRUCE_SCALE")
	if s == "" {
		t.Skip("SKIPPED: nothing is measured unless TRUCE_SCALE says with how many incidents, such as 100000")
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1000 {
		t.Fatalf("TRUCE_SCALE=%q: expected a number of incidents, 1000 or more", s)
	}
	return n
}

// scaleServer serves the story with generated incidents around it, as the demo is
// served.
func scaleServer(t *testing.T, n int) (base string) {
	t.Helper()
	dir := os.Getenv("TRUCE_SCALE_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	record := filepath.Join(dir, fmt.Sprintf("record-%d", n))
	if _, err := os.Stat(record + ".whole"); err != nil {
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.RemoveAll(record), scaleRecord(t, record, n), os.WriteFile(record+".whole", nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	h, err := openDemo(t.Context(), record, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: opened in %.1f s, views made where they were not there; %s", record, time.Since(began).Seconds(), load())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	served, ready := make(chan error, 1), make(chan bool)
	go func() { served <- serveDemo(ctx, h, l, t.Output(), func() { close(ready) }) }()
	<-ready
	t.Cleanup(func() {
		end()
		if err := <-served; err != nil {
			t.Errorf("the server ended: %v", err)
		}
	})
	return "http://" + l.Addr().String()
}

// load says what else the machine does.
func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "load unknown"
	}
	return "load " + strings.Join(strings.Fields(string(b))[:3], " ")
}

// perSet is how many incidents a data set brings: a record gets them in pieces, and
// the views take each in as one batch.
const perSet = 20_000

// scaleRecord makes the record of the story, and takes data sets of generated rows
// into it until there are about n incidents. One in a hundred is a report besides,
// which nobody has looked at.
func scaleRecord(t *testing.T, dir string, n int) error {
	t.Helper()
	began := time.Now()
	if err := story.Build(t.Context(), dir); err != nil {
		return err
	}
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: time.Second})
	if err != nil {
		return err
	}
	defer l.Close()
	of, err := office.Attach(dir, l)
	if err != nil {
		return err
	}
	r, src := rand.New(rand.NewPCG(8, 8)), t.TempDir()
	take := func(from, to int, each bool) error {
		file := filepath.Join(src, fmt.Sprintf("SYNTHETIC-scale-%07d.csv", from))
		if err := scaleRows(file, r, from, to); err != nil {
			return err
		}
		out, err := of.Import(t.Context(), file, office.ImportOptions{Each: each, Source: filepath.Base(file), Licence: "Apache-2.0", Marking: "public", Parser: "scale test"})
		if err == nil && out.Refused > 0 {
			err = fmt.Errorf("%d generated rows were refused, the first: %s", out.Refused, out.Problems[0])
		}
		return errors.Join(err, os.Remove(file))
	}
	if err := take(0, n/100, true); err != nil {
		return err
	}
	for at := n / 100; at < n; at += perSet {
		if err := take(at, min(at+perSet, n), false); err != nil {
			return err
		}
	}
	t.Logf("%s: a record with %d generated rows made in %.1f s; %s", dir, n, time.Since(began).Seconds(), load())
	return nil
}

// scaleRows writes generated rows, in pairs: each with a twin with the parties
// exchanged. They are of three years up to the end of the story, a fifth of them of
// its two months.
func scaleRows(file string, r *rand.Rand, from, to int) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	w := csv.NewWriter(f)
	if err := w.Write([]string{"id", "time_start", "time_end", "lat", "lon", "precision_m", "actor", "act", "outcome", "target", "level", "source", "text"}); err != nil {
		return err
	}
	end := time.Date(2025, 4, 29, 0, 0, 0, 0, time.UTC)
	for i := from; i < to; i += 2 {
		start := end.Add(-time.Duration(r.IntN(3*365*24*60)) * time.Minute)
		if r.IntN(5) == 0 {
			start = end.Add(-time.Duration(r.IntN(55*24*60)) * time.Minute)
		}
		over := start.Add(time.Duration(5+r.IntN(600)) * time.Minute)
		act, end := pick("attack.strike.drone", "attack.strike.drone", "attack.strike.artillery", "attack.strike.missile", "attack.strike.air"), pick("impact", "impact", "debris", "")
		target, level := pick("energy.power.substation", "energy.oil.storage", "energy.gas.pipeline", "civilian.residential", "infra.rail.station", "industry", "military.depot"), pick("claimed", "reported", "reported", "corroborated")
		dlat, dlon, metres, known, dated := r.NormFloat64()*0.5, r.NormFloat64()*0.7, pick("10", "100", "500", "2000", "15000"), r.IntN(100) >= 7, r.IntN(200) > 0
		place, open := r.IntN(3), r.IntN(3) == 0
		for k := range min(2, to-i) {
			at := [2][3][2]float64{{{50.6, 37.0}, {51.6, 35.6}, {47.8, 40.4}}, {{49.6, 36.5}, {48.4, 35.0}, {47.4, 33.5}}}[k][place]
			row := []string{fmt.Sprintf("X-%07d", i+k), start.Format(time.RFC3339), over.Format(time.RFC3339), fmt.Sprintf("%.4f", at[0]+dlat), fmt.Sprintf("%.4f", at[1]+dlon), metres, [2]string{"UA", "RU"}[k], act, end, target, level, "synthetic",
				fmt.Sprintf("SYNTHETIC event %d for tests of scale, made by a generator", i+k)}
			if !dated {
				row[1], row[2] = "", ""
			}
			if !known {
				row[3], row[4], row[5] = "", "", ""
			}
			if open {
				row[6] = ""
			}
			if err := w.Write(row); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}
