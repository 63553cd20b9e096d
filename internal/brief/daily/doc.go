// Package daily writes the report that a mission issues each morning: summary,
// violations by region and kind, casualties, weapons, windows, coverage,
// restrictions, and the annex tables.
//
// It promises that every number stands in one place, a Figure, with its counting
// rule, cut-off, sources, coverage, what is open and what has changed since the last
// issue; that summary, tables and annexes print figures and never count themselves;
// that its own words are the same for both parties, name no attacker and take the
// names of regions from one list. What records say is quoted.
package daily
