package feeds

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/when"
)

// TestF12CivilTimesOfRows: a time that the clock skipped is rejected with both
// readings; one that it showed twice is the time from the one to the other,
// unless an offset is given.
func TestF12CivilTimesOfRows(t *testing.T) {
	kyiv, err := when.Zone("Europe/Kyiv")
	if err != nil {
		t.Fatal(err)
	}
	moscow, err := when.Zone("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		opt        Options
		time, want string // a span, or part of the problem
	}{
		{Options{Zone: kyiv}, "2025-03-30 03:30", "it is 2025-03-30T01:30Z if the clock had not been changed yet and 2025-03-30T00:30Z if it had: write the offset"},
		{Options{Zone: kyiv}, "2025-03-30T03:30+03:00", "2025-03-30T00:30Z"},
		{Options{Zone: kyiv}, "2025-10-26 03:30", "2025-10-26T00:30Z..2025-10-26T01:30Z"},
		{Options{Zone: kyiv}, "2025-10-26T03:30+02:00", "2025-10-26T01:30Z"},
		{Options{Zone: moscow}, "2014-10-26 01:30", "2014-10-25T21:30Z..2014-10-25T22:30Z"},
		{Options{Zone: moscow}, "2025-03-30 03:30", "2025-03-30T00:30Z"},
		{Options{}, "2025-03-30 04:30", "has no offset"},
		{Options{}, "2016-12-31T23:59:60Z", "leap second"},
		{Options{}, "2024-02-29T12:00Z", "2024-02-29T12:00Z"},
		{Options{}, "2023-02-29T12:00Z", "is not a time"},
		{Options{}, "2106-02-07T06:28:16Z", "2106-02-07T06:28:16Z"},
		{Options{}, "3000-01-01T00:00Z", "outside 1800..2200"},
	} {
		list, sum, err := read(t, "id,act,time_start\n1,jam,"+c.time+"\n", c.opt)
		got := problems(sum)
		if len(list) == 1 {
			got = list[0].Scenarios[0].Time.String()
		}
		if err != nil || !strings.Contains(got, c.want) || len(list) == 1 && got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.time, got, c.want, err)
		}
	}
}
