package board

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
)

// Entry is an entry of the record with what is known of its author.
type Entry struct {
	Index   int64
	ID      string
	Kind    string // of what is wrapped, where it was
	Payload []byte
	Wrapped bool   // it was said in confidence, in a caucus@1
	Of      string // the party whose it is; empty: the mission's
	Role    string // of the author; empty: not known
	Speaks  string // the party that the author is a delegate of
}

// Note is the kind of a note that was wrapped.
const Note = "note"

// kindCommitment is of texts: what is recorded of it stands beside what would follow.
const kindCommitment = "commitment@1"

// Kinds are those of talks.
func Kinds() []string {
	return []string{record.KindMeeting, record.KindSequence, record.KindAgenda, record.KindDelegation, record.KindProposal, record.KindPosition, record.KindCondition, record.KindDisclosure, record.KindReceived, record.KindCaucus}
}

// Read are the kinds that a state is made of: those of talks, and commitments.
func Read() []string { return append(Kinds(), kindCommitment) }

// Unwrap takes what was said in confidence out of its entry. One that cannot be read
// stays as it is, and is named among the problems of whoever may see it.
func Unwrap(e Entry) Entry {
	if e.Kind != record.KindCaucus {
		return e
	}
	var c struct {
		Kind  string          `json:"kind"`
		Entry json.RawMessage `json:"entry"`
	}
	if json.Unmarshal(e.Payload, &c) == nil && c.Kind != record.KindCaucus && len(c.Entry) > 0 {
		e.Kind, e.Payload = c.Kind, c.Entry
	}
	e.Wrapped = true
	return e
}

// Visible leaves the entries that somebody of a party sees: those that reads lets
// through, and those that were disclosed to the party. Only the one whose an entry is
// can disclose it: what a party said in confidence, that party alone.
func Visible(all []Entry, party string, reads func(*Entry) bool) []Entry {
	shown := map[string]bool{}
	if party != "" {
		owner := map[string]string{}
		for i := range all {
			if all[i].Kind != record.KindDisclosure {
				owner[all[i].ID] = all[i].Of
			}
		}
		for i := range all {
			var d record.DisclosureEntry
			if e := &all[i]; e.Kind != record.KindDisclosure || json.Unmarshal(e.Payload, &d) != nil || !slices.Contains(d.To, party) {
				continue
			} else if of, there := owner[d.Entry]; there && mayDisclose(e, of) {
				shown[d.Entry], shown[e.ID] = true, true
			}
		}
	}
	if party != "" {
		acknowledged(all, party, shown)
	}
	var out []Entry
	for i := range all {
		if shown[all[i].ID] || reads(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// acknowledged shows a party the receipts of what is its own: it knows whom it gave it
// to. One by a party that it gave nothing to it does not see.
func acknowledged(all []Entry, party string, shown map[string]bool) {
	gave := map[[2]string]bool{}
	owner := map[string]string{}
	for i := range all {
		owner[all[i].ID] = all[i].Of
	}
	for i := range all {
		var d record.DisclosureEntry
		if e := &all[i]; e.Kind == record.KindDisclosure && json.Unmarshal(e.Payload, &d) == nil && owner[d.Entry] == party && mayDisclose(e, party) {
			for _, to := range d.To {
				gave[[2]string{d.Entry, to}] = true
			}
		}
	}
	for i := range all {
		var r record.ReceivedEntry
		if e := &all[i]; e.Kind == record.KindReceived && json.Unmarshal(e.Payload, &r) == nil && gave[[2]string{r.Entry, r.By}] && (e.Speaks == r.By || e.Speaks == "") {
			shown[e.ID] = true
		}
	}
}

func mayDisclose(d *Entry, of string) bool {
	if of != "" {
		return d.Speaks == of
	}
	return d.Speaks == ""
}

// words are the closed vocabularies of members.
var words = map[string][]string{
	record.KindMeeting:   {"planned", "moved", "ongoing", "held", "cancelled", "not-planned"},
	record.KindPosition:  {"accepts", "accepts-if", "rejects", "silent", "reserves"},
	record.KindCondition: {"met", "not-met", "lapsed", "open"},
	"may":                {"discuss", "propose", "accept", "sign"},
}

// Faults says what is wrong with a payload beyond the types of its members. speaks is
// the party that its author is a delegate of, if of one.
func Faults(kind string, payload []byte, speaks string) (out []string) {
	bad := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	word := func(member, list, v string) {
		if !slices.Contains(words[list], v) {
			bad("%s: %q: expected one of %s", member, v, strings.Join(words[list], ", "))
		}
	}
	for_ := func(member, party string) {
		if speaks != "" && party != speaks {
			bad("%s: a delegate of %s speaks for no other, and this is for %q", member, speaks, party)
		}
	}
	var err error
	switch kind {
	case record.KindMeeting:
		var p record.MeetingEntry
		if err = json.Unmarshal(payload, &p); err == nil {
			word("state", kind, p.State)
			if speaks != "" && !slices.Contains(p.Parties, speaks) {
				bad("parties: a delegate of %s tells of meetings that %s is at", speaks, speaks)
			}
		}
	case record.KindDelegation:
		var p record.DelegationEntry
		if err = json.Unmarshal(payload, &p); err == nil {
			for_("delegation", p.Delegation)
			for _, m := range p.Mandate {
				for _, v := range m.May {
					word("mandate.may", "may", v)
				}
			}
		}
	case record.KindProposal:
		var p record.ProposalEntry
		if err = json.Unmarshal(payload, &p); err == nil {
			for_("tabled", p.Tabled)
		}
	case record.KindPosition:
		var p record.PositionEntry
		if err = json.Unmarshal(payload, &p); err == nil {
			for_("holder", p.Holder)
			word("stance", kind, p.Stance)
			if (p.Stance == "accepts-if") != (p.Condition != "") {
				bad("condition: it stands with accepts-if, and with nothing else")
			}
		}
	case record.KindCondition:
		var p record.ConditionEntry
		if err = json.Unmarshal(payload, &p); err == nil {
			for_("by", p.By)
			word("state", kind, p.State)
		}
	case record.KindDisclosure:
		var p record.DisclosureEntry
		err = json.Unmarshal(payload, &p)
	case record.KindReceived:
		var p record.ReceivedEntry
		if err = json.Unmarshal(payload, &p); err == nil {
			for_("by", p.By)
		}
	case record.KindSequence:
		var p record.SequenceEntry
		err = json.Unmarshal(payload, &p)
	case record.KindAgenda:
		var p record.AgendaEntry
		err = json.Unmarshal(payload, &p)
	case Note:
		var p NoteWords
		err = json.Unmarshal(payload, &p)
	default:
		bad("%q is no kind of talks: expected %s", kind, expectedKind(kind))
	}
	if err != nil {
		bad("the payload cannot be read: %v", err)
	}
	return out
}

// expectedKind says which kinds there are, the nearest first: their names have a version.
func expectedKind(kind string) string {
	kinds := append(slices.DeleteFunc(Kinds(), func(k string) bool { return k == record.KindCaucus }), Note)
	for _, k := range kinds {
		if name, _, _ := strings.Cut(k, "@"); name != k && strings.EqualFold(name, kind) {
			return k
		}
	}
	return "one of " + strings.Join(kinds, ", ")
}

// NoteWords is the payload of a note that was wrapped.
type NoteWords struct {
	Says  string `json:"says"`
	About string `json:"about,omitempty"`
}

// instant reads a date or a time; false for D+1 and for none.
func instant(s string) (int64, bool) {
	for _, form := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(form, s); err == nil {
			return t.Unix(), true
		}
	}
	return 0, false
}
