package sqlgen

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/terms"
)

// small is a text with zones of every kind, listed objects, a question, and
// names that would end a string.
const small = `---
truce: 1
id: small
title: "It's \\ small; -- ' or"
time: {zone: UTC, start: "2030-01-01T00:00Z", end: {for: 30 days}, days: 24h}
parties: {A: {name: "L'A \\ x'; DROP TABLE events; --"}, B: {aliases: ["b'"]}}
annexes: {sites: {file: sites.csv}}
---

` + "```truce\n" + `define:
  square: {zone: {geojson: {type: Polygon, coordinates: [[[30,50],[31,50],[31,51],[30,51],[30,50]]]}}}
  belt: {zone: {near: {line: [[32,50],[33,50]], within: 5 km, side: left}}}
  about: {zone: {near: {sites: sites, within: 1 km}}}
  rest: {zone: {subtract: [square, about]}}
` + "```\n" + `
> 1 No strikes.

` + "```truce\n" + `clause: "1"
forbid:
  - {act: attack.strike, zone: [rest, belt], unclear: [{id: misses, question: "Does a miss count?", outcome: missed}]}
  - {act: attack, target: listed(sites), owner: other-party}
` + "```\n"

const smallSites = "id,kind,name,lat,lon,owner,controller,claimed_by\nS'1,energy.oil.storage,one,50.5,30.5,B,,\nS2,infra.bridge,two,,,,,\n"

func open(t testing.TB, text string) []*terms.Regime {
	t.Helper()
	tm, problems := terms.Parse(fstest.MapFS{"x.truce.md": {Data: []byte(text)}, "sites.csv": {Data: []byte(smallSites)}}, "x.truce.md")
	if tm == nil {
		t.Fatal(problems)
	}
	var out []*terms.Regime
	for _, id := range tm.ReadingIDs() {
		r, err := tm.Under(id, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// TestStatementsAreTheSame holds every dialect against a file, so that a change
// of what is written is seen. For BigQuery, which runs nowhere but at its
// owner's, this is the only test. UPDATE=1 writes the files.
func TestStatementsAreTheSame(t *testing.T) {
	for _, d := range Dialects {
		got, err := Statement(open(t, small), Options{Dialect: d, Table: "events"})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "small."+d+".sql")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: the statement has changed (UPDATE=1 writes it)", file)
		}
	}
}

// TestBigQueryReadsIt: what GoogleSQL does not know is not written for it.
func TestBigQueryReadsIt(t *testing.T) {
	got, err := Statement(open(t, small), Options{Dialect: "bigquery", Table: "p.d.events"})
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`'(?:[^'\\]|\\.)*'`).ReplaceAllString(got, "''")
	for _, bad := range []string{"VALUES", "MATERIALIZED", "::", " ~ ", "LATERAL", "BIGINT", "VARCHAR", "TEXT)", "DOUBLE", " // ", "ST_", `"`} {
		if strings.Contains(code, bad) {
			t.Errorf("%q is in the statement", bad)
		}
	}
	if !strings.Contains(got, "FROM `p.d.events` AS e") {
		t.Error("the table is not named")
	}
}

// read back undoes a literal as the database does.
func unquote(dialect, s string) (string, bool) {
	escapes := dialect == "bigquery"
	if strings.HasPrefix(s, "E'") {
		escapes, s = true, s[1:]
	}
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	in, out := []rune(s[1:len(s)-1]), []rune{}
	for i := 0; i < len(in); i++ {
		switch {
		case in[i] == '\'' && dialect != "bigquery" && i+1 < len(in) && in[i+1] == '\'':
			i++
		case in[i] == '\'':
			return "", false // the string would end here
		case in[i] == '\\' && escapes && i+1 < len(in):
			i++
			if in[i] == 'u' {
				var n rune
				for k := 1; k <= 4; k++ {
					n = n*16 + rune(strings.IndexRune("0123456789abcdef", in[i+k]))
				}
				out = append(out, n)
				i += 4
				continue
			}
		}
		out = append(out, in[i])
	}
	return string(out), true
}

// TestStringsStayStrings: no text ends its literal, and each is read back as
// it was, but for the character that no database takes.
func TestStringsStayStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("'\\\"\n\r\x00`;-")))).Draw(t, "s")
		for _, name := range Dialects {
			d, _ := dialectOf(name)
			got, ok := unquote(name, d.str(s))
			if !ok || got != strings.ReplaceAll(s, "\x00", "") {
				t.Fatalf("%s: %q is written as %s and read as %q", name, s, d.str(s), got)
			}
			if id := d.ident(s); name != "bigquery" && strings.Count(id, `"`)%2 != 0 {
				t.Fatalf("%s: %q is named %s", name, s, id)
			}
		}
	})
}

// TestCommentsStayComments: a title with line breaks opens no new line.
func TestCommentsStayComments(t *testing.T) {
	text := strings.Replace(small, `title: "It's \\ small; -- ' or"`, `title: "x\n; DROP TABLE events\r\u2028y"`, 1)
	got, err := Statement(open(t, text), Options{Dialect: "postgis", Table: "events"})
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(got, "WITH\n")
	for _, l := range strings.Split(strings.TrimSuffix(head, "\n"), "\n") {
		if !strings.HasPrefix(l, "-- ") || strings.ContainsAny(l, "\r\u2028") {
			t.Errorf("%q", l)
		}
	}
}

// TestWhatIsRefused: each with a reason.
func TestWhatIsRefused(t *testing.T) {
	hours := strings.Replace(small, "{act: attack, target", `{hours: "22:00-06:00", act: attack, target`, 1)
	for _, c := range []struct {
		text string
		o    Options
		want string
	}{
		{small, Options{Dialect: "oracle"}, "expected postgis, bigquery or duckdb"},
		{small, Options{Dialect: "duckdb", Columns: []string{"id", "colour"}}, `column "colour"`},
		{small, Options{Dialect: "duckdb", Columns: []string{"act"}}, "needs a column id"},
		{hours, Options{Dialect: "duckdb"}, "daily hours"},
	} {
		if _, err := Statement(open(t, c.text), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// TestRectanglesCover: acts that lasted are covered once each.
func TestRectanglesCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "n")
		table := make([][]int, n)
		for i := range table {
			for k := i; k < n; k++ {
				table[i] = append(table[i], rapid.IntRange(0, 2).Draw(t, "to"))
			}
		}
		for i := 0; i < n; i++ {
			for k := i; k < n; k++ {
				var hits []int
				for _, r := range rectangles(table) {
					if r.i0 <= i && i <= r.i1 && r.k0 <= k && k <= r.k1 {
						hits = append(hits, r.to)
					}
				}
				if len(hits) != 1 || hits[0] != table[i][k-i] {
					t.Fatalf("%d..%d: %v, want %d", i, k, hits, table[i][k-i])
				}
			}
		}
	})
}
