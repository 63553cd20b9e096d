package intake

import (
	"archive/zip"
	"bytes"
	"testing"
)

// zeros is an archive that unpacks to far more than went in.
func zeros(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte("zone: Europe/Kyiv\ncolumns:\n- {from: date, to: date}\n- {from: act, to: act, values: {x: attack}}\n"), []byte("date,act\n2025-03-18,x\n"))
	f.Add([]byte(`{"columns":[{"from":"a","to":"position"}]}`), []byte("a;act\n48.5, 37.5;y\n"))
	f.Fuzz(func(t *testing.T, mapping, table []byte) {
		file, err := Read("x.csv", bytes.NewReader(table))
		if err != nil {
			return
		}
		if p, err := Propose(file, ""); err == nil {
			p.Mapping.Zone = "UTC"
			if _, err := See(file, p.Mapping, 20); err != nil {
				t.Logf("proposed: %v", err)
			}
		}
		m, err := ParseMapping(mapping)
		if err != nil {
			return
		}
		var b bytes.Buffer
		c, err := Convert(file, m, &b)
		if err == nil && len(c.starts()) != c.Rows {
			t.Fatalf("%d rows, %d lines", c.Rows, len(c.starts()))
		}
	})
}

func FuzzCells(f *testing.F) {
	for _, s := range []string{"18.03.2025 10:20", "2025-03-18T10:20:00+02:00", "48°31'00\"N", "48,5; 37,5", "5 km", "24:00", "31/12/99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, o := range []string{"", "dmy", "mdy", "ymd"} {
			if m, err := parseMoment(s, o, nil); err == nil && m.to < m.from {
				t.Fatalf("%q ends before it begins", s)
			}
			parseCivil(s, o)
		}
		if lat, lon, err := parsePosition(s); err == nil && !(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
			t.Fatalf("%q: %v %v", s, lat, lon)
		}
		if v, err := parseMetres(s); err == nil && !(v >= 0) {
			t.Fatalf("%q: %v", s, v)
		}
		headerWords(s)
		showsDate(s)
	})
}

func FuzzWorkbook(f *testing.F) {
	f.Add(book(&testing.T{}, false))
	f.Fuzz(func(t *testing.T, b []byte) {
		if file, err := Read("x.xlsx", bytes.NewReader(b)); err == nil {
			Propose(file, "")
		}
	})
}
