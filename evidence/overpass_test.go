package evidence

import (
	"fmt"
	"math"
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
			if got := Passes(sat, "VIIRS", at, utcOf(t, clock)); got != want {
				t.Errorf("%s at %s: %v", sat, clock, got)
			}
		}
	}
	// Terra comes before noon and before midnight, Aqua after.
	for clock, want := range map[string][2]bool{"07:30": {true, false}, "20:00": {true, false}, "12:30": {false, true}, "00:30": {false, true}, "15:05": {false, false}, "04:30": {false, false}} {
		if terra, aqua := Passes("Terra", "MODIS", at, utcOf(t, clock)), Passes("Aqua", "MODIS", at, utcOf(t, clock)); terra != want[0] || aqua != want[1] {
			t.Errorf("%s: Terra %v, Aqua %v, want %v", clock, terra, aqua, want)
		}
	}
	if !Passes("X", "AVHRR", at, utcOf(t, "18:00")) || !Passes("N", "VIIRS", where.Point{Lat: 85, Lon: 35}, utcOf(t, "18:00")) {
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
				if Passes("N", "VIIRS", where.Point{Lat: lat, Lon: lon}, here) != Passes("N", "VIIRS", where.Point{Lat: lat, Lon: lon + 15}, east) {
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
