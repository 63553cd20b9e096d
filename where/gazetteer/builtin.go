package gazetteer

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"

	"github.com/truce-project/truce/where"
)

//go:embed data/areas.csv
var areasCSV string

//go:embed data/places.csv
var placesCSV string

//go:embed data/geonames_admin1.csv
var adminCSV string

//go:embed data/contexts.csv
var contextsCSV string

// geonamesAdmin maps first-level codes of GeoNames ("UA.05") to ISO 3166-2.
var geonamesAdmin = func() map[string]string {
	m := map[string]string{}
	for _, r := range rows(adminCSV) {
		m[r[0]+"."+r[1]] = r[2]
	}
	return m
}()

// ocha maps the two digits of a P-code or of KATOTTH to the ISO 3166-2 code of
// the same region of Ukraine.
var ocha = func() map[string]string {
	m := map[string]string{}
	for _, r := range rows(areasCSV) {
		if digits, ok := strings.CutPrefix(r[1], "UA"); ok {
			m[digits] = r[0]
		}
	}
	return m
}()

// rows reads an embedded table without its header. The data is part of the
// program: a fault in it is a fault of the program, which the tests would show.
func rows(text string) [][]string {
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic("gazetteer: " + err.Error())
	}
	return all[1:]
}

// Builtin returns the gazetteer that comes with the program: the first-level
// areas of Ukraine and Russia, and some towns, rivers and namesakes that the
// texts and reports speak of. It is small: load more with Read.
var Builtin = sync.OnceValue(func() *Gazetteer {
	var all []Entry
	more := map[string][]string{}
	for _, r := range rows(areasCSV) {
		more[r[0]] = r
	}
	for _, a := range where.Areas() {
		e := Entry{ID: a.Code, Class: Area, Areas: []string{a.Code}, Country: a.Country, Source: "ISO 3166-2"}
		e.add(a.Name, "en")
		e.add(a.NameUK, "uk")
		e.add(a.NameRU, "ru")
		if r := more[a.Code]; r != nil {
			e.PCode, e.KATOTTH, e.Unverified = r[1], r[2], list(r[3])
			for _, n := range list(r[4]) {
				e.add(n, "uk")
			}
			for _, n := range list(r[5]) {
				e.add(n, "ru")
			}
			for _, n := range list(r[6]) {
				e.add(n, "en")
			}
		}
		all = append(all, e)
	}
	list, err := Read("places.csv", strings.NewReader(placesCSV))
	if err != nil || len(list.Problems) > 0 {
		panic("gazetteer: places.csv cannot be read")
	}
	return New(append(all, list.Entries...)...)
})
