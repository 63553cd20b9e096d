package views

import (
	"encoding/json"
	"errors"
	"math"
	"runtime"
	"strconv"
	"sync"

	"github.com/jackc/pgx/v5"
)

// postgresReads answers by whatever asks the database: the pool, or a batch. Nothing
// is asked while another answer is read: what goes on for long is asked for in
// pages, so that whoever is told a document may ask for others.
type postgresReads struct {
	ask func(row func(pgx.Rows) error, text string, args ...any) error
}

// one scans the first row; false where there is none.
func (r postgresReads) one(to []any, text string, args ...any) (found bool, err error) {
	err = r.ask(func(rows pgx.Rows) error {
		if found {
			return nil
		}
		found = true
		return rows.Scan(to...)
	}, text, args...)
	return found && err == nil, err
}

func (r postgresReads) Size() (size int64, root string, err error) {
	ok, err := r.one([]any{&size, &root}, "SELECT size, text FROM meta WHERE name='log'")
	if err == nil && !ok {
		err = errors.New("malformed store: it does not tell its size")
	}
	return size, root, err
}

func (r postgresReads) doc(text string, args ...any) (*Doc, error) {
	var b []byte
	ok, err := r.one([]any{&b}, text, args...)
	if err != nil || !ok {
		return nil, err
	}
	d := new(Doc)
	return d, json.Unmarshal(b, d)
}

func (r postgresReads) Doc(id string) (*Doc, error) {
	return r.doc("SELECT json FROM docs WHERE id=$1", []byte(id))
}

func (r postgresReads) DocAt(index int64) (*Doc, error) {
	return r.doc("SELECT json FROM docs WHERE idx=$1", index)
}

func (r postgresReads) docs(text string, args ...any) (out []*Doc, err error) {
	err = r.ask(func(rows pgx.Rows) error {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return err
		}
		d := new(Doc)
		out = append(out, d)
		return json.Unmarshal(b, d)
	}, text, args...)
	return out, err
}

// Pages of documents begin small, as most want few.
const (
	firstPage = 8
	mostPage  = 512
)

// paged goes through documents page by page. next is the condition on what comes
// after $1, and order how they come.
func (r postgresReads) paged(kinds []string, from int64, next, order string, yield func(*Doc) bool) error {
	text := "SELECT json FROM docs WHERE idx" + next + "$1 ORDER BY idx" + order + " LIMIT $2"
	var more []any
	if len(kinds) > 0 {
		// Each kind by its index: a rare one is not looked for among all others.
		text = "SELECT d.json FROM (SELECT DISTINCT unnest($3::bytea[]) AS k) ks CROSS JOIN LATERAL (SELECT idx, json FROM docs WHERE kind=ks.k AND idx" + next + "$1 ORDER BY idx" + order + " LIMIT $2) d ORDER BY d.idx" + order + " LIMIT $2"
		more = []any{bytesOf(kinds)}
	}
	for page := firstPage; ; page = min(4*page, mostPage) {
		ds, err := r.docs(text, append([]any{from, page}, more...)...)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if from = d.Index; !yield(d) {
				return nil
			}
		}
		if len(ds) < page {
			return nil
		}
	}
}

func bytesOf(texts []string) [][]byte {
	out := make([][]byte, len(texts))
	for i, t := range texts {
		out[i] = []byte(t)
	}
	return out
}

func (r postgresReads) Docs(kinds []string, before int64, yield func(*Doc) bool) error {
	return r.paged(kinds, before, "<", " DESC", yield)
}

func (r postgresReads) InOrder(kinds []string, yield func(*Doc) bool) error {
	return r.paged(kinds, -1, ">", "", yield)
}

func (r postgresReads) Pointing(relation, id string) ([]*Doc, error) {
	return r.docs("SELECT d.json FROM refs r JOIN docs d ON d.idx=r.src WHERE r.id=$1 AND r.rel=$2 ORDER BY r.src", []byte(id), []byte(relation))
}

func (r postgresReads) ByRoot(id string) ([]*Doc, error) {
	return r.docs("SELECT json FROM docs WHERE root=$1 AND root<>'' ORDER BY idx", []byte(id))
}

// found asks for what has all words, each by one of its stems. stems is the column,
// and args are $1 and on.
func (r postgresReads) found(w Wanted, yield func(int64), text, stems string, args ...any) error {
	if len(w) == 0 {
		return nil
	}
	for _, word := range w {
		args = append(args, bytesOf(word))
		text += " AND " + stems + " && " + "$" + strconv.Itoa(len(args)) + "::bytea[]"
	}
	return r.ask(func(rows pgx.Rows) error {
		var i int64
		err := rows.Scan(&i)
		yield(i)
		return err
	}, text, args...)
}

func (r postgresReads) DocsWith(w Wanted) (map[int64]bool, error) {
	out := map[int64]bool{}
	return out, r.found(w, func(i int64) { out[i] = true }, "SELECT idx FROM words_docs WHERE true", "stems")
}

func (r postgresReads) IncidentsWith(w Wanted, at int64) (map[uint32]bool, error) {
	out := map[uint32]bool{}
	add := func(i int64) { out[uint32(i)] = true }
	if at == Now {
		return out, r.found(w, add, "SELECT num FROM words_incidents WHERE true", "stems")
	}
	// What held then holds still, or is among what has ended.
	err := r.found(w, add, "SELECT v.num FROM words_incidents s JOIN versions v ON v.num=s.num WHERE v.until=0 AND v.since<$1", "s.stems", at)
	if err != nil {
		return nil, err
	}
	return out, r.found(w, add, "SELECT num FROM was WHERE since<$1 AND until>=$1", "stems", at)
}

func (r postgresReads) Num(id string) (num uint32, ok bool, err error) {
	ok, err = r.one([]any{&num}, "SELECT num FROM incidents WHERE id=$1 OR radio=$1", []byte(id))
	return num, ok, err
}

func (r postgresReads) Name(num uint32) (id, radio string, err error) {
	var i, short []byte
	_, err = r.one([]any{&i, &short}, "SELECT id, radio FROM incidents WHERE num=$1", num)
	return string(i), string(short), err
}

// holding is the condition on rows of a table that held as of a size of the log; it
// takes the place of $n, and is given the argument.
func holding(at int64, table, n string) string {
	if at == Now {
		return table + "until=0 AND " + n + "::bigint IS NOT NULL"
	}
	return table + "since<" + n + " AND (" + table + "until=0 OR " + table + "until>=" + n + ")"
}

func (r postgresReads) Version(num uint32, at int64) (*Version, error) {
	vs, err := r.versions(num, "SELECT since, until, json FROM versions WHERE num=$1 AND "+holding(at, "", "$2")+" ORDER BY since", at)
	if err != nil || len(vs) == 0 {
		return nil, err
	}
	return vs[len(vs)-1], nil
}

func (r postgresReads) History(num uint32) ([]*Version, error) {
	return r.versions(num, "SELECT since, until, json FROM versions WHERE num=$1 ORDER BY since")
}

func (r postgresReads) versions(num uint32, text string, args ...any) (out []*Version, err error) {
	err = r.ask(func(rows pgx.Rows) error {
		v := &Version{Num: num}
		var b []byte
		if err := rows.Scan(&v.Since, &v.Until, &b); err != nil {
			return err
		}
		out = append(out, v)
		return json.Unmarshal(b, &v.Incident)
	}, text, append([]any{num}, args...)...)
	return out, err
}

const selectFindings = "SELECT num, text, reading, since, until, json FROM findings WHERE "

func (r postgresReads) Findings(num uint32, at int64) ([]Finding, error) {
	return r.findings(selectFindings+"num=$1 AND "+holding(at, "", "$2")+" ORDER BY text, reading", num, at)
}

func (r postgresReads) AllFindings(num uint32) ([]Finding, error) {
	return r.findings(selectFindings+"num=$1 ORDER BY text, reading, since", num)
}

func (r postgresReads) findings(text string, args ...any) (out []Finding, err error) {
	err = r.ask(func(rows pgx.Rows) error {
		_, f, err := findingIn(rows)
		out = append(out, f)
		return err
	}, text, args...)
	return out, err
}

func findingIn(rows pgx.Rows) (num uint32, f Finding, err error) {
	var text, reading, b []byte
	if err = rows.Scan(&num, &text, &reading, &f.Since, &f.Until, &b); err == nil {
		f.Terms, f.Reading = string(text), string(reading)
		err = json.Unmarshal(b, &f.Result)
	}
	return num, f, err
}

// Since reads the findings of an incident together, and then tells them.
func (r postgresReads) Since(index int64, yield func(num uint32, f Finding) bool) error {
	type found struct {
		num uint32
		f   Finding
	}
	for after := int64(-1); ; {
		var page []found
		err := r.ask(func(rows pgx.Rows) error {
			num, f, err := findingIn(rows)
			page = append(page, found{num, f})
			return err
		}, selectFindings+"since=$1 AND num IN (SELECT DISTINCT num FROM findings WHERE since=$1 AND num>$2 ORDER BY num LIMIT $3) ORDER BY num, text, reading", index, after, mostPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, x := range page {
			if after = int64(x.num); !yield(x.num, x.f) {
				return nil
			}
		}
	}
}

// rowsPage is how many incidents Rows asks for at once.
const rowsPage = 8192

func (r postgresReads) Rows(at int64, yield func(Row) bool) error {
	for next, page := uint32(0), []Row(nil); ; page = page[:0] {
		err := r.rows(at, next, math.MaxUint32, " ORDER BY c.num LIMIT "+strconv.Itoa(rowsPage), func(x Row) { page = append(page, x) })
		if err != nil {
			return err
		}
		for _, x := range page {
			if !yield(x) {
				return nil
			}
		}
		if len(page) < rowsPage {
			return nil
		}
		next = page[len(page)-1].Num + 1
	}
}

// rows reads incidents from one number to another.
func (r postgresReads) rows(at int64, first, last uint32, end string, yield func(Row)) error {
	none := int64(noCode)
	return r.ask(func(rows pgx.Rows) error {
		var x Row
		err := rows.Scan(&x.Num, &x.Start, &x.End, &x.Lat, &x.Lon, &x.Radius, &x.Profile, &x.Judged)
		yield(x)
		return err
	}, "SELECT c.num, c.starts, c.ends, c.lat, c.lon, c.radius, c.profile, coalesce(j.code, $4::bigint) FROM cols c LEFT JOIN judged j ON j.num=c.num AND "+holding(at, "j.", "$3")+
		" WHERE c.num BETWEEN $1 AND $2 AND "+holding(at, "c.", "$3")+end, first, last, at, none)
}

// Load reads parts of the tables at the same time.
func (r postgresReads) Load(at int64) ([]Row, error) {
	var most uint32
	if _, err := r.one([]any{&most}, "SELECT coalesce(max(num),0) FROM cols"); err != nil {
		return nil, err
	}
	parts := max(1, min(most/rowsPage, uint32(runtime.GOMAXPROCS(0)), maxConns/2))
	found, errs := make([][]Row, parts), make([]error, parts)
	firstOf := func(part uint32) uint32 { return uint32(uint64(most) * uint64(part) / uint64(parts)) }
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			found[i] = make([]Row, 0, firstOf(i+1)-firstOf(i))
			errs[i] = r.rows(at, firstOf(i)+1, firstOf(i+1), "", func(x Row) { found[i] = append(found[i], x) })
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil || parts == 1 {
		return found[0], err
	}
	var all []Row
	for i := range found {
		all, found[i] = append(all, found[i]...), nil
	}
	return all, nil
}

// Row has the code of nothing found where nothing was judged: see noCode.
func (r postgresReads) Row(num uint32, at int64) (x Row, ok bool, err error) {
	err = r.rows(at, num, num, "", func(y Row) { x, ok = y, true })
	return x, ok && err == nil, err
}

func (r postgresReads) Dict(name string, at int64) (out []string, err error) {
	if at == Now {
		at = math.MaxInt64
	}
	err = r.ask(func(rows pgx.Rows) error {
		var t []byte
		err := rows.Scan(&t)
		out = append(out, string(t))
		return err
	}, "SELECT text FROM dict WHERE name=$1 AND since<$2 ORDER BY code", name, at)
	return out, err
}
