// Package people knows who is asking: accounts, sign-in, tokens, roles. What
// each may do is decided by package rights; what changes anything is an entry of
// the record with its author.
//
// It promises that no secret enters the record or a log; that an entry about
// people counts only where its author had the right to write it at that place of
// the log; that nobody can be locked out by somebody who does not know the
// password; and that restricted evidence is shown only after the entry that says
// so is on disk.
//
//	DIR/secret/people.db   hashes of passwords and tokens, seeds of second
//	                       factors, keys of accounts, sessions (0600)
//
// The keys of accounts are kept by the office, since a browser has no place for
// one: whoever holds the disk can write in the name of its accounts, as docs/trust.md
// says. Authors with devices of their own sign by their own keys.
package people
