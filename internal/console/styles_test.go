package console

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var forAll = regexp.MustCompile(`(?m)^\s*:global\(\.([\w-]+)`)

// TestStylesStayOnTheirPage: a style that is for all pages, once its page was opened, is
// of a class that is named for its page.
func TestStylesStayOnTheirPage(t *testing.T) {
	files, err := filepath.Glob(sources + "/pages/*/*.svelte")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		page := filepath.Base(filepath.Dir(f))
		for _, m := range forAll.FindAllStringSubmatch(string(b), -1) {
			if !strings.HasPrefix(m[1], page+"-") {
				t.Errorf("%s styles .%s of all pages: name it .%s-%s, or put a selector of the page before it", f, m[1], page, m[1])
			}
		}
	}
}
