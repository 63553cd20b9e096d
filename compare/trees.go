package compare

import (
	"errors"
	"fmt"
	"strings"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/vocab"
)

// tree joins the trees of one dimension of all sides: its leaves are the finest
// kinds that some side knows.
type tree struct {
	*vocab.Tree
	images [][]int // side -> joint leaf -> leaf of that side's tree, or -1
}

// tree is the joint tree of a dimension.
func (s *space) tree(d int) *tree {
	if s.trees[d] != nil {
		return s.trees[d]
	}
	trees := make([]*vocab.Tree, len(s.sides))
	for i, side := range s.sides {
		trees[i] = treeOf(side.terms(), dimNames[d])
	}
	s.trees[d] = join(trees, isActor(d))
	return s.trees[d]
}

func isActor(d int) bool { return d == dActor || d == dOwner || d == dController }

func treeOf(t *terms.Terms, dim string) *vocab.Tree {
	switch dim {
	case "actor", "owner", "controller":
		return t.Actors()
	}
	return t.Vocabulary.Tree(dim)
}

// join returns the joint tree. A leaf that one side does not know by name is
// there what the nearest node above it is there, if that is a leaf; an actor
// whom a side does not name at all is an outsider there.
func join(trees []*vocab.Tree, actors bool) *tree {
	leaves := make([]map[string]int, len(trees))
	var paths []string
	seen := map[string]bool{}
	for i, t := range trees {
		leaves[i] = map[string]int{}
		for _, n := range t.Nodes() {
			if !seen[n] {
				seen[n] = true
				paths = append(paths, n)
			}
		}
		for l := range t.Len() {
			leaves[i][t.Leaf(l)] = l
		}
	}
	joint, err := vocab.NewTree(trees[0].Name(), paths)
	if err != nil { // more leaves together than a tree holds: those of the first side
		joint = trees[0]
	}
	out := &tree{Tree: joint}
	for i := range trees {
		image := make([]int, joint.Len())
		for l := range image {
			image[l] = imageOf(joint.Leaf(l), leaves[i])
			if image[l] < 0 && actors && !named(joint.Leaf(l), trees[i]) {
				image[l] = imageOf(terms.Outsider, leaves[i])
			}
		}
		out.images = append(out.images, image)
	}
	return out
}

// named reports whether a tree has a node, or one above it.
func named(path string, t *vocab.Tree) bool {
	for p := path; p != ""; p = vocab.Parent(p) {
		if _, ok := t.Node(p); ok {
			return true
		}
	}
	return false
}

func imageOf(path string, leaves map[string]int) int {
	for p := path; p != ""; p = vocab.Parent(p) {
		if l, ok := leaves[p]; ok {
			return l
		}
	}
	return -1
}

// treeDimension cuts the leaves of a tree, or those of the given nodes, into
// classes.
func (s *space) treeDimension(d int, name string, given []string) error {
	t := s.tree(d)
	looked := t.All()
	if len(given) > 0 {
		looked = vocab.Set{}
		for _, g := range given {
			n, ok := t.Node(g)
			if !ok {
				msg := fmt.Sprintf("%s %q is not known to these texts", name, g)
				if near := t.Nearest(g); near != "" {
					msg += fmt.Sprintf("; did you mean %q?", near)
				}
				return errors.New(msg)
			}
			looked = looked.Union(n)
		}
	}
	at := 0
	for i, n := range judge.Dimensions() {
		if n == name {
			at = i
		}
	}
	classes := map[string]int{}
	var unknown []string
leaves:
	for l := range t.Len() {
		if !looked.Has(l) {
			continue
		}
		for i := range s.sides {
			if t.images[i][l] < 0 {
				unknown = append(unknown, t.Leaf(l))
				continue leaves
			}
		}
		mask := s.joint(func(u *unit) []uint64 { return u.f.Leaf(at, t.images[u.side][l]) })
		s.dims[d].add(classes, mask, 1, func(v *value) { v.leaves = append(v.leaves, l) })
	}
	if len(unknown) > 0 {
		for i, u := range unknown {
			unknown[i] = s.shown(d, u)
		}
		s.partial = true
		s.notes = append(s.notes, fmt.Sprintf("not compared, because one side has no word for it: %s %s", name, strings.Join(unknown, ", ")))
	}
	if len(s.dims[d].values) == 0 {
		return fmt.Errorf("the texts share no %s that could be compared", name)
	}
	return nil
}

// siteDimension cuts the listed objects of all annexes into classes.
func (s *space) siteDimension() {
	ids := []string{""}
	seen := map[string]bool{"": true}
	for _, u := range s.units {
		for _, o := range u.r.Objects {
			if !seen[o.ID] {
				seen[o.ID] = true
				ids = append(ids, o.ID)
			}
		}
	}
	classes := map[string]int{}
	for _, id := range ids {
		mask := s.joint(func(u *unit) []uint64 {
			at := len(u.r.Objects)
			for i, o := range u.r.Objects {
				if o.ID == id {
					at = i
				}
			}
			return u.f.Site(at)
		})
		s.dims[dSite].add(classes, mask, 1, func(v *value) { v.sites = append(v.sites, id) })
	}
	if len(s.dims[dSite].values) > 1 {
		s.notes = append(s.notes, "a listed object is compared apart from where it lies, of what kind it is and whose: a box or an example may pair it with others")
	}
}

// shown is a path as people read it: an actor as the texts write the name.
func (s *space) shown(d int, path string) string {
	if !isActor(d) {
		return path
	}
	for _, side := range s.sides {
		t := side.terms()
		if set, ok := t.Actors().Node(path); ok && set.Len() > 0 {
			if n := t.ActorNames(set); len(n) == 1 {
				return n[0]
			}
		}
	}
	return path
}
