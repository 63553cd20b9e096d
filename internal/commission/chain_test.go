package commission

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// TestChains: a symmetrical response without bounds has no end; each bound that the
// language has ends it; and both sides have the same chain.
func TestChains(t *testing.T) {
	base := strings.Split(text, "> 3.1")[0]
	bounds := "finding: the commission, within: PT48H after determination, first: [hotline], proportion: 1, answers: no answer"
	example := "\n```truce\nexamples:\n  - name: a strike\n    if: {actor: UA, act: attack.strike.drone, outcome: impact, time: \"2030-03-10T03:00Z\"}\n    then: {verdict: breach}\n```\n"
	permit := "\n> 2.2 An answer is no strike.\n\n```truce\nclause: \"2.2\"\nexcept: [\"1.1\"]\npermit: {act: attack.strike, actor: %}\n```\n"
	for _, x := range []struct {
		name, bounds, more string
		endless            bool
		ends               string
		links              int
	}{
		{"no bounds", "", "", true, "no rule ends it", linksMost},
		{"no answer to an answer", "answers: no answer", "", false, "2.1 gives no answer to an answer", 2},
		{"a window that closes", "within: PT20H after first breach", "", false, "2.1 closes PT20H after the first breach", 4},
		{"a window that opens anew", "within: PT20H after breach", "", true, "no rule ends it", linksMost},
		{"twice as much", "proportion: 2", "", true, "no rule ends it", linksMost},
		{"the answer is permitted", "", strings.ReplaceAll(permit, "%", "[UA, RU]"), false, "permits", 1},
	} {
		src := strings.Replace(base, bounds, x.bounds, 1)
		src = strings.Replace(src, ", }", "}", 1) + x.more
		if x.more == "" {
			src += example
		}
		one, err := Chains(parsed(t, src))
		if err != nil {
			t.Fatal(err)
		}
		two, err := Chains(parsed(t, swap(src)))
		if err != nil || swap(asJSON(one)) != asJSON(two) {
			t.Errorf("%s: not the same for both: %v\n%s\n%s", x.name, err, asJSON(one), asJSON(two))
		}
		for _, c := range one {
			if x.more != "" {
				continue // there is no example of a breach: see below
			}
			if c.Endless != x.endless || !strings.Contains(c.Ends, x.ends) || len(c.Links) != x.links {
				t.Errorf("%s: %+v", x.name, c)
			}
		}
	}
	c, _ := Chains(parsed(t, strings.Replace(base, bounds, "proportion: 2", 1)+example))
	if last := c[0].Links[len(c[0].Links)-1]; last.Acts != 1<<(linksMost-1) || last.After != "2 d 18 h" {
		t.Errorf("%+v", last)
	}
}

// TestActivities: an event fits a notice, may fit it, or does not; what is not known
// fits nothing.
func TestActivities(t *testing.T) {
	p := newPlay(t, text)
	p.As("RU").write("a", record.KindActivity, record.ActivityEntry{Party: "RU", What: "detonation", Acts: []string{"attack.sabotage.demolition"}, Lat: "50.2", Lon: "35.9", Within: 1500, From: p.now.Add(time.Hour).RFC3339(), Until: p.now.Add(3 * time.Hour).RFC3339(), Says: "shells"})
	event := func(id string, hour int, lat float64, radius where.Metres, act, actor string) {
		sc := evidence.Unknown()
		start := began.Add(time.Duration(hour) * time.Hour)
		sc.Time = when.Span{Start: start, End: start.Add(30 * time.Minute)}
		sc.Place = where.Disc(where.Point{Lat: lat, Lon: 35.9}, radius)
		sc.Act = []string{act}
		if actor != "" {
			sc.Actor = []string{actor}
		}
		p.in.Events = append(p.in.Events, &evidence.Incident{ID: id, Scenarios: []evidence.Scenario{sc}})
	}
	event("fits", 2, 50.2, 300, "attack.sabotage.demolition", "RU")
	event("whose is open", 2, 50.2, 300, "attack.sabotage.demolition", "")
	event("place is wide", 2, 50.2, 9000, "attack.sabotage.demolition", "RU")
	event("another act", 2, 50.2, 300, "attack.strike.drone", "RU")
	event("another day", 26, 50.2, 300, "attack.sabotage.demolition", "RU")
	event("another place", 2, 50.4, 300, "attack.sabotage.demolition", "RU")
	event("another side", 2, 50.2, 300, "attack.sabotage.demolition", "UA")
	p.in.Events = append(p.in.Events, &evidence.Incident{ID: "nothing known", Scenarios: []evidence.Scenario{evidence.Unknown()}})
	got := ""
	for _, s := range p.State().Activities[0].Seen {
		got += s.Event + "=" + s.How + "; "
	}
	if got != "fits=fits; whose is open=may-fit; place is wide=may-fit; nothing known=may-fit; " {
		t.Error(got)
	}
}

const withdrawal = `---
truce: 1
id: play
time: {zone: Europe/Kyiv, days: calendar, start: "2030-02-28T22:00Z", end: none}
parties:
  UA: {name: Ukraine}
  RU: {name: Russia}
commitments:
  - {id: ua, party: UA, act: signature}
  - {id: ru, party: RU, act: signature}
---
> 1 No heavy guns within 25 km of the line.

` + "```truce" + `
clause: "1"
forbid:
  - {actor: UA, act: deploy, means: artillery.gun.100mm-and-over, zone: belt}
  - {actor: RU, act: deploy, means: artillery.gun.100mm-and-over, zone: belt}
` + "```" + `

` + "```truce" + `
define: belt
zone: {near: {line: [[35.0, 50.4], [36.0, 50.4]], within: 25 km, side: both}}
` + "```" + `

> 2 They are withdrawn within 14 days.

` + "```truce" + `
clause: "2"
oblige: {bearer: each, do: withdraw heavy guns, within: P14D after in_force, clears: ["1"], evidence: inventory}
` + "```" + `
`

// TestWithdrawal: what is seen within the line before the time is noted, after it is
// a breach where it is sure, and open where it is not.
func TestWithdrawal(t *testing.T) {
	p := newPlay(t, withdrawal)
	see := func(days int, lat float64, radius where.Metres, actors ...string) {
		sc := evidence.Unknown()
		start := began.Add(time.Duration(days) * 24 * time.Hour)
		sc.Time = when.Span{Start: start, End: start.Add(time.Hour)}
		sc.Place = where.Disc(where.Point{Lat: lat, Lon: 35.5}, radius)
		sc.Act, sc.Means, sc.Actor = []string{"deploy"}, []string{"artillery.gun.100mm-and-over"}, actors
		p.in.Events = append(p.in.Events, &evidence.Incident{ID: "S", Scenarios: []evidence.Scenario{sc}})
	}
	want := func(bearer, state, because string) {
		t.Helper()
		for _, d := range p.State().Duties {
			if d.Bearer == bearer && (d.State != state || !strings.Contains(d.Because, because)) {
				t.Errorf("at %s %s is %s: %s", p.now, bearer, d.State, d.Because)
			}
		}
	}
	see(1, 50.5, 500, "UA")
	p.At("+48h")
	want("UA", "due", "1 sightings where nothing may be left by then")
	want("RU", "due", "due in")
	see(20, 50.61, 9000, "RU") // 23 km away, give or take 9
	see(20, 50.9, 500, "UA")   // behind the line
	p.At("+480h")
	want("RU", "unclear", "may be where nothing may be left")
	want("UA", "overdue", "nothing shows that it was done")
	see(21, 50.5, 500, "UA")
	see(21, 50.5, 500, "UA", "RU") // whose it is is open
	p.At("+24h")
	want("UA", "violated", "1 sightings after its time")
}

// TestExercise: injects are measured; an exercise is none by its entries alone, and is
// never read together with what is real.
func TestExercise(t *testing.T) {
	p := newPlay(t, text)
	p.in.Origin = "example.org/exercise-first-night"
	p.As("duty").write("x", record.KindExercise, record.ExerciseEntry{Name: "First night", Banner: "EXERCISE"})
	inject := func(name, of string) {
		p.As("duty").write(name, record.KindInject, record.InjectEntry{Name: name, Says: "shells fall", Expects: record.KindComplaint, Of: of, Within: "PT30M"})
	}
	inject("one", "UA")
	p.At("+20m").As("UA").Complains("RU", "1.1")
	inject("two", "RU")
	p.At("+50m").As("RU").Complains("UA", "1.1")
	inject("three", "RU")
	inject("four", "UA")
	p.At("+31m")
	got := ""
	for _, k := range p.State().Exercise.Injects {
		got += k.Name + "=" + k.State + " " + k.Took + "; "
	}
	if got != "one=met 20 min; two=late 50 min; three=missed ; four=missed ; " {
		t.Error(got)
	}
	real := newPlay(t, text)
	if _, err := Join(p.in, real.in); err == nil {
		t.Error("an exercise was mixed with what is real")
	}
	if _, err := Join(real.in, p.in); err == nil {
		t.Error("what is real was mixed with an exercise")
	}
	if in, err := Join(p.in, p.in); err != nil || len(in.Entries) != 2*len(p.in.Entries) {
		t.Error(err)
	}
	real.As("duty").write("x", record.KindExercise, record.ExerciseEntry{Name: "First night"}).refused("this record (example.org/north) is none")
	if real.State().Exercise != nil {
		t.Error("a real record calls itself an exercise")
	}
	empty := At(&Input{Origin: "exercise-1"}, began)
	if empty.Exercise == nil || empty.Exercise.Banner == "" {
		t.Error("an exercise without a banner")
	}
}

// TestCalendar: the deadlines as a calendar have lines of 75 octets at the most.
func TestCalendar(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1").Sends("RU").AsksForWindow("1h", "2h")
	s := p.State()
	if len(s.Deadlines()) != 8 { // three steps that run and the determination, a message, two duties, a window
		t.Errorf("%d: %+v", len(s.Deadlines()), s.Deadlines())
	}
	ics := string(s.Calendar("example.org/north"))
	for line := range strings.SplitSeq(strings.TrimSuffix(ics, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%q", line)
		}
	}
	if strings.Count(ics, "BEGIN:VEVENT") != 8 || !strings.Contains(ics, "DTSTART:20300301T200000Z") {
		t.Error(ics)
	}
}

// FuzzEntry: nothing that can stand in a record makes the state fail.
func FuzzEntry(f *testing.F) {
	for _, k := range record.Kinds {
		if b, err := json.Marshal(k.Payload); err == nil {
			f.Add(k.Name, b, "UA")
		}
	}
	tm := parsed(f, text)
	f.Fuzz(func(t *testing.T, kind string, payload []byte, party string) {
		e := Entry{ID: "E0", Kind: kind, Made: began, Payload: payload, Party: party}
		again := e
		again.ID, again.Index, again.Refs = "E1", 1, []record.Ref{{Relation: record.About, ID: "E0"}}
		s := At(&Input{Origin: "exercise-x", Texts: []*terms.Terms{tm}, Entries: []Entry{e, again}}, began.Add(time.Hour))
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
		s.Calendar("x")
	})
}

// TestScript: a script is read, and every fault of one is told with its line.
func TestScript(t *testing.T) {
	s, err := ParseScript("s.txt", "# a night\nexercise First night\ninject +1h second\n says b\ninject +10m first\n says a\n expects complaint@1 of UA within PT30M\n")
	if err != nil || len(s.Injects) != 2 || s.Injects[0].Name != "first" || s.Injects[0].Of != "UA" || s.Injects[0].Within != "PT30M" || s.Banner != ExerciseBanner {
		t.Fatalf("%+v %v", s, err)
	}
	at := time.Date(2030, 3, 1, 0, 0, 0, 0, time.UTC)
	if got := s.Next(at, at.Add(2*time.Hour), []string{"first"}); len(got) != 1 || got[0].Name != "second" {
		t.Errorf("%+v", got)
	}
	_, err = ParseScript("s.txt", "says x\ninject 5m a\ninject +5m b\nexpects x@1\nexpects complaint@1 of\nexpects complaint@1 within soon\nnonsense y\ninject +1m b\n")
	for _, want := range []string{"s.txt:1: \"says\"", "s.txt:2: \"5m a\"", "s.txt:4: \"x@1\" is no kind", "s.txt:5:", "s.txt:6:", "s.txt:7: \"nonsense\"", "s.txt:8: inject b stands twice", "s.txt:1: expected a line `exercise NAME`", "s.txt:3: inject b says nothing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// FuzzScript: nothing makes the reader of scripts fail.
func FuzzScript(f *testing.F) {
	f.Add("exercise a\ninject +1m b\nsays c\nexpects complaint@1 of UA within PT1M\n")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseScript("s", text); err == nil && s.Name == "" {
			t.Error("a script without a name")
		}
	})
}
