package feeds

import (
	"strings"
	"testing"
)

func FuzzHxl(f *testing.F) { fuzz(f, "hxl", "hxl.csv", "hxl_tags_first.csv") }

func TestHxl(t *testing.T) {
	list, sum := readPath(t, "testdata/hxl.csv", Options{})
	wantCounts(t, sum, 7, 3, 2, 1, 0)
	wantReports(t, sum, 2) // a protest, and a row without a type
	wantText(t, "problems", problems(sum), "column #date+occurred: ", `"Sorcery" is not in`, "column #geo+lat: ")
	wantSet(t, "ignored", sum.Columns, "#affected+displaced")

	one := byID(t, list, "HXL-1")
	s := one.Scenarios[0]
	wantSpan(t, "a day", s.Time, "2031-03-25T21:00Z", "2031-03-26T22:00Z")
	wantSet(t, "the finer type", s.Act, "attack.strike.air|attack.strike.drone|attack.strike.missile|attack.strike.naval")
	if r, _ := s.Place.Radius(); r != 30_000 || one.Killed.Min != 2 || one.Source != "Wire" || one.Text != "A strike" || s.PlaceName != "Betaburg, Kharkiv, Ukraine" {
		t.Errorf("1: %+v", one)
	}
	two := byID(t, list, "HXL-2")
	wantPlace(t, "Kyiv may be the city or the oblast", two.Scenarios[0].Place, "UA-30", "UA-32")
	if two.Killed.Known {
		t.Errorf("0 dead may be unknown: %v", two.Killed)
	}
	if s := byID(t, list, "HXL-6").Scenarios[0]; s.Act != nil || !s.Place.IsUnknown() {
		t.Errorf("a type that is not known, a Kyiv elsewhere: %+v", s)
	}
	again, sum := readPath(t, "testdata/hxl_tags_first.csv", Options{})
	wantCounts(t, sum, 2, 2, 0, 0, 0)
	if again[0].ID != "HXL-1" || again[0].From.Line != 2 {
		t.Errorf("tags in the first row: %+v", again[0])
	}
}

func TestHashtags(t *testing.T) {
	for text, want := range map[string]bool{
		"#event+code,#date+occurred": true, ",#date + occurred,,#geo+lat": true, "#date,": false, "#date,x": false, "#1,#2": false, "": false, "#a b,#c d": false,
	} {
		if got := hashtags(strings.Split(text, ",")); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	// A row of tags under the header of another kind is no data.
	list, sum, err := read(t, "id,time_start,act,lat,lon\n#event+code,#date+start,,#geo+lat,#geo+lon\n1,2031-03-26T00:00Z,jam,48,37\n", Options{})
	if err != nil || len(list) != 1 || sum.As != "truce" || sum.Rows != 1 {
		t.Errorf("%v %v", sum, err)
	}
	for _, text := range []string{"#adm1+name,#affected+ind\nKyiv,5\n", "Area,People\n#adm1+name,#affected+ind\nKyiv,5\n"} {
		if _, _, err := read(t, text, Options{}); err == nil || !strings.Contains(err.Error(), "not of events") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
