package sqltest

import (
	"database/sql"
	"fmt"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/truce-project/truce/internal/pgtest"
)

// postgres starts a PostgreSQL with PostGIS of its own.
func postgres(t *testing.T) *sql.DB {
	t.Helper()
	s := pgtest.Start(t, "statement_timeout=240s", "work_mem=64MB", "shared_buffers=256MB")
	if !s.GIS {
		t.Skip("SKIPPED: PostGIS is not here (Debian: postgresql-15-postgis-3), so no statement was run on it")
	}
	db, err := sql.Open("pgx", s.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE EXTENSION postgis"); err != nil {
		t.Fatal(err)
	}
	var version string
	if err := db.QueryRow("SELECT version() || ', PostGIS ' || postgis_lib_version()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	t.Log(version)
	return db
}

// loadPostgres copies a file of events into a table.
func loadPostgres(db *sql.DB) func(t *testing.T, rows [][]string) {
	return func(t *testing.T, rows [][]string) {
		t.Helper()
		cols, marks := "", ""
		for i, c := range rows[0] {
			if i > 0 {
				cols, marks = cols+", ", marks+", "
			}
			cols, marks = cols+c+" TEXT", marks+fmt.Sprintf("$%d::TEXT[]", i+1)
		}
		if _, err := db.Exec("DROP TABLE IF EXISTS events; CREATE TABLE events (" + cols + ")"); err != nil {
			t.Fatal(err)
		}
		const batch = 10_000
		for at := 1; at < len(rows); at += batch {
			part := rows[at:min(at+batch, len(rows))]
			args := make([]any, len(rows[0]))
			for c := range args {
				list := make([]string, len(part))
				for i, r := range part {
					list[i] = r[c]
				}
				args[c] = list
			}
			if _, err := db.Exec("INSERT INTO events SELECT * FROM UNNEST("+marks+")", args...); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec("ANALYZE events"); err != nil {
			t.Fatal(err)
		}
	}
}
