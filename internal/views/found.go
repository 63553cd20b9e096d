package views

import (
	"math"
	"runtime"
	"slices"
	"strings"
)

// Found is what all readings found of some incidents, and of how many.
type Found struct {
	Code uint32 // to ask for the incidents by
	N    int
	// Said is by TEXT@READING the verdict, then CLAUSE=VERDICT of each clause that speaks.
	Said map[string][]string
}

// FoundTotal is all that was found of the incidents that a filter asks for.
type FoundTotal struct {
	Found    []Found // the most frequent first
	From, To string  // when those whose time is known were, to the minute; "": of none is it known
}

// Found counts the incidents that a filter asks for by what all readings found, of those
// of which may says that their reasons may be told. An incident of which nothing was
// found is in none.
func (s *Snapshot) Found(f *Filter, may func(Narrowed) bool) (out FoundTotal) {
	cols, p := s.told(f, may)
	n, from, to := cols.byJudgement(p, len(s.judgements)), int32(math.MaxInt32), int32(math.MinInt32)
	for code, k := range n {
		if k == 0 || s.judgements[code] == "" {
			continue
		}
		x := Found{Code: uint32(code), N: k, Said: map[string][]string{}}
		for _, one := range fieldsOf(s.judgements[code]) {
			words := strings.Split(one, " ")
			x.Said[words[0]] = words[1:]
		}
		out.Found = append(out.Found, x)
	}
	slices.SortStableFunc(out.Found, func(a, b Found) int { return b.N - a.N })
	for _, part := range cols.spans(p) {
		from, to = min(from, part[0]), max(to, part[1])
	}
	if from <= to {
		out.From, out.To = minuteText(from), minuteText(to)
	}
	return out
}

// FoundRows are the newest rows of which one of some codes was found.
func (s *Snapshot) FoundRows(f *Filter, may func(Narrowed) bool, codes map[uint32]bool, limit int) []Row {
	cols, p := s.told(f, may)
	p.unjudged, p.allJudged = false, false
	for code := range p.judged {
		p.judged[code] = p.judged[code] && codes[uint32(code)]
	}
	return cols.page(p, nil, limit).Rows
}

// told is the plan of a filter, for what may be told alone.
func (s *Snapshot) told(f *Filter, may func(Narrowed) bool) (*Columns, *Plan) {
	cols, p, _ := s.plan(f)
	for i, t := range s.profiles {
		fields, narrowed := fieldsOf(t), ""
		if len(fields) > len(profileFields) {
			narrowed = fields[len(profileFields)]
		}
		p.profile[i] = p.profile[i] && may(narrowedOf(fields[markingField], narrowed))
	}
	p.allProfile = !slices.Contains(p.profile, false)
	return cols, p
}

// spans are, by worker, the first start and the last end of what matches and was judged.
func (c *Columns) spans(p *Plan) [][2]int32 {
	parts := make([][2]int32, runtime.GOMAXPROCS(0))
	for i := range parts {
		parts[i] = [2]int32{math.MaxInt32, math.MinInt32}
	}
	c.scan(func(w int, b *block) {
		if p.skip(b) {
			return
		}
		whole, part := p.whole(b), &parts[w]
		for i, start := range b.start {
			if start == noTime || start >= part[0] && b.end[i] <= part[1] || b.judged[i] == noCode || !p.takes(b, i, whole) {
				continue
			}
			part[0], part[1] = min(part[0], start), max(part[1], b.end[i])
		}
	})
	return parts
}

// TextsAt is the place of the newest entry that was taken into account in the texts:
// they say the same as long as it is the same. -1: there is none.
func (s *Snapshot) TextsAt() int64 { return s.texts.last }
