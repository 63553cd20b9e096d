package main

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tryPeople: settings, who may see what and why, and views under names: saved by a
// key, opened from the finder, renamed, deleted.
func tryPeople(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/people?view=account")
	x.wait(`document.querySelector('.may dt')`)
	x.whole("people-1440")
	x.axe()
	x.visit("/people?view=rights&role=administrator&action=read&thing=evidence&marking=mission")
	x.wait(`document.querySelectorAll('[role=status] li').length > 1 && document.querySelectorAll('#rights tbody tr').length > 10`)
	x.whole("people-rights-1440")
	x.axe()
	x.visit("/people?view=accounts")
	x.wait(`document.querySelectorAll('table.stack tbody tr').length > 5`)
	x.whole("people-accounts-1440")
	x.axe()
	x.visit("/incidents?level=verified")
	x.wait(`document.querySelectorAll('tbody a').length > 0`)
	x.js(`dispatchEvent(new KeyboardEvent('keydown', {key: 'S'}))`, nil)
	x.wait(`document.querySelector('dialog[open] input[maxlength]')`)
	x.run(chromedp.KeyEvent("Verified ones"))
	x.shot("save-view-1440")
	x.axe()
	x.run(chromedp.KeyEvent(kb.Enter))
	x.wait(`!document.querySelector('dialog[open]')`)
	x.visit("/")
	x.wait(`document.querySelectorAll('.item').length > 5`)
	x.run(chromedp.KeyEvent("k", chromedp.KeyModifiers(input.ModifierCtrl)))
	x.wait(`document.querySelector('dialog[open] input')`)
	x.run(chromedp.KeyEvent("verified o"))
	x.wait(`[...document.querySelectorAll('#found li')].some(l => l.textContent.includes('Verified ones'))`)
	x.js(`[...document.querySelectorAll('#found li')].find(l => l.textContent.includes('Verified ones')).click()`, nil)
	x.wait(`location.pathname === '/incidents' && location.search === '?level=verified'`)
	x.visit("/people?view=views")
	x.wait(`document.querySelector('section li .what')`)
	x.shot("people-views-1440")
	x.axe()
	x.js(`document.querySelector('section li button').click()`, nil)
	x.wait(`document.querySelector('section li input[maxlength]')`)
	x.run(chromedp.KeyEvent(" again"), chromedp.KeyEvent(kb.Enter))
	x.wait(`document.querySelector('section li .what a')?.textContent.endsWith('again')`)
	x.visit("/people?view=settings")
	x.wait(`[...document.querySelectorAll('select.begin-incidents option')].some(o => o.textContent.endsWith('again'))`)
	x.js(`(() => { const s = document.querySelector('select.begin-incidents'); s.value = '?level=verified'; s.dispatchEvent(new Event('change', {bubbles: true})); const z = document.querySelector('select.zone'); z.value = 'Europe/Vienna'; z.dispatchEvent(new Event('change', {bubbles: true})) })()`, nil)
	x.wait(`[...document.querySelectorAll('main bdi')].some(b => b.textContent === 'Vienna')`)
	x.shot("people-settings-1440")
	x.axe()
	x.js(`document.querySelector('.rail a[href^="/incidents"]').click()`, nil)
	x.wait(`location.search === '?level=verified'`)
	x.js(`localStorage.clear()`, nil)
	x.visit("/people?view=views")
	x.wait(`document.querySelector('section li .what')`)
	x.js(`[...document.querySelectorAll('section li button')].at(-1).click()`, nil)
	x.wait(`!document.querySelector('section li .what')`)
	x.clean()
	for _, view := range []string{"account", "settings", "rights", "accounts"} {
		y := b.open(t, 390, 844, "/people?view="+view)
		y.wait(`document.querySelector('main section')`)
		y.fits()
		y.whole("people-" + view + "-390")
		y.clean()
	}
}
