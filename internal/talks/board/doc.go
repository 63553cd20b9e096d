// Package board makes of the entries of talks what stands where: meetings and rounds,
// delegations with what is said of their mandates, versions of proposals, positions,
// and the convergence board, with rounds across and clauses down. It does no I/O and
// reads no clock. Whatever somebody may not see is left out before a state is made,
// so that nothing of it is in a count, an order or an id.
package board
