package where

import "math"

// gridZone is a zone as a grid has it: an expression over leaves.
type gridZone struct {
	zone   *Zone
	expr   *gridExpr
	union  bool  // the expression is a union of leaves, or one leaf
	leaves []int // of the grid
	wide   bool
}

// gridExpr is an expression; a leaf has op "".
type gridExpr struct {
	op    string
	leaf  int // index into gridZone.leaves
	parts []*gridExpr
}

// gridLeaf is a polygon or near shape, with its edges laid out for a grid.
type gridLeaf struct {
	poly *polyShape
	near *nearShape
	wide bool
	sure bool // near: both sides

	arcs   []gridArc // the border, or what distance is measured from
	points []vec     // instead of arcs, where all of them are points
	pad    float64
	box    gridBox
	parts  []planePart
	border bool // arcs hold the border of a polygon
}

// gridArc is an edge as a great circle: ends, normal, and the normals of the two
// planes between which a foot is on it.
type gridArc struct{ a, b, n, from, to vec }

// planePart is a polygon as closed chains of edges in the plane of longitude
// and latitude.
type planePart struct {
	edges []planeEdge
	box   gridBox
}

// planeEdge is an edge in E7. Places nearer to its line than tol, of which
// near is the cross product, are decided by the zone itself: within tol are
// its boundary (see onBoundary), what rounding to E7 moved, and how far a
// great circle is from it.
type planeEdge struct {
	ax, ay, bx, by int32
	tol            int32
	near           int64
}

// gridBox is a box in E7, bounds included.
type gridBox struct{ x0, y0, x1, y1 int64 }

var emptyBox = gridBox{math.MaxInt64, math.MaxInt64, math.MinInt64, math.MinInt64}

func (b gridBox) merge(c gridBox) gridBox {
	return gridBox{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

func (b gridBox) meets(c gridBox) bool {
	return b.x0 <= c.x1 && c.x0 <= b.x1 && b.y0 <= c.y1 && c.y0 <= b.y1
}

func (b gridBox) grow(n int64) gridBox { return gridBox{b.x0 - n, b.y0 - n, b.x1 + n, b.y1 + n} }

// prepare makes leaves and expression of a zone.
func (g *Grid) prepare(z *Zone) gridZone {
	out := gridZone{zone: z, union: true}
	var walk func(s shape, top bool) *gridExpr
	walk = func(s shape, top bool) *gridExpr {
		c, ok := s.(*combined)
		if !ok {
			out.leaves = append(out.leaves, len(g.leaves))
			leaf := &gridLeaf{}
			leaf.poly, _ = s.(*polyShape)
			leaf.near, _ = s.(*nearShape)
			g.leaves = append(g.leaves, leaf)
			return &gridExpr{leaf: len(out.leaves) - 1}
		}
		out.union = out.union && c.op == "union"
		e := &gridExpr{op: c.op}
		for _, p := range c.parts {
			e.parts = append(e.parts, walk(p, false))
		}
		return e
	}
	out.expr = walk(z.shape, true)
	return out
}

// read lays out the edges of a leaf under a model.
func (f *gridLeaf) read(m Model) {
	f.box = emptyBox
	switch {
	case f.near != nil:
		f.sure = !f.near.sided()
		if !f.near.empty() {
			f.readNear(m)
		}
	case f.poly != nil:
		f.readPoly(m)
	default:
		f.wide = true
	}
}

func (f *gridLeaf) readNear(m Model) {
	set := f.near.at(m.lineEdges()).target
	f.readArcs(set)
	for i := range set.edges {
		e := &set.edges[i]
		f.box = f.box.merge(boxOf(e.a)).merge(boxOf(e.b))
		f.wide = f.wide || math.Abs(e.a.Lon-e.b.Lon) > 90
	}
	// A great circle is less than this off the straight line between the ends
	// of a piece, of a degree or so; see edgeSet.cut.
	if f.points == nil {
		f.box = f.box.grow(1e7 / 10)
	}
}

// readArcs copies what distance is measured from.
func (f *gridLeaf) readArcs(set *edgeSet) {
	f.pad = set.pad
	points := true
	for i := range set.edges {
		points = points && set.edges[i].angle == 0
	}
	for i := range set.edges {
		e := &set.edges[i]
		if points {
			f.points = append(f.points, e.va)
			continue
		}
		f.arcs = append(f.arcs, gridArc{e.va, e.vb, e.n, e.t, e.vb.cross(e.n)})
	}
}

// readBorder lays out the border of polygons, which only discs need.
func (f *gridLeaf) readBorder(m Model) {
	if f.poly != nil && !f.border {
		f.border = true
		f.readArcs(f.poly.at(m.Edges).border)
	}
}

func boxOf(p Point) gridBox {
	x, y := int64(math.Round(p.Lon*1e7)), int64(math.Round(p.Lat*1e7))
	return gridBox{x, y, x, y}
}

func (f *gridLeaf) readPoly(m Model) {
	for _, p := range f.poly.mp {
		part := planePart{box: emptyBox}
		for _, r := range p {
			for i := 1; i < len(r); i++ {
				f.wide = f.wide || math.Abs(r[i].Lon-r[i-1].Lon) > 90
				if r[i] != r[i-1] && !f.wide {
					part.edges = appendEdge(part.edges, r[i-1], r[i], m.Edges, 0)
				}
			}
		}
		for _, e := range part.edges {
			part.box = part.box.merge(e.box())
		}
		// Cross products must fit 64 bits.
		f.wide = f.wide || part.box.x1-part.box.x0 > 1.6e9
		f.box = f.box.merge(part.box)
		f.parts = append(f.parts, part)
	}
}

// appendEdge appends an edge as straight pieces; a great circle is cut until
// the pieces are within 5 metres of it.
func appendEdge(to []planeEdge, a, b Point, model EdgeModel, depth int) []planeEdge {
	off := 0.0
	if model == Geodesic {
		mid := a.vec().add(b.vec()).unit().point()
		if math.Abs(mid.Lon-a.Lon) > 180 {
			mid.Lon = -mid.Lon
		}
		off = planarGap(mid, a, b) * 1e7
		if depth < 16 && (off > 500 || math.Abs(a.Lon-b.Lon) > 5) {
			return appendEdge(appendEdge(to, a, mid, model, depth+1), mid, b, model, depth+1)
		}
		off *= 1.5
	}
	ax, okA := ToE7(a.Lon)
	ay, okB := ToE7(a.Lat)
	bx, okC := ToE7(b.Lon)
	by, okD := ToE7(b.Lat)
	tol := 0.02 + off
	if !(okA && okB && okC && okD) {
		tol += 2
	}
	e := planeEdge{ax: int32(ax), ay: int32(ay), bx: int32(bx), by: int32(by), tol: int32(tol) + 1}
	if e.ax == e.bx && e.ay == e.by {
		return to // shorter than a centimetre; its neighbours' tolerance holds it
	}
	e.near = int64(tol*math.Hypot(float64(e.bx)-float64(e.ax), float64(e.by)-float64(e.ay))) + 2
	return append(to, e)
}

func (e *planeEdge) box() gridBox {
	return gridBox{int64(min(e.ax, e.bx)), int64(min(e.ay, e.by)), int64(max(e.ax, e.bx)), int64(max(e.ay, e.by))}.grow(int64(e.tol))
}

// enters reports whether an edge may have a point in a box, or within its
// tolerance of one.
func (e *planeEdge) enters(b gridBox) bool {
	if !e.box().meets(b) {
		return false
	}
	b = b.grow(int64(e.tol))
	dx, dy := int64(e.bx)-int64(e.ax), int64(e.by)-int64(e.ay)
	side := func(x, y int64) bool { return dx*(y-int64(e.ay))-dy*(x-int64(e.ax)) > 0 }
	s := side(b.x0, b.y0)
	return s != side(b.x1, b.y0) || s != side(b.x0, b.y1) || s != side(b.x1, b.y1)
}

// reach is the box of all places whose disc may touch the leaf; false if it
// goes round the earth.
func (f *gridLeaf) reach(r Metres) (gridBox, bool) {
	if f.box == emptyBox {
		return f.box, true
	}
	d := float64(r)
	if f.near != nil {
		d += float64(f.near.within)
	}
	b := f.box
	if d > 0 {
		angle := d/(sphereRadius*ellipsoidLow)/radians + 1e-6
		lat := math.Max(math.Abs(float64(b.y0)), math.Abs(float64(b.y1)))/1e7 + angle
		if lat > 85 {
			return b, false
		}
		x, y := int64(angle/math.Cos(lat*radians)*1e7)+1, int64(angle*1e7)+1
		b = gridBox{b.x0 - x, b.y0 - y, b.x1 + x, b.y1 + y}
	}
	return b, b.x0 >= -1_800_000_000 && b.x1 <= 1_800_000_000
}

// limits are squared chords that decide without a closer look. Under in, the
// disc is in the zone near to something; over notIn it is not; under part it
// is at least in part; over out it is outside. For the border of polygons,
// under part it meets the border, over out it does not.
type limits struct{ in, notIn, part, out float64 }

// handsBreadth is what rounding may make of a distance on the unit sphere,
// many times over: a millimetre.
const handsBreadth = 0.001 / sphereRadius

func (f *gridLeaf) limits(r Metres, m Model) limits {
	low, high := ellipsoidLow, ellipsoidHigh
	if m.Distance == Sphere {
		low, high = 1, 1
	}
	under := func(d Metres) float64 {
		c := angleChord(float64(d)/(sphereRadius*high)) - f.pad*1.01 - handsBreadth
		return math.Copysign(c*c, c)
	}
	over := func(d Metres) float64 {
		if d < 0 {
			return -1
		}
		c := angleChord(float64(d)/(sphereRadius*low)) + f.pad*1.01 + handsBreadth
		return c * c
	}
	w := Metres(0)
	if f.near != nil {
		w = f.near.within
	}
	in := -1.0
	if w >= r {
		in = under(w - r)
	}
	return limits{in, over(w - r), under(w + r), over(w + r)}
}

// chord2 is the squared chord from p to an arc.
func (a *gridArc) chord2(p *vec) float64 {
	if p.dot(a.from) > 0 && p.dot(a.to) > 0 {
		s := p.dot(a.n)
		s *= s
		if s > 1e-4 {
			return 2 - 2*math.Sqrt(1-s)
		}
		return s * (1 + s*(0.25+s*0.125))
	}
	d, e := p.sub(a.a), p.sub(a.b)
	return min(d.dot(d), e.dot(e))
}

func (f *gridLeaf) chord2(i uint32, p *vec) float64 {
	if f.points != nil {
		d := p.sub(f.points[i])
		return d.dot(d)
	}
	return f.arcs[i].chord2(p)
}

func (f *gridLeaf) targets() int { return max(len(f.points), len(f.arcs)) }
