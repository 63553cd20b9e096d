package fusing

import (
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// invented makes the reports of a war that did not happen: events all over an
// area of 650 by 670 km, 900 reports a day, each event told by one to four sources
// with times and places of differing exactness.
func invented(n int, yield func(*evidence.Incident) error) error {
	rng := rand.New(rand.NewSource(1))
	acts := []string{"attack.strike.drone", "attack.strike.artillery", "attack.strike.missile", "attack.strike.air"}
	targets := []string{"energy.power.substation", "energy.gas.pipeline", "civilian.residential", "infra.rail.station", "military.depot", "energy.oil.storage"}
	sources := []string{"UNIAN", "Reuters", "TASS", "Suspilne", "Patrol North", "Patrol South", "Kherson governor", "Russian Defence Ministry", "Meduza", "NV"}
	towns := []string{"Sudzha", "Kupiansk", "Nikopol", "Huliaipole", "Orikhiv", "Vovchansk", "Toretsk", "Siversk"}
	start := time.Date(2022, 2, 24, 0, 0, 0, 0, time.UTC)
	for i := 0; i < n; {
		at := start.Add(time.Duration(rng.Int63n(int64(n)*24*60/900+1)) * time.Minute)
		lat, lon := 46+rng.Float64()*6, 30+rng.Float64()*9
		act, target, town, number := acts[rng.Intn(len(acts))], targets[rng.Intn(len(targets))], towns[rng.Intn(len(towns))], 40+rng.Intn(20000)
		for k := 0; k <= rng.Intn(4) && i < n; k++ {
			exact := time.Duration(1+rng.Intn(8)) * time.Hour
			radius := []float64{500, 3000, 8000, 30000, 90000}[rng.Intn(5)]
			s := evidence.Unknown()
			from := when.At(at.Add(-time.Duration(rng.Int63n(int64(exact)))))
			s.Time = when.Span{Start: from, End: from.Add(exact)}
			s.Place = where.Disc(where.Point{Lat: lat + (rng.Float64()-0.5)*radius/111000, Lon: lon}, where.Metres(radius))
			s.Act, s.Target, s.Outcome = []string{act}, []string{target}, []string{"impact"}
			in := &evidence.Incident{ID: "B" + strconv.Itoa(i), Scenarios: []evidence.Scenario{s}, Level: evidence.Reported, Source: sources[rng.Intn(len(sources))],
				Text: fmt.Sprintf("Report %d: a %s near %s, %d without power; crews are at work on the %s since %d in the morning, the head of the district said", i, act[14:], town, number, target, rng.Intn(12))}
			i++
			if err := yield(in); err != nil {
				return err
			}
		}
	}
	return nil
}

// BenchmarkMillion fuses reports, TRUCE_REPORTS of them (100,000 if it is not
// set), from reading their words to writing incidents, and tells the greatest
// heap.
func BenchmarkMillion(b *testing.B) {
	n := 100_000
	if v, err := strconv.Atoi(os.Getenv("TRUCE_REPORTS")); err == nil {
		n = v
	}
	for b.Loop() {
		l := &Loader{Builder: NewBuilder(), Sorter: NewSorter()}
		var most uint64
		watch := func() {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
		}
		from, k := time.Now(), 0
		w := l.workers("truce")
		if err := invented(n, func(in *evidence.Incident) error {
			if k++; k%50_000 == 0 {
				watch()
			}
			return w.add(in)
		}); err != nil {
			b.Fatal(err)
		}
		if err := w.close(); err != nil {
			b.Fatal(err)
		}
		read := time.Since(from)
		incidents, done := 0, 0
		f := evidence.NewFuser(evidence.FuseOptions{Sources: l.Sources, News: &l.News, Workers: runtime.GOMAXPROCS(0)}, func(*evidence.Fused) error { incidents++; return nil })
		if err := l.Each(func(p *evidence.Prepared) error {
			if done++; done%50_000 == 0 {
				watch()
			}
			return f.Add(p)
		}); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(read.Seconds(), "s-reading")
		b.ReportMetric(time.Since(from).Seconds()-read.Seconds(), "s-fusing")
		b.ReportMetric(float64(most)/(1<<20), "MiB-heap")
		b.ReportMetric(float64(f.Stats.Active), "held")
		b.ReportMetric(float64(f.Stats.Near), "pairs")
		b.ReportMetric(float64(incidents), "incidents")
		l.Close()
	}
}
