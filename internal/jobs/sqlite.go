package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver
)

// DB is a file with the queue and the store. One process opens it at a time: the
// lock of the record that it lies beside sees to that.
type DB struct {
	db     *sql.DB
	client *river.Client[*sql.Tx]
	kinds  map[string]Kind
	pauses pauses
}

var (
	_ Queue = (*DB)(nil)
	_ Store = (*DB)(nil)
)

// Options are how a queue is kept.
type Options struct {
	Slog *slog.Logger
	Poll time.Duration // how often the queue is looked at; 0 is 1 s
}

// Open opens the file, brings its tables up to date, and makes what was running
// when the process ended ready to run again.
func Open(ctx context.Context, file string, o Options, kinds ...Kind) (*DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // as its authors advise: SQLite has one writer
	d := &DB{db: db, kinds: map[string]Kind{}}
	if err := d.open(ctx, o, kinds); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), db.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, o Options, kinds []Kind) error {
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	quiet := slog.New(only{o.Slog.Handler()})
	driver := riversqlite.New(d.db)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	for _, q := range []string{
		`CREATE TABLE IF NOT EXISTS truce_state (kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID`,
		// Nobody else runs anything: what says so was cut off.
		`UPDATE river_job SET state = 'available' WHERE state = 'running'`,
		`DELETE FROM river_leader`,
	} {
		if _, err := d.db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	workers, queues := river.NewWorkers(), map[string]river.QueueConfig{}
	for _, k := range kinds {
		k = k.filled()
		d.kinds[k.Name] = k
		if err := river.AddWorkerSafely(workers, &worker{d: d, kind: k.Name}); err != nil && len(d.kinds) == 1 {
			return err
		}
		queues[k.Name] = river.QueueConfig{MaxWorkers: k.AtOnce}
	}
	if len(queues) == 0 {
		return nil
	}
	d.client, err = river.NewClient(driver, &river.Config{Workers: workers, Queues: queues, Logger: quiet, PollOnly: true, FetchPollInterval: o.Poll, FetchCooldown: min(o.Poll, 100*time.Millisecond), RetryPolicy: d,
		CompletedJobRetentionPeriod: 24 * time.Hour, CancelledJobRetentionPeriod: 30 * 24 * time.Hour, DiscardedJobRetentionPeriod: 30 * 24 * time.Hour})
	return err
}

func (k Kind) filled() Kind {
	if k.AtOnce == 0 {
		k.AtOnce = 1
	}
	if k.Time == 0 {
		k.Time = time.Minute
	}
	if k.Base == 0 {
		k.Base = 10 * time.Second
	}
	if k.Most == 0 {
		k.Most = 6 * time.Hour
	}
	return k
}

// only lets warnings and errors of the queue through: what it does is told by
// those who use it.
type only struct{ slog.Handler }

func (o only) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && o.Handler.Enabled(ctx, l)
}

// Get reads a document; false: there is none.
func (d *DB) Get(ctx context.Context, kind, key string, to any) (bool, error) {
	var b []byte
	err := d.db.QueryRowContext(ctx, `SELECT value FROM truce_state WHERE kind = ? AND key = ?`, kind, key).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(b, to)
}

// Put keeps a document.
func (d *DB) Put(ctx context.Context, kind, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = d.db.ExecContext(ctx, `INSERT INTO truce_state (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`, kind, key, b)
	return err
}

// Delete forgets a document.
func (d *DB) Delete(ctx context.Context, kind, key string) error {
	_, err := d.db.ExecContext(ctx, `DELETE FROM truce_state WHERE kind = ? AND key = ?`, kind, key)
	return err
}

// All goes through the documents of a kind, by their keys.
func (d *DB) All(ctx context.Context, kind string, f func(key string, value []byte) error) error {
	rows, err := d.db.QueryContext(ctx, `SELECT key, value FROM truce_state WHERE kind = ? ORDER BY key`, kind)
	if err != nil {
		return err
	}
	type pair struct {
		key   string
		value []byte
	}
	var all []pair // first, so that f may use the only connection
	for rows.Next() {
		var p pair
		if err := rows.Scan(&p.key, &p.value); err != nil {
			return errors.Join(err, rows.Close())
		}
		all = append(all, p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, p := range all {
		if err := f(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the file, after Stop.
func (d *DB) Close() error { return d.db.Close() }
