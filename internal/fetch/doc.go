// Package fetch gets and sends things over HTTP where an address may have been
// chosen by somebody else.
//
// It promises that no connection is made to an address that is not public, unless
// the operator has listed it: addresses are checked when they are dialled, after
// names were resolved, for each redirect again. Time, size and redirects are
// bounded, and what was given for one host is not shown to another.
package fetch
