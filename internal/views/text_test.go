package views

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
)

// text enters a regime that comes with truce; the second time it supersedes the
// first, with another title.
func (o *office) text(id string, ids map[string][]string) {
	o.t.Helper()
	src, err := fs.ReadFile(regimes.FS(), id+".truce.md")
	if err != nil {
		o.t.Fatal(err)
	}
	var refs []record.Ref
	for _, old := range ids[id] {
		refs = []record.Ref{ref(record.Supersedes, old)}
		src = bytes.Replace(src, []byte("\n## "), []byte("\nA remark.\n\n## "), 1)
	}
	t, problems := terms.ParseBytes(nil, id+".truce.md", src)
	if t == nil {
		o.t.Fatal(problems)
	}
	h := o.blob(string(src))
	ids[id] = append(ids[id], o.putBlob("terms@1", "anna", record.TermsEntry{ID: t.ID, Digest: t.Digest, Title: t.TitleText()}, []record.Hash{h}, refs...))
}

// What is kept of texts by TextsAt is not told once a commitment in it was erased.
func TestTextsAtErased(t *testing.T) {
	o := newOffice(t)
	v := o.views()
	o.text("blanket-30d", map[string][]string{})
	id := o.put("commitment@1", "anna", record.CommitmentEntry{ID: "ru", Text: "blanket-30d", Party: "RU", Commitment: `{id: ru, party: RU, act: signature, from: "2025-03-20T00:00Z"}`})
	o.update(v, o.reader())
	at := func() (s string) {
		if err := v.Read(Now, func(snap *Snapshot) error { s = snap.TextsAt(); return nil }); err != nil {
			t.Fatal(err)
		}
		return s
	}
	was := at()
	o.put("erasure@1", "anna", record.ErasureEntry{Reason: "by lawful order"}, ref(record.Erases, id))
	if err := o.log.Erase(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	o.update(v, o.reader())
	now := at()
	if now == was {
		t.Errorf("the texts are at %s before and after", now)
	}
	again, err := New(v.store, v.origin, v.blobs) // as another process reads them
	if err != nil {
		t.Fatal(err)
	}
	v = again
	if at() != now {
		t.Errorf("read from the store they are at %s, expected %s", at(), now)
	}
}
