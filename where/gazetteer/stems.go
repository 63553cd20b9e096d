package gazetteer

import "strings"

// endings are those that Ukrainian and Russian nouns and adjectives take. They
// are taken together: a stem with an ending of the other language is no word,
// and does no harm.
var endings = func() map[string]bool {
	m := map[string]bool{"": true}
	for _, e := range strings.Fields(`а я у ю і ї и ы е є о й ом ем єм ьом ём им ім їм ым ой ою ей єю ею ью ов ів їв ев єв ам ям ами ями ах ях
		ій ий ый ая яя ое ее ие ые ого ього его ому ьому ему ої ьої ій ую юю ім их ых іх ими ыми іми ові еві єві`) {
		m[e] = true
	}
	return m
}()

const (
	minStem   = 3 // letters
	maxEnding = 4 // letters
)

// stemsOf returns what stays of a folded Cyrillic word when it is inflected:
// Харків, Харков-; Суми, Сум-; Горлівка, Горлівк-, Горлівц-. A Latin word has none.
func stemsOf(word string) []string {
	r := []rune(word)
	if !cyrillic(word) || len(r) < minStem {
		return nil
	}
	var out []string
	add := func(s string) {
		if len([]rune(s)) >= minStem && !contains(out, s) {
			out = append(out, s)
		}
	}
	cut := func(n int) string { return string(r[:len(r)-n]) }
	for _, end := range []string{"ий", "ій", "ый", "ой", "ая", "ое", "ее", "ые", "ие"} {
		if strings.HasSuffix(word, end) && len(r)-2 >= minStem {
			add(cut(2))
		}
	}
	switch last := r[len(r)-1]; {
	case strings.ContainsRune("аяоеєиіїыуюй", last):
		add(cut(1))
	default:
		add(word)
	}
	for _, alternation := range []struct{ from, to string }{
		{"к", "ц"}, {"г", "з"}, {"х", "с"}, {"ів", "ов"}, {"ів", "ев"}, {"їв", "єв"}, {"іг", "ог"}, {"іг", "оз"}, {"ец", "ц"}, {"ок", "к"}, {"ка", "ц"}, {"га", "з"}, {"ха", "с"}, {"ень", "н"}, {"іль", "ол"}, {"іл", "ол"}, {"ід", "од"},
	} {
		if stem, ok := strings.CutSuffix(word, alternation.from); ok {
			add(stem + alternation.to)
		}
	}
	return out
}

// inflects reports whether a folded word is the name, or one of its stems with
// an ending.
func inflects(word, name string, stems []string) bool {
	if word == name {
		return true
	}
	for _, s := range stems {
		if rest, ok := strings.CutPrefix(word, s); ok && endings[rest] && (nounEndings[rest] || !adjectival(name)) {
			return true
		}
	}
	return false
}

// adjectival reports whether a name with an ending of adjectives would be its
// adjective: Донецьк and донецький. Those endings do not fit it.
func adjectival(name string) bool {
	return strings.HasSuffix(name, "ск") || strings.HasSuffix(name, "цк") || strings.HasSuffix(name, "зк")
}

var nounEndings = map[string]bool{"": true, "а": true, "у": true, "і": true, "е": true, "ом": true, "ові": true}
