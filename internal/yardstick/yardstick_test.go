package yardstick

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/truce-project/truce/judge"
)

// folder returns the folder of the data set: the environment's YARDSTICK,
// with data/ and expected/ in it.
func folder(t testing.TB) string {
	dir := os.Getenv("YARDSTICK")
	if dir == "" {
		t.Skip("SKIPPED: YARDSTICK is not set to the folder of the data set (docs/performance.md): speed and agreement were NOT checked")
	}
	return dir
}

func load(t testing.TB, n int, discs, joined bool, events string) (*World, *judge.Many, *Events) {
	dir := folder(t)
	w, err := Read(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	rs, err := w.Terms(n)
	if err != nil {
		t.Fatal(err)
	}
	read := time.Since(start)
	start = time.Now()
	m, err := judge.NewMany(rs, judge.Options{Joined: joined})
	if err != nil {
		t.Fatal(err)
	}
	made := time.Since(start)
	ev, err := w.ReadEvents(filepath.Join(dir, "data", events), m, discs)
	if err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	m.Judge(ev.Slice(0, 1), make([]judge.Outcome, n))
	t.Logf("%d regimes: texts read in %v, made ready in %v and %v", n, read, made, time.Since(start))
	return w, m, ev
}

// TestDigests: one million exact places under 1, 10 and 100 regimes, against
// the counts and digests of the data set's brute-force oracle.
func TestDigests(t *testing.T) {
	for _, n := range []int{1, 10, 100} {
		for _, joined := range []bool{true, false} {
			w, m, ev := load(t, n, false, joined, "events-1000000.bin")
			out := make([]judge.Outcome, ev.N*n)
			m.Judge(&ev.Events, out)
			var want []Summary
			if err := readJSON(filepath.Join(folder(t), "expected", fmt.Sprintf("fast-1M-r%d-P.json", n)), &want); err != nil {
				t.Fatal(err)
			}
			bad := 0
			for k := range n {
				if got := w.Summarise(out, k, n); got.Digest != want[k].Digest || fmt.Sprint(got.Counts) != fmt.Sprint(want[k].Counts) {
					bad++
					if bad <= 3 {
						t.Errorf("regime %d (joined %v): %v, want %v", k, joined, got, want[k])
					}
				}
			}
			t.Logf("%d regimes, joined %v: %d of %d digests and counts differ", n, joined, bad, n)
		}
	}
}

// TestDiscs: 20,000 uncertain places under 100 regimes. What the data set's
// three-valued oracle decides is decided in the same way.
func TestDiscs(t *testing.T) {
	const n, events = 100, 20_000
	w, m, ev := load(t, n, true, true, "events-1000000.bin")
	cut := ev.Slice(0, events)
	out := make([]judge.Outcome, events*n)
	start := time.Now()
	m.Judge(cut, out)
	t.Logf("layers made and judged in %v", time.Since(start))
	f, err := os.Open(filepath.Join(folder(t), "expected", "oracle-20k-r100-U.bin.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(z)
	if err != nil || len(want) != len(out) {
		t.Fatalf("%d answers, want %d (%v)", len(want), len(out), err)
	}
	counts := map[string]int{}
	open, bad := 0, 0
	for i, o := range out {
		got := w.Code(o, i%n) >> 4 << 4
		ref := want[i] >> 4 << 4
		if !o.Settled() {
			open++
		}
		counts[codeNames[ref>>4]+" is "+codeNames[got>>4]]++
		if ref != got && ref != CodeUndetermined {
			if bad++; bad <= 5 {
				t.Errorf("event %d regime %d: %s, the oracle says %s", i/n, i%n, codeNames[got>>4], codeNames[ref>>4])
			}
		}
	}
	b, _ := json.Marshal(counts)
	t.Logf("%s; %d not settled", b, open)
	settle(t, m, cut, out, want)
}

// settle asks the judge about a few outcomes that are not settled: it may
// decide what the oracle leaves open, and nothing else.
func settle(t *testing.T, m *judge.Many, ev *judge.Events, out []judge.Outcome, want []byte) {
	n, decided, known := len(m.Regimes()), 0, 0
	start, asked := time.Now(), 0
	for i, o := range out {
		if o.Settled() {
			continue
		}
		if want[i]>>4<<4 != CodeUndetermined {
			known++ // not a breach; whether an exception alone speaks is open
		}
		if asked == 8 {
			continue
		}
		asked++
		if got := m.Ask(m.Incident(ev, i/n), i%n); got.Verdict() != judge.Undetermined {
			decided++
		}
	}
	t.Logf("%d are not settled that the oracle decides; of %d that were not settled the judge decides %d, %v each", known, asked, decided, time.Since(start)/time.Duration(max(asked, 1)))
}

// BenchmarkPlaces judges a million events; ns/event is the time of all
// processors together, by the clock.
func BenchmarkPlaces(b *testing.B) {
	for _, discs := range []bool{false, true} {
		for _, joined := range []bool{true, false} {
			for _, n := range []int{1, 10, 100} {
				b.Run(fmt.Sprintf("discs=%v/joined=%v/regimes=%d", discs, joined, n), func(b *testing.B) {
					_, m, ev := load(b, n, discs, joined, "events-1000000.bin")
					out := make([]judge.Outcome, ev.N*n)
					m.Judge(&ev.Events, out)
					b.ReportAllocs()
					b.ResetTimer()
					for b.Loop() {
						m.Judge(&ev.Events, out)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(ev.N), "ns/event")
				})
			}
		}
	}
}
