package terms

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// value is a YAML value with its place in the file. Scalars keep their source
// text: `clause: 1.10` is the text "1.10" and never a number.
type value struct {
	kind  kind
	text  string // scalar
	block bool   // the scalar was a block scalar (| or >)
	items []*value
	keys  []key
	pos   Pos
}

type kind uint8

const (
	null kind = iota
	scalar
	list
	mapping
)

type key struct {
	name string
	pos  Pos
	val  *value
}

// Limits that keep a hostile file from costing more than an honest one.
const (
	maxDepth  = 32
	maxValues = 200_000
)

// get returns the value under name, or nil.
func (v *value) get(name string) *value {
	if v == nil {
		return nil
	}
	for i := range v.keys {
		if v.keys[i].name == name {
			return v.keys[i].val
		}
	}
	return nil
}

// str returns the scalar's text, or "".
func (v *value) str() string {
	if v == nil || v.kind != scalar {
		return ""
	}
	return v.text
}

// elems returns the items of a list, a scalar as a list of one (split at "|"),
// and nothing for null.
func (v *value) elems() []*value {
	switch {
	case v == nil || v.kind == null:
		return nil
	case v.kind == list:
		return v.items
	case v.kind == scalar && strings.Contains(v.text, "|") && !v.block:
		var out []*value
		for _, p := range strings.Split(v.text, "|") {
			out = append(out, &value{kind: scalar, text: strings.TrimSpace(p), pos: v.pos})
		}
		return out
	}
	return []*value{v}
}

// parseYAML reads one document. line is the line of the file on which src
// starts (1 for the first), so that positions are those of the file.
func (p *reader) parseYAML(src []byte, line int) *value {
	if at, deep := tooDeep(src); deep {
		p.errorf(Pos{p.file, line + at, 1}, "brackets nested more than %d deep", 2*maxDepth)
		return nil
	}
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		pos := Pos{p.file, line, 1}
		msg := err.Error()
		if se, ok := err.(interface{ GetToken() *token.Token }); ok && se.GetToken() != nil {
			tp := se.GetToken().Position
			pos = Pos{p.file, line + tp.Line - 1, tp.Column}
		}
		if se, ok := err.(interface{ GetMessage() string }); ok {
			msg = se.GetMessage()
		}
		p.errorf(pos, "this is not YAML: %s", msg)
		return nil
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return &value{kind: null, pos: Pos{p.file, line, 1}}
	}
	if len(f.Docs) > 1 {
		p.errorf(Pos{p.file, line, 1}, "expected one YAML document, found %d (a line of --- inside a block?)", len(f.Docs))
	}
	c := &converter{p: p, line: line}
	return c.convert(f.Docs[0].Body, 0)
}

// tooDeep looks for brackets nested too deep before the text is parsed, and
// returns how many lines down. It does not know quotation marks and errs on
// the side of refusing.
func tooDeep(src []byte) (line int, deep bool) {
	depth := 0
	for _, c := range src {
		switch c {
		case '\n':
			line++
		case '[', '{':
			if depth++; depth > 2*maxDepth {
				return line, true
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return 0, false
}

type converter struct {
	p    *reader
	line int
	n    int
}

func (c *converter) pos(n ast.Node) Pos {
	t := n.GetToken()
	if t == nil {
		return Pos{c.p.file, c.line, 1}
	}
	return Pos{c.p.file, c.line + t.Position.Line - 1, t.Position.Column}
}

func (c *converter) convert(n ast.Node, depth int) *value {
	if n == nil {
		return &value{kind: null, pos: Pos{c.p.file, c.line, 1}}
	}
	v := &value{pos: c.pos(n)}
	if c.n++; depth > maxDepth || c.n > maxValues {
		if c.n <= maxValues+1 {
			c.p.errorf(v.pos, "nested too deep or too many values: at most %d levels and %d values", maxDepth, maxValues)
		}
		return v
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		v.kind, v.text = scalar, n.Value
	case *ast.LiteralNode:
		v.kind, v.text, v.block = scalar, strings.TrimRight(n.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		v.kind, v.text = scalar, strings.TrimSpace(n.GetToken().Value)
	case *ast.SequenceNode:
		v.kind = list
		for _, e := range n.Values {
			v.items = append(v.items, c.convert(e, depth+1))
		}
	case *ast.MappingNode:
		v.kind = mapping
		v.pos = c.first(n, v.pos)
		for _, m := range n.Values {
			c.addKey(v, m, depth)
		}
	case *ast.MappingValueNode:
		v.kind = mapping
		v.pos = c.pos(n.Key)
		c.addKey(v, n, depth)
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode:
		c.p.errorf(v.pos, "YAML tags, anchors and aliases are not used in terms: write the value out")
	default:
		c.p.errorf(v.pos, "unexpected YAML %s", n.Type())
	}
	return v
}

func (c *converter) first(n *ast.MappingNode, pos Pos) Pos {
	if len(n.Values) > 0 {
		return c.pos(n.Values[0].Key)
	}
	return pos
}

func (c *converter) addKey(v *value, m *ast.MappingValueNode, depth int) {
	name := strings.TrimSpace(m.Key.GetToken().Value)
	kp := c.pos(m.Key)
	if v.get(name) != nil {
		c.p.errorf(kp, "key %q stands twice", name)
		return
	}
	v.keys = append(v.keys, key{name, kp, c.convert(m.Value, depth+1)})
}

// plain reports whether s can stand in YAML without quotes and come back as
// the same text.
func plain(s string) bool {
	if s == "" || strings.TrimSpace(s) != s {
		return false
	}
	if strings.ContainsAny(s, ":#{}[],&*!|>'\"%@`\n\t\\") || strings.HasPrefix(s, "-") || strings.HasPrefix(s, "?") {
		return false
	}
	switch strings.ToLower(s) {
	case "null", "~", "true", "false", "yes", "no", "on", "off", ".nan", ".inf":
		return false
	}
	return s[0] != '+' && s[0] != '.' && (s[0] < '0' || s[0] > '9')
}

func quote(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// flow prints v on one line.
func (v *value) flow() string {
	switch v.kind {
	case scalar:
		return quote(v.text)
	case list:
		s := make([]string, len(v.items))
		for i, e := range v.items {
			s[i] = e.flow()
		}
		return "[" + strings.Join(s, ", ") + "]"
	case mapping:
		s := make([]string, len(v.keys))
		for i, k := range v.keys {
			s[i] = quote(k.name) + ": " + k.val.flow()
		}
		return "{" + strings.Join(s, ", ") + "}"
	}
	return "null"
}

// canonical prints v in block style, short values in flow style.
func (v *value) canonical(b *strings.Builder, indent string) {
	const width = 100
	switch v.kind {
	case mapping:
		for _, k := range v.keys {
			b.WriteString(indent + quote(k.name) + ":")
			nested(b, k.val, indent, width-len(k.name))
		}
	case list:
		for _, e := range v.items {
			if f := e.flow(); e.kind != mapping || len(f) < width {
				b.WriteString(indent + "- " + f + "\n")
				continue
			}
			var sub strings.Builder
			e.canonical(&sub, indent+"  ")
			b.WriteString(indent + "- " + strings.TrimPrefix(sub.String(), indent+"  "))
		}
	}
}

func nested(b *strings.Builder, v *value, indent string, width int) {
	f := v.flow()
	if v.kind == scalar || v.kind == null || len(indent)+len(f) < width || len(v.items)+len(v.keys) == 0 {
		b.WriteString(" " + f + "\n")
		return
	}
	b.WriteByte('\n')
	v.canonical(b, indent+"  ")
}

// equal reports whether two values say the same.
func (v *value) equal(w *value) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.kind != w.kind || v.text != w.text || len(v.items) != len(w.items) || len(v.keys) != len(w.keys) {
		return false
	}
	for i := range v.items {
		if !v.items[i].equal(w.items[i]) {
			return false
		}
	}
	for i := range v.keys {
		if v.keys[i].name != w.keys[i].name || !v.keys[i].val.equal(w.keys[i].val) {
			return false
		}
	}
	return true
}
