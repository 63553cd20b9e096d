package daily

import (
	"slices"

	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
)

// Figure is a number of the report and all that it stands on. It is made once, and
// whoever prints the number prints it from here.
type Figure struct {
	ID   string `json:"id"`
	Name string `json:"name"` // in words of the report
	*count.Number
	// Before is the same number of the period before, as it is known now.
	Before *count.Number `json:"before,omitempty"`
	// Issued is the number of the period before as the last report gave it, where
	// that is known; it differs from Before by what has become known since.
	Issued  string `json:"issued,omitempty"`
	Revised bool   `json:"revised,omitempty"`

	beforeText string
}

func (f *Figure) exact() bool { return f.Low == f.High && !f.Unbounded && !f.About }

// none reports whether nothing counts, for sure or perhaps.
func (f *Figure) none() bool { return f.High == 0 && !f.Unbounded }

// truth is whether a record is of the kind that a figure counts.
type truth int8

const (
	no truth = iota - 1
	may
	yes
)

// picker says which records a figure is about.
type picker func(*Record) truth

func anyRecord(*Record) truth { return yes }

func both(a, b picker) picker {
	return func(r *Record) truth { return min(a(r), b(r)) }
}

// tally counts by a rule what a picker picks: low is of what it picks for sure, high
// of all that it may pick.
func tally(q *count.Question, records []*Record, pick picker) *count.Number {
	var sure, all []count.Record
	for _, r := range records {
		switch pick(r) {
		case yes:
			sure, all = append(sure, count.Record{Incident: r.Incident}), append(all, count.Record{Incident: r.Incident})
		case may:
			all = append(all, count.Record{Incident: r.Incident})
		}
	}
	n := count.Count(q, all)
	if len(sure) == len(all) {
		return n
	}
	s := count.Count(q, sure)
	n.Low = s.Low
	for i := range n.Parts {
		n.Parts[i].Low = 0
		for _, p := range s.Parts {
			if p.Name == n.Parts[i].Name {
				n.Parts[i].Low = p.Low
			}
		}
	}
	open := append(slices.Clone(n.Counted), n.Open...)
	n.Counted = s.Counted
	n.Open = slices.DeleteFunc(open, func(id string) bool { return slices.Contains(s.Counted, id) })
	slices.Sort(n.Open)
	n.UnknownPart = 0
	if of := len(n.Counted) + len(n.Open); of > 0 {
		n.UnknownPart = float64(len(n.Open)) / float64(of)
	}
	return n
}

// facts asks a fact of all scenarios: yes where all say so, no where none may.
func facts(r *Record, of func(*evidence.Scenario) truth) truth {
	out := no
	for i := range r.Scenarios {
		t := of(&r.Scenarios[i])
		switch {
		case i == 0:
			out = t
		case t != out:
			return may
		}
	}
	return out
}

// among reports whether the possible values lie at or below one of the nodes.
func among(values, nodes []string) truth {
	if len(values) == 0 {
		return may
	}
	in, out := false, false
	for _, v := range values {
		hit, open := false, false
		for _, n := range nodes {
			hit = hit || v == n || below(v, n)
			open = open || below(n, v)
		}
		in, out = in || hit || open, out || !hit
	}
	switch {
	case !out:
		return yes
	case in:
		return may
	}
	return no
}

func below(path, node string) bool {
	return len(path) > len(node) && path[:len(node)] == node && path[len(node)] == '.'
}

// byAct picks records of acts at or below some nodes.
func byAct(nodes ...string) picker {
	return func(r *Record) truth {
		return facts(r, func(s *evidence.Scenario) truth { return among(s.Act, nodes) })
	}
}
