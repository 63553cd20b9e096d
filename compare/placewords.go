package compare

import "strings"

// placeFact words a set of cells by the zones that they are in.
func (d *diagram) placeFact(lv int, in set) Fact {
	atoms := map[int]bool{}
	for c := range in.each {
		for _, p := range d.s.dims[lv].values[c].points {
			atoms[p.atom] = true
		}
	}
	f := Fact{Dimension: dimNames[lv]}
	for _, t := range d.s.zones.terms(atoms) {
		f.Values = append(f.Values, d.s.zones.phrase(t))
	}
	f.Words = strings.Join(f.Values, ", or ")
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
// outsides, few and short: from each cell not yet covered it drops literals as
// long as no cell outside the set comes in.
func (z *zones) terms(atoms map[int]bool) [][]literal {
	left := map[int]bool{}
	for a := range atoms {
		left[a] = true
	}
	var out [][]literal
	for a := range z.atoms {
		if !left[a] {
			continue
		}
		t := z.shorten(a, atoms)
		for b := range z.atoms {
			if z.holds(t, b) {
				delete(left, b)
			}
		}
		out = append(out, t)
	}
	return out
}

func (z *zones) shorten(a int, atoms map[int]bool) []literal {
	var t []literal
	for i := range z.list {
		t = append(t, literal{i, z.within[a][i]})
	}
	for _, inside := range []bool{false, true} { // what it is outside of goes first
		for i := len(t) - 1; i >= 0; i-- {
			if t[i].inside != inside {
				continue
			}
			less := append(append([]literal(nil), t[:i]...), t[i+1:]...)
			ok := true
			for b := range z.atoms {
				if ok && z.holds(less, b) && !atoms[b] {
					ok = false
				}
			}
			if ok {
				t = less
			}
		}
	}
	return t
}

func (z *zones) holds(t []literal, atom int) bool {
	for _, l := range t {
		if z.within[atom][l.zone] != l.inside {
			return false
		}
	}
	return true
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
