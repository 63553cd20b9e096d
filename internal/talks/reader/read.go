package reader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/truce-project/truce/internal/talks"
)

// Options say what is known of an article beside its text.
type Options struct {
	Name, Title, URL string
	// Dateline is the day that the reader of the article was told it is of. It
	// goes before what the text says.
	Dateline Day
	// Published is when the file or the feed says that it was published.
	Published Day
	Agency    string
}

// Rules is the reader as a talks.Extractor.
type Rules struct{ Options }

// Extract reads a text by the rules.
func (r Rules) Extract(_ context.Context, name, text string) (talks.Article, error) {
	o := r.Options
	o.Name = name
	return Read(text, o), nil
}

// MaxText is how much of an article is read, in bytes.
const MaxText = 1 << 20

// document is an article while it is read.
type document struct {
	text        string
	lang        string
	agency      string
	dateline    Day
	from        string
	headDay     int  // weekday of a dateline without a year, if the text gives it away
	anchor      int  // the weekday named first, where no dateline is known
	anchorAhead bool // that day is still to come somewhere in the text: the text is not of a later one
	sents       []sentence
	pair        [2]string
	// onlyGroup is the one party of the article that is no state: "the group".
	onlyGroup string
	drafts    []talks.Draft
	said      []attribution // who names whom as an author, where
}

// Read reads an article. It never fails: of a text that says nothing of talks it
// makes no drafts.
func Read(text string, o Options) talks.Article {
	if len(text) > MaxText {
		text = text[:MaxText]
	}
	text = strings.ToValidUTF8(text, "?")
	d := &document{text: text, lang: language(text), agency: o.Agency}
	kept, removed := paragraphs(text)
	d.findDateline(o, &kept)
	for n, p := range kept {
		for _, s := range sentences(text, p, n) {
			s.lang = d.lang
			d.sents = append(d.sents, s)
		}
	}
	d.study()
	d.meetings()
	d.proposals()
	d.positions()
	d.delegations()
	d.orders()
	d.responses()
	d.agendas()
	d.incidents()
	d.claims()
	d.disputes()
	d.finish()
	sum := sha256.Sum256([]byte(text))
	a := talks.Article{Name: o.Name, URL: o.URL, Title: o.Title, Lang: d.lang, Agency: d.agency, From: d.from, SHA256: hex.EncodeToString(sum[:]), Drafts: d.drafts}
	if d.dateline.known() {
		a.Dateline = d.dateline.String()
	}
	for _, r := range removed {
		a.Removed = append(a.Removed, talks.Words{Text: text[r.b:r.e], Start: r.b, End: r.e})
	}
	return a
}

// study finds words, actors, dates and speakers.
func (d *document) study() {
	l := loadLexicon()
	parties := map[string]bool{}
	for i := range d.sents {
		s := &d.sents[i]
		s.tags = l.find(s.toks)
		s.actors = findActors(s)
		s.dates = findDates(s)
		for _, a := range s.actors {
			parties[a.party] = true
		}
		for _, t := range s.dates {
			if d.anchor == 0 && t.to != 0 && t.side == 0 {
				d.anchor = t.to
			}
		}
	}
	d.headDay = d.headWeekday()
	if d.anchor == 0 {
		d.anchor = 1
		for _, s := range d.sents {
			for _, t := range s.dates {
				if t.to != 0 {
					d.anchor = t.to
				}
			}
		}
	}
	for i := range d.sents {
		for _, t := range d.sents[i].dates {
			if t.to == d.anchor && t.side == 0 && d.sents[i].ahead(t.s) {
				d.anchorAhead = true
			}
		}
	}
	groups := 0
	for p := range parties {
		if len(p) > 2 && p != "ICRC" {
			d.onlyGroup = p
			groups++
		}
	}
	if groups != 1 {
		d.onlyGroup = ""
	}
	n := 0
	for _, c := range l.conflicts {
		if parties[c[0]] && parties[c[1]] {
			d.pair = c
			n++
		}
	}
	if n != 1 {
		d.pair = [2]string{}
	}
	for i := range d.sents {
		d.sents[i].speech = d.findSpeech(&d.sents[i])
	}
	d.continueQuotes()
}

// continueQuotes gives a sentence that is a quotation the speaker of its
// paragraph, where the paragraph has one alone.
func (d *document) continueQuotes() {
	for i := range d.sents {
		s := &d.sents[i]
		if s.speech.speaker != nil || !s.allQuoted() {
			continue
		}
		var one *talks.Speaker
		many := false
		for k := range d.sents {
			o := &d.sents[k]
			if o.para != s.para || o.speech.speaker == nil || o.allQuoted() {
				continue
			}
			if one != nil && (one.Party != o.speech.speaker.Party || one.Name != o.speech.speaker.Name) {
				many = true
			}
			one = o.speech.speaker
		}
		if one != nil && !many {
			s.speech = speech{said: true, speaker: one}
		}
	}
}

func (d *document) index(s *sentence) int {
	return min(len(d.sents)-1, sort.Search(len(d.sents), func(i int) bool { return d.sents[i].b >= s.b }))
}

func (d *document) wordsOf(s *sentence, b, e int) talks.Words {
	if b >= e || b >= len(s.toks) {
		return talks.Words{}
	}
	e = min(e, len(s.toks))
	from, to := s.toks[b].b, s.toks[e-1].e
	return talks.Words{Text: d.text[from:to], Start: from, End: to}
}

// draft starts a draft that rests on the tokens from b up to e.
func (d *document) draft(kind talks.Kind, s *sentence, b, e int) talks.Draft {
	for b < e-1 && (s.toks[b].punct && s.toks[b].low != "“" && s.toks[b].low != `"` && s.toks[b].low != "«") {
		b++
	}
	for e > b+1 && (s.toks[e-1].low == "," || s.toks[e-1].low == ";") {
		e--
	}
	out := talks.Draft{Kind: kind, Lang: s.lang, Words: []talks.Words{d.wordsOf(s, b, e)}, Speaker: d.speakerAt(s, b), Relay: s.speech.relay}
	for _, t := range s.toks[b:e] {
		if !t.punct {
			out.Quoted = max(out.Quoted, t.depth)
		}
	}
	return out
}

// dayOfCall dates what was said or done on "the call" by the call told before it.
func (d *document) dayOfCall(out *talks.Draft, s *sentence, at int) {
	call := false
	for _, t := range s.of("meet") {
		call = call || t.value == "call" && s.within(t) && !s.semicolon(min(at, t.s), max(at, t.s))
	}
	if !call {
		return
	}
	var last *talks.Date
	for i := range d.drafts {
		if x := &d.drafts[i]; x.Kind == talks.Meeting && x.Medium == "call" && x.Date != nil && x.Words[0].Start < s.e {
			last = x.Date
		}
	}
	if last != nil {
		x := *last
		x.Why += "; the day of the call that these words speak of"
		out.Date = &x
	}
}

// semicolon: two parts of a sentence are told apart as two.
func (s *sentence) semicolon(b, e int) bool {
	for _, t := range s.toks[b:e] {
		if t.low == ";" {
			return true
		}
	}
	return false
}

// afterSay: the date stands beside a verb of saying, and dates that.
func (s *sentence) afterSay(t dateTag) bool {
	v := s.speech.verb
	return s.speech.said && v.phrase != nil && (t.s >= v.e && t.s-v.e <= 2 || t.e == v.s || t.e == v.s-1 && !s.toks[t.e].punct)
}

// ahead reports whether what is told near a token is still to come.
func (s *sentence) ahead(at int) bool {
	for _, t := range s.dates {
		if t.s <= at && at < t.e && s.afterSay(t) {
			return false
		}
	}
	lo, hi := s.clause(at)
	for _, t := range s.of("future") {
		if t.s >= lo && t.e <= hi && t.phrase.words[0] != "ahead" {
			return true
		}
	}
	return false
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// breaks are words that a new clause begins with.
var breaks = wordList("; but while whereas although though however а але но однак однако хоча хотя тоді зато")

// clause is the part of a sentence round a token that has one statement, as far
// as marks and conjunctions tell.
func (s *sentence) clause(at int) (lo, hi int) {
	lo, hi = 0, len(s.toks)
	for i := at; i > 0; i-- {
		if s.breaksAt(i) {
			lo = i
			break
		}
	}
	for i := at + 1; i < len(s.toks); i++ {
		if s.breaksAt(i) {
			hi = i
			break
		}
	}
	return lo, hi
}

// breaksAt reports whether a new clause begins at token i.
func (s *sentence) breaksAt(i int) bool {
	t := s.toks[i]
	if breaks[t.low] && i > 0 {
		if t.low == "but" || t.low == "але" || t.low == "но" || t.low == "а" { // "Kyiv, but not Moscow"
			return i+1 >= len(s.toks) || !negations[s.toks[i+1].low] && !s.isTag("if", i) && !(s.isTag("if", i+1) && s.onlyIf(i+1))
		}
		return true
	}
	if (t.low == "напередодні" || t.low == "накануне") && i > 3 && s.toks[i-1].low == "," && s.isTag("held", i+1) {
		return true
	}
	if (t.low == "—" || t.low == "–" || t.low == ":") && (!s.toks[i-1].capital || t.low == ":" && i > 4 && s.verbUpTo(i)) {
		return true
	}
	if t.low != "and" && t.low != "і" && t.low != "та" && t.low != "й" && t.low != "и" {
		return false
	}
	if i+1 < len(s.toks) && (s.toks[i+1].low == "that" || s.toks[i+1].low == "що" || s.toks[i+1].low == "что") {
		return true
	}
	if !s.verbUpTo(i) {
		return false
	}
	for k := range s.actors { // "Kyiv and Moscow agreed" is one subject
		if a := &s.actors[k]; a.e == i && (!a.thing || s.sharesRole(k)) && !s.objectOfVerb(a) && (a.prep == "" || a.prep == "between" || a.place) {
			return false
		}
	}
	a := s.actorAt(i+1, 1)
	if a == nil || a.thing || a.prep != "" {
		return false
	}
	for _, v := range s.of("accept", "reject", "say", "order", "accuse", "deny", "future", "not", "yet", "meet", "propose") {
		if v.s >= a.e && v.s <= a.e+1 {
			return true
		}
	}
	return a.e < len(s.toks) && auxiliary[s.toks[a.e].low]
}

// onlyIf: a condition that belongs to what was told before: "but only if".
func (s *sentence) onlyIf(k int) bool {
	switch s.toks[k].low {
	case "only", "лише", "тільки", "лишь", "только":
		return true
	}
	return false
}

// verbUpTo: before token i the sentence has a verb, so that "and" may begin a
// second statement, not a second subject.
func (s *sentence) verbUpTo(i int) bool {
	for _, v := range s.of("accept", "reject", "say", "order", "accuse", "deny", "held", "attack", "propose", "future", "moved", "cancelled") {
		if v.e <= i {
			return true
		}
	}
	return false
}

var auxiliary = wordList("has have had did does is was were are will would has hasn't haven't didn't")

var datelineStart = regexp.MustCompile(`^(\p{Lu}[\p{Lu}\-'’]+(?:[ \-/,.]+\p{Lu}[\p{L}\-'’.]*)*?)(?:,? +(\d{1,2} \p{L}+\.?|\p{L}+\.? \d{1,2})(?:,? (\d{4})(?: року| года| р\.| г\.)?)?)?[.,]?\s*(\((?:[^()]{2,40})\)|/[^/]{2,40}/)?\s*(?:[-—–:.]+\s*)`)

// townStart is a head with the name of a place in small letters and the agency:
// "Riyadh (AFP) – ".
var townStart = regexp.MustCompile(`^(\p{Lu}\p{L}+(?:[ \-/,]+\p{Lu}\p{L}+){0,3})(?:, *| )(\d{1,2} \p{L}+\.?|\p{L}+\.? \d{1,2})?(?:,? (\d{4}))?,? *(\([^()]{2,40}\)) *(?:[-—–:.]+ *|$)|^(\p{Lu}\p{L}+(?:[ \-/,]+\p{Lu}\p{L}+){0,3}), *(\d{1,2} \p{L}+\.?|\p{L}+\.? \d{1,2})(?:,? (\d{4}))?,? *(\([^()]{2,40}\)) +`)

// townDay is a head with a place in small letters and a whole day: "Київ, 24 березня
// 2025 року. ".
var townDay = regexp.MustCompile(`^(\p{Lu}\p{L}+(?:[ \-/]+\p{Lu}\p{L}+){0,2}), *(\d{1,2} \p{L}+\.?|\p{L}+\.? \d{1,2}),? (\d{4})(?: року| года| р\.| г\.)?()(?:\. +|,? *[-—–:]+ *)`)

// agencyStart is an agency alone at the head: "(Reuters) – ".
var agencyStart = regexp.MustCompile(`^\(([^()]{2,40})\) *[-—–:] *`)

// findDateline looks for the place, day and agency that a report begins with, or
// a line that is a date.
func (d *document) findDateline(o Options, kept *[]span) {
	var found Day
	how := ""
	for i := range *kept {
		p := &(*kept)[i]
		if i > 5 {
			break
		}
		line := d.text[p.b:p.e]
		m := datelineStart.FindStringSubmatch(line)
		if m == nil {
			if m = townStart.FindStringSubmatch(line); m != nil && m[1] == "" {
				m = append(m[:1], m[5:]...)
			}
		}
		if m == nil {
			m = townDay.FindStringSubmatch(line)
		}
		if m != nil && (m[2] != "" || m[4] != "") && len(m[0]) < 120 {
			if day, ok := d.dayIn(m[2] + " " + m[3]); ok && !found.known() {
				found, how = day, "the head of the report"
			}
			if name := strings.Trim(m[4], "()/ "); name != "" && d.agency == "" {
				d.agency = agencyName(name)
			}
			p.b, p.e = trim(d.text, p.b+len(m[0]), p.e)
			d.agencyHead(p)
			if line = d.text[p.b:p.e]; len(line) > 60 {
				continue
			}
		}
		if a := agencyStart.FindStringSubmatch(line); a != nil && d.agency == "" {
			d.agency = agencyName(a[1])
			p.b, p.e = trim(d.text, p.b+len(a[0]), p.e)
			line = d.text[p.b:p.e]
		}
		if len(line) < 110 {
			if day, ok := d.dayIn(line); ok && day.Year != 0 && (!found.known() || found.Year == 0 && found.Month == day.Month && found.Day == day.Day) {
				found, how = day, "a line of the text"
			}
		}
	}
	if found.known() && found.Year == 0 && o.Published.known() {
		near := document{dateline: o.Published}
		found.Year = near.nearestYear(found)
	}
	switch {
	case o.Dateline.known():
		d.dateline, d.from = o.Dateline, "as given"
	case found.known():
		d.dateline, d.from = found, how
	case o.Published.known():
		d.dateline, d.from = o.Published, "the date of publication"
	}
	var out []span
	for _, p := range *kept {
		if p.b < p.e {
			out = append(out, p)
		}
	}
	*kept = out
}

// agencyHead takes an agency off the head of a report: "РИА Новости. ".
func (d *document) agencyHead(p *span) {
	line := d.text[p.b:p.e]
	dot := strings.Index(line, ". ")
	if dot <= 0 || dot > 40 {
		return
	}
	s := sentence{toks: tokenize(line[:dot], 0, dot)}
	for _, t := range loadLexicon().find(s.toks) {
		if t.class == "agency" && t.s == 0 && t.e == len(s.toks) {
			if d.agency == "" {
				d.agency = t.value
			}
			p.b, p.e = trim(d.text, p.b+dot+1, p.e)
			return
		}
	}
}

func agencyName(name string) string {
	s := sentence{toks: tokenize(name, 0, len(name))}
	for _, t := range loadLexicon().find(s.toks) {
		if t.class == "agency" {
			return t.value
		}
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && r != ' ' && r != '.' {
			return ""
		}
	}
	return strings.TrimSpace(name)
}

// numericDay is a day in numbers: 2025-03-23, 23.03.2025, 23/03/2025 where no other
// order of day and month is possible.
var numericDay = regexp.MustCompile(`(?:^|[^\d.])(?:(\d{4})-(\d{2})-(\d{2})|(\d{1,2})([./])(\d{1,2})[./](\d{4}))(?:\D|$)`)

func dayInNumbers(text string) (Day, bool) {
	m := numericDay.FindStringSubmatch(text)
	if m == nil {
		return Day{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
	out := Day{n(1), time.Month(n(2)), n(3)}
	if m[1] == "" {
		out = Day{n(7), time.Month(n(6)), n(4)}
		switch {
		case m[5] == "/" && n(4) <= 12 && n(6) <= 12 && n(4) != n(6):
			return Day{}, false
		case n(6) > 12:
			out = Day{n(7), time.Month(n(4)), n(6)}
		}
	}
	t := time.Date(out.Year, out.Month, out.Day, 0, 0, 0, 0, time.UTC)
	return out, t.Month() == out.Month && out.Day > 0 && out.Year >= 1900 && out.Year < 2200
}

// dayIn finds a day with a month in some words.
func (d *document) dayIn(text string) (Day, bool) {
	if day, ok := dayInNumbers(text); ok {
		return day, true
	}
	s := sentence{toks: tokenize(text, 0, len(text)), lang: d.lang}
	s.tags = loadLexicon().find(s.toks)
	for _, t := range findDates(&s) {
		if t.day.known() {
			return t.day, true
		}
	}
	return Day{}, false
}

// finish merges, sorts and names the drafts.
func (d *document) finish() {
	order := map[talks.Kind]int{}
	for i, k := range talks.Kinds() {
		order[k] = i
	}
	sort.SliceStable(d.drafts, func(i, j int) bool {
		a, b := &d.drafts[i], &d.drafts[j]
		if order[a.Kind] != order[b.Kind] {
			return order[a.Kind] < order[b.Kind]
		}
		return a.Words[0].Start < b.Words[0].Start
	})
	links := map[string]string{}
	for i := range d.drafts {
		x := &d.drafts[i]
		was := x.ID
		talks.Identify(x)
		if was != "" {
			links[was] = x.ID
		}
	}
	for i := range d.drafts {
		x := &d.drafts[i]
		if x.Proposal != "" {
			x.Proposal = links[x.Proposal]
		}
		if x.Incident != "" {
			x.Incident = links[x.Incident]
		}
		if x.Answers != "" {
			x.Answers = links[x.Answers]
		}
	}
}
