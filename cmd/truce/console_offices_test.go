package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/drill"
)

// TestOfficesPage looks at the page Record of a headquarters that follows an office: far
// behind over a thin link, with clocks that differ; and with another history by the key
// of that office. Both are real processes.
func TestOfficesPage(t *testing.T) {
	b := newBrowser(t)
	truce, err := exec.LookPath("truce")
	if err != nil {
		t.Fatal(err)
	}
	row := func(office string) string { return `document.querySelector('[data-office="` + office + `"]')` }
	says := func(x *tab, office string, all ...string) {
		var text string
		x.js(`(`+row(office)+`?.innerText || '') + '\n' + [...document.querySelectorAll('[data-alarm]')].map(e => e.innerText).join('\n')`, &text)
		for _, want := range all {
			if !strings.Contains(text, want) {
				t.Errorf("the page does not say %q of %s: %s", want, office, text)
			}
		}
	}
	look := func(web, office, when, name string, all ...string) error {
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			x := (&browser{ctx: b.ctx, base: web}).open(t, size[0], size[1], "/record")
			x.wait(row(office) + when)
			says(x, office, all...)
			var rows int
			if x.js(`document.querySelectorAll('tr.office').length`, &rows); rows != 2 {
				t.Errorf("%d offices are listed, expected this one and %s", rows, office)
			}
			if size[0] == 390 {
				x.fits()
			}
			x.axe()
			x.whole(fmt.Sprintf("offices-%s-%d", name, size[0]))
			x.clean()
		}
		if t.Failed() {
			return fmt.Errorf("%s: the page is not as it has to be", name)
		}
		return nil
	}
	var out bytes.Buffer
	err = drill.Look(t.Context(), drill.Options{Truce: truce, Dir: t.TempDir(), Out: &out, Short: os.Getenv("TRUCE_SOAK") == "", Clock: true, Seed: 7},
		func(web, office string) error {
			return look(web, office, `?.dataset.states.includes('behind')`, "behind",
				"entries are missing here", "its clock differs", "clock 7200", "missing for", " came ahead", "entries 8", " of 8")
		},
		func(web, office string) error {
			return look(web, office, `?.dataset.states.includes('forked')`, "forked",
				"has signed two histories", "Two histories: "+office+", entry ", "Proof, beside the copy:", ".split")
		})
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
}
