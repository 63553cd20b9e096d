package daily

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/formats"
)

// TestCountedAgain: whoever gets the records of a report, in whichever format, makes
// the same headline of them.
func TestCountedAgain(t *testing.T) {
	r := made(t, input(t, "en", week(t)))
	want := r.Figure("violations.total").NumberText()
	for name, write := range map[string]func(io.Writer) error{
		"records.csv":     func(w io.Writer) error { return WriteCSV(w, r.Table("records")) },
		"records.geojson": records(t, r, "geojson"),
		"records.kml":     records(t, r, "kml"),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			var again []*Record
			s, err := feeds.ReadFile(file, feeds.Options{}, func(in *evidence.Incident) error {
				again = append(again, &Record{Incident: in})
				return nil
			})
			if err != nil || s.Rejected > 0 {
				t.Fatal(err, s.Problems)
			}
			if got := made(t, input(t, "ru", again)).Figure("violations.total").NumberText(); got != want {
				t.Errorf("counted again it is %s, want %s", got, want)
			}
		})
	}
}

func records(t *testing.T, r *Report, format string) func(io.Writer) error {
	f, err := formats.Named(format)
	if err != nil {
		t.Fatal(err)
	}
	return func(w io.Writer) error { return r.WriteRecords(f, w) }
}

// TestHXL: each column has a tag of the form of the standard, and stands under it.
func TestHXL(t *testing.T) {
	r := made(t, input(t, "en", week(t)))
	var b bytes.Buffer
	if err := records(t, r, "hxl")(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile(`^#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*$`)
	seen := map[string]bool{}
	for i, x := range rows[1] {
		if !tag.MatchString(x) || seen[x] {
			t.Errorf("column %s has the tag %q", rows[0][i], x)
		}
		seen[x] = true
	}
	if len(rows) != len(r.Table("records").Rows)+2 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestAlerts: CAP and Cursor on Target are read back as what they are, reports; none
// names an author, and all in Cursor on Target is neutral.
func TestAlerts(t *testing.T) {
	week := week(t)
	for _, r := range week {
		r.Scenarios[0].Actor = []string{"PARTYNAME"}
	}
	r := made(t, input(t, "en", week))
	for name, write := range map[string]func(io.Writer) error{"x.cap": records(t, r, "cap"), "x.cot": records(t, r, "cot")} {
		file := filepath.Join(t.TempDir(), name)
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		n := 0
		s, err := feeds.ReadFile(file, feeds.Options{}, func(*evidence.Incident) error { n++; return nil })
		if err != nil || s.Rejected > 0 {
			t.Fatal(name, err, s.Problems)
		}
		parts := map[string]string{"x.cap": "<info>", "x.cot": "<event "}[name] // an alert is a row, with many infos
		if s.As != name[2:] || s.Rows == 0 || bytes.Count(b.Bytes(), []byte(parts)) != len(r.exports) {
			t.Errorf("%s is read as %s with %d rows, and holds %d records of %d", name, s.As, s.Rows, bytes.Count(b.Bytes(), []byte(parts)), len(r.exports))
		}
		if bytes.Contains(b.Bytes(), []byte("PARTYNAME")) {
			t.Errorf("%s names an author", name)
		}
		for _, m := range regexp.MustCompile(` type="([^"]*)"`).FindAllStringSubmatch(b.String(), -1) {
			if m[1] != "a-n-G" {
				t.Errorf("%s holds the type %s", name, m[1])
			}
		}
	}
}
