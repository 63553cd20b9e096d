package reader

import (
	"slices"
	"testing"

	"github.com/truce-project/truce/internal/talks"
)

// TestDates: what days words mean, by the dateline.
func TestDates(t *testing.T) {
	sunday := Day{2025, 3, 23}
	for _, c := range []struct {
		text     string
		dateline Day
		value    string // or relative
	}{
		{"Ukraine rejected a full truce on Sunday.", sunday, "2025-03-23"},
		{"Ukraine rejected a full truce late on Sunday.", Day{2025, 3, 24}, "2025-03-23"},
		{"Ukraine rejected a full truce last Tuesday.", sunday, "2025-03-18"},
		{"Ukraine rejected a full truce last Sunday.", sunday, "2025-03-16"},
		{"Ukraine rejected a full truce on Friday.", sunday, "2025-03-21"},
		{"Ukraine rejected a full truce yesterday.", sunday, "2025-03-22"},
		{"Ukraine rejected a full truce two days ago.", sunday, "2025-03-21"},
		{"Ukraine rejected a full truce on March 11.", sunday, "2025-03-11"},
		{"Ukraine rejected a full truce on December 30.", Day{2025, 1, 2}, "2024-12-30"},
		{"Ukraine rejected a full truce overnight.", sunday, "2025-03-22..2025-03-23"},
		{"Ukraine rejected a full truce last week.", sunday, "2025-03-10..2025-03-22"},
		{"Ukraine rejected a full truce this month.", sunday, "2025-03-01..2025-03-31"},
		{"Russia accepted a maritime truce on Friday. A day earlier Ukraine rejected a full truce.", sunday, "2025-03-20"},
		{"Ukraine rejected a full truce on Sunday.", Day{}, "D"},
		{"Russia accepted a maritime truce on Sunday. Ukraine rejected a full truce on Friday.", Day{}, "D-2"},
		{"Ukraine rejected a full truce yesterday.", Day{}, "P-1"},
		{"Ukraine rejected a full truce on March 11.", Day{}, "XXXX-03-11"},
		{"KYIV, March 23 (Reuters) - Ukraine rejected a full truce on Friday.", Day{}, "D"},
		{"KYIV, March 23 (Reuters) - Ukraine rejected a full truce on Friday. It had met Russia on Tuesday, March 18.", Day{}, "XXXX-03-21"},
		{"KYIV, March 1 (Reuters) - Ukraine rejected a full truce yesterday.", Day{}, "P-1"}, // 28 or 29 February
		{"Україна відхилила повне перемир'я в п'ятницю.", sunday, "2025-03-21"},
		{"Україна відхилила повне перемир'я минулого вівторка.", sunday, "2025-03-18"},
		{"Украина отвергла полное перемирие позавчера, 21 марта.", sunday, "2025-03-21"},
		{"Украина отвергла полное перемирие в прошлую среду.", sunday, "2025-03-19"},
		{"Украина отвергла полное перемирие вчера.", sunday, "2025-03-22"},
	} {
		a := Read(c.text, Options{Dateline: c.dateline})
		got := ""
		for _, d := range a.Drafts {
			if d.Kind == talks.Position && d.Party == "UA" && d.Date != nil {
				got = d.Date.Value + d.Date.Relative
				if d.Date.End != "" {
					got += ".." + d.Date.End
				}
			}
		}
		if got != c.value {
			t.Errorf("%q by %v: %q, expected %q", c.text, c.dateline, got, c.value)
		}
	}
}

// TestDayAfter: without a dateline the day after the one named first is the next day,
// also where it is past, unless the text is told before it.
func TestDayAfter(t *testing.T) {
	for text, want := range map[string]string{
		"U.S. and Ukrainian delegations met in Riyadh late on Sunday. U.S. and Russian delegations held talks in Riyadh on Monday.":  "D+1",
		"U.S. and Russian delegations will meet in Riyadh on Sunday. U.S. and Ukrainian delegations held talks in Jeddah on Monday.": "D-6",
	} {
		var got []string
		for _, x := range Read(text, Options{}).Drafts {
			if x.Kind != talks.Meeting {
				continue
			}
			if x.Date != nil {
				got = append(got, x.Date.Relative)
			}
			for _, day := range x.Dates {
				got = append(got, day.Relative)
			}
		}
		if !slices.Contains(got, want) {
			t.Errorf("%s\n%v, expected %s", text, got, want)
		}
	}
}
