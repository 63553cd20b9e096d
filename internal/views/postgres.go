package views

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/truce-project/truce/internal/database"
)

// postgres is a Store in a schema of a PostgreSQL database. Readers see the last
// commit; one process writes, which a lock of the database sees to.
type postgres struct {
	postgresReads
	schema string
	config *pgxpool.Config
	pool   *pgxpool.Pool
	write  *pgx.Conn // holds the lock; made anew where it broke
	codes  codes
	// The size and root that were last told by Size or committed: what a batch
	// goes on from.
	size, analyzed int64
	root           string
	notes          map[string]string // for those who read; see Note
}

// errMoved means that a store is at another size than it was left at: a commit
// whose answer was lost, or a standby that had not got the last of them. What is
// held in memory is read anew.
var errMoved = errors.New("the database is at another size than it was left at")

// SchemaOf is the schema that the views of a log lie in: records may share a
// database.
func SchemaOf(origin string) string { return database.SchemaOf(origin) }

// DatabaseNote is the file beside which a file of views would lie, where they are in
// a database: it names the schema, for who examines the folder.
const DatabaseNote = "database"

// OpenPostgres opens a store in a schema of a database, whose tables are made
// where there are none, or where they are of another layout. The address is a URL
// or the words of libpq (host=... dbname=...); what it leaves out comes from
// PGHOST, PGPASSFILE and the like. Errors never name a password.
func OpenPostgres(ctx context.Context, url, schema string) (Store, error) {
	c, err := database.Config(url, schema)
	if err != nil {
		return nil, err
	}
	c.MaxConns = maxConns
	s := &postgres{schema: schema, config: c, codes: codes{}}
	if s.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return nil, err
	}
	s.postgresReads = postgresReads{ask: s.pooled}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *postgres) open(ctx context.Context) error {
	if err := s.hold(ctx); err != nil {
		return err
	}
	if s.fits(ctx) {
		return nil
	}
	return s.Reset()
}

// lockTime is how long a process waits for one before it to let go.
var lockTime = 3 * time.Second

// hold makes the connection that writes, with the lock, where there is none.
func (s *postgres) hold(ctx context.Context) error {
	if s.write != nil && !s.write.IsClosed() && s.write.Ping(ctx) == nil {
		return nil
	}
	s.letGo()
	c, err := pgx.ConnectConfig(ctx, s.config.ConnConfig)
	if err != nil {
		return err
	}
	s.write = c
	key := sha256.Sum256([]byte("truce views " + s.schema))
	for end := time.Now().Add(lockTime); ; time.Sleep(100 * time.Millisecond) {
		var got bool
		if err := c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(binary.BigEndian.Uint64(key[:]))).Scan(&got); err != nil {
			return err
		}
		if got {
			return nil
		}
		if time.Now().After(end) {
			s.letGo()
			return fmt.Errorf("schema %s is written by another process: expected one truce serve for each record; stop the other, or, where it is gone, end its session in the database (pg_stat_activity, application_name %q)", s.schema, "truce "+s.schema)
		}
	}
}

func (s *postgres) letGo() {
	if s.write != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.write.Close(ctx)
		s.write = nil
	}
}

func (s *postgres) Close() error {
	s.letGo()
	s.pool.Close()
	return nil
}

// postgresColumns is a hash over the tables as they are: somebody may have altered
// them.
const postgresColumns = `SELECT coalesce(md5(string_agg(format('%s.%s %s', c.relname, a.attname, a.atttypid), ',' ORDER BY c.relname, a.attnum)), '')
	FROM pg_attribute a JOIN pg_class c ON c.oid=a.attrelid JOIN pg_namespace n ON n.oid=c.relnamespace
	WHERE n.nspname=$1 AND c.relname=ANY($2) AND a.attnum>0 AND NOT a.attisdropped`

// fits reports whether the tables are there, in this layout.
func (s *postgres) fits(ctx context.Context) bool {
	var have, columns, are string
	err := s.write.QueryRow(ctx, "SELECT (SELECT text FROM meta WHERE name='schema'), (SELECT text FROM meta WHERE name='columns')").Scan(&have, &columns)
	if err == nil {
		err = s.write.QueryRow(ctx, postgresColumns, s.schema, postgresTables).Scan(&are)
	}
	return err == nil && have == postgresSchema && columns == are
}

// Reset empties the store. Tables that are of this layout stay, with the rights that
// were given to them.
func (s *postgres) Reset() error {
	ctx := context.Background()
	if err := s.hold(ctx); err != nil {
		return err
	}
	s.codes, s.analyzed = codes{}, 0
	fits := s.fits(ctx)
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // after a commit this does nothing
	if fits {
		_, err = tx.Exec(ctx, "TRUNCATE "+strings.Join(postgresTables, ", "))
	} else {
		err = s.layOut(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("the tables in schema %s: %w", s.schema, err)
	}
	var columns string
	if err := tx.QueryRow(ctx, postgresColumns, s.schema, postgresTables).Scan(&columns); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO meta VALUES('schema',0,$1),('columns',0,$2),('log',0,''),('generation',0,gen_random_uuid()::text)", postgresSchema, columns); err != nil {
		return err
	}
	for name, text := range s.notes {
		if _, err := tx.Exec(ctx, noteText, "note "+name, text); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "SELECT pg_notify($1, '0')", s.schema); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// layOut makes the tables anew. A schema that somebody else made for us is enough:
// the right to make schemas is not needed then.
func (s *postgres) layOut(ctx context.Context, tx pgx.Tx) error {
	there, err := database.There(ctx, tx, s.schema)
	if err != nil {
		return err
	}
	text := ""
	if !there {
		text = "CREATE SCHEMA " + s.schema + ";\n"
	}
	text += "DROP TABLE IF EXISTS " + strings.Join(postgresTables, ", ") + " CASCADE;\n" + postgresLayout
	if _, err := tx.Exec(ctx, text); err != nil {
		return err
	}
	var gis string // the schema of PostGIS, where it is in this database
	err = tx.QueryRow(ctx, "SELECT quote_ident(nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid=e.extnamespace WHERE extname='postgis'").Scan(&gis)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	_, err = tx.Exec(ctx, forAnalysts(gis))
	return err
}

// Size tells what a batch goes on from.
func (s *postgres) Size() (size int64, root string, err error) {
	if size, root, err = s.postgresReads.Size(); err == nil {
		if size != s.size || root != s.root {
			s.codes = codes{}
		}
		s.size, s.root = size, root
	}
	return size, root, err
}

// moved reports whether the database is where it was left.
func (s *postgres) moved() (bool, error) {
	size, root, err := s.postgresReads.Size()
	return err == nil && (size != s.size || root != s.root), err
}

// pooled answers from any connection.
func (s *postgres) pooled(row func(pgx.Rows) error, text string, args ...any) error {
	rows, err := s.pool.Query(context.Background(), text, args...)
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
}

// damagedPostgres reports whether the database says that the tables are damaged or
// gone.
func damagedPostgres(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "XX001", "XX002", // data or an index corrupted
		"42P01", "42703", "3F000": // no such table, column, schema
		return true
	}
	return false
}
