package web

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/truce-project/truce/internal/formats"
)

// TestExports: every list is there in every format, by its media type, as whole as the
// page that is asked for; and what somebody may not see is in no byte of any of them.
func TestExports(t *testing.T) {
	w := newWorld(t, nil)
	w.sealed(lozova)
	secrets := []string{lozova.damage, lozova.crew, lozova.witness, lozova.words, lozova.site, lozova.lat, lozova.lon, "T" + lozova.minute}
	for _, list := range []string{"incidents", "findings", "reports", "claims", "terms", "entries"} {
		for _, f := range formats.All() {
			path := "/api/" + list + "." + f.Ending
			bodies := map[string]string{}
			for _, account := range []string{"", "anna"} {
				res, text := w.do("GET", path, account, "", nil, nil)
				if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), strings.Split(f.Media, ";")[0]) || text == "" && f.Name != "jsonl" && f.Name != "plover" {
					t.Fatalf("%s as %q: %d %s: %.200s", path, account, res.StatusCode, res.Header.Get("Content-Type"), text)
				}
				if d := res.Header.Get("Content-Disposition"); !strings.HasSuffix(d, "."+f.Ending+`"`) {
					t.Errorf("%s: %s", path, d)
				}
				bodies[account] = text
			}
			for _, s := range secrets {
				if strings.Contains(bodies[""], s) {
					t.Errorf("%s shows %q to the public", path, s)
				}
			}
			if _, again := w.do("GET", path, "", "", nil, nil); again != bodies[""] {
				t.Errorf("%s: asked again it is other bytes", path)
			}
		}
	}
	// Parquet is compressed: what stands in it is read.
	type row struct {
		ID    string   `parquet:"id"`
		Text  *string  `parquet:"text,optional"`
		Lat   *float64 `parquet:"lat,optional"`
		Start *int64   `parquet:"time_start,optional,timestamp(millisecond)"`
		Area  []byte   `parquet:"geometry,optional"`
	}
	read := func(account string) []row {
		_, text := w.do("GET", "/api/incidents.parquet", account, "", nil, nil)
		out, err := parquet.Read[row](bytes.NewReader([]byte(text)), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	public, mission := read(""), read("chair")
	if len(public) == 0 || len(mission) <= len(public) || len(public) != len(w.listed("", "")) || len(mission) != len(w.listed("chair", "")) {
		t.Errorf("%d rows for the public, %d for the chair", len(public), len(mission))
	}
	for _, r := range public {
		if r.Text != nil || r.Lat != nil && fmt.Sprint(*r.Lat) == lozova.lat || r.Start != nil && *r.Start%86_400_000 != 0 {
			t.Errorf("the public sees %+v", r)
		}
	}
	exact := false
	for _, r := range mission {
		exact = exact || r.Lat != nil && fmt.Sprint(*r.Lat) == lozova.lat && r.Area != nil
	}
	if !exact {
		t.Error("the chair does not see the place")
	}
}
