package people

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// secrets are what must never be in the record. All but the seeds of second
// factors and the keys of accounts are hashes: whoever steals the file cannot
// sign in by it without guessing.
type secrets struct {
	db     *sql.DB
	tokens sync.Map // id, hash: what programs ask for with every request
	keys   sync.Map // account, key: what is written with every entry

	commits atomic.Int64 // of sessions
}

const secretsSchema = `
CREATE TABLE IF NOT EXISTS credential(account TEXT PRIMARY KEY, key BLOB NOT NULL, password TEXT NOT NULL DEFAULT '',
  totp TEXT NOT NULL DEFAULT '', counter INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS recovery(account TEXT, hash BLOB, PRIMARY KEY(account, hash)) STRICT;
CREATE TABLE IF NOT EXISTS link(hash BLOB PRIMARY KEY, account TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS token(id TEXT PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS session(token TEXT PRIMARY KEY, data BLOB NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS setting(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS outside(issuer TEXT, subject TEXT, account TEXT NOT NULL, PRIMARY KEY(issuer, subject)) STRICT;
CREATE TABLE IF NOT EXISTS passkey(id BLOB PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, made INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS passkey_account ON passkey(account);
CREATE TABLE IF NOT EXISTS subscription(id TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, sort TEXT NOT NULL, rule BLOB NOT NULL, mail TEXT NOT NULL, webhook TEXT NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, made INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS place(entry INTEGER PRIMARY KEY) STRICT;
PRAGMA user_version = 2;`

// secretsVersion is that of secretsSchema. From 2 on there are passkeys: an older
// truce would leave them where it removes a second factor.
const secretsVersion = 2

// openSecrets opens DIR/secret/people.db, for its owner alone.
func openSecrets(dir string) (*secrets, error) {
	folder, err := filepath.Abs(filepath.Join(dir, "secret")) // a relative path would be read as a host
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	name := filepath.Join(folder, "people.db")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	f.Close()
	if i, err := os.Stat(name); err != nil || i.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others than its owner may open it: run chmod 600 on it (%v)", name, err)
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: name, RawQuery: "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_pragma=secure_delete(1)&_txlock=immediate"}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4)
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if version > secretsVersion {
		db.Close()
		return nil, fmt.Errorf("%s: version %d, expected at most %d: it was written by a newer truce", name, version, secretsVersion)
	}
	if _, err := db.Exec(secretsSchema + ownSchema + failedSchema); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &secrets{db: db}
	if err := s.readTokens(); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// credential is what an account signs in and writes by.
type credential struct {
	Password string // Argon2id; empty: none yet
	TOTP     string // seed, base32; empty: none yet
	Counter  int64  // of the last code that was used
	Passkeys int    // how many
	Epoch    int64  // sessions of another epoch are dead
}

// second reports whether there is a second factor.
func (c credential) second() bool { return c.TOTP != "" || c.Passkeys > 0 }

// credential reads that of an account; one that has none gets the zero one.
func (s *secrets) credential(account string) (c credential, err error) {
	err = s.db.QueryRow("SELECT password, totp, counter, epoch, (SELECT count(*) FROM passkey WHERE passkey.account = credential.account) FROM credential WHERE account = ?", account).Scan(&c.Password, &c.TOTP, &c.Counter, &c.Epoch, &c.Passkeys)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return c, err
}

// key is the key by which an account writes.
func (s *secrets) key(account string) (ed25519.PrivateKey, error) {
	if k, ok := s.keys.Load(account); ok {
		return k.(ed25519.PrivateKey), nil
	}
	var seed []byte
	err := s.db.QueryRow("SELECT key FROM credential WHERE account = ?", account).Scan(&seed)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the key of account %s is not here: it cannot write (%v)", account, err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	s.keys.Store(account, key)
	return key, nil
}

func (s *secrets) addKey(account string, key ed25519.PrivateKey) error {
	_, err := s.db.Exec("INSERT INTO credential(account, key) VALUES(?, ?)", account, key.Seed())
	return err
}

// setPassword ends all sessions of the account.
func (s *secrets) setPassword(account, hash string) error {
	return s.one("UPDATE credential SET password = ?, epoch = epoch + 1 WHERE account = ?", hash, account)
}

// rehash keeps a password with new parameters; sessions go on.
func (s *secrets) rehash(account, hash, old string) error {
	_, err := s.db.Exec("UPDATE credential SET password = ? WHERE account = ? AND password = ?", hash, account, old)
	return err
}

// setTOTP keeps a seed and the hashes of recovery codes. Sessions that were begun
// without it end.
func (s *secrets) setTOTP(account, seed string, counter int64, codes []string) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("UPDATE credential SET totp = ?, counter = ?, epoch = epoch + 1 WHERE account = ?", seed, counter, account); err != nil {
		return err
	}
	if err := setRecovery(tx, account, codes); err != nil {
		return err
	}
	return tx.Commit()
}

// setRecovery keeps the hashes of recovery codes in place of those there are.
func setRecovery(tx *sql.Tx, account string, codes []string) error {
	if _, err := tx.Exec("DELETE FROM recovery WHERE account = ?", account); err != nil {
		return err
	}
	for _, c := range codes {
		if _, err := tx.Exec("INSERT INTO recovery VALUES(?, ?)", account, digest(c)); err != nil {
			return err
		}
	}
	return nil
}

// dropSecond removes all second factors and ends all sessions.
func (s *secrets) dropSecond(account string) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, x := range []string{"UPDATE credential SET totp = '', counter = 0, epoch = epoch + 1 WHERE account = ?", "DELETE FROM recovery WHERE account = ?", "DELETE FROM passkey WHERE account = ?"} {
		if _, err := tx.Exec(x, account); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// useCounter takes a code of the second factor, once: of two who use the same at
// the same time one gets in.
func (s *secrets) useCounter(account string, counter int64) error {
	return s.one("UPDATE credential SET counter = ? WHERE account = ? AND counter < ?", counter, account, counter)
}

// useRecovery takes a recovery code, once.
func (s *secrets) useRecovery(account, code string) error {
	return s.one("DELETE FROM recovery WHERE account = ? AND hash = ?", account, digest(code))
}

var errNotOnce = errors.New("nothing changed")

// one runs a statement that must change one row.
func (s *secrets) one(statement string, args ...any) error {
	r, err := s.db.Exec(statement, args...)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errNotOnce
	}
	return nil
}

// isNone reports that there was no row.
func isNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// digest hashes what was drawn by chance with 128 bits or more: there is nothing
// to guess, so that a slow hash would only cost time.
func digest(s string) []byte {
	h := sha256.Sum256([]byte("truce secret v1\n" + s))
	return h[:]
}

// addLink keeps a one-time link; an older one of the account ends.
func (s *secrets) addLink(code, account string, until time.Time) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.Exec("DELETE FROM link WHERE account = ?", account); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO link VALUES(?, ?, ?)", digest(code), account, until.Unix()); err != nil {
		return err
	}
	return tx.Commit()
}

// link finds whom a link is for, without using it: previews of messages open
// links too.
func (s *secrets) link(code string, now time.Time) (account string, ok bool) {
	err := s.db.QueryRow("SELECT account FROM link WHERE hash = ? AND until > ?", digest(code), now.Unix()).Scan(&account)
	return account, err == nil
}

// useLink ends a link.
func (s *secrets) useLink(code string, now time.Time) error {
	return s.one("DELETE FROM link WHERE hash = ? AND until > ?", digest(code), now.Unix())
}

func (s *secrets) addToken(id, secret string) error {
	_, err := s.db.Exec("INSERT INTO token VALUES(?, ?)", id, digest(secret))
	if err == nil {
		s.tokens.Store(id, digest(secret))
	}
	return err
}

func (s *secrets) dropToken(id string) error {
	s.tokens.Delete(id)
	_, err := s.db.Exec("DELETE FROM token WHERE id = ?", id)
	return err
}

func (s *secrets) readTokens() error {
	rows, err := s.db.Query("SELECT id, hash FROM token")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var hash []byte
		if err := rows.Scan(&id, &hash); err != nil {
			return err
		}
		s.tokens.Store(id, hash)
	}
	return rows.Err()
}

// isToken compares in constant time. An id that is not there takes as long.
func (s *secrets) isToken(id, secret string) bool {
	hash := make([]byte, sha256.Size)
	kept, there := s.tokens.Load(id)
	if there {
		hash = kept.([]byte)
	}
	return subtle.ConstantTimeCompare(hash, digest(secret)) == 1 && there
}

// setting returns a value that was drawn once.
func (s *secrets) setting(name string, size int, rand io.Reader) ([]byte, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, err
	}
	if _, err := s.db.Exec("INSERT OR IGNORE INTO setting VALUES(?, ?)", name, b); err != nil {
		return nil, err
	}
	err := s.db.QueryRow("SELECT value FROM setting WHERE name = ?", name).Scan(&b)
	return b, err
}

// Find, Commit and Delete keep sessions, whose tokens arrive here hashed.
func (s *secrets) Find(token string) (b []byte, found bool, err error) {
	err = s.db.QueryRow("SELECT data FROM session WHERE token = ? AND until > ?", token, time.Now().Unix()).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return b, err == nil, err
}

// FindCtx is Find, and remembers for the visit what was found.
func (s *secrets) FindCtx(ctx context.Context, token string) (b []byte, found bool, err error) {
	b, found, err = s.Find(token)
	if v := visitOf(ctx); v != nil && found {
		v.token, v.data = token, b
	}
	return b, found, err
}

// CommitCtx keeps a session. Requests of one session run beside each other, and the
// library writes back what each of them has read: a request that changed nothing would
// undo what another did meanwhile, and bring back a session that was signed out of.
// So what is as it was found only goes on, and what was found and is gone stays gone.
func (s *secrets) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	v := visitOf(ctx)
	if v == nil || v.token != token {
		return s.Commit(token, b, expiry)
	}
	if bytes.Equal(v.data, b) {
		_, err := s.db.ExecContext(ctx, "UPDATE session SET until = ? WHERE token = ? AND abs(? - until) > 60", expiry.Unix(), token, expiry.Unix()) // once a minute
		return err
	}
	_, err := s.db.ExecContext(ctx, "UPDATE session SET data = ?, until = ? WHERE token = ?", b, expiry.Unix(), token)
	return err
}

// DeleteCtx is Delete.
func (s *secrets) DeleteCtx(_ context.Context, token string) error { return s.Delete(token) }

// Commit keeps a session that is new.
func (s *secrets) Commit(token string, b []byte, expiry time.Time) error {
	if s.commits.Add(1)%500 == 0 { // what has ended is not kept until the next start
		if _, err := s.db.Exec("DELETE FROM session WHERE until <= ?", time.Now().Unix()); err != nil {
			return err
		}
	}
	_, err := s.db.Exec("INSERT OR REPLACE INTO session VALUES(?, ?, ?)", token, b, expiry.Unix())
	return err
}

func (s *secrets) Delete(token string) error {
	_, err := s.db.Exec("DELETE FROM session WHERE token = ?", token)
	return err
}

// sweep removes what has ended.
func (s *secrets) sweep(ctx context.Context, now time.Time) error {
	for _, t := range []string{"session", "link"} {
		if _, err := s.db.ExecContext(ctx, "DELETE FROM "+t+" WHERE until <= ?", now.Unix()); err != nil {
			return err
		}
	}
	return nil
}
