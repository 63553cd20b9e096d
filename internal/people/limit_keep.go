package people

import (
	"database/sql"
	"sync"
	"time"
)

// Failures are kept beside the other secrets, so that who guesses gains nothing by a
// restart. They are written a moment later and many at once: a sign-in does not wait for
// the disk, and a flood of wrong tokens is a few writes a second. A process that is
// killed forgets those of the last moment.
const keepAfter = 250 * time.Millisecond

const failedSchema = `
CREATE TABLE IF NOT EXISTS failed(key BLOB PRIMARY KEY, count INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;`

// keeping writes what has changed of a limiter.
type keeping struct {
	l       *limiter
	db      *sql.DB
	problem func(error)

	dirty map[failKey]bool // with the lock of the limiter
	timer *time.Timer      // nil: nothing is to be written; with the lock of the limiter

	writing sync.Mutex // one writes, so that what is older does not come later
}

// changed notes that something is to be written. It is called with the lock of the
// limiter held.
func (k *keeping) changed(key failKey) {
	if k == nil {
		return
	}
	if k.dirty[key] = true; k.timer == nil {
		k.timer = time.AfterFunc(keepAfter, func() {
			if err := k.write(); err != nil {
				k.problem(err)
			}
		})
	}
}

// write writes what has changed since it was written last. What could not be written is
// tried again with the next failure.
func (k *keeping) write() error {
	k.writing.Lock()
	defer k.writing.Unlock()
	k.l.mu.Lock()
	now := make(map[failKey]failures, len(k.dirty))
	for key := range k.dirty {
		now[key] = k.l.fail[key]
	}
	k.dirty, k.timer = map[failKey]bool{}, nil
	k.l.mu.Unlock()
	err := k.put(now)
	if err != nil {
		k.l.mu.Lock()
		for key := range now {
			k.dirty[key] = true
		}
		k.l.mu.Unlock()
	}
	return err
}

func (k *keeping) put(now map[failKey]failures) error {
	if len(now) == 0 {
		return nil
	}
	tx, err := k.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for key, f := range now {
		if f.count <= 0 {
			_, err = tx.Exec("DELETE FROM failed WHERE key = ?", key[:])
		} else {
			_, err = tx.Exec("INSERT OR REPLACE INTO failed VALUES(?, ?, ?)", key[:], f.count, f.last.UnixMilli())
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

// keep takes up what was kept, and keeps what comes. A clock that was set back since
// makes nobody wait longer than the rule says.
func (l *limiter) keep(db *sql.DB, problem func(error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if _, err := db.Exec("DELETE FROM failed WHERE last < ?", now.Add(-forget).UnixMilli()); err != nil {
		return err
	}
	rows, err := db.Query("SELECT key, count, last FROM failed LIMIT ?", maxFails)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key []byte
		var count int
		var last int64
		if err := rows.Scan(&key, &count, &last); err != nil {
			return err
		}
		if len(key) == len(failKey{}) {
			l.fail[failKey(key)] = failures{count, time.UnixMilli(min(last, now.UnixMilli()))}
		}
	}
	l.kept = &keeping{l: l, db: db, problem: problem, dirty: map[failKey]bool{}}
	return rows.Err()
}

// close writes what is not written yet.
func (l *limiter) close() error {
	if l.kept == nil {
		return nil
	}
	err := l.kept.write()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept.timer != nil {
		l.kept.timer.Stop()
	}
	l.kept = nil // what fails from now on is of no use to anybody
	return err
}
