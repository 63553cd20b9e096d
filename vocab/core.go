package vocab

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// Vocabulary is a versioned set of the four trees.
type Vocabulary struct {
	Version string // such as "truce-core@1"
	Digest  string // hex SHA-256 of the file it was read from

	Act, Outcome, Means, Target *Tree
}

// Tree returns the tree of a dimension ("act", "outcome", "means", "target";
// "intended_target" is the target tree), or nil.
func (v *Vocabulary) Tree(dimension string) *Tree {
	switch dimension {
	case "act":
		return v.Act
	case "outcome":
		return v.Outcome
	case "means":
		return v.Means
	case "target", "intended_target":
		return v.Target
	}
	return nil
}

// CoreVersion names the built-in vocabulary.
const CoreVersion = "truce-core@1"

//go:embed core.txt
var coreText string

// Core returns the built-in vocabulary. It is made anew at each call; callers
// that judge many incidents keep it.
func Core() *Vocabulary {
	v, err := Read(strings.NewReader(coreText))
	if err != nil {
		panic("vocab: built-in vocabulary: " + err.Error()) // a test reads it
	}
	return v
}

// Read reads a vocabulary file: a line `vocabulary NAME@VERSION`, then a line
// per node, `TREE PATH[.{a,b.{c,d}}]`, with comments after `#`. TREE is act,
// outcome, means or target. Errors name the line.
func Read(r io.Reader) (*Vocabulary, error) {
	sum := sha256.New()
	paths := map[string][]string{}
	v := &Vocabulary{}
	sc := bufio.NewScanner(io.TeeReader(io.LimitReader(r, 1<<20), sum))
	for n := 1; sc.Scan(); n++ {
		line, _, _ := strings.Cut(sc.Text(), "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 2 {
			return nil, fmt.Errorf("line %d: expected `TREE PATH` or `vocabulary NAME@VERSION`, got %q", n, line)
		}
		switch f[0] {
		case "vocabulary":
			v.Version = f[1]
		case "act", "outcome", "means", "target":
			p, err := expand(f[1])
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			paths[f[0]] = append(paths[f[0]], p...)
		default:
			return nil, fmt.Errorf("line %d: unknown tree %q: expected act, outcome, means or target", n, f[0])
		}
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	if v.Version == "" {
		return nil, fmt.Errorf("no `vocabulary NAME@VERSION` line")
	}
	for _, d := range []struct {
		name string
		to   **Tree
	}{{"act", &v.Act}, {"outcome", &v.Outcome}, {"means", &v.Means}, {"target", &v.Target}} {
		if len(paths[d.name]) == 0 {
			return nil, fmt.Errorf("no %s lines", d.name)
		}
		t, err := NewTree(d.name, paths[d.name])
		if err != nil {
			return nil, err
		}
		*d.to = t
	}
	v.Digest = hex.EncodeToString(sum.Sum(nil))
	return v, nil
}

// expand turns a.{b,c.{d,e}} into a.b, a.c.d, a.c.e.
func expand(p string) ([]string, error) {
	open := strings.IndexByte(p, '{')
	if open < 0 {
		if strings.ContainsAny(p, "},") {
			return nil, fmt.Errorf("unbalanced braces in %q", p)
		}
		return []string{p}, nil
	}
	if !strings.HasSuffix(p, "}") {
		return nil, fmt.Errorf("text after a closing brace in %q", p)
	}
	var out []string
	depth, start := 0, open+1
	for i := open + 1; i < len(p); i++ {
		switch {
		case p[i] == '{':
			depth++
		case p[i] == '}' && i < len(p)-1:
			if depth--; depth < 0 {
				return nil, fmt.Errorf("unbalanced braces in %q", p)
			}
		case p[i] == ',' && depth == 0, i == len(p)-1:
			sub, err := expand(p[start:i])
			if err != nil {
				return nil, err
			}
			for _, s := range sub {
				out = append(out, p[:open]+s)
			}
			start = i + 1
		}
	}
	if depth != 0 {
		return nil, fmt.Errorf("unbalanced braces in %q", p)
	}
	return out, nil
}
