package forms

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/record"
)

func TestBuiltin(t *testing.T) {
	for _, f := range Builtin() {
		for _, lang := range []string{"en", "uk", "ru"} {
			for _, q := range f.Fields {
				if q.Label[lang] == "" {
					t.Errorf("%s %s has no label in %s", Ref(f), q.ID, lang)
				}
				for _, w := range q.Words {
					if w.Label[lang] == "" {
						t.Errorf("%s %s %s has no label in %s", Ref(f), q.ID, w.ID, lang)
					}
				}
			}
		}
	}
}

func form(ref string) *Form {
	for _, f := range Builtin() {
		if Ref(f) == ref {
			return f
		}
	}
	return nil
}

func TestAnswer(t *testing.T) {
	a, faults := Answer(form("field-patrol@1"), map[string]any{"seen-from": "2025-03-20T14:30:00+02:00", "position": "48,5167; 35,0333", "within": 200.0, "what": "explosion", "how-known": "heard", "rounds": "3", "witness": "a woman at the market"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if a.Row["time_start"] != "2025-03-20T12:30:00Z" || a.Row["lat"] != "48.5167" || a.Row["precision_m"] != "200" || a.Row["act"] != "" || a.Fields["what"] != "explosion" || a.Fields["rounds"] != "3" || a.Marking != "restricted" || strings.Join(a.Words, " ") != "what=explosion how-known=heard" {
		t.Errorf("%+v", a)
	}
	_, faults = Answer(form("field-patrol@1"), map[string]any{"seen-from": "yesterday", "what": "fireworks", "rounds": 2.5, "roundz": 2.0, "position": 7.0})
	got := ""
	for _, f := range faults {
		got += f.Error() + "\n"
	}
	for _, want := range []string{"seen-from: expected a time", `what: "fireworks" is not among the words: expected artillery`, "how-known: it must be answered", "rounds: expected a whole number", "roundz: the form field-patrol@1 does not ask this; the nearest is rounds", "position: expected a position"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestCheck(t *testing.T) {
	faults := Check(&Form{ID: "Bad id", Fields: []record.FormField{{ID: "a", Type: "colour", To: "colour"}, {ID: "a", Type: "choice", Label: map[string]string{"en": "x"}, To: "act", Words: []record.FormWord{{ID: "w", Label: map[string]string{"en": "w"}, To: "attack.stryke"}}}}})
	got := ""
	for _, f := range faults {
		got += f.Error() + "\n"
	}
	for _, want := range []string{"id:", "version:", "title:", "fields[0].label", "fields[0].type", "fields[0].to", "fields[1].id", "fields[1].words[0].to: \"attack.stryke\" is no node of act: the nearest is attack.strike"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// TestAnswersStay: what is taken is what was given; no answer makes a fact that its
// form does not say.
func TestAnswersStay(t *testing.T) {
	f := form("access@1")
	value := rapid.OneOf(rapid.Just[any]("denied"), rapid.Just[any]("delayed|denied"), rapid.Just[any](true), rapid.Just[any](7.0), rapid.Just[any]([]any{"mines"}), rapid.Just[any](nil), rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Just[any]("2025-03-20T14:30:00Z"), rapid.Just[any]("48.5, 37"))
	rapid.Check(t, func(t *rapid.T) {
		in := map[string]any{}
		for _, q := range f.Fields {
			in[q.ID] = value.Draw(t, q.ID)
		}
		a, faults := Answer(f, in)
		bad := map[string]bool{}
		for _, x := range faults {
			bad[x.At] = true
		}
		if text, ok := in["text"].(string); ok && strings.TrimSpace(text) != "" && !bad["text"] && a.Row["text"] != text {
			t.Fatalf("%q became %q", text, a.Row["text"])
		}
		if act := a.Row["act"]; act != "" && (in["kind"] != "denied" || act != "obstruct.access") && in["kind"] != "delayed" {
			t.Fatalf("%v became %s", in["kind"], act)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add("what", "drone")
	f.Add("position", "48.5, 37")
	f.Fuzz(func(t *testing.T, field, value string) {
		Answer(form("field-patrol@1"), map[string]any{field: value, "what": value})
	})
}
