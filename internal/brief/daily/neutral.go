package daily

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed neutral.csv
var neutralCSV string

// neutralRule is a row of the table: a word that takes sides (loaded), a name that is
// not the one of the list (toponym), a verb that a party must not be the subject of
// (act), or a name of a party.
type neutralRule struct{ lang, kind, word, instead string }

var neutralRules = sync.OnceValue(func() []neutralRule {
	rows, err := csv.NewReader(strings.NewReader(neutralCSV)).ReadAll()
	if err != nil {
		panic("daily: neutral.csv: " + err.Error()) // it is part of the program, and tests read it
	}
	var out []neutralRule
	for _, r := range rows[1:] {
		out = append(out, neutralRule{r[0], r[1], r[2], r[3]})
	}
	return out
})

// Bias is a place in a text that is not neutral.
type Bias struct {
	Offset int
	Says   string
}

var wordForm = regexp.MustCompile(`[\p{L}\p{N}’'-]+`)

// Neutral looks for words that take sides, names that are not those of the list, and
// a party as the subject of an act. It finds what is in its table and nothing else:
// that it finds nothing does not make a text neutral. What stands in quotation marks
// is somebody's words, and is left alone.
func Neutral(lang, text string, parties []string) []Bias {
	var out []Bias
	quoted := quotations(text)
	words := wordForm.FindAllStringIndex(text, -1)
	of := func(kind, word string) (neutralRule, bool) {
		for _, r := range neutralRules() {
			if r.lang == lang && r.kind == kind && strings.EqualFold(r.word, word) {
				return r, true
			}
		}
		return neutralRule{}, false
	}
	for i, at := range words {
		word := text[at[0]:at[1]]
		if quoted(at[0]) {
			continue
		}
		if r, ok := of("loaded", word); ok {
			out = append(out, Bias{at[0], fmt.Sprintf("%q takes sides: %s", word, r.instead)})
		}
		if r, ok := of("toponym", word); ok {
			out = append(out, Bias{at[0], fmt.Sprintf("%q: by the list of names it is %s", word, r.instead)})
		}
		_, named := of("party", word)
		if !named && !slices.Contains(parties, word) {
			continue
		}
		for k := i + 1; k < len(words) && k <= i+3; k++ {
			if strings.ContainsAny(text[words[k-1][1]:words[k][0]], ".;:!?\n") {
				break
			}
			if r, ok := of("act", text[words[k][0]:words[k][1]]); ok {
				out = append(out, Bias{at[0], fmt.Sprintf("%q is the subject of an act, which nobody has determined: %s", word, r.instead)})
				break
			}
		}
	}
	sort.SliceStable(out, func(i, k int) bool { return out[i].Offset < out[k].Offset })
	return out
}

// quotations says which offsets of a text stand between quotation marks.
func quotations(text string) func(int) bool {
	spans := regexp.MustCompile(`“[^”]*”|«[^»]*»|„[^“”]*[“”]|"[^"\n]*"`).FindAllStringIndex(text, -1)
	return func(at int) bool {
		for _, s := range spans {
			if at > s[0] && at < s[1] {
				return true
			}
		}
		return false
	}
}

// parties are the heads of all actors on record, in order.
func (b *builder) parties() []string {
	seen := map[string]bool{}
	take := func(actors []string) {
		for _, a := range actors {
			head, _, _ := strings.Cut(a, ".")
			seen[head] = true
		}
	}
	for _, r := range b.Records {
		for i := range r.Scenarios {
			take(r.Scenarios[i].Actor)
		}
	}
	if b.Rest != nil {
		take(b.Rest.Actors)
	}
	out := make([]string, 0, len(seen))
	for p := range seen {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}
