package rights

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write docs/rights.md")

// TestPage: docs/rights.md is what the tables say.
func TestPage(t *testing.T) {
	const page = "../docs/rights.md"
	want := Default().Page()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != want {
		t.Errorf("docs/rights.md is not what the tables say: go test ./rights -run Page -update (%v)", err)
	}
}

const (
	alfa  = "ALFA"
	bravo = "BRAVO"
)

// swap exchanges the two parties.
func swap(s string) string {
	switch s {
	case alfa:
		return bravo
	case bravo:
		return alfa
	}
	return s
}

func swapWords(s string) string {
	return strings.NewReplacer(alfa, bravo, bravo, alfa).Replace(s)
}

var (
	parties  = rapid.SampledFrom([]string{"", alfa, bravo, "CHARLIE"})
	accounts = rapid.SampledFrom([]string{"", "a1", "a2", "a3"})
)

func drawWho(t *rapid.T) Who {
	return Who{
		Account: accounts.Draw(t, "account"), Party: parties.Draw(t, "party"),
		Role:   rapid.SampledFrom(append(Roles(), "", Public, "admiral", "*")).Draw(t, "role"),
		Scopes: rapid.SliceOfN(rapid.SampledFrom([]string{"read", "submit:report", "exact", "manage"}), 0, 2).Draw(t, "scopes"),
	}
}

func drawObject(t *rapid.T) Object {
	return Object{
		Thing:   rapid.SampledFrom(append(Things(), "", "ship", "*")).Draw(t, "thing"),
		Marking: rapid.SampledFrom(append(Markings(), "", "secret", "*")).Draw(t, "marking"),
		Party:   parties.Draw(t, "of"), Account: accounts.Draw(t, "by"),
	}
}

// TestParity: exchange the two parties in the question, and the answer, its
// reasons and what is seen of a document are the same with the parties exchanged.
func TestParity(t *testing.T) {
	table := Default()
	rapid.Check(t, func(t *rapid.T) {
		who, o := drawWho(t), drawObject(t)
		action := rapid.SampledFrom(append(Actions(), "fly", "*")).Draw(t, "action")
		who2, o2 := who, o
		who2.Party, o2.Party = swap(who.Party), swap(o.Party)
		a, b := table.Allow(who, action, o), table.Allow(who2, action, o2)
		if a.OK != b.OK || a.Logged != b.Logged || a.Because != b.Because {
			t.Fatalf("%v %s %v: %+v, with the parties exchanged %+v", who, action, o, a, b)
		}
		x := table.Explain(who, action, o)
		for i := range x {
			x[i] = swapWords(x[i])
		}
		if y := table.Explain(who2, action, o2); !slices.Equal(x, y) {
			t.Fatalf("explained as %q, with the parties exchanged %q", x, y)
		}
		d := Document{Object: o, Fields: drawFields(t)}
		d2 := Document{Object: o2, Fields: slices.Clone(d.Fields)}
		for i := range d2.Fields {
			d2.Fields[i].Party = swap(d2.Fields[i].Party)
		}
		s, c, l, ok := table.Redact(who, d)
		s2, c2, l2, ok2 := table.Redact(who2, d2)
		s.Party = swap(s.Party)
		for i := range s.Fields {
			s.Fields[i].Party = swap(s.Fields[i].Party)
		}
		for i := range l {
			l[i].Party = swap(l[i].Party)
		}
		if c != c2 || !slices.Equal(l, l2) || ok != ok2 || s.Object != s2.Object || !slices.Equal(s.Fields, s2.Fields) {
			t.Fatalf("seen %+v, with the parties exchanged %+v", s, s2)
		}
	})
}

// TestParityOfEverything: the same over every question there is.
func TestParityOfEverything(t *testing.T) {
	table := Default()
	every(func(who Who, action string, o Object) bool {
		who2, o2 := who, o
		who2.Party, o2.Party = swap(who.Party), swap(o.Party)
		a, b := table.Allow(who, action, o), table.Allow(who2, action, o2)
		if a.OK != b.OK || a.Logged != b.Logged || a.Because != b.Because {
			t.Errorf("%v %s %v: %+v, with the parties exchanged %+v", who, action, o, a, b)
		}
		return true
	})
}

func drawFields(t *rapid.T) []Field {
	names := []string{"place", "from", "text", "witness", "site", "damage", "window", "act", "unheard-of"}
	var out []Field
	for _, n := range names {
		if rapid.Bool().Draw(t, n) {
			out = append(out, Field{Name: n, Value: "51.1,35.1", Party: parties.Draw(t, n+" of"),
				Marking: rapid.SampledFrom(append(Markings(), "")).Draw(t, n+" for")})
		}
	}
	return out
}

// TestTwin: Allow against a second reading of the table, row by row with its
// own matching.
func TestTwin(t *testing.T) {
	table := Default()
	rapid.Check(t, func(t *rapid.T) {
		who, o := drawWho(t), drawObject(t)
		who.Scopes = nil
		action := rapid.SampledFrom(append(Actions(), "*")).Draw(t, "action")
		if got, want := table.Allow(who, action, o).OK, twin(table, who, action, o); got != want {
			t.Fatalf("%+v %s %+v: %v, by the twin %v", who, action, o, got, want)
		}
	})
}

func twin(table *Table, who Who, action string, o Object) bool {
	if !slices.Contains(Things(), o.Thing) || !slices.Contains(Actions(), action) || who.Role != "" && who.Role != Public && !slices.Contains(Roles(), who.Role) {
		return false
	}
	role, marking := who.Role, string(o.Marking)
	if role == "" || role == Public {
		role, who.Party, who.Account = Public, "", ""
	}
	if !slices.Contains(Markings(), o.Marking) {
		marking = string(Restricted)
	}
	allowed := false
	for _, r := range table.Rows {
		has := func(l []string, s string) bool {
			return strings.Contains(" "+strings.Join(l, " ")+" ", " "+s+" ") || l[0] == "*"
		}
		if !has(r.Roles, role) || !has(r.Actions, action) || !has(r.Things, o.Thing) || !has(r.Marking, marking) {
			continue
		}
		if r.Whose == "party" && (who.Party == "" || who.Party != o.Party) || r.Whose == "self" && (who.Account == "" || who.Account != o.Account) {
			continue
		}
		if r.Says == "deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// TestEveryRowDecides: for each row there is a question that it decides, so that
// none is idle.
func TestEveryRowDecides(t *testing.T) {
	table := Default()
	for i, r := range table.Rows {
		without := &Table{Rows: slices.Delete(slices.Clone(table.Rows), i, i+1)}
		if !differs(table, without, r) {
			t.Errorf("row %d changes no answer: %s", r.Line, r.Because)
		}
	}
}

// differs asks what the row speaks of.
func differs(a, b *Table, r Row) bool {
	found := false
	every(func(who Who, action string, o Object) bool {
		if !in(r.Actions, action) || !in(r.Things, o.Thing) || !in(r.Roles, who.Role) {
			return true
		}
		x, y := a.Allow(who, action, o), b.Allow(who, action, o)
		found = x.OK != y.OK || x.Logged != y.Logged || x.Because != y.Because
		return !found
	})
	return found
}

// every asks everything that two parties and two accounts can ask, while ask
// wants more.
func every(ask func(Who, string, Object) bool) {
	for _, role := range append(Roles(), Public) {
		who := Who{Role: role, Account: "a1"}
		if role == Delegate {
			who.Party = alfa
		}
		for _, action := range Actions() {
			for _, thing := range Things() {
				for _, m := range Markings() {
					for _, party := range []string{"", alfa, bravo} {
						for _, by := range []string{"a1", "a2"} {
							if !ask(who, action, Object{Thing: thing, Marking: m, Party: party, Account: by}) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// TestPromises: what must never be, whatever is added to the table.
func TestPromises(t *testing.T) {
	table := Default()
	payload := []string{"report", "incident", "claim", "notice", "evidence", "determination", "finding", "note", "site", "damage", "window", "annex"}
	every(func(who Who, action string, o Object) bool {
		d := table.Allow(who, action, o)
		if !d.OK {
			return true
		}
		is := func(actions ...string) bool { return slices.Contains(actions, action) }
		bad := ""
		switch {
		case action == "alter":
			bad = "the record is altered"
		case who.Role == Administrator && o.Marking != ForPublic && slices.Contains(payload, o.Thing):
			bad = "an administrator touches what is confidential"
		case who.Role == Administrator && !is("read", "manage", "issue"):
			bad = "an administrator does what is not keeping accounts"
		case who.Role == Public && !is("read"):
			bad = "the public does more than read"
		case who.Role == Public && o.Marking != ForPublic && o.Thing != "record":
			bad = "the public reads what is not public"
		case o.Thing == "note" && o.Party != who.Party && is("read", "exact", "export", "answer"):
			bad = "a party's note is read by others"
		case who.Role == Delegate && o.Party != who.Party && slices.Contains([]string{"site", "damage", "window"}, o.Thing):
			bad = "a delegate reaches a site, damage or window of another"
		case slices.Contains([]string{"site", "damage", "window"}, o.Thing) && !slices.Contains([]string{Delegate, DutyOfficer, Chair}, who.Role) && is("read", "exact", "export"):
			bad = "a site is read by a role that must not"
		case action == "answer" && who.Role != DutyOfficer && who.Role != Chair:
			bad = "others than the neutral answer of a sealed annex"
		case o.Thing == "annex" && !is("answer") && (action != "submit" || who.Role != Chair):
			bad = "others than the chair touch a sealed annex"
		case is("read", "exact") && o.Marking == Restricted && o.Thing == "evidence" && !d.Logged && o.Account != who.Account && o.Party != who.Party:
			bad = "restricted evidence is read without an entry"
		case who.Role == Delegate && action == "submit" && o.Party != who.Party:
			bad = "a delegate speaks for another party"
		}
		if bad != "" {
			t.Errorf("%s: %+v %s %+v by %s", bad, who, action, o, d.Because)
		}
		return true
	})
}

// TestScopes: a token never does more than the session of the same account, and
// nothing outside its scopes.
func TestScopes(t *testing.T) {
	table := Default()
	rapid.Check(t, func(t *rapid.T) {
		who, o := drawWho(t), drawObject(t)
		action := rapid.SampledFrom(Actions()).Draw(t, "action")
		session := who
		session.Scopes = nil
		if table.Allow(who, action, o).OK && !table.Allow(session, action, o).OK {
			t.Fatalf("%+v may %s %+v by token only", who, action, o)
		}
	})
	who := Who{Role: DutyOfficer, Account: "a1", Scopes: []string{"submit:report"}}
	for action, want := range map[string]bool{"submit": true, "read": false, "exact": false} {
		if got := table.Allow(who, action, Object{Thing: "report", Marking: ForMission}); got.OK != want {
			t.Errorf("%s with submit:report: %+v", action, got)
		}
	}
	if table.Allow(who, "submit", Object{Thing: "claim"}).OK {
		t.Error("a token for reports is good for claims")
	}
}

// TestExplain: the questions that people ask.
func TestExplain(t *testing.T) {
	for _, x := range []struct {
		who    Who
		action string
		o      Object
		says   []string
	}{
		{Who{Role: Delegate, Party: bravo}, "read", Object{Thing: "evidence", Marking: Restricted, Party: alfa},
			[]string{"A delegate of BRAVO may not read evidence of ALFA marked restricted.", "No rule allows it", "would allow it, were it marked parties.", "would allow it, were it the own party's.", "would allow it to: verifier, duty-officer, chair."}},
		{Who{Role: Verifier}, "read", Object{Thing: "evidence", Marking: Restricted},
			[]string{"A verifier may read", "Row 7 (log)", "Doing it is an entry of the record"}},
		{Who{Role: Administrator}, "read", Object{Thing: "report", Marking: ForMission},
			[]string{"An administrator may not read", "(deny)", "reads nothing confidential"}},
		{Who{Role: Chair}, "alter", Object{Thing: "record"}, []string{"may not alter", "only added to"}},
		{Who{}, "read", Object{Thing: "report", Marking: ForPublic}, []string{"The public may read a report"}},
		{Who{Role: Reporter, Scopes: []string{"submit"}}, "read", Object{Thing: "report", Marking: ForPublic}, []string{"The token is good for submit and not for read:report."}},
		{Who{Role: Chair}, "read", Object{Thing: "report", Marking: "secret"}, []string{"marked restricted"}},
	} {
		got := strings.Join(Default().Explain(x.who, x.action, x.o), "\n")
		for _, s := range x.says {
			if !strings.Contains(got, s) {
				t.Errorf("%+v %s %+v: %q is not in\n%s", x.who, x.action, x.o, s, got)
			}
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	t, who, o := Default(), Who{Role: Delegate, Party: bravo, Account: "a1"}, Object{Thing: "evidence", Marking: Restricted, Party: alfa}
	for b.Loop() {
		t.Allow(who, "read", o)
	}
}

func BenchmarkRedact(b *testing.B) {
	t := Default()
	for b.Loop() {
		t.Redact(Who{}, sealedSite)
	}
}
