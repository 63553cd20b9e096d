package main

import (
	"fmt"
	"testing"
)

// bare are names of files and of programs that people are not to read on a page: nodes
// of trees, facts of questions, sectors and areas, keys of messages.
const bare = `[...document.querySelectorAll('main *')].flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3 && e.checkVisibility() && !e.closest('[lang=en], pre, select')).map(n => n.textContent.trim())).filter(s => /(^|[^.\\w])((attack|energy|infra|civilian|airdefence|obstruct)\\.[a-z]|text\\.[a-z]|sector:|area:[A-Z]|(marking|level|verdict|kind|state|fact|target|act|outcome)\\.$)/.test(s)).join(' | ')`

// tryNames wants names where people read, in their language: of facts and their values,
// of what would decide, of places, of what is overdue.
func tryNames(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/methodology")
	x.wait(`document.querySelector('main h1')`)
	for _, l := range []struct{ lang, station, bearing, notice string }{
		{"en", "gas metering station", "12 to 25 km on a bearing of 150°", "Demo record"},
		{"uk", "газовимірювальна станція", "від 12 до 25 км за пеленгом 150°", "Демонстраційний журнал"},
		{"ru", "газоизмерительная станция", "от 12 до 25 км по пеленгу 150°", "Демонстрационный журнал"},
		{"ar", "محطة قياس غاز", "باتجاه 150°", "سجل تجريبي"},
	} {
		x.js(`localStorage.setItem('truce.lang', '`+l.lang+`'); window.old = true; location.assign('/incidents/KUR-9ZD7')`, nil)
		x.wait(`!window.old && document.documentElement?.lang === '` + l.lang + `' && document.querySelector('.deciding') && document.querySelector('.scenarios')`)
		for _, word := range []string{l.station, l.bearing} {
			x.wait(`document.querySelector('main').innerText.includes('` + word + `')`)
		}
		x.wait(`document.querySelector('.notice').innerText.includes('` + l.notice + `')`)
		pages := []string{"/incidents/KUR-9ZD7"}
		if l.lang == "uk" { // which names a page has does not depend on the language
			pages = append(pages, "/", "/verification", "/commission?case=1", "/triage")
		}
		for _, p := range pages {
			x.visit(p)
			x.settled()
			var found string
			x.js(bare, &found)
			if found != "" {
				t.Errorf("%s in %s shows what only files call so: %s", p, l.lang, found)
			}
		}
		y := b.open(t, 390, 844, "/")
		y.wait(`document.querySelectorAll('.item').length > 5`)
		y.fits()
		var cut string
		y.js(`[...document.querySelectorAll('.tabs span')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText).join(' ')`, &cut)
		if cut != "" {
			t.Errorf("in %s the tabs of a phone are cut off: %s", l.lang, cut)
		}
		y.clean()
	}
	x.js(`localStorage.clear()`, nil)
	x.clean()
}

// tryMoving wants that whoever opens a page by keys or by ear is on it, that back and
// anew are where they were, and that its data are those of its address.
func tryMoving(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/?by=energy-2025@kremlin&verdict=breach&t=2025-03-30T00:00Z")
	x.wait(`document.querySelectorAll('.item').length > 3`)
	var n, again, rows int
	x.js(`+document.querySelector('.list [role=listitem]').ariaSetSize`, &n)
	x.js(`(async () => (await (await fetch([...document.querySelectorAll('footer a')].find(a => a.textContent === 'CSV').href)).text()).match(/^01[0-9A-Z]{24}/gm).length)()`, &rows)
	if rows != n {
		t.Errorf("%d are listed, and %d are in the data of the page", n, rows)
	}
	x.js(`document.querySelector('nav.rail a[href="/record"]').click()`, nil)
	x.wait(`location.pathname === '/record' && document.activeElement.id === 'main' && document.querySelector('main h1')`)
	x.js(`history.back()`, nil)
	x.wait(fmt.Sprintf(`location.search.includes('verdict=breach') && document.querySelector('.list [role=listitem]')?.ariaSetSize == %d`, n))
	x.js(`window.old = true; location.reload()`, nil)
	x.wait(`!window.old && document.querySelector('.list [role=listitem]')`)
	x.wait(fmt.Sprintf(`document.querySelector('.list [role=listitem]').ariaSetSize == %d`, n))
	x.js(`+document.querySelector('.list [role=listitem]').ariaSetSize`, &again)
	if n != again {
		t.Errorf("%d were listed, and %d when the page is loaded anew", n, again)
	}
	// What is missing says so under a heading, with a way out.
	x.visit("/terms/nope")
	x.wait(`document.querySelector('main h1') && document.querySelector('main [role=alert] a[href="/terms"]')`)
}
