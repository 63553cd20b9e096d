package sqltest

import (
	"database/sql"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// engineDB is a database that statements are tried on.
type engineDB struct {
	dialect string
	open    func(t *testing.T) *sql.DB
	load    func(db *sql.DB) func(t *testing.T, rows [][]string)
}

var engines = []engineDB{{"postgis", postgres, loadPostgres}}

// open is a database with what loads it.
type open struct {
	engineDB
	db *sql.DB
}

// given are texts that come with truce, and how many incidents are made for
// each. EVENTS makes that many percent of it.
var given = []struct {
	name   string
	events int
}{{"energy-2025", 9_000}, {"blanket-30d", 37_000}, {"measures-2020-07-22", 6_000}, {"energy-2026-01", 3_000}, {"black-sea-2025", 5_000}, {"easter-2025", 41_000}}

// TestStatementsAgreeWithTheEngine: on more than a hundred thousand events the
// statements give the rows that the engine gives.
func TestStatementsAgreeWithTheEngine(t *testing.T) {
	var dbs []open
	for _, e := range engines {
		t.Run(e.dialect, func(s *testing.T) {
			dbs = append(dbs, open{e, e.open(t)})
		})
	}
	total, band := 0, 0
	for i, x := range given {
		t.Run(x.name, func(t *testing.T) {
			tm, err := regimes.Open(x.name)
			if err != nil {
				t.Fatal(err)
			}
			n, b := tryAll(t, tm, uint64(i+1), scaled(x.events), dbs)
			total, band = total+n, band+b
		})
	}
	for i, x := range drawn {
		t.Run(x.name, func(t *testing.T) {
			n, b := tryAll(t, draw(t, uint64(i), x.geometry), uint64(100+i), scaled(x.events), dbs)
			total, band = total+n, band+b
		})
	}
	t.Logf("%d incidents in all on each of %d databases; %d rows differ, all of places within the band of a boundary", total, len(dbs), band)
	if total < 100_000 && os.Getenv("EVENTS") == "" {
		t.Errorf("only %d incidents were tried", total)
	}
}

// scaled multiplies by the percentage in the environment.
func scaled(n int) int {
	if p, err := strconv.Atoi(os.Getenv("EVENTS")); err == nil {
		return max(1, n*p/100)
	}
	return n
}

// tryAll compares one text on every database.
func tryAll(t *testing.T, tm *terms.Terms, seed uint64, n int, dbs []open) (incidents, band int) {
	rs := underAll(t, tm)
	m := newMaker(seed, rs)
	m.words = true
	if len(rs[0].Zones) > 1 {
		m.open = 40
	}
	file, rows := m.write(t, n)
	at := time.Now()
	want, ins := byEngine(t, rs, file)
	t.Logf("%d incidents under %d readings; the engine took %v", len(ins), len(rs), time.Since(at).Round(time.Millisecond))
	for _, o := range dbs {
		o.load(o.db)(t, rows)
		at := time.Now()
		got := bySQL(t, o.db, rs, o.dialect, "events")
		took := time.Since(at).Round(time.Millisecond)
		sum := compare(t, o.dialect, rs, want, got, ins)
		t.Logf("%s: %v, %+v", o.dialect, took, sum)
		if sum.band > 3+sum.rows/50 {
			t.Errorf("%d of %d rows differ near boundaries: the band hides too much", sum.band, sum.rows)
		}
		band += sum.band
	}
	return len(ins), band
}

// TestTypedColumns: times and numbers in columns of their own types give the
// rows that text gives.
func TestTypedColumns(t *testing.T) {
	tm, err := regimes.Open("energy-2026-01")
	if err != nil {
		t.Fatal(err)
	}
	rs := underAll(t, tm)
	m := newMaker(9, rs)
	m.plain = true
	_, rows := m.write(t, 500)
	for _, e := range engines {
		db := e.open(t)
		e.load(db)(t, rows)
		want := bySQL(t, db, rs, e.dialect, "events")
		if len(want) < 500 {
			t.Fatalf("%d rows", len(want))
		}
		cols := ""
		for _, c := range rows[0] {
			to := map[string]string{"time_start": "TIMESTAMPTZ", "time_end": "TIMESTAMPTZ", "launch_start": "TIMESTAMPTZ", "launch_end": "TIMESTAMPTZ",
				"lat": "DOUBLE PRECISION", "lon": "DOUBLE PRECISION", "precision_m": "DOUBLE PRECISION"}[c]
			if to == "" {
				to = "VARCHAR"
			}
			cols += ", CAST(NULLIF(" + c + ", '') AS " + to + ") AS " + c
		}
		for _, sql := range []string{"SET TIME ZONE 'Asia/Kathmandu'", "CREATE TABLE typed AS SELECT " + cols[2:] + " FROM events"} {
			if _, err := db.Exec(sql); err != nil {
				t.Fatal(e.dialect, err)
			}
		}
		got := bySQL(t, db, rs, e.dialect, "typed")
		for k, w := range want {
			if got[k] != w {
				t.Fatalf("%s: %v: typed %+v, text %+v", e.dialect, k, got[k], w)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, want %d", e.dialect, len(got), len(want))
		}
	}
}
