package views

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/truce-project/truce/internal/disk"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// schema names the layout of the tables; a store with another is made anew.
const schema = "truce-views/4"

const tables = `
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE docs(idx INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, root TEXT, json BLOB);
CREATE INDEX docs_kind ON docs(kind, idx);
CREATE INDEX docs_root ON docs(root, idx) WHERE root <> '';
CREATE TABLE refs(id TEXT, rel TEXT, src INTEGER, PRIMARY KEY(id, rel, src)) WITHOUT ROWID;
CREATE TABLE incidents(num INTEGER PRIMARY KEY, id TEXT UNIQUE, radio TEXT UNIQUE);
CREATE TABLE versions(num INTEGER, since INTEGER, until INTEGER, json BLOB, PRIMARY KEY(num, since)) WITHOUT ROWID;
CREATE TABLE cols(num INTEGER, since INTEGER, until INTEGER, row BLOB, PRIMARY KEY(num, since)) WITHOUT ROWID;
CREATE TABLE findings(num INTEGER, text TEXT, reading TEXT, since INTEGER, until INTEGER, json BLOB, PRIMARY KEY(num, text, reading, since)) WITHOUT ROWID;
CREATE INDEX findings_since ON findings(since);
CREATE TABLE judged(num INTEGER, since INTEGER, until INTEGER, code INTEGER, PRIMARY KEY(num, since)) WITHOUT ROWID;
CREATE TABLE dict(name TEXT, code INTEGER, since INTEGER, text TEXT, PRIMARY KEY(name, code)) WITHOUT ROWID;
CREATE TABLE was(seq INTEGER PRIMARY KEY, num INTEGER, since INTEGER, until INTEGER);
CREATE VIRTUAL TABLE fts_docs USING fts5(body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE fts_incidents USING fts5(body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE fts_was USING fts5(body, content='', tokenize='unicode61 remove_diacritics 0');
`

// dumped are the tables whose content is the views; fts5vocab shows what is in
// the full-text indexes.
var dumped = []string{
	"SELECT * FROM docs ORDER BY idx", "SELECT * FROM refs ORDER BY id, rel, src", "SELECT * FROM incidents ORDER BY num",
	"SELECT * FROM versions ORDER BY num, since", "SELECT * FROM cols ORDER BY num, since", "SELECT * FROM findings ORDER BY num, text, reading, since",
	"SELECT * FROM judged ORDER BY num, since", "SELECT * FROM dict ORDER BY name, code", "SELECT * FROM was ORDER BY seq",
	"SELECT term, doc, offset FROM temp.words_docs ORDER BY term, doc, offset", "SELECT term, doc, offset FROM temp.words_incidents ORDER BY term, doc, offset",
	"SELECT term, doc, offset FROM temp.words_was ORDER BY term, doc, offset",
}

// sqlite is a Store in one file. Readers see the last commit; there is one
// writer.
type sqlite struct {
	sqliteReads
	path  string
	has   func(path string) (disk.Room, error)
	db    *sql.DB
	write *sql.Conn
	codes codes
}

// maxConns is how many statements run at once.
const maxConns = 8

// OpenSQLite opens a store in a file, which is made where there is none, or where
// it is of another layout.
func OpenSQLite(path string) (Store, error) {
	s := &sqlite{path: path, has: disk.Of}
	if err := s.open(); err != nil {
		// What cannot be opened, a file that is damaged or is something else, is made
		// anew: nothing is only here.
		if rerr := s.remove(); rerr != nil {
			return nil, errors.Join(err, rerr)
		}
		if err := s.open(); err != nil {
			return nil, err
		}
	}
	var have string
	if s.db.QueryRow("SELECT value FROM meta WHERE name='schema'").Scan(&have) == nil && have == schema {
		return s, nil
	}
	if err := s.Reset(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *sqlite) open() error {
	db, err := sql.Open("sqlite", "file:"+s.path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-16384)&_pragma=temp_store(2)&_pragma=journal_size_limit(4194304)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	s.db, s.codes = db, codes{}
	s.sqliteReads = sqliteReads{ask: &prepared{db: db}}
	if s.write, err = db.Conn(context.Background()); err != nil {
		db.Close()
		return fmt.Errorf("the views in %s cannot be opened: %w", s.path, err)
	}
	return nil
}

func (s *sqlite) Close() error {
	s.ask.close()
	s.write.Close()
	return s.db.Close()
}

// Reset empties the store by deleting its file.
func (s *sqlite) Reset() error {
	if err := s.Close(); err != nil {
		return err
	}
	if err := s.remove(); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	if _, err := s.db.Exec(tables); err != nil {
		return err
	}
	_, err := s.db.Exec("INSERT INTO meta VALUES('schema',?),('size',0),('root','')", schema)
	return err
}

func (s *sqlite) remove() error {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Dump writes everything that the views hold, for comparing two of them.
func (s *sqlite) Dump(w io.Writer) error {
	c, err := s.db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer c.Close()
	for _, t := range []string{"docs", "incidents", "was"} {
		if _, err := c.ExecContext(context.Background(), "CREATE VIRTUAL TABLE IF NOT EXISTS temp.words_"+t+" USING fts5vocab(main, fts_"+t+", instance)"); err != nil {
			return err
		}
	}
	for _, q := range dumped {
		if err := dump(c, q, w); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	return nil
}

func dump(c *sql.Conn, query string, w io.Writer) error {
	rows, err := c.QueryContext(context.Background(), query)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, query)
	values := make([]sql.NullString, len(names))
	to := make([]any, len(names))
	for i := range values {
		to[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for _, v := range values {
			fmt.Fprintf(w, "%v:%q|", v.Valid, v.String)
		}
		fmt.Fprintln(w)
	}
	return rows.Err()
}

// prepared keeps statements by their text, for the pool or for one connection.
type prepared struct {
	db   *sql.DB
	conn *sql.Conn
	mu   sync.Mutex
	have map[string]*sql.Stmt
}

func (p *prepared) stmt(text string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.have[text]; s != nil {
		return s, nil
	}
	var s *sql.Stmt
	var err error
	if p.conn != nil {
		s, err = p.conn.PrepareContext(context.Background(), text)
	} else {
		s, err = p.db.Prepare(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", text, err)
	}
	if p.have == nil {
		p.have = map[string]*sql.Stmt{}
	}
	p.have[text] = s
	return s, nil
}

func (p *prepared) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.have {
		s.Close()
	}
	p.have = nil
}

// each calls f with every row.
func (p *prepared) each(f func(*sql.Rows) (bool, error), text string, args ...any) error {
	s, err := p.stmt(text)
	if err != nil {
		return err
	}
	rows, err := s.Query(args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		more, err := f(rows)
		if err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

func (p *prepared) query(text string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(text)
	if err != nil {
		return nil, err
	}
	return s.Query(args...)
}

// one scans the first row; false where there is none.
func (p *prepared) one(to []any, text string, args ...any) (bool, error) {
	s, err := p.stmt(text)
	if err != nil {
		return false, err
	}
	err = s.QueryRow(args...).Scan(to...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (p *prepared) exec(text string, args ...any) error {
	s, err := p.stmt(text)
	if err != nil {
		return err
	}
	_, err = s.Exec(args...)
	return err
}

// sqliteWrites is a batch.
type sqliteWrites struct {
	sqliteReads
	s *sqlite
}

// keptFree is what views leave free at most: reports and checkpoints go first.
const keptFree = 64 << 20

// room says that the disk has too little room for a batch. What the write-ahead log
// holds is given back first.
func (s *sqlite) room() error {
	has, err := s.has(filepath.Dir(s.path))
	if err != nil || has.Free >= has.Floor(4, keptFree) {
		return nil // where it cannot be asked, the disk will say
	}
	if _, err := s.write.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return err
	}
	if has, err = s.has(filepath.Dir(s.path)); err != nil || has.Free >= has.Floor(4, keptFree) {
		return nil
	}
	return fmt.Errorf("%w: %d MB are free where %s is, and %d are left to the record", ErrNoRoom, has.Free>>20, s.path, has.Floor(4, keptFree)>>20)
}

// Begin starts a batch; one at a time.
func (s *sqlite) Begin() (Writes, error) {
	w := &sqliteWrites{sqliteReads{ask: &prepared{conn: s.write}}, s}
	return w, w.ask.exec("BEGIN IMMEDIATE")
}

// Commit makes the batch seen, as of a size of the log.
func (w *sqliteWrites) Commit(size int64, root string) error {
	if err := w.ask.exec("INSERT OR REPLACE INTO meta VALUES('size',?),('root',?)", size, root); err != nil {
		return err
	}
	err := w.ask.exec("COMMIT")
	w.ask.close()
	return err
}

// Rollback forgets the batch.
func (w *sqliteWrites) Rollback() error {
	err := w.ask.exec("ROLLBACK")
	w.ask.close()
	w.s.codes = codes{}
	return err
}

func (w *sqliteWrites) PutDoc(d *Doc, text string) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := w.ask.exec("INSERT INTO docs VALUES(?,?,?,?,?)", d.Index, d.ID, d.Kind, d.Root, b); err != nil {
		return err
	}
	for _, r := range d.Refs {
		if err := w.ask.exec("INSERT OR IGNORE INTO refs VALUES(?,?,?)", r.ID, r.Relation, d.Index); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	return w.ask.exec("INSERT INTO fts_docs(rowid, body) VALUES(?,?)", d.Index, text)
}

func (w *sqliteWrites) NewIncident(id string) (uint32, error) {
	var num uint32
	if _, err := w.ask.one([]any{&num}, "SELECT coalesce(max(num),0)+1 FROM incidents"); err != nil {
		return 0, err
	}
	return num, w.ask.exec("INSERT INTO incidents(num,id) VALUES(?,?)", num, id)
}

func (w *sqliteWrites) SetRadio(num uint32, radio string) error {
	return w.ask.exec("UPDATE incidents SET radio=? WHERE num=?", radio, num)
}

func (w *sqliteWrites) PutVersion(v *Version, text string) error {
	b, err := json.Marshal(&v.Incident)
	if err != nil {
		return err
	}
	if err := w.ask.exec("INSERT INTO versions VALUES(?,?,0,?)", v.Num, v.Since, b); err != nil {
		return err
	}
	if err := w.ask.exec("INSERT INTO cols VALUES(?,?,0,?)", v.Num, v.Since, v.Row.pack()); err != nil {
		return err
	}
	return w.ask.exec("INSERT INTO fts_incidents(rowid, body) VALUES(?,?)", v.Num, text)
}

func (w *sqliteWrites) EndVersion(num uint32, at int64) error {
	if err := w.keepWords(num, at); err != nil {
		return err
	}
	for _, t := range []string{"versions", "cols"} {
		if err := w.end(t, "num=?", at, num); err != nil {
			return err
		}
	}
	return w.ask.exec("DELETE FROM fts_incidents WHERE rowid=?", num)
}

// keepWords puts the words of the current version among those of versions that have
// ended: full text has no time, and the index of what holds must stay quick.
func (w *sqliteWrites) keepWords(num uint32, at int64) error {
	vs, err := w.versions(num, Now)
	if err != nil || len(vs) == 0 || vs[0].Since == at {
		return err
	}
	words := indexed(vs[0].Searched()...)
	if words == "" {
		return nil
	}
	var seq int64
	if _, err := w.ask.one([]any{&seq}, "SELECT coalesce(max(seq),0)+1 FROM was"); err != nil {
		return err
	}
	if err := w.ask.exec("INSERT INTO was VALUES(?,?,?,?)", seq, num, vs[0].Since, at); err != nil {
		return err
	}
	return w.ask.exec("INSERT INTO fts_was(rowid, body) VALUES(?,?)", seq, words)
}

// end ends the current rows of a table; what began with the same entry goes.
func (w *sqliteWrites) end(table, where string, at int64, args ...any) error {
	if err := w.ask.exec("DELETE FROM "+table+" WHERE "+where+" AND until=0 AND since=?", append(args, at)...); err != nil {
		return err
	}
	return w.ask.exec("UPDATE "+table+" SET until=? WHERE "+where+" AND until=0", append([]any{at}, args...)...)
}

func (w *sqliteWrites) PutFinding(num uint32, f *Finding) error {
	b, err := json.Marshal(&f.Result)
	if err != nil {
		return err
	}
	return w.ask.exec("INSERT INTO findings VALUES(?,?,?,?,0,?)", num, f.Terms, f.Reading, f.Since, b)
}

func (w *sqliteWrites) EndFinding(num uint32, text, reading string, at int64) error {
	return w.end("findings", "num=? AND text=? AND reading=?", at, num, text, reading)
}

func (w *sqliteWrites) PutJudged(num uint32, since int64, code uint32) error {
	return w.ask.exec("INSERT INTO judged VALUES(?,?,0,?)", num, since, code)
}

func (w *sqliteWrites) EndJudged(num uint32, at int64) error {
	return w.end("judged", "num=?", at, num)
}

func (w *sqliteWrites) Code(name, text string, at int64) (uint32, error) {
	return w.s.codes.of(w, name, text, func(c uint32) error {
		return w.ask.exec("INSERT INTO dict VALUES(?,?,?,?)", name, c, at, text)
	})
}

// match writes a search in the language of FTS5.
func (w Wanted) match() string {
	var all []string
	for _, word := range w {
		var any []string
		for _, s := range word {
			any = append(any, `"`+strings.ReplaceAll(s, `"`, "")+`"`)
		}
		all = append(all, "("+strings.Join(any, " OR ")+")")
	}
	return strings.Join(all, " AND ")
}
