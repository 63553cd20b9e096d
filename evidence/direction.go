package evidence

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// direction is from where something came, as one first-hand source has it: the back
// azimuth of a crater, a flash, a track.
type direction struct {
	from   where.Region
	at     when.Span
	report *Prepared
	origin string   // whose word it is
	held   []string // who may have held any part of it; nil if that is not known
}

// Sizes of the pieces in which a launch area is held against who held what.
const (
	pieceShare = 40   // a fortieth of how far the area reaches,
	pieceLeast = 250. // but at least this, metres
)

// heldFrom says who may have held any part of where all regions meet, piece by
// piece, and which shares of it who held; nil if that is not known of any piece, or
// if they do not meet.
func heldFrom(rs []where.Region, at when.Span, holders Holders) (held []string, shares string) {
	pieces, ok := piecesOf(rs)
	if !ok {
		if len(rs) == 1 {
			return holders(rs[0], at), ""
		}
		return nil, ""
	}
	area := map[string]float64{}
	all := 0.0
	for _, p := range pieces {
		h := holders(p, at)
		if len(h) == 0 {
			return nil, ""
		}
		for _, x := range h {
			held = appendNew(held, x)
		}
		r, _ := p.Radius()
		size := math.Max(1, float64(r)*float64(r))
		area[strings.Join(h, "|")] += size
		all += size
	}
	slices.Sort(held)
	var parts []string
	for who, a := range area {
		parts = append(parts, fmt.Sprintf("about %.0f %% of it %s", 100*a/all, who))
	}
	slices.Sort(parts)
	if len(parts) > 1 {
		shares = "; " + strings.Join(parts, ", ")
	}
	return held, shares
}

func piecesOf(rs []where.Region) ([]where.Region, bool) {
	size := math.Inf(1)
	for _, r := range rs {
		reach, ok := r.Radius()
		if !ok {
			return nil, false
		}
		size = math.Min(size, math.Max(pieceLeast, float64(reach)/pieceShare))
	}
	return where.Pieces(where.Metres(size), where.Model{}, rs...)
}

// crossing holds the directions of several sources against each other. Where they
// cross, only one side may have stood, though each of them alone reaches over land
// of both; that counts less, for it holds only if it all came from one place. Where
// they do not cross, it did not, or one is wrong.
func (a *Attribution) crossing(from []direction, holders Holders) {
	var rs []where.Region
	var by []string
	at := when.Span{Start: when.Future, End: when.Past}
	counted := map[string]bool{} // whom a direction alone counts for
	seen := map[string]bool{}
	for _, d := range from {
		if len(d.held) == 1 {
			counted[d.held[0]] = true
		}
		if k := d.origin + " " + d.from.String(); !seen[k] {
			seen[k] = true
			rs = append(rs, d.from)
			by = appendNew(by, d.origin)
		}
		at.Start, at.End = min(at.Start, d.at.Start), max(at.End, d.at.End)
	}
	if len(rs) < 2 {
		return
	}
	slices.Sort(by)
	who, first := strings.Join(by, ", "), from[0].report
	pieces, ok := piecesOf(rs)
	switch h, shares := heldFrom(rs, at, holders); {
	case !ok:
	case len(pieces) == 0:
		a.ground("crossing", "", 0, first, who, "the %d directions meet nowhere: it did not all come from one place, or one of them is wrong", len(rs))
	case len(h) == 1 && !counted[h[0]]:
		a.ground("crossing", h[0], crossingOne, first, who, "the %d directions meet where only %s stood, if it all came from one place", len(rs), h[0])
	case len(h) == 1:
		a.ground("crossing", h[0], 0, first, who, "the %d directions meet where only %s stood; that is counted already", len(rs), h[0])
	case len(h) > 1:
		a.ground("crossing", "", 0, first, who, "the %d directions meet where several may have stood: %s%s", len(rs), strings.Join(h, "|"), shares)
	default:
		a.ground("crossing", "", 0, first, who, "the %d directions meet where it is not known who stood", len(rs))
	}
}
