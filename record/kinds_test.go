package record

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"regexp"
	"testing"

	"pgregory.net/rapid"
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

// TestForms: the checks by hand accept what these patterns do.
func TestForms(t *testing.T) {
	for _, x := range []struct {
		form     string
		is       func(string) bool
		alphabet string
	}{
		{`^[a-z][a-z0-9-]{0,40}@[1-9][0-9]{0,3}$`, isKind, "ab@-09A\x00"},
		{`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`, isULID, "078AHIJLOUZa\xff"},
		{`^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}$`, isType, "a/z.+-A0"},
	} {
		form := regexp.MustCompile(x.form)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom([]rune(x.alphabet)), 0, 130, -1), rapid.StringMatching(x.form), rapid.StringOfN(rapid.SampledFrom([]rune("0AZ")), 26, 26, -1)).Draw(t, "s")
			if x.is(s) != form.MatchString(s) {
				t.Fatalf("%q: %v", s, x.is(s))
			}
		})
	}
}

// TestKinds: every kind has a name that an envelope takes, relations that exist,
// words for every member, and an example that is read back as it was.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds {
		if !isKind(k.Name) || seen[k.Name] || k.Says == "" {
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
