package feeds

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	le "encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// The names of these tests hold the number of the fault that they inject: F25
// bombs in tables, F26 in archives, F27 in JSON. docs/hostile.md lists the
// limits.

// endless yields pieces one after another without holding them.
type endless struct {
	pieces []piece
	rest   string
}

// piece is a text that is repeated.
type piece struct {
	text  string
	times int
}

// Read reads on.
func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if e.rest == "" {
			for len(e.pieces) > 0 && e.pieces[0].times == 0 {
				e.pieces = e.pieces[1:]
			}
			if len(e.pieces) == 0 {
				break
			}
			e.pieces[0].times--
			e.rest = e.pieces[0].text
		}
		k := copy(p[n:], e.rest)
		e.rest, n = e.rest[k:], n+k
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

const memoryBound = 256 << 20

// inMemory runs f and fails if more memory was in use meanwhile than the bound.
func inMemory(t *testing.T, name string, f func(look func())) {
	t.Helper()
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := before.Sys
	limit := debug.SetMemoryLimit(int64(before.Sys) + memoryBound) // the collector must not be what is slow
	defer debug.SetMemoryLimit(limit)
	look := func() {
		runtime.ReadMemStats(&now)
		peak = max(peak, now.Sys)
	}
	f(look)
	look()
	if grown := peak - before.Sys; grown > memoryBound {
		t.Errorf("%s: memory grew by %d MB", name, grown>>20)
	}
}

// watched looks at the memory now and then while it is read.
type watched struct {
	r    io.Reader
	look func()
	n    int
}

// Read reads.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if w.n += n; w.n > 64<<20 {
		w.n = 0
		w.look()
	}
	return n, err
}

func TestF25CSVBombs(t *testing.T) {
	const head = "id,act,text\n1,jam,one\n"
	const tail = "9,jam,nine\n"
	mb := strings.Repeat("x", 1<<20)
	const giga = 300 // MB of the longest line; BenchmarkF25 reads ten GB
	for name, c := range map[string]struct {
		pieces              []piece
		incidents, rejected int // rejected -1: some
		problem             string
	}{
		"a line of 300 MB":             {[]piece{{head + "2,jam,", 1}, {mb, giga}, {"\n" + tail, 1}}, 2, 1, "test.csv:3: the row is larger than 1048576 bytes"},
		"such a line in quotes":        {[]piece{{head + "2,jam,\"", 1}, {mb, 64}, {"\"\n" + tail, 1}}, 2, 1, "test.csv:3: the row is larger than 1048576 bytes"},
		"a quoted text of many lines":  {[]piece{{head + "2,jam,\"", 1}, {strings.Repeat("y", 999) + "\n", 100_000}, {"\"\n" + tail, 1}}, -1, -1, "the quote that opens in line 3 is not closed"},
		"a million columns":            {[]piece{{head + "2", 1}, {",x", 1_000_000}, {"\n" + tail, 1}}, 2, 1, "test.csv:3: the row is larger than 1048576 bytes"},
		"a hundred thousand columns":   {[]piece{{head + "2", 1}, {",x", 100_000}, {"\n" + tail, 1}}, 2, 1, "test.csv:3: 100001 columns: expected at most 1000"},
		"an unclosed quote":            {[]piece{{head + "2,jam,\"two\n", 1}, {"3,jam,three\n", 1}, {tail, 1}}, 3, 1, "test.csv:3: column 3: the quote that opens in line 3"},
		"a quote a line":               {[]piece{{head, 1}, {"\"\n", 20_000}, {tail, 1}}, -1, -1, "test.csv:3: "},
		"NUL":                          {[]piece{{head + "2,jam,t\x00wo\n" + tail, 1}}, 2, 1, "test.csv:3: column 3: byte 8 of the row is NUL"},
		"lone CR":                      {[]piece{{strings.ReplaceAll(head+"2,jam,two\n"+tail, "\n", "\r"), 1}}, 3, 0, ""},
		"latin-1":                      {[]piece{{head + "2,jam,caf\xe9\n" + tail, 1}}, 2, 1, "test.csv:3: column 3: byte 10 of the row (0xe9) is not UTF-8"},
		"BOM":                          {[]piece{{"\ufeff" + head + tail, 1}}, 2, 0, ""},
		"a column of a megabyte":       {[]piece{{head + "2,jam,", 1}, {mb[:1<<20-10], 1}, {"\n" + tail, 1}}, 3, 0, ""},
		"a million empty lines":        {[]piece{{head, 1}, {"\n", 1_000_000}, {tail, 1}}, 2, 0, ""},
		"a million rows, all rejected": {[]piece{{head, 1}, {"2\n", 1_000_000}, {tail, 1}}, 2, 1_000_000, "test.csv:3: 1 columns where the header has 3"},
	} {
		inMemory(t, name, func(look func()) {
			n := 0
			sum, err := Read("dir/test.csv", &watched{r: &endless{pieces: c.pieces}, look: look}, Options{}, func(*evidence.Incident) error { n++; return nil })
			if err != nil || c.incidents >= 0 && n != c.incidents || c.rejected >= 0 && sum.Rejected != c.rejected || c.rejected < 0 && sum.Rejected == 0 {
				t.Errorf("%s: %v, %v", name, err, sum)
			}
			wantText(t, name, problems(sum), c.problem)
			if c.incidents < 0 && n < 2 {
				t.Errorf("%s: only %d incidents: the rest is lost", name, n)
			}
			if len(problems(sum)) > 1<<20 {
				t.Errorf("%s: %d bytes of messages", name, len(problems(sum)))
			}
		})
	}
	for name, c := range map[string]struct {
		pieces []piece
		want   string
	}{
		"a header of 300 MB":            {[]piece{{mb, giga}}, "the header in line 1 cannot be read: the row is larger than"},
		"a header of a million columns": {[]piece{{"id,act", 1}, {",x", 400_000}, {"\n1,jam\n", 1}}, "expected at most 1000"},
		"UTF-16":                        {[]piece{{"\xff\xfei\x00d\x00,\x00a\x00c\x00t\x00\n\x00", 1}}, "UTF-16"},
		"nothing but NUL":               {[]piece{{strings.Repeat("\x00", 1<<20), giga}}, "binary"},
		"nothing but quotes":            {[]piece{{strings.Repeat("\"", 1<<20), 16}}, "cannot be read"},
	} {
		inMemory(t, name, func(look func()) {
			_, err := Read("dir/test.csv", &watched{r: &endless{pieces: c.pieces}, look: look}, Options{}, func(*evidence.Incident) error { return nil })
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "dir/test.csv") || len(err.Error()) > 5000 {
				t.Errorf("%s: %.300v, want %q", name, err, c.want)
			}
		})
	}
}

// BenchmarkF25 reads a line of ten gigabytes.
func BenchmarkF25(b *testing.B) {
	for b.Loop() {
		sum, err := Read("test.csv", &endless{pieces: []piece{{"id,act,text\n1,jam,one\n2,jam,", 1}, {strings.Repeat("x", 1<<20), 10 << 10}, {"\n3,jam,three\n", 1}}}, Options{}, func(*evidence.Incident) error { return nil })
		if err != nil || sum.Incidents != 2 || sum.Rejected != 1 {
			b.Fatal(sum, err)
		}
	}
	b.SetBytes(10 << 30)
}

// overlapping is a zip archive whose many entries all point to one member.
func overlapping(t *testing.T, entries int, text string) []byte {
	t.Helper()
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	one, err := w.Create("0.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(one, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := z.Bytes()
	at := bytes.Index(data, []byte("PK\x01\x02"))
	end := bytes.Index(data, []byte("PK\x05\x06"))
	entry, tail := data[at:end], bytes.Clone(data[end:])
	out := bytes.Clone(data[:at])
	for i := range entries {
		e := bytes.Clone(entry)
		copy(e[46:], fmt.Sprint(i%10)) // another name
		out = append(out, e...)
	}
	le.LittleEndian.PutUint16(tail[8:], uint16(entries))
	le.LittleEndian.PutUint16(tail[10:], uint16(entries))
	le.LittleEndian.PutUint32(tail[12:], uint32(entries*len(entry)))
	return append(out, tail...)
}

// lying is a zip archive whose directory understates the size of a member.
func lying(t *testing.T, text string) []byte {
	data := zipped(t, "one.csv", text)
	at := bytes.Index(data, []byte("PK\x01\x02"))
	le.LittleEndian.PutUint32(data[at+24:], 10)
	le.LittleEndian.PutUint32(data[at+16:], crc32.ChecksumIEEE([]byte(text)[:10]))
	return data
}

func TestF26ArchiveBombs(t *testing.T) {
	bomb := "id,act,text\n" + strings.Repeat("1,jam,"+strings.Repeat(" ", 1000)+"\n", 60_000)
	gz := gzipped(t, bomb)
	nested := gz
	for range 5 {
		nested = gzipped(t, string(nested))
	}
	var names []string
	for i := range maxMembers + 1 {
		names = append(names, fmt.Sprint(i, ".csv"), "")
	}
	symlink := func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: "link.csv"}
		h.SetMode(os.ModeSymlink | 0o777)
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "/etc/passwd"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}()
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	if err := os.Mkdir("tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data      []byte
		incidents int
		want      string // in the error or the problems
		fails     bool
	}{
		"gzip bomb":          {gz, -1, "more than 100 times its packed size", true},
		"nested gzip":        {nested, 0, "gzip inside", true},
		"zip bomb":           {zipped(t, "one.csv", bomb), -1, "more than 100 times its packed size", true},
		"zip of zips":        {zipped(t, "a.zip", string(zipped(t, "b.zip", string(zipped(t, "c.csv", small)))), "ok.csv", small), 3, "zip inside", false},
		"overlapping":        {overlapping(t, 2000, bomb[:40_000]), -1, "point to the same bytes", true},
		"too many members":   {zipped(t, names...), 0, "expected at most 10000", true},
		"a size that lies":   {lying(t, small), -1, "", true},
		"traversal":          {zipped(t, "../../evil.csv", small), 3, "", false},
		"absolute":           {zipped(t, "/tmp/evil-truce.csv", small), 3, "", false},
		"a drive":            {zipped(t, `C:\evil.csv`, small), 3, "", false},
		"backslashes":        {zipped(t, `..\..\evil.csv`, small), 3, "", false},
		"a device":           {zipped(t, "CON.csv", small, "/dev/full", small), 3, "", false},
		"a symbolic link":    {symlink, 0, "a link or a device", true},
		"office, by a name":  {zipped(t, "xl/workbook.xml", "<x/>"), 0, "Excel workbook (XLSX)", true},
		"KMZ of a bomb":      {zipped(t, "doc.kml", "<kml><Document>"+strings.Repeat("<Placemark></Placemark>", 500_000)+"</Document></kml>"), -1, "more than 100 times", true},
		"a shapefile":        {zipped(t, "a.shp", "\x00\x00\x27\x0a", "a.dbf", "x"), 0, "this is a shapefile", true},
		"a control sequence": {zipped(t, "a\x1b[31m\n.csv", "x"), 0, "", true},
	} {
		inMemory(t, name, func(look func()) {
			n := 0
			sum, err := Read("dir/test.packed", &watched{r: bytes.NewReader(c.data), look: look}, Options{}, func(*evidence.Incident) error { n++; return nil })
			text := problems(sum)
			if err != nil {
				text += "\n" + err.Error()
			}
			if (err != nil) != c.fails || c.incidents >= 0 && n != c.incidents || !strings.Contains(text, c.want) {
				t.Errorf("%s: %d incidents, %v, %v\nwant %q", name, n, sum, err, c.want)
			}
			wantPlain(t, name, text)
		})
	}
	// Nothing was written beside the archive, and what was spooled is gone.
	for _, at := range []string{".", "tmp"} {
		left, err := os.ReadDir(at)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range left {
			if f.Name() != "tmp" {
				t.Errorf("left behind: %s", filepath.Join(at, f.Name()))
			}
		}
	}
	if _, err := os.Stat("/tmp/evil-truce.csv"); err == nil {
		t.Error("a file was written outside")
	}
}

// wantPlain refuses messages with the words of a library, and control bytes.
func wantPlain(t *testing.T, name, text string) {
	t.Helper()
	for _, word := range []string{" json:", "Go value", "Go struct", "strconv", "invalid character '", "unexpected end of JSON", "unexpected EOF", "flate:", "gzip: gzip:", "zip: zip:", "xml:", "sql:", "malformed (", "yaml:", "runtime error", "%!"} {
		if strings.Contains(text, word) {
			t.Errorf("%s: %q in %.600s", name, word, text)
		}
	}
	if i := strings.IndexAny(text, "\x00\x1b\r\x07\x08"); i >= 0 {
		t.Errorf("%s: control byte %q in a message: %.300q", name, text[i], text)
	}
}

func TestF27JSONBombs(t *testing.T) {
	one := `{"type":"Feature","properties":{"id":"%","act":"jam"},"geometry":{"type":"Point","coordinates":[36.1,50.1]}}`
	f := func(id string) string { return strings.Replace(one, "%", id, 1) }
	open := `{"type":"FeatureCollection","features":[` + f("1") + ","
	const end = `]}`
	geo := func(g string) string {
		return `{"type":"Feature","properties":{"id":"x","act":"jam"},"geometry":` + g + `}`
	}
	for name, c := range map[string]struct {
		pieces    []piece
		incidents int
		problem   string
		err       string
	}{
		"depth in a feature":           {[]piece{{open, 1}, {`{"type":"Feature","properties":{"x":`, 1}, {"[", 1_000_000}, {"]", 1_000_000}, {"}},", 1}, {f("2") + end, 1}}, 2, "64 levels", ""},
		"depth without an end":         {[]piece{{open, 1}, {"[", 4_000_000}}, 1, "", "cut short"},
		"depth at the top":             {[]piece{{`{"features":[],"a":`, 1}, {`{"a":`, 1_000_000}}, 0, "", "cut short"},
		"coordinates":                  {[]piece{{open, 1}, {`{"type":"Feature","properties":{"act":"jam"},"geometry":{"type":"Polygon","coordinates":[[[1,1]`, 1}, {",[1,1]", 50_000_000 / 25}, {"]]}},", 1}, {f("2") + end, 1}}, 2, "larger than 1048576 bytes", ""},
		"a number of megabytes":        {[]piece{{open, 1}, {`{"type":"Feature","properties":{"act":"jam","killed":1`, 1}, {"0", 3_000_000}, {`},"geometry":null},`, 1}, {f("2") + end, 1}}, 2, "larger than 1048576 bytes", ""},
		"a key of megabytes":           {[]piece{{`{"`, 1}, {"a", 3_000_000}, {`":1,"features":[` + f("1") + end, 1}}, 0, "expected a key", ""},
		"a text that never ends":       {[]piece{{open + `{"type":"`, 1}, {strings.Repeat("a", 1<<20), 100}}, 1, "", "cut short"},
		"a key twice":                  {[]piece{{open + `{"type":"Feature","properties":{"act":"jam","act":"attack"},"geometry":null},` + f("2") + end, 1}}, 2, `the key "act" stands twice`, ""},
		"1e400":                        {[]piece{{open + geo(`{"type":"Point","coordinates":[1e400,50]}`) + "," + f("2") + end, 1}}, 2, "is not a number of degrees", ""},
		"1e400 in a polygon":           {[]piece{{open + geo(`{"type":"Polygon","coordinates":[[[1e400,50],[1,2],[3,4],[1,2]]]}`) + "," + f("2") + end, 1}}, 2, "the number 1e400 is too large", ""},
		"a huge exponent":              {[]piece{{open + geo(`{"type":"Point","coordinates":[1e999999999,50]}`) + "," + f("2") + end, 1}}, 2, "is not a number of degrees", ""},
		"killed 1e400":                 {[]piece{{open + `{"type":"Feature","properties":{"id":"k","act":"jam","killed":1e400},"geometry":null},` + f("2") + end, 1}}, 2, "column killed", ""},
		"invalid UTF-8":                {[]piece{{open + f("\xff") + "," + f("2") + end, 1}}, 2, "UTF-8", ""},
		"half a surrogate":             {[]piece{{open + f(`\ud800`) + "," + f("2") + end, 1}}, 3, "", ""},
		"text for a geometry":          {[]piece{{open + geo(`"POINT(1 2)"`) + "," + f("2") + end, 1}}, 2, "expected an object in braces, got text in quotes", ""},
		"a list for properties":        {[]piece{{open + `{"type":"Feature","properties":[1],"geometry":null},` + f("2") + end, 1}}, 2, "expected an object in braces", ""},
		"a bow tie":                    {[]piece{{open + geo(`{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}`) + "," + f("2") + end, 1}}, 2, "crosses itself, or runs back along itself, at latitude 1.000000, longitude 1.000000", ""},
		"a reference system in metres": {[]piece{{`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::14326"}},"features":[` + f("1") + end, 1}}, -1, "", "expected WGS 84"},
		"what is no number":            {[]piece{{open + geo(`{"type":"Point","coordinates":[NaN,50]}`) + "," + f("2") + end, 1}}, 2, "not JSON", ""},
	} {
		inMemory(t, name, func(look func()) {
			n := 0
			sum, err := Read("dir/test.geojson", &watched{r: &endless{pieces: c.pieces}, look: look}, Options{As: "geojson"}, func(*evidence.Incident) error { n++; return nil })
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) || c.incidents >= 0 && n != c.incidents {
				t.Errorf("%s: %d incidents, %v, %.500v", name, n, sum, err)
			}
			wantText(t, name, problems(sum), c.problem)
			wantPlain(t, name, problems(sum)+fmt.Sprint(err))
		})
	}
}

// TestF27OtherJSON: the other readers of JSON have the same limits.
func TestF27OtherJSON(t *testing.T) {
	for as, parts := range map[string][3]string{
		"bellingcat": {`[`, `{"id":"%","date":"03/26/2031","latitude":"49.8","longitude":"36.6","description":"x"}`, `]`},
		"kobo":       {`{"results":[`, `{"_uuid":"%","act":"jam","time_start":"2031-03-26T10:00Z"}`, `]}`},
	} {
		row := func(id string) string { return strings.Replace(parts[1], "%", id, 1) }
		for name, bad := range map[string]string{
			"depth": `{"a":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + `}`, "twice": `{"id":"3","_uuid":"3","act":"jam","act":"jam","date":"03/26/2031","date":"03/27/2031","latitude":"1","longitude":"2"}`,
			"UTF-8": row("\xff"), "no object": `"x"`, "a number": `1e400`,
		} {
			_, sum, err := read(t, parts[0]+row("1")+","+bad+","+row("2")+parts[2], Options{As: as})
			if err != nil || sum.Rejected != 1 || sum.Rows != 3 {
				t.Errorf("%s, %s: %v %v %s", as, name, err, sum, problems(sum))
			}
			wantPlain(t, name, problems(sum))
		}
		_, sum, err := read(t, parts[0]+row("1")+","+row("2")[:20], Options{As: as})
		if err == nil || !strings.Contains(err.Error(), "cut short") || !strings.Contains(err.Error(), "test.csv:1: ") || sum.Rows < 1 {
			t.Errorf("%s cut: %v %v", as, err, sum)
		}
	}
}

// gzipOf packs data.
func gzipOf(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzArchive reads what calls itself an archive.
func FuzzArchive(f *testing.F) {
	f.Add(gzipped(f, small))
	f.Add(zipped(f, "a/one.csv", small, "two.csv", "id,act\n7,jam\n"))
	f.Add(zipped(f, "doc.kml", "<kml><Placemark><name>x</name></Placemark></kml>", "../x.png", "x"))
	f.Add(zipped(f, "a.shp", "x", "a.dbf", "y", `..\b.geojson`, `{"type":"Feature"}`))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m := magic(data); m != "gzip" && m != "zip" {
			t.Skip()
		}
		n := 0
		sum, err := Read("fuzz", bytes.NewReader(data), Options{}, func(*evidence.Incident) error { n++; return nil })
		if n != sum.Incidents {
			t.Fatalf("%d incidents handed over, %v", n, sum)
		}
		if err != nil {
			wantPlain(t, "fuzz", err.Error())
		}
	})
}
