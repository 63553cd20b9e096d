package terms

import "strings"

// Passage is a piece of the literate text as it stands in the file: what people
// read, and the blocks that run, in order.
type Passage struct {
	Kind       PassageKind
	Line, Last int    // lines of the file, from 1; of a block without its fence
	Text       string // as it stands
	// Clause is the number of a sentence, or of the clause that a block makes run.
	Clause ClauseID
	Texts  []Version // of a sentence: its parallel texts
}

// PassageKind says what a passage is.
type PassageKind string

// The kinds of passage.
const (
	FrontMatter PassageKind = "front"
	Heading     PassageKind = "heading"
	Prose       PassageKind = "prose"
	Numbered    PassageKind = "sentence" // a numbered sentence of the legal text
	Block       PassageKind = "block"    // that runs
)

// Source is the file as it was read, with line ends of one kind.
func (t *Terms) Source() string { return string(t.doc.src) }

// Passages cuts the file into what people read. Every line that is neither empty nor
// a fence of a block is in one passage.
func (t *Terms) Passages() []Passage {
	lines := strings.Split(string(t.doc.src), "\n")
	var out []Passage
	next := 1 // line that is looked at
	for _, b := range t.doc.blocks {
		n := strings.Count(string(t.doc.src[b.from:b.to]), "\n")
		if !strings.HasSuffix(string(t.doc.src[b.from:b.to]), "\n") {
			n++
		}
		out = t.prose(out, lines, next, b.line-2) // before the fence
		p := Passage{Kind: Block, Line: b.line, Last: b.line + n - 1, Text: strings.TrimRight(string(t.doc.src[b.from:b.to]), "\n")}
		if b.front {
			p.Kind = FrontMatter
		} else {
			p.Clause = t.clauseAt(p.Line, p.Last)
		}
		out = append(out, p)
		next = p.Last + 2 // after the fence
	}
	return t.prose(out, lines, next, len(lines))
}

// clauseAt is the number of the clause whose block lies in these lines.
func (t *Terms) clauseAt(first, last int) ClauseID {
	for _, c := range t.Clauses {
		if c.Pos.Line >= first && c.Pos.Line <= last {
			return c.ID
		}
	}
	return ""
}

// prose adds the passages between two lines, both included.
func (t *Terms) prose(out []Passage, lines []string, from, to int) []Passage {
	begun := 0
	end := func(last int) {
		if begun > 0 {
			out = append(out, t.passage(lines, begun, last))
			begun = 0
		}
	}
	quoted := func(n int) bool { return strings.HasPrefix(strings.TrimLeft(lines[n-1], " "), ">") }
	for n := from; n <= min(to, len(lines)); n++ {
		line := strings.TrimSpace(lines[n-1])
		switch {
		case line == "":
			end(n - 1)
			continue
		case strings.HasPrefix(line, "#"):
			end(n - 1)
			begun = n
			end(n)
			continue
		case begun > 0 && quoted(n) != quoted(begun):
			end(n - 1)
		}
		if begun == 0 {
			begun = n
		}
	}
	end(min(to, len(lines)))
	return out
}

func (t *Terms) passage(lines []string, from, to int) Passage {
	p := Passage{Kind: Prose, Line: from, Last: to, Text: strings.Join(lines[from-1:to], "\n")}
	if strings.HasPrefix(strings.TrimSpace(p.Text), "#") {
		p.Kind = Heading
	}
	for _, s := range t.Sentences {
		if s.Pos.Line >= from && s.Pos.Line <= to {
			p.Kind, p.Clause, p.Texts = Numbered, s.ID, s.Texts
			break
		}
	}
	return p
}
