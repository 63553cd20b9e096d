package where

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
)

//go:embed data/areas.csv
var areasCSV string

//go:embed data/areas.geojson
var areasGeoJSON []byte

// AreaInfo describes a first-level area. NameUK and NameRU are empty where not
// known. Country is that of the ISO 3166-2 code.
type AreaInfo struct {
	Code, Country, Name string
	NameUK, NameRU      string
}

type areaBook struct {
	infos  []AreaInfo
	notes  map[string]string // comment of the table, by code
	shapes map[string]MultiPolygon
	names  map[string][]string
}

// areas reads the embedded data once. The data is part of the program: a fault
// in it is a fault of the program, which the tests would show.
var areas = sync.OnceValue(func() *areaBook {
	b := &areaBook{notes: map[string]string{}, shapes: map[string]MultiPolygon{}}
	rows, err := csv.NewReader(strings.NewReader(areasCSV)).ReadAll()
	if err != nil {
		panic("where: areas.csv: " + err.Error())
	}
	for _, r := range rows[1:] {
		if _, seen := b.notes[r[1]]; seen {
			continue // several source rows make one area
		}
		b.notes[r[1]] = r[6]
		b.infos = append(b.infos, AreaInfo{Code: r[1], Country: r[2], Name: r[3], NameUK: r[4], NameRU: r[5]})
	}
	sort.Slice(b.infos, func(i, j int) bool { return b.infos[i].Code < b.infos[j].Code })
	b.readShapes()
	b.names = nameIndex(b.infos)
	return b
})

func (b *areaBook) readShapes() {
	var file struct {
		Features []struct {
			Properties struct{ Code string }
			Geometry   struct{ Coordinates [][][][2]float64 }
		}
	}
	if err := json.Unmarshal(areasGeoJSON, &file); err != nil {
		panic("where: areas.geojson: " + err.Error())
	}
	for _, f := range file.Features {
		var mp MultiPolygon
		for _, p := range f.Geometry.Coordinates {
			var poly Polygon
			for _, r := range p {
				ring := make(Ring, len(r))
				for i, c := range r {
					ring[i] = Point{c[1], c[0]}
				}
				poly = append(poly, ring)
			}
			mp = append(mp, poly)
		}
		b.shapes[f.Properties.Code] = mp
	}
}

// areaShapes keeps the shape of every union of areas that was asked for, since
// many incidents name the same ones.
var areaShapes sync.Map

func areaShape(codes []string) (*polyShape, error) {
	list, err := areaCodes(codes)
	if err != nil {
		return nil, err
	}
	key := strings.Join(list, "|")
	if s, ok := areaShapes.Load(key); ok {
		return s.(*polyShape), nil
	}
	var mp MultiPolygon
	for _, c := range list {
		mp = append(mp, areas().shapes[c]...)
	}
	s, _ := areaShapes.LoadOrStore(key, newPolyShape(mp, list))
	return s.(*polyShape), nil
}

// areaCodes expands countries, checks, sorts.
func areaCodes(codes []string) ([]string, error) {
	var out []string
	b := areas()
	for _, c := range codes {
		if c == "UA" || c == "RU" {
			out = append(out, b.country(c)...)
			continue
		}
		note, known := b.notes[c]
		if !known {
			return nil, fmt.Errorf("area %q is not known: expected an ISO 3166-2 code of a region of Ukraine or Russia, such as UA-63", clip(c))
		}
		if b.shapes[c] == nil {
			return nil, fmt.Errorf("area %s has no boundary in the built-in data: %s", c, note)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, errNoArea
	}
	return sortedUnique(out), nil
}

func (b *areaBook) country(country string) []string {
	var out []string
	for _, a := range b.infos {
		if a.Country == country && b.shapes[a.Code] != nil {
			out = append(out, a.Code)
		}
	}
	return out
}

// Areas returns the first-level areas of Ukraine and Russia, sorted by code,
// among them the few that have no boundary in the data.
func Areas() []AreaInfo { return append([]AreaInfo(nil), areas().infos...) }

// Area returns a copy of the boundary of an area, by ISO 3166-2 code; false when
// the code is not known or has no boundary in the data.
func Area(code string) (MultiPolygon, bool) {
	mp, ok := areas().shapes[code]
	if !ok {
		return nil, false
	}
	return orient(mp), true
}

// AreasAt returns the codes of the areas that hold a point, sorted: more than
// one on a shared border, none in other countries and at sea.
func AreasAt(p Point) []string {
	var out []string
	for _, a := range areas().infos {
		if areas().shapes[a.Code] == nil {
			continue
		}
		if s, err := areaShape([]string{a.Code}); err == nil && s.contains(p, Model{}) {
			out = append(out, a.Code)
		}
	}
	return out
}
