package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Reasons why a verdict may turn on what a statement does not read, as bits.
const (
	loosePlace  = 1
	looseZones  = 2
	looseOrigin = 4
	looseSide   = 8
)

// facts joins what was read of each row, and says what could not be read.
func (w *writer) facts() {
	masks, joins, bad := "", "", ""
	for _, dim := range append(slices.Clone(treeColumns), actorColumns...) {
		all := w.p.maskOf(dim, w.p.t.AllParties())
		if slices.Contains(treeColumns, dim) {
			all = w.p.maskOf(dim, w.p.t.Vocabulary.Tree(dim).All())
			bad += fmt.Sprintf("\n  WHEN c_%s.bad IS NOT NULL THEN '%s: ' || SUBSTR(c_%s.bad, 1, 60) || ' is not in the vocabulary'", dim, dim, dim)
		}
		fill := ""
		joins += fmt.Sprintf("\n  LEFT JOIN cell_mask AS c_%s ON c_%s.dim = '%s' AND c_%s.cell = g.%s", dim, dim, dim, dim, dim)
		if slices.Contains(filled, dim) {
			fill = fmt.Sprintf("f_%s.mask, ", dim)
			joins += fmt.Sprintf("\n  LEFT JOIN cell_mask AS f_%s ON f_%s.dim = '%s' AND f_%s.cell = g.fill_%s", dim, dim, dim, dim, dim)
		}
		masks += fmt.Sprintf(",\n  COALESCE(c_%s.mask, %s%d) AS m_%s", dim, fill, all, dim)
	}
	for _, c := range []string{"time_start", "time_end", "launch_start", "launch_end"} {
		joins += fmt.Sprintf("\n  LEFT JOIN clock AS k_%s ON k_%s.cell = g.%s", c, c, c)
		bad += fmt.Sprintf("\n  WHEN g.%s IS NOT NULL AND k_%s.ms IS NULL THEN '%s: not a time with its offset'", c, c, c)
	}
	levels := []string{}
	rank := "CASE g.level"
	for i, l := range evidence.Levels() {
		levels = append(levels, w.d.str(l.String()))
		rank += fmt.Sprintf(" WHEN %s THEN %d", w.d.str(l.String()), i)
	}
	bad += "\n  WHEN k_time_end.ms < k_time_start.ms THEN 'time_end: before time_start' WHEN k_launch_end.ms < k_launch_start.ms THEN 'launch_end: before launch_start'" +
		"\n  WHEN g.lasting NOT IN ('yes', 'true', '1', 'y', 'no', 'false', '0', 'n') THEN 'lasting: expected yes or no'" +
		"\n  WHEN g.level NOT IN (" + strings.Join(levels, ", ") + ") THEN 'level: not an evidence level'"
	number := fmt.Sprintf("SELECT g.id, g.scenario, %s END AS rank, CASE WHEN g.id IS NULL THEN 'id: it is empty' WHEN s.bad IS NOT NULL THEN s.bad%s END AS bad", rank, bad)
	time := spanOf("time", len(w.p.breaks["time"]), "")
	launch := spanOf("launch", len(w.p.breaks["launch"]), "CASE WHEN "+timeLasts+" THEN k_time_end.before_launch ELSE k_time_start.upto_launch END")
	place := "CASE WHEN s.spot IS NOT NULL THEN 1 WHEN g.place IS NOT NULL THEN 2 ELSE 0 END"
	w.kept("row_at", number+masks+",\n  "+time+",\n  "+launch+",\n  CASE WHEN g.lasting IN ('yes', 'true', '1', 'y') THEN 1 ELSE 0 END AS lasting,\n  "+
		place+" AS place, CASE WHEN g.origin IS NOT NULL THEN 2 ELSE 0 END AS origin,\n"+
		"  COALESCE(p.fixed, 0) AS fixed, COALESCE(p.astride, 0) AS astride, COALESCE(p.joint, 0) AS joint, COALESCE(p.loose, 0) AS loose,\n"+
		fmt.Sprintf("  COALESCE(g.site_mask, p.sites, %d) AS m_site, CASE WHEN g.site_mask IS NULL THEN 1 ELSE 0 END AS any_site", w.anySite())+"\n  FROM given AS g"+joins+
		"\n  LEFT JOIN spot_at AS s ON s.spot = g.spot LEFT JOIN placed AS p ON p.spot = g.spot")
}

// timeLasts holds where the time is more than a moment.
const timeLasts = "(k_time_end.ms IS NOT NULL AND (k_time_start.ms IS NULL OR k_time_end.ms > k_time_start.ms))"

// spanOf writes the first and last piece of time that a span reaches. A start
// alone is a moment; the launch of what has a time lies before its end, unless it is
// said to begin after it.
func spanOf(dim string, pieces int, before string) string {
	s, e := "k_"+dim+"_start", "k_"+dim+"_end"
	hi := fmt.Sprintf("%d", pieces)
	if before != "" {
		hi = "COALESCE(" + before + ", " + hi + ")"
	}
	given := fmt.Sprintf("CASE WHEN %s.ms IS NOT NULL AND (%s.ms IS NULL OR %s.ms > %s.ms) THEN %s.before_%s WHEN %s.ms IS NOT NULL THEN %s.upto_%s ELSE %s END",
		e, s, e, s, e, dim, s, s, dim, hi)
	if before != "" {
		ends := "CASE WHEN " + timeLasts + " THEN k_time_end.ms ELSE k_time_start.ms + 1 END"
		given = fmt.Sprintf("CASE WHEN COALESCE(%s.ms < %s, TRUE) THEN LEAST(%s, %s) ELSE %s END", s, ends, given, hi, given)
	}
	return fmt.Sprintf("COALESCE(%s.upto_%s, 0) AS %s_lo,\n  %s AS %s_hi", s, dim, dim, given, dim)
}

// kinds finds the different kinds of act that rows allow, and which incidents
// have which; what follows is done once for each.
func (w *writer) kinds() {
	cols := []string{"m_actor"}
	for _, s := range w.p.slots {
		switch s.kind {
		case judge.AskLeaf:
			if s.dim != "actor" {
				cols = append(cols, "m_"+s.dim)
			}
		case judge.AskSite:
			cols = append(cols, "m_site", "any_site")
		case judge.AskMoment:
			cols = append(cols, s.dim+"_lo", s.dim+"_hi")
			if s.dim == "time" {
				cols = append(cols, "lasting")
			}
		}
	}
	if w.p.asks["place"] {
		cols = append(cols, "fixed", "astride", "joint", "loose")
	}
	if w.p.asks["place"] || w.p.asks["site"] {
		cols = append(cols, "place")
	}
	if w.p.asks["origin"] {
		cols = append(cols, "origin")
	}
	var parts []string
	for _, c := range cols {
		parts = append(parts, "CAST("+c+" AS "+w.d.text+")")
	}
	w.kept("row_kind", "SELECT id, scenario, rank, bad, "+strings.Join(cols, ", ")+",\n  "+strings.Join(parts, " || '/' || ")+" AS kind FROM row_at")
	w.step("kind_text", "SELECT DISTINCT kind, "+strings.Join(cols, ", ")+" FROM row_kind WHERE bad IS NULL")
	w.long("kind", "SELECT ROW_NUMBER() OVER (ORDER BY kind) AS k, kind, "+strings.Join(cols, ", ")+" FROM kind_text")
	w.kept("row_k", "SELECT r.id, r.scenario, r.rank, r.bad, k.k FROM row_kind AS r LEFT JOIN kind AS k ON k.kind = r.kind AND r.bad IS NULL")
	w.long("incident_at", "SELECT id, MIN(rank) AS rank, STRING_AGG(CAST(k AS "+w.d.text+"), ',' ORDER BY k) AS case_text,\n"+
		"  CASE WHEN MIN(bad) IS NOT NULL THEN MIN(bad) WHEN COUNT(*) > COUNT(DISTINCT COALESCE(scenario, '')) THEN 'scenario: one name stands in two rows of this incident'\n"+
		"    WHEN COUNT(*) > 64 THEN 'scenario: more than 64 of one incident' END AS bad FROM row_k GROUP BY id")
	w.step("case_text", "SELECT DISTINCT case_text FROM incident_at WHERE bad IS NULL")
	w.long("case_at", "SELECT ROW_NUMBER() OVER (ORDER BY case_text) AS c, case_text FROM case_text")
	w.step("case_row", "SELECT DISTINCT c.c, r.k FROM incident_at AS i JOIN case_at AS c ON c.case_text = i.case_text JOIN row_k AS r ON r.id = i.id WHERE i.bad IS NULL")
	w.long("case_kind", "SELECT r.c, r.k, k.m_actor FROM case_row AS r JOIN kind AS k ON k.k = r.k")
	w.kept("case_who", "SELECT c, BIT_OR(m_actor) AS who FROM case_kind GROUP BY c")
}

// walk follows the kinds of act through the diagrams.
func (w *writer) walk() {
	var rows, unknown [][]any
	for i, rd := range w.p.readings {
		rows = append(rows, []any{i, rd.root, rd.zones[0], rd.zones[1], b2i(rd.sites)})
		for k, list := range rd.unknown {
			for _, m := range list {
				unknown = append(unknown, []any{i, k, m})
			}
		}
	}
	w.table("reading_at", []column{{"reading", 'i'}, {"root", 'i'}, {"place_zones", 'i'}, {"origin_zones", 'i'}, {"sites", 'i'}}, rows)
	if w.p.asks["place"] || w.p.asks["origin"] {
		w.table("anywhere", []column{{"reading", 'i'}, {"origin", 'i'}, {"zones", 'i'}}, unknown)
		w.table("turn", []column{{"t", 'i'}}, [][]any{{0}, {1}})
	}
	at := "start_at"
	sites := "0"
	if w.p.asks["site"] {
		sites = fmt.Sprintf("CASE WHEN r.sites = 1 AND k.any_site = 1 AND k.place = 2 THEN %d ELSE 0 END", loosePlace)
	}
	w.long(at, "SELECT k.k, r.reading, r.root AS node, "+sites+" AS why FROM kind AS k CROSS JOIN reading_at AS r")
	for _, dim := range []string{"place", "origin"} {
		if w.p.asks[dim] {
			at = w.zones(at, dim)
		}
	}
	for _, s := range w.p.slots {
		if s.kind == judge.AskZones {
			continue
		}
		to := "at_" + s.name
		switch s.kind {
		case judge.AskMoment:
			w.table("next_"+s.name, []column{{"node", 'i'}, {"lo", 'i'}, {"hi", 'i'}, {"goal", 'i'}}, s.edges)
			on := fmt.Sprintf("e.lo <= k.%s_hi AND e.hi >= k.%s_lo", s.dim, s.dim)
			sql := "SELECT a.k, a.why, e.goal AS node FROM " + at + " AS a JOIN kind AS k ON k.k = a.k JOIN next_" + s.name + " AS e ON e.node = a.node\n  WHERE " + on
			if s.dim == "time" {
				w.table("next_lasting", []column{{"node", 'i'}, {"lo0", 'i'}, {"lo1", 'i'}, {"hi0", 'i'}, {"hi1", 'i'}, {"goal", 'i'}}, s.lasting)
				sql += " AND k.lasting = 0\n  UNION ALL SELECT a.k, a.why, e.goal AS node FROM " + at + " AS a JOIN kind AS k ON k.k = a.k JOIN next_lasting AS e ON e.node = a.node\n" +
					"  WHERE k.lasting = 1 AND k.time_lo BETWEEN e.lo0 AND e.lo1 AND k.time_hi BETWEEN e.hi0 AND e.hi1"
			}
			w.kept(to, "SELECT DISTINCT k, why, node FROM ("+sql+") AS q")
		default:
			w.table("next_"+s.name, []column{{"node", 'i'}, {"mask", 'i'}, {"goal", 'i'}}, s.edges)
			w.kept(to, "SELECT DISTINCT a.k, a.why, e.goal AS node FROM "+at+" AS a JOIN kind AS k ON k.k = a.k JOIN next_"+s.name+" AS e ON e.node = a.node\n"+
				"  WHERE (e.mask & k.m_"+s.dim+") <> 0")
		}
		at = to
	}
	w.step("reached", "SELECT k, why, node FROM "+at)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// zones walks the layers that ask for a place. What zones it may be in is told
// by an upper and a lower mask: those that hold a point that is possible, and
// those that hold all of them.
func (w *writer) zones(at, dim string) string {
	k := kindOf(dim)
	if dim == "origin" {
		w.long("origin_in", fmt.Sprintf(`SELECT a.k, a.reading, a.node, a.why, u.zones AS upper_, u.zones AS lower_ FROM %s AS a JOIN kind AS k ON k.k = a.k
    JOIN reading_at AS r ON r.reading = a.reading JOIN anywhere AS u ON u.reading = a.reading AND u.origin = 1 WHERE k.origin = 0 AND r.origin_zones <> 0
  UNION ALL SELECT a.k, a.reading, a.node, a.why | %d, r.origin_zones, 0 FROM %s AS a JOIN kind AS k ON k.k = a.k
    JOIN reading_at AS r ON r.reading = a.reading WHERE k.origin = 2 AND r.origin_zones <> 0
  UNION ALL SELECT a.k, a.reading, a.node, a.why, 0, 0 FROM %s AS a JOIN reading_at AS r ON r.reading = a.reading WHERE r.origin_zones = 0`, at, looseOrigin, at, at))
	} else {
		w.step("place_known", "SELECT a.k, a.reading, a.node, a.why, k.fixed & r.place_zones AS f, k.astride & r.place_zones AS o, k.joint & r.place_zones AS j, k.loose & r.place_zones AS l\n  FROM "+at+
			" AS a JOIN kind AS k ON k.k = a.k JOIN reading_at AS r ON r.reading = a.reading WHERE k.place = 1 AND r.place_zones <> 0")
		single := "o <> 0 AND (o & (o - 1)) = 0 AND j = 0"
		w.long("place_in", fmt.Sprintf(`SELECT k, reading, node, why | (CASE WHEN j <> 0 OR o <> 0 AND (o & (o - 1)) <> 0 THEN %d ELSE 0 END) | (CASE WHEN l <> 0 THEN %d ELSE 0 END) AS why,
    f | (CASE WHEN t = 1 OR j <> 0 OR (o & (o - 1)) <> 0 THEN o ELSE 0 END) AS upper_, f | (CASE WHEN t = 1 THEN o ELSE 0 END) AS lower_
    FROM place_known CROSS JOIN turn WHERE t = 0 OR %s
  UNION ALL SELECT a.k, a.reading, a.node, a.why, u.zones, u.zones FROM %s AS a JOIN kind AS k ON k.k = a.k
    JOIN reading_at AS r ON r.reading = a.reading JOIN anywhere AS u ON u.reading = a.reading AND u.origin = 0 WHERE k.place = 0 AND r.place_zones <> 0
  UNION ALL SELECT a.k, a.reading, a.node, a.why | %d, r.place_zones, 0 FROM %s AS a JOIN kind AS k ON k.k = a.k
    JOIN reading_at AS r ON r.reading = a.reading WHERE k.place = 2 AND r.place_zones <> 0
  UNION ALL SELECT a.k, a.reading, a.node, a.why, 0, 0 FROM %s AS a JOIN reading_at AS r ON r.reading = a.reading WHERE r.place_zones = 0`,
			looseZones, looseSide, single, at, loosePlace, at, at))
	}
	at = dim + "_in"
	for _, s := range w.p.slots {
		if s.kind != judge.AskZones || kindOf(s.dim) != k {
			continue
		}
		w.table("next_"+s.name, []column{{"node", 'i'}, {"zones", 'i'}, {"held", 'i'}, {"goal", 'i'}}, s.edges)
		w.long("at_"+s.name, "SELECT DISTINCT a.k, a.reading, a.why, a.upper_, a.lower_, e.goal AS node FROM "+at+" AS a JOIN next_"+s.name+" AS e ON e.node = a.node\n"+
			"  WHERE e.held = 1 AND (a.upper_ & e.zones) <> 0 OR e.held = 0 AND (a.lower_ & e.zones) = 0")
		at = "at_" + s.name
	}
	w.long("past_"+dim, "SELECT DISTINCT k, reading, why, node FROM "+at)
	return "past_" + dim
}

// verdictWord turns a set of verdicts into the word for it.
func verdictWord(bits string) string {
	return "CASE " + bits + " WHEN 1 THEN 'not-covered' WHEN 2 THEN 'not-in-force' WHEN 4 THEN 'permitted' WHEN 8 THEN 'breach' ELSE 'undetermined' END"
}

// findings puts what was reached together into rows.
func (w *writer) findings() {
	d := w.d
	var says, who, binds, names [][]any
	for id, g := range w.p.judged {
		if g.clauses == nil && g.all == 0 {
			continue
		}
		says = append(says, []any{id, g.reading, -1, int(g.all)})
		for c, v := range g.clauses {
			if w.p.readings[g.reading].r.Clauses[c].Kind != terms.Reserve {
				says = append(says, []any{id, g.reading, c, int(v)})
			}
		}
	}
	for i, rd := range w.p.readings {
		names = append(names, []any{i, -1, rd.id, ""})
		for c, rc := range rd.r.Clauses {
			names = append(names, []any{i, c, rd.id, string(rc.ID)})
			for k, p := range w.p.t.Parties {
				if slices.ContainsFunc(rc.Windows, func(x terms.Window) bool { return x.Party == p.ID }) {
					set, _ := w.p.t.Actor(string(p.ID))
					binds = append(binds, []any{i, c, k, string(p.ID), w.p.maskOf("actor", set)})
				}
			}
		}
	}
	tree := w.p.t.Actors()
	for i, n := range tree.Nodes() {
		set, _ := tree.Node(n)
		var parent int64
		if k := strings.LastIndexByte(n, '.'); k >= 0 {
			up, _ := tree.Node(n[:k])
			parent = w.p.maskOf("actor", up)
		}
		if shown := w.p.t.ActorNames(set); len(shown) > 0 {
			who = append(who, []any{i, shown[0], w.p.maskOf("actor", set), parent})
		}
	}
	w.table("says", []column{{"node", 'i'}, {"reading", 'i'}, {"clause", 'i'}, {"bits", 'i'}}, says)
	w.table("clause_name", []column{{"reading", 'i'}, {"clause", 'i'}, {"reading_id", 't'}, {"clause_id", 't'}}, names)
	w.table("binds", []column{{"reading", 'i'}, {"clause", 'i'}, {"n", 'i'}, {"party", 't'}, {"mask", 'i'}}, binds)
	w.table("actor_name", []column{{"n", 'i'}, {"name", 't'}, {"mask", 'i'}, {"parent", 'i'}}, who)
	w.step("case_node", "SELECT DISTINCT c.c, r.node, r.why FROM case_kind AS c JOIN reached AS r ON r.k = c.k")
	w.step("case_set", "SELECT n.c, s.reading, n.node, MAX(n.why & 1) + MAX(n.why & 2) + MAX(n.why & 4) + MAX(n.why & 8) AS why\n"+
		"  FROM case_node AS n JOIN says AS s ON s.node = n.node AND s.clause = -1 GROUP BY n.c, s.reading, n.node")
	w.long("case_says", "SELECT c, reading, STRING_AGG(CAST(node AS "+d.text+"), ',' ORDER BY node) AS nodes,\n"+
		"  MAX(why & 1) + MAX(why & 2) + MAX(why & 4) + MAX(why & 8) AS why FROM case_set GROUP BY c, reading")
	w.step("set_text", "SELECT DISTINCT nodes AS cell FROM case_says")
	w.step("set_node", "SELECT cell, "+d.toWhole("tok")+" AS node FROM set_text "+strings.ReplaceAll(d.split, "'|'", "','"))
	w.kept("set_says", "SELECT n.cell AS nodes, s.reading, s.clause, BIT_OR(s.bits) AS bits FROM set_node AS n JOIN says AS s ON s.node = n.node GROUP BY n.cell, s.reading, s.clause")
	w.kept("set_clause", "SELECT nodes, reading, clause, CASE WHEN bits >= 16 THEN 'undetermined' ELSE "+verdictWord("bits")+" END AS verdict FROM set_says WHERE clause = -1 OR (bits & 15) <> 0")
	w.kept("set_who", "SELECT DISTINCT s.nodes, s.reading, w.who FROM case_says AS s JOIN case_who AS w ON w.c = s.c")
	w.step("set_binds", "SELECT s.nodes, s.reading, c.clause, s.who, b.n, b.party FROM set_who AS s JOIN set_clause AS c ON c.nodes = s.nodes AND c.reading = s.reading\n"+
		"  JOIN binds AS b ON b.reading = c.reading AND b.clause = c.clause WHERE (b.mask & s.who) <> 0")
	w.step("set_first", "SELECT nodes, reading, who, party, MIN(clause * 1000 + n) AS n FROM set_binds GROUP BY nodes, reading, who, party")
	w.kept("set_party", "SELECT nodes, reading, who, clause, STRING_AGG(party, '|' ORDER BY n) AS party FROM set_binds GROUP BY nodes, reading, who, clause\n"+
		"  UNION ALL SELECT nodes, reading, who, -1, STRING_AGG(party, '|' ORDER BY n) FROM set_first GROUP BY nodes, reading, who")
	w.step("who_text", "SELECT DISTINCT who FROM case_who")
	w.kept("who_name", "SELECT w.who, STRING_AGG(a.name, '|' ORDER BY a.n) AS author FROM who_text AS w CROSS JOIN actor_name AS a\n"+
		"  WHERE (w.who & a.mask) = a.mask AND (a.parent = 0 OR (w.who & a.parent) <> a.parent) GROUP BY w.who")
	why := fmt.Sprintf("CASE WHEN (s.why & %d) <> 0 THEN 'place: it is given in words, and the verdict turns on it' WHEN (s.why & %d) <> 0 THEN 'origin: it is given in words, and the verdict turns on it'\n"+
		"    WHEN (s.why & %d) <> 0 THEN 'place: which side of a line it is on is not told in SQL' ELSE 'place: it lies in several zones and out of them at once, and the verdict turns on which' END",
		loosePlace, looseOrigin, looseSide)
	turns := "s.why <> 0 AND v.verdict = 'undetermined'"
	w.step("case_open", "SELECT s.c, s.reading, MAX(CASE WHEN "+turns+" THEN 1 ELSE 0 END) AS open FROM case_says AS s JOIN set_clause AS v ON v.nodes = s.nodes AND v.reading = s.reading GROUP BY s.c, s.reading")
	w.kept("case_row_at", "SELECT s.c, s.reading, v.clause, CASE WHEN "+turns+" THEN NULL ELSE v.verdict END AS verdict,\n"+
		"  CASE WHEN o.open = 1 AND (v.clause = -1 OR "+turns+") THEN NULL ELSE COALESCE(p.party, '') END AS party, w.author, CASE WHEN "+turns+" THEN "+why+" END AS unsupported\n"+
		"  FROM case_says AS s JOIN set_clause AS v ON v.nodes = s.nodes AND v.reading = s.reading JOIN case_who AS q ON q.c = s.c\n"+
		"  JOIN case_open AS o ON o.c = s.c AND o.reading = s.reading LEFT JOIN who_name AS w ON w.who = q.who\n"+
		"  LEFT JOIN set_party AS p ON p.nodes = s.nodes AND p.reading = s.reading AND p.who = q.who AND p.clause = v.clause")
	n := len(w.p.readings)
	w.step("case_all", fmt.Sprintf("SELECT c, reading, clause, verdict, party, author, unsupported FROM case_row_at\n"+
		"  UNION ALL SELECT c, %d, -1, CASE WHEN MIN(verdict) <> MAX(verdict) THEN 'contested' END, '', MIN(author),\n"+
		"    CASE WHEN MIN(verdict) = MAX(verdict) OR COUNT(verdict) = 0 THEN 'a reading could not be judged' END FROM case_row_at WHERE clause = -1 GROUP BY c\n"+
		"    HAVING MIN(verdict) <> MAX(verdict) OR COUNT(verdict) < COUNT(*) AND %d > 1", n, n))
	level := "CASE COALESCE(i.rank, 1)"
	for i, l := range evidence.Levels() {
		level += fmt.Sprintf(" WHEN %d THEN %s", i, d.str(l.String()))
	}
	counter := "''"
	if w.p.readings[0].r.Counterfactual {
		counter = "'yes'"
	}
	w.step("row_all", "SELECT i.id, i.rank, a.reading, a.clause, a.verdict, a.party, a.author, a.unsupported FROM incident_at AS i JOIN case_at AS c ON c.case_text = i.case_text JOIN case_all AS a ON a.c = c.c WHERE i.bad IS NULL\n"+
		"  UNION ALL SELECT i.id, i.rank, r.reading, -1, NULL, NULL, NULL, i.bad FROM incident_at AS i CROSS JOIN reading_at AS r WHERE i.bad IS NOT NULL")
	w.last = "SELECT COALESCE(i.id, '') AS incident, " + d.str(w.p.t.ID) + " AS terms, COALESCE(n.reading_id, '*') AS reading, COALESCE(n.clause_id, '') AS clause,\n" +
		"  i.party, i.verdict, i.author, " + level + " END AS level, " + d.str(w.p.t.Digest) + " AS terms_digest, " + d.str(judge.Engine) + " AS engine, " + d.str(when.TZData) + " AS tzdata,\n" +
		"  " + counter + " AS counterfactual, COALESCE(i.unsupported, '') AS unsupported\n" +
		"FROM row_all AS i LEFT JOIN clause_name AS n ON n.reading = i.reading AND n.clause = i.clause\nORDER BY i.id, i.reading, i.clause"
}
