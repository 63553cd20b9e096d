package views

import (
	"bytes"
	"io/fs"

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
