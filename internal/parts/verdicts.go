package parts

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/bulk"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
)

// VerdictColumns are those of a file of verdicts.
var VerdictColumns = []string{"id", "terms", "reading", "verdict", "clause"}

// VerdictAsker asks for verdicts alone.
type VerdictAsker struct {
	base
	many  *judge.Many
	tails [][judge.Contested + 1][]string // by regime, verdict and clause + 1: what follows the id
}

func askVerdicts(b base) (*VerdictAsker, error) {
	var rs []*terms.Regime
	for _, s := range b.sides {
		rs = append(rs, s...)
	}
	many, err := judge.NewMany(rs, judge.Options{})
	if err != nil {
		return nil, err
	}
	v := &VerdictAsker{base: b, many: many}
	for _, r := range rs {
		var t [judge.Contested + 1][]string
		for verdict := judge.NotCovered; verdict <= judge.Undetermined; verdict++ {
			t[verdict] = make([]string, len(r.Clauses)+1)
			for c := range t[verdict] {
				clause := ""
				if c > 0 {
					clause = string(r.Clauses[c-1].ID)
				}
				t[verdict][c] = v.tail(r.Terms.ID, r.ReadingID, verdict.String(), clause)
			}
		}
		v.tails = append(v.tails, t)
	}
	return v, nil
}

// Many is by whose numbers plain rows are told.
func (v *VerdictAsker) Many() *judge.Many { return v.many }

// Header stands before what is answered.
func (v *VerdictAsker) Header() string {
	if v.q.Format == "csv" {
		return strings.Join(VerdictColumns, ",") + "\n"
	}
	return ""
}

// tail is what follows the id in a line.
func (v *VerdictAsker) tail(cells ...string) string {
	if v.q.Format != "jsonl" {
		return "," + line(cells...)
	}
	var b strings.Builder
	for i, c := range cells {
		j, err := json.Marshal(c)
		if err != nil {
			panic("parts: " + err.Error())
		}
		fmt.Fprintf(&b, `,"%s":%s`, VerdictColumns[i+1], j)
	}
	return b.String() + "}\n"
}

// line writes cells as a line of CSV.
func line(s ...string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for i := range s {
		s[i] = brief.Inert(s[i])
	}
	_ = w.Write(s) // to memory
	w.Flush()
	return b.String()
}

// row appends the lines about one incident.
func (v *VerdictAsker) row(to, id []byte, out []judge.Outcome) []byte {
	if v.q.Format == "jsonl" {
		j, err := json.Marshal(string(id))
		if err != nil {
			panic("parts: " + err.Error())
		}
		id = append([]byte(`{"id":`), j...)
	} else if bytes.ContainsAny(id, "\",\r\n") || len(id) > 0 && bytes.ContainsAny(id[:1], " \t=+-@") || !ascii(id) {
		id = bytes.TrimRight([]byte(line(string(id))), "\n")
	}
	for k, o := range out {
		to = append(to, id...)
		to = append(to, v.tails[k][o.Verdict()][o.Clause()+1]...)
	}
	return to
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c < ' ' {
			return false
		}
	}
	return true
}

// VerdictState is what was counted.
type VerdictState struct {
	Counts [][judge.Contested + 1]int `json:"counts"` // by regime and verdict
	// Names are who was named as actor, owner or controller.
	Names [3][]string `json:"names"`
}

var namedDimensions = [3]string{"actor", "owner", "controller"}

// maxNames is how many names a unit remembers.
const maxNames = 10_000

type verdictAnswer struct {
	v     *VerdictAsker
	w     io.Writer
	buf   []byte
	out   []judge.Outcome
	state VerdictState
	named [3]map[string]bool
	known [3]map[judge.Value]bool
}

// Begin begins an answer.
func (v *VerdictAsker) Begin(w io.Writer) (Answer, error) {
	a := &verdictAnswer{v: v, w: w}
	a.state.Counts = make([][judge.Contested + 1]int, len(v.many.Regimes()))
	for i := range a.named {
		a.named[i], a.known[i] = map[string]bool{}, map[judge.Value]bool{}
	}
	return a, nil
}

// Batch answers rows, in order.
func (a *verdictAnswer) Batch(b *bulk.Batch) error {
	k := len(a.v.many.Regimes())
	n := len(b.IDs)
	if cap(a.out) < (n+1)*k {
		a.out = make([]judge.Outcome, (n+1)*k)
	}
	out, one := a.out[:n*k], a.out[n*k:(n+1)*k]
	a.v.many.Judge(&b.Events, out)
	a.v.many.Settle(&b.Events, out)
	a.name(&b.Events)
	a.buf = a.buf[:0]
	at := 0
	for _, odd := range b.Odd {
		a.rows(b.IDs[at:odd.After], out[at*k:odd.After*k])
		at = odd.After
		for i := range one {
			one[i] = a.v.many.Ask(odd.Incident, i)
		}
		for i := range odd.Incident.Scenarios {
			s := &odd.Incident.Scenarios[i]
			for d, names := range [3][]string{s.Actor, s.Owner, s.Controller} {
				a.add(d, names)
			}
		}
		a.rows([][]byte{[]byte(odd.Incident.ID)}, one)
	}
	a.rows(b.IDs[at:], out[at*k:])
	if a.v.q.Format == "" {
		return nil
	}
	_, err := a.w.Write(a.buf)
	return err
}

func (a *verdictAnswer) rows(ids [][]byte, out []judge.Outcome) {
	k := len(a.state.Counts)
	for i, id := range ids {
		row := out[i*k : (i+1)*k]
		for r, o := range row {
			a.state.Counts[r][o.Verdict()]++
		}
		if a.v.q.Format != "" {
			a.buf = a.v.row(a.buf, id, row)
		}
	}
}

// name remembers who is named in plain rows.
func (a *verdictAnswer) name(e *judge.Events) {
	for d, c := range [3][]judge.Value{e.Actor, e.Owner, e.Controller} {
		last := judge.Unknown
		for _, v := range c {
			if v == last || a.known[d][v] {
				continue
			}
			last, a.known[d][v] = v, true
			a.add(d, a.v.many.Names(namedDimensions[d], v))
		}
	}
}

func (a *verdictAnswer) add(d int, names []string) {
	for _, n := range names {
		if len(a.named[d]) < maxNames {
			a.named[d][n] = true
		}
	}
}

// State is what was counted.
func (a *verdictAnswer) State() (json.RawMessage, error) {
	for d := range a.named {
		a.state.Names[d] = sorted(a.named[d])
	}
	return json.Marshal(a.state)
}

func sorted(set map[string]bool) []string {
	var out []string
	for s := range set {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// Merge adds up what was counted, and says who is named in the rows and not in
// the texts.
func (v *VerdictAsker) Merge(states []json.RawMessage) (VerdictState, []string, error) {
	var all VerdictState
	all.Counts = make([][judge.Contested + 1]int, len(v.many.Regimes()))
	var named [3]map[string]bool
	for d := range named {
		named[d] = map[string]bool{}
	}
	for _, b := range states {
		var s VerdictState
		if err := json.Unmarshal(b, &s); err != nil {
			return all, nil, err
		}
		for k := range s.Counts {
			for i, n := range s.Counts[k] {
				all.Counts[k][i] += n
			}
		}
		for d := range s.Names {
			for _, n := range s.Names[d] {
				named[d][n] = true
			}
		}
	}
	for d := range named {
		all.Names[d] = sorted(named[d])
	}
	return all, judge.Unnamed(v.many.Regimes(), all.Names[0], all.Names[1], all.Names[2]), nil
}

// Regimes are the regimes in the order of counts.
func (v *VerdictAsker) Regimes() []*terms.Regime { return v.many.Regimes() }
