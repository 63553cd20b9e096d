package terms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/where"
)

// zoneResolver turns the zone expressions of a reading into geometries.
type zoneResolver struct {
	p     *reader
	defs  map[string]*Definition
	done  map[string]*where.Zone
	busy  map[string]bool
	parts map[*where.Zone]int
}

// named returns the zone that a name means: a definition, or areas written as
// `area:UA-63` or as codes.
func (z *zoneResolver) named(n Name) *where.Zone {
	if done, ok := z.done[n.Text]; ok {
		return done
	}
	if z.busy[n.Text] {
		z.p.errorf(n.Pos, "zone %q is defined by itself", n.Text)
		return nil
	}
	if d := z.defs[n.Text]; d != nil && d.Dimension == "zone" {
		z.busy[n.Text] = true
		zone := z.expr(n.Text, d.Zone)
		delete(z.busy, n.Text)
		if zone != nil {
			zone.Version = d.Version
		}
		z.done[n.Text] = zone
		return zone
	}
	code := strings.TrimPrefix(n.Text, "area:")
	if zone, err := where.AreaZone(n.Text, code); err == nil {
		z.done[n.Text] = zone
		return zone
	}
	known := []string{}
	for name, d := range z.defs {
		if d.Dimension == "zone" {
			known = append(known, name)
		}
	}
	for _, a := range where.Areas() {
		known = append(known, a.Code)
	}
	msg := fmt.Sprintf("zone %q is used but never defined", n.Text)
	if s := nearest(n.Text, known); s != "" {
		msg += fmt.Sprintf("; did you mean %q?", s)
	} else {
		msg += ": expected the name of a defined zone or an area such as UA-63"
	}
	z.p.errorf(n.Pos, "%s", msg)
	return nil
}

var zoneKeys = []string{"area", "geojson", "file", "feature", "near", "union", "intersect", "subtract", "not"}

// expr reads a zone expression.
func (z *zoneResolver) expr(name string, v *value) *where.Zone {
	switch v.kind {
	case scalar, list:
		return z.combine(name, v, where.UnionZone)
	case mapping:
	default:
		z.p.errorf(v.pos, "zone %q: expected one of %s", name, strings.Join(zoneKeys, ", "))
		return nil
	}
	if !z.p.keys(v, "zone "+name, zoneKeys...) || len(v.keys) == 0 {
		return nil
	}
	switch k := v.keys[0]; k.name {
	case "area":
		zone, err := where.AreaZone(name, z.p.texts(k.val, "area")...)
		if err != nil {
			z.p.errorf(k.val.pos, "zone %q: %v", name, err)
		}
		return zone
	case "geojson":
		return z.polygons(name, k.val, []byte(z.json(k.val)))
	case "file", "feature":
		return z.file(name, v)
	case "near":
		return z.near(name, k.val)
	case "union":
		return z.combine(name, k.val, where.UnionZone)
	case "intersect":
		return z.combine(name, k.val, where.IntersectZone)
	case "subtract":
		if len(k.val.items) != 2 {
			z.p.errorf(k.val.pos, "zone %q: expected subtract: [what, what is taken away]", name)
			return nil
		}
		a, b := z.operand(name, k.val.items[0]), z.operand(name, k.val.items[1])
		if a == nil || b == nil {
			return nil
		}
		return z.made(k.val, where.SubtractZone(name, a, b), a, b)
	case "not":
		if a := z.operand(name, k.val); a != nil {
			return z.made(k.val, where.ComplementZone(name, a), a)
		}
	}
	return nil
}

// json prints a value that holds GeoJSON: a block scalar or a mapping.
func (z *zoneResolver) json(v *value) string {
	switch v.kind {
	case scalar:
		if v.block || strings.HasPrefix(strings.TrimSpace(v.text), "{") {
			return v.text
		}
		if _, err := strconv.ParseFloat(v.text, 64); err == nil {
			return v.text
		}
		return strconv.Quote(v.text)
	case list:
		s := make([]string, len(v.items))
		for i, e := range v.items {
			s[i] = z.json(e)
		}
		return "[" + strings.Join(s, ",") + "]"
	case mapping:
		s := make([]string, len(v.keys))
		for i, k := range v.keys {
			s[i] = strconv.Quote(k.name) + ":" + z.json(k.val)
		}
		return "{" + strings.Join(s, ",") + "}"
	}
	return "null"
}

func (z *zoneResolver) polygons(name string, v *value, data []byte) *where.Zone {
	mp, _, _, err := where.ParseGeoJSON(data)
	if err == nil && len(mp) == 0 {
		err = fmt.Errorf("no polygon in it")
	}
	var zone *where.Zone
	if err == nil {
		zone, err = where.PolygonZone(name, mp)
	}
	if err != nil {
		z.p.errorf(v.pos, "zone %q: %v", name, err)
	}
	return zone
}

func (z *zoneResolver) file(name string, v *value) *where.Zone {
	f := v.get("file")
	if f == nil {
		z.p.errorf(v.pos, "zone %q: expected file: NAME.geojson", name)
		return nil
	}
	if b := z.p.zoneFile(f.str(), f.pos); b != nil {
		return z.polygons(name, f, b)
	}
	return nil
}

func (z *zoneResolver) operand(name string, v *value) *where.Zone {
	if v.kind == scalar {
		return z.named(Name{v.text, v.pos})
	}
	return z.expr(name, v)
}

func (z *zoneResolver) combine(name string, v *value, op func(string, ...*where.Zone) *where.Zone) *where.Zone {
	var zs []*where.Zone
	for _, e := range v.elems() {
		zone := z.operand(name, e)
		if zone == nil {
			return nil
		}
		if !slices.Contains(zs, zone) {
			zs = append(zs, zone)
		}
	}
	if len(zs) == 0 {
		z.p.errorf(v.pos, "zone %q: expected zones", name)
		return nil
	}
	return z.made(v, op(name, zs...), zs...)
}

// maxZoneParts is how many parts a zone may have when every name in it is
// written out.
const maxZoneParts = 2_000

// made notes how many parts a zone has, and refuses one that has too many.
func (z *zoneResolver) made(v *value, zone *where.Zone, of ...*where.Zone) *where.Zone {
	n := 1
	for _, o := range of {
		n += max(1, z.parts[o])
	}
	if n > maxZoneParts {
		z.p.errorf(v.pos, "zone %q has more than %d parts when its names are written out", zone.Name, maxZoneParts)
		return nil
	}
	z.parts[zone] = n
	return zone
}

// near reads {line: ..., side: ..., within: ...} or {sites: ..., within: ...}.
func (z *zoneResolver) near(name string, v *value) *where.Zone {
	if !z.p.keys(v, "near", "line", "sites", "points", "kind", "within", "side") {
		return nil
	}
	d, err := metres(v.get("within").str())
	if err != nil {
		z.p.errorf(v.pos, "zone %q: within: %v", name, err)
		return nil
	}
	if l := v.get("line"); l != nil {
		return z.nearLine(name, l, v.get("side"), d)
	}
	if s := v.get("sites"); s != nil {
		return z.nearSites(name, s, v.get("kind"), d)
	}
	if pts := v.get("points"); pts != nil {
		if line := z.points(name, pts); len(line) > 0 {
			return where.NearSites(name, line, d)
		}
		return nil
	}
	z.p.errorf(v.pos, "zone %q: expected near: {line: ...} or near: {sites: ANNEX}", name)
	return nil
}

// points reads a list of positions, or the points of a GeoJSON file.
func (z *zoneResolver) points(name string, v *value) []where.Point {
	if v.kind == list {
		return z.coordinates(v)
	}
	if !strings.HasSuffix(v.str(), ".geojson") && !strings.HasSuffix(v.str(), ".json") {
		z.p.errorf(v.pos, "zone %q: expected points: [[lon, lat], ...] or a GeoJSON file", name)
		return nil
	}
	b := z.p.zoneFile(v.str(), v.pos)
	if b == nil {
		return nil
	}
	_, _, pts, err := where.ParseGeoJSON(b)
	if err != nil || len(pts) == 0 {
		z.p.errorf(v.pos, "zone %q: expected points in %s (%v)", name, v.str(), err)
		return nil
	}
	return pts
}

func (z *zoneResolver) nearLine(name string, l, side *value, d where.Metres) *where.Zone {
	var line []where.Point
	switch {
	case l.kind == list:
		line = z.coordinates(l)
	case strings.HasSuffix(l.str(), ".geojson") || strings.HasSuffix(l.str(), ".json"):
		if b := z.p.zoneFile(l.str(), l.pos); b != nil {
			_, lines, _, err := where.ParseGeoJSON(b)
			if err != nil || len(lines) != 1 {
				z.p.errorf(l.pos, "zone %q: expected one line in %s (%v)", name, l.str(), err)
				return nil
			}
			line = lines[0]
		}
	default:
		z.p.errorf(l.pos, "zone %q: expected line: [[lon, lat], ...] or a GeoJSON file", name)
	}
	if len(line) < 2 {
		return nil
	}
	s := where.Both
	switch side.str() {
	case "", "both":
	case "left":
		s = where.Left
	case "right":
		s = where.Right
	default:
		z.p.errorf(side.pos, "side: expected left, right or both, as one goes along the line")
	}
	return where.NearLine(name, where.LineString(line), d, s)
}

func (z *zoneResolver) nearSites(name string, s, kindv *value, d where.Metres) *where.Zone {
	a := z.p.annex(s.str())
	if a == nil {
		z.p.errorf(s.pos, "zone %q: %q is not an annex of these terms", name, s.str())
		return nil
	}
	kinds := z.p.names(kindv, "kind")
	var pts []where.Point
	for _, o := range a.Objects {
		if o.HasPoint && (len(kinds) == 0 || z.p.kindIn(o.Kind, kinds)) {
			pts = append(pts, o.Point)
		}
	}
	if len(pts) == 0 {
		z.p.errorf(s.pos, "zone %q: annex %s lists no such site with coordinates", name, a.ID)
		return nil
	}
	return where.NearSites(name, pts, d)
}

// kindIn reports whether an object's kind is one of the nodes.
func (p *reader) kindIn(kind string, nodes Names) bool {
	k, ok := p.t.Vocabulary.Target.Node(kind)
	for _, n := range nodes {
		if s, known := p.t.Vocabulary.Target.Node(n.Text); ok && known && !k.Empty() && k.Minus(s).Empty() {
			return true
		}
	}
	return false
}

func (p *reader) annex(id string) *Annex {
	for _, a := range p.t.Annexes {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// coordinates reads [[lon, lat], ...], the order of GeoJSON.
func (z *zoneResolver) coordinates(v *value) []where.Point {
	var out []where.Point
	for _, e := range v.items {
		if len(e.items) != 2 {
			z.p.errorf(e.pos, "expected [longitude, latitude]")
			return nil
		}
		pt, err := point(e.items[1].str(), e.items[0].str())
		if err != nil {
			z.p.errorf(e.pos, "%v (expected [longitude, latitude])", err)
			return nil
		}
		out = append(out, pt)
	}
	return out
}

// metres reads "15 km" or "500 m".
func metres(s string) (where.Metres, error) {
	s = strings.TrimSpace(s)
	number, unit := s, 0.0
	if f, ok := strings.CutSuffix(s, "km"); ok {
		number, unit = f, 1000
	} else if f, ok := strings.CutSuffix(s, "m"); ok {
		number, unit = f, 1
	}
	d, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(d > 0) || unit == 0 {
		return 0, fmt.Errorf("%q is not a distance: expected a number and its unit, such as 15 km or 500 m", s)
	}
	if d*unit > 2e7 {
		return 0, fmt.Errorf("%q is farther than half way round the earth", s)
	}
	return where.Metres(d * unit), nil
}
