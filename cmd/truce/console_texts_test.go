package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// tryTerms reads a text with its margins, walks it by keys, and mends it in the
// editor without anything being recorded.
func tryTerms(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/terms/energy-2025")
	x.wait(`document.querySelectorAll('.row.sentence').length === 17 && document.querySelectorAll('.spoken').length > 4`)
	x.wait(`document.querySelector('input[type=checkbox]') && /question/.test(document.querySelector('[role=status]').textContent)`)
	x.js(`document.querySelector('.tools input[type=checkbox]').click()`, nil)
	x.wait(`location.search.includes('lint=all') && document.querySelectorAll('.margin .lint').length > 10`)
	x.run(chromedp.KeyEvent("j"), chromedp.KeyEvent("j"))
	x.wait(`location.search.includes('sel=1.2') && document.querySelector('.row.sel')`)
	x.js(`document.querySelector('#clause-1\\.1 .lint summary').click()`, nil)
	x.shot("terms-1440")
	x.axe()
	// The margin counts what the list shows.
	var n int
	x.js(`[...document.querySelectorAll('#clause-1\\.1 .spoken .n > span')].reduce((n, s) => n + +s.textContent.replace(/\D/g, ''), 0)`, &n)
	x.js(`document.querySelector('#clause-1\\.1 .spoken').click()`, nil)
	x.wait(`location.pathname === '/incidents' && /of/.test(document.querySelector('main [role=status]')?.textContent)`)
	x.wait(fmt.Sprintf(`document.querySelector('main [role=status]').textContent.startsWith('%d of')`, n))
	if n == 0 {
		t.Errorf("the margin counts %d incidents", n)
	}
	x.visit("/terms/energy-2025?view=examples")
	x.wait(`document.querySelectorAll('.card .says').length >= 15`)
	x.shot("terms-examples-1440")
	x.axe()
	before := x.size()
	x.visit("/terms/easter-2025?view=edit")
	x.wait(`document.querySelector('textarea') && /all examples hold/.test(document.querySelector('.state').textContent)`)
	x.js(`(() => { const t = document.querySelector('textarea'); t.value = t.value.replace('forbid:', 'forbidd:'); t.dispatchEvent(new Event('input', {bubbles: true})) })()`, nil)
	x.wait(`document.querySelectorAll('.go').length > 0 && /fault/.test(document.querySelector('.state').textContent)`)
	x.shot("terms-edit-1440")
	x.axe()
	x.js(`document.querySelector('.go').click()`, nil)
	x.wait(`document.activeElement.tagName === 'TEXTAREA'`)
	x.js(`[...document.querySelectorAll('.bar button')].at(-1).click()`, nil)
	x.wait(`/all examples hold/.test(document.querySelector('.state').textContent)`)
	if after := x.size(); after != before {
		t.Errorf("the record grew from %d to %d while a text was edited", before, after)
	}
	x.clean()
	y := b.open(t, 390, 844, "/terms/energy-2025?reading=kremlin")
	y.wait(`document.querySelectorAll('.row.sentence').length === 17 && document.querySelectorAll('.spoken').length > 0`)
	y.fits()
	y.shot("terms-390")
	y.axe()
	y.js(`scrollTo(0, document.querySelector('#clause-1\\.1').offsetTop - 60)`, nil)
	y.shot("terms-390-text")
	y.clean()
	z := b.open(t, 390, 844, "/terms")
	z.wait(`document.querySelectorAll('main li.card').length >= 4`)
	z.fits()
	z.shot("terms-list-390")
	z.clean()
}

// size is how many entries the record has.
func (x *tab) size() (n int) {
	x.t.Helper()
	x.js(`fetch('/api/vector').then(r => r.json()).then(v => v.log)`, &n)
	return n
}

// tryCompare sets two readings beside each other.
func tryCompare(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/compare")
	x.wait(`document.querySelectorAll('details .act').length > 3`)
	x.run(chromedp.KeyEvent("j"))
	x.wait(`location.search.includes('sel=d1.1') && document.querySelector('article.selected')`)
	x.shot("compare-1440")
	x.axe()
	x.run(chromedp.KeyEvent("x"))
	x.wait(`location.search.includes('a=energy-2025@ukraine')`)
	x.visit("/compare?a=energy-2025@kremlin&b=energy-2025@ukraine&view=incidents")
	x.wait(`document.querySelectorAll('.list li').length > 50`)
	var all int
	x.js(`document.querySelectorAll('.list li').length`, &all)
	x.js(`document.querySelector('.moves button').click()`, nil)
	x.wait(fmt.Sprintf(`location.search.includes('move=') && document.querySelectorAll('.list li').length < %d`, all))
	x.js(`document.querySelector('.list button').click()`, nil)
	x.wait(`document.querySelector('.list li.selected')`)
	x.shot("compare-incidents-1440")
	x.axe()
	x.visit("/compare?a=black-sea-2025@white-house&b=energy-2025@white-house-25-march&view=texts")
	x.wait(`document.querySelectorAll('main tbody tr').length > 3 && document.querySelector('figure[data-idle]')`)
	x.shot("compare-texts-1440")
	x.axe()
	// As if in force, all incidents are judged beside; in the end none is left out.
	x.visit("/compare?a=energy-2025@kremlin&b=energy-2025@ukraine&assume=all&view=incidents")
	x.wait(`/\d/.test(document.querySelector('[role=status]')?.innerText ?? '') && fetch('/api/compare?a=energy-2025@kremlin&b=energy-2025@ukraine&assume=all&part=incidents').then(r => r.json()).then(p => !p.working && !p.newest && p.looked > 100)`)
	x.wait(`document.querySelectorAll('.list li').length > 10 && ![...document.querySelectorAll('[role=status]')].some(s => /being judged|only the newest/.test(s.innerText))`)
	x.clean()
	y := b.open(t, 390, 844, "/compare?a=energy-2025@kremlin&b=energy-2025@ukraine")
	y.wait(`document.querySelectorAll('details .act').length > 3`)
	y.fits()
	y.whole("compare-390-whole")
	y.axe()
	y.clean()
	var body string
	y.js(`document.querySelector('main').innerText`, &body)
	for _, word := range []string{"better", "worse", "score"} {
		if strings.Contains(strings.ToLower(body), word) {
			t.Errorf("the page says %q of two texts", word)
		}
	}
}
