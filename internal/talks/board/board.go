package board

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/truce-project/truce/record"
)

// Position is what a party holds of a version or a clause, and what became of it.
type Position struct {
	ID string `json:"id"`
	record.PositionEntry
	In         string      `json:"in" doc:"round that it falls into"`
	Standing   string      `json:"standing" doc:"accepted, conditional, rejected, silent, reserved; unmet or lapsed, where its condition is"`
	Confided   bool        `json:"confided,omitempty" doc:"it was said in confidence"`
	Conditions []Condition `json:"conditions,omitempty" doc:"what was said of whether its condition is met"`
	Mandate    string      `json:"mandate,omitempty" doc:"of an acceptance by a delegation: within, beyond, contested or not-told"`
	Because    string      `json:"because,omitempty"`
	Superseded bool        `json:"superseded,omitempty" doc:"the party has taken another on the same since"`

	index, at int64
	dated     bool
}

// Condition is what somebody says of a condition.
type Condition struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	By      string `json:"by"`
	Day     string `json:"day"`
	Says    string `json:"says"`
	Settles bool   `json:"settles" doc:"by the party that set it, or the commission"`
}

// Proposal is all versions of a proposal, with its board.
type Proposal struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Versions []*Version `json:"versions"`
	Needs    []string   `json:"needs" doc:"parties whose acceptance it needs; where no version says, those that took a position"`
	Rows     []Row      `json:"rows" doc:"clauses down; the first, without a clause, is the whole"`
}

// Version is one version of a proposal.
type Version struct {
	Entry    string `json:"entry"`
	Confided bool   `json:"confided,omitempty"`
	record.ProposalEntry
	at    int64
	dated bool
}

// Row is a clause, or the whole, over the rounds.
type Row struct {
	Clause string `json:"clause"`
	Says   string `json:"says,omitempty" doc:"in the newest version"`
	Cells  []Cell `json:"cells" doc:"one for each round"`
}

// Cell is how a clause stood at the end of a round.
type Cell struct {
	Round   string `json:"round"`
	Version string `json:"version,omitempty" doc:"that was on the table; absent: none"`
	Status  string `json:"status" doc:"agreed, agreed-if, apart, open; none, where there was no such clause yet"`
	Holds   []Hold `json:"holds"`
}

// Hold is where a party stood.
type Hold struct {
	Party    string   `json:"party"`
	Standing string   `json:"standing" doc:"as of a position; not-told, where there is none; earlier-version, where the words have changed since; withdrawn, where it had accepted before"`
	Position string   `json:"position,omitempty" doc:"id of the entry"`
	New      bool     `json:"new,omitempty" doc:"it was taken in this round"`
	Except   []string `json:"except,omitempty" doc:"of the whole: clauses on which it took another stand since"`
	Flag     string   `json:"flag,omitempty" doc:"beyond or contested: the mandate"`
}

func (s *State) proposal(id string) *Proposal {
	for _, p := range s.Proposals {
		if p.ID == id {
			return p
		}
	}
	p := &Proposal{ID: id, Versions: []*Version{}, Needs: []string{}, Rows: []Row{}}
	s.Proposals = append(s.Proposals, p)
	return p
}

func (s *State) version(e *Entry, v *record.ProposalEntry) {
	p := s.proposal(v.Proposal)
	if slices.ContainsFunc(p.Versions, func(x *Version) bool { return x.Version == v.Version }) {
		s.problem(e, fmt.Sprintf("there is a version %q of %s already: a version is never changed", v.Version, v.Proposal))
		return
	}
	x := &Version{Entry: e.ID, Confided: e.Wrapped, ProposalEntry: *v}
	x.at, x.dated = instant(v.Day)
	p.Versions = append(p.Versions, x)
	p.Title = cmp.Or(v.Title, p.Title)
	for _, n := range v.Needs {
		if !slices.Contains(p.Needs, n) {
			p.Needs = append(p.Needs, n)
		}
	}
}

// settle says of every position what became of it, and what commitment follows.
func (s *State) settle() {
	standing := map[string]string{"accepts": "accepted", "accepts-if": "conditional", "rejects": "rejected", "silent": "silent", "reserves": "reserved"}
	by := map[string]*Position{}
	slices.SortFunc(s.Positions, func(a, b *Position) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.index, b.index)) })
	for _, p := range s.Positions {
		p.Standing, p.In = standing[p.Stance], s.roundAt(p.Round, p.Day).ID
		by[p.ID] = p
		s.proposal(p.Proposal)
	}
	for _, c := range s.conditions {
		p := by[c.Position]
		if p == nil || p.Stance != "accepts-if" {
			s.problem(c.Entry, "there is no position "+c.Position+" with a condition among these talks")
			continue
		}
		settles := c.By == p.Holder || c.By == "commission" && c.Role == "chair"
		p.Conditions = append(p.Conditions, Condition{c.ID, c.State, c.By, c.Day, c.Says, settles})
		if settles {
			p.Standing = map[string]string{"met": "accepted", "not-met": "unmet", "lapsed": "lapsed", "open": "conditional"}[c.State]
		}
	}
	newest := map[[3]string]*Position{}
	for _, p := range s.Positions {
		k := [3]string{p.Holder, p.Proposal, p.Clause}
		if old := newest[k]; old != nil {
			old.Superseded = true
		}
		newest[k] = p
	}
	for _, d := range s.Disclosures {
		for i := range s.Notes {
			if s.Notes[i].ID == d.Entry {
				s.Notes[i].Disclosed = append(s.Notes[i].Disclosed, d.To...)
			}
		}
	}
	for _, p := range s.Positions {
		s.commitment(p)
	}
	s.entered()
}

// board lays out a proposal: clauses down, rounds across.
func (s *State) board(p *Proposal) {
	if len(p.Needs) == 0 {
		for _, x := range s.Positions {
			if x.Proposal == p.ID && !slices.Contains(p.Needs, x.Holder) {
				p.Needs = append(p.Needs, x.Holder)
			}
		}
	}
	slices.Sort(p.Needs)
	clauses := []string{""}
	for _, v := range p.Versions {
		for _, c := range v.Clauses {
			if !slices.Contains(clauses, c.Clause) {
				clauses = append(clauses, c.Clause)
			}
		}
	}
	for _, x := range s.Positions {
		if x.Proposal == p.ID && !slices.Contains(clauses, x.Clause) {
			clauses = append(clauses, x.Clause)
		}
	}
	for _, c := range clauses {
		row := Row{Clause: c}
		if n := len(p.Versions); n > 0 {
			row.Says, _ = p.Versions[n-1].words(c)
		}
		for i, r := range s.Rounds {
			cell := s.cell(p, c, i)
			if c != "" || len(clauses) == 1 {
				if cell.Status != "none" {
					r.Counts[cell.Status]++
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		p.Rows = append(p.Rows, row)
	}
}

// words are those of a clause in a version.
func (v *Version) words(clause string) (string, bool) {
	for _, c := range v.Clauses {
		if c.Clause == clause {
			return c.Says, true
		}
	}
	return "", false
}

// current is the version that was on the table at the end of a round: the last that
// had been tabled before the next began. One without a date counts from the first. A
// draft that was shown in confidence is on nobody's table beside one that is open.
func (s *State) current(p *Proposal, round int) *Version {
	var out *Version
	for _, v := range p.Versions {
		if v.Confided && out != nil && !out.Confided {
			continue
		}
		if round+1 < len(s.Rounds) && v.dated && v.at >= s.Rounds[round+1].from {
			continue
		}
		out = v
	}
	return out
}

func (s *State) cell(p *Proposal, clause string, round int) Cell {
	cell := Cell{Round: s.Rounds[round].ID, Status: "none", Holds: []Hold{}}
	v := s.current(p, round)
	if v != nil {
		cell.Version = v.Version
	}
	counts := map[string]int{}
	for _, party := range p.Needs {
		h := s.hold(p, v, clause, party, round)
		counts[h.Standing]++
		cell.Holds = append(cell.Holds, h)
	}
	n := len(p.Needs)
	switch told := n - counts["not-told"]; {
	case v == nil && told == 0 || n == 0:
		return cell
	case counts["accepted"] == n:
		cell.Status = "agreed"
	case counts["accepted"]+counts["conditional"] == n:
		cell.Status = "agreed-if"
	case counts["rejected"]+counts["withdrawn"]+counts["unmet"]+counts["lapsed"] > 0:
		cell.Status = "apart"
	default:
		cell.Status = "open"
	}
	if clause != "" && v != nil && len(v.Clauses) > 0 {
		if _, there := v.words(clause); !there {
			cell.Status = "none"
		}
	}
	return cell
}

// hold is where a party stood on a clause at the end of a round: its last position on
// the clause or on the whole. Of a version whose words were others it is no position
// on this one.
func (s *State) hold(p *Proposal, v *Version, clause, party string, round int) Hold {
	h := Hold{Party: party, Standing: "not-told"}
	upTo := map[string]bool{}
	for _, r := range s.Rounds[:round+1] {
		upTo[r.ID] = true
	}
	var last *Position
	accepted := false
	for _, x := range s.Positions {
		if x.Holder != party || x.Proposal != p.ID || !upTo[x.In] {
			continue
		}
		if clause == "" && x.Clause != "" && last != nil && (x.Stance == "rejects" || x.Stance == "reserves") && !slices.Contains(h.Except, x.Clause) {
			h.Except = append(h.Except, x.Clause)
		}
		if x.Clause != "" && x.Clause != clause {
			continue
		}
		accepted = accepted || last != nil && last.Standing == "accepted"
		last = x
		if x.Clause == "" {
			h.Except = nil
		}
	}
	if last == nil {
		return h
	}
	h.Position, h.Standing, h.New = last.ID, last.Standing, last.In == s.Rounds[round].ID
	if last.Mandate == "beyond" || last.Mandate == "contested" {
		h.Flag = last.Mandate
	}
	switch {
	case v != nil && last.Version != v.Version && !s.sameWords(p, v, last, clause):
		h.Standing = "earlier-version"
	case len(h.Except) > 0 && h.Standing == "accepted":
		h.Standing = "reserved"
	case h.Standing == "rejected" && accepted:
		h.Standing = "withdrawn"
	}
	return h
}

// sameWords reports whether a clause reads the same in the version of a position as in
// another. The whole is the same in no other version.
func (s *State) sameWords(p *Proposal, v *Version, x *Position, clause string) bool {
	if clause == "" {
		return false
	}
	for _, old := range p.Versions {
		if old.Version == x.Version {
			a, ok := old.words(clause)
			b, also := v.words(clause)
			return ok && also && a == b
		}
	}
	return false
}
