package terms

import (
	"strings"

	"github.com/truce-project/truce/vocab"
)

// actorTree holds who can act, own or control: the parties with what acts for
// them, the others of the terms, and Outsider for everybody else.
type actorTree struct {
	tree    *vocab.Tree
	path    map[string]string // lower-case name -> path
	show    map[string]string // path -> name as the terms write it
	parties vocab.Set         // the leaves of all parties
}

// Outsider stands for anybody whom the terms do not name.
const Outsider = "outsider"

func newActorTree(t *Terms) *actorTree {
	a := &actorTree{path: map[string]string{}, show: map[string]string{}}
	var paths []string
	add := func(parent, name string) string {
		clean := strings.Map(func(r rune) rune {
			if strings.ContainsRune(". \t|;,*", r) {
				return '_'
			}
			return r
		}, name)
		path := clean
		if parent != "" {
			path = parent + "." + clean
		}
		if _, taken := a.path[strings.ToLower(name)]; !taken {
			a.path[strings.ToLower(name)] = path
		}
		a.show[path] = name
		paths = append(paths, path)
		return path
	}
	for _, p := range t.Parties {
		top := add("", string(p.ID))
		for _, alias := range append([]string{p.Name}, p.Aliases...) {
			if k := strings.ToLower(alias); k != "" {
				if _, taken := a.path[k]; !taken {
					a.path[k] = top
				}
			}
		}
		for _, actor := range p.Actors {
			add(top, actor)
		}
	}
	for _, o := range t.Others {
		add("", string(o.ID))
	}
	add("", Outsider)
	tree, err := vocab.NewTree("actor", paths)
	if err != nil {
		tree, _ = vocab.NewTree("actor", []string{Outsider})
	}
	a.tree = tree
	for _, p := range t.Parties {
		if s, ok := tree.Node(a.path[strings.ToLower(string(p.ID))]); ok {
			a.parties = a.parties.Union(s)
		}
	}
	return a
}

// Actors returns the tree of actors.
func (t *Terms) Actors() *vocab.Tree { return t.actors.tree }

// Actor returns the leaves that name means: a party with all that acts for
// it, something listed under a party, one of the others, or, of PARTY.SOMETHING
// that is not listed, all of the party. Names are not
// case-sensitive, and a party's aliases mean the party.
func (t *Terms) Actor(name string) (vocab.Set, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	if path, ok := t.actors.path[name]; ok {
		return t.actors.tree.Node(path)
	}
	// A dot means "below", as in every tree: RU.VKS is some force of RU, though
	// the terms do not say which.
	above, _, dotted := strings.Cut(name, ".")
	if path, ok := t.actors.path[above]; dotted && ok {
		return t.actors.tree.Node(path)
	}
	return vocab.Set{}, false
}

// AllParties returns the leaves of all parties: who an unknown actor may be.
func (t *Terms) AllParties() vocab.Set { return t.actors.parties }

// ActorNames names a set of actors as the terms write them.
func (t *Terms) ActorNames(s vocab.Set) []string {
	var out []string
	for _, p := range t.actors.tree.Paths(s) {
		if p == "*" {
			for _, q := range t.actors.tree.Nodes() {
				if vocab.Parent(q) == "" {
					out = append(out, t.actors.show[q])
				}
			}
			continue
		}
		out = append(out, t.actors.show[p])
	}
	return out
}

// PartiesOf returns the parties to which some of the actors in s belong.
func (t *Terms) PartiesOf(s vocab.Set) []PartyID {
	var out []PartyID
	for _, p := range t.Parties {
		if leaves, ok := t.Actor(string(p.ID)); ok && !leaves.Intersect(s).Empty() {
			out = append(out, p.ID)
		}
	}
	return out
}
