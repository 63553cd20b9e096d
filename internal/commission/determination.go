package commission

import (
	"fmt"
	"slices"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Determination is what was proposed, and who agreed.
type Determination struct {
	Entry     string            `json:"entry"`
	By        string            `json:"by,omitempty" doc:"who proposed it; absent: the chair"`
	Answer    string            `json:"answer,omitempty"`
	Says      string            `json:"says"`
	Facts     map[string]string `json:"facts,omitempty"`
	Tier      string            `json:"tier,omitempty"`
	Proposed  Time              `json:"proposed"`
	Adopted   Time              `json:"adopted,omitempty" doc:"since when its signatures, its quorum and what it waits for were there"`
	Recorded  string            `json:"recorded,omitempty" doc:"the determination@1 that the chair wrote of it"`
	Appealed  Time              `json:"appealed,omitempty" doc:"it waits for the tier above"`
	Signed    []Signed          `json:"signed,omitempty"`
	Quorum    int               `json:"quorum,omitempty" doc:"members that must take part"`
	Needed    int               `json:"needed,omitempty" doc:"members that must agree"`
	TookPart  int               `json:"took_part"`
	Agreed    int               `json:"agreed"`
	Waiting   []string          `json:"waiting,omitempty" doc:"what it waits for, in words"`
	Gates     []Gate            `json:"gates,omitempty" doc:"the same, for programs"`
	Dissented []Signed          `json:"dissented,omitempty"`
}

// Signed is what one member says of it.
type Signed struct {
	Member string `json:"member"`
	Says   string `json:"says" enum:"agrees,dissents,abstains"`
	Reason string `json:"reason,omitempty"`
	At     Time   `json:"at"`
	Entry  string `json:"entry"`
}

// proposal is a determination with its case.
type proposal struct {
	c *Case
	d *Determination
}

// last is the proposal that counts: the last one.
func (c *Case) last() *Determination {
	if n := len(c.Determinations); n > 0 {
		return c.Determinations[n-1]
	}
	return nil
}

// adopted is the last proposal, if it is adopted by now and not under appeal.
func (c *Case) adopted(now when.Instant) *Determination {
	d := c.last()
	if d == nil {
		return nil
	}
	c.weigh(d, now)
	if d.Adopted == 0 || when.Instant(d.Adopted) > now || d.Appealed != 0 {
		return nil
	}
	return d
}

func (c *Case) refuseProposal(x dated, p *record.StepEntry) string {
	if p.Party != "" && !c.member(p.Party) {
		return p.Party + " is no member of the commission"
	}
	if c.adopted(x.Made) != nil {
		return "a determination is adopted: an appeal comes before another"
	}
	return ""
}

func (c *Case) refuseAppeal(x dated, p *record.StepEntry) string {
	d := c.adopted(x.Made)
	switch {
	case p.Party != c.By && p.Party != c.Against:
		return "an appeal is one of the two parties'"
	case d == nil:
		return "there is no determination to appeal from"
	}
	if _, ok := c.next(); !ok {
		return "there is no higher tier: the determination stands"
	}
	if st := c.on.course.Step("appeal"); st != nil && st.Within != nil {
		start := when.Instant(d.Adopted)
		if due := c.on.stopped(c.on.due(st.Within, st.Working, start), st.Working, start, x.Made, c.Stops); x.Made > due {
			return fmt.Sprintf("the time for an appeal ran out at %s", due)
		}
	}
	return ""
}

// appeal takes the case up; the determination waits.
func (c *Case) appeal(at when.Instant, party string) {
	c.last().Appealed = Time(at)
	up, _ := c.next()
	c.reach(up, at, "appeal of "+party)
}

// signature takes what a member says of a proposal.
func (s *State) signature(x dated) {
	p, ok := read[record.SignatureEntry](s, x.Entry)
	if !ok {
		return
	}
	of := about(x.Entry, s.proposals)
	if of == nil {
		s.problem(x.Entry, "it is about no proposed determination")
		return
	}
	c, d := of.c, of.d
	switch {
	case !slices.Contains([]string{"agrees", "dissents", "abstains"}, p.Says):
		s.problem(x.Entry, "%q: expected agrees, dissents or abstains", p.Says)
	case !c.member(p.Member):
		s.problem(x.Entry, "%s is no member of the commission", p.Member)
	case x.Party != p.Member && s.texts[c.Text].Party(terms.PartyID(p.Member)) != nil:
		s.problem(x.Entry, "%s signs for itself: nobody signs for it", p.Member)
	case x.Party != "" && x.Party != p.Member:
		s.problem(x.Entry, "a delegate of %s signs for no other", x.Party)
	case x.Party == "" && x.Role != "" && x.Role != "chair":
		s.problem(x.Entry, "%s is no party, and the chair signs for it: this is by a %s", p.Member, x.Role)
	case d != c.last():
		s.problem(x.Entry, "the proposal was replaced by a later one")
	case c.adopted(x.Made) != nil:
		s.problem(x.Entry, "it came after the determination was adopted, and stands beside it")
		d.Dissented = append(d.Dissented, Signed{p.Member, p.Says, p.Reason, Time(x.Made), x.ID})
	default:
		d.Signed = append(slices.DeleteFunc(d.Signed, func(k Signed) bool { return k.Member == p.Member }), Signed{p.Member, p.Says, p.Reason, Time(x.Made), x.ID})
		d.Adopted = 0
	}
}

// determined takes a determination that the chair wrote. It counts as the
// commission's only where the commission adopted it.
func (s *State) determined(x dated) {
	if about(x.Entry, s.cases) == nil && about(x.Entry, s.proposals) == nil {
		return // of an incident that no case is about
	}
	p, ok := read[record.DeterminationEntry](s, x.Entry)
	if !ok {
		return
	}
	done := map[*Case]bool{}
	for _, id := range x.About() {
		c := s.cases[id]
		if k := s.proposals[id]; k != nil {
			c = k.c
		}
		if c == nil || c.last() == nil || done[c] {
			continue
		}
		done[c] = true
		d := c.last()
		d.Recorded = x.ID
		if c.adopted(x.Made) == nil {
			s.problem(x.Entry, "%s wrote it before the commission had adopted it: %s", p.By, list(append([]string{}, d.Waiting...)))
		}
	}
}

// weigh works out whether a proposal is adopted, and what it waits for.
func (c *Case) weigh(d *Determination, now when.Instant) {
	d.Waiting, d.Gates, d.TookPart, d.Agreed = nil, nil, len(d.Signed), 0
	if d.Adopted != 0 && when.Instant(d.Adopted) <= now {
		for _, k := range d.Signed {
			if k.Says == "agrees" {
				d.Agreed++
			}
		}
		return
	}
	d.Dissented = nil
	ready := when.Instant(d.Proposed)
	var st *terms.Step
	if c.on != nil {
		st = c.on.course.Step("determination")
	}
	if st != nil {
		d.Quorum, d.Needed = st.Quorum, st.Signatures
		for _, n := range st.Needs {
			at, awaits := c.past(n, now)
			if awaits != nil {
				d.wait(*awaits)
			}
			ready = max(ready, at)
		}
	}
	agreed, part := []string{}, []when.Instant{}
	var agreedAt []when.Instant
	for _, k := range d.Signed {
		part = append(part, when.Instant(k.At))
		switch k.Says {
		case "agrees":
			agreed, agreedAt = append(agreed, k.Member), append(agreedAt, when.Instant(k.At))
		case "dissents":
			d.Dissented = append(d.Dissented, k)
		}
	}
	d.Agreed = len(agreed)
	if d.Needed == 0 && d.Quorum == 0 {
		d.wait(Gate{Code: "by-number", Says: "the text does not say how many must agree: nothing is adopted by number"})
		return
	}
	if d.Agreed < d.Needed {
		d.wait(Gate{Code: "signatures", Have: d.Agreed, Need: d.Needed, Says: fmt.Sprintf("%d of %d signatures", d.Agreed, d.Needed)})
	}
	if d.TookPart < d.Quorum {
		g := Gate{Code: "part", Have: d.TookPart, Need: d.Quorum, Of: c.others(d), Says: fmt.Sprintf("%d of %d members took part", d.TookPart, d.Quorum)}
		if len(g.Of) > 0 {
			g.Says += ": " + list(g.Of) + " did not"
		}
		d.wait(g)
	}
	if len(d.Waiting) > 0 {
		return
	}
	slices.Sort(part)
	slices.Sort(agreedAt)
	if d.Quorum > 0 {
		ready = max(ready, part[d.Quorum-1])
	}
	if d.Needed > 0 {
		ready = max(ready, agreedAt[d.Needed-1])
	}
	d.Adopted = Time(ready)
}

// others names the members who have not taken part.
func (c *Case) others(d *Determination) (out []string) {
	if c.on != nil {
		for _, m := range c.on.course.Members {
			if !slices.ContainsFunc(d.Signed, func(k Signed) bool { return k.Member == m }) {
				out = append(out, m)
			}
		}
	}
	return out
}
