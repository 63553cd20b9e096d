package feeds

import (
	"os"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// share is how many of how many.
type share struct{ k, n int }

// shares counts by name.
type shares map[string]*share

func (s shares) add(name string, k, n int) {
	if s[name] == nil {
		s[name] = &share{}
	}
	s[name].k += k
	s[name].n += n
}

func (s shares) count(name string, ok bool) {
	k := 0
	if ok {
		k = 1
	}
	s.add(name, k, 1)
}

// measure counts one row: what its label says against what the words propose.
func (s shares) measure(label map[string]string, p Proposal) (wrong []string) {
	kind := label["kind"]
	event := kind == "attack" || kind == "explosion" || kind == "accident"
	alone, may, out := reflect.DeepEqual(p.Kind, []string{"attack"}), slices.Contains(p.Kind, "attack"), p.nothingHappened()
	if alone {
		s.count("kind is attack alone: precision", kind == "attack")
	}
	if may {
		s.count("kind may be attack: precision", kind == "attack")
	}
	if kind == "attack" {
		s.count("kind is attack alone: recall", alone)
		s.count("kind may be attack: recall", may)
	}
	if out {
		s.count("left out as no incident: precision", !event)
	}
	if event {
		s.count("kept, of those that tell an event", !out)
	} else {
		s.count("left out as no incident: recall", out)
	}
	if event == out || alone != (kind == "attack") {
		wrong = append(wrong, "kind")
	}
	for fact, said := range map[string][]string{"act": p.Act, "outcome": p.Outcome, "target": p.Target} {
		want := evidenceSet(label[fact])
		if want == nil {
			if event && fact != "act" { // act is labelled in attacks alone
				s.count(fact+": said where the label is silent", said != nil)
			}
			continue
		}
		right := inside(want, said)
		s.count(fact+": recall", right)
		if said != nil {
			s.count(fact+": precision", right)
			s.add(fact+": size", len(said), 1)
		}
		if !right {
			wrong = append(wrong, fact)
		}
	}
	sort.Strings(wrong)
	return wrong
}

// labelledTexts are the texts of the labelled rows by file and id. They stay
// outside the repository.
func labelledTexts(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, file := range []string{"viina_energy_military_2022.csv", "viina_energy_military_2024.csv"} {
		for _, r := range tableRows(t, shared(t, "events/"+file)) {
			out[file+r["event_id_1pd"]] = r["representative_text"]
		}
	}
	for _, k := range englishTexts(t) {
		out[k.file+k.id] = k.text
	}
	return out
}

// TestLexiconMeasured holds the lexicon against rows labelled by hand, which
// it was not written on. Only ids and labels are in testdata; docs/lexicon.md
// says how they were made.
func TestLexiconMeasured(t *testing.T) {
	texts := labelledTexts(t)
	groups := map[string]shares{"uk": {}, "ru": {}, "uk+ru": {}, "en": {}, "all": {}}
	labels := tableRows(t, "testdata/lexicon_labels.csv")
	rows := map[string]int{}
	for _, l := range labels {
		text, ok := texts[l["file"]+l["id"]]
		if !ok {
			t.Fatalf("no text for %v", l)
		}
		if part := (keyed{l["file"], l["id"], ""}).part(7); part != 3 {
			t.Errorf("%s %s belongs to part %d of 7: the lexicon was written on it", l["file"], l["id"], part)
		}
		p := Propose(text)
		for name, s := range groups {
			if name == "all" || strings.Contains(name, l["lang"]) {
				rows[name]++
				if wrong := s.measure(l, p); wrong != nil && name == "all" && os.Getenv("LEXICON_ERRORS") != "" {
					t.Logf("%s %s %s: label %s %s %s %s, said %v %v %v %v by %q, negated %q", l["lang"], l["id"], wrong,
						l["kind"], l["act"], l["outcome"], l["target"], p.Kind, p.Act, p.Outcome, p.Target, p.Words, p.Negated)
				}
			}
		}
	}
	for _, group := range []string{"all", "uk+ru", "uk", "ru", "en"} {
		t.Logf("%s: %d rows", group, rows[group])
		groups[group].report(t, lexiconBounds[group])
	}
}

// report logs the shares with their intervals, and fails where one starts too low.
func (s shares) report(t *testing.T, bounds map[string]float64) {
	t.Helper()
	var names []string
	for n := range s {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if strings.HasSuffix(n, ": size") {
			t.Logf("  %-42s %.2f values on average", n, float64(s[n].k)/float64(s[n].n))
			continue
		}
		low, high := wilson(s[n].k, s[n].n)
		t.Logf("  %-42s %3d of %3d = %.3f, 95 %% interval %.3f to %.3f", n, s[n].k, s[n].n, float64(s[n].k)/float64(s[n].n), low, high)
		if low < bounds[n] {
			t.Errorf("%s: the interval starts at %.3f, want at least %.3f", n, low, bounds[n])
		}
	}
	for n := range bounds {
		if s[n] == nil {
			t.Errorf("nothing was counted for %q", n)
		}
	}
}

// lexiconBounds are the lower ends of the intervals that must hold.
var lexiconBounds = map[string]map[string]float64{
	"uk+ru": {
		"kind is attack alone: precision":    0.84,
		"kind is attack alone: recall":       0.81,
		"kind may be attack: precision":      0.63,
		"kind may be attack: recall":         0.94,
		"kept, of those that tell an event":  0.97,
		"left out as no incident: precision": 0.56,
		"left out as no incident: recall":    0.07,
		"act: precision":                     0.93,
		"act: recall":                        0.93,
		"outcome: precision":                 0.94,
		"outcome: recall":                    0.69,
		"target: precision":                  0.88,
		"target: recall":                     0.86,
	},
	"en": {
		"kind is attack alone: precision":    0.59,
		"kind is attack alone: recall":       0.51,
		"kind may be attack: precision":      0.44,
		"kind may be attack: recall":         0.58,
		"kept, of those that tell an event":  0.94,
		"left out as no incident: precision": 0.8,
		"left out as no incident: recall":    0.34,
		"act: precision":                     0.76,
		"act: recall":                        0.56,
		"outcome: precision":                 0.87,
		"outcome: recall":                    0.71,
		"target: precision":                  0.84,
		"target: recall":                     0.72,
	},
}

// TestLabelsStandInIncidents reads the files of the labelled rows: codes of the
// source and words together must leave what the label says possible: the label,
// or something under it; of several objects in one text one of them. Unknown
// leaves all possible.
func TestLabelsStandInIncidents(t *testing.T) {
	made := map[string]evidence.Scenario{}
	for _, file := range []string{"viina_energy_military_2022.csv", "viina_energy_military_2024.csv"} {
		list, sum := readPath(t, shared(t, "events/"+file), Options{})
		t.Logf("%s: %d rows, %d left out", file, sum.Rows, sum.Reports)
		for _, i := range list {
			made[file+i.ID[strings.LastIndex(i.ID, "-")+1:]] = i.Scenarios[0]
		}
	}
	list, _ := readPath(t, shared(t, "events/bellingcat_export_events.json"), Options{})
	for _, i := range list {
		made["bellingcat_export_events.json"+strings.TrimPrefix(i.ID, "BELLINGCAT-")] = i.Scenarios[0]
	}
	list, _ = readPath(t, shared(t, "claims/claims_energy_2025_part1.csv"), Options{})
	for _, i := range list {
		made["claims_energy_2025_part1.csv"+i.ID] = i.Scenarios[0]
	}
	all := shares{}
	for _, l := range tableRows(t, "testdata/lexicon_labels.csv") {
		s, ok := made[l["file"]+l["id"]]
		if kind := l["kind"]; !ok || kind != "attack" && kind != "explosion" && kind != "accident" {
			continue
		}
		source, _, _ := strings.Cut(l["file"], "_")
		for fact, said := range map[string][]string{"act": s.Act, "outcome": s.Outcome, "target": s.Target} {
			want := evidenceSet(l[fact])
			if want == nil {
				continue
			}
			right := said == nil || common(want, said) != nil
			all.count(source+" "+fact+": label is possible", right)
			all.count(source+" "+fact+": known", said != nil)
			if !right && os.Getenv("LEXICON_ERRORS") != "" {
				t.Logf("%s %s: label %v, made %v", l["id"], fact, want, said)
			}
		}
	}
	all.report(t, map[string]float64{"viina act: label is possible": 0.93, "viina outcome: label is possible": 0.95, "viina target: label is possible": 0.9})
}

// TestLabelsOfTwoReaders computes how far two readings of the same texts agree.
// Where both agree the label that is measured with must be theirs.
func TestLabelsOfTwoReaders(t *testing.T) {
	byID := func(path string) map[string]map[string]string {
		out := map[string]map[string]string{}
		for _, r := range tableRows(t, path) {
			out[r["file"]+" "+r["id"]] = r
		}
		return out
	}
	first, second, final := byID("testdata/lexicon_labels_first.csv"), byID("testdata/lexicon_labels_second.csv"), byID("testdata/lexicon_labels.csv")
	if len(first) != len(second) {
		t.Fatalf("%d rows read first, %d again", len(first), len(second))
	}
	for fact, least := range map[string]float64{"kind": 0.83, "act": 0.91, "outcome": 0.88, "target": 0.81} {
		var a, b []string
		for id, r := range first {
			x, y, z := sortedSet(r[fact]), sortedSet(second[id][fact]), sortedSet(final[id][fact])
			a, b = append(a, x), append(b, y)
			if x == y && z != x {
				t.Errorf("%s: both readers say %s %q, the label is %q", id, fact, x, z)
			}
		}
		k, same := kappa(a, b)
		t.Logf("%-8s same in %d of %d, Cohen's kappa %.3f", fact, same, len(a), k)
		if k < least {
			t.Errorf("%s: kappa %.3f, want at least %.2f", fact, k, least)
		}
	}
}

func sortedSet(s string) string {
	set := evidenceSet(s)
	slices.Sort(set)
	return strings.Join(set, "|")
}

// kappa is Cohen's kappa of two lists of labels, and how many are the same.
func kappa(a, b []string) (k float64, same int) {
	inA, inB := map[string]int{}, map[string]int{}
	for i := range a {
		inA[a[i]]++
		inB[b[i]]++
		if a[i] == b[i] {
			same++
		}
	}
	n, chance := float64(len(a)), 0.0
	for v, count := range inA {
		chance += float64(count) / n * float64(inB[v]) / n
	}
	if chance == 1 {
		return 1, same
	}
	return (float64(same)/n - chance) / (1 - chance), same
}

func TestKappa(t *testing.T) {
	// 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: 0.4 in the textbooks.
	var a, b []string
	for x, count := range map[string]int{"yy": 20, "yn": 5, "ny": 10, "nn": 15} {
		for range count {
			a, b = append(a, x[:1]), append(b, x[1:])
		}
	}
	if k, same := kappa(a, b); k < 0.3999 || k > 0.4001 || same != 35 {
		t.Errorf("kappa %v, same %d", k, same)
	}
}
