package formats

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

// TestSheetIsInert: whatever stands in a text comes back as that text, and no part
// of the workbook has a formula in it (F32).
func TestSheetIsInert(t *testing.T) {
	text := rapid.OneOf(rapid.SampledFrom([]string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "_x0041_", "1e5", "007", "<f>1+1</f>", "]]>&amp;", "\u202egnp", "", "12", "48.5167", "１", "line\nbreak", "'x"}), rapid.StringN(0, 20, -1))
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		s, err := NewSheet(&b, "Findings", []string{"a", "lat"}, []string{"lat"}, [][2]string{{"What this is", "=1+1"}})
		if err != nil {
			t.Fatal(err)
		}
		s.max = rapid.SampledFrom([]int{3, sheetRows}).Draw(t, "max")
		var want [][]string
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			want = append(want, []string{text.Draw(t, "a"), text.Draw(t, "b")})
			if err := s.Row(want[len(want)-1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			part, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(part, []byte("<f>")) || bytes.Contains(part, []byte("<f ")) || strings.Contains(f.Name, "calcChain") {
				t.Fatalf("%s has a formula: %s", f.Name, part)
			}
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sheets := f.GetSheetList()
		for i, w := range want {
			for k := range w {
				at, err := excelize.CoordinatesToCellName(k+1, 2+i%(s.max-1))
				if err != nil {
					t.Fatal(err)
				}
				have, err := f.GetCellValue(sheets[i/(s.max-1)], at, excelize.Options{RawCellValue: true})
				if err != nil {
					t.Fatal(err)
				}
				if wanted := Visible(w[k]); have != wanted {
					t.Fatalf("row %d, column %d: %q came back as %q", i, k, wanted, have)
				}
			}
		}
	})
}

func TestSheetCutsLongTexts(t *testing.T) {
	s := fitting(strings.Repeat("ї", 40_000))
	if n := len([]rune(s)); n > cellText || !strings.HasSuffix(s, "in the JSON]") {
		t.Errorf("%d characters", n)
	}
	if s := strings.Repeat("x", cellText); fitting(s) != s {
		t.Error("a text that fits was cut")
	}
}
