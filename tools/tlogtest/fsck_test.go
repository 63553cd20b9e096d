package tlogtest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

const origin = "example.org/north"

// check lets Tessera read and recompute a log.
func check(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, "office.json"))
	if err != nil {
		return err
	}
	var o journal.Office
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	v, err := note.NewVerifier(o.Key)
	if err != nil {
		return err
	}
	hasher := func(b []byte) ([][]byte, error) {
		var bundle api.EntryBundle
		if err := bundle.UnmarshalText(b); err != nil {
			return nil, err
		}
		var out [][]byte
		for _, e := range bundle.Entries {
			out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
		}
		return out, nil
	}
	return fsck.New(origin, v, client.FileFetcher{Root: filepath.Join(dir, "log")}, hasher, fsck.Opts{N: 2}).Check(context.Background())
}

// TestTesseraAccepts: at every size that was signed, over partial and complete
// tiles of three levels, and not once a byte has changed.
func TestTesseraAccepts(t *testing.T) {
	dir := t.TempDir()
	w := journal.RealWorld(dir)
	if err := journal.Create(w, origin); err != nil {
		t.Fatal(err)
	}
	skey, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := journal.OwnKey(skey)
	if err != nil {
		t.Fatal(err)
	}
	l, _, err := journal.Open(w, journal.Options{Interval: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := 0
	for _, count := range []int{1, 1, 100, 153, 1, 600, 16000, 16384, 16384, 15000, 2000} {
		es, ps := reports(own, n, count)
		n += count
		if _, err := l.Append(t.Context(), es, ps); err != nil {
			t.Fatal(err)
		}
		if err := l.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := check(dir); err != nil {
			t.Fatalf("%d entries: %v", l.Size(), err)
		}
	}
	name := filepath.Join(dir, "log/tile/entries/100")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if check(dir) == nil {
		t.Error("a changed byte is accepted: this test tests nothing")
	}
}

// reports makes signed entries by the log's own key.
func reports(key ed25519.PrivateKey, from, count int) ([]*record.Envelope, []journal.Payload) {
	author := record.IDOf(key.Public().(ed25519.PublicKey))
	es, ps := make([]*record.Envelope, count), make([]journal.Payload, count)
	for i := range es {
		body := fmt.Appendf(nil, `{"text":"report %d"}`, from+i)
		h := sha256.Sum256(body)
		es[i] = &record.Envelope{Kind: "report@1", ID: record.NewID(time.UnixMilli(1742860800000), [10]byte(h[:10])), Author: author, Made: time.UnixMilli(1742860800000),
			Payload: record.Commit(h, body), Type: "application/json", Size: int64(len(body))}
		ps[i] = journal.Payload{Salt: h, Bytes: body}
	}
	if err := record.Sign(key, es); err != nil {
		panic(err)
	}
	return es, ps
}
