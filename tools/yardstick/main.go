// Command yardstick times bulk judging on the yardstick's data set, one line a
// run; tools/yardstick.sh runs it in turns with what it is measured against.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"github.com/truce-project/truce/internal/yardstick"
	"github.com/truce-project/truce/judge"
)

func main() {
	dir := flag.String("dir", os.Getenv("YARDSTICK"), "folder of the data set, with data/ in it")
	events := flag.String("events", "events-1000000.bin", "file of events in data/")
	n := flag.Int("r", 100, "number of regimes")
	discs := flag.Bool("u", false, "take places as uncertain discs")
	full := flag.Bool("full", false, "tell not-in-force from not-covered")
	rep := flag.Int("rep", 3, "how often to judge all events")
	one := flag.Bool("one", false, "also time single reports, and one edited regime over all events")
	sum := flag.String("sum", "", "write counts and digests of each regime here, as JSON")
	prof := flag.String("prof", "", "write a CPU profile of judging here")
	profMake := flag.String("profmake", "", "write a CPU profile of making ready here")
	flag.Parse()
	w, err := yardstick.Read(filepath.Join(*dir, "data"))
	check(err)
	start := time.Now()
	rs, err := w.Terms(*n)
	check(err)
	read := time.Since(start)
	stop := profile(*profMake)
	start, used := time.Now(), cpu()
	m, err := judge.NewMany(rs, judge.Options{Joined: !*full})
	check(err)
	ev, err := w.ReadEvents(filepath.Join(*dir, "data", *events), m, *discs)
	check(err)
	first := ev.Slice(0, 1)
	if *discs {
		first = ev.Slice(0, min(ev.N, 1000)) // one of each radius
	}
	m.Judge(first, make([]judge.Outcome, first.Len()**n))
	stop()
	fmt.Printf("texts read in %.2fs, made ready in %.2fs (cpu %.2fs, with %d events read)\n", read.Seconds(), time.Since(start).Seconds(), cpu()-used, ev.N)
	out := make([]judge.Outcome, ev.N**n)
	defer profile(*prof)()
	var wall, work []float64
	for range *rep {
		runtime.GC()
		start, used := time.Now(), cpu()
		m.Judge(&ev.Events, out)
		wall, work = append(wall, time.Since(start).Seconds()), append(work, cpu()-used)
	}
	slices.Sort(wall)
	slices.Sort(work)
	open := 0
	for _, o := range out {
		if !o.Settled() {
			open++
		}
	}
	fmt.Printf("truce n=%d r=%d u=%v full=%v eval median=%.3fs best=%.3fs cpu=%.3fs bestcpu=%.3fs open=%.5f%%\n",
		ev.N, *n, *discs, *full, wall[len(wall)/2], wall[0], work[len(work)/2], work[0], 100*float64(open)/float64(len(out)))
	if *sum != "" {
		var list []yardstick.Summary
		for k := range *n {
			list = append(list, w.Summarise(out, k, *n))
		}
		b, err := json.Marshal(list)
		check(err)
		check(os.WriteFile(*sum, b, 0o644))
	}
	if *one {
		single(m, ev, out[:*n])
	}
}

func profile(name string) (stop func()) {
	if name == "" {
		return func() {}
	}
	f, err := os.Create(name)
	check(err)
	check(pprof.StartCPUProfile(f))
	return pprof.StopCPUProfile
}

// single times reports that come one by one.
func single(m *judge.Many, ev *yardstick.Events, out []judge.Outcome) {
	n := min(ev.N, 20_000)
	start := time.Now()
	for i := range n {
		m.Judge(ev.Slice(i, i+1), out)
	}
	fmt.Printf("single reports: %.2f us each\n", time.Since(start).Seconds()*1e6/float64(n))
}

func cpu() float64 {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	t := func(v syscall.Timeval) float64 { return float64(v.Sec) + float64(v.Usec)/1e6 }
	return t(u.Utime) + t(u.Stime)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
