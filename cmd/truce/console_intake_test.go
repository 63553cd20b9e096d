package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
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
	x.put("dialog textarea", "a test message, by its sender")
	x.js(`document.querySelector('dialog .btn.on').click()`, nil)
	x.wait(`document.querySelector('.did li') && document.querySelector('.top button').textContent.includes('1')`)
	x.run(chromedp.KeyEvent("u"))
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.put("dialog textarea", "it was none")
	x.js(`document.querySelector('dialog .btn.on').click()`, nil)
	x.wait(`document.querySelector('.top button').textContent.includes('0')`)

	// Two reports are taken as one event by their ids; the merge of a report with an
	// incident is taken back.
	var id string
	x.js(`fetch('/api/incidents?state=incident&limit=1').then(r => r.json()).then(l => l.items[0].radio)`, &id)
	x.put(".other input", id)
	x.js(`document.querySelector('.other .btn').click()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.put("dialog textarea", "the same smoke, from two villages")
	x.js(`document.querySelector('dialog .btn.on').click()`, nil)
	x.wait(`document.querySelector('.did li')?.textContent.includes('Taken as one')`)
	x.wait(`fetch('/api/incidents/` + id + `').then(r => r.json()).then(p => (p.incident.merges ?? []).length > 0)`)
	x.run(chromedp.KeyEvent("u"))
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.put("dialog textarea", "another village, after all")
	x.js(`document.querySelector('dialog .btn.on').click()`, nil)
	x.wait(`!document.querySelector('.did li')`)
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
