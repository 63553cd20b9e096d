package feeds

import (
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/truce-project/truce/where"
)

// A position whose latitude and longitude are exchanged is a sound position
// somewhere else. It is suspected only where something beside it says so: the
// point as given lies farther than swapMargin outside an area, and the point
// with its coordinates exchanged inside it, and that area is the one that the
// row names, by place or country or party, or the one in which the rows before
// it lie. Such a row is rejected, and so never judged. Where nothing beside the
// position speaks for an exchange, the row is read as it stands, with a note.
const swapMargin where.Metres = 100_000

// A file speaks for where its rows lie when swapFits positions in the areas that
// are known here were read, and no more than one in ten elsewhere. Only the
// first positions are looked at.
const (
	swapFits  = 5
	swapFirst = 1000
)

// known holds the areas of both countries.
var known = sync.OnceValue(func() *where.Zone {
	z, err := where.AreaZone("", "UA", "RU")
	if err != nil {
		panic("feeds: " + err.Error()) // they are part of the program
	}
	return z
})

// exchanged is at with latitude and longitude exchanged, if that could be.
func exchanged(at where.Point) (where.Point, bool) {
	p := where.Point{Lat: at.Lon, Lon: at.Lat}
	return p, p.Valid() == nil && p != at
}

// onlyExchangedIn reports whether a point lies far outside all of the areas and
// in one of them once its coordinates are exchanged.
func onlyExchangedIn(at where.Point, radius where.Metres, codes []string) bool {
	p, ok := exchanged(at)
	if !ok || len(codes) == 0 || p.Lat < 40 { // all areas lie north of it
		return false
	}
	zone, err := where.AreaZone("", codes...)
	return err == nil && zone.Contains(p, where.Model{}) && zone.Relate(where.Disc(at, radius+swapMargin), where.Model{}) == where.Outside
}

// swapped rejects a position that lies in the areas that its row names only
// when its coordinates are exchanged. said is how the row names them.
func swapped(column string, at where.Point, codes []string, said string) error {
	if !onlyExchangedIn(at, 0, codes) {
		return nil
	}
	return faultIn(column, "latitude and longitude look exchanged: %v is more than %g km outside %s, and %g,%g is inside; exchange the two, or leave the position empty",
		at, float64(swapMargin)/1000, clip(said), at.Lon, at.Lat)
}

// swappedCountry is swapped for a row that names a country.
func swappedCountry(column string, at where.Point, name string) error {
	return swapped(column, at, countryArea(country(name)).codes, name)
}

// swaps follows the positions of a file of incidents.
type swaps struct {
	read, known int
	of          *Positions // if set, those of the file, of which a part is read
	gather      *Positions // if set, they are noted
}

// check rejects a position that looks exchanged; a note says that it may be.
func (s *swaps) check(rec *record, at where.Point, radius where.Metres, named []string) (note string, err error) {
	if place := rec.get("place"); len(named) > 0 && onlyExchangedIn(at, radius, named) {
		return "", swapped("lat", at, named, place)
	}
	world := []string{"UA", "RU"}
	if !onlyExchangedIn(at, radius, world) {
		if s.read < swapFirst && s.of == nil {
			s.read++
			in := known().Contains(at, where.Model{})
			if in {
				s.known++
			}
			if s.gather != nil {
				s.gather.add(rec.line, in)
			}
		}
		return "", nil
	}
	for _, column := range []string{"owner", "controller", "actor"} {
		if party := partyOf(rec.get(column)); party != "" {
			return "", swapped("lat", at, world, "the countries of the parties ("+column+" "+party+" is named)")
		}
	}
	if s.of != nil {
		s.read, s.known = s.of.before(rec.line)
	}
	if s.known >= swapFits && 10*s.known >= 9*s.read {
		return "", swapped("lat", at, world, "the countries in which the rows before it lie")
	}
	return "the position lies far outside the areas that are known here, and with latitude and longitude exchanged inside one: check them", nil
}

// partyOf is the first value of a cell that names Ukraine or Russia, or a body
// of theirs.
func partyOf(cell string) string {
	for _, v := range strings.Split(cell, "|") {
		v = strings.TrimSpace(v)
		if low := strings.ToLower(v); low == "ua" || low == "ru" || strings.HasPrefix(low, "ua.") || strings.HasPrefix(low, "ru.") {
			return clip(v)
		}
	}
	return ""
}

// exchangeCells is how many cells of half a degree there are where a position may
// be one that looks exchanged: east of 40 degrees and west of 90, since its
// longitude would be the latitude.
const exchangeCells = 100 * 360

// exchange remembers of each cell whether a position in it may look exchanged: 1
// no, 2 perhaps.
var exchange [exchangeCells]atomic.Int32

// Exchangeable reports whether the reader has to look whether latitude and
// longitude of a position are exchanged. It is true more often than they look so.
func Exchangeable(at where.Point) bool {
	if at.Lon < 40 || at.Lon >= 90 {
		return false
	}
	row, column := int(math.Floor((at.Lat+90)*2)), int(math.Floor((at.Lon-40)*2))
	if row < 0 || row >= 360 {
		return true
	}
	cell := &exchange[row*100+column]
	if cell.Load() == 0 {
		mid := where.Point{Lat: float64(row)/2 - 90 + 0.25, Lon: float64(column)/2 + 40.25}
		cell.Store(2)
		if settledHere(mid) {
			cell.Store(1)
		}
	}
	return cell.Load() == 2
}

// settledHere reports that no position of the cell round mid can look exchanged:
// all lie near the areas as they stand, or far from them when exchanged. A cell
// reaches less than 40 km from its middle.
func settledHere(mid where.Point) bool {
	const reach = 40_000
	if known().Relate(where.Disc(mid, swapMargin-reach), where.Model{}) != where.Outside {
		return true
	}
	p, ok := exchanged(mid)
	return ok && known().Relate(where.Disc(p, reach), where.Model{}) == where.Outside
}
