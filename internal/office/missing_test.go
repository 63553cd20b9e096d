package office_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/record"
)

// table is a file of rows, by their ids and what each says.
func table(t testing.TB, dir, name string, says map[string]string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,time_start,time_end,lat,lon,precision_m,actor,act,target,text\n")
	for _, id := range slices.Sorted(maps.Keys(says)) {
		fmt.Fprintf(&b, "%s,2025-03-%02dT10:00:00Z,2025-03-%02dT11:00:00Z,48.1,37.5,500,RU,attack.strike.drone,energy.power.substation,%s\n", id, dayOf(id), dayOf(id), says[id])
	}
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// dayOf is the day of a row: the first and the last are well before and after the others,
// which may be gone.
func dayOf(id string) int {
	switch id[0] {
	case 'A':
		return 1
	case 'Z':
		return 28
	}
	return 10 + len(id)
}

// said is what a record says of the rows of sources, read from its entries alone.
type said struct {
	text    map[string]string // by report: what it says by now
	of      map[string]string // ... and the data set that it was of
	source  map[string]string // of data sets
	aside   map[string][]string
	entries map[string]int // by kind
}

func saidIn(t testing.TB, r *journal.Reader) said {
	t.Helper()
	x := said{map[string]string{}, map[string]string{}, map[string]string{}, map[string][]string{}, map[string]int{}}
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			t.Fatal(err)
		}
		x.entries[e.Envelope.Kind]++
		var about, supersedes string
		for _, ref := range e.Envelope.Refs {
			switch ref.Relation {
			case record.About:
				about = ref.ID
			case record.Supersedes:
				supersedes = ref.ID
			}
		}
		p, err := r.Payload(e.Index)
		if err != nil {
			t.Fatal(err)
		}
		var d struct {
			Row, Facts               map[string]string
			Source, Reason, Decision string
		}
		if err := json.Unmarshal(p.Bytes, &d); err != nil {
			t.Fatal(err)
		}
		switch e.Envelope.Kind {
		case "dataset@1":
			x.source[e.Envelope.ID] = d.Source
		case "report@1":
			x.text[e.Envelope.ID], x.of[e.Envelope.ID] = d.Row["id"]+" "+d.Row["text"], about
		case "correction@1":
			id, _, _ := strings.Cut(x.text[supersedes], " ")
			if _, has := d.Facts["text"]; has {
				x.text[supersedes] = id + " " + d.Facts["text"]
			}
		case record.KindTriage:
			x.aside[about] = append(x.aside[about], d.Decision+": "+d.Reason)
		}
	}
	return x
}

// TestEditionsOfSources: whatever the editions of two sources have, change, leave out
// and have again, each row of the newest edition has one report in which it stands as it
// is there, of its own source; rows that are gone are named with their entries, and set
// aside where somebody says why.
func TestEditionsOfSources(t *testing.T) {
	histories := 0
	rapid.Check(t, func(rt *rapid.T) {
		if histories++; histories > 8 && os.Getenv("TRUCE_SOAK") == "" {
			return // each is a record on disk
		}
		dir, src := filepath.Join(t.TempDir(), "north"), t.TempDir()
		o, err := office.Open(dir, origin, journal.Options{Interval: time.Hour})
		if err != nil {
			rt.Fatal(err)
		}
		defer o.Close()
		had := map[string]map[string]string{"one": {}, "two": {}}
		aside := map[string]bool{}
		for n := range rapid.IntRange(2, 7).Draw(rt, "editions") {
			source := rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "source")
			now := map[string]string{"A": "first", "ZZZZZZ": "last"} // so that the period is the same
			for _, id := range []string{"BB", "CCC", "DDDD", "EEEEE"} {
				if rapid.IntRange(0, 3).Draw(rt, "there") > 0 {
					now[id] = rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "says")
				}
			}
			opt := office.ImportOptions{Source: source, Each: true, Parser: "test"}
			if rapid.Bool().Draw(rt, "aside") {
				opt.Missing = "counted twice"
			}
			name := fmt.Sprintf("%d.csv", n)
			now["A"] += name // no edition is word for word another
			file := table(t, src, name, now)
			tried, err := o.Try(t.Context(), file, opt)
			if err != nil {
				rt.Fatal(err)
			}
			i, err := o.Import(t.Context(), file, opt)
			if err != nil {
				rt.Fatal(err)
			}
			if err := o.Log.Integrate(t.Context()); err != nil {
				rt.Fatal(err)
			}
			x := saidIn(t, o.Log.Reader())
			var gone []string
			for _, g := range i.Gone {
				gone = append(gone, g.ID)
				if want := g.ID + " " + had[source][g.ID]; x.text[g.Entry] != want || x.source[x.of[g.Entry]] != source {
					rt.Fatalf("edition %d of %s: %s is gone, and said to be %q of %q, expected %q", n, source, g.ID, x.text[g.Entry], x.source[x.of[g.Entry]], want)
				}
				if aside[g.Entry] = aside[g.Entry] || opt.Missing != ""; (g.Aside != "") != (opt.Missing != "") {
					rt.Fatalf("edition %d of %s: %+v", n, source, g)
				}
			}
			var want []string
			for id := range had[source] {
				if _, there := now[id]; !there {
					want = append(want, id)
				}
			}
			slices.Sort(gone)
			slices.Sort(want)
			if !slices.Equal(gone, want) || len(tried.Gone) != len(gone) || tried.Aside != i.Aside {
				rt.Fatalf("edition %d of %s: %v are gone, of a trial %v, expected %v", n, source, gone, tried.Gone, want)
			}
			had[source] = now
			for id, decisions := range x.aside {
				if !aside[id] || len(decisions) != 1 || !strings.HasPrefix(decisions[0], "rejected: counted twice (") {
					rt.Fatalf("%s is set aside: %v", id, decisions)
				}
			}
			for source, rows := range had { // each row as it is in the newest edition, once
				for id, text := range rows {
					n := 0
					for report, says := range x.text {
						if says == id+" "+text && x.source[x.of[report]] == source {
							n++
						}
					}
					if n == 0 {
						rt.Fatalf("no report of %s says %s %s", source, id, text)
					}
				}
			}
			if k := x.entries[record.KindTriage]; k != len(aside)-len(notAside(aside)) {
				rt.Fatalf("%d entries set reports aside, expected %d", k, len(aside)-len(notAside(aside)))
			}
		}
	})
}

func notAside(m map[string]bool) (ids []string) {
	for id, is := range m {
		if !is {
			ids = append(ids, id)
		}
	}
	return ids
}

// TestMissing: what is gone from an edition that is held is set aside afterwards, once,
// and not where somebody has decided.
func TestMissing(t *testing.T) {
	dir, src := filepath.Join(t.TempDir(), "north"), t.TempDir()
	o, err := office.Open(dir, origin, journal.Options{Interval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	first, second := map[string]string{"A": "first", "Z": "last"}, map[string]string{"A": "first", "Z": "last"}
	for i := range 1300 { // more than are signed at once
		id := strings.Repeat("R", 1+i%7) + fmt.Sprintf("-%04d", i)
		if first[id] = "says"; i < 50 || i > 1290 {
			second[id] = "says"
		}
	}
	opt := office.ImportOptions{Source: "s", Each: true, Parser: "test"}
	take := func(file string, opt office.ImportOptions) *office.Imported {
		t.Helper()
		i, err := o.Import(t.Context(), file, opt)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	take(table(t, src, "first.csv", first), opt)
	later := table(t, src, "second.csv", second)
	i := take(later, opt)
	gone := len(first) - len(second)
	if len(i.Gone) != gone || i.Aside != 0 || len(i.Warnings) == 0 {
		t.Fatalf("%d are gone, expected %d; %d set aside; %v", len(i.Gone), gone, i.Aside, i.Warnings)
	}
	if x := saidIn(t, o.Log.Reader()); x.entries[record.KindTriage] != 0 {
		t.Fatal("entries are set aside, and nobody asked for that")
	}
	kept := i.Gone[7].Entry
	if _, _, err := o.Write(t.Context(), office.Draft{Kind: record.KindTriage, Payload: record.TriageEntry{Decision: "restored", Reason: "seen by a patrol"}, Refs: []record.Ref{{Relation: record.About, ID: kept}}, Made: time.Now(), Seed: make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	opt.Missing = "counted twice"
	for k, want := range []int64{int64(gone - 1), 0} {
		if i := take(later, opt); i.State != "unchanged" || i.Aside != want || i.Before != int64(gone)-want || len(i.Gone) != gone {
			t.Errorf("asked %d times: %s, %d set aside, expected %d; of %d", k+1, i.State, i.Aside, want, i.Before)
		}
	}
	if err := o.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	x := saidIn(t, o.Log.Reader())
	if len(x.aside[kept]) != 1 || x.entries[record.KindTriage] != gone || x.entries["report@1"] != len(first) {
		t.Errorf("%v; %v", x.aside[kept], x.entries)
	}
}
