// Package sheet lays drafts out for people: a list, and one page for a
// delegation. It adds no statement about the world: each line stands on words of
// an article, which it shows, or says that they do not tell.
package sheet

import (
	_ "embed"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

//go:embed data/means.tsv
var meansTSV string

// Line is a statement of the page, with the words it rests on.
type Line struct {
	Says  string        `json:"says"`
	Words []talks.Words `json:"words,omitempty"`
	// Article is the name of the article that the words stand in.
	Article string `json:"article,omitempty"`
}

// Page is one page for a delegation.
type Page struct {
	Regimes   []Line `json:"regimes"`
	Bound     []Line `json:"bound"`
	Scope     []Line `json:"scope"`
	Means     []Line `json:"means"`
	Questions []Line `json:"questions"`
	Talks     []Line `json:"talks"`
}

// Brief gathers drafts of some articles to one page.
func Brief(articles []talks.Article) Page {
	var p Page
	for i := range articles {
		p.add(&articles[i])
	}
	return p
}

func (p *Page) add(a *talks.Article) {
	byID := map[string]*talks.Draft{}
	for i := range a.Drafts {
		byID[a.Drafts[i].ID] = &a.Drafts[i]
	}
	scopes := map[string]*talks.Draft{}
	for i := range a.Drafts {
		d := &a.Drafts[i]
		switch d.Kind {
		case talks.Proposal:
			p.Regimes = append(p.Regimes, line(a, d, regime(d)))
			p.Scope = append(p.Scope, line(a, d, scopeLine(d)))
			if scopes[d.Scope] == nil {
				scopes[d.Scope] = d
			}
			p.Questions = append(p.Questions, gaps(a, d)...)
		case talks.Position:
			p.Bound = append(p.Bound, line(a, d, stanceLine(d, byID[d.Proposal])))
			p.Questions = append(p.Questions, conditions(a, d)...)
			p.Questions = append(p.Questions, mandates(a, d)...)
		case talks.Order:
			p.Bound = append(p.Bound, line(a, d, orderLine(d)))
		case talks.Agenda:
			for _, q := range d.Questions {
				p.Questions = append(p.Questions, Line{"To be settled" + bySpeaker(d) + ": " + q.Text, []talks.Words{q}, a.Name})
			}
		case talks.Meeting, talks.Sequence, talks.Delegation:
			p.Talks = append(p.Talks, line(a, d, Summary(d)))
		case talks.Incident:
			if l, ok := disputed(a, d); ok {
				p.Questions = append(p.Questions, l)
			}
		case talks.Response:
			p.Questions = append(p.Questions, line(a, d, party(d.Party)+" reserves a response"+modeOf(d)+": after what, who finds it, with what notice and proportion is not settled"))
		}
	}
	for _, row := range strings.Split(meansTSV, "\n") {
		r := strings.Split(row, "\t")
		if strings.HasPrefix(row, "#") || len(r) != 4 || scopes[r[0]] == nil {
			continue
		}
		p.Means = append(p.Means, line(a, scopes[r[0]], scopeWord(r[0])+": "+r[1]+" could tell "+r[2]+"; not "+r[3]))
	}
}

func line(a *talks.Article, d *talks.Draft, says string) Line {
	return Line{says, d.Words[:min(len(d.Words), 2)], a.Name}
}

func regime(d *talks.Draft) string {
	out := scopeWord(d.Scope)
	if d.Days > 0 {
		out += ", " + days(d.Days)
	}
	if d.Party != "" {
		out += ", proposed by " + d.Party
	}
	return out
}

func scopeLine(d *talks.Draft) string {
	out := scopeWord(d.Scope)
	if d.Days == 0 {
		out += "; how long is not told"
	}
	return out + "; which objects count, and whether attempts and intercepted weapons do, is told only by these words"
}

func stanceLine(d, proposal *talks.Draft) string {
	what := "a proposal that is not told apart"
	if proposal != nil {
		what = regime(proposal)
	} else if d.Scope != "" && d.Scope != "other" {
		what = scopeWord(d.Scope)
	}
	out := party(d.Party) + " " + stanceWord(d.Stance) + ": " + what
	if d.Date != nil && d.Stance == "accepts" {
		out += "; since " + dateWords(d.Date) + ", as the words have it"
	} else if d.Stance == "accepts" {
		out += "; since when is not told"
	}
	for _, c := range d.Conditions {
		out += "; condition: “" + c.Text + "”"
	}
	if len(d.Open) > 0 {
		out += " (" + strings.Join(d.Open, "; ") + ")"
	}
	return out
}

func orderLine(d *talks.Draft) string {
	out := party(d.Party) + " is said to have ordered its forces"
	if d.State == "not given" {
		out = party(d.Party) + " is said not to have given an order"
	}
	if d.What != nil {
		out += ": “" + d.What.Text + "”"
	}
	if d.Date != nil {
		out += ", " + dateWords(d.Date)
	}
	return out
}

// gaps are what the words of a proposal do not tell.
func gaps(a *talks.Article, d *talks.Draft) []Line {
	if d.Scope == "other" {
		return nil
	}
	name := scopeWord(d.Scope)
	out := []Line{line(a, d, name+": when does it begin, at what hour, by whose clock?")}
	if d.Days == 0 {
		out = append(out, line(a, d, name+": how long does it last?"))
	}
	if d.Scope == "energy" {
		out = append(out, line(a, d, name+": which facilities are on the list, and who certifies it?"))
	}
	return append(out, line(a, d, name+": who monitors, with what access, and to whom are complaints made?"))
}

// mandates holds an acceptance against what is said of the delegation's mandate.
func mandates(a *talks.Article, d *talks.Draft) (out []Line) {
	if !strings.HasPrefix(d.Stance, "accepts") || d.Party == "" {
		return nil
	}
	for i := range a.Drafts {
		o := &a.Drafts[i]
		if o.Kind != talks.Delegation || o.Party != d.Party || len(o.Mandate) == 0 {
			continue
		}
		var words []talks.Words
		for _, m := range o.Mandate {
			words = append(words, m.Words)
		}
		if firstAccepting(a, d.Party) != d.ID {
			continue // asked once for a party
		}
		out = append(out, Line{"Is what " + d.Party + " says it accepts within the mandate of its delegation, as these words tell it?", words, a.Name})
	}
	return out
}

func conditions(a *talks.Article, d *talks.Draft) (out []Line) {
	for _, c := range d.Conditions {
		out = append(out, Line{"Who finds that the condition of " + party(d.Party) + " is met: “" + c.Text + "”?", []talks.Words{c}, a.Name})
	}
	return out
}

// disputed is an incident for which each side is named by somebody.
func disputed(a *talks.Article, d *talks.Draft) (Line, bool) {
	named := map[string]bool{}
	for _, c := range d.ClaimedActor {
		if !c.Denied {
			named[c.Actor] = true
		}
	}
	if len(named) < 2 {
		return Line{}, false
	}
	return line(a, d, "Who did it stays open: "+strings.Join(claims(d), "; ")), true
}

func claims(d *talks.Draft) (out []string) {
	for _, c := range d.ClaimedActor {
		by := c.By
		if by == "" {
			by = "the article"
		}
		if c.Denied {
			out = append(out, by+" denies it")
		} else {
			out = append(out, by+" names "+c.Actor)
		}
	}
	return out
}

func modeOf(d *talks.Draft) string {
	if d.Mode == "" {
		return ""
	}
	return " (" + d.Mode + ")"
}

func bySpeaker(d *talks.Draft) string {
	if d.Party == "" {
		return ""
	}
	return ", says " + d.Party
}

// firstAccepting is the first position by which a party accepts something.
func firstAccepting(a *talks.Article, party string) string {
	for i := range a.Drafts {
		if d := &a.Drafts[i]; d.Kind == talks.Position && d.Party == party && strings.HasPrefix(d.Stance, "accepts") {
			return d.ID
		}
	}
	return ""
}
