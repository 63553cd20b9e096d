package story

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/truce-project/truce/cases"
	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// made is a record of the story that tests share and do not change.
var made = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "story-")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "record")
	return dir, Build(context.Background(), dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := made(); err == nil {
		os.RemoveAll(filepath.Dir(dir))
	}
	os.Exit(code)
}

func shared(t *testing.T) string {
	t.Helper()
	dir, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		out[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSameBytes: the record is the same whenever it is made.
func TestSameBytes(t *testing.T) {
	again := filepath.Join(t.TempDir(), "record")
	if err := Build(context.Background(), again); err != nil {
		t.Fatal(err)
	}
	a, b := filesOf(t, shared(t)), filesOf(t, again)
	if len(a) < 20 {
		t.Fatalf("only %d files", len(a))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs between two records", name)
		}
		delete(b, name)
	}
	for name := range b {
		t.Errorf("%s is in the second record alone", name)
	}
	if err := Build(context.Background(), again); err == nil {
		t.Error("a record was made where there is one")
	}
}

// TestVerifies: whoever checks the record from outside finds nothing wrong, and
// levels that differ.
func TestVerifies(t *testing.T) {
	dir := shared(t)
	text, err := os.ReadFile(filepath.Join(dir, "mission.policy"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := audit.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := audit.VerifyDir(context.Background(), dir, audit.Options{Policy: p, Now: Today})
	if err != nil || len(r.Problems) > 0 {
		t.Fatalf("%v %v", err, r.Problems)
	}
	sizes := map[string]int64{}
	for _, c := range r.Cosigned {
		sizes[c.Witness] = c.Size
	}
	if sizes["ru"] != sizes["ua"] || sizes["ru"] == 0 || sizes["ru"] >= sizes["neutral"] || sizes["neutral"] >= r.Size {
		t.Errorf("cosigned %v of %d: expected both parties alike, the neutral more, nobody all", sizes, r.Size)
	}
	if r.Erased != 1 {
		t.Errorf("%d payloads erased, expected 1", r.Erased)
	}
	for _, k := range []string{"report@1", "incident@1", "claim@1", "merge@1", "split@1", "correction@1", "dispute@1", "adoption@1", "determination@1", "evidence@1", "access@1", "note@1", "notice@1", "commitment@1", "terms@1", "dataset@1", "annex-seal@1", "erasure@1"} {
		if r.Kinds[k] == 0 {
			t.Errorf("no %s in the story", k)
		}
	}
}

// each calls f with every entry and its payload.
func each(t *testing.T, dir string, f func(i int64, e *record.Envelope, payload []byte)) *journal.Reader {
	t.Helper()
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Size() {
		e, err := r.Entry(i)
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Payload(i)
		if err != nil && !errors.Is(err, record.ErrErased) {
			t.Fatal(err)
		}
		f(i, e.Envelope, p.Bytes)
	}
	return r
}

// TestRights: nobody in the story does what the table of rights does not allow, and
// what one delegate does the other does as often.
func TestRights(t *testing.T) {
	dir := shared(t)
	table := rights.Default()
	by := map[string]Person{}
	for _, p := range People {
		by[record.IDOf(publicOf(p.Name)).String()] = p
	}
	actions := map[string]string{"correction": "correct", "dispute": "dispute", "merge": "merge", "split": "merge", "adoption": "adopt", "determination": "determine", "erasure": "erase"}
	did := map[string]map[string]int{"RU": {}, "UA": {}}
	var own record.KeyID
	dirOf := (*people.Directory)(nil)
	each(t, dir, func(i int64, e *record.Envelope, payload []byte) {
		if i == 0 {
			own = e.Author
			dirOf = people.NewDirectory(own, table)
		}
		dirOf.Apply(i, e, payload)
		p, ok := by[e.Author.String()]
		if !ok {
			if e.Author != own || !slices.Contains([]string{record.KindKey, record.KindAccount, record.KindGrant}, e.Kind) {
				t.Errorf("%s %s is by nobody of the story", e.Kind, e.ID)
			}
			return
		}
		if did[p.Party] != nil {
			did[p.Party][e.Kind]++
		}
		kind, _, _ := strings.Cut(e.Kind, "@")
		if kind == "access" || kind == "annex-seal" || payload == nil {
			return
		}
		action := actions[kind]
		if action == "" {
			action = "submit"
		}
		d, err := table.DocumentOf(e.Kind, e.ID, payload)
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
			return
		}
		o := d.Object
		o.Account = p.Account
		if p.Party != "" && action == "submit" {
			o.Party = p.Party
		}
		if action == "determine" || action == "adopt" || action == "erase" {
			o.Thing = "report"
		}
		if dec := table.Allow(rights.Who{Account: p.Account, Role: p.Role, Party: p.Party}, action, o); !dec.OK {
			t.Errorf("%s may not %s %s (%s, %s): %s", p.Name, action, e.Kind, o.Thing, o.Marking, dec.Because)
		}
	})
	if !maps.Equal(did["RU"], did["UA"]) || len(did["RU"]) < 4 {
		t.Errorf("the delegates do not do the same: RU %v, UA %v", did["RU"], did["UA"])
	}
	if ig := dirOf.Ignored(); len(ig) > 0 || len(dirOf.Accounts()) != len(People) {
		t.Errorf("%d accounts, ignored: %v", len(dirOf.Accounts()), ig)
	}
	swapped(t, table)
}

// swapped: with the parties exchanged, every answer of the table is the same.
func swapped(t *testing.T, table *rights.Table) {
	t.Helper()
	other := map[string]string{"": "", "RU": "UA", "UA": "RU"}
	for _, action := range rights.Actions() {
		for _, thing := range rights.Things() {
			for _, m := range rights.Markings() {
				for _, of := range []string{"", "RU", "UA"} {
					ask := func(me, of string) bool {
						return table.Allow(rights.Who{Account: "A-DEMDEGA1", Role: rights.Delegate, Party: me}, action, rights.Object{Thing: thing, Marking: m, Party: of}).OK
					}
					if ask("RU", of) != ask("UA", other[of]) {
						t.Fatalf("%s %s (%s) of %q: not the same for both", action, thing, m, of)
					}
				}
			}
		}
	}
}

// viewsIn makes empty views with files of a record.
func viewsIn(t *testing.T, b views.Blobs) (*views.Views, views.Store) {
	t.Helper()
	store, err := views.OpenSQLite(filepath.Join(t.TempDir(), "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := views.New(store, Origin, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v, store
}

func dumpOf(t *testing.T, store views.Store) string {
	t.Helper()
	var b bytes.Buffer
	if err := store.(interface{ Dump(io.Writer) error }).Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// state is an incident of the views with what is found of it now and was before.
type state struct {
	*views.Version
	now, all []views.Finding
}

var statesOnce map[string]state

// sharedStates are those of the shared record, built once.
func sharedStates(t *testing.T) map[string]state {
	if statesOnce == nil {
		r, _, err := journal.OpenReader(journal.RealWorld(shared(t)))
		if err != nil {
			t.Fatal(err)
		}
		v, _ := viewsIn(t, r.Blobs())
		if err := v.Update(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		statesOnce = statesOf(t, v)
	}
	return statesOnce
}

// nameOf is the name of a disputed incident, or the id.
func nameOf(x *views.Version) string {
	if name, _, ok := strings.Cut(x.Title, " · "); ok {
		return name
	}
	if x.Incident.Row != "" {
		return x.Incident.Row
	}
	return x.ID
}

func statesOf(t *testing.T, v *views.Views) map[string]state {
	t.Helper()
	out := map[string]state{}
	err := v.Read(views.Now, func(s *views.Snapshot) error {
		return s.Store().Rows(views.Now, func(r views.Row) bool {
			x, err := s.Store().Version(r.Num, views.Now)
			if err != nil {
				t.Fatal(err)
			}
			now, err := s.Store().Findings(r.Num, views.Now)
			if err != nil {
				t.Fatal(err)
			}
			all, err := s.Store().AllFindings(r.Num)
			if err != nil {
				t.Fatal(err)
			}
			out[nameOf(x)] = state{x, now, all}
			return true
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestViews: views that follow the record week by week, as while a mission works, and
// views that are built of all of it at once are the same.
func TestViews(t *testing.T) {
	var grown *views.Views
	var store views.Store
	days, dir := 0, t.TempDir()
	err := build(t.Context(), dir, func(l *journal.Log) error {
		if days++; days%7 != 0 {
			return nil
		}
		if err := l.Integrate(t.Context()); err != nil {
			return err
		}
		if grown == nil {
			grown, store = viewsIn(t, l.Blobs())
		}
		return grown.Update(t.Context(), l.Reader())
	})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		t.Fatal(err)
	}
	if grown.Size() == 0 || grown.Size() >= r.Size() || days < 30 {
		t.Fatalf("%d of %d entries after %d days: nothing to follow", grown.Size(), r.Size(), days)
	}
	if err := grown.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	followed := dumpOf(t, store)
	if err := grown.Rebuild(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if once := dumpOf(t, store); once != followed || len(once) < 1000 {
		t.Fatal("views that followed differ from views of all at once")
	}
}

func verdict(s state, reading string) string {
	for _, f := range s.now {
		if f.Terms == "energy-2025" && f.Reading == reading {
			return f.Verdict
		}
	}
	return "none"
}

// TestCases: what the views make of the record.
//
// The record gives each disputed incident the verdicts that were written
// down for it, whatever reports and corrections it was put together from.
func TestCases(t *testing.T) {
	t.Run("disputed", disputed)
	t.Run("background", generated)
}

func disputed(t *testing.T) {
	states := sharedStates(t)
	all, err := cases.Story()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		s, ok := states[c.Incident.ID]
		if !ok {
			t.Errorf("%s is no incident of the record", c.Incident.ID)
			continue
		}
		if len(s.Claims) == 0 || len(s.Problems) > 0 || len(s.Notes) > 0 {
			t.Errorf("%s: %d claims, problems %v, notes %v", c.Incident.ID, len(s.Claims), s.Problems, s.Notes)
		}
		for _, u := range c.Expect {
			if u.Terms != "energy-2025" || len(u.Released) > 0 {
				continue
			}
			for _, r := range u.Readings {
				if got := verdict(s, r.Reading); got != r.Verdict {
					t.Errorf("%s under %s: %s, expected %s", c.Incident.ID, r.Reading, got, r.Verdict)
				}
			}
		}
	}
	sudzha := states["I-05"]
	revised := 0
	for _, f := range sudzha.all {
		if f.Until != 0 {
			revised++
		}
	}
	if revised == 0 || len(sudzha.Members) != 2 || len(sudzha.Determinations) != 1 || len(sudzha.Reports) != 4 || len(states["I-16"].Reports) != 1 {
		t.Errorf("I-05 has %d revised findings, %d members, %d determinations, %d reports", revised, len(sudzha.Members), len(sudzha.Determinations), len(sudzha.Reports))
	}
	if len(sudzha.Disputes) != 2 {
		t.Errorf("I-05 has %d disputes, expected those of the two observations that do not say what was done", len(sudzha.Disputes))
	}
	turned := 0
	for _, x := range states {
		for _, f := range x.all {
			if f.Terms == "energy-2025" && f.Reading == "kremlin" && f.Until != 0 && f.Verdict == "not-covered" && verdict(x, "kremlin") == "breach" {
				turned++
			}
		}
	}
	if turned != 2 {
		t.Errorf("%d findings turned from not covered to breach, expected one on the ground of each party", turned)
	}
	status := map[string]int{}
	for _, s := range states {
		for _, d := range s.Disputes {
			status[d.Status]++
		}
	}
	if !maps.Equal(status, map[string]int{"adopted": 4, "rejected": 2, "open": 2}) {
		t.Errorf("disputes: %v", status)
	}
}

// generated: what was generated says so in every list, and is the same for both
// parties: a text that binds both alike finds of each event what it finds of its
// twin.
func generated(t *testing.T) {
	states := sharedStates(t)
	byParty, verdicts := map[string]int{}, map[string]map[string]int{"RU": {}, "UA": {}}
	unplaced, undated := 0, 0
	for _, s := range states {
		if s.Source != "synthetic" {
			if strings.Contains(s.Text, "SYNTHETIC") {
				t.Errorf("%s is generated and does not say so as its source", s.ID)
			}
			continue
		}
		if !strings.HasPrefix(s.Text, "SYNTHETIC") {
			t.Errorf("%s: %q does not begin with SYNTHETIC", s.ID, s.Text)
		}
		id := strings.TrimSuffix(strings.Fields(s.Text)[3], ":")
		party := id[len(id)-2:]
		byParty[party]++
		if s.Lat == nil && s.Place == "" {
			unplaced++
		}
		if s.TimeStart == "" {
			undated++
		}
		for _, r := range []string{"kremlin", "ukraine", "white-house-25-march"} {
			verdicts[party][r+" "+verdict(s, r)]++
		}
	}
	if byParty["RU"] != byParty["UA"] || byParty["RU"] != rowPairs+reportPairs+againPairs || unplaced == 0 || undated == 0 {
		t.Errorf("%v, %d without a place, %d without a time", byParty, unplaced, undated)
	}
	if !maps.Equal(verdicts["RU"], verdicts["UA"]) {
		t.Errorf("verdicts on the ground of RU %v, of UA %v", verdicts["RU"], verdicts["UA"])
	}
	t.Log(verdicts["RU"])
}

// TestMarked: what never was says so in its first word.
func TestMarked(t *testing.T) {
	each(t, shared(t), func(_ int64, e *record.Envelope, payload []byte) {
		var p struct {
			Says, Note, Text, Reason string
			Row                      map[string]string
		}
		if json.Unmarshal(payload, &p) != nil {
			return
		}
		switch e.Kind {
		case "notice@1", "determination@1":
			if !strings.HasPrefix(p.Says, "DEMO") {
				t.Errorf("%s %s: %q", e.Kind, e.ID, p.Says)
			}
		case "note@1":
			if !strings.HasPrefix(p.Note, "DEMO") {
				t.Errorf("%s: %q", e.ID, p.Note)
			}
		case "dispute@1", "adoption@1":
			if !strings.HasPrefix(p.Reason, "DEMO") {
				t.Errorf("%s: %q", e.ID, p.Reason)
			}
		}
		for _, secret := range []string{"HIMARS by", "by Russia's", "terror", "regime's"} {
			if strings.Contains(string(payload), secret) {
				t.Errorf("%s: %q is not neutral", e.ID, secret)
			}
		}
	})
}

func publicOf(name string) ed25519.PublicKey { return keyOf(name).Public().(ed25519.PublicKey) }

var update = flag.Bool("update", false, "write docs/console-data.md")

// TestPage: docs/console-data.md is what the package makes of itself.
func TestPage(t *testing.T) {
	page, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	const name = "../../docs/console-data.md"
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil || string(b) != page {
		t.Errorf("%s is not what the package makes: go test ./internal/story -run Page -update (%v)", name, err)
	}
}
