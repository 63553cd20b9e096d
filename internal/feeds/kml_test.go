package feeds

import (
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/when"
)

func FuzzKML(f *testing.F) { fuzz(f, "kml", "places.kml") }

func TestKML(t *testing.T) {
	list, sum := readPath(t, "testdata/places.kml", Options{})
	wantAll(t, sum, 7, 2, 2, 3, 0)
	wantText(t, "problems", problems(sum), "links to other documents are not followed", "draw the area", "attack.stroke", "column Polygon: ")
	wantSet(t, "ignored", sum.Columns, "colour")

	one := byID(t, list, "p1")
	s := one.Scenarios[0]
	wantSpan(t, "a moment", s.Time, "2031-03-26T10:00Z", "2031-03-26T10:00Z")
	wantSet(t, "act", s.Act, "attack.strike.drone")
	wantSet(t, "target", s.Target, "energy.power.substation")
	if r, _ := s.Place.Radius(); r != 250 || one.Text != "Strike; on a substation" || one.From.Line != 5 {
		t.Errorf("p1: %+v", one)
	}
	two := byID(t, list, "K-2")
	s = two.Scenarios[0]
	wantSpan(t, "days anywhere on earth", s.Time, "2031-03-25T10:00Z", "2031-03-28T12:00Z")
	wantText(t, "notes", strings.Join(two.Notes, "\n"), "anywhere on earth")
	if s.Place.IsUnknown() {
		t.Errorf("K-2: %v", s.Place)
	}
	zone, err := when.Zone("Europe/Kyiv")
	if err != nil {
		t.Fatal(err)
	}
	list, _ = readPath(t, "testdata/places.kml", Options{Zone: zone})
	wantSpan(t, "days in Kyiv", byID(t, list, "K-2").Scenarios[0].Time, "2031-03-25T22:00Z", "2031-03-27T22:00Z")
}

func TestRealKML(t *testing.T) {
	path := shared(t, "formats/kml/ukr.kml")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, sum := readPath(t, path, Options{})
	wantAll(t, sum, strings.Count(string(data), "<Placemark"), 0, 43, 0, 0)
}
