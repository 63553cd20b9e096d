package fusing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

func genIncident(t *rapid.T, i int) *evidence.Incident {
	s := evidence.Unknown()
	if rapid.IntRange(0, 9).Draw(t, "timed") > 0 {
		from := when.Instant(1_900_000_000_000 + rapid.Int64Range(0, 1000).Draw(t, "hour")*3600_000)
		s.Time = when.Span{Start: from, End: from.Add(1e9 * 60 * 30)}
	}
	switch rapid.IntRange(0, 4).Draw(t, "place") {
	case 0:
		s.Place, _ = where.AreaRegion("UA-63")
	case 1:
		s.Place = where.Sector(where.Point{Lat: 48.5, Lon: 37.9}, 120, 10, 2000, 6000)
	case 2, 3:
		s.Place = where.Disc(where.Point{Lat: 48 + rapid.Float64Range(0, 2).Draw(t, "lat"), Lon: 38}, 2500)
	}
	s.Act = rapid.SampledFrom([][]string{nil, {"attack.strike.drone"}, {"attack.strike.artillery", "attack.strike.air"}}).Draw(t, "act")
	s.Actor = rapid.SampledFrom([][]string{nil, {"UA"}, {"RU"}, {"RU", "UA"}}).Draw(t, "actor")
	s.Target = rapid.SampledFrom([][]string{nil, {"energy.power.substation"}}).Draw(t, "target")
	src := rapid.SampledFrom([]string{"", "Reuters", "TASS", "Ukrinform", "patrol, \"north\""}).Draw(t, "source")
	return &evidence.Incident{ID: fmt.Sprintf("R%03d", i), Scenarios: []evidence.Scenario{s}, Level: evidence.Reported, Source: src, Text: rapid.SampledFrom([]string{"", "=1+1", "a fire\nat night", "вибух уночі"}).Draw(t, "text")}
}

// TestSpilling: sorted by way of files or in memory, the reports are the same and
// in the same order, and the same incidents come of them.
func TestSpilling(t *testing.T) {
	b := NewBuilder()
	rapid.Check(t, func(t *rapid.T) {
		var list []*evidence.Incident
		for i := range rapid.IntRange(1, 30).Draw(t, "n") {
			list = append(list, genIncident(t, i))
		}
		fused := func(hold int, list []*evidence.Incident) string {
			s := NewSorter()
			s.Hold = hold
			defer s.Close()
			for _, in := range list {
				if err := s.Add(b.Report(in, "truce")); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			enc := json.NewEncoder(&out)
			f := evidence.NewFuser(evidence.FuseOptions{Sources: Sources()}, func(x *evidence.Fused) error { return enc.Encode(RowOf(x)) })
			if err := s.Each(f.Add); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		one, two := fused(1000, list), fused(4, rapid.Permutation(list).Draw(t, "order"))
		if one != two {
			t.Fatalf("%s\n%s", one, two)
		}
	})
}

// TestSpillIsRemoved: nothing is left on disk.
func TestSpillIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s := NewSorter()
	s.Hold = 2
	b := NewBuilder()
	for i := range 9 {
		if err := s.Add(b.Report(&evidence.Incident{ID: fmt.Sprint(i % 8), Scenarios: []evidence.Scenario{evidence.Unknown()}}, "truce")); err != nil {
			t.Fatal(err)
		}
	}
	if s.Again != 1 || s.Number != 8 || s.dir == "" {
		t.Errorf("%d again, %d in all, folder %q", s.Again, s.Number, s.dir)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(s.dir)); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestTwoOfOneID: two reports with one id are both kept, told apart by where they
// were read.
func TestTwoOfOneID(t *testing.T) {
	s, b := NewSorter(), NewBuilder()
	for i, text := range []string{"one", "two"} {
		in := &evidence.Incident{ID: "R", Text: text, Scenarios: []evidence.Scenario{evidence.Unknown()}, From: evidence.Position{File: "f.csv", Line: i + 2}}
		if err := s.Add(b.Report(in, "truce")); err != nil {
			t.Fatal(err)
		}
	}
	if s.Twice != 1 || s.list[0].ID() != "R" || s.list[1].ID() != "R@f.csv:3" {
		t.Errorf("%d, %s and %s", s.Twice, s.list[0].ID(), s.list[1].ID())
	}
}

// TestWrittenIsRead: what is written as an incidents file is read again with the
// same facts, scenario by scenario.
func TestWrittenIsRead(t *testing.T) {
	b := NewBuilder()
	rapid.Check(t, func(t *rapid.T) {
		var rs []*evidence.Report
		for i := range rapid.IntRange(1, 12).Draw(t, "n") {
			rs = append(rs, b.Report(genIncident(t, i), "truce"))
		}
		fs, _, err := evidence.Fuse(rs, evidence.FuseOptions{Sources: Sources()})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w, _ := NewWriter("csv", &out, nil)
		facts := map[string][]string{}
		for _, f := range fs {
			if err := w.Write(f); err != nil {
				t.Fatal(err)
			}
			for _, s := range f.Incident.Scenarios {
				facts[f.Incident.ID] = append(facts[f.Incident.ID], fmt.Sprint(s.Time, s.Place, s.Actor, s.Act, s.Target))
			}
		}
		w.Close()
		sum, err := feeds.Read("out.csv", strings.NewReader(out.String()), feeds.Options{As: "truce"}, func(in *evidence.Incident) error {
			var got []string
			for _, s := range in.Scenarios {
				got = append(got, fmt.Sprint(s.Time, s.Place, s.Actor, s.Act, s.Target))
			}
			if want := facts[in.ID]; !slices.Equal(got, want) {
				t.Fatalf("%s:\n%s\n%s", in.ID, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			delete(facts, in.ID)
			return nil
		})
		if err != nil || sum.Rejected > 0 || len(facts) > 0 {
			t.Fatalf("%v %v, not read: %v\n%s", sum.Problems, err, facts, out.String())
		}
	})
}
