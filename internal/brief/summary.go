package brief

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/judge"
)

// Tally counts findings by reading, verdict and kind of target.
type Tally struct {
	Terms          string         `json:"terms"`
	Digest         string         `json:"terms_digest"`
	Counterfactual bool           `json:"counterfactual,omitempty"`
	Incidents      int            `json:"incidents"`
	Contested      int            `json:"contested"`
	Assumes        []string       `json:"assumes,omitempty"`
	Readings       []ReadingTally `json:"readings"`
	// Unusable counts, by note, the incidents of which a fact could not be used
	// as it stands: an actor or a site that the text does not name.
	Unusable map[string]int `json:"unusable,omitempty"`
}

// ReadingTally is the tally under one reading.
type ReadingTally struct {
	Reading  string                    `json:"reading"`
	Verdicts map[string]int            `json:"verdicts"`
	Targets  map[string]map[string]int `json:"targets"` // kind of target -> verdict -> number
	Deciding map[string]int            `json:"deciding"`
}

// Verdicts lists the verdict words in the order of tables.
var verdictOrder = []judge.Verdict{judge.Breach, judge.Permitted, judge.NotCovered, judge.NotInForce, judge.Undetermined}

// Add counts the findings of one incident under the readings of one text.
func (t *Tally) Add(fs []judge.Finding) {
	if len(fs) == 0 {
		return
	}
	r := fs[0].Regime
	t.Terms, t.Digest, t.Counterfactual = r.Terms.ID, r.Terms.Digest, r.Counterfactual
	t.Incidents++
	if Contested(fs) {
		t.Contested++
	}
	for _, n := range fs[0].Notes {
		if t.Unusable == nil {
			t.Unusable = map[string]int{}
		}
		if t.Unusable[n] > 0 || len(t.Unusable) < maxUnusable {
			t.Unusable[n]++
		}
	}
	kind := TargetKind(fs[0].Incident)
	for i := range fs {
		f := &fs[i]
		if i == len(t.Readings) {
			t.Readings = append(t.Readings, ReadingTally{Reading: f.Regime.ReadingID, Verdicts: map[string]int{}, Targets: map[string]map[string]int{}, Deciding: map[string]int{}})
		}
		rt := &t.Readings[i]
		v := f.Verdict.String()
		rt.Verdicts[v]++
		if rt.Targets[kind] == nil {
			rt.Targets[kind] = map[string]int{}
		}
		rt.Targets[kind][v]++
		for _, d := range f.Deciding {
			name := strings.Join(d, " and ")
			if len(d) > 3 {
				name = "more than three facts together"
			}
			rt.Deciding[name]++
		}
		for _, a := range f.Regime.Assumes {
			if !has(t.Assumes, a) {
				t.Assumes = append(t.Assumes, a)
			}
		}
	}
}

// Merge adds what another tally of the same text counted.
func (t *Tally) Merge(o *Tally) {
	if o.Incidents == 0 {
		return
	}
	t.Terms, t.Digest, t.Counterfactual = o.Terms, o.Digest, o.Counterfactual
	t.Incidents += o.Incidents
	t.Contested += o.Contested
	for _, a := range o.Assumes {
		if !has(t.Assumes, a) {
			t.Assumes = append(t.Assumes, a)
		}
	}
	t.Unusable = plus(t.Unusable, o.Unusable)
	for i := range o.Readings {
		r := &o.Readings[i]
		if i == len(t.Readings) {
			t.Readings = append(t.Readings, ReadingTally{Reading: r.Reading, Verdicts: map[string]int{}, Targets: map[string]map[string]int{}, Deciding: map[string]int{}})
		}
		to := &t.Readings[i]
		to.Verdicts, to.Deciding = plus(to.Verdicts, r.Verdicts), plus(to.Deciding, r.Deciding)
		for kind, n := range r.Targets {
			to.Targets[kind] = plus(to.Targets[kind], n)
		}
	}
}

func plus(to, from map[string]int) map[string]int {
	if to == nil && len(from) > 0 {
		to = map[string]int{}
	}
	for k, n := range from {
		to[k] += n
	}
	return to
}

func has(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// TargetKind names the kind of an incident's target by two levels of the
// tree, or "several" or "unknown".
func TargetKind(in *evidence.Incident) string {
	kind := ""
	for i := range in.Scenarios {
		if len(in.Scenarios[i].Target) == 0 {
			return "unknown"
		}
		for _, n := range in.Scenarios[i].Target {
			p := strings.SplitN(n, ".", 3)
			if len(p) > 2 {
				p = p[:2]
			}
			k := strings.Join(p, ".")
			if kind != "" && kind != k {
				return "several"
			}
			kind = k
		}
	}
	return kind
}

// Print writes the tally as tables for a terminal.
func (t *Tally) Print(w io.Writer) {
	if t.Incidents == 0 {
		fmt.Fprintln(w, "no incidents: that says nothing about what happened")
		return
	}
	fmt.Fprintf(w, "%s (%.12s): %s judged; readings disagree on %d\n", t.Terms, t.Digest, Count(t.Incidents, "incident"), t.Contested)
	if t.Counterfactual {
		fmt.Fprintln(w, "COUNTERFACTUAL: judged as if in force; nothing here says that these terms were")
	}
	names := make([]string, len(t.Readings))
	for i, r := range t.Readings {
		names[i] = r.Reading
	}
	n := widest("reading", names)
	fmt.Fprintf(w, "%-*s%s\n", n, "reading", heads())
	for _, r := range t.Readings {
		fmt.Fprintf(w, "%-*s%s\n", n, r.Reading, counts(r.Verdicts))
	}
	t.printTargets(w)
	for _, r := range t.Readings {
		if len(r.Deciding) > 0 {
			fmt.Fprintf(w, "%s would be decided by: %s\n", r.Reading, top(r.Deciding, 4))
		}
	}
	for _, a := range t.Assumes {
		fmt.Fprintf(w, "assumes: %s\n", a)
	}
	t.printUnusable(w)
	fmt.Fprintln(w, "A breach here means: would breach if the facts hold. Nobody has determined it.")
}

// maxUnusable is how many different notes are counted, maxNotes how many are
// printed.
const (
	maxUnusable = 1000
	maxNotes    = 6
)

// printUnusable says which facts could not be used as they stand, the most
// frequent first: one word that no text knows must not change a table unseen.
func (t *Tally) printUnusable(w io.Writer) {
	notes := make([]string, 0, len(t.Unusable))
	for n := range t.Unusable {
		notes = append(notes, n)
	}
	sort.Slice(notes, func(i, k int) bool {
		a, b := t.Unusable[notes[i]], t.Unusable[notes[k]]
		return a > b || a == b && notes[i] < notes[k]
	})
	for i, n := range notes {
		if i == maxNotes {
			fmt.Fprintf(w, "note: and %d more such notes (--json lists them)\n", len(notes)-i)
			return
		}
		fmt.Fprintf(w, "note: %s: %s\n", Count(t.Unusable[n], "incident"), Visible(n))
	}
}

func (t *Tally) printTargets(w io.Writer) {
	kinds := map[string]bool{}
	for _, r := range t.Readings {
		for k := range r.Targets {
			kinds[k] = true
		}
	}
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	sort.Strings(names)
	readings := make([]string, len(t.Readings))
	for i, r := range t.Readings {
		readings[i] = r.Reading
	}
	n, k := widest("target", names), widest("reading", readings)
	fmt.Fprintf(w, "\n%-*s  %-*s%s\n", n, "target", k, "reading", heads())
	for _, name := range names {
		shown := name
		for _, r := range t.Readings {
			if r.Targets[name] != nil {
				fmt.Fprintf(w, "%-*s  %-*s%s\n", n, shown, k, r.Reading, counts(r.Targets[name]))
				shown = ""
			}
		}
	}
	fmt.Fprintln(w)
}

// Count prints a number of things: "1 incident", "2 incidents".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func widest(head string, names []string) int {
	n := utf8.RuneCountInString(head)
	for _, s := range names {
		n = max(n, utf8.RuneCountInString(s))
	}
	return n
}

// heads are the columns of verdicts.
func heads() string {
	s := ""
	for _, v := range verdictOrder {
		s += fmt.Sprintf("  %12s", v)
	}
	return s
}

func counts(m map[string]int) string {
	s := ""
	for _, v := range verdictOrder {
		n := "."
		if m[v.String()] > 0 {
			n = fmt.Sprint(m[v.String()])
		}
		s += fmt.Sprintf("  %12s", n)
	}
	return s
}

func top(m map[string]int, n int) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if m[keys[i]] != m[keys[j]] {
			return m[keys[i]] > m[keys[j]]
		}
		return keys[i] < keys[j]
	})
	if len(keys) > n {
		keys = keys[:n]
	}
	for i, k := range keys {
		keys[i] = fmt.Sprintf("%s (%d)", k, m[k])
	}
	return strings.Join(keys, ", ")
}

// Matrix prints incidents against readings, one line each, for a terminal.
func Matrix(w io.Writer, rows []Row) {
	if len(rows) == 0 {
		return
	}
	const title = 52
	fmt.Fprintf(w, "%-6s %-16s %-*s", "id", "from (UTC)", title, "what is reported")
	for _, f := range rows[0].Findings {
		fmt.Fprintf(w, " %s", abbreviate(f.Regime.ReadingID, f.Regime.Terms.ID))
	}
	fmt.Fprintln(w)
	for _, r := range rows {
		start := r.Incident.Scenarios[0].Time.Start
		at := "unknown"
		if start.Bounded() {
			at = start.Time().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(w, "%-6s %-16s %s", Visible(r.Incident.ID), at, fit(firstLine(r.Incident.Text), title))
		for i := range r.Findings {
			fmt.Fprintf(w, " %s", fit(verdictShort(r.Findings[i].Verdict), width))
		}
		fmt.Fprintln(w)
	}
}

const width = 12

func abbreviate(reading, id string) string {
	if reading == "text" {
		reading = id
	}
	for _, r := range []struct{ from, to string }{{"white-house-", "wh-"}, {"-march", "-mar"}} {
		reading = strings.ReplaceAll(reading, r.from, r.to)
	}
	return fit(reading, width)
}

func verdictShort(v judge.Verdict) string {
	return map[judge.Verdict]string{judge.Breach: "BREACH", judge.Permitted: "permitted", judge.NotCovered: "not covered", judge.NotInForce: "not in force", judge.Undetermined: "undetermined"}[v]
}

// fit pads or cuts s to n characters.
func fit(s string, n int) string {
	s = Visible(s)
	if k := utf8.RuneCountInString(s); k <= n {
		return s + strings.Repeat(" ", n-k)
	}
	return string([]rune(s)[:n-1]) + "…"
}
