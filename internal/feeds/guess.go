package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
)

// kind is one file format. match looks at the names of the columns; it is nil
// for what is not a table.
type kind struct {
	name  string
	about string
	match func(columns map[string]int) bool
	known []string // columns that are understood, others are ignored and said
	start func(r *run, columns map[string]int) (handler, error)

	// header gives the names of the columns of a table that has no header, by
	// its first lines; nil when it has one.
	header   func(head []byte) []string
	unquoted bool // without a header, columns are parted by TAB and quotes are letters
	tagged   bool // columns are known by HXL hashtags: start says which are ignored
}

// handler takes the rows of a table in order.
type handler interface {
	record(rec *record) error                // a sound row
	broken(rec *record, because error) error // a row that could not be split or decoded
	end() error
}

// kinds lists the formats in the order in which they are guessed.
func kinds() []kind {
	listed.Do(func() { allKinds = listKinds() })
	return allKinds
}

var (
	listed   sync.Once
	allKinds []kind // not changed once it is made
)

func listKinds() []kind {
	return append(documentKinds(), []kind{
		airforceKind(), claimsKind(), viinaKind(), acledKind(), ucdpKind(), gdeltKind(), firmsKind(), sirensKind(), geoconfirmedKind(),
		truceKind(), hxlKind(), smmKind(),
		{name: "geojson", about: "GeoJSON features with the columns of the incidents file as properties"},
	}...)
}

// Kinds returns the names of the formats that Read understands, sorted.
func Kinds() []string {
	var out []string
	for _, k := range kinds() {
		out = append(out, k.name)
	}
	sort.Strings(out)
	return out
}

func kindByName(name string) (kind, error) {
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	if name == "article" {
		return kind{}, errors.New("an article is not judged: `truce read` makes drafts of it, each with its words, which a person accepts")
	}
	return kind{}, fmt.Errorf("%q is not a kind of file that is read here: expected one of %s", clip(name), strings.Join(Kinds(), ", "))
}

// refusal is an error about a whole file: it is none of the kinds.
type refusal struct{ msg string }

// Error prints the refusal.
func (e *refusal) Error() string { return e.msg }

func refuse(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

func (r *run) refuse(format string, args ...any) error {
	return refuse("%s: %s", r.file, fmt.Sprintf(format, args...))
}

// notUnderstood refuses a file and says what would be understood.
func (r *run) notUnderstood(why string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "not a file that is read here: %s; understood are:", why)
	for _, k := range kinds() {
		fmt.Fprintf(&b, " %s (%s);", k.name, k.about)
	}
	b.WriteString(" name the kind with --as if it is one of these")
	return r.refuse("%s", b.String())
}

// text reads an unpacked file.
func (r *run) text(br *bufio.Reader) error {
	if head, _ := br.Peek(16); magic(head) == sqliteFile {
		return r.gpkg(br)
	}
	if err := r.checkText(br); err != nil {
		return err
	}
	head, _ := br.Peek(window)
	head = bytes.TrimLeft(head, " \t\r\n\x1e")
	if len(head) == 0 {
		return r.empty()
	}
	read, err := r.document(head)
	if err != nil {
		return err
	}
	if read != nil {
		return read(br, head)
	}
	return r.table(br, head)
}

const noRows = "no rows: that says nothing about events"

func (r *run) empty() error {
	if r.opt.As != "" {
		r.readAs(r.opt.As)
	}
	r.note(Problem{Pos: r.pos(0), Msg: noRows})
	return nil
}

// chooseKind finds out what a table is, by the names of its columns.
func (r *run) chooseKind(columns map[string]int, first string) (kind, error) {
	if r.opt.As != "" {
		k, err := kindByName(r.opt.As)
		if err == nil && !k.match(columns) {
			err = r.refuse("it was to be read as %s (%s), but its columns are others: the first line is %s", k.name, k.about, quoteStart([]byte(first)))
		}
		return k, err
	}
	for _, k := range kinds() {
		if k.match != nil && k.match(columns) {
			return k, nil
		}
	}
	return kind{}, r.notUnderstood("the first line is " + quoteStart([]byte(first)))
}

// kindWithoutHeader recognises a table that has no header.
func (r *run) kindWithoutHeader(head []byte) (kind, []string) {
	for _, k := range kinds() {
		if k.header == nil || r.opt.As != "" && r.opt.As != k.name {
			continue
		}
		if names := k.header(head); names != nil {
			return k, names
		}
	}
	return kind{}, nil
}

func quoteStart(b []byte) string {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	return fmt.Sprintf("%q", clip(string(b)))
}

func hasAll(columns map[string]int, names ...string) bool {
	for _, n := range names {
		if _, ok := columns[n]; !ok {
			return false
		}
	}
	return true
}

func countOf(columns map[string]int, names []string) int {
	n := 0
	for _, name := range names {
		if _, ok := columns[name]; ok {
			n++
		}
	}
	return n
}
