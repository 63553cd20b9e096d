package office

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/record"
)

// keysName is the file that serves the payloads of keys beside the log.
const keysName = "log/keys"

// serveKeys writes what readers need to check signatures, where it is not there:
// the payloads of the entries that introduce and revoke keys. They are not
// confidential: the public halves of keys, and whose they are.
func (o *Office) serveKeys(more ...audit.PublicKey) error {
	name := filepath.Join(o.Dir, filepath.FromSlash(keysName))
	b, err := os.ReadFile(name)
	var keys []audit.PublicKey
	if err == nil {
		keys, err = audit.ReadKeys(b)
	}
	if err == nil && len(more) == 0 {
		return nil
	}
	if err != nil {
		if keys, err = o.findKeys(); err != nil {
			return err
		}
	}
	have := map[int64]bool{}
	for _, k := range keys {
		have[k.Index] = true
	}
	for _, k := range more {
		if !have[k.Index] {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y audit.PublicKey) int { return cmp.Compare(x.Index, y.Index) })
	var out bytes.Buffer
	for _, k := range keys {
		line, err := json.Marshal(k)
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	return replace(name, out.Bytes())
}

// findKeys goes through the log for entries that change keys.
func (o *Office) findKeys() ([]audit.PublicKey, error) {
	var out []audit.PublicKey
	r := o.Log.Reader()
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			return nil, err
		}
		if e.Envelope.Kind != record.KindKey && e.Envelope.Kind != record.KindRevoke {
			continue
		}
		p, err := r.Payload(e.Index)
		if err != nil {
			return nil, err
		}
		out = append(out, audit.PublicKey{Index: e.Index, Salt: p.Salt[:], Payload: p.Bytes})
	}
	return out, nil
}

// changeKey records an entry that changes keys, and serves its payload.
func (o *Office) changeKey(ctx context.Context, ds ...draft) (int64, error) {
	for _, d := range ds {
		ack, _, ps, err := o.record(ctx, d)
		if err != nil {
			return 0, err
		}
		if err := o.serveKeys(audit.PublicKey{Index: ack.Index, Salt: ps[0].Salt[:], Payload: ps[0].Bytes}); err != nil {
			return 0, err
		}
		if len(ds) == 1 {
			return ack.Index, nil
		}
	}
	return o.Log.Size() - 1, nil
}

// AddKey introduces a key. It returns the place of the entry.
func (o *Office) AddKey(ctx context.Context, k record.KeyEntry) (int64, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(k.Public)
	if err != nil || len(b) != 32 {
		return 0, fmt.Errorf("%q is not an Ed25519 public key: expected 32 bytes in base64", k.Public)
	}
	if _, known := o.Log.Keys().Key(record.IDOf(b)); known {
		return 0, fmt.Errorf("key %s was introduced before", record.IDOf(b))
	}
	return o.changeKey(ctx, draft{kind: record.KindKey, payload: k})
}

// RevokeKey says that a key may not write any more.
func (o *Office) RevokeKey(ctx context.Context, id record.KeyID, reason string) (int64, error) {
	if _, known := o.Log.Keys().Key(id); !known {
		return 0, fmt.Errorf("key %s is not known to this log", id)
	}
	if err := o.Log.Keys().Usable(id, 1<<60); err != nil {
		return 0, err
	}
	if id == o.me {
		return 0, fmt.Errorf("key %s is the log's own, by which others are introduced: revoking it would end the log; begin a new one instead", id)
	}
	return o.changeKey(ctx, draft{kind: record.KindRevoke, payload: record.RevokeEntry{Key: id.String(), Reason: reason}})
}

// RotateKey introduces a key in the place of another, and revokes that.
func (o *Office) RotateKey(ctx context.Context, old record.KeyID, public, reason string) (int64, error) {
	k, known := o.Log.Keys().Entry(old)
	if !known {
		return 0, fmt.Errorf("key %s is not known to this log", old)
	}
	k.Public, k.For = public, old.String()
	if _, err := o.AddKey(ctx, k); err != nil {
		return 0, err
	}
	return o.RevokeKey(ctx, old, reason)
}

// KeyState is a key of the log, for people.
type KeyState struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Party   string `json:"party,omitempty"`
	Role    string `json:"role,omitempty"`
	Revoked bool   `json:"revoked"`
}

// KeyStates lists the keys of a ring.
func KeyStates(r *record.KeyRing) []KeyState {
	out := []KeyState{}
	for _, id := range r.IDs() {
		k, _ := r.Entry(id)
		out = append(out, KeyState{id.String(), k.Name, k.Party, k.Role, r.Usable(id, 1<<60) != nil})
	}
	return out
}
