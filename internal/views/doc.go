// Package views holds what is read most often of a record, in the form in which
// it is asked for: documents and full text in a store, columns of incidents in
// memory, findings beside both.
//
// It promises that a view is a function of the log's entries and nothing else:
// built anew or entry by entry, at whatever pace, it is the same to the byte. It
// can therefore be thrown away at any time, and each answer names the sizes of
// the logs that it was computed from. A finding that changes is revised: the
// old one stays, with the entries between which it held.
package views

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/rights"
)

// Vector says from which entries an answer was computed: the size of each
// office's log. An answer "as of" an earlier checkpoint has that one's size.
type Vector map[string]int64

// Doc is an entry, as views keep it.
type Doc struct {
	Index   int64           `json:"index" doc:"place in the log, from 0; where several offices' logs are read, place in their common order"`
	Office  string          `json:"office,omitempty" doc:"whose log it stands in, where that is another office's"`
	Place   *int64          `json:"place,omitempty" doc:"place in that log, where index is not"`
	ID      string          `json:"id" doc:"ULID, made where the entry was made"`
	Kind    string          `json:"kind" doc:"NAME@VERSION, see docs/kinds.md"`
	Author  string          `json:"author" doc:"id of the key that signed"`
	Account string          `json:"account,omitempty" doc:"for whom the office signed"`
	Made    string          `json:"made" doc:"by the author's clock"`
	Valid   string          `json:"valid,omitempty" doc:"the time that the entry speaks of"`
	Refs    []Ref           `json:"refs,omitempty" doc:"other entries that it refers to"`
	Blobs   []string        `json:"blobs,omitempty" doc:"SHA-256 of its files"`
	Leaf    string          `json:"leaf" doc:"hash in the tree, hexadecimal"`
	Marking Marking         `json:"marking" doc:"who may read the payload"`
	Payload json.RawMessage `json:"payload,omitempty" doc:"absent where it was erased"`
	Erased  bool            `json:"erased,omitempty" doc:"the payload was destroyed, by lawful order"`
	// Touches is whether it, or an entry before it that it refers to, names an object
	// of an annex: it is never shown, and decides who sees words, place and time.
	Touches bool `json:"touches,omitempty" doc:"never shown"`
	// Root is the entry that a correction or dispute is about in the end, where
	// it corrects a correction.
	Root string `json:"root,omitempty" doc:"the entry that is corrected or disputed in the end"`
	// Deceives is said by who shows the entry, of what is shown.
	Deceives []string `json:"deceives,omitempty" doc:"how words of it may look unlike what they say: characters that are not seen, letters of several scripts in one word"`
	Problem  string   `json:"problem,omitempty" doc:"why the entry has less effect than it says"`
}

// Ref is a reference to another entry.
type Ref struct {
	Relation string `json:"relation"`
	ID       string `json:"id"`
}

// Marking says who may read something.
type Marking string

// The markings, from open to closed. What has none has that of its kind.
const (
	Public     Marking = "public"
	Parties    Marking = "parties"
	Mission    Marking = "mission"
	Restricted Marking = "restricted"
)

// Markings lists all, from open to closed.
func Markings() []Marking { return []Marking{Public, Parties, Mission, Restricted} }

func (m Marking) rank() int {
	for i, x := range Markings() {
		if x == m {
			return i
		}
	}
	return len(Markings())
}

// MarkingOf is for whom an entry of a kind is that does not say so itself.
func MarkingOf(kind string) Marking {
	if k, known := rights.Default().Kinds[kind]; known {
		return Marking(k.Marking)
	}
	return Restricted
}

// Closer returns the more closed of two markings. One that is not known is
// closed.
func Closer(a, b Marking) Marking {
	if a.rank() < b.rank() {
		a = b
	}
	if a.rank() == len(Markings()) {
		return Restricted
	}
	return a
}

// extra are the members that a server adds to payloads which it signs for
// somebody, and the marking, which any payload may have.
type extra struct {
	Account string  `json:"account"`
	Marking Marking `json:"marking"`
}

// ref returns the ids that an entry refers to by a relation.
func (d *Doc) ref(r record.Relation) []string {
	var out []string
	for _, x := range d.Refs {
		if x.Relation == string(r) {
			out = append(out, x.ID)
		}
	}
	return out
}

// same reports whether two entries have one author: the key, and where an office
// signs for many the account.
func (d *Doc) same(o *Doc) bool { return d.Author == o.Author && d.Account == o.Account }

// read decodes the payload; what is erased or is no such payload decodes to
// nothing, with false.
func (d *Doc) read(to any) bool {
	return len(d.Payload) > 0 && json.Unmarshal(d.Payload, to) == nil
}

// docOf makes the document of an entry. Of an entry that was erased nothing of
// the payload is taken, also where it can still be read.
func docOf(r Source, o order, e journal.Entry) (*Doc, error) {
	env := e.Envelope
	leaf := e.Leaf()
	d := &Doc{Index: e.Index, ID: env.ID, Kind: env.Kind, Author: env.Author.String(), Made: env.Made.UTC().Format("2006-01-02T15:04:05.000Z"),
		Valid: env.Valid, Leaf: leaf.Hex(), Marking: MarkingOf(env.Kind)}
	o.placed(d)
	for _, x := range env.Refs {
		d.Refs = append(d.Refs, Ref{string(x.Relation), x.ID})
	}
	for _, b := range env.Blobs {
		d.Blobs = append(d.Blobs, b.Hex())
	}
	if (env.Payload == record.Hash{}) {
		return d, nil
	}
	erased, err := r.Erased(env.ID)
	if err != nil {
		return nil, err
	}
	if erased {
		d.Erased = true
		return d, nil
	}
	p, err := r.Payload(e.Index)
	if errors.Is(err, record.ErrErased) {
		d.Erased = true
		return d, nil
	}
	if errors.Is(err, record.ErrAbsent) {
		d.Problem = "the payload is not here: the office whose entry it is keeps it, or it was lost with a disk"
		return d, nil
	}
	if err != nil {
		return nil, err
	}
	d.take(env.Type, p.Bytes)
	return d, nil
}

// take reads a payload into the document.
func (d *Doc) take(mediaType string, payload []byte) {
	if mediaType != "application/json" || !json.Valid(payload) {
		d.Problem = fmt.Sprintf("the payload is %s, which is kept and not read: expected application/json", mediaType)
		return
	}
	d.Payload = append(json.RawMessage(nil), payload...)
	var x extra
	if json.Unmarshal(payload, &x) == nil {
		d.Account = x.Account
		if x.Marking != "" {
			d.Marking = Closer(x.Marking, Public)
		}
	}
}
