package rights

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sealedSite is an incident at a site of ALFA that is under seal, with all that
// must not leave the mission and ALFA.
var sealedSite = Document{
	Object: Object{Thing: "incident", ID: "KHA-4F7Q", Marking: ForPublic, Account: "account-of-reporter"},
	Fields: []Field{
		{Name: "act", Value: "attack.strike.drone"},
		{Name: "place", Value: "50.04731,36.22884 ±50 m"},
		{Name: "from", Value: "2030-03-07T02:14:36Z"},
		{Name: "area", Value: "UA-63"},
		{Name: "text", Value: "Autotransformer AT-2 at Lozova burns, says Olena Petrenko"},
		{Name: "witness", Value: "Olena Petrenko"},
		{Name: "source", Value: "patrol 4"},
		{Name: "site", Value: "site-0017", Party: alfa},
		{Name: "site_name", Value: "substation Lozova", Party: alfa},
		{Name: "site_place", Value: "50.0473,36.2288", Party: alfa},
		{Name: "damage", Value: "AT-2 destroyed, AT-1 works", Party: alfa},
		{Name: "window", Value: "crew 4 from 2030-03-09T06:00Z", Party: alfa},
		{Name: "window_from", Value: "2030-03-09T06:00Z", Party: alfa},
		{Name: "a_field_of_tomorrow", Value: "Lozova again"},
	},
}

var windowOfAlfa = Document{
	Object: Object{Thing: "window", ID: "W-1", Marking: Restricted, Party: alfa},
	Fields: []Field{{Name: "site", Value: "site-0017"}, {Name: "window", Value: "crew 4 from 2030-03-09T06:00Z"}},
}

var noteOfAlfa = Document{
	Object: Object{Thing: "note", ID: "N-1", Marking: Restricted, Party: alfa},
	Fields: []Field{{Name: "note", Value: "we believe that Lozova is known to them"}},
}

// TestNothingLeaks: every site, detail of damage and window of repair, asked for
// by each party, by the public and by everybody else: what must not appear does
// not, in any form of the answer.
func TestNothingLeaks(t *testing.T) {
	site := []string{"Lozova", "site-0017", "50.04", "36.22", "AT-2", "AT-1", "crew 4", "2030-03-09", "06:00"}
	person := []string{"Olena", "Petrenko", "patrol 4"}
	exact := []string{"50.04", "36.22", "02:14", "account-of-reporter"}
	for _, x := range []struct {
		who   string
		as    Who
		never []string
		sees  []string // in the incident
	}{
		{"the public", Who{}, join(site, person, exact), []string{"attack.strike.drone", "2030-03-07", "UA-63"}},
		{"a reader", Who{Role: Reader, Account: "r"}, join(site, person, exact), []string{"attack.strike.drone"}},
		{"a reporter", Who{Role: Reporter, Account: "p"}, join(site, person, exact), nil},
		{"a witness", Who{Role: Witness, Account: "w"}, join(site, person, exact), nil},
		{"an administrator", Who{Role: Administrator, Account: "adm"}, join(site, person, exact), nil},
		{"the other party", Who{Role: Delegate, Party: bravo, Account: "b"}, join(site, person, exact), []string{"attack.strike.drone"}},
		{"a third party", Who{Role: Delegate, Party: "CHARLIE", Account: "c"}, join(site, person, exact), nil},
		{"the party itself", Who{Role: Delegate, Party: alfa, Account: "a"}, person, []string{"site-0017", "AT-2 destroyed", "crew 4", "50.04731", "02:14:36"}},
		{"a verifier", Who{Role: Verifier, Account: "v"}, []string{"site-0017", "crew 4", "AT-1", "2030-03-09", "50.04731", "we believe"}, []string{"Olena"}},
		{"the duty officer", Who{Role: DutyOfficer, Account: "d"}, []string{"we believe"}, []string{"site-0017", "crew 4", "50.04731"}},
		{"a token that may only submit", Who{Role: DutyOfficer, Account: "d", Scopes: []string{"submit"}}, join(site, person, exact), nil},
	} {
		var all string
		for _, d := range []Document{sealedSite, windowOfAlfa, noteOfAlfa} {
			seen, _, _, _ := Default().Redact(x.as, d)
			b, err := json.Marshal(seen)
			if err != nil {
				t.Fatal(err)
			}
			all += string(b) + fmt.Sprintf("%+v", seen)
		}
		for _, s := range x.never {
			if strings.Contains(all, s) {
				t.Errorf("%s finds %q in %s", x.who, s, all)
			}
		}
		for _, s := range x.sees {
			if !strings.Contains(all, s) {
				t.Errorf("%s does not find %q in %s", x.who, s, all)
			}
		}
	}
}

func join(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// TestHiddenTellsNothing: two incidents that differ only in what the public may
// not see look the same to it.
func TestHiddenTellsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := sealedSite
		d.Fields = nil
		for _, f := range sealedSite.Fields {
			hidden := f.Name == "witness" || f.Name == "text" || f.Name == "source" || f.Name == "damage" || f.Name == "site" || strings.HasPrefix(f.Name, "site_") || strings.HasPrefix(f.Name, "window")
			if !hidden || rapid.Bool().Draw(t, f.Name) {
				d.Fields = append(d.Fields, f)
			}
		}
		for _, who := range []Who{{}, {Role: Administrator}, {Role: Witness}} {
			a, c1, l1, ok1 := Default().Redact(who, d)
			b, c2, l2, ok2 := Default().Redact(who, sealedSite)
			if fmt.Sprint(a, c1, l1, ok1) != fmt.Sprint(b, c2, l2, ok2) {
				t.Fatalf("%+v sees a difference: %+v and %+v", who, a, b)
			}
		}
	})
}

// TestRedactNarrows: nobody sees more of a document that is marked narrower.
func TestRedactNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		who := drawWho(t)
		d := Document{Object: drawObject(t), Fields: drawFields(t)}
		narrow := d
		narrow.Marking = Narrower(d.Marking, rapid.SampledFrom(Markings()).Draw(t, "narrower"))
		wide, _, _, _ := Default().Redact(who, d)
		less, _, _, _ := Default().Redact(who, narrow)
		seen := map[string]bool{}
		for _, f := range wide.Fields {
			seen[f.Name] = true
		}
		for _, f := range less.Fields {
			if !seen[f.Name] && who.Role != Reader { // all that a reader sees more exactly is public
				t.Fatalf("%+v sees %s of %+v only where it is marked %s", who, f.Name, d.Object, narrow.Marking)
			}
		}
	})
}

// TestCoarsePlaceHolds: what the public sees holds what was reported, and says
// the same of everything in the cell.
func TestCoarsePlaceHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lat := math.Round(rapid.Float64Range(-79.9, 79.9).Draw(t, "lat")*1e5)/1e5 + 0 // no minus before zero
		lon := rapid.Float64Range(-179, 179).Draw(t, "lon")
		radius := rapid.Float64Range(0, 100).Draw(t, "radius")
		s, ok := CoarsePlace(fmt.Sprintf("%.5f,%.5f ±%.3f km", lat, lon, radius))
		if !ok {
			t.Fatal("not shown")
		}
		var clat, clon, r float64
		if _, err := fmt.Sscanf(s, "%f,%f ±%f km", &clat, &clon, &r); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if d := haversine(lat, lon, clat, clon); d+radius > r+0.01 {
			t.Fatalf("%s does not hold %.5f,%.5f ±%.3f km: %.3f km away", s, lat, lon, radius, d)
		}
		if r < 11 || r > 40+radius*1.02 {
			t.Fatalf("%s: a radius that is no use", s)
		}
		// A neighbour in the same cell looks the same: nothing of the position is left.
		nlat := math.Floor(lat/cell+1e-9)*cell + rapid.Float64Range(0.001, cell-0.001).Draw(t, "in cell")
		if n, _ := CoarsePlace(fmt.Sprintf("%.5f,%.5f ±%.3f km", nlat, lon, radius)); n != s {
			t.Fatalf("%s and %s in one cell", s, n)
		}
	})
}

// TestCoarse: what cannot be made coarse is not shown.
func TestCoarse(t *testing.T) {
	for in, want := range map[string]string{
		"UA-63": "UA-63", "UA": "UA", "Lozova": "", "UA6312": "", "15 km north of Lozova": "", "50.0,36.2;50.1,36.3": "",
		"50.04731,36.22884": "50.1,36.2 ±19 km", "999,36": "", "89.9,10": "", "": "",
	} {
		if got, ok := CoarsePlace(in); got != want || ok != (want != "") {
			t.Errorf("place %q: %q", in, got)
		}
	}
	for in, want := range map[string]string{
		"2030-03-07T02:14:36Z": "2030-03-07", "2030-03-07T01:30+02:00": "2030-03-06", "2030-03-07": "2030-03-07",
		"2030-03-07T02:14Z..2030-03-07T03:00Z": "2030-03-07", "2030-03-07T23:00Z/2030-03-08T01:00Z": "2030-03-07/2030-03-08",
		"about two": "", "2030-03-07T02:14": "", "2030-03-07T02:14Z..": "",
	} {
		if got, ok := CoarseTime(in); ok && got != want || ok != (want != "") {
			t.Errorf("time %q: %q %v", in, got, ok)
		}
	}
}

// TestCoarseTimeHolds: the day holds the instant.
func TestCoarseTimeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0).In(time.FixedZone("", rapid.IntRange(-14, 14).Draw(t, "zone")*3600))
		s, ok := CoarseTime(at.Format(time.RFC3339))
		d, err := time.Parse(time.DateOnly, s)
		if !ok || err != nil || at.Before(d) || !at.Before(d.AddDate(0, 0, 1)) {
			t.Fatalf("%s: %s", at, s)
		}
	})
}
