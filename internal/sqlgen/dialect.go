package sqlgen

import (
	"fmt"
	"strconv"
	"strings"
)

// Dialects are the databases that statements are written for.
var Dialects = []string{"postgis", "bigquery", "duckdb"}

// dialect is what differs between databases. What is written is otherwise
// plain SQL that all of them read.
type dialect struct {
	name              string
	text, whole, real string // names of types
	cte               string // keeps a step from being computed twice
	many              string // a join with one row that the planner takes for many
	planar            bool   // has geometry of its own (PostGIS)
	str               func(string) string
	ident             func(string) string
	matches           func(x, re string) string // re is a string literal
	extract           func(x, re string) string // what the one group of re matched
	toWhole, toReal   func(x string) string     // of a text that was found to be a number
	div               func(a, b string) string  // whole numbers, towards zero
	split             string                    // FROM item that makes rows of `cell`, split at |, as tok
	trim, lower       func(x string) string
	values            func(cols []column, rows [][]any) string
}

// column is a column of a table of constants.
type column struct {
	name string
	kind byte // 'i' whole number, 't' text, 'f' number
}

func (d *dialect) typeOf(kind byte) string {
	switch kind {
	case 'i':
		return d.whole
	case 'f':
		return d.real
	}
	return d.text
}

func dialectOf(name string) (*dialect, error) {
	switch name {
	case "postgis":
		return postgis(), nil
	case "duckdb":
		return duckdb(), nil
	case "bigquery":
		return bigquery(), nil
	}
	return nil, fmt.Errorf("dialect %q: expected postgis, bigquery or duckdb", name)
}

func call(f string) func(string) string {
	return func(x string) string { return f + "(" + x + ")" }
}

func cast(to string) func(string) string {
	return func(x string) string { return "CAST(" + x + " AS " + to + ")" }
}

func postgis() *dialect {
	d := &dialect{
		name: "postgis", text: "TEXT", whole: "BIGINT", real: "DOUBLE PRECISION", cte: "MATERIALIZED ", planar: true,
		// After a dozen steps the planner expects one row and joins by nested
		// loops, which take hours over a hundred thousand. It takes what this
		// function gives for a hundred rows, and keeps to hash joins.
		many: "CROSS JOIN JSONB_ARRAY_ELEMENTS('[0]') AS many(_)",
		str:  postgresString, ident: doubleQuoted,
		matches: func(x, re string) string { return x + " ~ " + re },
		extract: func(x, re string) string { return "SUBSTRING(" + x + " FROM " + re + ")" },
		div:     func(a, b string) string { return "(" + a + ") / " + b },
		split:   "CROSS JOIN LATERAL UNNEST(STRING_TO_ARRAY(cell, '|')) AS u(tok)",
		trim:    func(x string) string { return "BTRIM(" + x + ", E' \\t\\r\\n')" },
		// The rules for case of the standard, whatever the database's locale.
		lower: func(x string) string { return `LOWER(` + x + ` COLLATE "und-x-icu")` },
	}
	d.toWhole, d.toReal = cast(d.whole), cast(d.real)
	d.values = d.valuesList
	return d
}

func duckdb() *dialect {
	d := &dialect{
		name: "duckdb", text: "VARCHAR", whole: "BIGINT", real: "DOUBLE", cte: "MATERIALIZED ",
		str: doubledString, ident: doubleQuoted,
		matches: func(x, re string) string { return "REGEXP_MATCHES(" + x + ", " + re + ")" },
		extract: func(x, re string) string { return "NULLIF(REGEXP_EXTRACT(" + x + ", " + re + ", 1), '')" },
		div:     func(a, b string) string { return "(" + a + ") // " + b },
		split:   "CROSS JOIN UNNEST(STRING_SPLIT(cell, '|')) AS u(tok)",
		trim:    func(x string) string { return "TRIM(" + x + ", ' ' || CHR(9) || CHR(13) || CHR(10))" },
		lower:   call("LOWER"),
	}
	d.toWhole = func(x string) string { return "TRY_CAST(" + x + " AS BIGINT)" }
	d.toReal = func(x string) string { return "TRY_CAST(" + x + " AS DOUBLE)" }
	d.values = d.valuesList
	return d
}

func bigquery() *dialect {
	d := &dialect{
		name: "bigquery", text: "STRING", whole: "INT64", real: "FLOAT64",
		str: backslashString, ident: backQuoted,
		matches: func(x, re string) string { return "REGEXP_CONTAINS(" + x + ", " + re + ")" },
		extract: func(x, re string) string { return "REGEXP_EXTRACT(" + x + ", " + re + ")" },
		div:     func(a, b string) string { return "DIV(" + a + ", " + b + ")" },
		split:   "CROSS JOIN UNNEST(SPLIT(cell, '|')) AS tok",
		trim:    func(x string) string { return `TRIM(` + x + `, ' \t\r\n')` },
		lower:   call("LOWER"),
	}
	d.toWhole = func(x string) string { return "SAFE_CAST(" + x + " AS INT64)" }
	d.toReal = func(x string) string { return "SAFE_CAST(" + x + " AS FLOAT64)" }
	d.values = d.structList
	return d
}

// doubledString is a literal of standard SQL.
func doubledString(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", "''") + "'"
}

// postgresString means the same whether standard_conforming_strings is on or
// off.
func postgresString(s string) string {
	if strings.Contains(s, `\`) {
		return "E" + doubledString(strings.ReplaceAll(s, `\`, `\\`))
	}
	return doubledString(s)
}

// backslashString is a literal of GoogleSQL, on one line.
func backslashString(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\\' || r == '\'':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == 0:
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

func doubleQuoted(s string) string {
	parts := strings.Split(s, ".")
	for i, p := range parts {
		parts[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
	}
	return strings.Join(parts, ".")
}

func backQuoted(s string) string {
	return "`" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "`", "\\`") + "`"
}

// literal writes a constant; nil is NULL.
func (d *dialect) literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return d.str(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return real(v)
	}
	panic(fmt.Sprintf("sqlgen: a constant of type %T", v))
}

// real writes a number so that it is read back as the same double.
func real(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if len(s) > 24 {
		s = strconv.FormatFloat(v, 'e', -1, 64)
	}
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// valuesList is a table of constants in standard SQL.
func (d *dialect) valuesList(cols []column, rows [][]any) string {
	var names, casts []string
	for _, c := range cols {
		names = append(names, c.name)
		casts = append(casts, "CAST("+c.name+" AS "+d.typeOf(c.kind)+") AS "+c.name)
	}
	where := ""
	if len(rows) == 0 {
		rows, where = [][]any{make([]any, len(cols))}, " WHERE 1 = 0"
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = "(" + d.row(cols, r) + ")"
	}
	return "SELECT " + strings.Join(casts, ", ") + " FROM (VALUES\n  " + strings.Join(lines, ",\n  ") + ") AS v(" + strings.Join(names, ", ") + ")" + where
}

// structList is a table of constants in GoogleSQL.
func (d *dialect) structList(cols []column, rows [][]any) string {
	var types []string
	for _, c := range cols {
		types = append(types, c.name+" "+d.typeOf(c.kind))
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = "(" + d.row(cols, r) + ")"
		if len(cols) == 1 {
			lines[i] = "STRUCT" + lines[i]
		}
	}
	return "SELECT * FROM UNNEST(ARRAY<STRUCT<" + strings.Join(types, ", ") + ">>[\n  " + strings.Join(lines, ",\n  ") + "])"
}

func (d *dialect) row(cols []column, r []any) string {
	s := make([]string, len(r))
	for i, v := range r {
		s[i] = d.literal(v)
		if f, ok := v.(float64); ok && cols[i].kind == 'f' && d.name != "bigquery" {
			s[i] = "CAST('" + real(f) + "' AS " + d.real + ")" // else a decimal of few digits
		}
	}
	return strings.Join(s, ", ")
}
