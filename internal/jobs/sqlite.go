package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver
)

// file is a SQLite file with the tables. One process opens it at a time: the lock of
// the record that it lies beside sees to that.
type file struct{ db *sql.DB }

// Open opens the queue in a file, brings its tables up to date, and makes what was
// running when the process ended ready to run again.
func Open(ctx context.Context, name string, o Options, kinds ...Kind) (*DB, error) {
	db, err := sql.Open("sqlite", "file:"+name+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // as its authors advise: SQLite has one writer
	f := &file{db}
	d := newDB(f, o, kinds)
	if err := f.open(ctx, d); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), db.Close())
	}
	return d, nil
}

func (f *file) open(ctx context.Context, d *DB) error {
	driver := riversqlite.New(f.db)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: d.quiet})
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
		if _, err := f.db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	c := d.config()
	c.PollOnly = true
	d.client, err = river.NewClient(driver, c)
	return err
}

// Get reads a document; false: there is none.
func (f *file) Get(ctx context.Context, kind, key string, to any) (bool, error) {
	var b []byte
	err := f.db.QueryRowContext(ctx, `SELECT value FROM truce_state WHERE kind = ? AND key = ?`, kind, key).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(b, to)
}

// Put keeps a document.
func (f *file) Put(ctx context.Context, kind, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = f.db.ExecContext(ctx, `INSERT INTO truce_state (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`, kind, key, b)
	return err
}

// Change changes a document.
func (f *file) Change(ctx context.Context, kind, key string, to any, do func()) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit this does nothing
	var b []byte
	switch err := tx.QueryRowContext(ctx, `SELECT value FROM truce_state WHERE kind = ? AND key = ?`, kind, key).Scan(&b); {
	case errors.Is(err, sql.ErrNoRows):
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
	if _, err := tx.ExecContext(ctx, `INSERT INTO truce_state (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`, kind, key, b); err != nil {
		return err
	}
	return tx.Commit()
}

// Delete forgets a document.
func (f *file) Delete(ctx context.Context, kind, key string) error {
	_, err := f.db.ExecContext(ctx, `DELETE FROM truce_state WHERE kind = ? AND key = ?`, kind, key)
	return err
}

// All goes through the documents of a kind, by their keys.
func (f *file) All(ctx context.Context, kind string, do func(key string, value []byte) error) error {
	rows, err := f.db.QueryContext(ctx, `SELECT key, value FROM truce_state WHERE kind = ? ORDER BY key`, kind)
	if err != nil {
		return err
	}
	var all []pair // first, so that it may use the only connection
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
	return each(all, do)
}

func (f *file) counts(ctx context.Context) (map[string]int64, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT state, count(*) FROM river_job GROUP BY state`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var s string
		var n int64
		if err := rows.Scan(&s, &n); err != nil {
			return nil, err
		}
		out[s] = n
	}
	return out, rows.Err()
}

func (f *file) begin(context.Context, *DB) error { return nil }
func (f *file) end()                             {}

func (f *file) close() error { return f.db.Close() }
