package evidence

import (
	"slices"
	"strings"
)

// Group is one origin of what is reported: whoever only passes its word on, or
// copies it, adds nothing to it.
type Group struct {
	Origin      string   `json:"origin"`                // id of a source, party:ID, sensor:NAME, or unnamed
	Party       string   `json:"party,omitempty"`       // if all of it is the word of a party
	Reports     []string `json:"reports,omitempty"`     // ids of those that rest on it
	Through     []string `json:"through,omitempty"`     // who passed it on
	Reliability string   `json:"reliability,omitempty"` // A to F, of the source itself; F if it cannot be judged
	Credibility int      `json:"credibility"`           // 1 to 6, computed: see Credibility
	Given       []string `json:"given,omitempty"`       // ratings as reports gave them
	Claim       bool     `json:"claim,omitempty"`       // a report of it states the level claimed: it counts for no level
}

// Independent reports whether a group is the word of no party.
func (g Group) Independent() bool { return g.Party == "" && g.Origin != unnamedOrigin }

const (
	unnamedOrigin = "unnamed"
	partyPrefix   = "party:"
	sensorPrefix  = "sensor:"
)

// origins finds on whose word each of several reports rests: nodes of a union of
// sets in which those that cannot be told apart are one.
type origins struct {
	of     [][]string // nodes of each report
	parent map[string]string
}

func (o *origins) find(x string) string {
	for o.parent[x] != "" && o.parent[x] != x {
		x = o.parent[x]
	}
	return x
}

// join makes two origins one. A party's is the name of both; of others the
// first in the alphabet is.
func (o *origins) join(x, y string) {
	x, y = o.find(x), o.find(y)
	if x == y || strings.HasPrefix(x, partyPrefix) && strings.HasPrefix(y, partyPrefix) {
		return // two parties are never one, even where one quotes the other
	}
	if rank(y) < rank(x) || rank(y) == rank(x) && y < x {
		x, y = y, x
	}
	o.parent[y] = x
}

func rank(node string) int {
	switch {
	case strings.HasPrefix(node, partyPrefix):
		return 0
	case node == unnamedOrigin:
		return 2
	}
	return 1
}

// originsOf says on whose word reports rest.
func originsOf(rs []*Prepared, sources *Sources) *origins {
	o := &origins{of: make([][]string, len(rs)), parent: map[string]string{}}
	outlets := map[string][]int{}
	for i, r := range rs {
		if r.Outlet != "" {
			outlets[r.Outlet] = append(outlets[r.Outlet], i)
		}
	}
	for i := range rs {
		o.of[i] = o.nodes(rs, outlets, sources, i, map[int]bool{})
	}
	for i := range rs {
		for k := i + 1; k < len(rs); k++ {
			if len(o.of[i]) == 0 || len(o.of[k]) == 0 || !oneSource(rs[i], rs[k]) {
				continue
			}
			o.join(o.of[i][0], o.of[k][0])
		}
	}
	return o
}

// oneSource reports whether two reports are copies: of a text, or resting on one
// picture.
func oneSource(a, b *Prepared) bool {
	return a.sketch.Copied(b.sketch) || onePicture(a, b)
}

func onePicture(a, b *Prepared) bool {
	d, ok := nearest(a.Pictures, b.Pictures)
	return ok && d <= pictureBits
}

// nodes are the origins of a report: those that it cites, followed through
// reports at hand, or itself.
func (o *origins) nodes(rs []*Prepared, outlets map[string][]int, sources *Sources, i int, busy map[int]bool) []string {
	r := rs[i]
	if busy[i] || r.Alert || r.Denies {
		return nil
	}
	busy[i] = true
	defer delete(busy, i)
	if r.Detection != nil {
		return []string{sensorPrefix + strings.ToLower(r.Detection.Instrument)}
	}
	if r.Party != "" {
		return []string{partyPrefix + r.Party}
	}
	if !r.Relay.Relays() {
		return []string{o.own(r)}
	}
	var out []string
	for _, id := range r.Relay.Origins {
		followed := false
		for _, k := range outlets[id] {
			for _, n := range o.nodes(rs, outlets, sources, k, busy) {
				out, followed = appendNew(out, n), true
			}
		}
		if !followed {
			out = appendNew(out, sources.node(id))
		}
	}
	if len(out) == 0 {
		out = []string{unnamedOrigin}
	}
	slices.Sort(out)
	return out
}

func (o *origins) own(r *Prepared) string {
	if r.Outlet == "" {
		return unnamedOrigin
	}
	return r.Outlet
}

// node is the origin that a cited source stands for.
func (s *Sources) node(id string) string {
	if x, ok := s.byID(id); ok && x.Party != "" {
		return partyPrefix + x.Party
	}
	return id
}

func (s *Sources) byID(id string) (Source, bool) {
	if s != nil {
		for i := range s.list {
			if s.list[i].ID == id {
				return s.list[i], true
			}
		}
	}
	return Source{}, false
}

// groups puts reports together by the origins that they rest on, sorted.
func groups(rs []*Prepared, sources *Sources) []Group {
	o := originsOf(rs, sources)
	byRoot := map[string]*Group{}
	for i, r := range rs {
		for _, n := range o.of[i] {
			root := o.find(n)
			g := byRoot[root]
			if g == nil {
				g = &Group{Origin: root, Reliability: "F"}
				g.Party, _ = strings.CutPrefix(root, partyPrefix)
				if g.Party == root {
					g.Party = ""
				}
				byRoot[root] = g
			}
			g.take(r, n == root || strings.HasPrefix(root, partyPrefix) && r.Party != "")
		}
	}
	out := make([]Group, 0, len(byRoot))
	for _, g := range byRoot {
		slices.Sort(g.Reports)
		g.Reports = slices.Compact(g.Reports)
		slices.Sort(g.Through)
		slices.Sort(g.Given)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int { return strings.Compare(a.Origin, b.Origin) })
	return out
}

// take adds a report to a group; itself says that it is the origin and no relay.
func (g *Group) take(r *Prepared, itself bool) {
	g.Reports = append(g.Reports, r.ID())
	g.Claim = g.Claim || states(r) && r.Incident.Level == Claimed
	for _, t := range r.Relay.Through {
		g.Through = appendNew(g.Through, t)
	}
	if !itself || r.Relay.Relays() && r.Party == "" {
		if r.Outlet != "" && r.Outlet != g.Origin {
			g.Through = appendNew(g.Through, r.Outlet)
		}
		return
	}
	if v := r.Incident.Reliability; v != "" {
		g.Given = appendNew(g.Given, v)
		if a := strings.ToUpper(v[:1]); a >= "A" && a <= "F" && a < g.Reliability {
			g.Reliability = a
		}
	}
}

// Corroboration counts the independent groups: origins that are the word of no
// party. Unnamed sources count as one, and only where there is no other.
func Corroboration(gs []Group) int {
	n, unnamed := 0, false
	for _, g := range gs {
		if g.Independent() {
			n++
		}
		unnamed = unnamed || g.Origin == unnamedOrigin
	}
	if n == 0 && unnamed {
		return 1
	}
	return n
}
