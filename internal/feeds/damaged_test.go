package feeds

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// sampleSize is how much of a large file is damaged: the place of the damage
// matters, not the size.
const sampleSize = 48 << 10

// realFile is a real file, or its start up to the end of a line.
type realFile struct {
	path string
	data []byte
	text bool // UTF-8
	rows bool // a row a line: it may be cut between lines
}

// realFiles lists every real file that is here.
func realFiles(t *testing.T) []realFile {
	t.Helper()
	root := shared(t, "")
	var out []realFile
	days := 0
	for _, dir := range []string{"events", "claims", "formats", "frontline", "boundaries", "gazetteer", "energy", "news"} {
		if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
			t.Errorf("NOT TESTED: %v", err)
			continue
		}
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if strings.Contains(path, "wikipedia_current_events") {
				if days++; days > 3 {
					return nil // one page a day, all alike
				}
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			f := realFile{path: path, data: data}
			switch strings.ToLower(filepath.Ext(path)) {
			case ".csv", ".jsonl", ".md", ".nmea":
				f.rows = true
			}
			if f.rows && len(data) > sampleSize {
				f.data = data[:bytes.LastIndexByte(data[:sampleSize], '\n')+1]
			}
			f.text = utf8.Valid(data)
			out = append(out, f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// outcome is what became of a file.
type outcome struct {
	sum  Summary
	err  error
	said string // all messages
}

// readHostile reads data and checks what must hold whatever it is: no panic, every
// row accounted for, and messages that name the file in plain words.
func readHostile(t *testing.T, what, name string, data []byte) (out outcome) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic: %v", what, r)
		}
	}()
	n := 0
	out.sum, out.err = Read("dir/"+name, bytes.NewReader(data), Options{}, func(*evidence.Incident) error {
		n++
		return nil
	})
	out.said = problems(out.sum)
	if out.err != nil {
		out.said += "\n" + out.err.Error()
		if !strings.Contains(out.err.Error(), "dir/"+name) {
			t.Errorf("%s: no file in %v", what, out.err)
		}
	}
	if n != out.sum.Incidents {
		t.Errorf("%s: %d incidents handed over, %v", what, n, out.sum)
	}
	if got := n + out.sum.Rejected + out.sum.Duplicates + out.sum.Reports; out.err == nil && (got > out.sum.Rows || got+out.sum.Unmapped < out.sum.Rows) {
		t.Errorf("%s: rows went missing: %v", what, out.sum)
	}
	wantPlain(t, what, strings.ReplaceAll(out.said, "\\r", ""))
	return out
}

// TestDamagedRealFiles cuts every real file short, packs and cuts it, empties
// it, replaces it by noise and writes it in other encodings. Each must be
// refused, or read with the damage said.
func TestDamagedRealFiles(t *testing.T) {
	tried := 0
	for _, f := range realFiles(t) {
		name := filepath.Base(f.path)
		whole := readHostile(t, f.path, name, f.data)
		if whole.err == nil && whole.sum.Rows == 0 && whole.said == "" {
			t.Errorf("%s: nothing was read and nothing said", f.path)
		}
		check := func(kind string, data []byte, want ...string) outcome {
			tried++
			o := readHostile(t, f.path+", "+kind, name, data)
			if len(want) == 0 && o.said == "" {
				t.Errorf("%s, %s: nothing is said: %v", f.path, kind, o.sum)
			}
			for _, w := range want {
				if !strings.Contains(o.said, w) {
					t.Errorf("%s, %s: %q is not said in: %.400s", f.path, kind, w, o.said)
				}
			}
			return o
		}
		cuts := []int{1, 7, len(f.data) / 3, len(f.data) / 2, len(f.data) - 1}
		if len(f.data) > 4*sampleSize {
			cuts = []int{1, 7, 1000, sampleSize}
		}
		for _, n := range cuts {
			checkCut(t, f, whole, n, check)
		}
		check("empty", nil, "no rows")
		seed := rand.NewPCG(uint64(len(f.data)), 7)
		noise := make([]byte, 4096)
		for i := range noise {
			noise[i] = byte(seed.Uint64())
		}
		if o := check("noise", noise); o.err == nil {
			t.Errorf("%s: noise was read: %v", f.path, o.sum)
		}
		packed := gzipOf(t, f.data[:min(len(f.data), sampleSize)])
		for _, n := range []int{3, len(packed) / 2, len(packed) - 1} {
			check(fmt.Sprintf("gzip cut at %d", n), packed[:n])
		}
		if o := readHostile(t, f.path+", gzip", name+".gz", gzipOf(t, f.data)); (o.err == nil) != (whole.err == nil) || o.sum.Rows != whole.sum.Rows || o.sum.Incidents != whole.sum.Incidents {
			t.Errorf("%s, packed: %v %v, want %v %v", f.path, o.sum, o.err, whole.sum, whole.err)
		}
		if f.text {
			checkEncodings(t, f, whole, check)
		}
	}
	t.Logf("%d damaged files were tried", tried)
}

// checkCut: a file that was cut short says so, and loses no row that stood
// whole before the cut. Only between two lines of a table nothing can be told.
func checkCut(t *testing.T, f realFile, whole outcome, n int, check func(string, []byte, ...string) outcome) {
	t.Helper()
	if n <= 0 || n >= len(f.data) || !f.rows && len(bytes.TrimSpace(f.data[n:])) == 0 {
		return // nothing is missing
	}
	data, kind := f.data[:n], fmt.Sprintf("cut at byte %d of %d", n, len(f.data))
	if f.rows && (data[n-1] == '\n' || f.data[n] == '\n' && n == len(f.data)-1) {
		return
	}
	o := check(kind, data)
	if whole.err != nil || !f.rows || o.err != nil {
		return
	}
	before := readHostile(t, f.path+", up to the line before", filepath.Base(f.path), data[:bytes.LastIndexByte(data, '\n')+1])
	if o.sum.Incidents+o.sum.Reports < before.sum.Incidents+before.sum.Reports-1 {
		t.Errorf("%s, %s: %v, of whole lines %v", f.path, kind, o.sum, before.sum)
	}
	if !strings.Contains(o.said, fmt.Sprintf("%s:", filepath.Base(f.path))) {
		t.Errorf("%s, %s: no place in %.300s", f.path, kind, o.said)
	}
}

func checkEncodings(t *testing.T, f realFile, whole outcome, check func(string, []byte, ...string) outcome) {
	t.Helper()
	data := f.data[:min(len(f.data), sampleSize)]
	for len(data) > 0 && !utf8.Valid(data) {
		data = data[:len(data)-1]
	}
	text := []rune(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	units := utf16.Encode(text)
	for _, order := range []string{"LE", "BE"} {
		b := make([]byte, 0, 2*len(units))
		for _, u := range units {
			if order == "LE" {
				b = append(b, byte(u), byte(u>>8))
			} else {
				b = append(b, byte(u>>8), byte(u))
			}
		}
		bom := "\xff\xfe"
		if order == "BE" {
			bom = "\xfe\xff"
		}
		check("UTF-16"+order+" with its mark", append([]byte(bom), b...), "UTF-16")
		if o := check("UTF-16"+order, b); o.err == nil {
			t.Errorf("%s: UTF-16%s without a mark was read", f.path, order)
		}
	}
	// In Windows-1252 é is one byte; so is each letter of Windows-1251.
	latin, foreign := make([]byte, 0, len(text)), 0
	for i, c := range text {
		switch {
		case c < 0x80 && !(c == 'e' && i > len(text)/2 && foreign < 5):
			latin = append(latin, byte(c))
		default:
			latin, foreign = append(latin, 0xe9), foreign+1
		}
	}
	if foreign == 0 {
		return
	}
	if o := check("Windows-1252", latin); whole.err == nil && !strings.Contains(o.said, "UTF-8") {
		t.Errorf("%s: Windows-1252, and UTF-8 is not asked for: %.300s", f.path, o.said)
	}
}

// TestDamagedRealZones does likewise with the boundaries and front lines that
// terms and layers are drawn in.
func TestDamagedRealZones(t *testing.T) {
	for _, f := range realFiles(t) {
		if !strings.HasSuffix(f.path, ".geojson") || len(f.data) > 1<<20 {
			continue
		}
		data := f.data
		if _, _, _, err := where.ParseGeoJSON(data); err != nil {
			wantPlain(t, f.path, err.Error())
			if !strings.Contains(err.Error(), "defective") && !strings.Contains(err.Error(), "latitude") && !strings.Contains(err.Error(), "position") {
				t.Errorf("%s: no place in %v", f.path, err)
			}
		}
		utf16le := []byte("\xff\xfe")
		for _, u := range utf16.Encode([]rune(string(data[:1000]))) {
			utf16le = append(utf16le, byte(u), byte(u>>8))
		}
		for kind, bad := range map[string][]byte{
			"empty": nil, "cut": data[:len(data)/2], "cut at the end": data[:len(data)-2], "UTF-16": utf16le, "binary": []byte("\x00\x01\x02\xff"),
		} {
			_, _, _, err := where.ParseGeoJSON(bad)
			if err == nil {
				t.Errorf("%s, %s: was read", f.path, kind)
				continue
			}
			wantPlain(t, f.path+", "+kind, err.Error())
		}
	}
}
