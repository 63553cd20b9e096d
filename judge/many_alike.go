package judge

import (
	"encoding/binary"
	mathbits "math/bits"
	"sort"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// maxAlike is how many answers of a kind are kept, of some hundred bytes each.
const maxAlike = 1 << 16

// asked is what the judge was asked before about events that are alike.
type asked struct {
	mu      sync.RWMutex
	answers int
	by      map[alikeKey]*placed
	sampled map[sampledKey]Outcome
}

// alikeKey is what the outcome of an event depends on, but for its place, under a
// regime that asks for no hour, launch or listed object: the facts, and between
// which dates it was.
type alikeKey struct {
	regime   int32
	from, to int32 // how many dates of the regime lie before; -1, -1: unknown; to -1: a moment
	facts    [treeDims]Value
}

// placed is what was answered about events that have the same key.
type placed struct {
	zones   []askedZone
	answers map[string]Outcome // by how the place lies to each of zones, a byte each
}

// askedZone is a zone on which something turns.
type askedZone struct{ ofGroup, ofRegime int }

// sampledKey is a key with the sets of zones that sampling found.
type sampledKey struct {
	alikeKey
	sets string
}

// nowhere stands for how an unknown place lies to zones.
const nowhere = "?"

// ask judges one event under one regime the long way, or as one like it was.
func (m *Many) ask(ev *Events, i, regime int) Outcome {
	k, ok := m.alike(ev, i, regime)
	if !ok {
		return m.Ask(m.Incident(ev, i), regime)
	}
	m.asked.mu.RLock()
	p := m.asked.by[k]
	m.asked.mu.RUnlock()
	if p == nil {
		p = m.remember(k, m.Incident(ev, i))
	}
	var buf [128]byte
	lies := append(buf[:0], nowhere...)
	if ev.Lat != nil && ev.Lat[i] != where.NoE7 && m.judges[regime].placeUsed[0] {
		if lies, ok = m.lies(p, ev, i, regime, buf[:0]); !ok {
			return m.sample(k, ev, i)
		}
	}
	m.asked.mu.RLock()
	o, ok := p.answers[string(lies)]
	m.asked.mu.RUnlock()
	if !ok {
		o = m.answer(p, lies, m.Incident(ev, i), regime)
		m.asked.mu.Lock()
		if m.asked.answers < maxAlike {
			m.asked.answers++
			p.answers[string(lies)] = o
		}
		m.asked.mu.Unlock()
	}
	if !o.Settled() {
		return m.sample(k, ev, i)
	}
	return o
}

// alike returns what events must have in common to be judged alike, but for their
// place; false where more than that counts.
func (m *Many) alike(ev *Events, i, regime int) (alikeKey, bool) {
	j := m.judges[regime]
	k := alikeKey{regime: int32(regime), from: -1, to: -1}
	if j.sitesUsed || j.launchUsed || j.hoursUsed[dTime-dLaunch] {
		return k, false
	}
	for d := range treeDims {
		if c := *ev.column(dim(d)); c != nil {
			k.facts[d] = c[i]
		}
	}
	if ev.Time != nil && ev.Time[i] != when.Past {
		from, breaks := ev.Time[i], j.breaks[dTime-dLaunch]
		k.from = int32(sort.Search(len(breaks), func(n int) bool { return breaks[n] > from }))
		if ev.Until != nil && ev.Until[i] > from {
			k.to = int32(sort.Search(len(breaks), func(n int) bool { return breaks[n] >= ev.Until[i] }))
		}
	}
	return k, true
}

// remember makes room for answers about events that are like one.
func (m *Many) remember(k alikeKey, in *evidence.Incident) *placed {
	j := m.judges[k.regime]
	p := &placed{answers: map[string]Outcome{}}
	if j.placeUsed[0] {
		all := make(where.ZoneSet, (len(j.r.Zones)+63)/64)
		for w := range all {
			all[w] = ^uint64(0)
		}
		s := j.spaceIn(in.Scenarios, []where.ZoneSet{all}, func(string) {})
		turns := map[int]bool{}
		for b := range j.boxes {
			for _, z := range j.boxes[b].Zones {
				if s.alive[b/64]>>(b%64)&1 == 1 {
					turns[z] = true
				}
			}
		}
		numbers := m.groupOf[k.regime].numbers
		for z := range turns {
			if n, ok := numbers[j.r.Zones[z]]; ok { // else reservations alone are about it
				p.zones = append(p.zones, askedZone{n, z})
			}
		}
		sort.Slice(p.zones, func(a, b int) bool {
			x, y := p.zones[a], p.zones[b]
			return x.ofGroup < y.ofGroup || x.ofGroup == y.ofGroup && x.ofRegime < y.ofRegime
		})
	}
	m.asked.mu.Lock()
	defer m.asked.mu.Unlock()
	if was := m.asked.by[k]; was != nil {
		return was
	}
	if len(m.asked.by) < maxAlike {
		m.asked.by[k] = p
	}
	return p
}

// lies appends how the place of an event lies to each zone on which something
// turns, as Zone.Relate has it. It is false where so many zones of the regime may
// be straddled that not all their sets can be told (where.MembershipSets).
func (m *Many) lies(p *placed, ev *Events, i, regime int, to []byte) ([]byte, bool) {
	g := m.groupOf[regime]
	radius := float32(0)
	if ev.Radius != nil {
		radius = ev.Radius[i]
	}
	few := len(m.judges[regime].r.Zones) <= maxSets
	if len(p.zones) == 0 && few {
		return to, true
	}
	spot := where.Spot{Lat: ev.Lat[i], Lon: ev.Lon[i]}
	l := g.layer(radius)
	if l == nil || !onLattice(ev.Lat[i], ev.Lon[i]) {
		for _, z := range p.zones {
			to = append(to, byte(g.grid.Ask(uint32(z.ofGroup), &spot, where.Metres(radius))))
		}
		return to, few
	}
	cell := l.At(spot.Lat, spot.Lon)
	if !few {
		n := len(l.Wide()) + int(cell.Last-cell.First)
		for w := range g.zoneWords() {
			n += mathbits.OnesCount64(l.StraddledWord(cell.Row, w))
		}
		if n > maxSets {
			return to, false
		}
	}
	at := cell.First
	for _, z := range p.zones {
		for at < cell.Last && int(l.Zone(at)) < z.ofGroup {
			at++
		}
		rel := l.relate(cell, at, z.ofGroup, &spot)
		if rel == where.Straddling && g.joined[z.ofGroup] {
			rel = l.Ask(uint32(z.ofGroup), &spot)
		}
		to = append(to, byte(rel))
	}
	return to, true
}

// relate relates a zone to the disc round a place of a cell; from at on stand what
// entries of the cell there are about it.
func (l *layer) relate(cell where.Cell, at uint32, zone int, spot *where.Spot) where.Relation {
	switch {
	case l.wide[zone]:
		return l.Ask(uint32(zone), spot)
	case l.Inside(cell.Row, zone):
		return where.Inside
	}
	rel := where.Outside
	if l.Straddles(cell.Row, zone) {
		rel = where.Straddling
	}
	last := at
	for last < cell.Last && int(l.Zone(last)) == zone {
		last++
	}
	if last > at {
		if near := l.Look(at, last, spot); near != where.Outside {
			rel = near
		}
	}
	return rel
}

// sample judges an event by the sets of zones that sampling its place finds, or as
// one with the same sets was.
func (m *Many) sample(k alikeKey, ev *Events, i int) Outcome {
	sets, ok := m.judges[k.regime].memberships(m.place(ev, i))
	if !ok {
		return m.Ask(m.Incident(ev, i), int(k.regime))
	}
	var b []byte
	for _, s := range sets {
		for _, w := range s {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	sk := sampledKey{k, string(b)}
	m.asked.mu.RLock()
	o, ok := m.asked.sampled[sk]
	m.asked.mu.RUnlock()
	if !ok {
		o = m.askIn(m.Incident(ev, i), int(k.regime), sets)
		m.asked.mu.Lock()
		if len(m.asked.sampled) < maxAlike {
			m.asked.sampled[sk] = o
		}
		m.asked.mu.Unlock()
	}
	return o
}
