package evidence

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Likeness says whether two reports are of one event.
type Likeness string

// The answers.
const (
	Same      Likeness = "same"
	Possible  Likeness = "possible"
	Different Likeness = "different"
	// Untold: a time or a place is not known, and no words or pictures are shared.
	Untold Likeness = "cannot be told"
)

// Reason speaks for or against two reports being of one event.
type Reason struct {
	Fact   string  `json:"fact"`           // time, place, act, target, outcome, text, picture, list, count
	Word   string  `json:"word,omitempty"` // which of the cases of docs/fusion.md it is
	Weight float64 `json:"weight"`         // added to the logarithm of the odds; 0 where it decides by itself
	Says   string  `json:"says"`           // in words
}

// Match is the comparison of two reports. It is the same both ways. Who is
// accused, by whom, plays no part in it.
type Match struct {
	A          string   `json:"a"` // ids
	B          string   `json:"b"`
	Likeness   Likeness `json:"likeness"`
	Likely     float64  `json:"likely"` // probability that they are of one event, among reports near each other in time and place
	Reasons    []Reason `json:"reasons,omitempty"`
	Copy       float64  `json:"copy"`                  // resemblance of the texts
	ShiftHours int      `json:"shift_hours,omitempty"` // whole hours by which one clock would have to be moved to make the times meet; 0: none
	veto       bool
}

// Thresholds of the probability.
const (
	sameFrom     = 0.85
	possibleFrom = 0.15
)

// Limits beyond which two reports are not of one event, whatever else they
// say: how far apart they are at least, given all that both leave open.
const (
	maxGap      = 36 * time.Hour
	maxApart    = 30_000.0 // metres
	nearGap     = 3 * time.Hour
	tight       = 3 * time.Hour
	dayLong     = 36 * time.Hour
	exactPlace  = 10_000.0 // metres
	nearPlace   = 60_000.0
	pictureBits = 8 // of 64 in which two hashes of one picture may differ
)

// Comparer compares reports. It keeps the outlines of areas that it has met, and
// is used from one goroutine at a time.
type Comparer struct {
	Weights map[string]float64 // by word; nil for the built-in ones
	zones   map[string]*where.Zone
}

// Compare says whether two reports may be of one event, and why.
func (c *Comparer) Compare(a, b *Report) Match {
	return c.compare(Prepare(a).words(), Prepare(b).words())
}

func (c *Comparer) compare(a, b *Prepared) Match {
	if before(b, a) < 0 {
		a, b = b, a
	}
	m := Match{A: a.ID(), B: b.ID()}
	m.Copy = a.sketch.Resemblance(b.sketch)
	c.times(&m, a, b)
	c.placesOf(&m, a, b)
	c.kinds(&m, a, b)
	c.words(&m, a, b)
	c.lists(&m, a, b)
	logit := c.weight("bias")
	for i := range m.Reasons {
		r := &m.Reasons[i]
		r.Weight = c.weight(r.Fact + "." + r.Word)
		logit += r.Weight
	}
	m.Likely = 1 / (1 + math.Exp(-logit))
	m.decide(a, b)
	return m
}

func (c *Comparer) weight(word string) float64 {
	if c.Weights != nil {
		return c.Weights[word]
	}
	return weights[word]
}

func (m *Match) decide(a, b *Prepared) {
	known := a.placed && b.placed && a.timed && b.timed
	switch {
	case !known && !oneSource(a, b):
		m.Likeness = Untold
	case m.veto && (!a.sketch.Copied(b.sketch) || a.timed && b.timed && gapOf(a.at, b.at) > maxGap):
		m.Likeness, m.Likely = Different, min(m.Likely, 0.001)
	case m.veto: // one text at two places: whether it is one event is for people
		m.Likeness, m.Likely = Possible, min(max(m.Likely, possibleFrom), sameFrom-0.01)
	case m.Likely >= sameFrom && !a.summary && !b.summary && a.Detection == nil && b.Detection == nil && !(a.assumed && b.assumed && m.Copy < CopiedResemblance):
		m.Likeness = Same
	case m.Likely >= possibleFrom:
		m.Likeness = Possible
	default:
		m.Likeness = Different
	}
}

func (m *Match) add(fact, word, format string, args ...any) {
	m.Reasons = append(m.Reasons, Reason{Fact: fact, Word: word, Says: fmt.Sprintf(format, args...)})
}

// times compares when.
func (c *Comparer) times(m *Match, a, b *Prepared) {
	if !a.timed || !b.timed {
		m.add("time", "unknown", "a time is not known")
		return
	}
	gap := gapOf(a.at, b.at)
	longest := max(length(a.at), length(b.at))
	switch {
	case gap <= 0 && (a.assumed || b.assumed):
		m.add("time", "published", "the time of one is taken from when it was published")
	case gap <= 0 && longest <= tight:
		m.add("time", "tight", "both within the same %s", hours(longest))
	case gap <= 0 && longest <= dayLong:
		m.add("time", "day", "the times meet; the vaguer is %s long", hours(longest))
	case gap <= 0:
		m.add("time", "vague", "the times meet, but one is %s long", hours(longest))
	default:
		if m.ShiftHours = shift(a.at, b.at); m.ShiftHours != 0 && longest <= tight {
			m.add("time", "zone", "the times are %s apart and would meet if one clock were moved by %+d h: a wrong time zone?", hours(gap), m.ShiftHours)
			return
		}
		switch {
		case gap <= nearGap:
			m.add("time", "near", "%s apart", hours(gap))
		case gap <= 12*time.Hour:
			m.add("time", "half-day", "%s apart", hours(gap))
		case gap <= maxGap:
			m.add("time", "next-day", "%s apart", hours(gap))
		default:
			m.add("time", "apart", "%s apart, more than %s", hours(gap), hours(maxGap))
			m.veto = true
		}
	}
}

// gapOf is the least time between two spans; 0 or less if they meet.
func gapOf(a, b when.Span) time.Duration {
	return max(a.Start.Time().Sub(b.End.Time()), b.Start.Time().Sub(a.End.Time()))
}

func length(s when.Span) time.Duration { return s.End.Time().Sub(s.Start.Time()) }

// shift is the number of whole hours, from 1 to 3, by which the later of two
// spans would have to be moved back, or the earlier forward, so that they meet:
// clocks of Kyiv, Moscow and UTC are that far apart. 0 if none will do.
func shift(a, b when.Span) int {
	for h := 1; h <= 3; h++ {
		d := time.Duration(h) * time.Hour
		if gapOf(a, when.Span{Start: b.Start.Add(-d), End: b.End.Add(-d)}) <= 0 {
			return h
		}
		if gapOf(a, when.Span{Start: b.Start.Add(d), End: b.End.Add(d)}) <= 0 {
			return -h
		}
	}
	return 0
}

func hours(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 72*time.Hour:
		return fmt.Sprintf("%.3g h", d.Hours())
	}
	return fmt.Sprintf("%.3g days", d.Hours()/24)
}

// placesOf compares where.
func (c *Comparer) placesOf(m *Match, a, b *Prepared) {
	if !a.placed || !b.placed {
		m.add("place", "unknown", "a place is not known")
		return
	}
	gap := apart(a, b)
	switch {
	case gap <= 0 && c.outside(a, b):
		m.add("place", "other-area", "one lies outside of the areas that the other names")
		m.veto = true
	case gap <= 0 && max(a.radius, b.radius) <= exactPlace:
		m.add("place", "exact", "the places meet; the vaguer is ±%s", where.Metres(max(a.radius, b.radius)))
	case gap <= 0 && max(a.radius, b.radius) <= nearPlace:
		m.add("place", "near", "the places meet; the vaguer is ±%s", where.Metres(max(a.radius, b.radius)))
	case gap <= 0:
		m.add("place", "area", "the places meet, but one is an area of ±%s", where.Metres(max(a.radius, b.radius)))
	case gap <= 5000:
		m.add("place", "beside", "%s apart, beyond what both leave open", where.Metres(math.Round(gap)))
	case gap <= maxApart:
		m.add("place", "off", "%s apart, beyond what both leave open", where.Metres(math.Round(gap)))
	default:
		m.add("place", "apart", "%s apart, more than %s", where.Metres(math.Round(gap)), where.Metres(maxApart))
		m.veto = true
	}
}

// apart is the least distance between two places in metres, given their radii.
func apart(a, b *Prepared) float64 { return metres(a.centre, b.centre) - a.radius - b.radius }

// metres is the length of the great circle between two points of a sphere: for
// comparing, where 0.3 per cent do not matter.
func metres(p, q where.Point) float64 {
	const rad = math.Pi / 180
	h := hav((q.Lat-p.Lat)*rad) + math.Cos(p.Lat*rad)*math.Cos(q.Lat*rad)*hav((q.Lon-p.Lon)*rad)
	return 2 * 6371008.8 * math.Asin(math.Min(1, math.Sqrt(h)))
}

func hav(x float64) float64 { s := math.Sin(x / 2); return s * s }

// outside reports whether one place lies wholly outside of the areas that are
// the other.
func (c *Comparer) outside(a, b *Prepared) bool {
	switch {
	case a.areas != nil && b.areas != nil:
		return !slices.ContainsFunc(a.areas, func(x string) bool {
			return slices.ContainsFunc(b.areas, func(y string) bool { return x == y || strings.HasPrefix(x, y+"-") || strings.HasPrefix(y, x+"-") })
		})
	case a.areas != nil:
		return c.beyond(a.areas, b.places)
	case b.areas != nil:
		return c.beyond(b.areas, a.places)
	}
	return false
}

func (c *Comparer) beyond(codes []string, places []where.Region) bool {
	key := strings.Join(codes, "|")
	z, ok := c.zones[key]
	if !ok {
		if c.zones == nil {
			c.zones = map[string]*where.Zone{}
		}
		z, _ = where.AreaZone(key, codes...)
		c.zones[key] = z
	}
	if z == nil {
		return false
	}
	for _, p := range places {
		if z.Relate(p, where.Model{}) != where.Outside {
			return false
		}
	}
	return true
}

// kinds compares what was done to what.
func (c *Comparer) kinds(m *Match, a, b *Prepared) {
	switch {
	case len(a.act) == 0 || len(b.act) == 0 || vague(a.act) || vague(b.act):
	case meet(a.act, b.act):
		m.add("act", "meets", "the acts can be one: %s, %s", set(a.act), set(b.act))
	default:
		m.add("act", "differs", "the acts differ: %s, %s", set(a.act), set(b.act))
	}
	switch {
	case len(a.target) == 0 || len(b.target) == 0:
	case meet(a.target, b.target) && len(a.target) <= 3 && len(b.target) <= 3:
		m.add("target", "meets", "the objects can be one: %s, %s", set(a.target), set(b.target))
	case meet(a.target, b.target):
		m.add("target", "vague", "the objects can be one, of many kinds")
	case kin(a.target, b.target):
		m.add("target", "kin", "the objects are of one family: %s, %s", set(a.target), set(b.target))
	default:
		m.add("target", "differs", "the objects differ: %s, %s", set(a.target), set(b.target))
	}
	if len(a.outcome) > 0 && len(b.outcome) > 0 && !meet(a.outcome, b.outcome) {
		m.add("outcome", "differs", "they end differently: %s, %s", set(a.outcome), set(b.outcome))
	}
	if site := sharedSite(a.Incident, b.Incident); site != "" {
		m.add("target", "site", "both name the object %s", site)
	}
}

// vague: so many acts may be meant that meeting says nothing.
func vague(act []string) bool {
	return slices.Contains(act, "attack") || len(act) > 4
}

func sharedSite(a, b *Incident) string {
	for i := range a.Scenarios {
		for _, s := range a.Scenarios[i].Site {
			for k := range b.Scenarios {
				if slices.Contains(b.Scenarios[k].Site, s) && s != "none-of-these" {
					return s
				}
			}
		}
	}
	return ""
}

func set(s []string) string {
	if len(s) > 4 {
		return strings.Join(s[:4], "|") + "|..."
	}
	return strings.Join(s, "|")
}

// words compares texts and pictures.
func (c *Comparer) words(m *Match, a, b *Prepared) {
	switch {
	case a.sketch.Copied(b.sketch):
		m.add("text", "copy", "one text is a copy of the other, or holds it (%.0f%% in common)", 100*m.Copy)
	case m.Copy >= 0.1:
		m.add("text", "alike", "the texts share whole phrases (%.0f%% in common)", 100*m.Copy)
	}
	if n := shared(a.numbers, b.numbers); len(n) > 0 {
		m.add("text", "numbers", "both texts give the number %d", n[len(n)-1])
	} else if len(a.numbers) > 0 && len(b.numbers) > 0 {
		m.add("text", "other-numbers", "no number of one text stands in the other")
	}
	c.names(m, a, b)
	switch {
	case len(a.Concepts) == 0 || len(b.Concepts) == 0:
	case meet(a.Concepts, b.Concepts):
		m.add("text", "concepts", "words of both mean %s", set(common(a.Concepts, b.Concepts)))
	default:
		m.add("text", "other-concepts", "their words mean different things")
	}
	if d, ok := nearest(a.Pictures, b.Pictures); ok && d <= pictureBits {
		m.add("picture", "same", "they show one picture (%d of 64 bits differ)", d)
	}
}

// names compares the places that two texts name. Settlements tell more than
// areas: all that happens in an oblast names it.
func (c *Comparer) names(m *Match, a, b *Prepared) {
	if len(a.Names) == 0 || len(b.Names) == 0 {
		return
	}
	x, y := settlements(a.Names), settlements(b.Names)
	switch both := common(x, y); {
	case len(both) > 0:
		m.add("text", "names", "both texts name %s", strings.Join(both[:min(3, len(both))], ", "))
	case len(x) > 0 && len(y) > 0:
		m.add("text", "other-names", "the texts name other places")
	case len(common(a.Names, b.Names)) > 0:
		m.add("text", "area-names", "both texts name %s, an area", common(a.Names, b.Names)[0])
	}
}

// settlements are names of places that are no codes of areas, such as UA-63.
func settlements(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return len(n) > 2 && n[2] == '-' && n[:2] == strings.ToUpper(n[:2]) && n[0] < 0x80
	})
}

// common returns the strings that stand in both of two lists.
func common(a, b []string) []string {
	var out []string
	for _, x := range a {
		if slices.Contains(b, x) && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	slices.Sort(out)
	return out
}

// lists looks at how the reports stand to each other.
func (c *Comparer) lists(m *Match, a, b *Prepared) {
	if a.List != "" && a.List == b.List && a.sketch.Resemblance(b.sketch) < CopiedResemblance {
		m.add("list", "apart", "one list counts them as two")
	}
	if a.summary != b.summary {
		m.add("count", "part", "one speaks of several events, of which the other may be one")
	}
	if a.Denies != b.Denies {
		m.add("list", "denial", "one denies what is said to have happened there and then")
	}
}
