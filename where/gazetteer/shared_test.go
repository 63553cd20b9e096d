package gazetteer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/truce-project/truce/where"
)

// shared reads a real list that is not part of the project.
func shared(t *testing.T, name string) List {
	t.Helper()
	path := filepath.Join("../../../shared/data/gazetteer", name)
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("SKIPPED: %s is not here, so nothing was tried on a real list", path)
	}
	defer f.Close()
	l, err := Read(name, f)
	if err != nil || l.Rejected > 0 {
		t.Fatalf("%s: %v %v", name, err, l.Problems)
	}
	return l
}

func TestRealGeoNames(t *testing.T) {
	l := shared(t, "geonames_ua_ru_by_md.csv")
	if len(l.Entries) != 6646 {
		t.Errorf("%d entries, want 6646", len(l.Entries))
	}
	g := New(l.Entries...)
	if list := g.Lookup("Pokrovsk"); len(list) != 2 || Listed(list) != "2 candidates: RU-SA, UA-14" {
		t.Errorf("Pokrovsk: %s", Listed(list))
	}
	// With the built-in list the two are still two.
	if list := Builtin().With(l.Entries...).Lookup("Pokrovsk"); len(list) != 2 {
		t.Errorf("Pokrovsk: %s", Listed(list))
	}
	// The codes of GeoNames say the same of where places lie as their points.
	apart := 0
	for i := range l.Entries {
		e := &l.Entries[i]
		if len(e.Areas) == 0 {
			if e.Country == "UA" || e.Country == "RU" {
				t.Errorf("%s: no area", e.ID)
			}
			continue
		}
		z, err := where.AreaZone("", drawable(e.Areas)...)
		if err != nil {
			t.Fatal(err)
		}
		if z.Relate(e.Region(), where.Model{}) == where.Outside {
			apart++
		}
	}
	t.Logf("%d of %d places lie farther than their radius from the area of their code", apart, len(l.Entries))
	if apart > 20 {
		t.Errorf("%d places lie apart from their area", apart)
	}
}

// TestBuiltinAgainstGeoNames holds what was written by hand against a list: a
// place of the same name and area must lie where ours says.
func TestBuiltinAgainstGeoNames(t *testing.T) {
	g := New(shared(t, "geonames_ua_ru_by_md.csv").Entries...)
	held, unknown := 0, []string{}
	for _, e := range Builtin().Entries() {
		if e.Class != Settlement {
			continue
		}
		var near, far []string
		for _, n := range e.Names {
			for _, c := range Narrow(g.Lookup(n.Text), e.Areas...) {
				for _, x := range c.Entries {
					if !x.HasPoint {
						continue
					}
					if d := where.Distance(e.Point, x.Point, where.Model{}); d <= e.Radius*centreShare+1500 {
						near = append(near, x.ID)
					} else {
						far = append(far, x.String()+" "+d.String())
					}
				}
			}
		}
		switch {
		case near != nil:
			held++
		case far != nil:
			t.Errorf("%s: the list knows it only at %v", e.ID, far)
		default:
			unknown = append(unknown, e.ID)
		}
	}
	t.Logf("%d places agree; the list does not have %s", held, strings.Join(unknown, ", "))
}

// TestRealPCodes: each first-level P-code is one area, and each of the second
// level lies in that of its parent.
func TestRealPCodes(t *testing.T) {
	l := shared(t, "pcodes_ukr_rus_lbn_yem.csv")
	g := Builtin().With(l.Entries...)
	first, seen := 0, map[string]string{}
	for _, e := range l.Entries {
		c, ok, err := g.ByCode(e.PCode)
		if !ok || err != nil || len(e.Areas) != 1 || c.ISO != e.Areas[0] {
			t.Errorf("%s: %+v %v", e.PCode, c, err)
			continue
		}
		if c.Deeper {
			continue
		}
		first++
		if old := seen[c.ISO]; old != "" {
			t.Errorf("%s and %s are both %s", old, e.PCode, c.ISO)
		}
		seen[c.ISO] = e.PCode
		// The name that the list gives is that of the area; of two that share
		// theirs the city stands for itself.
		if codes := where.AreaByName(e.Names[0].Text); len(codes) != 1 || codes[0] != c.ISO {
			t.Errorf("%s is %s by its code and %v by its name %s", e.PCode, c.ISO, codes, e.Names[0].Text)
		}
	}
	if first != 27 || len(l.Entries) != 166 {
		t.Errorf("%d first-level codes of %d, want 27 of 166", first, len(l.Entries))
	}
	if r := g.Resolve("UA1402"); len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "UA1402 (Bakhmutskyi) lies in UA-14") {
		t.Errorf("%v", r.Notes)
	}
}
