//go:build cgo

package sqltest

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/formats"
	"github.com/truce-project/truce/where"
)

// TestGeoParquet: DuckDB reads what truce writes: columns with their types, the
// geometry as a geometry of longitude and latitude, and the boxes.
func TestGeoParquet(t *testing.T) {
	f, err := formats.Named("parquet")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "x.parquet")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	area, err := where.AreaRegion("UA-63")
	if err != nil {
		t.Fatal(err)
	}
	h := &formats.Head{Name: "incidents", Columns: strings.Fields("id time_start lat lon act since")}
	rows := []formats.Row{
		{Cells: []string{"A", "2025-03-20T20:20:00Z", "51.5", "35.2", "attack.strike", "4"}, Place: where.Disc(where.Point{Lat: 51.5, Lon: 35.2}, 6000)},
		{Cells: []string{"B", "", "50", "36.2", "", "5"}, Place: where.Disc(where.Point{Lat: 50, Lon: 36.2}, 0)},
		{Cells: []string{"C", "2025-03-21T00:00:00Z", "", "", "", "6"}, Place: area},
		{Cells: []string{"D", "", "", "", "", ""}},
	}
	if err := f.Write(out, h, rows); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var kind string
	if err := db.QueryRow("SELECT typeof(geometry) FROM read_parquet('" + name + "') LIMIT 1").Scan(&kind); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "GEOMETRY") {
		t.Errorf("DuckDB takes the geometry for %s", kind)
	}
	var n, placed, since int
	var at, most string
	var west float64
	err = db.QueryRow("SELECT count(*), count(geometry), sum(since)::INT, min(time_start)::TIMESTAMP::VARCHAR, max(typeof(time_start)), min(bbox.xmin) FROM read_parquet('"+name+"')").Scan(&n, &placed, &since, &at, &most, &west)
	if err != nil {
		t.Fatal(err)
	}
	if n != 4 || placed != 3 || since != 15 || at != "2025-03-20 20:20:00" || !strings.HasPrefix(most, "TIMESTAMP") || west < 34 || west > 35.2 {
		t.Errorf("%d rows, %d with a place, since %d, first at %s (%s), west %v", n, placed, since, at, most, west)
	}
	var inBox int
	if err := db.QueryRow("SELECT count(*) FROM read_parquet('" + name + "') WHERE bbox.xmax >= 35.1 AND bbox.xmin <= 35.3 AND bbox.ymax >= 51.4 AND bbox.ymin <= 51.6").Scan(&inBox); err != nil || inBox != 1 {
		t.Errorf("%d in the box, %v", inBox, err)
	}
}
