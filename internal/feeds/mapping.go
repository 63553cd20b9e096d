package feeds

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
)

//go:embed data/*.csv
var dataFiles embed.FS

// The tables that say what the words of the sources mean. They are part of the
// program: a fault in one is a fault of the program, and a test reads them all.
var (
	claimObjects           = sync.OnceValue(func() *phrases { return newPhrases("claims_objects.csv", "words", "kind") })
	claimMeans             = sync.OnceValue(func() *phrases { return newPhrases("claims_means.csv", "words", "") })
	claimOutcomes          = sync.OnceValue(func() *phrases { return newPhrases("claims_outcomes.csv", "words", "") })
	airforceModels         = sync.OnceValue(func() *phrases { return newPhrases("airforce_models.csv", "model", "") })
	airforcePlaces         = sync.OnceValue(func() map[string]entry { return index("airforce_places.csv", "name") })
	viinaTargets           = sync.OnceValue(func() map[string]entry { return index("viina_targets.csv", "class") })
	viinaActs              = sync.OnceValue(func() map[string]entry { return index("viina_acts.csv", "word") })
	adminAreas             = sync.OnceValue(func() map[string]entry { return index("admin_areas.csv", "name") })
	acledEvents            = sync.OnceValue(func() map[string]entry { return index("acled_subevents.csv", "sub_event_type") })
	acledTags              = sync.OnceValue(func() *phrases { return newPhrases("acled_tags.csv", "words", "") })
	ucdpViolence           = sync.OnceValue(func() map[string]entry { return index("ucdp_violence.csv", "type_of_violence") })
	gdeltCameo             = sync.OnceValue(func() map[string]entry { return index("gdelt_cameo.csv", "code") })
	hxlTypes               = sync.OnceValue(func() map[string]entry { return index("hxl_types.csv", "type") })
	bellingcatAssociations = sync.OnceValue(func() map[string]entry { return index("bellingcat_associations.csv", "key") })
	bellingcatIDs          = sync.OnceValue(func() map[string]entry { return index("bellingcat_associations.csv", "id") })
	viinaAreas             = sync.OnceValue(func() map[string]entry { return index("viina_areas.csv", "name") })
)

// entry is a row of a table, by column.
type entry map[string]string

// set returns a cell that holds a|b.
func (e entry) set(column string) []string {
	if e[column] == "" {
		return nil
	}
	return strings.Split(e[column], "|")
}

func loadTable(name string) []entry {
	f, err := dataFiles.Open("data/" + name)
	if err != nil {
		panic("feeds: " + err.Error())
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("feeds: data/%s: %v", name, err))
	}
	var out []entry
	for _, r := range rows[1:] {
		e := entry{}
		for i, c := range rows[0] {
			e[c] = r[i]
		}
		out = append(out, e)
	}
	return out
}

func index(name, key string) map[string]entry {
	out := map[string]entry{}
	for _, e := range loadTable(name) {
		k := strings.ToLower(e[key])
		if _, twice := out[k]; twice {
			panic(fmt.Sprintf("feeds: data/%s: %q stands twice", name, k))
		}
		out[k] = e
	}
	return out
}

// phrases finds the phrases of a table in a text: longest first, and what one
// has matched no other can match again. A phrase ends in * to match the start
// of a word. Phrases may be kept in groups.
type phrases struct {
	groups map[string][]phrase
}

type phrase struct {
	words string
	entry entry
}

func newPhrases(name, key, group string) *phrases {
	p := &phrases{groups: map[string][]phrase{}}
	for _, e := range loadTable(name) {
		p.groups[e[group]] = append(p.groups[e[group]], phrase{" " + foldPhrase(e[key]), e})
	}
	for _, g := range p.groups {
		sort.SliceStable(g, func(i, j int) bool { return len(g[i].words) > len(g[j].words) })
	}
	return p
}

func foldPhrase(s string) string {
	stem := strings.HasSuffix(s, "*")
	s = foldWords(s)
	if !stem && s != "" {
		s += " "
	}
	return s
}

// find returns the entries of a group whose phrases are in the text, and what
// is left of the text. An entry with an empty phrase is never found.
func (p *phrases) find(group, text string) (found []entry, rest string) {
	rest = " " + foldWords(text) + " "
	for _, ph := range p.groups[group] {
		if ph.words == " " {
			continue
		}
		hit := false
		for at := strings.Index(rest, ph.words); at >= 0; at = strings.Index(rest, ph.words) {
			hit = true
			end := at + len(ph.words)
			if rest[end-1] == ' ' {
				end--
			} else {
				end += max(strings.IndexByte(rest[end:], ' '), 0)
			}
			rest = rest[:at] + " ~" + rest[end:]
		}
		if hit {
			found = append(found, ph.entry)
		}
	}
	return found, strings.TrimSpace(strings.ReplaceAll(rest, "~", ""))
}

// base returns the entry of a group with an empty phrase.
func (p *phrases) base(group string) (entry, bool) {
	for _, ph := range p.groups[group] {
		if ph.words == " " {
			return ph.entry, true
		}
	}
	return nil, false
}

// foldWords writes a text in lower case, letters and digits only, words parted
// by one blank, and Cyrillic letters that look Latin as Latin ("С-300").
func foldWords(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(s) {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		if l, ok := lookalike(c); ok {
			c = l
		}
		b.WriteRune(c)
	}
	return b.String()
}

func lookalike(c rune) (rune, bool) {
	const cyrillic, latin = "авсенкмортху", "abcehkmoptxy"
	i := strings.IndexRune(cyrillic, c)
	if i < 0 {
		return 0, false
	}
	return rune(latin[i/2]), true
}

// union adds what is missing in a set, in order.
func union(set []string, more ...string) []string {
	for _, m := range more {
		if !slices.Contains(set, m) {
			set = append(set, m)
		}
	}
	return set
}

// collect unites one column of several entries; it is nil, unknown, as soon as
// one entry leaves it open.
func collect(found []entry, column string) []string {
	var out []string
	for _, e := range found {
		s := e.set(column)
		if s == nil {
			return nil
		}
		out = union(out, s...)
	}
	return out
}
