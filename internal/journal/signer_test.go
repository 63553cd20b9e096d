package journal

import (
	"crypto/ed25519"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/truce-project/truce/record"
)

// TestSigner: entries of many callers are signed, each so that it can be checked
// by itself; one that cannot be signed keeps no other from it; fewer signatures
// are made than entries where they come thick.
func TestSigner(t *testing.T) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSigner(key)
	entries := make([]*record.Envelope, 400)
	for i := range entries {
		entries[i] = &record.Envelope{Kind: "report@1", ID: record.NewID(time.UnixMilli(1_742_860_800_000), [10]byte{byte(i), byte(i >> 8)}), Author: s.Author(), Made: time.UnixMilli(1_742_860_800_000).UTC()}
		if i%50 == 7 {
			entries[i].Kind = "no kind"
		}
	}
	errs := make([]error, len(entries))
	var wg sync.WaitGroup
	for w := range 40 {
		wg.Go(func() {
			for i := w; i < len(entries); i += 40 {
				errs[i] = s.Sign(entries[i])
			}
		})
	}
	wg.Wait()
	v := record.Verifier{Key: func(record.KeyID) (ed25519.PublicKey, bool) { return public, true }}
	signatures := map[string]bool{}
	for i, e := range entries {
		if bad := i%50 == 7; (errs[i] != nil) != bad {
			t.Fatalf("entry %d: %v", i, errs[i])
		} else if bad {
			continue
		}
		b, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := record.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(back); err != nil {
			t.Fatal(err)
		}
		signatures[fmt.Sprint(back.Signed.Bytes)] = true
	}
	if len(signatures) > len(entries)/2 {
		t.Errorf("%d signatures for %d entries by 40 callers at once", len(signatures), len(entries))
	}
}
