package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// tryCommission reads cases, clocks, the hotline, windows and answers, as they stand
// and as they stood, in two languages.
func tryCommission(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/commission")
	x.wait(`document.querySelectorAll('.case').length >= 2 && document.querySelector('.you')`)
	x.js(`document.querySelector('.case').click()`, nil)
	x.wait(`location.search.includes('case=') && document.querySelectorAll('[data-clock]').length >= 5 && document.querySelector('.det .dissents')`)
	x.whole("commission-1440")
	x.axe()
	// As it stood while the clocks stood: a reason is named, and nothing can be written.
	x.visit("/commission?case=1&time=2025-03-30T12:00:00Z")
	x.wait(`document.querySelector('[data-state=stopped]') && document.querySelector('.stops')?.textContent.includes('access denied') && !document.querySelector('[data-act]')`)
	x.whole("commission-stopped-1440")
	for _, v := range []string{"hotline", "duties", "responses", "windows", "deadlines"} {
		x.visit("/commission?view=" + v)
		x.wait(`document.querySelector('.views [aria-current]')?.href.includes('` + v + `') && document.querySelector('main section')`)
		if v == "windows" {
			x.wait(`document.querySelector('figure[data-idle]')`)
		}
		x.whole("commission-" + v + "-1440")
		x.axe()
	}
	tryLiaison(t, x)
	x.clean()
	y := b.open(t, 390, 844, "/commission?case=1")
	y.wait(`document.querySelectorAll('[data-clock]').length >= 5`)
	y.fits()
	y.axe()
	y.js(`document.documentElement.dataset.theme = 'dark'`, nil)
	y.whole("commission-390-dark")
	y.visit("/commission?view=windows")
	y.wait(`document.querySelector('[data-window]') && document.querySelector('figure[data-idle]')`)
	y.fits()
	y.whole("commission-windows-390")
	y.clean()
}

// tryLiaison sends a message that the other side acknowledges, opens a window that both
// guarantee, and reserves an answer, each by who may.
func tryLiaison(t *testing.T, x *tab) {
	w := &walk{t: t, x: x}
	defer w.as("demo") // the cookie is of the whole browser
	open := func(who, view string) {
		w.as(who)
		x.visit("/commission?view=" + view)
		x.wait(`document.querySelector('.views [aria-current]')?.href.includes('` + view + `') && document.querySelector('main section')`)
	}
	open("delegate-ua", "hotline")
	x.press(`[data-begin="message@1"]`)
	x.press(`dialog[open] [name=to][value=RU]`)
	x.put(`dialog[open] [name=template]`, "cease-request")
	x.wait(`document.querySelector('dialog[open] [name="v.place"]')`)
	x.shot("commission-message-1440")
	x.axe()
	w.fill(map[string]string{"v.place": "DEMO", "v.time": "20:10"})
	x.wait(`document.querySelector('[data-message="3"]')?.innerText.includes('It has gone on since 20:10')`)
	open("delegate-ru", "hotline")
	x.press(`[data-message="3"] [data-act=ack]`)
	w.fill(map[string]string{"says": "DEMO: passed on"})
	x.wait(`document.querySelector('[data-message="3"] .dot.acknowledged') && !document.querySelector('[data-message="3"] [data-act]')`)

	open("delegate-ru", "windows")
	x.press(`[data-begin="window@1"]`)
	w.fill(map[string]string{"lat": "50.41", "lon": "35.61", "within": "1500", "from": "2025-05-02T06:00", "until": "2025-05-02T10:00", "says": "DEMO: a line is repaired"})
	for _, who := range []string{"delegate-ru", "delegate-ua"} {
		open(who, "windows")
		x.press(`[data-window="3"] [data-act=guarantee]`)
		w.fill(map[string]string{"says": "DEMO: guaranteed"})
	}
	open("duty", "windows")
	x.press(`[data-window="3"] [data-act=go]`)
	w.fill(map[string]string{"says": "DEMO: go"})
	x.wait(`document.querySelector('[data-window="3"] .state')?.textContent === 'go' && document.querySelector('[data-window="3"] [data-act=abort]')`)

	open("delegate-ua", "responses")
	x.press(`[data-begin="response@1"]`)
	w.fill(map[string]string{"clause": "energy-2025 5.3", "says": "DEMO: we reserve a symmetrical response"})
	x.wait(`document.querySelector('main ul')?.innerText.includes('symmetrical response') && document.querySelector('.checks li')`)
	x.shot("commission-reserved-1440")
	open("verifier", "windows")
	x.wait(`document.querySelector('[data-window="3"]') && !document.querySelector('[data-act]') && !document.querySelector('[data-begin]')`)
}

// tryDaily follows a number of the report to its records, takes files, and issues it.
func tryDaily(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/daily?date=2025-04-02&for=mission")
	x.wait(`document.querySelectorAll('.summary li').length > 4 && [...document.querySelectorAll('main img')].length === 2`)
	x.js(`document.querySelectorAll('main img').forEach(i => i.loading = 'eager')`, nil)
	x.wait(`[...document.querySelectorAll('main img')].every(i => i.complete && i.naturalWidth > 100)`)
	x.js(`document.querySelector('.summary .fig').click()`, nil)
	x.wait(`location.search.includes('figure=') && document.querySelector('[data-open] .ids a[href^="/incidents/"]')`)
	x.shot("daily-top-1440")
	x.whole("daily-1440")
	x.axe()
	// The number of the summary is how many records its card leads to.
	var says string
	x.js(`document.querySelector('.summary .fig').textContent + ' ' + document.querySelectorAll('[data-open] .ids')[0].querySelectorAll('a').length`, &says)
	if f := strings.Fields(says); len(f) < 2 || f[0] != f[len(f)-1] {
		t.Errorf("a number and the records that count for it: %q", says)
	}
	tryCounting(t, x)
	x.shot("daily-counted-1440")
	x.js(`document.querySelector('.issue').click()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.shot("daily-issue-1440")
	x.put("dialog[open] textarea", "DEMO: the report of the morning")
	x.js(`document.querySelector('dialog[open] form').requestSubmit()`, nil)
	x.wait(`document.querySelector('[data-issued] a[href*="report.html"]') && location.search.includes('issued=')`)
	x.wait(`document.querySelector('.issue').textContent.includes('corrigendum')`)
	// Its maps and charts can be had on a sheet, as drawing and as picture.
	for i, want := range []string{"Natural Earth", "Daily"} {
		button := func(says string) string {
			return fmt.Sprintf(`[...document.querySelectorAll('article .files')[%d].querySelectorAll('button')].find(b => b.textContent === '%s')`, i, says)
		}
		if said := wellFormed(t, x.taken(button("SVG"))); !strings.Contains(said, want) {
			t.Errorf("graphic %d of the report does not say %q: %.600s", i, want, said)
		}
		isPicture(t, x.taken(button("PNG")))
	}
	x.clean()
	t.Cleanup(func() { b.open(t, 390, 844, "/record").js(`localStorage.clear()`, nil) })
	y := b.open(t, 390, 844, "/daily?date=2025-04-02&for=mission&figure=violations.total")
	y.wait(`document.querySelectorAll('.summary li').length > 4 && document.querySelector('[data-open]')`)
	y.fits()
	y.axe()
	y.js(`document.documentElement.dataset.theme = 'dark'`, nil)
	y.whole("daily-390-dark")
	y.js(`(() => { localStorage.setItem('truce.lang', 'ar'); localStorage.setItem('truce.theme', 'dark') })()`, nil)
	y.run(chromedp.Reload())
	y.wait(`document.documentElement.dir === 'rtl' && document.querySelector('[data-open]')`)
	y.fits()
	y.clean()
	z := b.open(t, 1440, 900, "/commission?case=1")
	z.wait(`document.documentElement.dir === 'rtl' && document.querySelector('.det')`)
	z.whole("commission-ar-1440")
	// What keeps a case from going on is said in the language of the page.
	z.visit("/commission?case=1&time=2025-03-30T12:00:00Z")
	z.wait(`document.querySelector('[data-gate]')`)
	var gates string
	z.js(`[...document.querySelectorAll('[data-gate]')].map(g => g.textContent).join(' ')`, &gates)
	if regexp.MustCompile(`\b(due|overdue|needs|proposed|signatures|missing)\b`).MatchString(gates) || !regexp.MustCompile(`\p{Arabic}`).MatchString(gates) {
		t.Errorf("in Arabic it says: %s", gates)
	}
	z.axe()
	z.visit("/daily?date=2025-04-02&lang=ru")
	z.wait(`document.querySelectorAll('.summary li').length > 4`)
	z.whole("daily-ar-1440")
	z.axe()
	z.clean()
}

// tryCounting: the first time the page says that the report is being counted; after an
// entry it shows the one from before with its size, says how many entries are newer, and
// shows the next by itself.
func tryCounting(t *testing.T, x *tab) {
	var size int
	x.wait(`/^Counted at entry [\d,]+$/.test(document.querySelector('.status').innerText.trim())`)
	x.js(`Number(document.querySelector('.status').innerText.replace(/\D/g, ''))`, &size)
	x.js(`(() => {
		window.said = []
		new MutationObserver(() => window.said.push(document.querySelector('.status').innerText.trim() + ' | ' + document.querySelectorAll('.summary li').length)).observe(document.querySelector('.status'), {childList: true, characterData: true, subtree: true})
		return fetch('/api/reports', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({id: '01JQSN5R000000000000000D01', row: {time_start: '2025-04-02T10:00Z', act: 'attack.strike', text: 'DEMO: counted beside'}})})
	})()`, nil)
	x.wait(`(Number(document.querySelector('.status').innerText.replace(/\D/g, '')) > ` + fmt.Sprint(size) + `) && /^Counted at entry [\d,]+$/.test(document.querySelector('.status').innerText.trim())`)
	var said []string
	x.js(`window.said`, &said)
	want := regexp.MustCompile(`^Counted at entry ([\d,]+); 1 newer entry is being counted \| (\d+)$`)
	if !slices.ContainsFunc(said, func(s string) bool {
		m := want.FindStringSubmatch(s)
		return m != nil && strings.ReplaceAll(m[1], ",", "") == fmt.Sprint(size) && m[2] != "0"
	}) {
		t.Errorf("while one entry was being counted beside %d the page said: %q", size, said)
	}
	// A question of which nothing was made yet.
	x.js(`(() => { window.said = []; document.querySelector('.day button:last-child').click() })()`, nil)
	x.wait(`location.search.includes('date=2025-04-03') && document.querySelectorAll('.summary li').length > 4`)
	x.js(`window.said`, &said)
	if !slices.Contains(said, "The report is being counted: some seconds the first time | 0") {
		t.Errorf("before anything was counted the page said: %q", said)
	}
	x.js(`document.querySelector('.day button:first-child').click()`, nil)
	x.wait(`location.search.includes('date=2025-04-02') && document.querySelectorAll('.summary li').length > 4 && document.querySelectorAll('article .files').length > 1`)
}
