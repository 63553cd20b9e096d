package feeds

import (
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
)

// Total is a number that somebody claimed in a statement. It is a claim: whether
// so many things happened is another question.
type Total struct {
	By        string          // the claimant, as given
	Of        string          // whom it accuses, as given
	Published string          // as given
	Span      when.Span       // that it speaks of; when.Always where that is not said
	Number    evidence.Number // as claimed
	// Rows are the claims that stand under the number, one for each object or
	// group that the statement names: they are fewer than the number where it
	// names not all.
	Rows []string
	Says string // remarks of whoever took it down
}

// Totals reads the numbers claimed in a list of claims. Rows of one statement (one
// claimant, day and number) that share a number stand under it together: the
// number is said once.
func Totals(path string) ([]Total, Summary, error) {
	t := &totals{at: map[string]int{}}
	sum, err := ReadFile(path, Options{As: "claims", totals: t}, func(*evidence.Incident) error { return nil })
	return t.all, sum, err
}

// totals gathers numbers beside the claims.
type totals struct {
	all []Total
	at  map[string]int
}

// add notes the number of a claim, if it gives one. What is wrong with the row is
// said where the claim is read.
func (t *totals) add(f *claimsFeed, rec *record) {
	text := rec.get("count_claimed")
	n, err := evidence.ParseNumber(text)
	if err != nil || !n.Known {
		return
	}
	span, _, err := f.time(rec)
	if err != nil {
		return
	}
	key := strings.Join([]string{rec.get("claimant"), rec.get("accused"), rec.get("published"), text}, "\x00")
	i, ok := t.at[key]
	if !ok {
		i = len(t.all)
		t.at[key] = i
		t.all = append(t.all, Total{By: rec.get("claimant"), Of: rec.get("accused"), Published: rec.get("published"), Span: span, Number: n})
	}
	x := &t.all[i]
	x.Span = when.Span{Start: min(x.Span.Start, span.Start), End: max(x.Span.End, span.End)}
	x.Rows = append(x.Rows, rec.get("claim_id"))
	if says := rec.get("parent_claim"); says != "" && !slices.Contains(strings.Split(x.Says, "; "), says) {
		x.Says = strings.TrimPrefix(x.Says+"; "+says, "; ")
	}
}
