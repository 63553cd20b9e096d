package views

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/record"
)

// TestEvidenceOfSets: incidents of several data sets and of reports, asked for in any
// order and not all of them, are those that each is read as by itself.
func TestEvidenceOfSets(t *testing.T) {
	o := newOffice(t)
	for k := range 3 {
		var b strings.Builder
		b.WriteString("id,time_start,time_end,lat,lon,act,target\n")
		for i := range 40 {
			fmt.Fprintf(&b, "S%d-%d,2025-03-%02dT00:00Z,2025-03-%02dT01:00Z,50,35,attack.strike.drone,energy\n", k, i, 1+i%28, 1+i%28)
		}
		o.putBlob("dataset@1", "anna", record.DatasetEntry{Name: "d.csv", Format: "truce", Parser: "truce/1", Rows: 40}, []record.Hash{o.blob(b.String())})
	}
	o.put("report@1", "anna", record.ReportEntry{Format: "truce", Row: map[string]string{"id": "R", "time_start": "2025-03-20T20:20Z", "act": "attack.strike"}})
	v := o.views()
	o.update(v, o.reader())
	err := v.Read(Now, func(s *Snapshot) error {
		page := s.List(&Filter{May: Markings(), Fields: map[string][]string{}}, nil, 1000)
		if len(page.Rows) != 121 {
			t.Fatalf("%d incidents, expected 121", len(page.Rows))
		}
		rows := page.Rows[:90]
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
		got, err := s.Evidence(rows)
		if err != nil || len(got) != len(rows) {
			t.Fatal(len(got), err)
		}
		for i, r := range rows {
			x, err := s.Store().Version(r.Num, s.At)
			if err != nil {
				return err
			}
			b := &batch{assembler: assembler{s.Store()}, texts: s.texts}
			alone, err := b.evidence(x, map[string][]*evidence.Incident{})
			if err != nil {
				return err
			}
			if got[i].ID != x.ID || !reflect.DeepEqual(got[i], alone) {
				t.Fatalf("row %s is read as %+v, by itself as %+v", x.ID, got[i], alone)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnreadIsEvidence: rows that were read while the views were not held are those that
// are read with them, and need no file; of other views nothing is used. What changed since
// a size is told, as long as it is remembered.
func TestUnreadIsEvidence(t *testing.T) {
	o := newOffice(t)
	for k := range 2 {
		var b strings.Builder
		b.WriteString("id,time_start,time_end,lat,lon,act,target\n")
		for i := range 30 {
			fmt.Fprintf(&b, "S%d-%d,2025-03-%02dT00:00Z,2025-03-%02dT01:00Z,50,35,attack.strike.drone,energy\n", k, i, 1+i%28, 1+i%28)
		}
		o.putBlob("dataset@1", "anna", record.DatasetEntry{Name: "d.csv", Format: "truce", Parser: "truce/1", Rows: 30}, []record.Hash{o.blob(b.String())})
	}
	v := o.views()
	o.update(v, o.reader())
	read := func(f func(s *Snapshot) error) {
		t.Helper()
		if err := v.Read(Now, f); err != nil {
			t.Fatal(err)
		}
	}
	var rows []Row
	var u *Unread
	var sets []SetRows
	var size int64
	read(func(s *Snapshot) (err error) {
		rows, size = s.List(&Filter{May: Markings(), Fields: map[string][]string{}}, nil, 40).Rows, s.Size
		if u, err = s.Unread(rows); err == nil {
			sets, err = s.Sets()
		}
		return err
	})
	u.Read()
	if len(u.rows) != 40 || len(sets) != 2 {
		t.Fatalf("%d rows were read, %d data sets", len(u.rows), len(sets))
	}
	for _, x := range sets {
		var ids []string
		x.Each(func(in *evidence.Incident) { ids = append(ids, in.ID) })
		read(func(s *Snapshot) error {
			nums, err := s.SetNumbers(x, len(ids))
			for i, num := range nums {
				if id, _, _ := s.Store().Name(num); id != ids[i] {
					t.Errorf("row %s has the number of %s", ids[i], id)
				}
			}
			more, err2 := s.SetNumbers(x, len(ids)+1)
			if err2 != nil || more[len(ids)] != NotJudged || more[0] != nums[0] {
				t.Errorf("a row that there is not: %v %v", more, err2)
			}
			return err
		})
	}
	read(func(s *Snapshot) error {
		want, _, err := s.evidence(rows, nil, nil)
		if err != nil {
			return err
		}
		for i, r := range rows {
			got, of, err := s.evidence([]Row{r}, nil, u)
			if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], want[i]) || got[0] != u.rows[got[0].ID] || of[0].ID != got[0].ID {
				t.Fatalf("%+v, read beside; with the views %+v: %v", got, want[i], err)
			}
		}
		return nil
	})
	o.put("report@1", "anna", record.ReportEntry{Format: "truce", Row: map[string]string{"id": "R", "time_start": "2025-03-20T20:20Z", "act": "attack.strike"}})
	o.update(v, o.reader())
	read(func(s *Snapshot) error {
		nums, known := s.ChangedSince(size)
		if id, _, _ := s.Store().Name(nums[0]); !known || len(nums) != 1 || strings.Contains(id, ".") {
			t.Errorf("since %d: %v, known %v", size, nums, known)
		}
		if nums, known := s.ChangedSince(s.Size); !known || len(nums) != 0 {
			t.Errorf("since now: %v, %v", nums, known)
		}
		return nil
	})
	v.mu.Lock()
	v.held++
	v.mu.Unlock()
	read(func(s *Snapshot) error {
		if in := u.take(s, "any"); in != nil || u.held == s.Made() {
			t.Error("rows of other views are used")
		}
		return nil
	})
	r := recent{from: 5}
	for since := int64(5); since < 10; since++ {
		r.add(since, make([]change, recentMost/3)) // none of them has a row: they count for nothing
		changes := make([]change, recentMost/3)
		for i := range changes {
			changes[i] = change{now: Row{Num: uint32(i)}, hasNow: true}
		}
		r.add(since, changes)
	}
	if r.from != 7 || r.n > recentMost {
		t.Errorf("remembered from %d on, %d changes", r.from, r.n)
	}
}
