package views

import (
	"maps"
	"math"
	"slices"

	"github.com/truce-project/truce/record"
)

// Held is what an entry says of two others: that they are of different events.
type Held struct {
	A, B  string // ids of reports or incidents
	Entry *Doc
}

// heldOf are those that an entry is held apart from, by their ids, as of a size of the
// log: of each pair the newest entry counts. It has to be newer than both.
func heldOf(r Reads, id string, size int64) (map[string]*Doc, error) {
	by, err := r.Pointing(string(record.About), id)
	if err != nil {
		return nil, err
	}
	var out map[string]*Doc
	for _, d := range by { // in the order of the log
		if d.Kind != kindApart || d.Index >= size {
			continue
		}
		other, ok, err := otherOf(r, d, id)
		if err != nil {
			return nil, err
		}
		var p record.ApartEntry
		if !ok || !d.read(&p) {
			continue
		}
		switch p.Decision {
		case "apart":
			if out == nil {
				out = map[string]*Doc{}
			}
			out[other] = d
		case "withdrawn":
			delete(out, other)
		}
	}
	return out, nil
}

// otherOf is the other one of the two that an entry holds apart.
func otherOf(r Reads, d *Doc, id string) (string, bool, error) {
	about := d.ref(record.About)
	if len(about) != 2 || about[0] == about[1] {
		return "", false, nil
	}
	for _, x := range about {
		e, err := r.Doc(x)
		if err != nil || e == nil || e.Index >= d.Index || e.Kind != kindReport && e.Kind != kindIncident {
			return "", false, err
		}
	}
	if about[0] == id {
		return about[1], true, nil
	}
	return about[0], true, nil
}

// parts of an incident entry are it and the reports that it holds.
func (a assembler) parts(m *Doc) ([]string, error) {
	rs, err := a.reports([]*Doc{m})
	out := []string{m.ID}
	for _, r := range rs {
		out = append(out, r.ID)
	}
	return out, err
}

// component is the incident entries that are taken as one with an incident, in
// the order of the log, and the merges by which they are.
func (a assembler) component(id string) (members, merges []*Doc, err error) {
	members, merges, _, err = a.parted(id)
	return members, merges, err
}

// parted is component, and the merges that do not count because they would make
// one of two that are held apart. Merges count in the order of the log, each whole
// or not at all.
func (a assembler) parted(id string) (members, merges, refused []*Doc, err error) {
	all, links, err := a.linked(id)
	if err != nil || len(links) == 0 {
		return all, links, nil, err
	}
	of := map[string][]string{} // the parts of what is one, by its first member
	head := map[string]string{}
	held := map[string]map[string]*Doc{}
	for _, m := range all {
		if of[m.ID], err = a.parts(m); err != nil {
			return nil, nil, nil, err
		}
		head[m.ID] = m.ID
		for _, p := range of[m.ID] {
			if _, known := held[p]; known {
				continue
			}
			if held[p], err = heldOf(a.r, p, math.MaxInt64); err != nil {
				return nil, nil, nil, err
			}
		}
	}
	counts := map[string]bool{}
	for _, m := range links {
		var heads []string
		for _, x := range m.ref(record.Merges) {
			if h, ok := head[x]; ok && !slices.Contains(heads, h) {
				heads = append(heads, h)
			}
		}
		if _, _, two := between(held, of, heads); two {
			continue
		}
		counts[m.ID] = true
		for _, h := range heads[1:] {
			of[heads[0]] = append(of[heads[0]], of[h]...)
			for x := range head {
				if head[x] == h {
					head[x] = heads[0]
				}
			}
		}
	}
	for _, m := range all {
		if head[m.ID] == head[id] {
			members = append(members, m)
		}
	}
	for _, m := range links {
		if !slices.ContainsFunc(m.ref(record.Merges), func(x string) bool { return head[x] == head[id] }) {
			continue
		}
		if counts[m.ID] {
			merges = append(merges, m)
		} else {
			refused = append(refused, m)
		}
	}
	return members, merges, refused, nil
}

// between finds two parts of different wholes that are held apart.
func between(held map[string]map[string]*Doc, of map[string][]string, heads []string) (a, b string, found bool) {
	for i, x := range heads {
		for _, y := range heads[i+1:] {
			for _, p := range of[x] {
				for q := range held[p] {
					if slices.Contains(of[y], q) {
						return p, q, true
					}
				}
			}
		}
	}
	return "", "", false
}

// apartOf are the entries by which parts of an incident are held apart from
// anything, in the order of the log.
func (a assembler) apartOf(v *Incident) ([]string, error) {
	var ds []*Doc
	for _, h := range append([]string{v.ID}, slices.Concat(v.Members, v.Reports)...) {
		held, err := heldOf(a.r, h, math.MaxInt64)
		if err != nil {
			return nil, err
		}
		for _, d := range held {
			ds = append(ds, d)
		}
	}
	byIndex(ds)
	var out []string
	for _, d := range ds {
		if !slices.Contains(out, d.ID) {
			out = append(out, d.ID)
		}
	}
	return out, nil
}

// Held are the pairs of which one is a part of an incident and the other is none,
// as of the state that is read, in the order of the log.
func (s *Snapshot) Held(v *Incident) ([]Held, error) {
	own := append([]string{v.ID}, slices.Concat(v.Members, v.Reports)...)
	slices.Sort(own)
	own = slices.Compact(own)
	var out []Held
	for _, p := range own {
		held, err := heldOf(s.Store(), p, s.Size)
		if err != nil {
			return nil, err
		}
		for q, d := range held {
			if !slices.Contains(own, q) {
				out = append(out, Held{p, q, d})
			}
		}
	}
	slices.SortFunc(out, func(a, b Held) int { return int(a.Entry.Index - b.Entry.Index) })
	return out, nil
}

// AllHeld are all pairs that stand, in the order of the log.
func (s *Snapshot) AllHeld() ([]Held, error) {
	var out []Held
	var fault error
	err := s.Store().InOrder([]string{kindApart}, func(d *Doc) bool {
		about := d.ref(record.About)
		if d.Index >= s.Size || len(about) != 2 {
			return true
		}
		var held map[string]*Doc
		if held, fault = heldOf(s.Store(), about[0], s.Size); fault != nil {
			return false
		}
		if x := held[about[1]]; x != nil && x.ID == d.ID {
			out = append(out, Held{about[0], about[1], d})
		}
		return true
	})
	if err == nil {
		err = fault
	}
	return out, err
}

// HeldBetween is a pair by which two incidents, with all that is one with each of
// them, are held apart; nil where there is none.
func (s *Snapshot) HeldBetween(a, b string) (*Held, error) {
	x := assembler{s.Store()}
	var of [2]map[string]bool
	for i, id := range []string{a, b} {
		members, _, err := x.component(id)
		if err != nil {
			return nil, err
		}
		of[i] = map[string]bool{}
		for _, m := range members {
			parts, err := x.parts(m)
			if err != nil {
				return nil, err
			}
			for _, p := range parts {
				of[i][p] = true
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(of[0])) {
		held, err := heldOf(s.Store(), p, s.Size)
		if err != nil {
			return nil, err
		}
		for _, q := range slices.Sorted(maps.Keys(held)) {
			if of[1][q] {
				return &Held{p, q, held[q]}, nil
			}
		}
	}
	return nil, nil
}

// ReportsOf are the reports of an incident, with all that is one with it; of a report
// it is that one.
func (s *Snapshot) ReportsOf(id string) ([]string, error) {
	x := assembler{s.Store()}
	d, err := s.Store().Doc(id)
	if err != nil || d == nil || d.Kind == kindReport {
		return []string{id}, err
	}
	members, _, err := x.component(id)
	if err != nil {
		return nil, err
	}
	rs, err := x.reports(members)
	var out []string
	for _, r := range rs {
		out = append(out, r.ID)
	}
	return out, err
}
