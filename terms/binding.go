package terms

import "github.com/truce-project/truce/where"

// Binding returns when a clause of any kind binds a party under a reading. Extra
// commitments override the text's by id. No window: it does not bind it.
func (t *Terms) Binding(reading string, c *Clause, party PartyID, extra []Commitment) []Window {
	r := &Regime{Terms: t, ReadingID: reading, Reading: t.Reading(reading)}
	x := &resolver{p: &reader{file: t.File, t: t}, r: r, defs: map[string]*Definition{}, index: map[string]int{}, zi: map[*where.Zone]int{}}
	return x.windowsOf(c, party, x.life(), x.commitments(extra), false)
}

// Holds reports whether a clause stands in a reading.
func (c *Clause) Holds(reading string) bool { return inReading(c.Readings, reading) }

// Bearers are the parties that a duty or a power names; each, injured and no name
// at all stand for every party.
func (t *Terms) Bearers(names []string) []PartyID {
	var out []PartyID
	for _, n := range names {
		if t.Party(PartyID(n)) != nil {
			out = append(out, PartyID(n))
		}
	}
	if out == nil {
		for _, p := range t.Parties {
			out = append(out, p.ID)
		}
	}
	return out
}
