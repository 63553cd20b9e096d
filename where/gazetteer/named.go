package gazetteer

import "strings"

// Named says whether a text names a place, by a name in Latin letters such as a
// machine's list gives it: as a place, as something that is none (see
// Mention.NotPlace), or not at all. Words in Cyrillic are compared as they are
// written in Latin, in any case of the grammar.
func Named(text, name string) (named bool, notAPlace string) {
	want := foldedWords(name)
	if len(want) == 0 {
		return false, ""
	}
	list := wordsOf(text)
	for i := range list {
		if !list[i].capital || !startsWith(text, list[i:], want) {
			continue
		}
		why := notPlace(list, i, len(want))
		if why == "" {
			return true, ""
		}
		named, notAPlace = true, why
	}
	return named, notAPlace
}

func startsWith(text string, list []word, want []string) bool {
	if len(list) < len(want) {
		return false
	}
	for k, w := range want {
		if !written(text[list[k].start:list[k].end], w) {
			return false
		}
	}
	return true
}

// written reports whether a word of a text may be a form of a Latin word: they
// agree but for the endings, which are up to three letters long, or make an
// adjective.
func written(word, latin string) bool {
	if !cyrillic(word) {
		return fold(word) == latin
	}
	stem := len(latin) - 2
	for _, end := range []string{"aya", "aia", "oye", "oie", "iye", "yye"} {
		if strings.HasSuffix(latin, end) {
			stem = len(latin) - 3
		}
	}
	for _, s := range Romanise(word, "") {
		n := 0
		for n < len(s) && n < len(latin) && s[n] == latin[n] {
			n++
		}
		if rest := s[n:]; n >= minStem && n >= stem && (len(rest) <= 3 || strings.HasPrefix(rest, "sk")) || s == latin {
			return true
		}
	}
	return false
}
