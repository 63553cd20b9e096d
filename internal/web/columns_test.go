package web

import (
	"fmt"
	"strings"
	"testing"
)

// TestColumnsOfAReport: a column that is none is named with the nearest, beside the
// other faults; nothing is recorded of which a part would be read by nothing.
func TestColumnsOfAReport(t *testing.T) {
	w := newWorld(t, nil)
	for row, want := range map[string][]string{
		`{"time_strat":"2025-03-20T20:20Z","act":"attack.strike"}`:  {"body.row.time_strat", "the nearest is time_start"},
		`{"from":"2025-03-20T20:20Z","act":"attack.strik"}`:         {"body.row.from", "it is no column: expected one of id, scenario", "did you mean attack.strike?", "2 things to mend"},
		`{"Time_Start":"2025-03-20T20:20Z","act":"attack.strike"}`:  nil,
		`{"time_start":"2025-03-20T20:20Z","station":"S1","id":""}`: nil,
	} {
		body := fmt.Sprintf(`{"id":%q,"row":%s}`, ulid(700+len(row)), row)
		r, text := w.do("POST", "/api/reports", "anna", "application/json", []byte(body), nil)
		if status := r.StatusCode; want == nil && status != 201 || want != nil && status != 422 {
			t.Errorf("%s: %d %s", row, status, text)
		}
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s: not said: %s\n%s", row, s, text)
			}
		}
	}
}

// TestFindingThatNobodyCanCheck: a finding that names no text and no data set would
// make the record fail every check from then on.
func TestFindingThatNobodyCanCheck(t *testing.T) {
	w := newWorld(t, nil)
	body := fmt.Sprintf(`{"id":%q,"kind":"finding@1","payload":{"incident":"R-17","terms":"halt","terms_digest":"56","engine":"truce-judge/1","tzdata":"2025b","verdicts":{"text":"breach"},"findings":"6b"}}`, ulid(760))
	r, text := w.do("POST", "/api/entries", "borys", "application/json", []byte(body), nil)
	if r.StatusCode != 422 || !strings.Contains(text, "body.refs") {
		t.Errorf("%d %s", r.StatusCode, text)
	}
}
