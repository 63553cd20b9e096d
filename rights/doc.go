// Package rights says who may see and do what, and what somebody sees of a
// document. It is one table of rows and one of fields, both data, and pure
// functions over them, so that a party can check by a program of its own why it
// was refused something, and that the other party would have been too.
//
// What no row allows is refused. A row that denies is stronger than any that
// allows. No row can name a party: a row speaks of one's own party or of anybody,
// so that both parties have the same rights by the form of the table.
package rights
