package views

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/truce-project/truce/internal/database"
	"github.com/truce-project/truce/record"
)

// Kept is a store that another process writes, and that is followed here. It answers of
// the generation of its rows that was taken over last, and of no other.
type Kept struct {
	keptReads
	schema  string
	config  *pgxpool.Config
	pool    *pgxpool.Pool
	plain   postgresReads // of whatever there is
	answers atomic.Pointer[string]
}

// keptReads answers of one generation of what is in a store.
type keptReads struct{ postgresReads }

// ErrAnew means that the views were emptied and are being made anew: what was held of
// them is not answered from any more, since it may hold what was erased.
var ErrAnew = errors.New("the views are being made anew: ask again in a moment")

// errOnlyRead is what whoever would change such a store gets.
var errOnlyRead = errors.New("these views are written by the server that keeps the record")

// OpenKept opens the views that a server keeps in a schema of a database. They must be
// there, in the layout of this version.
func OpenKept(ctx context.Context, url, schema string) (*Kept, error) {
	c, err := database.Config(url, schema)
	if err != nil {
		return nil, err
	}
	c.MaxConns = maxConns
	k := &Kept{schema: schema, config: c}
	if k.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return nil, err
	}
	k.plain = postgresReads{ask: (&postgres{pool: k.pool}).pooled}
	k.keptReads = k.guarded(func() string {
		if g := k.answers.Load(); g != nil {
			return *g
		}
		return ""
	})
	if err := k.fits(ctx); err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// of answers of one generation.
func (k *Kept) of(generation string) keptReads {
	return k.guarded(func() string { return generation })
}

// guarded asks in one step with each question whether the store is still of a
// generation: it is emptied by TRUNCATE, which waits for the lock that the first
// statement takes, up to the end of the second.
func (k *Kept) guarded(generation func() string) keptReads {
	return keptReads{postgresReads{ask: func(row func(pgx.Rows) error, text string, args ...any) (err error) {
		want, b := generation(), &pgx.Batch{}
		b.Queue("SELECT text FROM meta WHERE name='generation'")
		b.Queue(text, args...)
		results := k.pool.SendBatch(context.Background(), b)
		defer func() { err = cmp.Or(err, results.Close()) }()
		var is string
		if err := results.QueryRow().Scan(&is); err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if is != want {
			return ErrAnew
		}
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
	}}}
}

func (k *Kept) fits(ctx context.Context) error {
	var have string
	err := k.pool.QueryRow(ctx, "SELECT text FROM meta WHERE name='schema'").Scan(&have)
	switch {
	case damagedPostgres(err) || errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("schema %s holds no views: expected those of a record whose truce serve runs with --database and this database; start it first", k.schema)
	case err != nil:
		return err
	case have != postgresSchema:
		return fmt.Errorf("schema %s holds views of another version of truce (%.40q, expected %q): run one version everywhere", k.schema, have, postgresSchema)
	}
	return nil
}

// Note reads what the server that keeps the record says of it; empty: nothing.
func (k *Kept) Note(name string) (text string, err error) {
	_, err = k.plain.one([]any{&text}, "SELECT text FROM meta WHERE name=$1", "note "+name)
	return text, err
}

// Begin refuses.
func (k *Kept) Begin() (Writes, error) { return nil, errOnlyRead }

// Reset refuses.
func (k *Kept) Reset() error { return errOnlyRead }

// Close ends.
func (k *Kept) Close() error { k.pool.Close(); return nil }

// listen calls heard when there may be news.
func (k *Kept) listen(ctx context.Context, every time.Duration, heard func(), lost func(error)) {
	database.Listen(ctx, k.config.ConnConfig, k.schema, every, heard, lost)
}

// stand is how far the views are. Each time that they are emptied another generation
// of them begins.
func (k *Kept) stand() (generation string, size int64, root string, err error) {
	ok, err := k.plain.one([]any{&size, &root, &generation}, "SELECT l.size, l.text, g.text FROM meta l, meta g WHERE l.name='log' AND g.name='generation'")
	if err == nil && !ok {
		err = ErrAnew
	}
	return generation, size, root, err
}

// changed are the incidents that entries from one size up to another changed, and
// perhaps others; false: nobody remembers.
func (k keptReads) changed(from, to int64) (nums []uint32, known bool, err error) {
	var least int64
	if _, err := k.one([]any{&least}, "SELECT coalesce(min(size), 0) FROM changes"); err != nil || from > 0 && from < least {
		return nil, false, err
	}
	seen := map[uint32]bool{}
	err = k.ask(func(rows pgx.Rows) error {
		var some []int64
		err := rows.Scan(&some)
		for _, n := range some {
			if !seen[uint32(n)] {
				seen[uint32(n)] = true
				nums = append(nums, uint32(n))
			}
		}
		return err
	}, "SELECT nums FROM changes WHERE size > $1 AND size <= $2", from, to)
	return nums, true, err
}

// these are the rows of some incidents as of a size.
func (k keptReads) these(nums []uint32, at int64) (map[uint32]Row, error) {
	out, some := map[uint32]Row{}, make([]int64, len(nums))
	for i, n := range nums {
		some[i] = int64(n)
	}
	err := k.ask(func(rows pgx.Rows) error {
		var x Row
		err := rows.Scan(&x.Num, &x.Start, &x.End, &x.Lat, &x.Lon, &x.Radius, &x.Profile, &x.Judged)
		out[x.Num] = x
		return err
	}, "SELECT c.num, c.starts, c.ends, c.lat, c.lon, c.radius, c.profile, coalesce(j.code, $3::bigint) FROM cols c LEFT JOIN judged j ON j.num=c.num AND "+holding(at, "j.", "$2")+
		" WHERE c.num = ANY($1) AND "+holding(at, "c.", "$2"), some, at, int64(noCode))
	return out, err
}

// runs are the runs that begin in a part of the common order.
func (k keptReads) runs(from, to int64) (out order, err error) {
	err = k.ask(func(rows pgx.Rows) error {
		var r Run
		var office []byte
		err := rows.Scan(&r.At, &office, &r.First)
		r.Office = string(office)
		out = append(out, r)
		return err
	}, "SELECT at, office, first FROM runs WHERE at>=$1 AND at<$2 ORDER BY at", from, to)
	return out, err
}

// codesFrom are the texts of codes from one on, of those that there were then.
func (k keptReads) codesFrom(name string, first int, at int64) (out []string, err error) {
	err = k.ask(func(rows pgx.Rows) error {
		var t []byte
		err := rows.Scan(&t)
		out = append(out, string(t))
		return err
	}, "SELECT text FROM dict WHERE name=$1 AND code>=$2 AND since<$3 ORDER BY code", name, first, at)
	return out, err
}

// Open opens a file of a text or data set: the server puts them in the database.
func (k keptReads) Open(h record.Hash) (io.ReadCloser, error) {
	f := &keptFile{k: k, hash: h[:]}
	if more, err := f.next(); err != nil {
		return nil, err
	} else if !more {
		return nil, fs.ErrNotExist
	}
	return f, nil
}

// keptFile reads a file part by part.
type keptFile struct {
	k    keptReads
	hash []byte
	part int32
	left bytes.Reader
}

func (f *keptFile) next() (more bool, err error) {
	var b []byte
	more, err = f.k.one([]any{&b}, "SELECT bytes FROM files WHERE hash=$1 AND part=$2", f.hash, f.part)
	f.part++
	f.left.Reset(b)
	return more, err
}

func (f *keptFile) Read(p []byte) (int, error) {
	for f.left.Len() == 0 {
		if more, err := f.next(); err != nil {
			return 0, err
		} else if !more {
			return 0, io.EOF
		}
	}
	return f.left.Read(p)
}

func (f *keptFile) Close() error { return nil }
