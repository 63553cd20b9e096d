package formats

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"sync"
)

//go:embed plover.csv
var ploverTable string

// ploverClass is what PLOVER calls a node of a tree, a kind of entry or a stance.
type ploverClass struct {
	event, mode string
	quad        int // 1 verbal, 2 material co-operation; 3 verbal, 4 material conflict
}

var ploverClasses = sync.OnceValue(func() map[string]ploverClass {
	rows, err := csv.NewReader(strings.NewReader(ploverTable)).ReadAll()
	if err != nil {
		panic("formats: plover.csv: " + err.Error())
	}
	out := map[string]ploverClass{}
	for _, r := range rows[1:] {
		quad, err := strconv.Atoi(r[4])
		if err != nil {
			panic("formats: plover.csv: " + err.Error())
		}
		out[r[0]+" "+r[1]] = ploverClass{r[2], r[3], quad}
	}
	return out
})

// classOf finds the class of a node, or of the nearest node above it that has one.
func classOf(tree, node string) (ploverClass, bool) {
	for node != "" {
		if c, ok := ploverClasses()[tree+" "+node]; ok {
			return c, true
		}
		node = node[:max(0, strings.LastIndexByte(node, '.'))]
	}
	return ploverClass{}, false
}

// ploverParty is an actor or a recipient.
type ploverParty struct {
	Actor string `json:"actor,omitempty"`
	Code  string `json:"code"`
}

// ploverEvent has the fields of PLOVER's JSON.
type ploverEvent struct {
	ID        string        `json:"id"`
	HasEvent  bool          `json:"has_event"`
	Date      string        `json:"date"`
	Time      string        `json:"time"`
	EndDate   string        `json:"enddate"`
	EndTime   string        `json:"endtime"`
	Actor     []ploverParty `json:"actor"`
	Recipient []ploverParty `json:"recipient"`
	Event     string        `json:"event"`
	Mode      string        `json:"mode"`
	Context   []string      `json:"context"`
	Quad      int           `json:"quad_code,omitempty"`
	Location  *ploverPlace  `json:"event_loc,omitempty"`
	EventText string        `json:"event_text"`
	Text      string        `json:"text"`
	TextInfo  string        `json:"text_info"`
	Cite      string        `json:"cite_info"`
	Link      string        `json:"link"`
	Coder     string        `json:"coder"`
	Comment   string        `json:"comment"`
}

type ploverPlace struct {
	Name      string  `json:"name,omitempty"`
	Lat       float64 `json:"lat"`
	Lon       float64 `json:"lon"`
	Precision float64 `json:"precision_m"`
}

type ploverWriter struct {
	h *Head
	w io.Writer
	c cells
}

// newPLOVER writes a line for each row. What is no event of PLOVER has has_event
// false. The actor is the one that the row names, where it names one alone; of several
// the comment tells. A recipient is whom an entry accuses: of an act nobody is made
// one. What is only claimed is ACCUSE, and never the act.
func newPLOVER(w io.Writer, h *Head) (Writer, error) { return &ploverWriter{h, w, cellsOf(h)}, nil }

func (p *ploverWriter) Row(r *Row) error {
	e := ploverEvent{ID: p.c.title(r), Actor: []ploverParty{}, Recipient: []ploverParty{}, Context: []string{}, Text: p.c.says(r), EventText: p.c.get(r, "act", "kind"), Cite: p.c.get(r, "source"), TextInfo: p.c.get(r, "level"), Coder: "truce", Link: p.c.id(r)}
	p.when(&e, r)
	if c, ok := r.Place.Centre(); ok {
		m, _ := r.Place.Radius()
		e.Location = &ploverPlace{p.c.get(r, "place", "place_given"), c.Lat, c.Lon, float64(m)}
	}
	if kind := p.c.get(r, "kind"); kind != "" && p.c.get(r, "act") == "" {
		entryEvent(&e, kind, p.c.get(r, "payload"))
	} else {
		p.act(&e, r)
	}
	b, err := compact(e)
	if err != nil {
		return err
	}
	_, err = p.w.Write(append(b, '\n'))
	return err
}

// when is civil by UTC; PLOVER has dates and times apart.
func (p *ploverWriter) when(e *ploverEvent, r *Row) {
	if r.Span.Start.Bounded() {
		e.Date, e.Time = r.Span.Start.Time().Format("2006-01-02"), r.Span.Start.Time().Format("15:04:05")
	}
	if r.Span.End.Bounded() {
		e.EndDate, e.EndTime = r.Span.End.Time().Format("2006-01-02"), r.Span.End.Time().Format("15:04:05")
	}
	if e.Date == "" {
		if made := SpanOf(p.c.get(r, "made"), "").Start; made.Bounded() {
			e.Date, e.Time = made.Time().Format("2006-01-02"), made.Time().Format("15:04:05")
		}
	}
}

func (e *ploverEvent) is(c ploverClass) {
	e.HasEvent, e.Event, e.Mode, e.Quad = true, c.event, c.mode, c.quad
}

func party(code string) []ploverParty {
	if code == "" {
		return []ploverParty{}
	}
	return []ploverParty{{Code: code}}
}

// act makes an event of what was done; the class where all that it may be are of one.
func (p *ploverWriter) act(e *ploverEvent, r *Row) {
	var found []ploverClass
	for _, node := range strings.Split(p.c.get(r, "act"), "|") {
		c, ok := classOf("act", node)
		if !ok {
			found = nil
			break
		}
		found = append(found, c)
	}
	for _, c := range found {
		if c.event != found[0].event {
			found = nil
			break
		}
		if c.mode != found[0].mode {
			found[0].mode = ""
		}
	}
	actor := p.c.get(r, "actor", "author")
	if one := !strings.Contains(actor, "|"); actor != "" && !one {
		e.Comment = "the actor may be " + strings.ReplaceAll(actor, "|", " or ")
		actor = ""
	}
	if len(found) == 0 {
		e.Actor = party(actor)
		return
	}
	if p.c.get(r, "level") == "claimed" {
		e.is(ploverClasses()["kind claim@1"])
		e.Recipient, e.Context = party(actor), []string{"claimed", found[0].event}
		return
	}
	e.is(found[0])
	e.Actor = party(actor)
}

// entryEvent makes an event of an entry: what a party said, or agreed.
func entryEvent(e *ploverEvent, kind, payload string) {
	var x struct {
		By, Party, Holder, Tabled, Against, Stance, State, Says, Quotation, Condition string
		Parties                                                                       []string
		Facts                                                                         map[string]string
	}
	json.Unmarshal([]byte(payload), &x) // a payload that is not shown names nobody
	e.EventText = kind
	if e.Text == "" {
		e.Text = or(x.Quotation, x.Says)
	}
	c, ok := ploverClasses()["kind "+kind]
	actor := or(x.Holder, or(x.Party, or(x.By, x.Tabled)))
	switch {
	case kind == "position@1":
		if c, ok = ploverClasses()["stance "+x.Stance]; x.Stance == "accepts-if" {
			e.Context = []string{"conditional"}
			e.Comment = x.Condition
		}
	case kind == "meeting@1" && x.State != "held" && x.State != "ongoing":
		ok = false
	}
	if !ok {
		e.Actor = party(actor)
		return
	}
	e.is(c)
	e.Actor = party(actor)
	for _, p := range x.Parties {
		e.Actor = append(e.Actor, ploverParty{Code: p})
	}
	accused := x.Against
	if kind == "claim@1" && !strings.Contains(x.Facts["actor"], "|") {
		accused = x.Facts["actor"]
	}
	e.Recipient = party(accused)
}

func (p *ploverWriter) Close() error { return nil }
