package rights

import (
	"errors"
	"strings"
	"testing"
)

const (
	goodRules  = "role,action,thing,marking,whose,says,because\nreader,read,report,public,any,allow,why\n"
	goodFields = "field,class,marking,because\nplace,place,public,\n"
)

// TestProblems: what is wrong in a table is told with its place, all at once,
// and no half table is used.
func TestProblems(t *testing.T) {
	for _, x := range []struct{ rules, fields, want string }{
		{"", goodFields, "rules.csv:1:1: is empty"},
		{"role,action\n", goodFields, "rules.csv:1:1: 2 cells, expected 7"},
		{goodRules + "reader,fly,report,public,any,allow,why\n", goodFields, `rules.csv:3:8: "fly": expected * or some of read, exact`},
		{goodRules + "reader,read,report,public,ALFA,allow,why\n", goodFields, `rules.csv:3:27: "ALFA": expected one of any, party, self`},
		{goodRules + "reader,read,report,public,any,allow, \n", goodFields, "rules.csv:3:37: is empty: expected the reason"},
		{goodRules + "reader reader,read,report,public,any,allow,why\n", goodFields, `"reader" stands twice`},
		{goodRules + ",read,report,public,any,maybe,why\n", goodFields, `rules.csv:3:25: "maybe": expected one of allow, log, deny`},
		{goodRules + "a,b\nreader,read,ship,public,any,allow,why\n", goodFields, `rules.csv:4:13: "ship"`},
		{goodRules, goodFields + "place,place,public,\n", `fields.csv:3:1: "place": expected the name of a field, once`},
		{goodRules, goodFields + "x,shape,secret,\n", `fields.csv:3:3: "shape": expected one of plain`},
		{goodRules + "\"a", goodFields, "rules.csv:3"},
	} {
		tab, err := Parse([]byte(x.rules), []byte(x.fields), kindsCSV)
		var p *Problem
		if err == nil || tab != nil || !strings.Contains(err.Error(), x.want) || !errors.As(err, &p) {
			t.Errorf("%q %q: %v, want %s", x.rules, x.fields, err, x.want)
		}
	}
}

// FuzzParse: a table is read whole or refused with a place, and no question makes
// it fall; one that is read answers both parties alike.
func FuzzParse(f *testing.F) {
	f.Add(rulesCSV, fieldsCSV)
	f.Add([]byte(goodRules), []byte(goodFields))
	f.Add([]byte("role,action,thing,marking,whose,says,because\n*,*,*,*,party,deny,x\n"), []byte(goodFields))
	f.Fuzz(func(t *testing.T, rules, fields []byte) {
		tab, err := Parse(rules, fields, kindsCSV)
		if err != nil {
			var p *Problem
			if !errors.As(err, &p) || p.Line < 1 || p.Column < 1 {
				t.Fatalf("without a place: %v", err)
			}
			return
		}
		a := Who{Role: Delegate, Party: alfa, Account: "1"}
		b := Who{Role: Delegate, Party: bravo, Account: "1"}
		for _, action := range Actions() {
			for _, thing := range Things() {
				x := tab.Allow(a, action, Object{Thing: thing, Marking: Restricted, Party: alfa})
				y := tab.Allow(b, action, Object{Thing: thing, Marking: Restricted, Party: bravo})
				if x.OK != y.OK {
					t.Fatalf("%s %s: %v and %v", action, thing, x, y)
				}
			}
		}
		tab.Redact(a, sealedSite)
		tab.Page()
	})
}
