package brief

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/where"
)

// ExamplesBlock writes the acts that show the differences of a result as a
// block of examples for the second text: what each of its readings says, with
// what the first text said in the name. Acts that the text has as examples of
// the same name are left out; n is how many there are.
func ExamplesBlock(r *compare.Result, old string) (block string, n int, err error) {
	t := r.Sides[1].Regimes[0].Terms
	have := map[string]bool{}
	for _, x := range t.Examples {
		have[x.Name] = true
	}
	judges, err := examplesJudges(t, r.Sides[1])
	if err != nil {
		return "", 0, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Examples of what differs from %s\n\n```truce\nexamples:\n", strings.Map(oneLine, plainName(old)))
	for i := range r.Differences {
		d := &r.Differences[i]
		for k := range d.Boxes {
			w := d.Boxes[k].Witness
			name := fmt.Sprintf("%s (in %s: %s)", w.Sentence, plainName(old), d.Says[0])
			if have[name] {
				continue
			}
			have[name] = true
			n++
			writeExample(&b, name, w.Incident[1], judges)
		}
	}
	b.WriteString("```\n")
	return b.String(), n, nil
}

func oneLine(r rune) rune {
	if r < ' ' || r == '`' {
		return ' '
	}
	return r
}

// examplesJudges judge under every reading of the text, since examples run
// under all; as if in force, if the comparison was.
func examplesJudges(t *terms.Terms, s compare.Side) ([]*judge.Judge, error) {
	var out []*judge.Judge
	asIf := false
	for _, r := range s.Regimes {
		asIf = asIf || r.Counterfactual
	}
	for _, id := range t.ReadingIDs() {
		r, err := t.Under(id, nil, asIf)
		if err != nil {
			return nil, err
		}
		out = append(out, judge.New(r))
	}
	return out, nil
}

func writeExample(b *strings.Builder, name string, in *evidence.Incident, judges []*judge.Judge) {
	facts := exampleFacts(&in.Scenarios[0])
	fmt.Fprintf(b, "  - name: %s\n    if: {%s}\n", strconv.Quote(name), strings.Join(facts, ", "))
	var says []string
	verdict, same, asIf := "", true, false
	for i, j := range judges {
		f := j.Incident(in, nil)
		if i == 0 {
			verdict = f.Verdict.String()
		}
		same = same && f.Verdict.String() == verdict
		asIf = asIf || f.Regime.Counterfactual
		says = append(says, f.Regime.ReadingID+": "+f.Verdict.String())
	}
	if same {
		fmt.Fprintf(b, "    then: {verdict: %s}\n", verdict)
	} else {
		fmt.Fprintf(b, "    then: {readings: {%s}}\n", strings.Join(says, ", "))
	}
	if asIf {
		b.WriteString("    assume_in_force: yes\n")
	}
}

// exampleFacts are the facts of an act by the keys that an example has.
func exampleFacts(s *evidence.Scenario) []string {
	facts := WitnessFacts(s)
	facts["time"] = facts["time_start"]
	if at := facts["launch_start"]; at != "" {
		facts["launch"] = at
	}
	if p, ok := s.Place.Centre(); ok {
		facts["place"] = spot(p)
	}
	if p, ok := s.Origin.Centre(); ok {
		facts["origin"] = spot(p)
	}
	for _, k := range []string{"time_start", "launch_start", "lat", "lon", "precision_m"} {
		delete(facts, k)
	}
	var out []string
	for k, v := range facts {
		out = append(out, k+": "+strconv.Quote(v))
	}
	sort.Strings(out)
	return out
}

// spot writes a point to a tenth of a metre.
func spot(p where.Point) string {
	return strconv.FormatFloat(p.Lat, 'f', 6, 64) + "," + strconv.FormatFloat(p.Lon, 'f', 6, 64) + " ±0 m"
}
