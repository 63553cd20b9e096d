package story

import (
	_ "embed"
	"time"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
)

//go:embed demo-commission.truce.md
var rulesText []byte

// mirrored are the parties as the one who acts and the one who is acted on, each once.
var mirrored = [][2]string{{"RU", "UA"}, {"UA", "RU"}}

// procedure is what the joint commission of the demo does with I-05 by rules of its own:
// a case of each party against the other, a hotline, a window that each asks for.
// Both do the same, minutes apart.
func procedure(b *book) {
	const file = "demo-commission.truce.md"
	t, problems := terms.ParseBytes(nil, file, rulesText)
	if t == nil {
		b.fail("%v", problems)
		return
	}
	b.add(draft{name: "terms demo-commission", by: "duty", at: at("2025-03-26T08:00Z"), kind: "terms@1", marking: "parties", blobs: [][]byte{rulesText},
		payload: record.TermsEntry{ID: t.ID, Digest: t.Digest, Title: t.TitleText(), Files: []string{file}}})
	for i, p := range mirrored {
		b.caseOf(p[0], p[1], time.Duration(i)*time.Minute)
	}
	for i, p := range mirrored {
		b.hotline(p[0], p[1], time.Duration(i)*10*time.Minute)
		b.window(p[0], p[1], time.Duration(i)*24*time.Hour)
	}
}

// step adds a step about something.
func (b *book) step(name, by, when string, shift time.Duration, about string, p record.StepEntry) {
	b.add(draft{name: name, by: by, at: at(when).Add(shift), kind: record.KindStep, marking: "parties", refs: relate(record.About, about), payload: p})
}

// caseOf is the case of one party against the other.
func (b *book) caseOf(me, other string, shift time.Duration) {
	c := "case I-05/" + me
	b.add(draft{name: c, by: delegates[me], at: at("2025-03-26T10:10Z").Add(shift), kind: record.KindComplaint, marking: "parties", refs: about("I-05"),
		payload: record.ComplaintEntry{Text: "demo-commission", Party: me, Against: other, Says: "DEMO: the station at Sudzha was destroyed by " + other + ", as this delegation says.", Asks: "DEMO: that the commission determines what was done, and by whom"}})
	b.step(c+"/acknowledgement", delegates[other], "2025-03-26T12:00Z", shift, c, record.StepEntry{Step: "acknowledgement", Party: other, Says: "DEMO: received."})
	b.step(c+"/stop", "chair", "2025-03-27T09:00Z", shift, c, record.StepEntry{Step: "stop", Reason: "access denied", Says: "DEMO: neither side lets the commission go to the station."})
	b.step(c+"/reply", delegates[other], "2025-03-28T10:10Z", shift, c, record.StepEntry{Step: "reply", Party: other, Answer: "denies", Says: "DEMO: denied."})
	b.step(c+"/resume", "chair", "2025-03-31T09:00Z", shift, c, record.StepEntry{Step: "resume", Says: "DEMO: the commission goes on without a visit."})
	b.step(c+"/proposal", "chair", "2025-04-03T13:00Z", shift, c, record.StepEntry{Step: "determination", Answer: "could-not-be-attributed", Says: "DEMO: a gas metering station; a deliberate act; which act, and whose, is not determined.", Facts: map[string]string{"target": "energy.gas.metering-station"}})
	for i, s := range [][3]string{{"chair", "CHAIR", "agrees"}, {me, me, "dissents"}, {other, other, "dissents"}} {
		p, by := record.SignatureEntry{Member: s[1], Says: s[2]}, s[0]
		if s[0] != "chair" {
			by, p.Party, p.Reason = delegates[s[0]], s[0], "DEMO: paragraph 2 should have determined the act, as this delegation had asked."
		}
		b.add(draft{name: c + "/signature of " + s[1], by: by, at: at("2025-04-03T13:30Z").Add(shift + time.Duration(10*i)*time.Second), kind: record.KindSignature, marking: "parties", refs: about(c + "/proposal"), payload: p})
	}
}

// hotline is a message to the other side, and that it was received.
func (b *book) hotline(me, other string, shift time.Duration) {
	m := "message/" + me
	b.add(draft{name: m, by: delegates[me], at: at("2025-04-01T20:00Z").Add(shift), kind: record.KindMessage, marking: "parties",
		payload: record.MessageEntry{Party: me, To: []string{other}, Template: "fire-reported", Values: map[string]string{"place": "DEMO", "time": "22:40", "answer": "23:30"}}})
	b.add(draft{name: m + "/received", by: delegates[other], at: at("2025-04-01T20:12Z").Add(shift), kind: record.KindAcknowledged, marking: "parties", refs: about(m), payload: record.AcknowledgedEntry{Party: other, Says: "DEMO: passed on."}})
}

// window is a local truce that one side asks for: guaranteed by both, opened,
// completed.
func (b *book) window(me, other string, shift time.Duration) {
	w := "window/" + me
	lat := map[string]string{"RU": "50.62", "UA": "50.21"}[me]
	b.add(draft{name: w, by: delegates[me], at: at("2025-04-07T08:00Z").Add(shift), kind: record.KindWindow, marking: "parties",
		payload: record.WindowEntry{Text: "demo-commission", Party: me, Purpose: "repair", Lat: lat, Lon: "36.00", Within: 3000, From: at("2025-04-08T06:00Z").Add(shift).Format(time.RFC3339), Until: at("2025-04-08T14:00Z").Add(shift).Format(time.RFC3339), Of: []string{me, other}, Says: "DEMO: a line is repaired."}})
	for i, s := range []struct{ by, party, step, at string }{
		{delegates[me], me, "guarantee", "2025-04-07T09:00Z"}, {delegates[other], other, "guarantee", "2025-04-07T12:00Z"},
		{"duty", "", "go", "2025-04-08T05:30Z"}, {"duty", "", "complete", "2025-04-08T13:10Z"},
	} {
		b.add(draft{name: w + "/" + s.step + string(rune('a'+i)), by: s.by, at: at(s.at).Add(shift), kind: record.KindWindowStep, marking: "parties", refs: about(w), payload: record.WindowStepEntry{Step: s.step, Party: s.party, Says: "DEMO"}})
	}
}
