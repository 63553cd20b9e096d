package audit_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	lib "github.com/transparency-dev/formats/witness"
	"pgregory.net/rapid"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/record"
)

// TestPolicyAgrees: of one checkpoint with some cosignatures, the policy says what
// an independent reader of policies says.
func TestPolicyAgrees(t *testing.T) {
	skey, _, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), origin)
	if err != nil {
		t.Fatal(err)
	}
	log, key, err := record.LogKey(skey)
	if err != nil {
		t.Fatal(err)
	}
	var signers []note.Signer
	var vkeys []string
	for i := range 5 {
		s, v, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{byte(i + 1)}, 64)), fmt.Sprintf("w%d.example.org", i))
		if err != nil {
			t.Fatal(err)
		}
		signer, err := fnote.NewSignerForCosignatureV1(s)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = fnote.VKeyToCosignatureV1(v); err != nil {
			t.Fatal(err)
		}
		signers, vkeys = append(signers, signer), append(vkeys, v)
	}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		var names []string
		for i, v := range vkeys {
			fmt.Fprintf(&text, "witness w%d %s https://w%d.example.org/\n", i, v, i)
			names = append(names, fmt.Sprintf("w%d", i))
		}
		for g := range rapid.IntRange(1, 4).Draw(t, "groups") {
			members := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID[string]).Draw(t, "members")
			need := rapid.SampledFrom([]string{"any", "all", fmt.Sprint(1 + len(members)/2)}).Draw(t, "need")
			name := fmt.Sprintf("g%d", g)
			fmt.Fprintf(&text, "group %s %s %s\n", name, need, strings.Join(members, " "))
			names = append(names, name)
		}
		quorum := rapid.SampledFrom(names).Draw(t, "quorum")
		fmt.Fprintf(&text, "quorum %s\n", quorum)
		p, err := audit.ParsePolicy([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := lib.ParsePolicy([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		by, sizes := []note.Signer{log}, map[string]int64{}
		for i, s := range signers {
			if rapid.Bool().Draw(t, "signs") {
				by, sizes[fmt.Sprintf("w%d", i)] = append(by, s), 10
			}
		}
		signed, err := record.SignCheckpoint(record.Checkpoint{Origin: origin, Size: 10}, by...)
		if err != nil {
			t.Fatal(err)
		}
		if _, sigs, err := record.OpenCheckpoint(signed, origin, key, p.Keys()...); err != nil || len(sigs) != len(sizes) {
			t.Fatal(len(sigs), err)
		}
		if ours := p.Covered(quorum, sizes) == 10; ours != theirs.Satisfied(signed) {
			t.Fatalf("%v, and not of another reader, of\n%s%v", ours, text.String(), sizes)
		}
	})
}

// TestLevels: levels reach as far as enough witnesses of the group have cosigned.
func TestLevels(t *testing.T) {
	_, v1, _ := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{1}, 64)), "ru.example.org")
	_, v2, _ := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{2}, 64)), "ua.example.org")
	a, _ := fnote.VKeyToCosignatureV1(v1)
	b, _ := fnote.VKeyToCosignatureV1(v2)
	p, err := audit.ParsePolicy([]byte("witness RU " + a + " # by stick\nwitness UA " + b + "\ngroup parties all RU UA\ngroup neutrals any RU UA\nquorum none\n"))
	if err != nil {
		t.Fatal(err)
	}
	levels := p.Levels(100, map[string]int64{"RU": 40, "UA": 70})
	for i, want := range map[int64]string{0: "recorded neutral all-parties", 39: "recorded neutral all-parties", 40: "recorded neutral", 69: "recorded neutral", 70: "recorded", 99: "recorded", 100: ""} {
		if got := strings.Join(audit.LevelOf(i, levels), " "); got != want {
			t.Errorf("entry %d: %q, want %q", i, got, want)
		}
	}
	for _, bad := range []string{"", "quorum x", "group g all", "witness RU " + a + "\nquorum RU\nquorum RU", "witness RU " + a + "\nwitness X " + a + "\nquorum none",
		"witness any " + a + "\nquorum none", "witness RU " + a + "\ngroup g 2 RU\nquorum g", "witness RU " + a + "\ngroup g 2 RU RU\nquorum g", "log x\nquorum none", "nonsense"} {
		if _, err := audit.ParsePolicy([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a policy", bad)
		}
	}
}

// FuzzParse: what others send is read or refused, and what is read is written the
// same.
func FuzzParse(f *testing.F) {
	f.Add([]byte("witness a b\nquorum none\n"))
	f.Add([]byte("truce split v1\n1 1 0\nab"))
	f.Add([]byte(`{"index":0,"salt":"","payload":""}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		audit.ParsePolicy(b)
		audit.ReadKeys(b)
		audit.ReadBundle(bytes.NewReader(b))
		if s, err := audit.ParseSplit(b); err == nil {
			if again, err := audit.ParseSplit(s.Marshal()); err != nil || !bytes.Equal(again.Marshal(), s.Marshal()) {
				t.Errorf("%q is read as another proof (%v)", b, err)
			}
		}
	})
}
