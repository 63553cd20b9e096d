package mirror

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Recovered is what an office got back of its own log.
type Recovered struct {
	From     string `json:"from"`     // the office that had it
	Before   int64  `json:"before"`   // entries that were here
	Size     int64  `json:"size"`     // entries now
	Payloads int64  `json:"payloads"` // that came with them
	Without  int64  `json:"without"`  // entries whose payload nobody had been given
	// Tenure says, where what came back has one, which machine writes this log now.
	// Then it is not this one, and the record stays read-only.
	Tenure *record.TenureEntry `json:"tenure,omitempty"`
}

// readOnlyName is the file that keeps a record from being written to, as in
// internal/office.
const readOnlyName = "read-only"

// Recover fetches from other offices what they hold of the own log and this disk
// has lost. The record must not be open for writing. What others hold is
// continued or refused: a fork is a *journal.Forked.
func Recover(ctx context.Context, o Options) ([]Recovered, error) {
	if o.Own == nil {
		r, _, err := journal.OpenReader(journal.RealWorld(o.Dir))
		if err != nil {
			return nil, err
		}
		o.Own = func() *journal.Reader { return r }
	}
	m, err := Open(o)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	own := Peer{Origin: m.id.Office.Origin, Key: m.id.Office.Key}
	l, err := openLog(filepath.Join(o.Dir, "peers"), own, nil, m.o.Now)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	var out []Recovered
	var failed error
	for _, p := range m.peers {
		if p.URL == "" {
			continue
		}
		x := m.line(ctx, p)
		if err := m.fetchOwn(ctx, x, l); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.Origin, err))
			continue
		}
		r, err := l.bringBack(ctx, o.Dir)
		if err != nil {
			return out, fmt.Errorf("%s: %w", p.Origin, err)
		}
		r.From = p.Origin
		out = append(out, r)
	}
	return out, failed
}

// fetchOwn takes the own log from an office that mirrors it.
func (m *Mirrors) fetchOwn(ctx context.Context, x *line, l *Log) error {
	h, _, _, err := x.Hello(ctx, m.o.Now)
	if err != nil {
		return err
	}
	for _, offered := range h.Logs {
		if offered.Origin != l.Origin() {
			continue
		}
		p := &pull{Log: l, from: &remote{Link: x.Link, log: l.Origin(), dir: filepath.Join(l.dir, partName)}, relay: true, late: true, every: 1 << 62, told: func(context.Context) error { return nil }}
		_, err := p.run(ctx, Files)
		return err
	}
	return nil
}

// bringBack continues the record in a folder by what the copy has.
func (l *Log) bringBack(ctx context.Context, dir string) (Recovered, error) {
	var out Recovered
	r := l.Reader()
	if r == nil {
		return out, nil
	}
	n, err := journal.Restore(ctx, journal.RealWorld(dir), r, func(e journal.Entry) (journal.Payload, bool) {
		p, err := r.Payload(e.Index)
		if err == nil && e.Envelope.Payload != (record.Hash{}) {
			out.Payloads++
		} else if err != nil {
			out.Without++
		}
		return p, err == nil
	})
	if err != nil {
		return out, err
	}
	back, _, err := journal.OpenReader(journal.RealWorld(dir))
	if err != nil {
		return out, err
	}
	out.Size, out.Before = back.Size(), back.Size()-n
	if err := out.tenure(back, dir); err != nil {
		return out, err
	}
	return out, l.filesBack(ctx, back, out.Before)
}

// tenure looks whether another machine has taken the log over.
func (x *Recovered) tenure(back *journal.Reader, dir string) error {
	for e, err := range back.Range(x.Before, back.Size()) {
		if err != nil {
			return err
		}
		if e.Envelope.Kind != record.KindTenure {
			continue
		}
		x.Tenure = &record.TenureEntry{Holder: "a machine that it does not name here"}
		if p, err := back.Payload(e.Index); err == nil {
			if err := json.Unmarshal(p.Bytes, x.Tenure); err != nil {
				return fmt.Errorf("entry %d: %w", e.Index, err)
			}
		}
	}
	if x.Tenure == nil {
		return nil
	}
	return replace(filepath.Join(dir, readOnlyName), fmt.Appendf(nil, "%s writes this log (entry %s); truce promote makes this machine write it again\n", x.Tenure.Holder, record.KindTenure))
}

// filesBack takes the files of entries that came back.
func (l *Log) filesBack(ctx context.Context, back *journal.Reader, from int64) error {
	for e, err := range back.Range(from, back.Size()) {
		if err != nil {
			return err
		}
		for _, h := range e.Envelope.Blobs {
			if _, err := back.Blobs().Stat(h); err == nil {
				continue
			}
			in, err := l.copy.Blobs().Open(h)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			_, err = back.Blobs().Put(ctx, io.Reader(in))
			in.Close()
			if err != nil {
				return err
			}
		}
	}
	return nil
}
