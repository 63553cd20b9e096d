package main

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

// tryVerification opens the ranking, takes a task on and finishes it.
func tryVerification(t *testing.T, b *browser) {
	x := b.open(t, 1440, 900, "/verification")
	x.wait(`document.querySelectorAll('.task').length > 20 && !document.querySelector('progress')`)
	x.wait(`document.querySelectorAll('.bar').length > 2 && document.querySelectorAll('tbody tr').length > 4`)
	// A page that is opened again does not wait for the ranking.
	began := time.Now()
	r, err := http.Get(b.base + "/api/tasks?stale=true&now=" + time.Date(2025, 4, 30, 20, 0, 0, 0, time.UTC).Format(time.RFC3339) + "&limit=60")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	var l struct{ Items []struct{ ID string } }
	if err != nil || json.Unmarshal(body, &l) != nil || len(l.Items) < 20 {
		t.Fatalf("the ranking of before: %v %.300s", err, body)
	}
	t.Logf("the ranking of before took %s, %d KiB", time.Since(began).Round(time.Millisecond), len(body)/1024)
	x.axe()
	x.js(`[...document.querySelectorAll('.task')].find(a => a.href.includes('ZZYH%2Fact')).click()`, nil)
	x.wait(`location.search.includes('task=') && document.querySelector('.one .means li')`)
	x.wait(`document.querySelector('figure[data-idle]')`)
	x.whole("verification-1440")
	x.axe()
	// It is finished with what was found out, and stands so at once.
	x.js(`[...document.querySelectorAll('.one .do button')][1].click()`, nil)
	x.wait(`document.querySelector('dialog[open] textarea')`)
	x.shot("verification-act-1440")
	x.js(`(() => { const a = document.querySelector('dialog[open] textarea'); a.value = 'DEMO: the array heard no flight'; a.dispatchEvent(new Event('input', {bubbles: true})) })()`, nil)
	x.js(`document.querySelector('dialog[open] form').requestSubmit()`, nil)
	x.wait(`document.querySelector('.one')?.innerText.includes('the array heard no flight')`)
	x.visit("/verification?state=done")
	x.wait(`document.querySelectorAll('.task').length === 1`)
	x.clean()
	y := b.open(t, 390, 844, "/verification")
	y.wait(`document.querySelectorAll('.task').length > 20 && document.querySelectorAll('.bar').length > 2 && document.querySelector('figure[data-idle]')`)
	y.js(`document.querySelector('.task').click()`, nil)
	y.wait(`document.querySelector('.one .means')`)
	y.fits()
	y.axe()
	y.whole("verification-390")
	y.clean()
}
