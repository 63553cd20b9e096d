package terms

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

// Limits on a text.
const (
	maxFile    = 4 << 20
	maxBeside  = 64 << 20 // a file that belongs to the terms, and all that zones are drawn in
	maxClauses = 2_000
	maxQuotes  = 32 // quotations within quotations
)

// Parse reads the terms in file, and the annexes beside it, from fsys. The
// terms are nil when they cannot be used; the problems may hold warnings when
// they can.
func Parse(fsys fs.FS, file string) (*Terms, Problems) {
	src, err := readSmall(fsys, file, maxFile)
	if err != nil {
		return nil, Problems{{Pos: Pos{file, 1, 1}, Msg: fmt.Sprintf("cannot be read: %v", err)}}
	}
	return ParseBytes(fsys, file, src)
}

// readSmall reads a plain file of at most limit bytes; pipes and devices, which
// may have no end, are refused.
func readSmall(fsys fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("no such file")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a plain file", name)
	case info.Size() > limit:
		return nil, fmt.Errorf("%s is larger than %d MiB", name, limit>>20)
	}
	return fs.ReadFile(fsys, name)
}

// ParseBytes is Parse for a text that has been read. fsys, for annexes, may
// be nil.
func ParseBytes(fsys fs.FS, file string, src []byte) (*Terms, Problems) {
	p := &reader{file: file, fsys: fsys, t: &Terms{File: file}}
	p.read(src)
	sort.SliceStable(p.problems, func(i, j int) bool {
		a, b := p.problems[i].Pos, p.problems[j].Pos
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	if p.problems.Errors() != nil {
		return nil, p.problems
	}
	return p.t, p.problems
}

// reader collects everything wrong with a file while it reads it.
type reader struct {
	file     string
	fsys     fs.FS
	t        *Terms
	problems Problems
	over     bool // there are more clauses than are read
}

func (p *reader) errorf(pos Pos, format string, args ...any) {
	p.problems = append(p.problems, Problem{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

func (p *reader) warnf(pos Pos, format string, args ...any) {
	p.problems = append(p.problems, Problem{Pos: pos, Msg: fmt.Sprintf(format, args...), Warning: true})
}

// document is the file as text, and where its blocks are.
type document struct {
	src    []byte
	blocks []block // front matter first
}

type block struct {
	from, to int // byte range of the YAML
	line     int // line of its first byte
	val      *value
	front    bool
	sentence *Sentence // the sentence it stands under
}

func (p *reader) read(src []byte) {
	top := Pos{p.file, 1, 1}
	switch {
	case len(src) > maxFile:
		p.errorf(top, "the file is larger than %d MiB", maxFile>>20)
		return
	case !utf8.Valid(src):
		p.errorf(p.badUTF8(src), "this byte is not UTF-8: save the file as UTF-8")
		return
	}
	src = bytes.ReplaceAll(bytes.TrimPrefix(src, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	if !p.checkCharacters(src) {
		return
	}
	d := &document{src: src}
	p.t.doc = d
	if !p.splitFrontMatter(d) {
		return
	}
	p.splitBlocks(d)
	for i := range d.blocks {
		d.blocks[i].val = p.parseYAML(d.src[d.blocks[i].from:d.blocks[i].to], d.blocks[i].line)
	}
	p.frontMatter(d.blocks[0].val)
	for _, b := range d.blocks[1:] {
		p.block(b)
	}
	readable := p.t.actors != nil && p.t.Vocabulary != nil && !p.over
	for _, b := range d.blocks {
		readable = readable && b.val != nil
	}
	if readable {
		p.check()
	}
	p.t.Digest = p.digest()
}

func (p *reader) badUTF8(src []byte) Pos {
	pos := Pos{p.file, 1, 1}
	for len(src) > 0 {
		r, n := utf8.DecodeRune(src)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			pos.Line, pos.Col = pos.Line+1, 0
		}
		pos.Col++
		src = src[n:]
	}
	return pos
}

// checkCharacters refuses characters that make a text look unlike what it
// says: directional overrides, isolates and controls.
func (p *reader) checkCharacters(src []byte) bool {
	pos, ok := Pos{p.file, 1, 0}, true
	for n, line := range bytes.Split(src, []byte("\n")) {
		if head := line[:len(line)-len(bytes.TrimLeft(line, "> \t"))]; bytes.Count(head, []byte(">")) > maxQuotes {
			p.errorf(Pos{p.file, n + 1, 1}, "more than %d quotations within one another", maxQuotes)
			return false
		}
	}
	for _, r := range string(src) {
		pos.Col++
		switch {
		case r == '\n':
			pos.Line, pos.Col = pos.Line+1, 0
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200b, r < ' ' && r != '\t', r == 0x7f:
			p.errorf(pos, "character U+%04X is not allowed: it can make a text look unlike what it says", r)
			ok = false
		}
	}
	return ok
}

func (p *reader) splitFrontMatter(d *document) bool {
	if !bytes.HasPrefix(d.src, []byte("---\n")) {
		p.errorf(Pos{p.file, 1, 1}, "expected front matter: a first line of --- and the keys truce, id, title, parties, ...")
		return false
	}
	end := bytes.Index(d.src[4:], []byte("\n---\n"))
	if end < 0 && bytes.HasSuffix(d.src, []byte("\n---")) {
		end = len(d.src) - 8
	}
	if end < 0 {
		p.errorf(Pos{p.file, 1, 1}, "the front matter has no end: expected a second line of ---")
		return false
	}
	d.blocks = append(d.blocks, block{from: 4, to: 4 + end + 1, line: 2, front: true})
	return true
}

var sentenceNumber = regexp.MustCompile(`^(\d+(?:\.\d+)*[a-z]?)[.)]?\s+`)

// splitBlocks finds the numbered sentences and the truce blocks under them.
func (p *reader) splitBlocks(d *document) {
	body := bytes.IndexByte(d.src[d.blocks[0].to:], '\n') + d.blocks[0].to + 1
	if body > len(d.src) {
		body = len(d.src)
	}
	// The front matter is blanked, so that offsets stay those of the file.
	src := bytes.Clone(d.src)
	for i := 0; i < body && i < len(src); i++ {
		if src[i] != '\n' {
			src[i] = ' '
		}
	}
	// Only blocks matter here; emphasis and links are for people.
	root := parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...)).Parse(text.NewReader(src))
	var current *Sentence
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Blockquote:
			if s := p.sentence(n, src); s != nil {
				p.t.Sentences = append(p.t.Sentences, *s)
				current = s
			}
		case *ast.FencedCodeBlock:
			if b, ok := p.fence(n, d, current); ok {
				d.blocks = append(d.blocks, b)
			}
		case *ast.List:
			p.hidden(n, d)
		}
	}
}

// hidden refuses truce blocks that stand in a list, where they would not be
// seen.
func (p *reader) hidden(n ast.Node, d *document) {
	_ = ast.Walk(n, func(c ast.Node, entering bool) (ast.WalkStatus, error) {
		if f, ok := c.(*ast.FencedCodeBlock); ok && entering {
			if b, ok := p.fence(f, d, nil); ok {
				p.errorf(Pos{p.file, b.line, 1}, "this truce block stands in a list: let it begin at the start of a line, outside of the list")
			}
		}
		return ast.WalkContinue, nil
	})
}

func (p *reader) fence(n *ast.FencedCodeBlock, d *document, s *Sentence) (block, bool) {
	info := ""
	if n.Info != nil {
		info = strings.TrimSpace(string(n.Info.Segment.Value(d.src)))
	}
	if info != "truce" && info != "yaml truce" {
		return block{}, false
	}
	if n.Lines().Len() == 0 {
		p.errorf(p.posAt(d.src, n.Info.Segment.Start), "this truce block is empty")
		return block{}, false
	}
	from, to := n.Lines().At(0).Start, n.Lines().At(n.Lines().Len()-1).Stop
	return block{from: from, to: to, line: 1 + bytes.Count(d.src[:from], []byte("\n")), sentence: s}, true
}

func (p *reader) posAt(src []byte, off int) Pos {
	line := 1 + bytes.Count(src[:off], []byte("\n"))
	col := off - bytes.LastIndexByte(src[:off], '\n')
	return Pos{p.file, line, col}
}

var versionMark = regexp.MustCompile(`^[\[(]([a-z]{2,3})(?:,\s*(authentic|translation))?[\])]\s*`)

// sentence reads a quoted sentence: its first paragraph opens with the
// number; each further paragraph that opens with (ru) or (ru, authentic) is a
// parallel text.
func (p *reader) sentence(q *ast.Blockquote, src []byte) *Sentence {
	var s *Sentence
	for n := q.FirstChild(); n != nil; n = n.NextSibling() {
		lines := n.Lines()
		if lines == nil || lines.Len() == 0 {
			continue
		}
		var words []string
		for i := 0; i < lines.Len(); i++ {
			seg := lines.At(i)
			words = append(words, strings.TrimSpace(string(seg.Value(src))))
		}
		txt := strings.Join(words, " ")
		if s == nil {
			m := sentenceNumber.FindStringSubmatch(txt)
			if m == nil {
				return nil
			}
			s = &Sentence{ID: ClauseID(m[1]), Pos: p.posAt(src, lines.At(0).Start)}
			txt = txt[len(m[0]):]
		}
		v := Version{}
		if m := versionMark.FindStringSubmatch(txt); m != nil {
			v.Language, v.Authentic = m[1], m[2] == "authentic"
			txt = txt[len(m[0]):]
		}
		if v.Text = txt; v.Language == "" && len(s.Texts) > 0 {
			s.Texts[len(s.Texts)-1].Text += " " + txt
			continue
		}
		s.Texts = append(s.Texts, v)
	}
	return s
}

// digest is the identity of the terms: a hash over the canonical file and
// everything that belongs to it.
func (p *reader) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "truce terms 1\n%s", p.t.Format())
	if v := p.t.Vocabulary; v != nil {
		fmt.Fprintf(h, "\nvocabulary %s %s\n", v.Version, v.Digest)
	}
	for _, a := range p.t.Annexes {
		fmt.Fprintf(h, "annex %s %s\n", a.ID, a.digest)
	}
	for _, name := range slices.Sorted(maps.Keys(p.t.zoneFiles)) {
		fmt.Fprintf(h, "zone file %q %x\n", name, sha256.Sum256(p.t.zoneFiles[name]))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Format prints the terms in canonical form: the prose as it stands, the
// front matter and blocks with one layout. It parses back to the same terms.
func (t *Terms) Format() string {
	var b strings.Builder
	last := 0
	for _, bl := range t.doc.blocks {
		b.Write(t.doc.src[last:bl.from])
		if bl.val == nil || bl.val.kind != mapping {
			b.Write(t.doc.src[bl.from:bl.to])
		} else {
			bl.val.canonical(&b, "")
		}
		last = bl.to
	}
	b.Write(t.doc.src[last:])
	return b.String()
}

// keys checks the keys of a mapping against those that are known, and reports
// the others with the nearest known one.
func (p *reader) keys(v *value, what string, known ...string) bool {
	if v == nil || v.kind != mapping {
		if v != nil {
			p.errorf(v.pos, "expected a mapping for %s: keys are %s", what, strings.Join(known, ", "))
		}
		return false
	}
	for _, k := range v.keys {
		found := false
		for _, n := range known {
			found = found || n == k.name
		}
		if !found {
			p.errorf(k.pos, "unknown key %q in %s%s", k.name, what, didYouMean(k.name, known))
		}
	}
	return true
}

func didYouMean(word string, known []string) string {
	if n := vocab.Nearest(word, known); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	if len(known) == 0 {
		return ""
	}
	return "; expected one of " + strings.Join(known, ", ")
}

// text reads a scalar.
func (p *reader) text(v *value, what string) string {
	if v == nil || v.kind == null {
		return ""
	}
	if v.kind != scalar {
		p.errorf(v.pos, "expected text for %s", what)
		return ""
	}
	return v.text
}

// texts reads a text or a list of texts.
func (p *reader) texts(v *value, what string) []string {
	var out []string
	for _, e := range v.elems() {
		out = append(out, p.text(e, what))
	}
	return out
}

func (p *reader) names(v *value, what string) Names {
	var out Names
	for _, e := range v.elems() {
		if e.kind != scalar {
			p.errorf(e.pos, "expected names for %s", what)
			continue
		}
		out = append(out, Name{e.text, e.pos})
	}
	return out
}

func (p *reader) partyIDs(v *value, what string) []PartyID {
	var out []PartyID
	for _, s := range p.texts(v, what) {
		out = append(out, PartyID(s))
	}
	return out
}

func (p *reader) clauseIDs(v *value, what string) []ClauseID {
	var out []ClauseID
	for _, s := range p.texts(v, what) {
		out = append(out, ClauseID(s))
	}
	return out
}

// moment reads when something starts or ends: an instant with offset, a civil
// time, a date alone (some instant of that day), {between: [a, b]}, {for: 30
// days}, never, none or unstated. end says whether it is an end.
func (p *reader) moment(v *value, what string, end bool) *Moment {
	if v == nil || v.kind == null {
		return nil
	}
	m := &Moment{Pos: v.pos}
	if v.kind == mapping {
		return p.momentMapping(v, m, what)
	}
	s := p.text(v, what)
	m.Stated = s
	switch s {
	case "never":
		m.Range = when.Exactly(when.Future)
		return m
	case "none", "open":
		m.Range = when.Exactly(when.Future)
		if !end {
			m.Range = when.Exactly(when.Past)
		}
		return m
	case "unstated":
		m.Range = when.Range{Earliest: when.Past, Latest: when.Future}
		return m
	}
	m.Range = p.instant(v, what)
	return m
}

func (p *reader) momentMapping(v *value, m *Moment, what string) *Moment {
	p.keys(v, what, "between", "for", "stated")
	m.Stated = p.text(v.get("stated"), "stated")
	if f := v.get("for"); f != nil {
		d, err := when.ParseDuration(p.text(f, "for"))
		if err != nil {
			p.errorf(f.pos, "%v", err)
		}
		m.For = &d
		if m.Stated == "" {
			m.Stated = f.str()
		}
		return m
	}
	b := v.get("between")
	if b == nil || b.kind != list || len(b.items) != 2 {
		p.errorf(v.pos, "expected between: [earliest, latest] or for: DURATION in %s", what)
		return m
	}
	lo, hi := p.edge(b.items[0], what), p.edge(b.items[1], what)
	m.Range = when.Range{Earliest: lo.Earliest, Latest: hi.Latest}
	if m.Range.Earliest > m.Range.Latest {
		p.errorf(b.pos, "%s: %v is after %v", what, m.Range.Earliest, m.Range.Latest)
	}
	if m.Stated == "" {
		m.Stated = "between " + b.items[0].str() + " and " + b.items[1].str()
	}
	return m
}

func (p *reader) edge(v *value, what string) when.Range {
	if v.str() == "never" || v.str() == "none" {
		return when.Exactly(when.Future)
	}
	return p.instant(v, what)
}

// instant reads an instant, or a date as the range of that civil day.
func (p *reader) instant(v *value, what string) when.Range {
	s := p.text(v, what)
	if i, err := when.ParseRFC3339(s); err == nil {
		return when.Exactly(i)
	} else if len(s) > 10 && (strings.HasSuffix(s, "Z") || strings.ContainsAny(s[10:], "+")) {
		p.errorf(v.pos, "%s: %v", what, err)
		return when.Range{}
	}
	if p.t.Clock.Zone == nil {
		p.errorf(v.pos, "%s: %q has no offset and the terms name no time zone: write time: {zone: ...} or an offset", what, s)
		return when.Range{}
	}
	if d, err := when.ParseDay(s, p.t.Clock.Zone); err == nil {
		return when.Range{Earliest: d.Start, Latest: d.End}
	}
	i, err := when.ParseCivil(s, p.t.Clock.Zone)
	if err != nil {
		p.errorf(v.pos, "%s: %v", what, err)
	}
	return when.Exactly(i)
}

// zoneFile returns a file that a zone is drawn in. It is read once, when the
// terms are: resolving a reading later does no I/O and sees the same bytes,
// which the digest covers.
func (p *reader) zoneFile(name string, pos Pos) []byte {
	if b, ok := p.t.zoneFiles[name]; ok {
		return b
	}
	b := p.openBeside(name, pos)
	if b == nil {
		return nil
	}
	all := len(b)
	for _, f := range p.t.zoneFiles {
		all += len(f)
	}
	if all > maxBeside {
		p.errorf(pos, "file %q: the files of zones together are larger than %d MiB", name, maxBeside>>20)
		return nil
	}
	if p.t.zoneFiles == nil {
		p.t.zoneFiles = map[string][]byte{}
	}
	p.t.zoneFiles[name] = b
	return b
}

// openBeside opens a file that the terms name, beside the terms.
func (p *reader) openBeside(name string, pos Pos) []byte {
	if p.fsys == nil {
		p.errorf(pos, "file %q cannot be read here: no folder was given", name)
		return nil
	}
	full := path.Join(path.Dir(p.file), name)
	if !fs.ValidPath(full) {
		p.errorf(pos, "file %q is outside the folder of the terms", name)
		return nil
	}
	b, err := readSmall(p.fsys, full, maxBeside)
	if err != nil {
		p.errorf(pos, "file %q cannot be read: %v", name, err)
	}
	return b
}
