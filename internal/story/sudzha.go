package story

import (
	"time"

	"github.com/truce-project/truce/record"
)

// sudzha is the station that both sides blame each other for: two contradictory
// reports, a detection by a sensor whose hour has no zone, evidence, notices, a
// determination that leaves the author open, with dissent on both sides. Its
// findings are revised at each step.
func sudzha(b *book) {
	c := caseOf(b, "I-05")
	morning := at("2025-03-21T06:00Z")
	source := "Russian Ministry of Defence and Ukrainian General Staff, 21 March 2025"
	// The first report alone is an incident with one possibility.
	for i, hour := range []time.Duration{0, 2 * time.Hour} {
		row := rowOf(c, i)
		row["source"] = source
		b.report([]string{"report I-05/shelling", "report I-05/demolition"}[i], "desk", morning.Add(hour), "parties", row, source, "One of two accounts that exclude each other. Neither is more than a claim.")
	}
	b.add(draft{name: "I-05", by: "verifier", at: morning.Add(time.Hour), kind: "incident@1", marking: "parties", refs: about("report I-05/shelling"),
		payload: record.IncidentEntry{Title: "I-05 · " + c.Title, Reason: "one account so far"}})
	b.add(draft{name: "I-05 second account", by: "verifier", at: morning.Add(150 * time.Minute), kind: "incident@1", marking: "parties", refs: about("report I-05/demolition"),
		payload: record.IncidentEntry{Title: "I-05 · the same station, another account", Reason: "taken down apart until it is clear that it is the same fire"}})
	b.add(draft{name: "merge I-05", by: "verifier", at: morning.Add(3 * time.Hour), kind: "merge@1", marking: "parties", refs: relate(record.Merges, "I-05", "I-05 second account"),
		payload: record.ReasonEntry{Reason: "one fire at one station in one night: two accounts of the same event"}})
	b.report("report I-05/sensor", "sensors", at("2025-03-21T12:00Z"), "parties", map[string]string{
		"id": "I-05-sensor", "time_start": "2025-03-20T20:22Z", "time_end": "2025-03-20T23:23Z", "lat": "51.1100", "lon": "35.1800", "precision_m": "1000",
		"outcome": "impact", "target": "energy.gas.metering-station", "level": "reported",
		"text": "Thermal anomaly near the station at 23:22; the relay does not state the zone. Moscow time would be 20:22Z, before the hour that the ministry gives; Kyiv time 21:22Z; UTC 23:22Z, after it. A detection says that something burned: not who, not how.",
	}, "satellite fire detection, by a relay", "Time zone open. What decides it: the name of the satellite and its time of acquisition (acq_time).", about("I-05")...)
	b.report("report I-05/patrol", "patrol-1", at("2025-03-22T05:40Z"), "mission", map[string]string{
		"id": "I-05-patrol", "time_start": "2025-03-20T20:30Z", "time_end": "2025-03-20T22:30Z", "place": "sector:51.25,35.05,150±10,12000-25000", "outcome": "impact", "target": "energy.gas.metering-station", "level": "reported",
		"text": "DEMO: Патруль бачив заграву на південному сході. Вибухів чути не було: вітер від патруля.",
	}, "patrol 1", "DEMO: seen from about 18 km; bearing by compass. The wind blew away from the patrol: that nothing was heard says nothing.", about("I-05")...)
	b.said("I-05")
	evidenceOf(b)
	commission(b)
}

// evidenceOf hands in sketches, and opens them.
func evidenceOf(b *book) {
	for i, e := range []struct{ name, by, title, custody string }{
		{"evidence I-05/1", "patrol-1", "View from the observation post, 150 degrees", "DEMO: drawn by patrol 1, handed over on 22 March at 07:10"},
		{"evidence I-05/2", "sensors", "Candidate hours of the detection on one line", "DEMO: made by the desk for sensors from the relay"},
		{"evidence I-05/3", "sensors", "Damage seen in an image, schematic", "DEMO: schematic, no image was taken"},
	} {
		file, copied, kind := sketch(e.title, i, true), sketch(e.title, i, false), "image/svg+xml"
		if i == 2 {
			file, copied, kind = picture(true), picture(false), "image/png"
		}
		b.add(draft{name: e.name, by: e.by, at: at("2025-03-22T08:00Z").Add(time.Duration(i) * time.Minute), kind: "evidence@1", marking: "restricted", refs: about("I-05"), blobs: [][]byte{file, copied},
			payload: record.EvidenceEntry{Name: "SYNTHETIC-" + e.name[len(e.name)-1:], Type: kind, Size: int64(len(file)), Original: sum(file), Public: sum(copied), Custody: e.custody}})
	}
	b.add(draft{name: "access I-05/verifier", by: "verifier", at: at("2025-03-22T09:00Z"), kind: record.KindAccess, refs: about("evidence I-05/1", "evidence I-05/2"),
		payload: record.AccessEntry{Action: "read", Thing: "evidence", What: []string{b.id("evidence I-05/1"), b.id("evidence I-05/2")}, Purpose: "DEMO: verification of I-05"}})
	b.add(draft{name: "access I-05/chair", by: "chair", at: at("2025-04-02T09:00Z"), kind: record.KindAccess, refs: about("evidence I-05/3"),
		payload: record.AccessEntry{Action: "read", Thing: "evidence", What: []string{b.id("evidence I-05/3")}, Purpose: "DEMO: preparation of the determination on I-05"}})
	// The patrol mends its own report: the first hour was that of the watch, not UTC.
	b.add(draft{name: "correction I-05/patrol", by: "patrol-1", at: at("2025-03-23T06:00Z"), kind: "correction@1", marking: "mission", refs: relate(record.Supersedes, "report I-05/patrol"),
		payload: record.CorrectionEntry{Reason: "DEMO: the watch showed 23:10 Moscow time; the patrol had written the hours by guess", Facts: map[string]string{"time_start": "2025-03-20T20:10Z", "time_end": "2025-03-20T22:30Z"}}})
}

// commission is what the parties and the chair of the demo write: both parties the
// same kinds of entry, each in its own name.
func commission(b *book) {
	for i, p := range []struct{ me, other, act string }{{"RU", "UA", "demolished"}, {"UA", "RU", "shelled"}} {
		b.add(draft{name: "complaint I-05/" + p.me, by: delegates[p.me], at: at("2025-03-26T10:00Z").Add(time.Duration(i) * time.Minute), kind: "notice@1", marking: "parties", party: p.me, refs: about("I-05"),
			payload: record.NoticeEntry{Text: "energy-2025", Clause: "1.1", From: p.me, To: []string{p.other}, Says: "DEMO: complaint on I-05. The delegation asks the commission to determine that the station was " + p.act + "."}})
	}
	for i, p := range [][2]string{{"RU", "UA"}, {"UA", "RU"}} {
		minute := time.Duration(i) * time.Minute
		b.add(draft{name: "reply I-05/" + p[0], by: delegates[p[0]], at: at("2025-03-28T10:00Z").Add(minute), kind: "notice@1", marking: "parties", party: p[0], refs: about("I-05", "complaint I-05/"+p[1]),
			payload: record.NoticeEntry{Text: "energy-2025", Clause: "1.1", From: p[0], To: []string{p[1]}, Says: "DEMO: reply to the complaint of " + p[1] + " on I-05: denied."}})
		b.add(draft{name: "note I-05/" + p[0], by: delegates[p[0]], at: at("2025-03-29T08:00Z").Add(minute), kind: record.KindNote, party: p[0], refs: about("I-05"),
			payload: record.NoteEntry{Note: "DEMO: ask for the acquisition time of the satellite before the session.", Party: p[0]}})
	}
	procedure(b)
	b.add(draft{name: "determination I-05", by: "chair", at: at("2025-04-03T14:00Z"), kind: "determination@1", marking: "parties", refs: about("I-05", "case I-05/RU/proposal", "case I-05/UA/proposal"),
		payload: record.DeterminationEntry{By: "DEMO joint commission (there was none)", Says: "DEMO: 1. The object is a gas metering station. 2. Both accounts are of a deliberate act, and nobody speaks of an accident; which act it was, and whose, is not determined. 3. Whether the text takes in a metering station is for the parties to agree.",
			Reason: "DEMO: neither account is supported by more than its own speaker; the hour of the detection has no zone; neither party gave access. Quorum: chair and both delegates. Dissent: both, on paragraph 2, for opposite reasons.", Facts: map[string]string{"target": "energy.gas.metering-station"}}})
	for i, p := range []string{"RU", "UA"} {
		b.add(draft{name: "dissent I-05/" + p, by: delegates[p], at: at("2025-04-03T15:00Z").Add(time.Duration(i) * time.Minute), kind: "claim@1", marking: "parties", party: p, refs: about("I-05", "determination I-05"),
			payload: record.ClaimEntry{By: "Delegate of " + p + " (demo)", At: "DEMO: session of 3 April 2025", Says: "DEMO, dissent of the delegate of " + p + ": paragraph 2 should have determined the act, as this delegation had asked."}})
	}
	// A detection and a glow do not say what was done, so that an accident stays
	// possible for them. The commission settles that much, and findings are revised.
	for i, r := range []string{"report I-05/sensor", "report I-05/patrol"} {
		t := at("2025-04-04T08:00Z").Add(time.Duration(i) * time.Minute)
		b.add(draft{name: "narrowed " + r, by: "verifier", at: t, kind: "dispute@1", marking: "mission", refs: relate(record.Disputes, r),
			payload: record.CorrectionEntry{Reason: "DEMO: after paragraph 2 of the determination of 3 April an accident is out", Facts: map[string]string{"act": "attack.strike.artillery|attack.sabotage.demolition"}}})
		b.add(draft{name: "adopted " + r, by: "chair", at: t.Add(time.Hour), kind: "adoption@1", marking: "mission", refs: relate(record.Adopts, "narrowed "+r),
			payload: record.ReasonEntry{Reason: "DEMO: as determined on 3 April, paragraph 2"}})
	}
}
