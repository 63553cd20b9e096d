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
	all := Markings()
	i, k := slices.Index(all, a), slices.Index(all, b)
	if i < 0 || k < 0 {
		return Restricted
	}
	return all[max(i, k)]
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
}

// Decision is an answer with its reason. Logged means that doing it must be an
// entry of the record (access@1), before it is done.
type Decision struct {
	OK      bool
	Because string
	Logged  bool
	Rows    []Row // that decided: those that deny, or those that allow; none where no row speaks
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
	switch {
	case !slices.Contains(Actions(), action):
		return Decision{Because: "There is no action " + action + "."}
	case !slices.Contains(Things(), o.Thing):
		return Decision{Because: "There is nothing called " + o.Thing + " that rights speak of."}
	case who.Role != Public && !slices.Contains(Roles(), who.Role):
		return Decision{Because: "There is no role " + who.Role + "."}
	case !inScope(who.Scopes, action, o.Thing):
		return Decision{Because: "The token is good for " + strings.Join(who.Scopes, ", ") + " and not for " + action + ":" + o.Thing + "."}
	}
	var allow, deny []Row
	for i := range t.Rows {
		r := &t.Rows[i]
		switch {
		case len(r.misses(who, action, o)) > 0:
		case r.Says == "deny":
			deny = append(deny, *r)
		default:
			allow = append(allow, *r)
		}
	}
	if len(deny) > 0 {
		return Decision{Because: deny[0].Because, Rows: deny}
	}
	if len(allow) == 0 {
		return Decision{Because: "No rule allows it, and what no rule allows is refused."}
	}
	d := Decision{OK: true, Logged: true, Because: allow[0].Because, Rows: allow}
	for _, r := range allow { // one that needs no entry suffices: somebody's own is no news to them
		if r.Says == "allow" && d.Logged {
			d.Logged, d.Because = false, r.Because
		}
	}
	return d
}
