package web

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// TestCompareFoundIsJudgedAnew: what is counted of findings that were made when the
// entries came is what judging the incidents under both sides says, whoever asks.
func TestCompareFoundIsJudgedAnew(t *testing.T) {
	w := newWorld(t, nil)
	const base = "01JPV9Z8M0000000000000%04d"
	w.text(fmt.Sprintf(base, 1), "energy-2025", "")
	w.text(fmt.Sprintf(base, 2), "blanket-30d", "")
	r := rand.New(rand.NewPCG(8, 1))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	for i := range 40 {
		day, hour := 10+r.IntN(20), r.IntN(23)
		cells := map[string]string{"time_start": fmt.Sprintf("2025-03-%02dT%02d:00Z", day, hour), "time_end": fmt.Sprintf("2025-03-%02dT%02d:%02dZ", day, hour+1, r.IntN(60)), "lat": fmt.Sprint(50 + r.Float64()), "lon": fmt.Sprint(36 + r.Float64()), "precision_m": pick("50", "5000", "50000"),
			"actor": pick("RU", "UA", "RU|UA", ""), "act": pick("attack.strike.drone", "attack.strike.artillery", "overflight", ""), "target": pick("energy.power.substation", "energy.power.substation|military.depot", "civilian.residential", "energy.oil.storage", ""), "outcome": pick("impact", "intercepted", ""), "owner": pick("UA", "RU", "")}
		if r.IntN(10) == 0 {
			delete(cells, "time_start")
			delete(cells, "time_end")
		}
		row, err := json.Marshal(cells)
		if err != nil {
			t.Fatal(err)
		}
		more := ""
		if r.IntN(6) == 0 {
			more = `,"markings":{"actor":"restricted"}`
		}
		if res, body := w.do("POST", "/api/reports", "anna", "application/json", fmt.Appendf(nil, `{"id":%q,"made":"2025-03-31T08:00:00Z","marking":%q,"row":%s%s}`, fmt.Sprintf(base, 100+i), pick("public", "public", "mission", "parties"), row, more), nil); res.StatusCode != 201 {
			t.Fatal(body)
		}
	}
	w.follow()
	looked, changed := map[any]bool{}, 0.0
	for _, who := range []Who{{}, {Account: "x", Role: rights.DutyOfficer}, {Account: "y", Role: rights.Delegate, Party: "UA"}} {
		for _, sides := range [][2]string{{"energy-2025@kremlin", "energy-2025@ukraine"}, {"energy-2025", "blanket-30d"}, {"energy-2025@white-house-25-march", "energy-2025@kremlin,ukraine"}} {
			for _, of := range []IncidentQuery{{}, {From: "2025-03-15", To: "2025-03-22"}, {Verdict: []string{"breach"}}, {Box: "36.2,50.2,36.8,50.8"}} {
				q := &compareQuery{A: sides[0], B: sides[1], Boxes: 4, IncidentQuery: of}
				fast, slow := comparedBy(t, w.web, who, q, w.web.comparedFound), comparedBy(t, w.web, who, q, w.web.comparedNewest)
				if !reflect.DeepEqual(fast, slow) {
					a, _ := json.MarshalIndent(fast, "", " ")
					b, _ := json.MarshalIndent(slow, "", " ")
					t.Fatalf("%+v asks %+v\nfound:  %s\njudged: %s", who, q, a, b)
				}
				looked[fast["looked"]] = true
				changed += fast["changed"].(float64)
			}
		}
	}
	if len(looked) < 5 || changed == 0 {
		t.Fatalf("the questions do not differ: %v were looked at, %.0f change", looked, changed)
	}
}

// comparedBy asks one of the two ways.
func comparedBy(t *testing.T, s *Server, who Who, q *compareQuery, over func(context.Context, *compareQuery, *CompareAnswer, *comparedSides) error) map[string]any {
	t.Helper()
	ctx := withWho(t.Context(), who)
	p := &CompareAnswer{Incidents: []views.Incident{}}
	var sides comparedSides
	if err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		p.Vector = snap.Vector()
		for i, ref := range []string{q.A, q.B} {
			var x CompareSide
			if sides.of[i], x, sides.held[i], err = s.side(withWho(ctx, Who{Account: "x", Role: rights.DutyOfficer}), snap, ref, "", "a"); err != nil || !sides.held[i] {
				return fmt.Errorf("%s: held %v, %w", ref, sides.held[i], err)
			}
			*[]*CompareSide{&p.A, &p.B}[i] = x
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := over(ctx, q, p, &sides); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if h, ok := out["history"].(map[string]any); ok { // they stand in the order of meeting, or by number
		slices.SortFunc(h["changes"].([]any), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return out
}
