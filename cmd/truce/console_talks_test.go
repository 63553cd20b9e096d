package main

import (
	"strings"
	"testing"
)

// tryTalks reads the board, follows a cell to the words that it rests on, and asks for
// the positions of one side.
func tryTalks(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/talks")
	x.wait(`document.querySelectorAll('.board').length >= 5 && document.querySelectorAll('.round').length >= 3`)
	var cell string
	x.js(`[...document.querySelectorAll('.board')].find((s) => /energy/.test(s.textContent)).querySelector('tbody tr').children[2].textContent`, &cell)
	if !strings.Contains(cell, "Agreed on conditions") || !strings.Contains(cell, "accepts on a condition") {
		t.Errorf("after the call of 18 March the halt stands as %q", cell)
	}
	x.whole("talks-1440")
	x.axe()
	x.js(`[...document.querySelectorAll('.board')].find((s) => /energy/.test(s.textContent)).querySelector('td a').click()`, nil)
	x.wait(`location.hash.startsWith('#p-') && document.querySelector('.positions li:target')`)
	x.js(`document.querySelectorAll('.pick button')[1].click()`, nil)
	x.wait(`location.search.includes('party=') && document.querySelectorAll('.positions ol > li').length < 9`)
	x.clean()
	y := b.open(t, 390, 844, "/talks")
	y.wait(`document.querySelectorAll('.board').length >= 5`)
	y.fits()
	y.js(`document.documentElement.dataset.theme = 'dark'`, nil)
	y.whole("talks-390-dark")
	y.axe()
	y.clean()
}

// tryArticle reads an article that is pasted, follows a draft to its words, and accepts,
// amends and rejects.
func tryArticle(t *testing.T, b *browser) {
	const article = `RIYADH, March 23, 2025 (Agency) - Ukrainian and U.S. officials met in Riyadh late on Sunday. The meeting will precede talks between U.S. and Russian officials on Monday.\n\nIn a call last Tuesday with Donald Trump, President Vladimir Putin agreed to a 30-day halt of strikes on energy facilities and ordered his military to cease them. Ukraine said it would join the halt once a document sets out its terms.\n\nRussia and Ukraine accused each other of blowing up a gas metering station at Sudzha on Friday. Ukraine\u2019s General Staff denied the accusation.\n\nRussia reserves the right to a symmetrical response, the Kremlin said.`
	x := b.open(t, 1440, 900, "/talks?do=read")
	x.wait(`!!document.querySelector('.read textarea')`)
	x.js(`(() => { const a = document.querySelector('.read textarea'); a.value = "`+article+`"; a.dispatchEvent(new Event('input', {bubbles: true})) })()`, nil)
	x.js(`document.querySelector('.read form .btn').click()`, nil)
	x.wait(`document.querySelectorAll('[data-draft]').length > 10`)
	draft := `[...document.querySelectorAll('[data-draft^=position]')].find((d) => /once a document/.test(d.textContent))`
	x.js(draft+`.querySelector('.head').click()`, nil)
	x.wait(`/join the halt/.test(document.querySelector('mark.on')?.textContent ?? '')`)
	x.whole("article-1440")
	x.axe()
	x.js(draft+`.querySelector('.do .btn').click()`, nil)
	x.wait(draft + `.querySelector('.state a')?.textContent.length === 26 && /—/.test(` + draft + `.querySelector('pre').textContent)`)
	claim := `document.querySelector('[data-draft^=response]')`
	x.js(claim+`.querySelectorAll('.do .btn')[2].click()`, nil)
	x.wait(`!!` + claim + `.querySelector('form input')`)
	x.js(`(() => { const a = `+claim+`.querySelector('form input'); a.value = 'said before'; a.dispatchEvent(new Event('input', {bubbles: true})) })()`, nil)
	x.wait(`!` + claim + `.querySelector('form .btn').disabled`)
	x.js(claim+`.querySelector('form .btn').click()`, nil)
	x.wait(`!!` + claim + `.querySelector('.state')`)
	x.wait(`[...document.querySelectorAll('.positions li')].some((l) => /once a document sets out its terms/.test(l.textContent) && /halt/.test(l.textContent))`)
	x.clean()
	y := b.open(t, 390, 844, "/talks?do=read")
	y.wait(`!!document.querySelector('.read textarea')`)
	y.js(`document.documentElement.dataset.theme = 'dark'`, nil)
	y.js(`(() => { const a = document.querySelector('.read textarea'); a.value = "`+article+`"; a.dispatchEvent(new Event('input', {bubbles: true})) })()`, nil)
	y.js(`document.querySelector('.read form .btn').click()`, nil)
	y.wait(`document.querySelectorAll('[data-draft]').length > 10`)
	y.js(`document.querySelector('[data-draft^=meeting]').querySelectorAll('.do .btn')[1].click()`, nil)
	y.wait(`!!document.querySelector('[data-draft^=meeting] form')`)
	y.fits()
	y.whole("article-390-dark")
	y.axe()
	y.clean()
}
