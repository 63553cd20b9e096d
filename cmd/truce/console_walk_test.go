package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/truce-project/truce/internal/audit"
)

// TestWalk takes one disputed incident all its way in the browser: two reports that
// contradict each other, triage, a task, a complaint by one party, the reply of the
// other, a determination with its quorum and a dissent, findings that are revised. Each
// step is an entry of a record that then verifies. It is walked twice, with the
// parties exchanged, and every screen has to be the same.
func TestWalk(t *testing.T) {
	if os.Getenv("CONSOLE_RECORD") != "" {
		t.Skip("SKIPPED: the walk writes into a record of its own, and CONSOLE_RECORD names another")
	}
	b := newBrowser(t)
	var runs [2][]screen
	for i, p := range [][2]string{{"RU", "UA"}, {"UA", "RU"}} {
		w := &walk{me: p[0], other: p[1], short: i > 0}
		t.Run(p[0]+" complains of "+p[1], func(t *testing.T) { w.run(t, b) })
		runs[i] = w.screens
	}
	if t.Failed() {
		return
	}
	if len(runs[0]) != len(runs[1]) || len(runs[0]) < 20 {
		t.Fatalf("%d screens and %d with the parties exchanged", len(runs[0]), len(runs[1]))
	}
	for i, a := range runs[0] {
		z := runs[1][i]
		one, two := strings.Split(alike(exchanged(a.says)), "\n"), strings.Split(alike(z.says), "\n")
		if !slices.Equal(one, two) {
			t.Errorf("%s: the screen of one party, with the parties exchanged, is not that of the other: %s", a.name, apart(one, two))
		}
	}
}

// walk is one way from the reports to the revised finding.
type walk struct {
	t         *testing.T
	x         *tab
	dir       string
	me, other string // who complains, and of whom
	short     bool   // what comes before the parties act is handed in, and not walked again
	incident  string
	screens   []screen
}

// screen is what somebody sees after a step: words, buttons, what is asked.
type screen struct{ name, says string }

func (w *walk) run(t *testing.T, b *browser) {
	w.t, w.dir = t, t.TempDir()
	ctx, end := context.WithCancel(context.Background())
	base, served, err := demoServer(ctx, w.dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		if served != nil {
			end()
			if err := <-served; err != nil {
				t.Errorf("the server ended: %v", err)
			}
			served = nil
		}
	}
	defer stop()
	w.x = (&browser{ctx: b.ctx, base: base}).open(t, 1440, 900, "/incidents")
	before := w.x.size()
	var first map[string]string
	began := time.Now()
	for _, s := range []struct {
		name string
		do   func()
	}{
		{"reports", w.reports}, {"triage", w.triage}, {"task", w.task}, {"verdicts", func() { first = w.verdicts(); w.screens = nil }},
		{"complaint", w.complain}, {"reply", w.reply}, {"determination", w.determine}, {"revised", func() { w.revised(first) }},
	} {
		s.do()
		t.Logf("%-14s %v", s.name, time.Since(began).Round(100*time.Millisecond))
	}
	w.x.clean()
	w.shots()
	stop()
	w.verify(before)
}

// as looks as an account of the demo, by its name.
func (w *walk) as(name string) {
	w.t.Helper()
	w.x.wait(`document.querySelectorAll('.as option').length > 6`)
	w.x.js(`window.old = true; (async () => { const m = await fetch('/api/me').then(r => r.json()); const s = document.querySelector('.as select'); window.to = m.as.find(a => a.name === '`+name+`').account; s.value = window.to; s.dispatchEvent(new Event('change', {bubbles: true})) })()`, nil)
	w.x.wait(`!window.old && document.querySelector('.as select')?.selectedOptions.length && !document.querySelector('.as select').disabled`)
	var me string
	w.x.js(`fetch('/api/me').then(r => r.json()).then(m => m.name ?? '')`, &me)
	if me != name {
		w.t.Fatalf("looking as %q, and the server answers %q", name, me)
	}
}

// party looks as the delegate of a party, on a page.
func (w *walk) party(p string) { w.as("delegate-" + strings.ToLower(p)) }

// see keeps what the page says, with its buttons, those that cannot be pressed too.
func (w *walk) see(name string) {
	w.t.Helper()
	var says, was string
	for range 20 { // until nothing moves any more
		w.x.js(`(() => { document.querySelectorAll('main details').forEach(d => d.open = true); return document.querySelector('main').innerText + '\n--\n' + [...document.querySelectorAll('main button, main select, main a.btn')].map(b => b.tagName + ' ' + (b.dataset.act ?? '') + ' ' + b.innerText + (b.disabled ? ' (off)' : '')).join('\n') })()`, &says)
		if alike(says) == alike(was) {
			break
		}
		was = says
		time.Sleep(80 * time.Millisecond)
	}
	w.screens = append(w.screens, screen{name, says})
}

// fill answers the dialog that is open, and sends it.
func (w *walk) fill(values map[string]string) {
	w.t.Helper()
	w.x.wait(`document.querySelector('dialog[open] form')`)
	w.see("asked")
	for k, v := range values {
		w.x.put(`dialog[open] [name="`+k+`"]`, v)
	}
	w.x.js(`document.querySelector('dialog[open] form').requestSubmit()`, nil)
	w.x.wait(`!document.querySelector('main dialog') || document.querySelector('dialog[open] [role=alert]')`)
	var fault string
	w.x.js(`document.querySelector('dialog[open] [role=alert]')?.innerText ?? ''`, &fault)
	if fault != "" {
		w.t.Fatalf("the step was refused: %s", fault)
	}
}

// act presses the button of a step of the case.
func (w *walk) act(name string) {
	w.t.Helper()
	w.x.press(`.one [data-act="` + name + `"]`)
}

// reports are written by two patrols who heard and saw different things.
func (w *walk) reports() {
	w.t.Helper()
	if w.short {
		return
	}
	for _, r := range []struct{ by, what, how, says string }{
		{"patrol-1", "artillery", "heard", "DEMO walk: two salvoes, then the transformer was on fire"},
		{"patrol-2", "drone", "seen", "DEMO walk: one drone came down on the transformer"},
	} {
		w.as(r.by)
		w.x.visit("/report")
		w.x.press(".gate .plain")
		w.x.wait(`document.querySelector('.begin .form')`)
		w.x.js(`[...document.querySelectorAll('.begin .form')].find(b => /patrol/i.test(b.textContent)).click()`, nil)
		w.x.wait(`document.querySelector('#q-position')`)
		w.x.put("select[name=marking]", "parties")
		w.x.put("#q-seen-from", "2025-03-29T10:00")
		w.x.put("#q-seen-to", "2025-03-29T10:20")
		w.x.put("#q-position", "48.9500, 37.6500")
		w.x.wait(`document.querySelector('#q-within').value`)
		w.x.put("#q-within", "400")
		w.x.put("#q-place", "DEMO substation behind the walk")
		w.x.put("#q-text", r.says)
		w.x.press("input[name=q-what][value=" + r.what + "]")
		w.x.press("input[name=q-how-known][value=" + r.how + "]")
		w.x.press(".send .main")
		w.x.wait(`document.querySelector('[data-state=sealed]')`)
	}
}

// hand posts something that the first walk did on a page.
func (w *walk) hand(path string, body string) {
	w.t.Helper()
	var status int
	w.x.js(`fetch('`+path+`', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(`+body+`)}).then(r => r.status)`, &status)
	if status != 201 {
		w.t.Fatalf("%s answers %d to %s", path, status, body)
	}
}

// before does in short what the first walk did on the pages: the same entries.
func (w *walk) before() {
	w.t.Helper()
	w.as("duty")
	w.incident = "01JQSN5R00000000000000WA1K"
	for i, r := range [][2]string{{"artillery", "DEMO walk: two salvoes, then the transformer was on fire"}, {"drone", "DEMO walk: one drone came down on the transformer"}} {
		w.hand("/api/reports", fmt.Sprintf(`{id: '01JQSN5R00000000000000WA%d0', marking: 'parties', language: 'en', form: 'field-patrol@1', fields: {'seen-from': '2025-03-29T10:00:00+00:00', 'seen-to': '2025-03-29T10:20:00+00:00', position: '48.95000, 37.65000', within: 400, place: 'DEMO substation behind the walk', what: '%s', 'how-known': '%s', text: '%s'}}`, i, r[0], []string{"heard", "seen"}[i], r[1]))
	}
	w.hand("/api/entries", `{id: '`+w.incident+`', kind: 'incident@1', refs: [{relation: 'about', id: '01JQSN5R00000000000000WA00'}, {relation: 'about', id: '01JQSN5R00000000000000WA10'}], payload: {title: 'DEMO walk: one drone came down on the transformer', reason: 'as in the first walk', marking: 'parties'}}`)
	for i, p := range []string{`state: 'open', reason: 'as in the first walk'`, `state: 'done', result: 'as in the first walk'`} {
		w.hand("/api/entries", fmt.Sprintf(`{id: '01JQSN5R00000000000000WA%d2', kind: 'task@1', refs: [{relation: 'about', id: '%s'}], payload: {task: '%s/act', %s}}`, i, w.incident, w.incident, p))
	}
	w.x.wait(`fetch('/api/incidents?q=DEMO+walk&state=incident').then(r => r.json()).then(l => l.items.length === 1)`)
}

// triage takes the two reports as one event, by the match that is suggested.
func (w *walk) triage() {
	w.t.Helper()
	if w.short {
		w.before()
		return
	}
	w.as("verifier")
	var ids []string
	w.x.js(`fetch('/api/incidents?q=DEMO+walk&state=report').then(r => r.json()).then(l => l.items.map(i => i.id))`, &ids)
	if len(ids) != 2 {
		w.t.Fatalf("%d reports of the walk wait for triage, expected 2", len(ids))
	}
	w.x.visit("/triage?sel=" + ids[0])
	w.x.wait(`document.querySelector('.report h2')?.textContent.includes('DEMO walk') && document.querySelector('.matches li ul li')`)
	w.see("a match is suggested")
	w.x.run(chromedp.KeyEvent("m"))
	w.x.wait(`document.querySelector('dialog[open] textarea')?.value.length > 5`)
	w.see("why they are one")
	w.x.js(`document.querySelector('dialog .btn.on').click()`, nil)
	w.x.wait(`fetch('/api/incidents?q=DEMO+walk&state=incident').then(r => r.json()).then(l => (window.made = l.items.find(i => (i.reports ?? []).length === 2)?.id))`)
	w.x.js(`window.made`, &w.incident)
	// The page had asked about the report once more while it became one with the other.
	w.x.mu.Lock()
	w.x.faults = slices.DeleteFunc(w.x.faults, func(f string) bool {
		return strings.Contains(f, "404") && (strings.Contains(f, ids[0]) || strings.Contains(f, ids[1]))
	})
	w.x.mu.Unlock()
}

// task takes the question of what was done on, and enters what was found.
func (w *walk) task() {
	w.t.Helper()
	if w.short {
		return
	}
	w.as("duty")
	w.x.visit("/verification?n=1000&task=" + w.incident + "%2Fact")
	w.x.waitFor(90*time.Second, `document.querySelector('.one .do button') && !document.querySelector('progress')`)
	for i, says := range []string{"DEMO: the patrol goes back by daylight", "DEMO: fragments of shells, none of a drone"} {
		w.x.js(fmt.Sprintf(`document.querySelectorAll('.one .do button')[%d].click()`, i), nil)
		w.x.wait(`document.querySelector('dialog[open] textarea')`)
		w.x.put("dialog[open] textarea", says)
		w.x.js(`document.querySelector('dialog[open] form').requestSubmit()`, nil)
		w.x.wait(`!document.querySelector('dialog[open]') && document.querySelector('.one')?.innerText.includes(` + fmt.Sprintf("%q", says) + `)`)
	}
}

// verdicts are those of the incident, by text and reading.
func (w *walk) verdicts() map[string]string {
	w.t.Helper()
	var text string
	w.x.js(`fetch('/api/incidents/`+w.incident+`').then(r => r.json()).then(p => JSON.stringify(Object.fromEntries(p.incident.findings.map(f => [f.terms + '@' + f.reading, f.verdict + ' ' + f.level]))))`, &text)
	out := map[string]string{}
	if err := json.Unmarshal([]byte(text), &out); err != nil || len(out) < 5 {
		w.t.Fatalf("the verdicts of the incident: %v %s", err, text)
	}
	return out
}

// complain lodges the complaint from the incident's own page.
func (w *walk) complain() {
	w.t.Helper()
	w.x.visit("/incidents")
	w.party(w.me)
	w.x.visit("/incidents/" + w.incident)
	w.x.press(".strip a")
	w.x.wait(`location.pathname === '/commission' && document.querySelector('.about') && document.querySelector('[data-begin="complaint@1"]')`)
	w.see("before the complaint")
	w.x.press(`[data-begin="complaint@1"]`)
	w.fill(map[string]string{"against": w.other, "says": "DEMO: the substation was shelled.", "asks": "DEMO: that the commission determines it"})
	w.x.wait(`document.querySelector('.one [data-clock=reply][data-state=running]')`)
	w.see("after the complaint, who complains")
}

// reply is the other side's: it acknowledges, and denies.
func (w *walk) reply() {
	w.t.Helper()
	w.party(w.other)
	w.x.wait(`document.querySelector('.one [data-act=acknowledgement]')`)
	w.see("after the complaint, who is to reply")
	w.act("acknowledgement")
	w.fill(map[string]string{"says": "DEMO: received."})
	w.x.wait(`document.querySelector('.one [data-clock=acknowledgement][data-state=met]')`)
	w.act("reply")
	w.fill(map[string]string{"answer": "denies", "says": "DEMO: no unit of ours fired there."})
	w.x.wait(`document.querySelector('.one [data-clock=reply][data-state=met]')`)
	w.see("after the reply, who replied")
	w.as("duty")
	w.x.wait(`document.querySelector('.one [data-clock=reply]')`)
	w.see("after the reply, the duty officer")
	w.as("reader")
	w.x.wait(`document.querySelector('.you')`)
	w.see("after the reply, a reader")
}

// determine is the commission's: the chair proposes, three sign, one of them with a
// dissent, and the chair writes down what was adopted.
func (w *walk) determine() {
	w.t.Helper()
	w.as("chair")
	w.x.wait(`document.querySelector('.one [data-act=determination]')`)
	w.see("before the proposal, the chair")
	w.act("determination")
	w.fill(map[string]string{"answer": "breach", "says": "DEMO: artillery fire on a substation.", "f.act": "attack.strike.artillery", "f.target": "energy.power.substation", "f.outcome": "impact", "f.actor": w.other})
	w.x.wait(`document.querySelector('.one [data-act="sign CHAIR"]')`)
	w.act("sign CHAIR")
	w.fill(map[string]string{"says": "agrees"})
	w.x.wait(`document.querySelector('.det .agrees') && document.querySelector('.missing')?.innerText.includes('1 of 3')`)
	w.see("a quorum is waited for, the chair")
	w.party(w.me)
	w.x.wait(`document.querySelector('.one [data-act="sign ` + w.me + `"]') && !document.querySelector('.one [data-act="sign ` + w.other + `"]')`)
	w.see("to be signed, who complains")
	w.act("sign " + w.me)
	w.fill(map[string]string{"says": "agrees"})
	w.x.wait(`document.querySelectorAll('.det .agrees').length === 2`)
	w.party(w.other)
	w.x.wait(`document.querySelector('.one [data-act="sign ` + w.other + `"]') && !document.querySelector('.one [data-act="sign ` + w.me + `"]')`)
	w.see("to be signed, who is complained of")
	w.act("sign " + w.other)
	w.x.put("dialog[open] [name=says]", "dissents")
	w.x.wait(`document.querySelector('dialog[open] [name=reason]')`)
	w.fill(map[string]string{"reason": "DEMO: the fragments were not shown to us."})
	w.x.wait(`document.querySelector('.det .dissents')?.innerText.includes('not shown to us') && document.querySelector('.one .state').innerText === 'determined'`)
	w.see("determined, who dissents")
	w.as("chair")
	w.x.wait(`document.querySelector('.one [data-act="determination@1"]')`)
	w.act("determination@1")
	w.fill(nil)
	w.x.wait(`document.querySelector('.det a[href^="/incidents/"]')`)
	w.see("written down, the chair")
}

// revised wants the findings judged anew on the page of the incident, as the party
// that dissented sees it.
func (w *walk) revised(first map[string]string) {
	w.t.Helper()
	w.party(w.other)
	w.x.visit("/incidents/" + w.incident)
	w.x.wait(`document.querySelector('article .over')?.innerText.includes('determined') && document.querySelector('.history details') && document.querySelector('.strip .case')?.innerText.includes('determined')`)
	changed := 0
	for k, v := range w.verdicts() {
		if first[k] != v {
			changed++
		}
	}
	if now := w.verdicts()["energy-2025@ukraine"]; changed < 3 || !strings.HasPrefix(now, "breach ") {
		w.t.Errorf("the determination revised %d findings, and the Ukrainian reading says %q: expected several, and a breach", changed, now)
	}
	var page string
	w.x.js(`document.querySelector('main').innerText`, &page)
	w.x.whole("walk-incident-" + w.me + "-1440")
	for _, want := range []string{"not shown to us", "the substation was shelled", "no unit of ours fired there"} {
		if !strings.Contains(page, want) {
			w.t.Errorf("the page of the incident does not show %q: the dissent stands beside the determination, complaint and reply among claims and denials", want)
		}
	}
}

// shots are pictures of the case, for whoever looks at them.
func (w *walk) shots() {
	w.x.visit("/commission?about=" + w.incident)
	w.x.wait(`document.querySelector('.det .dissents')`)
	w.x.whole("walk-case-" + w.me + "-1440")
	w.x.axe()
}

// verify checks the record from outside, and wants each step in it, in its order.
func (w *walk) verify(before int) {
	w.t.Helper()
	collect := map[string]bool{}
	want := []string{"report@1", "report@1", "incident@1", "task@1", "task@1", "complaint@1", "step@1 acknowledgement", "step@1 reply", "step@1 determination", "signature@1 agrees", "signature@1 agrees", "signature@1 dissents", "determination@1", "dispute@1", "adoption@1"}
	for _, k := range want {
		kind, _, _ := strings.Cut(k, " ")
		collect[kind] = true
	}
	r, items, err := audit.VerifyDir(context.Background(), filepath.Join(w.dir, "record"), audit.Options{Now: time.Now(), Collect: collect})
	if err != nil || !r.OK() || r.Waiting != 0 {
		w.t.Fatalf("the record does not verify: %v %v, %d waiting", err, r.Problems, r.Waiting)
	}
	var got []string
	for _, x := range items {
		if x.Index < int64(before) {
			continue
		}
		var p struct{ Step, Says string }
		k := x.Envelope.Kind
		if json.Unmarshal(x.Payload, &p) == nil && (k == "step@1" || k == "signature@1") {
			k += " " + p.Step
			if p.Step == "" {
				k += p.Says
			}
		}
		got = append(got, k)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("in the verified record stand\n%v\nexpected\n%v", got, want)
	}
	if int(r.Size) != before+len(want) {
		w.t.Errorf("%d entries were added: expected %d, one for each step", int(r.Size)-before, len(want))
	}
}

// exchanged is a screen with the parties exchanged.
func exchanged(s string) string {
	return regexp.MustCompile(`\b(RU|UA|ru|ua)\b`).ReplaceAllStringFunc(s, func(p string) string {
		return map[string]string{"RU": "UA", "UA": "RU", "ru": "ua", "ua": "ru"}[p]
	})
}

var (
	aTime   = regexp.MustCompile(`\b\d{1,2} [A-Z][a-z]{2}( \d{4})?, \d\d:\d\d|\b\d{4}-\d\d-\d\dT[\d:.]+Z|\d+ (sec|secs|min|mins|hr|hrs|h|s|d|day|days)\b( \d+ (sec|secs|min|mins|hr|hrs|h|s)\b)?`)
	anID    = regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9A-HJKMNP-TV-Z]{8,10}\b`)
	aList   = regexp.MustCompile(`\bUA(, | and |\n|\nSELECT  any party\n)RU\b`)
	anEntry = regexp.MustCompile(`as of entry [\d,]+`)
)

// alike leaves out what differs from one walk to the next: clocks and ids; and puts
// parties that are listed beside each other, as a text or an alphabet orders them,
// into one order.
func alike(s string) string {
	s = aTime.ReplaceAllString(s, "TIME")
	s = anID.ReplaceAllString(s, "ID")
	s = anEntry.ReplaceAllString(s, "ENTRY")
	return aList.ReplaceAllString(s, "RU${1}UA")
}

// apart are the lines that one text has and the other has not.
func apart(a, b []string) string {
	var out []string
	for _, l := range a {
		if !slices.Contains(b, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			out = append(out, "+ "+l)
		}
	}
	return fmt.Sprintf("%d lines and %d\n%s", len(a), len(b), strings.Join(out, "\n"))
}
