package story

import (
	_ "embed"
	"time"

	"github.com/truce-project/truce/record"
)

//go:embed means.yaml
var meansFile string

// watching is what the demo's mission could have seen with, what kept it from
// seeing, and what it set out to find out: the same on the ground of each party.
func watching(b *book) {
	b.add(draft{name: "means", by: "duty", at: at("2025-03-19T09:00Z"), kind: record.KindMeans, payload: record.MeansEntry{Means: meansFile, Note: "DEMO: the means of a mission that never was"}})
	for k, p := range []struct{ party, place, camera, patrol string }{
		{"RU", "51.22,35.26 ±1 km", "camera-ru", "patrol-ru"},
		{"UA", "51.01,35.10 ±1 km", "camera-ua", "patrol-ua"},
	} {
		later := time.Duration(k) * 2 * time.Minute
		stamp := func(text string) string { return at(text).Add(later).Format(time.RFC3339) }
		out := at("2025-03-21T06:00Z").Add(later)
		b.add(draft{name: "outage " + p.party, by: "duty", at: out, kind: record.KindCoverage, refs: about("means"),
			payload: record.CoverageEntry{Means: p.camera, From: stamp("2025-03-20T21:30Z"), To: stamp("2025-03-20T22:40Z"), Why: "DEMO: power cut"}})
		b.add(draft{name: "denial " + p.party, by: "duty", at: out.Add(4 * time.Hour), kind: record.KindRestriction, marking: "parties",
			payload: record.RestrictionEntry{Type: "denial", From: stamp("2025-03-21T08:10Z"), To: stamp("2025-03-21T12:00Z"), Place: p.place, By: p.party, Reason: "DEMO: \"orders from superiors\"", Of: "patrol", Means: p.patrol, Told: "DEMO joint centre"}})
		b.add(draft{name: "delay " + p.party, by: "duty", at: at("2025-04-29T14:00Z").Add(later), kind: record.KindRestriction, marking: "parties",
			payload: record.RestrictionEntry{Type: "delay", From: stamp("2025-04-29T09:00Z"), To: stamp("2025-04-29T10:20Z"), Place: p.place, By: p.party, Reason: "DEMO: papers were read twice", Delay: 80, Of: "patrol", Means: p.patrol, Told: "DEMO joint centre"}})
	}
	station := b.id("I-05")
	for i, x := range []struct {
		name string
		at   string
		task record.TaskEntry
	}{
		{"task sent", "2025-04-29T08:00Z", record.TaskEntry{Task: station + "/act", State: "open", Means: "acoustic-ua", Due: "2025-05-15T20:00:00Z"}},
		{"task dropped", "2025-04-29T08:05Z", record.TaskEntry{Task: station + "/actor", State: "dropped", Reason: "DEMO: nobody hands over orders and fire logs; taken up again if both do"}},
	} {
		b.add(draft{name: x.name, by: []string{"duty", "verifier"}[i%2], at: at(x.at), kind: record.KindTask, refs: about("I-05"), payload: x.task})
	}
	shift(b)
}

// shift is the last watch of the story: it was handed over in the morning, both
// patrols and both delegations called, and what both parties were asked is not answered.
func shift(b *book) {
	b.add(draft{name: "handover", by: "duty", at: at("2025-04-30T06:05Z"), kind: record.KindHandover,
		payload: record.HandoverEntry{From: "2025-04-29T18:00:00Z", To: "2025-04-30T06:00:00Z", Leaves: "night watch (demo)", Takes: "day watch (demo)",
			Open: []string{"fire logs asked of RU and of UA, due 30 April 16:00 UTC"}, Note: "DEMO: a quiet night; nobody called."}})
	for k, p := range []struct{ party, patrol, heard string }{{"RU", "patrol 1", "north-east"}, {"UA", "patrol 2", "south-west"}} {
		later := time.Duration(k) * 2 * time.Minute
		b.add(draft{name: "asked " + p.party, by: "duty", at: at("2025-04-28T09:00Z").Add(later), kind: record.KindRequest, marking: "parties", refs: about("I-05"),
			payload: record.RequestEntry{To: p.party, Asks: "DEMO: fire logs of 20 March, 20:00 to 23:30 UTC, for the area round the station", Due: "2025-04-30T16:00:00Z"}})
		for _, l := range []struct{ name, at, caller, channel, words string }{
			{"heard", "2025-04-30T11:40Z", p.patrol + " (demo)", "radio", "DEMO: two detonations heard to the " + p.heard + " of the crossing; distance not known, nothing seen."},
			{"asks", "2025-04-30T15:10Z", "Delegation of " + p.party + " (demo)", "telephone", "DEMO: asks when the minutes of the last session are sent."},
		} {
			t := at(l.at).Add(later)
			b.add(draft{name: l.name + " " + p.party, by: "duty", at: t, kind: record.KindWatchLine,
				payload: record.WatchLineEntry{Time: t.Add(-time.Minute).Format(time.RFC3339), Caller: l.caller, Channel: l.channel, Words: l.words}})
		}
	}
}
