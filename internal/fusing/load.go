package fusing

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
)

// Loader reads files into a Sorter.
type Loader struct {
	*Builder
	*Sorter
	Options  feeds.Options
	Baseline evidence.Baseline // of the detections that were read
	Pictures map[string][]evidence.Picture
	Tick     func() error // called for each report; an error ends reading

	sensors int
}

// Kinds are the kinds of file that are read: those of package feeds, and
// articles.
func Kinds() []string { return append(feeds.Kinds(), "article") }

// Load reads a file; "-" is standard input.
func (l *Loader) Load(name string, stdin io.Reader) (feeds.Summary, error) {
	if name == "-" {
		in := bufio.NewReaderSize(stdin, 64<<10)
		head, _ := in.Peek(32 << 10)
		return l.load("standard input", in, head)
	}
	f, err := os.Open(name)
	if err != nil {
		return feeds.Summary{File: name}, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 64<<10)
	head, _ := in.Peek(32 << 10)
	return l.load(name, in, head)
}

// LoadFrom reads a file of a kind; a file of a record has a name and no path.
func (l *Loader) LoadFrom(name string, in io.Reader, kind string) (feeds.Summary, error) {
	was := l.Options.As
	l.Options.As = kind
	defer func() { l.Options.As = was }()
	b := bufio.NewReaderSize(in, 64<<10)
	head, _ := b.Peek(32 << 10)
	return l.load(name, b, head)
}

// Take takes a report that was made elsewhere.
func (l *Loader) Take(r *evidence.Report) error { return l.take(r) }

func (l *Loader) load(name string, in io.Reader, head []byte) (feeds.Summary, error) {
	opt := l.Options
	opt.Gazetteer = l.Gazetteer
	kind := opt.As
	if kind == "" {
		kind = sniff(head)
	}
	switch kind {
	case "article":
		return l.Articles(name, in, l.take)
	case "firms":
		return feeds.ReadDetections(name, in, opt, func(d feeds.Detection) error {
			l.Baseline.Add(d)
			return l.take(Detection(d, l.sensorID(name), evidence.Position{File: name}))
		})
	case "sirens":
		return feeds.ReadAlerts(name, in, opt, func(a feeds.Alert) error {
			return l.take(Alert(a, l.sensorID(name), evidence.Position{File: name}))
		})
	}
	reading := opt.As
	if reading == "" {
		reading = guessed(head)
	}
	w := l.workers(reading)
	sum, err := feeds.Read(name, in, opt, w.add)
	if end := w.close(); err == nil {
		err = end
	}
	return sum, err
}

// workers read the words of reports beside each other: that takes longer than
// reading the file. The Sorter puts them in order.
type workers struct {
	in   chan *evidence.Incident
	done sync.WaitGroup
	mu   sync.Mutex
	err  error
}

func (l *Loader) workers(kind string) *workers {
	w := &workers{in: make(chan *evidence.Incident, 64)}
	for range runtime.GOMAXPROCS(0) {
		w.done.Go(func() {
			for x := range w.in {
				r := l.Report(x, kind)
				w.mu.Lock()
				if w.err == nil {
					w.err = l.take(r)
				}
				w.mu.Unlock()
			}
		})
	}
	return w
}

func (w *workers) add(x *evidence.Incident) error {
	w.mu.Lock()
	err := w.err
	w.mu.Unlock()
	if err == nil {
		w.in <- x
	}
	return err
}

func (w *workers) close() error {
	close(w.in)
	w.done.Wait()
	return w.err
}

// guessed is the kind of a file by its head: only lists of claims differ here.
func guessed(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.Contains(line, []byte("claim_id")) || bytes.Contains(line, []byte("claimant")) {
		return "claims"
	}
	return "truce"
}

// sniff recognises what package feeds makes no incidents of.
func sniff(head []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), []byte("\n"))
	lower := strings.ToLower(string(line))
	has := func(words ...string) bool {
		for _, w := range words {
			if !strings.Contains(lower, w) {
				return false
			}
		}
		return true
	}
	switch {
	case strings.HasPrefix(strings.TrimSpace(lower), "{") && has(`"title"`, `"text"`):
		return "article"
	case has("latitude", "longitude", "acq_date", "acq_time"):
		return "firms"
	case has("started_at", "finished_at"):
		return "sirens"
	}
	return ""
}

func (l *Loader) sensorID(name string) string {
	l.sensors++
	return fmt.Sprintf("%s#%d", name, l.sensors)
}

func (l *Loader) take(r *evidence.Report) error {
	r.Pictures = l.Pictures[r.ID()]
	if l.Tick != nil {
		if err := l.Tick(); err != nil {
			return err
		}
	}
	return l.Add(r)
}
