package commission

import (
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Judges keeps texts made ready to judge by, since that takes a while: by digest and
// reading, as if in force. It is safe for use by several goroutines.
type Judges struct {
	mu sync.Mutex
	of map[string]*judge.Judge
}

func (j *Judges) get(t *terms.Terms, reading string) (*judge.Judge, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := t.Digest + " " + reading
	if k := j.of[key]; k != nil {
		return k, nil
	}
	r, err := t.Under(reading, nil, true)
	if err != nil {
		return nil, err
	}
	if j.of == nil {
		j.of = map[string]*judge.Judge{}
	}
	j.of[key] = judge.New(r)
	return j.of[key], nil
}

// Memo keeps what was found of the events of one input, so that clocks can be read
// again and again. It changes no state.
type Memo struct {
	Judges *Judges
	mu     sync.Mutex
	found  map[memoKey][]found
}

type memoKey struct {
	digest, reading string
	event           *evidence.Incident
}

// found is what one clause says of an event.
type found struct {
	clause  terms.ClauseID
	verdict string
	author  []string
}

// NewMemo makes a memo; judges may be shared by several.
func NewMemo(judges *Judges) *Memo {
	if judges == nil {
		judges = &Judges{}
	}
	return &Memo{Judges: judges, found: map[memoKey][]found{}}
}

// of is what the clauses of a reading say of an event.
func (m *Memo) of(t *terms.Terms, reading string, in *evidence.Incident) []found {
	key := memoKey{t.Digest, reading, in}
	m.mu.Lock()
	out, ok := m.found[key]
	m.mu.Unlock()
	if ok {
		return out
	}
	j, err := m.Judges.get(t, reading)
	if err != nil {
		return nil // the text was checked when it was parsed
	}
	f := j.Incident(in, nil)
	for _, c := range f.Clauses {
		out = append(out, found{c.Clause.ID, c.Verdict.String(), f.Author})
	}
	m.mu.Lock()
	m.found[key] = out
	m.mu.Unlock()
	return out
}
