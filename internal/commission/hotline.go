package commission

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

//go:embed messages/*.txt
var messageFiles embed.FS

// Languages are those in which every template has its words.
func Languages() []string { return []string{"en", "uk", "ru"} }

// templates are the words by language and name.
var templates = sync.OnceValue(func() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, l := range Languages() {
		b, err := messageFiles.ReadFile("messages/" + l + ".txt")
		if err != nil {
			panic("commission: " + err.Error()) // it is built in
		}
		out[l] = map[string]string{}
		for line := range strings.Lines(string(b)) {
			if name, words, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && name[0] != '#' {
				out[l][name] = words
			}
		}
	}
	return out
})

// Templates are the names of the templates, sorted.
func Templates() []string { return slices.Sorted(maps.Keys(templates()["en"])) }

var slot = regexp.MustCompile(`\{([a-z]+)\}`)

// Slots are the values that a template asks for, in their order.
func Slots(template string) []string {
	var out []string
	for _, m := range slot.FindAllStringSubmatch(templates()["en"][template], -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// Words fills a template in every language. Errors name the values that are missing,
// or the nearest template.
func Words(template string, values map[string]string) (map[string]string, error) {
	if templates()["en"][template] == "" {
		return nil, fmt.Errorf("there is no template %q: expected one of %s", template, strings.Join(Templates(), ", "))
	}
	var missing []string
	for _, s := range Slots(template) {
		if values[s] == "" {
			missing = append(missing, s)
		}
	}
	if missing != nil {
		return nil, fmt.Errorf("template %s needs %s", template, list(missing))
	}
	out := map[string]string{}
	for _, l := range Languages() {
		out[l] = slot.ReplaceAllStringFunc(templates()[l][template], func(m string) string { return values[m[1:len(m)-1]] })
	}
	return out, nil
}

// Message is a message on the hotline.
type Message struct {
	ID       string            `json:"id"`
	Number   int               `json:"number" doc:"its place among the messages of the log, from 1"`
	From     string            `json:"from,omitempty" doc:"absent: the commission"`
	To       []string          `json:"to"`
	At       Time              `json:"at"`
	Template string            `json:"template,omitempty"`
	Words    map[string]string `json:"words,omitempty" doc:"of the template, by language"`
	Says     string            `json:"says,omitempty" doc:"as it was spoken"`
	Language string            `json:"language,omitempty"`
	About    []string          `json:"about,omitempty"`
	Due      Time              `json:"due,omitempty" doc:"when it is to be acknowledged, where a text of the record sets a time"`
	State    string            `json:"state" enum:"open,acknowledged,late,overdue"`
	Missing  []string          `json:"missing,omitempty" doc:"who has not acknowledged it"`
	Acks     []Ack             `json:"acknowledged,omitempty"`
	// TakenDown: the mission took down what a party said.
	TakenDown bool `json:"taken_down,omitempty"`
}

// Ack is that somebody received a message.
type Ack struct {
	By    string `json:"by,omitempty" doc:"absent: the commission"`
	At    Time   `json:"at"`
	Says  string `json:"says,omitempty"`
	Entry string `json:"entry"`
}

// message takes a message.
func (s *State) message(x dated) {
	p, ok := read[record.MessageEntry](s, x.Entry)
	if !ok {
		return
	}
	down, ok := s.speaks(x.Entry, p.Party)
	if !ok {
		return
	}
	m := &Message{ID: x.ID, Number: len(s.Messages) + 1, From: p.Party, To: p.To, At: Time(x.Made), Template: p.Template, Says: p.Says, Language: p.Language, About: x.About(), TakenDown: down, State: "open"}
	if p.Template != "" {
		words, err := Words(p.Template, p.Values)
		if err != nil {
			s.problem(x.Entry, "%v", err)
		}
		m.Words = words
	}
	if m.Words == nil && m.Says == "" {
		s.problem(x.Entry, "message %d has no words", m.Number)
	}
	s.messages[x.ID] = m
	s.Messages = append(s.Messages, m) // it was sent, whatever is wrong with it
}

// acknowledged takes an acknowledgement.
func (s *State) acknowledged(x dated) {
	p, ok := read[record.AcknowledgedEntry](s, x.Entry)
	if !ok {
		return
	}
	if _, ok := s.speaks(x.Entry, p.Party); !ok {
		return
	}
	m := about(x.Entry, s.messages)
	switch {
	case m == nil:
		s.problem(x.Entry, "it is about no message")
	case !slices.Contains(m.To, p.Party) && p.Party != "":
		s.problem(x.Entry, "message %d is not to %s", m.Number, p.Party)
	case slices.ContainsFunc(m.Acks, func(a Ack) bool { return a.By == p.Party }):
		s.problem(x.Entry, "message %d was acknowledged by %s before", m.Number, orCommission(p.Party))
	default:
		m.Acks = append(m.Acks, Ack{p.Party, Time(x.Made), p.Says, x.ID})
	}
}

// settle works out who has not acknowledged, and by when it was due: the shortest
// time that a text of the record sets for liaison.
func (m *Message) settle(s *State, now when.Instant) {
	for _, t := range s.in.Texts {
		for _, c := range t.Clauses {
			if c.Course == nil || c.Course.Of != "liaison" {
				continue
			}
			d, err := when.ParseDuration(c.Course.Says("acknowledge"))
			if err != nil {
				continue
			}
			on := clocked{c.Course, t.Clock}
			due := on.due(&terms.Term{For: d}, false, when.Instant(m.At))
			if m.Due == 0 || Time(due) < m.Due {
				m.Due = Time(due)
			}
		}
	}
	late := false
	for _, to := range m.To {
		i := slices.IndexFunc(m.Acks, func(a Ack) bool { return a.By == to || a.By == "" && !s.isParty(to) })
		if i < 0 {
			m.Missing = append(m.Missing, to)
			continue
		}
		late = late || m.Due != 0 && m.Acks[i].At > m.Due
	}
	switch {
	case len(m.Missing) > 0 && m.Due != 0 && Time(now) >= m.Due:
		m.State = "overdue"
	case len(m.Missing) > 0:
		m.State = "open"
	case late:
		m.State = "late"
	default:
		m.State = "acknowledged"
	}
}

// isParty reports whether an id is a party of a text of the record.
func (s *State) isParty(id string) bool {
	return slices.ContainsFunc(s.in.Texts, func(t *terms.Terms) bool { return t.Party(terms.PartyID(id)) != nil })
}
