package watch

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Problem is something in a file that could not be read; the rest is read all the
// same.
type Problem struct {
	File      string
	Line, Col int
	Text      string
}

// Error prints file:line:column: text.
func (p Problem) Error() string { return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Text) }

// value is a YAML value, or the cell of a table, with its place in the file.
type value struct {
	text      string // of a scalar
	list      []*value
	keys      []string
	fields    map[string]*value // of a mapping
	line, col int
}

// Limits that keep a hostile file from costing more than an honest one.
const (
	maxBrackets = 32
	maxDepth    = 16
	maxValues   = 200_000
	// MaxFile is the largest means file, in bytes.
	MaxFile = 8 << 20
)

// parseYAML reads one document.
func parseYAML(file string, src []byte, problem func(line, col int, format string, args ...any)) *value {
	depth, line := 0, 1
	for _, c := range src {
		switch c {
		case '\n':
			line++
		case '[', '{':
			if depth++; depth > maxBrackets {
				problem(line, 1, "brackets nested more than %d deep", maxBrackets)
				return nil
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		line, col, msg := 1, 1, err.Error()
		if se, ok := err.(interface{ GetToken() *token.Token }); ok && se.GetToken() != nil {
			line, col = se.GetToken().Position.Line, se.GetToken().Position.Column
		}
		if se, ok := err.(interface{ GetMessage() string }); ok {
			msg = se.GetMessage()
		}
		problem(line, col, "this is not YAML: %s", msg)
		return nil
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		problem(1, 1, "expected one YAML document that starts with means:")
		return nil
	}
	c := &converter{problem: problem}
	return c.convert(f.Docs[0].Body, 0)
}

type converter struct {
	problem func(line, col int, format string, args ...any)
	n       int
}

func (c *converter) convert(n ast.Node, depth int) *value {
	v := &value{line: 1, col: 1}
	if n == nil {
		return v
	}
	if t := n.GetToken(); t != nil {
		v.line, v.col = t.Position.Line, t.Position.Column
	}
	if c.n++; depth > maxDepth || c.n > maxValues {
		if c.n <= maxValues+1 {
			c.problem(v.line, v.col, "nested too deep, or too many values")
		}
		return v
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		v.text = n.Value
	case *ast.LiteralNode:
		v.text = strings.TrimRight(n.Value.Value, "\n")
	case *ast.SequenceNode:
		v.list = []*value{}
		for _, e := range n.Values {
			v.list = append(v.list, c.convert(e, depth+1))
		}
	case *ast.MappingNode:
		for _, m := range n.Values {
			c.field(v, m, depth)
		}
	case *ast.MappingValueNode:
		c.field(v, n, depth)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		v.text = strings.TrimSpace(n.GetToken().Value)
	default:
		c.problem(v.line, v.col, "unexpected YAML %s: write the value out", n.Type())
	}
	return v
}

func (c *converter) field(v *value, m *ast.MappingValueNode, depth int) {
	t := m.Key.GetToken()
	name := strings.TrimSpace(t.Value)
	if v.fields == nil {
		v.fields = map[string]*value{}
		v.line, v.col = t.Position.Line, t.Position.Column
	}
	if v.fields[name] != nil {
		c.problem(t.Position.Line, t.Position.Column, "%q stands twice", name)
		return
	}
	v.keys, v.fields[name] = append(v.keys, name), c.convert(m.Value, depth+1)
}

// items are the elements of a list; a text counts as a list of its parts between
// semicolons, so that a table can hold it.
func (v *value) items() []*value {
	if v == nil || v.list != nil {
		if v == nil {
			return nil
		}
		return v.list
	}
	var out []*value
	for _, s := range strings.Split(v.text, ";") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, &value{text: s, line: v.line, col: v.col})
		}
	}
	return out
}
