package views

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync"
)

// sqliteReads answers from the pool, or within a batch from its connection.
type sqliteReads struct{ ask *prepared }

func (r sqliteReads) Size() (size int64, root string, err error) {
	if _, err = r.ask.one([]any{&size}, "SELECT value FROM meta WHERE name='size'"); err == nil {
		_, err = r.ask.one([]any{&root}, "SELECT value FROM meta WHERE name='root'")
	}
	return size, root, err
}

func (r sqliteReads) Doc(id string) (*Doc, error) {
	var b []byte
	ok, err := r.ask.one([]any{&b}, "SELECT json FROM docs WHERE id=?", id)
	if err != nil || !ok {
		return nil, err
	}
	d := new(Doc)
	return d, json.Unmarshal(b, d)
}

func (r sqliteReads) DocAt(index int64) (*Doc, error) {
	var b []byte
	ok, err := r.ask.one([]any{&b}, "SELECT json FROM docs WHERE idx=?", index)
	if err != nil || !ok {
		return nil, err
	}
	d := new(Doc)
	return d, json.Unmarshal(b, d)
}

func (r sqliteReads) Name(num uint32) (id, radio string, err error) {
	var short sql.NullString
	_, err = r.ask.one([]any{&id, &short}, "SELECT id, radio FROM incidents WHERE num=?", num)
	return id, short.String, err
}

func (r sqliteReads) docs(yield func(*Doc) bool, text string, args ...any) error {
	return r.ask.each(func(rows *sql.Rows) (bool, error) {
		var b sql.RawBytes
		if err := rows.Scan(&b); err != nil {
			return false, err
		}
		d := new(Doc)
		if err := json.Unmarshal(b, d); err != nil {
			return false, err
		}
		return yield(d), nil
	}, text, args...)
}

func kindsIn(kinds []string) (string, []any) {
	if len(kinds) == 0 {
		return "1", nil
	}
	var args []any
	for _, k := range kinds {
		args = append(args, k)
	}
	return "kind IN (?" + strings.Repeat(",?", len(kinds)-1) + ")", args
}

func (r sqliteReads) Docs(kinds []string, before int64, yield func(*Doc) bool) error {
	in, args := kindsIn(kinds)
	return r.docs(yield, "SELECT json FROM docs WHERE "+in+" AND idx<? ORDER BY idx DESC", append(args, before)...)
}

func (r sqliteReads) InOrder(kinds []string, yield func(*Doc) bool) error {
	in, args := kindsIn(kinds)
	return r.docs(yield, "SELECT json FROM docs WHERE "+in+" ORDER BY idx", args...)
}

func gather(into *[]*Doc) func(*Doc) bool {
	return func(d *Doc) bool { *into = append(*into, d); return true }
}

func (r sqliteReads) Pointing(relation, id string) (out []*Doc, err error) {
	err = r.docs(gather(&out), "SELECT d.json FROM refs r JOIN docs d ON d.idx=r.src WHERE r.id=?1 AND (?2='' OR r.rel=?2) ORDER BY r.src", id, relation)
	return out, err
}

func (r sqliteReads) ByRoot(id string) (out []*Doc, err error) {
	err = r.docs(gather(&out), "SELECT json FROM docs WHERE root=? AND root<>'' ORDER BY idx", id)
	return out, err
}

func (r sqliteReads) DocsWith(w Wanted) (map[int64]bool, error) {
	out := map[int64]bool{}
	return out, r.found(w, func(i int64) { out[i] = true }, "SELECT rowid FROM fts_docs WHERE fts_docs MATCH ?1")
}

func (r sqliteReads) IncidentsWith(w Wanted, at int64) (map[uint32]bool, error) {
	out := map[uint32]bool{}
	add := func(i int64) { out[uint32(i)] = true }
	if at == Now {
		return out, r.found(w, add, "SELECT rowid FROM fts_incidents WHERE fts_incidents MATCH ?1")
	}
	// What held then holds still, or is among what has ended.
	err := r.found(w, add, "SELECT v.num FROM fts_incidents f JOIN versions v ON v.num=f.rowid WHERE fts_incidents MATCH ?1 AND v.until=0 AND v.since<?2", at)
	if err != nil {
		return nil, err
	}
	return out, r.found(w, add, "SELECT w.num FROM fts_was f JOIN was w ON w.seq=f.rowid WHERE fts_was MATCH ?1 AND w.since<?2 AND w.until>=?2", at)
}

func (r sqliteReads) found(w Wanted, yield func(int64), text string, args ...any) error {
	if len(w) == 0 {
		return nil
	}
	return r.ask.each(func(rows *sql.Rows) (bool, error) {
		var i int64
		err := rows.Scan(&i)
		yield(i)
		return err == nil, err
	}, text, append([]any{w.match()}, args...)...)
}

func (r sqliteReads) Num(id string) (num uint32, ok bool, err error) {
	ok, err = r.ask.one([]any{&num}, "SELECT num FROM incidents WHERE id=?1 OR radio=?1", id)
	return num, ok, err
}

// held is the condition on rows that held as of a size of the log, with its
// argument: the current ones end at 0.
func held(at int64) (string, []any) {
	if at == Now {
		return "until=0", nil
	}
	return "since<?1 AND (until=0 OR until>=?1)", []any{at}
}

func (r sqliteReads) Version(num uint32, at int64) (*Version, error) {
	vs, err := r.versions(num, at)
	if err != nil || len(vs) == 0 {
		return nil, err
	}
	return vs[len(vs)-1], nil
}

func (r sqliteReads) History(num uint32) ([]*Version, error) {
	return r.selectVersions("SELECT since, until, json FROM versions WHERE num=? ORDER BY since", num)
}

func (r sqliteReads) versions(num uint32, at int64) ([]*Version, error) {
	if at == Now {
		return r.selectVersions("SELECT since, until, json FROM versions WHERE num=? AND until=0", num)
	}
	return r.selectVersions("SELECT since, until, json FROM versions WHERE num=?1 AND since<?2 AND (until=0 OR until>=?2) ORDER BY since", num, at)
}

func (r sqliteReads) selectVersions(text string, args ...any) (out []*Version, err error) {
	err = r.ask.each(func(rows *sql.Rows) (bool, error) {
		v := &Version{Num: args[0].(uint32)}
		var b sql.RawBytes
		if err := rows.Scan(&v.Since, &v.Until, &b); err != nil {
			return false, err
		}
		out = append(out, v)
		return true, json.Unmarshal(b, &v.Incident)
	}, text, args...)
	return out, err
}

func (r sqliteReads) Findings(num uint32, at int64) ([]Finding, error) {
	if at == Now {
		return r.findings("SELECT num, text, reading, since, until, json FROM findings WHERE num=? AND until=0 ORDER BY text, reading", num)
	}
	return r.findings("SELECT num, text, reading, since, until, json FROM findings WHERE num=?1 AND since<?2 AND (until=0 OR until>=?2) ORDER BY text, reading", num, at)
}

func (r sqliteReads) AllFindings(num uint32) ([]Finding, error) {
	return r.findings("SELECT num, text, reading, since, until, json FROM findings WHERE num=? ORDER BY text, reading, since", num)
}

func (r sqliteReads) findings(text string, args ...any) (out []Finding, err error) {
	err = r.ask.each(func(rows *sql.Rows) (bool, error) {
		_, f, err := scanFinding(rows)
		out = append(out, f)
		return true, err
	}, text, args...)
	return out, err
}

func scanFinding(rows *sql.Rows) (num uint32, f Finding, err error) {
	var b sql.RawBytes
	if err = rows.Scan(&num, &f.Terms, &f.Reading, &f.Since, &f.Until, &b); err == nil {
		err = json.Unmarshal(b, &f.Result)
	}
	return num, f, err
}

func (r sqliteReads) Since(index int64, yield func(num uint32, f Finding) bool) error {
	return r.ask.each(func(rows *sql.Rows) (bool, error) {
		num, f, err := scanFinding(rows)
		return err == nil && yield(num, f), err
	}, "SELECT num, text, reading, since, until, json FROM findings WHERE since=? ORDER BY num, text, reading", index)
}

// Rows reads two tables side by side, both in the order of numbers.
func (r sqliteReads) Rows(at int64, yield func(Row) bool) error {
	return r.rowsOf(at, 0, math.MaxUint32, yield)
}

// Load reads parts of the tables at the same time.
func (r sqliteReads) Load(at int64) ([]Row, error) {
	var most uint32
	if _, err := r.ask.one([]any{&most}, "SELECT coalesce(max(num),0) FROM cols"); err != nil {
		return nil, err
	}
	parts := max(1, min(most, uint32(runtime.GOMAXPROCS(0)), maxConns/2)) // each part reads by two statements
	all, found, errs := make([]Row, most), make([]int, parts), make([]error, parts)
	firstOf := func(part uint32) uint32 { return uint32(uint64(most) * uint64(part) / uint64(parts)) }
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			rows := all[firstOf(i):firstOf(i+1)]
			errs[i] = r.rowsOf(at, firstOf(i)+1, firstOf(i+1), func(x Row) bool {
				rows[found[i]] = x
				found[i]++
				return true
			})
		})
	}
	wg.Wait()
	n := 0
	for i := range parts {
		n += copy(all[n:], all[firstOf(i):][:found[i]])
	}
	return all[:n], errors.Join(errs...)
}

// rowsOf is Rows of the incidents from one number to another.
func (r sqliteReads) rowsOf(at int64, first, last uint32, yield func(Row) bool) error {
	hold, args := held(at)
	where, args := " WHERE "+hold+" AND num BETWEEN ? AND ? ORDER BY num", append(args, first, last)
	codes, err := r.ask.query("SELECT num, code FROM judged"+where, args...)
	if err != nil {
		return err
	}
	defer codes.Close()
	num, code, more := uint32(0), uint32(0), true
	err = r.ask.each(func(rows *sql.Rows) (bool, error) {
		var x Row
		var b sql.RawBytes
		if err := rows.Scan(&x.Num, &b); err != nil {
			return false, err
		}
		if err := x.unpack(b); err != nil {
			return false, err
		}
		for more && num < x.Num {
			if more = codes.Next(); more {
				if err := codes.Scan(&num, &code); err != nil {
					return false, err
				}
			}
		}
		x.Judged = noCode
		if more && num == x.Num {
			x.Judged = code
		}
		return yield(x), nil
	}, "SELECT num, row FROM cols"+where, args...)
	if err != nil {
		return err
	}
	return codes.Err()
}

// Row has the code of nothing found where nothing was judged: see noCode.
func (r sqliteReads) Row(num uint32, at int64) (x Row, ok bool, err error) {
	if at != Now {
		err = r.rowsOf(at, num, num, func(y Row) bool { x, ok = y, true; return true })
		return x, ok, err
	}
	var b []byte
	ok, err = r.ask.one([]any{&b, &x.Judged}, "SELECT row, coalesce((SELECT code FROM judged j WHERE j.num=c.num AND until=0),?2) FROM cols c WHERE num=?1 AND until=0", num, noCode)
	if err != nil || !ok {
		return Row{}, false, err
	}
	x.Num = num
	return x, true, x.unpack(b)
}

func (r sqliteReads) Dict(name string, at int64) (out []string, err error) {
	if at == Now {
		at = math.MaxInt64
	}
	err = r.ask.each(func(rows *sql.Rows) (bool, error) {
		var t string
		err := rows.Scan(&t)
		out = append(out, t)
		return true, err
	}, "SELECT text FROM dict WHERE name=? AND since<? ORDER BY code", name, at)
	return out, err
}
