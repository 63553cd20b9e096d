package gazetteer

import (
	"strings"
	"unicode"
)

// fold writes a name small, without apostrophes, soft signs and accents, its
// words parted by one blank.
func fold(s string) string { return strings.Join(foldedWords(s), " ") }

func foldedWords(s string) []string {
	return strings.Fields(strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		switch {
		case strings.ContainsRune("'’‘ʼ`´ʹ′ьъ\u0301", r):
			return -1
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return ' '
		}
		if plain, ok := accents[r]; ok {
			return plain
		}
		return r
	}, s))
}

// accents are letters of the lists that people write without their marks.
var accents = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range strings.Fields("ёе ґг áa àa âa äa ãa åa āa ăa ąa çc ćc čc ďd ée èe êe ëe ēe ěe ęe ğg íi ìi îi ïi īi ıi łl ńn ñn ňn óo òo ôo öo õo ōo řr śs šs şs șs ťt ţt țt úu ùu ûu üu ūu ůu ýy ÿy źz žz żz") {
		r := []rune(pair)
		m[r[0]] = r[1]
	}
	return m
}()

func cyrillic(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

// Romanise returns the usual ways to write a Cyrillic name in Latin letters,
// folded: for Ukrainian the rules of 2010 and those of BGN/PCGN 1965, for
// Russian those of BGN/PCGN and the plain one with e for е. A name of no stated
// language is written by both, unless a letter gives the language away.
func Romanise(name, lang string) []string {
	if !cyrillic(name) {
		return nil
	}
	low := strings.ToLower(name)
	uk, ru := lang != "ru", lang != "uk"
	if lang == "" {
		uk, ru = !strings.ContainsAny(low, "ыэёъ"), !strings.ContainsAny(low, "іїєґ")
	}
	var out []string
	add := func(t transliteration) {
		if s := fold(t.write(low)); s != "" && !contains(out, s) {
			out = append(out, s)
		}
	}
	if uk {
		add(ukrainian2010)
		add(ukrainian1965)
	}
	if ru {
		add(russianBGN)
		add(russianPlain)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// transliteration maps letters. Those of first are written so at the start of a
// word, and with afterVowel after a vowel or sign too. Pairs come before letters.
type transliteration struct {
	letters, first map[rune]string
	pairs          *strings.Replacer
	afterVowel     bool
}

func (t transliteration) write(s string) string {
	if t.pairs != nil {
		s = t.pairs.Replace(s)
	}
	var b strings.Builder
	prev := ' '
	for _, r := range s {
		l, ok := t.letters[r]
		start := !unicode.IsLetter(prev) && !strings.ContainsRune("'’ʼ", prev)
		if f, has := t.first[r]; has && (start || t.afterVowel && strings.ContainsRune("аеёиоуыэюяьъй", prev)) {
			l, ok = f, true
		}
		if ok {
			b.WriteString(l)
		} else {
			b.WriteRune(r)
		}
		prev = r
	}
	return b.String()
}

func letters(pairs string) map[rune]string {
	m := map[rune]string{}
	for _, f := range strings.Fields(pairs) {
		r := []rune(f)
		m[r[0]] = string(r[1:])
	}
	return m
}

var (
	// Resolution 55 of the Cabinet of Ministers of Ukraine, 27 January 2010.
	ukrainian2010 = transliteration{
		letters: letters("аa бb вv гh ґg дd еe єie жzh зz иy іi їi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ь юiu яia"),
		first:   letters("єye їyi йy юyu яya"),
		pairs:   strings.NewReplacer("зг", "zgh"),
	}
	ukrainian1965 = transliteration{letters: letters("аa бb вv гh ґg дd еe єye жzh зz иy іi їyi йy кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ь юyu яya")}
	russianBGN    = transliteration{
		letters: letters("аa бb вv гg дd еe ёe жzh зz иi йy кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya"),
		first:   letters("еye ёye"), afterVowel: true,
	}
	russianPlain = transliteration{
		letters: letters("аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щsch ъ ыy ь эe юiu яia"),
		pairs:   strings.NewReplacer("ий", "y", "ый", "y"),
	}
)
