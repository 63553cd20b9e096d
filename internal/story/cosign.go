package story

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Witnesses of the demo: one of each party, and a neutral.
var witnesses = []string{"demo.truce.example/witness-ru", "demo.truce.example/witness-ua", "demo.truce.example/witness-neutral"}

// cosigned are the days after which a checkpoint is made, and who cosigns it. Both
// parties always do so together; what is later than the last day is cosigned by
// nobody, so that levels differ.
var cosigned = map[string][]string{"2025-03-28": witnesses, "2025-04-10": witnesses, "2025-04-23": witnesses[2:]}

// evening makes a checkpoint on some days, has it cosigned, and carries out
// erasures of the day.
func (w *writer) evening(ctx context.Context, dir string, day time.Time) error {
	l, date := w.log, day.Format("2006-01-02")
	if date == erasedOn {
		if err := l.Erase(ctx, w.b.id("report erased")); err != nil {
			return err
		}
	}
	who := cosigned[date]
	if who == nil {
		return nil
	}
	if err := l.Integrate(ctx); err != nil {
		return err
	}
	r := l.Reader()
	if err := put(dir, "known", fmt.Sprintf("%d-%s.ckpt", r.Checkpoint.Size, r.Checkpoint.Root.Hex()[:8]), r.Signed); err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(r.Signed), "\n\n")
	for _, name := range who {
		line, hash, err := cosign(name, text+"\n", day.Add(20*time.Hour))
		if err != nil {
			return err
		}
		file := fmt.Sprintf("%s-%08x.ckpt", strings.ReplaceAll(name, "/", "-"), hash)
		if err := put(dir, "cosigned", file, append(append([]byte{}, r.Signed...), line...)); err != nil {
			return err
		}
	}
	return nil
}

func put(dir, folder, name string, b []byte) error {
	if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, folder, name), b, 0o644)
}

// cosign makes the line of a cosignature (C2SP tlog-cosignature, Ed25519) with the
// time of the story: a witness of truce takes that of its clock, and then no two
// records would be the same.
func cosign(name, text string, t time.Time) ([]byte, uint32, error) {
	key, err := vkey(name)
	if err != nil {
		return nil, 0, err
	}
	v, err := record.WitnessVerifier(key)
	if err != nil {
		return nil, 0, err
	}
	sig := binary.BigEndian.AppendUint32(nil, v.KeyHash())
	sig = binary.BigEndian.AppendUint64(sig, uint64(t.Unix()))
	sig = append(sig, ed25519.Sign(keyOf(name), fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", t.Unix(), text))...)
	if !v.Verify([]byte(text), sig[4:]) {
		return nil, 0, fmt.Errorf("the cosignature of %s does not fit its key", name)
	}
	return fmt.Appendf(nil, "— %s %s\n", name, base64.StdEncoding.EncodeToString(sig)), v.KeyHash(), nil
}

// vkey is the public key of a witness.
func vkey(name string) (string, error) {
	key, err := note.NewEd25519VerifierKey(name, keyOf(name).Public().(ed25519.PublicKey))
	if err != nil {
		return "", err
	}
	return fnote.VKeyToCosignatureV1(key)
}

// policy writes whose cosignatures count, for `truce verify --policy`.
func policy(dir string, l *journal.Log) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# DEMO: worthless keys.\nlog %s\n", l.Office().Key)
	for i, name := range witnesses {
		key, err := vkey(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "witness %s %s\n", []string{"ru", "ua", "neutral"}[i], key)
	}
	b.WriteString("group parties all ru ua\ngroup neutrals any neutral\nquorum parties\n")
	return os.WriteFile(filepath.Join(dir, "mission.policy"), []byte(b.String()), 0o644)
}

func cosignedDays() []string { return slices.Sorted(maps.Keys(cosigned)) }
