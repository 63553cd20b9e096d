package feeds

import (
	"os"
	"strings"
	"testing"

	"github.com/truce-project/truce/when"
)

func FuzzCap(f *testing.F) { fuzz(f, "cap", "cap.xml", "cap_edxl.xml", "cap_atom.xml") }

func warnings(t *testing.T, path string) ([]Warning, Summary) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []Warning
	sum, err := ReadWarnings(path, f, Options{}, func(w Warning) error {
		out = append(out, w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, sum
}

func TestCap(t *testing.T) {
	list, sum := warnings(t, "testdata/cap.xml")
	wantAll(t, sum, 1, 0, 1, 0, 0)
	w := list[0]
	if w.Identifier != "W-1" || !w.Real() || w.MsgType != "Update" || w.Scope != "Public" || w.Sent.String() != "2031-03-26T08:00Z" {
		t.Errorf("%+v", w)
	}
	if len(w.References) != 1 || w.References[0].Identifier != "W-0" || len(w.Infos) != 3 {
		t.Fatalf("%+v", w)
	}
	wantText(t, "problems", problems(sum), "column msgType: Update of W-0", "the area is left unknown")
	en, uk, ru := w.Infos[0], w.Infos[1], w.Infos[2]
	if en.Onset.String() != "2031-03-26T08:05Z" || en.Expires.String() != "2031-03-26T10:00Z" || en.Event != "Air raid" || en.Area.IsUnknown() {
		t.Errorf("%+v", en)
	}
	wantText(t, "polygon or circle", en.Area.String(), "±25")
	wantPlace(t, "an area that is named", uk.Area, "UA-63")
	if uk.Onset != w.Sent || uk.Expires != when.Future {
		t.Errorf("no times: %+v", uk)
	}
	if !ru.Area.IsUnknown() || ru.AreaDesc != "somewhere; not on earth" {
		t.Errorf("an area that is not known: %v", ru.Area)
	}
}

func TestCapInsideOthers(t *testing.T) {
	list, sum := warnings(t, "testdata/cap_edxl.xml")
	wantAll(t, sum, 5, 0, 2, 2, 1)
	if list[0].Real() || list[0].Status != "Exercise" || list[1].MsgType != "Cancel" {
		t.Errorf("%+v", list)
	}
	wantText(t, "problems", problems(sum), "column status: Exercise: an exercise", "Cancel of E-0", "no offset", `"Real" is none of`)
	list, sum = warnings(t, "testdata/cap_atom.xml")
	wantAll(t, sum, 1, 0, 1, 0, 0)
	if list[0].Status != "Test" {
		t.Errorf("%+v", list)
	}
}

func TestRealCap(t *testing.T) {
	for file, circles := range map[string]int{"amber.atom": 0, "australia.cap": 1, "bushfire_valid.edxlde": 7, "canada.cap": 2} {
		path := shared(t, "formats/cap/"+file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		list, sum := warnings(t, path)
		wantAll(t, sum, strings.Count(string(data), "alert>")-strings.Count(string(data), "<alert>")-strings.Count(string(data), "<cap:alert>"), 0, len(list), 0, 0)
		placed := 0
		for _, w := range list {
			for _, i := range w.Infos {
				if !i.Area.IsUnknown() {
					placed++
				}
			}
		}
		t.Logf("%s: %d alerts, %d infos with an area", file, len(list), placed)
		if placed < circles {
			t.Errorf("%s: %d infos have an area, want %d", file, placed, circles)
		}
	}
}
