package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
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

const header = "id,scenario,time_start,time_end,lat,lon,precision_m,place,actor,act,outcome,target,owner,killed,level,text\n"

// draw writes a row; one in a few has something that is not plain, or wrong.
func draw(r *rand.Rand, id int) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	odd := func(s, other string) string {
		if r.IntN(40) == 0 {
			return other
		}
		return s
	}
	day := fmt.Sprintf("2025-%02d-%02dT%02d:%02d", 3+r.IntN(2), 1+r.IntN(30), r.IntN(24), r.IntN(60))
	return strings.Join([]string{
		odd(fmt.Sprint(id), ""), odd("", "s1"), odd(day+pick("Z", ":30Z", ":00+02:00"), pick("2025-03-40T00:00Z", "2025-03-18", "", "2025-02-29T10:00Z")), pick("", "", "2025-05-01T00:00Z", odd("", "2024-01-01T00:00Z")),
		pick("48.5", "50.4501", odd("47.1234567", "91")), pick("36.25", "30.5234", odd("37.5", "37,5")), pick("0", "", "500", odd("20000", "x")), odd("", "Kyiv"),
		pick("RU", "UA", "", "RU|UA"), pick("attack.strike", "attack.strike.drone", "", odd("attack.ground", "atack")), pick("hit", "", "intercepted"),
		pick("energy", "energy.power.substation", "", odd("residential", "Energy"), "energy|civilian.residential"), pick("UA", ""), odd("", "about 3"), pick("", "reported", odd("verified", "sure")), odd("text", "\"quoted, text\""),
	}, ",") + "\n"
}

func row(to, id []byte, out []judge.Outcome) []byte {
	to = append(to, id...)
	for _, o := range out {
		to = fmt.Appendf(to, " %s %d", o.Verdict(), o.Clause())
	}
	return append(to, '\n')
}

// ordinary reads the file as truce judge does.
func ordinary(t testing.TB, m *judge.Many, text string) ([]string, feeds.Summary) {
	var lines []string
	sum, err := feeds.Read("x.csv", strings.NewReader(text), feeds.Options{As: "truce"}, func(in *evidence.Incident) error {
		out := make([]judge.Outcome, len(m.Regimes()))
		for k := range out {
			out[k] = m.Ask(in, k)
		}
		lines = append(lines, string(row(nil, []byte(in.ID), out)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, sum
}

// TestBulkIsTheOrdinaryReader: the same verdicts, the same rows refused in the
// same lines, whatever rows stand beside each other.
func TestBulkIsTheOrdinaryReader(t *testing.T) {
	m := many(t, "energy-2025")
	r := rand.New(rand.NewPCG(1, 2))
	for range 12 {
		var s strings.Builder
		s.WriteString(header)
		for i := range 150 {
			s.WriteString(draw(r, i+1))
		}
		want, wantSum := ordinary(t, m, s.String())
		var out bytes.Buffer
		res, err := Judge(strings.NewReader(s.String()), &out, Options{Name: "x.csv", Many: m, Vocabulary: vocab.Core(), Row: row})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.SplitAfter(strings.TrimSuffix(out.String(), "\n"), "\n")
		got[len(got)-1] += "\n"
		verdicts := func(lines []string) string {
			lines = append([]string(nil), lines...)
			sort.Strings(lines)
			var all []string
			for _, l := range lines {
				f := strings.Fields(l)
				for i := 0; i < len(f); i += 2 {
					all = append(all, f[i]) // ids and verdicts
					if i == 0 {
						i--
					}
				}
			}
			return strings.Join(all, " ")
		}
		if g, w := verdicts(got), verdicts(want); g != w {
			t.Fatalf("bulk\n%s\nordinary\n%s", g, w)
		}
		if res.Sum.Rows != wantSum.Rows || res.Sum.Incidents != wantSum.Incidents || res.Sum.Rejected != wantSum.Rejected || fmt.Sprint(res.Sum.Problems) != fmt.Sprint(wantSum.Problems) {
			t.Fatalf("bulk %v %v\nordinary %v %v", res.Sum, res.Sum.Problems, wantSum, wantSum.Problems)
		}
		if res.Plain < 20 {
			t.Errorf("only %d rows were plain", res.Plain)
		}
	}
}

// TestNotPlain: files that only the ordinary reader can be sure of.
func TestNotPlain(t *testing.T) {
	m := many(t, "blanket-30d")
	for name, text := range map[string]string{
		"an id twice":           "id,time_start,act\n1,2025-03-18T00:00Z,attack\n1,2025-03-18T00:00Z,attack\n",
		"ids that go back":      "id,time_start,act\n2,2025-03-18T00:00Z,attack\n1,2025-03-18T00:00Z,attack\n",
		"ids that go back, odd": "id,time_start,act\n2,2025-03-18T00:00Z,attack\n1,2025-03-18T00:00Z,\"attack\"\n",
		"a cell over two lines": "id,time_start,act,text\n2,2025-03-18T00:00Z,attack,\"a\nb\"\n",
		"another column":        "id,time_start,act,what\n2,2025-03-18T00:00Z,attack,x\n",
		"semicolons":            "id;time_start;act\n2;2025-03-18T00:00Z;attack\n",
		"a column twice":        "id,time_start,act,act\n2,2025-03-18T00:00Z,attack,attack\n",
		"nothing":               "",
	} {
		_, err := Judge(strings.NewReader(text), &bytes.Buffer{}, Options{Name: "x.csv", Many: m, Vocabulary: vocab.Core(), Row: row})
		if !errors.Is(err, ErrNotPlain) {
			t.Errorf("%s: %v", name, err)
		}
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
	for b.Loop() {
		res, err := Judge(bytes.NewReader(s.Bytes()), discard{}, Options{Name: "x.csv", Many: m, Vocabulary: vocab.Core(), Row: row})
		if err != nil || res.Plain != n {
			b.Fatal(err, res.Plain)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
