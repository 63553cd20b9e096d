package web

import (
	"context"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/vocab"
)

// Rules are what numbers, lint, access and facts go by: the same for everybody, and
// the same for every record that this program serves.
type Rules struct {
	Counting   []CountingRule    `json:"counting" doc:"by name; numbers by different rules cannot be compared (docs/counting.md)"`
	Lint       []LintRule        `json:"lint" doc:"what truce check looks for (docs/lint.md)"`
	Rights     []RightsRow       `json:"rights" doc:"the table of rights; what no row allows is refused (docs/rights.md)"`
	Vocabulary string            `json:"vocabulary" doc:"name and version of the trees"`
	Nodes      map[string][]Node `json:"nodes" doc:"of act, outcome, means, target; a node means all below it"`
}

// CountingRule is one way in which records become a number.
type CountingRule struct {
	ID     string   `json:"id" doc:"name and version"`
	Unit   string   `json:"unit" doc:"what one is"`
	Says   string   `json:"says"`
	Source string   `json:"source" doc:"where it was published, or seen in use"`
	Blind  []string `json:"blind,omitempty" doc:"what it cannot count, whatever happened"`
	Listed []string `json:"listed,omitempty" doc:"shown and not added up"`
}

// LintRule is one thing that a text should define, or that should not be in it.
type LintRule struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	Why      string `json:"why" doc:"a failure that it led to, or would"`
	Source   string `json:"source,omitempty"`
	Mend     string `json:"mend"`
	Severity int    `json:"severity" doc:"1 verdicts hang on it, 2 a procedure or a term is missing, 3 good practice"`
}

// RightsRow is a row of the table of rights.
type RightsRow struct {
	Line     int      `json:"line"`
	Roles    []string `json:"roles" doc:"* is everybody"`
	Actions  []string `json:"actions"`
	Things   []string `json:"things"`
	Markings []string `json:"markings"`
	Whose    string   `json:"whose" doc:"any, party (the own) or self"`
	Says     string   `json:"says" enum:"allow,log,deny" doc:"log: allowed, and an entry of the record"`
	Because  string   `json:"because"`
}

// Node is a node of a tree, with its words in English.
type Node struct {
	Path  string `json:"path"`
	Words string `json:"words"`
}

func (s *Server) methodology() {
	register(s, "/api/rules", "Counting rules, lint, the table of rights and the words for facts, as this program has them", func(ctx context.Context, _ *struct{}) (*struct {
		Cache string `header:"Cache-Control"`
		Body  *Rules
	}, error) {
		if err := s.anyReading(ctx); err != nil {
			return nil, err
		}
		return &struct {
			Cache string `header:"Cache-Control"`
			Body  *Rules
		}{"private, no-cache", ruleBook()}, nil
	})
}

// ruleBook reads the rules from the packages that go by them.
func ruleBook() *Rules {
	r := &Rules{Vocabulary: vocab.Core().Version, Nodes: map[string][]Node{}}
	for _, c := range count.Rules() {
		r.Counting = append(r.Counting, CountingRule{c.ID(), c.Unit, c.Says, c.Source, c.Blind, c.Listed})
	}
	for _, l := range lint.Rules() {
		r.Lint = append(r.Lint, LintRule{l.Code, l.Title, l.Why, l.Source, l.Mend, int(l.Severity)})
	}
	for _, x := range rights.Default().Rows {
		r.Rights = append(r.Rights, RightsRow{x.Line, x.Roles, x.Actions, x.Things, x.Marking, x.Whose, x.Says, x.Because})
	}
	for _, tree := range []string{"act", "outcome", "means", "target"} {
		for _, path := range vocab.Core().Tree(tree).Nodes() {
			r.Nodes[tree] = append(r.Nodes[tree], Node{path, vocab.Words(path)})
		}
	}
	return r
}
