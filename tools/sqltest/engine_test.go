package sqltest

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/sqlgen"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/where"
)

func zone(seconds int) *time.Location { return time.FixedZone("", seconds) }

// row is what both sides say.
type row struct{ party, verdict, author, level, unsupported string }

// key names a row.
type key struct{ incident, reading, clause string }

// underAll resolves every reading.
func underAll(t *testing.T, tm *terms.Terms) []*terms.Regime {
	t.Helper()
	var out []*terms.Regime
	for _, id := range tm.ReadingIDs() {
		r, err := tm.Under(id, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// byEngine judges a file with the engine.
func byEngine(t *testing.T, regimes []*terms.Regime, file string) (map[key]row, map[string]*evidence.Incident) {
	t.Helper()
	out, incidents := map[key]row{}, map[string]*evidence.Incident{}
	var list []*evidence.Incident
	opt := feeds.Options{As: "truce", Vocabulary: regimes[0].Terms.Vocabulary}
	if _, err := feeds.ReadFile(file, opt, func(in *evidence.Incident) error {
		incidents[in.ID] = in
		list = append(list, in)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var js []*judge.Judge
	for _, r := range regimes {
		js = append(js, judge.New(r))
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	const workers = 2
	for k := 0; k < workers; k++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := k; i < len(list); i += workers {
				var fs []judge.Finding
				for _, j := range js {
					fs = append(fs, j.Weigh(list[i], nil))
				}
				mu.Lock()
				for _, r := range brief.Records(fs) {
					out[key{r.Incident, r.Reading, r.Clause}] = row{r.Party, r.Verdict, r.Author, r.Level, ""}
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	return out, incidents
}

// bySQL runs the statement.
func bySQL(t *testing.T, db *sql.DB, regimes []*terms.Regime, dialect, table string) map[key]row {
	t.Helper()
	stmt, err := sqlgen.Statement(regimes, sqlgen.Options{Dialect: dialect, Table: table})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(stmt)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer rows.Close()
	out := map[key]row{}
	for rows.Next() {
		cols := make([]sql.NullString, len(sqlgen.Columns))
		ptrs := make([]any, len(cols))
		for i := range cols {
			ptrs[i] = &cols[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatal(err)
		}
		get := func(name string) string {
			for i, c := range sqlgen.Columns {
				if c == name {
					return cols[i].String
				}
			}
			panic(name)
		}
		k := key{get("incident"), get("reading"), get("clause")}
		if _, twice := out[k]; twice {
			t.Fatalf("%v stands twice", k)
		}
		out[k] = row{get("party"), get("verdict"), get("author"), get("level"), get("unsupported")}
		if get("terms") != regimes[0].Terms.ID || get("terms_digest") != regimes[0].Terms.Digest {
			t.Fatalf("%v: terms %s, digest %s", k, get("terms"), get("terms_digest"))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// tally counts what a comparison saw.
type tally struct {
	rows, incidents, unread, open, band int
	verdicts                            map[string]int
}

// compare holds the rows of a statement against those of the engine. Rows may
// differ only where they say that they are not supported, or where the place
// lies within the band of a boundary.
func compare(t *testing.T, dialect string, regimes []*terms.Regime, want, got map[key]row, incidents map[string]*evidence.Incident) tally {
	t.Helper()
	sum := tally{incidents: len(incidents), verdicts: map[string]int{}}
	wrong := 0
	fail := func(k key, format string, args ...any) {
		if in := incidents[k.incident]; in != nil && inBand(regimes, in) {
			sum.band++
			return
		}
		if wrong++; wrong <= 10 {
			var facts []string
			if in := incidents[k.incident]; in != nil {
				for i := range in.Scenarios {
					facts = append(facts, fmt.Sprint(brief.FactLines(&in.Scenarios[i])))
				}
			}
			t.Errorf("%s: %v: %s\n   %s", dialect, k, fmt.Sprintf(format, args...), strings.Join(facts, "\n   "))
		}
	}
	// Where some clause is not supported the parties of the whole are not known.
	opened := map[key]bool{}
	for k, g := range got {
		if g.unsupported != "" {
			opened[key{k.incident, k.reading, ""}] = true
		}
	}
	for k, g := range got {
		w, ok := want[k]
		sum.rows++
		switch {
		case g.unsupported != "" && incidents[k.incident] == nil:
			sum.unread++
		case incidents[k.incident] == nil:
			fail(k, "the engine read no such incident; the statement says %+v", g)
		case g.unsupported != "":
			sum.open++
			if g.verdict != "" {
				fail(k, "unsupported, and yet %+v", g)
			}
			if strings.Contains(g.unsupported, "is not in the vocabulary") || !strings.Contains(g.unsupported, "place") && !strings.Contains(g.unsupported, "origin") && k.reading != "*" {
				fail(k, "the engine could read it; the statement says %q", g.unsupported)
			}
		case !ok:
			fail(k, "the engine has no such row; the statement says %+v", g)
		case g.party == "" && w.party != "" && opened[key{k.incident, k.reading, ""}]:
			g.party = w.party
			fallthrough
		default:
			sum.verdicts[g.verdict]++
			if g != w {
				fail(k, "the statement says %+v, the engine %+v", g, w)
			}
		}
	}
	for k, w := range want {
		if _, ok := got[k]; !ok {
			fail(k, "the statement has no row; the engine says %+v", w)
		}
	}
	if wrong > 10 {
		t.Errorf("%d rows are wrong", wrong)
	}
	return sum
}

// inBand reports whether a place of an incident lies so near a boundary that
// a statement may put it on the other side: within a metre and a fifty-
// thousandth of the distance that is measured.
func inBand(regimes []*terms.Regime, in *evidence.Incident) bool {
	for i := range in.Scenarios {
		p, ok := in.Scenarios[i].Place.Centre()
		r, _ := in.Scenarios[i].Place.Radius()
		if !ok {
			continue
		}
		for _, rg := range regimes {
			for _, z := range rg.Zones {
				if formBand(z.Form(), p, r, rg.Terms.Geometry) {
					return true
				}
			}
			for _, o := range rg.Objects {
				if o.HasPoint && formBand(where.NearSites("", []where.Point{o.Point}, 500).Form(), p, r, rg.Terms.Geometry) {
					return true
				}
			}
		}
	}
	return false
}

// formBand reports whether a relation of a disc to a part of a zone changes
// when its radius does by the width of the band.
func formBand(f where.Form, p where.Point, r where.Metres, m where.Model) bool {
	for _, part := range f.Parts {
		if formBand(part, p, r, m) {
			return true
		}
	}
	var z *where.Zone
	band := 1 + (r+f.Within)/50_000
	switch f.Kind {
	case where.FormPolygons:
		z, _ = where.PolygonZone("", f.Polygons)
	case where.FormSites:
		z = where.NearSites("", f.Points, f.Within)
	case where.FormLine:
		z = where.NearLine("", f.Points, f.Within, f.Side)
	default:
		return false
	}
	if r < band { // a point, or nearly: is the boundary near?
		return z.Relate(where.Disc(p, r+band), m) == where.Straddling
	}
	return z.Relate(where.Disc(p, r-band), m) != z.Relate(where.Disc(p, r+band), m)
}
