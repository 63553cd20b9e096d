package views

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// postgresWrites is a batch. What is written waits until something is read, or
// until there is much of it, and goes to the database in one message with that.
type postgresWrites struct {
	postgresReads
	s         *postgres
	tx        pgx.Tx
	waiting   *pgx.Batch
	bytes     int
	incidents uint32 // the highest number given
}

const (
	mostWaiting      = 1000
	mostWaitingBytes = 4 << 20
)

// Begin starts a batch; one at a time.
func (s *postgres) Begin() (Writes, error) {
	ctx := context.Background()
	if err := s.hold(ctx); err != nil {
		return nil, err
	}
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return nil, err
	}
	w := &postgresWrites{s: s, tx: tx, waiting: &pgx.Batch{}}
	w.postgresReads = postgresReads{ask: w.asked}
	size, root, err := w.Size()
	if err == nil && (size != s.size || root != s.root) {
		err = errMoved
	}
	if err == nil {
		_, err = w.one([]any{&w.incidents}, "SELECT coalesce(max(num),0) FROM incidents")
	}
	if err != nil {
		return nil, errors.Join(err, w.Rollback())
	}
	return w, nil
}

// put lets a statement wait. weight is about its length in bytes.
func (w *postgresWrites) put(weight int, text string, args ...any) error {
	w.waiting.Queue(text, args...)
	if w.bytes += weight; w.waiting.Len() < mostWaiting && w.bytes < mostWaitingBytes {
		return nil
	}
	return w.send(nil)
}

// send sends what waits; last, where it is not nil, reads the answer to the last
// statement.
func (w *postgresWrites) send(last func(pgx.BatchResults) error) (err error) {
	n := w.waiting.Len()
	if n == 0 {
		return nil
	}
	results := w.tx.SendBatch(context.Background(), w.waiting)
	w.waiting, w.bytes = &pgx.Batch{}, 0
	defer func() { err = errors.Join(err, results.Close()) }()
	if last != nil {
		n--
	}
	for range n {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	if last != nil {
		return last(results)
	}
	return nil
}

// asked answers from the batch, after all that was written in it.
func (w *postgresWrites) asked(row func(pgx.Rows) error, text string, args ...any) error {
	w.waiting.Queue(text, args...)
	return w.send(func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := row(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// Commit makes the batch seen, as of a size of the log.
func (w *postgresWrites) Commit(size int64, root string) error {
	if err := w.put(0, "UPDATE meta SET size=$1, text=$2 WHERE name='log'", size, root); err != nil {
		return err
	}
	if err := w.put(0, "SELECT pg_notify($1, $2)", w.s.schema, strconv.FormatInt(size, 10)); err != nil {
		return err
	}
	if err := w.send(nil); err != nil {
		return err
	}
	if err := w.tx.Commit(context.Background()); err != nil {
		return err
	}
	w.s.size, w.s.root = size, root
	return w.s.look(size)
}

// look has the database look at the tables when they have doubled: without that it
// goes on as if they were empty. It is no error where it does not.
func (s *postgres) look(size int64) error {
	if size >= max(2*s.analyzed, batchSize) {
		s.analyzed = size
		_, _ = s.write.Exec(context.Background(), "ANALYZE "+strings.Join(postgresTables, ", "))
	}
	return nil
}

// Rollback forgets the batch.
func (w *postgresWrites) Rollback() error {
	w.s.codes = codes{}
	err := w.tx.Rollback(context.Background())
	if errors.Is(err, pgx.ErrTxClosed) || w.s.write == nil || w.s.write.IsClosed() {
		return nil // the database has forgotten it
	}
	return err
}

func (w *postgresWrites) PutDoc(d *Doc, text string) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := w.put(len(b), "INSERT INTO docs VALUES($1,$2,$3,$4,$5)", d.Index, []byte(d.ID), []byte(d.Kind), []byte(d.Root), b); err != nil {
		return err
	}
	for _, r := range d.Refs {
		if err := w.put(100, "INSERT INTO refs VALUES($1,$2,$3) ON CONFLICT DO NOTHING", []byte(r.ID), []byte(r.Relation), d.Index); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	return w.put(len(text), "INSERT INTO words_docs VALUES($1,$2)", d.Index, stemsIn(text))
}

// stemsIn parts what indexed made.
func stemsIn(text string) [][]byte {
	fields := strings.Fields(text)
	out := make([][]byte, len(fields))
	for i, f := range fields {
		out[i] = []byte(f)
	}
	return out
}

func (w *postgresWrites) NewIncident(id string) (uint32, error) {
	w.incidents++
	return w.incidents, w.put(len(id), "INSERT INTO incidents(num,id) VALUES($1,$2)", w.incidents, []byte(id))
}

func (w *postgresWrites) SetRadio(num uint32, radio string) error {
	return w.put(0, "UPDATE incidents SET radio=$1 WHERE num=$2", []byte(radio), num)
}

func (w *postgresWrites) PutVersion(v *Version, text string) error {
	b, err := json.Marshal(&v.Incident)
	if err != nil {
		return err
	}
	if err := w.put(len(b), "INSERT INTO versions VALUES($1,$2,0,$3)", v.Num, v.Since, b); err != nil {
		return err
	}
	r := &v.Row
	if err := w.put(0, "INSERT INTO cols(num,since,until,starts,ends,lat,lon,radius,profile) VALUES($1,$2,0,$3,$4,$5,$6,$7,$8)", v.Num, v.Since, r.Start, r.End, r.Lat, r.Lon, int32(r.Radius), r.Profile); err != nil {
		return err
	}
	return w.put(len(text), "INSERT INTO words_incidents VALUES($1,$2)", v.Num, stemsIn(text))
}

// EndVersion puts the words of the version that ends among those of what has ended.
func (w *postgresWrites) EndVersion(num uint32, at int64) error {
	if err := w.put(0, `INSERT INTO was SELECT (SELECT coalesce(max(seq),0)+1 FROM was), v.num, v.since, $2, s.stems
		FROM versions v JOIN words_incidents s ON s.num=v.num WHERE v.num=$1 AND v.until=0 AND v.since<>$2 AND cardinality(s.stems)>0`, num, at); err != nil {
		return err
	}
	for _, t := range []string{"versions", "cols"} {
		if err := w.end(t, "num=$2", at, num); err != nil {
			return err
		}
	}
	return w.put(0, "DELETE FROM words_incidents WHERE num=$1", num)
}

// end ends the current rows of a table; what began with the same entry goes. In
// where, $1 is the entry.
func (w *postgresWrites) end(table, where string, at int64, args ...any) error {
	args = append([]any{at}, args...)
	if err := w.put(0, "DELETE FROM "+table+" WHERE "+where+" AND until=0 AND since=$1", args...); err != nil {
		return err
	}
	return w.put(0, "UPDATE "+table+" SET until=$1 WHERE "+where+" AND until=0", args...)
}

func (w *postgresWrites) PutFinding(num uint32, f *Finding) error {
	b, err := json.Marshal(&f.Result)
	if err != nil {
		return err
	}
	return w.put(len(b), "INSERT INTO findings VALUES($1,$2,$3,$4,0,$5,$6)", num, []byte(f.Terms), []byte(f.Reading), f.Since, []byte(f.Verdict), b)
}

func (w *postgresWrites) EndFinding(num uint32, text, reading string, at int64) error {
	return w.end("findings", "num=$2 AND text=$3 AND reading=$4", at, num, []byte(text), []byte(reading))
}

func (w *postgresWrites) PutJudged(num uint32, since int64, code uint32) error {
	return w.put(0, "INSERT INTO judged VALUES($1,$2,0,$3)", num, since, code)
}

func (w *postgresWrites) EndJudged(num uint32, at int64) error {
	return w.end("judged", "num=$2", at, num)
}

func (w *postgresWrites) Code(name, text string, at int64) (uint32, error) {
	return w.s.codes.of(w, name, text, func(c uint32) error {
		return w.put(len(text), "INSERT INTO dict VALUES($1,$2,$3,$4)", name, c, at, []byte(text))
	})
}
