package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

var consoleBlock = regexp.MustCompile("(?s)```console\n\\$ truce (.*?)\n(.*?)```")

// TestReadmeShowsWhatIsPrinted runs the commands of the README, and of the
// guide to comparing, and compares what they print. UPDATE=1 writes it into the
// files.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Chdir("../..")
	for _, page := range []string{"README.md", "docs/compare.md", "docs/reading.md", "docs/verification.md"} {
		t.Run(page, func(t *testing.T) { showsWhatIsPrinted(t, page) })
	}
}

func showsWhatIsPrinted(t *testing.T, page string) {
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := consoleBlock.FindAllStringSubmatch(string(b), -1)
	if len(found) == 0 {
		t.Fatal("the page shows no command")
	}
	text := string(b)
	for _, m := range found {
		var out, errs bytes.Buffer
		if code := run(strings.Fields(m[1]), strings.NewReader(""), &out, &errs); code != 0 {
			t.Errorf("truce %s: exit %d: %s", m[1], code, errs.String())
		}
		if got := strings.TrimSpace(out.String()); got != strings.TrimSpace(m[2]) {
			if os.Getenv("UPDATE") == "" {
				t.Errorf("truce %s prints:\n%s", m[1], got)
			}
			text = strings.Replace(text, m[0], "```console\n$ truce "+m[1]+"\n"+got+"\n```", 1)
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
