package feeds

import (
	"bytes"
	"database/sql"
	enc "encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// gpBlob makes a geometry of a GeoPackage of WKB.
func gpBlob(srs uint32, wkb []byte) []byte {
	b := []byte{'G', 'P', 0, 1}
	b = enc.LittleEndian.AppendUint32(b, srs)
	return append(b, wkb...)
}

func wkbOf(code uint32, counts []uint32, coords ...float64) []byte {
	b := enc.LittleEndian.AppendUint32([]byte{1}, code)
	for _, n := range counts {
		b = enc.LittleEndian.AppendUint32(b, n)
	}
	for _, c := range coords {
		b = enc.LittleEndian.AppendUint64(b, math.Float64bits(c))
	}
	return b
}

var square = wkbOf(3, []uint32{1, 5}, 36, 49, 37, 49, 37, 50, 36, 50, 36, 49)

// noise are bytes that cannot be packed.
func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(1)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = byte(x >> 24)
	}
	return out
}

const gpkgSchema = `
PRAGMA application_id = 1196444487;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER);
CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER, z TINYINT, m TINYINT);
INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, ''), ('UTM 36N', 32636, 'EPSG', 32636, ''), ('WGS 84 (CRS84)', 7, 'OGC', 84, '');
INSERT INTO gpkg_contents VALUES ('incidents', 'features', 4326), ('places', 'features', 4326), ('metric', 'features', 32636), ('more "places"', 'features', 7), ('aview', 'features', 4326), ('notes', 'attributes', 0);
INSERT INTO gpkg_geometry_columns VALUES ('incidents', 'geom', 'GEOMETRY', 4326, 0, 0), ('places', 'geom', 'POINT', 4326, 0, 0), ('metric', 'geom', 'POINT', 32636, 0, 0), ('more "places"', 'shape', 'POINT', 7, 0, 0), ('aview', 'geom', 'POINT', 4326, 0, 0);
CREATE TABLE incidents (fid INTEGER PRIMARY KEY, geom BLOB, Act TEXT, target TEXT, time_start DATETIME, killed INTEGER, precision_m REAL, colour TEXT, means TEXT GENERATED ALWAYS AS (lower('MINE')));
CREATE TABLE places (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);
CREATE TABLE metric (fid INTEGER PRIMARY KEY, geom BLOB, act TEXT);
CREATE TABLE "more ""places""" (fid INTEGER PRIMARY KEY, shape BLOB, act TEXT);
CREATE TABLE notes (fid INTEGER PRIMARY KEY, act TEXT);
CREATE VIEW aview AS SELECT * FROM incidents;
`

// makeGPKG writes a GeoPackage and returns its path.
func makeGPKG(t testing.TB, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.gpkg")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(q string, args ...any) {
		if _, err := db.Exec(q, args...); err != nil {
			t.Fatal(q, err)
		}
	}
	run(gpkgSchema)
	add := func(fid int, blob any, act, target, time string) {
		run(`INSERT INTO incidents (fid, geom, Act, target, time_start, killed, precision_m, colour) VALUES (?, ?, ?, ?, ?, 2, 250.0, 'red')`, fid, blob, act, target, time)
	}
	add(3, gpBlob(4326, wkbOf(1, nil, 36.6, 49.9)), "attack.strike.drone", "energy.power.substation", "2031-03-26T10:00:00.000Z")
	add(4, gpBlob(4326, square), "attack", "", "")
	add(5, nil, "jam", "", "")
	add(6, gpBlob(32636, square), "jam", "", "")                                                           // another SRS than the table
	add(7, gpBlob(4326, wkbOf(6, []uint32{math.MaxUint32})), "jam", "", "")                                // four thousand million polygons
	add(8, gpBlob(4326, wkbOf(2, []uint32{2}, 36, 49, 37, 50)), "jam", "", "")                             // a line
	add(9, "geometry", "jam", "", "")                                                                      // text
	add(10, gpBlob(4326, wkbOf(1, nil, 36.6, 49.9)), "jem", "", "")                                        // typing error
	add(11, gpBlob(4326, wkbOf(3, []uint32{1, 5}, 36, 49, 37, 50, 37, 49, 36, 50, 36, 49)), "jam", "", "") // a bow tie
	add(12, gpBlob(4326, wkbOf(1, nil, math.NaN(), math.NaN())), "jam", "", "")                            // an empty point
	add(13, gpBlob(4326, wkbOf(1, nil, 36.6, 49.9)), "", "", "")                                           // nothing is said
	add(14, append(gpBlob(4326, wkbOf(1, nil, 36.6, 49.9)), noise(maxRow)...), "jam", "", "")              // too large
	run(`INSERT INTO places VALUES (1, ?, 'a'), (2, NULL, 'b')`, gpBlob(4326, wkbOf(1, nil, 36.6, 49.9)))
	run(`INSERT INTO "more ""places""" VALUES (1, ?, 'overflight')`, gpBlob(7, wkbOf(1001, nil, 36.6, 49.9, 120)))
	for _, q := range more {
		run(q)
	}
	return path
}

func FuzzGPKG(f *testing.F) {
	data, err := os.ReadFile(makeGPKG(f, `DELETE FROM incidents WHERE fid = 14`, `VACUUM`))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	fuzz(f, "gpkg")
}

func FuzzGPKGGeometry(f *testing.F) {
	f.Add(gpBlob(4326, square))
	f.Add(gpBlob(4326, wkbOf(1, nil, 36.6, 49.9)))
	f.Add(gpBlob(4326, append(wkbOf(6, []uint32{1}), square...)))
	f.Fuzz(func(t *testing.T, b []byte) {
		rec := newRecord(1)
		if err := gpkgPlace(rec, layer{geometry: "geom", srs: 4326}, int64(len(b)), b); err == nil && rec.shape != nil && rec.shape.region.IsUnknown() {
			t.Fatal("an area that is no area")
		}
	})
}

func TestGPKG(t *testing.T) {
	path := makeGPKG(t)
	before, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	list, sum := readPath(t, path, Options{})
	wantAll(t, sum, 15, 5, 3, 7, 0)
	if after, _ := os.ReadDir(filepath.Dir(path)); len(after) != len(before) {
		t.Errorf("something was written beside the input: %v", after)
	}
	wantText(t, "problems", problems(sum), "test.gpkg/metric: its coordinates are in SRS 32636 (EPSG:32636 UTM 36N): expected EPSG:4326", "test.gpkg/aview: it is a view",
		"incidents:6: column geom: its SRS is 32636", "incidents:7: column geom: the geometry is cut short", "incidents:8: column geom: type 2: expected Point", "incidents:9: column geom: not a geometry",
		"incidents:10: column act: ", "incidents:11: column geom: ", "incidents:14: column geom: the geometry is larger")
	wantText(t, "ignored", strings.Join(sum.Columns, "|"), "table notes (attributes)", "colour", "means", "name")

	one := byID(t, list, "test.gpkg/incidents:3")
	s := one.Scenarios[0]
	wantSpan(t, "a moment", s.Time, "2031-03-26T10:00Z", "2031-03-26T10:00Z")
	wantSet(t, "target", s.Target, "energy.power.substation")
	if r, _ := s.Place.Radius(); r != 250 || one.Killed.Min != 2 || s.Means != nil {
		t.Errorf("3: %+v", one)
	}
	if s := byID(t, list, "test.gpkg/incidents:4").Scenarios[0]; s.Place.IsUnknown() {
		t.Errorf("4: %+v", s)
	}
	for _, id := range []string{"test.gpkg/incidents:5", "test.gpkg/incidents:12"} {
		if s := byID(t, list, id).Scenarios[0]; !s.Place.IsUnknown() {
			t.Errorf("%s: %+v", id, s)
		}
	}
	wantSet(t, "CRS84, with a height", byID(t, list, `test.gpkg/more "places":1`).Scenarios[0].Act, "overflight")

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, packed := range map[string][]byte{"pipe": data, "gz": gzipped(t, string(data)), "zip": zipped(t, "a.gpkg", string(data))} {
		again, err := Read("x", bytes.NewReader(packed), Options{As: "gpkg"}, func(*evidence.Incident) error { return nil })
		if err != nil || again.Incidents != sum.Incidents || again.Rows != sum.Rows {
			t.Errorf("%s: %v %v", name, again, err)
		}
	}
	for _, cut := range []int{20, 100, 4096, len(data) / 2, len(data) - 4096} {
		if _, _, err := read(t, string(data[:cut]), Options{}); err == nil {
			t.Errorf("cut at %d: no error", cut)
		}
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "truce-*.tmp*"))
	if len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

// TestGPKGRunsNothing: what a hostile file defines is not evaluated.
func TestGPKGRunsNothing(t *testing.T) {
	endless := "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT "
	for _, q := range []string{
		`DROP TABLE gpkg_contents; CREATE VIEW gpkg_contents AS ` + endless + `'a' AS table_name, 'features' AS data_type, max(x) AS srs_id FROM c`,
		`DROP VIEW aview; CREATE VIEW aview AS ` + endless + `max(x) AS fid, NULL AS geom, 'jam' AS act FROM c; DELETE FROM gpkg_contents WHERE table_name <> 'aview'`,
	} {
		sum, err := ReadFile(makeGPKG(t, q), Options{}, func(*evidence.Incident) error { return nil })
		if err == nil || sum.Incidents > 0 {
			t.Errorf("%.40s was read: %v", q, sum)
		}
	}
}

func TestRealGPKGAreRefusedByTheirSRS(t *testing.T) {
	for file, srs := range map[string]string{"b_pump": "SRS 100000", "nc": "EPSG:4267"} {
		sum, err := ReadFile(shared(t, "formats/gpkg/"+file+".gpkg"), Options{}, func(*evidence.Incident) error { return nil })
		if err == nil || sum.Rows > 0 || !strings.Contains(err.Error(), srs) {
			t.Errorf("%s: %v %v", file, sum, err)
		}
	}
}
