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
	News    *News              // what is usual in the reports at hand; nil if it is not known
	zones   map[string]*where.Zone
	table   *scale // of Weights
}

func (c *Comparer) scale() *scale {
	if c.table == nil {
		if c.table = builtin; c.Weights != nil {
			c.table = scaleOf(c.Weights)
		}
	}
	return c.table
}

// Compare says whether two reports may be of one event, and why.
func (c *Comparer) Compare(a, b *Report) Match {
	x, y := Prepare(a).words(), Prepare(b).words()
	return c.told(c.compare(x, y), x, y)
}

// compare weighs two reports.
func (c *Comparer) compare(a, b *Prepared) verdict { return c.weigh(a, b, false) }

// quick is compare where only what is same or possible matters: of any other pair
// it may say no more than that it is different.
func (c *Comparer) quick(a, b *Prepared) verdict { return c.weigh(a, b, true) }

// weigh asks what costs little first. The texts come last: where they could not
// make a match any more they are not asked, if quick.
func (c *Comparer) weigh(a, b *Prepared, quick bool) verdict {
	if later(a, b) {
		a, b = b, a
	}
	var v verdict
	c.times(&v, a, b)
	if quick && v.veto {
		v.likeness = Different
		return v
	}
	c.placesOf(&v, a, b)
	c.kinds(&v, a, b)
	c.words(&v, a, b)
	s := c.scale()
	logit := s.bias
	for _, x := range v.causes[:v.n] {
		logit += s.of[x]
	}
	if quick && !v.veto && logit+s.copied+max(0, s.of[listApart])+max(0, s.of[countPart])+max(0, s.of[listDenial]) < possibleLogit {
		v.likeness = Different
		return v
	}
	before := v.n
	c.texts(&v, a, b)
	c.lists(&v, a, b)
	for _, x := range v.causes[before:v.n] {
		logit += s.of[x]
	}
	v.likely = 1 / (1 + math.Exp(-logit))
	v.decide(a, b)
	return v
}

// possibleLogit is a little less than the logarithm of the odds of possibleFrom.
var possibleLogit = math.Log(possibleFrom/(1-possibleFrom)) - 1e-9

// later reports whether a comes after b.
func later(a, b *Prepared) bool {
	if a.order != 0 && b.order != 0 {
		return a.order > b.order
	}
	return before(b, a) < 0
}

func (v *verdict) decide(a, b *Prepared) {
	known := a.placed && b.placed && a.timed && b.timed
	switch {
	case !known && !v.copied && !v.has(pictureSame):
		v.likeness = Untold
	case v.veto && (!v.copied || a.timed && b.timed && gapOf(a.at, b.at) > maxGap):
		v.likeness, v.likely = Different, min(v.likely, 0.001)
	case v.veto: // one text at two places: whether it is one event is for people
		v.likeness, v.likely = Possible, min(max(v.likely, possibleFrom), sameFrom-0.01)
	case v.likely >= sameFrom && !a.summary && !b.summary && a.Detection == nil && b.Detection == nil && !(a.assumed && b.assumed && v.copy < CopiedResemblance):
		v.likeness = Same
	case v.likely >= possibleFrom:
		v.likeness = Possible
	default:
		v.likeness = Different
	}
}

// times compares when.
func (c *Comparer) times(v *verdict, a, b *Prepared) {
	if !a.timed || !b.timed {
		v.add(timeUnknown)
		return
	}
	gap := gapOf(a.at, b.at)
	longest := max(length(a.at), length(b.at))
	switch {
	case gap <= 0 && (a.assumed || b.assumed):
		v.add(timePublished)
	case gap <= 0 && longest <= tight:
		v.add(timeTight)
	case gap <= 0 && longest <= dayLong:
		v.add(timeDay)
	case gap <= 0:
		v.add(timeVague)
	default:
		if v.shift = int8(shift(a.at, b.at)); v.shift != 0 && longest <= tight {
			v.add(timeZone)
			return
		}
		switch {
		case gap <= nearGap:
			v.add(timeNear)
		case gap <= 12*time.Hour:
			v.add(timeHalfDay)
		case gap <= maxGap:
			v.add(timeNextDay)
		default:
			v.add(timeApart)
			v.veto = true
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
func (c *Comparer) placesOf(v *verdict, a, b *Prepared) {
	if !a.placed || !b.placed {
		v.add(placeUnknown)
		return
	}
	gap := apart(a, b)
	switch {
	case gap <= 0 && c.outside(a, b):
		v.add(placeOtherArea)
		v.veto = true
	case gap <= 0 && max(a.radius, b.radius) <= exactPlace:
		v.add(placeExact)
	case gap <= 0 && max(a.radius, b.radius) <= nearPlace:
		v.add(placeNear)
	case gap <= 0:
		v.add(placeArea)
	case gap <= 5000:
		v.add(placeBeside)
	case gap <= maxApart:
		v.add(placeOff)
	default:
		v.add(placeApart)
		v.veto = true
	}
}

// apart is the least distance between two places in metres, given their radii.
func apart(a, b *Prepared) float64 { return a.on.metres(b.on) - a.radius - b.radius }

// globe is the mean radius of the Earth, metres.
const globe = 6371008.8

// vector is a point of a sphere of radius 1.
type vector struct{ x, y, z float64 }

func vectorOf(p where.Point) vector {
	const rad = math.Pi / 180
	lat, lon := p.Lat*rad, p.Lon*rad
	return vector{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

// chord is the square of the straight line between two points.
func (p vector) chord(q vector) float64 {
	x, y, z := p.x-q.x, p.y-q.y, p.z-q.z
	return x*x + y*y + z*z
}

// metres is the length of the great circle between two points: for comparing,
// where the 0.3 per cent by which the Earth is no sphere do not matter.
func (p vector) metres(q vector) float64 {
	return 2 * globe * math.Asin(math.Min(1, math.Sqrt(p.chord(q))/2))
}

// reaches reports whether two places may be near enough to be compared: a chord is
// shorter than its arc, so that none is left out.
func reaches(p, q vector, radii float64) bool {
	r := (radii + maxApart) / globe
	return p.chord(q) <= r*r
}

// metres is the length of the great circle between two points of a sphere.
func metres(p, q where.Point) float64 { return vectorOf(p).metres(vectorOf(q)) }

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
func (c *Comparer) kinds(v *verdict, a, b *Prepared) {
	switch {
	case a.anyAct || b.anyAct:
	case meet(a.act, b.act):
		v.add(actMeets)
	default:
		v.add(actDiffers)
	}
	switch {
	case len(a.target) == 0 || len(b.target) == 0:
	case meet(a.target, b.target) && len(a.target) <= 3 && len(b.target) <= 3:
		v.add(targetMeets)
		if x, ok := c.objects(a, b); ok {
			v.add(x)
		}
	case meet(a.target, b.target):
		v.add(targetVague)
	case kin(a.target, b.target):
		v.add(targetKin)
	default:
		v.add(targetDiffers)
	}
	if len(a.outcome) > 0 && len(b.outcome) > 0 && !meet(a.outcome, b.outcome) {
		v.add(outcomeDiffers)
	}
	if len(a.sites) > 0 && len(b.sites) > 0 && anyCommon(a.sites, b.sites) {
		v.add(targetSite)
	}
}

// vague: so many acts may be meant that meeting says nothing.
func vague(act []string) bool {
	return slices.Contains(act, "attack") || len(act) > 4
}

func set(s []string) string {
	if len(s) > 4 {
		return strings.Join(s[:4], "|") + "|..."
	}
	return strings.Join(s, "|")
}

// words compares what texts name and mean, and pictures.
func (c *Comparer) words(v *verdict, a, b *Prepared) {
	if anyShared(a.numbers, b.numbers) {
		v.add(textNumbers)
	} else if len(a.numbers) > 0 && len(b.numbers) > 0 {
		v.add(textOtherNumbers)
	}
	c.names(v, a, b)
	switch {
	case len(a.Concepts) == 0 || len(b.Concepts) == 0:
	case meet(a.Concepts, b.Concepts):
		v.add(textConcepts)
	default:
		v.add(textOtherConcepts)
	}
	if d, ok := nearest(a.Pictures, b.Pictures); ok && d <= pictureBits {
		v.add(pictureSame)
	}
}

// texts compares the words themselves.
func (c *Comparer) texts(v *verdict, a, b *Prepared) {
	v.copy = a.sketch.Resemblance(b.sketch)
	v.copied = a.sketch.copied(b.sketch, v.copy)
	switch {
	case v.copied:
		v.add(textCopy)
	case v.copy >= 0.1:
		v.add(textAlike)
	}
}

// names compares the places that two texts name. Settlements tell more than
// areas: all that happens in an oblast names it.
func (c *Comparer) names(v *verdict, a, b *Prepared) {
	switch {
	case len(a.nameKeys) == 0 || len(b.nameKeys) == 0:
	case anyShared(a.settled, b.settled):
		v.add(textNames)
		return
	case len(a.settled) > 0 && len(b.settled) > 0:
		v.add(textOtherNames)
	case anyShared(a.nameKeys, b.nameKeys):
		v.add(textAreaNames)
	}
	if c.properNames(a, b) {
		v.add(textProper)
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
func (c *Comparer) lists(v *verdict, a, b *Prepared) {
	if a.List != "" && a.List == b.List && v.copy < CopiedResemblance {
		v.add(listApart)
	}
	if a.summary != b.summary {
		v.add(countPart)
	}
	if a.Denies != b.Denies {
		v.add(listDenial)
	}
}
