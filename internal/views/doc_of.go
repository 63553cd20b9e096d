package views

import "github.com/truce-project/truce/internal/journal"

// DocOf makes the document of an entry, for those who read a log without views.
func DocOf(r *journal.Reader, e journal.Entry) (*Doc, error) { return docOf(r, nil, e) }
