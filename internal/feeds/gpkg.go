package feeds

import (
	"bufio"
	"context"
	"database/sql"
	enc "encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// gpkgFeed reads the feature tables of a GeoPackage into rows of the incidents
// file. A feature without facts of that file is a place, and no event.
type gpkgFeed struct {
	*run
	truce *truceFeed
	db    *sql.DB
}

// gpkg reads an SQLite database from a copy of its own: SQLite may write beside
// what it opens, and what is read may be no file at all.
func (r *run) gpkg(br *bufio.Reader) error {
	if r.opt.As != "" && r.opt.As != "gpkg" {
		return r.refuse("it was to be read as %s, but it is an SQLite database (or GeoPackage)", r.opt.As)
	}
	head, _ := br.Peek(20)
	f, err := spool(br)
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	if len(head) == 20 && head[18] == 2 {
		r.note(Problem{Pos: r.pos(0), Msg: "the GeoPackage was being written (WAL): what stands only in the -wal file beside it is not read; close the program that has it open, and read it again"})
	}
	// The schema of the file is not trusted: it may call no functions, and what
	// is not a table is not asked.
	db, err := sql.Open("sqlite", "file:"+f.Name()+"?mode=ro&immutable=1&_pragma=trusted_schema(0)&_pragma=query_only(1)&_pragma=cell_size_check(1)&_pragma=mmap_size(0)&_pragma=ignore_check_constraints(1)")
	if err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	return (&gpkgFeed{r, &truceFeed{run: r}, db}).read()
}

// layer is a feature table.
type layer struct {
	name, geometry string
	srs            int
	auth           string // of the SRS, such as EPSG:4326
}

func (f *gpkgFeed) read() error {
	if err := f.check(); err != nil {
		return err
	}
	layers, err := f.layers()
	if err != nil {
		return err
	}
	f.readAs("gpkg")
	file, id, read := f.file, f.id, 0
	var refused error
	for _, l := range layers {
		f.file, f.id = file+"/"+l.name, id+"/"+l.name
		err := f.layer(l)
		var no *refusal
		switch {
		case err == nil:
			read++
		case !errors.As(err, &no):
			return err
		default:
			f.note(Problem{Pos: f.pos(0), Msg: no.Error(), Fatal: true})
			if refused = fmt.Errorf("table %s: %w", l.name, err); f.opt.Strict {
				return fmt.Errorf("%s: %w", f.file, err)
			}
		}
	}
	f.file, f.id = file, id
	if err := f.truce.end(); err != nil {
		return err
	}
	switch {
	case refused != nil && read == 0:
		return fmt.Errorf("%s: no feature table of the GeoPackage could be read: %w", file, refused)
	case f.sum.Rows == 0:
		return f.empty()
	}
	return nil
}

// gpkgPatience is how long looking for damage may take.
const gpkgPatience = time.Minute

// check looks for damage before anything else is asked, as SQLite advises for
// files from elsewhere.
func (f *gpkgFeed) check() error {
	ctx, cancel := context.WithTimeout(context.Background(), gpkgPatience)
	defer cancel()
	var damage string
	err := f.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&damage)
	switch {
	case err != nil:
		return f.refuse("the SQLite database cannot be read: %v", database(err))
	case damage != "ok":
		return f.refuse("the SQLite database is damaged: %s", clip(damage))
	}
	return nil
}

// layers lists the feature tables and says which tables are none.
func (f *gpkgFeed) layers() ([]layer, error) {
	for _, t := range []string{"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} {
		if !f.isTable(t) {
			return nil, f.refuse("this is an SQLite database, but no GeoPackage: it has no table %s; export a GeoPackage or CSV", t)
		}
	}
	rows, err := f.db.Query(`SELECT c.table_name, c.data_type, coalesce(g.column_name, ''), coalesce(g.srs_id, 0),
		coalesce(s.organization, '') || ':' || coalesce(s.organization_coordsys_id, ''), coalesce(s.srs_name, '')
		FROM gpkg_contents c LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name
		LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id ORDER BY c.table_name LIMIT ?`, maxMembers)
	if err != nil {
		return nil, f.refuse("GeoPackage: %v", database(err))
	}
	defer rows.Close()
	var out []layer
	for rows.Next() {
		var l layer
		var kind, name string
		if err := rows.Scan(&l.name, &kind, &l.geometry, &l.srs, &l.auth, &name); err != nil {
			return nil, f.refuse("GeoPackage: %v", database(err))
		}
		if kind != "features" {
			f.ignore(fmt.Sprintf("table %s (%s)", clip(l.name), clip(kind)))
			continue
		}
		if l.auth += " " + name; strings.HasPrefix(strings.ToUpper(l.auth), "OGC:") && strings.Contains(strings.ToUpper(name), "CRS84") {
			l.auth = "EPSG:4326 as " + l.auth
		}
		out = append(out, l)
	}
	if err := rows.Err(); err != nil {
		return nil, f.refuse("GeoPackage: %v", database(err))
	}
	if len(out) == 0 {
		return nil, f.refuse("the GeoPackage has no feature table")
	}
	return out, nil
}

// isTable reports whether there is a plain table of a name: a view or a virtual
// table may run anything.
func (f *gpkgFeed) isTable(name string) bool {
	var s string
	err := f.db.QueryRow(`SELECT coalesce(sql, '') FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE`, name).Scan(&s)
	return err == nil && !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(s)), "CREATE VIRTUAL")
}

func (f *gpkgFeed) layer(l layer) error {
	switch {
	case l.geometry == "":
		return refuse("the table has no geometry column")
	case !strings.HasPrefix(l.auth, "EPSG:4326 ") && !strings.HasPrefix(l.auth, "epsg:4326 "):
		return refuse("its coordinates are in SRS %d (%s): expected EPSG:4326, WGS 84 longitude and latitude; convert it", l.srs, clip(strings.TrimSpace(l.auth)))
	case !f.isTable(l.name):
		return refuse("it is a view or a virtual table, which is not read: export it as a table")
	}
	query, columns, err := f.query(l)
	if err != nil {
		return err
	}
	rows, err := f.db.Query(query)
	if err != nil {
		return refuse("%v", database(err))
	}
	defer rows.Close()
	var row, size int64
	var blob []byte
	cells := make([]sql.NullString, len(columns))
	to := []any{&row, &size, &blob}
	for i := range cells {
		to = append(to, &cells[i])
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return refuse("%v", database(err))
		}
		f.sum.Rows++
		if err := f.feature(l, row, size, blob, columns, cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: the table breaks off, what came before was read: %w", f.file, database(err))
	}
	return nil
}

// query asks for the columns of the incidents file as text, so that no type of
// the table changes them.
func (f *gpkgFeed) query(l layer) (string, []string, error) {
	rows, err := f.db.Query(`SELECT name, hidden FROM pragma_table_xinfo(?)`, l.name)
	if err != nil {
		return "", nil, refuse("%v", database(err))
	}
	defer rows.Close()
	var columns []string
	shape := quoteName(l.geometry)
	q := fmt.Sprintf("SELECT rowid, coalesce(length(%s), 0), CASE WHEN length(%s) <= %d THEN CAST(%s AS BLOB) END", shape, shape, maxRow, shape)
	seen := map[string]bool{}
	for rows.Next() {
		var name string
		var hidden int
		if err := rows.Scan(&name, &hidden); err != nil {
			return "", nil, refuse("%v", database(err))
		}
		column := columnName(name)
		_, known := featureColumns[column]
		switch {
		case strings.EqualFold(name, l.geometry) && hidden != 0:
			return "", nil, refuse("its geometry is computed: export it as a plain column")
		case strings.EqualFold(name, l.geometry), column == "fid", column == "ogc_fid":
		case hidden != 0 || !known || seen[column]:
			f.ignore(strings.TrimSpace(name))
		default:
			seen[column] = true
			columns = append(columns, column)
			q += fmt.Sprintf(", substr(CAST(%s AS TEXT), 1, %d)", quoteName(name), maxRow)
		}
	}
	if err := rows.Err(); err != nil {
		return "", nil, refuse("%v", database(err))
	}
	return q + " FROM " + quoteName(l.name) + " ORDER BY rowid", columns, nil
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func (f *gpkgFeed) feature(l layer, row, size int64, blob []byte, columns []string, cells []sql.NullString) error {
	rec := newRecord(int(row))
	var raw strings.Builder
	for i, c := range columns {
		v := strings.TrimSpace(cells[i].String)
		if !utf8.ValidString(v) {
			return f.truce.broken(rec, faultIn(c, "it is not UTF-8"))
		}
		rec.fill(c, v)
		fmt.Fprintf(&raw, "%q,", v)
	}
	f.watch(rec, func() []field {
		return append(featureFields(rec), field{"geometry", fmt.Sprintf("%x", blob)})
	})
	if !eventful(rec) {
		f.sum.Reports++
		return nil
	}
	raw.Write(blob)
	rec.raw = raw.String()
	if err := gpkgPlace(rec, l, size, blob); err != nil {
		return f.truce.broken(rec, err)
	}
	return f.truce.described(rec, nil)
}

// gpkgPlace sets the place of a row from its geometry.
func gpkgPlace(rec *record, l layer, size int64, blob []byte) error {
	switch {
	case size == 0:
		return nil
	case size > maxRow:
		return faultIn(l.geometry, "the geometry is larger than %d bytes: simplify it", maxRow)
	}
	g, err := gpkgGeometry(blob, l.srs)
	if err != nil {
		return faultIn(l.geometry, "%v", err)
	}
	switch {
	case g.empty():
	case len(g.polygons) > 0:
		region, err := polygons(g.polygons)
		if err != nil {
			return faultIn(l.geometry, "%v", err)
		}
		rec.shape = &shape{area: true, region: region}
	default:
		rec.fields[featureColumns["lon"]], rec.fields[featureColumns["lat"]] = g.points[0][0], g.points[0][1]
	}
	return nil
}

var errWKB = errors.New("the geometry is cut short or damaged")

// gpkgGeometry reads a geometry of a GeoPackage: a header, and Well-Known Binary
// after it. Numbers of points are checked against what is there before room is
// made for them, which the library that other packages use does not do.
func gpkgGeometry(b []byte, srs int) (*mapShape, error) {
	if len(b) < 8 || b[0] != 'G' || b[1] != 'P' {
		return nil, errors.New("not a geometry of a GeoPackage: it does not begin with GP")
	}
	flags := b[3]
	order := enc.ByteOrder(enc.BigEndian)
	if flags&1 != 0 {
		order = enc.LittleEndian
	}
	if got := int(int32(order.Uint32(b[4:]))); got != srs {
		return nil, fmt.Errorf("its SRS is %d, that of the table %d", got, srs)
	}
	envelope := []int{0, 32, 48, 48, 64}
	kind := int(flags >> 1 & 7)
	if kind >= len(envelope) || len(b) < 8+envelope[kind] {
		return nil, errWKB
	}
	var g mapShape
	if flags&0x20 != 0 {
		return nil, errors.New("a geometry of an extension: expected Point, Polygon or MultiPolygon")
	}
	if flags&0x10 != 0 {
		return &g, nil
	}
	w := &wkb{b: b[8+envelope[kind]:]}
	if err := w.geometry(&g, false); err != nil {
		return nil, err
	}
	return &g, nil
}

// wkb reads Well-Known Binary.
type wkb struct {
	b     []byte
	order enc.ByteOrder
}

func (w *wkb) geometry(g *mapShape, inside bool) error {
	if len(w.b) < 5 || w.b[0] > 1 {
		return errWKB
	}
	w.order = enc.BigEndian
	if w.b[0] == 1 {
		w.order = enc.LittleEndian
	}
	code := w.order.Uint32(w.b[1:])
	w.b = w.b[5:]
	dims := 2
	switch code / 1000 {
	case 0:
	case 1, 2:
		dims = 3
	case 3:
		dims = 4
	default:
		return fmt.Errorf("type %d is not known", code)
	}
	kind := code % 1000
	switch {
	case kind == 1 && !inside:
		p, err := w.points(1, dims)
		if err == nil && p[0][0] != "NaN" {
			g.points = append(g.points, p[0])
		}
		return err
	case kind == 3:
		p, err := w.polygon(dims)
		if len(p) > 0 {
			g.polygons = append(g.polygons, p)
		}
		return err
	case kind == 6 && !inside:
		n, err := w.count(9)
		for i := 0; i < n && err == nil; i++ {
			err = w.geometry(g, true)
		}
		return err
	}
	return fmt.Errorf("type %d: expected Point, Polygon or MultiPolygon; where something happened along a line or at several points, draw the area", code)
}

// count reads how many things of at least size bytes follow.
func (w *wkb) count(size int) (int, error) {
	if len(w.b) < 4 {
		return 0, errWKB
	}
	n := int64(w.order.Uint32(w.b))
	w.b = w.b[4:]
	if n*int64(size) > int64(len(w.b)) {
		return 0, errWKB
	}
	return int(n), nil
}

func (w *wkb) polygon(dims int) ([][][2]string, error) {
	n, err := w.count(4)
	if err != nil {
		return nil, err
	}
	var out [][][2]string
	for range n {
		m, err := w.count(8 * dims)
		if err != nil {
			return nil, err
		}
		ring, err := w.points(m, dims)
		if err != nil {
			return nil, err
		}
		out = append(out, ring)
	}
	return out, nil
}

func (w *wkb) points(n, dims int) ([][2]string, error) {
	if len(w.b) < n*dims*8 {
		return nil, errWKB
	}
	out := make([][2]string, n)
	for i := range out {
		for d := range 2 {
			v := math.Float64frombits(w.order.Uint64(w.b[8*d:]))
			if math.IsInf(v, 0) {
				return nil, errors.New("a coordinate is infinite")
			}
			out[i][d] = plainNumber(v)
		}
		w.b = w.b[8*dims:]
	}
	return out, nil
}
