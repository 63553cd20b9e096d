// Package gazetteer knows places by name, in English, Ukrainian and Russian,
// and by code (ISO 3166-2, P-code, KATOTTH).
//
// It promises that a name is never decided silently: a lookup returns every
// place of that name that it knows, and only what the text itself says (a
// country, an oblast, a raion) narrows them. A place is the set of all that are
// left. It does no I/O and does not change once it is made; lists are read from
// an io.Reader.
package gazetteer
