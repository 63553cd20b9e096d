package views

import (
	"encoding/json"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/truce-project/truce/rights"
)

// Narrowed is what decides, besides who asks, how much is shown of an incident:
// for whom it is, which of its fields are for fewer, and whether it touches an
// object that not everybody may find.
type Narrowed struct {
	Marking Marking            `json:"-"`
	Fields  map[string]Marking `json:"fields,omitempty"`
	Site    bool               `json:"site,omitempty"`
}

// String is the same for two that are the same.
func (n Narrowed) String() string {
	out := []string{}
	for f, m := range n.Fields {
		out = append(out, f+"="+string(m))
	}
	sort.Strings(out)
	if n.Site {
		out = append(out, "+site")
	}
	return strings.Join(out, " ")
}

// narrowedOf reads it from what a profile says of it.
func narrowedOf(marking, text string) Narrowed {
	n := Narrowed{Marking: Marking(marking)}
	for _, w := range strings.Fields(text) {
		if w == "+site" {
			n.Site = true
			continue
		}
		if n.Fields == nil {
			n.Fields = map[string]Marking{}
		}
		f, m, _ := strings.Cut(w, "=")
		n.Fields[f] = Marking(m)
	}
	return n
}

// narrow takes what a document says of its fields: the most closed counts.
func (v *Incident) narrow(d *Doc) {
	var p struct {
		Markings   map[string]Marking
		Row, Facts map[string]string
	}
	if !d.read(&p) {
		var loose struct{ Markings json.RawMessage }
		if d.read(&loose) && len(loose.Markings) > 0 { // says something that cannot be read
			v.Marking = Restricted
		}
		return
	}
	for f, m := range p.Markings {
		if f == "" || strings.ContainsAny(f, " ="+parted) { // the name of no field
			continue
		}
		if v.Narrowed.Fields == nil {
			v.Narrowed.Fields = map[string]Marking{}
		}
		have, there := v.Narrowed.Fields[f]
		if !there {
			have = Public
		}
		v.Narrowed.Fields[f] = Closer(have, m)
	}
	for _, cells := range []map[string]string{p.Row, p.Facts} {
		for f, value := range cells {
			v.Narrowed.Site = v.Narrowed.Site || value != "" && rights.Default().Fields[f].Class == "site"
		}
	}
}

// Look is what somebody sees of the incidents that have one profile.
type Look struct {
	See             bool // that they are there
	Coarse          bool // place and time only as the cell of a grid and the day
	NoPlace, NoTime bool // not at all
	NoFindings      bool
	NoWords         bool            // not all words by which they can be searched for
	Hidden          map[string]bool // fields of the profile that are not shown
}

// Eyes are how somebody sees incidents. Two with one key see the same. Filters,
// counts and the order of lists go by what is seen, so that nobody finds out by
// asking what is not shown.
type Eyes struct {
	Key string
	Of  func(Narrowed) Look
}

// glance is columns as some eyes see them.
type glance struct {
	eyes     *Eyes
	looks    []Look   // by profile
	profiles []string // as shown
	may      []bool
	cols     *Columns // nil: the rows themselves, for those who see all of what they see
}

// glances keeps those that were asked for last.
type glances struct {
	sync.Mutex
	order []string
	of    map[string]*glance
	past  []pastGlance // columns of earlier sizes
}

type pastGlance struct {
	key  string
	at   int64
	cols *Columns
}

const glancesKept = 24

// extend takes further profiles into account; false where rows have to be looked
// at that were not before.
func (g *glance) extend(profiles []string) bool {
	fits := true
	for _, t := range profiles[len(g.looks):] {
		fields := fieldsOf(t)
		narrowed := ""
		if len(fields) > len(profileFields) {
			narrowed = fields[len(profileFields)]
		}
		l := g.eyes.Of(narrowedOf(fields[markingField], narrowed))
		if len(l.Hidden) > 0 {
			fields = slices.Clone(fields)
			for i, name := range profileFields {
				if l.Hidden[name] {
					fields[i] = ""
				}
			}
			t = strings.Join(fields, parted)
		}
		g.looks, g.profiles, g.may = append(g.looks, l), append(g.profiles, t), append(g.may, l.See)
		fits = fits && (g.cols != nil || !g.changes(l))
	}
	return fits
}

// changes reports whether rows with a look are not shown as they are. What is not
// seen at all is passed over anyway.
func (g *glance) changes(l Look) bool {
	return l.See && (l.Coarse || l.NoPlace || l.NoTime || l.NoFindings)
}

// row is a row as it is seen.
func (g *glance) row(r Row) Row {
	l := &g.looks[r.Profile]
	if !l.See {
		return Row{Num: r.Num, Start: noTime, End: noTime, Lat: noPlace, Lon: noPlace, Profile: r.Profile, Judged: noCode}
	}
	if l.NoFindings {
		r.Judged = noCode
	}
	if l.Coarse {
		r = r.Coarse()
	}
	if l.NoTime {
		r.Start, r.End = noTime, noTime
	}
	if l.NoPlace {
		r.Lat, r.Lon, r.Radius = noPlace, noPlace, 0
	}
	return r
}

// columns looks at all rows of columns; nil where the rows themselves will do.
func (g *glance) columns(c *Columns) *Columns {
	if !slices.ContainsFunc(g.looks, g.changes) {
		return nil
	}
	rows := make([]Row, 0, c.Len())
	c.Each(func(r Row) bool { rows = append(rows, g.row(r)); return true })
	return NewColumns(rows)
}

// Coarse is a row as those see it who see no exact place and time: days, and the
// cell in which the middle of the place lies.
func (r Row) Coarse() Row {
	if r.Start != noTime {
		s, e := floorDiv(int64(r.Start), day)*day, -floorDiv(-int64(r.End), day)*day
		if s > noTime && e < math.MaxInt32 {
			r.Start, r.End = int32(s), int32(e)
		} else {
			r.Start, r.End = noTime, noTime
		}
	}
	if r.Lat != noPlace {
		lat, lon, km, ok := rights.Cell(float64(r.Lat)/degree, float64(r.Lon)/degree, float64(r.Radius)/100)
		if !ok {
			r.Lat, r.Lon, r.Radius = noPlace, noPlace, 0
			return r
		}
		r.Lat, r.Lon = int32(math.Round(lat*degree)), int32(math.Round(lon*degree))
		r.Radius = uint16(min(math.Ceil(km*100), maxRadius))
	}
	return r
}

// CoarseRow is the incident's place and time as Coarse makes them, in the words of
// the incident.
func (v *Incident) CoarseRow() (start, end string, lat, lon, precision *float64) {
	r := v.row(0).Coarse()
	if r.Start != noTime {
		start, end = minuteText(r.Start), minuteText(r.End)
	}
	if r.Lat != noPlace {
		a, o, p := float64(r.Lat)/degree, float64(r.Lon)/degree, float64(r.Radius)*10
		lat, lon, precision = &a, &o, &p
	}
	return start, end, lat, lon, precision
}

// look is what is seen by some eyes; it is called with the lock for reading.
func (s *Snapshot) look(e *Eyes) *glance {
	k := &s.v.glances
	k.Lock()
	defer k.Unlock()
	g := k.of[e.Key]
	if g == nil {
		g = &glance{eyes: e}
		g.extend(s.v.profiles)
		g.cols = g.columns(s.v.cols)
		if k.of == nil {
			k.of = map[string]*glance{}
		}
		if len(k.order) == glancesKept {
			delete(k.of, k.order[0])
			k.order = k.order[1:]
		}
		k.of[e.Key], k.order = g, append(k.order, e.Key)
	}
	if s.At == Now {
		return g
	}
	then := *g
	for _, p := range k.past {
		if p.key == e.Key && p.at == s.Size {
			then.cols = p.cols
			return &then
		}
	}
	then.cols = g.columns(s.cols)
	if len(k.past) == 2*pastKept {
		k.past = k.past[1:]
	}
	k.past = append(k.past, pastGlance{e.Key, s.Size, then.cols})
	return &then
}

// follow takes a change of the columns into account; it is called with the lock.
func (k *glances) follow(profiles []string, hadOld, hasNow bool, old, now Row) {
	k.Lock()
	defer k.Unlock()
	for key, g := range k.of {
		if !g.extend(profiles) {
			k.drop(key)
			continue
		}
		if g.cols == nil {
			continue
		}
		if hadOld {
			was := g.row(old)
			if !g.cols.Remove(was.Start, was.Num) {
				k.drop(key)
				continue
			}
		}
		if hasNow {
			g.cols.Insert(g.row(now))
		}
	}
}

func (k *glances) drop(key string) {
	delete(k.of, key)
	k.order = slices.DeleteFunc(k.order, func(o string) bool { return o == key })
}

// forget drops all of it.
func (k *glances) forget() {
	k.Lock()
	defer k.Unlock()
	k.of, k.order, k.past = nil, nil, nil
}

// In reports whether all wanted words are in texts, each in one of its forms.
func (w Wanted) In(texts ...string) bool {
	have := map[string]bool{}
	for _, s := range strings.Fields(indexed(texts...)) {
		have[s] = true
	}
	for _, word := range w {
		if !slices.ContainsFunc(word, func(s string) bool { return have[s] }) {
			return false
		}
	}
	return true
}

// Searched are the words of an entry by which it can be searched for.
func (d *Doc) Searched() []string { return spoken(d) }

// Searched are those of an incident.
func (v *Incident) Searched() []string { return []string{v.Title, v.Text, v.Place} }
