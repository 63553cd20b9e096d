package record

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

func key(seed byte) ed25519.PrivateKey {
	s := sha256.Sum256([]byte{seed})
	return ed25519.NewKeyFromSeed(s[:])
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func ulid(n int) string { return fmt.Sprintf("01J%023d", n) }

func drawEnvelope(t *rapid.T, author KeyID, n int) *Envelope {
	hash := func(label string) Hash { return sha256.Sum256([]byte(rapid.String().Draw(t, label))) }
	e := &Envelope{Kind: rapid.SampledFrom([]string{"report@1", "claim@2", "unheard-of@17"}).Draw(t, "kind"), ID: ulid(n), Author: author,
		Made: time.UnixMilli(rapid.Int64Range(1, 4e12).Draw(t, "made")).UTC()}
	if rapid.Bool().Draw(t, "payload") {
		e.Payload, e.Type, e.Size = hash("payload"), "application/json", rapid.Int64Range(0, 1<<40).Draw(t, "size")
	}
	if rapid.Bool().Draw(t, "prev") {
		e.Prev = hash("prev hash")
	}
	for i := rapid.IntRange(0, 3).Draw(t, "refs"); i > 0; i-- {
		e.Refs = append(e.Refs, Ref{rapid.SampledFrom([]Relation{Supersedes, Disputes, About}).Draw(t, "relation"), ulid(100 + i)})
	}
	for i := rapid.IntRange(0, 2).Draw(t, "blobs"); i > 0; i-- {
		e.Blobs = append(e.Blobs, hash("blob"))
	}
	e.Valid = rapid.StringMatching(`[ -~"\\\t\n]{0,40}`).Draw(t, "valid")
	return e
}

// TestRoundTrip: what is encoded is decoded to the same, signatures hold, and
// the encoding is the one of RFC 8785: sorted members, no spaces.
func TestRoundTrip(t *testing.T) {
	k := key(1)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "batch")
		var es []*Envelope
		for i := range n {
			es = append(es, drawEnvelope(t, IDOf(public(k)), i))
		}
		if err := Sign(k, es); err != nil {
			t.Fatal(err)
		}
		v := Verifier{Key: func(id KeyID) (ed25519.PublicKey, bool) { return public(k), id == IDOf(public(k)) }}
		for _, e := range es {
			b, err := e.Encode()
			if err != nil {
				t.Fatal(err)
			}
			d, err := Decode(b)
			if err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			if err := v.Verify(d); err != nil {
				t.Fatal(err)
			}
			var free any
			if err := json.Unmarshal(b, &free); err != nil {
				t.Fatal(err)
			}
			var sorted bytes.Buffer
			enc := json.NewEncoder(&sorted)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(free); err != nil {
				t.Fatal(err)
			}
			if got := bytes.TrimSpace(sorted.Bytes()); !bytes.Equal(got, b) {
				t.Fatalf("not canonical:\n%s\n%s", b, got)
			}
		}
	})
}

// TestOneByte: no other bytes are taken for a signed entry.
func TestOneByte(t *testing.T) {
	k := key(1)
	v := Verifier{Key: func(id KeyID) (ed25519.PublicKey, bool) { return public(k), id == IDOf(public(k)) }}
	rapid.Check(t, func(t *rapid.T) {
		es := []*Envelope{drawEnvelope(t, IDOf(public(k)), 1), drawEnvelope(t, IDOf(public(k)), 2)}[:rapid.IntRange(1, 2).Draw(t, "n")]
		if err := Sign(k, es); err != nil {
			t.Fatal(err)
		}
		b, err := es[0].Encode()
		if err != nil {
			t.Fatal(err)
		}
		i := rapid.IntRange(0, len(b)-1).Draw(t, "where")
		bad := bytes.Clone(b)
		bad[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		d, err := Decode(bad)
		if err == nil {
			err = v.Verify(d)
		}
		if err == nil {
			t.Fatalf("bit flipped at %d is not noticed:\n%s\n%s", i, b, bad)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	k := key(1)
	e := &Envelope{Kind: "report@1", ID: ulid(1), Author: IDOf(public(k)), Made: time.UnixMilli(1)}
	if err := Sign(k, []*Envelope{e}); err != nil {
		t.Fatal(err)
	}
	good, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"empty":            nil,
		"a space":          append(bytes.Clone(good), ' '),
		"two entries":      append(bytes.Clone(good), good...),
		"another member":   bytes.Replace(good, []byte(`{"author"`), []byte(`{"a":1,"author"`), 1),
		"a member twice":   bytes.Replace(good, []byte(`"kind":"report@1"`), []byte(`"kind":"report@1","kind":"report@1"`), 1),
		"a capital letter": bytes.Replace(good, []byte(`"kind"`), []byte(`"Kind"`), 1),
		"an escape":        bytes.Replace(good, []byte(`report@1`), []byte(`\u0072eport@1`), 1),
		"no version":       bytes.Replace(good, []byte(`report@1`), []byte(`report`), 1),
		"too long":         bytes.Repeat([]byte("x"), MaxEntry+1),
	} {
		if _, err := Decode(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	k := key(1)
	e := &Envelope{Kind: "report@1", ID: ulid(1), Author: IDOf(public(k)), Made: time.UnixMilli(1), Refs: []Ref{{About, ulid(2)}}}
	if err := Sign(k, []*Envelope{e}); err != nil {
		f.Fatal(err)
	}
	b, _ := e.Encode()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%v: %q became %q", err, b, again)
		}
	})
}

// TestTilePaths: paths are those of the tlog-tiles specification.
func TestTilePaths(t *testing.T) {
	for _, x := range []struct {
		tile tlog.Tile
		path string
	}{
		{tlog.Tile{H: 8, L: 0, N: 1234067, W: 256}, "tile/0/x001/x234/067"},
		{tlog.Tile{H: 8, L: 2, N: 5, W: 17}, "tile/2/005.p/17"},
		{tlog.Tile{H: 8, L: -1, N: 273, W: 256}, "tile/entries/273"},
		{tlog.Tile{H: 8, L: -1, N: 1000, W: 3}, "tile/entries/x001/000.p/3"},
	} {
		if got := TilePath(x.tile); got != x.path {
			t.Errorf("%+v: %s, expected %s", x.tile, got, x.path)
		}
		if got, err := ParseTilePath(x.path); err != nil || got != x.tile {
			t.Errorf("%s: %+v %v", x.path, got, err)
		}
	}
	for _, bad := range []string{"", "tile/", "tile/0/1", "tile/0/x001/x234", "tile/entries/../001", "tile/8/0/001/2", "tile/99/001"} {
		if _, err := ParseTilePath(bad); err == nil {
			t.Errorf("%q is taken for a path", bad)
		}
	}
}

func TestBundles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 8).Draw(t, "entries")
		var b []byte
		for _, e := range entries {
			b = AppendBundled(b, e)
		}
		got, err := Unbundle(b)
		if err != nil || len(got) != len(entries) {
			t.Fatalf("%d entries: %v", len(got), err)
		}
		for i := range got {
			if !bytes.Equal(got[i], entries[i]) {
				t.Fatalf("entry %d", i)
			}
		}
		if len(b) > 0 {
			if got, err := Unbundle(b[:len(b)-1]); err == nil && len(got) == len(entries) {
				t.Fatal("a bundle cut short is taken for whole")
			}
		}
	})
}

// TestProofs: inclusion and consistency proofs hold for what they prove, and
// for nothing else.
func TestProofs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := newTree()
		n := rapid.IntRange(1, 70).Draw(t, "n")
		old := rapid.IntRange(0, n).Draw(t, "old")
		var oldRoot Hash
		for i := range n {
			if i == old {
				oldRoot = tr.root()
			}
			tr.add([]byte{byte(i)})
		}
		if old == n {
			oldRoot = tr.root()
		}
		i := rapid.IntRange(0, n-1).Draw(t, "i")
		root := tr.root()
		if err := CheckInclusion(tr.prove(int64(i)), tr.n, root, int64(i), LeafHash([]byte{byte(i)})); err != nil {
			t.Fatal(err)
		}
		if CheckInclusion(tr.prove(int64(i)), tr.n, root, int64(i), LeafHash([]byte{byte(i + 1)})) == nil {
			t.Fatal("another entry is proved to be there")
		}
		var path []Hash
		if old > 0 {
			p, err := tlog.ProveTree(tr.n, int64(old), tr)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range p {
				path = append(path, Hash(h))
			}
		}
		if err := CheckConsistency(path, tr.n, root, int64(old), oldRoot); err != nil {
			t.Fatal(err)
		}
		oldRoot[3] ^= 1
		if old > 0 && CheckConsistency(path, tr.n, root, int64(old), oldRoot) == nil {
			t.Fatal("a rewritten log is taken for a continuation")
		}
	})
}

func logKey(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	skey, _, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), "example.org/office")
	if err != nil {
		t.Fatal(err)
	}
	s, v, err := LogKey(skey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func TestReceiptsAndProofs(t *testing.T) {
	s, v := logKey(t)
	r := Receipt{Origin: "example.org/office", Index: 5, Count: 1, Leaf: LeafHash([]byte("x")), Accepted: time.UnixMilli(1e12).UTC(), Due: time.UnixMilli(1e12 + 1e4).UTC()}
	signed, err := SignReceipt(r, s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenReceipt(signed, r.Origin, v)
	if err != nil || got != r {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := OpenReceipt(bytes.Replace(signed, []byte("\n5\n"), []byte("\n6\n"), 1), r.Origin, v); err == nil {
		t.Error("a receipt for another entry is taken for signed")
	}
	several := r
	several.Count = 3
	if signed, err = SignReceipt(several, s); err != nil {
		t.Fatal(err)
	}
	if got, err := OpenReceipt(signed, r.Origin, v); err != nil || got != several {
		t.Fatalf("%+v %v", got, err)
	}
	for _, place := range []string{"", "5 1", "5 01", "05", "5  3", "-1", "5 3 ", "5 -3"} {
		if _, _, err := readPlace(place); err == nil {
			t.Errorf("%q is taken for a place", place)
		}
	}
	tr := newTree()
	for i := range 10 {
		tr.add([]byte{byte(i)})
	}
	cp, err := SignCheckpoint(Checkpoint{r.Origin, tr.n, tr.root()}, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReceipt(cp, r.Origin, v); err == nil {
		t.Error("a checkpoint is taken for a receipt")
	}
	if _, _, err := OpenCheckpoint(signed, r.Origin, v); err == nil {
		t.Error("a receipt is taken for a checkpoint")
	}
	file := Proof(3, tr.prove(3), cp)
	i, c, _, err := CheckProof(file, []byte{3}, r.Origin, v)
	if err != nil || i != 3 || c.Size != 10 {
		t.Fatalf("%d %+v %v", i, c, err)
	}
	if _, _, _, err := CheckProof(file, []byte{4}, r.Origin, v); err == nil {
		t.Error("a proof holds for another entry")
	}
	if _, _, _, err := CheckProof(file, []byte{3}, "another.org", v); err == nil {
		t.Error("a proof of one log holds for another")
	}
}

// TestOneByteOfANote: no other bytes are taken for a signed checkpoint or receipt.
func TestOneByteOfANote(t *testing.T) {
	s, v := logKey(t)
	cp, err := SignCheckpoint(Checkpoint{"example.org/office", 12, LeafHash([]byte("x"))}, s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := SignReceipt(Receipt{Origin: "example.org/office", Index: 5, Count: 2, Accepted: time.UnixMilli(1), Due: time.UnixMilli(2)}, s)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(cp) * 8 {
		bad := bytes.Clone(cp)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, _, err := OpenCheckpoint(bad, "example.org/office", v); err == nil {
			t.Errorf("checkpoint, bit %d: %q", bit, bad)
		}
	}
	for bit := range len(r) * 8 {
		bad := bytes.Clone(r)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := OpenReceipt(bad, "example.org/office", v); err == nil {
			t.Errorf("receipt, bit %d: %q", bit, bad)
		}
	}
}

func TestKeys(t *testing.T) {
	a, b := key(1), key(2)
	pay := func(v any) []byte {
		p, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	entry := func(k ed25519.PrivateKey) []byte {
		return pay(KeyEntry{Name: "x", Public: base64.StdEncoding.EncodeToString(public(k))})
	}
	first := &Envelope{Kind: KindKey, Author: IDOf(public(a))}
	r, err := First(first, entry(a))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := First(first, entry(b)); err == nil {
		t.Error("a log begins with a key that another signed")
	}
	if err := r.Apply(4, &Envelope{Kind: KindKey, Author: IDOf(public(a))}, entry(b)); err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(9, &Envelope{Kind: KindRevoke}, pay(RevokeEntry{Key: IDOf(public(b)).String(), Reason: "stolen"})); err != nil {
		t.Fatal(err)
	}
	if err := r.Usable(IDOf(public(b)), 9); err != nil {
		t.Errorf("an entry before the revocation: %v", err)
	}
	if err := r.Usable(IDOf(public(b)), 10); !errors.Is(err, ErrRevoked) {
		t.Errorf("an entry after the revocation: %v", err)
	}
	if err := r.Usable(IDOf(public(key(3))), 1); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a key that nobody introduced: %v", err)
	}
}

// TestRootOf: the root of leaves is that of the tree over them.
func TestRootOf(t *testing.T) {
	tr := newTree()
	var leaves []Hash
	for i := range 600 {
		if RootOf(leaves) != tr.root() {
			t.Fatalf("%d leaves", i)
		}
		tr.add([]byte{byte(i)})
		leaves = append(leaves, LeafHash([]byte{byte(i)}))
	}
}

// TestIDs: an id is a ULID of its time, and its bytes give it back.
func TestIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(0, 1<<48-1).Draw(t, "ms")
		var e [10]byte
		copy(e[:], rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "entropy"))
		id := NewID(time.UnixMilli(ms), e)
		b, err := IDBytes(id)
		if err != nil || FromIDBytes(b) != id || !bytes.Equal(b[6:], e[:]) {
			t.Fatalf("%s %x %v", id, b, err)
		}
		if later := NewID(time.UnixMilli(ms+1), e); ms < 1<<48-1 && later <= id {
			t.Fatalf("%s is not before %s", id, later)
		}
	})
	if _, err := IDBytes("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"); err == nil {
		t.Error("an id of more than 128 bits is accepted")
	}
}

func TestPayloads(t *testing.T) {
	salt := [SaltSize]byte{1}
	e := &Envelope{ID: ulid(1), Payload: Commit(salt, []byte("names")), Size: 5}
	if err := CheckPayload(e, salt, []byte("names")); err != nil {
		t.Error(err)
	}
	if CheckPayload(e, salt, []byte("namez")) == nil || CheckPayload(e, [SaltSize]byte{2}, []byte("names")) == nil {
		t.Error("another payload, or another salt, fits")
	}
}

// BenchmarkDecode reads an entry of a batch of 1,000.
func BenchmarkDecode(b *testing.B) {
	k := key(1)
	var es []*Envelope
	for i := range 1000 {
		es = append(es, &Envelope{Kind: "report@1", ID: ulid(i), Author: IDOf(public(k)), Made: time.UnixMilli(1e12), Payload: Hash{1}, Type: "application/json", Size: 500})
	}
	if err := Sign(k, es); err != nil {
		b.Fatal(err)
	}
	entry, err := es[500].Encode()
	if err != nil {
		b.Fatal(err)
	}
	v := Verifier{Key: func(KeyID) (ed25519.PublicKey, bool) { return public(k), true }}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := Decode(entry); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if err := v.Verify(es[500]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign 1000", func(b *testing.B) {
		for b.Loop() {
			if err := Sign(k, es); err != nil {
				b.Fatal(err)
			}
		}
	})
}
