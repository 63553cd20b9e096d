package feeds

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/evidence"
)

// smmObservation is one kind of thing observed, with how many and where.
type smmObservation struct {
	kind, what, weapon, exercise string
	count                        evidence.Number
	ranges                       []string // "3-5km south-east": one for each bearing
	bearings                     []string
	where                        string // range and bearing as given
	means                        []string
	notes                        []string
}

const (
	smmNumber = `(?:(about|approximately|approx\.?|some|around|at least|over|more than|up to|almost|nearly|a total of)\s+)?` +
		`((?:\d{1,3}(?:,\d{3})+|\d+)(?:\s*-\s*\d+)?|\(?uncountable\)?|a single|single|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|dozens of|several|multiple|a number of|numerous|sporadic)`
	smmNoun = `(explosions?|bursts?(?: and (?:single )?shots?)?|shots?(?: and bursts?)?|projectiles?|rockets?|muzzle flash(?:es)?|flares?|airbursts?|(?:mortar|artillery|tank|mortar or artillery) (?:rounds?|shells?)|rounds)`
)

var (
	smmItem    = regexp.MustCompile(`(?i)\b` + smmNumber + `\s+((?:[a-z-]+\s+){0,4}?)` + smmNoun + `\b`)
	smmFire    = regexp.MustCompile(`(?i)\(uncountable\)\s+([a-z -]+?)[ -]fire`)
	smmRange   = regexp.MustCompile(`(?i)(\d+(?:\.\d+)?(?:\s*-\s*\d+(?:\.\d+)?)?\s*(?:km|m)\b)((?:\s+and\s+\d+(?:\.\d+)?(?:\s*-\s*\d+(?:\.\d+)?)?\s*(?:km|m)\b)*)((?:\s+to\s+the|\s+in\s+a)?\s+` + smmWinds + `)?`)
	smmTo      = regexp.MustCompile(`(?i)\bto the (` + smmWind + `)`)
	smmOneWind = regexp.MustCompile(`(?i)\b` + smmWind + `\b`)
)

const (
	smmWind  = `(?:(?:north|south|east|west)(?:-(?:north|south|east|west)){0,2}|[NS](?:N?[EW]|S?[EW])?|[EW](?:[NS][EW])?)`
	smmWinds = `(?:` + smmWind + `(?:erly)?(?:(?:,\s*|,?\s+and\s+|,?\s+or\s+)(?:to\s+the\s+)?` + smmWind + `)*)\b`
)

var smmWords = strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty")

// observationsIn finds what was observed in the part of a sentence after the verb.
func observationsIn(text string) []smmObservation {
	items := smmItem.FindAllStringSubmatchIndex(text, -1)
	var out []smmObservation
	var ends [][2]int // of the segment in which an item's range may stand
	for i, m := range items {
		if inAssessed(text, items, i) {
			continue
		}
		to := len(text)
		for _, next := range items[i+1:] {
			if !itemInside(text, m[1], next) {
				to = next[0]
				break
			}
		}
		tail := text[m[1]:to]
		o := smmObservation{count: smmCount(group(text, m, 1), lastNumber(group(text, m, 2), group(text, m, 3)))}
		o.named(group(text, m, 3), group(text, m, 4), tail)
		out, ends = append(out, o), append(ends, [2]int{m[1], to})
	}
	for i := range out { // a range stands behind its items: "all 3-5km south-east"
		for k := i; k < len(out); k++ {
			if out[i].ranged(text[ends[k][0]:ends[k][1]]) {
				break
			}
		}
	}
	if m := smmFire.FindStringSubmatchIndex(text); m != nil {
		o := smmObservation{kind: "burst", count: evidence.Number{Known: true, Min: 1, Max: -1}, notes: []string{"uncountable, by the source: at least one"}}
		o.armed(text[m[2]:m[3]])
		o.ranged(text[m[1]:])
		out = append(out, o)
	}
	return out
}

// lastNumber is the number next to the noun: of "6 October four bursts" it is
// four.
func lastNumber(first, adjectives string) string {
	words := strings.Fields(strings.ToLower(adjectives))
	for i := len(words) - 1; i >= 0; i-- {
		if slices.Index(smmWords, words[i]) > 0 {
			return words[i]
		}
	}
	return first
}

func group(text string, m []int, i int) string {
	if m[2*i] < 0 {
		return ""
	}
	return text[m[2*i]:m[2*i+1]]
}

// rounds reports whether an item is of rounds or an airburst, which may say what
// explosions were that were counted before.
func rounds(noun string) bool {
	n := strings.ToLower(noun)
	return strings.Contains(n, "round") || strings.Contains(n, "shell") || strings.HasPrefix(n, "airburst")
}

// inAssessed reports whether an item only says what earlier explosions were
// assessed as: it is counted with them.
func inAssessed(text string, items [][]int, i int) bool {
	if !rounds(group(text, items[i], 4)) {
		return false
	}
	before := strings.ToLower(text[:items[i][0]])
	return strings.Contains(before, "assessed as") || strings.Contains(before, "assessed to be")
}

func itemInside(text string, from int, next []int) bool {
	return rounds(group(text, next, 4)) && strings.Contains(strings.ToLower(text[from:next[0]]), "assessed")
}

// smmCount reads a number as these reports write it.
func smmCount(about, text string) evidence.Number {
	n := evidence.Number{Known: true}
	about, text = strings.ToLower(about), strings.ToLower(strings.Trim(text, "() "))
	if low, high, ok := strings.Cut(text, "-"); ok {
		n.Min, _ = strconv.Atoi(strings.TrimSpace(strings.ReplaceAll(low, ",", "")))
		n.Max, _ = strconv.Atoi(strings.TrimSpace(high))
		return n
	}
	if v, err := strconv.Atoi(strings.ReplaceAll(text, ",", "")); err == nil {
		n.Min, n.Max = v, v
	} else if i := slices.Index(smmWords, text); i > 0 {
		n.Min, n.Max = i, i
	} else {
		switch text {
		case "a", "an", "a single", "single":
			n.Min, n.Max = 1, 1
		case "uncountable", "sporadic":
			n.Min, n.Max = 1, -1
		case "dozens of":
			n.Min, n.Max = 24, -1
		default: // several, multiple, a number of, numerous
			n.Min, n.Max = 2, -1
		}
	}
	switch about {
	case "":
	case "at least", "over", "more than":
		n.Max = -1
	case "up to":
		n.Min = 1
	case "a total of":
	default:
		n.About = true
	}
	return n
}

// named reads the words of an item: what kind of thing, by which weapon.
func (o *smmObservation) named(adjectives, noun, tail string) {
	noun, all := strings.ToLower(noun), strings.ToLower(adjectives+" "+noun+" "+tail)
	switch {
	case strings.HasPrefix(noun, "burst"), strings.HasPrefix(noun, "shot"):
		o.kind = "burst"
		if noun == "shot" || noun == "shots" {
			o.kind = "shot"
		}
		if strings.Contains(noun, " and ") {
			o.notes = append(o.notes, "bursts and shots were counted together; filed as bursts")
		}
	case strings.HasPrefix(noun, "projectile"), strings.HasPrefix(noun, "rocket"):
		o.kind = "projectile"
	case strings.HasPrefix(noun, "muzzle"):
		o.kind = "muzzle-flash"
	case strings.HasPrefix(noun, "flare"):
		o.kind = "flare"
	case strings.HasPrefix(noun, "airburst"), strings.Contains(tail, "assessed as an airburst"):
		o.kind = "airburst"
	default:
		o.kind = "explosion"
	}
	for _, w := range []string{"undetermined", "outgoing", "incoming", "impact", "airburst"} {
		if strings.Contains(all, w) {
			o.what = strings.TrimSpace(o.what + " " + w)
		}
	}
	switch {
	case strings.Contains(all, "live-fire"):
		o.exercise = "live-fire exercise"
	case strings.Contains(all, "controlled explosion"), strings.Contains(all, "controlled detonation"), strings.Contains(all, "demining"):
		o.exercise = "controlled detonation"
	}
	o.armed(all)
}

// smmWeapons are weapons as these reports name them. The longest stand first.
var smmWeapons = []struct {
	words *regexp.Regexp
	means string
}{
	{regexp.MustCompile(`heavy[- ]machine[- ]gun|\bhmg\b`), "small-arms.heavy-machine-gun"},
	{regexp.MustCompile(`automatic[- ]grenade[- ]launcher|\bagl\b`), "small-arms.grenade-launcher"},
	{regexp.MustCompile(`grenade[- ]launcher|\bgrenades?\b`), "small-arms.grenade-launcher"},
	{regexp.MustCompile(`small[- ]arms`), "small-arms"},
	{regexp.MustCompile(`recoilless|spg-9|cannon|\bbmp\b|\bifv\b|infantry fighting vehicle|armoured[- ]personnel|anti-aircraft`), "artillery.gun.under-100mm"},
	{regexp.MustCompile(`mortar[^,;]{0,30}\b(?:82|120)\s?mm|\b(?:82|120)\s?mm[^,;]{0,30}mortar`), "artillery.mortar.120mm-and-under"},
	{regexp.MustCompile(`mortar`), "artillery.mortar"},
	{regexp.MustCompile(`multiple[- ]launch|\bmlrs\b|\bgrad\b|bm-21`), "artillery.mlrs"},
	{regexp.MustCompile(`artillery[^,;]{0,30}\b(?:122|152)\s?mm|\b(?:122|152)\s?mm[^,;]{0,30}artillery`), "artillery.gun.100mm-and-over"},
	{regexp.MustCompile(`artillery`), "artillery.gun"},
	{regexp.MustCompile(`\btank\b`), "tank"},
	{regexp.MustCompile(`\batgm\b|anti-tank guided`), "artillery.atgm"},
}

func (o *smmObservation) armed(text string) {
	text = strings.ToLower(text)
	for _, w := range smmWeapons {
		m := w.words.FindString(text)
		if m == "" || slices.ContainsFunc(o.means, func(have string) bool {
			return have == w.means || w.means != "small-arms" && strings.HasPrefix(have, w.means+".")
		}) {
			continue
		}
		o.means = append(o.means, w.means)
		o.weapon = strings.TrimPrefix(o.weapon+", "+m, ", ")
	}
}

// facts are what a weapon makes of it: its fire, by whomever. Of what was assessed
// as an exercise, or has no weapon, the act is open.
func (o *smmObservation) facts(s *evidence.Scenario) {
	s.Means = o.means
	if o.exercise == "" {
		for _, m := range o.means {
			act := "attack.strike.artillery"
			if strings.HasPrefix(m, "small-arms") {
				act = "attack.ground.small-arms"
			}
			s.Act = union(s.Act, act)
		}
	}
	impact, outgoing := strings.Contains(o.what, "impact"), strings.Contains(o.what, "outgoing")
	switch {
	case impact && !outgoing:
		s.Outcome = []string{"impact"}
	case outgoing && !impact:
		s.Outcome = []string{"launched"}
	case outgoing:
		s.Outcome = []string{"launched", "impact"}
	}
}

// ranged reads range and bearing; false where the text has none.
func (o *smmObservation) ranged(text string) bool {
	for _, m := range smmRange.FindAllStringSubmatchIndex(text, -1) {
		if calibre(text, m) {
			continue
		}
		distances := append([]string{group(text, m, 1)}, strings.Split(group(text, m, 2), " and ")...)
		winds := smmOneWind.FindAllString(group(text, m, 3), -1)
		for _, d := range distances {
			if d = strings.TrimSpace(d); d == "" {
				continue
			}
			if len(winds) == 0 {
				o.ranges = append(o.ranges, d)
			}
			for _, w := range winds {
				o.ranges = append(o.ranges, d+" "+w)
			}
		}
		o.bearings = union(o.bearings, winds...)
		o.where = strings.TrimPrefix(o.where+", "+strings.TrimSpace(text[m[0]:m[1]]), ", ")
	}
	if len(o.ranges) > 0 {
		return true
	}
	if m := smmTo.FindStringSubmatch(text); m != nil {
		o.bearings, o.where = []string{m[1]}, m[1]
		return true
	}
	return false
}

// calibre reports whether a length is the altitude or size of something, not how
// far away it was.
func calibre(text string, m []int) bool {
	after := strings.ToLower(strings.TrimSpace(text[m[1]:min(len(text), m[1]+20)]))
	for _, w := range []string{"above", "of the", "in length", "wide", "long", "high", "section"} {
		if strings.HasPrefix(after, w) {
			return true
		}
	}
	return false
}
