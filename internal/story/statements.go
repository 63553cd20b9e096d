package story

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
)

//go:embed statements.txt
var statementsText string

// statement is one line of statements.txt.
type statement struct {
	day, incident, by, where, says string
	facts                          map[string]string
}

func readStatements() ([]statement, error) {
	var out []statement
	for i, line := range strings.Split(statementsText, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f := strings.SplitN(line, "|", 6)
		if len(f) != 6 {
			return nil, fmt.Errorf("statements.txt:%d: %d columns: expected 6", i+1, len(f))
		}
		for k := range f {
			f[k] = strings.TrimSpace(f[k])
		}
		s := statement{day: f[0], incident: f[1], by: f[2], where: f[3], says: f[5]}
		if f[4] != "-" {
			s.facts = map[string]string{}
			for _, fact := range strings.Fields(f[4]) {
				k, v, ok := strings.Cut(fact, "=")
				if !ok {
					return nil, fmt.Errorf("statements.txt:%d: %q: expected column=value", i+1, fact)
				}
				s.facts[k] = v
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// statements records what was said beside any incident: of the talks as entries of
// talks (talks.go), and the rest, such as counts, as claims.
func statements(b *book) { b.say(func(s statement) bool { return s.incident == "-" }) }

// said records what was said of an incident.
func (b *book) said(incident string) { b.say(func(s statement) bool { return s.incident == incident }) }

func (b *book) say(which func(statement) bool) {
	all, err := readStatements()
	if err != nil {
		b.fail("%v", err)
		return
	}
	n := map[string]int{}
	for _, s := range all {
		n[s.incident]++
		if !which(s) {
			continue
		}
		if s.incident == "-" && b.atTalks(n["-"], s) {
			continue
		}
		d := draft{name: fmt.Sprintf("claim %s/%d", s.incident, n[s.incident]), by: "duty", kind: "claim@1", marking: "public", valid: s.day,
			at:      at(s.day).Add(16*time.Hour + time.Duration(n[s.incident])*time.Minute),
			payload: record.ClaimEntry{Says: s.says, By: s.by, Facts: s.facts, At: s.where + ", " + s.day}}
		if s.incident != "-" {
			d.refs = about(s.incident)
		}
		b.add(d)
	}
}
