package publish

import (
	"strconv"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/web"
	"github.com/truce-project/truce/where"
)

// picture is a map on a page: the places laid over the map of the language. All maps
// of a site show the same piece of the world, so that days can be compared.
type picture struct {
	Ground, Overlay string // from the root of the site; "" is no map
	Width, Height   int
	NotDrawn        int // incidents of the page without a place that can be drawn
}

// spots are the places of incidents, each once: filled where one of them is for sure
// what the page is about. unplaced is how many have none.
func spots(items []*item, surely func(*item) bool) (marks []brief.SketchMark, n []int, unplaced int) {
	at := map[string]int{}
	for _, x := range items {
		place := x.Region()
		if place.IsUnknown() {
			unplaced++
			continue
		}
		key := place.String()
		i, ok := at[key]
		if !ok {
			i = len(marks)
			at[key] = i
			marks, n = append(marks, brief.SketchMark{Region: place, Class: "may", Says: strconv.Itoa(i)}), append(n, 0)
		}
		n[i]++
		if surely == nil || surely(x) {
			marks[i].Class = "sure"
		}
	}
	return marks, n, unplaced
}

// grounds draws the map that all places of the site are on, in each language.
func (p *pages) grounds() {
	marks, _, _ := spots(p.items, nil)
	for _, p.t = range tongues {
		p.frame = brief.NewSketchFrame(marks, p.o.Base, p.areaName)
		p.files["maps/"+p.t.lang+".svg"] = []byte(p.frame.Ground(p.t.say("Where")))
	}
	p.t = tongues[0]
}

// draw draws incidents where the public may be told that they may have been. Where
// none can be drawn there is no map.
func (p *pages) draw(name, title string, items []*item, surely func(*item) bool) picture {
	marks, n, unplaced := spots(items, surely)
	out := picture{Ground: "maps/" + p.t.lang + ".svg", Overlay: "maps/" + name, NotDrawn: unplaced}
	out.Width, out.Height = p.frame.Size()
	svg, left := p.frame.Overlay(title, marks)
	for _, m := range left {
		i, err := strconv.Atoi(m.Says)
		if err == nil {
			out.NotDrawn += n[i]
		}
	}
	if len(left) == len(marks) {
		return picture{NotDrawn: out.NotDrawn}
	}
	p.files[out.Overlay] = []byte(svg)
	return out
}

// areaName is the name of an area in the language of the page or, where the list has
// none, in English.
func (p *pages) areaName(a where.AreaInfo) string {
	switch {
	case p.t.lang == "uk" && a.NameUK != "":
		return a.NameUK
	case p.t.lang == "ru" && a.NameRU != "":
		return a.NameRU
	}
	return a.Name
}

// mapTiles are vector tiles of all incidents, for maps of others.
func (p *pages) mapTiles() error {
	tiles, err := web.SiteTiles(plain(p.items))
	if err != nil {
		return err
	}
	for name, b := range tiles {
		p.files["tiles/"+name] = b
	}
	return p.json("tiles/tiles.json", web.SiteTileJSON(p.origin))
}
