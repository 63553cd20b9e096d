package sheet

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/truce-project/truce/internal/talks"
)

// Summary is a draft in one line.
func Summary(d *talks.Draft) string {
	var out []string
	add := func(s ...string) {
		for _, x := range s {
			if x != "" {
				out = append(out, x)
			}
		}
	}
	switch d.Kind {
	case talks.Meeting:
		medium := d.Medium
		if medium == "" {
			medium = "meeting"
		}
		state := d.State
		if state == "" {
			state = "state open"
		}
		add(strings.Join(d.Parties, "–")+" "+medium, state, d.Place)
	case talks.Sequence:
		add(strings.Join(d.First, "–") + " before " + strings.Join(d.Then, "–"))
	case talks.Delegation:
		add("delegation of " + party(d.Party))
		if d.Head != "" {
			add("head: " + d.Head)
		}
		if len(d.Members) > 0 {
			add("named: " + strings.Join(d.Members, "; "))
		}
		for _, m := range d.Mandate {
			add("mandate: “" + m.Text + "”" + saidBy(m.Speaker))
		}
	case talks.Proposal:
		add(regime(d))
	case talks.Position:
		add(party(d.Party)+" "+stanceWord(d.Stance), scopeWord(d.Scope))
		for _, c := range d.Conditions {
			add("condition: “" + c.Text + "”")
		}
	case talks.Order:
		add(orderLine(d))
	case talks.Claim, talks.Accusation:
		add(claimLine(d))
	case talks.Incident:
		add(d.Place, strings.Join(d.Target, "|"), strings.Join(claims(d), "; "))
	case talks.Response:
		add(party(d.Party) + " " + d.State + modeOf(d))
	case talks.Agenda:
		for _, q := range d.Questions {
			add("“" + q.Text + "”")
		}
	}
	if d.Date != nil && d.Kind != talks.Order {
		add(dateWords(d.Date))
	}
	return strings.Join(out, ", ")
}

func claimLine(d *talks.Draft) string {
	out := party(d.Party)
	switch {
	case d.Mode == "denies":
		out += " denies"
	case d.Mode == "silent":
		out += " has not commented, which is neither a denial nor an admission"
	case d.Mode == "asserts":
		out += " says that it keeps it"
	case d.Mode == "attributes":
		out += " names " + party(d.Accused)
	default:
		out += " accuses " + party(d.Accused)
	}
	if d.What != nil && d.What.Text != "" {
		out += ": “" + d.What.Text + "”"
	}
	if d.Answers != "" {
		out += " (answers " + d.Answers + ")"
	}
	if d.Norm != "" {
		out += "; norm invoked: " + d.Norm
	}
	if d.Period != nil {
		out += "; period: “" + d.Period.Text + "”"
	}
	return out
}

func saidBy(s *talks.Speaker) string {
	switch {
	case s == nil:
		return ""
	case s.Name != "":
		return " (" + s.Name + ")"
	case s.Party != "":
		return " (" + s.Party + ")"
	}
	return " (" + s.Words.Text + ")"
}

func party(p string) string {
	if p == "" {
		return "a party that is not told"
	}
	return p
}

func scopeWord(s string) string {
	switch s {
	case "blanket":
		return "a truce of all fighting"
	case "energy":
		return "a halt of strikes on energy"
	case "maritime":
		return "a truce at sea"
	case "air":
		return "a truce in the air"
	case "truce":
		return "a truce, of what is not told"
	case "":
		return ""
	}
	return "a proposal"
}

func stanceWord(s string) string {
	switch s {
	case "silent":
		return "has not said"
	case "accepts-if":
		return "accepts on a condition"
	case "reserves":
		return "keeps its answer open"
	}
	return s
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}

func dateWords(d *talks.Date) string {
	v := d.Value
	if d.End != "" {
		v += ".." + d.End
	}
	if v == "" {
		v = d.Relative
	}
	if v == "" {
		return "“" + d.Words.Text + "”"
	}
	return v + " (“" + d.Words.Text + "”)"
}

// List writes the drafts of an article, by kind.
func List(out io.Writer, a *talks.Article) {
	head := []string{a.Name, "language " + a.Lang}
	if a.Dateline != "" {
		head = append(head, "dateline "+a.Dateline+" ("+a.From+")")
	} else {
		head = append(head, "no dateline: dates stay relative")
	}
	fmt.Fprintf(out, "%s: %d drafts; a person accepts each\n", strings.Join(head, ", "), len(a.Drafts))
	kind := talks.Kind("")
	for i := range a.Drafts {
		d := &a.Drafts[i]
		if d.Kind != kind {
			kind = d.Kind
			fmt.Fprintf(out, "\n%s\n", strings.ToUpper(string(kind)))
		}
		fmt.Fprintf(out, "  %s  %s\n", d.ID, Summary(d))
		for _, w := range d.Words {
			fmt.Fprintf(out, "      bytes %d..%d “%s”\n", w.Start, w.End, short(w.Text))
		}
		if d.Speaker != nil {
			fmt.Fprintf(out, "      said by %s\n", speaker(d.Speaker))
		}
		if len(d.Relay) > 0 {
			fmt.Fprintf(out, "      relayed by %s\n", strings.Join(d.Relay, ", citing "))
		}
		for _, o := range d.Open {
			fmt.Fprintf(out, "      open: %s\n", o)
		}
	}
	for _, r := range a.Refused {
		fmt.Fprintf(out, "refused: %s\n", r)
	}
}

func speaker(s *talks.Speaker) string {
	var parts []string
	for _, x := range []string{s.Name, s.Role, s.Party} {
		if x != "" {
			parts = append(parts, x)
		}
	}
	if s.Open != "" {
		parts = append(parts, "open: "+s.Open)
	}
	return strings.Join(parts, ", ")
}

// short cuts a long quotation at a word.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= 160 {
		return s
	}
	cut := string(r[:160])
	if i := strings.LastIndexByte(cut, ' '); i > 0 {
		cut = cut[:i]
	}
	return cut + " …"
}

// Write writes the page as text: each line with the numbers of the words that it
// rests on, which stand at its foot.
func (p Page) Write(out io.Writer) {
	var notes notes
	for _, part := range []struct {
		title string
		lines []Line
		none  string
	}{
		{"On the table", p.Regimes, "no proposal is told"},
		{"Who is bound by what, since when, and who is not", p.Bound, "nobody is told to be bound"},
		{"In scope", p.Scope, "nothing is told of a scope"},
		{"What could be monitored, by which means", p.Means, "no scope is told that means could be named for"},
		{"Open questions to settle", p.Questions, "none are told"},
		{"The talks", p.Talks, "no talks are told"},
	} {
		fmt.Fprintf(out, "%s\n", part.title)
		if len(part.lines) == 0 {
			fmt.Fprintf(out, "  %s\n", part.none)
		}
		for _, l := range part.lines {
			fmt.Fprintf(out, "  - %s%s\n", l.Says, notes.refer(l))
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "Words")
	for i, n := range notes.list {
		fmt.Fprintf(out, "  [%d] %s\n", i+1, n)
	}
	fmt.Fprintln(out, "\nAll of it rests on words of articles. Nothing here is a finding, and nothing binds anybody.")
}

// notes numbers the words of a page, each piece once.
type notes struct {
	list []string
	at   map[string]int
}

func (n *notes) refer(l Line) string {
	if n.at == nil {
		n.at = map[string]int{}
	}
	out := ""
	for _, w := range l.Words {
		text := fmt.Sprintf("“%s” (%s, bytes %d..%d)", short(w.Text), l.Article, w.Start, w.End)
		if n.at[text] == 0 {
			n.list = append(n.list, text)
			n.at[text] = len(n.list)
		}
		out += fmt.Sprintf(" [%d]", n.at[text])
	}
	return out
}
