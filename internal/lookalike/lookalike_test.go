package lookalike

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDeceives(t *testing.T) {
	for text, want := range map[string]string{
		"Fire at a station, вогонь на станції":    "",
		"line 10 кВ, BTG-82A, Т-72 and T-72":      "",
		"рower line":                              `"рower" has letters of Latin and Cyrillic`,
		"gnp\u202efdp.exe":                        "U+202E is not seen",
		"AL\u200bFA":                              "U+200B is not seen",
		"a\x1b[2Jb":                               "U+001B steers a terminal",
		"soft\u00adhyphen \ufeffmark":             "U+00AD is not seen; U+FEFF is not seen",
		"family 👨\u200d👩":                         "U+200D is not seen",
		"tag \U000e0041":                          "U+E0041 is not seen",
		strings.Repeat("a\u200b\u200c\u200d", 99): "U+200B is not seen; U+200C is not seen; U+200D is not seen",
	} {
		if got := strings.Join(Deceives(text), "; "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestShownIsPlain: what is shown deceives nobody by what is not seen, and a text
// that hides nothing stays as it is.
func TestShownIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		shown := Shown(s)
		for _, d := range Deceives(shown) {
			if strings.Contains(d, "is not seen") {
				t.Fatalf("%q as %q: %s", s, shown, d)
			}
		}
		if len(Deceives(s)) == 0 && !strings.Contains(s, "\r") && shown != s {
			t.Fatalf("%q as %q", s, shown)
		}
	})
}
