package rights

import (
	"bytes"
	_ "embed" // rules.csv, fields.csv
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed rules.csv
var rulesCSV []byte

//go:embed fields.csv
var fieldsCSV []byte

//go:embed kinds.csv
var kindsCSV []byte

// Default is the table that comes with this version.
var Default = sync.OnceValue(func() *Table {
	t, err := Parse(rulesCSV, fieldsCSV, kindsCSV)
	if err != nil {
		panic("rights: the table that is built in: " + err.Error())
	}
	return t
})

// Problem is something wrong in a table, with its place.
type Problem struct {
	File         string
	Line, Column int
	What         string
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.What)
}

// Parse reads the three tables. Errors are all that is wrong, joined, each a
// *Problem; then there is no table, since half a table would be another one.
func Parse(rules, fields, kinds []byte) (*Table, error) {
	t := &Table{Fields: map[string]FieldRule{}, Kinds: map[string]KindRule{}}
	errs := eachRow("rules.csv", rules, ruleHead, t.addRule)
	errs = append(errs, eachRow("fields.csv", fields, fieldHead, t.addField)...)
	errs = append(errs, eachRow("kinds.csv", kinds, kindHead, t.addKind)...)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t, nil
}

var (
	ruleHead  = []string{"role", "action", "thing", "marking", "whose", "says", "because"}
	fieldHead = []string{"field", "class", "marking", "because"}
	kindHead  = []string{"kind", "thing", "marking", "because"}
)

// cells are a row of a file; at is where the cell stands.
type cells struct {
	file string
	text []string
	at   func(int) (line, column int)
}

func (c *cells) wrong(i int, format string, args ...any) error {
	line, column := c.at(i)
	return &Problem{c.file, line, column, fmt.Sprintf(format, args...)}
}

// eachRow reads a file with a given head, row by row; a row that is wrong does
// not stop the next.
func eachRow(file string, b []byte, head []string, add func(*cells) []error) (errs []error) {
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = len(head)
	for first := true; ; first = false {
		text, err := r.Read()
		var p *csv.ParseError
		switch {
		case err == io.EOF && first:
			return append(errs, &Problem{file, 1, 1, "is empty: expected " + strings.Join(head, ",")})
		case err == io.EOF:
			return errs
		case errors.As(err, &p):
			what := p.Err.Error()
			if errors.Is(err, csv.ErrFieldCount) {
				what = fmt.Sprintf("%d cells, expected %d: %s", len(text), len(head), strings.Join(head, ","))
			}
			errs = append(errs, &Problem{file, p.Line, max(p.Column, 1), what})
			continue
		case err != nil:
			return append(errs, &Problem{file, 1, 1, err.Error()})
		}
		if first {
			if !slices.Equal(text, head) {
				errs = append(errs, &Problem{file, 1, 1, "expected " + strings.Join(head, ",")})
			}
			continue
		}
		errs = append(errs, add(&cells{file, text, r.FieldPos})...)
	}
}

// words reads a cell that is * or words of a list, each once.
func (c *cells) words(i int, known []string) ([]string, error) {
	if c.text[i] == "*" {
		return []string{"*"}, nil
	}
	ws := strings.Fields(c.text[i])
	if len(ws) == 0 {
		return nil, c.wrong(i, "is empty: expected * or some of %s", strings.Join(known, ", "))
	}
	for k, w := range ws {
		if !slices.Contains(known, w) {
			return nil, c.wrong(i, "%q: expected * or some of %s", w, strings.Join(known, ", "))
		}
		if slices.Contains(ws[:k], w) {
			return nil, c.wrong(i, "%q stands twice", w)
		}
	}
	return ws, nil
}

func (c *cells) one(i int, known ...string) (string, error) {
	if !slices.Contains(known, c.text[i]) {
		return "", c.wrong(i, "%q: expected one of %s", c.text[i], strings.Join(known, ", "))
	}
	return c.text[i], nil
}

func (t *Table) addRule(c *cells) (errs []error) {
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var r Row
	var err error
	r.Line, _ = c.at(0)
	r.Roles, err = c.words(0, append(Roles(), Public))
	note(err)
	r.Actions, err = c.words(1, Actions())
	note(err)
	r.Things, err = c.words(2, Things())
	note(err)
	var ms []string
	for _, m := range Markings() {
		ms = append(ms, string(m))
	}
	r.Marking, err = c.words(3, ms)
	note(err)
	r.Whose, err = c.one(4, "any", "party", "self")
	note(err)
	r.Says, err = c.one(5, "allow", "log", "deny")
	note(err)
	if r.Because = strings.TrimSpace(c.text[6]); r.Because == "" {
		note(c.wrong(6, "is empty: expected the reason of the rule, in words"))
	}
	if len(errs) == 0 {
		r.mask = mask{bits(0, r.Roles...), bits(1, r.Actions...), bits(2, r.Things...), bits(3, r.Marking...)}
		t.Rows = append(t.Rows, r)
	}
	return errs
}

func (t *Table) addField(c *cells) (errs []error) {
	class, err := c.one(1, classes...)
	if err != nil {
		errs = append(errs, err)
	}
	m, err := c.one(2, string(ForPublic), string(ForParties), string(ForMission), string(Restricted))
	if err != nil {
		errs = append(errs, err)
	}
	name := c.text[0]
	if _, twice := t.Fields[name]; twice || name == "" {
		errs = append(errs, c.wrong(0, "%q: expected the name of a field, once", name))
	}
	if len(errs) == 0 {
		t.Fields[name] = FieldRule{Class: class, Marking: Marking(m), Because: c.text[3]}
	}
	return errs
}

func (t *Table) addKind(c *cells) (errs []error) {
	thing, err := c.one(1, Things()...)
	if err != nil {
		errs = append(errs, err)
	}
	m, err := c.one(2, string(ForPublic), string(ForParties), string(ForMission), string(Restricted))
	if err != nil {
		errs = append(errs, err)
	}
	name := c.text[0]
	if _, twice := t.Kinds[name]; twice || name == "" {
		errs = append(errs, c.wrong(0, "%q: expected the name of a kind, once", name))
	}
	if len(errs) == 0 {
		t.Kinds[name] = KindRule{Thing: thing, Marking: Marking(m), Because: c.text[3]}
	}
	return errs
}
