package where

import "math"

const (
	mostPatches = 250 // into which a disc is cut to bound what it attains
	mostOpen    = 3   // straddled zones of the smallest patch that are told apart
)

// piece of a disc and the zones that may straddle it.
type openPatch struct {
	patch
	mask uint64 // of the zones that hold all of it
	open []int
}

// mayAttain bounds the combinations of straddled zones that a disc attains: there
// are none beside those that it returns. The disc is cut into ever smaller ones,
// until no more than one zone straddles each. It is nil where that bounds nothing,
// or takes too long.
func mayAttain(r Region, zones []*Zone, which []int, fixed uint64, m Model) map[uint64]bool {
	if r.kind != kindDisc || len(which) > 16 {
		return nil
	}
	around := Sector(r.c, 0, 180, 0, r.max)
	most := map[uint64]bool{}
	var queue []openPatch
	for _, p := range around.patches() {
		queue = append(queue, openPatch{p, fixed, which})
	}
	for used := 0; len(queue) > 0; used++ {
		if used == mostPatches {
			return nil
		}
		p := queue[0]
		queue = queue[1:]
		disc := around.patchDisc(p.patch, m)
		here := openPatch{patch: p.patch, mask: p.mask}
		for _, i := range p.open {
			switch zones[i].kleene(disc, m) {
			case Inside:
				here.mask |= 1 << i
			case Straddling:
				here.open = append(here.open, i)
			}
		}
		if len(here.open) <= 1 || here.told(most) || float64(disc.max) < math.Max(float64(r.max)/150, 1) {
			if len(here.open) > mostOpen && !here.told(most) {
				return nil
			}
			here.each(func(mask uint64) bool { most[mask] = true; return true })
			continue
		}
		for _, half := range around.halve(p.patch) {
			queue = append(queue, openPatch{half, here.mask, here.open})
		}
	}
	return most
}

// each calls f with what a patch may attain, as long as it says so.
func (p *openPatch) each(f func(mask uint64) bool) bool {
	for way := range uint64(1) << len(p.open) {
		mask := p.mask
		for k, i := range p.open {
			mask |= way >> k & 1 << i
		}
		if !f(mask) {
			return false
		}
	}
	return true
}

// told reports whether all that a patch may attain is known to be possible.
func (p *openPatch) told(most map[uint64]bool) bool {
	return 1<<len(p.open) <= len(most) && p.each(func(mask uint64) bool { return most[mask] })
}
