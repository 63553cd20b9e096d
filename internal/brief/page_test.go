package brief

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

var (
	pageTags    = regexp.MustCompile(`<(/?)([!a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|[^">])*)>`)
	pageScripts = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`)
)

const hostile = `</script><script>document.title="PWNED"</script><img src=x onerror="document.title='PWNED'">`

// pageIncidents are synthetic: an exact place, a coarse one, one known only by
// area, one of which little is known, and one whose texts attack the page.
func pageIncidents(t *testing.T) []*evidence.Incident {
	t.Helper()
	build := func(id, text string, facts ...map[string]string) *evidence.Incident {
		in := &evidence.Incident{ID: id, Text: text, Level: evidence.Reported, Source: "a test"}
		for _, fs := range facts {
			s := evidence.Unknown()
			for _, col := range evidence.Facts() {
				if v := fs[col]; v != "" {
					if err := s.SetFact(col, v); err != nil {
						t.Fatal(err)
					}
				}
			}
			s.Name = fs["scenario"]
			in.Scenarios = append(in.Scenarios, s)
		}
		return in
	}
	exact := build("T-1", "A drone hits a refinery", map[string]string{"actor": "UA", "act": "attack.strike.drone", "outcome": "impact",
		"target": "energy.oil.refinery", "time": "2025-04-03T02:00Z", "place": "48.49,44.62 ±0.5 km"})
	coarse := build("T-2", "A metering station burns\nBoth sides blame the other.",
		map[string]string{"scenario": "a strike", "actor": "RU", "act": "attack.strike", "outcome": "impact", "target": "energy.gas.metering-station", "time": "2025-03-20T21:00Z..2025-03-21T03:00Z", "place": "51.19,35.27 ±40 km"},
		map[string]string{"scenario": "a demolition", "actor": "UA", "act": "attack.sabotage.demolition", "outcome": "impact", "target": "energy.gas.metering-station", "time": "2025-03-20T21:00Z..2025-03-21T03:00Z", "place": "51.19,35.27 ±40 km"})
	coarse.Claims = []evidence.Claim{{By: "RU", Kind: evidence.Attributes, Of: "UA", On: "2025-03-21"}, {By: "UA", Kind: evidence.Denies, Gist: "groundless"}}
	coarse.URL = "https://example.org/report?a=1&b=2"
	area := build("T-3", "A substation somewhere in an oblast", map[string]string{"actor": "RU", "act": "attack.strike.artillery",
		"outcome": "impact", "target": "energy.power.substation", "time": "2025-04-22T20:00Z", "place": "area:UA-63"})
	attack := build("T-4 "+hostile, hostile, map[string]string{"scenario": hostile, "act": "attack.strike.drone", "outcome": "intercepted"})
	attack.URL = "javascript:alert(3)"
	attack.Claims = []evidence.Claim{{By: hostile, Kind: evidence.Asserts, Gist: hostile}}
	attack.Notes = []string{hostile}
	attack.Scenarios[0].PlaceName = hostile
	return []*evidence.Incident{exact, coarse, area, attack}
}

func testPage(t *testing.T) Page {
	t.Helper()
	tm, err := regimes.Open("energy-2025")
	if err != nil {
		t.Fatal(err)
	}
	p := Page{Title: "Test " + hostile, Terms: []*terms.Terms{tm}, Engine: judge.Engine, TZData: when.TZData, Command: "truce judge " + hostile, Notes: []string{"A note."}}
	var judges []*judge.Judge
	for _, id := range tm.ReadingIDs() {
		r, err := tm.Under(id, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		judges = append(judges, judge.New(r))
	}
	for _, in := range pageIncidents(t) {
		row := Row{Incident: in}
		for _, j := range judges {
			row.Findings = append(row.Findings, j.Incident(in, nil))
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func writtenPage(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := WritePage(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageShowsEveryIncidentAndReading(t *testing.T) {
	p := testPage(t)
	s := writtenPage(t, p)
	for _, r := range p.Rows[:3] {
		if !strings.Contains(s, r.Incident.ID) || !strings.Contains(s, firstLine(r.Incident.Text)) {
			t.Errorf("incident %s is not on the page", r.Incident.ID)
		}
	}
	for _, id := range p.Terms[0].ReadingIDs() {
		if n := strings.Count(s, ">"+id+"</th>"); n != 1 {
			t.Errorf("reading %s heads %d columns, want 1", id, n)
		}
	}
	if n := strings.Count(s, `<td role="cell" data-label=`); n != len(p.Rows)*5 {
		t.Errorf("%d cells, want %d", n, len(p.Rows)*5)
	}
	for _, want := range []string{
		"not determined by anybody", "do not imply any opinion", `lang="en"`, p.Terms[0].Digest,
		"Kyiv 3 Apr, 05:00", "Moscow 3 Apr, 05:00", "3 Apr 2025, 02:00 UTC",
		"1 incident has no known place", "1 incident has no known time",
		"Is a gas metering station a pumping station, or a part of the pipeline?",
		"no notice of release is recorded", "Russian Federation attributes it to Ukraine",
		`href="https://example.org/report?a=1&amp;b=2"`, `<mark class="yes" title="act: holds">`,
	} {
		if !strings.Contains(s, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if len(s) > 1_500_000 {
		t.Errorf("the page has %d bytes", len(s))
	}
	if strings.Contains(s, "ZgotmplZ") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf ") {
		t.Error("a value did not fit where the template puts it")
	}
}

func TestPageIsSelfContained(t *testing.T) {
	s := writtenPage(t, testPage(t))
	tags := strings.Join(pageTags.FindAllString(pageScripts.ReplaceAllString(s, ""), -1), "\n")
	for _, m := range regexp.MustCompile(`(?i)\s(src|href|action|xlink:href|srcset|data|poster)="([^"]*)"`).FindAllStringSubmatch(tags, -1) {
		if !strings.HasPrefix(m[2], "#") && !strings.HasPrefix(m[2], "https://example.org/") {
			t.Errorf("%s=%q leaves the page", m[1], m[2])
		}
	}
	for _, bad := range []string{"@import", "url(http", "url(//", "fetch(", "XMLHttpRequest", "<link", "<iframe", "<base"} {
		if strings.Contains(s, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for tag, text := range map[string]string{"style": pageCSS, "script": pageJS} {
		if !strings.Contains(s, "<"+tag+">"+text+"</"+tag+">") {
			t.Errorf("the %s is not written as it was hashed", tag)
		}
	}
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(s)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src &#39;none&#39;") || strings.Contains(policy[1], "unsafe") {
		t.Errorf("policy: %v", policy)
	}
	if m := regexp.MustCompile(`\son[a-z]+=|\sstyle=`).FindString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tags, "")); m != "" {
		t.Errorf("%q would be stopped by the policy", m)
	}
}

func TestPageEscapesHostileText(t *testing.T) {
	s := writtenPage(t, testPage(t))
	if n := strings.Count(s, "<script"); n != 2 {
		t.Errorf("%d script elements, want the data and the program", n)
	}
	for _, bad := range []string{"<script>alert", "<img", `href="javascript:`, `onerror="alert`} {
		if strings.Contains(s, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(s, "javascript:alert(3)") {
		t.Error("the address as given is not shown as text")
	}
}

func TestPageElementsAreClosedAndIDsUnique(t *testing.T) {
	s := writtenPage(t, testPage(t))
	s = pageScripts.ReplaceAllString(s, "")
	var open []string
	void := map[string]bool{"meta": true, "input": true, "br": true, "!doctype": true, "img": true}
	for _, m := range pageTags.FindAllStringSubmatch(s, -1) {
		switch {
		case void[m[2]] || strings.HasSuffix(m[3], "/"):
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			t.Fatalf("</%s> closes %v", m[2], open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %v", open)
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`\sid="([^"]*)"`).FindAllStringSubmatch(s, -1) {
		if seen[m[1]] {
			t.Errorf("id %q twice", m[1])
		}
		seen[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`\shref="#([^"]*)"`).FindAllStringSubmatch(s, -1) {
		if !seen[m[1]] {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
}

func TestPageIsTheSameEveryTime(t *testing.T) {
	a, b := writtenPage(t, testPage(t)), writtenPage(t, testPage(t))
	if a != b {
		t.Error("two runs differ")
	}
}

func TestPageWithoutIncidents(t *testing.T) {
	p := testPage(t)
	p.Rows = nil
	if s := writtenPage(t, p); !strings.Contains(s, "There is no incident on this page") {
		t.Error("an empty page does not say so")
	}
}

func TestLifeOfReadings(t *testing.T) {
	tm, err := regimes.Open("energy-2025")
	if err != nil {
		t.Fatal(err)
	}
	for reading, want := range map[string]string{
		"kremlin":              "RU open 2025-03-17T21:00Z..2025-03-18T21:00Z; RU certain 2025-03-18T21:00Z..2025-04-16T21:00Z; RU open 2025-04-16T21:00Z..2025-04-17T21:00Z; ",
		"order-18-march":       "RU open 2025-03-18T15:00Z..2025-03-18T21:00Z; RU certain 2025-03-18T21:00Z..2025-04-16T21:00Z; RU open 2025-04-16T21:00Z..2025-04-17T21:00Z; ",
		"white-house-25-march": "RU open from 2025-03-25T04:00Z; ",
	} {
		r, err := tm.Under(reading, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range lifeOf(r)["RU"] {
			word := "open"
			if s.certain {
				word = "certain"
			}
			got += fmt.Sprintf("RU %s %s; ", word, s.span)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", reading, got, want)
		}
	}
}

func TestLightUp(t *testing.T) {
	got := lightUp("From 1 May the sides refrain from strikes.", map[string]string{"act": "strikes", "bound": "the sides", "time": "From 1 May", "target": "not there"},
		map[string]judge.State{"act": judge.Yes, "bound": judge.Maybe, "target": judge.Yes})
	var b strings.Builder
	for _, p := range got {
		b.WriteString(p.Class + "[" + p.Text + "]")
	}
	if want := "[From 1 May ]maybe[the sides][ refrain from ]yes[strikes][.]"; b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
}

func TestWebAddress(t *testing.T) {
	for s, want := range map[string]bool{"https://a.example/x": true, "http://a.example": true, "javascript:alert(1)": false,
		"data:text/html,x": false, "//a.example": false, "https:": false, "https://a | https://b": false, "": false} {
		if webAddress(s) != want {
			t.Errorf("webAddress(%q) = %v", s, !want)
		}
	}
}

func TestAnswerText(t *testing.T) {
	for v, want := range map[string]string{
		"2025-03-18T18:00Z..2025-03-18T21:00Z": "18 Mar 2025, 18:00–21:00 UTC",
		"2025-03-17T21:00Z":                    "17 Mar 2025, 21:00 UTC",
		"energy.gas.pipeline|energy.coal":      "energy › gas › pipeline or energy › coal",
		"never":                                "never",
		"48.5000,35.0000 ±120 km":              "48.5000,35.0000 ±120 km",
	} {
		if got := answerText(v); got != want {
			t.Errorf("answerText(%q) = %q, want %q", v, got, want)
		}
	}
}
