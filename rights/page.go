package rights

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Page writes docs/rights.md.
func (t *Table) Page() string {
	var b strings.Builder
	b.WriteString(`# Rights

Made from rules.csv, fields.csv and kinds.csv in rights by ` + "`go test ./rights -run Page -update`" + `;
a test compares. What they are for is in [people](people.md).

What no row allows is refused; a row that denies is stronger than any that allows.
"log" allows, and doing it is an entry of the record. No row can name a party.

## Rules

| row | who | may | of | marked | whose | | because |
| --- | --- | --- | --- | --- | --- | --- | --- |
`)
	star := func(l []string) string { return strings.ReplaceAll(strings.Join(l, ", "), "*", "all") }
	for _, r := range t.Rows {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %s |\n", r.Line, star(r.Roles), star(r.Actions), star(r.Things), star(r.Marking), r.Whose, r.Says, r.Because)
	}
	b.WriteString(`
## Fields

For whom a field is at the most; a field that is not here is restricted. The
marking of the document, and one on the field itself, can make it narrower and
never wider.

| class | what those see who do not see exactly |
| --- | --- |
| plain | as it is |
| place | the cell of a grid of about 22 km, with a radius that holds it; areas of the first level; nothing of names and bearings |
| point | latitude, longitude and radius of that cell |
| time | the day of UTC |
| area | a country or first-level area |
| text, name | nothing |
| site, damage, window | nothing; and where a document touches a site that the reader must not find, its place and time are coarse and its words are left out |

| class | for | fields |
| --- | --- | --- |
`)
	for _, c := range classes {
		for _, m := range Markings() {
			var names []string
			for _, n := range slices.Sorted(maps.Keys(t.Fields)) {
				if f := t.Fields[n]; f.Class == c && f.Marking == m {
					names = append(names, "`"+n+"`")
				}
			}
			if len(names) > 0 {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", c, m, strings.Join(names, ", "))
			}
		}
	}
	b.WriteString(`
## Kinds of entries

What an entry is, and for whom where its payload does not say so itself by the
member ` + "`marking`" + `. A kind that is not here is restricted.

| kind | is a | for | because |
| --- | --- | --- | --- |
`)
	for _, k := range slices.Sorted(maps.Keys(t.Kinds)) {
		r := t.Kinds[k]
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", k, r.Thing, r.Marking, r.Because)
	}
	return b.String()
}
