package office

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/terms"
)

// TakenText is what became of a text.
type TakenText struct {
	File       string   `json:"file"`
	State      string   `json:"state"` // new, version or unchanged
	ID         string   `json:"terms"`
	Digest     string   `json:"digest"`
	Files      []string `json:"files"`           // the text first
	Entry      string   `json:"entry,omitempty"` // none where it was only tried
	Supersedes string   `json:"supersedes,omitempty"`
}

// watchFS remembers which files were read.
type watchFS struct {
	fs.FS
	read []string
}

func (w *watchFS) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if err == nil && !slices.Contains(w.read, name) {
		w.read = append(w.read, name)
	}
	return f, err
}

// TakeText records a text with the files that it is made of: annexes, and those that
// zones are drawn in. What the record holds is not recorded again; another version
// supersedes the one before. file is the text's name in fsys. A trial records nothing.
func (o *Office) TakeText(ctx context.Context, fsys fs.FS, file string, trial bool) (*TakenText, error) {
	w := &watchFS{FS: fsys}
	t, problems := terms.Parse(w, file)
	if t == nil {
		return nil, problems
	}
	x, err := o.tried(ctx, t, w, file)
	if err != nil || trial || x.State == "unchanged" {
		return x, err
	}
	d := draft{kind: "terms@1", payload: record.TermsEntry{ID: t.ID, Digest: t.Digest, Title: t.TitleText(), Files: x.Files}}
	for _, n := range x.Files {
		b, err := fs.ReadFile(w.FS, n)
		if err != nil {
			return nil, err
		}
		kept, err := o.Log.Blobs().Put(ctx, bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		d.blobs = append(d.blobs, kept.Hash)
	}
	if x.Supersedes != "" {
		d.refs = []record.Ref{{Relation: record.Supersedes, ID: x.Supersedes}}
	}
	_, es, _, err := o.record(ctx, d)
	if err != nil {
		return nil, err
	}
	x.Entry = es[0].ID
	return x, nil
}

// tried compares a text with what the record has of it.
func (o *Office) tried(ctx context.Context, t *terms.Terms, w *watchFS, file string) (*TakenText, error) {
	x := &TakenText{File: file, State: "new", ID: t.ID, Digest: t.Digest}
	x.Files = append([]string{file}, slices.DeleteFunc(slices.Clone(w.read), func(n string) bool { return n == file })...)
	if err := o.Log.Integrate(ctx); err != nil {
		return nil, err
	}
	r := o.Log.Reader()
	for e, err := range r.Range(0, r.Size()) {
		if err != nil {
			return nil, err
		}
		if e.Envelope.Kind != "terms@1" {
			continue
		}
		var have record.TermsEntry
		p, err := r.Payload(e.Index)
		if errors.Is(err, record.ErrErased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if json.Unmarshal(p.Bytes, &have) != nil || have.ID != t.ID {
			continue
		}
		// Names of files are not in the digest where zones are not: the text must open.
		same := have.Digest == t.Digest && (len(have.Files) == len(x.Files) || len(x.Files) == 1)
		if x.State, x.Entry, x.Supersedes = "version", "", e.Envelope.ID; same {
			x.State, x.Entry, x.Supersedes = "unchanged", e.Envelope.ID, ""
		}
	}
	return x, nil
}
