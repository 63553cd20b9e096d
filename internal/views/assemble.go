package views

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/vocab"
)

// Vocabulary is the trees that rows are read by; it is read once.
var Vocabulary = sync.OnceValue(vocab.Core)

// ReadRow reads the row of a report: columns as they arrived, in a format of
// docs/formats.md. What could not be read is in the summary's problems.
func ReadRow(format string, row map[string]string) (*evidence.Incident, []feeds.Problem, error) {
	return readRow(format, row, feeds.Options{})
}

// CheckRow is ReadRow for who asks what keeps a row from being read: its place is not
// held against its text.
func CheckRow(format string, row map[string]string) (*evidence.Incident, []feeds.Problem, error) {
	return readRow(format, row, feeds.Options{Readable: true})
}

func readRow(format string, row map[string]string, opt feeds.Options) (*evidence.Incident, []feeds.Problem, error) {
	if format == "" {
		format = "truce"
	}
	opt.As, opt.Vocabulary = format, Vocabulary()
	if format == "truce" { // by these columns the format is known; empty ones are unknown
		row = withColumns(row, "time_start", "act", "target")
	}
	var in *evidence.Incident
	sum, err := feeds.ReadRow("report", row, opt, func(x *evidence.Incident) error {
		if in == nil {
			in = x
		}
		return nil
	})
	return in, sum.Problems, err
}

// withColumns is a row that has these columns, empty where it had none. Names are not
// case-sensitive.
func withColumns(row map[string]string, columns ...string) map[string]string {
	has := func(c string) bool { _, ok := row[c]; return ok }
	if !slices.ContainsFunc(columns, func(c string) bool { return !has(c) }) {
		return row
	}
	here := map[string]bool{}
	for c := range row {
		here[strings.ToLower(strings.TrimSpace(c))] = true
	}
	row = maps.Clone(row)
	for _, c := range columns {
		if !here[c] {
			row[c] = ""
		}
	}
	return row
}

// kinds of entry that this file tells apart.
const (
	kindReport        = "report@1"
	kindIncident      = "incident@1"
	kindMerge         = "merge@1"
	kindSplit         = "split@1"
	kindApart         = record.KindApart
	kindClaim         = "claim@1"
	kindCorrection    = "correction@1"
	kindDispute       = "dispute@1"
	kindAdoption      = "adoption@1"
	kindDataset       = "dataset@1"
	kindCommitment    = "commitment@1"
	kindTerms         = "terms@1"
	kindDetermination = "determination@1"
)

// assembler puts incidents together from documents.
type assembler struct{ r Reads }

// linked is the incident entries that merges lead to from an incident, in the
// order of the log, and these merges.
func (a assembler) linked(id string) (members, merges []*Doc, err error) {
	seen, todo := map[string]bool{id: true}, []string{id}
	used := map[string]bool{}
	for len(todo) > 0 {
		d, err := a.r.Doc(todo[0])
		if err != nil {
			return nil, nil, err
		}
		if d == nil || d.Kind != kindIncident {
			todo = todo[1:]
			continue
		}
		members = append(members, d)
		by, err := a.r.Pointing(string(record.Merges), todo[0])
		if err != nil {
			return nil, nil, err
		}
		todo = todo[1:]
		for _, m := range by {
			undone, err := a.undone(m)
			if err != nil {
				return nil, nil, err
			}
			if m.Kind != kindMerge || undone || used[m.ID] {
				continue
			}
			used[m.ID] = true
			merges = append(merges, m)
			for _, x := range m.ref(record.Merges) {
				if !seen[x] {
					seen[x] = true
					todo = append(todo, x)
				}
			}
		}
	}
	byIndex(members)
	byIndex(merges)
	return members, merges, nil
}

func byIndex(ds []*Doc) { sort.Slice(ds, func(i, k int) bool { return ds[i].Index < ds[k].Index }) }

func (a assembler) undone(merge *Doc) (bool, error) {
	by, err := a.r.Pointing(string(record.Splits), merge.ID)
	for _, s := range by {
		if s.Kind == kindSplit {
			return true, err
		}
	}
	return false, err
}

// reports are those that the members name, and those that name a member, in the
// order of the log.
func (a assembler) reports(members []*Doc) ([]*Doc, error) {
	var out []*Doc
	seen := map[string]bool{}
	add := func(d *Doc) {
		if d != nil && d.Kind == kindReport && !seen[d.ID] {
			seen[d.ID] = true
			out = append(out, d)
		}
	}
	for _, m := range members {
		for _, id := range m.ref(record.About) {
			d, err := a.r.Doc(id)
			if err != nil {
				return nil, err
			}
			add(d)
		}
		by, err := a.r.Pointing(string(record.About), m.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range by {
			add(d)
		}
	}
	byIndex(out)
	return out, nil
}

// incidentsOf are the incidents that an entry belongs to, by the id of the first
// of their members; a report that belongs to none is one by itself.
func (a assembler) incidentsOf(d *Doc) ([]string, error) {
	switch d.Kind {
	case kindIncident:
		members, _, err := a.component(d.ID)
		if err != nil || len(members) == 0 {
			return nil, err
		}
		return []string{members[0].ID}, nil
	case kindReport:
		in, err := a.holders(d)
		if err != nil || len(in) == 0 {
			return []string{d.ID}, err
		}
		var out []string
		for _, m := range in {
			of, err := a.incidentsOf(m)
			if err != nil {
				return nil, err
			}
			out = append(out, of...)
		}
		slices.Sort(out)
		return slices.Compact(out), nil
	case kindClaim, kindDetermination, kindCorrection, kindDispute:
		var out []string
		about := d.ref(record.About)
		if d.Root != "" {
			about = []string{d.Root}
		}
		for _, id := range about {
			x, err := a.r.Doc(id)
			if err != nil {
				return nil, err
			}
			if x == nil || x.Index >= d.Index { // so that there is no circle
				continue
			}
			of, err := a.incidentsOf(x)
			if err != nil {
				return nil, err
			}
			out = append(out, of...)
		}
		slices.Sort(out)
		return slices.Compact(out), nil
	}
	return nil, nil
}

// holders are the incident entries that a report is of.
func (a assembler) holders(report *Doc) ([]*Doc, error) {
	by, err := a.r.Pointing(string(record.About), report.ID)
	if err != nil {
		return nil, err
	}
	var out []*Doc
	for _, d := range by {
		if d.Kind == kindIncident {
			out = append(out, d)
		}
	}
	for _, id := range report.ref(record.About) {
		d, err := a.r.Doc(id)
		if err != nil {
			return nil, err
		}
		if d != nil && d.Kind == kindIncident {
			out = append(out, d)
		}
	}
	return out, nil
}

// changes are the facts that corrections and adopted disputes put into the place
// of an entry's own, and what is told of them.
func (a assembler) changes(d *Doc, v *Incident) (map[string]string, error) {
	by, err := a.r.ByRoot(d.ID)
	if err != nil {
		return nil, err
	}
	facts := map[string]string{}
	for _, c := range by {
		var p record.CorrectionEntry
		c.read(&p)
		// What only contradicts changes no fact and hides none: otherwise whoever may
		// dispute could take an incident out of sight.
		if c.Kind == kindCorrection && c.same(d) { // by anybody else it is a dispute
			v.Marking = Closer(v.Marking, c.Marking)
			v.narrow(c)
			v.Corrections = append(v.Corrections, c.ID)
			maps.Copy(facts, p.Facts)
			continue
		}
		x := Dispute{Entry: c.ID, Of: d.ID, Status: "open"}
		if x.Status, x.By, err = a.settled(c, d); err != nil {
			return nil, err
		}
		if x.Status == "adopted" {
			v.Marking = Closer(v.Marking, c.Marking)
			v.narrow(c)
			maps.Copy(facts, p.Facts)
		}
		v.Disputes = append(v.Disputes, x)
	}
	return facts, nil
}

// settled says what became of a dispute: the last adoption of it, or of what it
// disputes, decides.
func (a assembler) settled(dispute, of *Doc) (status, by string, err error) {
	last := int64(-1)
	status = "open"
	for _, x := range []struct{ id, status string }{{dispute.ID, "adopted"}, {of.ID, "rejected"}} {
		ds, err := a.r.Pointing(string(record.Adopts), x.id)
		if err != nil {
			return "", "", err
		}
		for _, d := range ds {
			if d.Kind == kindAdoption && d.Index > dispute.Index && d.Index > last {
				last, status, by = d.Index, x.status, d.ID
			}
		}
	}
	return status, by, nil
}

// assemble puts an incident together; nil where there is none by that id (any
// more): a report that an incident holds, an incident that was merged into an
// earlier one.
func (a assembler) assemble(id string) (*Incident, *evidence.Incident, error) {
	d, err := a.r.Doc(id)
	if err != nil || d == nil {
		return nil, nil, err
	}
	v := &Incident{ID: id, Marking: Public}
	overlay := map[string]string{}
	var reports []*Doc
	switch d.Kind {
	case kindReport:
		in, err := a.holders(d)
		if err != nil || len(in) > 0 {
			return nil, nil, err
		}
		v.State, reports = "report", []*Doc{d}
	case kindIncident:
		members, merges, refused, err := a.parted(id)
		if err != nil || members[0].ID != id {
			return nil, nil, err
		}
		v.State = "incident"
		for _, m := range members {
			if err := a.member(m, v, overlay); err != nil {
				return nil, nil, err
			}
		}
		for _, m := range merges {
			v.Merges = append(v.Merges, m.ID)
		}
		for _, m := range refused {
			v.Notes = append(v.Notes, "merge "+m.ID+" does not count, while two of what it would make one are held apart")
		}
		if reports, err = a.reports(members); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, nil
	}
	in := &evidence.Incident{ID: id}
	if err := a.gather(in, v, reports, overlay); err != nil {
		return nil, nil, err
	}
	if err := a.beside(v); err != nil {
		return nil, nil, err
	}
	if v.Apart, err = a.apartOf(v); err != nil {
		return nil, nil, err
	}
	v.tell(in)
	return v, in, nil
}

// member takes an incident entry into the view.
func (a assembler) member(m *Doc, v *Incident, overlay map[string]string) error {
	var p record.IncidentEntry
	m.read(&p)
	v.Members = append(v.Members, m.ID)
	v.Marking = Closer(v.Marking, m.Marking)
	v.narrow(m)
	if m.Erased {
		v.Erased++
	}
	if v.Title == "" {
		v.Title = p.Title
	}
	maps.Copy(overlay, p.Facts)
	facts, err := a.changes(m, v)
	maps.Copy(overlay, facts)
	return err
}

// beside lists claims and determinations about the incident and its reports.
func (a assembler) beside(v *Incident) error {
	for _, id := range append(slices.Clone(v.Members), v.Reports...) {
		by, err := a.r.Pointing(string(record.About), id)
		if err != nil {
			return err
		}
		for _, d := range by {
			switch {
			case d.Kind == kindClaim && !slices.Contains(v.Claims, d.ID):
				v.Claims = append(v.Claims, d.ID)
			case d.Kind == kindDetermination && !slices.Contains(v.Determinations, d.ID):
				v.Determinations = append(v.Determinations, d.ID)
			}
		}
	}
	return nil
}

// gather reads reports into the scenarios of an incident: each report is one way
// in which it may have happened, so that nothing is blended that nobody
// reported. What the incident itself states stands in the place of what reports
// say.
func (a assembler) gather(in *evidence.Incident, v *Incident, reports []*Doc, overlay map[string]string) error {
	over, err := overlayOf(overlay)
	if err != nil {
		v.Problems = append(v.Problems, err.Error())
	}
	seen := map[string]bool{}
	leveled := false
	for _, d := range reports {
		v.Reports = append(v.Reports, d.ID)
		v.Marking = Closer(v.Marking, d.Marking)
		v.narrow(d)
		if d.Erased {
			v.Erased++
		}
		x, key, err := a.report(d, v)
		if err != nil {
			return err
		}
		if x == nil {
			continue
		}
		if !leveled || x.Level < in.Level {
			in.Level, leveled = x.Level, true
		}
		told(in, x)
		if seen[key] {
			continue
		}
		seen[key] = true
		for _, s := range x.Scenarios {
			over.on(&s)
			if len(reports) > 1 {
				s.Name = strings.Trim(d.ID+" "+s.Name, " ")
			}
			in.Scenarios = append(in.Scenarios, s)
		}
	}
	if len(in.Scenarios) == 0 {
		s := evidence.Unknown()
		over.on(&s)
		in.Scenarios = []evidence.Scenario{s}
	}
	if over.in != nil {
		if _, ok := overlay["level"]; ok {
			in.Level = over.in.Level
		}
		told(in, over.in)
	}
	return nil
}

// report reads one report as it is corrected; nil where there is nothing to read.
// Two with one key say the same.
func (a assembler) report(d *Doc, v *Incident) (*evidence.Incident, string, error) {
	changed, err := a.changes(d, v)
	if err != nil {
		return nil, "", err
	}
	var p record.ReportEntry
	if !d.read(&p) {
		if !d.Erased {
			v.Problems = append(v.Problems, noted(d, "the payload is no report"))
		}
		return nil, "", nil
	}
	v.answered(&p)
	row := maps.Clone(p.Row)
	if row == nil {
		row = map[string]string{}
	}
	maps.Copy(row, changed)
	x, problems, err := ReadRow(p.Format, row)
	for _, q := range problems {
		v.Notes = append(v.Notes, strings.TrimPrefix("column "+q.Column+": ", "column : ")+q.Msg)
	}
	if err != nil || x == nil {
		v.Problems = append(v.Problems, noted(d, "its row cannot be read; the facts are taken as unknown. %v", err))
		return nil, "", nil
	}
	if x.Source == "" {
		x.Source = p.Source
	}
	key := p.Format
	for _, c := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains([]string{"id", "text", "source", "url", "reliability"}, c) {
			key += parted + c + "=" + row[c]
		}
	}
	return x, key, nil
}

// answered takes the answers of a report's form that are no facts.
func (v *Incident) answered(p *record.ReportEntry) {
	form, _, _ := strings.Cut(p.Form, "@")
	if form == "" {
		return
	}
	for _, f := range slices.Sorted(maps.Keys(p.Fields)) {
		k := form + "." + f
		if v.Fields == nil {
			v.Fields = map[string]string{}
		}
		switch have := v.Fields[k]; {
		case have == "":
			v.Fields[k] = p.Fields[f]
		case !slices.Contains(strings.Split(have, " | "), p.Fields[f]):
			v.Fields[k] = have + " | " + p.Fields[f]
		}
	}
	for _, w := range p.Words {
		if w = form + "." + w; !strings.ContainsAny(w, "|"+parted) && !slices.Contains(v.Words, w) {
			v.Words = append(v.Words, w)
		}
	}
	slices.Sort(v.Words)
}

// told takes what is not part of a scenario.
func told(in, x *evidence.Incident) {
	in.Killed, in.Injured = sumNumber(in.Killed, x.Killed), sumNumber(in.Injured, x.Injured)
	join := func(to *string, s, by string) {
		if s != "" && !slices.Contains(strings.Split(*to, by), s) {
			*to = strings.TrimPrefix(*to+by+s, by)
		}
	}
	join(&in.Damage, x.Damage, "; ")
	join(&in.Severity, x.Severity, "; ")
	join(&in.Source, x.Source, "; ")
	join(&in.Text, x.Text, "\n")
	in.Notes = append(in.Notes, x.Notes...)
}

// overlays are facts that stand in the place of others.
type overlays struct {
	facts map[string]string
	in    *evidence.Incident
}

func overlayOf(facts map[string]string) (overlays, error) {
	if len(facts) == 0 {
		return overlays{}, nil
	}
	in, problems, err := ReadRow("truce", facts)
	if err == nil && in == nil {
		err = fmt.Errorf("no row")
		if len(problems) > 0 {
			err = problems[0]
		}
	}
	if err != nil {
		return overlays{}, fmt.Errorf("the facts that the incident states cannot be read and are left out: %v", err)
	}
	return overlays{facts, in}, nil
}

// on puts the facts into the place of a scenario's; one that is stated as unknown
// is unknown.
func (o overlays) on(s *evidence.Scenario) {
	if o.in == nil {
		return
	}
	x := &o.in.Scenarios[0]
	for c := range o.facts {
		switch c {
		case "time_start", "time_end":
			s.Time = x.Time
		case "lasting":
			s.Lasting = x.Lasting
		case "launch_start", "launch_end":
			s.Launch = x.Launch
		case "lat", "lon", "precision_m", "place":
			s.Place, s.PlaceName = x.Place, x.PlaceName
		case "origin":
			s.Origin, s.OriginName = x.Origin, x.OriginName
		case "actor":
			s.Actor = x.Actor
		case "act":
			s.Act = x.Act
		case "outcome":
			s.Outcome = x.Outcome
		case "means":
			s.Means = x.Means
		case "target":
			s.Target = x.Target
		case "intended_target":
			s.Intended = x.Intended
		case "owner":
			s.Owner = x.Owner
		case "controller":
			s.Controller = x.Controller
		case "site":
			s.Site = x.Site
		}
	}
}
