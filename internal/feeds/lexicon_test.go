package feeds

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestPropose(t *testing.T) {
	for _, c := range []struct{ text, kind, act, outcome, target string }{
		// attack
		{"The refinery was hit in a drone attack", "attack", "attack.strike.drone", "impact|incidental", "energy.oil.refinery"},
		{"Missile strike on an oil depot", "attack", "attack.strike.missile|attack.strike.artillery", "", "energy.oil.storage|energy.oil.terminal"},
		{"Уночі дрони атакували підстанцію", "attack", "attack.strike.drone", "", "energy.power.substation"},
		{"Ракетний удар по військовому аеродрому", "attack", "attack.strike.missile|attack.strike.artillery", "", "military.airfield"},
		{"Ракета влучила в НПЗ", "attack", "attack.strike.missile|attack.strike.artillery", "impact|incidental", "energy.oil.refinery"},
		{"Ночью нанесён авиаудар по нефтебазе", "attack", "attack.strike.air|attack.strike.missile", "", "energy.oil.storage|energy.oil.terminal"},
		{"Уничтожен склад с боеприпасами", "attack", "attack", "impact|incidental|debris", "military.depot"},
		{"Партизани підірвали тягову підстанцію", "attack", "attack", "impact|incidental|debris", "infra.rail"},
		// explosion, fire: cause not said
		{"Explosions at the ammunition depot", "attack|accident", "attack|accident", "", "military.depot"},
		{"На арсеналі пролунало кілька вибухів", "attack|accident", "attack|accident", "", "military.depot"},
		{"Горит нефтебаза", "attack|accident", "attack|accident", "", "energy.oil.storage|energy.oil.terminal"},
		// interception
		{"Five drones were shot down near the substation", "attack", "attack.strike.drone|airdefence.intercept", "intercepted|debris", "energy.power.substation"},
		{"ППО збила всі ракети", "attack", "attack.strike.missile|attack.strike.artillery|airdefence.intercept", "intercepted|debris", ""},
		// plan
		{"They are planning to strike the refinery", "plan", "", "", "energy.oil.refinery"},
		{"Ворог планує вдарити по енергосистемі", "plan", "", "", "energy.power"},
		{"Министр призвал наносить удары по аэродромам", "plan", "", "", "military.airfield|infra.airport"},
		// arrest
		{"A man who guided a strike on the airfield was sentenced", "arrest", "", "", "military.airfield|infra.airport"},
		{"Суд ув'язнив агента, який навів ракетний удар на аеродром", "arrest", "", "", "military.airfield|infra.airport"},
		{"Задержан корректировщик ударов по порту", "arrest", "", "", "infra.port|energy.oil.terminal"},
		// comment
		{"Analyst explained why the port matters", "comment", "", "", "infra.port|energy.oil.terminal"},
		{"Експерт пояснив, навіщо ворогу аеродром", "comment", "", "", "military.airfield|infra.airport"},
		{"Експерт прокоментував удар по аеродрому", "attack|comment", "attack.strike", "", "military.airfield|infra.airport"},
		// negation
		{"There was no strike on the refinery", "", "", "", "energy.oil.refinery"},
		{"Война: ударов по НПЗ не было", "", "", "", "energy.oil.refinery"},
		{"Ми не наносили ударів по нафтобазі", "", "", "", "energy.oil.storage|energy.oil.terminal"},
		{"Пошкоджено не лише підстанцію: вдарили й по порту", "attack", "attack.strike", "impact|incidental|debris", "energy.power.substation|infra.port|energy.oil.terminal"},
		// repair, accident, drill, warning, names
		{"The substation was repaired", "repair", "", "", "energy.power.substation"},
		{"Відновили пошкоджену підстанцію", "repair", "", "", "energy.power.substation"},
		{"Пожар на подстанции: короткое замыкание", "accident", "accident", "", "energy.power.substation"},
		{"Military exercise at the airfield", "drill", "", "", "military.airfield|infra.airport"},
		{"Арестович розповів про аеродром", "", "", "", "military.airfield|infra.airport"},
		{"On 5 May drones attacked the substation", "attack", "attack.strike.drone", "", "energy.power.substation"},
		{"З аеродрому злетів МіГ-31К", "", "", "", "military.airfield|infra.airport"},
		{"", "", "", "", ""},
	} {
		p := Propose(c.text)
		wantSet(t, c.text+": kind", p.Kind, c.kind)
		wantSet(t, c.text+": act", p.Act, c.act)
		wantSet(t, c.text+": outcome", p.Outcome, c.outcome)
		wantSet(t, c.text+": target", p.Target, c.target)
	}
	p := Propose("There was no strike on the refinery")
	if !reflect.DeepEqual(p.Negated, []string{"strike"}) || !reflect.DeepEqual(p.Words, []string{"There was no", "refinery"}) {
		t.Errorf("words: %q, negated %q", p.Words, p.Negated)
	}
}

func TestLexiconTable(t *testing.T) {
	v := newVocabulary()
	kinds := strings.Fields("attack accident plan arrest comment warning repair drill aftermath")
	for _, e := range loadTable("lexicon.csv") {
		fact, values := e["fact"], e.set("values")
		if e["comment"] == "" || e["lang"] == "" {
			t.Errorf("a row without comment or language: %v", e)
		}
		switch fact {
		case "none", "negation":
			if values != nil {
				t.Errorf("%s has values: %v", fact, e)
			}
			continue
		case "kind", "act", "means", "outcome", "target":
		default:
			t.Errorf("%q is no fact: %v", fact, e)
			continue
		}
		if values == nil {
			t.Errorf("no values: %v", e)
		}
		for _, n := range values {
			if fact == "kind" {
				if !slices.Contains(kinds, n) {
					t.Errorf("%q is no kind: %v", n, e)
				}
			} else if _, ok := v.Tree(fact).Node(n); !ok {
				t.Errorf("%q is no %s: %v", n, fact, e)
			}
		}
	}
}

func TestProposeIsPureAndQuick(t *testing.T) {
	text := strings.Repeat("Дрони атакували НПЗ, not a strike; планує удар по порту. ", 2000) + strings.Repeat("ж", 1<<20)
	one := Propose(text)
	for range 3 {
		if !reflect.DeepEqual(one, Propose(text)) {
			t.Fatal("the same text was read differently")
		}
	}
}

func FuzzPropose(f *testing.F) {
	for _, s := range []string{"", "не", "\xff\xfe", "Дрони атакували НПЗ", "no strike", "планує ~ * ''", "склад з з з з боєприпасами", "м'''’|.|."} {
		f.Add(s)
	}
	v := newVocabulary()
	f.Fuzz(func(t *testing.T, s string) {
		p := Propose(s)
		if !reflect.DeepEqual(p, Propose(s)) {
			t.Fatal("not the same twice")
		}
		if len(p.Words) == 0 && (p.Kind != nil || p.Act != nil || p.Means != nil || p.Outcome != nil || p.Target != nil) {
			t.Fatalf("proposed without words: %+v", p)
		}
		for tree, set := range map[string][]string{"act": p.Act, "means": p.Means, "outcome": p.Outcome, "target": p.Target} {
			for _, n := range set {
				if _, ok := v.Tree(tree).Node(n); !ok {
					t.Fatalf("%q is no %s", n, tree)
				}
			}
		}
	})
}

// wilson is the 95 % interval of a share.
func wilson(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	N, p := float64(n), float64(k)/float64(n)
	mid, half := p+z*z/(2*N), z*math.Sqrt(p*(1-p)/N+z*z/(4*N*N))
	return max(0, (mid-half)/(1+z*z/N)), min(1, (mid+half)/(1+z*z/N))
}

func TestWilson(t *testing.T) {
	if l, h := wilson(8, 10); math.Abs(l-0.4902) > 0.0005 || math.Abs(h-0.9433) > 0.0005 {
		t.Errorf("8 of 10: %v..%v", l, h)
	}
}

func evidenceSet(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

// inside reports whether every value of the label is one that was proposed, or
// lies under one.
func inside(label, said []string) bool {
	for _, l := range label {
		if !slices.ContainsFunc(said, func(s string) bool { return covers(s, l) }) {
			return false
		}
	}
	return true
}

func tableRows(t *testing.T, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, c := range rows[0] {
			m[strings.TrimPrefix(c, "\ufeff")] = r[i]
		}
		out = append(out, m)
	}
	return out
}

func TestTextOfAnItemNarrows(t *testing.T) {
	const head = "event_id_1pd,date,target_classes,attack_terms,ADM1_NAME,longitude,latitude,representative_text\n"
	row := func(id, class, terms, text string) string {
		return fmt.Sprintf("%s,20310106,%s,%s,Kharkiv,36.2,49.9,%q\n", id, class, terms, text)
	}
	list, sum, err := read(t, head+
		row("1", "STRATEGIC_AIRBASE", "атак|дрон", "Дрони атакували військовий аеродром та пошкодили його")+
		row("2", "STRATEGIC_AIRBASE", "удар", "Суд засудив до 9 років агента, який навів удар на аеродром")+
		row("3", "STRATEGIC_AIRBASE", "атак", "Міністр закликав дозволити атакувати аеродроми")+
		row("4", "NEW_CLASS", "невідомо", "Дрон атакував НПЗ")+
		row("6", "STRATEGIC_AIRBASE", "дрон", "Аналітик пояснив: над областю літають дрони з аеродрому")+
		row("5", "STRATEGIC_AIRBASE", "удар", "Експерт пояснив удар по аеродрому"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Rows != 6 || sum.Incidents != 4 || sum.Reports != 2 || sum.Rejected != 0 {
		t.Fatalf("%+v", sum)
	}
	wantText(t, "why it is no incident", problems(sum), "the text speaks of arrest (words: агента, аеродром)", "the text speaks of plan (words: закликав")
	s := list[0].Scenarios[0]
	wantSet(t, "act", s.Act, "attack.strike.drone")
	wantSet(t, "target", s.Target, "military.airfield")
	wantSet(t, "outcome", s.Outcome, "impact|incidental|debris")
	wantSet(t, "means", s.Means, "drone|naval.drone")
	wantText(t, "note", strings.Join(list[0].Notes, "\n"), "act, means, outcome, target narrowed by words of the text: Дрони атакували, військовий аеродром, пошкодили")
	s = list[1].Scenarios[0]
	wantSet(t, "what labels leave unknown stays so: act", s.Act, "")
	wantSet(t, "what labels leave unknown stays so: target", s.Target, "")
	wantText(t, "doubt", strings.Join(list[3].Notes, "\n"), "words of the text also speak of comment")
	for _, i := range list {
		if i.Scenarios[0].Actor != nil {
			t.Errorf("%s: a lexicon names no actor: %v", i.ID, i.Scenarios[0].Actor)
		}
	}
}
