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
