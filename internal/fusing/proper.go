package fusing

import (
	"slices"
	"strings"
	"unicode"

	"github.com/truce-project/truce/where/gazetteer"
)

// Names that stand in no list: a village, an airfield, a plant by its name. A word
// that is written large inside a sentence is taken for a name, whatever it names,
// and known again by its stem across Ukrainian, Russian and English: "на аеродромі
// Бельбек", "Бельбеку", "Джанкойський", "near Rodakove". People have names too;
// what is often in the news counts for nothing (evidence.News).

const (
	maxProper   = 16 // of one text
	properStem  = 7  // letters of a stem that are kept
	properLeast = 4
)

// proper are the stems of names in a text, without those of areas, sorted.
func proper(text string, known []gazetteer.Mention) []string {
	skip := map[string]bool{"област": true, "дистрик": true, "регион": true, "раион": true} // Oblast, District, Region, Raion
	for _, m := range known {
		if m.NotPlace == "" && (m.Area || m.Adjective) {
			for _, w := range strings.Fields(m.Text) {
				skip[stemOf(w)] = true
			}
		}
	}
	var out []string
	runes := []rune(text)
	first, quoted := true, false // at the start of a sentence; in a quotation
	for i := 0; i < len(runes) && len(out) < maxProper; {
		c := runes[i]
		if !unicode.IsLetter(c) {
			switch {
			case strings.ContainsRune(".!?:|\n", c):
				first = true
			case strings.ContainsRune(`"«„“`, c):
				quoted = true
			case !unicode.IsSpace(c):
				quoted = false
			}
			i++
			continue
		}
		j := i
		for j < len(runes) && (unicode.IsLetter(runes[j]) || isApostrophe(runes[j]) && j+1 < len(runes) && unicode.IsLetter(runes[j+1])) {
			j++
		}
		w := string(runes[i:j])
		if unicode.IsUpper(c) && (!first || quoted) && j-i >= properLeast && !shouted(runes[i:j]) {
			if s := stemOf(w); len([]rune(s)) >= properLeast && !skip[s] && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		first, quoted = false, false
		i = j
	}
	slices.Sort(out)
	return out
}

func isApostrophe(c rune) bool { return strings.ContainsRune("'’ʼ`", c) }

// shouted reports whether a word is an abbreviation or a title in capitals.
func shouted(w []rune) bool { return unicode.IsUpper(w[1]) }

// latin writes English letters as Cyrillic ones; two before one.
var latin = strings.NewReplacer("shch", "щ", "zh", "ж", "kh", "х", "ch", "ч", "sh", "ш", "ts", "ц", "ya", "я", "ia", "я", "yu", "ю", "iu", "ю", "ye", "е", "ie", "е", "yi", "и", "iy", "и", "yy", "и", "ii", "и",
	"a", "а", "b", "б", "v", "в", "w", "в", "h", "г", "g", "г", "d", "д", "e", "е", "z", "з", "y", "и", "i", "и", "j", "и", "k", "к", "c", "к", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "r", "р", "s", "с", "t", "т", "u", "у", "f", "ф", "x", "кс", "q", "к")

// alike writes letters of two languages as one.
var alike = strings.NewReplacer("і", "и", "ї", "и", "ы", "и", "й", "и", "є", "е", "ё", "е", "э", "е", "ґ", "г", "ь", "", "ъ", "", "'", "", "’", "", "ʼ", "", "`", "")

// endings of adjectives of places, and of declension, the longest first.
var (
	adjectives = strings.Fields("ск цк зк")
	declined   = strings.Fields("ими ого ому ему ему ами ями ою ею ою их им ом ем ах ях ам ям ов ев ая ую ои ие ые ее ое")
)

// stemOf is the beginning of a name that stays in all its forms.
func stemOf(w string) string {
	w = alike.Replace(latin.Replace(strings.ToLower(w)))
	for _, a := range adjectives { // Джанкойський, Кременчуцького
		if i := strings.LastIndex(w, a); i > 0 && len(w)-i <= len(a)+6 && len([]rune(w[:i])) >= properLeast {
			return cut(w[:i])
		}
	}
	for _, d := range declined {
		if s, ok := strings.CutSuffix(w, d); ok && len([]rune(s)) >= properLeast {
			return cut(s)
		}
	}
	return cut(w)
}

// cut takes vowels off the end, and what is more than a stem.
func cut(w string) string {
	for {
		r := []rune(w)
		if len(r) <= properLeast || !strings.ContainsRune("аеиоуюя", r[len(r)-1]) {
			return string(r[:min(len(r), properStem)])
		}
		w = string(r[:len(r)-1])
	}
}
