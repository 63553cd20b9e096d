package evidence

import "strings"

// cause is a case of a fact: a line of the table in docs/fusion.md. Pairs are
// compared in numbers; words are made only of what somebody will see.
type cause uint8

const (
	timeUnknown cause = iota
	timePublished
	timeTight
	timeDay
	timeVague
	timeZone
	timeNear
	timeHalfDay
	timeNextDay
	timeApart
	placeUnknown
	placeOtherArea
	placeExact
	placeNear
	placeArea
	placeBeside
	placeOff
	placeApart
	actMeets
	actDiffers
	targetMeets
	targetVague
	targetKin
	targetDiffers
	targetSite
	targetSeldom
	targetOften
	outcomeDiffers
	textCopy
	textAlike
	textNumbers
	textOtherNumbers
	textNames
	textOtherNames
	textAreaNames
	textProper
	textConcepts
	textOtherConcepts
	pictureSame
	listApart
	listDenial
	countPart
	causes // how many there are
)

// word is a cause in words.
type word struct{ fact, word string }

var causeWords = [causes]word{
	timeUnknown: {"time", "unknown"}, timePublished: {"time", "published"}, timeTight: {"time", "tight"}, timeDay: {"time", "day"},
	timeVague: {"time", "vague"}, timeZone: {"time", "zone"}, timeNear: {"time", "near"}, timeHalfDay: {"time", "half-day"},
	timeNextDay: {"time", "next-day"}, timeApart: {"time", "apart"},
	placeUnknown: {"place", "unknown"}, placeOtherArea: {"place", "other-area"}, placeExact: {"place", "exact"}, placeNear: {"place", "near"},
	placeArea: {"place", "area"}, placeBeside: {"place", "beside"}, placeOff: {"place", "off"}, placeApart: {"place", "apart"},
	actMeets: {"act", "meets"}, actDiffers: {"act", "differs"},
	targetMeets: {"target", "meets"}, targetVague: {"target", "vague"}, targetKin: {"target", "kin"}, targetDiffers: {"target", "differs"}, targetSite: {"target", "site"},
	targetSeldom: {"target", "seldom"}, targetOften: {"target", "often"},
	outcomeDiffers: {"outcome", "differs"},
	textCopy:       {"text", "copy"}, textAlike: {"text", "alike"}, textNumbers: {"text", "numbers"}, textOtherNumbers: {"text", "other-numbers"},
	textNames: {"text", "names"}, textOtherNames: {"text", "other-names"}, textAreaNames: {"text", "area-names"}, textProper: {"text", "proper"},
	textConcepts: {"text", "concepts"}, textOtherConcepts: {"text", "other-concepts"},
	pictureSame: {"picture", "same"},
	listApart:   {"list", "apart"}, listDenial: {"list", "denial"}, countPart: {"count", "part"},
}

// scale is what each cause adds to the logarithm of the odds.
type scale struct {
	bias   float64
	of     [causes]float64
	copied float64 // the most that the texts themselves can add
}

var builtin = scaleOf(weights)

func scaleOf(weights map[string]float64) *scale {
	s := &scale{}
	for k, v := range weights {
		fact, w, _ := strings.Cut(k, ".")
		if fact == "bias" {
			s.bias = v
		}
		for i, x := range causeWords {
			if x.fact == fact && x.word == w {
				s.of[i] = v
			}
		}
	}
	s.copied = max(0, s.of[textCopy], s.of[textAlike])
	return s
}

// verdict is how a pair stands, in numbers.
type verdict struct {
	likely   float64
	copy     float64
	causes   [16]cause // one each of time, place, act, outcome, texts, numbers, names, proper, concepts, picture; three of target; three of lists
	n        uint8
	shift    int8 // hours
	likeness Likeness
	veto     bool
	copied   bool
}

func (v *verdict) add(c cause) {
	v.causes[v.n] = c
	v.n++
}

func (v *verdict) has(c cause) bool {
	for _, x := range v.causes[:v.n] {
		if x == c {
			return true
		}
	}
	return false
}

// told writes a verdict out.
func (c *Comparer) told(v verdict, a, b *Prepared) Match {
	if later(a, b) {
		a, b = b, a
	}
	m := Match{A: a.ID(), B: b.ID(), Likeness: v.likeness, Likely: v.likely, Copy: v.copy, ShiftHours: int(v.shift), veto: v.veto, Reasons: make([]Reason, v.n)}
	s := c.scale()
	for i, x := range v.causes[:v.n] {
		w := causeWords[x]
		m.Reasons[i] = Reason{Fact: w.fact, Word: w.word, Weight: s.of[x]}
	}
	m.explain(a, b)
	return m
}
