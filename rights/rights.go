package rights

import (
	"slices"
	"strings"
)

// Roles are what an account may be. An account has one, so that nobody is
// administrator and verifier at once; Public is whoever has no account.
const (
	Public        = "public"
	Reader        = "reader"
	Reporter      = "reporter"
	Verifier      = "verifier"
	DutyOfficer   = "duty-officer"
	Chair         = "chair"
	Delegate      = "delegate" // of a party
	Witness       = "witness"
	Administrator = "administrator"
)

// Roles lists the roles of accounts.
func Roles() []string {
	return []string{Reader, Reporter, Verifier, DutyOfficer, Chair, Delegate, Witness, Administrator}
}

// Actions are what can be asked for. exact is to see place and time unrounded.
func Actions() []string {
	return []string{"read", "exact", "export", "submit", "correct", "dispute", "merge", "adopt", "determine", "erase", "answer", "cosign", "manage", "issue", "confirm", "alter"}
}

// Things are what rights are about. A note is a party's own and confidential; an
// annex is a sealed one; access is the chain of custody.
func Things() []string {
	return []string{"report", "incident", "claim", "notice", "evidence", "determination", "finding", "terms", "note", "site", "damage", "window", "annex", "record", "account", "grant", "token", "settings", "access"}
}

// Marking says for whom a payload or a field is.
type Marking string

// The markings, from the widest to the narrowest.
const (
	ForPublic  Marking = "public"
	ForParties Marking = "parties" // both, and the mission
	ForMission Marking = "mission"
	Restricted Marking = "restricted"
)

// Markings lists the markings from the widest to the narrowest.
func Markings() []Marking { return []Marking{ForPublic, ForParties, ForMission, Restricted} }

// Narrower is the narrower of two markings. What is no marking counts as the
// narrowest.
func Narrower(a, b Marking) Marking {
	i, k := slices.Index(lists[3], string(a)), slices.Index(lists[3], string(b))
	if i < 0 || k < 0 {
		return Restricted
	}
	return Marking(lists[3][max(i, k)])
}

// Who is who asks. The zero Who is the public.
type Who struct {
	Account string
	Role    string
	Party   string   // that a delegate speaks for
	Scopes  []string // of the token, where one is used: ACTION or ACTION:THING; empty with a session
	Token   string   // its public id
}

// Object is what is asked about. An unknown marking counts as restricted.
type Object struct {
	Thing   string
	ID      string
	Marking Marking
	Party   string // whose it is, if one party's
	Account string // who wrote it
}

// Row is a row of the table of rules.
type Row struct {
	Line    int
	Roles   []string
	Actions []string
	Things  []string
	Marking []string
	Whose   string // any, party or self
	Says    string // allow, log or deny
	Because string

	mask mask // the first four, as bits
}

// mask is a set of roles, actions, things and markings, each by its place in its
// list; of a question it has one bit each.
type mask [4]uint32

// holds reports whether all that a question names is in the set of a row.
func (m *mask) holds(q *mask) bool {
	return m[0]&q[0] != 0 && m[1]&q[1] != 0 && m[2]&q[2] != 0 && m[3]&q[3] != 0
}

// lists are the words behind the bits, made once.
var lists = [4][]string{append(Roles(), Public), Actions(), Things(), {string(ForPublic), string(ForParties), string(ForMission), string(Restricted)}}

// isWord reports whether a word is in a list; * is none.
func isWord(list int, word string) bool { return slices.Contains(lists[list], word) }

// bits is the set of some words of a list; of * it is everything, and of a word
// that is not in the list nothing.
func bits(list int, words ...string) uint32 {
	if len(words) == 1 && words[0] == "*" {
		return 1<<len(lists[list]) - 1
	}
	var m uint32
	for _, w := range words {
		if i := slices.Index(lists[list], w); i >= 0 {
			m |= 1 << i
		}
	}
	return m
}

// Decision is an answer with its reason; Deciding gives the rows behind it. Logged means that doing it must be an
// entry of the record (access@1), before it is done.
type Decision struct {
	OK      bool
	Because string
	Logged  bool
}

// Table is the rules, the classes of fields, and what kinds of entries are.
type Table struct {
	Rows   []Row
	Fields map[string]FieldRule
	Kinds  map[string]KindRule
}

// in reports whether a list names a word or everything.
func in(list []string, word string) bool {
	return len(list) == 1 && list[0] == "*" || slices.Contains(list, word)
}

// whose reports whether a row that speaks of one's own holds.
func whose(row string, who Who, o Object) bool {
	switch row {
	case "any":
		return true
	case "party":
		return who.Party != "" && who.Party == o.Party
	case "self":
		return who.Account != "" && who.Account == o.Account
	}
	return false
}

// misses lists the conditions of a row that do not hold.
func (r *Row) misses(who Who, action string, o Object) []string {
	var out []string
	for _, c := range []struct {
		name string
		ok   bool
	}{
		{"role", in(r.Roles, who.Role)},
		{"action", in(r.Actions, action)},
		{"thing", in(r.Things, o.Thing)},
		{"marking", in(r.Marking, string(o.Marking))},
		{"whose", whose(r.Whose, who, o)},
	} {
		if !c.ok {
			out = append(out, c.name)
		}
	}
	return out
}

// normal gives the public its name and an unknown marking the narrowest.
func normal(who Who, o Object) (Who, Object) {
	if who.Role == "" || who.Role == Public {
		who = Who{Role: Public, Scopes: who.Scopes}
	}
	o.Marking = Narrower(o.Marking, o.Marking)
	return who, o
}

// inScope reports whether a token is good for an action.
func inScope(scopes []string, action, thing string) bool {
	return len(scopes) == 0 || slices.Contains(scopes, action) || slices.Contains(scopes, action+":"+thing) ||
		action == "exact" && inScope(scopes, "read", thing)
}

// Allow decides. It is total: what it does not know is refused.
func (t *Table) Allow(who Who, action string, o Object) Decision {
	who, o = normal(who, o)
	q := mask{bits(0, who.Role), bits(1, action), bits(2, o.Thing), bits(3, string(o.Marking))}
	switch {
	case !isWord(1, action):
		return Decision{Because: "There is no action " + action + "."}
	case !isWord(2, o.Thing):
		return Decision{Because: "There is nothing called " + o.Thing + " that rights speak of."}
	case !isWord(0, who.Role):
		return Decision{Because: "There is no role " + who.Role + "."}
	case !inScope(who.Scopes, action, o.Thing):
		return Decision{Because: "The token is good for " + strings.Join(who.Scopes, ", ") + " and not for " + action + ":" + o.Thing + "."}
	}
	var allow, deny, free *Row // the first that allows, that denies, that allows without an entry
	for i := range t.Rows {
		r := &t.Rows[i]
		if !r.mask.holds(&q) || !whose(r.Whose, who, o) {
			continue
		}
		switch {
		case r.Says == "deny" && deny == nil:
			deny = r
		case r.Says == "allow" && free == nil:
			free = r
		}
		if r.Says != "deny" && allow == nil {
			allow = r
		}
	}
	switch {
	case deny != nil:
		return Decision{Because: deny.Because}
	case allow == nil:
		return Decision{Because: "No rule allows it, and what no rule allows is refused."}
	case free != nil: // one that needs no entry suffices: somebody's own is no news to them
		return Decision{OK: true, Because: free.Because}
	}
	return Decision{OK: true, Logged: true, Because: allow.Because}
}

// Deciding is the rows behind a decision: those that deny, or else those that
// allow.
func (t *Table) Deciding(who Who, action string, o Object) []Row {
	who, o = normal(who, o)
	var allow, deny []Row
	for i := range t.Rows {
		switch r := &t.Rows[i]; {
		case len(r.misses(who, action, o)) > 0:
		case r.Says == "deny":
			deny = append(deny, *r)
		default:
			allow = append(allow, *r)
		}
	}
	if len(deny) > 0 {
		return deny
	}
	return allow
}
