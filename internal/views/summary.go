package views

import "slices"

// summary tells much of a block without its rows. It is made when it is first asked
// for and thrown away when the block changes; it takes up to a byte a row.
type summary struct {
	lost []uint16 // rows without a place

	profile, judged []tally // numbers of rows by code; nil where there are too many codes to be of use
}

// tally is how many rows have a code, and how many of them have no place.
type tally struct {
	code         uint32
	n, unlocated uint16
}

// summed is the summary of a block. Several may ask at once.
func (b *block) summed() *summary {
	if s := b.sum.Load(); s != nil {
		return s
	}
	s := b.sumUp()
	b.sum.Store(s)
	return s
}

func (b *block) sumUp() *summary {
	s := &summary{profile: tallied(b.profile, b.lat), judged: tallied(b.judged, b.lat)}
	for i, lat := range b.lat {
		if lat == noPlace {
			s.lost = append(s.lost, uint16(i))
		}
	}
	s.lost = slices.Clip(s.lost)
	return s
}

// tallySlots is a power of two, and at least twice as many as there are tallies.
const tallySlots = 1024

// tallied counts rows by code; nil where that would be hardly shorter than the rows.
func tallied(codes []uint32, lat []int32) []tally {
	most := min(len(codes)/16, tallySlots/2)
	var slots [tallySlots]uint16 // place in out + 1
	var out []tally
	for i, c := range codes {
		h := c * 2654435761 >> 22
		for slots[h] != 0 && out[slots[h]-1].code != c {
			h = (h + 1) % tallySlots
		}
		if slots[h] == 0 {
			if len(out) == most {
				return nil
			}
			out = append(out, tally{code: c})
			slots[h] = uint16(len(out))
		}
		t := &out[slots[h]-1]
		t.n++
		if lat[i] == noPlace {
			t.unlocated++
		}
	}
	return slices.Clip(out)
}

// hasProfile and hasJudged are the two halves of codes.
func (p *Plan) hasProfile(code uint32) bool { return p.profile[code] }

func (p *Plan) hasJudged(code uint32) bool {
	if code == noCode {
		return p.unjudged
	}
	return p.judged[code]
}

// tallies are those of a block by which the codes alone can be counted; false where
// rows have to be looked at.
func (p *Plan) tallies(s *summary) (of []tally, has func(uint32) bool, ok bool) {
	switch {
	case p.allJudged:
		return s.profile, p.hasProfile, s.profile != nil
	case p.allProfile:
		return s.judged, p.hasJudged, s.judged != nil
	}
	return nil, nil, false
}

// countCodes counts a block of which no place and no time is asked.
func (p *Plan) countCodes(b *block, s *summary, t *Totals) {
	if p.allProfile && p.allJudged {
		t.Matched += len(b.num)
		t.Unlocated += len(s.lost)
		return
	}
	if of, has, ok := p.tallies(s); ok {
		for _, x := range of {
			if has(x.code) {
				t.Matched += int(x.n)
				t.Unlocated += int(x.unlocated)
			}
		}
		return
	}
	for i, lat := range b.lat {
		if p.codes(b.profile[i], b.judged[i]) {
			t.Matched++
			t.Unlocated += one(lat == noPlace)
		}
	}
}

// usual is a radius that most circles do not exceed, in units of 10 m: what is true
// of a place with room for it is true without looking at the circle.
const usual = 2000

// room is how far a circle of up to a radius may reach about latitudes, in units.
func room(south, north int32, radius uint16) (dlat, dlon int32) {
	dlat, _, _ = within(0, radius)
	most := min(max(north, -north, south, -south)+dlat, 90*degree)
	_, dlon, _ = within(most, radius)
	return dlat, min(dlon, 360*degree)
}

// frame is a box that places are held against by one comparison an axis.
type frame struct {
	south, west   int32
	height, width uint32
}

// frameOf makes a frame of a box that is widened, or narrowed where the margins are
// below nought; false where nothing is left of it.
func frameOf(south, north, west, east, dlat, dlon int32) (f frame, ok bool) {
	if int64(north)+int64(dlat) < int64(south)-int64(dlat) || int64(east)+int64(dlon) < int64(west)-int64(dlon) {
		return frame{}, false
	}
	f = frame{south: south - dlat, west: west - dlon}
	f.height, f.width = uint32(north+dlat-f.south), uint32(east+dlon-f.west)
	return f, true
}

// holds is false for what has no place: nothing is so far south.
func (f *frame) holds(lat, lon int32) bool {
	return uint32(lat-f.south) <= f.height && uint32(lon-f.west) <= f.width
}

// lists are rows of a block: one worker uses them for one block after the other.
type lists struct{ inside, rim [blockSize + 1]uint16 }

// countBox counts a block of which a box is asked that is not over the antimeridian.
// Most places are so far from its rim that their circles are not looked at.
func (p *Plan) countBox(b *block, s *summary, l *lists, t *Totals) {
	all := p.allProfile && p.allJudged
	if all {
		t.Unlocated += len(s.lost)
	} else {
		for _, i := range s.lost {
			t.Unlocated += one(p.codes(b.profile[i], b.judged[i]))
		}
	}
	dlat, dlon := room(p.south, p.north, usual)
	outer, _ := frameOf(p.south, p.north, p.west, p.east, dlat, dlon)
	inner, some := frameOf(p.south, p.north, p.west, p.east, -dlat, -dlon)
	if !some {
		inner = frame{south: 180 * degree} // which holds nothing
	}
	inside, rim := l.inside[:], l.rim[:]
	in, on := split(b, &inner, &outer, inside, rim)
	if all {
		t.Matched += in
	} else {
		for _, i := range inside[:in] {
			t.Matched += one(p.codes(b.profile[i], b.judged[i]))
		}
	}
	for _, i := range rim[:on] {
		if b.lat[i] == noPlace || !p.codes(b.profile[i], b.judged[i]) {
			continue
		}
		hit, whole := p.box(b.lat[i], b.lon[i], b.radius[i])
		t.Matched += one(hit)
		t.Straddling += one(hit && !whole)
	}
}

// split puts the rows with usual circles in the inner frame into one list, and those
// that have to be looked at into another; it returns how many are in each. There is no
// branch in it: where a row lies cannot be foreseen. A difference below nought has its
// first bit set.
func split(b *block, inner, outer *frame, inside, rim []uint16) (in, on int) {
	n := len(b.lat)
	lat, lon, radius := b.lat[:n], b.lon[:n], b.radius[:n]
	innerH, innerW, outerH, outerW := uint64(inner.height)+1, uint64(inner.width)+1, uint64(outer.height)+1, uint64(outer.width)+1
	for i := range n {
		far := (usual - uint64(radius[i])) >> 63
		holds := ((uint64(uint32(lat[i]-inner.south)) - innerH) & (uint64(uint32(lon[i]-inner.west)) - innerW)) >> 63 &^ far
		near := ((uint64(uint32(lat[i]-outer.south)) - outerH) & (uint64(uint32(lon[i]-outer.west)) - outerW)) >> 63
		inside[in], rim[on] = uint16(i), uint16(i)
		in += int(holds)
		on += int(near&^holds | far)
	}
	return in, on
}

// takes is row, without what it counts, where all rows of a block are in the span.
func (p *Plan) takes(b *block, i int, whole bool) bool {
	if !whole || p.f.Only != nil {
		in, _, _, _ := p.row(b, i)
		return in
	}
	if !p.codes(b.profile[i], b.judged[i]) {
		return false
	}
	if p.f.Box == nil {
		return true
	}
	if b.lat[i] == noPlace {
		return false
	}
	hit, _ := p.box(b.lat[i], b.lon[i], b.radius[i])
	return hit
}
