package views

import (
	"runtime"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
)

// ClauseCount is what one reading of a text says of the incidents that a filter
// asks for: by verdict, and by clause and what the clause says.
type ClauseCount struct {
	Reading  string                    `json:"reading"`
	Verdicts map[string]int            `json:"verdicts"`
	Clauses  map[string]map[string]int `json:"clauses" doc:"incidents on which a clause speaks, by clause and what it says"`
}

// Clauses counts the incidents that a filter asks for by what the readings of a
// text say, and by clause; readings are in the order of the text. An incident of
// which nothing was found is in none.
func (s *Snapshot) Clauses(f *Filter, text string) []ClauseCount {
	cols, p, _ := s.plan(f)
	n := cols.byJudgement(p, len(s.judgements))
	var out []ClauseCount
	at := map[string]int{}
	for _, id := range s.readings(text) {
		at[id] = len(out)
		out = append(out, ClauseCount{id, map[string]int{}, map[string]map[string]int{}})
	}
	for code, k := range n {
		if k == 0 || s.judgements[code] == "" {
			continue
		}
		said := s.v.said.of(uint32(code), s.judgements[code])
		for reading, i := range at {
			words := said[text+"@"+reading]
			if len(words) == 0 {
				continue
			}
			c := &out[i]
			c.Verdicts[words[0]] += k
			for _, w := range words[1:] {
				clause, v, _ := strings.Cut(w, "=")
				if c.Clauses[clause] == nil {
					c.Clauses[clause] = map[string]int{}
				}
				c.Clauses[clause][v] += k
			}
		}
	}
	return out
}

func (s *Snapshot) readings(text string) []string {
	if x := s.texts.of[text]; x != nil {
		return x.terms.ReadingIDs()
	}
	return nil
}

// byJudgement counts what matches by the code of its judgement, below codes.
func (c *Columns) byJudgement(p *Plan, codes int) []int {
	parts := make([][]int, runtime.GOMAXPROCS(0))
	c.scan(func(w int, b *block) {
		if parts[w] == nil {
			parts[w] = make([]int, codes)
		}
		if p.skip(b) {
			return
		}
		whole := p.whole(b)
		if of := b.summed().judged; whole && p.f.Only == nil && p.f.Box == nil && p.allProfile && of != nil {
			for _, x := range of {
				if x.code != noCode && p.hasJudged(x.code) {
					parts[w][x.code] += int(x.n)
				}
			}
			return
		}
		for i, code := range b.judged {
			if code != noCode && p.takes(b, i, whole) {
				parts[w][code]++
			}
		}
	})
	out := make([]int, codes)
	for _, part := range parts {
		for i, n := range part {
			out[i] += n
		}
	}
	return out
}

// Suppose is an incident as it is judged, and as it would be with other facts in
// the place of some: "" is a fact that is not known. Without an id it is an incident
// of which only these facts are known. Nothing is kept;
// before is nil where there is no such incident.
func (s *Snapshot) Suppose(id string, facts map[string]string) (before, after *evidence.Incident, err error) {
	o, err := overlayOf(facts)
	if err != nil {
		return nil, nil, err
	}
	load := func() (*evidence.Incident, error) { return s.evidenceOf(id, nil) } // what is changed is nobody else's
	if id == "" {
		load = func() (*evidence.Incident, error) {
			return &evidence.Incident{Scenarios: []evidence.Scenario{evidence.Unknown()}, Level: evidence.Reported}, nil
		}
	}
	if before, err = load(); err != nil || before == nil {
		return nil, nil, err
	}
	// Read twice: what is changed shares nothing with what was there.
	if after, err = load(); err != nil || after == nil {
		return nil, nil, err
	}
	for i := range after.Scenarios {
		o.on(&after.Scenarios[i])
	}
	return before, after, nil
}

// evidenceOf is an incident with its facts as they are judged; nil: there is none.
func (s *Snapshot) evidenceOf(id string, had *readRows) (*evidence.Incident, error) {
	num, ok, err := s.Store().Num(id)
	if err != nil || !ok {
		return nil, err
	}
	ins, _, err := s.evidence([]Row{{Num: num}}, had, nil)
	if err != nil || len(ins) == 0 {
		return nil, err
	}
	return ins[0], nil
}

// JudgesOf are those of the texts that a predicate takes, by the entry that brought
// the text: all of its readings, in order. They may be asked after the snapshot is
// given back.
func (s *Snapshot) JudgesOf(take func(entry *Doc) bool) (out []*judge.Judge) {
	for _, id := range s.texts.order {
		if x := s.texts.of[id]; take(x.entry) {
			out = append(out, x.judges...)
		}
	}
	return out
}
