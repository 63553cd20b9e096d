package views

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Found is what all readings found of some incidents, and of how many.
type Found struct {
	Code uint32 // to ask for the incidents by
	N    int
	// Said is by TEXT@READING the verdict, then CLAUSE=VERDICT of each clause that speaks.
	// It belongs to all who ask: nobody changes it.
	Said map[string][]string
}

// FoundTotal is all that was found of the incidents that a filter asks for.
type FoundTotal struct {
	Found    []Found // the most frequent first
	From, To string  // when those whose time is known were, to the minute; "": of none is it known
}

// saidCache keeps what judgements say, by their codes, once read: as long as what is held
// is not made anew, a code stands for the same.
type saidCache struct {
	sync.Mutex
	by map[uint32]map[string][]string
}

func (c *saidCache) of(code uint32, text string) map[string][]string {
	c.Lock()
	defer c.Unlock()
	said := c.by[code]
	if said == nil {
		said = map[string][]string{}
		for _, one := range fieldsOf(text) {
			words := strings.Split(one, " ")
			said[words[0]] = words[1:]
		}
		if c.by == nil {
			c.by = map[uint32]map[string][]string{}
		}
		c.by[code] = said
	}
	return said
}

func (c *saidCache) forget() {
	c.Lock()
	defer c.Unlock()
	c.by = nil
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
		out.Found = append(out.Found, Found{Code: uint32(code), N: k, Said: s.v.said.of(uint32(code), s.judgements[code])})
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

// TextsAt is the place of the newest entry that was taken into account in the texts, and
// how many of these were erased: they say the same as long as it is the same.
func (s *Snapshot) TextsAt() string { return fmt.Sprintf("%d-%d", s.texts.last, s.texts.gone) }

// Undated are the rows that a filter asks for and whose time is not known.
func (s *Snapshot) Undated(f *Filter) (out []Row) {
	cols, p, _ := s.plan(f)
	for _, b := range cols.blocks {
		for i := 0; i < len(b.num); i++ {
			if b.start[i] != noTime {
				return out
			}
			if p.takes(b, i, p.whole(b)) {
				out = append(out, b.row(i))
			}
		}
	}
	return out
}

// First is the first start of what a filter asks for, to the minute before it; "": of
// none is it known.
func (s *Snapshot) First(f *Filter) string {
	cols, p, _ := s.plan(f)
	for _, b := range cols.blocks {
		for i, start := range b.start {
			if start != noTime && p.takes(b, i, p.whole(b)) {
				return minuteText(start)
			}
		}
	}
	return ""
}

// Actors are all that may have done what a filter asks for, by name.
func (s *Snapshot) Actors(f *Filter) []string {
	cols, p, profiles := s.plan(f)
	seen := make([]map[uint32]bool, runtime.GOMAXPROCS(0))
	cols.scan(func(w int, b *block) {
		if p.skip(b) {
			return
		}
		if seen[w] == nil {
			seen[w] = map[uint32]bool{}
		}
		whole := p.whole(b)
		for i, code := range b.profile {
			if !seen[w][code] && p.takes(b, i, whole) {
				seen[w][code] = true
			}
		}
	})
	names := map[string]bool{}
	for _, part := range seen {
		for code := range part {
			for _, a := range strings.Split(fieldsOf(profiles[code])[fieldIndex("actor")], "|") {
				names[a] = true
			}
		}
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}
