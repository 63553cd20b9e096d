package story

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/truce-project/truce/record"
)

// merged is what was taken as one and what was taken apart again. Two relays of one
// statement give I-12 two hours: one incident. The two events at Sudzha a week apart
// are merged by mistake, and split.
func merged(b *book) {
	c := caseOf(b, "I-12")
	t := b.firstSaid("I-12")
	for i, relay := range []struct{ name, start, end, note string }{
		{"morning", "2025-03-27T03:00Z", "2025-03-27T09:00Z", "A relay writes \"Thursday morning\"."},
		{"evening", "2025-03-27T15:45Z", "2025-03-27T16:30Z", "A relay writes \"about 7:00 p.m.\", with 16:00 GMT."},
	} {
		row := rowOf(c, 0)
		row["time_start"], row["time_end"] = relay.start, relay.end
		report := "report I-12/" + relay.name
		b.report(report, "desk", t.Add(time.Duration(i)*time.Hour), "public", row, c.Sources[0], relay.note)
		name := []string{"I-12", "I-12 second relay"}[i]
		b.add(draft{name: name, by: "verifier", at: t.Add(time.Duration(i)*time.Hour + 10*time.Minute), kind: "incident@1", marking: "public", refs: about(report),
			payload: record.IncidentEntry{Title: "I-12 · " + c.Title, Reason: "one relay of a statement"}})
	}
	b.add(draft{name: "merge I-12", by: "verifier", at: t.Add(3 * time.Hour), kind: "merge@1", marking: "public", refs: relate(record.Merges, "I-12", "I-12 second relay"),
		payload: record.ReasonEntry{Reason: "both relay one statement about one substation; the hours contradict each other and are both kept"}})
	b.said("I-12")

	b.add(draft{name: "merge Sudzha", by: "verifier", at: at("2025-03-28T18:00Z"), kind: "merge@1", marking: "parties", refs: relate(record.Merges, "I-05", "I-16"),
		payload: record.ReasonEntry{Reason: "the same station, both sides accuse each other"}})
	b.add(draft{name: "split Sudzha", by: "verifier", at: at("2025-03-29T07:00Z"), kind: "split@1", marking: "parties", refs: relate(record.Splits, "merge Sudzha"),
		payload: record.ReasonEntry{Reason: "two events at one object: 20 to 21 March and 28 March. Merged by mistake in the evening watch."}})
	// The area of the fire grew from publication to publication.
	b.add(draft{name: "correction I-04", by: "desk", at: at("2025-03-21T11:00Z"), kind: "correction@1", marking: "public", refs: relate(record.Supersedes, "report I-04/1"),
		payload: record.CorrectionEntry{Reason: "a later publication gives a larger fire", Facts: map[string]string{"damage": "fire of 20, then 1,700, then 2,000 square metres, by three publications"}}})
}

// disputes are contradicted entries: each party has one that was adopted, one that
// was rejected and one that is open, about reports of the demo's patrols.
func disputes(b *book) {
	for i, p := range []string{"RU", "UA"} {
		for k, what := range []string{"adopted", "rejected", "open"} {
			t := at("2025-04-05T08:00Z").Add(time.Duration(24*k)*time.Hour + time.Duration(i)*time.Minute)
			lat := map[string]string{"RU": "50.70", "UA": "50.40"}[p]
			report := fmt.Sprintf("report disputed/%s/%s", p, what)
			b.report(report, "patrol-2", t, "parties", map[string]string{
				"id": "P2-" + p + "-" + what, "time_start": t.Add(-5 * time.Hour).Format(time.RFC3339), "time_end": t.Add(-4 * time.Hour).Format(time.RFC3339),
				"lat": lat, "lon": fmt.Sprintf("35.%d0", 5+k), "precision_m": "2000", "act": "attack.strike", "outcome": "impact", "target": "energy.power.line.distribution", "level": "reported",
				"text": []string{"DEMO: Патруль видел повреждённую линию 10 кВ. Кто её повредил, видно не было.", "DEMO: Патруль бачив пошкоджену лінію 10 кВ. Хто її пошкодив, видно не було.", "DEMO: The patrol saw a damaged 10 kV line. Who damaged it was not seen."}[k],
			}, "patrol 2", "")
			dispute := fmt.Sprintf("dispute %s/%s", p, what)
			b.add(draft{name: dispute, by: delegates[p], at: t.Add(3 * time.Hour), kind: "dispute@1", marking: "parties", party: p, refs: relate(record.Disputes, report),
				payload: record.CorrectionEntry{Reason: "DEMO: the delegation says that the line lies elsewhere, and is out of use since February", Facts: map[string]string{"lat": lat[:3] + "3", "lon": "35.45", "precision_m": "500"}}})
			settled := map[string]string{"adopted": dispute, "rejected": report}[what]
			if settled == "" {
				continue
			}
			b.add(draft{name: "adoption " + p + "/" + what, by: "chair", at: t.Add(6 * time.Hour), kind: "adoption@1", marking: "parties", refs: relate(record.Adopts, settled),
				payload: record.ReasonEntry{Reason: "DEMO: " + map[string]string{"adopted": "the map of the operator shows the line where the delegation says", "rejected": "the photograph of the patrol shows the line where it was reported"}[what]}})
		}
	}
}

// revised are two reports, one on the ground of each party, that their patrols mend:
// production becomes storage, and with it a verdict changes.
func revised(b *book) {
	for i, p := range []string{"RU", "UA"} {
		t := at("2025-04-02T06:00Z").Add(time.Duration(i) * time.Minute)
		by := []string{"patrol-1", "patrol-2"}[i]
		b.report("report revised/"+p, by, t, "public", map[string]string{
			"id": "P-" + p + "-storage", "time_start": "2025-04-01T20:00Z", "time_end": "2025-04-01T22:00Z", "lat": map[string]string{"RU": "51.30", "UA": "50.30"}[p], "lon": map[string]string{"RU": "36.10", "UA": "34.70"}[p], "precision_m": "3000",
			"actor": "RU|UA", "act": "attack.strike.drone", "outcome": "impact", "target": "energy.gas.production", "level": "reported", "text": "DEMO: a tank burns after a drone fell; whose drone it was is not known. Taken for a production site.",
		}, []string{"patrol 1", "patrol 2"}[i], "")
		b.add(draft{name: "correction revised/" + p, by: by, at: t.Add(26 * time.Hour), kind: "correction@1", marking: "public", refs: relate(record.Supersedes, "report revised/"+p),
			payload: record.CorrectionEntry{Reason: "DEMO: by daylight it is a store", Facts: map[string]string{"target": "energy.gas.storage"}}})
	}
}

// restrictions are what kept the demo's patrols from seeing: as often by one side
// as by the other. Where a patrol could not go, nothing is known of what happened.
func restrictions(b *book) {
	for i, r := range []struct{ act, words string }{
		{"obstruct.access", "DEMO: denied passage at a checkpoint: \"orders from superiors\". No observation beyond it that day."},
		{"obstruct.delay", "DEMO: held for about 46 minutes at a checkpoint, then let through."},
		{"obstruct.conditional", "DEMO: let through on condition of an escort that chose the road."},
		{"jam", "DEMO: the aerial vehicle lost its signal for 12 minutes, probable jamming; by whom was not seen."},
	} {
		for k, p := range []string{"RU", "UA"} {
			t := at("2025-03-24T13:00Z").Add(time.Duration(i*5)*24*time.Hour + time.Duration(k)*30*time.Minute)
			row := map[string]string{"id": fmt.Sprintf("R-%s-%d", p, i+1), "time_start": t.Add(-3 * time.Hour).Format(time.RFC3339), "time_end": t.Add(-2 * time.Hour).Format(time.RFC3339),
				"lat": fmt.Sprintf("%.2f", map[string]float64{"RU": 50.62, "UA": 50.21}[p]+float64(i)*0.05), "lon": fmt.Sprintf("%.2f", 36.0+float64(i)*0.2), "precision_m": "500",
				"actor": p, "act": r.act, "means": "none", "target": "monitor.patrol", "level": "reported", "text": r.words}
			if r.act == "jam" {
				row["means"], row["actor"], row["target"] = "jammer", "", "monitor.uav"
			}
			b.report(fmt.Sprintf("restriction %s/%d", p, i+1), []string{"patrol-1", "patrol-2"}[k], t, "parties", row, []string{"patrol 1", "patrol 2"}[k], "")
		}
	}
	seal(b)
	erase(b)
}

// seal is an annex of sites of both parties: commitments alone, some of them to
// nothing, so that not even their number is told.
func seal(b *book) {
	var objects []string
	for i := range 6 {
		h := hashOf("sealed", fmt.Sprint(i))
		objects = append(objects, hex.EncodeToString(h[:]))
	}
	slices.Sort(objects)
	b.add(draft{name: "annex", by: "chair", at: at("2025-03-27T08:00Z"), kind: "annex-seal@1", payload: record.AnnexSealEntry{Annex: "sites-demo", Holder: "DEMO neutral office", Objects: objects}})
}

// erasedOn is the day of the erasure.
const erasedOn = "2025-04-10"

// erase is a report that was erased by order: the entry stays, the words are gone.
func erase(b *book) {
	b.report("report erased", "patrol-2", at("2025-04-09T06:00Z"), "restricted", map[string]string{"id": "P2-X", "time_start": "2025-04-08T10:00Z", "time_end": "2025-04-08T11:00Z", "act": "attack.strike", "level": "reported", "text": "DEMO: a witness, by name."}, "a witness", "DEMO")
	b.add(draft{name: "erasure", by: "chair", at: at(erasedOn + "T09:00Z"), kind: record.KindErasure, refs: relate(record.Erases, "report erased"),
		payload: record.ErasureEntry{Reason: "DEMO: the witness withdrew consent", Authority: "DEMO: data protection officer of the mission"}})
}
