package people

import (
	"net/http"
	"strings"
)

// What a mail asks its reader to press.
var letters = map[string]page{
	"confirm": {Title: "Is this address yours?", Name: "Yes, send it here", Text: "An account of this record asks to be told of what is new at this address. If you do not know of it, close this page: nothing more is sent."},
	"stop":    {Title: "No more mail", Name: "Send no more", Text: "The subscription is paused. Its owner can take it up again, signed in."},
}

// getLetter shows what a link in a mail is for, and does nothing: programs that
// preview mails open links too.
func (p *People) getLetter(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.letter(w, r); ok {
		p.show(w, r, http.StatusOK, "letter", letters[r.PathValue("do")])
	}
}

// letter finds the subscription of a link; where there is none it has answered.
func (p *People) letter(w http.ResponseWriter, r *http.Request) (Subscription, bool) {
	from := "link " + network(p.o.From(r))
	if wait := p.limits.wait(from, ruleAddress); wait > 0 {
		p.tooMany(w, wait)
		return Subscription{}, false
	}
	s, ok := p.byLetter(r.PathValue("do"), strings.TrimSpace(r.PathValue("code")))
	if !ok {
		p.limits.failed(from)
		p.show(w, r, http.StatusNotFound, "message", page{Title: "This link holds no more", Problem: "It has ended, or the subscription was withdrawn."})
	}
	return s, ok
}

func (p *People) postLetter(w http.ResponseWriter, r *http.Request) {
	s, ok := p.letter(w, r)
	if !ok {
		return
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	now, err := p.sec.subscription(s.ID)
	said := "What is new is sent to this address from now on. Each mail has a link to end it."
	switch {
	case err != nil:
	case r.PathValue("do") == "stop":
		said = "Nothing more is sent to this address by this subscription."
		if now.State == Active {
			_, err = p.turn(r.Context(), now, Paused, p.own)
		} else if now.State == Waiting {
			_, err = p.turn(r.Context(), now, Withdrawn, p.own)
		}
	case now.State == Waiting:
		_, err = p.turn(r.Context(), now, Active, p.own)
	case now.State == Paused: // its owner has paused it, and an old mail does not undo that
		said = "The address is confirmed. The subscription is paused; its owner can take it up again, signed in."
	}
	if err != nil {
		p.fail(w, "subscription", err)
		return
	}
	p.show(w, r, http.StatusOK, "message", page{Title: "Done", Text: said})
}
