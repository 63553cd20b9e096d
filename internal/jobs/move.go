package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivershared/uniquestates"
	"github.com/riverqueue/river/rivertype"
)

// Moved says what was carried over from a file into a database.
type Moved struct{ Tasks, Documents int }

// Move carries a queue and its store over from a file into a database: what waits, what
// ran when the process ended, what was done and what was given up. The file is renamed
// to NAME.moved once the database has it; cut off before that, it is carried over
// again, and a task that the database has already is not added twice. What the file
// remembers stands over what the database does: it was used last.
func Move(ctx context.Context, name string, to *DB) (m Moved, err error) {
	s, ok := to.engine.(*shared)
	if !ok {
		return m, errors.New("a queue is moved into a database")
	}
	if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	from, err := Open(ctx, name, Options{Slog: to.o.Slog})
	if err != nil {
		return m, fmt.Errorf("the queue that is to be moved into the database: %w", err)
	}
	m, err = s.take(ctx, from)
	if err = errors.Join(err, from.Close()); err != nil {
		return m, fmt.Errorf("%s was not moved into the database: %w", name, err)
	}
	return m, os.Rename(name, name+".moved")
}

// take takes over everything in one transaction.
func (s *shared) take(ctx context.Context, from *DB) (m Moved, err error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return m, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // after a commit this does nothing
	if m.Documents, err = takeState(ctx, tx, from.engine.(*file)); err != nil {
		return m, err
	}
	p := river.NewJobListParams().First(1000)
	for {
		l, err := from.client.JobList(ctx, p)
		if err != nil {
			return m, err
		}
		for _, j := range l.Jobs {
			added, err := takeTask(ctx, tx, j)
			if err != nil {
				return m, fmt.Errorf("task %d: %w", j.ID, err)
			}
			if added {
				m.Tasks++
			}
		}
		if len(l.Jobs) == 0 {
			return m, tx.Commit(ctx)
		}
		p = p.After(l.LastCursor)
	}
}

func takeState(ctx context.Context, tx pgx.Tx, f *file) (n int, err error) {
	rows, err := f.db.QueryContext(ctx, "SELECT kind, key, value FROM truce_state")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var p pair
		if err := rows.Scan(&kind, &p.key, &p.value); err != nil {
			return n, err
		}
		if _, err := tx.Exec(ctx, putState, kind, p.key, p.value); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// takeTask adds a task as it is; false: the database has it.
func takeTask(ctx context.Context, tx pgx.Tx, j *rivertype.JobRow) (bool, error) {
	var errs []string
	for _, e := range j.Errors {
		b, err := json.Marshal(e)
		if err != nil {
			return false, err
		}
		errs = append(errs, string(b))
	}
	// One that is there under the same key, and one that was taken over before.
	var there bool
	err := tx.QueryRow(ctx, "SELECT EXISTS(SELECT 1 FROM river_job WHERE unique_key = $1 AND (river_job_state_in_bitmask(unique_states, state) OR created_at = $2))", j.UniqueKey, j.CreatedAt).Scan(&there)
	if err != nil || there {
		return false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO river_job(args, attempt, attempted_at, attempted_by, created_at, errors, finalized_at, kind, max_attempts, metadata, priority, queue, scheduled_at, state, tags, unique_key, unique_states)
		VALUES($1::jsonb, $2, $3, $4, $5, $6::text[]::jsonb[], $7, $8, $9, $10::jsonb, $11, $12, $13, $14, $15, $16, $17::integer::bit(8))`,
		string(j.EncodedArgs), j.Attempt, j.AttemptedAt, j.AttemptedBy, j.CreatedAt, errs, j.FinalizedAt, j.Kind, j.MaxAttempts, string(j.Metadata), j.Priority, j.Queue, j.ScheduledAt, j.State, append([]string{}, j.Tags...),
		j.UniqueKey, int32(uniquestates.UniqueStatesToBitmask(j.UniqueStates)))
	return err == nil, err
}
