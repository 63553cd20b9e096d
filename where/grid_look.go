package where

// Look relates the zone of the entries first up to last of a cell to the disc
// round a place of the cell. It does not know what is settled in the cell: a
// zone that straddles there is at least Straddling.
func (l *Layer) Look(first, last uint32, s *Spot) Relation {
	best := Outside
	for i := first; i < last; i++ {
		o := &l.opens[i]
		var r Relation
		ok := true
		switch o.kind {
		case openPart:
			var in bool
			if in, ok = l.holds(o, int64(s.Lon), int64(s.Lat)); in {
				r = Inside
			}
		case openNear:
			lim := &l.limits[o.leaf]
			r, ok = lim.judge(l.least(o, s, lim.in))
		case openSites:
			lim := &l.limits[o.leaf]
			r, ok = lim.judge(l.nearestSite(o, s, lim.in))
		case openDisc:
			if r, ok = l.border(o, s); r == Straddling {
				i += uint32(o.parts)
			}
		default:
			ok = false
		}
		switch {
		case !ok:
			return l.Ask(o.zone, s)
		case r == Inside:
			return Inside
		case r == Straddling:
			best = Straddling
		}
	}
	return best
}

// holds reports whether a polygon holds a place, by the edges between it and
// the place of the cell that is known; false when it is too near to an edge.
func (l *Layer) holds(o *opening, x, y int64) (in, ok bool) {
	in = o.in
	dx, dy := int64(o.rx)-x, int64(o.ry)-y
	edges := l.plane[o.a:o.b]
	for i := range edges {
		e := &edges[i]
		ax, ay := int64(e.ax)-x, int64(e.ay)-y
		bx, by := int64(e.bx)-x, int64(e.by)-y
		o3 := ax*by - ay*bx
		if o3 <= e.near && o3 >= -e.near {
			return false, false
		}
		o1, o2 := dx*ay-dy*ax, dx*by-dy*bx
		if o1 == 0 || o2 == 0 {
			return false, false
		}
		if (o1 > 0) != (o2 > 0) && (o3 > 0) != ((ax-dx)*(by-dy)-(ay-dy)*(bx-dx) > 0) {
			in = !in
		}
	}
	return in, true
}

// least is the squared chord from a place to the nearest of the edges that may
// be nearest, or to any that is less than enough.
func (l *Layer) least(o *opening, s *Spot, enough float64) float64 {
	f := l.g.leaves[o.leaf]
	p := s.vec()
	best := 5.0
	for _, i := range l.cand[o.a:o.b] {
		if d := f.arcs[i].chord2(p); d < best {
			if best = d; d < enough {
				break
			}
		}
	}
	return best
}

// nearestSite is least for sites.
func (l *Layer) nearestSite(o *opening, s *Spot, enough float64) float64 {
	p := s.vec()
	best := 5.0
	sites := l.sites[o.a:o.b]
	for i := range sites {
		q := &sites[i]
		dx, dy, dz := p[0]-q[0], p[1]-q[1], p[2]-q[2]
		if d := dx*dx + dy*dy + dz*dz; d < best {
			if best = d; d < enough {
				break
			}
		}
	}
	return best
}

// judge is the relation at a squared chord from what distance is measured
// from; false if it is too near to a limit.
func (lim *limits) judge(d float64) (Relation, bool) {
	switch {
	case d < lim.in:
		return Inside, true
	case d > lim.out:
		return Outside, true
	case d > lim.notIn && d < lim.part:
		return Straddling, true
	}
	return Outside, false
}

// border is Straddling when the disc meets the border, and else Outside: the
// parts that follow say on which side it is.
func (l *Layer) border(o *opening, s *Spot) (Relation, bool) {
	lim := &l.limits[o.leaf]
	switch d := l.least(o, s, lim.part); {
	case d < lim.part:
		return Straddling, true
	case d > lim.out:
		return Outside, true
	}
	return Outside, false
}
