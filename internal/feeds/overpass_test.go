package feeds

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
)

// TestOverpassDoubtIsKept: a detection at an hour at which nothing flew is a
// report like others, with a doubt.
func TestOverpassDoubtIsKept(t *testing.T) {
	const head = "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,daynight\n"
	var got []Detection
	sum, err := ReadDetections("f.csv", strings.NewReader(head+
		"51.1,35.2,344.9,0.49,0.41,2025-03-25,2345,N,VIIRS,n,2.0NRT,284.4,6.65,N\n"+
		"51.1,35.2,344.9,0.49,0.41,2025-03-25,0345,N,VIIRS,n,2.0NRT,284.4,6.65,N\n"+ // Moscow time for UTC, say
		"35.2,81.1,344.9,0.49,0.41,2025-03-25,2345,N,VIIRS,n,2.0NRT,284.4,6.65,N\n"), Options{}, func(d Detection) error {
		got = append(got, d)
		return nil
	})
	if err != nil || len(got) != 3 || sum.Reports != 3 || sum.Rejected != 0 {
		t.Fatalf("%v, %v", sum, err)
	}
	if got[0].Doubt != "" || got[1].Doubt != "VIIRS N does not pass over 51.1000,35.2000 near 03:45 UTC: wrong time zone or place?" || got[2].Doubt == "" {
		t.Errorf("%q", []string{got[0].Doubt, got[1].Doubt, got[2].Doubt})
	}
	wantText(t, "problems", problems(sum), "f.csv:3: column acq_time: VIIRS N does not pass")
}

// TestRealOverpasses: of the real detections all are plausible, and few would be
// if the times were those of another zone.
func TestRealOverpasses(t *testing.T) {
	list, sum := detections(t, shared(t, "events/firms_viirs_snpp_europe_2022-08-29_7d.csv"))
	doubts, shifted := 0, 0
	for _, d := range list {
		if d.Doubt != "" {
			doubts++
		}
		if !evidence.Passes(d.Satellite, d.Instrument, d.Place, d.Time+5*3600_000) {
			shifted++
		}
	}
	t.Logf("%d of %d detections are doubted; shifted by 5 hours %d would be", doubts, len(list), shifted)
	if doubts > len(list)/1000 || shifted < len(list)*3/4 || len(sum.Problems) != min(doubts, maxProblems) {
		t.Errorf("%d of %d detections are doubted; shifted by 5 hours %d would be", doubts, len(list), shifted)
	}
}
