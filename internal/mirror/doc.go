// Package mirror keeps copies of the logs of other offices, and offers one's own
// to them: what several offices of one mission need to have one record over links
// that are slow, one-sided, or cut for days.
//
// It promises that nothing is taken which the other office has not signed, that a
// checkpoint is taken only if it continues every one that was seen before, and
// that otherwise an alarm names the office and the place, with a proof where there
// is one. No office waits for another: whatever is here is kept, whatever is
// missing is asked for again, from where it broke off.
//
// Reading order: peer.go (whom we know), identity.go (how they prove who they
// are), rank.go (what goes first), offer.go (what others may have of us), pull.go
// (what we take), mirrors.go (all of it together), carry.go (the same on a stick).
//
//	DIR/peers.json          offices that are known
//	DIR/peers/NAME/         the copy of one: journal.Copy
//	DIR/peers/NAME/seen     the largest checkpoint that continues all before it
//	DIR/peers/NAME/ahead/   hotline messages that came before their turn
//	DIR/peers/NAME/part/    what is on its way
//	DIR/peers/NAME/*.split  proofs that the office has signed two histories
package mirror
