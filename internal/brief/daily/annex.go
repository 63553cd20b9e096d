package daily

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
)

// annexes are the tables of ceasefire violations and of weapons, in the columns of
// the Mission of the OSCE, with what is needed to check them.
func (b *builder) annexes() {
	c := b.c
	total := b.r.Figure("violations.total")
	v := &Table{ID: "violations", Title: c.text("annex.violations." + b.style()), Wide: true, Empty: c.text("empty.violations"),
		Columns: []string{c.text("col.no"), c.text("col.position"), c.text("col.location"), c.text("col.region"), c.text("col.sense"), c.text("col.number"), c.text("col.observation"), c.text("col.description"), c.text("col.weapon"), c.text("col.time"), c.text("col.level"), c.text("col.counts")}}
	w := &Table{ID: "weapons", Title: c.text("annex.weapons"), Wide: true, Empty: c.text("empty.weapons"),
		Columns: []string{c.text("col.no"), c.text("col.number"), c.text("col.type"), c.text("col.location"), c.text("col.region"), c.text("col.seen-by"), c.text("col.time"), c.text("col.level")}}
	pieces := b.r.Figure("weapons.seen")
	for _, r := range b.now {
		if slices.Contains(pieces.Counted, r.ID) || slices.Contains(pieces.Open, r.ID) {
			w.Rows = append(w.Rows, []Sentence{record(r), plain(b.amount(r)), plain(b.weaponOf(r)), b.location(r), plain(b.regionOf(r)), quoted(visible(stationOf(r))), plain(b.when(r)), plain(c.text("level." + r.Level.String()))})
			w.IDs = append(w.IDs, r.ID)
		}
		counts := b.counts(total.Number, r.ID)
		if counts == "" && r.Seen != nil && r.Seen.Exercise != "" && b.Rule.Name == observers {
			counts = c.text("counts.listed")
		}
		if counts == "" {
			continue
		}
		v.Rows = append(v.Rows, []Sentence{record(r), quoted(visible(stationOf(r))), b.location(r), plain(b.regionOf(r)), plain(b.sense(r)), plain(b.amount(r)), plain(b.observation(r)), b.description(r), plain(b.weaponOf(r)), plain(b.when(r)), plain(c.text("level." + r.Level.String())), plain(counts)})
		v.IDs = append(v.IDs, r.ID)
	}
	v.Notes = append(v.Notes, c.say("note.annex."+b.style()))
	w.Notes = append(w.Notes, c.say("weapons.note"))
	u := &Table{ID: "undated", Title: c.text("annex.undated"), Columns: []string{c.text("col.no"), c.text("col.location"), c.text("col.region"), c.text("col.observation"), c.text("col.description"), c.text("col.level")}}
	for _, r := range b.undated {
		u.Rows = append(u.Rows, []Sentence{record(r), b.location(r), plain(b.regionOf(r)), plain(b.observation(r)), b.description(r), plain(c.text("level." + r.Level.String()))})
		u.IDs = append(u.IDs, r.ID)
	}
	b.r.Annexes = append(b.r.Annexes, v, w)
	if len(u.Rows) > 0 {
		b.r.Annexes = append(b.r.Annexes, u)
	}
}

// counts says whether a record is in a number; "" where it is left out because of
// what it is, and not for a reason that the table should tell.
func (b *builder) counts(n *count.Number, id string) string {
	switch {
	case slices.Contains(n.Counted, id):
		return b.c.text("counts.yes")
	case slices.Contains(n.Open, id):
		return b.c.text("counts.may")
	}
	for _, l := range n.LeftOut {
		if slices.Contains(l.Records, id) && strings.HasPrefix(l.Because, "observed from several") {
			return b.c.text("counts.once")
		}
	}
	return ""
}

func (b *builder) amount(r *Record) string {
	if !r.Count.Known {
		return "1"
	}
	return b.persons(r.Count)
}

func stationOf(r *Record) string {
	if r.Seen != nil && r.Seen.Station != "" {
		return short(r.Seen.Station, 90)
	}
	return sourceName(r.Source, 60)
}

func (b *builder) sense(r *Record) string {
	if r.Seen != nil && r.Seen.Sense != "" {
		return b.c.word("sense", r.Seen.Sense)
	}
	return b.c.text("sense.report")
}

// location is where, as the record says, or how well it is known.
func (b *builder) location(r *Record) Sentence {
	n := placeName(r)
	if m := sectorForm.FindStringSubmatch(n); m != nil {
		text := b.sector(m[2:])
		if r.Seen == nil || r.Seen.Station == "" { // no position is named: it is said from where
			text = b.c.text("sector.of", "sector", text, "lat", m[1], "lon", m[2])
		}
		return plain(text)
	}
	if n != "" {
		return quoted(visible(n))
	}
	for i := range r.Scenarios {
		p := r.Scenarios[i].Place
		if c, ok := p.Centre(); ok {
			if m, known := p.Radius(); known {
				return plain(fmt.Sprintf("%.3f, %.3f ±%s", c.Lat, c.Lon, distance(float64(m))))
			}
		}
	}
	return plain(b.c.text("not-known"))
}

// sectorForm is a place as a bearing and a range from an observer.
var sectorForm = regexp.MustCompile(`^sector:([^,]+),([^,]+),([0-9.]+)±[0-9.]+,([0-9.]+)-([0-9.]+)$`)

// sector is a range and a point of the compass from the position, as the tables of
// observers have it: 2–4 km ENE.
func (b *builder) sector(m []string) string { // m: ignored, bearing, from, to
	bearing, _ := strconv.ParseFloat(m[1], 64)
	low, _ := strconv.ParseFloat(m[2], 64)
	high, _ := strconv.ParseFloat(m[3], 64)
	return fmt.Sprintf("%g–%g km %s", low/1000, high/1000, compass[int(math.Round(math.Mod(bearing, 360)/22.5))%16])
}

var compass = [16]string{"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"}

func distance(m float64) string {
	if m < 1000 {
		return fmt.Sprintf("%.0f m", m)
	}
	return fmt.Sprintf("%.0f km", m/1000)
}

func (b *builder) observation(r *Record) string {
	if r.Seen != nil && r.Seen.Kind != "" {
		return b.c.word("kind", r.Seen.Kind)
	}
	return b.words(r, "act", func(s *evidence.Scenario) []string { return s.Act })
}

// description is what was assessed: in the words of an observer, or how the act
// ended; and the beginning of what the record says.
func (b *builder) description(r *Record) Sentence {
	if o := r.Seen; o != nil {
		if says := joinWords(nonEmpty(o.What, o.Exercise, strings.Join(o.Bearings, ", ")), ", "); says != "" {
			return quoted(visible(says))
		}
		return quoted(visible(short(strings.Join(strings.Fields(r.Text), " "), 140)))
	}
	out := plain(b.words(r, "outcome", func(s *evidence.Scenario) []string { return s.Outcome }))
	text := r.Title
	if text == "" {
		text = r.Text
	}
	if text = strings.Join(strings.Fields(text), " "); text != "" {
		if runes := []rune(text); len(runes) > 140 {
			text = string(runes[:139]) + "…"
		}
		out = append(append(out, Piece{Text: "; "}), quoted(visible("“"+text+"”"))...)
	}
	return out
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func (b *builder) weaponOf(r *Record) string {
	if r.Seen != nil && r.Seen.Weapon != "" {
		return visible(r.Seen.Weapon)
	}
	return b.words(r, "means", func(s *evidence.Scenario) []string { return s.Means })
}

// words names the possible values of a fact, up to three.
func (b *builder) words(r *Record, tree string, of func(*evidence.Scenario) []string) string {
	var out []string
	for i := range r.Scenarios {
		vs := of(&r.Scenarios[i])
		if len(vs) == 0 {
			return b.c.text("not-said")
		}
		for _, v := range vs {
			if w := b.c.word(tree, v); !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	if len(out) > 3 {
		return b.c.text("several", "n", len(out))
	}
	return joinWords(out, b.c.text("or"))
}
