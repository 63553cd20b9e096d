package parts

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// typed is a row as a program writes it that knows types.
type typed struct {
	ID        int64      `parquet:"id"`
	Scenario  *string    `parquet:"scenario,optional"`
	Start     *time.Time `parquet:"time_start,optional,timestamp(microsecond)"`
	End       *time.Time `parquet:"time_end,optional,timestamp(millisecond)"`
	Lat       *float64   `parquet:"lat,optional"`
	Lon       *float64   `parquet:"lon,optional"`
	Precision *int32     `parquet:"precision_m,optional"`
	Lasting   *bool      `parquet:"lasting,optional"`
	Actor     string     `parquet:"actor,dict"`
	Act       *string    `parquet:"act,optional,dict"`
	Outcome   string     `parquet:"outcome"`
	Target    *string    `parquet:"target,optional,dict"`
	Killed    *int64     `parquet:"killed,optional"`
	Box       struct{ X, Y float64 }
	What      []string
}

// cells is the row in the incidents file.
func (r *typed) cells() []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	num := func(f *float64) string {
		if f == nil {
			return ""
		}
		return strconv.FormatFloat(*f, 'f', -1, 64)
	}
	return []string{fmt.Sprint(r.ID), or(r.Scenario, "%s"), at(r.Start), at(r.End), num(r.Lat), num(r.Lon), or(r.Precision, "%d"),
		map[string]string{"": "", "true": "yes", "false": "no"}[or(r.Lasting, "%v")], r.Actor, or(r.Act, "%s"), r.Outcome, or(r.Target, "%s"), or(r.Killed, "%d")}
}

func or[T any](v *T, format string) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(format, *v)
}

// maybe is a value, or none one time in n.
func maybe[T any](r *rand.Rand, n int, v T) *T {
	if r.IntN(n) == 0 {
		return nil
	}
	return &v
}

func drawTyped(r *rand.Rand, id int) typed {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	day := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(60*86400)) * time.Second)
	if r.IntN(10) == 0 {
		day = day.Add(time.Duration(r.IntN(1e6)) * time.Microsecond)
	}
	w := typed{ID: int64(id), Start: maybe(r, 20, day), Lat: maybe(r, 30, 40+float64(r.IntN(1e7))/1e6), Lon: maybe(r, 30, 22+r.Float64()*20), Actor: pick("RU", "UA", "", "RU|UA", "Somebody"),
		Act: maybe(r, 9, pick("attack.strike", "attack", "Attack", "movement")), Outcome: pick("", "impact", "hit"), Target: maybe(r, 9, pick("energy", "energy.power.substation", "energy|civilian.residential")),
		Precision: maybe(r, 3, int32(r.IntN(3)*500-10*r.IntN(2)))}
	if r.IntN(3) > 0 && w.Lon != nil {
		*w.Lon = float64(int(*w.Lon*1e5)) / 1e5
	}
	switch r.IntN(25) {
	case 0:
		w.End = maybe(r, 2, day.Add(time.Hour).Truncate(time.Millisecond))
	case 1:
		w.ID = int64(id - r.IntN(20))
		w.Scenario = maybe(r, 2, pick("s1", "s2"))
	case 2:
		w.Lasting = maybe(r, 2, true)
	case 3:
		w.Killed = maybe(r, 2, int64(r.IntN(5)-1))
	}
	return w
}

// TestParquetIsTheTable: rows of typed values are judged, refused and set apart as
// the same rows in a table of text, and as the same rows in Parquet of text.
func TestParquetIsTheTable(t *testing.T) {
	names := []string{"id", "scenario", "time_start", "time_end", "lat", "lon", "precision_m", "lasting", "actor", "act", "outcome", "target", "killed"}
	plain := 0
	asks := map[string]Asker{Verdicts: asker(t, Verdicts, "energy-2025"), Findings: asker(t, Findings, "energy-2025")}
	for seed := range uint64(5) {
		r := rand.New(rand.NewPCG(seed, 4))
		dir := t.TempDir()
		var rows []typed
		text := [][]string{names}
		for i := range 100 + r.IntN(200) {
			w := drawTyped(r, i+1)
			rows, text = append(rows, w), append(text, w.cells())
		}
		group := 1 + r.IntN(200)
		for _, kind := range []string{Verdicts, Findings} {
			ask := asks[kind]
			a := partitioned(t, ask, []string{writeTable(t, dir, text)}, 500, 3000, 2)
			for _, name := range []string{writeTyped(t, dir, rows, group), writeTexts(t, dir, text, group)} {
				b := partitioned(t, ask, []string{name}, 0, 1+r.IntN(100), 2)
				again := partitioned(t, ask, []string{name}, 0, 1+r.IntN(400), 1)
				if b != again {
					t.Fatalf("seed %d: cut otherwise, something else came out: %s", seed, differ(again.text+again.sums, b.text+b.sums))
				}
				if d := differ(b.text, a.text) + differ(b.state, a.state) + differ(rowsAsLines(b.sums, name, t), rowsAsLines(a.sums, "", t)); d != "" {
					t.Fatalf("seed %d, %s: + Parquet, - table\n%s", seed, kind, d)
				}
				if kind == Verdicts && b.plain != a.plain {
					t.Errorf("seed %d: %d rows were plain, in the table %d", seed, b.plain, a.plain)
				}
				plain += b.plain
			}
		}
	}
	if plain < 300 {
		t.Errorf("only %d rows were plain", plain)
	}
}

// rowsAsLines makes the numbers of rows of a Parquet file lines of a table with a
// header.
func rowsAsLines(sums, name string, t *testing.T) string {
	var out []string
	for l := range strings.Lines(sums) {
		if n, err := strconv.Atoi(strings.SplitN(l, " ", 2)[0]); err == nil && name != "" {
			l = strings.Replace(l, fmt.Sprintf("%08d", n), fmt.Sprintf("%08d", n+1), 1)
			l = strings.Replace(l, fmt.Sprintf("%s:%d:", name, n), fmt.Sprintf("%s:%d:", name, n+1), 1)
		}
		if name != "" {
			l = strings.ReplaceAll(l, name, filepath.Join(filepath.Dir(name), "f.csv"))
			l = strings.ReplaceAll(l, "Columns:[Box What]", "Columns:[]")
		}
		out = append(out, l)
	}
	return strings.Join(out, "")
}

func writeTable(t *testing.T, dir string, rows [][]string) string {
	name := filepath.Join(dir, "f.csv")
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func writeTyped(t *testing.T, dir string, rows []typed, group int) string {
	name := filepath.Join(dir, "typed.parquet")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := parquet.NewGenericWriter[typed](f, parquet.MaxRowsPerRowGroup(int64(group)), parquet.PageBufferSize(300), parquet.Compression(&parquet.Zstd))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func writeTexts(t *testing.T, dir string, rows [][]string, group int) string {
	name := filepath.Join(dir, "texts.parquet")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g := parquet.Group{}
	for i, n := range rows[0] {
		g[n] = parquet.Optional(parquet.String())
		if i%2 == 0 {
			g[n] = parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
		}
	}
	schema := parquet.NewSchema("f", g)
	w := parquet.NewGenericWriter[map[string]any](f, schema, parquet.MaxRowsPerRowGroup(int64(group)), parquet.DataPageVersion(1))
	for _, r := range rows[1:] {
		m := map[string]any{}
		for i, n := range rows[0] {
			if r[i] != "" {
				m[n] = r[i]
			}
		}
		if _, err := w.Write([]map[string]any{m}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestDamagedParquet: a file with any byte changed is refused or read to its end,
// and never brings the program down.
func TestDamagedParquet(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 4))
	var rows []typed
	for i := range 300 {
		rows = append(rows, drawTyped(r, i+1))
	}
	dir := t.TempDir()
	name := writeTyped(t, dir, rows, 100)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	ask := asker(t, Verdicts, "blanket-30d")
	refused := 0
	for range 150 {
		c := bytes.Clone(b)
		c[4+r.IntN(len(c)-4)] ^= byte(1 + r.IntN(255))
		if err := os.WriteFile(name, c, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := Make(t.Context(), []string{name}, Options{Dir: t.TempDir(), Question: ask.Digest(), Feed: ask.Feed(), UnitRows: 100})
		if err == nil {
			err = p.Run(t.Context(), 1, ask, nil)
		}
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), name) {
				t.Errorf("the error names no file: %v", err)
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d of 150 damaged files were refused", refused)
	}
}
