package fusing

import (
	"slices"
	"strings"
	"testing"
)

// TestNamesAreKnownAgain: the forms of a name in three languages have one stem, and
// names of different places have different ones.
func TestNamesAreKnownAgain(t *testing.T) {
	stems := map[string]string{}
	for _, line := range []string{
		"Бельбек Бельбеку Бельбека Belbek", "Родакове Родаковому Родаковом Rodakove", "Джанкойському Джанкой Джанкої Джанкое Dzhankoi",
		"Кременчуцький Кременчук Кременчуга Kremenchuk", "Новомосковського Новомосковск", "Новофедорівка Новофедоровке Novofedorivka", "Мелітополя Мелитопольский", "Шахтарську", "Красноармійськ", "Красногорівка",
	} {
		want := ""
		for _, w := range strings.Fields(line) {
			s := stemOf(w)
			if want != "" && s != want {
				t.Errorf("%s: %s, expected %s", w, s, want)
			}
			want = s
		}
		if old, taken := stems[want]; taken {
			t.Errorf("%s and %s have one stem", old, line)
		}
		stems[want] = line
	}
}

// TestProper: names are words that are written large inside a sentence; the start of
// a sentence, abbreviations and areas are none.
func TestProper(t *testing.T) {
	b := NewBuilder()
	for text, want := range map[string]string{
		"На аеродромі Бельбек вибухи":                      "белбек",
		"Вибухи на аеродромі":                              "",
		"РФ вдарила по ТЕЦ. Ракети влучили в порт":         "",
		`"Бельбек" горить`:                                 "белбек",
		"На складі у Родаковому Луганської області вибухи": "родаков",
		"Fire near Rodakove, Luhansk Oblast":               "родаков",
		"":                                                 "",
	} {
		if got := strings.Join(proper(text, b.Gazetteer.Mentions(text)), " "); got != want {
			t.Errorf("%q: %q, expected %q", text, got, want)
		}
	}
}

func FuzzProper(f *testing.F) {
	f.Add("На аеродромі Бельбек вибухи")
	f.Add(`A "B ' C`)
	f.Fuzz(func(t *testing.T, text string) {
		out := proper(text, nil)
		if len(out) > maxProper || !slices.IsSorted(out) {
			t.Fatal(out)
		}
	})
}
