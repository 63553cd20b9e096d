package audit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/record"
)

// Policy says whose cosignatures count, in the form of C2SP tlog-policy:
//
//	log VKEY [URL]
//	witness NAME VKEY [URL]
//	group NAME all|any|N MEMBER...
//	quorum NAME|none
//
// The groups called mirrors, neutrals and parties, where there are any, give the
// levels that are shown on every entry.
type Policy struct {
	Logs      []note.Verifier
	Witnesses []PolicyWitness
	Quorum    string // "" where none is needed

	groups map[string]policyGroup
}

// PolicyWitness is a witness whose cosignature counts.
type PolicyWitness struct {
	Name string
	Key  note.Verifier
	VKey string // the key as the policy writes it
	URL  string // "" where it is not reached over the network
}

type policyGroup struct {
	need    int
	members []string
}

var policyWords = []string{"log", "witness", "group", "quorum", "any", "all", "none"}

// ParsePolicy reads a policy. Errors name the line.
func ParsePolicy(text []byte) (*Policy, error) {
	if len(text) > 1<<20 {
		return nil, fmt.Errorf("a policy of more than 1 MiB")
	}
	p := &Policy{groups: map[string]policyGroup{}}
	quorum := false
	for i, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if err := p.line(f, &quorum); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if !quorum {
		return nil, fmt.Errorf("no quorum: expected a line such as quorum NAME, or quorum none")
	}
	return p, nil
}

func (p *Policy) line(f []string, quorum *bool) error {
	switch {
	case f[0] == "log" && (len(f) == 2 || len(f) == 3):
		v, err := LogVerifier(f[1])
		p.Logs = append(p.Logs, v)
		return err
	case f[0] == "witness" && (len(f) == 3 || len(f) == 4):
		if err := p.fresh(f[1]); err != nil {
			return err
		}
		v, err := record.WitnessVerifier(f[2])
		if err != nil {
			return err
		}
		w := PolicyWitness{Name: f[1], Key: v, VKey: f[2]}
		if len(f) == 4 {
			w.URL = f[3]
		}
		for _, o := range p.Witnesses {
			if o.Key.KeyHash() == v.KeyHash() && o.Key.Name() == v.Name() {
				return fmt.Errorf("witness %s has the key of witness %s: one key counts once", w.Name, o.Name)
			}
		}
		p.Witnesses = append(p.Witnesses, w)
		return nil
	case f[0] == "group" && len(f) >= 4:
		return p.group(f[1], f[2], f[3:])
	case f[0] == "quorum" && len(f) == 2:
		if *quorum {
			return fmt.Errorf("a second quorum")
		}
		*quorum = true
		if f[1] == "none" {
			return nil
		}
		p.Quorum = f[1]
		return p.known(f[1])
	}
	return fmt.Errorf("%q: expected log VKEY [URL], witness NAME VKEY [URL], group NAME all|any|N MEMBER..., or quorum NAME", strings.Join(f, " "))
}

func (p *Policy) group(name, need string, members []string) error {
	if err := p.fresh(name); err != nil {
		return err
	}
	g := policyGroup{members: members}
	for i, m := range members {
		if err := p.known(m); err != nil {
			return err
		}
		if slices.Contains(members[:i], m) {
			return fmt.Errorf("%s stands twice in group %s", m, name)
		}
	}
	switch need {
	case "any":
		g.need = 1
	case "all":
		g.need = len(members)
	default:
		n, err := strconv.Atoi(need)
		if err != nil || n < 1 || n > len(members) {
			return fmt.Errorf("group %s needs %q of its %d members: expected all, any or a number from 1", name, need, len(members))
		}
		g.need = n
	}
	p.groups[name] = g
	return nil
}

func (p *Policy) fresh(name string) error {
	if slices.Contains(policyWords, name) {
		return fmt.Errorf("%q is a word of the policy and cannot be a name", name)
	}
	if p.known(name) == nil {
		return fmt.Errorf("a second %q", name)
	}
	return nil
}

func (p *Policy) known(name string) error {
	_, group := p.groups[name]
	if group || slices.ContainsFunc(p.Witnesses, func(w PolicyWitness) bool { return w.Name == name }) {
		return nil
	}
	return fmt.Errorf("%q is neither a witness nor a group above", name)
}

// Keys are the keys of all witnesses.
func (p *Policy) Keys() []note.Verifier {
	var out []note.Verifier
	if p != nil {
		for _, w := range p.Witnesses {
			out = append(out, w.Key)
		}
	}
	return out
}

// Groups are the groups that have a witness, or a group, as a member, by name.
func (p *Policy) Groups(member string) []string {
	var out []string
	for name, g := range p.groups {
		if slices.Contains(g.members, member) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Covered is how many entries a witness, or a group, has cosigned: of a group,
// as many as enough of its members have. sizes are those of the witnesses by
// name.
func (p *Policy) Covered(name string, sizes map[string]int64) int64 {
	g, ok := p.groups[name]
	if !ok {
		return sizes[name]
	}
	var each []int64
	for _, m := range g.members {
		each = append(each, p.Covered(m, sizes))
	}
	slices.Sort(each)
	return each[len(each)-g.need]
}

// The levels of witnessing, from the lowest.
const (
	Recorded   = "recorded"    // in a checkpoint that the log signed
	Mirrored   = "mirrored"    // held by others too
	Neutral    = "neutral"     // cosigned by neutrals
	AllParties = "all-parties" // cosigned by all parties
)

// LevelSize says that the entries before Size have a level.
type LevelSize struct {
	Level string `json:"level"`
	Size  int64  `json:"size"`
}

// Cosigned is the largest checkpoint that a witness has cosigned.
type Cosigned struct {
	Witness string `json:"witness"`
	Size    int64  `json:"size"`
}

// Levels says how far each level reaches, from the lowest: recorded for all of
// the log, the others where the policy has the group; last the quorum.
func (p *Policy) Levels(size int64, sizes map[string]int64) []LevelSize {
	out := []LevelSize{{Recorded, size}}
	if p == nil {
		return out
	}
	for _, l := range [][2]string{{"mirrors", Mirrored}, {"neutrals", Neutral}, {"parties", AllParties}} {
		if p.known(l[0]) == nil {
			out = append(out, LevelSize{l[1], min(size, p.Covered(l[0], sizes))})
		}
	}
	if p.Quorum != "" {
		out = append(out, LevelSize{"quorum", min(size, p.Covered(p.Quorum, sizes))})
	}
	return out
}

// LevelOf lists the levels of one entry.
func LevelOf(index int64, levels []LevelSize) []string {
	var out []string
	for _, l := range levels {
		if index < l.Size {
			out = append(out, l.Level)
		}
	}
	return out
}
