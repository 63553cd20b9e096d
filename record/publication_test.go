package record

import (
	"bytes"
	"crypto/rand"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// TestPublication: a publication is read as it was signed, signed again it is the
// same bytes, and no byte of it can be changed; a checkpoint is no publication.
func TestPublication(t *testing.T) {
	secret, _, err := note.GenerateKey(rand.Reader, "example.org/north")
	if err != nil {
		t.Fatal(err)
	}
	signer, key, err := LogKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	p := Publication{"example.org/north", 7, RootOf([]Hash{{1}}), RootOf([]Hash{{2}})}
	signed, err := SignPublication(p, signer)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := SignPublication(p, signer)
	if got, err := OpenPublication(signed, p.Origin, key); err != nil || got != p || !bytes.Equal(signed, again) {
		t.Errorf("%+v %v", got, err)
	}
	for i := range signed {
		b := bytes.Clone(signed)
		b[i] ^= 1
		if got, err := OpenPublication(b, p.Origin, key); err == nil {
			t.Fatalf("byte %d changed: %+v", i, got)
		}
	}
	cp, err := SignCheckpoint(Checkpoint{p.Origin, 7, p.Root}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenPublication(cp, p.Origin, key); err == nil {
		t.Error("a checkpoint is taken for a publication")
	}
	if _, _, err := OpenCheckpoint(signed, p.Origin, key); err == nil {
		t.Error("a publication is taken for a checkpoint")
	}
}
