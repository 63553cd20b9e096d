package count

import (
	"fmt"
	"slices"
	"strings"
)

// Rule is a named, versioned way of turning records into a number. Numbers by
// different rules cannot be compared: what one counts as a burst another leaves
// out.
type Rule struct {
	Name    string // contract: never given to another rule
	Version int    // raised when the same records may give another number
	Unit    string // what one is
	Says    string // the rule in a sentence or two
	Source  string // where it was published, or seen in use
	// Blind says what the rule cannot count, whatever happened.
	Blind []string
	// Listed are classes that are shown and not added up.
	Listed []string
	count  func(*tally)
}

// ID is the name with its version.
func (r *Rule) ID() string { return fmt.Sprintf("%s@%d", r.Name, r.Version) }

// RuleNamed finds a rule by its name, or by name@version.
func RuleNamed(name string) (*Rule, error) {
	for _, r := range rules() {
		if name == r.Name || name == r.ID() {
			return r, nil
		}
	}
	var names []string
	for _, r := range rules() {
		names = append(names, r.ID())
	}
	return nil, fmt.Errorf("%q is not a counting rule that is known here: expected one of %s", name, strings.Join(names, ", "))
}

// Rules are all rules, by name.
func Rules() []*Rule {
	all := rules()
	slices.SortFunc(all, func(a, b *Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// class is a part of what a rule counts: acts, by tree.
type class struct {
	name string
	any  []alternative
}

// alternative is met by an act below one of the nodes with a means below one of
// the nodes; no means: whatever it was done with.
type alternative struct{ act, means []string }

// truth is yes, no or open.
type truth int8

const (
	no truth = iota - 1
	open
	yes
)

func and(a, b truth) truth { return min(a, b) }
func or(a, b truth) truth  { return max(a, b) }

// below reports whether a value is at or below one of the nodes. A parent of a
// node, and a value that is not known, may be.
func below(value string, nodes []string) truth {
	out := no
	for _, n := range nodes {
		switch {
		case value == n || strings.HasPrefix(value, n+"."):
			return yes
		case value == "" || strings.HasPrefix(n, value+"."):
			out = open
		}
	}
	return out
}

func (c *class) has(act, means string) truth {
	out := no
	for _, a := range c.any {
		t := below(act, a.act)
		if len(a.means) > 0 {
			t = and(t, below(means, a.means))
		}
		out = or(out, t)
	}
	return out
}
