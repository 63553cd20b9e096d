package commission

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

var partyWord = regexp.MustCompile(`\b(UA|RU)\b`)

// swap exchanges the parties in a text.
func swap(s string) string {
	return partyWord.ReplaceAllStringFunc(s, func(p string) string { return map[string]string{"UA": "RU", "RU": "UA"}[p] })
}

// swapped exchanges the parties in all that a state is made of.
func swapped(in *Input, t *terms.Terms) *Input {
	out := &Input{Origin: in.Origin, Texts: []*terms.Terms{t}}
	for _, e := range in.Entries {
		e.Party, e.Account, e.Payload = swap(e.Party), swap(e.Account), []byte(swap(string(e.Payload)))
		out.Entries = append(out.Entries, e)
	}
	for _, x := range in.Events {
		k := *x
		k.Scenarios = slices.Clone(x.Scenarios)
		for i := range k.Scenarios {
			k.Scenarios[i].Actor = nil
			for _, a := range x.Scenarios[i].Actor {
				k.Scenarios[i].Actor = append(k.Scenarios[i].Actor, swap(a))
			}
		}
		out.Events = append(out.Events, &k)
	}
	return out
}

// plain is a state as JSON, with names exchanged where wanted. The order of lists
// stays: an order by name would favour one side.
func plain(t *rapid.T, v any, exchange bool) any {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if exchange {
		b = []byte(swap(string(b)))
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// drawPlay writes what a commission might do, sense and nonsense alike.
func drawPlay(t *rapid.T) *Input {
	in := &Input{Origin: rapid.SampledFrom([]string{"example.org/north", "example.org/exercise-one"}).Draw(t, "origin")}
	party := rapid.SampledFrom([]string{"UA", "RU"})
	who := rapid.SampledFrom([]string{"UA", "RU", ""})
	now := began
	ids := []string{"I-1"}
	at := func(name string) string {
		return now.Add(time.Duration(rapid.IntRange(-20, 60).Draw(t, name)) * time.Hour).RFC3339()
	}
	pick := func(name string, words ...string) string { return rapid.SampledFrom(words).Draw(t, name) }
	if rapid.Bool().Draw(t, "decided") {
		now = decided(t, in, party.Draw(t, "injured"), now)
		for _, e := range in.Entries {
			ids = append(ids, e.ID)
		}
	}
	for range rapid.IntRange(1, 40).Draw(t, "n") {
		i := len(in.Entries)
		now = now.Add(time.Duration(rapid.IntRange(-60, 900).Draw(t, "minutes")) * time.Minute)
		author := who.Draw(t, "author")
		in_ := author // in whose name: mostly the author's own
		if rapid.IntRange(0, 5).Draw(t, "odd") == 0 {
			in_ = who.Draw(t, "name")
		}
		var kind string
		var payload any
		switch rapid.IntRange(0, 12).Draw(t, "kind") {
		case 0, 1:
			kind, payload = record.KindComplaint, record.ComplaintEntry{Text: "play", Clauses: []string{"1.1"}, Party: in_, Against: party.Draw(t, "against"), Says: "x", Tier: pick("tier", "", "local", "regional", "none")}
		case 2, 3, 4:
			kind, payload = record.KindStep, record.StepEntry{Step: pick("step", "acknowledgement", "reply", "visit", "determination", "remedy", "appeal", "stop", "resume", "withdraw", "hand-up"), Party: in_, Answer: pick("answer", "", "admits", "denies", "breach"), Reason: pick("reason", "mines", "sleep"), Says: "x"}
		case 5, 6:
			kind, payload = record.KindSignature, record.SignatureEntry{Member: pick("member", "UA", "RU", "CHAIR"), Party: in_, Says: pick("says", "agrees", "agrees", "dissents", "abstains")}
		case 7:
			kind, payload = record.KindMessage, record.MessageEntry{Party: in_, To: []string{party.Draw(t, "to")}, Template: pick("template", "test", "no-such"), Says: pick("words", "", "hello")}
		case 8:
			kind, payload = record.KindAcknowledged, record.AcknowledgedEntry{Party: in_}
		case 9:
			kind, payload = record.KindPerformance, record.PerformanceEntry{Text: "play", Clause: pick("clause", "3.1", "3.2", "1.1"), Bearer: party.Draw(t, "bearer"), Party: in_, At: at("at"), Amount: int64(rapid.IntRange(-1, 900).Draw(t, "amount")), Done: rapid.Bool().Draw(t, "done"), Level: pick("level", "", "claimed", "verified", "sure"), Says: "x"}
		case 10:
			kind, payload = record.KindResponse, record.ResponseEntry{Text: "play", Clause: pick("power", "2.1", "1.1"), Party: in_, Stage: pick("stage", "reserved", "announced", "taken", "ended"), To: rapid.SampledFrom(ids).Draw(t, "answers"), Acts: int64(rapid.IntRange(0, 3).Draw(t, "acts")), Says: "x"}
		case 11:
			kind, payload = pick("window", record.KindWindow, record.KindActivity, record.KindInject, record.KindDuty), nil
			switch kind {
			case record.KindWindow:
				payload = record.WindowEntry{Party: in_, Purpose: "repair", Lat: "50.4", Lon: "35.4", Within: 500, From: at("from"), Until: at("until"), Of: pick2(t), Says: "x"}
			case record.KindActivity:
				payload = record.ActivityEntry{Party: in_, What: "flight", Acts: []string{"overflight"}, Lat: "50.4", Lon: "35.4", Within: 5000, From: at("from"), Until: at("until"), Says: "x"}
			case record.KindInject:
				payload = record.InjectEntry{Name: "n", Says: "x", Expects: record.KindComplaint, Of: party.Draw(t, "of"), Within: pick("within", "PT1H", "soon", "")}
			default:
				payload = record.DutyEntry{Text: "play", Clause: pick("duty", "3.1", "3.2"), Bearer: party.Draw(t, "bearer"), State: pick("state", "excused", "suspended", "resumed", "discharged", "violated", "x"), From: at("from"), Until: pick("till", "", at("until")), Reason: "x"}
			}
		default:
			kind, payload = record.KindWindowStep, record.WindowStepEntry{Step: pick("wstep", "guarantee", "withhold", "go", "no-go", "abort", "complete", "extend", "x"), Party: in_, Until: at("until"), Says: "x"}
		}
		b, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		e := Entry{Index: int64(i), ID: fmt.Sprintf("E%03d", i), Kind: kind, Made: now, Payload: b, Party: author, Role: map[bool]string{true: "chair", false: "delegate"}[author == ""]}
		e.Refs = []record.Ref{{Relation: record.About, ID: rapid.SampledFrom(ids).Draw(t, "about")}, {Relation: record.About, ID: ids[len(ids)-1]}}
		ids = append(ids, e.ID)
		in.Entries = append(in.Entries, e)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "events") {
		sc := evidence.Unknown()
		start := began.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "hour")) * time.Hour)
		sc.Time, sc.Act = when.Span{Start: start, End: start.Add(time.Hour)}, []string{"overflight"}
		sc.Place = where.Disc(where.Point{Lat: 50.4, Lon: 35.4}, 300)
		if a := who.Draw(t, "actor"); a != "" {
			sc.Actor = []string{a}
		}
		in.Events = append(in.Events, &evidence.Incident{ID: fmt.Sprintf("V%d", i), Scenarios: []evidence.Scenario{sc}})
	}
	return in
}

// decided begins a play with a case that comes to a determination, or nearly.
func decided(t *rapid.T, in *Input, injured string, now when.Instant) when.Instant {
	accused := swap(injured)
	add := func(party, kind string, payload any, about string) string {
		now = now.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "later")) * time.Minute)
		b, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("E%03d", len(in.Entries))
		in.Entries = append(in.Entries, Entry{Index: int64(len(in.Entries)), ID: id, Kind: kind, Made: now, Payload: b, Party: party, Role: "chair", Refs: []record.Ref{{Relation: record.About, ID: about}}})
		return id
	}
	c := add(injured, record.KindComplaint, record.ComplaintEntry{Text: "play", Party: injured, Against: accused, Says: "x"}, "I-1")
	add(accused, record.KindStep, record.StepEntry{Step: "reply", Party: accused, Answer: "denies", Says: "x"}, c)
	add("", record.KindStep, record.StepEntry{Step: "visit", Says: "x"}, c)
	d := add("", record.KindStep, record.StepEntry{Step: "determination", Answer: "breach", Says: "x"}, c)
	add("", record.KindSignature, record.SignatureEntry{Member: "CHAIR", Says: "agrees"}, d)
	add(injured, record.KindSignature, record.SignatureEntry{Member: injured, Party: injured, Says: "agrees"}, d)
	add(accused, record.KindSignature, record.SignatureEntry{Member: accused, Party: accused, Says: rapid.SampledFrom([]string{"agrees", "dissents"}).Draw(t, "accused")}, d)
	return now
}

func pick2(t *rapid.T) []string {
	return rapid.SampledFrom([][]string{{"UA", "RU"}, {"RU", "UA"}, {"UA"}, {"RU"}}).Draw(t, "of")
}

func parsed(t testing.TB, text string) *terms.Terms {
	tm, problems := terms.ParseBytes(nil, "play.truce.md", []byte(text))
	if tm == nil || len(problems.Errors()) > 0 {
		t.Fatalf("%v", problems)
	}
	return tm
}

// TestEqualRights: whatever happens, with the parties exchanged in the text and in
// the entries the state is the same with the parties exchanged, at every time; and
// nothing that is written makes it fail.
func TestEqualRights(t *testing.T) {
	one, two := parsed(t, text), parsed(t, swap(text))
	counted := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		in := drawPlay(t)
		in.Texts = []*terms.Terms{one}
		other := swapped(in, two)
		for _, later := range []time.Duration{0, 30 * time.Hour, 300 * time.Hour, 3000 * time.Hour} {
			now := began.Add(later)
			a, b := At(in, now), At(other, now)
			if x, y := plain(t, a, true), plain(t, b, false); !reflect.DeepEqual(x, y) {
				t.Fatalf("at %s the parties are not treated alike:\n%s\n%s", now, asJSON(x), asJSON(y))
			}
			if x, y := plain(t, a.Acts(), true), plain(t, b.Acts(), false); !reflect.DeepEqual(x, y) {
				t.Fatalf("at %s the parties may not do the same:\n%s\n%s", now, asJSON(x), asJSON(y))
			}
			if x, y := plain(t, a.Rules(), true), plain(t, b.Rules(), false); !reflect.DeepEqual(x, y) {
				t.Fatalf("rules: %s\n%s", asJSON(x), asJSON(y))
			}
			if x, y := plain(t, a.Deadlines(), true), plain(t, b.Deadlines(), false); len(a.Deadlines()) > 0 && !sameSet(x, y) {
				t.Fatalf("deadlines: %s\n%s", asJSON(x), asJSON(y))
			}
			for _, c := range a.Cases {
				counted[c.State]++
			}
			for _, w := range a.Windows {
				counted["window "+w.State]++
			}
		}
	})
	for _, s := range []string{"open", "determined", "window lapsed"} {
		if counted[s] == 0 {
			t.Errorf("no play came to %s: %v", s, counted)
		}
	}
}

// sameSet compares lists whose ties are ordered by id.
func sameSet(a, b any) bool {
	x, y := a.([]any), b.([]any)
	key := func(v any) string { return asJSON(v) }
	for _, l := range [][]any{x, y} {
		slices.SortFunc(l, func(a, b any) int { return strings.Compare(key(a), key(b)) })
	}
	return reflect.DeepEqual(x, y)
}

func asJSON(v any) string {
	b, _ := json.MarshalIndent(v, "", " ")
	return string(b)
}

// TestEqualPaths: each path of a play, with the parties exchanged.
func TestEqualPaths(t *testing.T) {
	paths := map[string]func(p *play, a, b string){
		"a determination with dissent": func(p *play, a, b string) {
			p.As(a).Complains(b, "1.1").At("+1h").As(b).Step("acknowledgement", "").Replies("denies").As("chair").Step("visit", "").Proposes("breach").Signs("agrees").As(a).Signs("agrees").As(b).Signs("dissents").At("+1h").As(b).Step("remedy", "")
		},
		"silence": func(p *play, a, b string) { p.As(a).Complains(b, "1.1").At("+13h") },
		"an appeal": func(p *play, a, b string) {
			p.As(a).Complains(b, "1.1").As(b).Replies("accident").As("chair").Step("visit", "").Proposes("accident").Signs("agrees").As(a).Signs("agrees").As(b).Signs("agrees").At("+2h").As(a).Step("appeal", "")
		},
		"a stop": func(p *play, a, b string) {
			p.As(a).Complains(b, "1.1").At("+2h").As("chair").Stops("mines").At("+9h").Step("resume", "").At("+5h")
		},
		"an answer": func(p *play, a, b string) {
			p.As(a).Complains(b, "1.1").Sends(b).Responds("announced", "case", 1).At("+7h").Responds("taken", "case", 1).As(b).Acknowledges()
		},
		"a window": func(p *play, a, b string) {
			p.As(a).AsksForWindow("1h", "4h").Window("guarantee").As(b).Window("guarantee").As("duty").Window("go").At("+2h").As(b).Window("abort")
		},
		"a quota": func(p *play, a, b string) {
			p.As(a).Reports("3.2", a, 500, false, "").As("duty").Reports("3.2", a, 480, true, "verified").At("+30h")
		},
		"an excuse":      func(p *play, a, b string) { p.At("+70h").As("chair").Decides("3.1", a, "excused", "") },
		"a hotline call": func(p *play, a, b string) { p.As(a).Sends(b).At("+20m").As(b).Acknowledges() },
	}
	for name, path := range paths {
		one, two := newPlay(t, text), newPlay(t, swap(text))
		path(one, "UA", "RU")
		path(two, "RU", "UA")
		a, b := swap(asJSON(one.State())), asJSON(two.State())
		if a != b {
			t.Errorf("%s: not the same for both:\n%s\n%s", name, a, b)
		}
	}
}

// TestDeterminedByEntries: the state does not depend on what comes later, nor on the
// order in which entries are handed over.
func TestDeterminedByEntries(t *testing.T) {
	tm := parsed(t, text)
	rapid.Check(t, func(t *rapid.T) {
		in := drawPlay(t)
		in.Texts = []*terms.Terms{tm}
		now := began.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "hours")) * time.Hour)
		a := asJSON(At(in, now))
		mixed := *in
		mixed.Entries = rapid.Permutation(in.Entries).Draw(t, "order")
		if b := asJSON(At(&mixed, now)); a != b {
			t.Fatalf("another order:\n%s\n%s", a, b)
		}
		early := *in
		early.Entries = slices.DeleteFunc(slices.Clone(in.Entries), func(e Entry) bool { return e.Made > now })
		if b := asJSON(At(&early, now)); a != b {
			t.Fatalf("what comes later counts:\n%s\n%s", a, b)
		}
	})
}
