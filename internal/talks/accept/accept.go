// Package accept turns drafts of truce read into entries of a record, once a person
// has accepted them. A draft that leaves open what an entry needs is refused, with
// what is missing: nothing is filled in.
package accept

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/talks"
	"github.com/truce-project/truce/internal/talks/board"
	"github.com/truce-project/truce/record"
)

// Entry is an entry that a draft becomes.
type Entry struct {
	Draft   string // id of the draft
	Kind    string
	Payload any
}

// Refusal is why a draft becomes none.
type Refusal struct {
	Draft, Why string
}

// Proposed is what a draft would become; Why is what it still leaves open. A payload is
// there also where something is open, so that a person can fill it in.
type Proposed struct {
	Draft   string `json:"draft"`
	Kind    string `json:"kind" doc:"of the entry"`
	Payload any    `json:"payload" doc:"of the entry, as it would be recorded"`
	Why     string `json:"open,omitempty" doc:"what keeps it from being entered as it is"`
}

// Propose lays out what every draft of an article would become.
func Propose(a *talks.Article, person string) []Proposed {
	by := map[string]*talks.Draft{}
	for i := range a.Drafts {
		by[a.Drafts[i].ID] = &a.Drafts[i]
	}
	out := []Proposed{}
	for i := range a.Drafts {
		d := &a.Drafts[i]
		kind, payload, why := entryOf(a, d, by, person)
		if why == "" && kind != "claim@1" {
			why = faults(kind, payload)
		}
		out = append(out, Proposed{d.ID, kind, payload, why})
	}
	return out
}

// Drafts makes entries of the drafts of an article that have these ids, in the order
// of the article.
// person is who accepts them.
func Drafts(a *talks.Article, ids []string, person string) (out []Entry, refused []Refusal) {
	by := map[string]*talks.Draft{}
	for i := range a.Drafts {
		by[a.Drafts[i].ID] = &a.Drafts[i]
	}
	for i := range a.Drafts {
		d := &a.Drafts[i]
		if !slices.Contains(ids, d.ID) {
			continue
		}
		kind, payload, why := entryOf(a, d, by, person)
		if why == "" && kind != "claim@1" {
			why = faults(kind, payload)
		}
		if why != "" {
			refused = append(refused, Refusal{d.ID, why})
			continue
		}
		out = append(out, Entry{d.ID, kind, payload})
	}
	return out, refused
}

// faults says what keeps an entry from counting among talks.
func faults(kind string, payload any) string {
	b, err := json.Marshal(payload)
	if err != nil {
		return err.Error()
	}
	return strings.Join(board.Faults(kind, b, ""), "; ")
}

func entryOf(a *talks.Article, d *talks.Draft, by map[string]*talks.Draft, person string) (kind string, payload any, why string) {
	q, of, read := quotation(d), source(a, d), readAs(a, d, person)
	switch d.Kind {
	case talks.Meeting:
		if d.State == "" || len(d.Parties) == 0 {
			why = "it leaves open who meets, or whether the meeting was held: expected both"
		}
		return record.KindMeeting, record.MeetingEntry{Meeting: name(d.Parties, d.Place, dayOf(d.Date), d.Medium), Parties: d.Parties, State: strings.ReplaceAll(d.State, " ", "-"), Day: dayOf(d.Date), Until: endOf(d.Date), Venue: d.Place, Medium: d.Medium, Quotation: q, Of: of, Read: read}, why
	case talks.Sequence:
		return record.KindSequence, record.SequenceEntry{First: d.First, Then: d.Then, Day: dayOf(d.Date), Quotation: q, Of: of, Read: read}, ""
	case talks.Agenda:
		x := record.AgendaEntry{By: speaker(d), Day: dayOf(d.Date), Of: of, Read: read}
		for _, w := range d.Questions {
			x.Questions = append(x.Questions, w.Text)
		}
		if len(x.Questions) == 0 {
			why = "it has no question"
		}
		return record.KindAgenda, x, why
	case talks.Delegation:
		if d.Party == "" {
			why = "it leaves open whose delegation it is"
		}
		x := record.DelegationEntry{Delegation: d.Party, Day: dayOf(d.Date), Head: d.Head, Quotation: q, Of: of, Read: read}
		for _, m := range d.Mandate {
			w := record.MandateWords{Says: m.Text, Day: dayOf(d.Date), Of: of}
			if m.Speaker != nil {
				w.By = said(m.Speaker)
			}
			x.Mandate = append(x.Mandate, w) // what they allow, a person says
		}
		return record.KindDelegation, x, why
	case talks.Proposal:
		return record.KindProposal, record.ProposalEntry{Proposal: proposal(d), Version: version(a, d), Tabled: d.Party, Title: title(d), Day: dayOf(d.Date), Quotation: q, Of: of, Read: read}, ""
	case talks.Position:
		return positionOf(a, d, by, read)
	case talks.Order, talks.Claim, talks.Accusation, talks.Response, talks.Incident:
		by := cmp.Or(speaker(d), d.Party, of)
		x := record.ClaimEntry{Says: q, By: by, Facts: facts(d), At: at(a, d), Read: read}
		if d.Kind == talks.Claim {
			x.Mode, x.Accused = d.Mode, d.Accused
		}
		if d.Kind == talks.Accusation {
			x.Mode, x.Accused = "attributes", d.Accused
		}
		if d.Mode == "silent" {
			why = "it says that a party has not commented, which is no claim: note it with the incident"
		}
		return "claim@1", x, why
	}
	return "", nil, fmt.Sprintf("%q is no kind that is entered", d.Kind)
}

func positionOf(a *talks.Article, d *talks.Draft, by map[string]*talks.Draft, read map[string]string) (string, any, string) {
	p := by[d.Proposal]
	why := ""
	switch {
	case d.Party == "":
		why = "it leaves open whose position it is"
	case p == nil:
		why = "it names no proposal of the article: expected one, since a position is on a version"
	}
	x := record.PositionEntry{Holder: d.Party, Stance: d.Stance, By: speaker(d), Day: cmp.Or(dayOf(d.Date), a.Dateline, "D"), Quotation: quotation(d), Of: source(a, d), Read: read}
	if p != nil {
		x.Proposal, x.Version = proposal(p), version(a, p)
	}
	var cs []string
	for _, c := range d.Conditions {
		cs = append(cs, c.Text)
	}
	x.Condition = strings.Join(cs, "; ")
	return record.KindPosition, x, why
}

// facts are those that a claim fills: only what the draft has as one value. Who did it
// is among them where the claim names somebody, since it is a claim.
func facts(d *talks.Draft) map[string]string {
	out := map[string]string{}
	for k, v := range map[string][]string{"act": d.Act, "target": d.Target, "means": d.Means, "outcome": d.Outcome} {
		if len(v) > 0 {
			out[k] = strings.Join(v, "|")
		}
	}
	if d.Kind == talks.Claim && d.Mode == "attributes" && d.Accused != "" {
		out["actor"] = d.Accused
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func quotation(d *talks.Draft) string {
	var out []string
	for _, w := range d.Words {
		out = append(out, w.Text)
	}
	return strings.Join(out, " [...] ")
}

// source is the article with those who carried the words.
func source(a *talks.Article, d *talks.Draft) string {
	s := cmp.Or(a.URL, a.Name)
	if a.Agency != "" {
		s = a.Agency + ", " + s
	}
	if a.Dateline != "" {
		s += ", " + a.Dateline
	}
	if len(d.Relay) > 0 {
		s += ", citing " + strings.Join(d.Relay, ", citing ")
	}
	return s
}

func at(a *talks.Article, d *talks.Draft) string {
	s := source(a, d)
	if day := dayOf(d.Date); day != "" {
		s += " (of " + day + ")"
	}
	return s + ", draft " + d.ID + " of the text " + a.SHA256
}

// readAs says which draft of which text was accepted, where its words stand, and what
// they leave open.
func readAs(a *talks.Article, d *talks.Draft, person string) map[string]string {
	out := map[string]string{"draft": d.ID, "text_sha256": a.SHA256, "by": cmp.Or(d.Extractor, "rules"), "accepted_by": person}
	var at []string
	for _, w := range d.Words {
		at = append(at, strconv.Itoa(w.Start)+".."+strconv.Itoa(w.End))
	}
	out["bytes"] = strings.Join(at, ",")
	if len(d.Open) > 0 {
		out["open"] = strings.Join(d.Open, "; ")
	}
	if d.Date != nil {
		out["date"] = d.Date.Words.Text
	}
	return out
}

func speaker(d *talks.Draft) string {
	if d.Speaker == nil {
		return ""
	}
	return said(d.Speaker)
}

func said(s *talks.Speaker) string {
	switch name := strings.TrimSpace(cmp.Or(s.Name, s.Role, s.Words.Text)); {
	case s.Party == "":
		return name
	case name == "" || name == s.Party:
		return s.Party
	default:
		return name + " (" + s.Party + ")"
	}
}

// dayOf is a date as entries have it: as it is known, or relative; never guessed.
func dayOf(d *talks.Date) string {
	if d == nil {
		return ""
	}
	return cmp.Or(d.Value, d.Relative)
}

func endOf(d *talks.Date) string {
	if d == nil {
		return ""
	}
	return d.End
}

// name is a name for a meeting that another article about it would get too.
func name(parties []string, place, day, medium string) string {
	ps := slices.Sorted(slices.Values(parties))
	return strings.ToLower(strings.Join(slices.DeleteFunc([]string{strings.Join(ps, "-"), medium, place, day}, func(s string) bool { return s == "" }), " "))
}

// proposal is a name for what is proposed: what it stops, and for how long.
func proposal(d *talks.Draft) string {
	out := cmp.Or(d.Scope, "truce")
	if d.Days > 0 {
		out += "-" + strconv.Itoa(d.Days) + "d"
	}
	return out
}

func title(d *talks.Draft) string {
	out := cmp.Or(d.Scope, "truce")
	if d.Days > 0 {
		out += ", " + strconv.Itoa(d.Days) + " days"
	}
	return out
}

// version is named by the day of the proposal, or else by the text that tells of it.
func version(a *talks.Article, d *talks.Draft) string {
	if day := dayOf(d.Date); day != "" && strings.HasPrefix(day, "2") {
		return day
	}
	return "as told " + cmp.Or(a.Dateline, a.SHA256[:min(8, len(a.SHA256))])
}
