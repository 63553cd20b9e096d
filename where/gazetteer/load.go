package gazetteer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/truce-project/truce/where"
)

const (
	maxLine     = 1 << 20   // bytes of a line of a GeoNames dump
	maxEntries  = 3_000_000 // of one list
	maxNames    = 500       // of one entry
	maxProblems = 1000      // kept
)

// Problem is a row of a list that could not be read; the others were.
type Problem struct {
	File   string
	Line   int
	Column string
	Msg    string
}

// Error prints the problem as file:line: column NAME: message.
func (p Problem) Error() string {
	if p.Column != "" {
		return fmt.Sprintf("%s:%d: column %s: %s", p.File, p.Line, p.Column, p.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Msg)
}

// List is what was read of one list.
type List struct {
	Layout   string
	Entries  []Entry
	Rows     int
	Left     int // rows of a kind that is not used: other countries, schools
	Rejected int
	Problems []Problem // the first 1000
}

// layout is one way to write a list.
type layout struct {
	name, columns string // columns that make it known
	read          func(*reader, row) error
}

var layouts = []layout{
	{"truce", "id name class", (*reader).own},
	{"geonames-csv", "geonameid name country lat lon", (*reader).geonamesCSV},
	{"p-codes", "location p-code name", (*reader).pcodes},
}

const layoutHelp = "expected a CSV file with a header of this project's layout (id,name,name_uk,name_ru,aliases,class,lat,lon,...), of GeoNames (geonameid,name,country,...,lat,lon), of P-codes (Location,Admin Level,P-Code,Name,Parent P-Code), or a GeoNames dump (19 columns with tabs, no header)"

// Read reads a list of places; name is used in messages. Its layout is known by
// its content. The error is about the list as a whole.
func Read(name string, in io.Reader) (List, error) {
	r := &reader{file: name}
	br := bufio.NewReaderSize(in, 64<<10)
	if head, _ := br.Peek(3); string(head) == "\xef\xbb\xbf" {
		_, _ = br.Discard(3)
	}
	head, err := br.Peek(32 << 10)
	if len(head) == 0 {
		if err != nil && err != io.EOF {
			return r.list, fmt.Errorf("%s: %w", name, err)
		}
		return r.list, fmt.Errorf("%s: it is empty: %s", name, layoutHelp)
	}
	line, _, _ := strings.Cut(string(head), "\n")
	if strings.Count(line, "\t") == 18 {
		err = r.dump(br)
	} else {
		err = r.table(br)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return r.list, err
}

type reader struct {
	file string
	list List
}

// row is a row of a table, by folded name of the column.
type row struct {
	line  int
	cells map[string]string
}

// bad is what is wrong with a row.
type bad struct{ column, msg string }

// Error prints what is wrong.
func (b bad) Error() string { return b.msg }

// errUnused marks a row of a kind that is not used.
var errUnused = errors.New("not used")

func (r *reader) take(line int, err error) {
	r.list.Rows++
	switch {
	case err == nil:
	case errors.Is(err, errUnused):
		r.list.Left++
	default:
		r.list.Rejected++
		if len(r.list.Problems) < maxProblems {
			p := Problem{File: r.file, Line: line, Msg: err.Error()}
			var b bad
			if errors.As(err, &b) {
				p.Column = b.column
			}
			r.list.Problems = append(r.list.Problems, p)
		}
	}
}

func (r *reader) table(in io.Reader) error {
	c := csv.NewReader(in)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return fmt.Errorf("%w: %s", err, layoutHelp)
	}
	columns := map[string]bool{}
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		columns[head[i]] = true
	}
	read := r.layoutOf(columns)
	if read == nil {
		return fmt.Errorf("its columns (%s) are those of no list of places: %s", clip(strings.Join(head, ",")), layoutHelp)
	}
	for {
		cells, err := c.Read()
		if err == io.EOF {
			return nil
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			r.take(broken.StartLine, bad{"", broken.Err.Error()})
			continue
		}
		if err != nil {
			return err
		}
		line, _ := c.FieldPos(0)
		if len(r.list.Entries) >= maxEntries {
			return fmt.Errorf("more than %d entries", maxEntries)
		}
		r.take(line, r.cells(read, head, cells, line))
	}
}

func (r *reader) layoutOf(columns map[string]bool) func(*reader, row) error {
	for _, l := range layouts {
		all := true
		for _, c := range strings.Fields(l.columns) {
			all = all && columns[c]
		}
		if all {
			r.list.Layout = l.name
			return l.read
		}
	}
	return nil
}

func (r *reader) cells(read func(*reader, row) error, head, cells []string, line int) error {
	if len(cells) != len(head) {
		return bad{"", fmt.Sprintf("%d cells, and the header has %d", len(cells), len(head))}
	}
	m := row{line, map[string]string{}}
	for i, h := range head {
		m.cells[h] = strings.TrimSpace(cells[i])
	}
	return read(r, m)
}

// own reads a row of this project's layout; see docs/places.md.
func (r *reader) own(m row) error {
	e := Entry{
		ID: m.cells["id"], Class: Class(m.cells["class"]), PCode: m.cells["pcode"], KATOTTH: m.cells["katotth"], Source: m.cells["source"],
		Areas: list(m.cells["areas"]), Unverified: list(m.cells["unverified"]),
	}
	for _, n := range []struct{ column, lang string }{{"name", "en"}, {"name_uk", "uk"}, {"name_ru", "ru"}, {"aliases", ""}} {
		for _, name := range list(m.cells[n.column]) {
			e.add(name, n.lang)
		}
	}
	switch e.Class {
	case Settlement, Area, River, Other:
	default:
		return bad{"class", fmt.Sprintf("%q: expected settlement, area, river or other", clip(string(e.Class)))}
	}
	for _, a := range e.Areas {
		if where.AreaByName(a) == nil || !isoCode.MatchString(a) {
			return bad{"areas", fmt.Sprintf("%q is not known: expected ISO 3166-2 codes of regions of Ukraine or Russia, such as UA-63, parted by |", clip(a))}
		}
		e.Country = a[:2]
	}
	if err := e.position(m.cells["lat"], m.cells["lon"]); err != nil {
		return err
	}
	var err error
	if e.Population, err = population(m.cells["population"]); err != nil {
		return err
	}
	e.Radius = radiusOf(e.Population)
	if v := m.cells["radius_m"]; v != "" {
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || !(f >= 0 && f <= 1_000_000) {
			return bad{"radius_m", fmt.Sprintf("%q: expected metres, 0 to 1000000", clip(v))}
		}
		e.Radius = where.Metres(f)
	}
	return r.keep(e)
}

func (r *reader) geonamesCSV(m row) error {
	c := m.cells
	return r.geonames(c["geonameid"], []string{c["name"]}, c["lat"], c["lon"], c["country"], c["admin_code"], c["population"], c["feature_code"])
}

// dump reads a GeoNames dump: 19 columns parted by tabs.
func (r *reader) dump(in io.Reader) error {
	r.list.Layout = "geonames"
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; s.Scan(); n++ {
		if len(r.list.Entries) >= maxEntries {
			return fmt.Errorf("more than %d entries", maxEntries)
		}
		if s.Text() != "" {
			r.take(n, r.dumpLine(s.Text()))
		}
	}
	return s.Err()
}

func (r *reader) dumpLine(line string) error {
	c := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
	if len(c) != 19 {
		return bad{"", fmt.Sprintf("%d columns: expected 19, parted by tabs", len(c))}
	}
	names := append([]string{c[1], c[2]}, strings.Split(c[3], ",")...)
	return r.geonames(c[0], names, c[4], c[5], c[8], c[10], c[14], c[7])
}

// geonames reads what both layouts of GeoNames hold. First-level areas are left
// out, since they are known; so are buildings, hills and the like.
func (r *reader) geonames(id string, names []string, lat, lon, country, admin, people, feature string) error {
	e := Entry{ID: "geonames:" + id, Country: strings.ToUpper(country), Source: "GeoNames"}
	switch {
	case strings.HasPrefix(feature, "PPL"):
		e.Class = Settlement
	case feature == "ADM2" || feature == "ADM3":
		e.Class = Area
	case feature == "STM" || feature == "STMX" || feature == "CNL":
		e.Class = River
	default:
		return errUnused
	}
	if id == "" {
		return bad{"geonameid", "it is empty"}
	}
	for _, n := range names {
		if !strings.Contains(n, "/") && len(e.Names) < maxNames { // links stand among the names
			e.add(strings.TrimSpace(n), "")
		}
	}
	var err error
	if e.Population, err = population(people); err != nil {
		return err
	}
	e.Radius = radiusOf(e.Population)
	if err := e.position(lat, lon); err != nil {
		return err
	}
	if !e.HasPoint {
		return bad{"lat", "it is empty"}
	}
	if iso := geonamesAdmin[e.Country+"."+admin]; iso != "" {
		e.Areas = []string{iso}
	}
	if e.Class != Settlement { // the point only stands for it
		if e.Areas == nil {
			e.Areas = where.AreasAt(e.Point)
		}
		e.HasPoint, e.Point, e.Radius = false, where.Point{}, 0
	}
	return r.keep(e)
}

// pcodes reads the list of areas of OCHA; only Ukraine's are used.
func (r *reader) pcodes(m row) error {
	code := strings.ToUpper(m.cells["p-code"])
	if m.cells["location"] != "UKR" {
		return errUnused
	}
	if !pCode.MatchString(code) {
		return bad{"p-code", fmt.Sprintf("%q: expected such as UA14 or UA1402", clip(code))}
	}
	e := Entry{ID: "pcode:" + code, Class: Area, PCode: code, Country: "UA", Source: "OCHA P-codes"}
	e.add(m.cells["name"], "en")
	c, ok, err := (*Gazetteer)(nil).ByCode(code)
	if !ok || err != nil {
		return bad{"p-code", fmt.Sprint(err)}
	}
	e.Areas = []string{c.ISO}
	if !c.Deeper {
		e.ID = c.ISO // first-level areas are known by it
	}
	return r.keep(e)
}

func (r *reader) keep(e Entry) error {
	if len(e.Names) == 0 {
		return bad{"name", "it is empty, or holds no letter"}
	}
	r.list.Entries = append(r.list.Entries, e)
	return nil
}

// add adds a name that has letters and is not there yet in that language.
func (e *Entry) add(name, lang string) {
	if fold(name) == "" {
		return
	}
	for _, n := range e.Names {
		if n == (Name{name, lang}) {
			return
		}
	}
	e.Names = append(e.Names, Name{name, lang})
}

func (e *Entry) position(lat, lon string) error {
	if lat == "" && lon == "" {
		return nil
	}
	for _, c := range []struct {
		column, text string
		to           *float64
	}{{"lat", lat, &e.Point.Lat}, {"lon", lon, &e.Point.Lon}} {
		v, err := strconv.ParseFloat(c.text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return bad{c.column, fmt.Sprintf("%q is not a number of degrees", clip(c.text))}
		}
		*c.to = v
	}
	if err := e.Point.Valid(); err != nil {
		return bad{"lat", err.Error()}
	}
	e.HasPoint = true
	return nil
}

func population(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(s, ".0"))
	if err != nil || n < 0 {
		return 0, bad{"population", fmt.Sprintf("%q: expected a whole number", clip(s))}
	}
	return n, nil
}

func list(s string) []string {
	var out []string
	for _, p := range strings.Split(s, "|") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
