package evidence

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// halves says who held a place in tests: A the south, B the north, and both what
// lies on the line between them.
func halves(p where.Region, _ when.Span) []string {
	c, ok := p.Centre()
	switch {
	case !ok:
		return nil
	case c.Lat < 50.4:
		return []string{"A"}
	case c.Lat > 50.6:
		return []string{"B"}
	}
	return []string{"A", "B"}
}

// genGrounds is a report with what may bear on who did it.
func genGrounds(t *rapid.T, id string) *Report {
	r := genReport(t, id)
	if r.Outlet == "" {
		r.Outlet = "own" + id
	}
	r.Incident.Reliability = rapid.SampledFrom([]string{"", "A1", "B2", "C3", "F6"}).Draw(t, "rated")
	if rapid.Bool().Draw(t, "direction") {
		r.Incident.Scenarios[0].Origin = where.Disc(where.Point{Lat: rapid.SampledFrom([]float64{50.1, 50.5, 50.9}).Draw(t, "from"), Lon: 35}, 500)
	}
	switch rapid.IntRange(0, 4).Draw(t, "claim") {
	case 0:
		r.Incident.Claims = []Claim{{By: "A", Kind: Acknowledges}}
	case 1:
		r.Incident.Claims = []Claim{{By: "B", Kind: Attributes, Of: "A"}}
	}
	return r
}

// passedOn is a report that only passes on what another says: a copy of its
// text, or one that cites it.
func passedOn(t *rapid.T, of *Prepared, id string) *Report {
	x, in := *of.Report, *of.Report.Incident
	x.Incident, x.Pictures, x.Relay = &in, nil, Relay{}
	x.Party, x.Outlet = "", rapid.SampledFrom([]string{"another-paper", "zz-paper"}).Draw(t, "outlet")
	in.ID, in.Source = id, x.Outlet
	in.Level = max(in.Level, rapid.SampledFrom([]Level{Claimed, Reported}).Draw(t, "level"))
	in.Reliability = rapid.SampledFrom([]string{in.Reliability, in.Reliability, "", "A1", "C3"}).Draw(t, "rated")
	switch {
	case rapid.IntRange(0, 3).Draw(t, "again") == 0: // the same row once more
		x.Party, x.Outlet, x.Relay, in.Source = of.Party, of.Outlet, of.Relay, of.Incident.Source
		in.Reliability, in.Level = of.Incident.Reliability, of.Incident.Level
	case rapid.Bool().Draw(t, "copies") && !of.sketch.Short():
		in.Text += " as was told today"
	default:
		in.Text = "short"
		x.Relay.Origins = []string{of.Outlet}
	}
	return &x
}

// bounds are the interval of an actor, who need not be named.
func (a Attribution) bounds(actor string) (least, most float64) {
	left := 1.0
	for _, x := range a.Actors {
		if x.Actor == actor {
			return x.Least, x.Most
		}
		left *= 1 - x.Supported
	}
	return 0, left
}

func (a Attribution) supported(actor string) float64 {
	for _, x := range a.Actors {
		if x.Actor == actor {
			return x.Supported
		}
	}
	return 0
}

// TestCopiesAttributeNothing: reports that only pass on what one says, or say it
// again, support nobody more and raise no level; where a copy is rated as what it
// copies, no bound of anybody rises.
func TestCopiesAttributeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rs []*Prepared
		for i := range rapid.IntRange(1, 5).Draw(t, "n") {
			rs = append(rs, Prepare(genGrounds(t, fmt.Sprintf("R%d", i))).words())
		}
		of := rs[rapid.IntRange(0, len(rs)-1).Draw(t, "of")]
		more := slices.Clone(rs)
		for i := range rapid.IntRange(1, 3).Draw(t, "copies") {
			more = append(more, Prepare(passedOn(t, of, fmt.Sprintf("%sX%d", rapid.SampledFrom([]string{"A", "Z"}).Draw(t, "first"), i))).words())
		}
		g, h := groups(rs, testSources), groups(more, testSources)
		x, y := attribution(rs, g, halves), attribution(more, h, halves)
		sameRating := true
		for _, r := range more[len(rs):] {
			sameRating = sameRating && (r.Relay.Relays() || r.Incident.Reliability == of.Incident.Reliability)
		}
		for _, actor := range []string{"A", "B", "C"} {
			if s, s2 := x.supported(actor), y.supported(actor); s2 > s+1e-12 {
				t.Fatalf("support of %s from %.3f to %.3f\n%+v\n%+v", actor, s, s2, x.Grounds, y.Grounds)
			}
			l, m := x.bounds(actor)
			l2, m2 := y.bounds(actor)
			if sameRating && (l2 > l+1e-12 || m2 > m+1e-12) {
				t.Fatalf("%s from %.3f..%.3f to %.3f..%.3f\n%+v\n%+v", actor, l, m, l2, m2, x.Grounds, y.Grounds)
			}
		}
		v, _ := levelOf(rs, g, 0, DefaultLevels())
		if w, _ := levelOf(more, h, 0, DefaultLevels()); w > v {
			t.Fatalf("%s to %s", v, w)
		}
	})
}

// TestOwnWordOnce: what a party says of itself counts once, through however many
// of its own sources.
func TestOwnWordOnce(t *testing.T) {
	var rs []*Prepared
	for i, outlet := range []string{"agency-a", "agency-a", "ministry-a"} {
		r := at(fmt.Sprintf("R-%d", i+1), 0, 0, 50, 35, 1000)
		r.Party, r.Outlet, r.Incident.Scenarios[0].Actor = "A", outlet, []string{"A"}
		r.Incident.Claims = []Claim{{By: "A", Kind: Acknowledges}}
		rs = append(rs, Prepare(r).words())
	}
	a := attribution(rs, groups(rs, testSources), nil)
	if len(a.Grounds) != 1 || len(a.Actors) != 1 || a.Actors[0].Supported != ownWord || a.Actors[0].Least != ownWord {
		t.Errorf("%+v", a)
	}
}

// TestDirectionOnce: one source that tells of two places from which it came
// counts once for who held both, and both are listed.
func TestDirectionOnce(t *testing.T) {
	var rs []*Prepared
	for i, lat := range []float64{50.1, 50.2} {
		r := at(fmt.Sprintf("R-%d", i+1), 0, 0, 50, 35, 1000)
		r.Outlet, r.Incident.Scenarios[0].Origin = "paper", where.Disc(where.Point{Lat: lat, Lon: 35}, 500)
		rs = append(rs, Prepare(r).words())
	}
	a := attribution(rs, groups(rs, testSources), halves)
	told := 0
	for _, g := range a.Grounds {
		if g.Kind == "direction" {
			told++
		}
	}
	if told != 2 || a.Actors[0].Supported != oneHolder {
		t.Errorf("%+v", a)
	}
}

// TestDifferentActorsAreSaid: where one source tells it in two ways, nobody may
// read that nobody is named.
func TestDifferentActorsAreSaid(t *testing.T) {
	r := at("S", 0, 0, 50, 35, 1000)
	r.Incident.Source, r.Outlet = "both staffs", "both staffs"
	s := r.Incident.Scenarios[0]
	r.Incident.Scenarios = []Scenario{s, s}
	r.Incident.Scenarios[0].Actor, r.Incident.Scenarios[1].Actor = []string{"A"}, []string{"B"}
	fs, _, err := Fuse([]*Report{r}, FuseOptions{})
	if err != nil || len(fs) != 1 || len(fs[0].Open) != 1 || !strings.HasPrefix(fs[0].Open[0].Why, "sources name different actors, A|B;") {
		t.Fatalf("%v %+v", err, fs[0].Open)
	}
	for _, x := range fs[0].Attribution.Actors {
		if x.Least != 0 || x.Most != 1 {
			t.Errorf("%+v", x)
		}
	}
	// One that only passes on a name does not leave it as nobody's word either.
	r.Incident.Scenarios, r.Relay.Origins = r.Incident.Scenarios[:1], []string{"somebody"}
	if fs, _, _ = Fuse([]*Report{r}, FuseOptions{}); strings.Contains(fs[0].Open[0].Why, "nobody says") {
		t.Errorf("%+v", fs[0].Open)
	}
}

// TestClaimsStayClaims: where no report states more than a claim, what is written
// is a claim, and no number of independent sources makes more of it.
func TestClaimsStayClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := genReports(t, 8)
		for _, r := range rs {
			r.Incident.Level = Claimed
		}
		fs, _, err := Fuse(rs, FuseOptions{Sources: testSources})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fs {
			parties := 0
			for _, g := range f.Groups {
				if g.Party != "" {
					parties++
				}
			}
			if f.WeakestLevel() != Claimed || f.Incident.Level > Reported || f.Incident.Level == Reported && parties < 2 {
				t.Fatalf("%s, written %s: %v", f.Incident.Level, f.WeakestLevel(), f.LevelWhy)
			}
		}
	})
}

// TestCratersCross: each of two sectors reaches over land of both sides, and they
// cross on land of one. That counts for it, less than a direction alone would, and
// only once; sectors that do not cross count for nobody.
func TestCratersCross(t *testing.T) {
	crater := func(id, outlet string, lat, lon, bearing float64) *Prepared {
		r := at(id, 0, time.Hour, lat, lon, 100)
		r.Outlet, r.Incident.Source, r.Incident.Level = outlet, outlet, Reported
		r.Incident.Scenarios[0].Origin = where.Sector(where.Point{Lat: lat, Lon: lon}, bearing, 6, 500, 60_000)
		return Prepare(r).words()
	}
	line := func(p where.Region, _ when.Span) []string { // B north of 50.5, A south; a disc on the line is of both
		c, _ := p.Centre()
		r, _ := p.Radius()
		reach := float64(r) / 111_000
		switch {
		case c.Lat-reach > 50.5:
			return []string{"B"}
		case c.Lat+reach < 50.5:
			return []string{"A"}
		}
		return []string{"A", "B"}
	}
	find := func(a Attribution, kind string) (out []Ground) {
		for _, g := range a.Grounds {
			if g.Kind == kind {
				out = append(out, g)
			}
		}
		return out
	}
	// To the north-east and to the north-west: they cross at about 50.65.
	two := []*Prepared{crater("C1", "patrol-1", 50.4, 35.0, 45), crater("C2", "patrol-2", 50.4, 35.8, 315)}
	a := attribution(two, groups(two, testSources), line)
	for _, g := range find(a, "direction") {
		if g.For != "" || g.Weight != 0 || !strings.Contains(g.Says, "about") {
			t.Errorf("alone: %+v", g)
		}
	}
	x := find(a, "crossing")
	if len(x) != 1 || x[0].For != "B" || x[0].Weight != crossingOne || len(a.Actors) != 1 || a.Actors[0].Least != crossingOne || a.Actors[0].Most != 1 {
		t.Fatalf("%+v %+v", x, a.Actors)
	}
	apart := []*Prepared{crater("C1", "patrol-1", 50.4, 35.0, 315), crater("C2", "patrol-2", 50.4, 35.8, 45)}
	if x := find(attribution(apart, groups(apart, testSources), line), "crossing"); len(x) != 1 || x[0].Weight != 0 || !strings.Contains(x[0].Says, "meet nowhere") {
		t.Errorf("%+v", x)
	}
	// A relay of one of them adds no second bearing.
	again := crater("C3", "paper", 50.4, 35.0, 45)
	again.Relay = Relay{Origins: []string{"patrol-1"}}
	three := append(slices.Clone(two[:1]), again)
	if x := find(attribution(three, groups(three, testSources), line), "crossing"); len(x) != 0 {
		t.Errorf("%+v", x)
	}
}
