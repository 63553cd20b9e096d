package evidence

import (
	"fmt"
	"testing"
	"time"
)

// TestNews: what is reported every day tells nothing of two reports, and what is
// seldom does. Their own days do not count, and of too few days nothing is known.
func TestNews(t *testing.T) {
	report := func(id string, day int, target, name string) *Report {
		r := at(id, time.Duration(day)*24*time.Hour, 24*time.Hour, 48.5, 37.5, 90_000)
		r.Incident.Scenarios[0].Target = []string{target}
		r.Proper = []string{name}
		return r
	}
	a, b := report("A", 20, "military.depot", "often"), report("B", 20, "military.depot", "often")
	c, d := report("C", 20, "energy.oil.storage", "seldom"), report("D", 20, "energy.oil.storage", "seldom")
	news := func(days int) *News {
		u := &News{}
		for i := range days {
			u.Add(Prepare(report(fmt.Sprint(i), i, "military.depot", "often")))
		}
		for _, r := range []*Report{a, b, c, d} {
			u.Add(Prepare(r))
		}
		return u
	}
	words := func(u *News, a, b *Report) string {
		m := (&Comparer{News: u}).Compare(a, b)
		out := ""
		for _, r := range m.Reasons {
			if r.Word == "seldom" || r.Word == "often" || r.Word == "proper" {
				out += r.Fact + "." + r.Word + " "
			}
		}
		return out
	}
	if got := words(news(40), a, b); got != "target.often " {
		t.Errorf("depots: %q", got)
	}
	if got := words(news(40), c, d); got != "target.seldom text.proper " {
		t.Errorf("an oil store: %q", got)
	}
	if got := words(news(10), c, d) + words(nil, c, d); got != "" {
		t.Errorf("few days: %q", got)
	}
}
