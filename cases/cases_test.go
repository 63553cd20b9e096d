package cases

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/regimes"
)

// TestCases runs every case that comes with truce; a file that cannot be read
// is a failure, so that the shelf is linted on every run.
func TestCases(t *testing.T) {
	all, errs := All()
	for _, err := range errs {
		t.Error(err)
	}
	if len(all) < 20 {
		t.Errorf("only %d cases", len(all))
	}
	for i := range all {
		for _, err := range Run(&all[i], regimes.Open) {
			t.Error(err)
		}
	}
}

// TestExpectationsCanFail: a case with a wrong expectation is reported.
func TestExpectationsCanFail(t *testing.T) {
	text := `case X an act
  source made up
  when 2025-04-03T02:00Z
  by RU
  act attack.strike.drone
  outcome impact
  hit energy.oil.refinery
  under energy-2025
    kremlin permitted, because it is wrong
      deciding place
      clause 1.1 permitted
      assumes the moon
    author UA
`
	cs, errs := Parse("x.txt", strings.NewReader(text))
	if errs != nil {
		t.Fatal(errs)
	}
	got := ""
	for _, e := range Run(&cs[0], regimes.Open) {
		got += e.Error() + "\n"
	}
	for _, want := range []string{"x.txt:9: X: under kremlin: breach, expected permitted", "author RU, expected UA", "clause 1.1: breach, expected permitted", `"the moon" is not among the assumptions`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not reported in:\n%s", want, got)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"word":      {"case A b\n  whither Kyiv\n", `x.txt:2: "whither" is not a word`},
		"time":      {"case A b\n  when yesterday\n", "x.txt:2: "},
		"verdict":   {"case A b\n  source s\n  under t\n    text violation\n", `x.txt:4: "violation" is not a verdict`},
		"no source": {"case A b\n  under t\n    text breach\n", "names no source"},
		"nothing":   {"case A b\n  source s\n", "expects nothing"},
		"twice":     {"case A b\n source s\n under t\n  text breach\ncase A b\n source s\n under t\n  text breach\n", "stands twice"},
		"or":        {"case A b\n  or\n", "`or` without `either`"},
		"backwards": {"case A b\n  when between 2025-04-03T02:00Z and 2025-04-02T02:00Z\n", "is before"},
		"no case":   {"by RU\n", "expected `case"},
		"claim":     {"case A b\n  claim nobody knows\n", "expected `claim WHO"},
		"place":     {"case A b\n  where 95,200 within 5 km\n", "x.txt:2: "},
	} {
		_, errs := Parse("x.txt", strings.NewReader(c.text))
		got := ""
		for _, e := range errs {
			got += e.Error() + "\n"
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("case A b\n source s\n when between 2025-04-03T02:00Z and 2025-04-03T03:00Z\n either x\n by RU\n or\n by UA\n under t as if in force\n text breach\n")
	f.Fuzz(func(t *testing.T, s string) { Parse("x.txt", strings.NewReader(s)) })
}
