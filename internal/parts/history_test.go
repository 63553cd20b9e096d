package parts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/when"
)

// historyOf says what a backtest counted, as JSON. What it met is put in order,
// since the ordinary reader hands over incidents of several rows at the end.
func historyOf(t *testing.T, b *compare.Backtest, seen when.Span, rows []compare.Row) string {
	t.Helper()
	b.Close(seen)
	slices.SortFunc(b.Moves, func(x, y compare.Move) int {
		return cmp.Or(x.To-y.To, int(x.From)-int(y.From), int(x.Becomes)-int(y.Becomes))
	})
	slices.SortFunc(rows, func(x, y compare.Row) int { return cmp.Compare(x.Incident.ID, y.Incident.ID) })
	out, err := json.MarshalIndent(brief.NewHistoryJSON(b, []string{"a", "b", "c"}, rows), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestHistory: how verdicts change over a file with faults of every kind is the
// same in partitions of any size as read from its start.
func TestHistory(t *testing.T) {
	q := Question{Kind: History, From: "2025-03-05T00:00Z"}
	for _, s := range []struct {
		name     string
		readings int
	}{{"blanket-30d", 1}, {"may-2025", 1}, {"black-sea-2025", 2}} {
		tm, err := open(s.name)
		if err != nil {
			t.Fatal(err)
		}
		side := Side{Text: s.name, Digest: tm.Digest}
		for _, id := range tm.ReadingIDs()[:s.readings] {
			side.Readings = append(side.Readings, Reading{ID: id, Assume: true})
		}
		q.Sides = append(q.Sides, side)
	}
	asked, err := Ask(q, open)
	if err != nil {
		t.Fatal(err)
	}
	h := asked.(*HistoryAsker)
	r := rand.New(rand.NewPCG(11, 5))
	for round := range 3 {
		dir := t.TempDir()
		name := filepath.Join(dir, "events.csv")
		text := header
		for i := range 120 {
			for w := ""; ; {
				if w = draw(r, i+1); len(w) > 5 && w[0] >= '1' && w[0] <= '9' {
					if round > 0 { // each id once
						w = fmt.Sprint(i+1) + w[strings.IndexByte(w, ','):]
					}
					text += w + "\n"
					break
				}
			}
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		want := h.all.Fresh()
		var rows []compare.Row
		opt := h.Feed()
		opt.As = "truce"
		seen := when.Span{Start: when.Future, End: when.Past}
		if _, err := feeds.ReadFile(name, opt, func(in *evidence.Incident) error {
			span := in.Scenarios[0].Time
			if !span.Overlaps(when.Span{Start: h.from, End: h.until}) {
				return nil
			}
			seen = widen(seen, span)
			if row := want.Add(in); row.Changed() {
				rows = append(rows, row)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int64{1, 3000, 1 << 20} {
			p, _, err := Open(context.Background(), []string{name}, Options{Dir: filepath.Join(dir, "w"+string(rune('0'+size%7))), Question: h.Digest(), Feed: h.Feed(), Cores: 2, UnitSize: size, pieceSize: 500})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(context.Background(), 2, h, nil); err != nil {
				t.Fatal(err)
			}
			j, err := p.Join(context.Background(), io.Discard, h)
			if err != nil {
				t.Fatal(err)
			}
			got, changed, all, err := h.Merge(j.States)
			if err != nil {
				t.Fatal(err)
			}
			if all.Changes != len(rows) {
				t.Errorf("%d incidents change, want %d", all.Changes, len(rows))
			}
			if g, w := historyOf(t, got, all.Seen, changed), historyOf(t, want, seen, rows); g != w {
				t.Fatalf("round %d, %d units, repeated %d:\n%s\nwant\n%s", round, len(p.Units), p.Repeated, g, w)
			}
			t.Logf("%d units, %d events, %d change, %d ids repeated", len(p.Units), got.Events, all.Changes, p.Repeated)
		}
	}
}
