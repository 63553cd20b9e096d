package parts

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
)

// TestFlippedPart: where a bit of a part is flipped, in what was answered or in what it
// counted, it is refused; a blank before its length may become a nought.
func TestFlippedPart(t *testing.T) {
	t.Chdir(t.TempDir())
	rnd := rand.New(rand.NewPCG(3, 9))
	if err := os.WriteFile("f.csv", []byte(file(rnd, 300)), 0o644); err != nil {
		t.Fatal(err)
	}
	ask := asker(t, Verdicts, "blanket-30d")
	p, err := Make(t.Context(), []string{"f.csv"}, Options{Dir: t.TempDir(), Question: ask.Digest(), Feed: ask.Feed(), UnitSize: 6000, pieceSize: 1500})
	if err == nil {
		err = p.Run(t.Context(), 2, ask, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if _, err := p.Join(t.Context(), &want, ask); err != nil || want.Len() == 0 {
		t.Fatal(want.Len(), err)
	}
	refused := 0
	const tries = 150
	for range tries {
		name := p.partName(rnd.IntN(len(p.Units)))
		kept, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b := bytes.Clone(kept)
		at := rnd.IntN(len(b))
		b[at] ^= 1 << rnd.IntN(8)
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := p.Join(t.Context(), &got, ask); err != nil {
			refused++
		} else if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s: a bit of byte %d of %d is flipped, and other bytes come out", name, at, len(b))
		}
		if err := os.WriteFile(name, kept, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if refused < tries-3 {
		t.Errorf("only %d of %d were refused", refused, tries)
	}
	t.Log(refused, "of", tries, "refused")
}
