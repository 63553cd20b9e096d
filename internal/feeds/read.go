package feeds

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/where/gazetteer"
)

// Limits of what is read. They stand far above anything honest.
const (
	maxRow      = 1 << 20 // bytes of one row or GeoJSON feature
	maxColumns  = 1000
	maxProblems = 1000 // kept in a Summary; all are counted
	maxNames    = 1000 // ignored columns kept in a Summary
)

// Options say how to read a file. The zero value guesses the kind, goes on
// after bad rows, and uses the built-in vocabulary.
type Options struct {
	// As is the kind of the file, one of Kinds; "" guesses it from content.
	As string
	// Strict stops at the first row that is rejected.
	Strict bool
	// Vocabulary holds the nodes that facts may name; nil is vocab.Core().
	Vocabulary *vocab.Vocabulary
	// Zone reads civil times without offset. Nil refuses them in truce and
	// GeoJSON, and is Europe/Kyiv for airforce and viina, whose authors write
	// in it. Claims name their zone in each row; Zone serves rows that do not.
	Zone *time.Location
	// Gazetteer knows places by name; nil is gazetteer.Builtin().
	Gazetteer *gazetteer.Gazetteer
	// Readable asks whether rows can be read, and no more: their places are not held
	// against what their texts name.
	Readable bool
	// Incidents makes ReadEdition keep what each row became, for Edition.Incident.
	Incidents bool

	totals *totals // gathers the numbers that claims give, if set
}

// Problem is something that could not be read, or could be read only with a
// remark.
type Problem struct {
	Pos    evidence.Position
	Column string // the column it stands in; "" if it is about the row
	Col    int    // number of the column, from 1; 0 unknown
	Msg    string // what was expected, what was found, the way out
	Fatal  bool   // what it is about was rejected; false: it was read, and this is a remark
}

// Error prints the problem as file:line: column NAME: message.
func (p Problem) Error() string {
	s := p.Pos.String() + ": "
	switch {
	case p.Column != "":
		s += "column " + p.Column + ": "
	case p.Col > 0:
		s += fmt.Sprintf("column %d: ", p.Col)
	}
	return s + p.Msg
}

// String is Error.
func (p Problem) String() string { return p.Error() }

// Summary says what became of a file.
type Summary struct {
	File string
	As   string // the kind it was read as; several are joined by +
	// Rows were read, header and blank lines left out. Each row went into an
	// incident, or is one of Reports, Rejected, Unmapped or a Duplicate.
	Rows      int
	Incidents int
	// Rejected rows could not be read, or belong to an incident one of whose
	// alternatives could not.
	Rejected int
	// Unmapped counts rows with a kind of thing that the tables do not know;
	// they are incidents all the same, with that fact left open, except rows
	// that only give a number, which are none.
	Unmapped int
	// Reports counts rows that were read and kept as what they are, reports,
	// warnings or claims, and that are no incidents: a fire that a satellite saw,
	// an air-raid alert, an accusation, a number.
	Reports    int
	Duplicates int      // byte for byte the same as an earlier row
	Columns    []string // columns that were ignored, each said once
	// Problems holds the first 1000, in order of the file.
	Problems []Problem
}

// String says in one line what was read.
func (s Summary) String() string {
	if s.Rows == 0 {
		return fmt.Sprintf("%s (%s): no rows: that says nothing about events", s.File, s.As)
	}
	reports := ""
	if s.Reports > 0 {
		reports = fmt.Sprintf(" %d reports that are no incidents,", s.Reports)
	}
	return fmt.Sprintf("%s (%s): %d rows, %d incidents,%s %d rejected, %d unmapped, %d duplicates",
		s.File, s.As, s.Rows, s.Incidents, reports, s.Rejected, s.Unmapped, s.Duplicates)
}

// Read reads a file from r and calls yield with each incident. Content packed
// with gzip or zip is unpacked. name is used in messages and in the ids of rows
// without one. The error is about the file as a whole, or what yield returned,
// or with Strict the first Problem; bad rows are in the Summary.
func Read(name string, r io.Reader, opt Options, yield func(*evidence.Incident) error) (Summary, error) {
	sum := Summary{File: name}
	run, err := newRun(name, opt, &sum, yield)
	if err == nil {
		err = run.open(r)
	}
	return sum, err
}

// ReadFile reads the file at path; "-" is standard input. See Read.
func ReadFile(path string, opt Options, yield func(*evidence.Incident) error) (Summary, error) {
	if path == "-" {
		return Read("stdin", os.Stdin, opt, yield)
	}
	f, err := os.Open(path)
	if err != nil {
		return Summary{File: path}, err
	}
	defer f.Close()
	return Read(path, f, opt, yield)
}

// run is the state of reading one file, or the members of one archive.
type run struct {
	file  string // for messages
	id    string // for ids of rows without one: no folder in it
	opt   Options
	tools *tools
	sum   *Summary
	yield func(*evidence.Incident) error

	seed    maphash.Seed
	seen    map[uint64]struct{} // hashes of ids and of rows
	numbers map[uint64]int      // how often a made-up id was made
	ignored map[string]bool
	edition *Edition // notes every row, if set
}

func newRun(name string, opt Options, sum *Summary, yield func(*evidence.Incident) error) (*run, error) {
	if opt.As != "" {
		if _, err := kindByName(opt.As); err != nil {
			return nil, err
		}
	}
	if opt.Vocabulary == nil {
		opt.Vocabulary = vocab.Core()
	}
	return &run{
		file: name, id: filepath.Base(name), opt: opt, tools: newTools(opt.Gazetteer), sum: sum, yield: yield,
		seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, numbers: map[uint64]int{}, ignored: map[string]bool{},
	}, nil
}

func (r *run) readAs(kind string) {
	for _, k := range strings.Split(r.sum.As, "+") {
		if k == kind {
			return
		}
	}
	r.sum.As = strings.TrimPrefix(r.sum.As+"+"+kind, "+")
}

// pos is the place of a line in the file being read.
func (r *run) pos(line int) evidence.Position { return evidence.Position{File: r.file, Line: line} }

// note adds a problem, if there is room for it.
func (r *run) note(p Problem) {
	if len(r.sum.Problems) < maxProblems {
		r.sum.Problems = append(r.sum.Problems, p)
	}
}

// remark says something about a row that was read.
func (r *run) remark(rec *record, column, format string, args ...any) {
	r.note(Problem{Pos: r.pos(rec.line), Column: column, Col: rec.number(column), Msg: fmt.Sprintf(format, args...)})
}

// unmapped counts a row that holds something the tables do not know, and says
// what. A row counts once.
func (r *run) unmapped(rec *record, column, format string, args ...any) {
	if !rec.counted {
		rec.counted = true
		r.sum.Unmapped++
	}
	r.remark(rec, column, format, args...)
}

// reject counts a row that could not be read. The error is nil unless Strict.
func (r *run) reject(rec *record, err error) error {
	p := Problem{Pos: r.pos(rec.line), Msg: err.Error(), Fatal: true}
	var f *fault
	if errors.As(err, &f) {
		p.Column, p.Col, p.Msg = f.column, f.col, f.msg
		if p.Col == 0 {
			p.Col = rec.number(f.column)
		}
	}
	r.sum.Rejected++
	r.spoilt(rec)
	r.note(p)
	if r.opt.Strict {
		return p
	}
	return nil
}

// ignore says once that a column is not read.
func (r *run) ignore(column string) {
	if column == "" || r.ignored[column] || len(r.ignored) >= maxNames {
		return
	}
	r.ignored[column] = true
	r.sum.Columns = append(r.sum.Columns, column)
}

// emit hands an incident over.
func (r *run) emit(inc *evidence.Incident) error {
	r.sum.Incidents++
	return r.yield(inc)
}

// fresh reports whether the row of this id is the first with it. If not, the
// row is counted: as a duplicate if it was seen byte for byte, else rejected.
func (r *run) fresh(rec *record, id, column string) (bool, error) {
	h, row := maphash.String(r.seed, "id "+id), r.rowHash(rec, id)
	_, seen := r.seen[h]
	_, same := r.seen[row]
	r.seen[h], r.seen[row] = struct{}{}, struct{}{}
	switch {
	case !seen:
		return true, nil
	case same:
		r.sum.Duplicates++
		return false, nil
	}
	return false, r.reject(rec, faultIn(column, "%s %q was already read with other content; expected one row for each", column, clip(id)))
}

func (r *run) rowHash(rec *record, id string) uint64 {
	return maphash.String(r.seed, "row "+id+"\x00"+rec.raw)
}

// number counts how often key was asked for, from 1.
func (r *run) number(key string) int {
	h := maphash.String(r.seed, key)
	r.numbers[h]++
	return r.numbers[h]
}

// fault is what is wrong with one row.
type fault struct {
	column string
	col    int
	msg    string
}

// Error prints the fault.
func (f *fault) Error() string { return f.msg }

func faultIn(column, format string, args ...any) *fault {
	return &fault{column: column, msg: fmt.Sprintf(format, args...)}
}

// clip shortens input that a message quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}
