package feeds

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func utcOf(t *testing.T, clock string) when.Instant {
	t.Helper()
	i, err := when.ParseRFC3339("2025-03-25T" + clock + ":00Z")
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestOverpassAtSudzha: over 51.1 N 35.2 E, VIIRS by night comes from about
// 22:20 to 01:15 UTC, and by day from about 09:00 to 12:00.
func TestOverpassAtSudzha(t *testing.T) {
	at := where.Point{Lat: 51.1, Lon: 35.2}
	ws, all := viirsOrbit.windows(at.Lat)
	utc := func(solar float64) float64 { return math.Mod(solar-at.Lon/15+48, 24) }
	// Without the slack, and with the nominal crossing at 13:30.
	from, to := utc(ws[1].from+overpassSlack+0.25), utc(ws[1].to-overpassSlack-0.25)
	if all || math.Abs(from-(22+20./60)) > 0.2 || math.Abs(to-(1+15./60)) > 0.2 {
		t.Errorf("night from %.2f to %.2f UTC, want about 22.33 to 1.25", from, to)
	}
	for clock, want := range map[string]bool{
		"22:20": true, "23:45": true, "00:30": true, "01:15": true, "20:30": false, "03:00": false, "05:00": false,
		"09:00": true, "10:30": true, "11:45": true, "07:00": false, "14:30": false, "18:00": false,
	} {
		for _, sat := range []string{"N", "N20", "N21", "1"} {
			if got := passes(sat, "VIIRS", at, utcOf(t, clock)); got != want {
				t.Errorf("%s at %s: %v", sat, clock, got)
			}
		}
	}
	// Terra comes before noon and before midnight, Aqua after.
	for clock, want := range map[string][2]bool{"07:30": {true, false}, "20:00": {true, false}, "12:30": {false, true}, "00:30": {false, true}, "15:05": {false, false}, "04:30": {false, false}} {
		if terra, aqua := passes("Terra", "MODIS", at, utcOf(t, clock)), passes("Aqua", "MODIS", at, utcOf(t, clock)); terra != want[0] || aqua != want[1] {
			t.Errorf("%s: Terra %v, Aqua %v, want %v", clock, terra, aqua, want)
		}
	}
	if !passes("X", "AVHRR", at, utcOf(t, "18:00")) || !passes("N", "VIIRS", where.Point{Lat: 85, Lon: 35}, utcOf(t, "18:00")) {
		t.Error("what is not known, or seen at every hour, is doubted")
	}
}

// TestOverpassTurnsWithTheEarth: 15 degrees east is an hour earlier in UTC, and
// the two halves of an orbit mirror each other south of the equator.
func TestOverpassTurnsWithTheEarth(t *testing.T) {
	for lat := -80.0; lat <= 80; lat += 7 {
		for minute := 0; minute < 24*60; minute += 10 {
			here := utcOf(t, fmt.Sprintf("%02d:%02d", minute/60, minute%60))
			east := here - 3600_000
			for lon := -165.0; lon < 165; lon += 30 {
				if passes("N", "VIIRS", where.Point{Lat: lat, Lon: lon}, here) != passes("N", "VIIRS", where.Point{Lat: lat, Lon: lon + 15}, east) {
					t.Fatalf("%v,%v at %s", lat, lon, here)
				}
			}
		}
	}
	north, _ := viirsOrbit.windows(50)
	south, _ := viirsOrbit.windows(-50)
	if d := (north[0].from + north[1].from) - (south[0].from + south[1].from); math.Abs(d) > 1e-9 || north[0].from >= south[0].from {
		t.Errorf("north %v, south %v", north, south)
	}
}

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
		if !passes(d.Satellite, d.Instrument, d.Place, d.Time+5*3600_000) {
			shifted++
		}
	}
	t.Logf("%d of %d detections are doubted; shifted by 5 hours %d would be", doubts, len(list), shifted)
	if doubts > len(list)/1000 || shifted < len(list)*3/4 || len(sum.Problems) != min(doubts, maxProblems) {
		t.Errorf("%d of %d detections are doubted; shifted by 5 hours %d would be", doubts, len(list), shifted)
	}
}
