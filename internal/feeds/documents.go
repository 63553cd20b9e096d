package feeds

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of documents. Those that are read piece by piece hold one element at a
// time; of those that must be held, all elements together.
const (
	maxElement  = 8 << 20  // bytes of one XML element: an event, a placemark, an alert
	maxNodes    = 100_000  // elements inside one
	maxHeldSize = 64 << 20 // bytes of a document that is held
	maxXMLDepth = 1000     // beyond it a document is given up; beyond maxNesting, the element
)

// documentKinds lists the formats that are no tables, or not only.
func documentKinds() []kind {
	return []kind{
		koboKind(),
		{name: "bellingcat", about: "Bellingcat's export_events.json or api.json, an array of events with date, latitude, longitude, description"},
		{name: "cot", about: "Cursor on Target, a stream of XML <event> documents"},
		{name: "cap", about: "CAP alerts, alone or in EDXL-DE or Atom"},
		{name: "kml", about: "KML placemarks, also in .kmz, with the columns of the incidents file as ExtendedData"},
		{name: "gpkg", about: "GeoPackage feature tables in WGS 84 with the columns of the incidents file"},
	}
}

// document finds out what a text is that is no table; nil if it is one.
func (r *run) document(head []byte) (func(*bufio.Reader, []byte) error, error) {
	found, err := r.documentKind(head)
	if err != nil {
		return nil, err
	}
	if as := r.opt.As; as != "" && as != found {
		k, err := kindByName(as)
		switch {
		case err != nil:
			return nil, err
		case as == "geojson" && (found == "" || head[0] != '<'):
			found = as
		case found != "" || k.match == nil:
			return nil, r.refuse("it was to be read as %s (%s), but it starts %s", k.name, k.about, quoteStart(head))
		}
	}
	switch found {
	case "geojson":
		return r.geojson, nil
	case "bellingcat":
		return r.bellingcat, nil
	case "kobo":
		return r.koboJSON, nil
	case "sirens":
		return r.alertsJSON, nil
	case "cot":
		return func(br *bufio.Reader, _ []byte) error { return r.cot(br) }, nil
	case "cap":
		return func(br *bufio.Reader, _ []byte) error { return r.cap(br) }, nil
	case "smm":
		return r.smm, nil
	case "kml":
		return func(br *bufio.Reader, _ []byte) error { return r.kml(br) }, nil
	}
	return nil, nil
}

// documentKind names the kind by the first bytes, "" for a table.
func (r *run) documentKind(head []byte) (string, error) {
	switch head[0] {
	case '<':
		return r.xmlKind(head)
	case '{', '[':
		return r.jsonKind(head)
	}
	if r.prose(head) {
		return "smm", nil
	}
	return "", nil
}

var (
	listOfFilters = regexp.MustCompile(`"filter_paths"\s*:`)
	listOfSources = regexp.MustCompile(`"paths"\s*:\s*\[`)
	withResults   = regexp.MustCompile(`"results"\s*:\s*\[`)
)

func (r *run) jsonKind(head []byte) (string, error) {
	has := func(names ...string) bool {
		for _, n := range names {
			if !bytes.Contains(head, []byte(`"`+n+`"`)) {
				return false
			}
		}
		return true
	}
	switch object := head[0] == '{'; {
	case listOfFilters.Match(head) && !has("latitude"):
		return "", r.refuse("this is Bellingcat's list of associations: the events are in export_events.json")
	case object && listOfSources.Match(head) && !has("latitude"):
		return "", r.refuse("this is Bellingcat's list of sources: the events are in export_events.json")
	case !object && (r.opt.As == "bellingcat" || has("latitude", "longitude", "date", "description") && (has("associations") || has("filters") || has("sources"))):
		return "bellingcat", nil
	case object && (r.opt.As == "kobo" || withResults.Match(head) && (has("_submission_time") || has("_uuid") || has("meta/instanceID"))):
		return "kobo", nil
	case object && r.opt.As == "" && (has("results", "count") && withResults.Match(head) && bytes.Contains(head, []byte("[]"))):
		return "kobo", nil // a form without submissions
	case has("alert_type", "location_title") || object && r.opt.As == "sirens" && has("alerts"):
		return "sirens", nil
	case object && (r.opt.As == "geojson" || bytes.Contains(head, []byte("Feature")) || has("features")):
		return "geojson", nil
	case r.opt.As == "geojson":
		return "geojson", nil
	}
	return "", r.notUnderstood("it is JSON, but not of a kind that is known: it starts " + quoteStart(head))
}

var rootElement = regexp.MustCompile(`<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)`)

func (r *run) xmlKind(head []byte) (string, error) {
	text := markup.ReplaceAll(head, nil)
	m := rootElement.FindSubmatch(text)
	if m == nil {
		return "", r.notUnderstood("it starts " + quoteStart(head))
	}
	name := string(m[2])
	switch strings.ToLower(name) {
	case "event", "events":
		return "cot", nil
	case "alert", "edxldistribution", "alerts":
		return "cap", nil
	case "feed":
		return "cap", nil
	case "kml":
		return "kml", nil
	case "quakeml":
		return "", r.refuse("this is QuakeML, a list of earthquakes: they are no acts of anyone and are not read")
	case "html", "head", "body":
		return "", r.refuse("this is a web page (HTML), perhaps an error message of the server that it came from: download the data file itself")
	case "svg":
		return "", r.refuse("this is an image (SVG): it is not read")
	}
	return "", r.notUnderstood(fmt.Sprintf("it is XML of the kind <%s>", clip(name)))
}

// markup is what may stand before the first element.
var markup = regexp.MustCompile(`(?s)<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*>`)

// wayOut says what to do about a file that is no text.
func wayOut(name string) string {
	switch name {
	case "a shapefile", "a dBase table (of a shapefile)":
		return "export it as GeoJSON or GeoPackage"
	case "a Parquet (or GeoParquet) file":
		return "export it as CSV, GeoJSON or GeoPackage"
	case "a PDF document":
		return "copy what it says into an incidents table (CSV)"
	case "an image":
		return "pictures are not read"
	case "an Excel workbook (XLSX)", "an old Excel or Word document":
		return "save the sheet as CSV UTF-8"
	}
	return "export it as CSV or GeoJSON in UTF-8"
}

// dbase recognises the table of a shapefile by its header.
func dbase(head []byte) bool {
	if len(head) < 33 || head[0] != 3 && head[0] != 0x83 && head[0] != 0x30 || head[2] < 1 || head[2] > 12 || head[3] < 1 || head[3] > 31 {
		return false
	}
	size := int(head[8]) | int(head[9])<<8
	return size >= 65 && size%32 == 1 && size <= len(head) && head[size-1] == 0x0d
}

// node is an XML element with all that is in it.
type node struct {
	name  string // without its prefix
	space string
	attrs map[string]string // without prefixes
	text  []byte
	kids  []*node
}

// child returns the first child of a name.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

func (n *node) children(name string) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.name == name {
			out = append(out, k)
		}
	}
	return out
}

// value is the text of the first child of a name.
func (n *node) value(name string) string {
	if c := n.child(name); c != nil {
		return c.content()
	}
	return ""
}

func (n *node) content() string { return string(bytes.TrimSpace(n.text)) }

// attr is an attribute; "" on no node.
func (n *node) attr(name string) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.attrs[name])
}

// markupReader reads XML token by token. It never follows a reference to
// another file, knows no entities but those of XML, and gives up on a document
// with entities of its own.
type markupReader struct {
	*run
	in   *rationed
	d    *xml.Decoder
	open int // elements that are open
	line int // where the element at hand starts
}

func (r *run) markupReader(br *bufio.Reader) *markupReader {
	m := &markupReader{run: r, in: &rationed{br: br, line: 1}}
	m.restart()
	return m
}

func (m *markupReader) restart() {
	m.d, m.open = xml.NewDecoder(m.in), 0
	m.d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("%w (%q): convert to UTF-8", errCharset, clip(charset))
	}
}

var errCharset = errors.New("it says that it is not UTF-8")

var errEntities = errors.New("it defines entities of its own (<!ENTITY ...>), which may unfold into anything: they are not read; save it without them")

// token reads the next token and follows the depth.
func (m *markupReader) token() (xml.Token, error) {
	m.in.left = maxElement
	t, err := m.d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case xml.Directive:
		if bytes.Contains(bytes.ToUpper(t), []byte("<!ENTITY")) {
			return nil, errEntities
		}
	case xml.StartElement:
		if m.open++; m.open > maxXMLDepth {
			return nil, fmt.Errorf("elements are nested deeper than %d levels", maxXMLDepth)
		}
	case xml.EndElement:
		m.open--
	}
	return t, nil
}

// next passes on to the start of the next element, of whatever depth. It is
// io.EOF at a sound end.
func (m *markupReader) next() (xml.StartElement, error) {
	for {
		t, err := m.token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if s, ok := t.(xml.StartElement); ok {
			m.line = m.in.line
			return s, nil
		}
	}
}

// element reads the rest of an element. What is larger or deeper than allowed
// is passed over and is a fault.
func (m *markupReader) element(start xml.StartElement) (*node, *fault, error) {
	root := newNode(start)
	stack, first, nodes := []*node{root}, m.in.n, 1
	var f *fault
	for depth := 1; depth > 0; {
		t, err := m.token()
		if err != nil {
			return nil, nil, err
		}
		switch {
		case f != nil:
		case m.in.n-first > maxElement, nodes > maxNodes:
			f = &fault{msg: fmt.Sprintf("<%s> is larger than %d MB or holds more than %d elements: simplify its geometry, leave out what is attached", root.name, maxElement>>20, maxNodes)}
		case depth > maxNesting:
			f = &fault{msg: fmt.Sprintf("<%s> is nested deeper than %d levels", root.name, maxNesting)}
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			if f == nil {
				n := newNode(t)
				top := stack[len(stack)-1]
				top.kids, stack, nodes = append(top.kids, n), append(stack, n), nodes+1
			}
		case xml.EndElement:
			depth--
			if f == nil {
				stack = stack[:len(stack)-1]
			}
		case xml.CharData:
			if f == nil {
				top := stack[len(stack)-1]
				top.text = append(top.text, t...)
			}
		}
	}
	if f != nil {
		return nil, f, nil
	}
	return root, nil, nil
}

func newNode(s xml.StartElement) *node {
	n := &node{name: s.Name.Local, space: s.Name.Space, attrs: map[string]string{}}
	for _, a := range s.Attr {
		n.attrs[a.Name.Local] = a.Value
	}
	return n
}

// write puts an element down, to recognise it again.
func (n *node) write(b *strings.Builder, leave ...string) {
	fmt.Fprintf(b, "<%s", n.name)
	for _, a := range slices.Sorted(maps.Keys(n.attrs)) {
		if !slices.Contains(leave, a) {
			fmt.Fprintf(b, " %s=%q", a, n.attrs[a])
		}
	}
	fmt.Fprintf(b, ">%s", n.content())
	for _, k := range n.kids {
		k.write(b, leave...)
	}
	b.WriteString("</>")
}

// broken is the error about a document that breaks off.
func (m *markupReader) broken(what string, err error) error {
	return fmt.Errorf("%s:%d: %s breaks off here, what came before was read: %w", m.file, m.in.line, what, cause(err))
}

// cause is what is wrong with XML, without the line, which the decoder counts
// from where it was started.
func cause(err error) error {
	var s *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return errCut
	case !errors.As(err, &s):
		return err
	case strings.Contains(s.Msg, "unexpected EOF"):
		return errCut
	case strings.Contains(s.Msg, "invalid UTF-8"), !utf8.ValidString(s.Msg):
		return errors.New("it is not UTF-8: convert it to UTF-8")
	case strings.Contains(s.Msg, "illegal character code"):
		return errors.New("a control character stands in it: the file is damaged here, or is no text in UTF-8")
	}
	return errors.New(s.Msg)
}

// rationed hands out bytes until a token has had its share, so that no token is
// held that is larger.
type rationed struct {
	br   *bufio.Reader
	left int
	n    int // bytes read in all
	line int
	last byte
	err  error // of reading, but the end
}

// failed reports whether the file could not be read on.
func (r *rationed) failed() bool { return r.err != nil }

var errRation = fmt.Errorf("a single text, tag or comment is larger than %d MB", maxElement>>20)

// ReadByte reads a byte.
func (r *rationed) ReadByte() (byte, error) {
	if r.left--; r.left < 0 {
		return 0, errRation
	}
	c, err := r.br.ReadByte()
	if err != nil && !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r.err = err
	}
	if err == nil {
		r.n++
		r.last = c
		if c == '\n' {
			r.line++
		}
	}
	return c, err
}

// Read reads one byte: the decoder calls ReadByte.
func (r *rationed) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// passTo passes over what stands before mark and leaves that unread.
func (r *rationed) passTo(mark string) error {
	if r.last == '<' {
		if err := r.br.UnreadByte(); err == nil {
			r.n--
			r.last = 0
		}
	}
	for {
		b, err := r.br.Peek(len(mark))
		if string(b) == mark {
			return nil
		}
		if err != nil {
			return err
		}
		r.left = 1
		if _, err := r.ReadByte(); err != nil {
			return err
		}
	}
}

// eventColumns are those that make an event of a place: who drew a point has
// not said that anything happened there.
var eventColumns = []string{"time_start", "time_end", "launch_start", "act", "outcome", "means", "target", "intended_target"}

func eventful(rec *record) bool {
	for _, c := range eventColumns {
		if !isUnknown(rec.get(c)) {
			return true
		}
	}
	return false
}

// newRecord is a row of the incidents file, to be filled.
func newRecord(line int) *record {
	return &record{line: line, columns: featureColumns, fields: make([]string, len(truceColumns))}
}

// fill sets a column of a row that is not yet set. It is false if there is no
// such column.
func (rec *record) fill(column, value string) bool {
	i, ok := featureColumns[column]
	if ok && rec.fields[i] == "" {
		rec.fields[i] = value
	}
	return ok
}

// described hands a row of the incidents file that stood in a document over,
// with notes on it.
func (f *truceFeed) described(rec *record, notes []string) error {
	if err := f.record(rec); err != nil {
		return err
	}
	if f.g.group != nil && len(notes) > 0 && f.g.first == rec {
		f.g.group.Notes = union(f.g.group.Notes, notes...)
	}
	return nil
}
