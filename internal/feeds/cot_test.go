package feeds

import (
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

func FuzzCot(f *testing.F) { fuzz(f, "cot", "cot.xml") }

func TestCot(t *testing.T) {
	list, sum := readPath(t, "testdata/cot.xml", Options{})
	wantAll(t, sum, 11, 4, 3, 3, 1)
	wantText(t, "problems", problems(sum), "cot.xml:2: column production_time: 1970", `column uid: "S-1" was reported before`, `column time: "yesterday"`, "column lat: ", "not sound XML: element <remarks> closed by", "column time: 1970-01-20T10:25Z is near 1970")

	one := byID(t, list, "COT-S-1")
	s := one.Scenarios[0]
	end, _ := when.ParseRFC3339("2031-03-26T10:05:00.001Z")
	if s.Time != (when.Span{Start: when.Past, End: end}) || one.Level != evidence.Reported || one.From.Line != 3 {
		t.Errorf("S-1: %v %+v", s.Time, one)
	}
	if r, _ := s.Place.Radius(); r != cotGuess || s.Act != nil || s.Actor != nil {
		t.Errorf("S-1: %+v", s)
	}
	wantText(t, "text", one.Text, "Spot 1; smoke over the substation")
	wantText(t, "notes", strings.Join(one.Notes, "\n"), "then or before", "1 km round it", "type b-m-p-s-m")
	if s := byID(t, list, "COT-S-2").Scenarios[0]; !s.Place.IsUnknown() {
		t.Errorf("null island: %v", s.Place)
	}
	if s := byID(t, list, "COT-S-4").Scenarios[0]; !s.Time.Unknown() {
		t.Errorf("near 1970: %v", s.Time)
	}
	if r, _ := byID(t, list, "COT-S-8").Scenarios[0].Place.Radius(); r != 250 {
		t.Errorf("S-8: %v", r)
	}
}

// TestCotSaysNobodyDidIt: a type calls things friend or foe; it makes no author.
func TestCotSaysNobodyDidIt(t *testing.T) {
	for _, kind := range []string{"a-f-G", "a-h-G-U-C", "b-r-f-h-c", "b-m-p-s-m", "b-a"} {
		list, _, err := read(t, `<event uid="1" type="`+kind+`" time="2031-03-26T10:00:00Z"><point lat="49" lon="36" ce="5"/><detail><remarks>hostile drone struck</remarks></detail></event>`, Options{})
		if err != nil || (len(list) == 1) != strings.HasPrefix(kind, "b-") {
			t.Errorf("%s: %d %v", kind, len(list), err)
		}
		for _, i := range list {
			if s := i.Scenarios[0]; s.Actor != nil || s.Act != nil || s.Target != nil || len(i.Claims) > 0 {
				t.Errorf("%s: %+v", kind, s)
			}
		}
	}
}

func TestRealCot(t *testing.T) {
	path := shared(t, "formats/cot/cot_stream_60_events.xml.txt")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, sum := readPath(t, path, Options{})
	wantAll(t, sum, strings.Count(string(data), "<event "), 0, 60, 0, 0)
	if got, want := strings.Count(problems(sum), "near 1970"), strings.Count(string(data), `production_time="1970`); got != want || want != 58 {
		t.Errorf("%d times near 1970, want %d", got, want)
	}
}
