package lint_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/lint"
	"github.com/truce-project/truce/terms"
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parse(t *testing.T, src string) *terms.Terms {
	t.Helper()
	fsys := fstest.MapFS{"good.truce.md": {Data: []byte(src)}, "good-sites.csv": {Data: []byte(read(t, "good-sites.csv"))}}
	tm, problems := terms.Parse(fsys, "good.truce.md")
	if tm == nil {
		t.Fatalf("%v", problems)
	}
	return tm
}

// TestGoodIsQuiet: the model text has no finding at all, and its examples hold.
func TestGoodIsQuiet(t *testing.T) {
	tm := parse(t, read(t, "good.truce.md"))
	for _, h := range lint.Check(tm).Hits {
		t.Errorf("%s %s: %s", h.Code, h.Pos, h.Says)
	}
	for _, p := range append(judge.RunExamples(tm), judge.Uncovered(tm)...) {
		t.Error(p)
	}
}

// broken says, for each code, what in the model text brings it about: pairs of
// what is written there and what is written instead.
var broken = []struct {
	code    string
	witness bool
	edits   []string
}{
	{"L01", true, []string{`start: "2030-03-01T06:00+02:00"`, "start: 2030-03-01"}},
	{"L02", true, []string{"zone: Europe/Kyiv, days: calendar", "days: 24h"}},
	{"L03", true, []string{"days: calendar, ", ""}},
	{"L03", true, []string{"end: {for: 60 days}", "end: 2030-05-01"}},
	{"L04", false, []string{"party: ALFA, act: signature,", "party: ALFA,"}},
	{"L04", true, []string{"party: ALFA, act: signature,", "party: ALFA, act: signature, from: 2030-03-02,"}},
	{"L04", true, []string{`  - {id: alfa, party: ALFA, act: signature, source: "signed on 20 February 2030"}` + "\n", ""}},
	{"L05", true, []string{", certified_by: the Mission", ""}},
	{"L06", true, []string{"forbid: {act: attack,", "forbid: {act: attack.strike,"}},
	{"L07", true, []string{"forbid: {act: attack, target: listed(sites)}", "forbid: [{act: attack, target: listed(sites)}, {act: attack, target: energy.power, owner: other-party, unclear: [{id: heat, question: heat?, target: energy.heat}]}]"}},
	{"L07", false, []string{"annexes: {sites: {file: good-sites.csv, published: \"2030-02-20T12:00+02:00\"}}\n", "", "listed(sites)", "energy"}},
	{"L08", false, []string{"en: prevails", "en: authentic"}},
	{"L08", true, []string{"forbid: {act: attack, target: listed(sites)}", "forbid: [{act: attack, target: listed(sites)}, {act: attack, target: energy.power, owner: other-party, unclear: [{id: heat, question: heat?, target: energy.heat}]}]"}},
	{"L09", true, []string{"forbid: {act: attack,", "forbid: {act: attack, outcome: [impact, incidental],"}},
	{"L09", true, []string{"counts: launch\nforbid: {act: attack,", "forbid: {act: attack,"}},
	{"L10", true, []string{", finding: COMMISSION", ""}},
	{"L10", true, []string{"may: release", "may: respond"}},
	{"L11", true, []string{"forbid: {act: attack,", "forbid: {act: attack, outcome: [launched, intercepted, missed, impact, debris],"}},
	{"L12", true, []string{`published: "2030-02-20T12:00+02:00"`, `published: "2030-03-05T12:00+02:00"`}},
	{"L13", true, []string{"forbid: {act: attack, target: listed(sites)}", "forbid: {act: attack, target: energy}"}},
	{"L14", false, []string{", datum: WGS 84", ""}},
	{"L14", false, []string{", side: both", ""}},
	{"L14", true, []string{"geometry: {distance: wgs84, edges: geodesic, boundary: closed}\n", ""}},
	{"L15", true, []string{"fortify, overflight, jam], zone: outside", "fortify, jam], zone: outside"}},
	{"L16", true, []string{"permit:\n  - {act: [movement, deploy, fortify, overflight, jam], zone: outside}\n  - {act: airdefence.intercept}", "not-executable: because", "except: [\"1.1\"]\npermit: {act: attack.sabotage.demolition, owner: own}", "not-executable: because",
		"reserve: {actor: [ALFA, BRAVO], act: attack}\nlimits: [order of the general staff, an unanswered call on the hotline thirty minutes before, proportion to the attack]", "not-executable: because"}},
	{"L17", true, []string{"limits: [order of the general staff, an unanswered call on the hotline thirty minutes before, proportion to the attack]\n", ""}},
	{"L18", false, []string{", evidence: certificate of withdrawal", ""}},
	{"L19", true, []string{"when: before in_force, ", ""}},
	{"L20", true, []string{"deploy, fortify, overflight, jam], zone: outside", "deploy, overflight, jam], zone: outside"}},
	{"L21", false, []string{", classes: [grave, minor]", ""}},
	{"L22", false, []string{", publication: daily", ""}},
	{"L23", false, []string{", acknowledge: PT10M", ""}},
	{"L24", false, []string{"  silence: no objection to a visit\n", ""}},
	{"L24", false, []string{", within: P5D after complaint", ""}},
	{"L25", true, []string{"  standard: verified\n", ""}},
	{"L26", false, []string{"  consequences: [public finding, meeting of ministers, guarantors]\n", ""}},
	{"L27", true, []string{", default: lapse", ""}},
	{"L28", false, []string{"relations: {\"*\": prevails}\n", ""}},
	{"L29", true, []string{", actors: [alfa.forces, alfa.volunteers]", ""}},
	{"L30", false, []string{`published: "2030-02-20T12:00+02:00"`, "published: never"}},
	{"L31", false, []string{", rule: alleged until found", ""}},
	{"L32", false, []string{"{of: amendment, who: COMMISSION}", "{of: amendment}"}},
	{"D01", false, []string{"# 2. What stays free", "> 1.4 No strikes on listed facilities.\n\n```truce\nclause: \"1.4\"\ncounts: launch\nforbid: {act: attack.strike, target: listed(sites)}\n```\n"}},
	{"D02", true, []string{"permit: {act: attack.sabotage.demolition, owner: own}", "permit: {act: accident}"}},
	{"D02", true, []string{"# 3. Duties and powers", "> 2.4 But not at the plant.\n\n```truce\nclause: \"2.4\"\nreinstates: \"1.1\"\nagainst: \"2.2\"\nscope: {act: attack.strike, site: A-2}\n```\n"}},
	{"D03", true, []string{"forbid: {act: attack,", "forbid: {act: attack.strike,"}},
	{"D04", true, []string{"limits: [order of the general staff, an unanswered call on the hotline thirty minutes before, proportion to the attack]\n", ""}},
	{"D04", true, []string{"power: {holder: injured, when: breach, may: release, notice: PT48H in writing, finding: COMMISSION}", "power: {holder: injured, when: breach, may: respond}"}},
	{"D05", false, []string{"within: PT72H after in_force", `by: "2030-02-25"`}},
	{"D05", true, []string{"counts: launch\nforbid: {act: attack,", "counts: launch\nuntil: \"2030-02-27T00:00+02:00\"\nforbid: {act: attack,"}},
	{"D06", true, []string{"  outside: {zone: {not: belt}}", "  outside: {zone: {not: belt}}\n  square: {zone: {geojson: {type: Polygon, coordinates: [[[35.3, 50.9], [35.6, 50.9], [35.6, 51.2], [35.3, 51.2], [35.3, 50.9]]]}}, version: \"1\", datum: WGS 84, drawn_by: the commission}",
		"overflight, jam], zone: belt}", "overflight, jam], zone: [belt, square]}", "zone: outside}", "zone: outside2}", "  square:", "  outside2: {zone: {subtract: [outside, square]}}\n  square:"}},
	{"D06", true, []string{"  outside: {zone: {not: belt}}", "  outside: {zone: {not: belt}}\n  west: {zone: {geojson: {type: Polygon, coordinates: [[[36.0, 50.0], [36.201, 50.0], [36.201, 50.2], [36.0, 50.2], [36.0, 50.0]]]}}, version: \"1\", datum: WGS 84, drawn_by: the commission}\n  east: {zone: {geojson: {type: Polygon, coordinates: [[[36.2, 50.0], [36.4, 50.0], [36.4, 50.2], [36.2, 50.2], [36.2, 50.0]]]}}, version: \"1\", datum: WGS 84, drawn_by: the commission}",
		"overflight, jam], zone: belt}", "overflight, jam], zone: [belt, west, east]}", "zone: outside}", "zone: outside2}", "  west:", "  outside2: {zone: {subtract: [{subtract: [outside, west]}, east]}}\n  west:"}},
	{"D07", false, []string{"verifier: MM, on_violation", "on_violation", "of: monitoring", "of: visits"}},
	{"D08", true, []string{"party: ALFA, act: signature,", "party: ALFA, act: signature, status: refused,", "party: BRAVO, act: signature,", "party: BRAVO, act: signature, status: refused,"}},
	{"D09", true, []string{"commitments:\n", "readings: {alfa: {held_by: [ALFA]}, bravo: {held_by: [BRAVO], start: \"2030-03-02T06:00+02:00\"}}\ncommitments:\n"}},
	{"D10", false, []string{"commitments:\n", "lint: {L22: because}\ncommitments:\n"}},
	{"D10", false, []string{"commitments:\n", "lint: {L99: because}\ncommitments:\n"}},
}

// A belt by coordinates is judged faster than one by distance.
const (
	line   = "{near: {line: [[35.0, 51.2], [35.4, 51.0]], within: 5 km, side: both}}"
	square = "{geojson: {type: Polygon, coordinates: [[[35.0, 51.0], [35.4, 51.0], [35.4, 51.2], [35.0, 51.2], [35.0, 51.0]]]}}"
)

// TestCodes: what brings a code about, and, since the model text is quiet,
// what mends it.
func TestCodes(t *testing.T) {
	good := read(t, "good.truce.md")
	tried := map[string]bool{}
	for _, x := range broken {
		tried[x.code] = true
		src := good
		if x.code != "L14" && x.code != "D06" {
			src = strings.Replace(src, line, square, 1)
		}
		for i := 0; i < len(x.edits); i += 2 {
			if !strings.Contains(src, x.edits[i]) {
				t.Fatalf("%s: the model text has no %q", x.code, x.edits[i])
			}
			src = strings.ReplaceAll(src, x.edits[i], x.edits[i+1])
		}
		found, shown := false, false
		for _, h := range lint.Check(parse(t, src)).Hits {
			verify(t, h)
			if h.Code == x.code {
				found = true
				shown = shown || len(h.Witnesses) > 0
				if h.Says == "" || h.Why == "" || h.Mend == "" || h.Pos.Line == 0 {
					t.Errorf("%s: not all is said: %+v", x.code, h)
				}
			}
		}
		if !found || shown != x.witness {
			t.Errorf("%s: found %v, with an act %v (want %v) after %q", x.code, found, shown, x.witness, x.edits)
		}
	}
	for _, r := range lint.Rules() {
		if !tried[r.Code] {
			t.Errorf("%s is never brought about here", r.Code)
		}
	}
}

// verify judges every witness of a finding anew, and wants of it what the code
// claims.
func verify(t interface{ Errorf(string, ...any) }, h lint.Hit) {
	for _, w := range h.Witnesses {
		verdicts := map[judge.Verdict]bool{}
		for _, s := range w.Says {
			in := *w.Incident
			f := judge.New(s.Regime).Incident(&in, s.Level)
			verdicts[f.Verdict] = true
			if f.Verdict != s.Verdict {
				t.Errorf("%s: %s: the engine says %s, lint %s", h.Code, w.Sentence, f.Verdict, s.Verdict)
			}
			if s.Turns != "" && !f.Decides(s.Turns) {
				t.Errorf("%s: %s: does not turn on %s but on %s", h.Code, w.Sentence, s.Turns, f.DecidingText())
			}
			if s.Reserved != "" {
				may := false
				for _, c := range f.Reserved {
					may = may || c.ID == s.Reserved
				}
				if !may {
					t.Errorf("%s: %s: %s may not be invoked", h.Code, w.Sentence, s.Reserved)
				}
			}
		}
		if !claims[h.Code](verdicts, w) {
			t.Errorf("%s: %s: %v does not show it", h.Code, w.Sentence, verdicts)
		}
	}
}

type verdicts = map[judge.Verdict]bool

func silent(v verdicts, _ lint.Witness) bool {
	return len(v) == 1 && (v[judge.NotCovered] || v[judge.Undetermined])
}
func open(v verdicts, w lint.Witness) bool {
	return len(v) == 1 && v[judge.Undetermined] && strings.HasPrefix(w.Says[0].Turns, "text.")
}
func differ(v verdicts, w lint.Witness) bool { return len(w.Says) == 2 && len(v) == 2 }
func breach(v verdicts, _ lint.Witness) bool { return len(v) == 1 && v[judge.Breach] }
func idle(v verdicts, _ lint.Witness) bool {
	return len(v) == 1 && (v[judge.NotInForce] || v[judge.NotCovered])
}
func any2(a, b func(verdicts, lint.Witness) bool) func(verdicts, lint.Witness) bool {
	return func(v verdicts, w lint.Witness) bool { return a(v, w) || b(v, w) }
}
func invoked(v verdicts, w lint.Witness) bool { return breach(v, w) && w.Says[0].Reserved != "" }
func spoken(verdicts, lint.Witness) bool      { return true }

func asIf(_ verdicts, w lint.Witness) bool {
	return w.Says[0].Verdict != judge.Breach && (w.Says[1].Verdict == judge.Breach || w.Says[1].Verdict == judge.Undetermined)
}

// claims says, by code, what the verdicts on a witness must be to show it.
var claims = map[string]func(verdicts, lint.Witness) bool{
	"L01": open, "L02": spoken, "L03": any2(any2(open, differ), breach), "L04": any2(open, idle), "L05": differ, "L06": silent, "L07": open, "L08": open,
	"L09": any2(silent, differ), "L10": differ, "L11": silent, "L12": breach, "L13": breach, "L14": differ, "L15": silent, "L16": breach, "L17": invoked,
	"L19": idle, "L20": silent, "L25": differ, "L27": differ, "L29": idle,
	"D02": spoken, "D03": idle, "D04": breach, "D05": idle, "D06": spoken, "D08": asIf, "D09": differ,
}
