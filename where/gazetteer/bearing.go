package gazetteer

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/truce-project/truce/where"
)

// Bearing is a place told from another: "15 km northwest of Sudzha".
type Bearing struct {
	From     string       // the name of the other place, as given
	Min, Max where.Metres // with the tolerance
	Bearing  float64      // degrees clockwise from north
	Half     float64      // half of the width, degrees; 180 when no direction is given
	Ranged   bool         // a distance is given
}

// rhumbs are the 16 points of the compass, in degrees.
var rhumbs = map[string]float64{
	"n": 0, "nne": 22.5, "ne": 45, "ene": 67.5, "e": 90, "ese": 112.5, "se": 135, "sse": 157.5,
	"s": 180, "ssw": 202.5, "sw": 225, "wsw": 247.5, "w": 270, "wnw": 292.5, "nw": 315, "nnw": 337.5,
}

// winds are the beginnings of words for directions. The longest fits first.
var winds = []struct{ stem, letter string }{
	{"north", "n"}, {"south", "s"}, {"east", "e"}, {"west", "w"},
	{"північн", "n"}, {"північ", "n"}, {"півден", "s"}, {"південь", "s"}, {"схід", "e"}, {"східн", "e"}, {"захід", "w"}, {"західн", "w"},
	{"север", "n"}, {"юг", "s"}, {"юж", "s"}, {"восто", "e"}, {"восточн", "e"}, {"запад", "w"},
}

const (
	number    = `(\d{1,4}(?:[.,]\d{1,3})?)`
	unit      = `(km|kilomet(?:er|re)s?|miles?|m|met(?:er|re)s?|км|кілометр[а-яіїє]*|километр[а-я]*|м|метр[а-яіїє]*)`
	direction = `((?:[nesw]{1,3})|(?:north|south|east|west)[a-z-]*(?:[\s-]+(?:north|south|east|west)[a-z]*)*|(?:північ|півден|південь|схід|захід|север|юг|юж|юго|восто|запад)[а-яіїє]*(?:[\s-]+(?:північ|півден|схід|захід|север|восто|запад|юго)[а-яіїє]*)*)`
	preface   = `^(?:(?:at|about|approximately|approx\.?|around|some|roughly|за|в|у|на|приблизно|близько|примерно|около)\s+)*`
)

var (
	about    = regexp.MustCompile(`(?i)^(?:\S+\s+)?(about|approximately|approx\.?|around|roughly|some|приблизно|близько|примерно|около)\s`)
	withWind = regexp.MustCompile(`(?i)` + preface + number + `(?:\s*(?:-|–|to|до)\s*` + number + `)?\s*` + unit + `\.?\s+(?:to\s+the\s+|to\s+|на\s+|к\s+)?` + direction + `\s+(?:of\s+|from\s+|від\s+|від\s+м\.\s*|от\s+|от\s+г\.\s*)?(.+)$`)
	windless = regexp.MustCompile(`(?i)` + preface + number + `(?:\s*(?:-|–|to|до)\s*` + number + `)?\s*` + unit + `\.?\s+(?:away\s+)?(?:from|of|від|от)\s+(.+)$`)
	rangless = regexp.MustCompile(`(?i)^(?:to\s+the\s+|на\s+|к\s+)?` + direction + `\s+(?:of|from|від|от)\s+(.+)$`)
)

// ParseBearing reads a distance and direction from a place, in English,
// Ukrainian or Russian. The distance is taken with a tolerance of a tenth, or of
// half its last digit if that is more, or of a quarter when it is "about"; "2-4
// km" is that range, with half its last digit. A point of the compass among
// eight is taken as ±22.5 degrees, one of those between them as ±11.25. ok is
// false when the text is not of that kind.
func ParseBearing(text string) (b Bearing, ok bool) {
	text = strings.Join(strings.Fields(text), " ")
	if m := withWind.FindStringSubmatch(text); m != nil {
		if b.Bearing, b.Half, ok = wind(m[4]); ok && b.distance(text, m[1], m[2], m[3]) {
			b.From = m[5]
			return b, true
		}
	}
	if m := windless.FindStringSubmatch(text); m != nil && b.distance(text, m[1], m[2], m[3]) {
		b.From, b.Bearing, b.Half = m[4], 0, 180
		return b, true
	}
	if m := rangless.FindStringSubmatch(text); m != nil {
		if b.Bearing, b.Half, ok = wind(m[1]); ok {
			b.From = m[2]
			return b, true
		}
	}
	return Bearing{}, false
}

// wind reads a direction.
func wind(s string) (bearing, half float64, ok bool) {
	s = strings.ToLower(s)
	if _, short := rhumbs[s]; !short {
		var letters string
		rest := strings.NewReplacer("-", " ").Replace(s)
		for rest != "" {
			l, n := windAt(rest)
			if n == 0 {
				_, n = firstRune(rest)
			}
			letters += l
			rest = rest[n:]
		}
		s = ordered(letters)
	}
	bearing, ok = rhumbs[s]
	if half = 22.5; len(s) == 3 {
		half = 11.25
	}
	return bearing, half, ok
}

func windAt(s string) (string, int) {
	for _, w := range winds {
		if strings.HasPrefix(s, w.stem) {
			return w.letter, len(w.stem)
		}
	}
	return "", 0
}

func firstRune(s string) (rune, int) {
	for i, r := range s {
		if i > 0 {
			return r, i
		}
	}
	return 0, len(s)
}

// ordered writes "east-north" as people say it: north or south first.
func ordered(s string) string {
	if len(s) == 2 && strings.ContainsAny(s[:1], "ew") && strings.ContainsAny(s[1:], "ns") {
		return s[1:] + s[:1]
	}
	return s
}

// distance sets the range; false when it makes no sense.
func (b *Bearing) distance(text, low, high, unit string) bool {
	lo, digit, err := amount(low)
	hi, digitHigh := lo, digit
	if err == nil && high != "" {
		hi, digitHigh, err = amount(high)
	}
	if err != nil || hi < lo {
		return false
	}
	metres := 1000.0
	switch u := strings.ToLower(unit); {
	case strings.HasPrefix(u, "mi"):
		metres = 1609.344
	case u == "m" || u == "м" || strings.HasPrefix(u, "met") || strings.HasPrefix(u, "метр"):
		metres = 1
	}
	share := 0.1
	switch {
	case high != "":
		share = 0
	case about.MatchString(text):
		share = 0.25
	}
	b.Min = where.Metres(math.Max(0, lo-math.Max(lo*share, digit/2)) * metres)
	b.Max = where.Metres((hi + math.Max(hi*share, digitHigh/2)) * metres)
	b.Ranged = true
	return b.Max <= 2_000_000
}

// amount reads a number and what its last digit stands for.
func amount(s string) (v, digit float64, err error) {
	s = strings.Replace(s, ",", ".", 1)
	v, err = strconv.ParseFloat(s, 64)
	digit = 1
	if i := strings.IndexByte(s, '.'); i >= 0 {
		digit = math.Pow(10, -float64(len(s)-i-1))
	}
	return v, digit, err
}

// centreShare is how well a centre is known, as a share of the radius: lists,
// and people who measure, take centres that differ.
const centreShare = 0.25

// from is the place told from others: a sector round each that may be meant.
func (g *Gazetteer) from(b Bearing) Result {
	base := g.named(b.From, false)
	if !base.Known {
		return Result{}
	}
	if !b.Ranged {
		return Result{Notes: append(base.Notes, fmt.Sprintf("no distance from %s is given: judged as unknown place", clip(b.From)))}
	}
	out := Result{Known: true, Notes: base.Notes}
	var all []where.Region
	var unmeasured []string
	for _, c := range base.Candidates {
		centres := 0
		for _, e := range c.Entries {
			if e.HasPoint {
				centres++
				all = append(all, b.Around(e.Point, e.Radius*centreShare))
			}
		}
		if centres == 0 {
			unmeasured = append(unmeasured, c.String())
			continue
		}
		out.Candidates = append(out.Candidates, c)
	}
	if len(all) == 0 {
		return Result{Notes: append(out.Notes, fmt.Sprintf("%s has no centre to measure from in the lists: judged as unknown place", clip(b.From)))}
	}
	if unmeasured != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("measured from the settlement %s, not from %s, which has no centre", clip(b.From), strings.Join(unmeasured, ", ")))
	}
	out.Region = where.UnionRegion(all...)
	out.Notes = append(out.Notes, b.String())
	return out
}

// Around is the sector round a point that is known to within some metres. It
// holds what the bearing means from any point of that circle.
func (b Bearing) Around(p where.Point, within where.Metres) where.Region {
	half := 180.0
	if within < b.Min {
		half = math.Ceil(10*(b.Half+math.Asin(float64(within/b.Min))*180/math.Pi)) / 10
	}
	if b.Half >= 180 || half >= 180 {
		half = 180
	}
	return where.Sector(p, b.Bearing, half, max(0, b.Min-within), b.Max+within)
}

// String says how the bearing was read.
func (b Bearing) String() string {
	if b.Half >= 180 {
		return fmt.Sprintf("distance from %s read as %s to %s", clip(b.From), b.Min, b.Max)
	}
	return fmt.Sprintf("bearing from %s read as %g±%g°, %s to %s, and the centre of the place as known to a quarter of its radius", clip(b.From), b.Bearing, b.Half, b.Min, b.Max)
}
