package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// tryScenario follows an act of Compare into Scenario, changes a fact of an incident
// and sees verdicts flip, and goes back: nothing is recorded.
func tryScenario(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/scenario")
	x.wait(`document.querySelectorAll('section ul > li > button').length > 4 && document.querySelectorAll('#f-act option').length > 20`)
	before := x.size()
	x.shot("scenario-blank-1440")
	x.axe()
	// An act of Compare, by its link.
	x.visit("/scenario?f.act=attack.strike.drone&f.target=energy.power&f.actor=RU&f.time_start=2025-03-26T09:00:00Z&f.time_end=2025-03-26T09:01:00.000Z")
	x.wait(`document.querySelector('#f-act')?.value === 'attack.strike.drone' && document.querySelector('.head b')?.textContent !== '0'`)
	x.js(`document.querySelector('section ul > li.changed > button').click()`, nil)
	x.wait(`location.search.includes('sel=') && document.querySelector('.full .clause')`)
	x.whole("scenario-act-1440")
	x.axe()
	// An incident: another act flips verdicts, and is undone.
	var id string
	x.js(`fetch('/api/incidents?q=Sudzha').then(r => r.json()).then(l => l.items.find(i => i.radio).radio)`, &id)
	x.visit("/scenario?of=" + id)
	x.wait(`document.querySelector('.of a') && document.querySelector('.head b')?.textContent === '0'`)
	x.js(`(() => { const s = document.querySelector('#f-act'); s.value = 'overflight'; s.dispatchEvent(new Event('change', {bubbles: true})) })()`, nil)
	x.wait(`location.search.includes('f.act=overflight') && +document.querySelector('.head b').textContent > 0 && document.querySelector('.was')`)
	x.js(`document.querySelector('.head input').click()`, nil)
	x.wait(`location.search.includes('only=changed') && !document.querySelector('section ul > li:not(.changed) > button')`)
	x.shot("scenario-incident-1440")
	x.axe()
	x.js(`document.querySelector('.undo').focus()`, nil)
	x.run(chromedp.KeyEvent("\r"))
	x.wait(`!location.search.includes('f.act') && document.querySelector('.head b').textContent === '0'`)
	// A part of a time is changed: the other part goes along, and both go back.
	x.js(`(() => { const s = document.querySelector('#f-time_start'); s.value = '2025-03-10T00:00'; s.dispatchEvent(new Event('change', {bubbles: true})) })()`, nil)
	x.wait(`location.search.includes('f.time_start=2025-03-10T00:00Z') && location.search.includes('f.time_end=2025-03-28') && document.querySelectorAll('.undo').length === 2`)
	x.js(`document.querySelector('.undo').click()`, nil)
	x.wait(`!location.search.includes('f.time')`)
	// What cannot be read is said at its field.
	x.visit("/scenario?f.lat=910&f.lon=36")
	x.wait(`document.querySelector('[role=alert] li')?.textContent.includes('lat') && document.querySelector('#f-lat[aria-invalid=true]')`)
	if after := x.size(); after != before {
		t.Errorf("the record grew from %d to %d while facts were supposed", before, after)
	}
	y := b.open(t, 390, 844, "/scenario?of="+id+"&f.act=attack.sabotage")
	y.wait(`document.querySelector('.of a') && document.querySelectorAll('section ul > li > button').length > 4`)
	y.fits()
	y.axe()
	y.whole("scenario-390")
	y.clean()
}

// tryMethodology reads the rules, also as the public.
func tryMethodology(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/methodology")
	x.wait(`document.querySelectorAll('#counting tbody tr').length > 8 && document.querySelectorAll('#lint details').length > 30 && document.querySelectorAll('#rights tbody tr').length > 20`)
	x.wait(`document.querySelector('#versions dd') && document.querySelectorAll('#corrections tbody tr').length > 0`)
	x.whole("methodology-1440")
	x.axe()
	x.clean()
	y := b.open(t, 390, 844, "/methodology")
	y.wait(`document.querySelectorAll('#counting tbody tr').length > 8 && document.querySelector('#corrections')`)
	t.Cleanup(func() { b.open(t, 390, 844, "/record").js(`localStorage.clear()`, nil) })
	y.js(`(() => { localStorage.setItem('truce.lang', 'ar'); localStorage.setItem('truce.theme', 'dark') })()`, nil)
	y.run(chromedp.Reload())
	y.wait(`document.documentElement.dir === 'rtl' && document.querySelectorAll('#counting tbody tr').length > 8 && document.querySelector('#corrections')`)
	y.fits()
	y.axe()
	y.whole("methodology-ar-390")
	y.clean()
}

// tryLookAs looks at the demo as the public, and as a delegate: the server answers
// each with what they may see.
func tryLookAs(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/incidents")
	x.wait(`document.querySelectorAll('.as option').length > 6 && /of/.test(document.querySelector('main [role=status]')?.textContent)`)
	as := func(role, party string) (shown string) {
		t.Helper()
		// The page is loaded anew; what is waited for is the new one.
		x.js(`window.old = true; (async () => { const m = await fetch('/api/me').then(r => r.json()); const a = m.as.find(s => s.role === '`+role+`' && (s.party ?? '') === '`+party+`').account; const s = document.querySelector('.as select'); s.value = a; s.dispatchEvent(new Event('change', {bubbles: true})) })()`, nil)
		x.wait(`!window.old && document.querySelector('.as select')?.selectedOptions[0].textContent.toLowerCase().includes('` + map[string]string{"public": "public", "delegate": "delegate · ru", "duty-officer": "duty officer"}[role] + `') && /of/.test(document.querySelector('main [role=status]')?.textContent)`)
		x.js(`fetch('/api/incidents').then(r => r.json()).then(l => JSON.stringify(l.totals))`, &shown)
		return shown
	}
	public := as("public", "")
	x.shot("look-as-public-1440")
	x.axe()
	delegate := as("delegate", "RU")
	officer := as("duty-officer", "")
	if public == officer || public == delegate {
		t.Errorf("the public is answered %s, a delegate %s, the duty officer %s", public, delegate, officer)
	}
	x.clean()
	y := b.open(t, 390, 844, "/incidents")
	y.wait(`document.querySelector('.as select')`)
	y.fits()
	y.shot("look-as-390")
	y.clean()
}
