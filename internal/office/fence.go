package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/witness"
	"github.com/truce-project/truce/record"
)

// HeldBy is what a witness has cosigned of a log last.
type HeldBy struct {
	Witness string
	C       record.Checkpoint // zero where it has none
	Signed  []byte            // by the log; the cosignature is not kept
	Err     error             // why it is not known
}

// Held asks the witnesses of a policy what they have cosigned of a log last, all at
// once, none for longer than five seconds. It is by this that a machine learns that
// another writes the log: what a witness shows is signed by the log's key, so that a
// witness cannot make it up.
func Held(ctx context.Context, of journal.Office, p *audit.Policy) []HeldBy {
	out := make([]HeldBy, len(p.Witnesses))
	var wait sync.WaitGroup
	for i, w := range p.Witnesses {
		out[i].Witness = w.Name
		if w.URL == "" {
			out[i].Err = ErrNoURL
			continue
		}
		wait.Go(func() {
			b, err := witness.Known(ctx, w.URL, of.Origin)
			if errors.Is(err, fs.ErrNotExist) {
				return // it has none
			}
			if err == nil {
				out[i].C, err = journal.ReadCheckpoint(b, of)
			}
			if err == nil {
				v, verr := audit.LogVerifier(of.Key)
				if err = verr; err == nil {
					out[i].Signed, err = ownPart(b, v)
				}
			}
			out[i].Err = err
		})
	}
	wait.Wait()
	return out
}

// Fenced reports whether others hold what a log, as it is read here, does not
// continue: *journal.RolledBack where it is more, *journal.Forked where it is
// something else.
func Fenced(r *journal.Reader, c record.Checkpoint) error {
	root, err := r.RootAt(min(c.Size, r.Size()))
	switch {
	case err != nil:
		return err
	case c.Size > r.Size():
		return &journal.RolledBack{Known: c, Size: r.Size()}
	case root != c.Root:
		return &journal.Forked{Known: c, Here: root}
	}
	return nil
}

// Know keeps checkpoints that others hold, so that a record behind them, or beside
// them, is not opened for writing.
func Know(dir string, held []HeldBy) error {
	to := filepath.Join(dir, "known")
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, h := range held {
		if h.Signed == nil {
			continue
		}
		if err := replace(filepath.Join(to, fmt.Sprintf("%d-%s.ckpt", h.C.Size, h.C.Root.Hex()[:8])), h.Signed); err != nil {
			return err
		}
	}
	return nil
}

// AskBefore asks the witnesses of the record's policy, where it has one, what they
// hold, before the record is opened for writing. It says whom it could not ask.
func AskBefore(ctx context.Context, dir string) (unasked []HeldBy, err error) {
	p, err := policyOf(dir)
	if p == nil {
		return nil, err
	}
	r, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, nil // opening it for writing says more
	}
	held := Held(ctx, r.Office, p)
	for _, h := range held {
		if h.Err != nil && !errors.Is(h.Err, ErrNoURL) {
			unasked = append(unasked, h)
		}
	}
	return unasked, Know(dir, held)
}

// policyOf is the policy beside a record; nil where it has none.
func policyOf(dir string) (*audit.Policy, error) {
	b, err := os.ReadFile(filepath.Join(dir, PolicyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return audit.ParsePolicy(b)
}

// Cosign asks the witnesses of the policy beside the record to cosign the checkpoint
// that a function names, or the last one where it names none, after it has asked what they hold. Where a witness holds what this log
// does not continue, the error says so and nothing more may be written: another
// machine writes this log, or an old copy was put back. A policy with no URL, or
// none at all, asks nobody.
func (o *Office) Cosign(ctx context.Context, which func() (signed []byte, any bool)) ([]Asked, error) {
	p, err := policyOf(o.Dir)
	if p == nil {
		return nil, err
	}
	held := Held(ctx, o.Log.Office(), p)
	r := o.Log.Reader()
	for _, h := range held {
		if h.Signed == nil {
			continue
		}
		if err := Fenced(r, h.C); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", h.Witness, err), Know(o.Dir, held))
		}
	}
	signed, any := which()
	if !any {
		return nil, nil
	}
	if signed == nil {
		signed = r.Signed
	}
	own, err := ownPart(signed, r.Verifier())
	if err != nil {
		return nil, err
	}
	c, err := journal.ReadCheckpoint(own, r.Office)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(held, func(h HeldBy) bool { return h.C.Size > c.Size }) {
		return nil, nil // it is cosigned already, or more is
	}
	s := &Shown{dir: o.Dir, Signed: own, C: c, Key: r.Verifier(), later: r}
	asked, err := s.askAll(ctx, p)
	if err != nil {
		return asked, err
	}
	merged, err := withCosignatures(o.Dir, r, p.Keys())
	if err == nil && o.Log.Reader() == r { // otherwise a newer one is shown already
		err = o.Log.ShowCosigned(merged)
	}
	return asked, err
}
