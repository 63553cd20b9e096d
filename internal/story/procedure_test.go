package story

import (
	"strings"
	"testing"

	jmc "github.com/truce-project/truce/internal/commission"
	from "github.com/truce-project/truce/internal/commission/gather"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/when"
)

// TestProcedure: the two cases of the story come to a determination with dissent of
// both, by the rules of its text; both parties' cases are alike; and nothing that was
// written counts for less than it says.
func TestProcedure(t *testing.T) {
	r, _, err := journal.OpenReader(journal.RealWorld(shared(t)))
	if err != nil {
		t.Fatal(err)
	}
	src := &from.Source{Origin: Origin, Blobs: r.Blobs(), Texts: &from.Texts{}}
	in, err := from.FromLog(r, src)
	if err != nil || len(src.Skipped) > 0 {
		t.Fatal(err, src.Skipped)
	}
	s := jmc.At(in, when.At(at("2025-04-29T08:00Z")))
	if len(s.Cases) != 2 || len(s.Problems) > 0 || s.Exercise != nil {
		t.Fatalf("%d cases, problems %v", len(s.Cases), s.Problems)
	}
	var clocks [2]string
	for i, c := range s.Cases {
		d := c.Determinations[0]
		if c.State != "determined" || d.Answer != "could-not-be-attributed" || len(d.Dissented) != 2 || d.Agreed != 1 || d.Recorded == "" || d.Facts["target"] == "" {
			t.Errorf("case %d is %s: %+v", c.Number, c.State, d)
		}
		for _, k := range c.Clocks {
			clocks[i] += k.Step + " " + k.State + "; "
		}
	}
	if clocks[0] != clocks[1] || clocks[0] != "complaint met; acknowledgement met; reply met; visit overdue; determination met; remedy free; " {
		t.Errorf("%q, %q", clocks[0], clocks[1])
	}
	early := jmc.At(in, when.At(at("2025-03-27T12:00Z")))
	for _, c := range early.Cases {
		if c.State != "acknowledged" || !strings.Contains(strings.Join(c.Missing, "\n"), "the clocks stand since 2025-03-27T09:0") {
			t.Errorf("on 27 March case %d is %s: %v", c.Number, c.State, c.Missing)
		}
	}
	for _, m := range s.Messages {
		if m.State != "acknowledged" || len(m.Words) != 3 {
			t.Errorf("%+v", m)
		}
	}
	for _, w := range s.Windows {
		if w.State != "completed" {
			t.Errorf("%+v", w)
		}
	}
	if len(s.Messages) != 2 || len(s.Windows) != 2 {
		t.Errorf("%d messages, %d windows", len(s.Messages), len(s.Windows))
	}
}
