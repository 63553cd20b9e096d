package sqlgen

import (
	"fmt"
	"slices"
	"strings"
)

// treeColumns hold nodes of a tree of the vocabulary; actorColumns hold names
// of the terms; filled are those that a listed object fills where they are not known.
var (
	filled       = []string{"target", "owner", "controller"}
	treeColumns  = []string{"act", "outcome", "means", "target", "intended_target"}
	actorColumns = []string{"actor", "owner", "controller"}
)

// read takes the columns as text, without space round them, and says NULL for
// what is not known.
func (w *writer) read() {
	var raw, facts []string
	for _, c := range EventColumns {
		if w.o.Columns != nil && !slices.Contains(w.o.Columns, c) {
			raw = append(raw, "CAST(NULL AS "+w.d.text+") AS "+c)
		} else {
			raw = append(raw, "NULLIF("+w.d.trim("CAST(e."+c+" AS "+w.d.text+")")+", '') AS "+c)
		}
		switch c {
		case "id", "scenario", "lat", "lon", "precision_m":
			facts = append(facts, c)
		case "lasting", "level":
			facts = append(facts, w.known(w.d.lower(c), c)+" AS "+c)
		default:
			facts = append(facts, w.known(c, c)+" AS "+c)
		}
	}
	w.step("src", "SELECT "+strings.Join(raw, ", ")+"\n  FROM "+w.d.ident(w.o.Table)+" AS e")
	w.long("ev", "SELECT DISTINCT "+strings.Join(facts, ", ")+",\n  COALESCE(lat, '') || '/' || COALESCE(lon, '') || '/' || COALESCE(precision_m, '') AS spot FROM src")
}

// known is value, unless cell says that nothing is known.
func (w *writer) known(value, cell string) string {
	return "CASE WHEN " + w.d.lower(cell) + " IN ('?', 'unknown', 'any') THEN NULL ELSE " + value + " END"
}

// clock turns texts of time into milliseconds and into the number of the piece
// between breakpoints that they lie in.
func (w *writer) clock() {
	d := w.d
	w.step("clock_cell", `SELECT DISTINCT cell FROM (SELECT time_start AS cell FROM ev UNION ALL SELECT time_end FROM ev
  UNION ALL SELECT launch_start FROM ev UNION ALL SELECT launch_end FROM ev) AS q WHERE cell IS NOT NULL`)
	shape := d.str(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$`)
	zone := d.extract("cell", d.str(`([+-][0-9]{2}(?::?[0-9]{2})?)$`))
	w.kept("clock_form", "SELECT cell, CASE WHEN "+d.matches("cell", shape)+" THEN 1 ELSE 0 END AS ok FROM clock_cell")
	w.kept("clock_text", "SELECT cell, ok, CASE WHEN ok = 1 THEN "+zone+" END AS zone,\n"+
		"  CASE WHEN ok = 1 THEN "+d.extract("cell", d.str(`\.([0-9]+)`))+" END AS fraction FROM clock_form")
	num := func(name, from string) string {
		return "CASE WHEN ok = 1 THEN " + d.toWhole(from) + " END AS " + name
	}
	w.kept("clock_part", "SELECT cell, "+strings.Join([]string{
		num("y", "SUBSTR(cell, 1, 4)"), num("m", "SUBSTR(cell, 6, 2)"), num("d", "SUBSTR(cell, 9, 2)"),
		num("h", "SUBSTR(cell, 12, 2)"), num("mi", "SUBSTR(cell, 15, 2)"),
		num("s", "CASE WHEN SUBSTR(cell, 17, 1) = ':' THEN SUBSTR(cell, 18, 2) ELSE '0' END"),
		num("f", "SUBSTR(COALESCE(fraction, '') || '000', 1, 3)"),
		num("zh", "COALESCE(SUBSTR(zone, 2, 2), '0')"),
		num("zm", "CASE WHEN LENGTH(zone) > 3 THEN SUBSTR(zone, LENGTH(zone) - 1, 2) ELSE '0' END"),
		"CASE WHEN SUBSTR(zone, 1, 1) = '-' THEN -1 ELSE 1 END AS zs",
	}, ",\n  ")+" FROM clock_text")
	leap := "(MOD(y, 4) = 0 AND (MOD(y, 100) <> 0 OR MOD(y, 400) = 0))"
	w.kept("clock_day", "SELECT cell, h, mi, s, f, zh, zm, zs, d, y - (CASE WHEN m <= 2 THEN 1 ELSE 0 END) AS yy, MOD(m + 9, 12) AS mm,\n"+
		"  CASE WHEN y BETWEEN 1800 AND 2200 AND m BETWEEN 1 AND 12 AND h <= 23 AND mi <= 59 AND s <= 59 AND zh <= 23 AND zm <= 59 AND d >= 1\n"+
		"    AND d <= (CASE WHEN m IN (4, 6, 9, 11) THEN 30 WHEN m = 2 AND "+leap+" THEN 29 WHEN m = 2 THEN 28 ELSE 31 END) THEN 1 ELSE 0 END AS ok FROM clock_part")
	days := fmt.Sprintf("365 * yy + %s - %s + %s + %s + d - 719469", d.div("yy", "4"), d.div("yy", "100"), d.div("yy", "400"), d.div("153 * mm + 2", "5"))
	w.kept("clock_ms", "SELECT cell, CASE WHEN ok = 1 THEN ((("+days+") * 24 + h) * 60 + mi - zs * (zh * 60 + zm)) * 60000 + s * 1000 + f END AS ms FROM clock_day")
	cols := "SELECT cell, ms"
	for _, dim := range []string{"time", "launch"} {
		cols += ",\n  " + w.passed(dim, ">=") + " AS upto_" + dim + ", " + w.passed(dim, ">") + " AS before_" + dim
	}
	w.kept("clock", cols+" FROM clock_ms")
}

// passed counts the breakpoints that an instant has passed.
func (w *writer) passed(dim, op string) string {
	var parts []string
	for _, b := range w.p.breaks[dim] {
		parts = append(parts, worth(fmt.Sprintf("ms %s %d", op, int64(b)), 1))
	}
	return sum(parts)
}

// sites reads the ids of listed objects: which they may be, and what they say
// of facts that are not given.
func (w *writer) sites() {
	rows := [][]any{}
	byID := map[string]int{}
	for i, o := range w.p.objects {
		byID[o.ID] = i // of objects with one id the last counts
	}
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	for i, o := range w.p.objects {
		if byID[o.ID] == i {
			rows = append(rows, []any{o.ID, w.siteMask(i), text(o.Kind), text(o.Owner), text(o.Controller)})
		}
	}
	w.table("object", []column{{"id", 't'}, {"mask", 'i'}, {"kind", 't'}, {"owner", 't'}, {"controller", 't'}}, rows)
	w.step("site_cell", "SELECT DISTINCT site AS cell FROM ev WHERE site IS NOT NULL")
	w.step("site_tok", "SELECT DISTINCT cell, "+w.d.trim("tok")+" AS tok FROM site_cell "+w.d.split)
	w.step("site_found", "SELECT t.cell, CASE WHEN "+w.d.lower("t.tok")+" IN ('?', 'unknown', 'any') THEN 1 ELSE 0 END AS open, o.id, o.mask, o.kind, o.owner, o.controller\n"+
		"  FROM site_tok AS t LEFT JOIN object AS o ON o.id = t.tok WHERE t.tok <> ''")
	all := func(c string) string {
		return "CASE WHEN MAX(open) = 0 AND COUNT(" + c + ") = COUNT(*) THEN STRING_AGG(" + c + ", '|' ORDER BY " + c + ") END AS " + c
	}
	w.kept("site_at", fmt.Sprintf("SELECT cell, CASE WHEN MAX(open) = 0 THEN BIT_OR(COALESCE(mask, %d)) END AS mask,\n  %s,\n  %s,\n  %s FROM site_found GROUP BY cell",
		w.siteMask(len(w.p.objects)), all("kind"), all("owner"), all("controller")))
}

func (w *writer) siteMask(object int) int64 {
	if w.p.siteAtom == nil {
		return 1
	}
	return 1 << w.p.siteAtom[object]
}

// cells reads sets: a|b, as masks of the classes of leaves.
func (w *writer) cells() {
	w.kept("given", "SELECT e.*, s.mask AS site_mask, s.kind AS fill_target, s.owner AS fill_owner, s.controller AS fill_controller\n"+
		"  FROM ev AS e LEFT JOIN site_at AS s ON s.cell = e.site")
	rows := [][]any{}
	for _, dim := range treeColumns {
		tree := w.p.t.Vocabulary.Tree(dim)
		for _, n := range tree.Nodes() {
			set, _ := tree.Node(n)
			rows = append(rows, []any{dim, n, w.p.maskOf(dim, set)}, []any{dim, n + ".*", w.p.maskOf(dim, set)})
		}
	}
	for _, dim := range actorColumns {
		for _, n := range w.p.actorNames() {
			set, _ := w.p.t.Actor(n)
			rows = append(rows, []any{dim, strings.ToLower(n), w.p.maskOf(dim, set)})
		}
	}
	w.table("name", []column{{"dim", 't'}, {"name", 't'}, {"mask", 'i'}}, rows)
	var parts []string
	for _, dim := range append(slices.Clone(treeColumns), actorColumns...) {
		parts = append(parts, fmt.Sprintf("SELECT '%s' AS dim, %s AS cell FROM given", dim, dim))
		if slices.Contains(filled, dim) {
			parts = append(parts, fmt.Sprintf("SELECT '%s' AS dim, fill_%s AS cell FROM given", dim, dim))
		}
	}
	w.step("cell", "SELECT DISTINCT dim, cell FROM ("+strings.Join(parts, "\n  UNION ALL ")+") AS q WHERE cell IS NOT NULL")
	w.step("cell_tok", "SELECT DISTINCT dim, cell, "+w.d.trim("tok")+" AS tok FROM cell "+w.d.split)
	w.step("tok", "SELECT DISTINCT dim, tok FROM cell_tok WHERE tok <> ''")
	out := ""
	for _, dim := range actorColumns {
		set, _ := w.p.t.Actor("outsider")
		out += fmt.Sprintf(" WHEN t.dim = '%s' THEN %d", dim, w.p.maskOf(dim, set))
	}
	open := "t.tok = '*' AND t.dim NOT IN ('actor', 'owner', 'controller') OR " + w.d.lower("t.tok") + " IN ('?', 'unknown', 'any')"
	w.step("tok_mask", "SELECT t.dim, t.tok, CASE WHEN "+open+" THEN 1 ELSE 0 END AS open,\n"+
		"  CASE WHEN "+open+" THEN 0 ELSE COALESCE(a.mask, b.mask, CASE"+out+" END) END AS mask FROM tok AS t\n"+
		"  LEFT JOIN name AS a ON a.dim = t.dim AND a.name = t.tok LEFT JOIN name AS b ON b.dim = t.dim AND b.name = "+w.d.lower("t.tok"))
	w.kept("cell_mask", "SELECT c.dim, c.cell, CASE WHEN MAX(m.open) = 0 THEN BIT_OR(m.mask) END AS mask, MIN(CASE WHEN m.mask IS NULL THEN m.tok END) AS bad\n"+
		"  FROM cell_tok AS c JOIN tok_mask AS m ON m.dim = c.dim AND m.tok = c.tok GROUP BY c.dim, c.cell")
}

// actorNames are all names that the terms have for actors, each once.
func (p *plan) actorNames() []string {
	var out []string
	seen := map[string]bool{}
	add := func(n string) {
		k := strings.ToLower(strings.TrimSpace(n))
		if _, ok := p.t.Actor(n); ok && k != "" && !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	for _, pt := range p.t.Parties {
		add(string(pt.ID))
		add(pt.Name)
		for _, a := range append(slices.Clone(pt.Aliases), pt.Actors...) {
			add(a)
		}
	}
	for _, o := range p.t.Others {
		add(string(o.ID))
	}
	add("outsider")
	return out
}
