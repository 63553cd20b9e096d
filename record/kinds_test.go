package record

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "write docs/kinds.md")

// TestKindsPage: docs/kinds.md is what the code says.
func TestKindsPage(t *testing.T) {
	const page = "../docs/kinds.md"
	want := KindsPage()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != want {
		t.Errorf("docs/kinds.md is not what record/kinds.go says: go test ./record -run Kinds -update (%v)", err)
	}
}

// TestKinds: every kind has a name that an envelope takes, relations that exist,
// words for every member, and an example that is read back as it was.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds {
		if !kindForm.MatchString(k.Name) || seen[k.Name] || k.Says == "" {
			t.Errorf("%s: not a name, or twice, or it says nothing", k.Name)
		}
		seen[k.Name] = true
		for _, r := range k.Refs {
			if !relations[r] {
				t.Errorf("%s: relation %s", k.Name, r)
			}
		}
		v := reflect.ValueOf(k.Payload)
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Tag.Get("json") == "" || f.Tag.Get("doc") == "" {
				t.Errorf("%s: member %s has no name or no words", k.Name, f.Name)
			}
		}
		b, err := json.Marshal(k.Payload)
		if err != nil {
			t.Fatal(err)
		}
		again := reflect.New(v.Type())
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(again.Interface()); err != nil || !reflect.DeepEqual(again.Elem().Interface(), k.Payload) {
			t.Errorf("%s: %s is read as %+v (%v)", k.Name, b, again.Elem().Interface(), err)
		}
		if got, ok := KindOf(k.Name); !ok || got.Name != k.Name {
			t.Errorf("%s is not found", k.Name)
		}
	}
	if _, ok := KindOf("unheard-of@1"); ok {
		t.Error("a kind that nobody has heard of is known")
	}
}
