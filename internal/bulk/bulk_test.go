package bulk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

func many(t testing.TB, name string) *judge.Many {
	tm, err := regimes.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	var rs []*terms.Regime
	for _, id := range tm.ReadingIDs() {
		r, err := tm.Under(id, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, r)
	}
	m, err := judge.NewMany(rs, judge.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// read reads rows under the header, in pieces of a few lines.
func read(t testing.TB, m *judge.Many, text string, o Options) (batches []string, sum feeds.Summary, plain int) {
	t.Helper()
	h, ok := feeds.HeadOf([]byte(text), feeds.Options{})
	if !ok {
		t.Fatal("no plain incidents file")
	}
	o.Name, o.Head, o.Many, o.Positions = "x.csv", h, m, &feeds.Positions{}
	o.Each = func(b *Batch) error {
		var s strings.Builder
		at := 0
		for _, odd := range b.Odd {
			for ; at < odd.After; at++ {
				fmt.Fprintf(&s, "%s ", b.IDs[at])
			}
			fmt.Fprintf(&s, "(%s) ", odd.Incident.ID)
		}
		for ; at < len(b.IDs); at++ {
			fmt.Fprintf(&s, "%s ", b.IDs[at])
		}
		if b.Events.Len() != len(b.IDs) {
			t.Errorf("%d events, %d ids", b.Events.Len(), len(b.IDs))
		}
		batches = append(batches, s.String())
		return nil
	}
	r, err := NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Text(h.BodyLine, []byte(text[h.Body:])); err != nil {
		t.Fatal(err)
	}
	sum, plain, err = r.End()
	if err != nil {
		t.Fatal(err)
	}
	return batches, sum, plain
}

// TestOrder: rows come in the order of the file, whether they are plain or not,
// and what is repeated is set aside with its line.
func TestOrder(t *testing.T) {
	text := "id,time_start,act,text\n" +
		"7,2025-03-18T00:00Z,attack,plain\n" +
		"\n" +
		"b,2025-03-18T00:00Z,Attack,another case of letters\n" +
		"c,2025-03-18T00:00Z,attack,\"quoted, with \"\"these\"\"\"\n" +
		"d,2025-03-18T00:00Z,\"attack\",\"over\ntwo lines\"\n" +
		"e,2025-03-18,attack,no hour\n" +
		"7,2025-03-18T00:00Z,attack,again\n" +
		"f,2025-03-18T00:00Z,attack,last\n"
	var aside []string
	seven := Hash([]byte("7"))
	batches, sum, plain := read(t, many(t, "blanket-30d"), text, Options{
		Repeated: func(h uint64) bool { return h == seven },
		Aside: func(line int, text string, ended bool) {
			aside = append(aside, fmt.Sprintf("%d %s %v", line, text, ended))
		},
	})
	if got := strings.Join(batches, "|"); got != "(b) c (d) f " {
		t.Errorf("%s", got)
	}
	if plain != 2 || sum.Rows != 5 || sum.Incidents != 4 || sum.Rejected != 1 || sum.Problems[0].Pos.Line != 8 {
		t.Errorf("%d plain, %v %v", plain, sum, sum.Problems)
	}
	if fmt.Sprint(aside) != "[2 7,2025-03-18T00:00Z,attack,plain false 9 7,2025-03-18T00:00Z,attack,again true]" {
		t.Error(aside)
	}
}

// TestExchanged: a plain row whose position looks exchanged is refused as by the
// ordinary reader.
func TestExchanged(t *testing.T) {
	m := many(t, "blanket-30d")
	r := rand.New(rand.NewPCG(5, 6))
	var s strings.Builder
	s.WriteString("id,time_start,lat,lon,precision_m,actor,act\n")
	for i := range 3000 {
		lat, lon := 44+r.Float64()*9, 22+r.Float64()*45
		if i%3 == 0 {
			lat, lon = lon, lat
		}
		fmt.Fprintf(&s, "%d,2025-03-18T00:00Z,%.3f,%.3f,%d,%s,attack\n", i, lat, lon, r.IntN(2)*20000, []string{"", "UA"}[r.IntN(2)])
	}
	_, sum, _ := read(t, m, s.String(), Options{})
	want, err := feeds.Read("x.csv", strings.NewReader(s.String()), feeds.Options{As: "truce"}, func(*evidence.Incident) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if sum.Rejected != want.Rejected || sum.Rejected < 100 {
		t.Errorf("%d rejected, by the ordinary reader %d", sum.Rejected, want.Rejected)
	}
}

// TestInstant: what is read is what when reads; and all days of 400 years are.
func TestInstant(t *testing.T) {
	for d := time.Date(1800, 1, 1, 12, 34, 0, 0, time.UTC); d.Year() < 2200; d = d.AddDate(0, 0, 1) {
		if got, ok := instant([]byte(d.Format("2006-01-02T15:04Z"))); !ok || got != when.At(d) {
			t.Fatalf("%s: %v %v", d, got, ok)
		}
	}
}

func FuzzPlainCells(f *testing.F) {
	for _, s := range []string{"2025-03-18T21:00Z", "2025-03-18T21:00:59+02:00", "2025-02-30T00:00Z", "48.5167", "-0.1", "180.0000001", "24:00", "2025-03-18T21:00:60Z", "-00:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := instant([]byte(s)); ok {
			if want, err := when.ParseRFC3339(s); err != nil || want != at {
				t.Fatalf("%q: %v, when says %v %v", s, at, want, err)
			}
		}
		if s == "" {
			return
		}
		if e, ok := degrees([]byte(s), 180); ok {
			var v float64
			if _, err := fmt.Sscan(s, &v); err != nil || v != e.Degrees() {
				t.Fatalf("%q: %v, want %v %v", s, e.Degrees(), v, err)
			}
		}
	})
}

// BenchmarkRows judges a large plain file; bytes are those of the file.
func BenchmarkRows(b *testing.B) {
	m := many(b, "blanket-30d")
	var s bytes.Buffer
	s.WriteString("id,time_start,lat,lon,precision_m,actor,act,target\n")
	r := rand.New(rand.NewPCG(1, 2))
	const n = 1 << 20
	for i := range n {
		fmt.Fprintf(&s, "%d,2025-%02d-%02dT%02d:%02d:00Z,%.6f,%.6f,0,%s,%s,%s\n", i+1, 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60),
			44+r.Float64()*8, 24+r.Float64()*15, []string{"RU", "UA"}[r.IntN(2)], []string{"attack.strike.drone", "attack.ground"}[r.IntN(2)], []string{"energy.power.substation", "civilian.residential"}[r.IntN(2)])
	}
	b.SetBytes(int64(s.Len()))
	b.ReportAllocs()
	h, _ := feeds.HeadOf(s.Bytes()[:200], feeds.Options{})
	out := make([]judge.Outcome, 2*batchRows*len(m.Regimes()))
	for b.Loop() {
		r, err := NewReader(Options{Name: "x.csv", Head: h, Many: m, Positions: &feeds.Positions{}, Each: func(b *Batch) error {
			m.Judge(&b.Events, out[:b.Events.Len()*len(m.Regimes())])
			return nil
		}})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Text(h.BodyLine, s.Bytes()[h.Body:]); err != nil {
			b.Fatal(err)
		}
		if _, plain, err := r.End(); err != nil || plain != n {
			b.Fatal(err, plain)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}
