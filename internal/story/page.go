package story

import (
	"fmt"
	"strings"
)

// interesting are the entries to look at first, and why.
var interesting = []struct{ name, why string }{
	{"I-05", "incident: two contradictory reports, a detection whose hour has no zone, a patrol's bearing, claims and denials, evidence, complaints and replies, a determination with dissent on both sides, findings revised at each step"},
	{"I-16", "incident: the same station a week later; merged with I-05 by mistake, and split"},
	{"I-12", "incident: two relays of one statement with two hours, merged"},
	{"I-04", "incident: a corrected report; Ukraine is bound in one reading and not in another"},
	{"I-14", "incident: not covered in the Kremlin's reading, a breach in the Ukrainian one"},
	{"I-20", "incident: out of force in one reading, in force in another, by dates alone"},
	{"I-18", "incident: two areas, no point"},
	{"report I-05/sensor", "report: the hour without a zone; its act was narrowed by a dispute that was adopted"},
	{"report I-05/patrol", "report: bearing and range, in Ukrainian, corrected by its author"},
	{"determination I-05", "determination: leaves act and author open"},
	{"dissent I-05/RU", "claim: dissent of one delegate"},
	{"dissent I-05/UA", "claim: dissent of the other"},
	{"complaint I-05/RU", "notice by one party under 1.1; `reply I-05/UA` answers it"},
	{"complaint I-05/UA", "notice by the other; `reply I-05/RU` answers it"},
	{"case I-05/RU", "complaint: a case by the text demo-commission, with acknowledgement, reply, a stop, a determination that both sign with dissent; `/api/cases/1?time=2025-04-02T12:00:00Z`"},
	{"case I-05/UA", "complaint: the case of the other side, likewise; `/api/cases/2`"},
	{"message/RU", "message on the hotline, acknowledged; `message/UA` is the other side's"},
	{"window/RU", "window: guaranteed by both, opened, completed; `window/UA` likewise"},
	{"merge Sudzha", "merge, undone by the next"},
	{"split Sudzha", "split"},
	{"evidence I-05/1", "evidence: a synthetic sketch, restricted, with its copy without metadata"},
	{"access I-05/verifier", "access: the verifier opened evidence"},
	{"dispute RU/open", "dispute by one delegate that nobody has settled; also `adopted` and `rejected`"},
	{"dispute UA/open", "dispute by the other, likewise"},
	{"report revised/RU", "report whose correction turns a verdict from not covered to breach, on the ground of one party"},
	{"report revised/UA", "the same on the ground of the other"},
	{"restriction RU/1", "report: access denied by one side; 2 delay, 3 conditional, 4 jamming by nobody knows whom"},
	{"restriction UA/1", "report: access denied by the other side"},
	{"claim -/10", "claim about no incident: the Kremlin's list"},
	{"talks 6/1", "position: one side accepts the halt on a condition; all `talks N/K` are what was said at and about talks"},
	{"talks 4/3", "position: the other side accepts it"},
	{"liaison/note RU", "note in confidence, for one side and the mission; `liaison/note UA` is the other's"},
	{"commitment UA", "commitment: the answer of one side to the blanket proposal"},
	{"commitment RU", "commitment: the answer of the other"},
	{"terms energy-2025", "terms: the text with five readings; also blanket-30d, black-sea-2025, easter-2025"},
	{"background 1", "dataset: generated, first edition, superseded"},
	{"background 2", "dataset: generated, second edition; its rows have ids ULID.N"},
	{"finding 1", "finding: recorded, so that `truce verify` judges it again"},
	{"report erased", "report: erased by order"},
	{"erasure", "erasure: says so"},
	{"annex", "annex under seal"},
	{"means", "means: what could see, the same on the ground of each party"},
	{"denial RU", "restriction: access denied by one side; `denial UA` by the other, `delay RU`, `delay UA`"},
	{"outage RU", "coverage: a camera saw nothing for an hour; `outage UA` likewise"},
	{"task sent", "task: under way"},
	{"task dropped", "task: dropped, with its reason"},
}

// Page writes docs/console-data.md.
func Page() (string, error) {
	b, err := gather()
	if err != nil {
		return "", err
	}
	var p strings.Builder
	p.WriteString(`# The demo's record, for whoever builds on it

Made from internal/story by ` + "`go test ./internal/story -run Page -update`" + `; a test compares.

` + "`truce demo`" + ` makes this record and serves it; nobody signs in. ` + "`/healthz`" + ` has a member
` + "`demo`" + ` with a notice, which stands on every page, and the day on which the story ends
(take it as today). The record is the same to the byte each time, so these ids can be
linked to. Texts that begin with DEMO are work of a mission that never was; those
that begin with SYNTHETIC, with the source ` + "`synthetic`" + `, are generated, each with a twin
with the parties exchanged; all else is what was said in public, in summary.

Titles of the disputed incidents begin with their number: ` + "`I-05 · …`" + `. Reports of the
background whose incident nobody has made yet (state ` + "`report`" + `) are there to be triaged.

There is no kind of entry for talks yet: rounds, positions and counts are claims about
no incident. Tasks follow from the deciding facts of findings and from the means.

| name | kind | id | look at it for |
| --- | --- | --- | --- |
`)
	for _, x := range interesting {
		id := b.id(x.name)
		if b.err != nil {
			return "", b.err
		}
		fmt.Fprintf(&p, "| %s | %s | `%s` | %s |\n", x.name, b.drafts[b.named[x.name]].kind, id, x.why)
	}
	p.WriteString("\n## Levels of the record\n\nWhat is before the second of these days is cosigned by both parties, what is before\nthe third by the neutral, what is later by nobody. Whose cosignatures count is in\n`mission.policy` in the folder of the record.\n\n| checkpoint after | cosigned by |\n| --- | --- |\n")
	for _, day := range cosignedDays() {
		fmt.Fprintf(&p, "| %s | %s |\n", day, strings.Join(cosigned[day], ", "))
	}
	p.WriteString("\n## Accounts\n\nOne for each role; both delegates have the same rights. Keys come from a seed that is in\nthe source: they are worthless. No account has a password: `truce demo` lets everybody\ndo everything but keep accounts and erase.\n\n| account | name | role | party |\n| --- | --- | --- | --- |\n")
	for _, x := range People {
		fmt.Fprintf(&p, "| %s | %s | %s | %s |\n", x.Account, x.Name, x.Role, x.Party)
	}
	return p.String(), nil
}
