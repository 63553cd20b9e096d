package office

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// intent is the note of an import, in the folder import, by the SHA-256 of the
// file: what was begun, and once it is done, what became of it. The seed is gone
// by then, so that salts which are erased cannot be made again.
type intent struct {
	Name    string              `json:"name"`
	Source  string              `json:"source"`
	Format  string              `json:"format"`
	Account string              `json:"account,omitempty"`
	Author  string              `json:"author,omitempty"` // id of the key; "" is the office's
	Made    time.Time           `json:"made"`
	Seed    []byte              `json:"seed,omitempty"`
	Each    bool                `json:"each"`
	Earlier string              `json:"earlier,omitempty"` // SHA-256 of the edition before
	Dataset string              `json:"dataset,omitempty"` // id, once it is recorded
	Index   int64               `json:"index"`
	Done    bool                `json:"done"`
	Counts  record.DatasetEntry `json:"counts"`
}

// of is the key that signed.
func (in *intent) of(office record.KeyID) string {
	if in.Author == "" {
		return office.String()
	}
	return in.Author
}

// follows reports whether two are editions of one source, by one author.
func (in *intent) follows(o *intent, office record.KeyID) bool {
	return in.Source == o.Source && in.Format == o.Format && in.Account == o.Account && in.of(office) == o.of(office)
}

const importDir = "import"

// note keeps an intent.
func (o *Office) note(sum record.Hash, in *intent) error {
	dir := filepath.Join(o.Dir, importDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if err := replace(filepath.Join(dir, sum.Hex()+".json"), append(b, '\n')); err != nil {
		return err
	}
	return syncDir(o.Dir)
}

// intents reads all notes. Where the folder is gone they are made from the log.
func (o *Office) intents(ctx context.Context) (map[record.Hash]*intent, error) {
	names, err := os.ReadDir(filepath.Join(o.Dir, importDir))
	if errors.Is(err, fs.ErrNotExist) {
		return o.rebuild(ctx)
	}
	if err != nil {
		return nil, err
	}
	out := map[record.Hash]*intent{}
	for _, n := range names {
		hex, ok := strings.CutSuffix(n.Name(), ".json")
		h, err := record.ParseHash(hex)
		if !ok || err != nil {
			continue
		}
		b, err := os.ReadFile(filepath.Join(o.Dir, importDir, n.Name()))
		if err != nil {
			return nil, err
		}
		in := &intent{}
		if err := json.Unmarshal(b, in); err != nil {
			return nil, fmt.Errorf("%s/%s is damaged: remove the folder, and the notes are made anew from the log", importDir, n.Name())
		}
		out[h] = in
	}
	return out, nil
}

// rebuild makes the notes from the entries.
func (o *Office) rebuild(ctx context.Context) (map[record.Hash]*intent, error) {
	if err := o.Log.Integrate(ctx); err != nil {
		return nil, err
	}
	b := rebuilding{r: o.Log.Reader(), out: map[record.Hash]*intent{}, byID: map[string]*intent{}, hash: map[string]record.Hash{}}
	for e, err := range b.r.Range(0, b.r.Size()) {
		if err == nil {
			err = b.entry(e)
		}
		if err != nil {
			return nil, err
		}
	}
	for h, in := range b.out {
		if err := o.note(h, in); err != nil {
			return nil, err
		}
	}
	return b.out, nil
}

type rebuilding struct {
	r    *journal.Reader
	out  map[record.Hash]*intent
	byID map[string]*intent
	hash map[string]record.Hash
}

func (b *rebuilding) entry(e journal.Entry) error {
	env := e.Envelope
	if env.Kind == "report@1" && len(env.Refs) == 1 && b.byID[env.Refs[0].ID] != nil {
		b.byID[env.Refs[0].ID].Each = true
	}
	if env.Kind != "dataset@1" || len(env.Blobs) == 0 {
		return nil
	}
	p, err := b.r.Payload(e.Index)
	if errors.Is(err, record.ErrErased) || errors.Is(err, record.ErrAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	in := &intent{Author: env.Author.String(), Made: env.Made, Dataset: env.ID, Index: e.Index, Done: true}
	var x signedFor
	if json.Unmarshal(p.Bytes, &x) != nil {
		return nil // of somebody else's making
	}
	in.Counts, in.Account = x.DatasetEntry, x.Account
	in.Name, in.Format, in.Source = in.Counts.Name, in.Counts.Format, in.Counts.Source
	if in.Source == "" {
		in.Source = in.Name
	}
	for _, ref := range env.Refs {
		if h, ok := b.hash[ref.ID]; ok && ref.Relation == record.Supersedes {
			in.Earlier = h.Hex()
		}
	}
	b.out[env.Blobs[0]], b.byID[env.ID], b.hash[env.ID] = in, in, env.Blobs[0]
	return nil
}
