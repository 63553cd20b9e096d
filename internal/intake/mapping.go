package intake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// Mapping says what the columns and words of a table mean. It is kept with what
// was taken in, so that anybody can do it again.
type Mapping struct {
	Sheet string `json:"sheet,omitempty" yaml:"sheet,omitempty" doc:"of a workbook; the first that is shown, where absent"`
	// Header is the line of the header; 0 finds it.
	Header int `json:"header,omitempty" yaml:"header,omitempty" doc:"line of the header; found, where absent"`
	// Zone is the zone of times without offset; without it they are refused.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty" doc:"IANA zone of times without offset, such as Europe/Kyiv; without it they are refused"`
	// Dates is the order of days, months and years in 03/04/2025.
	Dates string `json:"dates,omitempty" yaml:"dates,omitempty" enum:"dmy,mdy,ymd" doc:"order in 03/04/2025; without it such dates are refused"`
	// Key are the columns that name a row again in a later edition.
	Key []string `json:"key,omitempty" yaml:"key,omitempty" doc:"columns that name a row again in a later edition"`
	// Unknown is what becomes of a word that is not known, where a column does not
	// say.
	Unknown   string            `json:"unknown,omitempty" yaml:"unknown,omitempty" enum:"block,allow" doc:"a word that is not known: block refuses the row (as where absent), allow leaves the fact open and counts the word"`
	Constants map[string]string `json:"constants,omitempty" yaml:"constants,omitempty" doc:"columns of the incidents file that are the same in all rows"`
	Columns   []Column          `json:"columns" yaml:"columns"`
}

// Column says what a column means.
type Column struct {
	From    string            `json:"from" yaml:"from" doc:"as the header names it"`
	To      string            `json:"to" yaml:"to" doc:"column of the incidents file; date and clock are parts of a time, position is latitude and longitude in one cell"`
	Values  map[string]string `json:"values,omitempty" yaml:"values,omitempty" doc:"what words mean: nodes of the tree, a|b; empty leaves the fact open"`
	Unknown string            `json:"unknown,omitempty" yaml:"unknown,omitempty" enum:"block,allow"`
}

// Policies for words that are not known.
const (
	Block = "block"
	Allow = "allow"
)

// parts of a fact that tables have in columns of their own.
const (
	toDate     = "date"
	toClock    = "clock"
	toPosition = "position"
)

// fields are the columns of the incidents file, in its order.
var fields = []string{
	"id", "scenario", "time_start", "time_end", "lasting", "launch_start", "launch_end", "lat", "lon", "precision_m", "place", "origin",
	"actor", "act", "outcome", "means", "target", "intended_target", "owner", "controller", "site",
	"killed", "injured", "damage", "severity", "level", "source", "reliability", "url", "text",
}

// joined are those that several columns may fill, and by what they are joined.
var joined = map[string]string{"text": "; ", "source": "; ", "damage": "; ", "place": ", "}

// core is the vocabulary of the trees.
var core = vocab.Core()

// treeOf is the tree that a field names nodes of; nil if it names none.
func treeOf(field string) *vocab.Tree {
	return map[string]*vocab.Tree{"act": core.Act, "outcome": core.Outcome, "means": core.Means, "target": core.Target, "intended_target": core.Target}[field]
}

// closed reports whether a column has a closed vocabulary: a tree, the levels, or
// one that the mapping lists.
func (c *Column) closed() bool { return treeOf(c.To) != nil || c.To == "level" || len(c.Values) > 0 }

// ParseMapping reads a mapping in YAML or JSON. The error names line and column.
func ParseMapping(b []byte) (*Mapping, error) {
	if len(b) > 4<<20 {
		return nil, fmt.Errorf("a mapping of %d bytes: expected at most 4 MiB", len(b))
	}
	m := &Mapping{}
	if err := yaml.UnmarshalWithOptions(b, m, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("the mapping cannot be read: %w", err)
	}
	return m, nil
}

// JSON is the mapping as it is kept.
func (m *Mapping) JSON() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic("intake: a mapping is plain data: " + err.Error())
	}
	return append(b, '\n')
}

// YAML is the mapping for people.
func (m *Mapping) YAML() ([]byte, error) { return yaml.Marshal(m) }

// check says all that is wrong with the mapping of a header.
func (m *Mapping) check(header []string) []error {
	var faults []error
	bad := func(at, format string, args ...any) {
		faults = append(faults, fmt.Errorf("mapping: %s: %s", at, fmt.Sprintf(format, args...)))
	}
	if m.Zone != "" {
		if _, err := when.Zone(m.Zone); err != nil {
			bad("zone", "%v", err)
		}
	}
	if !slices.Contains([]string{"", "dmy", "mdy", "ymd"}, m.Dates) {
		bad("dates", "%q: expected dmy, mdy or ymd", m.Dates)
	}
	policy := func(at, p string) {
		if p != "" && p != Block && p != Allow {
			bad(at, "%q: expected block or allow", p)
		}
	}
	policy("unknown", m.Unknown)
	known := func(at, name string) {
		if !slices.Contains(header, name) {
			near := vocab.Nearest(name, header)
			if near != "" {
				near = "; the nearest is " + near
			}
			bad(at, "there is no column %q%s: expected one of %s", name, near, strings.Join(header, ", "))
		}
	}
	for i, k := range m.Key {
		known(fmt.Sprintf("key[%d]", i), k)
	}
	filled := map[string]string{}
	for _, f := range slices.Sorted(maps.Keys(m.Constants)) {
		m.checkTo("constants", f, bad)
		if t := treeOf(f); t != nil {
			m.checkNodes("constants."+f, f, m.Constants[f], bad)
		}
		filled[f] = "constants"
	}
	for i := range m.Columns {
		c := &m.Columns[i]
		at := fmt.Sprintf("columns[%d]", i)
		known(at+".from", c.From)
		m.checkTo(at+".to", c.To, bad)
		policy(at+".unknown", c.Unknown)
		if by, twice := filled[c.To]; twice && joined[c.To] == "" {
			bad(at+".to", "%s is filled by %s already: expected one column", c.To, by)
		}
		filled[c.To] = c.From
		for _, w := range slices.Sorted(maps.Keys(c.Values)) {
			m.checkNodes(fmt.Sprintf("%s.values[%q]", at, w), c.To, c.Values[w], bad)
		}
	}
	if len(m.Key) > 0 && filled["id"] != "" {
		bad("key", "id is filled by %s already: expected a key, or a column for id", filled["id"])
	}
	for _, pair := range [][2]string{{toPosition, "lat"}, {toPosition, "lon"}, {toDate, "time_start"}, {toDate, "time_end"}} {
		if filled[pair[0]] != "" && filled[pair[1]] != "" {
			bad("columns", "both %s (%s) and %s (%s) are given: expected one of them", pair[0], filled[pair[0]], pair[1], filled[pair[1]])
		}
	}
	if filled[toClock] != "" && filled[toDate] == "" {
		bad("columns", "a clock (%s) and no date: say which column is the date", filled[toClock])
	}
	if filled["time_start"] == "" && filled[toDate] == "" && filled["act"] == "" && filled["launch_start"] == "" {
		bad("columns", "neither a time nor an act: a row says when something happened, or what; map a column to date, time_start or act")
	}
	return faults
}

func (m *Mapping) checkTo(at, to string, bad func(string, string, ...any)) {
	if to == toDate || to == toClock || to == toPosition || slices.Contains(fields, to) {
		return
	}
	bad(at, "%q is no column of the incidents file: expected date, clock, position or one of %s", to, strings.Join(fields, ", "))
}

// checkNodes checks what a word is said to mean.
func (m *Mapping) checkNodes(at, field, value string, bad func(string, string, ...any)) {
	if value == "" {
		return
	}
	for _, v := range strings.Split(value, "|") {
		if t := treeOf(field); t != nil {
			if _, ok := t.Node(v); !ok {
				near := t.Nearest(v)
				if near != "" {
					near = ": the nearest is " + near
				}
				bad(at, "%q is no node of %s%s", v, t.Name(), near)
			}
		}
		if field == "level" {
			if _, err := evidence.ParseLevel(v); err != nil {
				bad(at, "%v", err)
			}
		}
	}
}
