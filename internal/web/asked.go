package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// knownParameters refuses a question with a parameter that its address does not
// have: a filter that is misspelt must not answer with everything.
func (s *Server) knownParameters(ctx huma.Context, next func(huma.Context)) {
	if ctx.Method() != http.MethodGet {
		next(ctx)
		return
	}
	var known []string
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" {
			known = append(known, p.Name)
		}
	}
	url := ctx.URL()
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(url.Query())) {
		if slices.Contains(known, name) {
			continue
		}
		why := "there is no such parameter"
		if near := vocab.Nearest(name, known); near != "" {
			why += "; the nearest is " + near
		}
		if len(known) > 0 {
			why += ": expected one of " + strings.Join(known, ", ")
		} else {
			why += ": expected none"
		}
		faults = append(faults, &huma.ErrorDetail{Message: why, Location: "query." + name})
	}
	if len(faults) > 0 {
		huma.WriteErr(s.api, ctx, http.StatusUnprocessableEntity, "the question cannot be read", faults...)
		return
	}
	next(ctx)
}

// timeOf reads from and to of every question: a time with its offset, or a day of
// UTC, which is its beginning.
func timeOf(s string) (time.Time, error) {
	if t, err := time.Parse("2006-01-02", s); err == nil {
		return t, nil
	}
	i, err := when.ParseRFC3339(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("expected a time such as 2025-03-20T20:20:00Z, or a day (UTC) such as 2025-03-20: %v", err)
	}
	return i.Time(), nil
}

// wordless is the fault of a search that holds no word to search for; nil: none.
func wordless(q string) error {
	if strings.TrimSpace(q) == "" || len(views.Search(q)) > 0 {
		return nil
	}
	return &huma.ErrorDetail{Message: "it holds no word that can be searched for: expected letters or digits", Location: "query.q", Value: q}
}

// noNode says that a tree has no such node, and the nearest where one is near.
func noNode(t *vocab.Tree, node string) string {
	if near := t.Nearest(node); near != "" {
		return "there is no such node; the nearest is " + near
	}
	return "there is no such node: expected one of " + strings.Join(topOf(t), ", ") + ", or one below"
}

// noNodes are the faults of a filter by nodes of a tree.
func noNodes(name string, tree *vocab.Tree, nodes []string) (faults []error) {
	for _, node := range nodes {
		if _, ok := tree.Node(node); !ok && node != "unknown" {
			faults = append(faults, &huma.ErrorDetail{Message: noNode(tree, node), Location: "query." + name, Value: node})
		}
	}
	return faults
}

// topOf are the nodes of a tree that stand under none.
func topOf(t *vocab.Tree) (top []string) {
	for _, n := range t.Nodes() {
		if !strings.Contains(n, ".") {
			top = append(top, n)
		}
	}
	return top
}

// knownReading refuses a filter by a text, reading or clause by which nothing is judged
// as of the size asked for, as far as the asker may know of it.
func (s *Server) knownReading(who Who, snap *views.Snapshot, f *views.Filter) error {
	if f.Terms == "" && f.Clause == "" && f.Not.Clause == "" && (f.Reading == "" || f.Reading == "*") {
		return nil
	}
	texts, readings, clauses := s.judgedBy(who, snap, f.Terms)
	refuse := func(name, value, what string, known map[string]bool) error {
		why := notJudgedBy(what, known)
		return huma.Error422UnprocessableEntity("the question cannot be read", &huma.ErrorDetail{Message: why, Location: "query." + name, Value: value})
	}
	if f.Terms != "" && !texts[f.Terms] {
		return refuse("terms", f.Terms, "text", texts)
	}
	if f.Reading != "" && f.Reading != "*" && !readings[f.Reading] {
		return refuse("reading", f.Reading, "reading", readings)
	}
	for _, c := range []string{f.Clause, f.Not.Clause} {
		if c != "" && !clauses[c] {
			return refuse("clause", c, "clause", clauses)
		}
	}
	return nil
}

// judgedBy are the texts by which incidents are judged, as far as the asker may know of
// them, with the readings and clauses of one of them, or of all where it is empty.
func (s *Server) judgedBy(who Who, snap *views.Snapshot, text string) (texts, readings, clauses map[string]bool) {
	texts, readings, clauses = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, t := range snap.Texts() {
		if _, closed := s.redactFor(who, t.Entry); closed {
			continue
		}
		texts[t.Terms.ID] = true
		if text != "" && text != t.Terms.ID {
			continue
		}
		for _, r := range t.Regimes {
			readings[r.ReadingID] = true
		}
		for _, c := range t.Terms.Clauses {
			clauses[string(c.ID)] = true
		}
	}
	return texts, readings, clauses
}

func notJudgedBy(what string, known map[string]bool) string {
	if len(known) == 0 {
		return "incidents are judged by no such " + what + ": there is no text that you may read"
	}
	return "incidents are judged by no such " + what + ": expected one of " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}
