package compare

import "math/big"

// growth is the order in which a box is widened: what people name last is
// widened first, so that what is left narrow is what they would name.
var growth = [][]int{
	{dOrigin, dIntended, dController, dMeans, dSite, dPlace, dTime, dOwner, dActor, dOutcome, dTarget, dAct},
	{dOrigin, dIntended, dController, dMeans, dSite, dAct, dTarget, dOutcome, dOwner, dActor, dPlace, dTime},
	{dOrigin, dIntended, dController, dMeans, dSite, dTime, dPlace, dAct, dTarget, dOutcome, dActor, dOwner},
}

// cover returns boxes inside a region, the largest first, that together hold
// all of it or, if there are more than most, as much as they can; rest is the
// region that none of them holds. Boxes may overlap.
func (d *mdd) cover(root, most int) (boxes []box, rest int) {
	rest = root
	for rest != no && len(boxes) < most {
		seed := d.largest(rest)
		var best box
		var gain *big.Int
		for _, order := range growth {
			b := append(box(nil), seed...)
			for _, lv := range order {
				b[lv] = d.grow(root, b, lv)
				if b[lv].equal(d.levels[lv].all) {
					b[lv] = nil
				}
			}
			if g := d.casesIn(rest, b); gain == nil || g.Cmp(gain) > 0 {
				best, gain = b, g
			}
		}
		boxes = append(boxes, best)
		rest = d.minus(rest, best)
	}
	if rest == no {
		boxes = d.irredundant(root, boxes)
	}
	return boxes, rest
}

// irredundant leaves out boxes that the others hold together, the smallest
// first.
func (d *mdd) irredundant(root int, boxes []box) []box {
	if len(boxes) > 64 {
		return boxes
	}
	out := append([]box(nil), boxes...)
	for i := len(out) - 1; i >= 0; i-- {
		left := root
		for k, b := range out {
			if k != i {
				left = d.minus(left, b)
			}
		}
		if left == no {
			out = append(out[:i], out[i+1:]...)
		}
	}
	return out
}
