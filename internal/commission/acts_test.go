package commission

import (
	"encoding/json"
	"testing"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
)

// TestActsCount: what is said to count does, and what is said not to count is a problem
// of the state that follows, for every act of a case as it goes along.
func TestActsCount(t *testing.T) {
	p := newPlay(t, text)
	stages := []func(){
		func() { p.As("UA").Complains("RU", "1.1") },
		func() { p.At("+1h").As("RU").Step("acknowledgement", "") },
		func() { p.At("+1h").As("RU").Replies("denies") },
		func() { p.At("+1h").As("chair").Stops("mines") },
		func() { p.At("+1h").As("chair").Step("resume", "") },
		func() { p.At("+1h").As("chair").Step("visit", "") },
		func() { p.At("+1h").As("chair").Proposes("breach") },
		func() { p.At("+1h").As("chair").Signs("agrees") },
		func() { p.As("UA").Signs("agrees").As("RU").Signs("dissents") },
		func() { p.At("+1h").As("RU").Step("remedy", "") },
	}
	tried, counted := 0, 0
	for i, stage := range stages {
		stage()
		p.At("+1m")
		for _, a := range At(p.in, p.now).Acts() {
			if a.Kind != record.KindStep && a.Kind != record.KindSignature || a.About == "" {
				continue
			}
			in := *p.in
			in.Entries = append(append([]Entry{}, p.in.Entries...), entryOf(t, &a, len(p.in.Entries), p.now))
			before, after := len(At(p.in, p.now).Problems), len(At(&in, p.now).Problems)
			tried++
			if a.Why == "" {
				counted++
			}
			// A step that is done already is taken down again, and the first one counts.
			again := a.Why != "" && after == before && (a.Step == "acknowledgement" || a.Step == "reply" || a.Step == "remedy")
			if (a.Why == "") != (after == before) && !again {
				t.Errorf("after stage %d: %s %s of %q: said to be kept by %q, and the state has %d problems more", i, a.Kind, a.Step, a.Party+a.Member, a.Why, after-before)
			}
		}
	}
	if tried < 100 || counted < 20 {
		t.Errorf("%d acts were tried, %d of them count", tried, counted)
	}
}

// entryOf is the entry of an act, by whom it is offered to.
func entryOf(t *testing.T, a *Act, index int, now when.Instant) Entry {
	t.Helper()
	var payload any
	first := func(of []string) string {
		if len(of) == 0 {
			return ""
		}
		return of[0]
	}
	switch a.Kind {
	case record.KindSignature:
		payload = record.SignatureEntry{Member: a.Member, Party: a.Party, Says: first(a.Answers), Reason: "so"}
	default:
		payload = record.StepEntry{Step: a.Step, Party: a.Party, Answer: first(a.Answers), Reason: first(a.Reasons), Says: "..."}
	}
	b, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	e := Entry{Index: int64(index), ID: "E-TRIED", Kind: a.Kind, Made: now, Payload: b, Role: "chair", Refs: []record.Ref{{Relation: record.About, ID: a.About}}}
	if a.Party != "" {
		e.Role, e.Party = "delegate", a.Party
	}
	return e
}
