package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// page is the table, as docs/peers.md.
func (b *bench) page(peers []*peer, also []string, took time.Duration) string {
	var w strings.Builder
	fmt.Fprintf(&w, `# Beside others

Written by %s on %s: %d events under %d regimes, medians of
%d rounds in turns, in %s; %s, %d processors, load %s when it ended.
Processor time is what to go by where the machine is shared.

The workload: seeded events along a contact line, in cities, near protected
sites and anywhere; regimes of five to seven clauses with exceptions, over 120
zones (239 polygons of 277,468 vertices, lines with a width, 5,000 sites); a
verdict and a clause for each pair. Answers are held, in the same run, against
%s. Texts, zones and events are read, indexes made and tables
loaded before the clock starts, for everybody.

| what | processor time an event | a pair of event and regime | truce is so many times as fast | by the clock an event | memory | answers that differ | how |
| --- | --- | --- | --- | --- | --- | --- | --- |
`, "`make bench-peers`", time.Now().UTC().Format("2 January 2006"), b.events, b.regimes, b.rounds, took.Round(time.Second), runtime.Version(), runtime.NumCPU(), load(), b.judge)
	perPair := func(p *peer) float64 {
		return median(p, func(s sample) float64 { return s.cpu / float64(s.events*b.regimes) })
	}
	for _, p := range peers {
		if len(p.samples) == 0 {
			fmt.Fprintf(&w, "| %s | LEFT OUT | | | | | | %s |\n", p.name, p.failed)
			continue
		}
		n := p.samples[0].events
		ratio, memory := "", "not measured"
		if p != peers[0] && len(peers[0].samples) > 0 {
			ratio = figure(perPair(p) / perPair(peers[0]))
		}
		if p.samples[0].rss > 0 {
			memory = fmt.Sprintf("%.0f MiB", median(p, func(s sample) float64 { return float64(s.rss) }))
		}
		differ := "none"
		if s := p.samples[0]; s.wrong > 0 {
			differ = fmt.Sprintf("%d of %d", s.wrong, s.of)
		}
		how := p.how
		if n != b.events {
			how += fmt.Sprintf(" (%d events)", n)
		}
		if p.failed != "" {
			how += "; a later round failed: " + p.failed
		}
		fmt.Fprintf(&w, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", p.name, span(perPair(p)*float64(b.regimes)), span(perPair(p)), ratio,
			span(median(p, func(s sample) float64 { return s.wall / float64(s.events) })), memory, differ, how)
	}
	for _, l := range b.left {
		name, why, _ := strings.Cut(l, ": ")
		fmt.Fprintf(&w, "| %s | LEFT OUT | | | | | | %s |\n", name, why)
	}
	w.WriteString(`
Rule engines are told in which zones each event lies, which is most of the work;
truce finds it out itself, so that its ratio to them is less than it would be.
None of them, nor any of the SQL, knows "undetermined". Differences of buffered
lines are those of the approximation, counted in verdicts. Memory is of the
whole process, data and answers included.
`)
	if len(also) > 0 {
		fmt.Fprintf(&w, "\n## Intake and questions\n\nBenchmarks of this repository, and the peers' program for the limit of the disk\n(`fsyncloop`), in the same run:\n\n```\n%s\n```\n", strings.Join(also, "\n"))
	}
	w.WriteString("\nTo repeat: `make bench-peers`, with `PEERS=\"-events 1000000 -regimes 100\"` for another size.\nThe peers' programs stand in `../shared/yardstick`; without that folder it fails and says so.\n")
	return w.String()
}

// span writes seconds.
func span(s float64) string {
	switch {
	case s < 1e-6:
		return figure(s*1e9) + " ns"
	case s < 1e-3:
		return figure(s*1e6) + " µs"
	}
	return figure(s*1e3) + " ms"
}

// figure writes a number with three digits that count.
func figure(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(b)); err == nil && len(f) > 0 {
		return f[0]
	}
	return "unknown"
}

var benchText = regexp.MustCompile(`(?m)^(Benchmark\S+)-\d+\s+\d+\s+(.*)$`)

// also runs benchmarks that are there anyway, and takes what they print.
func (b *bench) also() []string {
	var out []string
	say := func(name string, err error) { out = append(out, fmt.Sprintf("%s: LEFT OUT: %s", name, oneLine(err))) }
	log.Print("intake and questions are measured")
	if err := b.build("fsyncloop"); err != nil {
		say("fsyncloop", err)
	} else {
		for _, clients := range []string{"1", "256"} {
			if text, err := output(b.command("fsyncloop", "-clients", clients, "-d", "3s")); err != nil {
				say("fsyncloop", err)
			} else {
				out = append(out, strings.TrimSpace(text))
			}
		}
	}
	for _, x := range [][3]string{{"./internal/journal", "BenchmarkWriters$", "20000x"}, {"./internal/web", "BenchmarkReports/rate=0$", "20000x"}, {"./internal/views", "BenchmarkConsole/1M/[^i]", "50x"}} {
		cmd := exec.Command("go", "test", "-run", "^$", "-bench", x[1], "-benchtime", x[2], x[0])
		cmd.Env = append(os.Environ(), "TRUCE_BENCH_DIR="+filepath.Join(b.dir, "data"), "TMPDIR="+b.dir)
		text, err := output(cmd)
		found := benchText.FindAllStringSubmatch(text, -1)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no benchmark %s", x[1])
		}
		if err != nil {
			say(x[0], err)
			continue
		}
		for _, m := range found {
			out = append(out, m[1]+": "+strings.Join(strings.Fields(strings.ReplaceAll(m[2], "0 ns/op", "")), " "))
		}
	}
	return out
}
