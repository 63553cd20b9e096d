package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/cases"
	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/watch"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/vocab"
	"github.com/truce-project/truce/when"
)

const planHelp = `Plan says what to find out first: the facts that would settle open findings,
ranked by how many findings each is expected to settle, with where, by when, which
means of the means file could find it out, what access they need, and why the
others cannot. A party's answer to a request is a claim and settles nothing.

With --from and --to it keeps the ledger of coverage: who could have seen what,
where and when, the gaps, and incidents by watched hour. Of the past, a patrol has
seen what its track shows (--track ID=FILE.gpx); satellites pass as their elements
say. --restrictions adds limits on the monitors' freedom of movement: they hinder,
and each is judged as an incident of its own.

With --day it makes the timetable of that civil day (zone of the means file): which
places each patrol, drone and hospital team visits, in which order, when it leaves and
is back; within its hours, daylight, curfews, opening hours, denials of access and the
deadlines of tasks. With --budget only visits that were chosen are fitted in. An --out
file that ends in .gpx has the ways as routes.

With --budget it chooses: means for tasks, or with --for posts the posts and routes
of the means file that may be had (option: yes), and says how far from the best the
choice can be at most.

Chances are assumptions, each with its reason (docs/verification.md); the means
file overrides them. The ending of --out chooses csv, geojson, gpx, html or json.
Exit status: 0, 2 usage, 3 if input could not be read.`

const planExample = `  truce plan energy-2025 --means docs/means.yaml --in docs/sudzha.csv --at 2025-03-21T05:00Z
  truce plan energy-2025 --means docs/means.yaml --story --at 2025-04-03T06:00Z --budget 10 --out plan.html
  truce plan energy-2025 --means docs/means.yaml --in docs/sudzha.csv --at 2025-03-22T00:00Z \
      --from 2025-03-20T00:00Z --to 2025-03-22T00:00Z --track patrol-north=patrol.gpx
  truce plan energy-2025 --means docs/means.yaml --story --at 2025-04-03T06:00Z --day 2025-04-04 --out day.gpx
  truce plan energy-2025 --data north --at 2025-03-21T05:00Z
  truce plan energy-2025 --means docs/means.yaml --for posts --budget 6 --from 2025-03-23T00:00Z --to 2025-03-26T00:00Z`

// planOptions are the flags of plan, beside those that it shares with judge.
type planOptions struct {
	judge                              *judgeOptions
	means, restrictions, out, data     string
	at, from, to, act, accept, forWhat string
	day                                string
	tracks                             []string
	budget                             float64
	ahead                              int
	story, asJSON                      bool
	limit                              int
	hasBudget                          bool
	outlook                            watch.Outlook
	span                               when.Span
	incidents                          []*evidence.Incident
}

func planCommand() *cobra.Command {
	o := &planOptions{judge: &judgeOptions{cutoff: when.Future}}
	cmd := &cobra.Command{
		Use: "plan TERMS... --means FILE", Short: "What to find out first, by which means; who could have seen what", Long: planHelp, Example: planExample,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.hasBudget = cmd.Flags().Changed("budget")
			if err := o.prepare(cmd, args); err != nil {
				return err
			}
			return o.run(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.means, "means", "", "means file, YAML or CSV: patrols, cameras, satellites, ... (docs/verification.md)")
	f.StringVar(&o.data, "data", "", "folder of a record: its incidents, means, tracks and restrictions")
	f.StringArrayVar(&o.judge.in, "in", nil, "file of events (repeatable)")
	f.StringVar(&o.judge.as, "as", "", "kind of the files of events (guessed by content when absent)")
	f.BoolVar(&o.story, "story", false, "the built-in incidents of March and April 2025")
	f.StringVar(&o.at, "at", "", "time to plan at, RFC 3339; now when absent")
	f.StringVar(&o.accept, "accept", "reported", "how well a fact has to be established to settle a finding: claimed, reported, corroborated, verified, determined")
	f.IntVar(&o.ahead, "days", 14, "how many days ahead visits and satellite passes are looked for")
	f.StringVar(&o.restrictions, "restrictions", "", "CSV of restrictions of freedom of movement")
	f.StringArrayVar(&o.tracks, "track", nil, "ID=FILE.gpx: where a means of this id was (repeatable)")
	f.StringVar(&o.from, "from", "", "beginning of the ledger of coverage, RFC 3339")
	f.StringVar(&o.to, "to", "", "its end")
	f.StringVar(&o.act, "act", "attack.strike", "the act that means should have noticed")
	f.StringVar(&o.forWhat, "for", "tasks", "what --budget chooses: tasks or posts")
	f.Float64Var(&o.budget, "budget", 0, "what may be spent, in the unit of cost of the means file")
	f.StringVar(&o.day, "day", "", "make the timetable of this day, such as 2025-03-21, in the zone of the means file")
	f.StringVar(&o.out, "out", "", "write the plan here; the ending chooses csv, geojson, gpx, html or json")
	f.BoolVar(&o.asJSON, "json", false, "print the plan as JSON")
	f.IntVar(&o.limit, "limit", 10, "how many tasks, places and gaps are printed; 0 prints all")
	f.BoolVar(&o.judge.assume, "assume-in-force", false, "judge as if in force at all times for everybody who was asked; stamped counterfactual")
	f.StringSliceVar(&o.judge.reading, "reading", nil, "only these readings")
	f.BoolVar(&o.judge.strict, "strict", false, "stop at the first bad row")
	return cmd
}

// prepare reads everything but the events.
func (o *planOptions) prepare(cmd *cobra.Command, args []string) (err error) {
	j := o.judge
	for _, a := range args {
		t, problems, err := openTerms(a)
		if err != nil {
			return err
		}
		for _, p := range problems {
			fmt.Fprintln(cmd.ErrOrStderr(), p.Error())
		}
		if t == nil {
			return unread(fmt.Errorf("%s cannot be used: mend the problems above", a))
		}
		j.terms = append(j.terms, t)
	}
	if o.means == "" && o.data == "" {
		return fmt.Errorf("no means: expected --means FILE (an example is docs/means.yaml), or --data DIR of a record that has them")
	}
	if err := j.checkReadings(); err != nil {
		return err
	}
	if o.forWhat != "tasks" && o.forWhat != "posts" {
		return fmt.Errorf("--for %s: expected tasks or posts", o.forWhat)
	}
	if o.budget < 0 || o.limit < 0 || o.ahead < 1 || o.ahead > 366 {
		return fmt.Errorf("--budget and --limit: expected 0 or more; --days: expected 1 to 366")
	}
	switch filepath.Ext(o.out) {
	case "", ".csv", ".geojson", ".gpx", ".html", ".json":
		if o.out != "" && filepath.Ext(o.out) == "" {
			return fmt.Errorf("--out %s: the ending chooses the format: expected .csv, .geojson, .gpx, .html or .json", o.out)
		}
		if filepath.Ext(o.out) == ".gpx" && o.day == "" {
			return fmt.Errorf("--out %s: routes are those of a timetable: add --day DATE", o.out)
		}
	default:
		return fmt.Errorf("--out %s: the ending chooses the format: expected .csv, .geojson, .gpx, .html or .json", o.out)
	}
	for _, in := range append([]string{o.means, o.restrictions}, j.in...) {
		if sameFile(in, o.out) {
			return fmt.Errorf("--out %s would replace a file that is read: write to another", o.out)
		}
	}
	if _, err := time.Parse(time.DateOnly, o.day); o.day != "" && err != nil {
		return fmt.Errorf("--day %q: expected a date such as 2025-03-21", o.day)
	}
	if o.day != "" && o.forWhat == "posts" {
		return fmt.Errorf("--day fits visits for tasks into a day: leave --for posts away")
	}
	o.outlook.Ahead = time.Duration(o.ahead) * 24 * time.Hour
	if o.outlook.Accept, err = evidence.ParseLevel(o.accept); err != nil {
		return fmt.Errorf("--accept: %w", err)
	}
	o.outlook.Now = when.At(time.Now().Truncate(time.Minute))
	if o.at != "" {
		if o.outlook.Now, err = when.ParseRFC3339(o.at); err != nil {
			return fmt.Errorf("--at: %w", err)
		}
	}
	if (o.from == "") != (o.to == "") {
		return fmt.Errorf("--from and --to go together")
	}
	if o.from != "" {
		a, err1 := when.ParseRFC3339(o.from)
		b, err2 := when.ParseRFC3339(o.to)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("--from and --to: %w", err)
		}
		if b <= a {
			return fmt.Errorf("--to %s is not after --from %s", o.to, o.from)
		}
		o.span = when.Span{Start: a, End: b}
	}
	if !contains(vocab.Core().Act.Nodes(), o.act) && !contains(j.terms[0].Vocabulary.Act.Nodes(), o.act) {
		msg := "not an act of the vocabulary"
		if near := j.terms[0].Vocabulary.Act.Nearest(o.act); near != "" {
			msg += "; did you mean " + near + "?"
		}
		return fmt.Errorf("--act %s: %s", o.act, msg)
	}
	if o.forWhat == "posts" && o.hasBudget && o.from == "" {
		return fmt.Errorf("--for posts needs --from and --to: when should be watched")
	}
	return o.open(cmd)
}

// open reads the means, the tracks and the restrictions.
func (o *planOptions) open(cmd *cobra.Command) error {
	if o.data != "" {
		if err := o.fromRecord(cmd); err != nil {
			return err
		}
	}
	if o.means != "" {
		b, err := readPlain(o.means, watch.MaxFile)
		if err != nil {
			return unread(err)
		}
		h, problems := watch.ReadMeans(o.means, b, o.judge.terms[0].Vocabulary)
		printWatch(cmd.ErrOrStderr(), problems)
		if len(h.Means) == 0 {
			return unread(fmt.Errorf("%s: no means could be read", o.means))
		}
		o.outlook.House = h
	}
	if o.outlook.House == nil || len(o.outlook.House.Means) == 0 {
		return unread(fmt.Errorf("%s has no means: expected an entry means@1, or --means FILE", o.data))
	}
	for _, t := range o.tracks {
		id, name, ok := strings.Cut(t, "=")
		if !ok {
			return fmt.Errorf("--track %s: expected ID=FILE.gpx", t)
		}
		if err := o.track(cmd, id, name); err != nil {
			return err
		}
	}
	if o.restrictions == "" {
		return nil
	}
	b, err := readPlain(o.restrictions, watch.MaxFile)
	if err != nil {
		return unread(err)
	}
	rs, problems := watch.ReadRestrictions(o.restrictions, b)
	printWatch(cmd.ErrOrStderr(), problems)
	o.outlook.Restrictions = append(o.outlook.Restrictions, rs...)
	if len(rs) == 0 {
		return unread(fmt.Errorf("%s: no restriction could be read", o.restrictions))
	}
	return nil
}

func (o *planOptions) track(cmd *cobra.Command, id, name string) error {
	for _, m := range o.outlook.House.Means {
		if m.ID != id {
			continue
		}
		b, err := readPlain(name, watch.MaxTrack)
		if err != nil {
			return unread(err)
		}
		fixes, problems := watch.ReadGPX(name, b)
		printWatch(cmd.ErrOrStderr(), problems)
		if len(fixes) == 0 {
			return unread(fmt.Errorf("%s: no track could be read", name))
		}
		m.AddTrack(fixes)
		return nil
	}
	return fmt.Errorf("--track %s: the means file has no means of this id", id)
}

func printWatch(w io.Writer, problems []watch.Problem) {
	for i, p := range problems {
		if i == maxShown {
			fmt.Fprintf(w, "%s: %d more problems\n", p.File, len(problems)-i)
			return
		}
		fmt.Fprintln(w, p)
	}
}

// run judges, plans and writes.
func (o *planOptions) run(cmd *cobra.Command, args []string) error {
	benches, err := o.judge.benches()
	if err != nil {
		return err
	}
	if err := o.read(cmd); err != nil {
		return err
	}
	var open []*judge.Finding
	n, undetermined := 0, 0
	for _, in := range o.incidents {
		for _, b := range benches {
			fs := b.findings(in, nil)
			for i := range fs {
				if n++; fs[i].Verdict == judge.Undetermined {
					undetermined++
					open = append(open, &fs[i])
				}
			}
		}
	}
	tasks := o.outlook.Tasks(open)
	p := brief.NewPlan(&o.outlook, o.judge.terms, n, undetermined, tasks)
	p.Command = commandLine(cmd, args)
	if err := o.choose(p, tasks); err != nil {
		return err
	}
	if err := o.timetable(p, open); err != nil {
		return err
	}
	for i := range o.outlook.Restrictions {
		r := &o.outlook.Restrictions[i]
		var fs []judge.Finding
		for _, b := range benches {
			fs = append(fs, b.findings(r.Incident(), nil)...)
		}
		p.Restrict(r, fs)
	}
	return o.write(cmd, p)
}

func (o *planOptions) read(cmd *cobra.Command) error {
	if o.story {
		story, err := cases.Story()
		if err != nil {
			return err
		}
		for i := range story {
			o.incidents = append(o.incidents, &story[i].Incident)
		}
	}
	_, err := o.judge.readAll(cmd, func(in *evidence.Incident) error {
		if len(o.incidents) == maxPlanIncidents {
			return fmt.Errorf("more than %d incidents: plan for a part of them", maxPlanIncidents)
		}
		o.incidents = append(o.incidents, in)
		return nil
	})
	return err
}

// maxPlanIncidents is how many incidents are planned over at once.
const maxPlanIncidents = 200_000

// choose keeps the ledger and chooses within the budget.
func (o *planOptions) choose(p *brief.Plan, tasks []*watch.Task) error {
	posts := o.outlook.House.Watch
	if len(posts) == 0 && o.from != "" {
		posts = watch.PostsOf(o.incidents)
	}
	var chosen watch.Chosen
	var err error
	if o.hasBudget && o.forWhat == "posts" {
		if chosen, err = o.outlook.ChoosePosts(o.act, o.span, posts, o.budget); err != nil {
			return fmt.Errorf("--for posts: %w", err)
		}
		p.Choose("posts", o.budget, chosen)
	} else if o.hasBudget {
		p.Choose("tasks", o.budget, o.outlook.ChooseTasks(tasks, o.budget))
	}
	if o.from == "" {
		return nil
	}
	l, err := o.outlook.Cover(o.act, o.span, posts, chosen.IDs...)
	if err != nil {
		return fmt.Errorf("the ledger of coverage: %w", err)
	}
	p.Cover(l, l.Rates(o.incidents, o.outlook.Accept))
	return nil
}

// timetable fits visits into a day: those that were chosen where there is a budget.
func (o *planOptions) timetable(p *brief.Plan, open []*judge.Finding) error {
	if o.day == "" {
		return nil
	}
	day, err := time.ParseInLocation(time.DateOnly, o.day, o.outlook.House.Zone)
	if err != nil {
		return fmt.Errorf("--day: %w", err)
	}
	if when.At(day.AddDate(0, 0, 1)) <= o.outlook.Now {
		return fmt.Errorf("--day %s is over at %s: expected a day to come (--at)", o.day, o.outlook.Now)
	}
	var only func(string) bool
	if p.Chosen != nil {
		only = func(visit string) bool {
			for _, s := range p.Chosen.Steps {
				if s.ID == visit {
					return true
				}
			}
			return false
		}
	}
	then := o.outlook.OnDay(day)
	tasks := then.Tasks(open)
	then.Restrictions = o.outlook.Restrictions
	p.Day(then.PlanDay(tasks, day, only))
	return nil
}

func (o *planOptions) write(cmd *cobra.Command, p *brief.Plan) error {
	out := cmd.OutOrStdout()
	if o.out != "" {
		f, err := newFile(o.out)
		if err != nil {
			return unread(err)
		}
		to := map[string]func(io.Writer) error{".csv": p.WriteCSV, ".geojson": p.WriteGeoJSON, ".gpx": p.WriteGPX, ".html": p.WritePage, ".json": p.WriteJSON}[filepath.Ext(o.out)]
		if err := f.finish(to(f)); err != nil {
			return err
		}
	}
	if o.asJSON {
		return p.WriteJSON(out)
	}
	limit := o.limit
	if limit == 0 {
		limit = -1
	}
	p.Print(out, limit)
	return nil
}
