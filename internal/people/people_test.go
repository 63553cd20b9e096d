package people

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// quick are parameters that keep tests fast; what is tested is not the cost.
var quick = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// office is a record with people, on disk.
type office struct {
	*People
	t   testing.TB
	dir string
	log *journal.Log
	now time.Time
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), now: time.Date(2030, 3, 7, 12, 0, 0, 0, time.UTC)}
	if err := journal.Create(journal.RealWorld(o.dir), "example.org/north"); err != nil {
		t.Fatal(err)
	}
	o.open()
	t.Cleanup(o.close)
	return o
}

func (o *office) open() {
	o.t.Helper()
	w := journal.RealWorld(o.dir)
	l, _, err := journal.Open(w, journal.Options{Interval: -1})
	if err != nil {
		o.t.Fatal(err)
	}
	o.log = l
	o.People, err = Open(context.Background(), w, l, o.dir, Options{Now: func() time.Time { return o.now }, Hash: quick})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) close() {
	if err := errors.Join(o.People.Close(), o.log.Close()); err != nil {
		o.t.Error(err)
	}
}

func (o *office) reopen() { o.close(); o.open() }

// add makes an account at the console.
func (o *office) add(name, role, party string) Account {
	o.t.Helper()
	a, err := o.Add(context.Background(), AtConsole(), NewAccount{Name: name, Role: role, Party: party})
	if err != nil {
		o.t.Fatal(err)
	}
	return a
}

func (o *office) who(id string) Who { a, _ := o.dirOf().Account(id); return a.Who() }

func (o *office) dirOf() *Directory { return o.People.dir }

// payloads reads all payloads of a kind.
func (o *office) payloads(kind string) (out []string, authors []record.KeyID) {
	o.t.Helper()
	if err := o.log.Integrate(context.Background()); err != nil {
		o.t.Fatal(err)
	}
	r := o.log.Reader()
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			o.t.Fatal(err)
		}
		if e.Envelope.Kind == kind {
			p, err := r.Payload(e.Index)
			if err != nil {
				o.t.Fatal(err)
			}
			out, authors = append(out, string(p.Bytes)), append(authors, e.Envelope.Author)
		}
	}
	return out, authors
}

// TestAccountsAreEntries: who was made by whom is in the record, with the author,
// and a directory built again from the log is the same.
func TestAccountsAreEntries(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	adm := o.add("adm", rights.Administrator, "")
	chair := o.add("chair", rights.Chair, "")
	a, err := o.Add(ctx, adm.Who(), NewAccount{Name: "alfa-1", Title: "Delegate", Role: rights.Delegate, Party: "ALFA", Reason: "letter 12"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Role != "" || a.Waiting == nil || a.Waiting.Role != rights.Delegate {
		t.Fatalf("a role that reads what is confidential did not wait for the chair: %+v", a)
	}
	if _, err := o.Grant(ctx, adm.Who(), a.ID, rights.Delegate, "ALFA", ""); err != nil {
		t.Fatal(err)
	}
	if o.who(a.ID).Role != rights.Public {
		t.Fatal("an administrator confirmed its own grant")
	}
	if _, err := o.Grant(ctx, chair.Who(), a.ID, rights.Delegate, "BRAVO", ""); err == nil {
		t.Fatal("a chair granted what nobody had asked for")
	}
	if a, err = o.Grant(ctx, chair.Who(), a.ID, rights.Delegate, "ALFA", "seen"); err != nil || a.Who().Party != "ALFA" {
		t.Fatalf("%+v %v", a, err)
	}
	if _, err := o.Issue(ctx, a.Who(), "export", []string{"read"}, time.Hour); err != nil {
		t.Fatal(err)
	}
	grants, authors := o.payloads(record.KindGrant)
	if n := len(grants); n != 5 || authors[n-1] != chair.Key || authors[n-3] != adm.Key || authors[0] != o.log.Author() {
		t.Fatalf("grants %q by %v", grants, authors)
	}
	before := o.dirOf().Accounts()
	tokens := o.dirOf().Tokens(a.ID)
	o.reopen()
	same(t, before, o.dirOf().Accounts())
	same(t, tokens, o.dirOf().Tokens(a.ID))
	if err := o.People.sec.one("DELETE FROM setting WHERE name = 'read'"); err != nil { // read it all
		t.Fatal(err)
	}
	o.reopen()
	same(t, before, o.dirOf().Accounts())
}

func same(t *testing.T, a, b any) {
	t.Helper()
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) {
		t.Errorf("%s\nis now\n%s", x, y)
	}
}

// TestRefused: what somebody may not do about people, and that the record did not
// change.
func TestRefused(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	adm, chair := o.add("adm", rights.Administrator, ""), o.add("chair", rights.Chair, "")
	rep := o.add("rep", rights.Reporter, "")
	closed := o.add("old", rights.Administrator, "")
	if err := o.SetState(ctx, AtConsole(), closed.ID, false, "left"); err != nil {
		t.Fatal(err)
	}
	byToken := adm.Who()
	byToken.Scopes = []string{"read"}
	size := o.log.Size()
	for name, do := range map[string]func() error{
		"a reporter adds": func() error { _, err := o.Add(ctx, rep.Who(), NewAccount{Name: "x1"}); return err },
		"the public adds": func() error { _, err := o.Add(ctx, Who{}, NewAccount{Name: "x1"}); return err },
		"a closed account adds": func() error {
			_, err := o.Add(ctx, Who{Account: closed.ID, Role: rights.Administrator}, NewAccount{Name: "x1"})
			return err
		},
		"a token that reads adds":          func() error { _, err := o.Add(ctx, byToken, NewAccount{Name: "x1"}); return err },
		"a token that reads grants":        func() error { _, err := o.Grant(ctx, byToken, rep.ID, rights.Reader, "", ""); return err },
		"a token that reads closes":        func() error { return o.SetState(ctx, byToken, rep.ID, false, "") },
		"a token makes a token":            func() error { _, err := o.Issue(ctx, byToken, "", []string{"read"}, time.Hour); return err },
		"an administrator promotes itself": func() error { _, err := o.Grant(ctx, adm.Who(), adm.ID, rights.Reader, "", ""); return err },
		"a chair grants alone":             func() error { _, err := o.Grant(ctx, chair.Who(), rep.ID, rights.Verifier, "", ""); return err },
		"a chair makes accounts":           func() error { _, err := o.Add(ctx, chair.Who(), NewAccount{Name: "x1"}); return err },
		"a name twice":                     func() error { _, err := o.Add(ctx, adm.Who(), NewAccount{Name: "rep"}); return err },
		"a name of blanks":                 func() error { _, err := o.Add(ctx, adm.Who(), NewAccount{Name: "a b"}); return err },
		"a role that is none":              func() error { _, err := o.Add(ctx, adm.Who(), NewAccount{Name: "x1", Role: "admiral"}); return err },
		"a delegate of nobody": func() error {
			_, err := o.Add(ctx, adm.Who(), NewAccount{Name: "x1", Role: rights.Delegate})
			return err
		},
		"a verifier of a party": func() error {
			_, err := o.Add(ctx, adm.Who(), NewAccount{Name: "x1", Role: rights.Verifier, Party: "ALFA"})
			return err
		},
		"a link by a reporter": func() error { _, err := o.Link(ctx, rep.Who(), chair.ID); return err },
		"no scopes":            func() error { _, err := o.Issue(ctx, rep.Who(), "", nil, time.Hour); return err },
		"a scope that is none": func() error { _, err := o.Issue(ctx, rep.Who(), "", []string{"submit:ship"}, time.Hour); return err },
		"a token for ever":     func() error { _, err := o.Issue(ctx, rep.Who(), "", []string{"read"}, 1e6*time.Hour); return err },
		"nobody signs":         func() error { return o.Sign(Who{Role: Console}, nil) },
	} {
		if err := do(); err == nil {
			t.Errorf("%s: was done", name)
		}
	}
	if o.log.Size() != size {
		t.Errorf("the record grew by %d entries", o.log.Size()-size)
	}
}

// TestForged: entries about people that their author had no right to write are
// kept and count for nothing, also after the record is read anew.
func TestForged(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	o.add("adm", rights.Administrator, "")
	rep := o.add("rep", rights.Reporter, "")
	key, err := o.People.sec.key(rep.ID)
	if err != nil {
		t.Fatal(err)
	}
	forged := []draft{
		{kind: record.KindGrant, key: key, payload: record.GrantEntry{Account: rep.ID, Role: rights.Chair}},
		{kind: record.KindAccount, key: key, payload: record.AccountEntry{Account: "A-00000000", Name: "mine", Key: rep.Key.String(), State: "active"}},
		{kind: record.KindToken, key: key, payload: record.TokenEntry{Token: "T4XJ0Q8W", Account: o.dirOf().Accounts()[0].ID, Scopes: []string{"manage"}, Until: "2031-01-01T00:00:00Z"}},
		{kind: record.KindGrant, key: key, payload: "nonsense"},
	}
	es, ps, err := o.make(forged...)
	if err != nil {
		t.Fatal(err)
	}
	before := o.dirOf().Accounts()
	if _, err := o.Append(ctx, es, ps); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		same(t, before, o.dirOf().Accounts())
		if n := len(o.dirOf().Ignored()); n != len(forged) {
			t.Errorf("%d of %d forged entries are listed: %v", n, len(forged), o.dirOf().Ignored())
		}
		o.reopen()
	}
}

// TestNoChairNoWay: an administrator who takes the chair's role away can still
// grant nothing that reads what is confidential.
func TestNoChairNoWay(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	adm, chair := o.add("adm", rights.Administrator, ""), o.add("chair", rights.Chair, "")
	if _, err := o.Grant(ctx, adm.Who(), chair.ID, "", "", ""); err != nil {
		t.Fatal(err)
	}
	for _, role := range rights.Roles() {
		party := ""
		if role == rights.Delegate {
			party = "ALFA"
		}
		a, err := o.Add(ctx, adm.Who(), NewAccount{Name: "p-" + role, Role: role, Party: party})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := a.Waiting != nil, Confidential(rights.Default(), role); got != want {
			t.Errorf("%s waits: %v", role, got)
		}
	}
	for role, want := range map[string]bool{rights.Reader: false, rights.Witness: false, rights.Administrator: false, rights.Reporter: true, rights.Verifier: true, rights.DutyOfficer: true, rights.Chair: true, rights.Delegate: true} {
		if Confidential(rights.Default(), role) != want {
			t.Errorf("%s reads what is confidential: %v", role, !want)
		}
	}
}

// TestOwnRole: a chair confirms no role of the own account.
func TestOwnRole(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	adm, chair, other := o.add("adm", rights.Administrator, ""), o.add("chair", rights.Chair, ""), o.add("chair2", rights.Chair, "")
	if _, err := o.Grant(ctx, adm.Who(), chair.ID, rights.Verifier, "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Grant(ctx, chair.Who(), chair.ID, rights.Verifier, "", ""); err == nil {
		t.Error("a chair confirmed a role of the own")
	}
	if a, err := o.Grant(ctx, other.Who(), chair.ID, rights.Verifier, "", ""); err != nil || a.Role != rights.Verifier {
		t.Errorf("%+v %v", a, err)
	}
}

// TestWithdrawnByEntry: an entry that withdraws a token, signed elsewhere, ends it.
func TestWithdrawnByEntry(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	a := o.add("cam", rights.Reporter, "")
	token, err := o.Issue(ctx, a.Who(), "", []string{"submit"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	key, err := o.People.sec.key(a.ID)
	if err != nil {
		t.Fatal(err)
	}
	tok := o.dirOf().Tokens(a.ID)[0]
	es, ps, err := o.make(draft{kind: record.KindToken, key: key, payload: record.TokenEntry{Token: tok.ID, Account: a.ID, Scopes: tok.Scopes, Until: tok.Until.Format(time.RFC3339), Withdrawn: true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Append(ctx, es, ps); err != nil {
		t.Fatal(err)
	}
	if who, err := o.ByToken(token); err == nil {
		t.Errorf("%+v", who)
	}
}

// TestNoSecretInRecord: after everything was used, no secret stands in any file
// of the record, and none in clear in the file of secrets.
func TestNoSecretInRecord(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	a := o.add("watch", rights.DutyOfficer, "")
	code, err := o.Link(ctx, AtConsole(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := o.Issue(ctx, a.Who(), "camera", []string{"submit"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := o.hash(ctx, "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.People.sec.setPassword(a.ID, hash); err != nil {
		t.Fatal(err)
	}
	_, secret, _ := ParseToken(token)
	key, err := o.People.sec.key(a.ID)
	if err != nil {
		t.Fatal(err)
	}
	o.reopen()
	for _, s := range []struct {
		secret string
		hashed bool // also not in clear in people.db
	}{{code, true}, {secret, true}, {"correct horse battery", true}, {hash, false}, {string(key.Seed()), false}} {
		err := filepath.WalkDir(o.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.Contains(path, "people.db") && !s.hashed {
				return err
			}
			b, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(b), s.secret) {
				t.Errorf("%s holds a secret", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if i, err := os.Stat(filepath.Join(o.dir, "secret", "people.db")); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("others may open the secrets: %v %v", i.Mode(), err)
	}
}

// TestTokens: a token works until it ends, is withdrawn, or its account changes.
func TestTokens(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	adm := o.add("adm", rights.Administrator, "")
	a := o.add("cam", rights.Reporter, "")
	token, err := o.Issue(ctx, a.Who(), "camera", []string{"submit:report"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	who, err := o.ByToken(token)
	if err != nil || who.Account != a.ID || who.Token != id || len(who.Scopes) != 1 {
		t.Fatalf("%+v %v", who, err)
	}
	if !o.Allow(who, "submit", Object{Thing: "report"}).OK || o.Allow(who, "submit", Object{Thing: "evidence"}).OK {
		t.Error("its scopes are not kept")
	}
	bad := func(why, s string) {
		t.Helper()
		if who, err := o.ByToken(s); err == nil {
			t.Errorf("%s: %+v", why, who)
		}
	}
	flip := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(token, "0")]
	bad("another secret", token[:len(token)-1]+flip)
	bad("another id", strings.Replace(token, id, "00000000", 1))
	bad("nothing", "")
	o.now = o.now.Add(time.Hour)
	bad("ended", token)
	o.now = o.now.Add(-time.Minute)
	if err := o.SetState(ctx, adm.Who(), a.ID, false, "lost"); err != nil {
		t.Fatal(err)
	}
	bad("of a closed account", token)
	if err := o.SetState(ctx, adm.Who(), a.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	o.reopen()
	if _, err := o.ByToken(token); err != nil {
		t.Error(err)
	}
	if err := o.Withdraw(ctx, o.add("other", rights.Reporter, "").Who(), id); err == nil {
		t.Error("somebody else withdrew it")
	}
	if err := o.Withdraw(ctx, adm.Who(), id); err != nil {
		t.Error(err)
	}
	bad("withdrawn", token)
	o.reopen()
	bad("withdrawn, after a start", token)
}

// TestAccessIsAnEntry: restricted evidence is seen only after an entry says so,
// and not at all where that entry cannot be written.
func TestAccessIsAnEntry(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	v, rep := o.add("ver", rights.Verifier, ""), o.add("rep", rights.Reporter, "")
	doc := rights.Document{Object: Object{Thing: "evidence", ID: "01JQ6Z3V9K0000000000000000", Marking: rights.Restricted, Account: rep.ID, Party: "ALFA"},
		Fields: []rights.Field{{Name: "witness", Value: "Olena"}}}
	open := doc
	open.Marking, open.Fields = rights.ForPublic, nil
	for _, x := range []struct {
		who     Who
		doc     rights.Document
		sees    int
		entries int
	}{{Who{}, doc, 0, 0}, {rep.Who(), doc, 1, 0}, {rep.Who(), open, 1, 0}, {v.Who(), open, 1, 0}, {v.Who(), doc, 1, 1}} {
		size := o.log.Size()
		seen, err := o.See(ctx, x.who, "KHA-4F7Q", x.doc)
		if err != nil || len(seen) != x.sees || o.log.Size() != size+int64(x.entries) {
			t.Errorf("%+v of %+v: %+v, %d entries, %v", x.who, x.doc, seen, o.log.Size()-size, err)
		}
	}
	got, authors := o.payloads(record.KindAccess)
	if len(got) != 1 || authors[0] != v.Key || !strings.Contains(got[0], doc.ID) || !strings.Contains(got[0], "KHA-4F7Q") || !strings.Contains(got[0], "ALFA") || strings.Contains(got[0], "Olena") {
		t.Fatalf("%q by %v", got, authors)
	}
	if err := o.log.Close(); err != nil {
		t.Fatal(err)
	}
	if seen, err := o.See(ctx, v.Who(), "", doc); err == nil || seen != nil {
		t.Errorf("was shown though nothing could be written: %v", seen)
	}
	if seen, err := o.See(ctx, v.Who(), "", open); err != nil || len(seen) != 1 {
		t.Errorf("what is public needs no entry: %v %v", seen, err)
	}
}

// TestEntryAsDocument: an entry that a delegate wrote is the party's, whatever it
// says; what each sees of it, and why.
func TestEntryAsDocument(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	a, v := o.add("alfa-1", rights.Delegate, "ALFA"), o.add("ver", rights.Verifier, "")
	es, ps, err := o.make(draft{kind: "claim@1", key: o.People.own, payload: map[string]any{"says": "Shelled.", "party": "BRAVO", "marking": "public", "facts": map[string]string{"place": "50.04731,36.22884", "act": "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Sign(a.Who(), es); err != nil { // the account's key, not the log's
		t.Fatal(err)
	}
	if _, err := o.Append(ctx, es, ps); err != nil {
		t.Fatal(err)
	}
	if err := o.log.Integrate(ctx); err != nil {
		t.Fatal(err)
	}
	r := o.log.Reader()
	d, err := o.Document(r, r.Size()-1)
	if err != nil || d.Party != "ALFA" || d.Account != a.ID || d.Marking != rights.ForPublic || d.Thing != "claim" {
		t.Fatalf("%+v %v", d, err)
	}
	for who, want := range map[*Who]string{{}: "place: coarse, as 50.1,36.2 ±19 km", ptr(v.Who()): "place: as it is", ptr(a.Who()): "says: as it is"} {
		lines, err := o.Why(r, *who, es[0].ID)
		if err != nil || !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("%+v: %q is not in %q (%v)", who, want, lines, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestSealedAnnex: the record of a sealed annex tells nobody its sites; the
// neutral answers for one object, and that it did is an entry that does not name
// the object.
func TestSealedAnnex(t *testing.T) {
	o, ctx := newOffice(t), context.Background()
	sites := []string{"site-0017", "site-0018"}
	seal, opening, err := Seal(o.People.o.Rand, "sites-a", "neutral office", sites, 6)
	if err != nil || len(seal.Objects) != 8 {
		t.Fatal(seal, err)
	}
	b, err := json.Marshal(seal)
	if err != nil || strings.Contains(string(b), "0017") {
		t.Fatalf("%s %v", b, err)
	}
	roles := map[string]Who{"public": {}}
	for _, r := range rights.Roles() {
		party := ""
		if r == rights.Delegate {
			party = "ALFA"
		}
		roles[r] = o.add("of-"+r, r, party).Who()
	}
	for role, who := range roles {
		size := o.log.Size()
		in, err := o.Answer(ctx, who, "01JQ6Z3V9K0000000000000000", &seal, &opening, "site-0017", "works of 9 March")
		neutral := role == rights.DutyOfficer || role == rights.Chair
		if (err == nil) != neutral || in != neutral || (o.log.Size() > size) != neutral {
			t.Errorf("%s: %v %v, %d entries", role, in, err, o.log.Size()-size)
		}
	}
	if in, err := opening.Holds(&seal, "site-0019"); in || err != nil {
		t.Error(in, err)
	}
	got, _ := o.payloads(record.KindAccess)
	if len(got) != 2 || strings.Contains(strings.Join(got, ""), "0017") {
		t.Errorf("%q", got)
	}
	opening.Objects["site-0019"] = opening.Objects["site-0017"]
	if _, err := opening.Holds(&seal, "site-0019"); err == nil {
		t.Error("an object was put into the opening after the seal")
	}
}

// FuzzToken: what is read as a token is written the same, and errors repeat
// nothing of it.
func FuzzToken(f *testing.F) {
	f.Add("truce_T4XJ0Q8W_0123456789ABCDEFGHJKMNPQRSTVWXYZ")
	f.Add("truce_T4XJ0Q8W_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		id, secret, err := ParseToken(s)
		if err == nil && "truce_"+id+"_"+secret != s {
			t.Fatalf("%q is read as %q %q", s, id, secret)
		}
		if err != nil && len(s) > 8 && strings.Contains(err.Error(), s) && !strings.Contains("not a token: expected truce_, 8 letters and digits, _, 32 letters and digits", s) {
			t.Fatalf("%q is repeated in %v", s, err)
		}
	})
}

// BenchmarkByToken: what each request by a token costs.
func BenchmarkByToken(b *testing.B) {
	o := newOffice(b)
	token, err := o.Issue(b.Context(), o.add("cam", rights.Reporter, "").Who(), "", []string{"submit"}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := o.ByToken(token); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPassword: what a sign-in costs with the parameters of Options.
func BenchmarkPassword(b *testing.B) {
	o := newOffice(b)
	o.People.o.Hash = nil
	o.People.o.fill()
	hash, err := o.hash(b.Context(), good)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, err := o.isPassword(b.Context(), good, hash); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
