package jobs

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Group are the tasks of a kind whose keys begin alike.
type Group struct{ Kind, Prefix string }

// Failure is a task of which an attempt failed, and why.
type Failure struct{ Key, Why string }

const inGroup = "substr(args->>'key', 1, @truce_length) = @truce_prefix"

func (g Group) list(states ...rivertype.JobState) *river.JobListParams {
	return river.NewJobListParams().Queues(g.Kind).States(states...).OrderBy(river.JobListOrderByID, river.SortOrderAsc).First(1000).
		Where(inGroup, river.NamedArgs{"truce_length": len([]rune(g.Prefix)), "truce_prefix": g.Prefix})
}

// Running are the tasks that are said to run, at most a thousand: by their keys, who
// does them.
func (d *DB) Running(ctx context.Context, g Group) (map[string]string, error) {
	l, err := d.client.JobList(ctx, g.list(rivertype.JobStateRunning))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, j := range l.Jobs {
		var a args
		if err := json.Unmarshal(j.EncodedArgs, &a); err != nil {
			return nil, err
		}
		out[a.Key] = by(j)
	}
	return out, nil
}

// Failures are the tasks that are not done of which an attempt failed, at most a
// thousand, with the last of their errors.
func (d *DB) Failures(ctx context.Context, g Group) ([]Failure, error) {
	// One that is tried again soon is available at once, and runs again with its error.
	l, err := d.client.JobList(ctx, g.list(rivertype.JobStateAvailable, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateDiscarded, rivertype.JobStateCancelled).Where("errors IS NOT NULL"))
	if err != nil {
		return nil, err
	}
	var out []Failure
	for _, j := range l.Jobs {
		var a args
		if err := json.Unmarshal(j.EncodedArgs, &a); err != nil {
			return nil, err
		}
		if n := len(j.Errors); n > 0 {
			out = append(out, Failure{a.Key, strings.TrimPrefix(j.Errors[n-1].Error, "JobCancelError: ")})
		}
	}
	return out, nil
}

func by(j *rivertype.JobRow) string {
	if n := len(j.AttemptedBy); n > 0 {
		return j.AttemptedBy[n-1]
	}
	return ""
}

// Withdraw forgets the tasks that do not run, done ones too.
func (d *DB) Withdraw(ctx context.Context, g Group) error {
	for {
		r, err := d.client.JobDeleteMany(ctx, river.NewJobDeleteManyParams().Queues(g.Kind).First(1000).
			Where(inGroup, river.NamedArgs{"truce_length": len([]rune(g.Prefix)), "truce_prefix": g.Prefix}))
		if err != nil || len(r.Jobs) == 0 {
			return err
		}
	}
}
