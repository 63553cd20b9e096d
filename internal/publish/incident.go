package publish

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/internal/web"
)

// entry is an entry on a page.
type entry struct {
	ID, What, Made, Author, Leaf, Nothing string
	Index                                 int64
	Facts                                 [][2]string
}

// kinds are entries in words.
var kinds = map[string]string{
	"report@1": "Report", "claim@1": "Claim", "reply@1": "Reply", "incident@1": "Taken as one incident", "merge@1": "Merge", "split@1": "Split", "apart@1": "Held apart",
	"correction@1": "Correction", "dispute@1": "Dispute", "adoption@1": "Adoption", "determination@1": "Determination", "dataset@1": "File of reports", "erasure@1": "Erasure",
}

func kindOf(d *views.Doc) string {
	if w := kinds[d.Kind]; w != "" {
		return w
	}
	return d.Kind
}

func entryOf(d *views.Doc) entry {
	e := entry{ID: d.ID, What: kindOf(d), Made: minute(d.Made), Author: d.Author, Leaf: d.Leaf, Index: d.Index, Nothing: "Its words are not for the public."}
	if d.Erased {
		e.Nothing = "Its words were erased by lawful order."
	}
	if d.Deceives != nil {
		e.Facts = append(e.Facts, [2]string{"look", "words here may look unlike what they say: " + strings.Join(d.Deceives, "; ")})
	}
	var p map[string]any
	if json.Unmarshal(d.Payload, &p) == nil {
		flat(&e.Facts, "", p)
	}
	return e
}

// flat lists the members of a payload; marking, format and type say nothing to a
// reader.
func flat(to *[][2]string, under string, p map[string]any) {
	for _, k := range slices.Sorted(maps.Keys(p)) {
		name := strings.ReplaceAll(k, "_", " ")
		if under != "" {
			name = under + " " + name
		}
		switch v := p[k].(type) {
		case map[string]any:
			if k == "row" {
				name = ""
			}
			flat(to, name, v)
		case string:
			if k != "marking" && k != "format" && v != "" {
				*to = append(*to, [2]string{name, v})
			}
		case nil:
		default:
			b, err := json.Marshal(v)
			if err == nil {
				*to = append(*to, [2]string{name, string(b)})
			}
		}
	}
}

func (p *pages) incidentPages() error {
	daysOf := map[string][]string{}
	for _, d := range p.days {
		for _, x := range d.items {
			daysOf[x.ID] = append(daysOf[x.ID], d.Day)
		}
	}
	for _, x := range p.items {
		in := p.pages[x.ID]
		if in == nil {
			continue
		}
		name := "incidents/" + x.ID + ".html"
		var es []entry
		for _, d := range docsOf(in) {
			es = append(es, entryOf(d))
		}
		days := daysOf[x.ID]
		if err := p.write(name, "incident", struct {
			common
			X        *item
			Facts    [][2]string
			Revised  []revision
			Disputes []views.Dispute
			Entries  []entry
			Days     []string
		}{p.common(p.t.say("Incident")+" "+x.short(), name), x, x.facts(p.t), revisions(x, in), x.Disputes, es, days[:min(len(days), 8)]}); err != nil {
			return err
		}
		if p.t != tongues[0] {
			continue
		}
		if err := p.json("data/incidents/"+x.ID+".json", struct {
			Vector   views.Vector     `json:"vector"`
			Incident web.IncidentItem `json:"incident"`
			Reports  []*views.Doc     `json:"reports"`
			Claims   []*views.Doc     `json:"claims"`
			Others   []*views.Doc     `json:"others"`
			Revised  []views.Finding  `json:"revised"`
			Standing string           `json:"standing"`
		}{p.vector, x.IncidentItem, in.Reports, in.Claims, in.Others, withoutShares(in.Revised), in.Standing}); err != nil {
			return err
		}
	}
	return nil
}

// revision is a finding that came out otherwise later.
type revision struct {
	views.Finding
	Next string // the verdict after it
}

// revisions are the findings whose verdict changed; one that was computed anew with
// the same verdict is none.
func revisions(x *item, in *web.IncidentPage) []revision {
	var out []revision
	for _, f := range in.Revised {
		next := x.verdict(f.Terms, f.Reading)
		for _, g := range in.Revised {
			if g.Terms == f.Terms && g.Reading == f.Reading && g.Since == f.Until {
				next = g.Verdict
			}
		}
		if next == "" {
			next = "not shown"
		}
		if next != f.Verdict {
			out = append(out, revision{f, next})
		}
	}
	return out
}

// withoutShares leaves out shares of findings that do not hold any more: whether
// one was shown is not known here.
func withoutShares(fs []views.Finding) []views.Finding {
	for i := range fs {
		for k := range fs[i].Clauses {
			fs[i].Clauses[k].Share = views.NoShare
		}
	}
	return fs
}

// docsOf are the entries of a page in the order of the log, each once.
func docsOf(in *web.IncidentPage) []*views.Doc {
	ds := slices.Concat(in.Reports, in.Claims, in.Others)
	slices.SortFunc(ds, func(a, b *views.Doc) int { return cmp.Compare(a.Index, b.Index) })
	return slices.CompactFunc(ds, func(a, b *views.Doc) bool { return a.Index == b.Index })
}

// facts are those of an incident that are known and shown.
func (x *item) facts(t *tongue) [][2]string {
	out := [][2]string{{"id", x.ID}, {"state", t.say(x.State)}, {"time (UTC)", x.when(t)}, {"place", x.where(t)}, {"level", t.say(x.Level)}}
	for _, f := range [][2]string{{"who", x.Actor}, {"act", x.Act}, {"outcome", x.Outcome}, {"means", x.Means}, {"target", x.Target}, {"owner", x.Owner}, {"controller", x.Controller}} {
		out = append(out, [2]string{f[0], t.node(f[0], f[1])})
	}
	for _, f := range [][2]string{{"killed", x.Killed}, {"injured", x.Injured}, {"severity", x.Severity}, {"damage", x.Damage}, {"source", x.Source}} {
		if f[1] != "" {
			out = append(out, f)
		}
	}
	if x.Scenarios > 1 {
		out = append(out, [2]string{"ways", t.say("ways in which it may have happened, which exclude each other: %s", x.Scenarios)})
	}
	return out
}

// change is a line of the corrections.
type change struct {
	Index                       int64
	Made, What, ID, Short, Says string
}

// changing are kinds of entries that change what was recorded before.
var changing = []string{"correction@1", "dispute@1", "adoption@1", "merge@1", "split@1", "apart@1", "erasure@1", "determination@1"}

func (p *pages) corrections() error {
	var out []change
	for _, x := range p.items {
		in := p.pages[x.ID]
		if in == nil {
			continue
		}
		for _, d := range docsOf(in) {
			if !slices.Contains(changing, d.Kind) {
				continue
			}
			var w struct{ Title, Says, Reason string }
			json.Unmarshal(d.Payload, &w) // one without these says nothing here
			out = append(out, change{d.Index, minute(d.Made), kindOf(d), x.ID, x.short(), strings.TrimSpace(w.Title + " " + w.Says + " " + w.Reason)})
		}
		for _, f := range revisions(x, in) {
			out = append(out, change{f.Until, "", "Finding revised", x.ID, x.short(), p.t.say("%s %s: %s, before %s", f.Terms, f.Reading, p.t.say(f.Next), p.t.say(f.Verdict))})
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Compare(b.Index, a.Index) })
	return p.write("corrections.html", "corrections", struct {
		common
		Changes []change
		Reports []*issued
	}{p.common(p.t.say("Corrections"), "corrections.html"), out, slices.DeleteFunc(slices.Clone(p.reports), func(r *issued) bool { return len(r.Corrects) == 0 })})
}
