// Package bulk reads rows of incidents files for the verdict alone, a part of
// a file at a time: plain rows as columns of events, all others as incidents.
//
// It understands rows that are written plainly: one row an incident, times
// with an offset, decimal degrees, names of the vocabulary. Every other row it
// hands, under its own line number, to the ordinary reader, so that what is
// judged and what is refused is what `truce judge` judges and refuses.
//
// A part is read as if each row were an incident by itself. Rows of ids that
// stand in several rows are not: they are set apart, and read together.
package bulk

import (
	"bytes"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/where"
)

// Options say how a part of a file is read.
type Options struct {
	Name string // of the file, for messages and the ids of rows without one
	Head feeds.TableHead
	Feed feeds.Options
	// Many is by whose numbers the facts of plain rows are told. Nil: no row is
	// plain.
	Many *judge.Many
	// Positions are the first of the file.
	Positions *feeds.Positions
	// Repeated says whether an id, by its Hash, stands in several rows; those
	// rows go to Aside. Nil: none does.
	Repeated func(hash uint64) bool
	Aside    func(line int, text string, ended bool)
	// Each takes the rows as they were read, in order. A batch is used again
	// afterwards.
	Each func(*Batch) error
}

// Batch is some rows of a file in their order.
type Batch struct {
	Events judge.Events // of the plain rows
	IDs    [][]byte     // of the plain rows
	Odd    []Odd
}

// Odd is an incident that the ordinary reader read, with the number of plain
// rows of the batch that stand before it.
type Odd struct {
	After    int
	Incident *evidence.Incident
}

// batchRows is how many rows make a batch: as many as one goroutine judges at
// a time.
const batchRows = 4096

// Reader reads a part of a file.
type Reader struct {
	*parser
	part  *feeds.Part
	batch Batch
	arena []byte // of ids
	plain int
}

// NewReader makes ready to read.
func NewReader(o Options) (*Reader, error) {
	r := &Reader{}
	part, err := feeds.NewPart(o.Name, o.Head, o.Feed, o.Positions, true, func(in *evidence.Incident) error {
		r.batch.Odd = append(r.batch.Odd, Odd{len(r.batch.IDs), in})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if o.Repeated != nil {
		part.Apart, part.Aside = func(id string) bool { return o.Repeated(Hash([]byte(id))) }, o.Aside
	}
	r.part = part
	r.parser = newParser(o)
	return r, nil
}

// Text reads whole rows of a table of text, which begin in a line.
func (r *Reader) Text(line int, text []byte) error {
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		took := feeds.Took{Bytes: end + 1, Lines: 1}
		if end < 0 {
			end, took.Bytes = len(text), len(text)
		}
		row := text[:end]
		if end > 0 && row[end-1] == '\r' {
			row = row[:end-1]
		}
		switch {
		case len(row) == 0:
		case r.many != nil && r.parse(row):
			r.take(line, string(row))
		default:
			var err error
			if took, err = r.part.One(line, text); err != nil {
				return err
			}
		}
		if err := r.full(); err != nil {
			return err
		}
		text, line = text[took.Bytes:], line+took.Lines
	}
	return nil
}

// take puts a plain row into the batch.
func (r *Reader) take(line int, text string) {
	w := &r.row
	if r.repeated != nil && r.repeated(Hash(w.id)) {
		r.part.SetAside(line, text)
		return
	}
	r.part.Passed()
	if cap(r.arena)-len(r.arena) < len(w.id) {
		r.arena = make([]byte, 0, 64<<10+len(w.id))
	}
	at := len(r.arena)
	r.arena = append(r.arena, w.id...)
	r.batch.IDs = append(r.batch.IDs, r.arena[at:])
	e := &r.batch.Events
	e.Time, e.Until = append(e.Time, w.start), append(e.Until, w.until)
	e.Lat, e.Lon, e.Radius = append(e.Lat, w.lat), append(e.Lon, w.lon), append(e.Radius, w.radius)
	for d, c := range columns(e) {
		*c = append(*c, w.facts[d])
	}
	r.plain++
}

// full hands a batch on when it is full.
func (r *Reader) full() error {
	if len(r.batch.IDs)+len(r.batch.Odd) < batchRows {
		return nil
	}
	return r.flush()
}

func (r *Reader) flush() error {
	if len(r.batch.IDs)+len(r.batch.Odd) == 0 {
		return nil
	}
	if err := r.each(&r.batch); err != nil {
		return err
	}
	e := &r.batch.Events
	e.Time, e.Until, e.Lat, e.Lon, e.Radius = e.Time[:0], e.Until[:0], e.Lat[:0], e.Lon[:0], e.Radius[:0]
	for _, c := range columns(e) {
		*c = (*c)[:0]
	}
	clear(r.batch.Odd)
	r.batch.IDs, r.batch.Odd, r.arena = r.batch.IDs[:0], r.batch.Odd[:0], r.arena[:0]
	return nil
}

// End hands on what is left, and says what became of the rows, and how many of
// them were plain.
func (r *Reader) End() (feeds.Summary, int, error) {
	sum, err := r.part.End()
	if err == nil {
		err = r.flush()
	}
	sum.Rows += r.plain
	sum.Incidents += r.plain
	return sum, r.plain, err
}

// Ended reports whether the incident of the row that was set aside last has
// ended since.
func (r *Reader) Ended() bool { return r.part.Ended() }

// columns are those of the facts, in the order of dimensions.
func columns(e *judge.Events) [8]*[]judge.Value {
	return [8]*[]judge.Value{&e.Actor, &e.Act, &e.Outcome, &e.Means, &e.Target, &e.Intended, &e.Owner, &e.Controller}
}

// Hash is a number for an id, the same in every process.
func Hash(id []byte) uint64 {
	h := uint64(len(id))*0x9e3779b97f4a7c15 ^ 0x243f6a8885a308d3
	for len(id) >= 8 {
		h = mix(h ^ (uint64(id[0]) | uint64(id[1])<<8 | uint64(id[2])<<16 | uint64(id[3])<<24 | uint64(id[4])<<32 | uint64(id[5])<<40 | uint64(id[6])<<48 | uint64(id[7])<<56))
		id = id[8:]
	}
	var last uint64
	for i, c := range id {
		last |= uint64(c) << (8 * i)
	}
	return mix(h ^ last)
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// Before reports whether an id stands before another: a shorter one first, so
// that numbers that are counted up ascend. Ids that ascend stand in one row each.
func Before(a, b []byte) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return bytes.Compare(a, b) < 0
}

// nowhere reports that a position means that none was known, as the reader has it.
func nowhere(lat, lon where.E7) bool {
	const near = 10_000 // thousandths of a degree
	return lat < near && lat > -near && lon < near && lon > -near
}
