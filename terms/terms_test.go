package terms

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/when"
)

// front is a front matter that is right; tests break one thing.
const front = `---
truce: 1
id: t
title: A text
time: {zone: Europe/Kyiv, days: calendar, start: "2025-03-18T00:00Z", end: {for: 30 days}}
parties: {RU: {name: Russian Federation, actors: [ru.forces, ru.proxies]}, UA: Ukraine}
others: {MM: monitoring mission}
---
`

const body = `
> 1.1 Each Party refrains from strikes.

` + "```truce\n" + `clause: "1.1"
forbid: {act: attack.strike, target: energy}
` + "```\n"

func parse(text string) (*Terms, Problems) {
	return Parse(fstest.MapFS{"t.truce.md": {Data: []byte(text)}}, "t.truce.md")
}

func fenced(s string) string { return "\n```truce\n" + s + "\n```\n" }

func TestErrorsSayWhereWhatAndTheWayOut(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no front matter":      {"# A text\n", "t.truce.md:1:1: expected front matter"},
		"front without end":    {"---\ntruce: 1\n", "t.truce.md:1:1: the front matter has no end"},
		"unknown key":          {strings.Replace(front, "others:", "other:", 1) + body, `t.truce.md:7:1: unknown key "other" in the front matter; did you mean "others"?`},
		"yaml":                 {strings.Replace(front, "others: {MM: monitoring mission}", "others: {MM: [", 1) + body, "t.truce.md:7:"},
		"node":                 {front + strings.Replace(body, "target: energy", "target: energy.gas.meteringstation", 1), `t.truce.md:14:38: "energy.gas.meteringstation" is not in the target tree of truce-core@1; did you mean "energy.gas.metering-station"?`},
		"zone":                 {front + strings.Replace(body, "target: energy", "zone: border-belt", 1) + fenced("define: border belt\nzone: UA-63"), `t.truce.md:14:36: zone "border-belt" is used but never defined; did you mean "border belt"?`},
		"party":                {front + strings.Replace(body, "act:", "bound: [UR], act:", 1), `"UR" is not a party of these terms`},
		"two kinds":            {front + body + fenced(`clause: "1.2"`+"\nforbid: {act: attack}\npermit: {act: attack}"), "one clause a block"},
		"no kind":              {front + body + fenced(`clause: "1.2"`), "this block says nothing"},
		"sentence":             {front + body + "\n> 1.2 And so on.\n", "t.truce.md:17:3: sentence 1.2 has no clause"},
		"number twice":         {front + body + fenced(`clause: "1.1"`+"\nforbid: {act: attack}"), "clause 1.1 stands twice"},
		"exception of nothing": {front + body + fenced(`clause: "1.3"`+"\nexcept: \"1.4\"\npermit: {act: airdefence}"), `is an exception from clause "1.4", which does not exist`},
		"circle":               {front + body + fenced("clause: \"1.3\"\nexcept: [\"1.1\", \"1.4\"]\npermit: {act: airdefence}") + fenced("clause: \"1.4\"\nreinstates: \"1.1\"\nagainst: \"1.3\"\nscope: {act: airdefence}"), "run in a circle"},
		"duration":             {strings.Replace(front, "30 days", "a month", 1) + body, "a month is not a length"},
		"zone of time":         {strings.Replace(front, "Europe/Kyiv", "Europe/Kiew", 1) + body, `unknown time zone "Europe/Kiew"`},
		"gap in the clock":     {strings.Replace(front, `"2025-03-18T00:00Z"`, `2025-03-30 03:30`, 1) + body, "does not exist"},
		"key twice":            {strings.Replace(front, "id: t\n", "id: t\nid: u\n", 1) + body, "t.truce.md:4:"},
		"bidi":                 {front + body + "\nabc\u202edef\n", "U+202E is not allowed"},
		"not utf-8":            {front + body + "\xff\n", "is not UTF-8"},
		"verdict":              {front + body + fenced("examples:\n  - {name: x, if: {act: attack}, then: {verdict: violation}}"), `"violation" is not a verdict`},
		"area":                 {front + strings.Replace(body, "target: energy", "zone: UA-99", 1), `zone "UA-99" is used but never defined`},
		"calendar needs zone":  {strings.Replace(front, "zone: Europe/Kyiv, ", "", 1) + body, "the terms name no time zone"},
		"alias":                {strings.Replace(front, "title: A text", "title: &a A text", 1) + body, "anchors and aliases are not used"},
		"clash":                {front + body + fenced("clause: \"2.1\"\npermit: {act: attack.strike.drone, target: energy.coal}"), "clauses 1.1 and 2.1 clash: 1.1 forbids and 2.1 permits an act (act attack.strike.drone, target energy.coal, by RU"},
	} {
		tm, problems := parse(c.text)
		if tm != nil {
			t.Errorf("%s: was accepted", name)
		}
		if !strings.Contains(problems.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", name, problems, c.want)
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, problems := parse(strings.Replace(front, "others:", "other:", 1) + strings.Replace(body, "forbid: {act", "forbid: {acts", 1) + fenced("clause: x y\nforbid: {act: attack}"))
	if len(problems.Errors()) != 3 {
		t.Errorf("expected three problems, got:\n%v", problems)
	}
}

func TestClauseNumbersAreText(t *testing.T) {
	tm, problems := parse(front + body + "\n> 1.10 Tenth.\n" + fenced("clause: 1.10\nforbid: {act: attack.mine}"))
	if tm == nil || tm.Clause("1.10") == nil || tm.Clause("1.10").Text != "Tenth." {
		t.Fatalf("clause 1.10 is not there: %v", problems)
	}
}

func TestFormatParsesBackToTheSameTerms(t *testing.T) {
	root := os.DirFS("../regimes")
	names, _ := os.ReadDir("../regimes")
	n := 0
	for _, e := range names {
		if !strings.HasSuffix(e.Name(), ".truce.md") {
			continue
		}
		n++
		tm, problems := Parse(root, e.Name())
		if tm == nil {
			t.Errorf("%v", problems)
			continue
		}
		text := tm.Format()
		back, problems := ParseBytes(root, e.Name(), []byte(text))
		if back == nil {
			t.Errorf("%s: the canonical form does not parse: %v", e.Name(), problems)
			continue
		}
		if back.Digest != tm.Digest || back.Format() != text {
			t.Errorf("%s: the canonical form is not stable", e.Name())
		}
		for i := range tm.doc.blocks {
			if !tm.doc.blocks[i].val.equal(back.doc.blocks[i].val) {
				t.Errorf("%s: block %d changed", e.Name(), i)
			}
		}
	}
	if n == 0 {
		t.Error("no regimes were found")
	}
}

func TestDigestCoversTextBlocksAndAnnexes(t *testing.T) {
	fs := func(text, annex string) fstest.MapFS {
		return fstest.MapFS{"t.truce.md": {Data: []byte(text)}, "a.csv": {Data: []byte(annex)}}
	}
	with := strings.Replace(front, "others:", "annexes: {sites: a.csv}\nothers:", 1) + body
	annex := "id,kind,lat,lon,owner\nS1,energy.coal,50,30,UA\n"
	base, problems := Parse(fs(with, annex), "t.truce.md")
	if base == nil {
		t.Fatal(problems)
	}
	for name, f := range map[string]fstest.MapFS{
		"prose": fs(strings.Replace(with, "refrains", "abstains", 1), annex),
		"block": fs(strings.Replace(with, "attack.strike", "attack", 1), annex),
		"annex": fs(with, strings.Replace(annex, "UA", "RU", 1)),
	} {
		o, problems := Parse(f, "t.truce.md")
		if o == nil {
			t.Fatal(problems)
		}
		if o.Digest == base.Digest {
			t.Errorf("a changed %s has the same digest", name)
		}
	}
	spaced, _ := Parse(fs(strings.Replace(with, "forbid: {act: attack.strike, target: energy}", "forbid:\n  act:   attack.strike\n  target: energy", 1), annex), "t.truce.md")
	if spaced == nil || spaced.Digest != base.Digest {
		t.Error("the layout of a block changes the digest")
	}
}

func TestWindowsOfThirtyDays(t *testing.T) {
	tm, problems := parse(front + body)
	if tm == nil {
		t.Fatal(problems)
	}
	r, err := tm.Under("text", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	w := r.Clauses[0].Windows
	if len(w) != 2 || w[0].Span.Start.String() != "2025-03-18T00:00Z" || w[0].Span.End.String() != "2025-04-16T23:00Z" {
		t.Errorf("calendar days over the change of the clock: %+v", w)
	}
}

func TestCommitmentsOverrideById(t *testing.T) {
	text := strings.Replace(front, "others:", "commitments:\n  - {id: ru, party: RU}\n  - {id: ua, party: UA, status: refused}\nothers:", 1) + body
	tm, problems := parse(text)
	if tm == nil {
		t.Fatal(problems)
	}
	spans := func(extra []Commitment, assume bool) string {
		r, err := tm.Under("text", extra, assume)
		if err != nil {
			t.Fatal(err)
		}
		s := ""
		for _, w := range r.Clauses[0].Windows {
			s += string(w.Party) + " " + w.Span.String() + "; "
		}
		return s
	}
	if got := spans(nil, false); got != "RU 2025-03-18T00:00Z..2025-04-16T23:00Z; " {
		t.Errorf("as the text has it: %s", got)
	}
	extra, ps := tm.ParseCommitments("notices.yaml", []byte("- {id: ru, party: RU, released: 2025-04-01T00:00Z}\n- {id: ua, party: UA, from: 2025-04-02T00:00Z, suspended: [{from: 2025-04-03T00:00Z, until: 2025-04-04T00:00Z}]}\n"))
	if ps != nil {
		t.Fatal(ps)
	}
	if got := spans(extra, false); got != "RU 2025-03-18T00:00Z..2025-04-01T00:00Z; UA 2025-04-02T00:00Z..2025-04-03T00:00Z; UA 2025-04-04T00:00Z..2025-04-16T23:00Z; " {
		t.Errorf("after notice: %s", got)
	}
	if got := spans(nil, true); got != "RU unknown; UA unknown; " { // all of time
		t.Errorf("as if in force: %s", got)
	}
}

func TestDateAloneIsSomeInstantOfThatDay(t *testing.T) {
	tm, problems := parse(strings.Replace(front, `start: "2025-03-18T00:00Z"`, "start: 2025-03-30", 1) + body)
	if tm == nil {
		t.Fatal(problems)
	}
	want := when.Range{Earliest: tm.Start.Range.Earliest, Latest: tm.Start.Range.Earliest + 23*3600_000}
	if tm.Start.Range != want {
		t.Errorf("30 March 2025 in Kyiv has 23 hours; got %v", tm.Start.Range)
	}
}

// TestListsWithIdsMeanTheSame: what may be written by id may be written as a
// list of items with ids.
func TestListsWithIdsMeanTheSame(t *testing.T) {
	text := `---
truce: 1
id: t
start: "2025-03-18T00:00Z"
end: {for: 30 days}
time: {zone: Europe/Kyiv}
parties: [{id: RU, name: Russian Federation}, UA]
others: [MM]
readings:
  - {id: one, definitions: {energy-list: {target: energy.coal}}}
  - {id: two, start: "2025-03-25T00:00Z"}
commitments: {ru: {party: RU}, ua: {party: UA, until: "2025-04-01T00:00Z"}}
---
` + fenced("clause: \"1\"\nbound: [RU]\nforbid: {act: attack, target: energy-list, from: \"2025-03-20T00:00Z\"}") + fenced("define: energy-list\ntarget: energy")
	tm, problems := parse(text)
	if tm == nil {
		t.Fatal(problems)
	}
	one, _ := tm.Under("one", nil, false)
	two, _ := tm.Under("two", nil, false)
	if n := one.Clauses[0].Boxes[0].Target.Len(); n != 1 {
		t.Errorf("the reading's definition does not hold: %d kinds", n)
	}
	if w := two.Clauses[0].Windows; len(w) != 1 || w[0].Span.Start.String() != "2025-03-25T00:00Z" {
		t.Errorf("windows %+v", w)
	}
	if w := one.Clauses[0].Windows; len(w) != 1 || w[0].Span.Start.String() != "2025-03-20T00:00Z" {
		t.Errorf("windows %+v", w)
	}
}

func TestQuestionAboutAZone(t *testing.T) {
	tm, problems := parse(front + strings.Replace(body, "target: energy", "zone: UA-30, unclear: [{id: region, question: and the region?, zone: UA-32}]", 1))
	if tm == nil {
		t.Fatal(problems)
	}
	r, err := tm.Under("text", nil, false)
	if err != nil {
		t.Fatal(err)
	}
	b := r.Clauses[0].Boxes
	if len(b) != 2 || len(r.Questions) != 1 || len(b[0].Answers) != 0 || len(b[1].Answers) != 1 || b[1].Zones[0] == b[0].Zones[0] {
		t.Errorf("boxes %+v, questions %+v", b, r.Questions)
	}
	if tm, _ := parse(front + strings.Replace(body, "target: energy", "of: other-party, unclear: [{id: o, question: q, owner: UA}]", 1)); tm != nil {
		t.Error("a question beside other-party was dropped in silence")
	}
	if tm, _ := parse(front + body + fenced("define: belt\nzone: UA-63\nunclear: [{id: z, question: q, zone: UA-59}]")); tm != nil {
		t.Error("a question in a zone was dropped in silence")
	}
}

func TestOtherPartyExpandsToABoxForEachBoundParty(t *testing.T) {
	tm, problems := parse(front + strings.Replace(body, "target: energy", "of: other-party", 1))
	if tm == nil {
		t.Fatal(problems)
	}
	r, _ := tm.Under("text", nil, false)
	if n := len(r.Clauses[0].Boxes); n != 2 {
		t.Errorf("%d boxes, want one for each of two parties", n)
	}
}

// TestIntendedTwice: what was aimed at, said in two ways, has to be both.
func TestIntendedTwice(t *testing.T) {
	tm, problems := parse(front + strings.Replace(body, "target: energy", "judges: intended, target: energy, intended_target: [energy.gas, infra]", 1))
	if tm == nil {
		t.Fatal(problems)
	}
	r, _ := tm.Under("text", nil, false)
	gas, _ := tm.Vocabulary.Target.Node("energy.gas")
	if len(r.Clauses[0].Boxes) != 1 || *r.Clauses[0].Boxes[0].Intends != gas {
		t.Errorf("%+v", r.Clauses[0].Boxes)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(front + body)
	b, _ := os.ReadFile("../regimes/energy-2025.truce.md")
	f.Add(string(b))
	f.Fuzz(func(t *testing.T, s string) {
		tm, problems := parse(s)
		if tm == nil && problems.Errors() == nil {
			t.Fatal("neither terms nor an error")
		}
		if tm == nil {
			return
		}
		back, problems := parse(tm.Format())
		if back == nil {
			t.Fatalf("the canonical form does not parse: %v\n%s", problems, tm.Format())
		}
		if back.Digest != tm.Digest {
			t.Fatalf("the canonical form has another digest\n%s", tm.Format())
		}
	})
}
