package count

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// point names a place by its coordinates, to about a kilometre.
func point(p where.Point) string { return fmt.Sprintf("%.2f,%.2f", p.Lat, p.Lon) }

// fire are acts that a coder of 2015 took for fire, and what of it is artillery.
var (
	fire      = class{"fire", []alternative{{act: []string{"attack.strike", "attack.ground"}}}}
	artillery = class{"artillery", []alternative{{act: []string{"attack.strike"}}}}
)

// heavyFire says whether a record is of fire, and of artillery. An explosion is
// taken for artillery, as the coder did; bursts and shots for small arms.
func (t *tally) heavyFire(m *member) (isFire, isHeavy truth) {
	if m.Seen != nil {
		switch m.Seen.Kind {
		case "explosion", "airburst":
			return yes, yes
		case "burst", "shot":
			return yes, no
		case "projectile", "muzzle-flash":
			return yes, open
		}
		return no, no
	}
	isFire, _ = t.classed(m, []class{fire})
	isHeavy, _ = t.classed(m, []class{artillery})
	return isFire, isHeavy
}

// spot is a place on one day.
type spot struct {
	any, heavy truth // or over the members
	members    []*member
}

func (t *tally) coder() {
	t.part("artillery")
	t.part("small arms")
	spots := map[string]*spot{}
	var order []string
	t.each(func(m *member) {
		isFire, isHeavy := t.heavyFire(m)
		place := placeOf(m.Incident)
		switch {
		case isFire == no:
			t.leave("not of a kind that the rule counts", m.Record)
			return
		case place == "":
			t.leave("no place, or not one: the rule drops it", m.Record)
			return
		case !m.dated:
			t.leave("no time: the rule counts by day", m.Record)
			return
		}
		days := t.days(m)
		in := and(isFire, m.in)
		if len(days) > 1 {
			in = and(in, open)
		}
		for _, d := range days {
			key := place + " " + d
			s := spots[key]
			if s == nil {
				s = &spot{any: no, heavy: no}
				spots[key] = s
				order = append(order, key)
			}
			s.any, s.heavy = or(s.any, in), or(s.heavy, and(in, isHeavy))
			s.members = append(s.members, m)
		}
		t.uses(m, in)
	})
	for _, key := range order {
		s := spots[key]
		once := single
		t.part("artillery").put(and(s.any, s.heavy), once)
		t.part("small arms").put(and(s.any, -s.heavy), once)
		total := Part{Low: t.n.Low, High: t.n.High}
		total.put(s.any, once)
		t.n.Low, t.n.High = total.Low, total.High
	}
}

// maxDays bounds what a record of no clear day is spread over.
const maxDays = 31

// days are the civil days on which a record may have been, of those asked for.
func (t *tally) days(m *member) []string {
	first, end := m.first, m.last
	if !t.From.IsZero() {
		first = max(first, when.At(t.From))
	}
	if !t.To.IsZero() {
		end = min(end, when.At(t.To))
	}
	day, last := first.Time().In(t.zone), end.Time().In(t.zone)
	if end > first { // the end does not belong to it
		last = last.Add(-time.Millisecond)
	}
	var out []string
	for d := day; len(out) < maxDays; d = time.Date(d.Year(), d.Month(), d.Day()+1, 0, 0, 0, 0, t.zone) {
		name := d.Format("2006-01-02")
		if name > last.Format("2006-01-02") {
			break
		}
		out = append(out, name)
	}
	return out
}

const (
	discharges = 30
	silence    = time.Hour
)

func (t *tally) jfo() {
	byPlace := map[string][]*member{}
	var places []string
	listed := map[string]bool{} // date, place and words of rows that stand twice
	t.each(func(m *member) {
		place := placeOf(m.Incident)
		isFire, _ := t.heavyFire(m)
		switch {
		case m.Seen != nil && m.Seen.Kind == "flare":
			t.part("flare").put(m.in, amountOf(m.Record))
			t.leave("a flare: listed, not counted", m.Record)
			return
		case isFire == no:
			t.leave("not of a kind that the rule counts", m.Record)
			return
		case place == "" || !m.dated:
			t.leave("no place or no time: discharges cannot be taken together", m.Record)
			return
		}
		key := fmt.Sprint(place, m.first, m.last, m.Count, kindOf(m))
		if listed[key] {
			t.leave("listed twice", m.Record)
			return
		}
		listed[key] = true
		if byPlace[place] == nil {
			places = append(places, place)
		}
		byPlace[place] = append(byPlace[place], m)
		t.uses(m, and(m.in, isFire))
	})
	for _, p := range places {
		low, high := t.shellings(byPlace[p])
		t.n.Low, t.n.High = t.n.Low+low, t.n.High+high
		for _, m := range byPlace[p] { // thirty may be more or less than a rounded number
			t.n.About = t.n.About || m.Count.About
		}
	}
	t.n.Notes = append(t.n.Notes, "the bounds go over every way in which open times may part the discharges of a place, and over the bounds of each number")
}

func kindOf(m *member) string {
	if m.Seen != nil {
		return m.Seen.Kind
	}
	return strings.Join(m.Scenarios[0].Act, "|")
}

// shellings bounds the incidents at one place. Members are in order of time.
// Between two neighbours there was an hour of silence for sure, for sure not, or
// perhaps; the fewest and the most incidents over all ways of parting them are
// found by going through the last parting.
func (t *tally) shellings(ms []*member) (low, high int) {
	n := len(ms)
	gap := make([]truth, n+1) // before member i
	gap[0], gap[n] = yes, yes
	reach := ms[0].last
	earliest := ms[0].first
	for i := 1; i < n; i++ {
		limit := silence.Milliseconds()
		gap[i] = open
		if int64(ms[i].first-reach) > limit {
			gap[i] = yes
		} else if int64(ms[i].last-earliest) <= limit {
			gap[i] = no
		}
		if ms[i].in != yes || ms[i-1].in != yes {
			gap[i] = max(gap[i], open)
		}
		reach, earliest = max(reach, ms[i].last), max(ms[i].first, earliest)
	}
	few, most := make([]int, n+1), make([]int, n+1)
	for i := 1; i <= n; i++ {
		few[i], most[i] = math.MaxInt32, -1
		if gap[i] == no {
			continue
		}
		lows, highs, open := 0, 0, false
		for j := i - 1; j >= 0; j-- {
			a := amountOf(ms[j].Record)
			isFire, _ := t.heavyFire(ms[j])
			if and(isFire, ms[j].in) == yes {
				lows += a.low
			}
			highs += a.high
			open = open || a.open
			if gap[j] != no && few[j] != math.MaxInt32 {
				few[i] = min(few[i], few[j]+one(lows >= discharges))
				most[i] = max(most[i], most[j]+one(highs >= discharges || open))
			}
			if gap[j] == yes {
				break
			}
		}
	}
	return few[n], most[n]
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
