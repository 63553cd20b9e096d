package views

import (
	"slices"
	"testing"

	"github.com/truce-project/truce/record"
)

// TestApart: two that people hold apart are not made one by a merge, before or
// after, nor by a chain of merges; taken back, the merges count again.
func TestApart(t *testing.T) {
	o := newOffice(t)
	report := func() string {
		return o.put("report@1", "anna", map[string]any{"format": "truce", "row": map[string]string{"text": "a fire"}, "source": "patrol"})
	}
	incident := func(of string) string {
		return o.put("incident@1", "anna", record.IncidentEntry{Title: "fire", Reason: "seen"}, ref(record.About, of))
	}
	r1, r2, r3 := report(), report(), report()
	i1, i2, i3 := incident(r1), incident(r2), incident(r3)
	merge := func(a, b string) string {
		return o.put("merge@1", "anna", record.ReasonEntry{Reason: "one"}, ref(record.Merges, a), ref(record.Merges, b))
	}
	say := func(decision, a, b string) string {
		return o.put(record.KindApart, "anna", record.ApartEntry{Decision: decision, Reason: "two craters"}, ref(record.About, a), ref(record.About, b))
	}
	v := o.views()
	members := func(id string) (out []string, x *Incident) {
		o.update(v, o.reader())
		err := v.Read(Now, func(s *Snapshot) error {
			num, ok, err := s.Store().Num(id)
			if err != nil || !ok {
				return err
			}
			ver, err := s.Store().Version(num, Now)
			if ver != nil {
				x = &ver.Incident
				out = ver.Members
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out, x
	}
	first := merge(i1, i2)
	if m, _ := members(i1); !slices.Equal(m, []string{i1, i2}) {
		t.Fatalf("merged: %v", m)
	}
	apart := say("apart", r2, r1) // about reports, and for the incidents that hold them
	m, x := members(i1)
	if !slices.Equal(m, []string{i1}) || !slices.Equal(x.Apart, []string{apart}) || len(x.Merges) != 0 || len(x.Notes) != 1 {
		t.Fatalf("held apart: %v %+v", m, x)
	}
	if m, x = members(i2); !slices.Equal(m, []string{i2}) || !slices.Equal(x.Apart, []string{apart}) {
		t.Fatalf("the other: %v", m)
	}
	second, third := merge(i2, i3), merge(i3, i1)
	if m, x = members(i2); !slices.Equal(m, []string{i2, i3}) || !slices.Equal(x.Merges, []string{second}) {
		t.Fatalf("a chain: %v", m)
	}
	if m, _ = members(i1); !slices.Equal(m, []string{i1}) {
		t.Fatalf("the third merge counts: %v", m)
	}
	err := v.Read(Now, func(s *Snapshot) error {
		held, err := s.Held(x)
		if err != nil || len(held) != 1 || held[0].A != r2 || held[0].B != r1 || held[0].Entry.ID != apart {
			t.Errorf("%+v, %v", held, err)
		}
		all, err := s.AllHeld()
		if err != nil || len(all) != 1 {
			t.Errorf("%+v, %v", all, err)
		}
		taken, err := s.AllTaken() // i2 and i3; i1 is held apart
		if err != nil || len(taken) != 1 || !slices.Equal(taken[0].Reports, []string{r2, r3}) {
			t.Fatalf("%+v, %v", taken, err)
		}
		if why, by, entry := taken[0].Reason(); why != "one" || by != "anna" || entry != second {
			t.Errorf("taken: %q %q %q", why, by, entry)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	say("withdrawn", r1, r2)
	if m, x = members(i1); !slices.Equal(m, []string{i1, i2, i3}) || len(x.Apart) != 0 || !slices.Equal(x.Merges, []string{first, second, third}) {
		t.Fatalf("taken back: %v %+v", m, x)
	}
	// One that names itself, three, or what is no report says nothing.
	say("apart", r1, r1)
	o.put(record.KindApart, "anna", record.ApartEntry{Decision: "apart", Reason: "three"}, ref(record.About, r1), ref(record.About, r2), ref(record.About, r3))
	say("apart", i1, first)
	if m, x = members(i1); len(m) != 3 || len(x.Apart) != 0 {
		t.Fatalf("what says nothing: %v %+v", m, x)
	}
}
