// Package truce turns ceasefire texts into code and judges real events by
// them: which clause an incident breaches, under whose reading, how sure that
// is and which missing fact would decide it.
//
// This package holds no code. Read on in this order: regimes/ (texts that
// run), cases/ (what follows from them), then the ground packages, which do no
// I/O so that anybody can recompute a finding:
//
//	vocab     the trees of kinds: act, outcome, means, target
//	when      instants, spans, durations, civil clocks
//	where     points, regions, zones, distances, first-level areas
//	terms     the language: parse, check, print
//	evidence  facts as sets, claims, sources
//	judge     terms and facts to findings
//	compare   exactly where two texts differ, and what each clause does
//	lint      what a text leaves undefined, with acts that show it
//
// The house around them: internal/feeds reads files of events, internal/brief
// writes tables and pages, cmd/truce is the command. docs/architecture.md has
// the picture.
package truce
