package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/jobs"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// Summary is a digest: what was recorded in a day, and how things stand.
type Summary struct {
	Day       string           `json:"day"`
	From      int64            `json:"from"` // entries of the log, from the first that is told of
	To        int64            `json:"to"`
	Entries   map[string]int64 `json:"entries"`   // that were recorded, by kind
	Incidents int              `json:"incidents"` // that are held, of those that may be seen
	Before    int              `json:"before"`    // at the digest before
	Unlocated int              `json:"unlocated"`
	Undated   int              `json:"undated"`
	Withheld  int              `json:"withheld"` // that may not be seen
	Verdicts  []Standing       `json:"verdicts"`
	Sources   int              `json:"sources"`
	Troubled  []string         `json:"troubled,omitempty"` // sources that say nothing that can be relied on
	GivenUp   int64            `json:"given_up"`           // messages to webhooks

	unsaid bool // of feeds nothing is said to this reader
}

// Standing is how many incidents have a verdict under a reading.
type Standing struct {
	Text    string `json:"text"` // TEXT@READING
	Verdict string `json:"verdict"`
	Now     int    `json:"now"`
	Before  int    `json:"before"`
}

// digested is what is remembered of a digest.
type digested struct {
	Day      string         `json:"day"` // the last that was sent
	To       int64          `json:"to"`
	Prepared map[string]day `json:"prepared"` // by day: what a digest that is under way covers
}

// day is what one digest covers, and what was there before it.
type day struct {
	From, To  int64
	Incidents int
	Verdicts  map[string]int // TEXT@READING VERDICT
}

func (n *Notifier) digest(name string) *Digest {
	for i := range n.o.Config.Digests {
		if n.o.Config.Digests[i].Name == name {
			return &n.o.Config.Digests[i]
		}
	}
	return nil
}

// keptDays is how long it is remembered what a digest covered.
const keptDays = 40

// digests puts digests into the queue whose time has come. One that was missed
// while nothing ran is sent once, and covers all of the time.
func (n *Notifier) digests(ctx context.Context) error {
	_, _, own, err := n.asked(ctx)
	if err != nil {
		return err
	}
	all := slices.Concat(n.o.Config.Digests, own)
	for i := range all {
		d := &all[i]
		now := n.o.Now().In(d.zone)
		today := now.Format(time.DateOnly)
		due := time.Date(now.Year(), now.Month(), now.Day(), d.hour, d.minute, 0, 0, d.zone)
		var s digested
		known, err := n.o.Store.Get(ctx, "digest", d.Name, &s)
		if err != nil {
			return err
		}
		if !known { // the first is for what is recorded from now on
			s = digested{Day: today, To: n.o.Views.Size(), Prepared: map[string]day{}}
			if now.Before(due) {
				s.Day = now.AddDate(0, 0, -1).Format(time.DateOnly)
			}
			if err := n.o.Store.Put(ctx, "digest", d.Name, s); err != nil {
				return err
			}
		}
		if s.Day >= today || now.Before(due) {
			continue
		}
		if _, ok := s.Prepared[today]; !ok {
			if err := n.prepare(ctx, d, &s, today); err != nil {
				return err
			}
		}
		t := task{Event: "digest", Rule: d.Name, Day: today, Index: s.Prepared[today].To}
		if err := n.o.Queue.Add(ctx, n.messages(t, d.Mail, d.Webhook)...); err != nil {
			return err
		}
		s.Day = today
		if err := n.o.Store.Put(ctx, "digest", d.Name, s); err != nil {
			return err
		}
	}
	return nil
}

// prepare notes what a digest covers, and for the next one how things stand.
func (n *Notifier) prepare(ctx context.Context, d *Digest, s *digested, today string) error {
	to := n.o.Views.Size()
	if s.Prepared == nil {
		s.Prepared = map[string]day{}
	}
	x := day{From: min(s.To, to), To: to, Verdicts: map[string]int{}}
	var last string
	for k := range s.Prepared {
		last = max(last, k)
	}
	var held Summary
	if err := n.stand(&held, d.Sees); err != nil {
		return err
	}
	x.Incidents = held.Incidents
	for _, v := range held.Verdicts {
		x.Verdicts[v.Text+" "+v.Verdict] = v.Now
	}
	s.Prepared[today], s.To = x, to
	for len(s.Prepared) > keptDays {
		delete(s.Prepared, slices.Min(slices.Collect(maps.Keys(s.Prepared))))
	}
	return n.o.Store.Put(ctx, "digest", d.Name, s)
}

// digestMessage makes a digest.
func (n *Notifier) digestMessage(ctx context.Context, t task, s Sees) (*Message, error) {
	name := t.Rule
	if n.digest(t.Rule) == nil {
		own, err := n.subscription(ctx, t.Rule)
		if err != nil || own == nil {
			return nil, err
		}
		name = own.Name
	}
	var kept digested
	if _, err := n.o.Store.Get(ctx, "digest", t.Rule, &kept); err != nil {
		return nil, err
	}
	x, ok := kept.Prepared[t.Day]
	if !ok {
		return nil, jobs.Give(fmt.Errorf("what the digest of %s covers is not remembered any more", t.Day))
	}
	var before day
	last := ""
	for k, v := range kept.Prepared {
		if k < t.Day && k > last {
			last, before = k, v
		}
	}
	sum := &Summary{Day: t.Day, From: x.From, To: x.To, Entries: map[string]int64{}, Before: before.Incidents}
	r, err := n.store()
	if err != nil {
		return nil, err
	}
	for i := x.From; i < x.To; i++ {
		e, err := r.DocAt(i)
		if err != nil {
			return nil, err
		}
		if e != nil {
			sum.Entries[e.Kind]++
		}
	}
	if err := n.stand(sum, s); err != nil {
		return nil, err
	}
	for i := range sum.Verdicts {
		sum.Verdicts[i].Before = before.Verdicts[sum.Verdicts[i].Text+" "+sum.Verdicts[i].Verdict]
	}
	machine := !s.own || n.table.Allow(s.who(), "read", rights.Object{Thing: "report", Marking: rights.ForMission}).OK
	sum.unsaid = !machine
	if n.o.Sources != nil && machine {
		if sum.Sources, sum.Troubled, err = n.o.Sources(ctx); err != nil {
			return nil, err
		}
	}
	hooks, err := n.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range hooks {
		if s.own { // whom others are told by is the operator's
			break
		}
		sum.GivenUp += h.Dead
	}
	return &Message{Type: "digest", Origin: n.o.Origin, Vector: n.o.Views.VectorAt(n.o.Views.Size()), Rule: name, Digest: sum, Standing: standing}, nil
}

// may are the markings that somebody may read, of incidents and findings.
func (n *Notifier) may(s Sees) []views.Marking {
	out := []views.Marking{}
	for _, m := range views.Markings() {
		d := n.table.Allow(s.who(), "read", rights.Object{Thing: "incident", Marking: rights.Marking(m)})
		if d.OK && !d.Logged && n.takesAway(s, "incident", rights.Marking(m)) {
			out = append(out, m)
		}
	}
	return out
}

// stand counts how things stand, of what somebody may see.
func (n *Notifier) stand(sum *Summary, s Sees) error {
	f := &views.Filter{May: n.may(s)}
	return n.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		t := snap.Count(f)
		sum.Incidents, sum.Unlocated, sum.Undated, sum.Withheld = t.Matched, t.Unlocated, t.Undated, t.Withheld
		texts, err := textsOf(snap)
		if err != nil {
			return err
		}
		for _, text := range texts {
			names, days, err := snap.Days(f, text)
			if err != nil {
				return err
			}
			for i, v := range names {
				total := 0
				for _, d := range days {
					if i < len(d) {
						total += d[i]
					}
				}
				if v != "" && total > 0 {
					sum.Verdicts = append(sum.Verdicts, Standing{Text: text, Verdict: v, Now: total})
				}
			}
		}
		slices.SortFunc(sum.Verdicts, func(a, b Standing) int {
			return strings.Compare(a.Text+" "+a.Verdict, b.Text+" "+b.Verdict)
		})
		return nil
	})
}

// textsOf are the texts and readings that incidents were judged by.
func textsOf(snap *views.Snapshot) ([]string, error) {
	all, err := snap.Store().Dict("judgement", views.Now)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, j := range all {
		for _, one := range strings.Split(j, "\x1f") {
			if text, _, ok := strings.Cut(one, " "); ok {
				known[text] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(known)), nil
}

// write is a digest in words.
func (s *Summary) write(b *strings.Builder) {
	total := int64(0)
	for _, n := range s.Entries {
		total += n
	}
	if total == 0 {
		b.WriteString("Nothing was recorded. That does not say that nothing happened.\n")
	} else {
		fmt.Fprintf(b, "%d entries were recorded (%d to %d of the log):\n", total, s.From, s.To-1)
		for _, k := range slices.Sorted(maps.Keys(s.Entries)) {
			fmt.Fprintf(b, "  %-18s %d\n", k, s.Entries[k])
		}
	}
	switch {
	case s.unsaid:
	case s.Sources == 0:
		b.WriteString("No feeds are set up.\n")
	case len(s.Troubled) == 0:
		fmt.Fprintf(b, "All %d feeds answer.\n", s.Sources)
	default:
		fmt.Fprintf(b, "%d of %d feeds say nothing that can be relied on:\n", len(s.Troubled), s.Sources)
		for _, t := range s.Troubled {
			fmt.Fprintf(b, "  %s\n", t)
		}
	}
	fmt.Fprintf(b, "\nIncidents held, of those shown here: %d (at the digest before: %d).\n", s.Incidents, s.Before)
	fmt.Fprintf(b, "  of unknown place %d, of unknown time %d; %d more are not shown here.\n", s.Unlocated, s.Undated, s.Withheld)
	for _, v := range s.Verdicts {
		fmt.Fprintf(b, "  %-32s %-14s %6d (before: %d)\n", v.Text, v.Verdict, v.Now, v.Before)
	}
	if s.GivenUp > 0 {
		fmt.Fprintf(b, "%d messages to webhooks were given up (GET /api/webhooks).\n", s.GivenUp)
	}
	b.WriteByte('\n')
}
