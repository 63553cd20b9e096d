package gazetteer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/where"
)

// someEntries draws places with few names, so that many share one.
func someEntries(t *rapid.T) []Entry {
	names := []Name{{"Nova", "en"}, {"Нова", "uk"}, {"Новая", "ru"}, {"Ясне", "uk"}, {"Ясное", "ru"}, {"Kyiv", "en"}, {"Донецьк", "uk"}, {"Кривий Ріг", "uk"}}
	areas := []string{"UA-14", "UA-63", "RU-KRS", "RU-SA"}
	var out []Entry
	for i := range rapid.IntRange(1, 12).Draw(t, "entries") {
		e := Entry{ID: fmt.Sprint("e", i), Class: rapid.SampledFrom([]Class{Settlement, River, Area}).Draw(t, "class")}
		for range rapid.IntRange(1, 3).Draw(t, "names") {
			n := rapid.SampledFrom(names).Draw(t, "name")
			e.add(n.Text, n.Lang)
		}
		if e.Class == Settlement {
			e.HasPoint, e.Radius = true, 5000
			e.Point = where.Point{Lat: rapid.Float64Range(45, 60).Draw(t, "lat"), Lon: rapid.Float64Range(25, 50).Draw(t, "lon")}
		}
		if e.Class != Settlement || rapid.Bool().Draw(t, "placed") {
			e.Areas = []string{rapid.SampledFrom(areas).Draw(t, "area")}
		}
		if e.Class == River && rapid.Bool().Draw(t, "long") {
			e.Areas = []string{"RU-KRS", "UA-63"}
		}
		out = append(out, e)
	}
	return out
}

func ids(list []Candidate) map[string]bool {
	out := map[string]bool{}
	for _, c := range list {
		for _, e := range c.Entries {
			out[e.ID] = true
		}
	}
	return out
}

// TestNoCandidateIsLost: a lookup finds every entry with that name, by scanning
// them all; a larger gazetteer finds no less.
func TestNoCandidateIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := someEntries(t)
		g := New(entries...)
		larger := Builtin().With(entries...)
		for _, e := range entries {
			for _, n := range e.Names {
				for _, spelling := range append([]string{n.Text, strings.ToUpper(n.Text)}, Romanise(n.Text, n.Lang)...) {
					want := scan(entries, spelling)
					got, more := ids(g.Lookup(spelling)), ids(larger.Lookup(spelling))
					for _, id := range want {
						if !got[id] || !more[id] {
							t.Fatalf("%q: %s is lost: %v %v", spelling, id, got, more)
						}
					}
				}
			}
		}
	})
}

// scan is the slow twin of Lookup.
func scan(entries []Entry, name string) []string {
	var out []string
	for _, e := range entries {
		for _, n := range e.Names {
			if fold(n.Text) == fold(name) || slices.Contains(Romanise(n.Text, n.Lang), fold(name)) {
				out = append(out, e.ID)
			}
		}
	}
	return out
}

// TestNarrowingOnlyRemoves: what is kept was there, lies in what was said or
// nowhere known, and covers no point that the others did not.
func TestNarrowingOnlyRemoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := New(someEntries(t)...)
		all := g.Lookup(rapid.SampledFrom([]string{"nova", "Новая", "Ясне", "Kyiv", "донецьк"}).Draw(t, "name"))
		said := rapid.SampledFrom([]string{"UA-14", "UA-63", "RU-KRS", "UA", "RU"}).Draw(t, "area")
		kept := Narrow(all, said)
		before := ids(all)
		for _, c := range kept {
			for _, e := range c.Entries {
				if !before[e.ID] {
					t.Fatalf("%s was not there", e.ID)
				}
				if e.HasPoint {
					continue
				}
				for _, a := range e.In() {
					if !inAny(a, []string{said}) {
						t.Fatalf("%s still lies in %s", e.ID, a)
					}
				}
			}
		}
		for _, c := range all {
			if in := c.In(); (len(in) == 0 || slices.ContainsFunc(in, func(a string) bool { return inAny(a, []string{said}) })) && !slices.ContainsFunc(kept, func(k Candidate) bool { return k.Entries[0].ID == c.Entries[0].ID || len(k.Entries) < len(c.Entries) }) {
				t.Fatalf("%v lies in %s and was lost", c, said)
			}
		}
		if len(all) > 0 && !Region(all).IsUnknown() {
			for _, c := range kept {
				for _, e := range c.Entries {
					if e.HasPoint && where.NearSites("", []where.Point{e.Point}, 1).Relate(Region(all), where.Model{}) == where.Outside {
						t.Fatalf("%s is outside of what it was", e.ID)
					}
				}
			}
		}
	})
}

// TestIndexAgainstAScan: names in a text are found by the index as by trying
// every form on every word.
func TestIndexAgainstAScan(t *testing.T) {
	g := Builtin()
	var all []form
	for _, list := range g.words {
		for _, f := range list {
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	ends := []string{"", "а", "у", "і", "ом", "ого", "ому", "ій", "ах", "ськ", "ский", "s"}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(all).Draw(t, "form")
		var words []string
		for _, w := range strings.Fields(f.name) {
			stem := rapid.SampledFrom(append(stemsOf(w), w)).Draw(t, "stem")
			words = append(words, stem+rapid.SampledFrom(ends).Draw(t, "ending"))
		}
		got := map[form]int{}
		g.forms(words, func(f form, n int) { got[f] = n })
		for _, f := range all {
			if f.matches(words) != got[f] {
				t.Fatalf("%q and %v: %v by trying, %v by the index", words, f.name, f.matches(words), got[f])
			}
		}
	})
}

// TestBearingHoldsWhatItMeans: from any centre within the margin, any point
// that the words may mean lies in the region.
func TestBearingHoldsWhatItMeans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		km := rapid.Float64Range(0.5, 80).Draw(t, "km")
		wind := rapid.SampledFrom([]string{"N", "NE", "ENE", "south-west", "W", "SSE"}).Draw(t, "wind")
		text := fmt.Sprintf("%.1f km %s of X", km, wind)
		b, ok := ParseBearing(text)
		if !ok {
			t.Fatal(text)
		}
		p := where.Point{Lat: rapid.Float64Range(44, 60).Draw(t, "lat"), Lon: rapid.Float64Range(22, 50).Draw(t, "lon")}
		margin := where.Metres(rapid.Float64Range(0, 5000).Draw(t, "margin"))
		share := func(name string) float64 { return rapid.Float64Range(0, 1).Draw(t, name) }
		centre := where.Destination(p, 360*share("to"), margin*where.Metres(share("off")), where.Model{})
		at := where.Destination(centre, b.Bearing+b.Half*(2*share("turn")-1), b.Min+(b.Max-b.Min)*where.Metres(share("far")), where.Model{})
		// Meridians converge: a degree or so in a hundred kilometres.
		slack := where.Metres(10 + math.Abs(float64(b.Max))*0.003)
		if where.NearSites("", []where.Point{at}, slack).Relate(b.Around(p, margin), where.Model{}) == where.Outside {
			t.Fatalf("%s: %s is outside of %s", text, at, b.Around(p, margin))
		}
	})
}
