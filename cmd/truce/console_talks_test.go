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
