package feeds

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/truce-project/truce/where"
)

const maxNesting = 64 // levels of a JSON text

// shape is the geometry of a feature that is an area.
type shape struct {
	area   bool
	region where.Region
}

// featureColumns index a record made of a feature.
var featureColumns = func() map[string]int {
	out := map[string]int{}
	for i, c := range truceColumns {
		out[c] = i
	}
	return out
}()

// geojson reads a FeatureCollection, a Feature, or features one after another,
// each into a row of the incidents file, without holding more than one.
func (r *run) geojson(br *bufio.Reader, head []byte) error {
	if r.opt.As == "" && !bytes.Contains(head, []byte("Feature")) && !bytes.Contains(head, []byte(`"features"`)) {
		return r.notUnderstood("it is JSON, but not GeoJSON: it starts " + quoteStart(head))
	}
	g := &geoFeed{run: r, truce: &truceFeed{run: r}, in: &scanner{br: br, line: 1}}
	before := r.sum.Rows
	for {
		more, err := g.top()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if err := g.truce.end(); err != nil {
		return err
	}
	r.readAs("geojson")
	if r.sum.Rows == before {
		return r.empty()
	}
	return nil
}

type geoFeed struct {
	*run
	truce      *truceFeed
	in         *scanner
	fits       bool // a feature with columns of the incidents file was seen
	collection bool // the object at hand holds features
}

// jsonFault is an error in the syntax or in reading, which ends an object.
type jsonFault struct {
	msg string
	err error
}

// Error prints the fault.
func (e *jsonFault) Error() string {
	if e.err != nil {
		return strings.TrimPrefix(e.msg+": "+e.err.Error(), ": ")
	}
	return e.msg
}

// Unwrap returns the error of reading, if that is what it was.
func (e *jsonFault) Unwrap() error { return e.err }

// top reads one object at the top. After a broken feature that stands on a line
// of its own, reading goes on at the next line.
func (g *geoFeed) top() (more bool, err error) {
	c, err := g.in.skip()
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	line := g.in.line
	g.collection = false
	if err != nil {
		err = ended(err)
	}
	if err == nil && c != '{' {
		err = &jsonFault{msg: fmt.Sprintf("expected { at the start of a feature, got %q", c)}
	}
	if err == nil {
		err = g.object()
	}
	var f *jsonFault
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &f):
		return false, err
	case f.err != nil || g.collection || g.in.line != line:
		return false, g.truce.cut(fmt.Errorf("%s:%d: GeoJSON ends or breaks here, what came before was read: %w", g.file, g.in.line, err))
	}
	g.sum.Rows++
	if err := g.truce.broken(&record{line: line}, err); err != nil {
		return false, err
	}
	return true, g.in.passLine()
}

// object reads one object at the top: a collection, whose features are read
// one by one, or a feature.
func (g *geoFeed) object() error {
	start := g.in.line
	members := map[string][]byte{}
	g.in.next()
	large := false
	for first := true; ; first = false {
		key, done, err := g.in.key(first)
		if err != nil {
			return err
		}
		if done {
			break
		}
		if key == "features" {
			g.collection = true
			if err := g.features(); err != nil {
				return err
			}
			continue
		}
		raw, err := g.in.value()
		if err != nil {
			return err
		}
		if key == "type" || key == "geometry" || key == "properties" || key == "id" || key == "crs" {
			members[key] = raw
			large = large || raw == nil
		}
	}
	if err := g.checkCRS(members["crs"]); err != nil {
		return err
	}
	if g.collection {
		return nil
	}
	if large {
		return g.feature(start, nil)
	}
	if kind := text(members["type"]); kind != "Feature" {
		return g.notUnderstood(fmt.Sprintf("it is JSON of type %q, and not a Feature or FeatureCollection", clip(kind)))
	}
	return g.feature(start, members)
}

// features reads the array of a collection.
func (g *geoFeed) features() error {
	c, err := g.in.skip()
	if err != nil || c != '[' {
		if err != nil {
			return ended(err)
		}
		return &jsonFault{msg: "expected [ after \"features\""}
	}
	g.in.next()
	for first := true; ; first = false {
		done, err := g.in.element(first, ']')
		if err != nil || done {
			return err
		}
		line := g.in.line
		raw, err := g.in.balanced()
		if err != nil {
			return err
		}
		if err := g.element(line, raw); err != nil {
			return err
		}
	}
}

// element reads one element of the array; raw is nil if it was too large.
func (g *geoFeed) element(line int, raw []byte) error {
	if raw == nil {
		return g.feature(line, nil)
	}
	members := map[string]json.RawMessage{}
	err := sound(raw)
	if err == nil {
		err = unrepeated(raw)
	}
	if err == nil {
		err = where.PlainJSON(raw, json.Unmarshal(raw, &members))
	}
	if err != nil || members == nil {
		g.sum.Rows++
		return g.truce.broken(&record{line: line}, &fault{msg: fmt.Sprintf("not a feature: %v", err)})
	}
	m := map[string][]byte{}
	for k, v := range members {
		m[k] = v
	}
	return g.feature(line, m)
}

// unrepeated refuses JSON in which an object has a key twice: which of the two
// counts would be the reader's choice. It must be sound JSON.
func unrepeated(raw []byte) error {
	if key, twice := where.RepeatedKey(raw); twice {
		return fmt.Errorf("the key %q stands twice: which value is meant?", clip(key))
	}
	return nil
}

// feature makes a row of a feature. No members: it was too large.
func (g *geoFeed) feature(line int, members map[string][]byte) error {
	g.sum.Rows++
	rec := &record{line: line, columns: featureColumns, fields: make([]string, len(truceColumns))}
	if members == nil {
		return g.truce.broken(rec, &fault{msg: fmt.Sprintf("the feature is larger than %d bytes or nested deeper than %d levels: simplify its geometry", maxRow, maxNesting)})
	}
	if kind := text(members["type"]); kind != "Feature" {
		return g.truce.broken(rec, faultIn("type", "%q: expected Feature", clip(kind)))
	}
	for _, part := range []string{"properties", "geometry"} {
		if err := unrepeated(members[part]); err != nil {
			return g.truce.broken(rec, faultIn(part, "%v", err))
		}
	}
	if err := g.properties(rec, members["properties"], text(members["id"])); err != nil {
		return g.truce.broken(rec, err)
	}
	if !g.fits && g.opt.As == "" && !g.hasFacts(rec) {
		return g.notUnderstood("it is GeoJSON, but the first feature has no property of the incidents file (such as time_start, act or target)")
	}
	g.fits = true
	rec.raw = string(members["properties"]) + string(members["geometry"])
	if err := g.geometry(rec, members["geometry"]); err != nil {
		return g.truce.broken(rec, err)
	}
	g.watch(rec, func() []field { return featureFields(rec) })
	return g.truce.record(rec)
}

func (g *geoFeed) hasFacts(rec *record) bool {
	for _, c := range factColumns {
		if rec.get(c) != "" {
			return true
		}
	}
	return false
}

// properties fills a row from the properties of a feature.
func (g *geoFeed) properties(rec *record, raw []byte, id string) error {
	var all map[string]json.RawMessage
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &all); err != nil {
			return faultIn("properties", "%v", where.PlainJSON(raw, err))
		}
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) > maxColumns {
		return faultIn("properties", "%d of them: expected at most %d", len(names), maxColumns)
	}
	for _, name := range names {
		i, known := featureColumns[columnName(name)]
		if !known {
			g.ignore(strings.TrimSpace(name))
			continue
		}
		v, err := cell(all[name])
		if err != nil {
			return faultIn(columnName(name), "%v", err)
		}
		rec.fields[i] = v
	}
	if i := featureColumns["id"]; rec.fields[i] == "" {
		rec.fields[i] = id
	}
	return nil
}

// cell writes a JSON value as a cell of the incidents file.
func cell(raw json.RawMessage) (string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", where.PlainJSON(raw, err)
	}
	list, ok := v.([]any)
	if !ok {
		return scalar(v)
	}
	var out []string
	for _, e := range list {
		s, err := scalar(e)
		if err != nil {
			return "", err
		}
		out = append(out, s)
	}
	return strings.Join(out, "|"), nil
}

func scalar(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("expected text, a number or a list of them")
}

// text is a JSON string or number as text; "" for anything else.
func text(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	s, err := cell(raw)
	if err != nil {
		return ""
	}
	return s
}

// geometry turns the geometry of a feature into a position or an area.
func (g *geoFeed) geometry(rec *record, raw []byte) error {
	if len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null" {
		return nil
	}
	var o struct {
		Type        string `json:"type"`
		Coordinates json.RawMessage
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return faultIn("geometry", "%v", where.PlainJSON(raw, err))
	}
	switch o.Type {
	case "Point":
		var c []json.Number
		if err := json.Unmarshal(o.Coordinates, &c); err != nil || len(c) < 2 {
			return faultIn("geometry", "a Point needs two numbers, longitude and latitude")
		}
		rec.fields[featureColumns["lon"]], rec.fields[featureColumns["lat"]] = c[0].String(), c[1].String()
		return nil
	case "Polygon", "MultiPolygon":
		mp, _, _, err := where.ParseGeoJSON(raw)
		if err != nil {
			return faultIn("geometry", "%v", err)
		}
		if len(mp) == 0 {
			return faultIn("geometry", "the %s is empty", o.Type)
		}
		rec.shape = &shape{area: true, region: where.PolygonRegion(mp)}
		return nil
	}
	return faultIn("geometry", "%q: expected Point, Polygon or MultiPolygon; where something happened along a line or at several points, draw the area", clip(o.Type))
}

// checkCRS refuses coordinates that are not longitude and latitude.
func (g *geoFeed) checkCRS(raw []byte) error {
	if len(raw) == 0 || where.Geographic(raw) {
		return nil
	}
	return g.refuse("its coordinates are in %s: expected WGS 84 longitude and latitude; convert it", clip(string(raw)))
}

// scanner reads JSON piece by piece.
type scanner struct {
	br   *bufio.Reader
	line int
}

func (s *scanner) next() (byte, error) {
	c, err := s.br.ReadByte()
	if c == '\n' && err == nil {
		s.line++
	}
	return c, err
}

// skip passes blanks and returns the byte after them, which stays unread.
func (s *scanner) skip() (byte, error) {
	for {
		b, err := s.br.Peek(1)
		if err != nil {
			return 0, err
		}
		if !strings.ContainsRune(" \t\r\n\x1e", rune(b[0])) {
			return b[0], nil
		}
		s.next()
	}
}

// element passes the comma before an element; done is the closing bracket.
func (s *scanner) element(first bool, closing byte) (done bool, err error) {
	c, err := s.skip()
	if err != nil {
		return false, ended(err)
	}
	if c == closing {
		s.next()
		return true, nil
	}
	if first {
		return false, nil
	}
	if c != ',' {
		return false, &jsonFault{msg: fmt.Sprintf("expected , or %c, got %q", closing, c)}
	}
	s.next()
	if _, err = s.skip(); err != nil {
		return false, ended(err)
	}
	return false, nil
}

// key reads the next key of an object and the colon.
func (s *scanner) key(first bool) (key string, done bool, err error) {
	if done, err = s.element(first, '}'); done || err != nil {
		return "", done, err
	}
	raw, err := s.value()
	if err != nil {
		return "", false, err
	}
	if json.Unmarshal(raw, &key) != nil {
		return "", false, &jsonFault{msg: "expected a key in quotes"}
	}
	c, err := s.skip()
	if err != nil {
		return "", false, ended(err)
	}
	if c != ':' {
		return "", false, &jsonFault{msg: fmt.Sprintf("expected : after the key %q", clip(key))}
	}
	s.next()
	if _, err = s.skip(); err != nil {
		return "", false, ended(err)
	}
	return key, false, nil
}

// passLine passes over the rest of a line.
func (s *scanner) passLine() error {
	for {
		c, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || c == '\n' {
			return err
		}
	}
}

// value reads one value whole and checks it. It is nil if it was larger or
// deeper than allowed; then it was passed over.
func (s *scanner) value() ([]byte, error) {
	out, err := s.balanced()
	if err == nil && out != nil {
		err = sound(out)
	}
	return out, err
}

func sound(raw []byte) error {
	switch {
	case !utf8.Valid(raw):
		return &jsonFault{msg: "not UTF-8: convert to UTF-8"}
	case !json.Valid(raw):
		return &jsonFault{msg: "not JSON: " + quoteStart(raw)}
	}
	return nil
}

// balanced reads up to where the brackets and quotes of one value are closed.
func (s *scanner) balanced() ([]byte, error) {
	var out []byte
	var n nesting
	for over := false; ; {
		c, err := s.next()
		if err != nil {
			return nil, ended(err)
		}
		if over = over || len(out) >= maxRow || n.depth > maxNesting; over {
			out = nil
		} else {
			out = append(out, c)
		}
		if n.add(c); n.depth < 0 {
			return nil, &jsonFault{msg: fmt.Sprintf("unexpected %c", c)}
		}
		if n.depth == 0 && !n.quoted && s.atEnd() {
			return out, nil
		}
	}
}

// atEnd reports whether the next byte cannot belong to the same value.
func (s *scanner) atEnd() bool {
	b, err := s.br.Peek(1)
	return err != nil || strings.IndexByte(",]}: \t\r\n", b[0]) >= 0
}

// nesting follows brackets and quotes.
type nesting struct {
	depth           int
	quoted, escaped bool
}

func (n *nesting) add(c byte) {
	switch {
	case n.escaped:
		n.escaped = false
	case n.quoted && c == '\\':
		n.escaped = true
	case c == '"':
		n.quoted = !n.quoted
	case n.quoted:
	case c == '{' || c == '[':
		n.depth++
	case c == '}' || c == ']':
		n.depth--
	}
}

// ended says that the file ended inside a value, or could not be read.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		err = errCut
	}
	return &jsonFault{err: err}
}
