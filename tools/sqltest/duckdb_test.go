//go:build cgo

package sqltest

import (
	"database/sql"
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
)

func init() {
	engines = append(engines, engineDB{"duckdb", func(t *testing.T) *sql.DB {
		db, err := sql.Open("duckdb", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}, loadDuckDB})
}

func loadDuckDB(db *sql.DB) func(t *testing.T, rows [][]string) {
	return func(t *testing.T, rows [][]string) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "events.csv")
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := csv.NewWriter(f).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("CREATE OR REPLACE TABLE events AS SELECT * FROM read_csv('" + name + "', header = true, all_varchar = true)"); err != nil {
			t.Fatal(err)
		}
	}
}
