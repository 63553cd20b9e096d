package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// tryMedia: a picture that may be hard to look at is not fetched until it is asked for;
// restricted, it is opened with a reason, which is on record; then it is grey and blurred
// until it is asked for again.
func tryMedia(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/incidents?q=Sudzha")
	x.wait(`document.querySelectorAll('tbody a').length > 1`)
	var made string
	x.js(`(async () => {
		const c = document.createElement('canvas')
		c.width = c.height = 64
		const g = c.getContext('2d')
		g.fillStyle = '#c00000'
		g.fillRect(0, 0, 64, 64)
		const file = await new Promise(ok => c.toBlob(ok, 'image/png'))
		const sha = (await (await fetch('/api/blobs', {method: 'POST', headers: {'Content-Type': 'application/octet-stream'}, body: file})).json()).sha256
		const path = new URL(document.querySelector('tbody a').href).pathname
		const of = (await (await fetch('/api' + path)).json()).incident.id
		const id = '01JV' + [...crypto.getRandomValues(new Uint8Array(22))].map(n => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[n % 32]).join('')
		const r = await fetch('/api/entries', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({id, kind: 'evidence@1', refs: [{relation: 'about', id: of}], blobs: [sha], payload: {name: 'crater.png', type: 'image/png', size: file.size, original: sha}})})
		return r.ok ? path : await r.text()
	})()`, &made)
	if !strings.HasPrefix(made, "/incidents/") {
		t.Fatal(made)
	}
	x.visit(made)
	x.wait(`document.querySelector('.evidence li button')`)
	size := x.size()
	x.js(`document.querySelector('.evidence li button').click()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.run(chromedp.KeyEvent("To compare the crater with the claim"))
	x.axe()
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`[...document.querySelectorAll('.evidence li b')].some(b => b.textContent === 'crater.png') && !document.querySelector('dialog[open]')`)
	var early int
	x.js(`performance.getEntriesByType('resource').filter(r => r.name.includes('/blobs/')).length`, &early)
	if early != 0 {
		t.Error("a file was fetched before anybody asked for it")
	}
	x.js(`[...document.querySelectorAll('.evidence li')].find(l => l.textContent.includes('crater.png')).querySelector('button').click()`, nil)
	x.wait(`document.querySelector('.evidence figure img')?.naturalWidth === 64`)
	var filter string
	x.js(`getComputedStyle(document.querySelector('.evidence figure img')).filter`, &filter)
	if filter != "grayscale(1) blur(22px)" {
		t.Errorf("a picture is shown with the filter %q", filter)
	}
	x.shot("media-1440")
	x.js(`document.querySelector('.evidence figure button').click()`, nil)
	x.wait(`getComputedStyle(document.querySelector('.evidence figure img')).filter === 'grayscale(1)'`)
	if now := x.size(); now != size+2 { // of the entry and of its file
		t.Errorf("opening it made %d entries, expected 2", now-size)
	}
	x.clean()
}
