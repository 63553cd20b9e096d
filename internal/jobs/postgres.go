package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/truce-project/truce/internal/database"
)

// shared are the tables in a schema of PostgreSQL, which several processes use at
// once. Each gives a sign of life; what one was doing that gives none any more is
// done by another.
type shared struct {
	pool   *pgxpool.Pool
	schema string
	me     string // how the queue names this process

	stop  context.CancelFunc
	ended sync.WaitGroup

	since    time.Time           // from when on each sign of life was written
	suspects map[int64]time.Time // tasks that are said to run here and do not, since when
}

// connections are how many a process holds at most: one listens.
const connections = 8

// OpenPostgres opens the queue in a schema of a database, beside the views of a
// record, and brings its tables up to date.
func OpenPostgres(ctx context.Context, url, schema string, o Options, kinds ...Kind) (*DB, error) {
	c, err := database.Config(url, schema)
	if err != nil {
		return nil, err
	}
	c.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &shared{pool: pool, schema: schema}
	d := newDB(s, o, kinds)
	if err := s.open(ctx, d); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the queue in schema %s: %w", schema, err)
	}
	return d, nil
}

// sharedTables are those that River does not have.
const sharedTables = `
CREATE TABLE IF NOT EXISTS truce_state (kind text, key text, value bytea NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE IF NOT EXISTS truce_process (name text PRIMARY KEY, seen timestamptz NOT NULL);
`

func (s *shared) open(ctx context.Context, d *DB) error {
	driver := riverpgxv5.New(s.pool)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: d.quiet, Schema: s.schema})
	if err != nil {
		return err
	}
	err = s.alone(ctx, func() error {
		if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return err
		}
		_, err := s.pool.Exec(ctx, sharedTables)
		return err
	})
	if err != nil {
		return err
	}
	c := d.config()
	c.Schema = s.schema
	cl, err := river.NewClient(driver, c)
	if err != nil {
		return err
	}
	d.client, s.me = cl, cl.ID()
	return nil
}

// alone does something that no other process does at the same time, in the schema,
// which is made where there is none.
func (s *shared) alone(ctx context.Context, do func() error) error {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // which gives the lock back
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "truce jobs "+s.schema); err != nil {
		return err
	}
	there, err := database.There(ctx, s.pool, s.schema)
	if err == nil && !there {
		_, err = s.pool.Exec(ctx, "CREATE SCHEMA "+s.schema)
	}
	if err != nil {
		return err
	}
	return do()
}

// begin gives a first sign of life, and goes on with it.
func (s *shared) begin(ctx context.Context, d *DB) error {
	if err := s.beat(ctx); err != nil {
		return err
	}
	ctx, s.stop = context.WithCancel(ctx)
	s.since, s.suspects = time.Now(), nil
	s.ended.Go(func() {
		t := time.NewTicker(d.o.Gone / 4)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
			}
			if err := s.look(ctx, d); err != nil && ctx.Err() == nil {
				d.o.Slog.Error("queue", "error", err.Error())
			}
		}
	})
	return nil
}

func (s *shared) end() {
	if s.stop != nil {
		s.stop()
		s.ended.Wait()
		s.stop = nil
	}
}

func (s *shared) beat(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "INSERT INTO truce_process VALUES($1, now()) ON CONFLICT (name) DO UPDATE SET seen = now()", s.me)
	return err
}

// look gives a sign of life, and makes ready to run again what nobody does: what a
// process that is gone was doing, and what is said to run here and does not (its end
// was lost with a connection, or with a database that another took the place of).
// Whoever had no connection themselves does not know who is gone.
func (s *shared) look(ctx context.Context, d *DB) error {
	ctx, cancel := context.WithTimeout(ctx, d.o.Gone)
	defer cancel()
	began := time.Now()
	if err := s.beat(ctx); err != nil {
		s.since = time.Time{}
		return err
	}
	if s.since.IsZero() {
		s.since = began
	}
	if err := s.mine(ctx, d); err != nil || time.Since(s.since) < d.o.Gone {
		return err
	}
	gone := "clock_timestamp() - make_interval(secs => " + fmt.Sprint(d.o.Gone.Seconds()) + ")"
	_, err := s.pool.Exec(ctx, `WITH forgotten AS (DELETE FROM truce_process WHERE seen < clock_timestamp() - interval '1 day')
		UPDATE river_job j SET state = 'available' WHERE state = 'running' AND coalesce(attempted_by[array_length(attempted_by, 1)], '') <> $1
		AND NOT EXISTS (SELECT 1 FROM truce_process p WHERE p.name = j.attempted_by[array_length(j.attempted_by, 1)] AND p.seen > `+gone+`)`, s.me)
	return err
}

// mine looks for tasks that are said to run here. One that does not for as long as a
// process may be silent is done again: that it was done is told a little later.
func (s *shared) mine(ctx context.Context, d *DB) error {
	rows, err := s.pool.Query(ctx, "SELECT id FROM river_job WHERE state = 'running' AND attempted_by[array_length(attempted_by, 1)] = $1", s.me)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	now, again := map[int64]time.Time{}, []int64{}
	for _, id := range ids {
		since, before := s.suspects[id]
		switch {
		case d.busy.has(id):
		case !before:
			now[id] = time.Now()
		case time.Since(since) < d.o.Gone:
			now[id] = since
		default:
			again = append(again, id)
		}
	}
	s.suspects = now
	if len(again) == 0 {
		return nil
	}
	_, err = s.pool.Exec(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running' AND id = ANY($1)", again)
	return err
}

// Get reads a document; false: there is none.
func (s *shared) Get(ctx context.Context, kind, key string, to any) (bool, error) {
	var b []byte
	err := s.pool.QueryRow(ctx, "SELECT value FROM truce_state WHERE kind = $1 AND key = $2", kind, key).Scan(&b)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(b, to)
}

// Put keeps a document.
func (s *shared) Put(ctx context.Context, kind, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, putState, kind, key, b)
	return err
}

const putState = "INSERT INTO truce_state (kind, key, value) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"

// Change changes a document.
func (s *shared) Change(ctx context.Context, kind, key string, to any, do func()) error {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // after a commit this does nothing
	// A lock, and not that of the row: it may not be there yet.
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", s.schema+" "+kind+" "+key); err != nil {
		return err
	}
	var b []byte
	switch err := tx.QueryRow(ctx, "SELECT value FROM truce_state WHERE kind = $1 AND key = $2", kind, key).Scan(&b); {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(b, to); err != nil {
			return err
		}
	}
	do()
	if b, err = json.Marshal(to); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, putState, kind, key, b); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Delete forgets a document.
func (s *shared) Delete(ctx context.Context, kind, key string) error {
	_, err := s.pool.Exec(ctx, "DELETE FROM truce_state WHERE kind = $1 AND key = $2", kind, key)
	return err
}

// All goes through the documents of a kind, by their keys.
func (s *shared) All(ctx context.Context, kind string, do func(key string, value []byte) error) error {
	rows, err := s.pool.Query(ctx, `SELECT key, value FROM truce_state WHERE kind = $1 ORDER BY key COLLATE "C"`, kind)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (p pair, err error) { return p, r.Scan(&p.key, &p.value) })
	if err != nil {
		return err
	}
	return each(all, do)
}

func (s *shared) counts(ctx context.Context) (map[string]int64, error) {
	rows, err := s.pool.Query(ctx, "SELECT state::text, count(*) FROM river_job GROUP BY 1")
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	var state string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error { out[state] = n; return nil })
	return out, err
}

func (s *shared) close() error {
	s.end()
	s.pool.Close()
	return nil
}
