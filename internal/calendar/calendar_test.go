package calendar

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestLines: no line is longer than 75 octets nor cut within a letter, unfolded it is
// what was meant, and no text adds a line of its own.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		says := rapid.StringN(0, 200, -1).Filter(utf8.ValidString).Draw(t, "says")
		c := Calendar{Name: "x", Of: "example.org/north", Product: "test", Made: time.Date(2025, 4, 2, 16, 30, 0, 0, time.UTC),
			Events: []Event{{ID: "a", At: time.Date(2025, 4, 3, 3, 0, 0, 0, time.FixedZone("EEST", 3*3600)), Title: says, Says: says}}}
		text := string(c.Bytes())
		for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) {
				t.Fatalf("%d octets: %q", len(line), line)
			}
		}
		lines := strings.Split(strings.ReplaceAll(text, "\r\n ", ""), "\r\n")
		if len(lines) != 4+6+1+1+1 || lines[4] != "BEGIN:VEVENT" || lines[7] != "DTSTART:20250403T000000Z" {
			t.Fatalf("%d lines: %q", len(lines), lines)
		}
		back := strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n").Replace(strings.TrimPrefix(lines[8], "SUMMARY:"))
		if back != strings.ReplaceAll(says, "\r", "") {
			t.Fatalf("%q came back as %q", says, back)
		}
	})
}
