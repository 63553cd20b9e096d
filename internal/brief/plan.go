package brief

import (
	"encoding/json"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Plan is what `truce plan` has worked out, as programs read it. Everything in it
// follows from its inputs and the time that it is planned at.
type Plan struct {
	At           string            `json:"at"`
	Terms        []PlanTerms       `json:"terms"`
	Accept       string            `json:"accept"` // how well a fact has to be established to settle anything
	Findings     int               `json:"findings"`
	Open         int               `json:"open"`
	Tasks        []PlanTask        `json:"tasks"`
	Chosen       *PlanChoice       `json:"chosen,omitempty"`
	Timetable    *PlanDay          `json:"timetable,omitempty"`
	Act          string            `json:"act,omitempty"`
	From         string            `json:"from,omitempty"`
	To           string            `json:"to,omitempty"`
	Posts        []PlanPost        `json:"posts,omitempty"`
	Hours        []PlanHours       `json:"hours,omitempty"`
	Gaps         []PlanGap         `json:"gaps,omitempty"`
	Restrictions []PlanRestriction `json:"restrictions,omitempty"`
	Engine       string            `json:"engine"`
	TZData       string            `json:"tzdata"`
	Command      string            `json:"command,omitempty"`
	means        []*watch.Means
}

// PlanTerms names a text.
type PlanTerms struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
}

// PlanTask is one thing to find out.
type PlanTask struct {
	ID        string      `json:"id"`
	Rank      int         `json:"rank"`
	Fact      string      `json:"fact"`
	Question  string      `json:"question"`
	Answers   []string    `json:"answers"`
	Incidents []string    `json:"incidents"`
	Place     string      `json:"place,omitempty"`
	Lat       *float64    `json:"lat,omitempty"`
	Lon       *float64    `json:"lon,omitempty"`
	Precision float64     `json:"precision_m,omitempty"`
	TimeStart string      `json:"time_start,omitempty"`
	TimeEnd   string      `json:"time_end,omitempty"`
	Worth     float64     `json:"worth"`    // open findings that knowing it would settle
	Expected  float64     `json:"expected"` // with the best means
	By        string      `json:"by,omitempty"`
	ByWhy     string      `json:"by_reason,omitempty"`
	Access    []string    `json:"access,omitempty"`
	Findings  []PlanSet   `json:"findings"`
	Can       []PlanMeans `json:"can"`
	Cannot    []PlanMeans `json:"cannot"`
	region    where.Region
}

// PlanSet is a finding that a task bears on.
type PlanSet struct {
	Incident string  `json:"incident"`
	Terms    string  `json:"terms"`
	Reading  string  `json:"reading"`
	Worth    float64 `json:"worth"`
}

// PlanMeans is what one means can do about a task.
type PlanMeans struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"`
	Chance float64  `json:"chance"`
	Counts bool     `json:"counts"` // whether what it finds is established well enough
	Level  string   `json:"level,omitempty"`
	From   string   `json:"from,omitempty"`
	To     string   `json:"to,omitempty"`
	By     string   `json:"by,omitempty"`
	Cost   float64  `json:"cost"`
	Needs  []string `json:"needs,omitempty"`
	Why    string   `json:"why,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// PlanChoice is what was chosen within a budget.
type PlanChoice struct {
	For     string     `json:"for"` // tasks or posts
	Budget  float64    `json:"budget"`
	Cost    float64    `json:"cost"`
	Value   float64    `json:"value"`
	Unit    string     `json:"unit"`
	Bound   float64    `json:"bound"`   // what no choice exceeds
	Promise float64    `json:"promise"` // part of the best that this rule never falls below
	Rule    string     `json:"rule"`
	Steps   []PlanStep `json:"steps"`
	words   string
}

// PlanStep is one of the chosen.
type PlanStep struct {
	ID   string  `json:"id"`
	Gain float64 `json:"gain"`
}

// PlanPost is how a place was watched, and what is known to have happened there.
type PlanPost struct {
	ID           string   `json:"id"`
	Place        string   `json:"place"`
	Area         float64  `json:"area_km2"`
	Hours        float64  `json:"hours"`
	Watched      float64  `json:"watched_hours"`
	Share        float64  `json:"share"`
	Certain      int      `json:"incidents"`
	Possible     int      `json:"possible_incidents"`
	Claimed      int      `json:"claimed_only"`
	Rate         *float64 `json:"per_watched_hour"`
	RateLow      *float64 `json:"low"`
	RatePossible *float64 `json:"possible_per_watched_hour"`
	RateHigh     *float64 `json:"high"`
	region       where.Region
}

// PlanHours is a time in which a place was watched alike.
type PlanHours struct {
	Post     string   `json:"post"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Chance   float64  `json:"chance"`
	By       []string `json:"by"`
	Hindered []string `json:"hindered,omitempty"`
}

// PlanGap is a time in which a place was hardly watched.
type PlanGap struct {
	Post     string   `json:"post"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Hours    float64  `json:"hours"`
	Chance   float64  `json:"chance"`
	Hindered []string `json:"hindered,omitempty"`
}

// PlanRestriction is a restriction and what the texts say of it.
type PlanRestriction struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	From     string            `json:"from,omitempty"`
	To       string            `json:"to,omitempty"`
	Place    string            `json:"place,omitempty"`
	By       string            `json:"by,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Delay    int               `json:"delay_minutes,omitempty"`
	Verdicts map[string]string `json:"verdicts"`
	Deciding map[string]string `json:"deciding,omitempty"`
	region   where.Region
}

// NewPlan begins a plan.
func NewPlan(o *watch.Outlook, ts []*terms.Terms, findings, open int, tasks []*watch.Task) *Plan {
	p := &Plan{At: o.Now.RFC3339(), Accept: o.Accept.String(), Findings: findings, Open: open, Tasks: []PlanTask{}, Engine: judge.Engine, TZData: when.TZData, means: o.House.Means}
	for _, t := range ts {
		p.Terms = append(p.Terms, PlanTerms{t.ID, t.Digest})
	}
	for i, t := range tasks {
		p.Tasks = append(p.Tasks, planTask(o, i+1, t))
	}
	return p
}

func planTask(o *watch.Outlook, rank int, t *watch.Task) PlanTask {
	out := PlanTask{ID: t.ID, Rank: rank, Fact: t.Fact, Question: t.Question, Answers: t.Answers, Incidents: t.Incidents, Worth: rounded(t.Worth), Expected: rounded(t.Expected), ByWhy: t.ByWhy, Access: t.Access, region: t.Where, Can: []PlanMeans{}, Cannot: []PlanMeans{}}
	if c, ok := t.Where.Centre(); ok {
		lat, lon := rounded(c.Lat), rounded(c.Lon)
		r, _ := t.Where.Radius()
		out.Lat, out.Lon, out.Precision = &lat, &lon, math.Round(float64(r))
		out.Place = t.Where.String()
		if t.PlaceName != "" && !strings.Contains(t.PlaceName, ",") {
			out.Place = t.PlaceName + ", " + out.Place
		}
	}
	out.TimeStart, out.TimeEnd = bounded(t.When.Start), bounded(t.When.End)
	out.By = bounded(t.By)
	for _, f := range t.Findings {
		out.Findings = append(out.Findings, PlanSet{f.Incident, f.Terms, f.Reading, rounded(f.Worth)})
	}
	for _, c := range t.Means {
		m := PlanMeans{ID: c.Means.ID, Kind: string(c.Means.Kind), Chance: rounded(c.Chance), Cost: c.Means.Cost, Needs: c.Means.Needs, Why: c.Why, Notes: c.Notes}
		if c.Chance == 0 {
			out.Cannot = append(out.Cannot, m)
			continue
		}
		m.Level, m.Counts = c.Level.String(), c.Level >= o.Accept
		m.From, m.To, m.By = bounded(c.At.Start), bounded(c.At.End), bounded(c.By)
		out.Can = append(out.Can, m)
	}
	return out
}

func bounded(i when.Instant) string {
	if !i.Bounded() {
		return ""
	}
	return i.RFC3339()
}

// rounded keeps six digits behind the point, so that figures are the same on all
// machines.
func rounded(x float64) float64 { return math.Round(x*1e6) / 1e6 }

func roundedOrNil(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	r := rounded(x)
	return &r
}

// Choose adds what was chosen.
func (p *Plan) Choose(what string, budget float64, c watch.Chosen) {
	out := &PlanChoice{For: what, Budget: budget, Cost: c.Cost, Value: rounded(c.Value), Bound: rounded(c.Bound), Promise: rounded(c.Promise), Rule: c.Rule, words: c.Words(), Steps: []PlanStep{}}
	out.Unit = "findings expected to be settled"
	if what == "posts" {
		out.Unit = "hours of places, by weight, in which an act would be noticed"
	}
	for i, id := range c.IDs {
		out.Steps = append(out.Steps, PlanStep{id, rounded(c.Gains[i])})
	}
	p.Chosen = out
}

// Cover adds a ledger, with its gaps and rates.
func (p *Plan) Cover(l *watch.Ledger, rates []watch.Rate) {
	p.Act, p.From, p.To = l.Act, l.Span.Start.RFC3339(), l.Span.End.RFC3339()
	for i, r := range rates {
		x := PlanPost{ID: l.Posts[i].ID, Place: l.Posts[i].Place.String(), Area: rounded(l.Areas[i]), Hours: rounded(r.Hours), Watched: rounded(r.Watched), Certain: r.Certain, Possible: r.Possible, Claimed: r.Claimed, region: l.Posts[i].Place}
		if r.Hours > 0 {
			x.Share = rounded(r.Watched / r.Hours)
		}
		x.Rate, x.RateLow, x.RatePossible, x.RateHigh = roundedOrNil(r.Low.Value), roundedOrNil(r.Low.Low), roundedOrNil(r.High.Value), roundedOrNil(r.High.High)
		p.Posts = append(p.Posts, x)
	}
	for _, h := range l.Hours {
		x := PlanHours{l.Posts[h.Post].ID, h.Span.Start.RFC3339(), h.Span.End.RFC3339(), math.Round(h.Chance*1e3) / 1e3, h.By, h.Hindered}
		if n := len(p.Hours); n > 0 && p.Hours[n-1].like(&x) {
			p.Hours[n-1].To = x.To
			continue
		}
		p.Hours = append(p.Hours, x)
	}
	for _, g := range l.Gaps() {
		p.Gaps = append(p.Gaps, PlanGap{l.Posts[g.Post].ID, g.Span.Start.RFC3339(), g.Span.End.RFC3339(), rounded(g.Span.End.Time().Sub(g.Span.Start.Time()).Hours()), rounded(g.Chance), g.Hindered})
	}
}

// like reports whether an hour continues a time in which a place was watched alike.
func (h *PlanHours) like(o *PlanHours) bool {
	return h.Post == o.Post && h.To == o.From && h.Chance == o.Chance && strings.Join(h.By, "\n") == strings.Join(o.By, "\n") && strings.Join(h.Hindered, "\n") == strings.Join(o.Hindered, "\n")
}

// Restrict adds a restriction and the findings on it.
func (p *Plan) Restrict(r *watch.Restriction, fs []judge.Finding) {
	x := PlanRestriction{ID: r.ID, Kind: string(r.Kind), From: bounded(r.Span.Start), To: bounded(r.Span.End), Place: r.Name, By: strings.Join(r.By, "|"), Reason: r.Reason, Delay: r.Delay, Verdicts: map[string]string{}, Deciding: map[string]string{}, region: r.Place}
	for i := range fs {
		f := &fs[i]
		key := f.Regime.Terms.ID + "@" + f.Regime.ReadingID
		x.Verdicts[key] = f.Verdict.String()
		if d := f.DecidingText(); d != "" {
			x.Deciding[key] = d
		}
	}
	p.Restrictions = append(p.Restrictions, x)
}

// WriteJSON writes everything.
func (p *Plan) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
