package office

import (
	"bytes"
	"context"

	"github.com/truce-project/truce/record"
)

// IssuedFile is a file of a report, as it is given out.
type IssuedFile struct {
	Name  string
	Bytes []byte
}

// IssueReport records that a report was issued, with its files. corrects is the id of
// the report that it takes the place of; "" is none. It returns the id of the entry.
func (o *Office) IssueReport(ctx context.Context, e record.ReportIssueEntry, files []IssuedFile, corrects string) (string, error) {
	d := draft{kind: record.KindReportIssue, valid: e.To}
	for _, f := range files {
		x, err := o.Log.Blobs().Put(ctx, bytes.NewReader(f.Bytes))
		if err != nil {
			return "", err
		}
		e.Files, d.blobs = append(e.Files, f.Name), append(d.blobs, x.Hash)
	}
	if corrects != "" {
		d.refs = []record.Ref{{Relation: record.Supersedes, ID: corrects}}
	}
	d.payload = e
	_, es, _, err := o.record(ctx, d)
	if err != nil {
		return "", err
	}
	return es[0].ID, nil
}
