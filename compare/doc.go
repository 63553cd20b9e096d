// Package compare says exactly where two ceasefire texts differ: two terms, two
// versions, or two readings of one. Every difference comes as a few boxes (who,
// what, whose, where, when), the number of cases in them, and an act that shows
// it, which the ordinary engine judges as claimed.
//
// The decision space of a text is finite once values that no clause tells apart
// are taken together: leaves of the trees, stretches of time between dates,
// cells of the arrangement of zones. Both texts are compiled into one canonical
// multi-valued decision diagram over it; differences, counts and boxes are read
// from the diagram.
//
// Of one text it says what each clause changes, and on which act (Effects).
//
// The package promises that a text compared with itself shows no difference,
// that what it calls a difference is one, and that what it does not list is
// none, but for what is thinner than the declared tolerance of zones, which it
// names. It does no I/O and reads no clock.
package compare
