package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

func testFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// wantAll checks that no row is missing from the counts. Rows of one incident
// with several scenarios are not in these files.
func wantAll(t *testing.T, sum Summary, rows, incidents, reports, rejected, duplicates int) {
	t.Helper()
	wantCounts(t, sum, rows, incidents, rejected, sum.Unmapped, duplicates)
	if sum.Reports != reports {
		t.Errorf("%d reports, want %d", sum.Reports, reports)
	}
	if incidents+reports+rejected+duplicates != rows {
		t.Errorf("%v do not add up", sum)
	}
}

func TestDocumentsAreGuessedFromContent(t *testing.T) {
	for file, want := range map[string]string{
		"bellingcat.json": "bellingcat", "bellingcat_api.json": "bellingcat", "cot.xml": "cot", "cap.xml": "cap", "cap_edxl.xml": "cap", "cap_atom.xml": "cap",
		"places.kml": "kml", "kobo.json": "kobo", "kobo.csv": "kobo",
	} {
		text := testFile(t, file)
		for _, packed := range []string{text, "\ufeff" + text, string(gzipped(t, text)), string(zipped(t, file, text))} {
			_, sum, err := read(t, packed, Options{})
			if err != nil || sum.As != want || sum.Rows == 0 {
				t.Errorf("%s: %v %v", file, sum, err)
			}
			_, again, err := read(t, packed, Options{As: want})
			if err != nil || again.Rows != sum.Rows || again.Incidents != sum.Incidents {
				t.Errorf("%s: read as named: %v %v", file, again, err)
			}
		}
		for _, other := range []string{"cot", "cap", "kml", "gpkg", "geojson", "claims"} {
			if _, sum, err := read(t, text, Options{As: other}); other != want && (sum.Incidents > 0 || err == nil && other != "geojson") {
				t.Errorf("%s was read as %s: %v", file, other, sum)
			}
		}
		for _, cut := range []int{1, len(text) / 3, len(text) / 2, len(text) - 2} {
			_, _, err := read(t, text[:cut], Options{})
			if err == nil && want != "cot" && file != "kobo.csv" {
				t.Errorf("%s cut at %d: no error", file, cut)
			}
		}
	}
}

func TestKmz(t *testing.T) {
	list, sum, err := read(t, string(zipped(t, "doc.kml", testFile(t, "places.kml"), "files/icon.png", "\x89PNG")), Options{})
	if err != nil || len(list) != 2 || sum.As != "kml" {
		t.Errorf("%v %v", sum, err)
	}
	wantText(t, "pictures", strings.Join(sum.Columns, " "), "file files/icon.png")
}

func TestFormatsRefusedByName(t *testing.T) {
	dbf := make([]byte, 65)
	dbf[0], dbf[1], dbf[2], dbf[3], dbf[8], dbf[64] = 3, 124, 11, 24, 65, 0x0d
	shp := "\x00\x00\x27\x0a" + strings.Repeat("\x00", 96)
	for _, c := range []struct{ name, text, want string }{
		{"shp", shp, "this is a shapefile"}, {"dbf", string(dbf), "of a shapefile"},
		{"zipped shp", string(zipped(t, "a.shp", shp, "a.dbf", string(dbf), "a.prj", "GEOGCS", "a.shp.xml", "<x/>")), "this is a shapefile: export it as GeoJSON or GeoPackage"},
		{"parquet", "PAR1....", "Parquet"}, {"xlsx", string(zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<w/>")), "Excel workbook (XLSX): save the sheet as CSV"},
		{"docx", string(zipped(t, "word/document.xml", "<w/>")), "Word"}, {"pdf", "%PDF-1.7\n", "PDF"}, {"gif", "GIF89a....", "image"}, {"png", "\x89PNG\r\n", "image"},
		{"html", "<!DOCTYPE html>\n<html><body>404</body></html>", "web page"}, {"xhtml", "<?xml version=\"1.0\"?><!-- x --><html/>", "web page"}, {"svg", "<svg/>", "image"},
		{"quakeml", "<?xml version='1.0'?>\n<q:quakeml xmlns:q='x'/>", "QuakeML"}, {"gpx", "<gpx/>", "<gpx>"}, {"xml", "<?xml version='1.0'?>", "understood are"},
		{"atom without alerts", "<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>", "no CAP alert"},
		{"associations", `[{"filter_paths":["Weapon System","Unknown"],"id":"asc14"}]`, "list of associations"}, {"sources", `{"src1":{"paths":["x"],"id":"src1"}}`, "list of sources"},
		{"an SQLite database", "SQLite format 3\x00", "SQLite"},
	} {
		list, _, err := read(t, c.text, Options{})
		if err == nil || len(list) > 0 {
			t.Errorf("%s was read", c.name)
			continue
		}
		wantText(t, c.name, err.Error(), c.want)
	}
	list, sum, err := read(t, string(zipped(t, "a.shp", shp, "a.dbf", string(dbf), "one.csv", small)), Options{})
	if err != nil || len(list) != 3 {
		t.Errorf("a table beside a shapefile: %v %v", sum, err)
	}
	wantText(t, "beside", problems(sum), "test.csv/a.shp: this is a shapefile")
}

func TestHostileMarkup(t *testing.T) {
	event := func(inside string) string {
		return `<event uid="1" type="b-r" time="2031-03-26T10:00:00Z"><point lat="49" lon="36" ce="1"/><detail><remarks>x</remarks>` + inside + `</detail></event>`
	}
	good := strings.Replace(event(""), `uid="1"`, `uid="2"`, 1)
	deep := strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100)
	for _, c := range []struct {
		name, text          string
		incidents, rejected int
		want                string
	}{
		{"entities of its own", `<!DOCTYPE event [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + event("&b;"), 0, 0, "entities of its own"},
		{"an entity that is not defined", event("&b;") + good, 1, 1, "invalid character entity"},
		{"a file outside", `<!DOCTYPE event SYSTEM "file:///etc/passwd">` + good, 1, 0, ""},
		{"deep", event(deep) + good, 1, 1, "nested deeper than 64"},
		{"bottomless", event(strings.Repeat("<a>", 5000)), 0, 1, "nested deeper than 1000"},
		{"many elements", event(strings.Repeat("<a/>", maxNodes+1)) + good, 1, 1, "more than 100000 elements"},
		{"one long text", event(strings.Repeat("x", maxElement+1)) + good, 0, 0, "a single text, tag or comment is larger than 8 MB"},
		{"one long comment", good + "<!--" + strings.Repeat("x", maxElement+1) + "-->" + good, 1, 0, "larger than 8 MB"},
		{"Windows-1251", `<?xml version="1.0" encoding="windows-1251"?>` + good, 0, 0, "convert to UTF-8"},
		{"bytes of another encoding", event("\xcf\xf0") + good, 1, 1, "UTF-8"},
		{"a cut tag", `<event uid="1" type="b-r" time="2031-` + good, 1, 1, "not sound XML"},
		{"a list", "<events>" + event("&b;") + good + "</events>", 1, 1, "invalid character entity"},
		{"words between", good + "hello <x>y</x>" + event(""), 2, 0, ""},
	} {
		list, sum, err := read(t, c.text, Options{As: "cot"})
		if len(list) != c.incidents || c.rejected >= 0 && sum.Rejected != c.rejected {
			t.Errorf("%s: %v %v\n%s", c.name, sum, err, problems(sum))
		}
		wantText(t, c.name, fmt.Sprint(err, problems(sum)), c.want)
	}
	for _, as := range []string{"cap", "kml"} {
		for _, text := range []string{`<!DOCTYPE x [<!ENTITY a "aaaa">]><` + as + `/>`, "<" + as + ">" + strings.Repeat("<a>", 5000), "<kml><Placemark></kml>", "<alert><info></alert>"} {
			if list, _, err := read(t, strings.Replace(text, "cap", "alert", 1), Options{}); err == nil || len(list) > 0 {
				t.Errorf("%s: %.80s was read", as, text)
			}
		}
	}
}

func TestHostileJSON(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	event := func(id, more string) string {
		return `{"id":"` + id + `","date":"3/26/2031","latitude":"49","longitude":"36","description":"x","associations":[]` + more + `}`
	}
	for _, c := range []struct {
		name, text          string
		incidents, rejected int
		want                string
	}{
		{"deep", "[" + event("1", `,"x":`+deep) + "," + event("2", "") + "]", 1, 1, "nested deeper than 64"},
		{"large", "[" + event("1", `,"x":"`+strings.Repeat("x", maxRow)+`"`) + "," + event("2", "") + "]", 1, 1, "larger than"},
		{"not an object", "[1," + event("2", "") + ",null]", 1, 2, "not an event"},
		{"not UTF-8", "[" + event("\xff", "") + "," + event("2", "") + "]", 1, 1, "not UTF-8"},
		{"cut", "[" + event("1", "") + "," + event("2", "")[:20], 1, 0, "breaks off"},
		{"more after it", "[" + event("1", "") + "]]", 1, 0, "after the end"},
		{"a missing comma", "[" + event("1", "") + event("2", "") + "]", 0, 1, "not JSON"},
	} {
		list, sum, err := read(t, c.text, Options{As: "bellingcat"})
		if len(list) != c.incidents || sum.Rejected != c.rejected {
			t.Errorf("%s: %v %v\n%s", c.name, sum, err, problems(sum))
		}
		wantText(t, c.name, fmt.Sprint(err, problems(sum)), c.want)
	}
	if _, sum, err := read(t, "[]", Options{As: "bellingcat"}); err != nil || !strings.Contains(problems(sum), "no rows") {
		t.Errorf("no events: %v %v", sum, err)
	}
	if _, sum, err := read(t, `{"count":0,"next":null,"previous":null,"results":[]}`, Options{}); err != nil || sum.As != "kobo" || !strings.Contains(problems(sum), "no rows") {
		t.Errorf("no submissions: %v %v", sum, err)
	}
}

// TestHeldDocumentsHaveALimit: what must be held is not held without bound.
func TestHeldDocumentsHaveALimit(t *testing.T) {
	r, w := io.Pipe()
	go func() {
		defer w.Close()
		io.WriteString(w, `{"results":[`)
		for i := range 200 {
			if _, err := fmt.Fprintf(w, `{"_uuid":"%d","_submission_time":"2031-01-01T00:00:00","act":"jam","x":"%s"},`, i, strings.Repeat("x", maxRow/2)); err != nil {
				return
			}
		}
	}()
	_, err := Read("pipe", r, Options{As: "kobo"}, func(*evidence.Incident) error { return nil })
	r.Close()
	if err == nil || !strings.Contains(err.Error(), "64 MB") {
		t.Errorf("%v", err)
	}
}

func TestYieldErrorsOfDocumentsStop(t *testing.T) {
	stop := errors.New("stop")
	for _, file := range []string{"bellingcat.json", "cot.xml", "places.kml", "kobo.json"} {
		_, err := Read(file, strings.NewReader(testFile(t, file)), Options{}, func(*evidence.Incident) error { return stop })
		if err != stop {
			t.Errorf("%s: %v", file, err)
		}
		var p Problem
		if _, err := Read(file, strings.NewReader(testFile(t, file)), Options{Strict: true}, func(*evidence.Incident) error { return nil }); !errors.As(err, &p) {
			t.Errorf("%s: strict: %v", file, err)
		}
	}
}

func TestDocumentsInOneArchive(t *testing.T) {
	data := zipped(t, "a.json", testFile(t, "bellingcat.json"), "b.kml", testFile(t, "places.kml"), "c.xml", testFile(t, "cot.xml"), "d.csv", small)
	n := 0
	sum, err := Read("all.zip", bytes.NewReader(data), Options{}, func(*evidence.Incident) error { n++; return nil })
	if err != nil || sum.As != "bellingcat+kml+cot+truce" || n != sum.Incidents {
		t.Errorf("%v %v", sum, err)
	}
}
