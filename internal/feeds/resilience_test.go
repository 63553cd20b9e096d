package feeds

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// realColumn returns the different values of a column of a file.
func realColumn(t *testing.T, path, column string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tab := &table{br: bufio.NewReader(bytes.NewReader(data)), delim: ',', line: 1}
	header, err := tab.next()
	if err != nil {
		t.Fatal(err)
	}
	at := header.columns()[columnName(column)]
	tab.want = len(header.fields)
	var out []string
	seen := map[string]bool{}
	for {
		row, err := tab.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil || row.fault != nil {
			t.Fatal(err, row.fault)
		}
		if v := row.fields[at]; !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
}

const small = "id,act,text\n1,jam,one\n2,jam,two\n3,jam,three\n"

func TestTextOfAllKinds(t *testing.T) {
	big := strings.Repeat("x", 2<<20)
	for _, c := range []struct {
		name, text          string
		incidents, rejected int
		problem             string
	}{
		{"plain", small, 3, 0, ""},
		{"byte order mark", "\ufeff" + small, 3, 0, ""},
		{"CRLF", strings.ReplaceAll(small, "\n", "\r\n"), 3, 0, ""},
		{"lone CR", strings.ReplaceAll(small, "\n", "\r"), 3, 0, ""},
		{"no end of line", strings.TrimSuffix(small, "\n"), 3, 0, ""},
		{"blank lines and empty columns", "id,act,text,,\n\n1,jam,one,,\n,,,,\n2,jam,two,,\n", 2, 0, ""},
		{"semicolons", strings.ReplaceAll(small, ",", ";"), 3, 0, ""},
		{"tabs", strings.ReplaceAll(small, ",", "\t"), 3, 0, ""},
		{"lines inside quotes", "id,act,text\n1,jam,\"one\r\n\"\"two\"\", three\"\n2,jam,two\n", 2, 0, ""},
		{"a quote inside a word", "id,act,text\n1,jam,a 12\" gun\n2,jam,two\n", 2, 0, ""},
		{"blank before a quote", "id,act,text\n1,jam, \"a, b\" \n", 1, 0, ""},
		{"unclosed quote in the middle", "id,act,text\n1,jam,one\n2,jam,\"two\n3,jam,three\n4,jam,\"four\"\n5,jam,five\n", 4, 1, "test.csv:3: column 3: the quote that opens in line 3"},
		{"unclosed quote, none after it", "id,act,text\n1,jam,one\n2,jam,\"two\n3,jam,three\n4,jam,four\n", 3, 1, "test.csv:3: "},
		{"unclosed quote in the last line", small + "4,jam,\"four", 3, 1, "test.csv:5: "},
		{"text after a quote", "id,act,text\n1,jam,\"one\" more\n2,jam,two\n", 1, 1, "text after a closing quote"},
		{"a field of 2 MB", small + "4,jam," + big + "\n5,jam,five\n", 4, 1, "larger than"},
		{"a quoted field of 2 MB on many lines", small + "4,jam,\"" + strings.Repeat("line\n", 500_000) + "\"\n5,jam,five\n", 4, -1, "opens in line 5"},
		{"NUL", small + "4,jam,f\x00ur\n5,jam,five\n", 4, 1, "test.csv:5: column 3: byte 8 of the row is NUL"},
		{"Windows-1252", small + "4,jam,caf\xe9\n5,jam,five\n", 4, 1, "test.csv:5: column 3: byte 10 of the row (0xe9) is not UTF-8"},
		{"too few columns", small + "4,jam\n5,jam,five\n", 4, 1, "2 columns where the header has 3"},
		{"too many columns", small + "4,jam,a,b\n5,jam,five\n", 4, 1, "4 columns where the header has 3"},
		{"a thousand columns", small + "4" + strings.Repeat(",x", 2000) + "\n5,jam,five\n", 4, 1, "at most 1000"},
		{"empty", "", 0, 0, "no rows: that says nothing about events"},
		{"only blanks", " \n\n", 0, 0, "no rows"},
		{"header only", "id,act,text\n", 0, 0, "no rows"},
	} {
		list, sum, err := read(t, c.text, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(list) != c.incidents || c.rejected >= 0 && sum.Rejected != c.rejected {
			t.Errorf("%s: %v\n%.500s", c.name, sum, problems(sum))
		}
		wantText(t, c.name, problems(sum), c.problem)
		if len(sum.Problems) > maxProblems {
			t.Errorf("%s: %d problems kept", c.name, len(sum.Problems))
		}
	}
}

func TestBinaryFilesAreRefusedByName(t *testing.T) {
	utf16 := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteByte(c)
			b.WriteByte(0)
		}
		return b.String()
	}
	for _, c := range []struct{ text, want string }{
		{"\xff\xfe" + utf16(small), "UTF-16"}, {utf16(small), "UTF-16"}, {"%PDF-1.7", "PDF"}, {"SQLite format 3\x00", "SQLite"},
		{"PAR1xxxx", "Parquet"}, {"\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e", "binary"}, {"id,\x00act\n1,jam\n", "binary"}, {"\xd0\xcf\x11\xe0", "Excel"},
		{"id,act,id\n1,jam,2\n", "stands twice"}, {"id,\"act\n1,jam\n", "header in line 1"},
	} {
		_, _, err := read(t, c.text, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "dir/test.csv") {
			t.Errorf("%.20q: %v, want %s", c.text, err, c.want)
		}
	}
}

func gzipped(t testing.TB, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedFiles(t *testing.T) {
	bomb := "id,act,text\n" + strings.Repeat("1,jam,"+strings.Repeat(" ", 1000)+"\n", 20_000)
	varied := "id,act,text\n"
	for i := range 5000 {
		varied += strings.Repeat("x", i%7) + string(rune('a'+i*i%26)) + ",jam,\n"
	}
	cut := gzipped(t, varied)
	for _, c := range []struct {
		name      string
		data      []byte
		incidents int
		problem   string
		err       string
	}{
		{"gz", gzipped(t, small), 3, "", ""},
		{"zip", zipped(t, "a/", "", "a/one.csv", small, "__MACOSX/._one.csv", "\x00\x01", "two.csv", "id,act\n7,jam\n8,jem\n"), 4, "two.csv:3: column act", ""},
		{"zip with a note", zipped(t, "readme.txt", "about this file", "one.csv", small), 3, "readme.txt: ", ""},
		{"zip of kinds not read", zipped(t, "readme.txt", "about this file"), 0, "", "no file of the archive could be read"},
		{"empty zip", zipped(t), 0, "", "holds no file"},
		{"same ids in two members", zipped(t, "one.csv", small, "two.csv", small), 3, "", ""},
		{"gz in gz", gzipped(t, string(gzipped(t, small))), 0, "", "gzip inside"},
		{"zip in zip", zipped(t, "inner.zip", string(zipped(t, "one.csv", small))), 0, "", "zip inside"},
		{"zip in zip beside a table", zipped(t, "inner.zip", string(zipped(t, "one.csv", small)), "two.csv", small), 3, "zip inside", ""},
		{"gz bomb", gzipped(t, bomb), -1, "", "zip bomb"},
		{"zip bomb", zipped(t, "one.csv", bomb), -1, "", "zip bomb"},
		{"cut gz", cut[:len(cut)/2], -1, "", "cut short or damaged"},
		{"cut zip", zipped(t, "one.csv", small)[:60], 0, "", "zip"},
	} {
		path := filepath.Join(t.TempDir(), "test.packed")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		fromFile, err1 := ReadFile(path, Options{}, func(*evidence.Incident) error { return nil })
		fromPipe, err2 := Read("stdin", bytes.NewReader(c.data), Options{}, func(*evidence.Incident) error { return nil })
		for _, got := range []struct {
			sum Summary
			err error
		}{{fromFile, err1}, {fromPipe, err2}} {
			if (got.err == nil) != (c.err == "") || got.err != nil && !strings.Contains(got.err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.name, got.err, c.err)
			}
			if c.incidents >= 0 && got.sum.Incidents != c.incidents {
				t.Errorf("%s: %v, want %d incidents", c.name, got.sum, c.incidents)
			}
			wantText(t, c.name, problems(got.sum), c.problem)
		}
	}
}

func TestIdsOfRowsInArchives(t *testing.T) {
	var ids []string
	_, err := Read("dir/a.zip", bytes.NewReader(zipped(t, "one.csv", "act,text\njam,x\n", "sub/one.csv", "act,text\njam,x\n")), Options{}, func(i *evidence.Incident) error {
		ids = append(ids, i.ID)
		return nil
	})
	if err != nil || strings.Join(ids, " ") != "a.zip/one.csv:2 a.zip/sub/one.csv:2" {
		t.Errorf("%v %v", ids, err)
	}
}

// fuzz checks what must hold for any input: no panic, and every row counted.
// Run it with -fuzzminimizetime 5x: by default Go spends a minute on making
// each new input smaller, and tries next to nothing.
func fuzz(f *testing.F, as string, files ...string) {
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if m := magic(data); m == "gzip" || m == "zip" {
			t.Skip()
		}
		n, rows := 0, 0
		sum, err := Read("fuzz", bytes.NewReader(data), Options{As: as}, func(i *evidence.Incident) error {
			n++
			rows += len(i.Scenarios)
			if i.ID == "" || len(i.Scenarios) == 0 {
				t.Fatalf("an incident without id or scenario: %+v", i)
			}
			return nil
		})
		if n != sum.Incidents {
			t.Fatalf("%d incidents handed over, %v", n, sum)
		}
		if got := rows + sum.Rejected + sum.Duplicates + sum.Reports; err == nil && (got > sum.Rows || got+sum.Unmapped < sum.Rows) {
			t.Fatalf("rows went missing: %d in incidents, %v", rows, sum)
		}
	})
}

func FuzzTruce(f *testing.F)    { fuzz(f, "truce", "truce.csv") }
func FuzzClaims(f *testing.F)   { fuzz(f, "claims", "claims.csv") }
func FuzzAirforce(f *testing.F) { fuzz(f, "airforce", "airforce.csv") }
func FuzzGeoJSON(f *testing.F)  { fuzz(f, "geojson", "events.geojson") }
func FuzzViina(f *testing.F) {
	fuzz(f, "viina", "viina_selection.csv", "viina_event_info.csv", "viina_event_1pd.csv", "viina_1.csv")
}
func FuzzGuess(f *testing.F) { fuzz(f, "", "truce.csv", "events.geojson") }
