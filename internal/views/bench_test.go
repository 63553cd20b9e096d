package views

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// many makes rows as a long war gives them: three years, clustered places, 7 % of
// them without one, a few hundred combinations of facts and of findings.
func many(n int) ([]Row, []string, []string) {
	r := rand.New(rand.NewPCG(1, 2))
	var profiles, judgements []string
	acts := []string{"attack.strike.drone", "attack.strike.artillery", "attack.strike.missile", "attack.strike.drone|attack.strike.missile", ""}
	targets := []string{"energy.power.substation", "energy.oil.refinery", "civilian.residential", "military.depot", "infra.rail.station", ""}
	for _, a := range acts {
		for _, g := range targets {
			for _, who := range []string{"RU", "UA", "RU|UA", ""} {
				for _, m := range []string{"public", "mission"} {
					profiles = append(profiles, strings.Join([]string{"row", "reported", m, who, a, "impact", "", g, "UA", ""}, parted))
				}
			}
		}
	}
	verdicts := []string{"breach", "permitted", "not-covered", "not-in-force", "undetermined"}
	for i := range 200 {
		judgements = append(judgements, fmt.Sprintf("halt@a %s 1.%d=%s\x1fhalt@b %s", verdicts[i%5], i%20, verdicts[i%5], verdicts[i/5%5]))
	}
	rows := make([]Row, n)
	for i := range rows {
		x := Row{Num: uint32(i + 1), Start: int32(26_000_000 + r.IntN(3*365*day)), Lat: noPlace, Lon: noPlace, Profile: uint32(r.IntN(len(profiles))), Judged: uint32(r.IntN(len(judgements)))}
		x.End = x.Start + int32(1+r.IntN(600))
		if r.IntN(100) >= 7 {
			x.Lat, x.Lon = int32((48.5+r.NormFloat64()*1.2)*degree), int32((36.5+r.NormFloat64()*2.5)*degree)
			x.Radius = []uint16{1, 10, 100, 2000}[r.IntN(4)]
		}
		rows[i] = x
	}
	return rows, profiles, judgements
}

// sizes are those that benchmarks run at; the largest only when it is asked for.
func sizes() []int {
	if os.Getenv("TRUCE_10M") != "" {
		return []int{1_000_000, 10_000_000}
	}
	return []int{1_000_000}
}

// BenchmarkConsole asks what a console asks, with questions that differ each time,
// and reports what one waits.
func BenchmarkConsole(b *testing.B) {
	for _, n := range sizes() {
		rows, profiles, judgements := many(n)
		began := time.Now()
		c := NewColumns(rows)
		load := time.Since(began)
		rows = nil
		runtime.GC()
		r := rand.New(rand.NewPCG(3, 4))
		span := func(f *Filter, days int) {
			f.Timed, f.From = true, int64(26_000_000+r.IntN((3*365-days)*day))
			f.To = f.From + int64(days*day)
		}
		around := func(f *Filter, w, h float64) {
			lat, lon := 48.5+r.NormFloat64(), 36.5+r.NormFloat64()*2
			f.Box = &Box{lat - h/2, lon - w/2, lat + h/2, lon + w/2}
		}
		all := func() *Filter { return &Filter{May: Markings(), Fields: map[string][]string{}} }
		ask := map[string]func(){
			"newest-100": func() { c.List(plan(all(), profiles, judgements), nil, 100) },
			"box-0.2x0.15-30d-clause-newest-100": func() {
				f := all()
				f.Verdict, f.Clause = "breach", "1.5"
				span(f, 30)
				around(f, 0.2, 0.15)
				c.List(plan(f, profiles, judgements), nil, 100)
			},
			"box-2x1.5-30d":     func() { f := all(); span(f, 30); around(f, 2, 1.5); c.List(plan(f, profiles, judgements), nil, 100) },
			"box-10x6-1y-count": func() { f := all(); span(f, 365); around(f, 10, 6); c.Count(plan(f, profiles, judgements)) },
			"box-10x6-3y-count": func() { f := all(); around(f, 10, 6); c.Count(plan(f, profiles, judgements)) },
			"drones-on-energy-public": func() {
				f := all()
				f.May = []Marking{Public}
				f.Fields["act"], f.Fields["target"] = []string{"attack.strike.drone"}, []string{"energy"}
				c.List(plan(f, profiles, judgements), nil, 100)
			},
			"per-day-and-verdict-3y": func() { s := &Snapshot{cols: c, profiles: profiles, judgements: judgements}; s.Days(all(), "halt@a") },
			"per-day-and-verdict-30d": func() {
				s := &Snapshot{cols: c, profiles: profiles, judgements: judgements}
				f := all()
				span(f, 30)
				s.Days(f, "halt@a")
			},
			"bins-128x128-30d": func() {
				f := all()
				span(f, 30)
				f.Box = &Box{44, 30, 53, 42}
				c.Bins(plan(f, profiles, judgements), 128, 128)
			},
			"cells-z0-by-verdict-3y": func() {
				s := &Snapshot{cols: c, profiles: profiles, judgements: judgements}
				s.Cells(all(), Tile{}, 32, "halt@a")
			},
			"cells-z6-by-verdict-30d": func() {
				s := &Snapshot{cols: c, profiles: profiles, judgements: judgements}
				f := all()
				span(f, 30)
				s.Cells(f, Tile{6, 38, 22}, 32, "halt@a")
			},
			"tile-z9-30d": func() {
				s := &Snapshot{cols: c, profiles: profiles, judgements: judgements}
				f := all()
				span(f, 30)
				s.OnTile(f, Box{South: 48.2, North: 48.7, West: 36.5, East: 37.2}, 4000, "halt@a")
			},
			"bins-128x128-3y": func() { f := all(); f.Box = &Box{44, 30, 53, 42}; c.Bins(plan(f, profiles, judgements), 128, 128) },
		}
		for _, name := range sortedKeys(ask) {
			b.Run(fmt.Sprintf("%dM/%s", n/1_000_000, name), func(b *testing.B) {
				took := make([]time.Duration, b.N)
				used := processor(b)
				for i := range took {
					began := time.Now()
					ask[name]()
					took[i] = time.Since(began)
				}
				b.ReportMetric(float64((processor(b)-used).Microseconds())/float64(1000*b.N), "cpu-ms")
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
				b.ReportMetric(0, "ns/op")
			})
		}
		b.Run(fmt.Sprintf("%dM/insert-and-remove", n/1_000_000), func(b *testing.B) {
			for i := range b.N {
				x := Row{Num: uint32(n + i + 1), Start: int32(26_000_000 + r.IntN(3*365*day)), Lat: noPlace, Lon: noPlace}
				c.Insert(x)
				if !c.Remove(x.Start, x.Num) {
					b.Fatal("a row that was inserted is not there")
				}
			}
		})
		bytes := 0
		for _, k := range c.blocks {
			s := k.summed()
			bytes += 30*len(k.num) + 2*len(s.lost) + 8*(len(s.profile)+len(s.judged))
		}
		b.Logf("%d rows: laid out in %s, %d MB, %.2f bytes a row", n, load.Round(time.Millisecond), bytes>>20, float64(bytes)/float64(n))
	}
}

// processor is the time that this process has used of all processors.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func sortedKeys(m map[string]func()) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// BenchmarkLoad loads the columns of a store, as the server does when it starts.
func BenchmarkLoad(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprintf("%dM", n/1_000_000), func(b *testing.B) {
			s, err := OpenSQLite(b.TempDir() + "/views.db")
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			rows, profiles, judgements := many(n)
			w := s.(*sqlite)
			tx, err := w.db.Begin()
			if err != nil {
				b.Fatal(err)
			}
			col, err := tx.Prepare("INSERT INTO cols VALUES(?,1,0,?)")
			if err != nil {
				b.Fatal(err)
			}
			jud, err := tx.Prepare("INSERT INTO judged VALUES(?,1,0,?)")
			if err != nil {
				b.Fatal(err)
			}
			for _, r := range rows {
				if _, err := col.Exec(r.Num, r.pack()); err != nil {
					b.Fatal(err)
				}
				if _, err := jud.Exec(r.Num, r.Judged); err != nil {
					b.Fatal(err)
				}
			}
			for name, texts := range map[string][]string{"profile": profiles, "judgement": judgements} {
				for i, t := range texts {
					if _, err := tx.Exec("INSERT INTO dict VALUES(?,?,?)", name, i, t); err != nil {
						b.Fatal(err)
					}
				}
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
			rows = nil
			b.ResetTimer()
			for range b.N {
				v, err := New(s, "x", nil)
				if err != nil || v.cols.Len() != n {
					b.Fatal(err)
				}
			}
		})
	}
}
