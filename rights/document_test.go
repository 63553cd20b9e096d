package rights

import (
	"strings"
	"testing"

	"github.com/truce-project/truce/record"
)

// TestKindsKnown: every kind of entry that there is has a row.
func TestKindsKnown(t *testing.T) {
	for _, k := range record.Kinds {
		if _, known := Default().Kinds[k.Name]; !known {
			t.Errorf("kinds.csv has no row for %s: it is restricted", k.Name)
		}
	}
}

// TestDocumentOf: what a payload says of its rights, and what is restricted
// because it says nothing that can be read.
func TestDocumentOf(t *testing.T) {
	for _, x := range []struct {
		kind, payload string
		thing         string
		marking       Marking
		party         string
		fields        string // name=value/marking
		problem       bool
	}{
		{"report@1", `{"format":"truce","row":{"act":"x","from":"2030-03-07T02:14Z"},"source":"p4"}`, "report", ForMission, "", "format=truce/ act=x/ from=2030-03-07T02:14Z/ source=p4/", false},
		{"report@1", `{"marking":"public","markings":{"act":"restricted"},"facts":{"act":"x"}}`, "report", ForPublic, "", "act=x/restricted", false},
		{"report@1", `{"marking":"secret","row":{}}`, "report", Restricted, "", "", false},
		{"report@1", `{"marking":"","row":{}}`, "report", Restricted, "", "", false},
		{"report@1", `{"marking":7}`, "report", Restricted, "", "", true},
		{"report@1", `{"markings":{"act":"all"},"row":{"act":"x"}}`, "report", ForMission, "", "act=x/restricted", false},
		{"note@1", `{"note":"n","party":"ALFA"}`, "note", Restricted, "ALFA", "note=n/", false},
		{"tomorrow@1", `{"n":3,"to":["a","b"]}`, "evidence", Restricted, "", "n=3/ to=a, b/", false},
		{"report@1", `[]`, "report", ForMission, "", "", true},
	} {
		d, err := Default().DocumentOf(x.kind, "ID", []byte(x.payload))
		var fs []string
		for _, f := range d.Fields {
			fs = append(fs, f.Name+"="+f.Value+"/"+string(f.Marking))
		}
		if d.Thing != x.thing || d.Marking != x.marking || d.Party != x.party || strings.Join(fs, " ") != x.fields || (err != nil) != x.problem {
			t.Errorf("%s %s: %+v %q %v", x.kind, x.payload, d.Object, fs, err)
		}
	}
}

// TestExplainDocument: of every field it is said what becomes of it.
func TestExplainDocument(t *testing.T) {
	got := strings.Join(Default().ExplainDocument(Who{}, sealedSite), "\n")
	for _, want := range []string{"The public may read an incident", "act: as it is", "place: coarse, as 50.1,36.2 ±19 km", "witness: left out (name, for restricted): No rule allows it", "a_field_of_tomorrow: left out"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if got := Default().ExplainDocument(Who{}, noteOfAlfa); strings.Contains(strings.Join(got, ""), "note:") {
		t.Errorf("fields of what is not seen: %q", got)
	}
}

// FuzzDocumentOf: a payload that cannot be read is never wider than its kind, and
// no field comes out wider than the table says.
func FuzzDocumentOf(f *testing.F) {
	f.Add([]byte(`{"marking":"public","markings":{"act":"restricted"},"row":{"act":"x"},"facts":{"witness":"y"}}`))
	f.Add([]byte(`{"row":{"row":{"row":1}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Default().DocumentOf("report@1", "ID", b)
		if err != nil && Narrower(d.Marking, ForMission) != d.Marking {
			t.Fatalf("%s: %v", d.Marking, err)
		}
		seen, _, _, _ := Default().Redact(Who{}, d)
		for _, x := range seen.Fields {
			if r, known := Default().Fields[x.Name]; !known || r.Marking != ForPublic || d.Marking != ForPublic {
				t.Fatalf("the public sees %+v", x)
			}
		}
	})
}
