package formats

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/parquet-go/parquet-go"
	"github.com/peterstace/simplefeatures/geom"
	"pgregory.net/rapid"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var testColumns = strings.Fields("id time_start time_end lat lon precision_m place actor act level source text since")

func testHead() *Head {
	return &Head{Name: "incidents", Of: "example.org/north=7", Sender: "example.org/north", At: time.Date(2025, 4, 2, 16, 30, 0, 0, time.UTC), Columns: testColumns, About: [][2]string{{"What this is", "a test"}}}
}

func testRows(t testing.TB) []Row {
	area, err := where.AreaRegion("UA-63")
	if err != nil {
		t.Fatal(err)
	}
	row := func(place where.Region, cells ...string) Row {
		return Row{Cells: cells, Place: place, Span: SpanOf(cells[1], cells[2])}
	}
	return []Row{
		row(where.Disc(where.Point{Lat: 51.5, Lon: 35.2}, 6000), "A", "2025-03-20T20:20:00Z", "2025-03-20T23:30:00Z", "51.5", "35.2", "6000", "", "RUS|UKR", "attack.strike.artillery|attack.strike.drone", "reported", "=mission", "shells fell", "4"),
		row(where.Disc(where.Point{Lat: 50, Lon: 36.2}, 0), "B", "2025-03-21T01:00:00Z", "2025-03-21T01:00:00.001Z", "50", "36.2", "0", "", "UKR", "movement.withdraw", "verified", "", "", "5"),
		row(area, "C", "2025-03-21T00:00:00Z", "2025-03-22T00:00:00Z", "", "", "", "area:UA-63", "RUS", "attack.strike.missile", "claimed", "one side", "", "6"),
		row(where.Sector(where.Point{Lat: 48, Lon: 37}, 80, 10, 1000, 4000), "D", "", "", "", "", "", "", "", "", "", "", "", ""),
		row(where.Unknown(), "E", "", "", "", "", "", "", "", "accident", "determined", "", "\u202egnirts", "7"),
	}
}

func written(t testing.TB, format string, h *Head, rows []Row) []byte {
	t.Helper()
	f, err := Named(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, h, rows); err != nil {
		t.Fatal(format, err)
	}
	return b.Bytes()
}

// TestEach: every format takes the same rows, none and many, and writes the same bytes
// each time.
func TestEach(t *testing.T) {
	for _, f := range All() {
		for n := range []int{0, 1, 5} {
			rows := testRows(t)[:n]
			a, b := written(t, f.Name, testHead(), rows), written(t, f.Name, testHead(), rows)
			if !bytes.Equal(a, b) {
				t.Errorf("%s: the same rows gave other bytes", f.Name)
			}
		}
		if g := OfFile("x/y." + f.Ending); g == nil || g.Name != f.Name {
			t.Errorf("the ending %s is taken for another format", f.Ending)
		}
		if g := OfFile("Y." + strings.ToUpper(f.Name)); g == nil || g.Name != f.Name {
			t.Errorf("the ending %s is taken for another format", f.Name)
		}
	}
	if _, err := Named("docx"); err == nil || !strings.Contains(err.Error(), "parquet") {
		t.Error("a format that there is none of: ", err)
	}
}

// TestParquet reads a file back: names, types and values of columns, the geometry and
// its box, and what GeoParquet 1.1 wants to be said.
func TestParquet(t *testing.T) {
	rows := testRows(t)
	b := written(t, "parquet", testHead(), rows)
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range f.Schema().Fields() {
		names = append(names, c.Name())
	}
	if want := append(slices.Clone(testColumns), "geometry", "bbox"); !slices.Equal(names, want) {
		t.Errorf("columns %v, want %v", names, want)
	}
	var geo struct {
		Version string
		Primary string `json:"primary_column"`
		Columns map[string]struct {
			Encoding string
			Types    []string `json:"geometry_types"`
			Bbox     []float64
			Covering struct{ Bbox map[string][]string }
		}
	}
	text, _ := f.Lookup("geo")
	if err := json.Unmarshal([]byte(text), &geo); err != nil {
		t.Fatal(err)
	}
	g := geo.Columns["geometry"]
	if geo.Version != "1.1.0" || geo.Primary != "geometry" || g.Encoding != "WKB" || !slices.Equal(g.Types, []string{"MultiPolygon", "Point", "Polygon"}) && !slices.Equal(g.Types, []string{"MultiPolygon", "Point"}) || len(g.Bbox) != 4 || !slices.Equal(g.Covering.Bbox["ymax"], []string{"bbox", "ymax"}) {
		t.Errorf("geo: %s", text)
	}
	type read struct {
		ID    string   `parquet:"id"`
		Start *int64   `parquet:"time_start,optional,timestamp(millisecond)"`
		Lat   *float64 `parquet:"lat,optional"`
		Since *int64   `parquet:"since,optional"`
		Actor *string  `parquet:"actor,optional"`
		WKB   []byte   `parquet:"geometry,optional"`
		Box   *struct {
			XMin float64 `parquet:"xmin"`
			YMin float64 `parquet:"ymin"`
			XMax float64 `parquet:"xmax"`
			YMax float64 `parquet:"ymax"`
		} `parquet:"bbox,optional"`
	}
	got, err := parquet.Read[read](bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got {
		r := &rows[i]
		if x.ID != r.Cells[0] || (x.Start != nil) != (r.Cells[1] != "") || x.Start != nil && when.Instant(*x.Start) != r.Span.Start || (x.Lat == nil) != (r.Cells[3] == "") {
			t.Errorf("row %s came back as %+v", r.Cells[0], x)
		}
		if (x.WKB == nil) != r.Place.IsUnknown() || (x.Box == nil) != r.Place.IsUnknown() {
			t.Fatalf("row %s: geometry %v, box %v", x.ID, x.WKB, x.Box)
		}
		if x.WKB == nil {
			continue
		}
		shape, err := geom.UnmarshalWKB(x.WKB)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := r.Place.Centre()
		lo, hi, _ := shape.Envelope().MinMaxXYs()
		if x.Box.XMin != lo.X || x.Box.YMax != hi.Y || c.Lon < lo.X || c.Lon > hi.X || c.Lat < lo.Y || c.Lat > hi.Y {
			t.Errorf("row %s: the box %+v is not that of its place", x.ID, x.Box)
		}
	}
}

// TestParquetMany: rows over several row groups come back in their order, whatever
// stands in them.
func TestParquetMany(t *testing.T) {
	defer func(n int64) { parquetRows = n }(parquetRows)
	parquetRows = 40
	rapid.Check(t, func(t *rapid.T) {
		h := &Head{Name: "x", Columns: []string{"id", "lat", "since", "text"}}
		var rows []Row
		for i := range rapid.IntRange(0, 130).Draw(t, "rows") {
			lat := strconv.FormatFloat(rapid.Float64Range(-89, 89).Draw(t, "lat"), 'f', -1, 64)
			place := where.Unknown()
			if rapid.Bool().Draw(t, "placed") {
				v, _ := strconv.ParseFloat(lat, 64)
				place = where.Disc(where.Point{Lat: v, Lon: float64(i%300) - 150}, where.Metres(i%7)*1000)
			}
			rows = append(rows, Row{Cells: []string{strconv.Itoa(i), lat, strconv.Itoa(i * i), rapid.StringN(0, 5, -1).Draw(t, "text")}, Place: place})
		}
		f, _ := Named("parquet")
		var b bytes.Buffer
		if err := f.Write(&b, h, rows); err != nil {
			t.Fatal(err)
		}
		type read struct {
			ID    string   `parquet:"id"`
			Lat   *float64 `parquet:"lat,optional"`
			Since *int64   `parquet:"since,optional"`
			Text  *string  `parquet:"text,optional"`
			WKB   []byte   `parquet:"geometry,optional"`
		}
		got, err := parquet.Read[read](bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || len(got) != len(rows) {
			t.Fatal(err, len(got), len(rows))
		}
		file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || len(file.RowGroups()) < len(rows)/40 {
			t.Fatal(err, len(file.RowGroups()), len(rows))
		}
		for i, x := range got {
			c := rows[i].Cells
			text := ""
			if x.Text != nil {
				text = *x.Text
			}
			if x.ID != c[0] || strconv.FormatFloat(*x.Lat, 'f', -1, 64) != c[1] || *x.Since != int64(i*i) || text != c[3] || (x.WKB == nil) != rows[i].Place.IsUnknown() {
				t.Fatalf("row %d: %q came back as %+v", i, c, x)
			}
		}
	})
}

// TestParquetRefuses: a cell that is no number is named with its column.
func TestParquetRefuses(t *testing.T) {
	f, _ := Named("parquet")
	err := f.Write(io.Discard, &Head{Name: "x", Columns: []string{"lat"}}, []Row{{Cells: []string{"north"}}})
	if err == nil || !strings.Contains(err.Error(), "column lat") {
		t.Error(err)
	}
}

// TestPLOVER: claims are never the act; of several actors none is taken; nobody is made
// a recipient; what is no event says so.
func TestPLOVER(t *testing.T) {
	var got []ploverEvent
	for line := range bytes.Lines(written(t, "plover", testHead(), testRows(t))) {
		var e ploverEvent
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	a, b, c, d, e := got[0], got[1], got[2], got[3], got[4]
	if a.Event != "ASSAULT" || a.Mode != "" || len(a.Actor) != 0 || a.Comment != "the actor may be RUS or UKR" || a.Date != "2025-03-20" || a.Location.Precision != 6000 {
		t.Errorf("%+v", a)
	}
	if b.Event != "RETREAT" || b.Mode != "withdraw" || b.Quad != 2 || b.Actor[0].Code != "UKR" {
		t.Errorf("%+v", b)
	}
	if c.Event != "ACCUSE" || len(c.Actor) != 0 || c.Recipient[0].Code != "RUS" || !slices.Contains(c.Context, "claimed") {
		t.Errorf("%+v", c)
	}
	if d.HasEvent || e.HasEvent || d.Event != "" {
		t.Errorf("%+v, %+v", d, e)
	}
	for _, x := range []ploverEvent{a, b, d, e} {
		if len(x.Recipient) > 0 {
			t.Errorf("%s has a recipient", x.ID)
		}
	}
	h := &Head{Name: "entries", Columns: []string{"id", "kind", "made", "payload"}}
	rows := []Row{{Cells: []string{"1", "position@1", "2025-03-18T10:00:00Z", `{"holder":"RUS","stance":"accepts-if","condition":"no rearming","quotation":"we agree, but"}`}}, {Cells: []string{"2", "meeting@1", "2025-03-18T10:00:00Z", `{"parties":["USA","RUS"],"state":"planned"}`}}, {Cells: []string{"3", "claim@1", "2025-03-18T10:00:00Z", `{"by":"UKR","says":"they fired","facts":{"actor":"RUS"}}`}}, {Cells: []string{"4", "key@1", "", ""}}}
	want := []string{`"event":"AGREE","mode":"","context":["conditional"],"quad_code":1`, `"has_event":false`, `"recipient":[{"code":"RUS"}],"event":"ACCUSE"`, `"has_event":false`}
	for i, line := range strings.Split(strings.TrimSpace(string(written(t, "plover", h, rows))), "\n") {
		if !strings.Contains(line, want[i]) {
			t.Errorf("%s\nwant %s", line, want[i])
		}
	}
}

// TestAlertsAndMaps: the XML is well formed, everything on a map of units is neutral,
// and what no format may say is in none of them.
func TestAlertsAndMaps(t *testing.T) {
	for name, parts := range map[string]string{"kml": "Placemark", "cap": "info", "cot": "event"} {
		b := written(t, name, testHead(), testRows(t))
		n, d := 0, xml.NewDecoder(bytes.NewReader(b))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(name, err)
			}
			if s, ok := tok.(xml.StartElement); ok && s.Name.Local == parts {
				n++
				for _, a := range s.Attr {
					if a.Name.Local == "type" && a.Value != "a-n-G" {
						t.Errorf("type %s", a.Value)
					}
				}
			}
		}
		if want := map[string]int{"kml": 5, "cap": 5, "cot": 3}[name]; n != want { // one has no time, one no place
			t.Errorf("%s: %d elements, want %d", name, n, want)
		}
	}
	if b := written(t, "cap", testHead(), testRows(t)); bytes.Contains(b, []byte("RUS")) || !bytes.Contains(b, []byte("<sent>2025-04-02T16:30:00+00:00</sent>")) || bytes.Contains(b, []byte("Immediate")) {
		t.Error("CAP names an actor, or warns, or was sent at another time")
	}
}

// TestHXLTags: each column that truce has has a tag by the form of the standard.
func TestHXLTags(t *testing.T) {
	form := regexp.MustCompile(`^#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*$`)
	for name, c := range known {
		if !form.MatchString(c.tag) {
			t.Errorf("%s has the tag %q", name, c.tag)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(written(t, "hxl", testHead(), testRows(t)))).ReadAll()
	if err != nil || len(rows) != 7 || rows[1][3] != "#geo+lat" || rows[2][10] != "'=mission" {
		t.Errorf("%v %v", err, rows[:3])
	}
	if math.Abs(float64(len(rows[1])-len(testColumns))) > 0 {
		t.Error("a column without a tag")
	}
}

// TestHTML: a page has every row once and every cell as text, whatever is written in it.
func TestHTML(t *testing.T) {
	h := testHead()
	h.Title = "<b>Findings</b>"
	rows := testRows(t)
	rows[0].Cells[len(rows[0].Cells)-2] = `</td><script>alert(1)</script>&amp;`
	page := string(written(t, "html", h, rows))
	z := html.NewTokenizer(strings.NewReader(page))
	count := map[string]int{}
	var cells []string
	for z.Next() != html.ErrorToken {
		switch k := z.Token(); k.Type {
		case html.StartTagToken:
			count[k.Data]++
			if k.Data == "td" {
				cells = append(cells, "")
			}
		case html.TextToken:
			if n := len(cells) - 1; n >= 0 {
				cells[n] += strings.TrimSpace(k.Data)
			}
		}
	}
	if count["script"] != 0 || count["td"] != len(rows)*len(h.Columns) || count["tr"] != len(rows)+1 {
		t.Fatalf("%v in the page", count)
	}
	if got, want := cells[len(h.Columns)-2], rows[0].Cells[len(h.Columns)-2]; got != want {
		t.Errorf("cell %q, want %q", got, want)
	}
}
