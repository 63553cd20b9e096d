package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

var (
	wallText  = regexp.MustCompile(`(?:median|wall)=([0-9.]+)s`)
	cpuText   = regexp.MustCompile(` cpu=([0-9.]+)s?`)
	diffsText = regexp.MustCompile(` diffs=([0-9]+)`)
)

// timed runs a program that prints what it took, and takes its memory.
func timed(cmd *exec.Cmd, events int) (sample, string, error) {
	text, err := output(cmd)
	if err != nil {
		return sample{}, "", err
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		wall, cpu := wallText.FindStringSubmatch(lines[i]), cpuText.FindStringSubmatch(lines[i])
		if wall == nil || cpu == nil {
			continue
		}
		s := sample{events: events}
		s.wall, _ = strconv.ParseFloat(wall[1], 64)
		s.cpu, _ = strconv.ParseFloat(cpu[1], 64)
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			s.rss = int(u.Maxrss / 1024)
		}
		if s.wall <= 0 || s.cpu <= 0 {
			return s, text, fmt.Errorf("it took too little to be measured: %s", lines[i])
		}
		return s, text, nil
	}
	return sample{}, text, fmt.Errorf("no time in what it printed: %s", lines[len(lines)-1])
}

// summed is a program that judges all events and writes counts with -sum.
func (b *bench) summed(name string, args ...string) func() (sample, error) {
	return func() (sample, error) {
		sum := filepath.Join(b.dir, "sum.json")
		os.Remove(sum)
		s, _, err := timed(b.command(name, append(args, "-sum", sum)...), b.events)
		if err != nil {
			return s, err
		}
		got, err := readSums(sum)
		if err != nil {
			return s, err
		}
		return s, b.check(got, &s)
	}
}

// rules is an engine that is given which zones a place lies in, and compares each
// answer itself.
func (b *bench) rules(engine string, events int) func() (sample, error) {
	return func() (sample, error) {
		s, text, err := timed(b.command("rules", "-e", engine, "-n", strconv.Itoa(events), "-r", strconv.Itoa(b.regimes)), events)
		if err != nil {
			return s, err
		}
		d := diffsText.FindStringSubmatch(text)
		if d == nil {
			return s, errors.New("it does not say how many answers differ")
		}
		s.wrong, _ = strconv.Atoi(d[1])
		s.of = events * b.regimes
		return s, nil
	}
}

func (b *bench) duck() (sample, error) {
	s, _, err := timed(b.command("duck", "-n", strconv.Itoa(b.events), "-r", strconv.Itoa(b.regimes)), b.events)
	if err != nil {
		return s, err
	}
	got, err := readCounts(filepath.Join(b.dir, fmt.Sprintf("data/counts.duck.%d.%d.csv", b.events, b.regimes)), b.regimes)
	if err != nil {
		return s, err
	}
	return s, b.check(got, &s)
}

// peers are those that can be run here; stop ends what they need.
func (b *bench) peers() (list []*peer, stop func()) {
	r, in := strconv.Itoa(b.regimes), "data/"+b.file("bin")
	add := func(name, how string, rounds int, run func() (sample, error)) {
		list = append(list, &peer{name: name, how: how, rounds: rounds, run: run})
	}
	out := func(name string, err error) {
		b.left = append(b.left, name+": "+oneLine(err))
		log.Printf("%s: LEFT OUT: %s", name, oneLine(err))
	}
	add("truce", "`judge.Many`, not-in-force and not-covered joined, as the data set does", 0, b.summed("yardstick", "-dir", ".", "-events", b.file("bin"), "-r", r, "-rep", "3"))
	add("truce, told apart", "the same, telling not-in-force from not-covered", 0, b.summed("yardstick", "-dir", ".", "-events", b.file("bin"), "-r", r, "-rep", "3", "-full"))
	add("hand-written Go", "an evaluator of this one data set, with its cell index", 0, b.summed("fast", "-in", in, "-r", r, "-rep", "3"))
	b.addSpatial(add, out)
	if err := b.build("duck"); err != nil {
		out("DuckDB", err)
	} else if _, err := output(b.command("fast", "-in", in, "-r", r, "-dump", fmt.Sprintf("data/cells-%d", b.regimes))); err != nil {
		out("DuckDB", err)
	} else {
		add("DuckDB", "SQL over cell tables that the hand-written evaluator made; loading not counted", 0, b.duck)
	}
	stop, err := b.postgis()
	if err != nil {
		out("PostGIS", err)
	} else {
		add("PostGIS, buffered lines", "lines widened beforehand to polygons, which is not exact; loading and indexes not counted", 0, b.inPostGIS("buffer"))
		add("PostGIS, exact", "distances on the sphere, exact; one round", 1, b.inPostGIS("exact"))
	}
	if err := b.build("rules"); err != nil {
		for _, n := range []string{"cel-go", "cedar-go", "OPA"} {
			out(n, err)
		}
		return list, stop
	}
	add("cel-go", "rules alone: it is told in which zones each event lies", 0, b.rules("cel", 5000))
	add("cedar-go", "rules alone, two policy sets a regime", 0, b.rules("cedar", 1000))
	add("OPA", "rules alone, Rego over the regimes as data", 0, b.rules("opa", 200))
	return list, stop
}

// addSpatial adds the stacks of geometry libraries, without GEOS where it is not
// installed.
func (b *bench) addSpatial(add func(string, string, int, func() (sample, error)), out func(string, error)) {
	n, r := strconv.Itoa(b.events), strconv.Itoa(b.regimes)
	err := b.build("spatial")
	geos := err == nil
	if err != nil {
		out("GEOS", fmt.Errorf("it cannot be built here (Debian: libgeos-dev and gcc): %w", err))
		stub := filepath.Join(b.dir, "nogeos.go")
		overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(b.yard, "cmd/spatial/geoscgo.go"): stub}})
		file := filepath.Join(b.dir, "overlay.json")
		err = errors.Join(os.WriteFile(stub, []byte(noGEOS), 0o644), os.WriteFile(file, overlay, 0o644))
		if err == nil {
			err = b.build("spatial", "-overlay", file)
		}
	}
	if err != nil {
		out("tidwall", err)
		return
	}
	add("tidwall", "rtree and geojson with exact distances, zones looked up lazily, bit masks", 0, b.summed("spatial", "-e", "tidwall", "-r", r, "-n", n))
	if geos {
		add("GEOS", "prepared polygons through a C call each (go-geos needs GEOS 3.12 and does not build on Debian 12); distances as in tidwall", 0, b.summed("spatial", "-e", "geosp", "-r", r, "-n", n))
	}
}
