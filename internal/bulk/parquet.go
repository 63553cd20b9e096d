package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Parquet is a Parquet file of incidents, a column for each column of the
// incidents file. A null is an empty cell; the line of a row is its number, from
// 1.
type Parquet struct {
	Head feeds.TableHead
	// Ignored are columns that the incidents file does not have, or that hold
	// something else than one value a row.
	Ignored []string
	f       *parquet.File
	file    *os.File
	columns []parquetColumn
}

// parquetColumn is where a column of the head stands, and what its values are.
type parquetColumn struct {
	leaf   int
	null   byte // the level at which a value is defined; 0: always
	kind   parquet.Kind
	unit   time.Duration // of instants; 0: it holds none
	date   bool
	signed bool
}

// OpenParquet opens a file. The error says what cannot be read, and the way out.
func OpenParquet(name string) (p *Parquet, err error) {
	defer damaged(name, &err)
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	pf, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true), parquet.ReadBufferSize(64<<10))
	if err != nil {
		return nil, fmt.Errorf("%s: this is no Parquet file that can be read, or it is cut short: %w", name, err)
	}
	p = &Parquet{f: pf, file: f}
	known := feeds.IncidentColumns()
	for _, c := range pf.Root().Columns() {
		if !c.Leaf() || c.Repeated() || !slices.Contains(known, strings.ToLower(c.Name())) {
			p.Ignored = append(p.Ignored, c.Name())
			continue
		}
		col, err := columnOf(c)
		if err != nil {
			return nil, fmt.Errorf("%s: column %s: %w", name, c.Name(), err)
		}
		p.Head.Cells = append(p.Head.Cells, c.Name())
		p.columns = append(p.columns, col)
	}
	if !feeds.IncidentHead(p.Head.Cells) {
		return nil, fmt.Errorf("%s: a Parquet file whose columns are not those of an incidents file (id, time_start, act, lat, lon and others): rename them, or make one with `truce import`", name)
	}
	return p, nil
}

// damaged makes an error of what a damaged file does to its reader.
func damaged(name string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: the file is damaged: %v", name, r)
	}
}

func columnOf(c *parquet.Column) (parquetColumn, error) {
	t := c.Type()
	out := parquetColumn{leaf: c.Index(), null: byte(c.MaxDefinitionLevel()), kind: t.Kind(), signed: true}
	switch out.kind {
	case parquet.Boolean, parquet.Int32, parquet.Int64, parquet.Float, parquet.Double, parquet.ByteArray:
	default:
		return out, fmt.Errorf("values of type %s are not read: write text, numbers or times", t)
	}
	if ct := t.ConvertedType(); ct != nil {
		switch *ct {
		case deprecated.TimestampMillis:
			out.unit = time.Millisecond
		case deprecated.TimestampMicros:
			out.unit = time.Microsecond
		}
	}
	l := t.LogicalType()
	if l == nil {
		return out, nil
	}
	switch v := l.Value.(type) {
	case *format.TimestampType:
		if !v.IsAdjustedToUTC {
			return out, errors.New("its times have no zone: write them as instants of UTC (in SQL, TIMESTAMP WITH TIME ZONE)")
		}
		out.unit = v.Unit.Value.Duration()
	case *format.DateType:
		out.date = true
	case *format.IntType:
		out.signed = v.IsSigned
	case *format.DecimalType, *format.TimeType:
		return out, fmt.Errorf("values of type %s are not read: write text, numbers or times", t)
	}
	return out, nil
}

// Close closes the file.
func (p *Parquet) Close() error { return p.file.Close() }

// Groups is how many row groups there are.
func (p *Parquet) Groups() int { return len(p.f.RowGroups()) }

// Rows is how many rows a group has.
func (p *Parquet) Rows(group int) int64 { return p.f.RowGroups()[group].NumRows() }

// Extent is which bytes of the file groups take, the last left out.
func (p *Parquet) Extent(from, to int) (start, end int64) {
	start = math.MaxInt64
	for _, g := range p.f.Metadata().RowGroups[from:to] {
		for i := range g.Columns {
			m := &g.Columns[i].MetaData
			first := m.DataPageOffset
			if m.DictionaryPageOffset > 0 {
				first = min(first, m.DictionaryPageOffset)
			}
			start, end = min(start, first), max(end, first+m.TotalCompressedSize)
		}
	}
	return min(start, end), end
}

// Columns reads columns of a group, some rows at a time: those of the head whose
// index is in which, or all of them if it is nil. What each is handed is used again.
func (p *Parquet) columnsOf(group int, which []int, each func(n int, c []*cells) error) (err error) {
	defer damaged(p.file.Name(), &err)
	chunks := p.f.RowGroups()[group].ColumnChunks()
	all := make([]*cells, len(p.columns))
	for i := range p.columns {
		if which != nil && !slices.Contains(which, i) {
			continue
		}
		all[i] = &cells{parquetColumn: &p.columns[i], pages: chunks[p.columns[i].leaf].Pages()}
		defer all[i].pages.Close()
	}
	for left := p.Rows(group); left > 0; {
		n := int(min(left, batchRows))
		for _, c := range all {
			if c == nil {
				continue
			}
			if err := c.fill(n); err != nil {
				return fmt.Errorf("%s: %w", p.file.Name(), err)
			}
		}
		if err := each(n, all); err != nil {
			return err
		}
		left -= int64(n)
	}
	return nil
}

// Cells hands over the rows of groups as cells, under their numbers.
func (p *Parquet) Cells(from, to, line int, each func(line int, cells []string) error) error {
	for g := from; g < to; g++ {
		err := p.columnsOf(g, nil, func(n int, c []*cells) error {
			for i := range n {
				row := make([]string, len(c))
				for k := range c {
					row[k] = c[k].text(i)
				}
				if err := each(line, row); err != nil {
					return err
				}
				line++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// IDs hands over the ids of a group, without blanks around them; empty ones are
// left out.
func (p *Parquet) IDs(group int, each func([]byte)) error {
	at := slices.IndexFunc(p.Head.Cells, func(c string) bool { return strings.EqualFold(c, "id") })
	if at < 0 {
		return nil
	}
	return p.columnsOf(group, []int{at}, func(n int, c []*cells) error {
		for i := range n {
			if v := bytes.TrimSpace(c[at].bytes(i)); len(v) > 0 {
				each(v)
			}
		}
		return nil
	})
}

// cells are some values of a column.
type cells struct {
	*parquetColumn
	pages parquet.Pages
	nulls []bool
	num   []int64   // of booleans, whole numbers, instants
	real  []float64 // of numbers
	str   [][]byte  // of text
	index []int32   // of text in the dictionary; -1: none

	dict  parquet.Dictionary
	words [][]byte // of the dictionary
	value []int32  // of the dictionary: what it means; see parser.word
	plain []byte   // text of a number

	// the page at hand
	left   int
	levels []byte
	at     int // values taken
	i32    []int32
	i64    []int64
	f32    []float32
	f64    []float64
	bits   []byte
	data   []byte
	ends   []uint32
	coded  []int32
}

// fill reads the next n values.
func (c *cells) fill(n int) error {
	c.nulls, c.num, c.real, c.str, c.index = c.nulls[:0], c.num[:0], c.real[:0], c.str[:0], c.index[:0]
	for n > 0 {
		if c.left == 0 {
			if err := c.page(); err != nil {
				return err
			}
			continue
		}
		k := min(n, c.left)
		c.take(k)
		n, c.left = n-k, c.left-k
	}
	return nil
}

// page opens the next page.
func (c *cells) page() error {
	pg, err := c.pages.ReadPage()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("a column has fewer values than rows: the file is damaged")
		}
		return err
	}
	c.left, c.at, c.levels = int(pg.NumValues()), 0, pg.DefinitionLevels()
	c.i32, c.i64, c.f32, c.f64, c.bits, c.data, c.ends, c.coded = nil, nil, nil, nil, nil, nil, nil, nil
	data := pg.Data()
	if d := pg.Dictionary(); d != nil {
		c.coded = data.Int32()
		if d != c.dict {
			c.dict, c.words, c.value = d, c.words[:0], c.value[:0]
			for i := range d.Len() {
				c.words = append(c.words, wordOf(d.Index(int32(i)), c.parquetColumn))
				c.value = append(c.value, unasked)
			}
		}
		return nil
	}
	switch c.kind {
	case parquet.Boolean:
		c.bits = data.Boolean()
	case parquet.Int32:
		c.i32 = data.Int32()
	case parquet.Int64:
		c.i64 = data.Int64()
	case parquet.Float:
		c.f32 = data.Float()
	case parquet.Double:
		c.f64 = data.Double()
	case parquet.ByteArray:
		c.data, c.ends = data.ByteArray()
	}
	return nil
}

// wordOf is the text of a value of a dictionary; of numbers it is their bits.
func wordOf(v parquet.Value, c *parquetColumn) []byte {
	if c.kind == parquet.ByteArray {
		return v.ByteArray()
	}
	return nil
}

// take takes k values of the page.
func (c *cells) take(k int) {
	first := len(c.levels) - c.left
	for i := range k {
		if c.null > 0 && len(c.levels) > 0 && c.levels[first+i] != c.null {
			c.push(true, 0, 0, nil, -1)
			continue
		}
		at := c.at
		c.at++
		switch {
		case c.coded != nil && c.kind == parquet.ByteArray:
			x := c.coded[at]
			c.push(false, 0, 0, c.words[x], x)
		case c.coded != nil:
			switch v := c.dict.Index(c.coded[at]); c.kind {
			case parquet.Int32:
				c.whole(int64(v.Int32()))
			case parquet.Int64:
				c.whole(v.Int64())
			case parquet.Float:
				c.push(false, 0, float64(v.Float()), nil, -1)
			case parquet.Double:
				c.push(false, 0, v.Double(), nil, -1)
			}
		case c.kind == parquet.Boolean:
			c.push(false, int64(c.bits[at/8]>>(at%8)&1), 0, nil, -1)
		case c.kind == parquet.Int32:
			c.whole(int64(c.i32[at]))
		case c.kind == parquet.Int64:
			c.whole(c.i64[at])
		case c.kind == parquet.Float:
			c.push(false, 0, float64(c.f32[at]), nil, -1)
		case c.kind == parquet.Double:
			c.push(false, 0, c.f64[at], nil, -1)
		default:
			c.push(false, 0, 0, c.data[c.ends[at]:c.ends[at+1]], -1)
		}
	}
}

// whole takes a whole number; those without a sign are told by their bits.
func (c *cells) whole(n int64) {
	if !c.signed && c.kind == parquet.Int32 {
		n = int64(uint32(n))
	}
	c.push(false, n, 0, nil, -1)
}

func (c *cells) push(null bool, num int64, real float64, str []byte, index int32) {
	c.nulls = append(c.nulls, null)
	switch c.kind {
	case parquet.ByteArray:
		c.str, c.index = append(c.str, str), append(c.index, index)
	case parquet.Float, parquet.Double:
		c.real = append(c.real, real)
	default:
		c.num = append(c.num, num)
	}
}

// bytes is a value as a cell of the incidents file has it. It may be written
// over by the next call.
func (c *cells) bytes(i int) []byte {
	if c.nulls[i] {
		return nil
	}
	b := c.plain[:0]
	switch {
	case c.kind == parquet.ByteArray:
		return c.str[i]
	case c.kind == parquet.Float:
		b = strconv.AppendFloat(b, c.real[i], 'f', -1, 32)
	case c.kind == parquet.Double:
		b = strconv.AppendFloat(b, c.real[i], 'f', -1, 64)
	case c.kind == parquet.Boolean:
		b = append(b, [2]string{"no", "yes"}[c.num[i]]...)
	case c.date:
		b = time.Unix(c.num[i]*86400, 0).UTC().AppendFormat(b, "2006-01-02")
	case c.unit != 0:
		per := int64(time.Second / c.unit)
		sec, rest := c.num[i]/per, c.num[i]%per
		b = time.Unix(sec, rest*int64(c.unit)).UTC().AppendFormat(b, time.RFC3339Nano)
	case !c.signed:
		b = strconv.AppendUint(b, uint64(c.num[i]), 10)
	default:
		b = strconv.AppendInt(b, c.num[i], 10)
	}
	c.plain = b
	return b
}

func (c *cells) text(i int) string { return string(c.bytes(i)) }

// instant is a value as an instant; false if it is not a whole millisecond of
// the years that plain rows may have.
func (c *cells) instant(i int) (when.Instant, bool) {
	per := int64(time.Second/c.unit) / 1000
	ms := c.num[i] / per
	const first, end = -5_364_662_400_000, 7_258_118_400_000 // 1800 and 2200
	return when.Instant(ms), ms*per == c.num[i] && ms >= first && ms < end
}

// Parquet reads the rows of some groups of a file, the last left out. line is
// the number of their first row.
func (r *Reader) Parquet(p *Parquet, from, to, line int) error {
	for g := from; g < to; g++ {
		err := p.columnsOf(g, nil, func(n int, c []*cells) error {
			for i := range n {
				if err := r.parquetRow(line, i, c); err != nil {
					return err
				}
				line++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) parquetRow(line, i int, c []*cells) error {
	if r.many != nil && r.typed(i, c) {
		if r.repeated == nil || !r.repeated(Hash(r.row.id)) {
			r.take(line, "")
			return r.full()
		}
	}
	row := make([]string, len(c))
	for k := range c {
		row[k] = c[k].text(i)
	}
	if err := r.part.Cells(line, row); err != nil {
		return err
	}
	return r.full()
}

// typed parses a row of typed values; false if it is not plain.
func (p *parser) typed(i int, c []*cells) bool {
	r := &p.row
	*r = plainRow{start: when.Past, until: when.Past, lat: where.NoE7, lon: where.NoE7}
	for k, f := range p.fields {
		if x := c[k]; f != fIgnored && !x.nulls[i] && !p.value(f, x, i) {
			return false
		}
	}
	return p.whole()
}

// value takes in one value.
func (p *parser) value(f field, c *cells, i int) (ok bool) {
	r := &p.row
	switch {
	case f >= fFact && c.kind == parquet.ByteArray && c.index[i] >= 0:
		return p.word(int(f-fFact), c, c.index[i])
	case c.unit != 0 && f == fStart:
		r.start, ok = c.instant(i)
		r.hasStart = true
	case c.unit != 0 && f == fEnd:
		r.until, ok = c.instant(i)
		r.hasEnd = true
	case c.kind == parquet.Double && f == fLat:
		r.lat, ok = where.ToE7(c.real[i])
		r.hasLat = true
		ok = ok && math.Abs(c.real[i]) <= 90
	case c.kind == parquet.Double && f == fLon:
		r.lon, ok = where.ToE7(c.real[i])
		r.hasLon = true
	case (c.kind == parquet.Double || c.kind == parquet.Float) && f == fPrecision:
		v := c.real[i]
		r.radius, ok = float32(v), v >= 0 && v <= 9_999_999 && v == math.Trunc(v)
	default:
		v := c.bytes(i)
		if f == fID && c.kind != parquet.ByteArray {
			v = bytes.Clone(v)
		}
		return sound(v) && p.cell(f, v)
	}
	return ok
}

// unasked marks a word of a dictionary that was not asked for yet.
const unasked = -2

// word takes in a fact by its number in the dictionary of the column.
func (p *parser) word(d int, c *cells, index int32) bool {
	v := c.value[index]
	if v == unasked {
		v = -1
		w := c.words[index]
		if len(w) == 0 {
			v = int32(judge.Unknown)
		} else if sound(w) && p.fact(d, w) {
			v = int32(p.row.facts[d])
		}
		c.value[index] = v
	}
	p.row.facts[d] = judge.Value(max(v, 0))
	return v >= 0
}
