package feeds

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"pgregory.net/rapid"
)

func TestNotesOfACLEDNarrow(t *testing.T) {
	const head = "event_id_cnty,event_date,event_type,sub_event_type,actor1,country,notes,tags\n"
	strikes := "attack.strike.artillery|attack.strike.missile|attack.strike.naval"
	clash := "attack.ground|attack.strike|attack.mine"
	for i, c := range []struct{ sub, notes, tags, act, outcome, target, note string }{
		{"Air/drone strike", "Redland launched a drone attack on an oil depot.", "energy infrastructure", "attack.strike.drone", "", "energy.oil.storage|energy.oil.terminal", "act, means, target narrowed by words of the text: launched drone"},
		{"Shelling/artillery/missile attack", "An artillery strike damaged a hospital and a substation.", "energy infrastructure; residential infrastructure", "attack.strike.artillery", "impact|incidental|debris", "civilian.residential|energy.power.substation", "act, means, outcome, target narrowed"},
		{"Shelling/artillery/missile attack", "A missile strike on a substation.", "", "attack.strike.artillery|attack.strike.missile", "", "", "words of the text may name the target (energy.power.substation): Missile"},
		{"Shelling/artillery/missile attack", "Buildings were destroyed.", "", strikes, "impact|incidental|debris", "", "outcome narrowed"},
		{"Shelling/artillery/missile attack", "Residents reported explosions.", "", strikes, "", "", ""},
		{"Shelling/artillery/missile attack", "A drone attack on a village.", "", strikes, "", "", ""},
		{"Armed clash", "Forces clashed near the village, which was shelled.", "", clash, "", "", ""},
		{"Air/drone strike", "There was no drone strike on the refinery.", "energy infrastructure", "attack.strike.air|attack.strike.drone|attack.strike.missile|attack.strike.naval", "", "energy.oil.refinery", "words of the text that another word turns off: drone strike"},
		{"Disrupted weapons use", "A drone hit a house.", "", "attack.strike|attack.mine|attack.sabotage|airdefence.intercept|deploy", "intercepted", "", ""},
	} {
		list, _, err := read(t, head+fmt.Sprintf("UKR%d,2031-03-26,Explosions/Remote violence,%s,Redland,Ukraine,%q,%s\n", i, c.sub, c.notes, c.tags), Options{})
		if err != nil || len(list) != 1 {
			t.Fatal(c, err)
		}
		s := list[0].Scenarios[0]
		wantSet(t, c.notes+" act", s.Act, c.act)
		wantSet(t, c.notes+" outcome", s.Outcome, c.outcome)
		wantSet(t, c.notes+" target", s.Target, c.target)
		if s.Actor != nil {
			t.Errorf("%s: words name no actor: %v", c.notes, s.Actor)
		}
		if c.note != "" {
			wantText(t, c.notes, strings.ToLower(strings.Join(list[0].Notes, "\n")), strings.ToLower(c.note))
		} else if strings.Contains(strings.Join(list[0].Notes, "\n"), "narrowed") {
			t.Errorf("%s: %q", c.notes, list[0].Notes)
		}
	}
}

func TestDescriptionsOfBellingcatNarrow(t *testing.T) {
	for _, c := range []struct{ codes, text, act, means, target string }{
		{`"asc2","asc14"`, "Explosion at a power station.", "attack|accident", "", "energy.power.plant|energy.nuclear.plant"},
		{`"asc2","asc14"`, "Substation hit by missile.", "attack.strike", "", "energy.power.substation"},
		{`"asc1","asc2","asc14"`, "Strike on a substation.", "attack.strike", "", "civilian.residential|energy.power.substation"},
		{`"asc10","asc14"`, "Damage to residential buildings.", "attack|accident", "", "civilian"},
		{`"asc1","asc14"`, "Homes destroyed.", "attack|accident", "", "civilian.residential"},
		{`"asc1","asc15"`, "Hit by a missile strike.", "attack.strike.artillery", "artillery.mlrs", "civilian.residential"},
		{`"asc3","asc14"`, "Strike on a substation.", "attack.strike", "", ""},
		{`"asc1","asc14"`, "Strike, possibly an accident.", "attack|accident", "", "civilian.residential"},
	} {
		list, _, err := read(t, fmt.Sprintf("[{\"id\":\"T1\",\"date\":\"3/26/2031\",\"time\":\"\",\"location\":\"x\",\"latitude\":\"49\",\"longitude\":\"36\",\"sources\":[],\"associations\":[%s],\"description\":%q}]", c.codes, c.text), Options{})
		if err != nil || len(list) != 1 {
			t.Fatal(c, err)
		}
		s := list[0].Scenarios[0]
		wantSet(t, c.text+" act", s.Act, c.act)
		wantSet(t, c.text+" means", s.Means, c.means)
		wantSet(t, c.text+" target", s.Target, c.target)
	}
}

func TestQuotesOfClaimsNarrow(t *testing.T) {
	const head = "claim_id,claimant,accused,event_start,tz,object,object_kind,means,consequence,quote_fragment\n"
	list, _, err := read(t, head+
		"1,RU,UA,2031-03-26,Europe/Moscow,a substation,substation,,nothing more is known,a drone attack damaged it\n"+
		"2,RU,UA,2031-03-26,Europe/Moscow,a substation,substation,artillery,9000 cut off,after a drone attack\n", Options{})
	if err != nil || len(list) != 2 {
		t.Fatal(err)
	}
	s := list[0].Scenarios[0]
	wantSet(t, "no means are given: act", s.Act, "attack.strike.drone")
	wantSet(t, "the quote says how it ended", s.Outcome, "impact|incidental|debris")
	wantText(t, "note", strings.Join(list[0].Notes, "\n"), "act, outcome narrowed by words of the text: drone attack, damaged")
	s = list[1].Scenarios[0]
	wantSet(t, "means that are given stand", s.Act, "attack.strike.artillery")
	wantSet(t, "means that are given stand", s.Means, "artillery")
}

func TestWordsOfGeoConfirmedAreANote(t *testing.T) {
	list, _, err := read(t, "Date;Name;Faction;Latitude;Longitude;Description;Geolocation\n2031-03-26;a strike;Redland;49.5;36.3;Drones attacked a refinery;https://example.org/geo\n", Options{})
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	s := list[0].Scenarios[0]
	wantSet(t, "act", s.Act, "")
	wantSet(t, "target", s.Target, "")
	wantText(t, "note", strings.Join(list[0].Notes, "\n"), "words of the text may mean act attack.strike.drone, target energy.oil.refinery: strike, Drones attacked, refinery; not taken")
}

// TestWordsNeverWiden: whatever a text says, every fact stays within what the
// source gave; an unknown act or target stays unknown, and the author is never touched.
func TestWordsNeverWiden(t *testing.T) {
	v := newVocabulary()
	parts := []string{
		"drones attacked", "a missile strike on", "shelling", "explosion at", "destroyed", "there was no strike on", "plans to hit",
		"the refinery", "a substation", "a school", "the airfield", "shot down", "дрони атакували", "НПЗ", "удар по", "не было", ". ", "arrested", "crashed",
	}
	rapid.Check(t, func(t *rapid.T) {
		some := func(tree, label string) []string {
			var out []string
			names := v.Tree(tree).Nodes()
			for range rapid.IntRange(0, 3).Draw(t, label) {
				out = union(out, rapid.SampledFrom(names).Draw(t, label+" value"))
			}
			return out
		}
		before := evidence.Unknown()
		before.Actor = []string{"UA"}
		before.Act, before.Means, before.Outcome, before.Target = some("act", "act"), some("means", "means"), some("outcome", "outcome"), some("target", "target")
		after, inc := before, &evidence.Incident{}
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 8).Draw(t, "text"), " ")
		how := rapid.SampledFrom([]takes{bySorter, byPeople}).Draw(t, "takes")
		inform(Propose(text), how, inc, &after)
		if after.Act == nil != (before.Act == nil) || after.Target == nil != (before.Target == nil) || !reflect.DeepEqual(after.Actor, before.Actor) {
			t.Fatalf("%q: %+v became %+v", text, before, after)
		}
		changed := false
		for _, c := range [][2][]string{{before.Act, after.Act}, {before.Means, after.Means}, {before.Outcome, after.Outcome}, {before.Target, after.Target}} {
			changed = changed || !slices.Equal(c[0], c[1])
			for _, x := range c[1] {
				if c[0] != nil && !slices.ContainsFunc(c[0], func(y string) bool { return covers(y, x) }) {
					t.Fatalf("%q: %v became %v", text, c[0], c[1])
				}
			}
		}
		if told := strings.Contains(strings.Join(inc.Notes, "\n"), "narrowed by words of the text: "); told != changed {
			t.Fatalf("%q: changed %v, told %v: %q", text, changed, told, inc.Notes)
		}
		if how == byPeople {
			for _, y := range before.Target {
				if !slices.ContainsFunc(after.Target, func(x string) bool { return covers(y, x) }) {
					t.Fatalf("%q: the target %s of the source was taken away: %v", text, y, after.Target)
				}
			}
		}
	})
}
