// Package talks holds what is said at and about talks: drafts of meetings,
// delegations, proposals, positions, orders, claims, accusations, incidents,
// reserved responses and agendas, as read from an article.
//
// A draft is a reading of words, never a fact of the record: it names the exact
// words it rests on with their place in the text, who is said to have said them
// and who relayed them, and what they leave open. A person accepts each.
package talks
