package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/truce-project/truce/internal/console"
)

// TestConsoleLooks leaves pictures of every page at both widths, light and dark, in
// English and from right to left, in CONSOLE_SHOTS, to be looked at; and wants of each
// that it fits, that no key of a message shows, and that nothing complains. Without
// CONSOLE_SHOTS it looks at the narrow width, dark, from right to left alone.
func TestConsoleLooks(t *testing.T) {
	b := startBrowser(t)
	b.late = 5 * time.Minute
	all := os.Getenv("CONSOLE_SHOTS") != ""
	paths := []string{"/incidents/KHA-TNX6", "/terms/energy-2025", "/people?view=rights", "/people?view=accounts", "/people?view=settings", "/triage?do=import", "/verification?show=tasks"}
	first := b.open(t, 1440, 900, "/incidents?q=Sudzha")
	first.wait(`document.querySelectorAll('tbody a').length > 1`)
	first.js(`new URL(document.querySelector('tbody a').href).pathname`, &paths[0])
	for _, name := range console.Pages() {
		paths = append(paths, "/"+strings.TrimPrefix(name, "today"))
	}
	for _, width := range []int64{1440, 390} {
		for _, theme := range []string{"light", "dark"} {
			for _, lang := range []string{"en", "ar"} {
				if !all && (width != 390 || theme != "dark" || lang != "ar") {
					continue
				}
				x := b.open(t, width, 900, "/methodology")
				x.js(fmt.Sprintf(`localStorage.setItem('truce.theme', %q); localStorage.setItem('truce.lang', %q)`, theme, lang), nil)
				x.run(chromedp.Navigate(b.base + "/methodology"))
				x.wait(`document.documentElement?.lang === '` + lang + `' && document.querySelector('main h1')`)
				for _, path := range paths {
					x.visit(path)
					x.settled()
					if width < 600 {
						x.fits()
					}
					x.worded(path)
					x.shot(fmt.Sprintf("look%s-%d-%s-%s", strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(path), width, theme, lang))
				}
				x.js(`localStorage.clear()`, nil)
				x.clean()
			}
		}
	}
}

// worded wants no key of a message on the page.
func (x *tab) worded(path string) {
	x.t.Helper()
	var keys string
	x.js(`[...document.querySelectorAll('main *, header *, nav *')].flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3 && !e.closest('.mono, bdi, [lang=en], [dir=auto], script, style, select')).map(n => n.textContent.trim())).filter(s => /^[a-z]+(\.[a-z-]+)+$/.test(s)).join(' | ')`, &keys)
	if keys != "" {
		x.t.Errorf("%s shows keys of messages: %s", path, keys)
	}
}
