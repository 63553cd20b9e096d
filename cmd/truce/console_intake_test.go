package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tryTriage takes reports one by one, by keys, and a table with columns of its own.
func tryTriage(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/triage")
	x.wait(`document.querySelectorAll('.triage .item').length > 2 && document.querySelector('.matches p')`)
	x.shot("triage-1440")
	x.axe()
	var first, second string
	x.js(`document.querySelector('.report h2').textContent`, &first)
	x.run(chromedp.KeyEvent("j"))
	x.wait(`location.search.includes('sel=') && document.querySelectorAll('.item')[1].classList.contains('selected')`)
	x.js(`document.querySelector('.report h2').textContent`, &second)
	if first == second {
		t.Errorf("j goes to the next report: expected another than %q", first)
	}
	x.run(chromedp.KeyEvent("k"))

	// Set aside with a reason, and taken up again.
	var before int
	x.js(`+document.querySelector('.triage [role=listitem]').ariaSetSize`, &before)
	x.run(chromedp.KeyEvent("x"))
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.shot("triage-reason-1440")
	x.put("dialog[open] textarea", "a test message, by its sender")
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`document.querySelector('.did li') && document.querySelector('.top button').textContent.includes('1')`)
	x.wait(`!document.querySelector('dialog[open]') && (document.activeElement?.blur(), true)`)
	x.run(chromedp.KeyEvent("u"))
	// A key that comes while the list is laid out anew is pressed again, as one would.
	x.wait(`document.querySelector('dialog[open] textarea') || (document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'u', bubbles: true })), false)`)
	x.put("dialog[open] textarea", "it was none")
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`document.querySelector('.top button').textContent.includes('0')`)

	// Two reports are taken as one event by their ids; the merge of a report with an
	// incident is taken back.
	var id string
	x.js(`fetch('/api/incidents?state=incident&limit=1').then(r => r.json()).then(l => l.items[0].radio)`, &id)
	x.put(".other input", id)
	x.js(`document.querySelector('.other .btn').click()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.put("dialog[open] textarea", "the same smoke, from two villages")
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`document.querySelector('.did li')?.textContent.includes('Taken as one')`)
	x.wait(`fetch('/api/incidents/` + id + `').then(r => r.json()).then(p => (p.incident.merges ?? []).length > 0)`)
	x.wait(`!document.querySelector('dialog[open]') && (document.activeElement?.blur(), true)`)
	x.run(chromedp.KeyEvent("u"))
	// A key that comes while the list is laid out anew is pressed again, as one would.
	x.wait(`document.querySelector('dialog[open] textarea') || (document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'u', bubbles: true })), false)`)
	x.put("dialog[open] textarea", "another village, after all")
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`!document.querySelector('.did li')`)
	// Two reports of one fire: why they may be one is said, and a key takes them so.
	nearby := `{"time_start":"2025-04-01T10:00:00Z","time_end":"2025-04-01T10:20:00Z","lat":"48.5167","lon":"35.0333","precision_m":"800","act":"attack.strike.drone","target":"energy.power.substation","text":"Fire at the substation behind the mill"}`
	for _, id := range []string{"01JQSN5R000000000000000001", "01JQSN5R000000000000000002"} {
		x.js(`fetch('/api/reports', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({id: '`+id+`', row: `+nearby+`})}).then(r => r.status)`, nil)
	}
	x.wait(`fetch('/api/incidents/01JQSN5R000000000000000002').then(r => r.ok)`)
	x.visit("/triage?sel=01JQSN5R000000000000000002")
	x.wait(`document.querySelector('.matches li ul li')`)
	x.shot("triage-matches-1440")
	x.axe()
	// They are held to be two, which is taken back.
	reason := func(words string) {
		x.wait(`document.querySelector('dialog[open] textarea')`)
		x.put("dialog[open] textarea", words)
		x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
		x.wait(`!document.querySelector('dialog[open]') && (document.activeElement?.blur(), true)`)
	}
	x.run(chromedp.KeyEvent("d"))
	reason("two fires, an hour apart")
	x.wait(`document.querySelector('.held li')?.textContent.includes('an hour apart') && /^[A-Z]{3}-[A-Z0-9]+$/.test(document.querySelector('.held li a').textContent) && ![...document.querySelectorAll('.matches ol a')].some(a => a.href.endsWith('0000000001'))`)
	x.shot("triage-apart-1440")
	x.axe()
	x.js(`document.querySelector('.held button').click()`, nil)
	reason("it was one, after all")
	x.wait(`!document.querySelector('.held') && document.querySelector('.matches li ul li')`)
	x.run(chromedp.KeyEvent("m"))
	x.wait(`document.querySelector('dialog[open] textarea')?.value.length > 5`)
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`fetch('/api/incidents?q=substation+mill&state=incident').then(r => r.json()).then(l => l.items.some(i => (i.reports ?? []).length === 2))`)
	x.faults = slices.DeleteFunc(x.faults, func(f string) bool { return strings.Contains(f, "01JQSN5R") }) // asked for before it was there
	x.clean()
	y := b.open(t, 390, 844, "/triage")
	y.wait(`document.querySelectorAll('.triage .item').length > 1 && document.querySelector('.matches p')`)
	y.fits()
	y.whole("triage-390")
	y.axe()
	y.clean()
}

// tryImport drops a table, mends its mapping, tries it and takes it in.
func tryImport(t *testing.T, b *browser) {
	file := filepath.Join(t.TempDir(), "week.csv")
	table := "No;Date;Hour;Type;Latitude;Longitude;Remarks\n" +
		"1;20/03/2025;20:20;shelling;48,5167;35,0333;Fire behind the mill\n" +
		"2;21/03/2025;06:05;drone;48,6;35,1;Window broken\n" +
		"3;32/03/2025;06:05;shelling;48,6;35,1;no such day\n"
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	x := b.open(t, 1440, 900, "/triage?do=import")
	x.wait(`document.querySelector('input[type=file]')`)
	x.run(chromedp.SetUploadFiles("input[type=file]", []string{file}, chromedp.ByQuery))
	x.wait(`document.querySelectorAll('.columns > li').length === 7`)
	x.wait(`document.querySelector('.open')?.textContent.length > 10`)
	x.whole("import-1440")
	x.axe()
	x.put(".general input", "Europe/Kyiv")
	x.put(".general label:nth-of-type(2) select", "dmy")
	x.js(`document.querySelector('.step .main').click()`, nil)
	x.wait(`document.querySelector('.tried .numbers, [role=alert]')`)
	x.whole("import-tried-1440")
	var tried string
	x.js(`[...document.querySelectorAll('.tried .numbers dd, [role=alert]')].map(e => e.textContent).join()`, &tried)
	// rows, incidents, reports, new, updated, unchanged, withdrawn, refused
	if tried != "3,2,0,2,0,0,0,1" {
		t.Errorf("a trial says %q: expected 3 rows, 2 new incidents, 1 refused", tried)
	}
	x.js(`document.querySelector('.tried .main').click()`, nil)
	x.wait(`document.querySelector('.taken pre')?.textContent.includes('—')`)
	// The same file again is nothing new.
	x.run(chromedp.SetUploadFiles("input[type=file]", []string{file}, chromedp.ByQuery))
	x.wait(`document.querySelectorAll('.columns > li').length === 7 && !document.querySelector('.taken')`)
	x.put(".general input", "Europe/Kyiv")
	x.put(".general label:nth-of-type(2) select", "dmy")
	x.js(`document.querySelector('.step .main').click()`, nil)
	x.wait(`document.querySelector('.tried .main:disabled') && document.querySelector('.tried').textContent.includes('Unchanged')`)
	x.clean()
	y := b.open(t, 390, 844, "/triage?do=import")
	y.wait(`document.querySelector('input[type=file]')`)
	y.run(chromedp.SetUploadFiles("input[type=file]", []string{file}, chromedp.ByQuery))
	y.wait(`document.querySelectorAll('.columns > li').length === 7`)
	y.fits()
	y.whole("import-390")
	y.axe()
	y.clean()
}

// tryWatch takes a call down, makes a report of it, and hands the watch over.
func tryWatch(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/")
	x.wait(`document.querySelector('.watch form') && document.querySelector('.overdue') && document.querySelectorAll('.item').length > 5`)
	began := time.Now()
	x.run(chromedp.KeyEvent("w"))
	x.wait(`document.activeElement.closest('.words')`)
	x.put(".watch .words input", "") // Chromium is told of the letter apart from the key
	x.run(chromedp.KeyEvent("Two explosions to the north"), chromedp.KeyEvent(kb.Enter))
	x.wait(`document.querySelector('.watch .entry')?.textContent.includes('Two explosions')`)
	t.Logf("a line of the watch log: %v from the key to its number, in a browser that types at once", time.Since(began).Round(time.Millisecond))
	x.put(".watch .time input", "23:59")
	x.put(".watch .caller input", "patrol 4")
	x.put(".watch .words input", "We are held at the northern post")
	x.js(`document.querySelector('.watch form .btn').click()`, nil)
	x.wait(`document.querySelector('.watch .entry')?.textContent.includes('We are held')`)
	var second, first string
	x.js(`document.querySelectorAll('.watch .entry')[0].textContent.replace(/\s+/g, ' ').trim()`, &second)
	x.js(`document.querySelectorAll('.watch .entry')[1].textContent.replace(/\s+/g, ' ').trim()`, &first)
	var before, number int
	fmt.Sscan(first, &before)
	fmt.Sscan(second, &number)
	if before == 0 || number != before+1 || !strings.Contains(second, "23:59") || !strings.Contains(second, "patrol 4") {
		t.Errorf("the newest lines are %q and %q: expected the next number, 23:59, patrol 4", second, first)
	}
	x.put(".watch .entry .make", "restriction@1")
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.js(`document.querySelector('dialog[open] .btn.on').click()`, nil)
	x.wait(`document.querySelector('.watch .entry a')?.textContent.includes('Restriction')`)
	// A request that nobody answers is overdue.
	x.js(`fetch('/api/entries', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({id: '01JPV9Z8M0000000000000000Z', kind: 'request@1', payload: {to: 'UA', asks: 'Fire logs of 20 March', due: '2025-03-24T12:00:00Z'}})}).then(r => r.status)`, nil)
	x.run(page.Reload())
	x.wait(`document.querySelector('.overdue')?.textContent.includes('Fire logs') && document.querySelector('.watch .entry')`)
	x.js(`document.querySelector('.watch').scrollIntoView()`, nil)
	x.shot("watch-1440")
	x.axe()
	x.js(`document.querySelector('.watch .head .btn').click()`, nil)
	x.wait(`document.querySelector('dialog.sheet[open]')?.textContent.includes('Fire logs')`)
	x.shot("handover-1440")
	x.axe()
	x.put("dialog.sheet .two label:first-child input", "first watch")
	x.put("dialog.sheet .two label:last-child input", "second watch")
	x.js(`document.querySelector('dialog.sheet .btn.on').click()`, nil)
	x.wait(`document.querySelector('.watch .change')?.textContent.includes('second watch')`)
	// The other line becomes a report.
	x.js(`(() => { const s = [...document.querySelectorAll('.watch .entry')].find(e => e.textContent.includes('Two explosions to the north')).querySelector('.make'); s.value = 'report@1'; s.dispatchEvent(new Event('change', {bubbles: true})) })()`, nil)
	x.press(".gate .plain")
	x.wait(`document.querySelector('#q-text')?.value === 'Two explosions to the north'`)
	x.clean()
	y := b.open(t, 390, 844, "/")
	y.wait(`document.querySelector('.watch .entry') && document.querySelectorAll('.item').length > 5`)
	y.fits()
	y.js(`document.querySelector('.watch').scrollIntoView()`, nil)
	y.shot("watch-390")
	y.clean()
}
