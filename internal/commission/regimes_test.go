package commission

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func regime(t *testing.T, id string) *terms.Terms {
	t.Helper()
	tm, err := regimes.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	return tm
}

func instantOf(t *testing.T, s string) when.Instant {
	t.Helper()
	i, err := when.ParseRFC3339(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestGaza: 3,203 trucks on 22 days are 24 per cent of 13,200, as one side published;
// it is that side's claim, the first day began at noon, and nothing is verified.
func TestGaza(t *testing.T) {
	in := &Input{Origin: "example.org/x", Texts: []*terms.Terms{regime(t, "gaza-2025")}}
	left := int64(3203)
	for i := range 22 {
		n := left / int64(22-i)
		left -= n
		b, err := json.Marshal(record.PerformanceEntry{Text: "gaza-2025", Clause: "6", Bearer: "IL", Party: "HAMAS", At: fmt.Sprintf("2025-10-%02d", 10+i), Amount: n, Says: "as the media office counts"})
		if err != nil {
			t.Fatal(err)
		}
		in.Entries = append(in.Entries, Entry{Index: int64(i), ID: fmt.Sprint(i), Kind: record.KindPerformance, Made: instantOf(t, "2025-11-01T08:00Z"), Payload: b, Party: "HAMAS"})
	}
	for _, d := range At(in, instantOf(t, "2025-11-01T09:00Z")).Duties {
		switch d.Clause {
		case "6":
			if d.State != "unclear" || d.Verified != 0 || d.Claimed["HAMAS"] != 3203 || d.Required != 12600 || d.RequiredMost != 13200 || !strings.Contains(d.Because, "HAMAS says 3203 of 12600 to 13200 (24 to 25 %)") {
				t.Errorf("%s: %s %+v", d.State, d.Because, d.Counts)
			}
		case "3": // it runs from the withdrawal, which nobody has verified
			if d.State != "waiting" || d.Linked[0].Clause != "4" {
				t.Errorf("%+v", d)
			}
		case "2":
			if d.State != "overdue" || d.Due.String() != "2025-10-11T09:00Z" {
				t.Errorf("%+v", d)
			}
		}
	}
}

// TestGazaLinked: the hours of one duty run from when another was verified.
func TestGazaLinked(t *testing.T) {
	in := &Input{Origin: "example.org/x", Texts: []*terms.Terms{regime(t, "gaza-2025")}}
	b, err := json.Marshal(record.PerformanceEntry{Text: "gaza-2025", Clause: "2", Bearer: "IL", At: "2025-10-10T12:00:00Z", Done: true, Level: "verified", Says: "as the CMCC states"})
	if err != nil {
		t.Fatal(err)
	}
	in.Entries = []Entry{{ID: "1", Kind: record.KindPerformance, Made: instantOf(t, "2025-10-10T13:00Z"), Payload: b}}
	for _, d := range At(in, instantOf(t, "2025-10-12T09:00Z")).Duties {
		if d.Clause == "2" && d.State != "fulfilled" || d.Clause == "3" && (d.State != "due" || d.Due.String() != "2025-10-13T12:00Z") {
			t.Errorf("%+v", d)
		}
	}
}

// TestMinsk: one place may be too near for one side and far enough for the other,
// by the baseline of each; and a sighting there after the last day shows that a
// withdrawal is not complete.
func TestMinsk(t *testing.T) {
	in := &Input{Origin: "example.org/x", Texts: []*terms.Terms{regime(t, "minsk-2015-weapons")}}
	for _, actor := range []string{"UA", "CADLR"} {
		sc := evidence.Unknown()
		at := instantOf(t, "2016-05-01T10:00Z")
		sc.Time = when.Span{Start: at, End: at.Add(time.Hour)}
		sc.Place = where.Disc(where.Point{Lat: 48.35, Lon: 38.85}, 500)
		sc.Act, sc.Means, sc.Actor = []string{"deploy"}, []string{"artillery.gun.100mm-and-over"}, []string{actor}
		in.Events = append(in.Events, &evidence.Incident{ID: actor, Scenarios: []evidence.Scenario{sc}})
	}
	got := map[string]string{}
	for _, d := range At(in, instantOf(t, "2016-06-01T00:00Z")).Duties {
		if d.Clause == "2" {
			got[d.Bearer] = d.State
		}
	}
	if got["CADLR"] != "violated" || got["UA"] != "overdue" {
		t.Errorf("%v: expected one place to count for one side alone", got)
	}
}
