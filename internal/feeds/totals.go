package feeds

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bufio"

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
func Totals(path string) ([]Total, []Problem, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	t := &totals{at: map[string]int{}}
	sum := Summary{File: path}
	run, err := newRun(path, Options{As: "claims"}, &sum, func(*evidence.Incident) error { return nil })
	if err != nil {
		return nil, nil, err
	}
	table := &table{br: bufio.NewReaderSize(f, window), delim: ',', line: 1}
	if err := run.checkText(table.br); err != nil {
		return nil, nil, err
	}
	header, err := table.next()
	if err != nil || header.fault != nil {
		return nil, nil, fmt.Errorf("%s: expected a list of claims with a header", path)
	}
	columns := header.columns()
	if !claimsKind().match(columns) {
		return nil, nil, fmt.Errorf("%s: expected a list of claims with claim_id, claimant, event_start (docs/formats.md)", path)
	}
	table.want = len(header.fields)
	feed := &claimsFeed{plain{run}}
	for {
		row, err := table.next()
		if errors.Is(err, io.EOF) {
			return t.all, sum.Problems, nil
		}
		if err != nil {
			return t.all, sum.Problems, fmt.Errorf("%s:%d: %w", path, table.line, err)
		}
		rec := &record{line: row.line, columns: columns, fields: row.fields, raw: row.raw}
		if row.fault != nil {
			run.reject(rec, row.fault)
			continue
		}
		if err := t.add(feed, rec); err != nil {
			run.reject(rec, err)
		}
	}
}

type totals struct {
	all []Total
	at  map[string]int
}

func (t *totals) add(f *claimsFeed, rec *record) error {
	text := rec.get("count_claimed")
	if text == "" {
		return nil
	}
	n, err := evidence.ParseNumber(text)
	if err != nil {
		return faultIn("count_claimed", "%v", err)
	}
	span, _, err := f.time(rec)
	if err != nil {
		return err
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
	return nil
}
