package office

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// ExportOptions say what goes into a bundle.
type ExportOptions struct {
	Payload, Blobs bool
}

// Export makes the bundle of an entry. It needs no key and disturbs no process
// that writes.
func Export(ctx context.Context, dir, id string, opt ExportOptions) (*audit.Bundle, error) {
	r, damage, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return nil, err
	}
	for _, d := range damage {
		return nil, fmt.Errorf("the record is damaged, nothing is exported: %w", d)
	}
	i, ok, err := r.Find(id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("no entry %s before the last checkpoint, of %d entries", id, r.Size())
	}
	x := exporting{ctx, dir, r, &audit.Bundle{}}
	office, err := os.ReadFile(filepath.Join(dir, "office.json"))
	if err != nil {
		return nil, err
	}
	x.b.Add("office.json", office)
	e, err := x.entry("entry", i, opt.Payload)
	if err != nil {
		return nil, err
	}
	if err := x.proofs(i); err != nil {
		return nil, err
	}
	if err := x.keys(); err != nil {
		return nil, err
	}
	if opt.Blobs {
		err = x.blobs(e)
	}
	return x.b, err
}

type exporting struct {
	ctx context.Context
	dir string
	r   *journal.Reader
	b   *audit.Bundle
}

// entry puts an entry into the bundle, with its payload.
func (x *exporting) entry(name string, i int64, payload bool) (*record.Envelope, error) {
	e, err := x.r.Entry(i)
	if err != nil {
		return nil, err
	}
	x.b.Add(name, e.Bytes)
	if !payload || (e.Envelope.Payload == record.Hash{}) {
		return e.Envelope, nil
	}
	p, err := x.r.Payload(i)
	if errors.Is(err, record.ErrErased) || errors.Is(err, record.ErrAbsent) {
		return e.Envelope, nil
	}
	if err == nil {
		x.b.Add(name+".payload", append(p.Salt[:], p.Bytes...))
	}
	return e.Envelope, err
}

// proofs adds a proof by the last checkpoint, and one by each that a witness has
// cosigned last.
func (x *exporting) proofs(i int64) error {
	p, err := x.r.Proof(i)
	if err != nil {
		return err
	}
	x.b.Add("proof/checkpoint.tlog-proof", p)
	names, err := filepath.Glob(filepath.Join(x.dir, "cosigned", "*.ckpt"))
	if err != nil {
		return err
	}
	for _, n := range names {
		signed, err := os.ReadFile(n)
		if err != nil {
			return err
		}
		c, err := journal.ReadCheckpoint(signed, x.r.Office)
		if err != nil {
			return err
		}
		if i >= c.Size {
			continue
		}
		path, err := audit.NewTiles(x.ctx, audit.Dir(filepath.Join(x.dir, "log")), x.r.Checkpoint).InclusionAt(i, c.Size)
		if err != nil {
			return err
		}
		x.b.Add("proof/"+strings.TrimSuffix(filepath.Base(n), ".ckpt")+".tlog-proof", record.Proof(i, path, signed))
	}
	return nil
}

// keys adds the entries that introduce and revoke keys.
func (x *exporting) keys() error {
	b, err := os.ReadFile(filepath.Join(x.dir, filepath.FromSlash(keysName)))
	if err != nil {
		return fmt.Errorf("%s: opening the record for writing makes it: %w", keysName, err)
	}
	ks, err := audit.ReadKeys(b)
	if err != nil {
		return err
	}
	for _, k := range ks {
		if k.Index >= x.r.Size() {
			continue
		}
		name := fmt.Sprintf("keys/%d", k.Index)
		if _, err := x.entry(name, k.Index, true); err != nil {
			return err
		}
		p, err := x.r.Proof(k.Index)
		if err != nil {
			return err
		}
		x.b.Add(name+".tlog-proof", p)
	}
	return nil
}

func (x *exporting) blobs(e *record.Envelope) error {
	for _, h := range e.Blobs {
		f, err := x.r.Blobs().Open(h)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return err
		}
		x.b.Add("blobs/"+h.Hex(), b)
	}
	return nil
}
