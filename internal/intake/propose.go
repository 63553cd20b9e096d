package intake

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
)

//go:embed data/headers.csv
var headersText string

// headerWord is what a name of a column means as a rule, and how often.
type headerWord struct {
	field, comment string
	share          float64
}

var headers = sync.OnceValue(func() map[string]headerWord {
	rows, err := csv.NewReader(strings.NewReader(headersText)).ReadAll()
	if err != nil {
		panic("intake: data/headers.csv: " + err.Error())
	}
	out := map[string]headerWord{}
	for _, r := range rows[1:] {
		share, err := strconv.ParseFloat(r[2], 64)
		k := headerFold(r[0])
		if _, twice := out[k]; twice || err != nil || k == "" {
			panic(fmt.Sprintf("intake: data/headers.csv: %q stands twice, or its share is no number", r[0]))
		}
		out[k] = headerWord{r[1], r[3], share}
	}
	return out
})

// headerFold writes a header small, letters and digits only, what stands in
// brackets left out.
func headerFold(s string) string {
	var b strings.Builder
	depth, gap := 0, false
	for _, c := range strings.ToLower(s) {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth = max(depth-1, 0)
		case depth > 0:
		case unicode.IsLetter(c) || unicode.IsDigit(c) || c == '№':
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(c)
		default:
			gap = true
		}
	}
	return b.String()
}

// headerWords are what a header may mean: by the whole of it, or by its longest
// part that is known.
func headerWords(s string) []headerWord {
	k := headerFold(s)
	if w, ok := headers()[k]; ok {
		return []headerWord{w}
	}
	words := strings.Fields(k)
	for n := len(words) - 1; n >= 1 && len(words) <= 6; n-- {
		for i := 0; i+n <= len(words); i++ {
			part := strings.Join(words[i:i+n], " ")
			if w, ok := headers()[part]; ok && len([]rune(part)) > 2 {
				w.share *= 0.6
				w.comment = strings.TrimPrefix(w.comment+"; only "+strconv.Quote(part)+" of the name is known", "; ")
				return []headerWord{w}
			}
		}
	}
	return nil
}

// Proposed is a mapping that the file suggests. Nothing is taken in by it before
// somebody has looked at it.
type Proposed struct {
	Mapping *Mapping         `json:"mapping"`
	Columns []ProposedColumn `json:"columns" doc:"every column of the table, with reasons"`
	Open    []string         `json:"open,omitempty" doc:"what the file does not say, and somebody must"`
}

// ProposedColumn says what a column may be, why, and how sure that is.
type ProposedColumn struct {
	From       string         `json:"from"`
	To         string         `json:"to,omitempty" doc:"empty: nothing is proposed"`
	Confidence float64        `json:"confidence" doc:"0 to 1; a rule of thumb, no probability"`
	Reasons    []string       `json:"reasons"`
	Examples   []string       `json:"examples,omitempty"`
	Words      []ProposedWord `json:"words,omitempty" doc:"of a closed vocabulary: all words that stand in it"`
}

// ProposedWord is a word and what it may mean.
type ProposedWord struct {
	Word   string `json:"word"`
	Rows   int    `json:"rows"`
	To     string `json:"to,omitempty" doc:"nodes, a|b; empty: nothing is proposed"`
	Reason string `json:"reason"`
}

// maxDistinct bounds the words of a column that are told.
const maxDistinct = 300

// Propose proposes a mapping of a sheet; "" is the first that is shown.
func Propose(f *File, sheet string) (*Proposed, error) {
	s, err := f.sheet(sheet)
	if err != nil {
		return nil, err
	}
	h, err := s.header(0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	p := &proposer{sheet: s, rows: s.Rows[h+1:], Proposed: &Proposed{Mapping: &Mapping{Sheet: s.Name, Header: s.Rows[h].Line}}}
	for i, n := range names(s.Rows[h].Cells) {
		p.column(i, n)
	}
	p.settle()
	p.order()
	p.ask()
	return p.Proposed, nil
}

type proposer struct {
	*Proposed
	sheet *Sheet
	rows  []Row
}

// values are the cells of a column that are not empty.
func (p *proposer) values(i int) (out []Cell) {
	for _, r := range p.rows {
		if r.Fault == nil && i < len(r.Cells) && r.Cells[i].Text != "" {
			out = append(out, r.Cells[i])
		}
	}
	return out
}

func (p *proposer) column(i int, name string) {
	c := ProposedColumn{From: name, Reasons: []string{}}
	vs := p.values(i)
	for _, v := range vs[:min(len(vs), 3)] {
		c.Examples = append(c.Examples, clip(v.Text))
	}
	for _, w := range headerWords(name) {
		c.To, c.Confidence = w.field, 0.9*w.share
		reason := fmt.Sprintf("the header %q names %s", name, w.field)
		if w.comment != "" && len(w.comment) > 2 && w.comment != "uk and ru" {
			reason += " (" + w.comment + ")"
		}
		c.Reasons = append(c.Reasons, reason)
	}
	switch {
	case len(vs) == 0:
		c.To, c.Confidence = "", 0
		c.Reasons = append(c.Reasons, "it is empty")
	case c.To == "":
		p.byValues(&c, vs)
	default:
		p.weigh(&c, vs)
	}
	p.Columns = append(p.Columns, c)
}

// weigh lets the values of a column speak for or against what its header says.
func (p *proposer) weigh(c *ProposedColumn, vs []Cell) {
	if c.To == toClock || c.To == toDate || c.To == "time_start" { // "time" may be the whole, "date" too
		whole := share(vs, func(v Cell) bool { k := timeKind(v); return k == "both" })
		dates := share(vs, func(v Cell) bool { return timeKind(v) == toDate })
		clocks := share(vs, func(v Cell) bool { return timeKind(v) == toClock })
		was := c.To
		switch {
		case whole > 0.5:
			c.To = "time_start"
		case dates > 0.5:
			c.To = toDate
		case clocks > 0.5:
			c.To = toClock
		}
		if c.To != was {
			c.Reasons = append(c.Reasons, fmt.Sprintf("its values are those of %s", c.To))
		}
	}
	fit, what := fitting(c.To)
	if fit == nil {
		return
	}
	s := share(vs, fit)
	c.Reasons = append(c.Reasons, fmt.Sprintf("%.0f %% of %d values are %s", math.Floor(100*s), len(vs), what))
	if s >= 0.8 {
		c.Confidence = min(c.Confidence+0.08, 0.98)
	} else {
		c.Confidence *= s
	}
	if c.Confidence < 0.2 {
		c.To, c.Confidence = "", 0
	}
}

// byValues looks at the values of a column whose header says nothing.
func (p *proposer) byValues(c *ProposedColumn, vs []Cell) {
	c.Reasons = append(c.Reasons, fmt.Sprintf("the header %q is not known here", c.From))
	kinds := map[string]int{}
	for _, v := range vs {
		kinds[timeKind(v)]++
	}
	for _, k := range []struct{ kind, to string }{{"both", "time_start"}, {toDate, toDate}} {
		if kinds[k.kind]*10 >= len(vs)*9 {
			c.To, c.Confidence = k.to, 0.4
			c.Reasons = append(c.Reasons, "its values are times, of the event or of something else")
			return
		}
	}
	if share(vs, func(v Cell) bool {
		_, _, err := parsePosition(v.Text)
		return err == nil && strings.ContainsAny(v.Text, ".°")
	}) >= 0.9 {
		c.To, c.Confidence = toPosition, 0.5
		c.Reasons = append(c.Reasons, "its values are pairs of degrees; that latitude stands first is a guess")
		return
	}
	said := 0
	for w, n := range distinct(vs) {
		if pr := feeds.Propose(w); len(pr.Act) > 0 {
			said += n
		}
	}
	if len(distinct(vs)) <= 60 && said*2 > len(vs) {
		c.To, c.Confidence = "act", 0.4
		c.Reasons = append(c.Reasons, "its words speak of acts")
	}
}

// timeKind says what a cell is of a time: date, clock, both or nothing.
func timeKind(v Cell) string {
	if v.Kind == Clock || clockOnly.MatchString(v.Text) && strings.Contains(v.Text, ":") {
		return toClock
	}
	if offset.MatchString(v.Text) {
		return "both"
	}
	c, err := parseCivil(v.Text, "")
	if err != nil {
		c, err = parseCivil(v.Text, "dmy")
	}
	if err != nil {
		c, err = parseCivil(v.Text, "mdy")
	}
	switch {
	case err != nil:
		return ""
	case c.clock:
		return "both"
	}
	return toDate
}

// fitting is a test of values of a field, and what it tests.
func fitting(to string) (func(Cell) bool, string) {
	switch to {
	case "lat", "lon":
		return func(c Cell) bool { _, err := parseDegrees(c.Text, to == "lat"); return err == nil }, "degrees"
	case toPosition:
		return func(c Cell) bool { _, _, err := parsePosition(c.Text); return err == nil }, "pairs of degrees"
	case "precision_m":
		return func(c Cell) bool { _, err := parseMetres(c.Text); return err == nil }, "lengths"
	case toDate, "time_start", "time_end", "launch_start", "launch_end":
		return func(c Cell) bool { k := timeKind(c); return k == toDate || k == "both" }, "times"
	case toClock:
		return func(c Cell) bool { return timeKind(c) == toClock }, "times of day"
	case "killed", "injured":
		return func(c Cell) bool { _, err := evidence.ParseNumber(c.Text); return err == nil }, "numbers"
	case "level":
		return func(c Cell) bool { _, err := evidence.ParseLevel(strings.ToLower(c.Text)); return err == nil }, "levels of evidence"
	case "url":
		return func(c Cell) bool { return strings.Contains(c.Text, "://") || strings.HasPrefix(c.Text, "www.") }, "addresses"
	}
	return nil, ""
}

func share(vs []Cell, fit func(Cell) bool) float64 {
	n := 0
	for _, v := range vs {
		n += one(fit(v))
	}
	return float64(n) / float64(max(len(vs), 1))
}

func distinct(vs []Cell) map[string]int {
	out := map[string]int{}
	for _, v := range vs {
		for _, w := range strings.Split(v.Text, "|") {
			if w = strings.TrimSpace(w); len(out) <= maxDistinct || out[w] > 0 {
				out[w]++
			}
		}
	}
	return out
}

// settle decides between columns that would fill one field, and builds the
// mapping.
func (p *proposer) settle() {
	best := map[string]int{}
	for i, c := range p.Columns {
		if b, ok := best[c.To]; c.To != "" && (!ok || c.Confidence > p.Columns[b].Confidence) {
			best[c.To] = i
		}
	}
	drop := func(c *ProposedColumn, why string) {
		c.Reasons = append(c.Reasons, why)
		c.To, c.Confidence = "", 0
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		switch {
		case c.To == "":
		case joined[c.To] == "" && best[c.To] != i:
			drop(c, fmt.Sprintf("not taken: %q is more likely to be %s", p.Columns[best[c.To]].From, c.To))
		case c.To == "lat" && !in(best, "lon"), c.To == "lon" && !in(best, "lat"):
			drop(c, "not taken: latitude and longitude belong together, and one is missing")
		}
	}
	has := func(f string) bool {
		return slices.ContainsFunc(p.Columns, func(c ProposedColumn) bool { return c.To == f })
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		switch {
		case c.To == toPosition && has("lat"):
			drop(c, "not taken: latitude and longitude have columns of their own")
		case c.To == toDate && has("time_start"):
			drop(c, "not taken: another column holds the whole time")
		case c.To == "time_end" && has(toDate):
			drop(c, "not taken: the time is a date and a clock")
		}
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.To == toClock && !has(toDate) {
			drop(c, "not taken: there is no date to it")
		}
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		if c.To == "id" {
			p.key(i, c)
			continue
		}
		if c.To != "" {
			col := Column{From: c.From, To: c.To}
			p.words(i, c, &col)
			p.Mapping.Columns = append(p.Mapping.Columns, col)
		}
	}
}

func in(m map[string]int, k string) bool { _, ok := m[k]; return ok }

// key takes a column as the key where its values are all there and differ.
func (p *proposer) key(i int, c *ProposedColumn) {
	vs := p.values(i)
	n := map[string]bool{}
	for _, v := range vs {
		n[v.Text] = true
	}
	if len(n) == len(vs) && len(vs) == len(p.rows) {
		p.Mapping.Key = []string{c.From}
		c.Reasons = append(c.Reasons, fmt.Sprintf("all %d values differ", len(vs)))
		return
	}
	c.To, c.Confidence = "", 0
	c.Reasons = append(c.Reasons, fmt.Sprintf("not taken as the key: %d different values in %d rows", len(n), len(p.rows)))
}

// words proposes what the words of a closed vocabulary mean. The lexicon never
// names an actor.
func (p *proposer) words(i int, c *ProposedColumn, col *Column) {
	tree := treeOf(c.To)
	if tree == nil {
		return
	}
	count := distinct(p.values(i))
	order := slices.Collect(maps.Keys(count))
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), strings.Compare(a, b)) })
	for _, w := range order {
		x := ProposedWord{Word: w, Rows: count[w], Reason: "nothing is known of it"}
		if _, ok := tree.Node(strings.ToLower(w)); ok {
			x.To, x.Reason = strings.ToLower(w), "a node of the tree"
		} else if pr := feeds.Propose(w); len(pr.Negated) == 0 {
			said := map[string][]string{"act": pr.Act, "outcome": pr.Outcome, "means": pr.Means, "target": pr.Target, "intended_target": pr.Target}[c.To]
			if len(said) > 0 {
				x.To, x.Reason = strings.Join(said, "|"), "by the words: "+strings.Join(pr.Words, ", ")
				if col.Values == nil {
					col.Values = map[string]string{}
				}
				col.Values[w] = x.To
			}
		}
		c.Words = append(c.Words, x)
	}
}

// order finds the order of days and months where the values tell.
func (p *proposer) order() {
	first, second, open := 0, 0, 0
	for i, c := range p.Columns {
		if c.To != toDate && !strings.HasPrefix(c.To, "time_") {
			continue
		}
		for _, v := range p.values(i) {
			m := yearLast.FindStringSubmatch(v.Text)
			if m == nil || v.Kind == Date {
				continue
			}
			a, b := atoi(m[1]), atoi(m[3])
			first += one(a > 12)
			second += one(b > 12)
			open += one(a <= 12 && b <= 12 && (m[2] != "." || len(m[4]) == 2))
		}
	}
	switch {
	case first > 0 && second > 0:
		p.Open = append(p.Open, fmt.Sprintf("dates: %d dates have a day over 12 first, and %d second: the column holds both orders; mend it", first, second))
	case first > 0:
		p.Mapping.Dates = "dmy"
	case second > 0:
		p.Mapping.Dates = "mdy"
	case open > 0:
		p.Open = append(p.Open, "dates: nothing tells whether 03/04 is the third of April or the fourth of March: say dmy or mdy")
	}
}

// ask says what the file leaves open.
func (p *proposer) ask() {
	civil, offsets, words := 0, 0, 0
	for i, c := range p.Columns {
		if c.To == toDate || c.To == toClock || strings.HasPrefix(c.To, "time_") {
			for _, v := range p.values(i) {
				if offset.MatchString(v.Text) {
					offsets++
				} else {
					civil++
				}
			}
		}
		for _, w := range c.Words {
			words += one(w.To == "")
		}
	}
	if civil > 0 {
		p.Open = append(p.Open, fmt.Sprintf("zone: %d times have no offset: say in which zone they are, such as Europe/Kyiv", civil))
	}
	if words > 0 {
		p.Open = append(p.Open, fmt.Sprintf("values: nothing is known of %d words: say what they mean, or `unknown: allow` to leave those facts open", words))
	}
	to := func(f string) bool {
		return slices.ContainsFunc(p.Mapping.Columns, func(c Column) bool { return c.To == f })
	}
	if (to("lat") || to(toPosition)) && !to("precision_m") {
		p.Open = append(p.Open, "precision: no column says how exact the positions are, and without it they are taken as exact: say `constants: {precision_m: \"1000\"}`, or how many metres")
	}
	if len(p.Mapping.Key) == 0 {
		p.Open = append(p.Open, "key: no column names a row again: rows of a later edition are paired by time, place and act where that is clear, and are new and withdrawn where it is not")
	}
	if !to(toDate) && !to("time_start") && !to("act") {
		p.Open = append(p.Open, "columns: neither a time nor an act was found: say which column it is")
	}
}
