package bulk

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/truce-project/truce/internal/feeds"
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

var fields = map[string]field{
	"id": fID, "time_start": fStart, "time_end": fEnd, "lat": fLat, "lon": fLon, "precision_m": fPrecision, "level": fLevel,
	"killed": fNumber, "injured": fNumber, "count": fNumber,
	"scenario": fEmpty, "lasting": fEmpty, "launch_start": fEmpty, "launch_end": fEmpty, "place": fEmpty, "origin": fEmpty, "site": fEmpty,
	"observed": fEmpty,
}

// fieldsOf says what the columns of a header hold. What the reader ignores is
// ignored.
func fieldsOf(header []string) []field {
	out := make([]field, len(header))
	seen := map[string]bool{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if seen[name] {
			continue
		}
		seen[name] = true
		out[i] = fields[name]
		if d := slices.Index(dimensions, name); d >= 0 {
			out[i] = fFact + field(d)
		}
	}
	return out
}

// parser tells whether a row is plain, and what it says.
type parser struct {
	fields     []field
	sep        byte
	many       *judge.Many
	vocabulary *vocab.Vocabulary
	repeated   func(uint64) bool
	each       func(*Batch) error
	known      [8]map[string]int32 // cell -> judge.Value; -1 if not plain
	row        plainRow
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

func newParser(o Options) *parser {
	p := &parser{fields: fieldsOf(o.Head.Cells), sep: o.Head.Separator, many: o.Many, vocabulary: o.Feed.Vocabulary, repeated: o.Repeated, each: o.Each}
	if p.vocabulary == nil {
		p.vocabulary = vocab.Core()
	}
	if !slices.Contains(p.fields, fID) {
		p.many = nil // rows without an id get one from their line
	}
	for d := range p.known {
		p.known[d] = map[string]int32{}
	}
	return p
}

// parse parses a row; false if it is not plain.
func (p *parser) parse(text []byte) bool {
	r := &p.row
	*r = plainRow{start: when.Past, until: when.Past, lat: where.NoE7, lon: where.NoE7}
	i, rest := 0, text
	for more := true; more; i++ {
		if i == len(p.fields) {
			return false // more cells than columns
		}
		var v []byte
		quoted := len(rest) > 0 && rest[0] == '"'
		if quoted {
			end := closing(rest, p.fields[i] == fIgnored)
			if end < 0 || end+1 < len(rest) && rest[end+1] != p.sep {
				return false
			}
			v, rest = rest[1:end], rest[end+1:]
			if more = len(rest) > 0; more {
				rest = rest[1:]
			}
		} else if k := bytes.IndexByte(rest, p.sep); k >= 0 {
			v, rest = rest[:k], rest[k+1:]
		} else {
			v, more = rest, false
		}
		if !quoted && len(v) > 0 && v[0] == ' ' && startsQuote(v) {
			return false
		}
		if !p.cell(p.fields[i], v) {
			return false
		}
	}
	return i == len(p.fields) && p.whole() && sound(text)
}

// whole reports whether the cells of a row go together plainly.
func (p *parser) whole() bool {
	r := &p.row
	if len(r.id) == 0 || r.hasLat != r.hasLon || r.hasEnd && !r.hasStart {
		return false
	}
	if !r.hasEnd {
		r.until = r.start
	}
	if r.until < r.start {
		return false
	}
	return !r.hasLat || !nowhere(r.lat, r.lon) && (r.lon < 40*10_000_000 || !feeds.Exchangeable(where.Point{Lat: r.lat.Degrees(), Lon: r.lon.Degrees()}))
}

// closing finds the quote that closes the cell at the start of text; -1 if there
// is none. A doubled quote is looked through only where nobody reads the cell.
func closing(text []byte, ignored bool) int {
	for i := 1; ; i += 2 {
		k := bytes.IndexByte(text[i:], '"')
		if k < 0 {
			return -1
		}
		if i += k; i+1 == len(text) || text[i+1] != '"' {
			return i
		}
		if !ignored {
			return -1
		}
	}
}

// startsQuote reports whether a quote opens after blanks.
func startsQuote(v []byte) bool {
	v = bytes.TrimLeft(v, " ")
	return len(v) > 0 && v[0] == '"'
}

// sound reports whether a row is text.
func sound(text []byte) bool {
	high := false
	for _, c := range text {
		if c == 0 || c == '\r' {
			return false
		}
		high = high || c >= 0x80
	}
	return !high || utf8.Valid(text)
}

// cell takes in one cell.
func (p *parser) cell(f field, v []byte) (ok bool) {
	r := &p.row
	switch f {
	case fIgnored:
		return true
	case fID:
		r.id = bytes.TrimSpace(v)
		return len(v) > 0 && v[0] > ' ' && v[len(v)-1] > ' ' && v[0] < 0x80 && v[len(v)-1] < 0x80
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
		if names := plainNames(p.vocabulary, dimensions[d], string(v)); names != nil {
			if p.many.Room(dimensions[d]) {
				n = int32(p.many.Value(dimensions[d], names...))
			}
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
