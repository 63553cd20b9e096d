package brief

import (
	"math"

	"github.com/truce-project/truce/compare"
	"github.com/truce-project/truce/count"
	"github.com/truce-project/truce/evidence"
)

// ComparisonJSON is a comparison for programs. Counts of cases are decimal
// strings, since they may not fit a number.
type ComparisonJSON struct {
	Sides       [2]sideJSON      `json:"sides"`
	Cases       string           `json:"cases"`
	Same        string           `json:"same"`
	Notes       []string         `json:"notes,omitempty"`
	Differences []differenceJSON `json:"differences"`
}

type sideJSON struct {
	Name           string   `json:"name"`
	Terms          string   `json:"terms"`
	Digest         string   `json:"terms_digest"`
	Readings       []string `json:"readings"`
	Counterfactual []string `json:"counterfactual,omitempty"` // readings judged as if in force
}

type differenceJSON struct {
	Kind     string    `json:"kind"`
	Here     string    `json:"here"` // A or B
	A        string    `json:"a"`    // verdict
	B        string    `json:"b"`
	Question string    `json:"question,omitempty"`
	Words    string    `json:"words"`
	Cases    string    `json:"cases"`
	Boxes    []boxJSON `json:"boxes,omitempty"`
	Rest     string    `json:"rest,omitempty"` // cases in none of the boxes
}

type boxJSON struct {
	Words   string              `json:"words"`
	Cases   string              `json:"cases"`
	Facts   map[string][]string `json:"facts,omitempty"`
	A       []string            `json:"clauses_a,omitempty"`
	B       []string            `json:"clauses_b,omitempty"`
	Witness witnessJSON         `json:"witness"`
}

type witnessJSON struct {
	Sentence string               `json:"sentence"`
	Facts    [2]map[string]string `json:"facts"`            // in the words of each side, by column of the incidents file
	Placed   bool                 `json:"placed,omitempty"` // the place is a part of what it shows
}

func newSideJSON(name string, s compare.Side) sideJSON {
	t := s.Regimes[0].Terms
	out := sideJSON{Name: name, Terms: t.ID, Digest: t.Digest}
	for _, r := range s.Regimes {
		out.Readings = append(out.Readings, r.ReadingID)
		if r.Counterfactual {
			out.Counterfactual = append(out.Counterfactual, r.ReadingID)
		}
	}
	return out
}

// JSON returns the comparison for programs.
func (c Comparison) JSON() *ComparisonJSON {
	r := c.Result
	out := &ComparisonJSON{Cases: r.Cases.String(), Same: r.Same.String(), Notes: r.Notes, Differences: []differenceJSON{}}
	for i, s := range r.Sides {
		out.Sides[i] = newSideJSON(c.Names[i], s)
	}
	for i := range r.Differences {
		d := &r.Differences[i]
		j := differenceJSON{Kind: string(d.Kind), Here: "AB"[d.Here : d.Here+1], A: d.Says[0].String(), B: d.Says[1].String(), Question: d.Asks, Words: d.Words("A", "B"), Cases: d.Cases.String()}
		if d.Rest.Sign() > 0 {
			j.Rest = d.Rest.String()
		}
		for k := range d.Boxes {
			j.Boxes = append(j.Boxes, newBoxJSON(&d.Boxes[k]))
		}
		out.Differences = append(out.Differences, j)
	}
	return out
}

func newBoxJSON(b *compare.Box) boxJSON {
	out := boxJSON{Words: b.Words(), Cases: b.Cases.String(), Facts: map[string][]string{}, Witness: witnessJSON{Sentence: b.Witness.Sentence, Placed: b.Witness.Placed}}
	for _, f := range b.Facts {
		out.Facts[f.Dimension] = f.Values
	}
	for _, id := range b.Clauses[0] {
		out.A = append(out.A, string(id))
	}
	for _, id := range b.Clauses[1] {
		out.B = append(out.B, string(id))
	}
	for i, in := range b.Witness.Incident {
		out.Witness.Facts[i] = WitnessFacts(&in.Scenarios[0])
	}
	return out
}

// WitnessFacts are the facts of an act by the columns of the incidents file.
func WitnessFacts(s *evidence.Scenario) map[string]string {
	out := map[string]string{}
	for _, f := range []struct {
		name string
		v    []string
	}{{"actor", s.Actor}, {"act", s.Act}, {"outcome", s.Outcome}, {"means", s.Means}, {"target", s.Target}, {"intended_target", s.Intended},
		{"owner", s.Owner}, {"controller", s.Controller}, {"site", s.Site}} {
		if len(f.v) > 0 {
			out[f.name] = f.v[0]
		}
	}
	out["time_start"] = s.Time.Start.RFC3339()
	if s.Launch.Start.Bounded() && s.Launch.IsMoment() {
		out["launch_start"] = s.Launch.Start.RFC3339()
	}
	if p, ok := s.Place.Centre(); ok {
		out["lat"], out["lon"], out["precision_m"] = degrees(p.Lat), degrees(p.Lon), "0"
	}
	if p, ok := s.Origin.Centre(); ok {
		out["origin"] = "POINT (" + degrees(p.Lon) + " " + degrees(p.Lat) + ")"
	}
	return out
}

// HistoryJSON is a backtest for programs.
type HistoryJSON struct {
	Events  int           `json:"incidents"`
	From    string        `json:"from,omitempty"`
	Until   string        `json:"until,omitempty"`
	Texts   []tallyJSON   `json:"texts"`
	Moves   []moveJSON    `json:"changes"`
	Changed []changedJSON `json:"changed"`
}

type tallyJSON struct {
	sideJSON
	Verdicts  map[string]int            `json:"verdicts"`
	Readings  map[string]map[string]int `json:"by_reading"`
	Clauses   map[string]map[string]int `json:"clauses"`
	Open      [3]float64                `json:"open_or_contested_share"`
	Ambiguity [3]float64                `json:"ambiguity_mass"`
	Days      *float64                  `json:"days_in_force,omitempty"` // without a period there are none
	Weekly    *[3]float64               `json:"breaches_a_week,omitempty"`
}

type moveJSON struct {
	From     string         `json:"from"`
	FromText string         `json:"from_text"`
	To       string         `json:"to"`
	ToText   string         `json:"to_text"`
	Events   int            `json:"incidents"`
	Clauses  map[string]int `json:"clauses,omitempty"`
}

type changedJSON struct {
	Incident string   `json:"incident"`
	Time     string   `json:"time,omitempty"`
	Target   string   `json:"target"`
	Verdicts []string `json:"verdicts"`
}

func triple(i count.Interval) [3]float64 { return [3]float64{i.Value, i.Low, i.High} }

// NewHistoryJSON returns a backtest for programs; intervals are value, low,
// high.
func NewHistoryJSON(b *compare.Backtest, names []string, rows []compare.Row) *HistoryJSON {
	out := &HistoryJSON{Events: b.Events, From: b.Span.Start.RFC3339(), Until: b.Span.End.RFC3339(), Moves: []moveJSON{}, Changed: []changedJSON{}}
	for i, t := range b.Sides {
		j := tallyJSON{sideJSON: newSideJSON(names[i], t.Side), Verdicts: map[string]int{}, Readings: map[string]map[string]int{}, Clauses: map[string]map[string]int{},
			Open: triple(t.Undetermined()), Ambiguity: triple(count.Share(t.Disagree, b.Events))}
		if !math.IsNaN(t.Days) {
			j.Days = &t.Days
		}
		for v, n := range t.Verdicts {
			j.Verdicts[v.String()] = n
		}
		for k, by := range t.Readings {
			m := map[string]int{}
			for v, n := range by {
				m[v.String()] = n
			}
			j.Readings[t.Side.Regimes[k].ReadingID] = m
		}
		for id, by := range t.Clauses {
			m := map[string]int{}
			for v, n := range by {
				m[v.String()] = n
			}
			j.Clauses[string(id)] = m
		}
		if w := t.Weekly(); !math.IsNaN(w.Value) {
			x := triple(w)
			j.Weekly = &x
		}
		out.Texts = append(out.Texts, j)
	}
	for _, m := range b.Moves {
		j := moveJSON{From: m.From.String(), FromText: names[0], To: m.Becomes.String(), ToText: names[m.To], Events: m.Events, Clauses: map[string]int{}}
		for id, n := range m.Clauses {
			j.Clauses[string(id)] = n
		}
		out.Moves = append(out.Moves, j)
	}
	for _, r := range rows {
		j := changedJSON{Incident: r.Incident.ID, Target: TargetKind(r.Incident), Time: r.Incident.Scenarios[0].Time.Start.RFC3339()}
		for _, v := range r.Verdicts {
			j.Verdicts = append(j.Verdicts, v.String())
		}
		out.Changed = append(out.Changed, j)
	}
	return out
}
