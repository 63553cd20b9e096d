package commission

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// play writes what a commission does, line by line:
//
//	p.As("UA").Complains("RU", "1.1")
//	p.At("+3h").As("RU").Replies("denies")
type play struct {
	t    *testing.T
	in   *Input
	now  when.Instant
	who  string // delegate of a party, or chair, or duty
	last map[string]string
}

// began is when every play begins: a Friday.
var began = when.Instant(time.Date(2030, 3, 1, 8, 0, 0, 0, time.UTC).UnixMilli())

func newPlay(t *testing.T, text string) *play {
	t.Helper()
	tm, problems := terms.ParseBytes(nil, "play.truce.md", []byte(text))
	if tm == nil || len(problems.Errors()) > 0 {
		t.Fatalf("%v", problems)
	}
	return &play{t: t, in: &Input{Origin: "example.org/north", Texts: []*terms.Terms{tm}}, now: began, last: map[string]string{}}
}

// At moves the clock: +24h from where it stands.
func (p *play) At(step string) *play {
	d, err := time.ParseDuration(strings.TrimPrefix(step, "+"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.now = p.now.Add(d)
	return p
}

func (p *play) As(who string) *play { p.who = who; return p }

// write adds an entry, which later ones can be about by its name.
func (p *play) write(name, kind string, payload any, about ...string) *play {
	b, err := json.Marshal(payload)
	if err != nil {
		p.t.Fatal(err)
	}
	i := len(p.in.Entries)
	e := Entry{Index: int64(i), ID: fmt.Sprintf("E%03d", i), Kind: kind, Made: p.now, Payload: b, Account: "A-" + p.who}
	switch p.who {
	case "chair":
		e.Role = "chair"
	case "duty":
		e.Role = "duty-officer"
	default:
		e.Role, e.Party = "delegate", p.who
	}
	for _, a := range about {
		if id := p.last[a]; id != "" {
			a = id
		}
		e.Refs = append(e.Refs, record.Ref{Relation: record.About, ID: a})
	}
	p.in.Entries = append(p.in.Entries, e)
	p.last[name] = e.ID
	return p
}

// party is in whose name the one who acts writes.
func (p *play) party() string {
	if p.who == "chair" || p.who == "duty" {
		return ""
	}
	return p.who
}

func (p *play) Complains(of, clause string) *play {
	return p.write("case", record.KindComplaint, record.ComplaintEntry{Text: "play", Clauses: []string{clause}, Party: p.party(), Against: of, Says: "it was struck"}, "I-1")
}

func (p *play) Step(step, answer string) *play {
	return p.write(step, record.KindStep, record.StepEntry{Step: step, Party: p.party(), Answer: answer, Says: "..."}, "case")
}

func (p *play) Replies(answer string) *play  { return p.Step("reply", answer) }
func (p *play) Proposes(answer string) *play { return p.Step("determination", answer) }
func (p *play) Stops(reason string) *play {
	return p.write("stop", record.KindStep, record.StepEntry{Step: "stop", Reason: reason, Says: "..."}, "case")
}

func (p *play) Signs(says string) *play {
	m := p.who
	if m == "chair" {
		m = "CHAIR"
	}
	return p.write("signature", record.KindSignature, record.SignatureEntry{Member: m, Party: p.party(), Says: says, Reason: "so"}, "determination")
}

func (p *play) Sends(to string) *play {
	return p.write("message", record.KindMessage, record.MessageEntry{Party: p.party(), To: []string{to}, Template: "test"}, "case")
}

func (p *play) Acknowledges() *play {
	return p.write("ack", record.KindAcknowledged, record.AcknowledgedEntry{Party: p.party()}, "message")
}

func (p *play) Responds(stage, to string, acts int64) *play {
	return p.write("response", record.KindResponse, record.ResponseEntry{Text: "play", Clause: "2.1", Party: p.party(), Stage: stage, To: p.last[to], Acts: acts, Says: "an answer"})
}

func (p *play) AsksForWindow(from, until string) *play {
	at := func(d string) string {
		x, err := time.ParseDuration(d)
		if err != nil {
			p.t.Fatal(err)
		}
		return p.now.Add(x).RFC3339()
	}
	other := "RU"
	if p.who == "RU" {
		other = "UA"
	}
	return p.write("window", record.KindWindow, record.WindowEntry{Party: p.party(), Purpose: "repair", Lat: "50.46", Lon: "35.41", Within: 2000, From: at(from), Until: at(until), Of: []string{p.who, other}, Says: "a line"})
}

func (p *play) Window(step string) *play {
	return p.write("window-step", record.KindWindowStep, record.WindowStepEntry{Step: step, Party: p.party(), Says: "..."}, "window")
}

func (p *play) Reports(clause, bearer string, amount int64, done bool, level string) *play {
	return p.write("performance", record.KindPerformance, record.PerformanceEntry{Text: "play", Clause: clause, Bearer: bearer, Party: p.party(), At: p.now.RFC3339(), Amount: amount, Done: done, Level: level, Says: "..."})
}

func (p *play) Decides(clause, bearer, state, until string) *play {
	d := record.DutyEntry{Text: "play", Clause: clause, Bearer: bearer, State: state, From: p.now.RFC3339(), Reason: "..."}
	if until != "" {
		x, _ := time.ParseDuration(until)
		d.Until = p.now.Add(x).RFC3339()
	}
	return p.write("duty", record.KindDuty, d)
}

func (p *play) State() *State { return At(p.in, p.now) }

// want compares the case with what is expected of it: its state, and words that
// must be among what is missing.
func (p *play) want(state string, missing ...string) *play {
	p.t.Helper()
	s := p.State()
	if len(s.Cases) == 0 {
		p.t.Fatalf("no case: %v", s.Problems)
	}
	c := s.Cases[0]
	if c.State != state {
		p.t.Errorf("at %s the case is %s, expected %s (%v; %v)", p.now, c.State, state, c.Missing, s.Problems)
	}
	for _, m := range missing {
		if !strings.Contains(strings.Join(c.Missing, "\n"), m) {
			p.t.Errorf("at %s %q is not among what is missing: %q", p.now, m, c.Missing)
		}
	}
	return p
}

// refused wants the last entry to count for nothing, for this reason.
func (p *play) refused(why string) *play {
	p.t.Helper()
	id := p.in.Entries[len(p.in.Entries)-1].ID
	for _, x := range p.State().Problems {
		if x.Entry == id && strings.Contains(x.Why, why) {
			return p
		}
	}
	p.t.Errorf("%s is not refused because %q: %v", id, why, p.State().Problems)
	return p
}

const text = `---
truce: 1
id: play
time: {zone: Europe/Kyiv, days: calendar, start: "2030-02-28T22:00Z", end: none}
parties:
  UA: {name: Ukraine}
  RU: {name: Russia}
others: {CHAIR: presides}
commitments:
  - {id: ua, party: UA, act: signature}
  - {id: ru, party: RU, act: signature}
---
> 1.1 No strikes.

` + "```truce" + `
clause: "1.1"
forbid: {act: attack.strike}
` + "```" + `

> 2.1 An answer.

` + "```truce" + `
clause: "2.1"
power: {holder: injured, when: breach, may: respond, notice: PT6H, finding: the commission, within: PT48H after determination, first: [hotline], proportion: 1, answers: no answer}
` + "```" + `

> 3.1 A list.

` + "```truce" + `
clause: "3.1"
oblige: {bearer: each, do: hand over a list, within: PT48H after in_force, late_until: PT96H, evidence: the list, on_violation: the commission meets}
` + "```" + `

> 3.2 Trucks.

` + "```truce" + `
clause: "3.2"
oblige: {bearer: each, do: let trucks pass, quota: 600 trucks, every: day}
` + "```" + `

> 4.1 A procedure.

` + "```truce" + `
clause: "4.1"
procedure:
  of: incidents
  members: [UA, RU, CHAIR]
  tiers: [{id: local, within: P10D}, {id: regional}, {id: national}]
  stops: [access denied, mines]
  calendars:
    UA: {zone: Europe/Kyiv, week: mon-fri, holidays: [2030-03-08]}
    RU: {zone: Europe/Moscow, week: mon-fri}
  steps:
    - {id: complaint, by: complainant}
    - {id: acknowledgement, by: respondent, within: PT2H after complaint}
    - {id: reply, by: respondent, within: PT12H after complaint, default: no-knowledge}
    - {id: visit, by: CHAIR, within: P2D after complaint, days: working}
    - {id: determination, by: members, within: P5D after complaint, needs: [reply, visit], quorum: 3, signatures: 2}
    - {id: remedy, by: respondent, within: P7D after determination}
    - {id: appeal, by: any_party, within: P3D after determination}
` + "```" + `

> 4.2 A hotline.

` + "```truce" + `
clause: "4.2"
procedure: {of: liaison, who: duty officers, acknowledge: PT10M}
` + "```" + `
`

// TestCase: a case from complaint to remedy, with what is missing at each point.
func TestCase(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1").want("open", "acknowledgement of RU due in 2 h", "reply of RU due in 12 h", "no determination is proposed (it needs 2 signatures of 3 who take part)")
	p.At("+1h").As("RU").Step("acknowledgement", "").want("acknowledged", "reply of RU due in 11 h")
	p.At("+3h").As("UA").Replies("denies").refused("the reply is RU's")
	p.As("RU").Replies("perhaps").refused("expected one of admits")
	p.Replies("denies").want("replied", "visit of CHAIR due in")
	p.As("chair").Proposes("breach").want("proposed", "0 of 2 signatures", "visit of CHAIR due in")
	p.As("UA").Signs("agrees").As("chair").Signs("agrees").want("proposed", "2 of 3 members took part: RU did not")
	p.As("RU").Signs("dissents").want("proposed", "visit of CHAIR due in") // all signed, and the visit is awaited
	p.At("+30h").As("chair").Step("visit", "").want("determined", "remedy of RU due in 7 d")
	d := p.State().Cases[0].Determinations[0]
	if d.Agreed != 2 || d.TookPart != 3 || len(d.Dissented) != 1 || d.Dissented[0].Reason != "so" || when.Instant(d.Adopted) != p.now {
		t.Errorf("the determination is %+v", d)
	}
	p.At("+24h").As("RU").Step("remedy", "").want("remedied")
	if problems := p.State().Problems; len(problems) != 2 {
		t.Errorf("%v", problems)
	}
}

// TestSilence: a reply that does not come holds up nobody, and is never taken as an
// admission.
func TestSilence(t *testing.T) {
	p := newPlay(t, text)
	p.As("RU").Complains("UA", "1.1").As("chair").Proposes("breach").At("+5h").As("chair").Step("visit", "")
	p.As("RU").Signs("agrees").As("chair").Signs("agrees").As("UA").Signs("abstains").want("proposed", "reply of UA due in 7 h")
	p.At("+7h").want("determined", "remedy of UA due in 7 d")
	p.At("+1h").As("UA").Replies("admits")
	for _, k := range p.State().Cases[0].Clocks {
		if k.Step == "reply" && (k.State != "late" || k.Note != "late by 1 h" || k.Default != "no-knowledge") {
			t.Errorf("%+v", k)
		}
	}
}

// TestStops: a clock stands for a reason of the text and no other, and by the
// commission alone.
func TestStops(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1")
	p.At("+4h").As("RU").write("stop", record.KindStep, record.StepEntry{Step: "stop", Party: "RU", Reason: "mines", Says: "..."}, "case").refused("a party asks for it")
	p.As("chair").Stops("bad weather").refused("the text names access denied and mines")
	p.Stops("mines").want("open", "the clocks stand since 2030-03-01T12:00Z: mines")
	p.At("+20h").As("chair").Step("resume", "").want("open", "reply of RU due in 8 h")
	for _, k := range p.State().Cases[0].Clocks {
		if k.Step == "reply" && when.Instant(k.Due) != began.Add(32*time.Hour) {
			t.Errorf("due %s", k.Due)
		}
	}
}

// TestWorkingDays: days on which both sides work, each by its own calendar and clock.
func TestWorkingDays(t *testing.T) {
	p := newPlay(t, text)
	p.At("+120h").As("UA").Complains("RU", "1.1") // Wednesday 6 March; the 8th is a holiday of one side
	for _, k := range p.State().Cases[0].Clocks {
		if k.Step == "visit" && (k.Due.String() != "2030-03-11T08:00Z" || k.Civil["Europe/Kyiv"] != "2030-03-11 10:00" || k.Civil["Europe/Moscow"] != "2030-03-11 11:00") {
			t.Errorf("%+v", k)
		}
	}
}

// TestTiers: an undecided case goes up by the clock; an appeal takes it up; at the
// top there is none.
func TestTiers(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1").At("+240h")
	if c := p.State().Cases[0]; c.Tier != "regional" || c.Tiers[1].Why != "not decided within P10D" {
		t.Errorf("%s %v", c.Tier, c.Tiers)
	}
	adopt := func(answer string) {
		p.As("chair").Proposes(answer).Signs("agrees").As("UA").Signs("agrees").As("RU").Signs("dissents").want("determined")
	}
	p.As("chair").Step("visit", "")
	adopt("breach")
	p.At("+1h").As("RU").Step("appeal", "").want("appealed", "the tier national has not proposed a determination")
	adopt("could-not-be-attributed")
	p.As("RU").Step("appeal", "").refused("no higher tier")
	p.At("+1h").As("UA").Step("withdraw", "").want("withdrawn")
}

// TestAppealTooLate: the time for an appeal runs out.
func TestAppealTooLate(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1").As("RU").Replies("accident").As("chair").Step("visit", "").Proposes("accident").Signs("agrees").As("UA").Signs("agrees").As("RU").Signs("agrees").want("determined")
	p.At("+73h").As("RU").Step("appeal", "").refused("ran out")
}

// TestOwnClock: what claims to be in time, and stands in the log after entries that
// are later than the deadline, is neither met nor late.
func TestOwnClock(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1").At("+14h").As("chair").Sends("RU").At("-3h").As("RU").Replies("denies").At("+4h")
	for _, k := range p.State().Cases[0].Clocks {
		if k.Step == "reply" && (k.State != "unclear" || !strings.Contains(k.Note, "stands in the log after")) {
			t.Errorf("%+v", k)
		}
	}
}

// TestHotline: numbers, words in three languages, acknowledgements.
func TestHotline(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Sends("RU").At("+5m").As("RU").Acknowledges().Acknowledges().refused("acknowledged by RU before")
	p.As("duty").Sends("UA").At("+11m")
	ms := p.State().Messages
	if len(ms) != 2 || ms[0].State != "acknowledged" || ms[1].State != "overdue" || ms[1].Number != 2 || len(ms[0].Words) != 3 || ms[1].Missing[0] != "UA" {
		t.Errorf("%+v %+v", ms[0], ms[1])
	}
	p.As("UA").Acknowledges()
	if ms := p.State().Messages; ms[1].State != "late" {
		t.Errorf("%+v", ms[1])
	}
}

// TestTemplates: every template has the same slots in every language, and no more.
func TestTemplates(t *testing.T) {
	if len(Templates()) < 10 {
		t.Errorf("only %d templates", len(Templates()))
	}
	for _, n := range Templates() {
		for _, l := range Languages() {
			for _, s := range Slots(n) {
				if !strings.Contains(templates()[l][n], "{"+s+"}") {
					t.Errorf("%s in %s has no {%s}: %q", n, l, s, templates()[l][n])
				}
			}
			if got := len(slot.FindAllString(templates()[l][n], -1)); got != len(slot.FindAllString(templates()["en"][n], -1)) {
				t.Errorf("%s in %s has %d slots", n, l, got)
			}
		}
	}
	if _, err := Words("fire-reported", map[string]string{"place": "x"}); err == nil || !strings.Contains(err.Error(), "time and answer") {
		t.Error(err)
	}
}

// TestDuties: due, late, overdue, claimed, fulfilled, violated, and what the
// commission decides.
func TestDuties(t *testing.T) {
	p := newPlay(t, text)
	want := func(bearer, clause, state string) *Duty {
		t.Helper()
		for _, d := range p.State().Duties {
			if d.Bearer == bearer && d.Clause == clause {
				if d.State != state {
					t.Errorf("at %s %s of %s is %s, expected %s: %s", p.now, clause, bearer, d.State, state, d.Because)
				}
				return d
			}
		}
		t.Fatalf("no duty %s of %s", clause, bearer)
		return nil
	}
	want("UA", "3.1", "due")
	p.At("+20h").As("UA").Reports("3.1", "UA", 0, true, "verified")
	want("UA", "3.1", "claimed") // what a party says is claimed, whatever it calls it
	p.As("duty").Reports("3.1", "UA", 0, true, "verified")
	want("UA", "3.1", "fulfilled")
	p.At("+24h")
	want("RU", "3.1", "late")
	p.As("RU").Decides("3.1", "RU", "excused", "").refused("no party")
	p.At("+48h")
	if d := want("RU", "3.1", "overdue"); d.Breach != "the commission meets" {
		t.Errorf("%+v", d)
	}
	p.As("duty").Reports("3.1", "RU", 0, true, "verified")
	want("RU", "3.1", "violated")
	p.As("chair").Decides("3.1", "RU", "discharged", "")
	want("RU", "3.1", "discharged")
}

// TestQuota: what is counted and what is said are kept apart, and silence is not
// nothing.
func TestQuota(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Reports("3.2", "UA", 600, false, "").As("duty").Reports("3.2", "UA", 145, true, "verified")
	p.At("+24h").As("UA").Reports("3.2", "UA", 610, false, "")
	p.At("+24h") // nobody says anything of the third day
	p.At("+24h").As("duty").Reports("3.2", "UA", 600, false, "verified")
	p.At("+24h").As("chair").Decides("3.2", "UA", "excused", "1h").At("+24h")
	for _, d := range p.State().Duties {
		if d.Clause != "3.2" || d.Bearer != "UA" {
			continue
		}
		states := ""
		for _, x := range d.Periods {
			states += x.State + " "
		}
		if states != "short claimed unknown fulfilled excused open " || d.State != "violated" || d.Verified != 745 || d.Claimed["UA"] != 1210 || d.Required != 2400 {
			t.Errorf("%s: %+v", states, d)
		}
	}
}

// TestResponse: an answer is checked by what the text asks of it.
func TestResponse(t *testing.T) {
	p := newPlay(t, text)
	p.As("UA").Complains("RU", "1.1").Responds("announced", "case", 1).At("+1h").Responds("taken", "case", 3)
	rs := p.State().Responses
	is := func(r *Response) string {
		s := r.State + ":"
		for _, c := range r.Checks {
			s += " " + c.What + "=" + c.Is
		}
		return s
	}
	if got := is(rs[1]); got != "does-not-hold: who=yes finding=no notice=no first=no window=open proportion=no no-answer-to-an-answer=yes" {
		t.Error(got)
	}
	p.Sends("RU").As("RU").Replies("denies").As("chair").Step("visit", "").Proposes("breach").Signs("agrees").As("UA").Signs("agrees").As("RU").Signs("dissents").want("determined")
	p.As("UA").Responds("announced", "case", 1).At("+7h").Responds("taken", "case", 1)
	rs = p.State().Responses
	if got := is(rs[3]); got != "holds: who=yes finding=yes notice=yes first=yes window=yes proportion=yes no-answer-to-an-answer=yes" {
		t.Error(got)
	}
	p.As("RU").Responds("taken", "response", 1)
	if got := is(p.State().Responses[4]); !strings.Contains(got, "no-answer-to-an-answer=no") {
		t.Error(got)
	}
}

// TestWindow: both guarantees, then go; anybody stops it; an end without a word is
// not completion.
func TestWindow(t *testing.T) {
	p := newPlay(t, text)
	state := func(want string, missing ...string) {
		t.Helper()
		w := p.State().Windows[len(p.State().Windows)-1]
		if w.State != want || len(missing) > 0 && strings.Join(w.Missing, "; ") != missing[0] {
			t.Errorf("at %s the window is %s (%v), expected %s", p.now, w.State, w.Missing, want)
		}
	}
	p.As("UA").AsksForWindow("2h", "8h")
	state("asked", "guarantee of UA; guarantee of RU; go of the mission")
	p.As("duty").Window("go").refused("no go without the guarantee of UA and RU")
	p.As("UA").Window("guarantee").As("RU").Window("withhold")
	state("refused")
	p.Window("guarantee")
	state("guaranteed", "go of the mission")
	p.Window("go").refused("the mission's")
	p.As("duty").Window("go")
	state("go", "opens in 2 h")
	p.At("+3h")
	state("open")
	p.As("RU").Window("withhold")
	state("refused")
	p.Window("guarantee").As("duty").Window("go")
	state("open")
	p.At("+6h")
	state("unfinished")
	p.As("UA").AsksForWindow("1h", "2h").Window("guarantee").As("RU").Window("guarantee").As("duty").Window("go").At("+90m").As("RU").Window("abort")
	state("aborted")
	p.As("duty").Window("go").refused("the window is aborted")
	p.As("UA").AsksForWindow("1h", "2h").At("+3h")
	state("lapsed")
}

// TestWindowText: a window made from the template runs, and its examples hold.
func TestWindowText(t *testing.T) {
	l := &Local{ID: "repair-1", Purpose: "repair of a line", Parties: []string{"UA", "RU"}, Place: where.Point{Lat: 47.5, Lon: 34.6}, Within: 5000, Span: when.Span{Start: began, End: began.Add(8 * time.Hour)}, Zone: "Europe/Kyiv"}
	b, err := l.Text()
	if err != nil {
		t.Fatal(err)
	}
	tm, problems := terms.ParseBytes(nil, "repair-1.truce.md", b)
	if tm == nil || len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, b)
	}
	for _, x := range judge.RunExamples(tm) {
		t.Error(x)
	}
	for _, bad := range []func(*Local){func(l *Local) { l.Parties = l.Parties[:1] }, func(l *Local) { l.Within = 0 }, func(l *Local) { l.Span.End = l.Span.Start }, func(l *Local) { l.Place.Lat = 91 }, func(l *Local) { l.ID = "a b" }, func(l *Local) { l.Purpose = "x\n```" }, func(l *Local) { l.Zone = "Mars" }} {
		k := *l
		bad(&k)
		if _, err := k.Text(); err == nil {
			t.Errorf("%+v was taken", k)
		}
	}
}
