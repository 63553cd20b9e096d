package views

import (
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// Evidence is the incidents that rows of the columns stand for, with their facts as
// they are judged; those that are none any more are left out.
func (s *Snapshot) Evidence(rows []Row) (out []*evidence.Incident, err error) {
	b := &batch{assembler: assembler{s.Store()}, texts: s.texts}
	sets := map[string][]*evidence.Incident{} // a data set is read once for all its rows
	for _, r := range rows {
		x, err := s.Store().Version(r.Num, s.At)
		if err != nil {
			return nil, err
		}
		if x == nil {
			continue
		}
		in, err := b.evidence(x, sets)
		if err != nil {
			return nil, err
		}
		if in != nil {
			out = append(out, in)
		}
	}
	return out, nil
}

// Judges are those of all texts that hold, under every reading, in order. They
// may be asked after the snapshot is given back.
func (s *Snapshot) Judges() (out []*judge.Judge, texts []*terms.Terms) {
	for _, t := range s.texts.order {
		out = append(out, s.texts.of[t].judges...)
		texts = append(texts, s.texts.of[t].terms)
	}
	return out, texts
}
