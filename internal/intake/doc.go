// Package intake takes in what people have: tables with columns of their own,
// CSV, TSV and spreadsheets, by a mapping of their columns and words to those of
// the incidents file.
//
// It promises that a row is refused or read, never bent: what a cell says and the
// mapping does not know is refused, or left open and counted where the mapping
// says so; a civil time without a zone, or a day whose order is not known, is a
// question. Every source row is a row of the table that comes out, so that a row
// which could not be read is not taken for one that was withdrawn.
package intake
