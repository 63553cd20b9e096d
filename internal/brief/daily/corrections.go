package daily

import (
	"maps"
	"slices"
)

// corrections say what a corrigendum changes: each number that differs from the report
// that it corrects, and which records of it changed since that was issued. It stands
// first, so that nobody has to look for it.
func (b *builder) corrections() {
	if b.Corrects == nil {
		return
	}
	c := b.c
	s := &Section{ID: "changes", Title: c.text("changes")}
	t := &Table{ID: "changes", Title: c.text("changes"), Empty: c.text("empty.changes"), Columns: []string{c.text("col.figure"), c.text("col.was"), c.text("col.is"), c.text("col.changed"), c.text("col.id")}}
	row := func(id, name, was string, is, changed Sentence) {
		t.Rows = append(t.Rows, []Sentence{plain(name), plain(was), is, changed, plain(id)})
	}
	seen := map[string]bool{}
	for _, f := range b.r.Figures {
		seen[f.ID] = true
		was, there := b.Corrects.Figures[f.ID]
		switch {
		case there && was == f.NumberText() || !there && f.none():
		case there:
			row(f.ID, f.Name, b.issuedText(was), Sentence{{Text: c.number(f), Figure: f, Of: f.ID}}, b.changedIn(f))
		default:
			row(f.ID, f.Name, c.text("changes.added"), Sentence{{Text: c.number(f), Figure: f, Of: f.ID}}, b.changedIn(f))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.Corrects.Figures)) {
		if was := b.Corrects.Figures[id]; !seen[id] && was != "0" {
			row(id, id, b.issuedText(was), plain(c.text("changes.dropped")), nil)
		}
	}
	key := "changes.says"
	if len(t.Rows) == 0 {
		key = "changes.none"
	}
	s.Says = append(s.Says, c.say(key, "id", b.Corrects.ID), append(plain(c.text("changes.reason")+" "), quoted(visible(b.Reason))...))
	s.Tables = []*Table{t}
	b.r.Sections = append([]*Section{s}, b.r.Sections...)
}

// changedIn are the records of a figure that are as they are since after the report
// was issued that is corrected. A record that is gone is not among them.
func (b *builder) changedIn(f *Figure) Sentence {
	var out Sentence
	for _, r := range b.now {
		if r.Since < b.Corrects.Size || b.Corrects.Size == 0 || !slices.Contains(f.Counted, r.ID) && !slices.Contains(f.Open, r.ID) {
			continue
		}
		if len(out) > 0 {
			out = append(out, Piece{Text: ", "})
		}
		out = append(out, record(r)...)
	}
	return out
}
