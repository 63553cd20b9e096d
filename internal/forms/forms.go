package forms

import (
	"embed"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/truce-project/truce/internal/intake"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

//go:embed data/*.yaml
var data embed.FS

// Form is a version of a form.
type Form = record.FormEntry

// Ref names a version of a form.
func Ref(f *Form) string { return fmt.Sprintf("%s@%d", f.ID, f.Version) }

// Builtin are the forms that come with truce.
var Builtin = sync.OnceValue(func() []*Form {
	names, err := data.ReadDir("data")
	if err != nil {
		panic("forms: " + err.Error())
	}
	var out []*Form
	for _, n := range names {
		b, err := data.ReadFile("data/" + n.Name())
		if err != nil {
			panic("forms: " + err.Error())
		}
		f := &Form{}
		if err := yaml.UnmarshalWithOptions(b, f, yaml.Strict()); err != nil {
			panic("forms: data/" + n.Name() + ": " + err.Error())
		}
		if faults := Check(f); len(faults) > 0 {
			panic(fmt.Sprintf("forms: data/%s: %v", n.Name(), faults))
		}
		out = append(out, f)
	}
	return out
})

// Types are the types of answers.
var Types = strings.Fields("text number integer yes-no choice choices time day position")

// Limits of a form and of answers.
const (
	maxFields = 200
	maxWords  = 500
	maxAnswer = 10_000 // bytes
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Fault is what is wrong with a member.
type Fault struct{ At, Msg string }

func (f Fault) Error() string { return f.At + ": " + f.Msg }

// Check says all that is wrong with a form.
func Check(f *Form) (faults []Fault) {
	bad := func(at, format string, args ...any) {
		faults = append(faults, Fault{at, fmt.Sprintf(format, args...)})
	}
	if !idForm.MatchString(f.ID) {
		bad("id", "%q: expected small letters, digits and -, up to 40", f.ID)
	}
	if f.Version < 1 {
		bad("version", "%d: expected 1 or more", f.Version)
	}
	labels(f.Title, "title", bad)
	if len(f.Fields) == 0 && !f.Retired || len(f.Fields) > maxFields {
		bad("fields", "%d fields: expected 1 to %d", len(f.Fields), maxFields)
	}
	ids, columns := map[string]bool{}, map[string]bool{}
	for i := range f.Fields {
		q := &f.Fields[i]
		at := fmt.Sprintf("fields[%d]", i)
		if !idForm.MatchString(q.ID) || ids[q.ID] {
			bad(at+".id", "%q: expected an id of its own, small letters, digits and -", q.ID)
		}
		ids[q.ID] = true
		labels(q.Label, at+".label", bad)
		if !slices.Contains(Types, q.Type) {
			bad(at+".type", "%q: expected one of %s", q.Type, strings.Join(Types, ", "))
		}
		if q.Marking != "" && !slices.Contains([]string{"public", "parties", "mission", "restricted"}, q.Marking) {
			bad(at+".marking", "%q: expected public, parties, mission or restricted", q.Marking)
		}
		closed := q.Type == "choice" || q.Type == "choices"
		if closed != (len(q.Words) > 0) || len(q.Words) > maxWords {
			bad(at+".words", "%d words: expected 1 to %d of a choice, and none of another type", len(q.Words), maxWords)
		}
		checkTo(q, at, columns, bad)
	}
	return faults
}

func labels(l map[string]string, at string, bad func(string, string, ...any)) {
	if len(l) == 0 {
		bad(at, "it is empty: expected words by language, such as en")
	}
	for lang, text := range l {
		if len(lang) < 2 || len(lang) > 10 || strings.TrimSpace(text) == "" || len(text) > 500 {
			bad(at, "%q: expected a language such as uk, and words", lang)
		}
	}
}

// checkTo checks what a question fills, and what its words mean there.
func checkTo(q *record.FormField, at string, columns map[string]bool, bad func(string, string, ...any)) {
	if q.To != "" {
		if !slices.Contains(intake.Fields(), q.To) || q.To == "date" || q.To == "clock" {
			bad(at+".to", "%q is no column of the incidents file", q.To)
		}
		if columns[q.To] {
			bad(at+".to", "%s is filled by another field", q.To)
		}
		if (q.To == "position") != (q.Type == "position") {
			bad(at+".to", "a position fills position, and nothing else does")
		}
		columns[q.To] = true
	}
	tree := vocab.Core().Tree(q.To)
	ids := map[string]bool{}
	for k, w := range q.Words {
		at := fmt.Sprintf("%s.words[%d]", at, k)
		if !idForm.MatchString(w.ID) || ids[w.ID] {
			bad(at+".id", "%q: expected an id of its own, small letters, digits and -", w.ID)
		}
		ids[w.ID] = true
		labels(w.Label, at+".label", bad)
		if w.To != "" && q.To == "" {
			bad(at+".to", "the field fills no column")
		}
		for _, n := range strings.Split(w.To, "|") {
			if n == "" || tree == nil {
				continue
			}
			if _, ok := tree.Node(n); !ok {
				near := tree.Nearest(n)
				if near != "" {
					near = ": the nearest is " + near
				}
				bad(at+".to", "%q is no node of %s%s", n, tree.Name(), near)
			}
		}
	}
}

// Answered is a form that was filled in.
type Answered struct {
	Row     map[string]string // columns of the incidents file
	Fields  map[string]string // of the form's own
	Words   []string          // of closed vocabularies, FIELD=WORD
	Marking string            // the narrowest of the fields that were answered; "" where none has one
}

// Answer reads answers by a form; faults name fields. Closed questions are answered by
// the ids of words.
func Answer(f *Form, answers map[string]any) (*Answered, []Fault) {
	out := &Answered{Row: map[string]string{}, Fields: map[string]string{}}
	var faults []Fault
	known := map[string]bool{}
	if f.Retired {
		faults = append(faults, Fault{"", "the form " + Ref(f) + " is retired: no report is made by it any more"})
	}
	for i := range f.Fields {
		q := &f.Fields[i]
		known[q.ID] = true
		v, there := answers[q.ID]
		if s, ok := v.(string); !there || v == nil || ok && strings.TrimSpace(s) == "" {
			if q.Required {
				faults = append(faults, Fault{q.ID, "it must be answered: " + q.Label["en"]})
			}
			continue
		}
		text, err := read(q, v)
		if err != nil {
			faults = append(faults, Fault{q.ID, err.Error()})
			continue
		}
		out.put(q, text)
	}
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		if !known[id] {
			near := ""
			if n := vocab.Nearest(id, slices.Collect(maps.Keys(known))); n != "" {
				near = "; the nearest is " + n
			}
			faults = append(faults, Fault{id, "the form " + Ref(f) + " does not ask this" + near})
		}
	}
	return out, faults
}

// order of markings, from open to closed.
var order = []string{"", "public", "parties", "mission", "restricted"}

func (a *Answered) put(q *record.FormField, text string) {
	if q.Type == "choice" || q.Type == "choices" || q.Type == "yes-no" {
		for _, w := range strings.Split(text, "|") {
			a.Words = append(a.Words, q.ID+"="+w)
		}
	}
	if slices.Index(order, q.Marking) > slices.Index(order, a.Marking) {
		a.Marking = q.Marking
	}
	switch q.To {
	case "":
		a.Fields[q.ID] = text
	case "position":
		a.Row["lat"], a.Row["lon"], _ = strings.Cut(text, ",")
	default:
		a.Row[q.To] = text
		if q.Type == "choice" || q.Type == "choices" {
			a.Row[q.To] = meaning(q, text)
			a.Fields[q.ID] = text // the word, which may say more than the column
		}
	}
}

// meaning is what chosen words say in a column; where one leaves it open, so is the
// whole.
func meaning(q *record.FormField, text string) string {
	var out []string
	for _, id := range strings.Split(text, "|") {
		i := slices.IndexFunc(q.Words, func(w record.FormWord) bool { return w.ID == id })
		if i < 0 || q.Words[i].To == "" {
			return ""
		}
		for _, n := range strings.Split(q.Words[i].To, "|") {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return strings.Join(out, "|")
}

// read reads an answer into text.
func read(q *record.FormField, v any) (string, error) {
	s, isText := v.(string)
	n, isNumber := v.(float64)
	if len(s) > maxAnswer {
		return "", fmt.Errorf("%d bytes: expected at most %d", len(s), maxAnswer)
	}
	switch q.Type {
	case "text":
		if isText {
			return s, nil
		}
		return "", fmt.Errorf("expected a text")
	case "number", "integer":
		if isText {
			f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			if n, isNumber = f, err == nil; !isNumber {
				return "", fmt.Errorf("%q is no number", s)
			}
		}
		if !isNumber || math.IsNaN(n) || math.IsInf(n, 0) || q.Type == "integer" && n != math.Trunc(n) {
			return "", fmt.Errorf("expected %s", map[string]string{"number": "a number", "integer": "a whole number"}[q.Type])
		}
		return strconv.FormatFloat(n, 'f', -1, 64), nil
	case "yes-no":
		if b, ok := v.(bool); ok {
			s = map[bool]string{true: "yes", false: "no"}[b]
		}
		if s != "yes" && s != "no" {
			return "", fmt.Errorf("expected yes or no (true or false); what is not known is not answered")
		}
		return s, nil
	case "choice", "choices":
		return chosen(q, v)
	case "time":
		if i, err := when.ParseRFC3339(s); err == nil && isText {
			return i.RFC3339(), nil
		}
		return "", fmt.Errorf("expected a time with its offset, such as 2025-03-20T14:30:00+02:00")
	case "day":
		if _, err := time.Parse(time.DateOnly, s); len(s) == 10 && err == nil {
			return s, nil
		}
		return "", fmt.Errorf("expected a day such as 2025-03-20")
	}
	lat, lon, err := intake.Position(s)
	if err != nil || !isText {
		return "", fmt.Errorf("expected a position such as 48.5167, 35.0333")
	}
	return strconv.FormatFloat(lat, 'f', -1, 64) + "," + strconv.FormatFloat(lon, 'f', -1, 64), nil
}

// chosen reads one word, or several.
func chosen(q *record.FormField, v any) (string, error) {
	var ids []string
	switch x := v.(type) {
	case string:
		ids = strings.Split(x, "|")
	case []any:
		for _, e := range x {
			id, _ := e.(string)
			ids = append(ids, id)
		}
	}
	var known []string
	for _, w := range q.Words {
		known = append(known, w.ID)
	}
	if len(ids) == 0 || q.Type == "choice" && len(ids) != 1 {
		return "", fmt.Errorf("expected one of %s", strings.Join(known, ", "))
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return "", fmt.Errorf("%q is not among the words: expected %s", id, strings.Join(known, ", "))
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), "|"), nil
}
