package daily

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/count"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// TestCatalogues: each language has each message, with the same places for values and
// the forms that its numbers need.
func TestCatalogues(t *testing.T) {
	english, err := openCatalogue("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		c, err := openCatalogue(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(english.texts)) {
			if c.texts[key] == nil {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(c.texts)) {
			all := c.texts[key]
			if english.texts[key] == nil {
				t.Errorf("%s has %s, which no other has", lang, key)
				continue
			}
			_, single := all[""]
			if _, en := english.texts[key][""]; single != en {
				t.Errorf("%s: %s has forms in one language only", lang, key)
			}
			if single && len(all) > 1 {
				t.Errorf("%s: %s has a text with forms and one without", lang, key)
			}
			if !single {
				if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, slices.Sorted(slices.Values(forms[lang]))) {
					t.Errorf("%s: %s has the forms %v, want %v", lang, key, got, forms[lang])
				}
			}
			for form, text := range all {
				of := english.texts[key][""]
				if !single {
					of = english.texts[key]["other"]
				}
				if want, got := places(of), places(text); !slices.Equal(want, got) {
					t.Errorf("%s: %s[%s] has the places %v, in English %v", lang, key, form, got, want)
				}
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s: %s is empty", lang, key)
				}
				if lang != "en" && !regexp.MustCompile(`\p{Cyrillic}`).MatchString(placeholder.ReplaceAllString(text, "")) && regexp.MustCompile(`[a-zA-Z]{4}`).MatchString(placeholder.ReplaceAllString(text, "")) {
					t.Errorf("%s: %s is not translated: %s", lang, key, text)
				}
			}
		}
	}
}

func places(text string) []string {
	out := placeholder.FindAllString(text, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

// TestPlurals: forms as speakers expect them.
func TestPlurals(t *testing.T) {
	for _, x := range []struct {
		lang, key string
		n         int
		want      string
	}{
		{"uk", "summary.region.smm", 1, "1 порушення"}, {"uk", "summary.region.smm", 11, "11 порушень"}, {"uk", "summary.region.smm", 21, "21 порушення"},
		{"uk", "summary.region.incidents", 1, "1 подія"}, {"uk", "summary.region.incidents", 3, "3 події"}, {"uk", "summary.region.incidents", 5, "5 подій"}, {"uk", "summary.region.incidents", 112, "112 подій"}, {"uk", "summary.region.incidents", 0, "0 подій"},
		{"ru", "summary.explosions", 1, "1 взрыв "}, {"ru", "summary.explosions", 22, "22 взрыва"}, {"ru", "summary.explosions", 13, "13 взрывов"}, {"ru", "summary.explosions", 101, "101 взрыв "},
		{"en", "summary.region.smm", 1, "1 ceasefire violation ("}, {"en", "summary.region.smm", 0, "0 ceasefire violations"}, {"en", "summary.region.smm", 21, "21 ceasefire violations"},
	} {
		c, err := openCatalogue(x.lang)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.text(x.key, "n", x.n, "region", "X", "before", "0"); !strings.Contains(got, x.want) {
			t.Errorf("%s %d: %q, want %q in it", x.lang, x.n, got, x.want)
		}
	}
	c, _ := openCatalogue("ru")
	if got := c.text("summary.explosions", "n", &Figure{Number: &count.Number{Low: 2, High: 3}}, "before", "0"); !strings.Contains(got, "от 2 до 3 взрывов") {
		t.Error(got)
	}
}

// TestNoFuzzyLanguage: a near language is no language.
func TestNoFuzzyLanguage(t *testing.T) {
	for _, lang := range []string{"", "be", "ru-UA", "UK", "../en"} {
		if _, err := openCatalogue(lang); err == nil {
			t.Errorf("%q opened something", lang)
		}
	}
}

// TestParties: no message names a party but those that say what a record holds, and
// these are in the passive voice.
func TestParties(t *testing.T) {
	for _, lang := range Languages {
		c, err := openCatalogue(lang)
		if err != nil {
			t.Fatal(err)
		}
		for key, all := range c.texts {
			for _, text := range all {
				if strings.Contains(text, "{party}") && key != "attribution.party" {
					t.Errorf("%s: %s names a party: %s", lang, key, text)
				}
			}
			if text := all[""]; key == "attribution.party" && !regexp.MustCompile(`^(recorded as by|записано за:) \{party\}$`).MatchString(text) {
				t.Errorf("%s: %q is not in the passive voice", lang, text)
			}
		}
	}
}
