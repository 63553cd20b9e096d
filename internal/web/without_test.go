package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/truce-project/truce/record"
)

// TestWithout: what a value asks for and what the same value with ! before it asks for
// are together all, and nothing is in both; several values are held against the list
// itself, incident by incident.
func TestWithout(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 12 {
		row := map[string]string{"text": fmt.Sprintf("event %d", i), "act": []string{"attack.strike.drone", "attack.sabotage", ""}[i%3], "time_start": "2025-03-20T10:00Z"}
		if i%2 == 0 {
			row["level"] = "claimed"
		}
		body, err := json.Marshal(map[string]any{"id": record.NewID(w.web.began, [10]byte{byte(i), 9}), "row": row, "marking": []string{"public", "mission"}[i%2]})
		if err != nil {
			t.Fatal(err)
		}
		w.post("/api/reports", "anna", string(body))
	}
	all := w.listed("check", "")
	if len(all) < 6 {
		t.Fatalf("only %d incidents", len(all))
	}
	levels := map[string]bool{}
	for _, x := range all {
		levels[x.Level] = true
	}
	for _, ask := range []string{"level=claimed", "level=reported", "state=report", "state=incident", "act=attack", "act=unknown", "actor=unknown", "target=unknown", "marking=mission", "verdict=breach", "verdict=undetermined", "verdict=contested", "means=unknown"} {
		key, value, _ := strings.Cut(ask, "=")
		with, without := w.listed("check", ask), w.listed("check", key+"=!"+value)
		for id := range all {
			_, a := with[id]
			_, b := without[id]
			if a == b {
				t.Errorf("%s: incident %s is in both, or in neither: %v", ask, id, a)
			}
		}
		if len(with)+len(without) != len(all) {
			t.Errorf("%s: %d and %d of %d", ask, len(with), len(without), len(all))
		}
	}
	// Of a text and reading: what is judged by them is parted, the rest is in neither.
	for id := range all {
		for _, f := range all[id].Findings {
			ask := fmt.Sprintf("terms=%s&reading=%s", url.QueryEscape(f.Terms), url.QueryEscape(f.Reading))
			of, with, without := w.listed("check", ask), w.listed("check", ask+"&verdict="+f.Verdict), w.listed("check", ask+"&verdict=!"+f.Verdict)
			if _, there := with[id]; !there || len(with)+len(without) != len(of) {
				t.Errorf("%s %s: %d and %d of %d", ask, f.Verdict, len(with), len(without), len(of))
			}
			for _, c := range f.Clauses {
				on, off := w.listed("check", ask+"&clause="+c.Clause), w.listed("check", ask+"&clause=!"+c.Clause)
				if len(on)+len(off) != len(of) {
					t.Errorf("%s clause %s: %d and %d of %d", ask, c.Clause, len(on), len(off), len(of))
				}
			}
		}
		break
	}
	got := w.listed("check", "level=claimed,reported,!reported")
	for id, x := range all {
		if _, in := got[id]; in != (x.Level == "claimed") {
			t.Errorf("level=claimed,reported,!reported: %s of level %s: %v", id, x.Level, in)
		}
	}
	for _, bad := range []string{"level=!none", "verdict=!none", "act=!nothing", "state=!!report"} {
		if res, body := w.do("GET", "/api/incidents?"+bad, "check", "", nil, nil); res.StatusCode != 422 {
			t.Errorf("%s: %s %s", bad, res.Status, body)
		}
	}
}
