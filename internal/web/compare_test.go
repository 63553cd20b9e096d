package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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
				sameCompared(t, who, q, fast, slow)
				sameCompared(t, who, q, comparedBy(t, w.web, who, q, allJudged(w.web)), slow)
				looked[fast["looked"]] = true
				if changed += fast["changed"].(float64); of.From == "" {
					continue
				}
				q.Assume = "all"
				sameCompared(t, who, q, comparedBy(t, w.web, who, q, allJudged(w.web)), comparedBy(t, w.web, who, q, w.web.comparedNewest))
			}
		}
	}
	if len(looked) < 5 || changed == 0 {
		t.Fatalf("the questions do not differ: %v were looked at, %.0f change", looked, changed)
	}
}

func sameCompared(t *testing.T, who Who, q *compareQuery, fast, slow map[string]any) {
	t.Helper()
	if !reflect.DeepEqual(fast, slow) {
		a, _ := json.MarshalIndent(fast, "", " ")
		b, _ := json.MarshalIndent(slow, "", " ")
		t.Fatalf("%+v asks %+v\nof all: %s\njudged: %s", who, q, a, b)
	}
}

// allJudged asks until all incidents are judged.
func allJudged(s *Server) func(context.Context, *compareQuery, *CompareAnswer, *comparedSides) error {
	return func(ctx context.Context, q *compareQuery, p *CompareAnswer, sides *comparedSides) error {
		empty := *p
		for began := time.Now(); ; time.Sleep(time.Millisecond) {
			*p = empty
			if err := s.comparedAnew(ctx, q, p, sides); err != nil || !p.Working {
				return err
			}
			if time.Since(began) > 20*time.Second {
				return errors.New("it is judged for ever")
			}
		}
	}
}

// TestCompareAnewIsKeptUp: what is judged beside requests follows what comes in, a few
// entries at once and many beside, a correction and a row of a data set among them; what
// is not ready yet says so, and looks at the newest.
func TestCompareAnewIsKeptUp(t *testing.T) {
	w := newWorld(t, nil)
	const base = "01JPV9Z8M0000000000000%04d"
	w.text(fmt.Sprintf(base, 1), "energy-2025", "")
	r := rand.New(rand.NewPCG(8, 2))
	reports := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			day := 10 + r.IntN(20)
			row := fmt.Sprintf(`{"time_start":"2025-03-%02dT10:00Z","time_end":"2025-03-%02dT11:00Z","lat":"50.%d","lon":"36.%d","precision_m":"500","actor":%q,"act":"attack.strike.drone","target":%q,"outcome":"impact","owner":"UA"}`, day, day, 10+r.IntN(80), 10+r.IntN(80), []string{"RU", "UA", ""}[r.IntN(3)], []string{"energy.power.substation", "civilian.residential", ""}[r.IntN(3)])
			if res, body := w.do("POST", "/api/reports", "anna", "application/json", fmt.Appendf(nil, `{"id":%q,"made":"2025-05-31T08:00:00Z","marking":"public","row":%s}`, fmt.Sprintf(base, 100+i), row), nil); res.StatusCode != 201 {
				t.Fatal(body)
			}
		}
		w.follow()
	}
	reports(0, 10)
	who := Who{Account: "x", Role: rights.DutyOfficer}
	q := &compareQuery{A: "energy-2025@kremlin", B: "energy-2025@ukraine", Boxes: 4, Assume: "all"}
	same := func(what string) {
		t.Helper()
		t.Log(what)
		sameCompared(t, who, q, comparedBy(t, w.web, who, q, allJudged(w.web)), comparedBy(t, w.web, who, q, w.web.comparedNewest))
	}
	q.Stale = true
	if at := comparedBy(t, w.web, who, q, w.web.comparedAnew); at["working"] != true || at["looked"] != 0.0 || at["history"] != nil || at["newest"] != nil {
		t.Errorf("at once: working %v, looked at %v, %v", at["working"], at["looked"], at["history"])
	}
	w.web.anews.forget()
	// Those who have not signed in have the newest of many, at once in the end, and no others'.
	anewStrangers = 9
	defer func() { anewStrangers = 100_000 }()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		at := comparedBy(t, w.web, Who{}, q, w.web.comparedAnew)
		if at["working"] != true {
			if q.Stale = false; at["history"] == nil {
				t.Error("nothing was looked at")
			}
			sameCompared(t, Who{}, q, at, comparedBy(t, w.web, Who{}, q, w.web.comparedNewest))
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("it is worked out for ever")
		}
	}
	anewStrangers = 100_000
	first := comparedBy(t, w.web, who, q, w.web.comparedAnew)
	if first["working"] != true || first["looked"] != 10.0 {
		t.Errorf("before all was judged: working %v, looked at %v", first["working"], first["looked"])
	}
	same("at first")
	reports(10, 13)
	if now := comparedBy(t, w.web, who, q, w.web.comparedAnew); now["working"] != nil || now["looked"] != 13.0 {
		t.Errorf("after three more: working %v, looked at %v", now["working"], now["looked"])
	}
	same("three more")
	if res, body := w.do("POST", "/api/entries", "anna", "application/json", fmt.Appendf(nil, `{"id":%q,"kind":"correction@1","refs":[{"relation":"supersedes","id":%q}],"payload":{"reason":"misread","facts":{"target":"civilian.residential","actor":"UA"}}}`, fmt.Sprintf(base, 90), fmt.Sprintf(base, 103)), nil); res.StatusCode != 201 {
		t.Fatal(body)
	}
	if res, body := w.do("POST", "/api/entries", "anna", "application/json", fmt.Appendf(nil, `{"id":%q,"kind":"triage@1","refs":[{"relation":"about","id":%q}],"payload":{"decision":"rejected","reason":"twice"}}`, fmt.Sprintf(base, 91), fmt.Sprintf(base, 104)), nil); res.StatusCode != 201 {
		t.Fatal(body)
	}
	w.follow()
	same("one corrected, one rejected")
	reports(13, 13+fewChanged+10)
	if now := comparedBy(t, w.web, who, q, w.web.comparedAnew); now["working"] != true {
		t.Errorf("after many more: working %v", now["working"])
	}
	same("many more")
	table := "id,time_start,time_end,lat,lon,precision_m,actor,act,outcome,target,level,source\n"
	for i := range 30 {
		table += fmt.Sprintf("X-%d,2025-03-%02dT10:00:00Z,2025-03-%02dT11:00:00Z,50.%d,36.1,500,%s,attack.strike.drone,impact,energy.power.substation,reported,synthetic\n", i, 1+i, 1+i, i, []string{"RU", "UA"}[i%2])
	}
	file, err := w.log.Blobs().Put(t.Context(), strings.NewReader(table))
	if err != nil {
		t.Fatal(err)
	}
	w.post("/api/entries", "anna", fmt.Sprintf(`{"id":%q,"kind":"dataset@1","blobs":[%q],"payload":{"source":"x","name":"x.csv","format":"truce","parser":"truce","rows":30,"marking":"public"}}`, fmt.Sprintf(base, 95), file.Hash.Hex()))
	w.follow()
	same("a data set")
	if all := comparedBy(t, w.web, who, q, w.web.comparedAnew); all["looked"].(float64) < 100 {
		t.Errorf("looked at %v", all["looked"])
	}
}

// comparedBy asks one of the ways.
func comparedBy(t *testing.T, s *Server, who Who, q *compareQuery, over func(context.Context, *compareQuery, *CompareAnswer, *comparedSides) error) map[string]any {
	t.Helper()
	ctx := withWho(t.Context(), who)
	p := &CompareAnswer{Incidents: []views.Incident{}}
	var sides comparedSides
	if err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		p.Vector = snap.Vector()
		for i, ref := range []string{q.A, q.B} {
			var x CompareSide
			if sides.of[i], x, sides.held[i], err = s.side(withWho(ctx, Who{Account: "x", Role: rights.DutyOfficer}), snap, ref, q.Assume, "a"); err != nil || q.Assume == "" && !sides.held[i] {
				return fmt.Errorf("%s: held %v, %w", ref, sides.held[i], err)
			}
			*[]*CompareSide{&p.A, &p.B}[i] = x
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sides.key = fmt.Sprintf("%+v %+v", p.A, p.B)
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
