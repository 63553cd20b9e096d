package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/witness"
	"github.com/truce-project/truce/record"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func keyOf(t testing.TB, dir string) note.Verifier {
	t.Helper()
	var o struct{ Key string }
	if err := json.Unmarshal(read(t, filepath.Join(dir, "office.json")), &o); err != nil {
		t.Fatal(err)
	}
	k, err := audit.LogVerifier(o.Key)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// importInto imports a file of n rows.
func importInto(t testing.TB, dir, name string, n int, each bool) {
	t.Helper()
	o, err := office.Open(dir, "", journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Import(context.Background(), rows(t, t.TempDir(), name, n), office.ImportOptions{Each: each}); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
}

// fork makes a second history with the real key: a copy of the key begins the log
// anew, and other entries follow.
func fork(t testing.TB, dir string, n int) string {
	t.Helper()
	other := filepath.Join(t.TempDir(), "forked")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "log.key"), read(t, filepath.Join(dir, "log.key")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := journal.Create(journal.RealWorld(other), origin); err != nil {
		t.Fatal(err)
	}
	importInto(t, other, "other.csv", n, true)
	return other
}

// TestF20Rewritten: history rewritten and signed with the real key passes by
// itself; whoever kept an old checkpoint or receipt proves the fork without a
// network, to anybody who has the public key, and no witness cosigns it.
func TestF20Rewritten(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	fill(t, dir, 40)
	old := read(t, filepath.Join(dir, "signed"))
	key := keyOf(t, dir)
	w, policy := newWitness(t, "example.org/mm", key)
	shown, err := office.ReadShown(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r := ask(t, w, shown, policy); r.Status != http.StatusOK {
		t.Fatalf("%s", r.Text)
	}
	forged := fork(t, dir, 300)
	holds(t, forged, later) // by itself it is a record like any other
	r := verify(t, forged, audit.Options{Now: later.Now, Key: key, Known: []audit.Note{{Name: "kept.ckpt", Bytes: old}}})
	if len(r.Problems) != 1 || r.Problems[0].About != audit.OfFork {
		t.Fatalf("%v", r.Problems)
	}
	var kept []audit.Note
	names, err := filepath.Glob(filepath.Join(dir, "receipts", "*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, n := range names {
		kept = append(kept, audit.Note{Name: n, Bytes: read(t, n)})
	}
	if r := verify(t, forged, audit.Options{Now: later.Now, Receipts: kept}); len(r.Problems) != len(kept) || r.Problems[0].About != audit.OfReceipt {
		t.Errorf("receipts of what was left out: %v", r.Problems)
	}
	s, err := audit.ProveSplit(ctx, old, read(t, filepath.Join(forged, "signed")), key, audit.Dir(filepath.Join(forged, "log")))
	if err != nil {
		t.Fatal(err)
	}
	again, err := audit.ParseSplit(s.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := again.Check(key); err != nil {
		t.Errorf("the proof does not convince: %v", err)
	}
	again.Path[0][3] ^= 1
	if _, _, err := again.Check(key); err == nil {
		t.Error("a proof with another hash convinces")
	}
	bad, err := office.ReadShown(forged)
	if err != nil {
		t.Fatal(err)
	}
	if r := ask(t, w, bad, policy); r.Status == http.StatusOK {
		t.Error("a witness cosigns a rewritten history")
	}
	if _, err := audit.ProveSplit(ctx, old, read(t, filepath.Join(dir, "signed")), key, nil); !errors.Is(err, audit.ErrNoSplit) {
		t.Errorf("a checkpoint contradicts itself: %v", err)
	}
}

// TestF21SplitView: two histories of one size, shown to two parties: two
// checkpoints prove it, and a witness refuses the second.
func TestF21SplitView(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 10)
	a := fork(t, dir, 20)
	b := fork(t, dir, 20)
	key := keyOf(t, dir)
	x, y := read(t, filepath.Join(a, "signed")), read(t, filepath.Join(b, "signed"))
	s, err := audit.ProveSplit(context.Background(), x, y, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if small, large, err := s.Check(key); err != nil || small.Size != large.Size {
		t.Errorf("%v %v %v", small, large, err)
	}
	w, _ := newWitness(t, "example.org/mm", key)
	for i, d := range []string{a, b} {
		shown, err := office.ReadShown(d)
		if err != nil {
			t.Fatal(err)
		}
		req := witness.Request{Old: int64(i) * shown.C.Size, Checkpoint: shown.Signed}
		r, err := w.Answer(req.Marshal())
		if err != nil || (r.Status == http.StatusOK) != (i == 0) {
			t.Errorf("%d: %+v %v", i, r, err)
		}
	}
}

// TestF22StolenKey: what a revoked key signs stands after the revocation, whatever
// date it bears, and is named; what it signed before stays valid.
func TestF22StolenKey(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 10)
	seed := sha256.Sum256([]byte("stolen"))
	stolen := ed25519.NewKeyFromSeed(seed[:])
	id := record.IDOf(stolen.Public().(ed25519.PublicKey))
	o, err := office.Open(dir, "", journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := o.AddKey(ctx, record.KeyEntry{Name: "party", Public: base64.StdEncoding.EncodeToString(stolen.Public().(ed25519.PublicKey))}); err != nil {
		t.Fatal(err)
	}
	sign := func(n byte, made time.Time) (*record.Envelope, journal.Payload) {
		p := journal.Payload{Salt: [record.SaltSize]byte{n}, Bytes: []byte(`{}`)}
		e := &record.Envelope{Kind: "claim@1", ID: record.NewID(made, [10]byte{n}), Author: id, Made: made, Payload: record.Commit(p.Salt, p.Bytes), Type: "application/json", Size: 2}
		if err := record.Sign(stolen, []*record.Envelope{e}); err != nil {
			t.Fatal(err)
		}
		return e, p
	}
	before := time.UnixMilli(1_700_000_000_000).UTC()
	e, p := sign(1, before)
	if _, err := o.Log.Append(ctx, []*record.Envelope{e}, []journal.Payload{p}); err != nil {
		t.Fatal(err)
	}
	revoked, err := o.RevokeKey(ctx, id, "stolen")
	if err != nil {
		t.Fatal(err)
	}
	e, p = sign(2, before)
	if _, err := o.Log.Append(ctx, []*record.Envelope{e}, []journal.Payload{p}); !errors.Is(err, record.ErrRevoked) {
		t.Fatalf("the log takes it: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, later)
	// an office that is on the side of the thief, and writes it all the same
	forced(t, dir, e, p)
	r := verify(t, dir, later)
	if len(r.Problems) != 1 || r.Problems[0].About != audit.OfKey || r.Problems[0].Entries.First != revoked+1 {
		t.Errorf("%v", r.Problems)
	}
}

// forced appends an entry to tiles and checkpoint, past all checks of the log.
func forced(t *testing.T, dir string, e *record.Envelope, p journal.Payload) {
	t.Helper()
	entry, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c, err := journal.ReadCheckpoint(read(t, filepath.Join(dir, "signed")), officeOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	if c.Size >= record.Width {
		t.Fatal("a log of one bundle was expected")
	}
	name := func(level string, n int64) string {
		return filepath.Join(dir, "log", "tile", level, "000.p", itoa(n))
	}
	bundle := record.AppendBundled(read(t, name("entries", c.Size)), entry)
	leaf := record.LeafHash(entry)
	tile := append(read(t, name("0", c.Size)), leaf[:]...)
	var leaves []record.Hash
	for b := tile; len(b) > 0; b = b[32:] {
		leaves = append(leaves, record.Hash(b[:32]))
	}
	s, _, err := record.LogKey(strings.TrimSpace(string(read(t, filepath.Join(dir, "log.key")))))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := record.SignCheckpoint(record.Checkpoint{Origin: origin, Size: c.Size + 1, Root: record.RootOf(leaves)}, s)
	if err != nil {
		t.Fatal(err)
	}
	segment := read(t, filepath.Join(dir, "payload", "000"))
	segment = append(append(append(append(segment, e.Payload[:]...), p.Salt[:]...), 0, 0, 0, byte(len(p.Bytes))), p.Bytes...)
	for file, b := range map[string][]byte{
		name("entries", c.Size+1): bundle, name("0", c.Size+1): tile, filepath.Join(dir, "signed"): signed, filepath.Join(dir, "log", "checkpoint"): signed,
		filepath.Join(dir, "payload", "000"): segment,
	} {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "wal")); err != nil {
		t.Fatal(err)
	}
	if err := journal.ResetWAL(journal.RealWorld(dir), c.Size+1); err != nil {
		t.Fatal(err)
	}
	// the index is made anew by opening the record; here its lines are removed
	if err := os.Remove(filepath.Join(dir, "index")); err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func officeOf(t *testing.T, dir string) (o journal.Office) {
	t.Helper()
	if err := json.Unmarshal(read(t, filepath.Join(dir, "office.json")), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func itoa(n int64) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// newWitness makes a witness of a log, and a policy with it.
func newWitness(t *testing.T, name string, log note.Verifier) (*witness.Witness, *audit.Policy) {
	t.Helper()
	dir := t.TempDir()
	vkey, err := witness.MakeKey(dir, name, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := witness.Open(dir, []note.Verifier{log})
	if err != nil {
		t.Fatal(err)
	}
	p, err := audit.ParsePolicy([]byte("witness mm " + vkey + "\ngroup neutrals any mm\nquorum neutrals\n"))
	if err != nil {
		t.Fatal(err)
	}
	return w, p
}

func ask(t *testing.T, w *witness.Witness, s *office.Shown, p *audit.Policy) witness.Response {
	t.Helper()
	b, err := s.Request(context.Background(), p.Witnesses[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Answer(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status == http.StatusOK {
		if _, err := s.Accept(r.Marshal(), p.Keys()); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestF23Witnesses: one witness is down, one slow, one lies about a size, one
// signs another size, one is right: the checkpoint goes on with the one, the rest
// is reported, and nobody is waited for.
func TestF23Witnesses(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 10)
	key := keyOf(t, dir)
	good, _ := newWitness(t, "example.org/good", key)
	liar, _ := newWitness(t, "example.org/liar", key)
	var policy bytes.Buffer
	add := func(name, vkey string, h http.Handler) {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		policy.WriteString("witness " + name + " " + vkey + " " + s.URL + "\n")
	}
	vkey := func(name string) string {
		w, _ := newWitness(t, name, key)
		return w.VKey()
	}
	add("good", good.VKey(), good)
	add("sizes", vkey("example.org/sizes"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusConflict)
		w.Write([]byte("3\n"))
	}))
	add("ahead", vkey("example.org/ahead"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusConflict)
		w.Write([]byte("1000000\n"))
	}))
	add("liar", liar.VKey(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := record.SignCheckpoint(record.Checkpoint{Origin: origin, Size: 1}, mustSigner(t, dir))
		if err != nil {
			t.Error(err)
		}
		line, err := liar.Add(witness.Request{Checkpoint: c}) // of another size
		if err != nil {
			line = []byte("— example.org/liar AAAA\n")
		}
		w.Write(line)
	}))
	add("garbage", vkey("example.org/garbage"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("x"), 1<<20))
	}))
	policy.WriteString("witness down " + vkey("example.org/down") + " http://127.0.0.1:1\ngroup neutrals any good sizes ahead liar garbage down\nquorum neutrals\n")
	p, err := audit.ParsePolicy(policy.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := office.ReadShown(dir)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := s.AskAll(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range asked {
		if (a.Err == nil) != (a.Witness == "good") {
			t.Errorf("%s: %v", a.Witness, a.Err)
		}
		if lies := a.Witness == "sizes" || a.Witness == "liar" || a.Witness == "garbage"; lies != errors.Is(a.Err, witness.ErrLies) {
			t.Errorf("%s: %v", a.Witness, a.Err)
		}
	}
	if shown, err := office.Show(dir, p.Keys()); err != nil || !shown {
		t.Fatal(shown, err)
	}
	o := later
	o.Policy = p
	r := holds(t, dir, o)
	if len(r.Cosigned) != 1 || r.Cosigned[0].Size != r.Size {
		t.Errorf("%+v", r.Cosigned)
	}
	// a cosignature that does not fit is named, and counts for nothing
	name := filepath.Join(dir, "log", "checkpoint")
	b := read(t, name)
	i := bytes.LastIndexByte(b[:len(b)-8], ' ') + 20
	b[i] = map[bool]byte{true: 'B', false: 'A'}[b[i] == 'A']
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir, o); len(r.Problems) != 1 || r.Problems[0].About != audit.OfCosignature {
		t.Errorf("%v", r.Problems)
	}
}

func mustSigner(t *testing.T, dir string) note.Signer {
	s, _, err := record.LogKey(strings.TrimSpace(string(read(t, filepath.Join(dir, "log.key")))))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWeb: a log that is served is checked by its tiles alone, and one changed
// byte of what is served is noticed.
func TestWeb(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 300)
	var spoil string
	files := http.FileServer(http.Dir(filepath.Join(dir, "log")))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if spoil != "" && strings.HasPrefix(r.URL.Path, spoil) {
			b := read(t, filepath.Join(dir, "log", filepath.FromSlash(r.URL.Path)))
			b[len(b)/2] ^= 1
			w.Write(b)
			return
		}
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	o := later
	o.Key = keyOf(t, dir)
	for _, spoil = range []string{"", "/tile/entries/000", "/tile/0/001", "/tile/1/000", "/keys"} {
		r, _, err := audit.VerifyWeb(context.Background(), s.URL, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.OK() != (spoil == "") {
			t.Errorf("%q: %v", spoil, r.Problems)
		}
		for _, p := range r.Problems {
			if !strings.HasPrefix("/"+p.File, spoil) {
				t.Errorf("%s: %v", spoil, p)
			}
		}
	}
	if _, _, err := audit.VerifyWeb(context.Background(), s.URL, later); err == nil {
		t.Error("a log is checked without its key")
	}
}
