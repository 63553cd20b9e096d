// Package database says how a PostgreSQL is reached: one address, and in it one
// schema for each record; and how processes tell each other through it that there is
// news.
//
// It promises that no error names a password, that a server which is gone without a
// word is noticed, and that who listens is told again after a lost connection.
package database

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

var (
	schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
	notInNames = regexp.MustCompile(`[^a-z0-9]+`)
)

// SchemaOf is the schema of a record: records may share a database.
func SchemaOf(origin string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(origin), "_"), "_")
	h := sha256.Sum256([]byte(origin)) // origins that differ only in other signs
	return fmt.Sprintf("truce_%.40s_%x", name, h[:4])
}

// Config reads an address, a URL or the words of libpq (host=... dbname=...); what it
// leaves out comes from PGHOST, PGPASSFILE and the like. Names of tables are looked for
// in the schema.
func Config(url, schema string) (*pgxpool.Config, error) {
	if !schemaName.MatchString(schema) {
		return nil, fmt.Errorf("schema %q: expected small letters, digits and _, at most 63", schema)
	}
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the address of the database: %w; expected such as postgres://truce@db.example.org/truce?sslmode=verify-full", err)
	}
	p := c.ConnConfig.RuntimeParams
	p["search_path"] = schema
	if p["application_name"] == "" {
		p["application_name"] = "truce " + schema
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	// A server that is gone without a word is noticed in half a minute.
	c.ConnConfig.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}).DialContext
	return c, nil
}

// asks is a connection, or many.
type asks interface {
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
}

// There reports whether a schema is there. One that somebody else made for us is
// enough: the right to make schemas is not needed then.
func There(ctx context.Context, c asks, schema string) (there bool, err error) {
	err = c.QueryRow(ctx, "SELECT EXISTS(SELECT 1 FROM pg_namespace WHERE nspname=$1)", schema).Scan(&there)
	return there, err
}

// Listen calls heard at once, with each news on a channel, after each connection that
// was lost and is there again, and every so often without any: news that came in
// between is found by whoever looks how far things are. It ends with the context. lost
// is told what goes wrong, once for each time that a connection is lost.
func Listen(ctx context.Context, c *pgx.ConnConfig, channel string, every time.Duration, heard func(), lost func(error)) {
	said := false
	for ctx.Err() == nil {
		began, err := time.Now(), listen(ctx, c, channel, every, func() { said = false; heard() })
		if ctx.Err() != nil {
			return
		}
		if err != nil && !said {
			said = true
			lost(err)
		}
		heard() // it may be that questions are answered, and news is not
		if wait := every - time.Since(began); wait > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(min(wait, time.Second)):
			}
		}
	}
}

func listen(ctx context.Context, config *pgx.ConnConfig, channel string, every time.Duration, heard func()) error {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		c.Close(late)
	}()
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	for {
		heard()
		wait, cancel := context.WithTimeout(ctx, every)
		_, err := c.WaitForNotification(wait)
		over := wait.Err() != nil
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
		case over && !c.IsClosed() && errors.Is(err, context.DeadlineExceeded):
			ping, cancel := context.WithTimeout(ctx, 10*time.Second)
			err = c.Ping(ping)
			cancel()
			if err != nil {
				return err
			}
		default:
			return err
		}
	}
}
