package daily

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/when"
)

// week reads the small file of docs/report.md.
func week(t testing.TB) []*Record {
	t.Helper()
	var out []*Record
	s, err := feeds.ReadFile("../../../docs/report-week.csv", feeds.Options{}, func(in *evidence.Incident) error {
		out = append(out, &Record{Incident: in})
		return nil
	})
	if err != nil || len(s.Problems) > 0 {
		t.Fatal(err, s.Problems)
	}
	return out
}

func input(t testing.TB, lang string, records []*Record) *Input {
	t.Helper()
	zone, err := when.Zone("Europe/Kyiv")
	if err != nil {
		t.Fatal(err)
	}
	day, err := when.ParseDay("2020-08-03", zone)
	if err != nil {
		t.Fatal(err)
	}
	base, err := basemap.World()
	if err != nil {
		t.Fatal(err)
	}
	return &Input{Lang: lang, Mission: "Example mission", Day: day, Hour: 19, Minute: 30, Zone: zone, Days: 1, Rule: DefaultRule(records), Records: records, Base: base, Of: "report-week.csv"}
}

func made(t testing.TB, in *Input) *Report {
	t.Helper()
	r, err := New(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWeek holds the report of the small file against a count by hand.
func TestWeek(t *testing.T) {
	r := made(t, input(t, "en", week(t)))
	for id, want := range map[string]string{
		"violations.total":             "44..48", // 15 + 20 + 1 flare seen twice + 8 in training, and 2 to 4 across the cut-off
		"violations.region.UA-14":      "36",
		"violations.region.UA-09":      "8..12",
		"violations.kind.explosion":    "23", // the controlled detonation is listed only
		"violations.kind.flare":        "1",
		"casualties.killed":            "1",
		"casualties.injured":           "2", // of three more one resident speaks alone
		"casualties.injured.reported":  "3",
		"weapons.seen":                 "6",
		"restrictions.total":           "3",
		"restrictions.denial":          "1",
		"restrictions.delay":           "1",
		"restrictions.other":           "1",
		"undated":                      "1",
		"violations.level.reported":    "44..48",
		"attribution.open":             "44..48",
		"violations.level.claimed":     "0",
		"casualties.killed.reported":   "0",
		"violations.region.unknown":    "0",
		"restrictions.conditional":     "0",
		"weapons.withdrawals":          "0",
		"violations.kind.muzzle-flash": "0",
	} {
		f := r.Figure(id)
		if f == nil {
			t.Errorf("there is no figure %s", id)
		} else if got := f.NumberText(); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if got := numberText(r.Figure("violations.total").Before); got != "at least 15" {
		t.Errorf("the period before: %s", got)
	}
}

var figureLink = regexp.MustCompile(`data-figure="([^"]+)" data-low="(\d+)" data-high="(\d*)" title="[^"]*">([^<]+)<`)

// TestOneSource: every number that the page prints as a figure is the figure of the
// model, and counting the rows of the annex file again gives the headline. Summary
// and annex cannot disagree.
func TestOneSource(t *testing.T) {
	for _, lang := range Languages {
		records := week(t)
		in := input(t, lang, records)
		r := made(t, in)
		var page bytes.Buffer
		if err := r.WriteHTML(&page); err != nil {
			t.Fatal(err)
		}
		links := figureLink.FindAllStringSubmatch(page.String(), -1)
		if len(links) < 20 {
			t.Fatalf("%s: only %d figures on the page", lang, len(links))
		}
		for _, m := range links {
			f := r.Figure(m[1])
			if f == nil {
				t.Fatalf("%s: the page shows %s, which is not in the report", lang, m[1])
			}
			if m[2] != strconv.Itoa(f.Low) || !f.Unbounded && m[3] != strconv.Itoa(f.High) || m[4] != r.words.number(f) {
				t.Errorf("%s: %s on the page is %v, in the report %s", lang, m[1], m[2:], f.NumberText())
			}
			if !strings.Contains(page.String(), `id="f-`+dom(m[1])+`"`) {
				t.Errorf("%s: %s leads nowhere", lang, m[1])
			}
		}
		var file bytes.Buffer
		if err := WriteCSV(&file, r.Table("violations")); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		byID := map[string]*Record{}
		for _, x := range records {
			byID[x.ID] = x
		}
		var again []count.Record
		for _, row := range rows[1:] {
			again = append(again, count.Record{Incident: byID[row[0]].Incident})
		}
		n := count.Count(&count.Question{Rule: in.Rule, From: r.Period.From, To: r.Period.To, Zone: in.Zone, Coverage: -1}, again)
		if total := r.Figure("violations.total"); numberText(n) != total.NumberText() {
			t.Errorf("%s: the annex gives %s, the headline %s", lang, numberText(n), total.NumberText())
		}
	}
}

// TestLinks: each link of the page leads to a place on it.
func TestLinks(t *testing.T) {
	r := made(t, input(t, "en", week(t)))
	var b bytes.Buffer
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if strings.Count(page, `id="`+m[1]+`"`) != 1 {
			t.Errorf("#%s is there %d times", m[1], strings.Count(page, `id="`+m[1]+`"`))
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "url(http", "@import"} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/2000/svg", ""), bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}

// acts are incidents of two parties, with everything that a report tells.
func acts(t testing.TB, a, b string) []*Record {
	t.Helper()
	var out []*Record
	add := func(id, actor, place, act, text string, level evidence.Level) {
		s := evidence.Unknown()
		for col, v := range map[string]string{"time": "2020-08-03T08:00Z..2020-08-03T08:10Z", "actor": actor, "place": place, "act": act, "outcome": "impact"} {
			if err := s.SetFact(col, v); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, &Record{Incident: &evidence.Incident{ID: id, Scenarios: []evidence.Scenario{s}, Level: level, Text: text, Source: "desk", Killed: evidence.Number{Known: true, Min: 1, Max: 1}}})
	}
	add("1", a, "48.10,38.10 ±1 km", "attack.strike.artillery", "x", evidence.Corroborated)
	add("2", b, "48.20,38.20 ±1 km", "attack.strike.drone", "y", evidence.Claimed)
	add("3", a+"|"+b, "48.30,38.30 ±1 km", "attack.strike", "z", evidence.Reported)
	add("4", "", "48.40,38.40 ±1 km", "attack.ground", "w", evidence.Reported)
	return out
}

// TestSymmetry: with the parties exchanged the report says the same with the parties
// exchanged, and nothing else.
func TestSymmetry(t *testing.T) {
	lines := func(r *Report) []string {
		var out []string
		say := func(s Sentence) { out = append(out, s.String()) }
		for _, s := range r.Summary {
			say(s)
		}
		for _, s := range r.Sections {
			for _, x := range slices.Concat(s.Says, s.After) {
				say(x)
			}
			for _, tab := range s.Tables {
				for _, row := range tab.Rows {
					var cells []string
					for _, c := range row {
						cells = append(cells, c.String())
					}
					out = append(out, tab.ID+": "+strings.Join(cells, " | "))
				}
			}
		}
		for _, f := range r.Figures {
			out = append(out, f.Name+" "+f.NumberText())
		}
		sort.Strings(out)
		return out
	}
	swap := strings.NewReplacer("ALFA", "BRAVO", "BRAVO", "ALFA")
	for _, lang := range Languages {
		one := lines(made(t, input(t, lang, acts(t, "ALFA", "BRAVO"))))
		two := lines(made(t, input(t, lang, acts(t, "BRAVO", "ALFA"))))
		for i := range two {
			two[i] = swap.Replace(two[i])
		}
		sort.Strings(two)
		if !slices.Equal(one, two) {
			t.Errorf("%s: with the parties exchanged:\n%s\nis not\n%s", lang, strings.Join(two, "\n"), strings.Join(one, "\n"))
		}
		if !strings.Contains(strings.Join(one, "\n"), "ALFA") {
			t.Error("the report names no party: nothing was compared")
		}
	}
}

// TestFindings: verdicts are told by reading, each message is there, and the numbers of
// one reading add up to the headline.
func TestFindings(t *testing.T) {
	tm, err := regimes.Open("energy-2025")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages {
		in := input(t, lang, acts(t, "RU", "UA"))
		for _, id := range tm.ReadingIDs() {
			reg, err := tm.Under(id, nil, true)
			if err != nil {
				t.Fatal(err)
			}
			in.Judges = append(in.Judges, judge.New(reg))
		}
		r := made(t, in)
		for _, id := range tm.ReadingIDs() {
			sum := 0
			for _, v := range verdicts {
				sum += r.Figure("findings.energy-2025@" + id + "." + v.String()).Low
			}
			if sum != 4 {
				t.Errorf("%s: the verdicts of %d incidents are told, of 4", id, sum)
			}
		}
		spot := *in
		spot.Spot = "3"
		for _, r := range []*Report{r, made(t, &spot)} {
			var b bytes.Buffer
			if err := r.WriteHTML(&b); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexAny(b.String(), "⟨⟩\ufffd"); i >= 0 {
				t.Errorf("%s: a message is missing: %s", lang, b.String()[i:i+60])
			}
		}
	}
	in := input(t, "en", acts(t, "RU", "UA"))
	in.Spot = "no such"
	if _, err := New(in); err == nil {
		t.Error("a spot report about nothing")
	}
}

// TestHostile: texts of records run nowhere.
func TestHostile(t *testing.T) {
	records := week(t)
	const bad = `</style><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, r := range records {
		r.ID, r.Text, r.Source, r.Damage, r.Severity = "=cmd|' /C calc'!A0"+r.ID+bad, "=1+1"+bad, "@SUM(1)"+bad, "+1"+bad, "-1\u202e"+bad
		if r.Seen != nil {
			r.Seen.Station = "\t=2+2"
		}
	}
	r := made(t, input(t, "en", records))
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{"<script", "<img", "\u202e", bad} {
		if strings.Contains(page.String(), not) {
			t.Errorf("the page holds %q", not)
		}
	}
	for _, table := range r.Tables() {
		var b bytes.Buffer
		if err := WriteCSV(&b, table); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t", rune(cell[0])) {
					if _, err := strconv.ParseFloat(cell, 64); err != nil {
						t.Errorf("%s.csv: a spreadsheet would run %q", table.ID, cell)
					}
				}
			}
		}
	}
}

// TestSame: the same input gives the same page, to the byte, whatever the order of
// the records.
func TestSame(t *testing.T) {
	page := func(records []*Record) string {
		var b bytes.Buffer
		if err := made(t, input(t, "uk", records)).WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	records := week(t)
	again := week(t)
	slices.Reverse(again)
	if page(records) != page(again) {
		t.Error("another order of the records gives another page")
	}
}

// TestRevised: what the last issue gave stands beside what is known now.
func TestRevised(t *testing.T) {
	in := input(t, "en", week(t))
	p := in.period(1)
	in.Last = &Issue{ID: "X", Title: "Daily report 215/2020", From: p.From, To: p.To, Figures: map[string]string{"violations.total": "9", "violations.region.UA-14": "9"}}
	r := made(t, in)
	if f := r.Figure("violations.total"); !f.Revised || f.Issued != "9" {
		t.Errorf("the headline was issued as 9 and is %s now: revised %v", numberText(f.Before), f.Revised)
	}
	if f := r.Figure("violations.region.UA-14"); f.Revised {
		t.Error("a number that has not changed is told as revised")
	}
	if says := fmt.Sprint(r.Summary); !strings.Contains(says, "issued 9, now at least 15") {
		t.Errorf("the summary does not say so: %s", says)
	}
}

// TestLongDays: on the day that the clock is changed the period has 23 hours, and the
// report says so.
func TestLongDays(t *testing.T) {
	in := input(t, "en", nil)
	var err error
	if in.Day, err = when.ParseDay("2025-03-30", in.Zone); err != nil {
		t.Fatal(err)
	}
	r := made(t, in)
	if h := r.Period.To.Sub(r.Period.From).Hours(); h != 23 {
		t.Errorf("%v hours", h)
	}
	if !strings.Contains(fmt.Sprint(r.Head), "23 hours") {
		t.Error(r.Head)
	}
}
