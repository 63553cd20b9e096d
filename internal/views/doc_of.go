package views

import (
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/terms"
)

// DocOf makes the document of an entry, for those who read a log without views.
func DocOf(r *journal.Reader, e journal.Entry) (*Doc, error) { return docOf(r, e) }

// ParseText reads a text as the record holds it: without files beside it.
func ParseText(id string, b []byte) (*terms.Terms, error) { return parseText(id, b) }
