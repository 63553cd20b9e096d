package publish

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/truce-project/truce/rights"
)

// sealed adds what must not be seen: at a sealed site of a party, with damage,
// people and an exact minute and place; the same with one field kept for the
// mission; and one of each other marking.
func (w *world) sealed() {
	row := func(more map[string]string) map[string]string {
		r := map[string]string{"time_start": "2025-03-20T02:13:31Z", "time_end": "2025-03-20T02:13:51Z", "lat": "50.04731", "lon": "36.22884", "precision_m": "50", "act": "attack.strike.drone",
			"target": "energy.power.line.transmission", "damage": "AT-2 destroyed, AT-1 works", "text": "Lozova burns brightly"}
		maps.Copy(r, more)
		return r
	}
	const made = "2025-03-21T08:00:00Z"
	w.add("report@1", made, map[string]any{"marking": "public", "format": "truce", "source": "told by Olena Petrenko", "row": row(map[string]string{"site": "site-0017"})})
	w.add("report@1", made, map[string]any{"marking": "public", "format": "truce", "note": "crew 4 from 6 o'clock", "row": row(nil)})
	w.add("report@1", made, map[string]any{"marking": "public", "format": "truce", "markings": map[string]string{"act": "mission"}, "row": row(map[string]string{"act": "attack.sabotage.demolition", "time_start": "2025-03-20T12:07Z", "time_end": ""})})
	for _, m := range []string{"parties", "mission", "restricted"} {
		w.add("report@1", made, map[string]any{"marking": m, "format": "truce", "source": "Iryna Koval, a witness", "row": row(map[string]string{"text": "only for " + m, "killed": "17"})})
	}
	w.add("note@1", made, map[string]any{"party": "UA", "note": "we fear for site-0017"})
	w.follow()
}

// secrets are all strings of the record that are not for the public: words in
// entries or fields that are marked closer, and words of classes that the public
// never sees as they are. What stands in a public place too is no secret.
func (w *world) secrets() []string {
	w.t.Helper()
	table := rights.Default()
	secret, open := map[string]bool{}, []string{}
	w.payloads(func(kind, id string, p map[string]any) {
		b, err := json.Marshal(p)
		if err != nil {
			w.t.Fatal(err)
		}
		d, _ := table.DocumentOf(kind, id, b)
		for _, f := range d.Fields {
			rule, known := table.Fields[f.Name]
			m := d.Marking
			if f.Marking != "" {
				m = rights.Narrower(m, f.Marking)
			}
			closed := !known || rights.Narrower(m, rule.Marking) != rights.ForPublic
			switch rule.Class {
			case "text":
				closed = closed || d.Thing != "terms"
			case "point", "time":
				closed = closed || d.Thing != "terms"
			}
			var v any
			if json.Unmarshal([]byte(f.Raw), &v) != nil {
				v = f.Value
			}
			each(v, func(s string) {
				if closed {
					secret[s] = true
				} else {
					open = append(open, s)
				}
			})
		}
	})
	all := strings.Join(open, "\n")
	var out []string
	for s := range secret {
		if len(s) >= 5 && !known.MatchString(s) && !strings.Contains(all, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

// known are strings that say nothing: ids, hashes, days, nodes of trees, roles and
// words of the format; numbers of one decimal, which places of cells have too; areas
// of the first level; what the record, the program and kinds of entries are called.
var known = regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{26}(\.\d+)?|[0-9a-f]{32,64}|\d{4}-\d\d-\d\d|[a-z]+([.|-][a-z0-9-]+)*(\|[a-z.-]+)*|\d+|\d+\.\d?0*|area:[A-Z]{2}-[0-9A-Z]+(\|[A-Z]{2}-[0-9A-Z]+)*|demo\.truce\.example/story|truce-judge/1|2025c|[a-z-]+@\d+)$`)

func each(v any, f func(string)) {
	switch x := v.(type) {
	case string:
		f(x)
	case []any:
		for _, y := range x {
			each(y, f)
		}
	case map[string]any:
		for _, y := range x {
			each(y, f)
		}
	}
}

// drawn are corners of what is drawn: hundreds of numbers, some of which look like those
// of any place.
var drawn = regexp.MustCompile(`<coordinates>[^<]*</coordinates>`)

// TestNothingLeaks: no string of the record that is not for the public is in any
// byte of the site, its log included.
func TestNothingLeaks(t *testing.T) {
	w := newWorld(t)
	w.sealed()
	secrets := w.secrets()
	for _, s := range []string{"told by Olena Petrenko", "Lozova burns brightly", "site-0017", "crew 4 from 6 o'clock", "AT-2 destroyed, AT-1 works", "2025-03-20T02:13:31Z", "50.04731", "only for mission"} {
		if s != "site-0017" && !slices.Contains(secrets, s) {
			t.Errorf("%q is not looked for", s)
		}
	}
	if len(secrets) < 300 {
		t.Errorf("%d secrets: what is tested is that there are none", len(secrets))
	}
	secrets = append(secrets, "site-0017", "Petrenko", "Koval", "AT-2", "crew 4", "02:13:31", "02:13:51", "T12:07", "50.047", "36.228", "demolition.", "only for")
	s := w.make(Rules{})
	for _, name := range slices.Sorted(maps.Keys(s.Files)) {
		b := string(s.Files[name])
		if name == ListName || name == NoteName || strings.Contains("/"+name, "/terms/") {
			continue // hashes; texts, which are compared with themselves
		}
		if strings.HasPrefix(name, "maps/") {
			continue // pixels, drawn of the places that are in data/
		}
		if strings.HasSuffix(name, ".kml") { // corners of rings that are drawn round cells
			b = drawn.ReplaceAllString(b, "")
		}
		for _, x := range secrets {
			if i := strings.Index(b, x); i >= 0 {
				t.Errorf("%q is in %s: %q", x, name, b[max(0, i-60):min(len(b), i+len(x)+30)])
			}
		}
	}
	if n := strings.Count(string(s.Files["data/incidents.csv"]), "\n"); n < 300 {
		t.Errorf("%d lines: what is tested is that nothing is shown", n)
	}
}

// testRulesOnlyTakeAway: with any rule, what is shown is a part of what is shown
// without, nothing newer than the delay is in it, and nothing under embargo.
func testRulesOnlyTakeAway(t *testing.T, w *world) {
	whole := w.shown(Rules{})
	now := time.Date(2025, 4, 3, 12, 0, 0, 0, time.UTC)
	cut := now.Add(-72 * time.Hour)
	late := w.shown(Rules{Now: now, Delay: 72 * time.Hour})
	if len(late.ids) == 0 || len(late.ids) >= len(whole.ids) {
		t.Fatalf("%d of %d shown", len(late.ids), len(whole.ids))
	}
	for id, x := range late.ids {
		if whole.ids[id] == nil {
			t.Errorf("%s is shown by a rule alone", id)
		}
		for _, s := range []string{x.TimeStart, x.TimeEnd} {
			if at, err := time.Parse(time.RFC3339, s); err == nil && at.After(cut) {
				t.Errorf("%s may have happened at %s", id, s)
			}
		}
	}
	made := regexp.MustCompile(`"made": "([^"]+)"`)
	for name, b := range late.site.Files {
		for _, m := range made.FindAllStringSubmatch(string(b), -1) {
			if at, err := time.Parse(time.RFC3339, m[1]); err != nil || at.After(cut) {
				t.Errorf("%s has an entry made %s", name, m[1])
			}
		}
	}
	if late.site.Files["terms/easter-2025.html"] != nil || strings.Contains(string(late.site.Files["data/findings.csv"]), "easter-2025") {
		t.Error("a text of 19 April is shown")
	}
	if got := late.site.Left.Delayed + len(late.ids); got != len(whole.ids) {
		t.Errorf("%d shown or delayed, of %d", got, len(whole.ids))
	}
	e, err := ParseEmbargo("target=energy@2025-04-05")
	if err != nil {
		t.Fatal(err)
	}
	kept := w.shown(Rules{Now: now, Embargo: []Embargo{e}})
	if len(kept.ids) == 0 {
		t.Error("nothing is shown")
	}
	for id, x := range kept.ids {
		if x.Target == "" || strings.Contains(x.Target, "energy") {
			t.Errorf("%s is shown with the target %q", id, x.Target)
		}
	}
	if after := w.shown(Rules{Now: e.Until, Embargo: []Embargo{e}}); len(after.ids) != len(whole.ids) {
		t.Errorf("%d shown after the embargo, of %d", len(after.ids), len(whole.ids))
	}
	for _, x := range whole.ids {
		if x.Radio == "" {
			continue
		}
		one, err := ParseEmbargo("id=" + strings.ToLower(x.Radio) + "@2025-04-05T06:00:00Z")
		if err != nil {
			t.Fatal(err)
		}
		astray := mustEmbargo(t, "id=XXX-0000@2025-04-05")
		s := w.shown(Rules{Now: now, Embargo: []Embargo{one, astray}})
		if s.ids[x.ID] != nil || len(s.ids) != len(whole.ids)-1 {
			t.Errorf("%s is under embargo; %d shown", x.Radio, len(s.ids))
		}
		if idle := s.site.Left.Idle; len(idle) != 1 || idle[0] != astray.text {
			t.Errorf("embargoes that keep nothing back: %q", idle)
		}
		for name, b := range s.site.Files {
			if strings.Contains(string(b), x.Radio) || strings.Contains(string(b), "XXX-0000") {
				t.Errorf("%s names %s", name, x.Radio)
			}
		}
		break
	}
}

type shownBy struct {
	site *Site
	ids  map[string]*item
}

func (w *world) shown(r Rules) shownBy {
	w.t.Helper()
	o := Options{Ask: w.ask, Rules: r, Record: w.dir, Version: "test"}
	g, err := gather(w.t.Context(), w.ask, &r)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := g.make(w.t.Context(), &o)
	if err != nil {
		w.t.Fatal(err)
	}
	out := shownBy{s, map[string]*item{}}
	for _, x := range g.items {
		out.ids[x.ID] = x
	}
	return out
}

func TestEmbargoes(t *testing.T) {
	for s, want := range map[string]string{
		"target=energy":                    "no end",
		"target=energy@tomorrow":           "no time",
		"@2025-04-01":                      "no filter",
		"site=1@2025-04-01":                "there is no filter",
		"target=@2025-04-01":               "empty",
		"id=A&target=energy@2025-04-01":    "alone",
		"target=energy@2025-04-01T06:00Z0": "no time",
	} {
		if _, err := ParseEmbargo(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", s, err)
		}
	}
}
