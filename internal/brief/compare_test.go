package brief

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func compareSide(t *testing.T, tm *terms.Terms, assume bool, readings ...string) compare.Side {
	t.Helper()
	if readings == nil {
		readings = tm.ReadingIDs()
	}
	var s compare.Side
	for _, id := range readings {
		r, err := tm.Under(id, nil, assume)
		if err != nil {
			t.Fatal(err)
		}
		s.Regimes = append(s.Regimes, r)
	}
	return s
}

func builtIn(t *testing.T, id string, assume bool, readings ...string) compare.Side {
	t.Helper()
	tm, err := regimes.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	return compareSide(t, tm, assume, readings...)
}

// invented is the text with zones of docs/compare.md; edit changes its source.
func invented(t *testing.T, name string, edit *strings.Replacer) compare.Side {
	t.Helper()
	src, err := os.ReadFile("../../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	if edit != nil {
		text = edit.Replace(text)
	}
	tm, problems := terms.ParseBytes(nil, name, []byte(text))
	if tm == nil {
		t.Fatal(problems)
	}
	return compareSide(t, tm, false)
}

func comparePage(t *testing.T, names [2]string, a, b compare.Side) ComparePage {
	t.Helper()
	r, err := compare.Texts(a, b, compare.Options{Boxes: 3})
	if err != nil {
		t.Fatal(err)
	}
	return ComparePage{Names: names[:], Sides: []compare.Side{a, b}, Comparison: &Comparison{Names: names, Result: r}, Engine: judge.Engine, TZData: when.TZData, Command: "truce compare " + strings.Join(names[:], " ")}
}

// withHistory adds the synthetic incidents, one of which attacks the page.
func withHistory(t *testing.T, p ComparePage) ComparePage {
	t.Helper()
	p.History = compare.NewBacktest(p.Sides)
	for _, in := range pageIncidents(t) {
		if row := p.History.Add(in); row.Changed() || strings.Contains(in.ID, hostile) {
			p.Rows = append(p.Rows, row)
		}
	}
	p.History.Close(when.Span{Start: mustInstant(t, "2025-03-18T00:00Z"), End: mustInstant(t, "2025-04-25T00:00Z")})
	return p
}

func mustInstant(t *testing.T, s string) when.Instant {
	t.Helper()
	i, err := when.ParseRFC3339(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// hostileEdit puts an attack wherever a text of terms is free.
func hostileEdit() *strings.Replacer {
	h := strings.ReplaceAll(hostile, `"`, `'`)
	return strings.NewReplacer("Does a raid count?", h, "Nobody lays mines", "Nobody "+h+" lays mines", "{en: A withdrawal belt along a made-up line}", `{en: "`+h+`"}`, "The northern party", `"`+h+`"`)
}

// madePages are made once: they hold nothing that a page changes.
var madePages map[string]ComparePage

func comparePages(t *testing.T) map[string]ComparePage {
	if madePages == nil {
		madePages = makeComparePages(t)
	}
	return madePages
}

func makeComparePages(t *testing.T) map[string]ComparePage {
	old, now := invented(t, "belt-old.truce.md", nil), invented(t, "belt-new.truce.md", hostileEdit())
	amend := comparePage(t, [2]string{"folder/belt-old.truce.md", "belt-new " + hostile}, old, now)
	amend.Amendment = compare.Amend(amend.Comparison.Result, 0)
	many := ComparePage{Names: []string{"energy-2025@kremlin", "energy-2025@ukraine", "blanket-30d"},
		Sides: []compare.Side{builtIn(t, "energy-2025", false, "kremlin"), builtIn(t, "energy-2025", false, "ukraine"), builtIn(t, "blanket-30d", true)}, Engine: judge.Engine}
	return map[string]ComparePage{
		"readings":       withHistory(t, comparePage(t, [2]string{"energy-2025@kremlin", "energy-2025@ukraine"}, builtIn(t, "energy-2025", false, "kremlin"), builtIn(t, "energy-2025", false, "ukraine"))),
		"counterfactual": comparePage(t, [2]string{"blanket-30d", "energy-2025"}, builtIn(t, "blanket-30d", true), builtIn(t, "energy-2025", false)),
		"no dates":       comparePage(t, [2]string{"measures-2020-07-22", "blanket-30d"}, builtIn(t, "measures-2020-07-22", false), builtIn(t, "blanket-30d", false)),
		"zones":          comparePage(t, [2]string{"belt-old.truce.md", "belt-new.truce.md"}, old, now),
		"amendment":      amend,
		"same":           comparePage(t, [2]string{"may-2025", "may-2025"}, builtIn(t, "may-2025", false), builtIn(t, "may-2025", false)),
		"many":           withHistory(t, many),
	}
}

func writtenComparison(t *testing.T, p ComparePage) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteComparePage(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestComparePages: every kind of page is whole, closed, self-contained, and
// runs nothing.
func TestComparePages(t *testing.T) {
	for name, p := range comparePages(t) {
		t.Run(name, func(t *testing.T) {
			s := writtenComparison(t, p)
			if again := writtenComparison(t, p); again != s {
				t.Error("two runs differ")
			}
			for _, bad := range []string{"<script", "<img", "ZgotmplZ", "NaN", "Inf ", "@import", "url(http", "<link", "<iframe", "<base", "<form", "<no value>"} {
				if strings.Contains(s, bad) {
					t.Errorf("the page holds %q", bad)
				}
			}
			tags := strings.Join(pageTags.FindAllString(pageScripts.ReplaceAllString(s, ""), -1), "\n")
			for _, m := range regexp.MustCompile(`(?i)\s(src|href|action|xlink:href|srcset|data|poster)="([^"]*)"`).FindAllStringSubmatch(tags, -1) {
				if !strings.HasPrefix(m[2], "#") {
					t.Errorf("%s=%q leaves the page", m[1], m[2])
				}
			}
			if m := regexp.MustCompile(`\son[a-z]+=|\sstyle=`).FindString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tags, "")); m != "" {
				t.Errorf("%q would be stopped by the policy", m)
			}
			if !strings.Contains(s, "<style>"+pageCSS+compareCSS+"</style>") {
				t.Error("the style is not written as it was hashed")
			}
			if policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(s); policy == nil || !strings.Contains(policy[1], "script-src &#39;none&#39;") || strings.Contains(policy[1], "unsafe") {
				t.Errorf("policy: %v", policy)
			}
			for _, want := range []string{"Would breach if the facts hold", "do not imply any opinion", `lang="en"`, judge.Engine, p.Sides[0].Regimes[0].Terms.Digest} {
				if !strings.Contains(s, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			checkClosed(t, s)
		})
	}
}

// checkClosed wants every element closed, every id once and every link to lead
// somewhere.
func checkClosed(t *testing.T, s string) {
	t.Helper()
	s = pageScripts.ReplaceAllString(s, "")
	var open []string
	void := map[string]bool{"meta": true, "!doctype": true}
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

// TestComparePageSays: the known dispute between two readings, on the page.
func TestComparePageSays(t *testing.T) {
	pages := comparePages(t)
	for name, wants := range map[string][]string{
		"readings": {"Forbidden by B; A is silent", "Is a gas metering station a pumping station, or a part of the pipeline?", "<span class=\"tag\">open question</span>",
			"ru, authentic</span> Нефтеперерабатывающие предприятия", "No number stands on both sides", `id="event-0"`, "From A to B"},
		"counterfactual": {"<strong>Counterfactual.</strong> A: as if in force at all times.", "COUNTERFACTUAL:", "Set side by side by number; the texts are different ones", "The readings of B disagree, A is settled", "Where its readings disagree, the text is contested"},
		"no dates":       {"no clause of these texts asks where"},
		"zones":          {`class="zone a"`, `class="zone b"`, `<use href="#ground"/>`, "inside belt as B has it, outside belt as A has it", "en, authentic</span> In the belt"},
		"amendment":      {"<ins>and no mortar </ins>", "the words changed, the block that runs did not", "<del>Burning of fields is left out.</del>", "definition belt", "What the amendment changes: belt-old"},
		"same":           {"The two say the same of every act."},
		"many":           {"From A to C", "3 texts over the same events"},
	} {
		s := writtenComparison(t, pages[name])
		for _, want := range wants {
			if !strings.Contains(s, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
	}
	if s := writtenComparison(t, pages["amendment"]); strings.Count(s, "&lt;script&gt;") < 4 {
		t.Errorf("the attack stands on the page %d times as text", strings.Count(s, "&lt;script&gt;"))
	}
}

// TestAlign: what only one text has stands where it stood.
func TestAlign(t *testing.T) {
	cells := func(ids string) (out []*compareCell) {
		for _, id := range strings.Fields(ids) {
			number, text, _ := strings.Cut(id, "=")
			out = append(out, &compareCell{ID: number, Versions: []terms.Version{{Text: text}}})
		}
		return out
	}
	for _, c := range [][3]string{
		{"1 2 3 4", "1 2 3 5", "1|1 2|2 3|3 4|- -|5"},
		{"1 2", "", "1|- 2|-"},
		{"", "1 2", "-|1 -|2"},
		{"0 1", "1 2", "0|- 1|1 -|2"},
		{"1=x 2=y 3=z", "1=x 3=y 4=z", "1|1 2|- 3|3 -|4"},
		{"1=x 2=y", "1=x 5=y", "1|1 2|5"},
		{"1 2 3", "3 1", "3|3 1|1 2|-"}, // another order: nothing is lost
	} {
		got := ""
		for _, r := range align(cells(c[0]), cells(c[1])) {
			id := func(x *compareCell) string {
				if x == nil {
					return "-"
				}
				return x.ID
			}
			got += " " + id(r.Cells[0]) + "|" + id(r.Cells[1])
		}
		if strings.TrimSpace(got) != c[2] {
			t.Errorf("%s / %s: got %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

// TestExamplesHold: what is written for the new text parses and holds in it.
func TestExamplesHold(t *testing.T) {
	for name, p := range comparePages(t) {
		if p.Comparison == nil || name == "same" {
			continue
		}
		tm := p.Sides[1].Regimes[0].Terms
		block, n, err := ExamplesBlock(p.Comparison.Result, p.Names[0])
		if err != nil || n == 0 {
			t.Fatalf("%s: %d, %v", name, n, err)
		}
		again, problems := terms.ParseBytes(nil, "new.truce.md", []byte(tm.Format()+"\n"+block))
		if again == nil {
			t.Fatalf("%s: %v\n%s", name, problems, block)
		}
		if len(again.Examples) != len(tm.Examples)+n {
			t.Errorf("%s: %d examples, want %d and %d", name, len(again.Examples), len(tm.Examples), n)
		}
		if errs := judge.RunExamples(again); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// TestWitnessSaysItsOrigin: where a text asks from where something was launched, whoever
// judges the facts of a witness again needs that too.
func TestWitnessSaysItsOrigin(t *testing.T) {
	s := evidence.Unknown()
	s.Origin = where.Disc(where.Point{Lat: 50.5, Lon: 35.25}, 0)
	facts := WitnessFacts(&s)
	if got := facts["origin"]; got != "POINT (35.25 50.5)" {
		t.Errorf("origin %q", got)
	}
	var c evidence.Scenario
	if err := c.SetFact("origin", facts["origin"]); err != nil {
		t.Error(err)
	}
}
