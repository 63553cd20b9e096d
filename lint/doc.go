// Package lint finds what a ceasefire text leaves undefined, by the executable
// part of it and its structure, never by words of its prose. Each finding says
// where in the text, why it has mattered, how to mend it, and, where one act
// can show it, which: an act on which the text is silent or undetermined, or
// on which two ways to take the text differ. What it says of such an act is
// what the ordinary engine says.
//
// The checks vary an act that the text surely forbids: the same act by other
// means, with another outcome, by somebody else, an hour earlier. What the
// clauses do, and where two texts differ, is decided exactly by package compare.
//
// A finding is no error. It may be accepted, with the reason, in the text
// itself. The package does no I/O and reads no clock.
package lint
