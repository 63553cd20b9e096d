package compare

import "strings"

// maxTerms is how many parts of a union of places are worded.
const maxTerms = 6

// placeFact words a set of cells by the zones that they are in.
func (d *diagram) placeFact(lv int, in set) Fact {
	z := &d.s.zones
	atoms := newSet(len(z.atoms))
	for c := range in.each {
		for _, p := range d.s.dims[lv].values[c].points {
			atoms.add(p.atom)
		}
	}
	f := Fact{Dimension: dimNames[lv]}
	terms, rest := z.terms(atoms)
	for _, t := range terms {
		f.Values = append(f.Values, z.phrase(t))
	}
	f.Words = strings.Join(f.Values, ", or ")
	if rest > 0 {
		f.Words += ", or " + itoa(rest) + " more cells"
	}
	if lv == dOrigin {
		f.Words = "launched " + f.Words
	}
	return f
}

// literal is "inside zone" or "outside zone".
type literal struct {
	zone   int
	inside bool
}

// terms writes a set of cells as a union of intersections of zones and their
// outsides, few and short; rest is how many cells more than maxTerms of them
// leave.
func (z *zones) terms(atoms set) (out [][]literal, rest int) {
	left := atoms.clone()
	for !left.empty() && len(out) < maxTerms {
		for a := range left.each {
			t, holds := z.term(a, atoms)
			out = append(out, t)
			left = left.minus(holds)
			break
		}
	}
	return out, left.len()
}

// term adds what is known of a cell until no cell outside the set fits, always
// what shuts out most, and rather what it is inside of.
func (z *zones) term(a int, atoms set) ([]literal, set) {
	holds := fullSet(len(z.atoms))
	var t []literal
	for {
		bad := holds.minus(atoms)
		n := bad.len()
		if n == 0 {
			return t, holds
		}
		best, gain := literal{zone: -1}, 0
		for i := range z.list {
			l := literal{i, z.inside[i].has(a)}
			g := n - z.fits(l, bad).len()
			if g > gain || g == gain && g > 0 && l.inside && !best.inside {
				best, gain = l, g
			}
		}
		if best.zone < 0 {
			return t, holds // cells that no zone tells apart
		}
		t = append(t, best)
		holds = z.fits(best, holds)
	}
}

// fits are the cells of a set of which a literal is true.
func (z *zones) fits(l literal, in set) set {
	if l.inside {
		return in.and(z.inside[l.zone])
	}
	return in.minus(z.inside[l.zone])
}

func (z *zones) phrase(t []literal) string {
	if len(t) == 0 {
		return "anywhere"
	}
	var in, outside []string
	for _, l := range t {
		if l.inside {
			in = append(in, z.names[l.zone])
		} else {
			outside = append(outside, z.names[l.zone])
		}
	}
	var s []string
	if len(in) > 0 {
		s = append(s, "inside "+strings.Join(in, " and "))
	}
	if len(outside) > 0 {
		s = append(s, "outside "+strings.Join(outside, " and "))
	}
	return strings.Join(s, ", ")
}
