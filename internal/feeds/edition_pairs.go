package feeds

import (
	"slices"
	"strconv"
	"strings"
)

// rowPair is a row of one edition and what became of it in another.
type rowPair struct {
	old, later *EditionRow
	by         []string // the columns that pair them; nil: they share an id
	replaces   bool     // the later one says that it replaces the other
}

// mostPairs bounds how many combinations of rows under one key are weighed.
const mostPairs = 10_000

// pairing finds which rows of two editions are one and the same.
type pairing struct {
	old, later *Edition
	skip       map[string]bool
	done       map[*EditionRow]bool
	out        []rowPair
}

// pairRows pairs the rows of two editions, each at most once: by the source's
// id; then those that say which they replace; then, where there is no id, by
// content, by key, and by the weaker keys where these leave no choice.
func pairRows(old, later *Edition, skip map[string]bool) []rowPair {
	p := &pairing{old: old, later: later, skip: skip, done: map[*EditionRow]bool{}}
	p.level((*Edition).id, nil, false)
	p.replacements()
	bare := func(key func(*Edition, *EditionRow) string) func(*Edition, *EditionRow) string {
		return func(e *Edition, w *EditionRow) string {
			if e.id(w) != "" {
				return ""
			}
			return key(e, w)
		}
	}
	columns := func(names []string) func(*Edition, *EditionRow) string {
		return bare(func(e *Edition, w *EditionRow) string { return e.key(w, names) })
	}
	p.level(bare(func(e *Edition, w *EditionRow) string { return e.byName(w, skip) }), []string{"all columns"}, false)
	for _, names := range old.identity.keys {
		p.level(columns(names), names, false)
	}
	for _, names := range old.identity.near {
		p.level(columns(names), names, true)
	}
	return p.out
}

// level pairs rows with the same key. Where several share it, those that are
// the same go first, then those that differ least; with alone a key pairs only
// the one row that is left in each edition.
func (p *pairing) level(key func(*Edition, *EditionRow) string, by []string, alone bool) {
	byKey := map[string][]*EditionRow{}
	for _, w := range p.later.Rows {
		if k := p.keyOf(p.later, w, key); k != "" {
			byKey[k] = append(byKey[k], w)
		}
	}
	olds := map[string][]*EditionRow{}
	var order []string
	for _, w := range p.old.Rows {
		if k := p.keyOf(p.old, w, key); k != "" && len(byKey[k]) > 0 {
			if len(olds[k]) == 0 {
				order = append(order, k)
			}
			olds[k] = append(olds[k], w)
		}
	}
	for _, k := range order {
		if !alone || len(olds[k]) == 1 && len(byKey[k]) == 1 {
			p.group(olds[k], byKey[k], by)
		}
	}
}

func (p *pairing) keyOf(e *Edition, w *EditionRow, key func(*Edition, *EditionRow) string) string {
	if p.done[w] {
		return ""
	}
	return key(e, w)
}

// group pairs rows under one key.
func (p *pairing) group(olds, laters []*EditionRow, by []string) {
	if len(olds) == 1 && len(laters) == 1 {
		p.match(rowPair{old: olds[0], later: laters[0], by: by})
		return
	}
	same := map[string][]*EditionRow{}
	for _, w := range laters {
		k := p.later.byName(w, p.skip)
		same[k] = append(same[k], w)
	}
	for _, w := range olds {
		if k := p.old.byName(w, p.skip); len(same[k]) > 0 {
			p.match(rowPair{old: w, later: same[k][0], by: by})
			same[k] = same[k][1:]
		}
	}
	left := func(rows []*EditionRow) []*EditionRow {
		return slices.DeleteFunc(slices.Clone(rows), func(w *EditionRow) bool { return p.done[w] })
	}
	olds, laters = left(olds), left(laters)
	type choice struct {
		o, l  *EditionRow
		apart int
	}
	var choices []choice
	weigh := len(olds)*len(laters) <= mostPairs
	for i, o := range olds {
		for j, l := range laters {
			if weigh {
				choices = append(choices, choice{o, l, p.apart(o, l)})
			} else if i == j {
				choices = append(choices, choice{o, l, 0})
			}
		}
	}
	slices.SortStableFunc(choices, func(a, b choice) int { return a.apart - b.apart })
	for _, c := range choices {
		if !p.done[c.o] && !p.done[c.l] {
			p.match(rowPair{old: c.o, later: c.l, by: by})
		}
	}
}

func (p *pairing) match(r rowPair) {
	p.done[r.old], p.done[r.later] = true, true
	p.out = append(p.out, r)
}

// apart counts the columns in which two rows differ.
func (p *pairing) apart(o, l *EditionRow) int {
	n := 0
	for _, name := range p.later.columns {
		if !p.skip[name] && p.old.get(o, name) != p.later.get(l, name) {
			n++
		}
	}
	return n
}

// replacements pairs rows with those that they say they replace.
func (p *pairing) replacements() {
	if len(p.later.identity.replaces) == 0 {
		return
	}
	olds := map[string]*EditionRow{}
	for _, w := range p.old.Rows {
		if id := p.old.id(w); !p.done[w] && id != "" {
			olds[id] = w
		}
	}
	for _, w := range p.later.Rows {
		if p.done[w] {
			continue
		}
		for _, id := range p.later.replaced(w) {
			if o := olds[id]; o != nil && !p.done[o] {
				p.match(rowPair{old: o, later: w, replaces: true})
				break
			}
		}
	}
}

// byName is what a row holds in the order of the names of the columns, which
// another edition may have in another order.
func (e *Edition) byName(w *EditionRow, without map[string]bool) string {
	if e.sorted == nil {
		e.sorted = sortedKeys(e.index)
	}
	var b strings.Builder
	for _, name := range e.sorted {
		if v := e.get(w, name); v != "" && !without[name] {
			b.WriteString(name)
			b.WriteByte('=')
			b.WriteString(strconv.Quote(v))
			b.WriteByte(',')
		}
	}
	return b.String()
}
