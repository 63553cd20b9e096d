package parts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/internal/feeds"
	builtin "github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

func open(name string) (*terms.Terms, error) {
	t, err := builtin.Open(name)
	return t, err
}

// asker makes a question about a text that comes with truce ready.
func asker(t testing.TB, kind, name string) Asker {
	t.Helper()
	tm, err := open(name)
	if err != nil {
		t.Fatal(err)
	}
	q := Question{Kind: kind, Format: "csv", Sides: []Side{{Text: name, Digest: tm.Digest}}}
	for _, r := range tm.ReadingIDs() {
		if kind == Verdicts || len(q.Sides[0].Readings) == 0 { // findings take longer
			q.Sides[0].Readings = append(q.Sides[0].Readings, Reading{ID: r, Assume: true})
		}
	}
	ask, err := Ask(q, open)
	if err != nil {
		t.Fatal(err)
	}
	return ask
}

const header = "id,scenario,time_start,time_end,lat,lon,precision_m,place,actor,act,outcome,target,owner,killed,level,text,what\n"

// draw writes a row; one in a few has something that is not plain, or wrong.
func draw(r *rand.Rand, id int) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	odd := func(s string, other ...string) string {
		if r.IntN(30) == 0 {
			return pick(other...)
		}
		return s
	}
	day := fmt.Sprintf("2025-%02d-%02dT%02d:%02d", 3+r.IntN(2), 1+r.IntN(30), r.IntN(24), r.IntN(60))
	return strings.Join([]string{
		odd(fmt.Sprint(id), "", fmt.Sprint(id-1), fmt.Sprint(id-r.IntN(20)), fmt.Sprintf("%q", fmt.Sprint(id))), odd("", "s1", "s2"), odd(day+pick("Z", ":30Z", ":00+02:00"), pick("2025-03-40T00:00Z", "2025-03-18", "", "2025-02-29T10:00Z")), pick("", "", "2025-05-01T00:00Z", odd("", "2024-01-01T00:00Z")),
		pick("48.5", "50.4501", odd("47.1234567", "91", "0.0001", "36.2")), pick("36.25", "30.5234", odd("37.5", "37,5", "0", "50.1")), pick("0", "", "500", odd("20000", "x")), odd("", "Kyiv"),
		pick("RU", "UA", "", odd("RU|UA", "Somebody")), pick("attack.strike", "attack.strike.drone", "", odd("attack.ground", "atack", "\"attack.ground\"")), pick("impact", "", "intercepted"),
		pick("energy", "energy.power.substation", "", odd("residential", "Energy"), "energy|civilian.residential"), pick("UA", ""), odd("", "about 3"), pick("", "reported", odd("verified", "sure")),
		odd(pick("text", "\"quoted, text\"", "\"a \"\"word\"\"\"", "in 5\" pipe"), "\"over\ntwo lines\"", "\"never closed", " \"after a blank\"", "\"text\" behind", "a\x00b", "\xff", "\"\r\n\r\nthree\""), "x",
	}, ",")
}

// file writes some rows, with what may stand between them.
func file(r *rand.Rand, n int) string {
	var s strings.Builder
	s.WriteString(header)
	end := []string{"\n", "\r\n"}[r.IntN(2)]
	for i := range n {
		w := draw(r, i+1)
		s.WriteString(w)
		if i < n-1 || r.IntN(2) == 0 {
			s.WriteString(end)
		}
		switch r.IntN(40) {
		case 0:
			s.WriteString(end)
		case 1:
			s.WriteString(w + end)
		case 2:
			s.WriteString(" ,,,," + end)
		}
	}
	return s.String()
}

// result is what partitions made of files.
type result struct {
	text  string
	sums  string
	state string
	plain int
}

// partitioned answers in partitions of a size.
func partitioned(t testing.TB, ask Asker, files []string, piece, unit, cores int) result {
	t.Helper()
	o := Options{Dir: t.TempDir(), Question: ask.Digest(), Feed: ask.Feed(), Cores: cores, UnitSize: int64(unit), UnitRows: int64(unit), pieceSize: piece}
	ctx := context.Background()
	p, err := Make(ctx, files, o)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Load(p.Dir()); err != nil { // as another process would
		t.Fatal(err)
	}
	if err := p.Run(ctx, cores, ask, nil); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	j, err := p.Join(ctx, &out, ask)
	if err != nil {
		t.Fatal(err)
	}
	res := result{text: out.String(), plain: j.Plain}
	for _, s := range j.Sums {
		res.sums += told(s)
	}
	res.sums += fmt.Sprint(j.Again, j.Other)
	switch a := ask.(type) {
	case *VerdictAsker:
		s, unnamed, err := a.Merge(j.States)
		if err != nil {
			t.Fatal(err)
		}
		res.state = fmt.Sprint(s.Counts, unnamed)
	case *FindingAsker:
		ts, err := a.Merge(j.States)
		if err != nil {
			t.Fatal(err)
		}
		res.state = tallies(ts)
	}
	return res
}

func tallies(ts []brief.Tally) string {
	var b strings.Builder
	for i := range ts {
		ts[i].Print(&b)
	}
	return b.String()
}

// told is what a summary says, problems by line.
func told(s feeds.Summary) string {
	var ps []string
	for _, p := range s.Problems {
		ps = append(ps, fmt.Sprintf("%08d %v %v", p.Pos.Line, p.Fatal, p))
	}
	slices.Sort(ps)
	s.Problems = nil
	return fmt.Sprintf("%+v\n%s\n", s, strings.Join(ps, "\n"))
}

// whole answers as a file is read from its start.
func whole(t testing.TB, ask Asker, files []string) result {
	t.Helper()
	var out bytes.Buffer
	a, err := ask.Begin(&out)
	if err != nil {
		t.Fatal(err)
	}
	j := &Joined{}
	seen := map[string]uint64{}
	for _, name := range files {
		sum, err := feeds.ReadFile(name, ask.Feed(), func(in *evidence.Incident) error {
			if len(files) > 1 && j.stood(seen, in) {
				return nil
			}
			return a.Batch(&bulk.Batch{Odd: []bulk.Odd{{Incident: in}}})
		})
		if err != nil {
			t.Fatal(err)
		}
		j.Sums = append(j.Sums, sum)
	}
	state, err := a.State()
	if err != nil {
		t.Fatal(err)
	}
	res := result{text: out.String()}
	for _, s := range j.Sums {
		res.sums += told(s)
	}
	res.sums += fmt.Sprint(j.Again, j.Other)
	switch a := ask.(type) {
	case *VerdictAsker:
		s, unnamed, _ := a.Merge([]json.RawMessage{state})
		res.state = fmt.Sprint(s.Counts, unnamed)
	case *FindingAsker:
		ts, _ := a.Merge([]json.RawMessage{state})
		res.state = tallies(ts)
	}
	return res
}

// lines sorts lines; those of a plain row may name another clause of the same
// verdict than the ordinary judge, so that clauses are left out.
func lines(text string, verdicts bool) string {
	all := strings.Split(text, "\n")
	if verdicts {
		for i, l := range all {
			if k := strings.LastIndexByte(l, ','); k >= 0 {
				all[i] = l[:k]
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// differ lists the lines that only one of two texts has.
func differ(got, want string) string {
	n := map[string]int{}
	for _, l := range strings.Split(got, "\n") {
		n[l]++
	}
	for _, l := range strings.Split(want, "\n") {
		n[l]--
	}
	var out []string
	for l, k := range n {
		if k != 0 {
			out = append(out, fmt.Sprintf("%+d %s", k, l))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestPartsAreTheWhole: the same verdicts and findings, the same rows refused in
// the same lines and columns as when files are read from their start; and the
// same bytes however they are cut.
func TestPartsAreTheWhole(t *testing.T) {
	plain := 0
	asks := map[string]Asker{Verdicts: asker(t, Verdicts, "energy-2025"), Findings: asker(t, Findings, "energy-2025")}
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		dir := t.TempDir()
		var files []string
		for k := range 1 + r.IntN(2) {
			name := filepath.Join(dir, fmt.Sprintf("f%d.csv", k))
			if err := os.WriteFile(name, []byte(file(r, 40+r.IntN(100))), 0o644); err != nil {
				t.Fatal(err)
			}
			files = append(files, name)
		}
		for _, kind := range []string{Verdicts, Findings} {
			ask := asks[kind]
			want := whole(t, ask, files)
			first := partitioned(t, ask, files, 1+r.IntN(400), 1+r.IntN(3000), 1)
			for range 2 {
				if again := partitioned(t, ask, files, 1+r.IntN(2000), 1+r.IntN(9000), 1+r.IntN(3)); again != first {
					t.Fatalf("seed %d: cut otherwise\n%s\n%s\n%s\nwas\n%s\n%s\n%s", seed, again.text, again.sums, again.state, first.text, first.sums, first.state)
				}
			}
			plain += first.plain
			for _, d := range []string{
				differ(lines(first.text, kind == Verdicts), lines(want.text, kind == Verdicts)), differ(first.sums, want.sums), differ(first.state, want.state),
			} {
				if d != "" {
					if os.Getenv("KEEP") != "" {
						for i, f := range files {
							b, _ := os.ReadFile(f)
							os.WriteFile(fmt.Sprintf("%s-%d.csv", os.Getenv("KEEP"), i), b, 0o644)
						}
					}
					t.Errorf("seed %d, %s: + in partitions, - as a whole\n%s", seed, kind, d)
				}
			}
		}
	}
	if plain < 150 {
		t.Errorf("only %d rows were plain", plain)
	}
}
