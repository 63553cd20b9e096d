package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// frames counts, in the page, the time between two pictures and the tasks that kept
// it from drawing. There is no graphics processor here: Chromium draws the map with
// the processor (SwiftShader), which is slower than any laptop.
const frames = `(() => {
	window.frameTimes = []; window.longTasks = []
	let last = performance.now()
	const tick = (at) => { window.frameTimes.push(at - last); last = at; requestAnimationFrame(tick) }
	requestAnimationFrame((at) => { last = at; requestAnimationFrame(tick) })
	new PerformanceObserver((l) => { for (const e of l.getEntries()) window.longTasks.push(e.duration) }).observe({entryTypes: ['longtask']})
})()`

// TestScaleFrames moves through the first page and the list of incidents as somebody
// would, in a real browser, and prints how evenly it was drawn.
func TestScaleFrames(t *testing.T) {
	n := scaleSize(t)
	b := newBrowser(t)
	b.base = scaleServer(t, n)
	x := b.open(t, 1440, 900, "/")
	began := time.Now()
	x.waitFor(time.Minute, `document.querySelectorAll('.item').length > 5`)
	t.Logf("%d generated incidents: the list stands after %.2f s; %s", n, time.Since(began).Seconds(), load())
	x.waitFor(time.Minute, `document.querySelector('figure[data-idle]')`)
	x.js(frames, nil)
	x.measure("nothing is moved", func() { time.Sleep(3 * time.Second) })
	x.measure("map: 30 steps of the wheel, in and out", func() {
		for i := range 30 {
			x.wheel("figure .map", []float64{-120, 120}[i/5%2])
		}
	})
	x.measure("map: 30 drags", func() {
		for i := range 30 {
			x.drag("figure .map", float64([]int{90, -90}[i/3%2]), float64([]int{40, -40}[i/5%2]), 6)
		}
	})
	x.shot(fmt.Sprintf("scale-map-%d", n))
	x.measure("list: 60 steps of the wheel", func() {
		for range 60 {
			x.wheel(".list .scroll", 240)
		}
	})
	x.measure("timeline: clock by 20 days, keys", func() {
		x.js(`document.querySelector('.time svg').focus()`, nil)
		for range 20 {
			x.run(chromedp.KeyEvent(kb.ArrowLeft))
			time.Sleep(50 * time.Millisecond)
		}
	})
	x.measure("timeline: 6 spans drawn", func() {
		for i := range 6 {
			x.drag(".time svg", float64(200-20*i), 0, 20)
			time.Sleep(300 * time.Millisecond)
		}
	})
	x.shot(fmt.Sprintf("scale-today-%d", n))
	x.visit("/incidents")
	x.waitFor(time.Minute, `document.querySelectorAll('tbody a').length > 5`)
	x.js(frames, nil)
	x.measure("incidents: 80 steps of the wheel", func() {
		for range 80 {
			x.wheel(".table", 240)
		}
	})
	x.shot(fmt.Sprintf("scale-incidents-%d", n))
	x.clean()
}

// measure does something and prints the frames of that time.
func (x *tab) measure(what string, do func()) {
	x.t.Helper()
	x.js(`(window.frameTimes.length = window.longTasks.length = 0)`, nil)
	do()
	time.Sleep(500 * time.Millisecond) // what it leads to
	var took, long []float64
	x.js(`window.frameTimes`, &took)
	x.js(`window.longTasks`, &long)
	if len(took) == 0 {
		x.t.Fatalf("%s: nothing was drawn", what)
	}
	slices.Sort(took)
	late, sum := 0, 0.0
	for _, ms := range took {
		if ms > 33.4 {
			late++
		}
	}
	for _, ms := range long {
		sum += ms
	}
	at := func(p int) float64 { return took[min(len(took)-1, len(took)*p/100)] }
	x.t.Logf("| %s | %d | %.1f | %.1f | %.1f | %.1f | %.1f %% | %d, %.0f ms | %s |", what, len(took), at(50), at(95), at(99), took[len(took)-1], 100*float64(late)/float64(len(took)), len(long), sum, load())
}

// middle is the middle of an element, where it is on the screen.
func (x *tab) middle(of string) (float64, float64) {
	x.t.Helper()
	var at [2]float64
	x.js(`(() => { const r = document.querySelector('`+of+`').getBoundingClientRect(); return [r.x + r.width / 2, r.y + Math.min(r.height, innerHeight - r.y) / 2] })()`, &at)
	return at[0], at[1]
}

func (x *tab) wheel(of string, by float64) {
	x.t.Helper()
	a, b := x.middle(of)
	x.run(input.DispatchMouseEvent(input.MouseWheel, a, b).WithDeltaX(0).WithDeltaY(by))
	time.Sleep(60 * time.Millisecond)
}

// drag presses in the middle of an element, moves in steps, and lets go.
func (x *tab) drag(of string, dx, dy float64, steps int) {
	x.t.Helper()
	a, b := x.middle(of)
	if strings.HasPrefix(of, ".time") {
		b -= 10
	}
	x.run(input.DispatchMouseEvent(input.MousePressed, a, b).WithButton(input.Left).WithClickCount(1))
	for i := 1; i <= steps; i++ {
		f := float64(i) / float64(steps)
		x.run(input.DispatchMouseEvent(input.MouseMoved, a+dx*f, b+dy*f).WithButton(input.Left))
		time.Sleep(16 * time.Millisecond)
	}
	x.run(input.DispatchMouseEvent(input.MouseReleased, a+dx, b+dy).WithButton(input.Left).WithClickCount(1))
	time.Sleep(30 * time.Millisecond)
}
