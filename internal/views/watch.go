package views

import (
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Evidence is the incident that a row of the columns stands for, with its facts as
// they are judged; nil if there is none any more. It is of the newest state.
func (s *Snapshot) Evidence(r Row) (*evidence.Incident, error) {
	x, err := s.v.store.Version(r.Num, Now)
	if err != nil || x == nil {
		return nil, err
	}
	b := &batch{assembler: assembler{s.v.store}, texts: s.v.text}
	return b.evidence(x, map[string][]*evidence.Incident{})
}

// Judges are those of all texts that hold now, under every reading, in order. They
// may be asked after the snapshot is given back.
func (s *Snapshot) Judges() (out []*judge.Judge, texts []*terms.Terms) {
	for _, t := range s.v.text.order {
		out = append(out, s.v.text.of[t].judges...)
		texts = append(texts, s.v.text.of[t].terms)
	}
	return out, texts
}
