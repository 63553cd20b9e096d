package feeds

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
)

// Edition is one state of a source, as one file of it gives it: every row with
// what it held, to be compared with another state. See CompareEditions.
type Edition struct {
	File    string
	Kind    string
	Summary Summary
	// From and To are the first and the last civil day of its rows, as dates
	// such as 2025-03-20; "" if no row has a date.
	From, To string
	Rows     []*EditionRow // in order of the file, without those that repeat another
	Rejected []*EditionRow // could not be read
	Repeated int           // rows byte for byte like an earlier one, or replaced in the same file

	identity identity
	table    bool // its columns are those of a header
	columns  []string
	index    map[string]int
	sorted   []string // the columns by name

	incidents []*evidence.Incident          // if they were asked for
	ofRow     map[string]*evidence.Incident // by file and line, and by id
}

// EditionRow is one row of an edition: a row of a table, a feature, a document.
type EditionRow struct {
	Line int    // for messages
	Day  string // such as 2025-03-20; "" unknown

	file     string   // the file of an archive in which it stands
	values   []string // by the columns of the edition, in canonical form
	rejected bool
	replaced bool // by another row of the same file
}

// ErrEmptyAnswer is returned for an edition without rows. It is no statement
// that nothing happened.
var ErrEmptyAnswer = errors.New("an empty answer is not zero events")

// ReadEdition reads a file row by row. Unlike Read it holds all rows in memory.
// Files without a single sound row are an error: they cannot be told from a
// download that went wrong. The error is about the file as a whole; rows that
// could not be read are in Rejected, with their reasons in Summary.
func ReadEdition(name string, r io.Reader, opt Options) (*Edition, error) {
	e := &Edition{File: name, index: map[string]int{}}
	if opt.Incidents {
		e.incidents = []*evidence.Incident{}
	}
	e.Summary.File = name
	run, err := newRun(name, opt, &e.Summary, func(inc *evidence.Incident) error {
		if e.incidents != nil {
			e.incidents = append(e.incidents, inc)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	run.edition = e
	if err := run.open(r); err != nil {
		return nil, err
	}
	return e, e.finish()
}

// ReadEditionFile reads the file at path. See ReadEdition.
func ReadEditionFile(path string, opt Options) (*Edition, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadEdition(path, f, opt)
}

// field is a value under its name.
type field struct{ name, value string }

// watch notes a row for the edition that is being read, if one is.
func (r *run) watch(rec *record, fields func() []field) {
	if r.edition == nil || rec.row != nil {
		return
	}
	rec.row = &EditionRow{Line: rec.line, file: r.file}
	for _, f := range fields() {
		rec.row.set(r.edition.column(f.name), canonical(f.value))
	}
	r.edition.Rows = append(r.edition.Rows, rec.row)
}

// spoilt notes that a row was rejected.
func (r *run) spoilt(rec *record) {
	if r.edition == nil {
		return
	}
	r.watch(rec, func() []field { return nil })
	rec.row.rejected = true
}

func (e *Edition) column(name string) int {
	i, ok := e.index[name]
	if !ok {
		i = len(e.columns)
		e.columns, e.index[name] = append(e.columns, name), i
	}
	return i
}

func (w *EditionRow) set(column int, value string) {
	for len(w.values) <= column {
		w.values = append(w.values, "")
	}
	w.values[column] = value
}

// get returns a value by the name of its column.
func (e *Edition) get(w *EditionRow, column string) string {
	if i, ok := e.index[column]; ok && i < len(w.values) {
		return w.values[i]
	}
	return ""
}

// tableFields are the cells of a row of a table. Where a row of hashtags stands
// under the header, a column has two names: the one in the header is taken, but
// for tables that are known by their hashtags alone.
func tableFields(rec *record, tags bool) []field {
	names := make([]string, len(rec.fields))
	for name, i := range rec.columns {
		if i < len(names) && (names[i] == "" || strings.HasPrefix(name, "#") == tags) {
			names[i] = name
		}
	}
	var out []field
	for i, n := range names {
		if n != "" {
			out = append(out, field{n, rec.fields[i]})
		}
	}
	return out
}

// featureFields are the columns of a row of the incidents file that was made
// of a feature, with its geometry.
func featureFields(rec *record) []field {
	out := make([]field, 0, len(truceColumns)+1)
	for i, c := range truceColumns {
		out = append(out, field{c, rec.fields[i]})
	}
	if rec.shape != nil {
		out = append(out, field{"geometry", string(rec.shape.region.GeoJSON())})
	}
	return out
}

// fields are all texts and attributes of an element, by their paths.
func (n *node) fields() []field {
	var out []field
	times := map[string]int{}
	var walk func(*node, string)
	walk = func(n *node, path string) {
		if v := n.content(); v != "" && path != "" {
			out = append(out, field{path, v})
		}
		for _, a := range sortedKeys(n.attrs) {
			out = append(out, field{path + "@" + strings.ToLower(a), n.attrs[a]})
		}
		for _, k := range n.kids {
			p := strings.TrimPrefix(path+"/"+strings.ToLower(k.name), "/")
			if times[p]++; times[p] > 1 {
				p = fmt.Sprintf("%s[%d]", p, times[p])
			}
			walk(k, p)
		}
	}
	walk(n, "")
	return out
}

// jsonFields are all values of an object, by their paths. A list of plain values
// is one value.
func jsonFields(raw []byte) []field {
	var out []field
	var walk func(string, json.RawMessage)
	walk = func(path string, raw json.RawMessage) {
		if v, err := cell(raw); err == nil {
			out = append(out, field{strings.TrimPrefix(path, "/"), v})
			return
		}
		var members map[string]json.RawMessage
		var list []json.RawMessage
		if json.Unmarshal(raw, &members) == nil {
			for _, k := range sortedKeys(members) {
				walk(path+"/"+strings.ToLower(k), members[k])
			}
		} else if json.Unmarshal(raw, &list) == nil {
			for i, v := range list {
				walk(fmt.Sprintf("%s[%d]", path, i+1), v)
			}
		}
	}
	walk("", raw)
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

var (
	decimals   = regexp.MustCompile(`^-?\d{1,15}\.\d{1,15}$`)
	singleHour = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}) (\d:\d{2})`)
)

// canonical is the form in which values are compared: blanks at the ends, a
// fraction of zeros (111.0), zeros at the end of a fraction and an hour with
// one digit say nothing.
func canonical(s string) string {
	s = strings.TrimSpace(s)
	switch {
	case len(s) < 3 || !strings.ContainsAny(s, ".:"): // neither form
		return s
	case decimals.MatchString(s):
		return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	case s[0] >= '0' && s[0] <= '9':
		return singleHour.ReplaceAllString(s, "$1 0$2")
	}
	return s
}

// civilDay is the day that a cell names, as 2025-03-20.
func civilDay(text string) (string, bool) {
	if isoDate.MatchString(text) {
		text = text[:10]
	}
	if len(text) == 14 && digits.MatchString(text) { // 20180101000000
		text = text[:8]
	}
	t, ok := date(text)
	if !ok {
		var err error
		first, _, _ := strings.Cut(text, " ")
		if t, err = time.Parse("1/2/2006", first); err != nil || t.Year() < 1800 || t.Year() > 2200 {
			return "", false
		}
	}
	return t.Format(time.DateOnly), true
}

// finish sorts the rows into sound ones, rejected ones and repetitions.
func (e *Edition) finish() error {
	e.Kind = e.Summary.As
	if e.Summary.Rows == 0 {
		return fmt.Errorf("%s: no rows: %w; get the file again, or ask its source", e.File, ErrEmptyAnswer)
	}
	if strings.Contains(e.Kind, "+") {
		return fmt.Errorf("%s: holds files of several kinds (%s): compare editions of one source at a time", e.File, e.Kind)
	}
	k, err := kindByName(e.Kind)
	if err != nil {
		return err
	}
	e.table = k.match != nil && e.Kind != "kobo"
	e.identity = identityOf(e)
	lost := e.lostIncidents()
	rows, seen := e.Rows, map[[sha256.Size]byte]bool{}
	e.Rows = nil
	for _, w := range rows {
		for _, c := range e.identity.dates {
			if d, ok := civilDay(e.get(w, c)); ok {
				w.Day = d
				break
			}
		}
		content := sha256.Sum256([]byte(e.byName(w, nil)))
		switch {
		case w.rejected || lost[e.get(w, "id")]:
			e.Rejected = append(e.Rejected, w)
			continue
		case w.replaced || seen[content]:
			e.Repeated++
			continue
		}
		seen[content] = true
		e.Rows = append(e.Rows, w)
		if w.Day != "" && (e.From == "" || w.Day < e.From) {
			e.From = w.Day
		}
		e.To = max(e.To, w.Day)
	}
	if len(e.Rows) == 0 {
		return fmt.Errorf("%s: none of its %d rows could be read: %w", e.File, e.Summary.Rows, ErrEmptyAnswer)
	}
	return nil
}

// lostIncidents are those of which one alternative could not be read: all their
// rows are rejected.
func (e *Edition) lostIncidents() map[string]bool {
	out := map[string]bool{}
	if !slices.Contains([]string{"truce", "geojson", "gpkg"}, e.Kind) {
		return out
	}
	for _, w := range e.Rows {
		if id := e.get(w, "id"); w.rejected && id != "" && e.get(w, "scenario") != "" {
			out[id] = true
		}
	}
	return out
}

// Incident returns what a row became; nil if it became none, or if it cannot be
// told because rows share a line and have no id. It needs Options.Incidents.
func (e *Edition) Incident(w *EditionRow) *evidence.Incident {
	if e.ofRow == nil {
		e.ofRow = map[string]*evidence.Incident{}
		lines := map[string]int{}
		for _, r := range e.Rows {
			lines[placeOf(r.file, r.Line)]++
		}
		for _, inc := range e.incidents {
			if at := placeOf(inc.From.File, inc.From.Line); lines[at] == 1 {
				e.ofRow[at] = inc
			}
			e.ofRow["id "+inc.ID] = inc
		}
	}
	if inc := e.ofRow[placeOf(w.file, w.Line)]; inc != nil {
		return inc
	}
	for _, c := range e.identity.ids {
		if v := e.get(w, c); v != "" {
			return e.ofRow["id "+idPrefix[e.Kind]+bareUUID(v)]
		}
	}
	return nil
}

// idPrefix is what readers put before the ids of a source.
var idPrefix = map[string]string{"bellingcat": "BELLINGCAT-", "kobo": "KOBO-"}

func placeOf(file string, line int) string { return fmt.Sprintf("%s\x1f%d", file, line) }

// Columns are the values of a row by the names of their columns, in canonical
// form; empty ones are left out.
func (e *Edition) Columns(w *EditionRow) map[string]string {
	out := map[string]string{}
	for i, name := range e.columns {
		if i < len(w.values) && w.values[i] != "" {
			out[name] = w.values[i]
		}
	}
	return out
}
