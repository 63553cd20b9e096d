package commission

import (
	"fmt"
	"slices"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Response is an answer to a breach that a party reserves, announces or takes, and
// how it stands to the text. That the checks hold makes nothing permitted: that is a
// finding's to say.
type Response struct {
	Entry  string  `json:"entry"`
	Text   string  `json:"text"`
	Clause string  `json:"clause" doc:"that gives the power, or reserves the right"`
	Party  string  `json:"party"`
	Stage  string  `json:"stage" enum:"reserved,announced,taken,ended"`
	To     string  `json:"to,omitempty" doc:"what it answers"`
	Says   string  `json:"says"`
	At     Time    `json:"at"`
	From   Time    `json:"from,omitempty"`
	Acts   int64   `json:"acts,omitempty"`
	State  string  `json:"state" enum:"holds,does-not-hold,open" doc:"whether what the text asks of it is met; open: something is not known, or is for people to weigh"`
	Checks []Check `json:"checks"`

	made when.Instant
}

// Check is one thing that a text asks of an answer.
type Check struct {
	What string `json:"what" enum:"who,after-what,finding,notice,first,window,proportion,no-answer-to-an-answer,limits"`
	Is   string `json:"is" enum:"yes,no,open"`
	Says string `json:"says"`
}

var stages = []string{"reserved", "announced", "taken", "ended"}

// response takes an answer.
func (s *State) response(x dated) {
	p, ok := read[record.ResponseEntry](s, x.Entry)
	if !ok {
		return
	}
	if _, ok := s.speaks(x.Entry, p.Party); !ok {
		return
	}
	t := s.texts[p.Text]
	if t == nil || t.Clause(terms.ClauseID(p.Clause)) == nil {
		s.problem(x.Entry, "there is no clause %s of a text %s in this record", p.Clause, p.Text)
		return
	}
	if c := t.Clause(terms.ClauseID(p.Clause)); c.Power == nil && c.Kind != terms.Reserve {
		s.problem(x.Entry, "%s gives no power and reserves no right: expected a clause with power: or reserve:", p.Clause)
		return
	}
	if !slices.Contains(stages, p.Stage) {
		s.problem(x.Entry, "%q: expected reserved, announced, taken or ended", p.Stage)
		return
	}
	r := &Response{Entry: x.ID, Text: p.Text, Clause: p.Clause, Party: p.Party, Stage: p.Stage, To: p.To, Says: p.Says, At: Time(x.Made), Acts: p.Acts, made: x.Made, Checks: []Check{}}
	if p.From != "" {
		i, err := when.ParseRFC3339(p.From)
		if err != nil {
			s.problem(x.Entry, "from: %v", err)
		}
		r.From = Time(i)
	}
	s.Responses = append(s.Responses, r)
}

func (r *Response) check(what, is, format string, args ...any) {
	r.Checks = append(r.Checks, Check{what, is, fmt.Sprintf(format, args...)})
}

// begins is when the answer begins: as it is said, or when the entry was made.
func (r *Response) begins() when.Instant {
	if r.From != 0 {
		return when.Instant(r.From)
	}
	return r.made
}

// settle checks an answer by its clause.
func (r *Response) settle(s *State, now when.Instant) {
	t := s.texts[r.Text]
	c := t.Clause(terms.ClauseID(r.Clause))
	if c.Power != nil {
		r.power(s, t, c)
	}
	if c.Limits != "" {
		r.check("limits", "open", "the text says: %s. That is for people to weigh", c.Limits)
	}
	if c.Kind == terms.Reserve && c.Limits == "" {
		r.check("limits", "open", "the text reserves the right and bounds it by nothing (L17)")
	}
	r.State = "holds"
	for _, k := range r.Checks {
		if k.Is == "no" {
			r.State = "does-not-hold"
			return
		}
		if k.Is == "open" {
			r.State = "open"
		}
	}
}

// breachOf is what an answer is to: a case, or nothing that the record knows.
func (r *Response) breachOf(s *State) *Case {
	if c := s.cases[r.To]; c != nil {
		return c
	}
	for _, c := range s.Cases {
		if slices.Contains(c.About, r.To) && r.To != "" && c.By == r.Party {
			return c
		}
	}
	return nil
}

func (r *Response) power(s *State, t *terms.Terms, c *terms.Clause) {
	p := c.Power
	r.holder(s, t, p)
	breach := r.breachOf(s)
	r.finding(p, breach)
	r.notice(s, p)
	r.first(s, p, breach)
	r.window(t, p, breach)
	if p.Proportion > 0 {
		switch {
		case r.Acts == 0:
			r.check("proportion", "open", "at most %d for one act; how many it has is not said", p.Proportion)
		case r.Acts > int64(p.Proportion):
			r.check("proportion", "no", "%d acts, and the text allows %d for one", r.Acts, p.Proportion)
		default:
			r.check("proportion", "yes", "%d of %d that the text allows for one", r.Acts, p.Proportion)
		}
	}
	if p.Once {
		other := slices.IndexFunc(s.Responses, func(o *Response) bool { return o.Entry == r.To })
		if other >= 0 {
			r.check("no-answer-to-an-answer", "no", "it answers an answer of %s", s.Responses[other].Party)
		} else {
			r.check("no-answer-to-an-answer", "yes", "it is not to an answer")
		}
	}
}

func (r *Response) holder(s *State, t *terms.Terms, p *terms.Authority) {
	if !slices.Contains(t.Bearers(p.Holder), terms.PartyID(r.Party)) {
		r.check("who", "no", "the power is of %s", list(p.Holder))
		return
	}
	if !slices.Contains(p.Holder, "injured") {
		r.check("who", "yes", "%s holds the power", r.Party)
		return
	}
	switch c := r.breachOf(s); {
	case c == nil:
		r.check("who", "open", "the power is of the injured party; which breach it suffered, the record does not show")
	case c.By != r.Party:
		r.check("who", "no", "the breach is said to be against %s", c.By)
	default:
		r.check("who", "yes", "%s complains of the breach that it answers", r.Party)
	}
}

// finding checks that there was a breach, by the standard of the text.
func (r *Response) finding(p *terms.Authority, c *Case) {
	what := "after-what"
	if p.Finding != "" {
		what = "finding"
	}
	switch {
	case p.When == "":
		r.check(what, "open", "the text does not say after what")
	case c == nil:
		r.check(what, "open", "it names no case: that there was a breach is said by %s alone", r.Party)
	default:
		d := c.last()
		found := d != nil && d.Adopted != 0 && d.Appealed == 0
		switch {
		case found && d.Answer != "breach":
			r.check(what, "no", "case %d was determined: %s", c.Number, d.Answer)
		case found && when.Instant(d.Adopted) > r.begins():
			r.check(what, "no", "the breach was determined at %s, after it began", d.Adopted)
		case found:
			r.check(what, "yes", "case %d was determined: breach", c.Number)
		case p.Finding != "":
			r.check(what, "no", "%s has to find the breach, and case %d is %s", p.Finding, c.Number, c.State)
		default:
			r.check(what, "open", "case %d is %s: the breach is said and not found", c.Number, c.State)
		}
	}
}

func (r *Response) notice(s *State, p *terms.Authority) {
	if p.Response.Notice == nil {
		if p.Notice != "" {
			r.check("notice", "open", "the text asks for notice in words that cannot be counted: %s", p.Notice)
		}
		return
	}
	if r.Stage == "reserved" {
		return
	}
	for _, o := range s.Responses {
		if o.Party != r.Party || o.To != r.To || o.Clause != r.Clause || o.Stage != "announced" || o.made > r.begins() {
			continue
		}
		if given := between(o.made, r.begins()); given >= p.Response.Notice.For.Exact && p.Response.Notice.For.Days == 0 {
			r.check("notice", "yes", "announced %s before", lasts(given))
			return
		} else if p.Response.Notice.For.Days == 0 {
			r.check("notice", "no", "announced %s before; the text asks for %s", lasts(given), p.Response.Notice.For)
			return
		}
		c := clocked{&terms.Course{}, s.texts[r.Text].Clock}
		due := c.due(p.Response.Notice, false, o.made)
		is := "yes"
		if due > r.begins() {
			is = "no"
		}
		r.check("notice", is, "announced at %s; the text asks for %s", o.At, p.Response.Notice.For)
		return
	}
	r.check("notice", "no", "no announcement of %s is recorded before it; the text asks for %s", r.Party, p.Response.Notice.For)
}

// first checks that the hotline was tried, and failed, where the text asks for it.
func (r *Response) first(s *State, p *terms.Authority, c *Case) {
	if !slices.Contains(p.First, "hotline") {
		return
	}
	since := when.Past
	if c != nil {
		since = when.Instant(c.Opened) - when.Instant(24*60*60*1000)
	}
	for _, m := range s.Messages {
		at := when.Instant(m.At)
		if m.From != r.Party || at < since || at > r.begins() || c != nil && !slices.Contains(m.To, c.Against) {
			continue
		}
		r.check("first", "yes", "message %d on the hotline at %s (%s)", m.Number, m.At, m.State)
		return
	}
	r.check("first", "no", "no message of %s on the hotline is recorded before it", r.Party)
}

func (r *Response) window(t *terms.Terms, p *terms.Authority, c *Case) {
	if p.Response.Within == nil {
		return
	}
	if c == nil {
		r.check("window", "open", "%s after %s; when that was, the record does not show", p.Response.Within.For, p.Response.Within.After)
		return
	}
	start := when.Instant(c.Opened)
	if d := c.last(); p.Response.Within.After == "determination" || p.Response.Within.After == "finding" {
		if d == nil || d.Adopted == 0 {
			r.check("window", "open", "it runs from the determination, which has not come")
			return
		}
		start = when.Instant(d.Adopted)
	}
	k := clocked{&terms.Course{}, t.Clock}
	due := k.due(p.Response.Within, false, start)
	if r.begins() > due {
		r.check("window", "no", "it could be used until %s", due)
		return
	}
	r.check("window", "yes", "it may be used until %s", due)
}
