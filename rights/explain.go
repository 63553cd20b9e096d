package rights

import (
	"fmt"
	"slices"
	"strings"
)

// Explain says in plain words why somebody may or may not do something: the rows
// that decided, and where none did, what each row that comes near asks for. It
// names no party but those of the question, and nothing of the object but what
// the question says.
func (t *Table) Explain(who Who, action string, o Object) []string {
	who, o = normal(who, o)
	d := t.Allow(who, action, o)
	var rows []Row
	known := isWord(0, who.Role) && isWord(1, action) && isWord(2, o.Thing)
	if known && inScope(who.Scopes, action, o.Thing) {
		rows = t.Deciding(who, action, o)
	}
	out := []string{verdict(d, who, action, o), d.Because}
	for _, r := range rows {
		out = append(out, fmt.Sprintf("Row %d (%s): %s", r.Line, r.Says, r.words()))
	}
	if d.OK && d.Logged {
		out = append(out, "Doing it is an entry of the record: who, what, when and what for.")
	}
	if known && !d.OK && len(rows) == 0 && inScope(who.Scopes, action, o.Thing) {
		out = append(out, t.near(who, action, o)...)
	}
	return out
}

func verdict(d Decision, who Who, action string, o Object) string {
	can := "may not"
	if d.OK {
		can = "may"
	}
	as := article(who.Role)
	if who.Role == Public {
		as = "the public"
	}
	if who.Party != "" {
		as += " of " + who.Party
	}
	of := ""
	if o.Party != "" {
		of = " of " + o.Party
	}
	return fmt.Sprintf("%s %s %s %s%s marked %s.", strings.ToUpper(as[:1])+as[1:], can, action, article(o.Thing), of, o.Marking)
}

// article puts a or an before a word that takes one.
func article(s string) string {
	if slices.Contains([]string{"evidence", "damage", "access", "terms", "settings"}, s) {
		return s
	}
	if s != "" && strings.ContainsRune("aeiou", rune(s[0])) {
		return "an " + s
	}
	return "a " + s
}

// near tells of the rows that miss by one condition.
func (t *Table) near(who Who, action string, o Object) []string {
	var out []string
	for i := range t.Rows {
		r := &t.Rows[i]
		m := r.misses(who, action, o)
		if r.Says == "deny" || len(m) != 1 || m[0] == "action" || m[0] == "thing" {
			continue
		}
		switch m[0] {
		case "role":
			out = append(out, fmt.Sprintf("Row %d would allow it to: %s.", r.Line, strings.Join(r.Roles, ", ")))
		case "marking":
			out = append(out, fmt.Sprintf("Row %d would allow it, were it marked %s.", r.Line, strings.Join(r.Marking, " or ")))
		case "whose":
			own := "the own party's"
			if r.Whose == "self" {
				own = "written by the same account"
			}
			out = append(out, fmt.Sprintf("Row %d would allow it, were it %s.", r.Line, own))
		}
	}
	return out
}

// words prints the conditions of a row.
func (r *Row) words() string {
	list := func(l []string, all string) string {
		if len(l) == 1 && l[0] == "*" {
			return all
		}
		return strings.Join(l, ", ")
	}
	of := map[string]string{"any": "", "party": ", of the own party", "self": ", by the same account"}[r.Whose]
	return fmt.Sprintf("%s: %s of %s, marked %s%s.", list(r.Roles, "everybody"), list(r.Actions, "everything"), list(r.Things, "everything"), list(r.Marking, "anyhow"), of)
}
