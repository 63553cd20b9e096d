package gazetteer

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/where"
)

func TestLayouts(t *testing.T) {
	for _, c := range []struct{ name, text, layout, id, in string }{
		{"own", "\ufeffid,name,name_uk,name_ru,aliases,class,lat,lon,areas\nx,Testove,Тестове,Тестовое,Testovo|Old Test,settlement,48.5,37.5,UA-14\n", "truce", "x", "UA-14"},
		{"csv", "geonameid,name,country,admin_code,feature_code,population,lat,lon\n7,Testove,UA,05,PPL,1200,48.5,37.5\n", "geonames-csv", "geonames:7", "UA-14"},
		{"dump", "7\tTestove\tTestove\tТестове,Old Test,https://a/b\t48.5\t37.5\tP\tPPL\tUA\t\t05\t\t\t\t1200\t\t100\tEurope/Kiev\t2020-01-01\n", "geonames", "geonames:7", "UA-14"},
		{"pcodes", "Location,Admin Level,P-Code,Name,Parent P-Code,Valid from date\nLBN,1,LB1,Beirut,LBN,2014\nUKR,2,UA4402,Testove,UA44,2024\n", "p-codes", "pcode:UA4402", "UA-09"},
	} {
		l, err := Read(c.name, strings.NewReader(c.text))
		if err != nil || l.Layout != c.layout || len(l.Entries) != 1 || len(l.Problems) > 0 {
			t.Errorf("%s: %+v %v", c.name, l, err)
			continue
		}
		g := New(l.Entries...)
		list := g.Lookup("testove")
		if len(list) != 1 || list[0].Entries[0].ID != c.id || strings.Join(list[0].In(), "|") != c.in {
			t.Errorf("%s: %v", c.name, list)
		}
	}
}

func TestRowsThatAreRejected(t *testing.T) {
	const head = "id,name,class,lat,lon,radius_m,areas,population\n"
	for row, problem := range map[string]string{
		"x,,settlement,48,37,,,":            "f:2: column name: it is empty",
		"x,A,town,48,37,,,":                 `f:2: column class: "town": expected settlement, area, river or other`,
		"x,A,settlement,48,,,,":             `f:2: column lon: "" is not a number of degrees`,
		"x,A,settlement,98,37,,,":           "f:2: column lat: ",
		"x,A,settlement,NaN,37,,,":          "f:2: column lat: ",
		"x,A,settlement,48,37,-1,,":         "f:2: column radius_m: ",
		"x,A,settlement,48,37,,UA-99,":      `f:2: column areas: "UA-99" is not known`,
		"x,A,settlement,48,37,,,many":       "f:2: column population: ",
		"x,A,settlement,48,37":              "f:2: 5 cells, and the header has 8",
		"x,\"A\"b,settlement,48,37,,UA-14,": "f:2: ",
	} {
		l, err := Read("f", strings.NewReader(head+row+"\ny,Good,settlement,48,37,,,\n"))
		if err != nil || l.Rejected != 1 || len(l.Problems) != 1 || !strings.Contains(l.Problems[0].Error(), problem) {
			t.Errorf("%s: %v %v, want %s", row, l.Problems, err, problem)
			continue
		}
		if len(l.Entries) != 1 || l.Entries[0].ID != "y" || l.Rows != 2 {
			t.Errorf("%s: the good row was lost: %+v", row, l)
		}
	}
	for _, text := range []string{"", "a,b\n1,2\n", "{\"type\":1}", "\x00\x01"} {
		if _, err := Read("f", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("id,name,name_uk,class,lat,lon,areas\nx,A,Б,settlement,48,37,UA-14\n")
	f.Add("geonameid,name,country,admin_code,feature_code,population,lat,lon\n7,A,UA,05,PPL,1,48,37\n")
	f.Add("7\tA\tA\tБ,В\t48.5\t37.5\tP\tPPL\tUA\t\t05\t\t\t\t1200\t\t100\tz\td\n")
	f.Add("Location,Admin Level,P-Code,Name\nUKR,2,UA4402,A\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Read("f", strings.NewReader(text))
		if err == nil && len(l.Entries)+l.Left+l.Rejected != l.Rows {
			t.Fatalf("%d entries, %d left, %d rejected of %d rows", len(l.Entries), l.Left, l.Rejected, l.Rows)
		}
		for _, e := range l.Entries {
			if len(e.Names) == 0 || e.HasPoint && e.Point.Valid() != nil || !(e.Radius >= 0) {
				t.Fatalf("%+v", e)
			}
		}
		g := New(l.Entries...)
		for _, e := range l.Entries {
			if len(g.Lookup(e.Names[0].Text)) == 0 {
				t.Fatalf("%q is not found", e.Names[0].Text)
			}
		}
	})
}

func FuzzResolve(f *testing.F) {
	for _, s := range []string{"Pokrovsk, Ukraine", "15 km NW of Sudzha", "за 15 км на північ від Суджі", "UA1402", "UA14160210010012345", "м. Харків (Харківська область)", "В Харьковской и Сумской областях", "нафтопровід «Дружба»"} {
		f.Add(s)
	}
	g := Builtin()
	f.Fuzz(func(t *testing.T, s string) {
		r := g.Resolve(s)
		if r.Known == r.Region.IsUnknown() && r.Known {
			t.Fatalf("%q is known as an unknown place", s)
		}
		if !r.Known && !r.Region.IsUnknown() || r.Known && r.Err != nil {
			t.Fatalf("%q: %+v", s, r)
		}
		for _, c := range r.Candidates {
			if c.Region().IsUnknown() {
				t.Fatalf("%q: %v has no region", s, c)
			}
		}
		for _, m := range g.Mentions(s) {
			if !strings.Contains(s, m.Text) || len(m.Candidates) == 0 {
				t.Fatalf("%q: %+v", s, m)
			}
		}
		if b, ok := ParseBearing(s); ok && b.Ranged && (b.Min < 0 || b.Max < b.Min || b.Around(where.Point{Lat: 48, Lon: 37}, 1000).IsUnknown()) {
			t.Fatalf("%q: %+v", s, b)
		}
	})
}
