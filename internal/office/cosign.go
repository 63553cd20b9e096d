package office

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/witness"
	"github.com/truce-project/truce/record"
)

// Shown is the checkpoint that an office shows, with its key.
type Shown struct {
	dir    string
	Signed []byte
	C      record.Checkpoint
	Key    note.Verifier
	later  *journal.Reader // of a later checkpoint, by which this one is proved; nil: by its own tiles
}

// ReadShown reads the checkpoint that is shown. It needs no key.
func ReadShown(dir string) (*Shown, error) {
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, err
	}
	return &Shown{dir: dir, Signed: r.Signed, C: r.Checkpoint, Key: r.Verifier()}, nil
}

// witnessFile is where what a witness has cosigned last is kept, and where the
// size that it is known to have.
func (s *Shown) witnessFile(key note.Verifier, ending string) string {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r < ' ' {
			return '-'
		}
		return r
	}, key.Name())
	return filepath.Join(s.dir, "cosigned", fmt.Sprintf("%s-%08x%s", name, key.KeyHash(), ending))
}

// sizeOf is the size that a witness is thought to have.
func (s *Shown) sizeOf(key note.Verifier) int64 {
	if b, err := os.ReadFile(s.witnessFile(key, ".size")); err == nil {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && n >= 0 && n <= s.C.Size {
			return n
		}
	}
	if b, err := os.ReadFile(s.witnessFile(key, ".ckpt")); err == nil {
		if c, _, err := record.OpenCheckpoint(b, s.Key.Name(), s.Key); err == nil && c.Size <= s.C.Size {
			return c.Size
		}
	}
	return 0
}

// remember keeps the checkpoint that others are asked to cosign: a record that is
// behind it is not written to any more.
func (s *Shown) remember() error {
	dir := filepath.Join(s.dir, "known")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return replace(filepath.Join(dir, s.name()), s.Signed)
}

func (s *Shown) name() string { return fmt.Sprintf("%d-%s.ckpt", s.C.Size, s.C.Root.Hex()[:8]) }

// Request makes a request to a witness, for a stick.
func (s *Shown) Request(ctx context.Context, key note.Verifier) ([]byte, error) {
	old := s.sizeOf(key)
	path, err := s.prover(ctx).Consistency(old)
	if err != nil {
		return nil, err
	}
	return witness.Request{Old: old, Path: path, Checkpoint: s.Signed}.Marshal(), s.remember()
}

func (s *Shown) prover(ctx context.Context) witness.Prover {
	if s.later != nil {
		return earlier{s.later, s.C.Size}
	}
	return audit.NewTiles(ctx, audit.Dir(filepath.Join(s.dir, "log")), s.C)
}

// earlier proves by a later checkpoint that an earlier one continues what came before.
type earlier struct {
	r    *journal.Reader
	size int64
}

func (e earlier) Consistency(old int64) ([]record.Hash, error) {
	if old == 0 || old == e.size {
		return nil, nil
	}
	return e.r.Consistency(old, e.size)
}

// Accept takes in the answer of a witness. It returns what became of it, for
// people; a refusal is an error.
func (s *Shown) Accept(answer []byte, keys []note.Verifier) (string, error) {
	r, err := witness.ParseResponse(answer)
	if err != nil {
		return "", err
	}
	switch {
	case r.Origin != s.Key.Name():
		return "", fmt.Errorf("an answer about %q, not about %s", r.Origin, s.Key.Name())
	case r.Status == http.StatusConflict:
		return "", s.conflict(r, keys)
	case r.Status != http.StatusOK:
		return "", fmt.Errorf("the witness refuses (%d): %s", r.Status, bytes.TrimSpace(r.Text))
	}
	signed, err := s.requested(r.Size, r.Text, keys)
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if witness.CheckLine(signed, r.Text, k) == nil {
			return fmt.Sprintf("%s has cosigned %d entries", k.Name(), r.Size), s.keep(k, signed, r.Text)
		}
	}
	return "", fmt.Errorf("the cosignature is not one of a witness of the policy on a checkpoint of %d entries that was asked for: it is dropped", r.Size)
}

// conflict notes the size that a witness has, for the next request.
func (s *Shown) conflict(r witness.Response, keys []note.Verifier) error {
	why := fmt.Errorf("not cosigned: %s", bytes.TrimSpace(r.Text))
	if r.Size > s.C.Size || len(keys) != 1 {
		return why
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "cosigned"), 0o755); err != nil {
		return err
	}
	if err := replace(s.witnessFile(keys[0], ".size"), fmt.Appendf(nil, "%d\n", r.Size)); err != nil {
		return err
	}
	return fmt.Errorf("%w; the next request is made from there", why)
}

// requested finds the checkpoint that a cosignature is for.
func (s *Shown) requested(size int64, line []byte, keys []note.Verifier) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(s.dir, "known", fmt.Sprintf("%d-*.ckpt", size)))
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if witness.CheckLine(b, line, k) == nil {
				return b, nil
			}
		}
	}
	return nil, fmt.Errorf("the cosignature fits no checkpoint of %d entries that was asked for, by no witness of the policy: it is dropped", size)
}

// keep keeps what a witness has cosigned, if it is more than before.
func (s *Shown) keep(key note.Verifier, signed, line []byte) error {
	if err := os.MkdirAll(filepath.Join(s.dir, "cosigned"), 0o755); err != nil {
		return err
	}
	name := s.witnessFile(key, ".ckpt")
	c, _, err := record.OpenCheckpoint(signed, s.Key.Name(), s.Key)
	if err != nil {
		return err
	}
	if b, err := os.ReadFile(name); err == nil {
		if was, _, err := record.OpenCheckpoint(b, s.Key.Name(), s.Key); err == nil && was.Size > c.Size {
			return nil
		}
	}
	if err := os.Remove(s.witnessFile(key, ".size")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	own, err := ownPart(signed, s.Key)
	if err != nil {
		return err
	}
	return replace(name, append(own, line...))
}

// ownPart is a checkpoint with the signature of its log alone.
func ownPart(signed []byte, key note.Verifier) ([]byte, error) {
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return nil, err
	}
	n.UnverifiedSigs = nil
	return note.Sign(n)
}

// ErrNoURL means that a witness cannot be asked over the network.
var ErrNoURL = errors.New("has no URL in the policy: ask it by a file")

// Asked is what asking one witness gave.
type Asked struct {
	Witness string
	Size    int64
	Err     error
}

// AskAll asks all witnesses of a policy that have a URL, at the same time. None
// is waited for longer than five seconds; one that answers with what cannot be
// true is reported and its answer dropped.
func (s *Shown) AskAll(ctx context.Context, p *audit.Policy) ([]Asked, error) {
	if err := s.remember(); err != nil {
		return nil, err
	}
	return s.askAll(ctx, p)
}

// askAll does not keep what was asked for: for whoever asks again and again, and asks
// what witnesses hold before the record is opened for writing.
func (s *Shown) askAll(ctx context.Context, p *audit.Policy) ([]Asked, error) {
	var out []Asked
	lines := make([][]byte, len(p.Witnesses))
	var wait sync.WaitGroup
	for _, w := range p.Witnesses {
		out = append(out, Asked{Witness: w.Name, Size: s.C.Size})
		if w.URL == "" {
			out[len(out)-1].Err = ErrNoURL
		}
	}
	for i, w := range p.Witnesses {
		if w.URL == "" {
			continue
		}
		wait.Go(func() {
			lines[i], out[i].Err = witness.Ask(ctx, w.URL, w.Key, s.sizeOf(w.Key), s.Signed, s.C.Size, s.prover(ctx))
		})
	}
	wait.Wait()
	for i, w := range p.Witnesses {
		if lines[i] == nil || out[i].Err != nil {
			continue
		}
		if err := s.keep(w.Key, s.Signed, lines[i]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// Show puts the cosignatures that there are on the shown checkpoint where
// everybody reads it, if no other process writes to the record and it may be written
// to.
func Show(dir string, keys []note.Verifier) (bool, error) {
	if _, err := os.Stat(filepath.Join(dir, readOnlyName)); err == nil {
		return false, nil
	}
	l, _, err := journal.Open(journal.RealWorld(dir), journal.Options{Interval: -1})
	if errors.Is(err, journal.ErrLocked) {
		return false, nil // the process that writes shows its own checkpoints
	}
	if err != nil {
		return false, err
	}
	merged, err := withCosignatures(dir, l.Reader(), keys)
	if err == nil {
		err = l.ShowCosigned(merged)
	}
	if cerr := l.Close(); err == nil {
		err = cerr
	}
	return err == nil, err
}

// withCosignatures is the last checkpoint with the cosignatures on it that are here.
func withCosignatures(dir string, r *journal.Reader, keys []note.Verifier) ([]byte, error) {
	merged, err := ownPart(r.Signed, r.Verifier())
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		s := Shown{dir: dir}
		b, err := os.ReadFile(s.witnessFile(k, ".ckpt"))
		if err != nil {
			continue
		}
		_, line, _ := bytes.Cut(b, []byte("\n\n"))
		if i := bytes.IndexByte(line, '\n'); i >= 0 && witness.CheckLine(r.Signed, line[i+1:], k) == nil {
			merged = append(merged, line[i+1:]...)
		}
	}
	return merged, nil
}
