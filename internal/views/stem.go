package views

import (
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

// maxTerms bounds the words of a text that are indexed, and maxTerm their length
// in bytes.
const (
	maxTerms = 20_000
	maxTerm  = 80
)

// stems returns what a word is found by: its stem in English, or in Russian and
// in Ukrainian, since short words often do not tell which of the two they are.
func stems(word string) []string {
	switch script(word) {
	case 'l':
		return []string{english.Stem(word, true)}
	case 'u':
		return []string{ukrainian(word)}
	case 'c':
		r, u := russian.Stem(word, true), ukrainian(word)
		if r == u {
			return []string{r}
		}
		return []string{r, u}
	}
	return []string{word}
}

// script tells what letters a word has: l Latin, u Cyrillic with a letter that
// only Ukrainian has, c other Cyrillic, 0 anything else.
func script(word string) byte {
	s := byte(0)
	for _, r := range word {
		switch {
		case strings.ContainsRune("іїєґ", r):
			return 'u'
		case unicode.Is(unicode.Cyrillic, r):
			s = 'c'
		case unicode.Is(unicode.Latin, r) && s == 0:
			s = 'l'
		}
	}
	return s
}

// ukrainianEndings are endings of nouns, adjectives and verbs, longest first.
// Words are cut to no less than three letters. It is a light stemmer: it brings
// the cases of a word together and leaves what is derived from it apart.
var ukrainianEndings = func() []string {
	all := strings.Fields(`ованого уванням юванням ованому
		ування ювання ового евого овому
		ями ами ові еві ого ому ими іми ння нню нням ість ості істю ати яти ити іти
		ють уть ять ать еть ить ів їв ах ях ам ям ом ем єм ою ею єю ої ій ий їй их іх їх им ім їм ся сь ав яв ив ує ює
		а я у ю о е є и і ї ь й в`)
	byLength := make([][]string, 10)
	for _, e := range all {
		n := len([]rune(e))
		byLength[n] = append(byLength[n], e)
	}
	var out []string
	for n := len(byLength) - 1; n > 0; n-- {
		out = append(out, byLength[n]...)
	}
	return out
}()

func ukrainian(word string) string {
	n := len([]rune(word))
	for _, e := range ukrainianEndings {
		if n-len([]rune(e)) >= 3 && strings.HasSuffix(word, e) {
			word = strings.TrimSuffix(word, e)
			break
		}
	}
	// станція, станцій, станціями: what is left may end in a vowel of the stem or not
	if short := strings.TrimRight(word, "іьй"); len([]rune(short)) >= 3 {
		return short
	}
	return word
}

// words splits a text into words in small letters. An apostrophe inside a word
// is dropped, as people type it or not.
func words(text string) []string {
	text = strings.NewReplacer("'", "", "’", "", "ʼ", "", "`", "").Replace(strings.ToLower(text))
	text = strings.ReplaceAll(text, "ё", "е")
	out := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(out) > maxTerms {
		out = out[:maxTerms]
	}
	return out
}

// indexed is what the full-text index holds of a text.
func indexed(texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		for _, w := range words(t) {
			if len(w) > maxTerm {
				continue
			}
			for _, s := range stems(w) {
				b.WriteString(s)
				b.WriteByte(' ')
			}
		}
	}
	return b.String()
}

// Wanted is a search: all of these words must be found, each by one of its
// stems.
type Wanted [][]string

// Search reads what somebody typed into a search field.
func Search(text string) Wanted {
	var w Wanted
	for _, word := range words(text) {
		if len(w) < 32 && len(word) <= maxTerm {
			w = append(w, stems(word))
		}
	}
	return w
}
