package notify

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// TestKeptForFewer: a finding of an incident of which a fact is kept for fewer is
// told to nobody else, and one at a sealed site without its place and words.
func TestKeptForFewer(t *testing.T) {
	n := &Notifier{table: rights.Default()}
	lat, lon, r := 50.04731, 36.22884, 50.0
	v := &views.Version{Incident: views.Incident{ID: "x", Marking: views.Parties, TimeStart: "2025-03-20T02:14:00Z", TimeEnd: "2025-03-20T02:15:00Z", Lat: &lat, Lon: &lon, PrecisionM: &r, Act: "attack.strike.drone", Title: "Lozova"}}
	f := &views.Finding{Result: views.Result{Verdict: "breach"}}
	delegate := Sees{Role: rights.Delegate, Party: "ALFA"}
	if told, ok := n.tell(delegate, v, f); !ok || told.Coarse || told.Facts["title"] != "Lozova" {
		t.Errorf("%+v %v", told, ok)
	}
	v.Narrowed.Site = true
	if told, ok := n.tell(delegate, v, f); !ok || !told.Coarse || told.Facts["title"] != "" || strings.Contains(told.Facts["place"], "50.047") {
		t.Errorf("a sealed site: %+v %v", told, ok)
	}
	v.Narrowed.Fields = map[string]views.Marking{"act": views.Mission}
	if told, ok := n.tell(delegate, v, f); ok {
		t.Errorf("an act that is kept for the mission: %+v", told)
	}
	if _, ok := n.tell(Sees{Role: rights.Verifier}, v, f); !ok {
		t.Error("the mission is not told")
	}
}
