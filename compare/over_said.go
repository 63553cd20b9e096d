package compare

import (
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Said is what one reading was found to say of an event: its verdict, and the clauses
// that speak, each with what it says.
type Said struct {
	Verdict judge.Verdict
	Clauses []SaidClause
}

// SaidClause is what one clause says.
type SaidClause struct {
	Clause  terms.ClauseID
	Verdict judge.Verdict
}

func saidBy(f *judge.Finding) Said {
	s := Said{Verdict: f.Verdict}
	for _, c := range f.Clauses {
		s.Clauses = append(s.Clauses, SaidClause{c.Clause.ID, c.Verdict})
	}
	return s
}

// Count counts n events of which all sides were found to say the same: by side, then by
// reading in the order of its regimes. It returns what each side says; examples are ids
// of some of the events.
func (b *Backtest) Count(said [][]Said, n int, examples ...string) []judge.Verdict {
	verdicts := make([]judge.Verdict, len(b.Sides))
	for i, t := range b.Sides {
		spoken := map[terms.ClauseID]judge.Verdict{}
		differ := false
		for k, s := range said[i] {
			t.Readings[k][s.Verdict] += n
			differ = differ || s.Verdict != said[i][0].Verdict
			for _, c := range s.Clauses {
				spoken[c.Clause] = max(spoken[c.Clause], c.Verdict)
			}
		}
		for id, v := range spoken {
			if t.Clauses[id] == nil {
				t.Clauses[id] = map[judge.Verdict]int{}
			}
			t.Clauses[id][v] += n
		}
		v := together(said[i])
		t.Verdicts[v] += n
		if differ {
			t.Disagree += n
		}
		verdicts[i] = v
	}
	b.Events += n
	b.move(verdicts, said, n, examples)
	return verdicts
}

// together is what a side says: what its readings agree on, or contested.
func together(said []Said) judge.Verdict {
	for i := range said {
		if said[i].Verdict != said[0].Verdict {
			return judge.Contested
		}
	}
	return said[0].Verdict
}

func (b *Backtest) move(verdicts []judge.Verdict, said [][]Said, n int, examples []string) {
	for i := 1; i < len(verdicts); i++ {
		if verdicts[i] == verdicts[0] {
			continue
		}
		key := [3]int{i, int(verdicts[0]), int(verdicts[i])}
		at, ok := b.moves[key]
		if !ok {
			at = len(b.Moves)
			b.moves[key] = at
			b.Moves = append(b.Moves, Move{To: i, From: verdicts[0], Becomes: verdicts[i], Clauses: map[terms.ClauseID]int{}})
		}
		m := &b.Moves[at]
		m.Events += n
		m.Examples = append(m.Examples, examples[:min(len(examples), maxExamples-len(m.Examples))]...)
		seen := map[terms.ClauseID]bool{}
		for _, s := range said[i] {
			for _, c := range s.Clauses {
				if !seen[c.Clause] {
					seen[c.Clause] = true
					m.Clauses[c.Clause] += n
				}
			}
		}
	}
}
