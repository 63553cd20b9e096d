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
	copied     bool
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

// Reach and ReachMetres are how far apart two reports may lie, beyond all that they
// leave open, and still be of one event.
const (
	Reach       = maxGap
	ReachMetres = maxApart
)

// Comparer compares reports. It keeps the outlines of areas that it has met, and
// is used from one goroutine at a time.
type Comparer struct {
	Weights map[string]float64 // by word; nil for the built-in ones
	zones   map[string]*where.Zone
	table   map[word]float64 // Weights
	scratch []Reason
}

// word is a case of a fact.
type word struct{ fact, word string }

var builtin = tableOf(weights)

func tableOf(weights map[string]float64) map[word]float64 {
	out := make(map[word]float64, len(weights))
	for k, v := range weights {
		fact, w, _ := strings.Cut(k, ".")
		out[word{fact, w}] = v
	}
	return out
}

// Compare says whether two reports may be of one event, and why.
func (c *Comparer) Compare(a, b *Report) Match {
	x, y := Prepare(a).words(), Prepare(b).words()
	m := c.compare(x, y)
	m.Reasons = slices.Clone(m.Reasons)
	m.explain(x, y)
	return m
}

// compare is Compare without the words of the reasons; those of a match that is
// neither same nor possible hold until the next call.
func (c *Comparer) compare(a, b *Prepared) Match {
	if later(a, b) {
		a, b = b, a
	}
	m := Match{A: a.ID(), B: b.ID(), Reasons: c.scratch[:0]}
	m.Copy = a.sketch.Resemblance(b.sketch)
	m.copied = a.sketch.copied(b.sketch, m.Copy)
	c.times(&m, a, b)
	c.placesOf(&m, a, b)
	c.kinds(&m, a, b)
	c.words(&m, a, b)
	c.lists(&m, a, b)
	table := builtin
	if c.Weights != nil {
		if c.table == nil {
			c.table = tableOf(c.Weights)
		}
		table = c.table
	}
	logit := table[word{"bias", ""}]
	for i := range m.Reasons {
		r := &m.Reasons[i]
		r.Weight = table[word{r.Fact, r.Word}]
		logit += r.Weight
	}
	m.Likely = 1 / (1 + math.Exp(-logit))
	m.decide(a, b)
	c.scratch = m.Reasons
	if m.Likeness == Same || m.Likeness == Possible {
		m.Reasons = slices.Clone(m.Reasons)
	}
	return m
}

// later reports whether a comes after b.
func later(a, b *Prepared) bool {
	if a.order != 0 && b.order != 0 {
		return a.order > b.order
	}
	return before(b, a) < 0
}

func (m *Match) decide(a, b *Prepared) {
	known := a.placed && b.placed && a.timed && b.timed
	switch {
	case !known && !m.copied && !onePicture(a, b):
		m.Likeness = Untold
	case m.veto && (!m.copied || a.timed && b.timed && gapOf(a.at, b.at) > maxGap):
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

// add notes a reason; what it says in words is made by says when it is needed.
func (m *Match) add(fact, word string) {
	m.Reasons = append(m.Reasons, Reason{Fact: fact, Word: word})
}

// times compares when.
func (c *Comparer) times(m *Match, a, b *Prepared) {
	if !a.timed || !b.timed {
		m.add("time", "unknown")
		return
	}
	gap := gapOf(a.at, b.at)
	longest := max(length(a.at), length(b.at))
	switch {
	case gap <= 0 && (a.assumed || b.assumed):
		m.add("time", "published")
	case gap <= 0 && longest <= tight:
		m.add("time", "tight")
	case gap <= 0 && longest <= dayLong:
		m.add("time", "day")
	case gap <= 0:
		m.add("time", "vague")
	default:
		if m.ShiftHours = shift(a.at, b.at); m.ShiftHours != 0 && longest <= tight {
			m.add("time", "zone")
			return
		}
		switch {
		case gap <= nearGap:
			m.add("time", "near")
		case gap <= 12*time.Hour:
			m.add("time", "half-day")
		case gap <= maxGap:
			m.add("time", "next-day")
		default:
			m.add("time", "apart")
			m.veto = true
		}
	}
}

// gapOf is the least time between two spans; 0 or less if they meet.
func gapOf(a, b when.Span) time.Duration { return max(since(b.End, a.Start), since(a.End, b.Start)) }

func length(s when.Span) time.Duration { return since(s.Start, s.End) }

// since is how long after a time another is; less than nothing where one of them
// is not bounded.
func since(a, b when.Instant) time.Duration {
	if !a.Bounded() || !b.Bounded() {
		return -1
	}
	return time.Duration(b-a) * time.Millisecond
}

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
		m.add("place", "unknown")
		return
	}
	gap := apart(a, b)
	switch {
	case gap <= 0 && c.outside(a, b):
		m.add("place", "other-area")
		m.veto = true
	case gap <= 0 && max(a.radius, b.radius) <= exactPlace:
		m.add("place", "exact")
	case gap <= 0 && max(a.radius, b.radius) <= nearPlace:
		m.add("place", "near")
	case gap <= 0:
		m.add("place", "area")
	case gap <= 5000:
		m.add("place", "beside")
	case gap <= maxApart:
		m.add("place", "off")
	default:
		m.add("place", "apart")
		m.veto = true
	}
}

// apart is the least distance between two places in metres, given their radii.
func apart(a, b *Prepared) float64 { return metres(a.centre, b.centre) - a.radius - b.radius }

// reaches reports whether two places may be near enough to be compared; it asks
// the latitudes first, which costs little.
func reaches(a, b *Prepared) bool {
	r := a.radius + b.radius + maxApart
	return math.Abs(a.centre.Lat-b.centre.Lat)*111_000 <= r*1.01 && metres(a.centre, b.centre) <= r
}

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
		m.add("act", "meets")
	default:
		m.add("act", "differs")
	}
	switch {
	case len(a.target) == 0 || len(b.target) == 0:
	case meet(a.target, b.target) && len(a.target) <= 3 && len(b.target) <= 3:
		m.add("target", "meets")
	case meet(a.target, b.target):
		m.add("target", "vague")
	case kin(a.target, b.target):
		m.add("target", "kin")
	default:
		m.add("target", "differs")
	}
	if len(a.outcome) > 0 && len(b.outcome) > 0 && !meet(a.outcome, b.outcome) {
		m.add("outcome", "differs")
	}
	if site := sharedSite(a.Incident, b.Incident); site != "" {
		m.add("target", "site")
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
	case m.copied:
		m.add("text", "copy")
	case m.Copy >= 0.1:
		m.add("text", "alike")
	}
	if anyShared(a.numbers, b.numbers) {
		m.add("text", "numbers")
	} else if len(a.numbers) > 0 && len(b.numbers) > 0 {
		m.add("text", "other-numbers")
	}
	c.names(m, a, b)
	switch {
	case len(a.Concepts) == 0 || len(b.Concepts) == 0:
	case meet(a.Concepts, b.Concepts):
		m.add("text", "concepts")
	default:
		m.add("text", "other-concepts")
	}
	if d, ok := nearest(a.Pictures, b.Pictures); ok && d <= pictureBits {
		m.add("picture", "same")
	}
}

// names compares the places that two texts name. Settlements tell more than
// areas: all that happens in an oblast names it.
func (c *Comparer) names(m *Match, a, b *Prepared) {
	switch {
	case len(a.Names) == 0 || len(b.Names) == 0:
	case anyCommon(a.settlements, b.settlements):
		m.add("text", "names")
	case len(a.settlements) > 0 && len(b.settlements) > 0:
		m.add("text", "other-names")
	case anyCommon(a.Names, b.Names):
		m.add("text", "area-names")
	}
}

func anyCommon(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
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
	if a.List != "" && a.List == b.List && m.Copy < CopiedResemblance {
		m.add("list", "apart")
	}
	if a.summary != b.summary {
		m.add("count", "part")
	}
	if a.Denies != b.Denies {
		m.add("list", "denial")
	}
}
