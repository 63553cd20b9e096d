package bulk

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// field says what a column holds.
type field uint8

const (
	fIgnored field = iota
	fID
	fStart
	fEnd
	fLat
	fLon
	fPrecision
	fLevel
	fNumber
	fEmpty // plain only if it is empty
	fFact  // and those after it: dimensions of facts
)

var dimensions = []string{"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller"}

var columns = map[string]field{
	"id": fID, "time_start": fStart, "time_end": fEnd, "lat": fLat, "lon": fLon, "precision_m": fPrecision, "level": fLevel,
	"killed": fNumber, "injured": fNumber,
	"scenario": fEmpty, "lasting": fEmpty, "launch_start": fEmpty, "launch_end": fEmpty, "place": fEmpty, "origin": fEmpty, "site": fEmpty,
	"damage": fIgnored, "severity": fIgnored, "source": fIgnored, "reliability": fIgnored, "url": fIgnored, "text": fIgnored,
}

// layout is the columns of a file.
type layout struct {
	o      Options
	fields []field
}

// newLayout reads a header; false if it is not that of a plain incidents file.
func newLayout(header string, o Options) (*layout, bool) {
	l := &layout{o: o}
	seen := map[string]bool{}
	for _, name := range strings.Split(header, ",") {
		f, ok := columns[name]
		if d := slices.Index(dimensions, name); d >= 0 {
			f, ok = fFact+field(d), true
		}
		if !ok || seen[name] {
			return nil, false
		}
		seen[name] = true
		l.fields = append(l.fields, f)
	}
	return l, seen["id"] && seen["time_start"] && seen["act"]
}

// block is some whole lines and what was made of them.
type block struct {
	text        []byte
	done        chan struct{}
	err         error
	first, last []byte // ids
	plain       int
	odd         []byte // the lines, empty where they are plain
	out         []byte
	counts      [][judge.Contested + 1]int
}

var free = sync.Pool{New: func() any { return &block{text: make([]byte, 0, blockSize)} }}

func newBlock() *block {
	b := free.Get().(*block)
	*b = block{text: b.text[:0], odd: b.odd[:0], out: b.out[:0], done: make(chan struct{})}
	return b
}

// parser is the memory of one goroutine.
type parser struct {
	*layout
	ev    judge.Events
	ids   [][]byte
	known [8]map[string]int32 // cell -> judge.Value; -1 if not plain
	out   []judge.Outcome
	row   plainRow
}

// plainRow is one row as it is parsed.
type plainRow struct {
	id           []byte
	start, until when.Instant
	lat, lon     where.E7
	hasStart     bool
	hasEnd       bool
	hasLat       bool
	hasLon       bool
	radius       float32
	facts        [8]judge.Value
}

func newParser(l *layout) *parser {
	p := &parser{layout: l}
	for d := range p.known {
		p.known[d] = map[string]int32{}
	}
	return p
}

func (p *parser) columns() [8]*[]judge.Value {
	e := &p.ev
	return [8]*[]judge.Value{&e.Actor, &e.Act, &e.Outcome, &e.Means, &e.Target, &e.Intended, &e.Owner, &e.Controller}
}

// block parses and judges a block.
func (p *parser) block(b *block) {
	e := &p.ev
	e.Time, e.Until, e.Lat, e.Lon, e.Radius = e.Time[:0], e.Until[:0], e.Lat[:0], e.Lon[:0], e.Radius[:0]
	facts := p.columns()
	for _, c := range facts {
		*c = (*c)[:0]
	}
	p.ids = p.ids[:0]
	for rest := b.text; len(rest) > 0 && b.err == nil; {
		line := rest
		if k := bytes.IndexByte(rest, '\n'); k >= 0 {
			line, rest = rest[:k+1], rest[k+1:]
		} else {
			rest = nil
		}
		p.line(b, line, facts)
	}
	if b.err != nil {
		return
	}
	p.judge(b)
}

// line parses a line: a plain row joins the events, another goes to the
// ordinary reader.
func (p *parser) line(b *block, line []byte, facts [8]*[]judge.Value) {
	text := bytes.TrimRight(line, "\r\n")
	if len(text) == 0 {
		b.odd = append(b.odd, '\n')
		return
	}
	quotes := bytes.Count(text, []byte{'"'})
	if quotes%2 == 1 || bytes.IndexByte(text, '\r') >= 0 {
		b.err = ErrNotPlain // a cell over several lines
		return
	}
	plain := false
	if quotes == 0 {
		plain = p.parse(text) && len(p.row.id) > 0
	} else if b.err = p.quoted(text); b.err != nil {
		return
	}
	if id := p.row.id; len(id) > 0 {
		if b.first == nil {
			b.first = id
		} else if !before(b.last, id) {
			b.err = errNotAscending
			return
		}
		b.last = id
	}
	if !plain {
		b.odd = append(append(b.odd, text...), '\n')
		return
	}
	b.odd = append(b.odd, '\n')
	p.ids = append(p.ids, p.row.id)
	r, e := &p.row, &p.ev
	e.Time, e.Until = append(e.Time, r.start), append(e.Until, r.until)
	e.Lat, e.Lon, e.Radius = append(e.Lat, r.lat), append(e.Lon, r.lon), append(e.Radius, r.radius)
	for d, c := range facts {
		*c = append(*c, r.facts[d])
	}
}

// quoted finds the id of a row with quotes.
func (p *parser) quoted(text []byte) error {
	p.row.id = nil
	cells, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err != nil {
		return ErrNotPlain
	}
	if k := slices.Index(p.fields, fID); k < len(cells) {
		p.row.id = []byte(strings.TrimSpace(cells[k]))
	}
	return nil
}

// judge judges the plain rows of a block and writes about them.
func (p *parser) judge(b *block) {
	n := len(p.o.Many.Regimes())
	b.plain = len(p.ids)
	b.counts = make([][judge.Contested + 1]int, n)
	if need := b.plain * n; cap(p.out) < need {
		p.out = make([]judge.Outcome, need)
	}
	out := p.out[:b.plain*n]
	p.o.Many.Judge(&p.ev, out)
	p.o.Many.Settle(&p.ev, out)
	for i, id := range p.ids {
		row := out[i*n : (i+1)*n]
		for k, o := range row {
			b.counts[k][o.Verdict()]++
		}
		b.out = p.o.Row(b.out, id, row)
	}
}

// parse parses a row without quotes; false if it is not plain. The id is
// found in any case.
func (p *parser) parse(text []byte) bool {
	r := &p.row
	*r = plainRow{start: when.Past, until: when.Past, lat: where.NoE7, lon: where.NoE7}
	ok, i, high := true, 0, false
	for cell := text; ; i++ {
		k := bytes.IndexByte(cell, ',')
		v := cell
		if k >= 0 {
			v = cell[:k]
		}
		if i == len(p.fields) {
			return false // more cells than columns
		}
		ok = p.cell(p.fields[i], v) && ok
		if k < 0 {
			break
		}
		cell = cell[k+1:]
	}
	for _, c := range text {
		high = high || c >= 0x80
	}
	if !ok || i != len(p.fields)-1 || high && !utf8.Valid(text) || r.hasLat != r.hasLon || r.hasEnd && !r.hasStart {
		return false
	}
	if !r.hasEnd {
		r.until = r.start
	}
	return r.until >= r.start && !(r.hasLat && r.lat == 0 && r.lon == 0)
}

// cell takes in one cell.
func (p *parser) cell(f field, v []byte) (ok bool) {
	r := &p.row
	switch f {
	case fIgnored:
		return true
	case fID:
		r.id = bytes.TrimSpace(v)
		return len(v) > 0 && v[0] > ' ' && v[len(v)-1] > ' ' && v[0] < 0x80 && v[len(v)-1] < 0x80 && !bytes.ContainsAny(v[:1], "=+-@")
	}
	if len(v) == 0 {
		return true
	}
	switch f {
	case fStart:
		r.start, ok = instant(v)
		r.hasStart = true
	case fEnd:
		r.until, ok = instant(v)
		r.hasEnd = true
	case fLat:
		r.lat, ok = degrees(v, 90)
		r.hasLat = true
	case fLon:
		r.lon, ok = degrees(v, 180)
		r.hasLon = true
	case fPrecision:
		var n int
		n, ok = number(v, 7)
		r.radius = float32(n)
	case fLevel:
		switch string(v) {
		case "claimed", "reported", "corroborated", "verified", "determined":
			ok = true
		}
	case fNumber:
		_, ok = number(v, 9)
	case fEmpty:
		ok = false
	default:
		ok = p.fact(int(f-fFact), v)
	}
	return ok
}

// fact looks a cell of names up.
func (p *parser) fact(d int, v []byte) bool {
	n, ok := p.known[d][string(v)]
	if !ok {
		n = -1
		if names := plainNames(p.o.Vocabulary, dimensions[d], string(v)); names != nil {
			n = int32(p.o.Many.Value(dimensions[d], names...))
		}
		if len(p.known[d]) > 1<<14 {
			clear(p.known[d])
		}
		p.known[d][string(v)] = n
	}
	p.row.facts[d] = judge.Value(max(n, 0))
	return n >= 0
}

// maxNames is how many names a plain cell may hold.
const maxNames = 8

// plainNames splits a|b; nil where the ordinary reader has to look.
func plainNames(v *vocab.Vocabulary, dimension, cell string) []string {
	names := strings.Split(cell, "|")
	if len(names) > maxNames {
		return nil
	}
	tree := v.Tree(dimension)
	for i, n := range names {
		switch strings.ToLower(n) {
		case "", "?", "unknown", "any", "*":
			return nil
		}
		if n != strings.TrimSpace(n) || slices.Contains(names[:i], n) {
			return nil
		}
		if tree != nil {
			if _, ok := tree.Node(n); !ok {
				return nil
			}
		}
	}
	return names
}

// number reads up to most digits.
func number(v []byte, most int) (n int, ok bool) {
	if len(v) == 0 || len(v) > most {
		return 0, false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// degrees reads decimal degrees of at most seven decimals.
func degrees(v []byte, limit int) (where.E7, bool) {
	sign := 1
	if v[0] == '-' {
		sign, v = -1, v[1:]
	}
	whole, decimals := v, []byte(nil)
	if k := bytes.IndexByte(v, '.'); k >= 0 {
		if whole, decimals = v[:k], v[k+1:]; len(decimals) == 0 {
			return 0, false
		}
	}
	n, ok := number(whole, 3)
	if !ok {
		return 0, false
	}
	d, scale := 0, 10_000_000
	for _, c := range decimals {
		if c < '0' || c > '9' || scale == 1 {
			return 0, false
		}
		scale /= 10
		d += int(c-'0') * scale
	}
	n = n*10_000_000 + d
	return where.E7(sign * n), n <= limit*10_000_000
}

// instant reads 2025-03-18T21:00Z, with or without seconds and with Z or an
// offset of hours and minutes, from 1800 to 2199.
func instant(v []byte) (when.Instant, bool) {
	if len(v) < 17 || v[4] != '-' || v[7] != '-' || v[10] != 'T' || v[13] != ':' {
		return 0, false
	}
	year, ok1 := number(v[0:4], 4)
	month, ok2 := number(v[5:7], 2)
	day, ok3 := number(v[8:10], 2)
	hour, ok4 := number(v[11:13], 2)
	minute, ok5 := number(v[14:16], 2)
	second, ok6 := 0, true
	rest := v[16:]
	if rest[0] == ':' {
		if len(rest) < 4 {
			return 0, false
		}
		second, ok6 = number(rest[1:3], 2)
		rest = rest[3:]
	}
	offset, ok7 := zoneOffset(rest)
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7) || year < 1800 || year > 2199 || month < 1 || month > 12 ||
		day < 1 || day > monthDays(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	s := int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+second) - int64(offset)
	return when.Instant(s * 1000), true
}

func zoneOffset(v []byte) (seconds int, ok bool) {
	if len(v) == 1 && v[0] == 'Z' {
		return 0, true
	}
	if len(v) != 6 || v[3] != ':' || v[0] != '+' && v[0] != '-' {
		return 0, false
	}
	h, ok1 := number(v[1:3], 2)
	m, ok2 := number(v[4:6], 2)
	seconds = h*3600 + m*60
	if v[0] == '-' {
		seconds = -seconds
	}
	return seconds, ok1 && ok2 && h <= 14 && m <= 59 && !(v[0] == '-' && seconds == 0)
}

func monthDays(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts by the proleptic Gregorian calendar.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}
