package vocab

import (
	"reflect"
	"strings"
	"testing"
)

func TestCoreNamesAreContract(t *testing.T) {
	v := Core()
	for dim, nodes := range map[string]string{
		"target":  "energy energy.oil.refinery energy.gas.metering-station energy.power.plant.chp energy.power.line.distribution energy.power.grid energy.nuclear.plant energy.hydro.dam energy.heat energy.coal infra.rail.traction-power infra.airport industry civilian.health agriculture vessel.civilian military.headquarters monitor.uav",
		"act":     "attack attack.strike.drone attack.ground.small-arms attack.sabotage.demolition attack.mine attack.cyber airdefence.intercept movement.withdraw deploy overflight fortify jam obstruct.conditional detain accident",
		"outcome": "launched intercepted missed impact debris incidental",
	} {
		for _, n := range strings.Fields(nodes) {
			if s, ok := v.Tree(dim).Node(n); !ok || s.Empty() {
				t.Errorf("%s %s: not in the vocabulary", dim, n)
			}
		}
	}
}

func TestPathsIsTheInverseOfNode(t *testing.T) {
	v := Core()
	for _, tr := range []*Tree{v.Act, v.Outcome, v.Means, v.Target} {
		for _, n := range tr.Nodes() {
			s, _ := tr.Node(n)
			back := tr.Paths(s)
			if len(back) != 1 {
				t.Errorf("%s: %s printed as %v", tr.Name(), n, back)
				continue
			}
			if b, _ := tr.Node(back[0]); b != s {
				t.Errorf("%s: %s came back as %v", tr.Name(), n, back)
			}
		}
		if got := tr.Paths(tr.All()); !reflect.DeepEqual(got, []string{"*"}) {
			t.Errorf("%s: everything printed as %v", tr.Name(), got)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"no version":  {"act a\noutcome b\nmeans c\ntarget d\n", "no `vocabulary"},
		"tree":        {"vocabulary x@1\nverb a\n", `line 2: unknown tree "verb"`},
		"braces":      {"vocabulary x@1\nact a.{b,c\n", "line 2:"},
		"empty part":  {"vocabulary x@1\nact a..b\noutcome b\nmeans c\ntarget d\n", `malformed path "a..b"`},
		"missing":     {"vocabulary x@1\nact a\n", "no outcome lines"},
		"three words": {"vocabulary x@1\nact a b\n", "line 2: expected"},
	} {
		if _, err := Read(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	v := Core()
	for in, want := range map[string]string{
		"energy.gas.metering":             "",
		"energy.gas.meteringstation":      "energy.gas.metering-station",
		"substation":                      "energy.power.substation",
		"attack.strkie.drone":             "attack.strike.drone",
		"energy.electricity.substation":   "energy.power.substation",
		"something entirely different xx": "",
	} {
		tr := v.Target
		if strings.HasPrefix(in, "attack") {
			tr = v.Act
		}
		if got := tr.Nearest(in); want != "" && got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		} else if want == "" && in[0] == 's' && got != "" {
			t.Errorf("Nearest(%q) = %q, want nothing", in, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("vocabulary x@1\nact a.{b,c.{d,e}}\noutcome o\nmeans m\ntarget t\n")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Read(strings.NewReader(s))
		if err == nil && v.Act.Len() == 0 {
			t.Fatal("read an empty tree without an error")
		}
	})
}
